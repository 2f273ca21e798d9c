"""What the page says, as values: the first sentence from what is believed, nothing green without evidence, each part
with where and since when."""

from __future__ import annotations

from dataclasses import replace

import pytest

from generator import view
from generator.model import (
    ALL,
    Cause,
    Component,
    Confidence,
    Exclusion,
    Failure,
    Finding,
    Incident,
    IncidentUpdate,
    Observation,
    Past,
    Progress,
    Said,
    Span,
    Standing,
    Status,
    Verdict,
)
from generator.siteview import ComponentView, SiteView
from tests.page.building import rendered
from tests.samples import DAY, HOUR, NOW, config, inputs, past, site_view

S = Status
REGIONS = ("eu-west", "us-east", "ap-northeast", "sa-east")


def seen(changes: dict[str, tuple[Status, tuple[str, ...], int]], **more: object) -> SiteView:
    """The healthy site with some components changed: id -> status over all, failing regions (none: all), minutes."""
    before = inputs("healthy")
    standings = dict(before.past.standings)
    for id, (status, regions, minutes) in changes.items():
        standings[id, ALL] = Standing(id, ALL, status, NOW - minutes * 60, NOW - 60, "test")
        for region in REGIONS:
            here = status if not regions or region in regions else S.OPERATIONAL
            standings[id, region] = Standing(id, region, here, NOW - minutes * 60, NOW - 60, "test")
    return view.build(replace(before, past=replace(before.past, standings=standings), **more), "en")


def component(site: SiteView, id: str) -> ComponentView:
    return next(c for c in site.components if c.id == id)


SENTENCES = {
    "everything works": ({}, "Civitai: all 13 parts we check work. Hugging Face works."),
    "one part down everywhere": (
        {"civitai/search": (S.MAJOR_OUTAGE, (), 30)},
        "Civitai: Model search is down since 05:30 UTC; 12 other parts work. Hugging Face works.",
    ),
    "one part down in one region": (
        {"civitai/cdn": (S.PARTIAL_OUTAGE, ("eu-west",), 30)},
        "Civitai: Image CDN fails in part in Western Europe since 05:30 UTC; 12 other parts work. Hugging Face works.",
    ),
    "alike parts together": (
        {"civitai/cdn": (S.MAJOR_OUTAGE, (), 30), "civitai/images": (S.MAJOR_OUTAGE, (), 35)},
        "Civitai: Image feed and Image CDN are down since 05:25 UTC; 11 other parts work. Hugging Face works.",
    ),
    "alike parts that began apart": (
        {"civitai/cdn": (S.MAJOR_OUTAGE, (), 30), "civitai/images": (S.MAJOR_OUTAGE, (), 300)},
        "Civitai: Image feed and Image CDN are down, the first since 01:00 UTC; 11 other parts work. Hugging Face works.",
    ),
    "began yesterday": (
        {"civitai/search": (S.DEGRADED_PERFORMANCE, (), 12 * 60)},
        "Civitai: Model search is degraded since 22 Nov, 18:00 UTC; 12 other parts work. Hugging Face works.",
    ),
    "the reference fails": (
        {"huggingface/api": (S.MAJOR_OUTAGE, (), 30)},
        "Civitai: all 13 parts we check work. Hugging Face: Hub API is down since 05:30 UTC; 4 other parts work.",
    ),
    "a part nobody could check": (
        {"civitai/training": (S.UNKNOWN, (), 30)},
        "Civitai: 12 parts work; 1 part could not be checked. Hugging Face works.",
    ),
    "planned work": (
        {"civitai/api": (S.UNDER_MAINTENANCE, (), 30)},
        "Civitai: 12 parts work; 1 part is in maintenance. Hugging Face works.",
    ),
    "more groups than a sentence holds": (
        {
            "civitai/api": (S.MAJOR_OUTAGE, (), 30),
            "civitai/search": (S.PARTIAL_OUTAGE, ("eu-west",), 30),
            "civitai/cdn": (S.PARTIAL_OUTAGE, ("us-east",), 30),
            "civitai/images": (S.DEGRADED_PERFORMANCE, (), 30),
        },
        "Civitai: Site and API is down; Model search fails in part in Western Europe; Image CDN fails in part in US East, "
        "all since 05:30 UTC; 1 more part fails; 9 other parts work. Hugging Face works.",
    ),
    "unlike parts that began together": (
        {"civitai/search": (S.MAJOR_OUTAGE, (), 30), "civitai/images": (S.DEGRADED_PERFORMANCE, (), 26)},
        "Civitai: Model search is down; Image feed is degraded, all since 05:30 UTC; 11 other parts work. "
        "Hugging Face works.",
    ),
    "unlike parts that began apart": (
        {"civitai/search": (S.MAJOR_OUTAGE, (), 30), "civitai/images": (S.DEGRADED_PERFORMANCE, (), 12)},
        "Civitai: Model search is down since 05:30 UTC; Image feed is degraded since 05:48 UTC; 11 other parts work. "
        "Hugging Face works.",
    ),
}


