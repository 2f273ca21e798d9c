"""Stretches of time, [start, end) in Unix seconds: joined, cut, measured. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..model import Time

Stretch = tuple[Time, Time]


def union(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Sorted, without overlap; empty ones dropped."""
    joined: list[Stretch] = []
    for start, end in sorted(s for s in stretches if s[0] < s[1]):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def intersect(one: Iterable[Stretch], other: Iterable[Stretch]) -> list[Stretch]:
    """What lies in both."""
    others = union(other)
    if not others:
        return []
    return union((max(a, c), min(b, d)) for a, b in union(one) for c, d in others)


def length_of(stretches: Iterable[Stretch]) -> int:
    """Seconds in the union."""
    return sum(end - start for start, end in union(stretches))


def pieces(start: Time, end: Time, length: int) -> Iterator[tuple[Time, Time, Time]]:
    """[start, end) cut at multiples of `length`: (start of the bucket, start, end) of each piece."""
    while start < end:
        at = start - start % length
        stop = min(end, at + length)
        yield at, start, stop
        start = stop
