"""What was published, in every copy of history: a machine without a disk must know it too, to miss a deleted note.

A record of kind `shown` is an incident by `id`, a component or region by `part`, or the moment (`at`) of the newest
run. Never decides what is gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ..errors import HistoryError
from ..stores import Store
from .records import Record, kind

if TYPE_CHECKING:  # what makes incidents is loaded where a copy has any
    from ..incidents.published import Register


def incidents(store: Store) -> Sequence[Record]:
    """A record for each incident that was ever on the page, by id, and for each part of it."""
    from ..incidents import published

    register = _register(store)
    rows = [("id", id, published.to_row(one)) for id, one in sorted(register.incidents.items())]
    rows += [("part", id, published.to_part(one)) for id, one in sorted(register.watched.items())]
    return [kind("shown", {name: id, "row": row}) for name, id, row in rows]


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
        if record.get("part"):
            return published.from_part(record["row"])
        if not record["id"]:
            raise ValueError("an empty id")
        return published.from_row(record["row"])
    except (KeyError, ValueError, TypeError) as error:
        raise HistoryError(f"shown: {error!r}") from None


def unite(store: Store, given: Iterable[Record]) -> int:
    """Add what these records know to the store; how many incidents of them it did not know."""
    from ..incidents import published

    try:
        here = _register(store)
    except HistoryError:
        here = published.Register()  # what is brought is all there is
    rows = {record["id"]: published.from_row(record["row"]) for record in given if "id" in record}
    parts = {record["part"]: published.from_part(record["row"]) for record in given if "part" in record}
    at = max((int(record["at"]) for record in given if "at" in record), default=None)
    both = published.united(published.Register(at, rows, parts), here)
    if both != here:
        store.save(meta=published.to_meta(both))
    return len(both.incidents) - len(here.incidents)


def _register(store: Store) -> Register:
    from ..incidents import published

    try:
        return published.from_meta(store.meta())
    except ValueError as error:
        raise HistoryError(f"history: {error}") from error
