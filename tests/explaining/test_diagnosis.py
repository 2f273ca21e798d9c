"""How findings are made: what counts as evidence, what explains what, and what is never claimed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator import causes, cli, stores
from generator.diagnosis import UNKNOWN_CAUSE, diagnose, explain
from generator.model import (
    ALL,
    Cause,
    Confidence,
    Config,
    Failure,
    Finding,
    Health,
    Observation,
    Past,
    RegionHealth,
    Status,
    Verdict,
)
from generator.plain import iso
from generator.signature import conditions
from tests.explaining.small import site
from tests.explaining.test_causes import BODY
from tests.explaining.worlds import NOW, REGIONS, Fault, default_causes, default_config, past, with_regions

SITE = site()
DOWN = Fault("p/search", failure=Failure.TIMEOUT)


def cause(id: str, head: str) -> Cause:
    return causes.read(f"---\ntitle: Title of {id}\n{head}---\n{BODY}", f"content/causes/{id}.md", SITE)


SEARCH = cause(
    "search-down",
    "confidence: high\nwhen:\n  - {function: search, failure: timeout}\n  - {function: api, status: ok}\n",
)
INDEX = cause("index-late", "confidence: high\nwhen:\n  - {function: index, failure: lagging}\n")
ORIGIN = cause(
    "origin-down",
    "confidence: high\nwhen:\n  - {function: api, failure: connection_refused, spread: all}\n  - {reference: ok}\n",
)
EDGE = cause(
    "edge-down",
    "confidence: high\nwhen:\n  - {function: api, failure: connection_refused, spread: some}\n  - {reference: ok}\n",
)
ASSETS = cause("cdn-broken", "confidence: high\napart: true\nwhen:\n  - {function: cdn, failure: wrong_magic}\n")
BLIND = cause("blind", "confidence: high\nwhen:\n  - {region: [suspect, silent]}\n")
ALL_CAUSES = (SEARCH, INDEX, ORIGIN, EDGE, ASSETS, BLIND)


def names(history: Past, tried: tuple[Cause, ...] = ALL_CAUSES, site: Config = SITE) -> list[str]:
    return [f.cause for f in diagnose(site, tried, history, NOW)]


def only(history: Past, tried: tuple[Cause, ...] = ALL_CAUSES) -> Finding:
    (one,) = diagnose(SITE, tried, history, NOW)
    return one


# ---- evidence --------------------------------------------------------------------------------------------------------


def test_nothing_fails_nothing_is_found() -> None:
    assert names(past(SITE)) == []


def test_a_finding_leads_to_its_observations() -> None:
    """Every sentence that rests on a look carries its key, and the key is one of history's."""
    history = past(SITE, [DOWN])
    finding = only(history)
    keys = {o.key for looks in history.latest.values() for o in looks}
    assert finding.evidence[0].key == ("p/search/looks", "home", NOW - 60)
    assert "Parrot: Search, Home: no complete answer in time" in finding.evidence[0].sentence
    assert {e.key for e in finding.evidence if e.key} <= keys
    assert finding.since == NOW - 3600


def test_no_history_no_finding() -> None:
    """Before anything was measured nothing is claimed, not even that we do not know why."""
    assert names(Past()) == []


def test_old_looks_are_no_evidence() -> None:
    """What was seen too long ago says nothing about now; the belief has turned unknown with it."""
    history = past(SITE, [DOWN], now=NOW - 3600)
    expired = {k: replace(s, status=Status.UNKNOWN) for k, s in history.standings.items()}
    assert names(replace(history, standings=expired)) == []


def test_a_failure_nobody_confirmed_blames_nobody() -> None:
    """One failing look of one round is not believed yet, so no cause is named."""
    assert names(past(SITE, [replace(DOWN, standing=Status.OPERATIONAL)])) == []


def test_looks_of_a_suspect_region_do_not_count() -> None:
    """A region that may not vote is told about, but what it saw accuses nobody."""
    history = past(SITE, [replace(DOWN, regions=("east",))], health={"east": RegionHealth.SUSPECT})
    assert "search-down" not in names(history)
    assert "blind" in names(history)


