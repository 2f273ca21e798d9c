"""How long, how often, how it compares: golden numbers."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from generator.incidents.duration import Lasting, chronicle, episodes, nights
from generator.incidents.duration import lasting as measured
from generator.model import Outage, Time
from tests.explaining.small import HOUR, T, outage

DAY = 86400


def lasting(
    mine: tuple[Outage, ...],
    known: tuple[Outage, ...],
    now: Time,
    timezone: str = "UTC",
    written: tuple[tuple[Time, Time], ...] = (),
) -> Lasting:
    return measured(mine, chronicle(known, now, written), now, timezone)


def at(text: str, zone: str) -> Time:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp())


@pytest.mark.parametrize(
    ("zone", "start", "end", "count"),
    [
        pytest.param("UTC", "2026-11-22T23:00", "2026-11-23T06:00", 1, id="one-whole-night"),
        pytest.param("UTC", "2026-11-23T00:01", "2026-11-23T08:00", 0, id="began-after-midnight"),
        pytest.param("UTC", "2026-11-22T23:00", "2026-11-23T05:59", 0, id="ended-before-six"),
        pytest.param("UTC", "2026-11-20T12:00", "2026-11-23T12:00", 3, id="three-nights"),
        pytest.param("America/Boise", "2026-11-22T23:00", "2026-11-23T06:30", 1, id="the-night-is-local"),
        pytest.param("America/Boise", "2026-03-07T22:00", "2026-03-08T06:00", 1, id="the-short-night-of-spring"),
        pytest.param("America/Boise", "2026-10-31T22:00", "2026-11-01T06:00", 1, id="the-long-night-of-autumn"),
        pytest.param("Nowhere/Land", "2026-11-22T23:00", "2026-11-23T06:00", 1, id="an-unknown-zone-is-utc"),
    ],
)
def test_a_night_counts_when_all_of_it_was_lost(zone: str, start: str, end: str, count: int) -> None:
    real = "UTC" if zone.startswith("Nowhere") else zone
    assert nights(at(start, real), at(end, real), zone) == count


def test_overlapping_outages_are_one_stretch() -> None:
    """Two parts that fail at once do not fail twice as long."""
    found = (outage("search", T, T + 600), outage("api", T + 300, T + 900), outage("cdn", T + 2000, T + 2100))
    assert episodes(found, T + HOUR) == ((T, T + 900), (T + 2000, T + 2100))


def history() -> tuple[Outage, ...]:
    """Four earlier ones: 1 h, 2 h, 4 h, 8 h long, ten days apart, the last one ten days ago."""
    return tuple(
        outage("search", T - days * DAY, T - days * DAY + hours * HOUR)
        for days, hours in ((40, 1), (30, 2), (20, 4), (10, 8))
    )


def test_numbers_of_a_running_outage() -> None:
    now = T + 5 * HOUR
    it = lasting((outage("search"),), (*history(), outage("search")), now, "UTC")
    assert it.seconds == 5 * HOUR
    assert (it.over_day, it.over_three_days) == (False, False)
    assert (it.recurrence_30, it.recurrence_90) == (3, 5), "30 days and five hours ago is not within 30 days"
    assert it.mttr == (1 + 2 + 4 + 8) * HOUR // 4, "the running one is not repaired yet"
    assert it.mtbf == (4 * 10 * DAY - (1 + 2 + 4 + 8) * HOUR) // 4
    assert (it.rank, it.known) == (2, 5)
    assert "number 2 by length of the 5 we know of" in it.sentence


@pytest.mark.parametrize(
    ("length", "words"),
    [
        pytest.param(HOUR, "lasted 1 h.", id="an-hour"),
        pytest.param(9 * HOUR, "past a whole night (UTC)", id="past-a-night"),
        pytest.param(25 * HOUR, "more than 24 hours", id="more-than-a-day"),
        pytest.param(73 * HOUR, "more than 72 hours", id="more-than-three-days"),
    ],
)
def test_the_largest_mark_that_was_passed_is_said(length: int, words: str) -> None:
    began = T - 8 * HOUR  # ten in the evening
    one = outage("search", began, began + length)
    assert words in lasting((one,), (one,), began + length + DAY).sentence


def test_structural_is_a_hypothesis_with_numbers_beside_it_or_not_said_at_all() -> None:
    """The word appears only after 72 hours or four times within 30 days, and only behind those numbers."""
    short = lasting((outage("search"),), (outage("search"),), T + HOUR)
    long = lasting((outage("search"),), (outage("search"),), T + 80 * HOUR)
    often = tuple(outage("search", T - n * DAY, T - n * DAY + HOUR) for n in range(4))
    again = lasting((often[0],), often, T + 2 * HOUR)
    assert "structural" not in short.sentence
    for it in (long, again):
        assert it.structural
        assert it.sentence.endswith("that is a hypothesis.")
        assert any(c.isdigit() for c in it.sentence)


def test_what_only_notes_know_counts_for_the_rank_and_for_nothing_else() -> None:
    one = outage("search", T, T + HOUR)
    it = lasting((one,), (one,), T + DAY, written=((T - 30 * DAY, T - 13 * DAY),))
    assert (it.rank, it.known) == (2, 2)
    assert (it.recurrence_90, it.mtbf) == (1, None)


def test_a_note_over_a_measured_stretch_is_not_counted_twice() -> None:
    one = outage("search", T, T + HOUR)
    assert lasting((one,), (one,), T + DAY, written=((T - 60, T + 2 * HOUR),)).known == 1


def test_without_an_outage_there_is_nothing_to_measure() -> None:
    with pytest.raises(ValueError, match="no outage"):
        lasting((), (), T)
