"""Opening history so that nothing is lost, whatever happened to it: the store, else the published copy, else a spool.

    the store opens and holds something      use it
    it opens and is empty                    restore the copy that the site folder or `data.history_url` carries
    it does not open (a database is gone)    a spool beside the site, restored from the last copy; the page says so
    a spool is left from such a run          its observations go into the store as soon as that opens again

A copy that cannot be read is never an empty history: then nothing new is copied, and the page says that it is delayed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .. import stores
from ..errors import HistoryError
from ..model import Artifact, Config, Time
from ..stores import Store
from . import published

if TYPE_CHECKING:
    from ..publish import Deferred

SPOOL = ".history/spool.sqlite"
INIT = "initialised"


@dataclass(frozen=True, slots=True)
class History:
    """An open store. `delayed` says why it is not the whole truth; `trusted` whether a new copy may be published."""

    store: Store
    delayed: str = ""
    trusted: bool = True
    notes: tuple[str, ...] = ()


def open_history(
    url: str, config: Config, *, root: Path, site: Path, now: Time, readonly: bool = False, init: bool = False
) -> History:
    """The history to work with. Raises HistoryError only if not even a spool can be written."""
    try:
        store = stores.open(url or config.history, root=root)
    except HistoryError as error:
        return _spool(root, site, config, now, f"History is delayed: its store could not be opened ({_brief(error)}).")
    try:
        notes = _take_in_spool(store, root, now)
        delayed = _fill(store, config, site, now, init)
    except HistoryError as error:
        return History(store, f"History is delayed: {_brief(error)}", trusted=False)
    return History(store, delayed, not delayed, notes)


def copies(history: History, site: Path, now: Time) -> tuple[tuple[Artifact | Deferred, ...], published.Copy | None]:
    """The artifacts that carry history: a new copy, or the old one as it lies there if ours is not to be trusted."""
    if history.trusted:
        copy = published.copy_of(history.store, published.previous(history.store, site), now)
        return copy.artifacts, copy
    return tuple(_as_published(site)), None


def _as_published(site: Path) -> Iterable[Artifact]:
    folder = site / published.PREFIX
    for file in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if file.is_file():
            yield Artifact(file.relative_to(site).as_posix(), file.read_bytes())


def _fill(store: Store, config: Config, site: Path, now: Time, init: bool) -> str:
    """Restore an empty store from the published copy. A sentence when that did not work, '' when all is well."""
    meta = store.meta()
    if meta.get("published") or meta.get(INIT) or next(iter(store.observations(0)), None) is not None:
        return ""
    url = str(dict(config.extra.get("data", {})).get("history_url") or "")
    if (site / published.MANIFEST).is_file():
        published.restore(store, site, None, now)
    elif url:
        published.restore(store, url, published.over_the_web(), now, init=init)
    store.save(meta={INIT: str(now)})
    return ""


def _spool(root: Path, site: Path, config: Config, now: Time, why: str) -> History:
    (root / SPOOL).parent.mkdir(parents=True, exist_ok=True)
    store = stores.open(f"sqlite:{SPOOL}", root=root)
    try:
        _fill(store, config, site, now, init=True)
    except HistoryError as error:
        why += f" The published copy could not be read either ({_brief(error)})."
    return History(store, why, trusted=False)


def _take_in_spool(store: Store, root: Path, now: Time) -> tuple[str, ...]:
    """What a run wrote down while the store was away goes where it belongs; appending twice is appending once."""
    file = root / SPOOL
    if not file.exists():
        return ()
    spool = stores.open(f"sqlite:{SPOOL}", root=root)
    try:
        added = store.append(spool.observations(0), received=now)
    finally:
        spool.close()
    for name in (file, *(file.with_name(file.name + end) for end in ("-wal", "-shm", ".lock"))):
        name.unlink(missing_ok=True)
    return (f"{added} observations that waited in {SPOOL} are in the history now",)


def _brief(error: HistoryError) -> str:
    return str(error).splitlines()[0][:200]