def test_what_another_region_sees_of_the_other_platform_says_nothing_about_this_one() -> None:
    """Nobody looks at the other platform from the east: that it works from home does not blame the edge there."""
    quail = next(p for p in SITE.platforms if p.id == "q")
    seen = tuple(replace(c, checks=tuple(replace(k, regions=("home",)) for k in c.checks)) for c in quail.components)
    narrow = replace(SITE, platforms=(SITE.platforms[0], replace(quail, components=seen)))
    failing = [refused("p/api", regions=("east",))]
    assert names(past(SITE, failing)) == ["edge-down"]
    (finding,) = diagnose(narrow, ALL_CAUSES, past(narrow, failing), NOW)
    assert finding.cause == UNKNOWN_CAUSE
    assert "Quail: Api, East" not in str(finding)
    told = explain(narrow, (EDGE,), past(narrow, failing), NOW, "p/api", "east")
    assert "instead: nobody looks at it from here" in map(str.strip, told)


def test_what_is_not_known_is_not_taken_for_good() -> None:
    """The cause wants a working API; without fresh evidence of it, it does not hold, and we say that we do not know."""
    silent = [("p/api", r) for r in REGIONS]
    finding = only(past(SITE, [DOWN], silent=silent))
    assert finding.cause == UNKNOWN_CAUSE
    assert "It could be “Title of search-down”, but this is not known: Parrot: Api: operational." in finding.against


def test_the_diagnosis_does_not_change_its_mind_while_recovery_is_not_confirmed() -> None:
    """The first good look after an outage leaves the failing one speaking until the belief follows."""
    history = past(SITE, [DOWN])
    latest = dict(history.latest)
    for region in REGIONS:
        (bad,) = latest[("p/search/looks", region)]
        good = Observation("p/search/looks", region, NOW - 10, Verdict.OK)
        latest[("p/search/looks", region)] = (bad, good)
    assert names(replace(history, latest=latest)) == ["search-down"]


# ---- upstream and downstream -----------------------------------------------------------------------------------------


def refused(component: str, **more: object) -> Fault:
    return Fault(component, failure=Failure.REFUSED, **more)  # type: ignore[arg-type]


def test_what_is_upstream_explains_what_is_downstream() -> None:
    """A dead application explains the late index; one finding, with every part it explains."""
    history = past(SITE, [refused("p/api"), refused("p/search"), Fault("p/index", failure=Failure.LAGGING, ago=3000)])
    finding = only(history)
    assert finding.cause == "origin-down"
    assert finding.components == ("p/api", "p/search", "p/index")


def test_an_edge_that_is_down_in_one_region_is_no_dead_search_there() -> None:
    """The finding is about that region, and search there is explained by it."""
    here = ("east",)
    history = past(
        SITE, [refused("p/api", regions=here), replace(DOWN, regions=here), refused("p/index", regions=here)]
    )
    finding = only(history)
    assert (finding.cause, finding.regions) == ("edge-down", ("east",))
    assert set(finding.components) == {"p/api", "p/search", "p/index"}


def test_a_failure_beyond_the_region_is_not_explained_by_it() -> None:
    """Search fails everywhere, the edge in one region only: two stories."""
    history = past(SITE, [refused("p/api", regions=("east",)), DOWN])
    assert set(names(history)) == {"edge-down", "search-down"}


def test_a_fault_that_was_there_before_is_a_second_fault() -> None:
    """The index was late for a day when the application died: both are told."""
    history = past(SITE, [refused("p/api"), Fault("p/index", failure=Failure.LAGGING, ago=86400)])
    assert names(history) == ["origin-down", "index-late"]


def test_two_faults_at_once_are_told_as_two() -> None:
    """Broken pictures have nothing to do with a search that is down."""
    history = past(SITE, [DOWN, Fault("p/cdn", failure=Failure.WRONG_MAGIC)])
    assert set(names(history)) == {"search-down", "cdn-broken"}


