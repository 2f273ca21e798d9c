"""What the platform's own status page said while an outage lasted: read, never guessed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from generator.incidents import journal, merge, official
from generator.model import Check, Config, Observation, OfficialWord, Outage, Status, Time, Verdict
from tests.explaining.small import T, outage, past, site

END = T + 3600
PACE = 600


def watched() -> Config:
    """The small site with a check of the subject's own status page."""
    config = site()
    check = Check("p/official/status", "official", "Own page", "", None, ("home", "east"), PACE)
    first, *rest = config.platforms
    return replace(config, platforms=(replace(first, official=check.id, official_check=check), *rest))


SITE = watched()


def reading(at: Time, said: str = "operational", region: str = "home", **parts: str) -> Observation:
    """A look at the page; `said` empty: it could not be read."""
    if not said:
        return Observation("p/official/status", region, at, Verdict.INCONCLUSIVE, detail="could not be read")
    return Observation(
        "p/official/status", region, at, Verdict.OK, facts={"official_status": said, "components": parts}
    )


def word(readings: Sequence[Observation], one: Outage, now: Time = END) -> OfficialWord:
    (found,) = official.record((), SITE, (one,), readings, now) or (OfficialWord(one.id),)
    return found


BEFORE, GOOD, BAD, LATE = T - 400, T + 200, T + 800, T + 1400
MAJOR, PARTIAL = "major_outage", "partial_outage"


@pytest.mark.parametrize(
    ("readings", "ended", "silent", "acknowledged", "over"),
    [
        pytest.param([], None, None, None, None, id="nobody-read-it"),
        pytest.param([reading(GOOD, "")], None, None, None, None, id="it-could-not-be-read"),
        pytest.param([reading(GOOD, "unknown")], None, None, None, None, id="a-word-nobody-documented-says-nothing"),
        pytest.param([reading(GOOD)], None, GOOD, None, None, id="not-acknowledged-yet"),
        pytest.param([reading(GOOD), reading(BAD, MAJOR)], None, GOOD, BAD, None, id="acknowledged-later"),
        pytest.param([reading(GOOD), reading(BAD, ""), reading(LATE, MAJOR)], None, GOOD, LATE, None, id="the-moment-is-that-of-a-reading"),
        pytest.param([reading(BEFORE, MAJOR), reading(GOOD, MAJOR)], None, None, BEFORE, None, id="said-so-before-we-saw-it"),
        pytest.param([reading(T - 1000, MAJOR), reading(BEFORE), reading(GOOD)], None, GOOD, None, None, id="what-it-took-back-before-is-about-something-else"),
        pytest.param([reading(T - 9000, MAJOR), reading(GOOD)], None, GOOD, None, None, id="what-it-said-hours-ago-is-not-asked"),
        pytest.param([reading(GOOD, MAJOR), reading(BAD)], None, None, GOOD, BAD, id="it-calls-it-over"),
        pytest.param([reading(GOOD, MAJOR), reading(BAD), reading(LATE, PARTIAL)], None, None, GOOD, None, id="over-is-taken-back"),
        pytest.param([reading(GOOD, MAJOR, "home"), reading(GOOD + 9, region="east")], None, None, GOOD, None, id="another-region-reads-an-old-copy"),
        pytest.param([reading(GOOD, MAJOR), reading(LATE)], T + 900, None, GOOD, LATE, id="over-after-our-checks-saw-the-end"),
        pytest.param([reading(GOOD), reading(LATE, MAJOR)], T + 900, GOOD, None, None, id="what-it-says-first-after-the-end-is-about-something-else"),
        pytest.param([reading(LATE, MAJOR), reading(GOOD)], None, GOOD, LATE, None, id="order-of-delivery-does-not-matter"),
        pytest.param([reading(GOOD, "under_maintenance")], None, None, GOOD, None, id="work-it-announces-is-a-word-too"),
        pytest.param([reading(GOOD, MAJOR, Search="operational")], None, GOOD, None, None, id="trouble-elsewhere-is-not-this-part"),
        pytest.param([reading(GOOD, "operational", Search=PARTIAL)], None, None, GOOD, None, id="the-part-itself"),
        pytest.param([reading(GOOD, MAJOR, **{"Search engine": "operational"})], None, None, GOOD, None, id="a-name-that-is-only-like-ours-is-not-ours"),
        pytest.param([reading(GOOD, MAJOR, **{"PARROT - search": "operational"})], None, GOOD, None, None, id="its-own-name-before-the-parts"),
        pytest.param([reading(GOOD, MAJOR, Search="unknown")], None, None, GOOD, None, id="a-part-without-a-word-leaves-the-whole"),
    ],
)  # fmt: skip
def test_what_the_readings_say(
    readings: list[Observation], ended: Time | None, silent: Time | None, acknowledged: Time | None, over: Time | None
) -> None:
    found = word(readings, outage("search", ended=ended))
    assert (found.silent, found.acknowledged, found.over) == (silent, acknowledged, over)


