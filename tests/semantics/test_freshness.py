"""How old is the newest thing? With rows that must not fire first."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from generator import probes
from generator.model import Failure, Verdict
from tests.semantics.looks import DAY, HOUR, MINUTE, NOW, answer, broken, http_date, iso, look_at, seen

LIST: dict[str, Any] = {"url": "https://x.test/list", "items": "items", "time": "at", "degraded": "25m", "down": "3h"}


def listed(*ages: float, **headers: str) -> Any:
    return answer({"items": [{"at": iso(a)} for a in ages]}, headers=headers)


@pytest.mark.parametrize(
    ("exchange", "verdict", "failure", "value"),
    [
        pytest.param(listed(600), Verdict.OK, None, 600, id="recent"),
        pytest.param(listed(1500), Verdict.OK, None, 1500, id="exactly on the limit still passes"),
        pytest.param(listed(DAY, 60, HOUR), Verdict.OK, None, 60, id="the newest counts, in whatever order"),
        pytest.param(listed(1501), Verdict.DEGRADED, Failure.STALE, 1501, id="late"),
        pytest.param(listed(4 * HOUR), Verdict.DOWN, Failure.STALE, 4 * HOUR, id="stalled"),
        pytest.param(listed(-60), Verdict.OK, None, 0, id="a minute in the future is rounding"),
        pytest.param(listed(-DAY, 300), Verdict.OK, None, 300, id="a scheduled item in the future is left out"),
        pytest.param(listed(-DAY), Verdict.INCONCLUSIVE, Failure.WRONG_CONTENT, None, id="everything in the future"),
        pytest.param(answer({"items": []}), Verdict.DOWN, Failure.EMPTY, None, id="empty with 200 is a masked failure"),
        pytest.param(answer({"other": 1}), Verdict.INCONCLUSIVE, Failure.WRONG_CONTENT, None, id="no list"),
        pytest.param(answer({"items": [{"at": "2026-11-23T05:00:00"}]}), Verdict.INCONCLUSIVE, Failure.TOO_FEW, None, id="a time without offset is no time"),
        pytest.param(answer({"items": [{"at": True}, {"at": None}, {}]}), Verdict.INCONCLUSIVE, Failure.TOO_FEW, None, id="no readable time"),
        pytest.param(answer({"items": [{"at": (NOW - 90) * 1000}]}), Verdict.OK, None, 90, id="epoch milliseconds"),
        pytest.param(answer(b"<html>hello", 200), Verdict.INCONCLUSIVE, Failure.WRONG_CONTENT, None, id="HTML with 200"),
        pytest.param(answer({"error": "x"}, 500), Verdict.INCONCLUSIVE, Failure.SERVER_ERROR, None, id="a broken API tells nothing of what it lists"),
        pytest.param(broken(Failure.REFUSED), Verdict.INCONCLUSIVE, Failure.REFUSED, None, id="refused"),
        pytest.param(answer({"items": [{"at": iso(60)}]}, truncated=True), Verdict.INCONCLUSIVE, Failure.TRUNCATED, None, id="cut at our own limit"),
    ],
)  # fmt: skip
def test_the_newest_item_is_held_to_the_limits(exchange: Any, verdict: Verdict, failure: Any, value: Any) -> None:
    judgement, _ = look_at("freshness", LIST, exchange)
    assert (judgement.verdict, judgement.failure, judgement.value) == (verdict, failure, value)


def test_a_number_keeps_its_unit_and_both_limits() -> None:
    judgement, _ = look_at("freshness", LIST, listed(2000))
    assert (judgement.unit, judgement.degraded, judgement.down) == ("s", 1500, 10800)
    assert judgement.detail == "newest item is 33 min old, wanted at most 25 min"
    assert judgement.facts["watermark"] == NOW - 2000


def test_an_unreadable_list_can_be_made_an_outage_of_its_own() -> None:
    spec = {**LIST, "unreadable": "down"}
    assert look_at("freshness", spec, answer({}, 500))[0].verdict is Verdict.DOWN
    assert look_at("freshness", spec, answer({}, 429))[0].verdict is Verdict.INCONCLUSIVE, "our own rate never is"


def test_age_is_taken_by_the_targets_clock_not_by_ours() -> None:
    """Our clock is an hour ahead: the age stays ten minutes, and the observation says that the clocks differ."""
    exchange = answer({"items": [{"at": iso(HOUR + 600)}]}, now=NOW - HOUR)
    judgement, _ = look_at("freshness", LIST, exchange)
    assert judgement.value == 600
    assert judgement.facts["clock_skew_s"] == HOUR


def test_what_a_cache_kept_counts_as_age() -> None:
    """`Date` is when the answer was made, `Age` how long it was kept: both together are the present."""
    exchange = answer({"items": [{"at": iso(900)}]}, headers={"date": http_date(NOW - 300), "age": "300"})
    judgement, _ = look_at("freshness", LIST, exchange)
    assert judgement.value == 900
    assert "clock_skew_s" not in judgement.facts


def test_what_is_usual_is_learnt_before_it_is_judged() -> None:
    spec = {k: v for k, v in LIST.items() if k not in ("degraded", "down")} | {"usual": {"looks": 20, "floor": "10m"}}
    early, _ = look_at(
        "freshness", spec, listed(5 * HOUR), past=tuple(seen({}, n * 600, value=600.0) for n in range(9, 0, -1))
    )
    assert (early.verdict, early.failure, early.value) == (Verdict.INCONCLUSIVE, Failure.NO_HISTORY, 5 * HOUR)
    past = tuple(seen({}, n * 600, value=1200.0) for n in range(30, 0, -1))
    assert look_at("freshness", spec, listed(70 * MINUTE), past=past)[0].verdict is Verdict.OK
    late, _ = look_at("freshness", spec, listed(90 * MINUTE), past=past)
    assert (late.verdict, late.degraded, late.down) == (Verdict.DEGRADED, 4800, 9600)


def test_a_thin_page_is_followed_by_its_cursor_but_never_to_another_origin() -> None:
    """False alarm 14: an empty page that has a next page is not the end of the list."""
    pages = {
        "https://x.test/list": answer({"items": [], "next": "/list?cursor=2"}),
        "https://x.test/list?cursor=2": answer({"items": [{"at": iso(60)}], "next": None}),
    }
    spec = {**LIST, "more": "next"}
    judgement, look = look_at("freshness", spec, lambda r: pages[r.url])
    assert judgement.verdict is Verdict.OK
    assert look.asked == list(pages)
    judgement, look = look_at("freshness", spec, answer({"items": [], "next": "https://evil.test/list"}))
    assert look.asked == ["https://x.test/list"]
    judgement, look = look_at("freshness", spec, answer({"items": [], "next": "https://x.test/list"}))
    assert (len(look.asked), judgement.failure) == (3, Failure.EMPTY), "at most two further pages"


def compared(ages: dict[str, float], *, at: dict[str, int] | None = None) -> dict[str, Any]:
    probe = probes.get("freshness")
    spec = probe.Spec.model_validate({**LIST, "against": "freshest_region"})
    looks = {}
    for region, age in ages.items():
        alone, _ = look_at("freshness", {**LIST, "against": "freshest_region"}, listed(age))
        assert (alone.verdict, alone.failure) == (Verdict.INCONCLUSIVE, Failure.TOO_FEW), (
            "one region alone says nothing"
        )
        looks[region] = seen(
            alone.facts, (at or {}).get(region, 0), region=region, verdict=alone.verdict, failure=alone.failure
        )
    assert probe.compare is not None
    return dict(probe.compare(spec, looks))


def test_regions_are_held_against_the_freshest_and_a_quiet_hour_is_nobodys_outage() -> None:
    """Everybody's newest item is five hours old: nobody published, and nobody is blamed."""
    result = compared({"eu": 5 * HOUR, "us": 5 * HOUR})
    assert {o.verdict for o in result.values()} == {Verdict.OK}
    result = compared({"eu": 5 * HOUR, "us": 60, "ap": 90})
    assert result["eu"].verdict is Verdict.DOWN
    assert result["eu"].value == 5 * HOUR - 60
    assert "behind region us" in result["eu"].detail
    assert (result["us"].verdict, result["ap"].verdict) == (Verdict.OK, Verdict.OK)


def test_looks_that_were_not_taken_together_are_not_compared() -> None:
    result = compared({"eu": 5 * HOUR, "us": 60}, at={"eu": 300})
    assert {o.verdict for o in result.values()} == {Verdict.INCONCLUSIVE}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"degraded": None, "down": None}, "needs a limit"),
        ({"down": "5m"}, "down must not be less than degraded"),
        ({"degraded": "soon"}, "'soon' is no time"),
        ({"items": "items[?"}, "no JMESPath"),
        ({"url": "ftp://x.test/"}, "scheme 'ftp' is not asked"),
        ({"thyme": "at"}, "Extra inputs are not permitted"),
        ({"usual": {}}, "usual stands alone"),
    ],
)
def test_a_wrong_specification_says_what_is_wrong(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        probes.get("freshness").Spec.model_validate({**LIST, **change})