@pytest.mark.parametrize(("changes", "sentence"), SENTENCES.values(), ids=SENTENCES.keys())
def test_the_first_sentence_says_what_where_and_since_when(
    changes: dict[str, tuple[Status, tuple[str, ...], int]], sentence: str
) -> None:
    assert seen(changes).sentence == sentence


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("no-data", "We could not check Civitai and Hugging Face: nothing has been measured yet."),
        ("blind", "We could not check Civitai and Hugging Face because no region could see its controls."),
        ("stale", "We do not know the state of Civitai and Hugging Face: the last check is 3 h old."),
    ],
)
def test_without_evidence_it_says_so_and_why(kind: str, sentence: str) -> None:
    site = site_view(kind)
    assert site.sentence == sentence
    assert site.overall is S.UNKNOWN
    assert {c.status for c in site.components} == {S.UNKNOWN}
    assert {cell.status for c in site.components for cell in c.cells} == {S.UNKNOWN}


def test_nobody_checks_from_no_region() -> None:
    said = site_view("blind").checked_sentence
    assert said == "Last checked 05:59 UTC. Not counted: Western Europe, US East, Tokyo and São Paulo."


def test_a_page_built_from_old_history_does_not_speak_of_now() -> None:
    """No region counts any more, and the next check is not expected at a time that is over."""
    site = site_view("stale")
    assert site.stale
    assert site.checked_sentence == "Last checked 03:00 UTC."
    assert site.next_expected is None
    healthy = site_view("healthy")
    assert not healthy.stale
    assert healthy.checked_sentence == "Checked 05:59 UTC from 4 regions."
    assert healthy.next_expected is not None


@pytest.mark.parametrize("kind", ["stale", "no-data"])
def test_without_a_fresh_check_no_cause_is_called_probable(kind: str) -> None:
    """What was diagnosed explains what was seen then; of now nobody knows, and the first sentence says why."""
    made_of = replace(inputs(kind), findings=inputs("down").findings)
    assert view.build(made_of, "en").detail_sentences == ()


def test_a_past_that_still_believes_in_old_checks_is_not_believed() -> None:
    """Whatever history says: when the newest check of all is too old, every state is unknown."""
    before = inputs("healthy")
    site = view.build(replace(before, now=NOW + 16 * 60), "en")
    assert site.overall is S.UNKNOWN
    assert component(site, "civitai/search").status is S.UNKNOWN
    assert view.build(replace(before, now=NOW + 13 * 60), "en").overall is S.OPERATIONAL


def test_unknown_says_what_was_known_last() -> None:
    sentence = component(site_view("stale"), "civitai/search").sentence
    assert sentence == "No fresh evidence; was operational at 03:00 UTC."


