"""Arithmetic of what was: latency histograms, roll-ups that merge, uptime over windows, how a day is coloured.

Pure: numbers in, numbers out. Never reads a clock or a store, never scans raw observations for a page, and never
turns time that nobody observed into uptime or into an outage. Times are Unix seconds, lengths are seconds,
latencies are milliseconds.

The formula of uptime, over one series and one window:

    observed = seconds of operational + degraded + partial + major          (unknown and maintenance on neither side)
    lost     = 1.0 x major + 0.5 x partial + 0.0 x degraded                 (`WEIGHTS`)
    uptime   = (observed - lost) / observed                                 none under 10 % coverage
    coverage = observed / (length of the window - maintenance - what a person marked as mis-measured)

A look vouches for the seconds up to the next one, at most `cap_rounds` intervals of its check; the rest is a gap.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction

from ..model import (
    ALL,
    EMPTY,
    FAILING,
    WORST_FIRST,
    Exclusion,
    Observation,
    Outage,
    Past,
    Rollup,
    Span,
    Status,
    Time,
    Verdict,
)
from .histogram import bucket, merge_histograms, middle, percentile, percentiles
from .stretches import Stretch, intersect, length_of, pieces, union

__all__ = [
    "Episodes", "Stretch", "Uptime", "bucket", "day_status", "duration", "episodes", "exclusions_of", "floor_percent",
    "intersect", "is_timed", "last_day", "length_of", "measure", "merge", "merge_histograms", "middle",
    "percentile", "percentiles", "rank", "roll_up", "taken_out", "total_marks", "union", "uptime", "uptime_of",
    "window_start", "worst_of",
]  # fmt: skip

HOUR = 3600
DAY = 86400
LEAST_COVERAGE = 0.1
LEAST_LASTING = 600
"""Seconds a status must last before it colours a day."""

WEIGHTS: Mapping[Status, float] = {
    Status.MAJOR_OUTAGE: 1.0,
    Status.PARTIAL_OUTAGE: 0.5,
    Status.DEGRADED_PERFORMANCE: 0.0,
}
"""How much of a failing second is lost. What is not here loses nothing."""

OBSERVED = frozenset({Status.OPERATIONAL, *FAILING})
DOWN = frozenset({Status.MAJOR_OUTAGE, Status.PARTIAL_OUTAGE})
LENGTHS: Mapping[str, int] = {"hour": HOUR, "day": DAY}
WINDOW_DAYS: Mapping[str, int] = {"day": 1, "week": 7, "month": 30, "quarter": 90}


# ---- roll-ups --------------------------------------------------------------------------------------------------------


def merge(rollups: Sequence[Rollup], *, scale: str = "", region: str = "", at: Time | None = None) -> Rollup:
    """Roll-ups of one series taken together: over regions, over hours, over days. ValueError for none at all.

    `scale`, `region`, `at` say what the result is; by default what the earliest is. `value_last` is the latest one's.
    """
    if not rollups:
        raise ValueError("nothing to merge")
    ordered = sorted(rollups, key=lambda r: (r.at, r.region))
    first = ordered[0]
    seconds: dict[Status, int] = defaultdict(int)
    for rollup in ordered:
        for status, length in rollup.seconds.items():
            seconds[status] += length
    lows = [r.value_min for r in ordered if r.value_min is not None]
    highs = [r.value_max for r in ordered if r.value_max is not None]
    lasts = [r.value_last for r in ordered if r.value_last is not None]
    return Rollup(
        scale=scale or first.scale,
        series=first.series,
        region=region or first.region,
        at=first.at if at is None else at,
        seconds=dict(seconds),
        worst=worst_of(seconds),
        samples=sum(r.samples for r in ordered),
        failed=sum(r.failed for r in ordered),
        inconclusive=sum(r.inconclusive for r in ordered),
        histogram=merge_histograms(r.histogram for r in ordered),
        value_min=min(lows, default=None),
        value_max=max(highs, default=None),
        value_last=lasts[-1] if lasts else None,
    )


def worst_of(seconds: Mapping[Status, int]) -> Status:
    """The worst status with any second; what was observed comes before `unknown`."""
    seen = {status for status, length in seconds.items() if length > 0}
    known = seen - {Status.UNKNOWN}
    return next((s for s in WORST_FIRST if s in known), Status.UNKNOWN)


def roll_up(
    spans: Iterable[Span],
    observations: Iterable[Observation],
    scale: str,
    until: Time,
    *,
    cover: Sequence[Stretch] | None = None,
) -> tuple[Rollup, ...]:
    """Spans and observations as roll-ups of one scale, by (series, region, at). For one-off work: import and tests.

    Running spans end at `until`; of a span only what lies in `cover` counts (default: all of it).
    """
    length = LENGTHS[scale]
    seconds: dict[tuple[str, str, Time], dict[Status, int]] = defaultdict(lambda: defaultdict(int))
    for span in spans:
        whole = [(span.start, until if span.end is None else span.end)]
        for start, end in whole if cover is None else intersect(whole, cover):
            for at, a, b in pieces(start, end, length):
                seconds[span.component, span.region, at][span.status] += b - a
    looks: dict[tuple[str, str, Time], list[Observation]] = defaultdict(list)
    for o in sorted(observations, key=lambda o: (o.at, o.check, o.region)):
        looks[o.check, o.region, o.at - o.at % length].append(o)
    rows = [Rollup(scale, *key, seconds=dict(found), worst=worst_of(found)) for key, found in seconds.items()]
    rows += [_samples(scale, key, found) for key, found in looks.items()]
    return tuple(sorted(rows, key=lambda r: (r.series, r.region, r.at)))


def _samples(scale: str, key: tuple[str, str, Time], looks: Sequence[Observation]) -> Rollup:
    values = [o.value for o in looks if o.value is not None]
    timed = [bucket(o.latency_ms) for o in looks if is_timed(o) and o.latency_ms is not None]
    return Rollup(
        scale,
        *key,
        samples=len(looks),
        failed=sum(o.verdict is Verdict.DOWN for o in looks),
        inconclusive=sum(not o.conclusive for o in looks),
        histogram=merge_histograms({number: 1} for number in timed),
        value_min=min(values, default=None),
        value_max=max(values, default=None),
        value_last=values[-1] if values else None,
    )


def is_timed(observation: Observation) -> bool:
    """Whether its latency belongs in a histogram: an answer came, and our own machine was quick enough to time it."""
    answered = observation.verdict in (Verdict.OK, Verdict.DEGRADED)
    return answered and observation.latency_ms is not None and not observation.low_confidence


# ---- what does not count ---------------------------------------------------------------------------------------------


def exclusions_of(
    exclusions: Iterable[Exclusion], component: str, region: str = ALL, regions: Collection[str] = ()
) -> list[Stretch]:
    """The stretches that a person marked as mis-measured and that touch this series.

    A stretch of a single region leaves that region's series only: the others saw what they saw. With `regions`, which
    are all that look at the component, a stretch of all of them is one of the component.
    """
    return union(
        (e.start, e.end)
        for e in exclusions
        if (not e.components or component in e.components)
        and (not e.regions or region in e.regions or (region == ALL and regions and set(regions) <= set(e.regions)))
    )


# ---- uptime ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Uptime:
    """Uptime of one series over [start, end). `fraction` is None under 10 % coverage: too little was seen to say.

    `down` counts whole seconds of partial and major outage, `lost` the weighted ones.
    """

    window: str
    start: Time
    end: Time
    seconds: Mapping[Status, int] = field(default_factory=lambda: EMPTY)
    observed: int = 0
    down: int = 0
    lost: float = 0.0
    coverage: float = 0.0
    fraction: float | None = None

    @property
    def text(self) -> str:
        """Two decimals in percent, rounded down; "–" when too little was seen."""
        return "–" if self.fraction is None else floor_percent(self.fraction, self.down)


def floor_percent(fraction: float, down_seconds: int = 0) -> str:
    """`99.99`, rounded down to two decimals; `100` only if nothing at all was lost."""
    hundredths = int((Decimal(repr(fraction)) * 10000).to_integral_value(ROUND_FLOOR))
    if hundredths >= 10000:
        return "99.99" if down_seconds > 0 or fraction < 1 else "100"
    return f"{max(0, hundredths) // 100}.{max(0, hundredths) % 100:02d}"


def measure(
    window: str,
    start: Time,
    end: Time,
    seconds: Mapping[Status, int],
    *,
    left_out: int = 0,
    weights: Mapping[Status, float] = WEIGHTS,
) -> Uptime:
    """The formula. `left_out` are seconds of the window in maintenance or marked as mis-measured."""
    observed = sum(seconds.get(status, 0) for status in OBSERVED)
    down = sum(seconds.get(status, 0) for status in DOWN)
    lost = sum((Fraction(weights.get(s, 0.0)) * n for s in FAILING if (n := seconds.get(s, 0))), Fraction(0))
    whole = end - start - left_out - seconds.get(Status.UNDER_MAINTENANCE, 0)
    coverage = min(1.0, observed / whole) if whole > 0 else 0.0
    known = observed > 0 and coverage >= LEAST_COVERAGE
    fraction = float((observed - lost) / observed) if known else None
    return Uptime(
        window, start, end, {s: n for s, n in seconds.items() if n}, observed, down, float(lost), coverage, fraction
    )


def uptime(
    spans: Iterable[Span],
    window: Stretch,
    now: Time,
    *,
    exclusions: Iterable[Stretch] = (),
    maintenance: Iterable[Stretch] = (),
    cover: Sequence[Stretch] | None = None,
    name: str = "",
    weights: Mapping[Status, float] = WEIGHTS,
) -> Uptime:
    """Uptime of one series straight from its spans. `cover`: where looks vouch for them (default: everywhere)."""
    start, end = window[0], min(window[1], now)
    out = intersect([*exclusions, *maintenance], [(start, end)])
    seconds: dict[Status, int] = defaultdict(int)
    for span in spans:
        parts = intersect([(span.start, now if span.end is None else span.end)], [(start, end)])
        parts = parts if cover is None else intersect(parts, cover)
        seconds[span.status] += length_of(parts) - length_of(intersect(parts, out))
    return measure(name, start, end, seconds, left_out=length_of(out), weights=weights)


def uptime_of(
    past: Past,
    component: str,
    region: str,
    window: str,
    now: Time,
    *,
    exclusions: Iterable[Stretch] = (),
    maintenance: Iterable[Stretch] = (),
    weights: Mapping[Status, float] = WEIGHTS,
) -> Uptime:
    """Uptime over `day` (this UTC day), `week` (7 of them, this one included), `month` (30), `quarter` (90) or `ever`.

    Answers from running totals, so that it costs the same after five years; from `past.days` where there is none for
    the start of the window: a copy of history has no totals.
    What maintenance and exclusions take out is known by the spans, and before those (older than 90 days) by the
    outages: there a stretch of an outage is taken out at its worst.
    """
    rows = [r for r in past.totals if r.series == component and r.region == region]
    days = [r for r in past.days if r.series == component and r.region == region]
    first = min((r.at for r in rows or days), default=now)
    start = window_start(window, now, first)
    if rows and (start <= first or any(r.at == start for r in rows)):
        seconds = _difference(_as_of(rows, now), _as_of(rows, start))
    else:
        seconds = dict(merge([r for r in days if r.at >= start] or [Rollup("day", component, region, start)]).seconds)
    out = intersect([*exclusions, *maintenance], [(start, now)])
    for status, lost in taken_out(past, component, region, intersect(out, [(first, now)]), now).items():
        seconds[status] = max(0, seconds.get(status, 0) - lost)
    return measure(window, start, now, seconds, left_out=length_of(out), weights=weights)


def last_day(
    past: Past,
    component: str,
    region: str,
    now: Time,
    *,
    exclusions: Iterable[Stretch] = (),
    maintenance: Iterable[Stretch] = (),
) -> Uptime:
    """Uptime of one series over the last 24 hours, to the second.

    From its hours; the spans say what lies in the first of them before the window begins, and in maintenance and
    exclusions. Without hours nothing is known.
    """
    start = now - DAY
    first = start - start % HOUR
    rows = [r for r in past.hours if r.series == component and r.region == region and first <= r.at <= now]
    seconds = dict(merge(rows).seconds) if rows else {}
    out = intersect([*exclusions, *maintenance], [(start, now)])
    known = [(min((row.at for row in rows), default=now), now)]
    gone = intersect([(first, start), *out], known)
    for status, lost in taken_out(past, component, region, gone, now).items():
        seconds[status] = max(0, seconds.get(status, 0) - lost)
    return measure("day", start, now, seconds, left_out=length_of(out))


def window_start(window: str, now: Time, first: Time) -> Time:
    """The start of a named window: whole UTC days, today included; `ever` begins with the first look."""
    if window == "ever":
        return min(first, now)
    return now - now % DAY - (WINDOW_DAYS[window] - 1) * DAY


def total_marks(now: Time) -> tuple[Time, ...]:
    """The times at which `uptime_of` wants to know the totals, oldest first."""
    return tuple(sorted({window_start(window, now, now) for window in WINDOW_DAYS}))


def _as_of(rows: Sequence[Rollup], at: Time) -> Mapping[Status, int]:
    newest = max((r for r in rows if r.at <= at), key=lambda r: r.at, default=None)
    return EMPTY if newest is None else newest.seconds


def _difference(later: Mapping[Status, int], earlier: Mapping[Status, int]) -> dict[Status, int]:
    return {status: max(0, seconds - earlier.get(status, 0)) for status, seconds in later.items()}


def taken_out(past: Past, component: str, region: str, out: Sequence[Stretch], now: Time) -> Mapping[Status, int]:
    """Seconds of each status that were counted inside the stretches that do not count.

    A span goes on where nobody looked, so of each hour (or day, where hours are gone) that share of it is taken which
    was seen. `out` lies after the first look and before `now`.
    """
    taken: dict[Status, int] = defaultdict(int)
    if not out:
        return taken
    spans = [s for s in past.spans if s.component == component and s.region == region]
    known_from = min((s.start for s in spans), default=now)
    hours, days = (
        {r.at: r.seconds for r in rows if r.series == component and r.region == region}
        for rows in (past.hours, past.days)
    )
    first_hour, first_day = min(hours, default=now), min(days, default=now)
    for start, end in out:
        for at, a, b in pieces(start, min(end, first_hour), DAY):
            row = None if at < first_day else days.get(at, EMPTY)
            _take(taken, spans, (a, b), (at, min(at + DAY, now)), row)
        for at, a, b in pieces(max(start, first_hour), end, HOUR):
            _take(taken, spans, (a, b), (at, min(at + HOUR, now)), hours.get(at, EMPTY))
    before = intersect(out, [(0, known_from)])
    failing = 0
    for outage in past.outages:
        if outage.component == component and (region == ALL or region in outage.regions):
            inside = length_of(intersect([(outage.started, now if outage.ended is None else outage.ended)], before))
            taken[outage.worst] += inside
            failing += inside
    taken[Status.OPERATIONAL] += max(0, length_of(before) - failing)
    return taken


def _take(
    taken: dict[Status, int], spans: Sequence[Span], part: Stretch, bucket: Stretch, row: Mapping[Status, int] | None
) -> None:
    """Add what a part of a bucket had of each status: of what its `row` has, the share that the spans say. Without a
    row, what the spans say."""
    lasted: dict[Status, int] = defaultdict(int)
    inside: dict[Status, int] = defaultdict(int)
    for span in spans:
        whole = _common(span, bucket)
        if whole:
            lasted[span.status] += whole
            inside[span.status] += _common(span, part)
    for status, seconds in inside.items():
        seen = lasted[status] if row is None else min(lasted[status], row.get(status, 0))
        taken[status] += seconds * seen // lasted[status]


def _common(span: Span, stretch: Stretch) -> int:
    end = stretch[1] if span.end is None else min(span.end, stretch[1])
    return max(0, end - max(span.start, stretch[0]))


# ---- days and outages ------------------------------------------------------------------------------------------------


def day_status(seconds: Mapping[Status, int], elapsed: int = DAY) -> Status:
    """How a day is coloured: the worst status that (with what is worse) lasted ten minutes.

    Without one: maintenance if there was some, else `operational` if at least a tenth of the elapsed day was seen,
    else `unknown`.
    """
    lasted = 0
    for status in (s for s in WORST_FIRST if s in FAILING):
        lasted += seconds.get(status, 0)
        if lasted >= LEAST_LASTING:
            return status
    if seconds.get(Status.UNDER_MAINTENANCE, 0) >= LEAST_LASTING:
        return Status.UNDER_MAINTENANCE
    observed = sum(seconds.get(status, 0) for status in OBSERVED)
    return Status.OPERATIONAL if observed and observed >= LEAST_COVERAGE * elapsed else Status.UNKNOWN


@dataclass(frozen=True, slots=True)
class Episodes:
    """The outages of a component inside a window. Lengths in seconds; None where there is nothing to take a mean of.

    `mttr` is the mean length of those that ended, `mtbf` the mean time from the end of one to the start of the next.
    """

    count: int
    total: int
    longest: int
    mttr: float | None
    mtbf: float | None
    running: bool


def episodes(outages: Iterable[Outage], component: str, window: Stretch, now: Time) -> Episodes:
    """How often and how long. Withdrawn outages (ended when they started) do not count."""
    start, end = window[0], min(window[1], now)
    mine = sorted((o for o in outages if o.component == component and o.ended != o.started), key=lambda o: o.started)
    mine = [o for o in mine if o.started < end and (o.ended is None or o.ended > start)]
    lengths = [duration(o, now) for o in mine]
    ended = [duration(o, now) for o in mine if o.ended is not None]
    pairs = itertools.pairwise(mine)
    gaps = [max(0, after.started - before.ended) for before, after in pairs if before.ended is not None]
    total = length_of(intersect([(o.started, now if o.ended is None else o.ended) for o in mine], [(start, end)]))
    return Episodes(
        count=len(mine),
        total=total,
        longest=max(lengths, default=0),
        mttr=sum(ended) / len(ended) if ended else None,
        mtbf=sum(gaps) / len(gaps) if gaps else None,
        running=any(o.ended is None for o in mine),
    )


def duration(outage: Outage, now: Time) -> int:
    """Seconds an outage lasted, or lasts until now."""
    return max(0, (now if outage.ended is None else outage.ended) - outage.started)


def rank(outage: Outage, outages: Iterable[Outage], now: Time) -> tuple[int, int]:
    """(place of this outage by length among those of its component, 1 the longest; how many there are)."""
    same = {o.id: duration(o, now) for o in outages if o.component == outage.component and o.ended != o.started}
    same[outage.id] = duration(outage, now)
    return 1 + sum(length > same[outage.id] for id, length in same.items() if id != outage.id), len(same)
