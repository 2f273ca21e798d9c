"""Merging what checks found with what people wrote: neither erases the other, and nothing is said twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from generator.incidents import merge
from generator.model import (
    ALL,
    Confidence,
    Evidence,
    Finding,
    Impact,
    Incident,
    Note,
    Outage,
    Progress,
    Span,
    Standing,
    Status,
    Time,
)
from generator.plain import words
from tests.explaining.small import HOUR, ROUND, T, note, outage, past, site, update

SITE = site()


def merged(
    outages: tuple[Outage, ...] = (), notes: tuple[Note, ...] = (), now: Time = T + HOUR, **more: object
) -> tuple[Incident, ...]:
    return merge(SITE, past(*outages, **more), notes, (), now)


def ids(incidents: tuple[Incident, ...]) -> list[str]:
    return sorted(i.id for i in incidents)


# ---- an outage alone -------------------------------------------------------------------------------------------------


def test_an_outage_without_a_note_is_an_incident_in_the_machines_words() -> None:
    """What checks found is published without waiting for a person, marked as automatic."""
    (one,) = merged((outage("search"),))
    assert one.note is None
    assert one.id == "p-search-0"
    assert one.active
    assert one.status is Progress.INVESTIGATING
    assert one.impact is Impact.CRITICAL
    assert [u.automatic for u in one.updates] == [True]
    assert "Parrot: Search failing from all 3 regions" in one.updates[0].text
    assert one.updates[0].at == T + ROUND, "said when it was confirmed, not when it began"
    assert "06:00 UTC" in one.updates[0].text, "but the first failing sample is named"


@pytest.mark.parametrize(
    ("worst", "impact"),
    [
        pytest.param(Status.DEGRADED_PERFORMANCE, Impact.MINOR, id="degraded-is-minor"),
        pytest.param(Status.PARTIAL_OUTAGE, Impact.MAJOR, id="partial-is-major"),
        pytest.param(Status.MAJOR_OUTAGE, Impact.CRITICAL, id="major-is-critical"),
    ],
)
def test_impact_follows_from_the_worst_state(worst: Status, impact: Impact) -> None:
    (one,) = merged((outage("search", worst=worst),))
    assert one.impact is impact


def test_recovery_is_a_line_of_its_own_and_ends_the_incident() -> None:
    """Found and recovered are two lines with ids of their own; the end is the measured one."""
    (one,) = merged((outage("search", ended=T + 1500),))
    assert [u.id for u in one.updates] == ["p-search-0-found", "p-search-0-recovered"]
    assert one.ended == T + 1500
    assert one.status is Progress.RESOLVED
    assert one.updates[-1].status is Progress.RESOLVED
    assert "after 25 min" in one.updates[-1].text


def test_getting_worse_is_said_once_for_each_new_low() -> None:
    """Ups and downs within an outage are no news; a new low is."""
    spans = tuple(
        Span("p/search", ALL, T + a, T + b, status)
        for a, b, status in (
            (0, 600, Status.DEGRADED_PERFORMANCE),
            (600, 900, Status.MAJOR_OUTAGE),
            (900, 1200, Status.DEGRADED_PERFORMANCE),
            (1200, 1500, Status.MAJOR_OUTAGE),
        )
    )
    (one,) = merged((outage("search", ended=T + 1500),), spans=spans)
    assert [u.id for u in one.updates] == ["p-search-0-found", "p-search-0-major-outage", "p-search-0-recovered"]
    assert "degraded" in one.updates[0].text
    assert one.updates[1].at == T + 600


def test_flapping_is_one_incident() -> None:
    """What comes and goes is one outage and stays one incident, which says so."""
    (one,) = merged((outage("search", flapping=True),))
    assert "comes and goes" in one.updates[0].text


def test_an_outage_that_late_evidence_took_back_says_so() -> None:
    """It was published, so it stays findable; it is no longer counted, neither here nor among the others."""
    one, taken_back = merged((outage("search", ended=T), outage("search", T + 7200, T + 9000)), now=T + 5 * HOUR)
    assert taken_back.id == "p-search-0"
    assert "Taken back" in taken_back.updates[-1].text
    assert taken_back.lasting == ()
    assert "we know of" not in words(one.lasting)


# ---- several outages -------------------------------------------------------------------------------------------------


def test_parts_that_fail_together_and_depend_on_each_other_are_one_incident() -> None:
    """The upstream part gives the name; every part is listed."""
    (one,) = merged((outage("search"), outage("index", T + ROUND), outage("api", T + 60, confirmed=T + ROUND)))
    assert one.id == "p-api-60"
    assert set(one.components) == {"p/api", "p/search", "p/index"}
    assert one.title == "Parrot: Api and 2 more: failing"


@pytest.mark.parametrize(
    ("other", "why"),
    [
        pytest.param(outage("cdn"), "neither depends on the other", id="independent-parts"),
        pytest.param(outage("search", T + 3 * ROUND), "it began later", id="later-than-two-rounds"),
    ],
)
def test_two_faults_are_two_incidents(other: Outage, why: str) -> None:
    assert len(merged((outage("api"), other))) == 2, why


def test_a_later_outage_never_changes_who_belongs_to_whom() -> None:
    """Ids and members that were published stay, whatever is confirmed afterwards."""
    first = (outage("search"), outage("cdn", T + 60))
    before = {i.id: {o.id for o in i.outages} for i in merged(first)}
    after = {i.id: {o.id for o in i.outages} for i in merged((*first, outage("api", T - 60, confirmed=T + 900)))}
    assert set(before) <= set(after)
    assert all(members <= after[id] for id, members in before.items())


def test_the_order_in_which_outages_are_read_does_not_matter() -> None:
    found = (outage("search"), outage("index", T + ROUND), outage("api", T + 60), outage("cdn", T - 60))
    assert merged(found) == merged(tuple(reversed(found)))


# ---- notes -----------------------------------------------------------------------------------------------------------


def test_a_note_without_an_outage_is_an_incident_too() -> None:
    """A person may see what no check sees."""
    (one,) = merged(notes=(note("n", update(T)),))
    assert (one.id, one.outages, one.active) == ("n", (), True)


def test_a_note_takes_over_what_was_published_and_keeps_its_id() -> None:
    """The outage was published before the note: the id stays, the note's own id becomes an alias."""
    (one,) = merged((outage("search"),), (note("n", update(T + 1200)),))
    assert one.id == "p-search-0"
    assert one.aliases == ("n",)
    assert one.title == "Search is late", "people supply title and words"
    assert one.impact is Impact.MINOR, "and severity"
    assert [u.automatic for u in one.updates] == [True, False]