def test_a_milder_fault_upstream_does_not_explain_a_worse_one_below() -> None:
    """A slow application is no reason for a search that is down."""
    slow = cause("slow", "confidence: high\nwhen:\n  - {function: api, failure: slow}\n")
    history = past(SITE, [Fault("p/api", failure=Failure.SLOW, verdict=Verdict.DEGRADED), refused("p/search")])
    assert set(names(history, (slow,))) == {"slow", UNKNOWN_CAUSE}


def test_a_cause_that_stands_apart_is_never_explained_away() -> None:
    wide = cause("wide", "confidence: high\nexplains: [cdn]\nwhen:\n  - {function: api, failure: connection_refused}\n")
    history = past(SITE, [refused("p/api"), Fault("p/cdn", failure=Failure.WRONG_MAGIC)])
    assert set(names(history, (wide, ASSETS))) == {"wide", "cdn-broken"}


# ---- how sure --------------------------------------------------------------------------------------------------------


DOUBTED = "confidence: high\nwhen:\n  - {function: search, failure: timeout}\n"


@pytest.mark.parametrize(
    ("head", "faults", "silent", "sure", "doubt"),
    [
        pytest.param(DOUBTED, [DOWN], [], Confidence.HIGH, "", id="nothing-against-it"),
        pytest.param(DOUBTED + "expect:\n  - {function: cdn, status: failing}\n", [DOWN], [], Confidence.MEDIUM, "Expected but not seen", id="something-expected-is-not-there"),
        pytest.param(DOUBTED + "expect:\n  - {function: cdn, status: ok}\n", [DOWN], [("p/cdn", r) for r in REGIONS], Confidence.MEDIUM, "Not measured", id="something-expected-was-not-measured"),
        pytest.param(DOUBTED + "expect:\n  - {function: tagging, status: ok}\n", [DOWN], [], Confidence.HIGH, "", id="a-part-this-platform-does-not-have-is-no-doubt"),
        pytest.param(DOUBTED, [replace(DOWN, regions=("home",))], [("p/search", "east"), ("p/search", "west")], Confidence.MEDIUM, "Only 1 of 3 regions", id="few-regions-could-look"),
        pytest.param(DOUBTED + "expect:\n  - {function: cdn, status: failing}\n", [replace(DOWN, regions=("home",))], [("p/search", "east"), ("p/search", "west"), ("p/cdn", "home")], Confidence.LOW, "Only 1 of 3 regions", id="two-doubts"),
    ],
)  # fmt: skip
def test_confidence_falls_with_each_kind_of_doubt(
    head: str, faults: list[Fault], silent: list[tuple[str, str]], sure: Confidence, doubt: str
) -> None:
    finding = next(
        f for f in diagnose(SITE, (cause("it", head),), past(SITE, faults, silent=silent), NOW) if f.cause == "it"
    )
    assert finding.confidence is sure
    assert any(doubt in a for a in finding.against) or not doubt


def test_a_state_that_is_only_held_is_a_doubt() -> None:
    history = past(SITE, [DOWN])
    standings = dict(history.standings)
    standings[("p/search", ALL)] = replace(standings[("p/search", ALL)], held=True)
    finding = only(replace(history, standings=standings), (cause("it", DOUBTED),))
    assert finding.confidence is Confidence.MEDIUM


def test_from_one_place_nobody_can_say_everywhere() -> None:
    """With a single region the wide claim is made with less confidence, and says so."""
    alone = with_regions(SITE, ("home",))
    history = past(alone, [refused("p/api", regions=("home",))])
    (finding,) = diagnose(alone, ALL_CAUSES, history, NOW)
    assert (finding.cause, finding.confidence) == ("origin-down", Confidence.MEDIUM)
    assert "Seen from one region only" in finding.against[0]


# ---- we do not know --------------------------------------------------------------------------------------------------


MENTIONED = {f for c in default_causes() for x in conditions(c.signature.when) for f in x.failure}
UNHEARD_OF = sorted(
    {
        Failure.UNKNOWN_FAILURE,
        Failure.REDIRECT_LOOP,
        Failure.REDIRECT_REFUSED,
        Failure.TOO_LARGE,
        Failure.TLS_EXPIRES_SOON,
    }
    - MENTIONED
)
COMPONENTS = [c.id for c in default_config().components]


