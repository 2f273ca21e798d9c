"""The machine's lines of an incident are values: English as it was published, and every fact in every other language."""

from __future__ import annotations

from dataclasses import replace

import pytest

from generator import text, view
from generator.incidents import merge
from generator.incidents.journal import Journal, from_json, record, to_json
from generator.locales import extract
from generator.model import (
    ALL,
    Confidence,
    Evidence,
    Failure,
    Finding,
    Incident,
    IncidentUpdate,
    Length,
    Moment,
    Outage,
    Past,
    Said,
    Span,
    Status,
)
from generator.plain import counted, english, from_record, said, to_record
from tests.explaining.small import HOUR, REGIONS, ROUND, T, note, outage, past, site
from tests.page.test_sentences import inside

SITE = site()
LANGUAGES = [lang for lang in text.languages() if lang != "en"]
DAY = 86400
SEEN = said("{component}, {region}: {what}.", component="Parrot: Search", region="East", what=Said("server error"))


def finding(cause: str = "search-down", evidence: Said | None = SEEN) -> Finding:
    sentence = english(evidence) if evidence else "Seen."
    found = (Evidence(sentence, said=evidence),)
    return Finding(cause, "Search is down", Confidence.HIGH, "p", ("p/search",), (), T, found, (), "The next round.")


def journal(*findings: Finding) -> Journal:
    kept: Journal = ()
    for n, found in enumerate(findings):
        kept = record(kept, (outage("search"),), (found,), T + n * ROUND)  # type: ignore[arg-type]
    return kept


def incident(*outages: Outage, kept: Journal = (), spans: tuple[Span, ...] = (), now: int = T + 5 * HOUR) -> Incident:
    return merge(SITE, past(*outages, spans=spans), (), (), now, kept)[0]


ALL_FAILURES = tuple(list(Failure)[:8])
WORSE = (
    Span("p/search", ALL, T, T + HOUR, Status.DEGRADED_PERFORMANCE),
    Span("p/search", ALL, T + HOUR, None, Status.MAJOR_OUTAGE),
)
WORK = note("work", started=T, kind="maintenance", ended=T + HOUR, windows=((T, T + HOUR),))

LINES = {
    "found everywhere": (
        incident(outage("search")),
        0,
        "Our checks see Parrot: Search failing from all 3 regions. First failing sample at 23 Nov 2026, 06:00 UTC, "
        "confirmed at 23 Nov 2026, 06:05 UTC.",
    ),
    "found in one region, with what was seen": (
        incident(replace(outage("search", regions=REGIONS[:1]), failures=(Failure.SERVER_ERROR, Failure.TIMEOUT))),
        0,
        f"Our checks see Parrot: Search failing from {REGIONS[0].capitalize()}. First failing sample at 23 Nov 2026, "
        "06:00 UTC, confirmed at 23 Nov 2026, 06:05 UTC. Seen: no complete answer in time and server error.",
    ),
    "more failures than a sentence holds": (
        incident(replace(outage("search", regions=()), failures=ALL_FAILURES)),
        0,
        "Our checks see Parrot: Search failing. First failing sample at 23 Nov 2026, 06:00 UTC, confirmed at "
        "23 Nov 2026, 06:05 UTC. Seen: the name does not exist, the name server fails, the name server does not answer, "
        "the name has no address, the name leads to a wrong address and 3 more.",
    ),
    "comes and goes": (
        incident(outage("search", regions=(), flapping=True)),
        0,
        "Our checks see Parrot: Search failing. First failing sample at 23 Nov 2026, 06:00 UTC, confirmed at "
        "23 Nov 2026, 06:05 UTC. It comes and goes; this is kept as one incident.",
    ),
    "worse": (
        incident(outage("search"), spans=WORSE),
        1,
        "It got worse: Parrot: Search is failing since 23 Nov 2026, 07:00 UTC.",
    ),
    "working again": (
        incident(outage("search", ended=T + HOUR + 1500)),
        1,
        "Our checks see Parrot: Search working again since 23 Nov 2026, 07:25 UTC, after 1 h 25 min.",
    ),
    "taken back": (
        incident(outage("search", ended=T)),
        1,
        "Taken back: looks that arrived late show that Parrot: Search had not failed. This is not counted as an outage.",
    ),
    "announced work": (
        merge(SITE, past(), (WORK,), (), T + 2 * HOUR)[0],
        1,
        "The announced window ended at 23 Nov 2026, 07:00 UTC.",
    ),
}


@pytest.mark.parametrize(("one", "number", "words"), LINES.values(), ids=LINES.keys())
def test_a_line_is_a_value_whose_english_is_what_subscribers_have_read(one: Incident, number: int, words: str) -> None:
    line = one.updates[number]
    assert line.text == words
    assert " ".join(english(part) for part in line.said if isinstance(part, Said)) == words


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(("one", "number", "words"), LINES.values(), ids=LINES.keys())
def test_every_language_has_every_sentence_of_it(one: Incident, number: int, words: str, lang: str) -> None:
    known = extract.messages()
    for part in one.updates[number].said:
        assert isinstance(part, Said)
        assert {sentence.message for sentence in inside(part)} <= set(known)
        assert text.of(lang).say(part) != english(part)


