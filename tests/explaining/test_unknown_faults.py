"""Faults that no rule was written for, made of things that rules know: nobody is blamed with high confidence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from generator.diagnosis import UNKNOWN_CAUSE, diagnose
from generator.model import Confidence, Failure, Observation, Verdict
from tests.explaining.worlds import NOW, REGIONS, Fault, default_causes, default_config, past

SITE = default_config()
X = Failure
BEHIND_API = tuple(c.id for c in SITE.components if c.platform == "civitai" and c.function != "api")
LISTS = ("civitai/search", "civitai/images")


@pytest.mark.parametrize(
    ("faults", "unknown"),
    [
        pytest.param([Fault("civitai/search", "", X.REFUSED, regions=("east",))], {"civitai/search"}, id="one-region-cannot-reach-search-and-all-others-can"),
        pytest.param([Fault("civitai/api", "", X.WRONG_STATUS, facts={"status": 404})], {"civitai/api"}, id="the-interface-has-moved-everywhere"),
        pytest.param([Fault("civitai/search", "", X.WRONG_STATUS, facts={"status": 404})], {"civitai/search"}, id="search-has-moved"),
        pytest.param([Fault("civitai/search", "", X.WRONG_STATUS, facts={"status": 401})], {"civitai/search"}, id="search-wants-a-name-and-a-password"),
        pytest.param([Fault(id, check, X.WRONG_STATUS, facts={"status": 404}) for id, check in (("civitai/api", "listing"), ("civitai/search", ""))], {"civitai/api", "civitai/search"}, id="the-list-and-search-have-moved-and-the-application-answers"),
        pytest.param([Fault("civitai/api", "", X.WRONG_STATUS, regions=("east",), facts={"status": 401})], {"civitai/api"}, id="one-region-is-asked-to-sign-in"),
        pytest.param([Fault("civitai/cdn", "avatars", X.WRONG_STATUS, facts={"samples": [{"status": 401}, {"status": 401}]})], {"civitai/cdn"}, id="no-picture-without-signing-in"),
        pytest.param([Fault("huggingface/resolver", "", X.WRONG_STATUS, facts={"status": 401})], {"huggingface/resolver"}, id="the-file-is-gated-now"),
        pytest.param([Fault(f"huggingface/{k}", "", X.WRONG_STATUS, facts={"status": 404}) for k in ("api", "search", "resolver")], {f"huggingface/{k}" for k in ("api", "search", "resolver")}, id="the-hub-has-moved"),
        pytest.param([Fault("civitai/api", "", X.EDGE_ERROR, facts={"status": 599})], {"civitai/api"}, id="a-code-of-the-edge-that-nobody-documented"),
        pytest.param([Fault(id, "", X.UNREACHABLE) for id in BEHIND_API], set(BEHIND_API) - {"civitai/cdn"}, id="everything-but-the-interface-is-out-of-reach"),
        pytest.param([Fault(id, "", X.NOT_JSON, regions=("east",)) for id in LISTS], set(LISTS), id="one-region-gets-something-else-in-place-of-lists"),
        pytest.param([Fault("civitai/metrics", "", X.LAGGING), Fault("civitai/training", "", X.DISAGREES)], {"civitai/metrics", "civitai/training"}, id="known-words-where-they-make-no-sense"),
        pytest.param([Fault("civitai/replication", "", X.SLOW, regions=("east",)), Fault("civitai/search", "", X.FROZEN)], {"civitai/replication", "civitai/search"}, id="two-kinds-of-trouble-in-two-places"),
        pytest.param([Fault("civitai/images", "", X.WRONG_HASH, regions=("east", "west"))], {"civitai/images"}, id="the-feed-differs-between-regions"),
    ],
)  # fmt: skip
def test_what_no_cause_describes_is_not_known(faults: list[Fault], unknown: set[str]) -> None:
    found = diagnose(SITE, default_causes(), past(SITE, faults), NOW)
    (nobody,) = [f for f in found if f.cause == UNKNOWN_CAUSE]
    assert set(nobody.components) == unknown
    assert nobody.confidence is Confidence.LOW
    assert [f.cause for f in found if f.confidence is Confidence.HIGH] == []


LAG = {"value": 86400.0, "degraded": 1500.0, "down": 10800.0}


@pytest.mark.parametrize("verdict", [Verdict.DEGRADED, Verdict.DOWN])
@pytest.mark.parametrize("regions", [REGIONS, ("east",)])
def test_a_search_that_finds_other_things_is_no_stalled_index(verdict: Verdict, regions: tuple[str, ...]) -> None:
    """Nothing that is new is found, because nothing is found that was asked for."""
    other = Fault("civitai/search", "", X.WRONG_CONTENT, regions=regions)
    found = diagnose(
        SITE,
        default_causes(),
        past(SITE, [other, Fault("civitai/indexing", "lag", X.LAGGING, verdict, regions, **LAG)]),
        NOW,
    )
    assert {f.cause for f in found} <= {"answer-changed", UNKNOWN_CAUSE}
    assert found[0].cause == ("answer-changed" if regions == REGIONS else UNKNOWN_CAUSE)


def test_an_index_is_not_surely_late_while_the_last_search_failed() -> None:
    """Nobody confirmed yet that search fails, so that it refuses nothing; but it is a doubt."""
    late = past(SITE, [Fault("civitai/indexing", "lag", X.LAGGING, **LAG)])
    first = {("civitai/search/known-model", r): (Observation("civitai/search/known-model", r, NOW - 30, Verdict.DOWN, X.WRONG_CONTENT),) for r in REGIONS}  # fmt: skip
    assert [f.confidence for f in diagnose(SITE, default_causes(), late, NOW)] == [Confidence.HIGH]
    doubted = replace(late, latest={**late.latest, **first})
    assert [f.confidence for f in diagnose(SITE, default_causes(), doubted, NOW)] == [Confidence.MEDIUM]


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param([Fault("civitai/cdn", "avatars", X.WRONG_TYPE)], id="pictures-are-web-pages-everywhere"),
        pytest.param([Fault("huggingface/resolver", "", X.WRONG_HASH)], id="another-file-under-the-same-name-everywhere"),
        pytest.param([Fault("civitai/images", "galleries", X.LAGGING, Verdict.DEGRADED)], id="a-gallery-lacks-pictures-and-the-feed-is-young"),
        pytest.param([Fault("civitai/api", "", X.TLS_EXPIRED, regions=("east",)), Fault("civitai/api", "", X.NXDOMAIN, regions=("west",)), Fault("civitai/api", "", X.WRONG_CONTENT, regions=("home",))], id="each-region-sees-another-failure"),
        pytest.param([Fault(f"{p}/api", "", X.EDGE_ERROR, facts={"status": 521}) for p in ("civitai", "huggingface")], id="both-platforms-lose-their-origin-in-the-same-minute"),
        pytest.param([Fault(f"{p}/cdn", "", X.REFUSED) for p in ("civitai", "huggingface")], id="both-platforms-lose-their-files-in-the-same-minute"),
        pytest.param([Fault(f"{p}/api", "", X.TIMEOUT) for p in ("civitai", "huggingface")], id="both-platforms-stop-answering-in-the-same-minute"),
        pytest.param([Fault("civitai/metrics", "", X.FROZEN, regions=("east",))], id="a-number-of-the-whole-world-stands-still-in-one-region"),
        pytest.param([Fault("civitai/api", "", X.TLS_SELF_SIGNED, regions=("west",))], id="a-strange-certificate-in-one-place-only"),
        pytest.param([Fault("civitai/indexing", "", X.LAGGING, regions=("east",))], id="an-index-that-is-late-for-one-region-only"),
    ],
)  # fmt: skip
def test_a_cause_that_fits_only_half_is_not_sure(faults: list[Fault]) -> None:
    """It may stand there, with what speaks against it."""
    found = [f for f in diagnose(SITE, default_causes(), past(SITE, faults), NOW) if not f.aside]
    assert found
    assert all(f.confidence is not Confidence.HIGH for f in found)
    assert all(f.against for f in found if f.cause != UNKNOWN_CAUSE)


def test_what_both_platforms_show_alike_is_said_of_each() -> None:
    """The other one's trouble is a doubt about each; trouble that began an hour apart is a coincidence and none."""
    alike = [Fault(f"{p}/api", "", X.TIMEOUT) for p in ("civitai", "huggingface")]
    found = diagnose(SITE, default_causes(), past(SITE, alike), NOW)
    assert [f.against[-2].partition(" shows ")[0] for f in found] == ["Hugging Face", "Civitai"]
    apart = [alike[0], Fault("huggingface/api", "", X.TIMEOUT, ago=9000)]
    found = diagnose(SITE, default_causes(), past(SITE, apart), NOW)
    assert not any(" shows the same " in doubt for f in found for doubt in f.against)
    assert {f.confidence for f in found} == {Confidence.HIGH}
