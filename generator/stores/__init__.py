"""Where history is kept, one file each; the file name is the scheme of the store's URL (`sqlite`, `postgres`).

A store keeps and gives back; it never judges, folds or forgets on its own. Observations are a grow-only set keyed
(check, region, at): appending twice is appending once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from .. import registry
from ..model import Observation, Outage, Rollup, Span, Time


class Store(Protocol):
    """One open history. Every method may raise `HistoryError`; none returns "nothing" for "could not read"."""

    def lock(self, wait: float = 0.0) -> AbstractContextManager[None]:
        """The one writer's lock of `run` and `build`; LockedError if another holds it. Freed by the kernel on death."""

    def append(self, observations: Iterable[Observation], received: Time) -> int:
        """Durably add; returns how many were new. Acknowledged when it returns."""

    def observations(self, since: Time, until: Time | None = None, check: str = "", region: str = "") -> Iterator[Observation]:
        """Raw observations with since <= at < until, by (at, check, region)."""

    def received_since(self, mark: int) -> tuple[int, Time | None]:
        """(new mark, oldest `at` among rows appended after `mark`): finds late deliveries."""

    def save(self, *, checkpoint: tuple[Time, Mapping[str, Any]] | None = None, spans: Sequence[Span] = (), spans_from: Time | None = None,
             outages: Sequence[Outage] = (), rollups: Sequence[Rollup] = (), meta: Mapping[str, str] | None = None) -> None:
        """One transaction. `spans_from`: spans that begin at or after it are replaced by `spans`."""

    def checkpoints(self, before: Time) -> Iterator[tuple[Time, dict[str, Any]]]:
        """Saved fold states at or before a time, newest first."""

    def spans(self, since: Time, component: str = "") -> tuple[Span, ...]: ...

    def outages(self, since: Time = 0) -> tuple[Outage, ...]: ...

    def rollups(self, scale: str, since: Time, until: Time | None = None, region: str = "") -> tuple[Rollup, ...]:
        """Roll-ups with since <= at < until; `region` "*" (`model.ALL`) gives those over all regions only: a page needs no more."""


    def meta(self) -> dict[str, str]: ...

    def prune(self, now: Time) -> Mapping[str, int]: ...

    def check(self) -> tuple[str, ...]:
        """Integrity: one sentence per fault, empty when whole."""

    def close(self) -> None: ...


def names() -> tuple[str, ...]:
    return registry.names("stores")