@pytest.mark.parametrize(
    ("checked", "known", "said"),
    [
        pytest.param(-40, -40, "05:20", id="the last look showed it"),
        pytest.param(-1, -40, "05:20", id="the last look showed something else"),
        pytest.param(-40, None, "05:20", id="history from before the look was remembered: not after the last look"),
        pytest.param(-1, None, "05:30", id="nor after it became unknown"),
    ],
)
def test_unknown_was_known_when_a_look_last_showed_it(checked: int, known: int | None, said: str) -> None:
    """Not when the hold ran out: at that time nobody had seen it for a while."""
    before, id = inputs("healthy"), "civitai/search"
    standing = Standing(
        id, ALL, S.UNKNOWN, NOW - 1800, NOW + checked * 60, "stale", known_at=known and NOW + known * 60
    )
    spans = [s for s in before.past.spans if (s.component, s.region) != (id, ALL)]
    spans += [Span(id, ALL, NOW - DAY, NOW - 1800, S.OPERATIONAL), Span(id, ALL, NOW - 1800, None, S.UNKNOWN)]
    standings = {**before.past.standings, (id, ALL): standing}
    site = view.build(replace(before, past=replace(before.past, standings=standings, spans=tuple(spans))), "en")
    assert component(site, id).sentence == f"No fresh evidence; was operational at {said} UTC."


def test_a_part_of_which_nothing_was_ever_known_is_unknown() -> None:
    before = inputs("healthy")
    standings = {key: value for key, value in before.past.standings.items() if key[0] != "civitai/search"}
    site = view.build(replace(before, past=replace(before.past, standings=standings)), "en")
    assert component(site, "civitai/search").status is S.UNKNOWN
    assert site.overall is S.UNKNOWN


@pytest.mark.parametrize(
    ("standing", "said"),
    [
        pytest.param(Standing("c", ALL, S.MAJOR_OUTAGE, NOW - 1800, NOW, "r", Failure.LAGGING), "Fails in 4 of 4 regions: arrives too late, since 05:30 UTC.", id="reason and time"),
        pytest.param(Standing("c", ALL, S.MAJOR_OUTAGE, NOW - 1800, NOW, "r", Failure.TIMEOUT, flapping=True), "Fails in 4 of 4 regions: no complete answer in time, since 05:30 UTC; it comes and goes.", id="flapping"),
        pytest.param(Standing("c", ALL, S.MAJOR_OUTAGE, NOW - 1800, NOW, "r", held=True), "Fails in 4 of 4 regions, since 05:30 UTC; too few regions answer to say more.", id="held"),
        pytest.param(Standing("c", ALL, S.DEGRADED_PERFORMANCE, NOW - 1800, NOW, "r", Failure.SLOW), "Slow, since 05:30 UTC.", id="degraded: the reason itself"),
        pytest.param(Standing("c", ALL, S.UNKNOWN, NOW, None, "r", Failure.CHALLENGED), "No fresh evidence: a bot wall answered; was operational at 05:59 UTC.", id="unknown: why"),
    ],
)  # fmt: skip
def test_a_component_says_how_it_fails(standing: Standing, said: str) -> None:
    before = inputs("healthy")
    id = "civitai/search"
    standings = dict(before.past.standings)
    for region in (ALL, *REGIONS):
        standings[id, region] = replace(standing, component=id, region=region)
    site = view.build(replace(before, past=replace(before.past, standings=standings)), "en")
    assert component(site, id).sentence == said


def test_a_private_component_appears_nowhere() -> None:
    """Not in the sentence, not in lists, incidents, findings or evidence."""
    before = inputs("down")
    hidden = "civitai/indexing"

    def cut(c: Component) -> Component:
        return replace(c, public=False) if c.id == hidden else c

    platforms = tuple(replace(p, components=tuple(map(cut, p.components))) for p in before.config.platforms)
    past_ = replace(
        before.past,
        evidence=(
            Observation(f"{hidden}/lag", "eu-west", NOW, Verdict.DOWN),
            Observation("civitai/cdn/answer", "eu-west", NOW, Verdict.DOWN),
        ),
    )
    site = view.build(replace(before, config=replace(before.config, platforms=platforms), past=past_), "en")
    assert hidden not in {c.id for c in site.components}
    assert "Search index" not in site.sentence
    assert all(hidden not in i.components for i in site.incidents)
    assert all(hidden not in f.components for f in site.findings)
    assert [o.check for seen in site.evidence.values() for o in seen] == ["civitai/cdn/answer"]