@settings(deadline=None)
@given(st.sampled_from(COMPONENTS), st.sampled_from(UNHEARD_OF), st.sets(st.sampled_from(REGIONS), min_size=1))
def test_a_fault_without_a_rule_comes_out_as_not_known(component: str, failure: Failure, regions: set[str]) -> None:
    """Whatever fails in a way that no cause was written for: no cause is sure of it, and we say that we do not know."""
    site = default_config()
    fault = Fault(component, failure=failure, regions=tuple(r for r in REGIONS if r in regions))
    found = diagnose(site, default_causes(), past(site, [fault]), NOW)
    about = [f for f in found if component in f.components]
    assert UNKNOWN_CAUSE in [f.cause for f in about]
    assert [f.cause for f in about if f.confidence is Confidence.HIGH] == []


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(COMPONENTS),
        st.tuples(st.sampled_from(list(Failure)), st.sampled_from([Verdict.DOWN, Verdict.DEGRADED]), st.sets(st.sampled_from(REGIONS), min_size=1)),
        max_size=5,
    )
)  # fmt: skip
def test_every_failing_part_is_spoken_of_and_nothing_else(faults: dict[str, tuple[Failure, Verdict, set[str]]]) -> None:
    """Any mixture of faults: each failing part stands in a finding, no healthy part is blamed, no finding lacks evidence."""
    site = default_config()
    history = past(site, [Fault(c, "", f, v, tuple(r for r in REGIONS if r in rs)) for c, (f, v, rs) in faults.items()])
    found = diagnose(site, default_causes(), history, NOW)
    assert {c for f in found for c in f.components} == set(faults)
    assert all(f.evidence for f in found)
    assert found == diagnose(site, tuple(reversed(default_causes())), history, NOW), (
        "the order of the files does not matter"
    )


def test_not_knowing_still_shows_what_was_seen() -> None:
    finding = only(past(SITE, [Fault("p/cdn", failure=Failure.UNKNOWN_FAILURE, detail="wanted 200, got 418")]))
    assert finding.cause == UNKNOWN_CAUSE
    assert finding.confidence is Confidence.LOW
    assert "wanted 200, got 418" in finding.evidence[0].sentence
    assert finding.components == ("p/cdn",)


def test_trouble_of_our_own_is_told_once_and_for_no_platform() -> None:
    history = replace(past(SITE), health={"east": Health("east", RegionHealth.SILENT, "nothing for an hour")})
    finding = only(history)
    assert (finding.cause, finding.platform, finding.components, finding.regions) == ("blind", "", (), ("east",))
    assert "nothing for an hour" in finding.evidence[0].sentence


def test_a_block_by_policy_is_a_finding_and_no_failure() -> None:
    site = default_config()
    fault = Fault("civitai/routing", "region", Failure.REGION_BLOCKED, Verdict.BLOCKED_BY_POLICY, regions=("west",))
    assert [f.cause for f in diagnose(site, default_causes(), past(site, [fault]), NOW)] == ["legal-geoblock"]


# ---- explain ---------------------------------------------------------------------------------------------------------


def test_explain_says_why_a_cause_holds() -> None:
    lines = explain(SITE, ALL_CAUSES, past(SITE, [DOWN]), NOW, "p/search")
    assert lines[0] == "+ search-down: holds in home, east and west, high confidence (its own: high)"
    assert "      home: wants function search, failure timeout: yes" in lines
    assert any("Parrot: Search, Home: no complete answer in time" in line for line in lines)


def test_explain_says_what_a_near_miss_lacked() -> None:
    """The cause whose failure is there but whose other condition is not shows each answer."""
    lines = explain(SITE, (SEARCH,), past(SITE, [DOWN, refused("p/api")]), NOW, "p/search", "east")
    assert lines[0] == "No cause fits: we do not know why."
    assert lines[1] == "~ search-down: does not hold (50% of its conditions)"
    assert "      east: wants function api, status operational: no" in lines
    assert not any(line.strip().startswith("home") for line in lines), "only the region that was asked for"