def test_a_note_that_came_first_keeps_its_own_id() -> None:
    """The note was published before the checks confirmed anything; the outage's id is the alias."""
    (one,) = merged((outage("search"),), (note("n", update(T + 60)),))
    assert one.id == "n"
    assert one.aliases == ("p-search-0",)


def test_a_note_that_names_an_outage_keeps_the_outages_id_whatever_its_times() -> None:
    """A draft names the outage, so a person may date the first update back as they like."""
    (one,) = merged((outage("search"),), (note("n", update(T), outages=("p-search-0",)),))
    assert one.id == "p-search-0"


def test_the_id_holds_even_when_history_has_forgotten_the_outage() -> None:
    (one,) = merged((), (note("n", update(T), outages=("p-search-0",)),))
    assert one.id == "p-search-0"


def test_two_notes_that_name_the_same_outage_do_not_share_an_id() -> None:
    named = ("p-search-0",)
    found = merged((outage("search"),), (note("a", update(T), outages=named), note("b", update(T), outages=named)))
    assert ids(found) == ["b", "p-search-0"]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(note("n", update(T + 900), components=("p/cdn",)), id="another-component"),
        pytest.param(note("n", update(T + 900), regions=("west",)), id="another-region"),
        pytest.param(
            note("n", update(T - 9000), update(T - 7200, Progress.RESOLVED), started=T - 9000), id="over-before"
        ),
        pytest.param(note("n", update(T + 9000), started=T + 9000), id="began-after-it-ended"),
        pytest.param(note("n", update(T + 900), kind="notice"), id="a-notice-is-about-no-outage"),
    ],
)
def test_a_note_about_something_else_adopts_nothing(other: Note) -> None:
    found = merged((outage("search", ended=T + 3000, regions=("home", "east")),), (other,), T + 10 * HOUR)
    assert ids(found) == ["n", "p-search-0"]


