"""Latencies as histograms that merge exactly, in any order, over regions and over years. Pure.

The buckets are the same for ever: changing them would make what is stored mean something else. Milliseconds.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

BUCKETS_PER_OCTAVE = 8
LAST_BUCKET = 161


def bucket(milliseconds: float) -> int:
    """The bucket of a latency, the same for ever: 0 below 1 ms, then eight to each doubling, 161 and on in the last.

    Bucket b >= 1 holds [2^((b-1)/8), 2^(b/8)) milliseconds: 9 % wide, so that a percentile is right within 4.5 %.
    """
    if milliseconds < 1:
        return 0
    return min(LAST_BUCKET, 1 + math.floor(BUCKETS_PER_OCTAVE * math.log2(milliseconds)))


def middle(number: int) -> float:
    """The latency a bucket stands for: its geometric middle."""
    return 0.5 if number <= 0 else 2 ** ((number - 0.5) / BUCKETS_PER_OCTAVE)


_MIDDLES = tuple(middle(number) for number in range(LAST_BUCKET + 1))


def percentile(histogram: Mapping[int, int], q: float) -> float | None:
    """Milliseconds under which the share `q` (0..1) of the samples lies; None without samples."""
    return percentiles(histogram, (q,))[0]


def percentiles(histogram: Mapping[int, int], shares: Sequence[float]) -> tuple[float | None, ...]:
    """The percentile of each share, in their order, out of one look at the histogram."""
    counts = sorted(histogram.items())
    total = sum([count for _, count in counts])
    if total <= 0:
        return (None,) * len(shares)
    found: list[float | None] = []
    for q in shares:
        wanted, seen = max(1, math.ceil(q * total)), 0
        for number, count in counts:
            seen += count
            if seen >= wanted:
                found.append(_MIDDLES[number] if 0 <= number <= LAST_BUCKET else middle(number))
                break
        else:
            found.append(None)
    return tuple(found)


def merge_histograms(histograms: Iterable[Mapping[int, int]]) -> dict[int, int]:
    """The histogram of all samples together: exact, in any order."""
    merged: dict[int, int] = {}
    for histogram in histograms:
        if not merged:
            merged = dict(histogram.items())  # mostly there is one
            continue
        for number, count in histogram.items():
            merged[number] = merged.get(number, 0) + count
    return dict(sorted(merged.items()))
