"""Small readings that everything rests on: times, numbers, templates, the target's clock."""

from __future__ import annotations

from typing import Any

import pytest

from generator.probes import _reading as reading
from tests.semantics.looks import NOW, answer, http_date

AT = 1795413600.0


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-11-23T06:00:00Z", AT),
        ("2026-11-23T07:00:00+01:00", AT),
        ("2026-11-23T06:00:00.250Z", AT + 0.25),
        ("Mon, 23 Nov 2026 06:00:00 GMT", AT),
        (AT, AT),
        (int(AT) * 1000, AT),
        ("2026-11-23T06:00:00", None),
        ("2026-11-23", None),
        ("yesterday", None),
        ("", None),
        ("9" * 100, None),
        (10**400, None),
        ("Mon, 23 Nov 2026 06:00:00 +999999999999", None),
        (True, None),
        (None, None),
        (-5, None),
        (float("nan"), None),
        (float("inf"), None),
        ([], None),
        ("0001-01-01T00:00:00+23:59", None),
    ],
)
def test_a_time_counts_only_if_it_can_mean_one_moment(written: Any, moment: float | None) -> None:
    if written == "0001-01-01T00:00:00+23:59":
        reading.instant(written)  # whatever it says, it does not raise
    else:
        assert reading.instant(written) == moment


@pytest.mark.parametrize(
    ("headers", "now", "skew"),
    [
        ({"date": http_date(AT - 100)}, AT - 100, 100),
        ({"date": http_date(AT - 300), "age": "300"}, AT, 0),
        ({"date": http_date(AT), "age": "-5"}, AT, 0),
        ({"date": http_date(AT), "age": "soon"}, AT, 0),
        ({"date": http_date(AT), "age": "inf"}, AT, 0),
        ({"date": "never"}, AT, 0),
        ({"date": ""}, AT, 0),
    ],
)
def test_the_present_is_the_targets_date_and_what_a_cache_added(
    headers: dict[str, str], now: float, skew: float
) -> None:
    assert reading.server_now(answer({}, headers=headers), AT) == (now, skew)
    assert reading.server_now(None, AT) == (AT, 0.0)


@pytest.mark.parametrize(
    ("value", "quoted"),
    [
        ("a b", "a%20b"),
        ("owner/name", "owner/name"),
        ("../../admin", "..%2F..%2Fadmin"),
        ("/etc", "%2Fetc"),
        ("a//b", "a%2F%2Fb"),
        ("x?y=1&z#f", "x%3Fy%3D1%26z%23f"),
        (5.0, "5"),
        (True, "true"),
        ("日本", "%E6%97%A5%E6%9C%AC"),
        ("half \ud800", "half%20%3F"),
    ],
)
def test_what_a_list_says_is_quoted_before_it_is_part_of_an_address(value: Any, quoted: str) -> None:
    assert reading.fill("https://x.test/{id}", {"id": value}) == f"https://x.test/{quoted}"


@pytest.mark.parametrize("template", ["{", "{a.b}", "{0}", "{a!r}", "{a:>9}", "{}"])
def test_a_template_uses_plain_names_only(template: str) -> None:
    """Anything richer would let a platform's answer reach into our values."""
    with pytest.raises(ValueError, match=r"plain name|Single|expected"):
        reading.fields(template)


def test_numbers_are_numbers() -> None:
    assert [reading.number(v) for v in (1, 1.5, True, "1", None, float("nan"))] == [1.0, 1.5, None, None, None, None]


@pytest.mark.parametrize(
    ("seconds", "said"), [(5, "5 s"), (300, "5 min"), (9000, "2.5 h"), (NOW, "20780.2 d"), (-3, "0 s")]
)
def test_spans_are_short(seconds: float, said: str) -> None:
    assert reading.span(seconds) == said
