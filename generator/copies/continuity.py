"""Opening history so that nothing is lost, whatever happened to it: the store, else the published copy, else a spool.

    the store opens and knows the copy       use it
    it does not know it, or less than it     add the copy that the site folder or `data.history_url` carries
    it cannot be read (a database is gone)   a spool beside the site, restored from the last copy; the page says so
    a spool is left from such a run          its observations go into the store as soon as that opens again

A copy that cannot be read is never an empty history: then nothing new is copied, the page says that it is delayed, and
each run asks again until the store knows the copy. What was measured meanwhile stays: a copy is added by union.
The page says what visitors need; addresses, paths and what exactly went wrong stand in the log.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import suppress
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

AWAY = "History is delayed: its store could not be read. Older figures are those of the last copy."
UNREAD = "History is delayed: its published copy could not be read. Older figures may be missing."

log = logging.getLogger("roadworthy")


@dataclass(frozen=True, slots=True)
class History:
    """An open store. `delayed` says to visitors that it is not the whole truth; `trusted` whether a new copy may be
    published, else `copy` is the old one if it came from elsewhere than the site folder. `made` is the copy of what the
    store held when it was opened."""

    store: Store
    delayed: str = ""
    trusted: bool = True
    notes: tuple[str, ...] = ()
    copy: tuple[Artifact, ...] = ()
    made: published.Copy | None = None


def open_history(
    url: str, config: Config, *, root: Path, site: Path, now: Time, readonly: bool = False, init: bool = False
) -> History:
    """The history to work with, whatever happened to it."""
    notes: tuple[str, ...] = ()
    try:
        store = _opened(url or config.history, root, now)
    except HistoryError as error:
        log.warning("history: %s", error)
        return without_store(config, root=root, site=site, now=now)
    try:
        notes = _take_in_spool(store, root, now)
        made = _whole(store, site, now)
        copy = None if made else _complete(store, config, site, now, init)
    except HistoryError as error:
        log.warning("history: %s", error)
        return History(store, AWAY, False, notes)
    return History(store, notes=notes, made=made) if copy is None else History(store, UNREAD, False, notes, copy)


def _whole(store: Store, site: Path, now: Time) -> published.Copy | None:
    """The copy of a store that knows the published one and holds no less than it."""
    meta = store.meta()
    if not (meta.get("published") or meta.get(INIT)):
        return None
    try:
        return published.copy_of(store, published.previous(store, site), now, site=site)
    except HistoryError:
        return None


def without_store(config: Config, *, root: Path, site: Path, now: Time) -> History:
    """What there is while the store is away: a spool that knows the last copy."""
    store = _spool(root)
    copy = None if _whole(store, site, now) else _complete(store, config, site, now, init=True)
    return History(store, AWAY, False, copy=copy or ())


def _spool(root: Path) -> Store:
    """Where a run writes down what it sees meanwhile: a file, else memory, which is enough for one page."""
    try:
        return stores.open(f"sqlite:{SPOOL}", root=root)
    except HistoryError as error:
        from ..stores import sqlite

        log.warning("history: %s; what is seen now is on the page and is not kept", error)
        return sqlite.in_memory(root)


def _opened(url: str, root: Path, now: Time) -> Store:
    """The store, if it can be read: a database that is locked opens, and says so only then."""
    store = stores.open(url, root=root)
    try:
        next(iter(store.observations(now)), None)
    except HistoryError:
        with suppress(HistoryError):
            store.close()
        raise
    return store


def copies(
    history: History, site: Path, now: Time, *, only_read: bool = False
) -> tuple[tuple[Artifact | Deferred, ...], published.Copy | None]:
    """The artifacts that carry history: a new copy, or the old one as it lies there if ours is not to be trusted.

    `only_read`: nothing was written since the history was opened, so that its copy is made already.
    """
    if only_read and history.made is not None:
        return history.made.artifacts, history.made
    if history.trusted:
        copy = published.copy_of(history.store, published.previous(history.store, site), now, site=site)
        return copy.artifacts, copy
    return tuple(_as_published(site)) or history.copy, None


def _as_published(site: Path) -> Iterable[Artifact]:
    folder = site / published.PREFIX
    for file in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if file.is_file():
            yield Artifact(file.relative_to(site).as_posix(), file.read_bytes())


def _complete(store: Store, config: Config, site: Path, now: Time, init: bool) -> tuple[Artifact, ...] | None:
    """Add the published copy to a store that does not know it yet, or less than it. None if it knows it all then, else
    the copy as far as it could be read. What was measured in the store says nothing about that."""
    meta = store.meta()
    known = bool(meta.get("published") or meta.get(INIT))
    copy: tuple[Artifact, ...] = ()
    sources = tuple(_sources(config, site))
    added = not sources
    for source, fetch in sources:
        try:
            published.restore(store, source, fetch, now, init=init and not known)
            added = True
        except published.Incomplete as error:
            log.warning("history: %s", error)
            copy = copy or error.artifacts
            added = published.made_up_for(store, error.missing, now)
        except HistoryError as error:
            log.warning("history: %s", error)
        if added:
            break
    if known and (lacking := published.lacking(store, site, now)):
        log.warning("history: %s", lacking)
        return copy
    if not added:
        return copy
    store.save(meta={INIT: str(now)})
    return None


def _sources(config: Config, site: Path) -> Iterator[tuple[str | Path, published.Fetch | None]]:
    """Where the published copy may be had, the nearest first."""
    if (site / published.MANIFEST).is_file():
        yield site, None
    url = str(dict(config.extra.get("data", {})).get("history_url") or "")
    if url:
        yield url, published.over_the_web()


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
