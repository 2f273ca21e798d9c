"""The part of the published copy that holds an hour: its looks, ten minutes at a time, and its roll-ups.

Looks are only ever added, so that as many looks as before in ten minutes are the looks that were there before: their
lines are taken from the part as it was published. A round costs what it brings, also late in its hour. Pure but for
what it asks the store.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..model import Time
from ..stores import Store
from ..stores._keep import HOUR
from . import records
from .records import kind, line

SLICE = 600

Sizes = Sequence[Sequence[int]]
"""Of each slice: how many looks it holds, and in how many bytes."""


def part_of(store: Store, at: Time, before: Sizes, published: bytes) -> tuple[bytes, int, list[list[int]]]:
    """The body of the hour at `at`, the number of its lines, and the sizes of its slices.

    `before` are the sizes of the slices in `published`, which is empty where the published part is not at hand.
    """
    counts = store.counts(at, at + HOUR, SLICE)
    bodies: list[bytes | memoryview] = []
    sizes: list[list[int]] = []
    for start, known in zip(range(at, at + HOUR, SLICE), _cut(before, published), strict=True):
        count = counts.get(start, 0)
        body: bytes | memoryview = b""
        if known and known[0] == count:
            body = known[1]
        elif count:
            lines = _looks(store, start)
            body, count = "".join(lines).encode(), len(lines)
        bodies.append(body)
        sizes.append([count, len(body)])
    # Sorted, because the order in which a database keeps rows is nobody's promise.
    rows = sorted(line(kind("rollup", records.of_rollup(row))) for row in store.rollups("hour", at, at + HOUR))
    return b"".join((*bodies, "".join(rows).encode())), len(rows) + sum(count for count, _ in sizes), sizes


def _looks(store: Store, start: Time) -> list[str]:
    looks = store.observations(start, start + SLICE)
    return sorted(line(kind("observation", records.of_observation(look))) for look in looks)


def _cut(before: Sizes, published: bytes) -> Iterator[tuple[int, memoryview] | None]:
    """What is known of each slice: how many looks it held, and their lines."""
    place, whole = 0, memoryview(published)
    for n in range(HOUR // SLICE):
        if n >= len(before) or not published:
            yield None
            continue
        count, size = before[n]
        yield count, whole[place : place + size]
        place += size
