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


def drawn(path: str) -> list[tuple[int, int]]:
    """(x, height) of every bar of a path, by following the pen."""
    x = y = 0
    bars = []
    for command, first, second in re.findall(r"([Mmv])(-?\d+)(?: (-?\d+))?", path):
        if command == "M":
            x, y = int(first), int(second)
        elif command == "m":
            x, y = x + int(first), y + int(second)
        else:
            bars.append((x, -int(first)))
            assert y == svg.BAR_HEIGHT, "every bar stands on the ground"
            y += int(first)
    return bars


def test_every_day_is_one_bar_at_its_place() -> None:
    strokes = svg.bars(days(Status.OPERATIONAL, Status.MAJOR_OUTAGE, Status.UNKNOWN, Status.OPERATIONAL))
    found = {stroke.status: drawn(stroke.d) for stroke in strokes}
    assert found == {
        Status.OPERATIONAL: [(2, 8), (17, 8)],
        Status.MAJOR_OUTAGE: [(7, 28)],
        Status.UNKNOWN: [(12, 3)],
    }


def test_calm_days_repeat_so_that_they_compress() -> None:
    (stroke,) = svg.bars(days(*[Status.OPERATIONAL] * 90))
    assert stroke.d == "M2 28v-8" + "m5 8v-8" * 89


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
