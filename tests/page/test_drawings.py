"""Drawings say what the numbers say: a bar per day, a line that breaks where there is no data."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from generator.model import Status
from generator.outputs import _html_svg as svg
from generator.siteview import Chart, Day, Point, Uptime

NONE = Uptime("day", None, "–", 0.0, "")


def days(*statuses: Status) -> list[Day]:
    heights = {
        Status.UNKNOWN: 0,
        Status.OPERATIONAL: 1,
        Status.DEGRADED_PERFORMANCE: 2,
        Status.PARTIAL_OUTAGE: 3,
        Status.MAJOR_OUTAGE: 4,
    }
    return [Day(str(i), s, s.value, heights[s], "", NONE) for i, s in enumerate(statuses)]


def drawn(path: str) -> list[tuple[float, int]]:
    """(x, height) of every bar of a path, by following the pen; a line across is a bar of its thickness each unit."""
    x, y = 0.0, 0
    bars = []
    for command, first, second in re.findall(r"([Mmvh])(-?[\d.]+)(?: (-?\d+))?", path):
        if command == "M":
            x, y = float(first), int(second)
        elif command == "m":
            x, y = x + float(first), y + int(second)
        elif command == "h":
            bars += [(x + i + 0.5, 2 * (svg.BAR_HEIGHT - y)) for i in range(int(first))]
        else:
            bars.append((x, -int(first)))
            assert y == svg.BAR_HEIGHT, "every bar stands on the ground"
            y += int(first)
    return bars


def test_every_day_is_one_bar_at_its_place() -> None:
    strokes = svg.bars(days(Status.OPERATIONAL, Status.MAJOR_OUTAGE, Status.UNKNOWN, Status.OPERATIONAL))
    found = {stroke.status: drawn(stroke.d) for stroke in strokes}
    assert found == {
        Status.OPERATIONAL: [(0.5, 8), (3.5, 8)],
        Status.MAJOR_OUTAGE: [(1.5, 28)],
        Status.UNKNOWN: [(2.5, 3)],
    }


def test_ninety_calm_days_are_one_line() -> None:
    (stroke,) = svg.bars(days(*[Status.OPERATIONAL] * 90))
    assert stroke.d == "M0 24h90"


def test_worse_days_hide_the_calm_line_below_them_and_days_without_data_break_it() -> None:
    calm, worse, none = Status.OPERATIONAL, Status.DEGRADED_PERFORMANCE, Status.UNKNOWN
    strokes = svg.bars(days(worse, calm, worse, calm, none, none, calm, worse))
    assert strokes[0].status is calm, "drawn first, so that the others lie over it"
    assert drawn(strokes[0].d) == [(1.5, 8), (2.5, 8), (3.5, 8), (6.5, 8)]
    assert drawn(strokes[1].d) == [(0.5, 15), (2.5, 15), (7.5, 15)]


def test_where_no_day_was_calm_nothing_green_is_drawn() -> None:
    assert [s.status for s in svg.bars(days(Status.MAJOR_OUTAGE, Status.UNKNOWN))] == [
        Status.MAJOR_OUTAGE,
        Status.UNKNOWN,
    ]


def chart(*values: float | None, unit: str = "ms", **more: object) -> Chart:
    points = tuple(Point(i * 3600, v, None if v is None else v * 2) for i, v in enumerate(values))
    made = Chart("c", "latency", "c", unit, "", 0, len(values) * 3600, 3600, points)
    return replace(made, **more)  # type: ignore[arg-type]


def test_a_gap_stays_a_gap() -> None:
    plot = svg.plot(chart(1, 2, None, 3, 4))
    assert plot.line.count("M") == 2
    assert plot.band.count("z") == 2


def test_a_point_between_two_gaps_is_a_dot() -> None:
    plot = svg.plot(chart(None, 5, None))
    assert plot.line == ""
    assert len(plot.dots) == 1


def test_higher_values_stand_higher_and_stay_inside() -> None:
    plot = svg.plot(chart(10, 20, 30))
    ys = [float(y) for _, y in re.findall(r"([\d.]+) ([\d.]+)", plot.line)]
    assert ys[0] > ys[1] > ys[2]
    assert all(svg.TOP <= y <= svg.BOTTOM for y in ys)


def test_thresholds_are_drawn_when_they_are_in_sight() -> None:
    near = svg.plot(chart(100, 120, degraded=150.0, down=300.0))
    assert {t.kind for t in near.ticks} >= {"degraded", "down"}
    far = svg.plot(chart(1, 2, degraded=500.0, down=1000.0))
    assert {t.kind for t in far.ticks} == {"grid"}


def test_labels_do_not_stand_on_each_other() -> None:
    ticks = svg.plot(chart(90, 100, degraded=101.0, down=200.0)).ticks
    grid = [t.y for t in ticks if t.kind == "grid"]
    lines = [t.y for t in ticks if t.kind != "grid"]
    assert all(abs(a - b) > 14 for a in grid for b in lines)


@pytest.mark.parametrize(
    ("value", "time", "round_number"),
    [
        (0, False, 1),
        (7, False, 10),
        (101, False, 200),
        (480, False, 500),
        (0.03, False, 0.05),
        (100, True, 120),
        (4000, True, 7200),
        (100000, True, 172800),
    ],
)
def test_axes_end_at_round_numbers(value: float, time: bool, round_number: float) -> None:
    assert svg.nice(value, time=time) == pytest.approx(round_number)
