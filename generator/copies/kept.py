"""The looks that claims rest on, kept for ever: copied out of raw history, which forgets them after two weeks.

They are few (an outage's opening, its changes, its cause, its end, the readings of the official page) and never change,
so each UTC day of them is one text in the store's memory, with an index of all days beside it. Never judges what is
worth keeping (`generator.incidents` names it) and never lets go of anything.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ..errors import HistoryError
from ..model import Observation, Time
from ..stores import KEPT, Store
from ..stores._keep import day
from . import records
from .records import Record, kind, line

INDEX = "kept"
"""The name of the index in the store's memory: {day: [number of looks, checksum of the text]}."""

Key = tuple[str, str, Time]


def index(store: Store) -> Mapping[str, tuple[int, int]]:
    """Each day that has kept looks: how many, and a checksum that changes with them."""
    return _index(store.meta().get(INDEX, "{}"), store)


def _index(text: str, store: Store) -> dict[str, tuple[int, int]]:
    try:
        found: dict[str, Any] = json.loads(text)
        return {str(when): (int(count), int(check)) for when, (count, check) in found.items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise HistoryError(f"history: the index of kept looks cannot be read: {error}") from error


def text_of(store: Store, when: str) -> str:
    """The looks of a day as JSON lines of kind `evidence`, sorted; empty if there are none."""
    return store.document(KEPT + when)


def looks(store: Store, when: str) -> tuple[Observation, ...]:
    """The looks of a day by (time, check, region). HistoryError if they cannot be read."""
    try:
        found = [records.to_observation(json.loads(line)) for line in text_of(store, when).splitlines()]
    except ValueError as error:
        raise HistoryError(f"history: the kept looks of {when} cannot be read: {error}") from error
    return tuple(sorted(found, key=lambda o: (o.at, o.check, o.region)))


def since(store: Store, first: str) -> tuple[Observation, ...]:
    """The looks of a day and all later ones."""
    return tuple(look for when in sorted(index(store)) if when >= first for look in looks(store, when))


def missing(store: Store, keys: Iterable[Key]) -> frozenset[Key]:
    """Those of the keys that are not kept yet."""
    wanted = set(keys)
    days = {day(at) for _, _, at in wanted} & index(store).keys()
    return frozenset(wanted - {look.key for when in days for look in looks(store, when)})


def keep(store: Store, given: Iterable[Observation]) -> int:
    """Keep these looks; how many were new. Those that are kept stay as they are. One transaction."""
    by_day: dict[str, list[Observation]] = {}
    for look in given:
        by_day.setdefault(day(look.at), []).append(look)
    known = dict(index(store)) if by_day else {}
    changed: dict[str, str] = {}
    new = 0
    for when, found in by_day.items():
        there = {look.key: look for look in looks(store, when)}
        fresh = {look.key: look for look in found if look.key not in there}
        if fresh:
            text = "".join(sorted(line(record_of(look)) for look in (*there.values(), *fresh.values())))
            changed[KEPT + when] = text
            known[when] = (len(there) + len(fresh), zlib.crc32(text.encode()))
            new += len(fresh)
    if changed:
        store.save(meta={**changed, INDEX: json.dumps(dict(sorted(known.items())), separators=(",", ":"))})
    return new


def record_of(look: Observation) -> Record:
    """The record of a kept look, in an export and in the published copy."""
    return kind("evidence", records.of_observation(look))


def sources(store: Store, this_month: str) -> Iterator[tuple[str, int, Callable[[], Iterable[Record]]]]:
    """The parts of the published copy: this month a day a part, before that a month a part (`published._sources`)."""
    parts: dict[str, dict[str, int]] = {}
    for when, (_, check) in index(store).items():
        parts.setdefault(when if when.startswith(this_month) else when[:7], {})[when] = check
    for part, days in parts.items():
        revision = zlib.crc32(json.dumps(sorted(days.items())).encode())
        yield f"evidence/{part}", revision, _maker(store, sorted(days))


def _maker(store: Store, days: list[str]) -> Callable[[], Iterable[Record]]:
    return lambda: (json.loads(text) for when in days for text in text_of(store, when).splitlines())
