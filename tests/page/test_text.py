"""Numbers are said as they are: rounded down where a loss could vanish, with the unit that fits."""

from __future__ import annotations

import pytest

from generator import text
from generator.text import DAY, HOUR
from tests.samples import NOW

t = text.of("en")


@pytest.mark.parametrize(
    ("fraction", "said"),
    [
        pytest.param(None, "–", id="too little seen to say"),
        pytest.param(1.0, "100 %", id="nothing lost"),
        pytest.param(0.999999, "99.99 %", id="a second lost is never 100"),
        pytest.param(0.99999999, "99.99 %", id="nor is less than a second"),
        pytest.param(0.9998, "99.98 %", id="exact hundredths stay"),
        pytest.param(0.0, "0.00 %", id="nothing up"),
    ],
)
def test_shares_are_rounded_down(fraction: float | None, said: str) -> None:
    assert t.percent(fraction) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h"),
        (5100, "1 h 25 min"),
        (90000, "1 d 1 h"),
        (86460, "1 d"),
        (-5, "0 s"),
    ],
)
def test_durations_use_the_two_largest_units(seconds: int, said: str) -> None:
    assert t.duration(seconds) == said


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (None, "s", "–"),
        (11100, "s", "3 h 5 min"),
        (0.4231, "share", "42.3 %"),
        (12.0, "%", "12 %"),
        (210.4, "ms", "210 ms"),
        (3210.0, "ms", "3.2 s"),
        (7, "items", "7 items"),
        (0.12345, "", "0.12"),
        (1234567, "items", "1,234,567 items"),
    ],
)
def test_quantities_carry_their_unit(value: float | None, unit: str, said: str) -> None:
    assert t.quantity(value, unit) == said


@pytest.mark.parametrize(
    ("at", "said"),
    [
        pytest.param(NOW - 2 * HOUR, "04:00 UTC", id="today: the clock alone"),
        pytest.param(NOW - 12 * HOUR, "22 Nov, 18:00 UTC", id="yesterday: with the day"),
        pytest.param(NOW - 400 * DAY, "19 Oct 2025, 06:00 UTC", id="long ago: with the year"),
    ],
)
def test_moments_say_as_much_as_they_need(at: int, said: str) -> None:
    assert t.moment(at, NOW) == said


def test_values_are_never_read_as_a_format() -> None:
    assert t("{what}: {why}", what="{why.__class__}", why="{0}") == "{why.__class__}: {0}"