def test_a_region_closed_by_policy_is_named_so_and_is_no_outage() -> None:
    before = inputs("healthy")
    id, region = "civitai/search", "eu-west"
    looks = (Observation(f"{id}/answer", region, NOW - 60, Verdict.BLOCKED_BY_POLICY, Failure.REGION_BLOCKED),)
    latest = {**before.past.latest, (f"{id}/answer", region): looks}
    standings = {**before.past.standings, (id, region): Standing(id, region, S.UNKNOWN, None, None, "policy")}
    site = view.build(replace(before, past=replace(before.past, latest=latest, standings=standings)), "en")
    cell = next(c for c in component(site, id).cells if c.region == region)
    assert cell.word == "blocked here on purpose"
    assert component(site, id).status is S.OPERATIONAL


# ---- uptime and days -------------------------------------------------------------------------------------------------


def test_a_day_nobody_looked_is_no_good_day() -> None:
    day = component(site_view("healthy"), "civitai/search").days[-41]
    assert (day.status, day.word, day.height, day.uptime.text) == (S.UNKNOWN, "no data", 0, "–")


def test_worse_days_stand_taller() -> None:
    heights = {day.status: day.height for c in site_view("down").components for day in c.days}
    assert (
        heights[S.UNKNOWN]
        < heights[S.OPERATIONAL]
        < heights[S.DEGRADED_PERFORMANCE]
        < heights[S.PARTIAL_OUTAGE]
        < heights[S.MAJOR_OUTAGE]
    )


def test_ninety_days_end_today_and_know_their_incidents() -> None:
    shown = component(site_view("down"), "civitai/indexing")
    assert len(shown.days) == 90
    assert (shown.days[0].date, shown.days[-1].date) == ("2026-08-26", "2026-11-23")
    assert shown.days[-1].incidents == ("2026-11-23-search-backlog",)
    assert shown.days[-1].sentence == "23 Nov 2026: major outage for 3 h 10 min, 47.22 %"


def test_uptime_comes_with_its_coverage_and_too_little_of_it_gives_no_number() -> None:
    before = inputs("healthy")
    today = tuple(r for r in before.past.days if r.at == NOW - NOW % DAY)
    site = view.build(replace(before, past=replace(before.past, days=today, hours=())), "en")
    quarter = component(site, "civitai/search").uptime["quarter"]
    assert (quarter.text, quarter.fraction) == ("–", None)
    assert quarter.coverage_text == "0.28 % observed"


def test_what_a_person_marked_as_mis_measured_leaves_uptime_and_stays_visible() -> None:
    before = inputs("down")
    mark = Exclusion(NOW - 200 * 60, NOW, "our own network was cut", ("civitai/indexing",))
    site = view.build(replace(before, config=replace(before.config, exclusions=(mark,))), "en")
    shown = component(site, "civitai/indexing")
    assert (
        shown.uptime["week"].down_seconds < component(site_view("down"), "civitai/indexing").uptime["week"].down_seconds
    )
    assert shown.left_out == (
        "Not counted from 23 Nov 2026, 02:40 UTC to 23 Nov 2026, 06:00 UTC: our own network was cut",
    )
    assert component(site, "civitai/cdn").left_out == ()


# ---- incidents -------------------------------------------------------------------------------------------------------


def test_active_incidents_stand_gravest_first_and_maintenance_waits_its_turn() -> None:
    site = site_view("down")
    assert site.active == ("2026-11-23-search-backlog", "auto-civitai-training-20261122T0400Z", "2026-11-23-image-cdn")
    assert site.upcoming == ("2026-11-25-database",)


def test_of_equally_grave_incidents_the_one_a_person_wrote_about_stands_first() -> None:
    """Also where the checks found theirs later: a person's words say more."""
    site = site_view("down")
    written, found = (site.incident(id) for id in site.active[:2])
    assert (written.impact, written.automatic, found.automatic) == (found.impact, False, True)
    assert view.incidents.active([replace(found, started=site.generated_at), written]) == (written.id, found.id)


