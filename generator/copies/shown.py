"""What was published, in every copy of history: a machine without a disk must know it too, to miss a deleted note.

A record of kind `shown` is an incident by `id`, or the moment (`at`) of the newest run. Never decides what is gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import HistoryError
from ..stores import Store
from .records import Record, kind

if TYPE_CHECKING:  # what makes incidents is loaded where a copy has any
    from ..incidents.published import Register


def incidents(store: Store) -> Sequence[Record]:
    """A record for each incident that was ever on the page, by id."""
    from ..incidents import published

    rows = _register(store).incidents
    return [kind("shown", {"id": id, "row": published.to_row(one)}) for id, one in sorted(rows.items())]


def moment(store: Store) -> Sequence[Record]:
    """When those that are not gone were last known to be there; nothing before the first run."""
    at = _register(store).at
    return [] if at is None else [kind("shown", {"at": at})]


def check(record: Record) -> object:
    """HistoryError if the record is none of these."""
    from ..incidents import published

    try:
        if "at" in record:
            return int(record["at"])
        if not record["id"]:
            raise ValueError("an empty id")
        return published.from_row(record["row"])
    except (KeyError, ValueError, TypeError) as error:
        raise HistoryError(f"shown: {error!r}") from None


def unite(store: Store, given: Iterable[Record]) -> int:
    """Add what these records know to the store; how many incidents of them it did not know."""
    from ..incidents import published

    here = _register(store)
    rows: dict[str, Any] = {record["id"]: published.from_row(record["row"]) for record in given if "id" in record}
    at = max((int(record["at"]) for record in given if "at" in record), default=None)
    both = published.united(published.Register(at, rows), here)
    if both != here:
        store.save(meta=published.to_meta(both))
    return len(both.incidents) - len(here.incidents)


def _register(store: Store) -> Register:
    from ..incidents import published

    try:
        return published.from_meta(store.meta())
    except ValueError as error:
        raise HistoryError(f"history: {error}") from error
