"""Our own API: the state with its reasons, and the small file that pages refresh."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from generator.model import Status
from generator.outputs.api import LIVE_LIMIT
from generator.siteview import SiteView
from tests.feeds import schemas
from tests.feeds.full import empty, full
from tests.feeds.rendering import files
from tests.feeds.views import HOUR, NOW, component, platform, site, when


def answer(view: SiteView, path: str = "api/roadworthy/v1/status.json") -> Any:
    return json.loads(files(view, "api")[path])


FULL = answer(full())


def test_keys_in_the_order_of_the_contract() -> None:
    assert list(FULL) == [
        "generated_at",
        "checked_at",
        "next_expected",
        "stale_after",
        "late_seconds",
        "overall",
        "regions",
        "platforms",
        "findings",
        "incidents",
    ]
    assert list(FULL["platforms"][0]) == ["id", "name", "role", "status", "official", "components"]
    assert list(FULL["platforms"][0]["components"][0]) == [
        "id",
        "name",
        "status",
        "since",
        "sentence",
        "uptime",
        "regions",
        "indicators",
    ]
    assert list(FULL["findings"][0]) == [
        "cause",
        "title",
        "confidence",
        "platform",
        "components",
        "regions",
        "since",
        "evidence",
        "against",
        "decides",
    ]
    assert list(FULL["incidents"][0]) == ["id", "status", "impact", "started", "url", "official"]


def test_what_is_measured_and_what_the_platform_says_stand_beside_each_other() -> None:
    civitai, hugging_face = FULL["platforms"]
    assert (civitai["status"], civitai["official"]) == (
        "major_outage",
        {"status": "operational", "checked_at": "2026-11-23T05:58:30Z"},
    )
    assert hugging_face["official"] is None


def test_what_is_unknown_is_unknown_or_null_and_never_zero() -> None:
    cdn = FULL["platforms"][0]["components"][1]
    assert cdn["status"] == "unknown"
    assert cdn["uptime"]["quarter"] is None
    assert cdn["regions"][0]["latency_ms"] is None
    nothing = answer(empty())
    assert (nothing["checked_at"], nothing["overall"]["status"]) == (None, "unknown")


def test_a_region_keeps_its_own_state() -> None:
    search = FULL["platforms"][0]["components"][0]
    assert {cell["id"]: (cell["status"], cell["failure"]) for cell in search["regions"]} == {
        "eu-west": ("major_outage", "timeout"),
        "us-east": ("operational", None),
    }


def test_indicators_come_with_their_thresholds() -> None:
    assert FULL["platforms"][0]["components"][0]["indicators"] == [
        {"check": "civitai/search/lag", "value": 11100.0, "unit": "s", "degraded": 1800.0, "down": 7200.0}
    ]


def test_incidents_are_the_open_ones_and_the_maintenances_to_come() -> None:
    assert [incident["id"] for incident in FULL["incidents"]] == ["2026-11-23-search", "m-soon"]


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")], ids=str)
def test_numbers_that_are_none_become_null(bad: float) -> None:
    view = full()
    search = view.platforms[0].components[0]
    spoiled = replace(search, indicators=(replace(search.indicators[0], value=bad),))
    view = replace(view, platforms=(replace(view.platforms[0], components=(spoiled,)),))
    assert answer(view)["platforms"][0]["components"][0]["indicators"][0]["value"] is None


def test_text_that_utf_8_cannot_carry_does_not_stop_the_build() -> None:
    assert answer(replace(full(), sentence="a\ud800b"))["overall"]["sentence"] == "a?b"


# ---- live.json -----------------------------------------------------------------------------------------------------------


def live(view: SiteView) -> tuple[int, Any]:
    body = files(view, "api")["live.json"]
    return len(body), json.loads(body)


def crowd(
    count: int, failing: int = 0, sentence: str = "All regions get a correct answer.", regions: int = 4
) -> SiteView:
    def one(n: int) -> Status:
        return Status.MAJOR_OUTAGE if n < failing else Status.OPERATIONAL

    where = [f"region-{n}" for n in range(regions)]
    parts = tuple(
        replace(
            component(f"civitai/a-rather-long-component-{n}", one(n), regions=dict.fromkeys(where, one(n))),
            sentence=sentence,
        )
        for n in range(count)
    )
    return site(platforms=(platform("civitai", *parts),))


def test_live_json_has_the_shape_pages_expect() -> None:
    _, found = live(full())
    assert list(found) == [
        "generated_at",
        "checked_at",
        "next_expected",
        "stale_after",
        "late_seconds",
        "interval",
        "overall",
        "components",
    ]
    assert found["components"]["civitai/search"] == {
        "status": "major_outage",
        "since": "2026-11-23T05:00:00Z",
        "sentence": "Search is down.",
        "regions": {"eu-west": "major_outage", "us-east": "operational"},
    }


@pytest.mark.parametrize("count", [1, 20, 40, 60, 80, 120, 200, 500, 2000])
@pytest.mark.parametrize("failing", [0, 3, 2000], ids=["all well", "three fail", "everything fails"])
def test_live_json_stays_small_whatever_the_site(count: int, failing: int) -> None:
    size, found = live(
        crowd(count, failing, "Wanted an answer within three seconds, got none from four of four regions.")
    )
    assert size < LIVE_LIMIT
    assert len(found["components"]) + found.get("omitted", 0) == count


def test_live_json_stays_small_whatever_the_sentences() -> None:
    size, _ = live(replace(crowd(40, 40, "x" * 5000), sentence="y" * 50_000))
    assert size < LIVE_LIMIT


def test_what_does_not_fit_into_live_json_is_what_works() -> None:
    _, found = live(crowd(500, 5))
    assert found["omitted"] > 0
    kept = list(found["components"].values())
    assert sum(one["status"] == "major_outage" for one in kept) == 5


def test_live_json_keeps_the_sentences_of_what_fails_longer_than_the_others() -> None:
    _, found = live(crowd(60, 3))
    with_words = {one["status"] for one in found["components"].values() if "sentence" in one}
    assert with_words == {"major_outage"}


def test_live_json_of_a_site_that_never_measured_is_unknown() -> None:
    _, found = live(empty())
    assert found["overall"]["status"] == "unknown"
    assert found["stale_after"] is None


def test_live_json_says_how_long_it_is_good_for() -> None:
    _, found = live(site(stale_after=when(NOW + HOUR)))
    assert (found["stale_after"], found["interval"]) == ("2026-11-23T07:00:00Z", 300)


@pytest.mark.parametrize("late", [None, 0, 37, 600])
def test_both_say_how_late_the_checks_are(late: int | None) -> None:
    view = replace(full(), late_seconds=late)
    body = files(view, "api")
    for path in ("api/roadworthy/v1/status.json", "live.json"):
        assert json.loads(body[path])["late_seconds"] == late
        assert schemas.problems(path, body[path]) == []


def test_feeds_do_not_say_it_because_it_is_no_news() -> None:
    assert files(replace(full(), late_seconds=600), "feeds") == files(full(), "feeds")
