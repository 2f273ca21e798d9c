"""What was published keeps its id: a note dated back, a renamed file, corrected times, an update put between two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from generator.incidents import merge
from generator.incidents.published import Register, Shown, advance, from_meta, gone, to_meta
from generator.model import Impact, Incident, Note, Outage, Progress, Time, Update
from tests.explaining.small import HOUR, ROUND, T, note, outage, past, site, update

SITE = site()
PUBLIC = frozenset(c.id for c in SITE.components)
OUTAGE = outage("search")
AUTO = OUTAGE.id

Step = tuple[Sequence[Outage], Sequence[Note]]


def published(register: Register, step: Step, now: Time = T + HOUR) -> tuple[tuple[Incident, ...], Register]:
    """What one run shows, and the register after it, read back as the next run reads it."""
    outages, notes = step
    merged = merge(SITE, past(*outages), tuple(notes), (), now, published=register)
    return merged, from_meta(to_meta(advance(register, merged, PUBLIC, now)))


def life(*steps: Step) -> tuple[tuple[Incident, ...], Register]:
    """What the last of several runs shows."""
    register, merged = Register(), ()
    for number, step in enumerate(steps):
        merged, register = published(register, step, T + HOUR + number * ROUND)
    return merged, register


def ids(merged: Sequence[Incident]) -> list[str]:
    return sorted(one.id for one in merged)


def named(id: str, *updates: Update, **more: object) -> Note:
    return note(id, *(updates or (update(T),)), **more)


ALONE = ((OUTAGE,), ())
EARLY, LATE = named("n", update(T)), named("n", update(T + 2 * ROUND))
OTHER = replace(named("m"), components=("p/cdn",), title="Pictures are missing", started=T + 60)
CDN = outage("cdn")


@pytest.mark.parametrize(
    ("steps", "wanted"),
    [
        pytest.param([ALONE, ((OUTAGE,), (EARLY,))], [AUTO], id="a note dated back before its published outage"),
        pytest.param([ALONE, ((OUTAGE,), (LATE,)), ((OUTAGE,), (EARLY,))], [AUTO], id="a note dated back afterwards"),
        pytest.param([((), (EARLY,)), ((OUTAGE,), (LATE,))], ["n"], id="a published note moved behind the outage"),
        pytest.param([((OUTAGE,), (EARLY,)), ((OUTAGE,), (LATE,))], ["n"], id="a note that came first, moved back"),
        pytest.param(
            [((OUTAGE,), (EARLY,)), ((OUTAGE,), (replace(EARLY, outages=(AUTO,)),))],
            ["n"],
            id="a published note names its outage later",
        ),
        pytest.param([((OUTAGE,), (EARLY,)), ALONE], ["n"], id="the note is deleted, its outage goes on"),
        pytest.param([ALONE, ((OUTAGE,), (LATE,)), ALONE], [AUTO], id="a note came and went"),
        pytest.param(
            [((OUTAGE,), (EARLY,)), ((OUTAGE,), (replace(EARLY, id="renamed"),))],
            ["n"],
            id="a renamed note of an outage",
        ),
        pytest.param(
            [ALONE, ((OUTAGE,), (EARLY,)), ((OUTAGE,), (replace(EARLY, components=("p/cdn",)),))],
            ["n", AUTO],
            id="a note that speaks of something else now gives the outage its id back",
        ),
        pytest.param([((), (EARLY,)), ((), (replace(EARLY, id="renamed"),))], ["n"], id="a renamed file"),
        pytest.param(
            [((), (EARLY,)), ((), (replace(EARLY, id="b"),)), ((), (replace(EARLY, id="c"),))],
            ["n"],
            id="renamed twice",
        ),
        pytest.param(
            [((), (EARLY,)), ((), (replace(EARLY, id="b"),)), ((), (EARLY,))], ["n"], id="renamed and renamed back"
        ),
        pytest.param(
            [((), (EARLY,)), ((), ()), ((), (replace(EARLY, id="b"),))], ["n"], id="deleted, then added again"
        ),
        pytest.param(
            [((), (EARLY,)), ((), (replace(EARLY, id="b", title="Search was late"),))], ["n"], id="with another title"
        ),
        pytest.param(
            [((), (EARLY,)), ((), (named("b", update(T), update(T + 900, body="More.")),))],
            ["n"],
            id="with one update more",
        ),
        pytest.param(
            [((), (EARLY,)), ((), (named("b", update(T, body="Something else.")),))], ["n"], id="with another text"
        ),
        pytest.param(
            [((), (EARLY,)), ((), (replace(named("b", update(T, body="Quite new.")), title="Another fault"),))],
            ["b"],
            id="another note is no renamed one",
        ),
        pytest.param(
            [((), (EARLY,)), ((), (replace(EARLY, id="b", started=T - 900),))],
            ["b"],
            id="another start is another note",
        ),
        pytest.param(
            [((), (EARLY,)), ((), (EARLY, replace(EARLY, id="b")))], ["b", "n"], id="a copy is no renamed one"
        ),
        pytest.param(
            [((), (EARLY, OTHER)), ((), (replace(OTHER, id="a"), EARLY))], ["m", "n"], id="one of two renamed"
        ),
        pytest.param(
            [
                ((), (EARLY, replace(EARLY, id="o", updates=(update(T, body="The other one."),)))),
                ((), (replace(EARLY, id="b", updates=(update(T, body="The other one."),)), EARLY)),
            ],
            ["n", "o"],
            id="of two with one title",
        ),
    ],
)
def test_an_incident_keeps_the_id_it_was_published_under(steps: list[Step], wanted: list[str]) -> None:
    merged, register = life(*steps)
    assert ids(merged) == wanted
    assert ids(published(register, steps[-1])[0]) == wanted, "and the next run says the same"


def test_a_renamed_note_has_both_addresses_and_nothing_is_withdrawn() -> None:
    renamed = replace(EARLY, id="renamed")
    merged, register = life(((), (EARLY,)), ((), (renamed,)))
    assert merged[0].aliases == ("renamed",)
    assert merged[0].note == renamed
    assert gone(register, merged) == {}
    assert gone(register, ())["n"].names == ("renamed",), "its second address is known when it is deleted"


def test_a_renamed_maintenance_is_not_announced_again() -> None:
    work = note("work", update(T, Progress.SCHEDULED), kind="maintenance", windows=((T + 600, T + 900),), ended=T + 900)
    before, register = published(Register(), ((), (work,)))
    after, _ = published(register, ((), (replace(work, id="other-work"),)))
    assert (after[0].id, after[0].updates) == (before[0].id, before[0].updates)
    assert after[0].aliases == ("other-work",)


def test_no_two_incidents_share_an_id_or_an_address() -> None:
    """Two notes that name one outage: its address leads to one of them."""
    both = (named("a", outages=(AUTO,)), named("b", outages=(AUTO,)))
    for steps in ([((OUTAGE,), both)], [ALONE, ((OUTAGE,), both)], [((OUTAGE,), both), ((), both)]):
        merged, _ = life(*steps)
        addresses = [address for one in merged for address in (one.id, *one.aliases)]
        assert sorted(addresses) == ["a", "b", AUTO]


def test_the_record_of_an_earlier_version_is_enough_for_the_id() -> None:
    old = Register(T, {AUTO: Shown("incident", Impact.CRITICAL, T, ("p/search",))})
    assert ids(published(old, ((OUTAGE,), (EARLY,)))[0]) == [AUTO]
    doubled = Register(T, {**old.incidents, "n": Shown("incident", Impact.MINOR, T, ("p/search",))})
    assert ids(published(doubled, ((OUTAGE,), (EARLY,)))[0]) == ["n"]


# ---- updates ---------------------------------------------------------------------------------------------------------

INV, IDE, MON, RES = Progress.INVESTIGATING, Progress.IDENTIFIED, Progress.MONITORING, Progress.RESOLVED
Line = tuple[int, Progress, str]


def story(*lines: Line) -> Note:
    """A note with these updates: (minute after six, status, words); ids are given as reading gives them."""
    times = [T + minute * 60 for minute, _, _ in lines]
    made = [
        Update(datetime.fromtimestamp(at, UTC).strftime("%Y%m%dT%H%MZ"), at, status, words, f"<p>{words}</p>")
        for at, (_, status, words) in zip(times, lines, strict=True)
    ]
    return note("n", *made, started=T)


LOOK, FOUND = (12, INV, "we look"), (22, IDE, "found")


@pytest.mark.parametrize(
    ("steps", "wanted"),
    [
        pytest.param([[LOOK, FOUND]], "0612 0622", id="a first publication"),
        pytest.param([[LOOK], [LOOK, FOUND]], "0612 0622", id="one more"),
        pytest.param(
            [[LOOK, FOUND], [LOOK, (17, INV, "more"), (27, IDE, "found")]], "0612 0617 0622", id="+5m put between two"
        ),
        pytest.param([[LOOK], [(2, INV, "we look"), (12, IDE, "found")]], "0612 0612-2", id="the start corrected, one more"),
        pytest.param([[LOOK], [(2, INV, "we look"), (12, INV, "more")]], "0612 0612-2", id="the same with the same status"),
        pytest.param([[LOOK, FOUND], [(12, INV, "we look!"), FOUND]], "0612 0622", id="a typo corrected"),
        pytest.param([[LOOK, FOUND], [(12, INV, "we\n  look"), FOUND]], "0612 0622", id="lines broken anew"),
        pytest.param([[LOOK], [(12, IDE, "found")]], "0612-2", id="something else in the same minute"),
        pytest.param([[LOOK, FOUND], [FOUND], [LOOK, FOUND]], "0612 0622", id="taken out and put back"),
        pytest.param([[LOOK, FOUND], [FOUND], [(12, IDE, "other"), FOUND]], "0612-2 0622", id="never the id of a lost one"),
        pytest.param(
            [[LOOK, (30, RES, "works")], [LOOK], [LOOK, (90, RES, "works")]],
            "0612 0730",
            id="said again after it was taken back",
        ),
        pytest.param(
            [[(1, MON, "still"), (9, MON, "still")], [(1, MON, "still"), (5, MON, "still"), (9, MON, "still")]],
            "0601 0605 0609",
            id="the same words again",
        ),
        pytest.param([[LOOK], [(2, INV, "we look"), (12, IDE, "found")], [(2, INV, "we look"), (13, IDE, "found")]],
                     "0612 0612-2", id="a suffix stays, too"),
    ],
)  # fmt: skip
def test_an_update_keeps_its_id_and_never_has_that_of_another(steps: list[list[Line]], wanted: str) -> None:
    merged, register = life(*(((), (story(*lines),)) for lines in steps))
    found = [u.id.replace("20261123T", "").replace("Z", "") for u in merged[0].updates]
    assert " ".join(found) == wanted
    again, _ = published(register, ((), (story(*steps[-1]),)))
    assert again[0].updates == merged[0].updates, "and the next run says the same"


def test_times_are_facts_and_may_move() -> None:
    merged, _ = life(((), (story(LOOK, FOUND),)), ((), (story(LOOK, (27, IDE, "found")),)))
    assert [(u.id[9:13], u.at) for u in merged[0].updates] == [("0612", T + 720), ("0622", T + 1620)]


def test_the_register_holds_no_words() -> None:
    _, register = life(((), (story(LOOK, FOUND),)))
    text = str(to_meta(register))
    assert not any(word in text for word in ("we look", "found", "Search is late"))
