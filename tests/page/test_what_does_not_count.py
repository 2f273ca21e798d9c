"""Announced work and what was measured wrongly leave every figure of a component: windows, days, and those of a region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from generator import text
from generator.history import DAY, HOUR
from generator.history.stretches import intersect, length_of
from generator.model import ALL, Config, Exclusion, Impact, Note, Past, Rollup, Span, Status
from generator.view import history as hist
from tests.believing.world import START, config

OK, MAJOR, UNKNOWN, WORK = (
    Status.OPERATIONAL,
    Status.MAJOR_OUTAGE,
    Status.UNKNOWN,
    Status.UNDER_MAINTENANCE,
)
MIDNIGHT = START - START % DAY
NOW = MIDNIGHT + DAY + 6 * HOUR
T = text.of("en")
ID = "shop/api"


def span(start: int, end: int | None, status: Status, region: str = ALL) -> Span:
    return Span(ID, region, MIDNIGHT + start, None if end is None else MIDNIGHT + end, status)


OUTAGE = (span(0, 2 * HOUR, OK), span(2 * HOUR, 3 * HOUR, MAJOR), span(3 * HOUR, None, OK))


def booked(spans: Sequence[Span], scale: str, step: int, seen: Sequence[tuple[int, int]]) -> list[Rollup]:
    """Days or hours of these spans, as far as somebody looked."""
    rows = []
    for at in range(MIDNIGHT, NOW, step):
        seconds: dict[Status, int] = {}
        for one in spans:
            parts = intersect([(one.start, NOW if one.end is None else one.end)], [(at, min(at + step, NOW))])
            parts = intersect(parts, [(MIDNIGHT + a, MIDNIGHT + b) for a, b in seen])
            seconds[one.status] = seconds.get(one.status, 0) + length_of(parts)
        rows.append(Rollup(scale, ID, ALL, at, {status: n for status, n in seconds.items() if n}))
    return rows


def figures(
    *,
    out: Sequence[Exclusion] = (),
    work: Sequence[tuple[int, int]] = (),
    seen: Sequence[tuple[int, int]] = ((0, 2 * DAY),),
) -> tuple[Mapping[str, str], hist.Day]:
    """The windows in words, and the first day."""
    setting: Config = replace(config("a"), exclusions=tuple(out))
    past = Past(
        days=tuple(booked(OUTAGE, "day", DAY, seen)),
        hours=tuple(booked(OUTAGE, "hour", HOUR, seen)),
        spans=OUTAGE,
        checked_at=NOW,
    )
    windows = tuple((MIDNIGHT + a, MIDNIGHT + b) for a, b in work)
    notes = (
        [Note("w", "maintenance", "Work", Impact.MAINTENANCE, MIDNIGHT, components=(ID,), windows=windows)]
        if work
        else []
    )
    book = hist.ledger(setting, past, NOW, notes)
    (component,) = setting.components
    found = hist.windows(T, setting, book, component)
    (day, _) = hist.days(T, setting, book, component, count=2)
    return {name: one.text.removesuffix(" %") for name, one in found.items()}, day


WRONG = Exclusion(MIDNIGHT + 2 * HOUR, MIDNIGHT + 3 * HOUR, "our own line", components=(ID,))


def test_an_outage_counts_in_the_windows_and_in_its_day() -> None:
    windows, day = figures()
    assert windows["week"] == "96.66"
    assert (day.status, day.down_seconds) == (MAJOR, HOUR)


@pytest.mark.parametrize(
    ("out", "work", "status"),
    [
        pytest.param([WRONG], [], OK, id="measured wrongly"),
        pytest.param([replace(WRONG, regions=("a",))], [], OK, id="measured wrongly by the only region there is"),
        pytest.param([], [(2 * HOUR, 3 * HOUR)], WORK, id="announced work"),
        pytest.param([], [(HOUR + 1800, 3 * HOUR + 1800)], WORK, id="announced work around it"),
    ],
)
def test_what_does_not_count_leaves_the_windows_and_the_day_alike(
    out: Sequence[Exclusion], work: Sequence[tuple[int, int]], status: Status
) -> None:
    windows, day = figures(out=out, work=work)
    assert windows["week"] == "100"
    assert (day.status, day.down_seconds, day.uptime.text) == (status, 0, "100 %")


def test_a_stretch_of_a_region_that_does_not_look_alone_leaves_the_component_as_it_was() -> None:
    setting = config("ab")
    (component,) = setting.components
    wrong = replace(setting, exclusions=(replace(WRONG, regions=("a",)),))
    book = hist.ledger(wrong, Past(), NOW)
    assert hist._left_out(wrong, book, component)[0] == []
    assert hist._left_out(wrong, book, component, "a")[0] == [(WRONG.start, WRONG.end)]


def test_leaving_out_what_nobody_saw_changes_no_figure() -> None:
    """A span goes on while nobody looks; what is taken out is what was seen."""
    seen = ((0, 4 * HOUR), (5 * HOUR, 2 * DAY))
    gap = Exclusion(MIDNIGHT + 4 * HOUR, MIDNIGHT + 5 * HOUR, "nobody looked", components=(ID,))
    assert figures(seen=seen, out=[gap])[0]["week"] == figures(seen=seen)[0]["week"]