def test_maintenance_becomes_active_when_its_window_opens() -> None:
    before = inputs("healthy")
    site = view.build(replace(before, now=NOW + 2 * DAY + 60), "en")
    assert site.active == ("2026-11-25-database",)
    assert site.upcoming == ()


def test_an_incident_puts_measured_beside_written() -> None:
    measured = site_view("down").incident("2026-11-23-search-backlog").measured
    assert [(m.who, m.at.iso[11:16]) for m in measured] == [
        ("checks", "02:50"), ("note", "02:50"), ("checks", "02:55"), ("checks", "03:05"), ("checks", "03:10"), ("note", "03:30"),
    ]  # fmt: skip


def test_an_overdue_update_is_said() -> None:
    assert (
        site_view("down").incident("2026-11-23-image-cdn").overdue
        == "The next update was due at 05:55 UTC and has not come."
    )


def test_an_incident_of_the_machine_is_told_in_the_readers_language() -> None:
    site = site_view("down", "de", ("en", "de"))
    one = site.incident("auto-civitai-training-20261122T0400Z")
    assert one.title == "Civitai: Training: ausgefallen"
    written = site.incident("2026-11-23-image-cdn")
    assert (written.title, written.lang) == ("Images fail in Western Europe and US East", "en")


@pytest.mark.parametrize(
    ("said", "lang", "told"),
    [
        pytest.param((Said("server error"),), "de", ("Serverfehler", "<p>Serverfehler</p>", "de"), id="its values"),
        pytest.param((), "de", ("As published.", "<p>As published.</p>", "en"), id="no values: as it was published"),
        pytest.param((Said("server error"),), "en", ("As published.", "<p>As published.</p>", "en"), id="English: as published"),
        pytest.param(("a < b",), "de", ("a < b", '<p><span lang="en" dir="auto">a &lt; b</span></p>', "de"), id="content"),
    ],
)  # fmt: skip
def test_the_machines_updates_are_told_in_the_readers_language(
    said: tuple[Said | str, ...], lang: str, told: tuple[str, str, str]
) -> None:
    before = inputs("down", ("en", "de"))
    line = IncidentUpdate("u", NOW, Progress.INVESTIGATING, "As published.", "<p>As published.</p>", True, said=said)
    incidents = tuple(replace(i, updates=(line,)) if i.note is None else i for i in before.incidents)
    site = view.build(replace(before, incidents=incidents), lang)
    update = site.incident("auto-civitai-training-20261122T0400Z").updates[0]
    assert (update.text, update.html, update.lang) == told


def test_an_outage_taken_back_is_not_told_as_one() -> None:
    before = inputs("down")
    taken = tuple(replace(o, ended=o.started) for i in before.incidents if i.note is None for o in i.outages)
    incidents = tuple(replace(i, outages=taken, ended=NOW) if i.note is None else i for i in before.incidents)
    one = view.build(replace(before, incidents=incidents), "en").incident("auto-civitai-training-20261122T0400Z")
    assert [m.what for m in one.measured] == ["Civitai: Training: taken back, it had not failed"]


def test_the_newest_fact_is_never_the_time_of_the_build() -> None:
    """So that feeds and APIs keep their bytes when nothing happened."""
    before = inputs("healthy")
    changed = {view.build(replace(before, now=NOW + later), "en").changed_at for later in (0, 60, 300)}
    assert len(changed) == 1


def test_months_and_days_hold_every_incident_once() -> None:
    site = site_view("down")
    listed = [id for month in site.months for id in month.incidents]
    assert sorted(listed) == sorted(i.id for i in site.incidents)
    assert [m.id for m in site.months] == ["2026-11", "2026-10"]
    assert len(site.recent) == 7


# ---- findings, checks, comparison ------------------------------------------------------------------------------------


