"""Where history is kept, one file each; the file name is the scheme of the store's URL (`sqlite`, `postgres`).

A store keeps and gives back; it never judges, folds or forgets on its own. Observations are a grow-only set keyed
(check, region, at): appending twice is appending once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from .. import registry
from ..errors import ContentError, HistoryError, Problem
from ..model import Observation, Outage, Rollup, Span, Time
from ._keep import KEPT as KEPT


class Store(Protocol):
    """One open history. Every method may raise `HistoryError`; none returns "nothing" for "could not read"."""

    def lock(self, wait: float = 0.0) -> AbstractContextManager[None]:
        """The one writer's lock of `run` and `build`; LockedError if another holds it. Freed by the kernel on death."""

    def append(self, observations: Iterable[Observation], received: Time, *, folded: bool = False) -> int:
        """Durably add; returns how many were new. Acknowledged when it returns.

        Refuses and counts (`meta()`: `refused.future`, `refused.late`, `refused.unwritable`) what is dated later than
        `received` allows, older than what was pruned, or no number. `folded`: the roll-ups already know these
        observations (restored, imported), so that `received_since` does not tell of them.
        """

    def observations(
        self, since: Time, until: Time | None = None, check: str = "", region: str = ""
    ) -> Iterator[Observation]:
        """Raw observations with since <= at < until, by (at, check, region)."""

    def counts(self, since: Time, until: Time, step: int) -> dict[Time, int]:
        """How many raw observations there are in each step (its start, a multiple of `step`) that holds some."""

    def received_since(self, mark: int) -> tuple[int, Time | None]:
        """(new mark, oldest `at` among rows appended after `mark`): finds late deliveries."""

    def save(
        self,
        *,
        checkpoint: tuple[Time, Mapping[str, Any]] | None = None,
        spans: Sequence[Span] = (),
        spans_from: Time | None = None,
        outages: Sequence[Outage] = (),
        rollups: Sequence[Rollup] = (),
        meta: Mapping[str, str] | None = None,
    ) -> None:
        """One transaction. `spans_from`: spans that begin at or after it are replaced by `spans`. Checkpoints later
        than the new one are dropped."""

    def checkpoints(self, before: Time) -> Iterator[tuple[Time, dict[str, Any]]]:
        """Saved fold states at or before a time, newest first. One that cannot be read is left out, because the one
        before it, and what came since, say the same; `check` tells of it."""

    def spans(self, since: Time, component: str = "") -> tuple[Span, ...]: ...

    def outages(self, since: Time = 0) -> tuple[Outage, ...]: ...

    def rollups(
        self, scale: str, since: Time, until: Time | None = None, region: str = "", without: Collection[str] = ()
    ) -> tuple[Rollup, ...]:
        """Roll-ups with since <= at < until; `region` "*" (`model.ALL`): only those over all regions, and of these not
        the ones of the series in `without`."""

    def meta(self) -> dict[str, str]:
        """Everything that is remembered beside history, except the documents."""

    def document(self, name: str) -> str:
        """One value that `save(meta=…)` put there under a name that begins with `KEPT`; empty if there is none."""

    def revisions(self) -> dict[str, int]:
        """How often each part of the published copy changed (`days/2026-11` -> 17); the number itself means nothing."""

    def prune(self, now: Time) -> Mapping[str, int]:
        """Drop raw observations after 14 days, if folded, and hours after 90; how many of each went."""

    def check(self) -> tuple[str, ...]:
        """Integrity: one sentence per fault, empty when whole."""

    def close(self) -> None: ...


def open(url: str, *, root: Path, readonly: bool = False) -> Store:
    """The history at a URL, made if it is not there; empty: SQLite under ROOT/.history.

    HistoryError if it cannot be had, and for a scheme no file here is named after; ContentError for what is no address
    at all. Never prints a URL: it may hold a password.
    """
    if not re.match(r"[a-z][a-z0-9+.-]*:", url) and (unlike_a_file := re.search(r"[=\s]", url)):
        sign = "a blank" if unlike_a_file[0].isspace() else "`=`"
        raise unusable(f"it holds {sign}, as no address and hardly a file does")
    scheme = url.partition(":")[0] if ":" in url else "sqlite"
    name = {"postgresql": "postgres"}.get(scheme, scheme)
    try:
        opened: Callable[..., Store] = registry.load("stores", name, "open")
    except KeyError:
        raise HistoryError(f"history: no store is called {scheme!r}; there are {', '.join(names())}") from None
    return opened(url, root=root, readonly=readonly)


def unusable(why: str) -> ContentError:
    """What to say of an address of history that nobody can have meant: never the address itself, it may be secret."""
    fix = "write postgresql://USER:PASSWORD@HOST/DATABASE, or sqlite:PATH"
    return ContentError([Problem("history", 0, 0, "history-url", f"this is no address of a history: {why}", fix)])


def names() -> tuple[str, ...]:
    return registry.names("stores")