def test_explain_says_that_a_cause_was_explained_away() -> None:
    history = past(SITE, [refused("p/api"), Fault("p/index", failure=Failure.LAGGING)])
    lines = explain(SITE, ALL_CAUSES, history, NOW, "p/index")
    assert any(
        line.startswith("+ index-late") and line.endswith("explained by another cause upstream") for line in lines
    )


def test_explain_says_that_a_cause_does_not_apply() -> None:
    absent = cause("tags", "scope: [search]\nwhen:\n  - {function: tagging, status: failing}\n")
    assert "  tags: does not apply here, Parrot has no such part" in explain(
        SITE, (absent,), past(SITE), NOW, "p/search"
    )


def unmet(head: str, history: Past, **more: object) -> list[str]:
    """What `explain` says of one cause below its first line, asked from the east."""
    lines = explain(SITE, (cause("it", head),), history, NOW, "p/search", "east", **more)  # type: ignore[arg-type]
    return [line.strip() for line in lines if line.startswith("      ")]


CALM = past(SITE)
FAR = "function: api, failure: server_error"


@pytest.mark.parametrize(
    ("asked", "history", "said"),
    [
        pytest.param("{function: search, failure: timeout}", CALM, "Parrot: Search, East: works (23 Nov 2026, 05:59 UTC).", id="another-look"),
        pytest.param("{function: search, failure: slow}", past(SITE, [DOWN]), "Parrot: Search, East: no complete answer in time: wanted one thing, got another (23 Nov 2026, 05:59 UTC).", id="another-failure"),
        pytest.param("{function: search, failure: timeout, fact: {status: 503}}", past(SITE, [replace(DOWN, facts={"status": 504})]), "Parrot: Search, East: no complete answer in time: wanted one thing, got another (23 Nov 2026, 05:59 UTC). status is 504.", id="another-fact"),
        pytest.param("{function: search, status: failing}", CALM, "Parrot: Search, East: working since 22 Nov 2026, 06:00 UTC.", id="another-belief"),
        pytest.param("{function: search, failure: timeout}", past(SITE, [replace(DOWN, standing=Status.OPERATIONAL)]), "seen, but not believed: Parrot: Search, East: working since 23 Nov 2026, 05:00 UTC.", id="seen-and-not-confirmed"),
        pytest.param("{function: search, failure: timeout, for: 2h}", past(SITE, [DOWN]), "Parrot: Search is major_outage for 1 h", id="not-long-enough"),
        pytest.param("{function: search, status: failing, under: 10m}", past(SITE, [DOWN]), "Parrot: Search is major_outage for 1 h", id="too-long"),
        pytest.param("{function: search, failure: timeout, spread: all}", past(SITE, [replace(DOWN, regions=("east",))]), "it is so in East", id="not-everywhere"),
        pytest.param("{function: search, failure: timeout}", past(SITE, silent=[("p/search", "east")]), "Parrot: Search: no fresh look", id="nobody-looked"),
        pytest.param("{reference: failing}", CALM, "Quail: Api, East: working since 22 Nov 2026, 06:00 UTC.", id="the-other-platform"),
        pytest.param("{control: cloudflare, verdict: failing}", CALM, "The control Cloudflare answers from East (23 Nov 2026, 05:59 UTC).", id="a-control"),
        pytest.param("{region: suspect}", CALM, "the region is ok", id="a-region"),
        pytest.param("{role: reference}", CALM, "Parrot is the subject", id="the-role"),
        pytest.param("none: [{function: cdn, status: ok}]", CALM, "Parrot: Cdn, East: works (23 Nov 2026, 05:59 UTC).", id="none-of-what-is"),
        pytest.param("any: [{function: cdn, status: failing}, {reference: failing}]", CALM, "Parrot: Cdn, East: working since 22 Nov 2026, 06:00 UTC.", id="no-alternative"),
    ],
)  # fmt: skip
def test_explain_says_what_was_seen_instead(asked: str, history: Past, said: str) -> None:
    """Of a cause that does not hold: its first condition that is not met, and what was there in its place."""
    head = f"scope: [search]\nwhen:\n  - {asked}\n" + "".join(f"  - {{{FAR}, for: {n}h}}\n" for n in (1, 2, 3))
    condition, *seen = unmet(head, history)
    assert condition.startswith("east: wants ")
    assert condition.endswith((": no", ": not known"))
    assert seen[0] == f"instead: {said}"
    assert all(line.startswith("instead: ") for line in seen)