def test_a_finding_carries_its_evidence_and_what_speaks_against_it() -> None:
    found = site_view("down").findings[0]
    assert len(found.evidence) == 3
    assert found.against == ("One of ten new models was found after 20 minutes.",)
    assert found.confidence_word == "high confidence"
    assert found.url == "/causes/indexing-queue/"
    assert "Share the link" in found.do_html


NOTHING_KNOWN = replace(
    inputs("down").findings[1], cause="unknown-cause", title="We do not know why", confidence=Confidence.LOW
)


@pytest.mark.parametrize(
    ("findings", "lang", "said"),
    [
        pytest.param((NOTHING_KNOWN,), "en", ("We do not know why.",), id="alone"),
        pytest.param((NOTHING_KNOWN,), "de", ("Wir wissen nicht, warum.",), id="in another language"),
        pytest.param(
            (inputs("down").findings[0], NOTHING_KNOWN),
            "en",
            (
                "Probable cause: The search index lags behind (high confidence).",
                "We do not know the cause for Civitai: Image CDN.",
            ),
            id="beside a cause: of what it speaks",
        ),
    ],
)
def test_what_is_not_known_is_no_probable_cause(
    findings: tuple[Finding, ...], lang: str, said: tuple[str, ...]
) -> None:
    unknown = Cause("unknown-cause", "We do not know why", None, Confidence.LOW)
    site = view.build(replace(inputs("down"), findings=findings, causes=(unknown,)), lang)
    assert site.detail_sentences == said
    assert (site.findings[-1].label, site.findings[-1].confidence_word) == ("", "")


def test_only_what_is_why_something_fails_is_labelled_a_probable_cause() -> None:
    first, second = inputs("down").findings
    site = view.build(replace(inputs("down"), findings=(first, replace(second, aside=True))), "en")
    assert [found.label for found in site.findings] == ["Probable cause", ""]


def test_an_incident_has_one_probable_cause_and_others_that_are_possible_too() -> None:
    made_of = inputs("down")
    first, second = made_of.findings
    found = tuple(replace(one, findings=(replace(first, aside=True), first, second)) for one in made_of.incidents)
    site = view.build(replace(made_of, incidents=found), "en")
    assert [one.label for one in site.incidents[0].findings] == ["", "Probable cause", "Also possible"]


def test_the_text_twin_of_an_incident_gives_no_confidence_where_no_cause_is_known() -> None:
    before = inputs("down")
    told = tuple(replace(i, findings=(NOTHING_KNOWN,) if i.findings else ()) for i in before.incidents)
    site = view.build(replace(before, findings=(NOTHING_KNOWN,), incidents=told), "en")
    text = rendered((site,))["index.md"].decode()
    assert "# We do not know why\n" in text
    assert "Probable cause" not in text
    assert "confidence" not in text


def test_a_number_stands_beside_its_thresholds() -> None:
    number = component(site_view("down"), "civitai/indexing").indicators[0]
    assert number.text == "3 h 5 min"
    assert number.sentence.endswith("(degraded from 30 min, down from 2 h)")
    assert number.status is S.MAJOR_OUTAGE


def test_a_check_says_exactly_what_it_asks() -> None:
    check = component(site_view("down"), "civitai/search").checks[0]
    assert (
        check.curl
        == "curl -sS -i -A 'roadworthy/0.1 (+https://status.example/method/)' 'https://civitai.example/api/v1/search?limit=5'"
    )
    assert check.interval_text == "every 5 min"
    assert len(check.looks) == 4


def test_a_secret_never_reaches_the_page() -> None:
    before = inputs("down")
    secret = "limit=5"
    site = view.build(replace(before, config=replace(before.config, secrets=frozenset({secret}))), "en")
    checks = [k for c in site.components for k in c.checks]
    assert all(secret not in k.curl + k.target for k in checks)


