"""Geometry of the drawings: days as bars, numbers as lines. Numbers in, path data out; no colours, no words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from ..model import Status
from ..siteview import Chart, Day, Point

BAR_HEIGHT = 28
HEIGHTS = (3, 8, 15, 21, 28)
"""Pixels for the heights 0 to 4 of a day."""

WIDTH, HEIGHT = 640, 150
TOP, BOTTOM = 14, 132
"""A chart's canvas, and where its highest and lowest values are drawn."""


@dataclass(frozen=True)
class Stroke:
    """The bars of one status as one path."""

    status: Status
    d: str


@dataclass(frozen=True)
class Tick:
    """A label at a height of the chart; `kind` is grid | degraded | down."""

    y: float
    value: float
    kind: str


@dataclass(frozen=True)
class Plot:
    """A chart as paths: a line per unbroken stretch, the band between its low and high, ticks."""

    line: str
    band: str
    dots: tuple[tuple[float, float], ...]
    ticks: tuple[Tick, ...]


def bars(days: Sequence[Day]) -> tuple[Stroke, ...]:
    """One path per status, a day wide a unit, the calm days first.

    A stretch of calm days is one line across, as thick as its days are high, which the style cuts into bars: so ninety
    days are a few characters. It goes on below the worse days in it, which are higher and hide it. Those are strokes
    upwards, relative to each other, so that they compress.
    """
    calm = "".join(f"M{first} {BAR_HEIGHT - HEIGHTS[1] // 2}h{count}" for first, count in _calm(days))
    strokes = [Stroke(Status.OPERATIONAL, calm)] if calm else []
    for status in Status:
        x, d = None, ""
        for i, day in enumerate(days):
            if day.status is not status or status is Status.OPERATIONAL:
                continue
            tall = HEIGHTS[day.height]
            d += f"M{i}.5 {BAR_HEIGHT}v-{tall}" if x is None else f"m{i - x} {tall}v-{tall}"
            x = i
        if d:
            strokes.append(Stroke(status, d))
    return tuple(strokes)


def _calm(days: Sequence[Day]) -> Iterator[tuple[int, int]]:
    """(first, count) of each stretch that begins and ends with a calm day and has none without data in it."""
    for seen, group in groupby(enumerate(days), key=lambda pair: pair[1].height > 0):
        calm = [i for i, day in group if day.status is Status.OPERATIONAL]
        if seen and calm:
            yield calm[0], calm[-1] - calm[0] + 1


def plot(chart: Chart) -> Plot:
    """The paths of a chart. Gaps stay gaps; a point between two gaps becomes a dot."""
    top = _ceiling(chart)
    scale = _Scale(chart, top)
    line, band, dots = [], [], []
    for known, group in groupby(enumerate(chart.points), key=lambda pair: pair[1].p50 is not None):
        if not known:
            continue
        stretch = list(group)
        if len(stretch) == 1:
            i, point = stretch[0]
            dots.append((scale.x(i), scale.y(point.p50 or 0.0)))
            continue
        line.append("M" + " ".join(f"{scale.x(i)} {scale.y(p.p50 or 0.0)}" for i, p in stretch))
        band.append(_band(stretch, scale))
    return Plot("".join(line), "".join(band), tuple(dots), _ticks(chart, top, scale))


class _Scale:
    """Values to whole units of the drawing, well under a pixel and a half: its numbers stand beside it."""

    def __init__(self, chart: Chart, top: float) -> None:
        self.step = WIDTH / max(1, len(chart.points) - 1)
        self.top = top

    def x(self, i: int) -> int:
        return round(i * self.step)

    def y(self, value: float) -> int:
        return round(BOTTOM - (BOTTOM - TOP) * max(0.0, min(1.0, value / self.top)))


def _edges(point: Point) -> tuple[float, float]:
    middle = point.p50 or 0.0
    low = point.low if point.low is not None else middle
    high = point.p95 if point.p95 is not None else point.high if point.high is not None else middle
    return low, high


def _band(stretch: Sequence[tuple[int, Point]], scale: _Scale) -> str:
    upper = " ".join(f"{scale.x(i)} {scale.y(_edges(p)[1])}" for i, p in stretch)
    lower = " ".join(f"{scale.x(i)} {scale.y(_edges(p)[0])}" for i, p in reversed(stretch))
    return f"M{upper} {lower}z"


def _ceiling(chart: Chart) -> float:
    """A round number above all values; a threshold in sight of them is drawn too."""
    highest = max((_edges(p)[1] for p in chart.points if p.p50 is not None), default=1.0)
    for threshold in (chart.degraded, chart.down):
        if threshold is not None and threshold <= highest * 3:
            highest = max(highest, threshold)
    return nice(highest * 1.05, time=chart.unit in ("s", "seconds"))


def nice(value: float, *, time: bool = False) -> float:
    """The next round number: 1, 2 or 5 times a power of ten; for seconds a round number of minutes, hours or days."""
    if value <= 0:
        return 1.0
    if time and value > 60:
        steps = (120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400)
        for step in steps:
            if value <= step:
                return float(step)
        return math.ceil(value / 86400) * 86400.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(m * power for m in (1, 2, 5, 10) if value <= m * power * (1 + 1e-9))


def _ticks(chart: Chart, top: float, scale: _Scale) -> tuple[Tick, ...]:
    limits = [(chart.degraded, "degraded"), (chart.down, "down")]
    lines = [Tick(scale.y(v), v, kind) for v, kind in limits if v is not None and v <= top]
    grid = [Tick(scale.y(v), v, "grid") for v in (top, top / 2)]
    return (*(g for g in grid if all(abs(g.y - line.y) > 14 for line in lines)), *lines)
