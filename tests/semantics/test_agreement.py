"""Do several places tell the same story? Never compared with the clock, never believed at first sight."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from generator import probes
from generator.fetch import Exchange
from generator.model import Failure, Request, Verdict
from tests.semantics.looks import HOUR, MINUTE, answer, broken, iso, judged, look_at, seen

PAIR: dict[str, Any] = {
    "between": "targets",
    "from": {"url": "https://x.test/new", "items": "items", "time": "at", "max_age": "2h"},
    "targets": [
        {"name": "primary", "url": "https://x.test/mini/{id}", "values": {"name": "versionName"}},
        {"name": "copy", "url": "https://x.test/full/{id}", "values": {"name": "name"}},
    ],
    "degraded": "60s",
    "down": "30m",
}


def pair(mini: Exchange, full: Exchange, new: Any = None) -> Any:
    listed = answer({"items": [{"id": 7, "at": iso(300)}]} if new is None else new)
    return lambda r: mini if "/mini/" in r.url else full if "/full/" in r.url else listed


SAME = (answer({"versionName": "v2"}), answer({"name": "v2"}))
OLD = (answer({"versionName": "v2"}), answer({"name": "v1"}))
GONE = (answer({"versionName": "v2"}), answer({"error": "Model not found"}, 404))


def differing(*ago: float, then: float | None = None) -> tuple[Any, ...]:
    """Earlier looks that differed, and one that agreed before them."""
    agreed = [] if then is None else [seen({"compared": 1, "differ": []}, then)]
    return (*agreed, *(seen({"compared": 1, "differ": [["7", "name", []]]}, a) for a in ago))


@pytest.mark.parametrize(
    ("answers", "past", "verdict", "value"),
    [
        pytest.param(SAME, (), Verdict.OK, 0, id="the same story"),
        pytest.param(SAME, differing(600), Verdict.OK, 0, id="healed"),
        pytest.param(OLD, (), Verdict.OK, 0, id="differs for the first time: counts from now on"),
        pytest.param(OLD, differing(600), Verdict.DEGRADED, 600, id="still differs after ten minutes"),
        pytest.param(GONE, differing(1200, 600), Verdict.DEGRADED, 1200, id="one has it, the other does not"),
        pytest.param(OLD, differing(2400, 1200, 600), Verdict.DOWN, 2400, id="for longer than the limit"),
        pytest.param(OLD, differing(600, then=1200), Verdict.DEGRADED, 600, id="counted from the first differing look"),
        pytest.param((GONE[1], GONE[1]), differing(600), Verdict.OK, 0, id="gone from both: taken down, not late"),
    ],
)
def test_a_disagreement_must_last(answers: Any, past: Any, verdict: Verdict, value: float) -> None:
    judgement, look = look_at("agreement", PAIR, pair(*answers), past=past)
    assert (judgement.verdict, judgement.value, judgement.unit) == (verdict, value, "s")
    assert (judgement.failure is Failure.DISAGREES) == (verdict is not Verdict.OK)
    assert look.asked == ["https://x.test/new", "https://x.test/mini/7", "https://x.test/full/7"]


def test_what_could_not_be_read_is_no_disagreement() -> None:
    judgement, _ = look_at("agreement", PAIR, pair(answer({}, 500), SAME[1]), past=differing(600))
    assert (judgement.verdict, judgement.failure) == (Verdict.INCONCLUSIVE, Failure.SERVER_ERROR)
    assert judgement.facts["silent"] == ["primary"]


def test_a_quiet_hour_has_nothing_to_compare() -> None:
    judgement, look = look_at("agreement", PAIR, pair(*OLD, new={"items": [{"id": 7, "at": iso(5 * HOUR)}]}))
    assert (judgement.verdict, judgement.failure) == (Verdict.INCONCLUSIVE, Failure.TOO_FEW)
    assert len(look.asked) == 1


def test_fixed_targets_need_no_list() -> None:
    targets = [{"name": n, "url": f"https://{n}.test/", "values": {"v": "v"}} for n in ("a", "b")]
    judgement, look = look_at("agreement", {"targets": targets, "degraded": "1m"}, answer({"v": 1}))
    assert judgement.verdict is Verdict.OK
    assert look.asked == ["https://a.test/", "https://b.test/"]


# ---- calls -----------------------------------------------------------------------------------------------------------

CALLS: dict[str, Any] = {
    "between": "calls",
    "read": {"url": "https://x.test/new", "items": "items", "cache_bust": "_cb"},
    "time": "at",
    "degraded": 2,
}


def calls(*ids: str) -> Any:
    """Each text is one answer: the ids it lists, newest first; `a` is the newest, `f` the oldest."""
    waiting = iter(ids)

    def script(request: Request) -> Exchange:
        listed = next(waiting)
        items = [{"id": c, "at": iso(600 + ord(c))} for c in listed]
        return answer({"items": items}, headers={"x-handled-by": f"pod-{len(listed)}"})

    return script


@pytest.mark.parametrize(
    ("lists", "wavering"),
    [
        pytest.param(("bcdef", "bcdef", "bcdef"), [], id="all alike"),
        pytest.param(("bcdef", "abcde", "abcde"), [], id="something was published in between"),
        pytest.param(("bcdef", "bdef", "bdef"), [], id="something was removed in between"),
        pytest.param(("abcde", "bcdef", "abcde"), ["a"], id="there, gone and there again"),
        pytest.param(("bcdef", "abcde", "bcdef"), ["a"], id="not there, there and gone again"),
        pytest.param(("bcdef", "bcde", "bcdef"), [], id="the end of the list says nothing"),
        pytest.param(("bcdef", "", "bcdef"), [], id="an empty answer is another check's matter"),
    ],
)
def test_only_going_back_and_forth_shows_unequal_copies(lists: Any, wavering: list[str]) -> None:
    judgement, look = look_at("agreement", CALLS, calls(*lists))
    assert judgement.facts["contradictions"] == wavering
    assert judgement.verdict is Verdict.OK, "one contradiction is a hint, three within an hour are a fault"
    assert len(set(look.asked)) == 3, "no cache may answer two of them"
    assert look.waited == [5.0, 5.0]


def test_three_contradictory_looks_within_an_hour_are_degraded() -> None:
    past = tuple(seen({"contradictions": ["a"]}, ago) for ago in (2 * HOUR, 40 * MINUTE, 20 * MINUTE))
    judgement, _ = look_at("agreement", CALLS, calls("abcde", "bcdef", "abcde"), past=past)
    assert (judgement.verdict, judgement.failure, judgement.value) == (Verdict.DEGRADED, Failure.DISAGREES, 3)


# ---- copies ----------------------------------------------------------------------------------------------------------

COPIES: dict[str, Any] = {"between": "copies", "read": {"url": "https://x.test/new", "cache_bust": "_cb"}}
FINE = {"items": [1]}


def kept(body: Any, status: int = 200, cache: str = "HIT", age: int = 100) -> Exchange:
    return answer(body, status, {"cf-cache-status": cache, "age": str(age)})


@pytest.mark.parametrize(
    ("copy", "fresh", "verdict", "failure"),
    [
        pytest.param(kept(FINE, age=440), answer(FINE), Verdict.OK, None, id="7 minutes old is how it is meant"),
        pytest.param(kept(FINE, cache="STALE", age=300), answer(FINE), Verdict.OK, None, id="while it fetches a new one"),
        pytest.param(answer(FINE), answer(FINE), Verdict.OK, None, id="not kept at all"),
        pytest.param(kept(FINE, age=2000), answer(FINE), Verdict.DEGRADED, Failure.STALE_EDGE, id="kept too long"),
        pytest.param(kept({"error": "x"}, 500, age=86400), answer(FINE), Verdict.DEGRADED, Failure.CACHED_ERROR, id="a sticky error"),
        pytest.param(kept({"error": "x"}, 422, age=86400), answer(FINE), Verdict.DEGRADED, Failure.CACHED_ERROR, id="a sticky 422, as in July 2026"),
        pytest.param(answer({}, 500), answer(FINE), Verdict.INCONCLUSIVE, Failure.SERVER_ERROR, id="failed once, kept by nobody"),
        pytest.param(kept(FINE, cache="STALE", age=900), answer(b"<html>", 522), Verdict.DEGRADED, Failure.STALE_EDGE, id="the edge hides that nobody reaches the origin"),
        pytest.param(kept(FINE, age=3), answer({}, 502), Verdict.INCONCLUSIVE, Failure.SERVER_ERROR, id="a young copy while the origin restarts hides nothing"),
        pytest.param(answer({}, 500), answer({}, 500), Verdict.INCONCLUSIVE, Failure.SERVER_ERROR, id="both fail: the API has its own check"),
        pytest.param(broken(Failure.REFUSED), answer(FINE), Verdict.INCONCLUSIVE, Failure.REFUSED, id="no answer is no copy"),
        pytest.param(kept(FINE), answer(b"", 403, {"cf-mitigated": "challenge"}), Verdict.INCONCLUSIVE, Failure.CHALLENGED, id="a bot wall at the fresh one"),
    ],
)  # fmt: skip
def test_the_edge_is_told_from_the_origin(copy: Exchange, fresh: Exchange, verdict: Verdict, failure: Any) -> None:
    judgement, look = look_at("agreement", COPIES, lambda r: fresh if "_cb=" in r.url else copy)
    assert (judgement.verdict, judgement.failure) == (verdict, failure)
    assert look.asked[0] == "https://x.test/new"


# ---- regions ---------------------------------------------------------------------------------------------------------

REGIONS: dict[str, Any] = {
    "between": "regions",
    "read": {"url": "https://x.test/new", "items": "items"},
    "time": "at",
    "degraded": "5m",
    "groups": [],
}


def watermarks(spec: dict[str, Any], **ages: float) -> dict[str, Any]:
    probe = probes.get("agreement")
    looks = {}
    for region, age in ages.items():
        alone, _ = look_at("agreement", spec, answer({"items": [{"at": iso(age)}]}))
        looks[region] = seen(alone.facts, region=region, verdict=alone.verdict, failure=alone.failure)
    assert probe.compare is not None
    return {r: (o.verdict, o.value) for r, o in probe.compare(probe.Spec.model_validate(spec), looks).items()}


def test_regions_are_compared_with_each_other() -> None:
    assert watermarks(REGIONS, eu=9000, us=9000) == {"eu": (Verdict.OK, 0), "us": (Verdict.OK, 0)}, "a quiet night"
    result = watermarks(REGIONS, eu=900, us=60, ap=100)
    assert result == {"eu": (Verdict.DEGRADED, 840), "us": (Verdict.OK, 0), "ap": (Verdict.OK, 40)}


def test_one_region_alone_is_compared_with_nobody() -> None:
    assert watermarks(REGIONS, eu=900) == {"eu": (Verdict.INCONCLUSIVE, None)}


def test_a_region_that_may_see_other_things_is_compared_only_within_its_group() -> None:
    """False alarm 12: some countries get a filtered list; it is not behind, it is shorter."""
    spec = {**REGIONS, "groups": [["eu", "us"], ["gb", "au"]]}
    result = watermarks(spec, eu=60, us=60, gb=9000, au=9000)
    assert {v for v, _ in result.values()} == {Verdict.OK}


def told(**stories: str) -> dict[str, Any]:
    spec = {"between": "regions", "targets": [{"name": "page", "url": "https://x.test/", "values": {"v": "v"}}]}
    probe = probes.get("agreement")
    looks = {}
    for region, story in stories.items():
        alone, _ = look_at("agreement", spec, answer({"v": story}))
        looks[region] = seen(alone.facts, region=region, verdict=alone.verdict, failure=alone.failure)
    assert probe.compare is not None
    return {r: o.verdict for r, o in probe.compare(probe.Spec.model_validate(spec), looks).items()}


def test_the_minority_is_marked_and_without_a_majority_everybody_is() -> None:
    ok, bad = Verdict.OK, Verdict.DEGRADED
    assert told(eu="1", us="1") == {"eu": ok, "us": ok}
    assert told(eu="1", us="1", ap="0") == {"eu": ok, "us": ok, "ap": bad}
    assert told(eu="1", us="0") == {"eu": bad, "us": bad}


def test_a_region_that_could_not_read_takes_no_part() -> None:
    probe = probes.get("agreement")
    spec = probe.Spec.model_validate(REGIONS)
    lost = judged("agreement", REGIONS, answer({}, 500))
    fine = judged("agreement", REGIONS, answer({"items": [{"at": iso(60)}]}))
    looks = {r: seen(j.facts, region=r, verdict=j.verdict, failure=j.failure) for r, j in (("eu", lost), ("us", fine))}
    assert probe.compare is not None
    assert probe.compare(spec, looks) == looks


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"targets": PAIR["targets"][:1]}, "at least two targets"),
        ({"from": None}, "give both or neither"),
        ({"between": "calls"}, "needs read and no targets"),
        ({"between": "regions"}, "either read or exactly one target"),
        ({"down": "10s"}, "down must not be less than degraded"),
        ({"targets": [{"name": "a", "url": "https://x.test/{nr}", "values": {"v": "v"}}] * 2}, r"may use \{id\} only"),
    ],
)
def test_a_wrong_specification_says_what_is_wrong(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        probes.get("agreement").Spec.model_validate({**PAIR, **change})