# ---- the diagnosis ---------------------------------------------------------------------------------------------------


def told(kept: Journal) -> list[IncidentUpdate]:
    return [line for line in incident(outage("search"), kept=kept).updates if "-cause-" in line.id]


def german(line: IncidentUpdate) -> tuple[str, str, str]:
    """The line on a German page: its words, its HTML and its language."""
    one = replace(incident(outage("search")), updates=(line,))
    site = view.build(
        view.Inputs(replace(SITE, site=replace(SITE.site, languages=("en", "de"))), Past(), (one,), (), (), (), T), "de"
    )
    shown = site.incidents[0].updates[0]
    return shown.text, shown.html, shown.lang


def test_a_diagnosis_is_told_in_the_readers_language_and_content_as_written() -> None:
    first, changed = told(journal(finding(), finding("index-late")))
    assert first.text == (
        "Probable cause: Search is down (confidence high). Parrot: Search, East: server error. "
        "What would decide: The next round."
    )
    words, html, lang = german(first)
    assert words == (
        "Wahrscheinliche Ursache: Search is down (hohe Gewissheit). Parrot: Search, East: Serverfehler. "
        "Was entscheiden würde: The next round."
    )
    assert html.endswith('Was entscheiden würde: <span lang="en" dir="auto">The next round.</span></p>')
    assert lang == "de"
    assert german(changed)[0].startswith("Die Diagnose hat sich geändert: Search is down (hohe Gewissheit). ")


def test_not_to_know_a_cause_is_told_in_the_readers_language() -> None:
    first, _, again = told(journal(finding("unknown-cause"), finding(), finding("unknown-cause")))
    assert german(first)[0].startswith("Wir wissen nicht, warum. Parrot: Search")
    assert german(again)[0].startswith("Die Diagnose hat sich geändert: Wir wissen nicht, warum. ")


def test_what_history_kept_in_english_only_stays_as_it_was_published() -> None:
    (line,) = told(journal(finding(evidence=None)))
    assert german(line) == (line.text, line.html, "en")


def test_a_diagnosis_written_down_is_read_back_with_its_sentence() -> None:
    kept = journal(finding(), finding("index-late", None))
    assert from_json(to_json(kept)) == kept


@pytest.mark.parametrize(
    "sentence",
    [
        SEEN,
        counted("{n} round", "{n} rounds", 2),
        said("{a} {b} {c}", a=("x", Moment(T)), b=Length(60), c=3),
        said("{what}", what="{braces} are no format"),
    ],
)
def test_a_sentence_survives_being_written_and_read(sentence: Said) -> None:
    assert from_record(to_record(sentence)) == sentence


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"message": "{a}"},
        {"message": "{a.__class__}", "values": {"a": "x"}},
        {"message": "{a:>9999999}", "values": {"a": "x"}},
        {"message": "{", "values": {"a": "x"}},
        {"message": "{a}", "values": {"a": None}},
        {"message": "{a}", "values": {"a": {"x": 1}}},
        {"message": "{a}", "values": [1]},
    ],
)
def test_what_is_no_sentence_is_not_read_as_one(record: dict[str, object]) -> None:
    """A store may be anybody's copy: a message is filled with the values beside it and with nothing else."""
    with pytest.raises((ValueError, TypeError, KeyError, AttributeError)):
        from_record(record)


# ---- how long --------------------------------------------------------------------------------------------------------


def history(name: str) -> tuple[Outage, ...]:
    return tuple(
        outage(name, T - days * DAY, T - days * DAY + hours * HOUR) for days, hours in ((4, 1), (3, 2), (2, 4))
    )


@pytest.mark.parametrize(
    ("hours", "over", "words"),
    [
        pytest.param(1, False, "Es dauert bisher 1 h.", id="an hour"),
        pytest.param(8, False, "Es dauert bisher 8 h, über eine ganze Nacht hinweg (America/Boise).", id="a night"),
        pytest.param(25, True, "Es dauerte 1 T 1 h, mehr als 24 Stunden.", id="a day"),
        pytest.param(80, True, "Es dauerte 3 T 8 h, mehr als 72 Stunden.", id="three days"),
    ],
)
def test_the_largest_mark_that_was_passed_is_said_in_every_language(hours: int, over: bool, words: str) -> None:
    end = T + hours * HOUR
    one = incident(outage("search", ended=end if over else None), now=end)
    assert " ".join(map(text.of("de").say, one.lasting)).startswith(words)


def test_rank_and_hypothesis_are_said_in_every_language() -> None:
    one = incident(*history("search"), outage("search"))
    assert [english(s) for s in one.lasting][-2:] == [
        "It is the longest of the 4 we know of.",
        "Numbers like these can mean that the cause is structural; that is a hypothesis.",
    ]
    for lang in LANGUAGES:
        assert not {text.of(lang).say(s) for s in one.lasting} & {english(s) for s in one.lasting}


def test_the_outages_of_several_parts_are_not_called_those_of_one() -> None:
    alone = incident(*history("search"), outage("search"))
    both = incident(*history("search"), *history("api"), outage("search"), outage("api"))
    assert "Outages of this part that began in the last 30 days: 4;" in english(alone.lasting[1])
    assert "Outages of these parts that began in the last 30 days: 4;" in english(both.lasting[1])
