"""What `presence` may look up and what its look-ups mean. Pure: chooses, reads, counts; never asks.

An item is missing only when every look-up that could have shown it was answered. What could not be asked is unsure,
and unsure never counts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from ..fetch import Exchange
from ..judging import pick
from ..model import Observation
from . import _asking
from ._reading import fields, instants, listing, number, scalar

if TYPE_CHECKING:
    from .presence import Lookup, PresenceSpec

REPUBLISHED = 60.0
"""Seconds by which the times of one publication may differ; more means that an old item got a new version."""


@dataclass(frozen=True, slots=True)
class Item:
    """An item that should be found elsewhere: its id, when it was published, the keys to look it up by."""

    id: str
    published: float
    keys: Mapping[str, Any]


def eligible(spec: PresenceSpec, reading: _asking.Reading) -> tuple[Item, ...]:
    """The items whose absence elsewhere would mean something: first publication, inside the age window."""
    found: dict[str, Item] = {}
    for raw in reading.items:
        ident, times = pick(spec.item_id, raw), instants(pick(spec.time, raw))
        if not isinstance(ident, str | int) or isinstance(ident, bool) or not times:
            continue
        if spec.first_only and times[-1] - times[0] > REPUBLISHED:
            continue
        if spec.min_age <= reading.now - times[0] <= spec.max_age:
            keys = {name: pick(path, raw) for name, path in spec.keys.items()}
            keys = {n: v for n, v in keys.items() if isinstance(v, str | int | float) and scalar(v).strip()}
            item = Item(scalar(ident)[:64], times[0], keys | {"id": ident})
            if templates(spec, item):
                found.setdefault(item.id, item)
    return tuple(found.values())


def sample(spec: PresenceSpec, items: Sequence[Item], now: float) -> tuple[Item, ...]:
    """At most `take` items spread over the age buckets.

    Within a bucket the order is that of a hash of the id: the same items come up again in the next run, so that a
    hole can be confirmed, and nobody's items are preferred.
    """
    edges = sorted({*spec.buckets, spec.min_age, spec.max_age})
    buckets: list[list[Item]] = [[] for _ in edges]
    for item in sorted(items, key=lambda i: hashlib.sha256(i.id.encode()).digest()):
        age = now - item.published
        place = max((n for n, edge in enumerate(edges) if edge <= age), default=0)
        buckets[place].append(item)
    return tuple(i for row in zip_longest(*buckets) for i in row if i is not None)[: spec.take]


def templates(spec: PresenceSpec, item: Item) -> tuple[Lookup, ...]:
    """The look-ups that can be asked for an item, in order: those whose names it has, unless a better key is known."""
    return tuple(
        look for look in spec.lookup if fields(look.url) <= item.keys.keys() and not item.keys.keys() & set(look.unless)
    )


def contains(look: Lookup, exchange: Exchange, ident: str) -> bool | None:
    """Whether the answer lists the item; None if it cannot be read."""
    ids = ids_in(look, exchange)
    return None if ids is None else ident in ids


def ids_in(look: Lookup, exchange: Exchange) -> list[str] | None:
    """The ids of an answer as text, None if there is no readable list."""
    document, problem = _asking.document_of(exchange)
    found = listing(look.items, document) if problem is None else None
    if found is None:
        return None
    return [scalar(i)[:64] for i in (pick(look.id, raw) for raw in found) if isinstance(i, str | int)]


@dataclass(frozen=True, slots=True)
class Seen:
    """The result for the sampled items. `watermark` is the publication of the newest one found."""

    found: tuple[Item, ...]
    missing: tuple[Item, ...]
    unsure: tuple[Item, ...]

    @property
    def watermark(self) -> float | None:
        return max((i.published for i in self.found), default=None)

    @property
    def newer(self) -> tuple[Item, ...]:
        """Missing items that are newer than everything found: they may only be late."""
        mark = self.watermark
        return tuple(i for i in self.missing if mark is None or i.published > mark)

    @property
    def behind(self) -> tuple[Item, ...]:
        """Missing items that something newer has overtaken: they may never come."""
        mark = self.watermark
        return tuple(i for i in self.missing if mark is not None and i.published <= mark)


def outcome(spec: PresenceSpec, items: Sequence[Item], answers: Mapping[str, Sequence[Exchange]]) -> Seen:
    """Found, missing and unsure. `answers` has the exchanges of each item in the order of its templates."""
    found, missing, unsure = [], [], []
    for item in items:
        looks, said = templates(spec, item), answers.get(item.id, ())
        results = [contains(look, exchange, item.id) for look, exchange in zip(looks, said, strict=False)]
        if any(results):
            found.append(item)
        elif len(results) == len(looks) and None not in results:
            missing.append(item)
        else:
            unsure.append(item)
    return Seen(tuple(found), tuple(missing), tuple(unsure))


def holes(
    looked: Mapping[str, Any], past: Sequence[Observation], settle: float, times: int
) -> tuple[frozenset[str], int]:
    """(ids that were missing in at least `times` looks and in none found; ids counted).

    `looked` and the fact of that name in the past are `{id: [1 found | 0 missing | -1 late, age in seconds]}`; only
    looks at an item older than `settle` count, because a younger one may still be on its way.
    """
    history: dict[str, list[float]] = {}
    for seen in [*(o.facts.get("looked") for o in past), looked]:
        if not isinstance(seen, Mapping):
            continue
        for ident, pair in seen.items():
            if isinstance(pair, list | tuple) and len(pair) == 2 and (number(pair[1]) or 0) >= settle:
                history.setdefault(str(ident), []).append(float(pair[0]))
    lost = {i for i, looks in history.items() if len(looks) >= times and not any(looks)}
    return frozenset(lost), len(history)