def test_a_browser_may_ask_only_where_the_target_was_seen_to_allow_it() -> None:
    before = inputs("healthy")
    key = ("civitai/search/answer", "eu-west")
    allowed = tuple(replace(o, facts={**o.facts, "cors": "*"}) for o in before.past.latest[key])
    site = view.build(replace(before, past=replace(before.past, latest={**before.past.latest, key: allowed})), "en")
    assert component(site, "civitai/search").checks[0].browser_url == "https://civitai.example/api/v1/search?limit=5"
    assert component(site, "civitai/cdn").checks[0].browser_url == ""


def test_the_official_word_is_shown_with_its_time_and_is_unknown_when_unread() -> None:
    site = site_view("healthy")
    ours, theirs = site.platforms
    assert ours.official
    assert ours.official.sentence == "The official page says: operational (read 05:58 UTC)."
    assert theirs.official
    assert (theirs.official.status, theirs.official.sentence) == (S.UNKNOWN, "We have not read the official page.")
    stale = site_view("stale").platforms[0].official
    assert stale
    assert stale.status is S.UNKNOWN


def test_comparison_puts_the_same_function_side_by_side_in_each_window() -> None:
    site = site_view("down")
    search = [c for c in site.comparisons if c.function == "search"]
    assert [c.window for c in search] == ["day", "week", "month", "quarter"]
    assert [row[:2] for row in search[0].rows] == [("Civitai", "Model search"), ("Hugging Face", "Hub search")]
    assert search[0].rows[0][2].coverage == 1.0


def test_charts_keep_their_gaps_and_thresholds() -> None:
    latency, value = component(site_view("down"), "civitai/indexing").charts
    assert (latency.kind, value.kind) == ("latency", "indicator")
    assert sum(p.p50 is None for p in latency.points) == 6
    assert (value.degraded, value.down) == (1800, 7200)
    assert "no data for 6 h" in value.summary


def test_an_incident_older_than_the_hours_gets_a_chart_by_the_day() -> None:
    before = inputs("down")
    past_ = replace(before.past, hours_from=NOW - HOUR)
    charts = view.build(replace(before, past=past_), "en").incident("2026-11-23-search-backlog").charts
    assert charts
    assert {c.step for c in charts} == {DAY}


# ---- the whole -------------------------------------------------------------------------------------------------------


def test_a_site_with_one_region_does_not_count_regions() -> None:
    site = site_view("healthy", regions=1)
    assert component(site, "civitai/search").sentence == "Works."


def test_the_page_says_until_when_it_is_valid() -> None:
    site = site_view("healthy")
    assert site.stale_after
    assert site.valid_sentence == "If it is later than 06:14 UTC now, take every state as unknown."
    assert site_view("stale").valid_sentence == "Out of date since 03:15 UTC: every state is unknown."


def test_a_delayed_history_and_a_late_round_are_said() -> None:
    before = inputs("healthy")
    late: Past = replace(before.past, delayed="History could not be saved.", lateness=600)
    site = view.build(replace(before, past=late, warnings=("History could not be saved.",)), "en")
    assert site.warnings == ("History could not be saved.",)
    assert site.lateness_text == "The last round came 10 min later than planned."
    assert site.late_seconds == 600


def test_an_empty_configuration_of_incidents_and_causes_builds() -> None:
    settings = config()
    site = view.build(view.Inputs(settings, past("healthy", settings), (), (), (), (), NOW), "en")
    assert (site.active, site.months, site.causes) == ((), (), ())


def test_a_notes_own_language_is_kept() -> None:
    before = inputs("down")
    incidents = tuple(replace(i, note=replace(i.note, lang="es")) if i.note else i for i in before.incidents)
    site = view.build(replace(before, incidents=incidents), "en")
    assert {i.lang for i in site.incidents if not i.automatic} == {"es"}


def test_an_edited_update_is_the_newest_fact_of_its_incident() -> None:
    before = inputs("healthy")
    one: Incident = next(i for i in before.incidents if i.id == "2026-11-20-slow-api")
    edited = replace(one, updates=(*one.updates[:-1], replace(one.updates[-1], edited=NOW - HOUR)))
    site = view.build(replace(before, incidents=(edited,)), "en")
    assert site.incident(one.id).changed.at == NOW - HOUR
