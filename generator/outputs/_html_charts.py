"""A chart and a day list ready for a template: geometry with its labels, and the same numbers as a table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from ..model import Time
from ..siteview import Chart, Point, When
from ..text import Text
from . import _html_svg as svg

LABEL_GAP = 4
"""Pixels between a line of the grid and the label above it."""


@dataclass(frozen=True)
class Label:
    y: float
    text_y: float
    kind: str
    text: str


@dataclass(frozen=True)
class Row:
    at: When
    first: str
    second: str


@dataclass(frozen=True)
class Drawing:
    """`head` are the three words above the columns of the table."""

    plot: svg.Plot
    ticks: tuple[Label, ...]
    start: When
    end: When
    head: tuple[str, str, str]
    rows: tuple[Row, ...]


def draw(t: Text, chart: Chart) -> Drawing:
    plot = svg.plot(chart)
    latency = chart.kind == "latency"
    head = (t("Hour"), t("half within"), t("95 of 100 within")) if latency else (t("Hour"), t("last"), t("highest"))
    return Drawing(
        plot,
        tuple(_label(t, chart, tick) for tick in plot.ticks),
        t.when(chart.start),
        t.when(chart.end),
        head,
        tuple(_row(t, chart, point) for point in chart.points),
    )


def _label(t: Text, chart: Chart, tick: svg.Tick) -> Label:
    value = t.quantity(tick.value, chart.unit)
    said = {
        "grid": value,
        "degraded": t("degraded from {low}", low=value),
        "down": t("down from {high}", high=value),
    }[tick.kind]
    return Label(tick.y, round(tick.y - LABEL_GAP, 1), tick.kind, said)


def _row(t: Text, chart: Chart, point: Point) -> Row:
    second = point.p95 if chart.kind == "latency" else point.high
    return Row(_when(t, point.at), _quantity(t, point.p50, chart.unit), _quantity(t, second, chart.unit))


# The charts of a page share their hours, and latencies are the middles of a few buckets.


@lru_cache(maxsize=1024)
def _when(t: Text, at: Time) -> When:
    return t.when(at)


@lru_cache(maxsize=4096)
def _quantity(t: Text, value: float | None, unit: str) -> str:
    return t.quantity(value, unit)