def test_counting_round_by_round_is_counting_at_once() -> None:
    readings = [reading(BEFORE), reading(GOOD), reading(BAD, PARTIAL), reading(LATE, ""), reading(LATE + 600)]
    one = outage("search")
    at_once = word(readings, one)
    step: tuple[OfficialWord, ...] = ()
    for n, newest in enumerate(readings):
        step = official.record(step, SITE, (one,), readings[max(0, n - 2) : n + 1], newest.at + 20)
    assert step == (at_once,)
    assert (at_once.read, at_once.unread) == (3, 1)


def test_every_moment_names_its_reading() -> None:
    found = word([reading(GOOD), reading(GOOD + 100), reading(BAD, MAJOR), reading(LATE, MAJOR), reading(LATE + 600)], outage("search"))  # fmt: skip
    assert [at for _, _, at in found.evidence] == [GOOD + 100, BAD, LATE + 600]


def test_what_was_read_stays_when_the_readings_are_gone() -> None:
    """Raw history is pruned after two weeks; the journal keeps the moments, and outages that are over cost nothing."""
    one = outage("search")
    kept = official.record((), SITE, (one,), [reading(GOOD), reading(BAD, MAJOR), reading(LATE)], LATE)
    over = replace(one, ended=LATE)
    assert journal.from_json(journal.to_json(kept)) == kept
    assert official.record(kept, SITE, (over,), [], T + 200 * 86_400) == kept
    assert official.needed(kept, SITE, (over,), T + 200 * 86_400) == {}


def test_only_what_is_not_counted_in_yet_is_read_again() -> None:
    running = outage("search")
    assert official.needed((), SITE, (running,), T + 900) == {"p/official/status": T - 3 * PACE}
    kept = official.record((), SITE, (running,), [reading(GOOD)], T + 900)
    assert official.needed(kept, SITE, (running,), T + 900) == {"p/official/status": GOOD + 1}


def test_where_no_page_is_watched_nothing_is_told() -> None:
    (one,) = merge(site(), past(outage("search")), (), (), END)
    assert one.official == ()


def test_a_page_that_is_watched_and_was_not_read_is_not_known() -> None:
    (one,) = merge(SITE, past(outage("search")), (), (), END)
    assert one.official == (OfficialWord("p-search-0"),)


def test_an_outage_that_was_taken_back_asks_nobody() -> None:
    gone = outage("search", ended=T)
    assert official.record((), SITE, (gone,), [reading(GOOD, MAJOR)], END) == ()
    assert merge(SITE, past(gone), (), (), END)[0].official == ()


def test_of_two_journals_the_one_that_read_further_holds() -> None:
    """The same outage, remembered by two runners: union, whichever is asked."""
    one = outage("search")
    short = official.record((), SITE, (one,), [reading(GOOD)], GOOD)
    far = official.record(short, SITE, (one,), [reading(BAD, MAJOR)], BAD)
    assert journal.united(short, far) == journal.united(far, short) == far
    assert far[0].word is Status.MAJOR_OUTAGE
