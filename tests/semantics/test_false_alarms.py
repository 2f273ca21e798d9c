"""The catalogue of false alarms: what looks like an outage and is none. One test a row, with the default checks.

Each row also shows the neighbouring real fault, so that none of these tests can pass by never alarming at all.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from generator import probes, vantage
from generator.engines import Errand
from generator.engines._confirm import observe
from generator.fetch import Exchange
from generator.model import Failure, Observation, RegionHealth, Request, Rules, Verdict
from tests.semantics.civitai import look, newest, pictures, platform
from tests.semantics.default_content import addresses, check, default
from tests.semantics.looks import DAY, HOUR, MINUTE, NOW, ScriptedLook, answer, http_date, iso, model, models, seen

LAG = "civitai/indexing/lag"
BUSY = answer({"error": "Server busy, please retry shortly."}, 503, {"x-handled-by": "pod-7"})


def test_01_what_is_not_public_is_not_missing() -> None:
    odd = [
        {**m, **({"availability": "Unsearchable"} if n % 2 else {"mode": "TakenDown"})} for n, m in enumerate(newest())
    ]
    judgement, asked = look(LAG, platform(odd, indexed=lambda m: False))
    assert (judgement.verdict, judgement.failure, len(asked.asked)) == (Verdict.INCONCLUSIVE, Failure.TOO_FEW, 1)
    assert look(LAG, platform(indexed=lambda m: False))[0].verdict is Verdict.DOWN


def test_02_the_source_and_the_search_ask_with_the_same_filter() -> None:
    spec = check(LAG).spec
    asked = [spec.source.url, *(k.url for k in spec.lookup), spec.control.url]
    kept = [
        {k: v for k, v in parse_qs(urlsplit(a).query).items() if k in ("nsfw", "browsingLevel", "types")} for a in asked
    ]
    assert kept == [{}] * len(asked)
    assert all(urlsplit(a).hostname == "civitai.com" for a in asked), "another host filters otherwise"


def test_03_a_generic_name_ranked_past_the_limit_is_found_by_its_user() -> None:
    assert look(LAG, platform(by=("user",)))[0].verdict is Verdict.OK
    assert look(LAG, platform(by=()))[0].verdict is Verdict.DOWN


def test_04_the_lag_is_measured_without_widening_the_filter() -> None:
    """Widened lists leave out by tag and topic what the search shows, and the other way round."""
    assert "nsfw" not in "".join(addresses(check(LAG).spec.model_dump()))


def test_05_an_old_model_with_a_new_version_is_not_new() -> None:
    old = [{**m, "modelVersions": [*m["modelVersions"], *model(1, 400 * DAY)["modelVersions"]]} for m in newest()]
    judgement, _ = look(LAG, platform(old, indexed=lambda m: False))
    assert (judgement.verdict, judgement.facts["eligible"]) == (Verdict.INCONCLUSIVE, 0)


def test_06_seven_minutes_at_the_edge_are_how_it_is_meant() -> None:
    def edge(age: int) -> Any:
        kept = answer(
            models(*newest()), headers={"cf-cache-status": "HIT", "age": str(age), "date": http_date(NOW - age)}
        )
        return lambda r: answer(models(*newest())) if "_cb=" in r.url else kept

    assert look("civitai/cdn/edge-copy", edge(449))[0].verdict is Verdict.OK
    judgement, _ = look("civitai/cdn/edge-copy", edge(3000))
    assert (judgement.verdict, judgement.failure) == (Verdict.DEGRADED, Failure.STALE_EDGE)
    lists = [
        c for c in default().checks if c.id.startswith("civitai/") and c.kind in ("freshness", "backlog", "movement")
    ]
    assert all(c.spec.cache_bust == "_cb" for c in lists), "ages are taken past the edge"


def test_07_nothing_is_asked_with_head_where_only_get_is_answered() -> None:
    head = answer(b"", 405)
    assert look("civitai/api/alive", head)[0].verdict is Verdict.DOWN, "a 405 to what we do ask would be real"
    assert check("civitai/api/alive").spec.method == "GET"


@pytest.mark.parametrize("id", ["civitai/api/alive", "civitai/api/listing", "civitai/search/known-model", LAG])
def test_08_being_told_to_slow_down_is_our_own_rate(id: str) -> None:
    judgement, asked = look(id, answer({"error": "Too many requests"}, 429, {"retry-after": "60"}))
    assert (judgement.verdict, judgement.failure) == (Verdict.INCONCLUSIVE, Failure.RATE_LIMITED)
    assert len(asked.asked) == 1, "and is not answered with more requests"
    too_deep = answer({"error": "You've requested too many pages, please use cursors instead"}, 429)
    assert look(id, too_deep)[0].verdict is Verdict.INCONCLUSIVE, "the other meaning of 429 there is our mistake too"


def confirmed(id: str, *answers: Exchange) -> Observation:
    """The check as the engine runs it: with second looks inside the run, here without waiting."""
    waiting = iter(answers)
    one = check(id)
    errand = Errand(default().regions[0], (), (one,), Rules(retry_wait=(0.0,)), lambda: float(NOW), "test")
    probe = probes.get(one.kind)
    return asyncio.run(observe(one, "local", probe, lambda n: ScriptedLook(lambda r: next(waiting)), errand))


def test_09_one_busy_machine_is_no_outage() -> None:
    """The bulkhead of one machine: three of three looks must meet it."""
    good = answer(models(*newest()))
    assert confirmed("civitai/api/listing", BUSY, BUSY, good).verdict is Verdict.OK
    assert confirmed("civitai/api/listing", BUSY, BUSY, BUSY).verdict is Verdict.DOWN
    passes = iter([BUSY, answer(models({"id": 4384, "name": "DreamShaper v8"}))])
    judgement, asked = look("civitai/search/known-model", lambda r: next(passes))
    assert (judgement.verdict, asked.waited) == (Verdict.OK, [40.0])


CHALLENGES = [
    pytest.param(answer(b"<html><title>Just a moment...</title>", 403, {"cf-mitigated": "challenge"}), id="named by its header"),
    pytest.param(answer(b"<html><title>Just a moment...</title><script>window._cf_chl_opt={}</script>", 503), id="known by its script"),
    pytest.param(answer(b"error code: 1020", 403, {"server": "cloudflare", "cf-ray": "8f-FRA"}), id="a firewall rule"),
]  # fmt: skip


@pytest.mark.parametrize("wall", CHALLENGES)
@pytest.mark.parametrize("one", [pytest.param(c, id=c.id) for c in default().checks if c.kind not in ("dns", "tcp")])
def test_10_a_bot_wall_is_no_outage_for_any_check(one: Any, wall: Exchange) -> None:
    judgement, _ = look(one.id, wall)
    assert judgement.verdict is Verdict.INCONCLUSIVE
    # Pictures are named by a list: where that is walled off there are none to judge.
    assert judgement.failure is (
        Failure.TOO_FEW if one.kind == "asset" and one.id.startswith("civitai") else Failure.CHALLENGED
    )


def test_11_a_country_that_is_closed_by_law_is_no_outage() -> None:
    law = answer(
        {
            "error": "Access to this service is not available in your region due to legal restrictions.",
            "code": "REGION_BLOCKED",
        },
        451,
    )
    for id in ("civitai/api/alive", "civitai/api/listing", "civitai/search/known-model", LAG):
        assert look(id, law)[0].verdict is Verdict.BLOCKED_BY_POLICY
    gb = answer({"country": "GB", "fullLocationCode": "GB", "blocked": True, "pendingBlock": False})
    assert look("civitai/routing/region", gb)[0].verdict is Verdict.BLOCKED_BY_POLICY
    assert look("civitai/routing/region", platform())[0].verdict is Verdict.OK


def test_12_lists_are_compared_only_where_the_same_law_filters_them() -> None:
    probe = probes.get("agreement")
    spec = check("civitai/replication/regions").spec.model_copy(update={"groups": (("de", "fr"), ("gb",))})
    looks = {}
    for region, ago in (("de", 60), ("fr", 60), ("gb", 9 * HOUR)):
        alone, _ = look("civitai/replication/regions", platform([model(1, ago)]))
        looks[region] = seen(alone.facts, region=region, verdict=alone.verdict, failure=alone.failure)
    assert probe.compare is not None
    assert probe.compare(spec, looks)["gb"] == looks["gb"], "compared with nobody"
    together = probe.compare(spec.model_copy(update={"groups": ()}), looks)
    assert together["gb"].verdict is Verdict.DEGRADED


@pytest.mark.parametrize("ahead", [-2 * HOUR, 2 * HOUR])
def test_13_a_clock_that_is_wrong_ages_nothing(ahead: int) -> None:
    judgement, _ = look("civitai/scanning/pulse", platform(), now=NOW + ahead)
    assert (judgement.verdict, judgement.value) == (Verdict.OK, 60)
    assert judgement.facts["clock_skew_s"] == ahead
    assert look("civitai/scanning/pulse", platform(images=pictures(age=HOUR)))[0].verdict is Verdict.DOWN


def test_14_an_empty_page_with_a_next_page_is_not_the_end() -> None:
    def thin(request: Request) -> Exchange:
        if "cursor" in request.url:
            return answer(models(*newest()))
        return answer(models(cursor="https://civitai.com/api/v1/models?cursor=9&sort=Newest"))

    assert look("civitai/api/listing", thin)[0].verdict is Verdict.OK
    judgement, _ = look("civitai/api/listing", answer(models()))
    assert (judgement.verdict, judgement.failure) == (Verdict.DOWN, Failure.EMPTY)


def test_15_the_cold_start_of_a_roll_out_needs_a_second_look_and_a_second_run() -> None:
    cold = answer(b"", 504)
    warm = answer({"ModelType": ["LORA"]})
    good = confirmed("civitai/api/alive", cold, warm)
    assert (good.verdict, good.attempts) == (Verdict.OK, 2)
    assert confirmed("civitai/api/alive", cold, cold).verdict is Verdict.DOWN
    assert Rules().degraded_after == Rules().partial_after == 2


def test_16_counters_that_a_creator_hides_are_left_out() -> None:
    before = (seen({"counters": {str(n): 100.0 + n for n in range(20)}}, 4 * HOUR),)
    hiding = [None, None, *(100 + n for n in range(2, 19)), 500]
    assert look("civitai/metrics/downloads", platform(top=hiding), past=before)[0].verdict is Verdict.OK
    still, _ = look("civitai/metrics/downloads", platform(), past=before)
    assert (still.verdict, still.failure) == (Verdict.DEGRADED, Failure.FROZEN)
    gone, _ = look("civitai/metrics/downloads", platform(top=[None] * 20), past=before)
    assert (gone.verdict, gone.failure) == (Verdict.INCONCLUSIVE, Failure.TOO_FEW)


def test_17_pictures_that_a_network_encodes_anew_are_not_held_to_a_hash() -> None:
    spec = check("civitai/cdn/avatars").spec
    assert spec.headers == {"Accept": "*/*"}
    assert spec.expect.sha256 is None
    webp = answer(b"RIFF\x10\x00\x00\x00WEBP" + b"x" * 400, headers={"content-type": "image/webp"})
    listed = answer({"items": [{"image": f"https://image.civitai.com/{n}/width=96/{n}.jpeg"} for n in range(3)]})
    judgement, _ = look("civitai/cdn/avatars", lambda r: listed if "creators" in r.url else webp)
    assert judgement.verdict is Verdict.OK, "the end of an address is not its type"
    html = answer(b"<html>" + b"x" * 400)
    judgement, _ = look("civitai/cdn/avatars", lambda r: listed if "creators" in r.url else html)
    assert judgement.verdict is Verdict.DOWN


def test_18_the_reference_platform_is_asked_for_what_needs_no_account() -> None:
    fixed = [a for c in default().checks if c.id.startswith("huggingface/") for a in addresses(c.spec.model_dump())]
    paths = {urlsplit(a).path for a in fixed if "gpt2" in urlsplit(a).path}
    assert {p.removeprefix("/api/models").split("/resolve/")[0] for p in paths} == {"/openai-community/gpt2"}
    lists = {"/api/models", "/api/models/{id}", "", "/"}
    assert {urlsplit(a).path for a in fixed} - paths <= lists, "everything else is a list or named by one"


def test_19_a_region_that_sees_neither_control_says_nothing_about_anybody() -> None:
    def table(verdict: Verdict) -> dict[tuple[str, str], Observation]:
        ids = [c.id for c in (*default().controls, *default().checks)]
        failure = Failure.CONNECT_TIMEOUT if verdict is Verdict.DOWN else None
        return {(i, "local"): Observation(i, "local", NOW, verdict, failure) for i in ids}

    assert vantage.health(default(), table(Verdict.DOWN), NOW)["local"].health is not RegionHealth.OK
    assert vantage.health(default(), table(Verdict.OK), NOW)["local"].health is RegionHealth.OK


def test_20_a_cloud_region_that_is_kept_out_everywhere_knows_nothing() -> None:
    """The reputation of a data centre: every single check says inconclusive, none says down."""
    wall = answer(b"<html><title>Just a moment...</title>", 403, {"cf-mitigated": "challenge"})
    verdicts = {look(c.id, wall)[0].verdict for c in default().checks if c.kind not in ("dns", "tcp")}
    assert verdicts == {Verdict.INCONCLUSIVE}


def test_21_a_quiet_sunday_is_no_drought() -> None:
    sunday = [model(n, 10 * MINUTE + n * 6 * MINUTE) for n in range(9)] + [model(99, 5 * HOUR)]
    weekly = tuple(seen({"flow": 9}, ago) for ago in (14 * DAY, 7 * DAY)) + tuple(
        seen({"flow": 60}, d * DAY) for d in (3, 2, 1)
    )
    assert look("civitai/scanning/publications", platform(sunday), past=weekly)[0].verdict is Verdict.OK
    busy = tuple(replace(o, facts={"flow": 60}) for o in weekly)
    drought, _ = look("civitai/scanning/publications", platform(sunday), past=busy)
    assert (drought.verdict, drought.failure) == (Verdict.DOWN, Failure.STALE)


def test_22_one_old_model_that_is_taken_down_breaks_no_check() -> None:
    other = answer(models({"id": 112902, "name": "DreamShaper XL"}, {"id": 1, "name": "Dreamy"}))
    assert look("civitai/search/known-model", other)[0].verdict is Verdict.OK
    home_page = answer(models({"id": 1, "name": "Something popular"}))
    judgement, _ = look("civitai/search/known-model", home_page)
    assert (judgement.verdict, judgement.failure) == (Verdict.DOWN, Failure.WRONG_CONTENT), "as in May 2025"
    fewer = [None if n in (3, 7) else 100 + n for n in range(18)]
    before = (seen({"counters": {str(n): 90.0 + n for n in range(20)}}, 4 * HOUR),)
    assert look("civitai/metrics/downloads", platform(top=fewer), past=before)[0].verdict is Verdict.OK


def test_23_a_status_page_that_says_up_stands_beside_ours_and_changes_nothing() -> None:
    page = {"publicGroupList": [{"monitorList": [{"id": 1, "name": "Main Site"}]}], "incident": None}
    beats = {"heartbeatList": {"1": [{"status": 1, "time": iso(60)}]}, "uptimeList": {}}
    official = default().platforms[0].official
    judgement, _ = look(official, lambda r: answer(beats if "heartbeat" in r.url else page))
    assert judgement.facts["official_status"] == "operational"
    assert look(LAG, platform(indexed=lambda m: False))[0].verdict is Verdict.DOWN
    assert check(official).component not in {c.id for c in default().components}


# ---- and the whole platform, well ------------------------------------------------------------------------------------

LISTED = [
    c
    for c in default().checks
    if c.id.startswith("civitai/") and c.kind in ("http", "steps", "freshness", "presence", "backlog", "movement")
]
NEEDS_A_PAST = {
    "civitai/training/pulse": "usual age",
    "civitai/tagging/untagged": "usual share",
    "civitai/generation/made-here": "usual share",
    "civitai/metrics/downloads": "an earlier look",
    "civitai/scanning/publications": "weeks",
}  # fmt: skip


@pytest.mark.parametrize("one", [pytest.param(c, id=c.id) for c in LISTED])
def test_a_healthy_platform_is_healthy_to_every_check(one: Any) -> None:
    judgement, _ = look(one.id, platform())
    if one.id in NEEDS_A_PAST:
        assert (judgement.verdict, judgement.failure) == (Verdict.INCONCLUSIVE, Failure.NO_HISTORY)
    else:
        assert judgement.verdict is Verdict.OK, judgement.detail


@pytest.mark.parametrize(
    "one",
    [
        pytest.param(c, id=c.id)
        for c in LISTED
        if c.id
        not in (
            "civitai/api/alive",
            "civitai/routing/region",
            "civitai/api/listing",
            "civitai/search/known-model",
            "civitai/images/newest-pictures",
        )
    ],
)
def test_an_api_that_fails_is_told_once_and_everything_behind_it_is_unknown(one: Any) -> None:
    judgement, _ = look(one.id, answer({"error": "An unexpected error occurred"}, 500))
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert "could not be read" in judgement.detail