def test_machines_supply_times_and_people_words() -> None:
    """Started is the earlier of both, the end the later; every line of both sides is kept."""
    written = note("n", update(T + 1200), update(T + 2400, Progress.RESOLVED), started=T + 600)
    (one,) = merged((outage("search", ended=T + 1800),), (written,))
    assert (one.started, one.ended) == (T, T + 2400)
    assert [u.automatic for u in one.updates] == [True, False, True, False]
    assert one.updates[2].status is Progress.MONITORING, "only the person says resolved in a person's story"


def test_an_outage_that_comes_back_under_an_open_note_joins_it() -> None:
    """One story, three measured stretches."""
    found = tuple(outage("search", T + n * HOUR, T + n * HOUR + 900) for n in range(3))
    (one,) = merged(found, (note("n", update(T + 60)),), T + 4 * HOUR)
    assert len(one.outages) == 3
    assert one.id == "n"


def test_taking_the_note_away_gives_back_the_machines_incident() -> None:
    """Deleting a note never hides an outage."""
    with_note = merged((outage("search"),), (note("n", update(T + 60)),))
    without = merged((outage("search"),))
    assert ids(without) == ["p-search-0"]
    assert ids(with_note) == ["n"]


# ---- disagreement ----------------------------------------------------------------------------------------------------


def resolved_note() -> Note:
    return note("n", update(T + 600), update(T + 1200, Progress.RESOLVED))


def test_a_note_that_says_resolved_while_checks_fail_shows_both() -> None:
    """The incident stays open, the sentence says who claims what, the note's words stand."""
    (one,) = merged((outage("search"),), (resolved_note(),), T + 3 * HOUR)
    assert one.active
    assert one.status is Progress.INVESTIGATING
    assert "resolved since 23 Nov 2026, 06:20 UTC" in one.conflict
    assert "Parrot: Search" in one.conflict
    assert Progress.RESOLVED in [u.status for u in one.updates]


def test_recovery_is_believed_after_two_rounds_so_a_fresh_resolve_is_no_conflict() -> None:
    (one,) = merged((outage("search"),), (resolved_note(),), T + 1200 + 3 * ROUND)
    assert one.conflict == ""
    assert one.active


def test_an_open_note_over_a_healthy_component_is_said_too() -> None:
    """The other disagreement: nobody closed the note although the checks have been fine for long."""
    good = Standing("p/search", ALL, Status.OPERATIONAL)
    found = past(outage("search", ended=T + 900), standings={("p/search", ALL): good})
    (one,) = merge(SITE, found, (note("n", update(T + 600)),), (), T + 3 * HOUR)
    assert "still open" in one.conflict
    assert one.active, "a person ends a person's incident"


def test_a_promise_that_passed_in_silence_is_overdue() -> None:
    late = note("n", update(T), next_update=T + 1800)
    assert merged(notes=(late,), now=T + HOUR)[0].overdue
    assert not merged(notes=(late,), now=T + 1700)[0].overdue
    answered = replace(late, updates=(*late.updates, update(T + 1900)))
    assert not merged(notes=(answered,), now=T + HOUR)[0].overdue


# ---- diagnosis and length --------------------------------------------------------------------------------------------


def finding(component: str) -> Finding:
    return Finding("why", "Why", Confidence.HIGH, "p", (component,), (), T, (Evidence("seen"),))


def test_a_running_incident_carries_the_findings_of_its_parts() -> None:
    found = merge(
        SITE,
        past(outage("search"), outage("cdn", T - HOUR, T - 600)),
        (),
        (finding("p/search"), finding("p/cdn")),
        T + HOUR,
    )
    by_id = {i.id: i for i in found}
    assert [f.components for f in by_id["p-search-0"].findings] == [("p/search",)]
    assert by_id["p-cdn--3600"].findings == (), "what is over is not explained by what is seen now"


def test_an_incident_says_how_long_and_how_often() -> None:
    found = tuple(outage("search", T - n * 86400, T - n * 86400 + 1800) for n in range(1, 4))
    newest = merged((*found, outage("search")), now=T + HOUR)[0]
    assert "It has lasted 1 h so far" in words(newest.lasting)
    assert "last 30 days: 4" in words(newest.lasting)
    assert "the longest of the 4" in words(newest.lasting)


def test_a_note_alone_claims_no_measured_length() -> None:
    assert merged(notes=(note("n", update(T)),))[0].lasting == ()