def test_explain_says_every_condition_when_more_is_asked() -> None:
    """What is met, what is not and what is expected, of every cause; without asking only the first that is not met."""
    head = f"when:\n  - {{function: search, status: ok}}\n  - {{{FAR}}}\n  - {{{FAR}, under: 1h}}\nexpect:\n  - {{reference: failing}}\n"
    assert [line.split(", failure")[0] for line in unmet(head, CALM) if "wants" in line] == ["east: wants function api"]
    said = [line for line in unmet(head, CALM, whole=True) if not line.startswith("instead")]
    assert said[0] == "east: wants function search, status operational: yes"
    assert [line.rpartition(": ")[2] for line in said if line.startswith("east: ")] == ["yes", "no", "no", "no"]
    assert "east: expects reference failing: no" in said


def test_explain_names_the_part_that_is_not_there() -> None:
    head = "scope: [search]\nwhen:\n  - {function: search, status: ok}\n  - {function: tagging, status: failing}\n"
    assert unmet(head, CALM) == ["wants function tagging, status failing"]


@pytest.mark.parametrize("component", ["civitai/search", "civitai/cdn", "huggingface/resolver"])
@pytest.mark.parametrize("failure", [None, Failure.WRONG_STATUS, Failure.OVERLOADED, Failure.CHALLENGED])
def test_no_cause_is_left_without_a_reason(component: str, failure: Failure | None) -> None:
    """Every default cause that speaks of the part says below its name which condition holds or does not, and why."""
    site = default_config()
    verdict = Verdict.INCONCLUSIVE if failure is Failure.CHALLENGED else Verdict.DOWN
    history = past(site, [Fault(component, "", failure, verdict)] if failure else [])
    for whole in (False, True):
        lines = explain(site, default_causes(), history, NOW, component, whole=whole)
        heads = [n for n, line in enumerate(lines) if not line.startswith("      ") and not line.startswith("No cause")]
        assert len(heads) > 5
        for n, end in zip(heads, [*heads[1:], len(lines)], strict=True):
            below = lines[n + 1 : end]
            assert any("wants" in line for line in below), lines[n]
            if lines[n].startswith(("-", "~")):
                assert any("instead: " in line or ": refuses " in line for line in below), lines[n]


def test_the_command_says_more_when_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "content" / "causes").mkdir(parents=True)
    (tmp_path / "content" / "status.yml").write_text(
        "site: {title: Shop}\nregions: [{id: here, name: Here, engine: local}]\n"
        "platforms: [{id: shop, name: Shop, components: [{id: till, name: Till, function: till,"
        " checks: [{id: answers, kind: http, url: 'https://shop.test/'}]}]}]\n"
    )
    head = "title: Till is down\nwhen:\n  - {function: till, failure: timeout}\n  - {function: till, failure: timeout, for: 1h}\n"
    (tmp_path / "content" / "causes" / "till-down.md").write_text(f"---\n{head}---\n{BODY}")
    store = stores.open("", root=tmp_path)
    store.append([Observation("shop/till/answers", "here", NOW - 60, Verdict.OK)], NOW)
    store.close()
    said = []
    for more in (("--now", iso(NOW)), ("--now", iso(NOW), "-v")):
        assert cli.main(["explain", "shop/till", "--root", str(tmp_path), *more]) == 0
        said.append(capsys.readouterr().out)
    assert [text.count("wants function till, failure timeout") for text in said] == [1, 2]
    assert "instead: Shop: Till, Here: works (23 Nov 2026, 05:59 UTC)." in said[0]
