"""Sentences of the machine: one value, said in every language, and in English exactly as history keeps it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from generator import text
from generator.locales import extract
from generator.model import Failure, Filling, Finding, Health, Length, Moment, RegionHealth, Said
from generator.plain import counted, english, said
from generator.vantage import health
from generator.view import build
from tests.believing.test_vantage import MANY, seen
from tests.explaining.diagnosis_rows import BEYOND, ROWS, Row
from tests.explaining.test_diagnosis_rows import found_in
from tests.samples import NOW, inputs

LANGUAGES = [lang for lang in text.languages() if lang != "en"]


def inside(sentence: Said) -> Iterator[Said]:
    """The sentence and every sentence in it."""

    def of(value: Filling) -> Iterator[Said]:
        if isinstance(value, Said):
            yield from inside(value)
        for one in value if isinstance(value, tuple) else ():
            yield from of(one)

    yield sentence
    for _, value in sentence.values:
        yield from of(value)


def spoken(finding: Finding) -> list[Said]:
    return [*(e.said for e in finding.evidence if e.said is not None), *finding.doubts]


@pytest.mark.parametrize("row", [*ROWS, *BEYOND], ids=lambda row: row.id)
def test_whatever_is_diagnosed_can_be_said_in_every_language(row: Row) -> None:
    """Each sentence of each finding is a value whose every message stands in the catalogues."""
    known = extract.messages()
    for finding in found_in(row):
        assert [english(e.said) for e in finding.evidence if e.said] == [e.sentence for e in finding.evidence]
        assert tuple(map(english, finding.doubts)) == finding.against[: len(finding.doubts)]
        for sentence in spoken(finding):
            assert {s.message for s in inside(sentence)} <= set(known), english(sentence)
            if re.search(r"[a-z]", re.sub(r"{\w+}", "", "".join(s.message for s in inside(sentence)))):
                same = [lang for lang in LANGUAGES if text.of(lang).say(sentence) == english(sentence)]
                assert same == [], english(sentence)


def test_the_english_of_the_page_is_the_english_of_history() -> None:
    """Two places make English of a sentence; they must not drift apart."""
    sentences = {s for row in (*ROWS, *BEYOND) for finding in found_in(row) for s in spoken(finding)}
    assert len(sentences) > 50
    for sentence in sentences:
        assert text.of("en").say(sentence) == english(sentence)


@pytest.mark.parametrize(
    ("sentence", "lang", "words"),
    [
        (said("its clock is {time} ahead", time=Length(200)), "de", "ihre Uhr geht 3 min vor"),
        (said("{what}: {why}", what="A", why=Moment(NOW)), "fr", "A : 23 nov. 2026, 06:00 UTC"),
        (said("{n} of {m} controls answered", n=1200, m=3000), "de", "1.200 von 3.000 Kontrollzielen haben geantwortet"),
        (counted("{n} round", "{n} rounds", 2), "ar", "جولتين"),
        (said("{platforms} working from the same region", platforms=("A", "B")), "es", "A y B funciona desde la misma región"),
        (said("{what}: {why}", what="{n}", why="{}"), "ja", "{n}：{}"),
    ],
    ids=["a length", "a time", "numbers", "a dual", "a list", "braces in a value are no format"],
)  # fmt: skip
def test_what_fills_a_sentence_is_said_the_way_of_the_language(sentence: Said, lang: str, words: str) -> None:
    assert text.of(lang).say(sentence) == words


def test_why_a_region_is_not_believed_is_said_in_the_language_of_the_page() -> None:
    """From the judgement to the page: the reason of a region that nobody has heard from."""
    found = health(MANY, seen(MANY, {"a": "o"}), NOW)
    reasons = {h.region: h for h in found.values() if h.health is not RegionHealth.OK}
    assert reasons
    assert all(h.said is not None and english(h.said) == h.why for h in reasons.values())
    given = inputs("healthy", ("en", "de"))
    region = given.config.regions[0].id
    silent = next(iter(reasons.values()))
    past = replace(given.past, health={**given.past.health, region: replace(silent, region=region)})
    why = {lang: build(replace(given, past=past), lang).regions[0].why for lang in ("en", "de")}
    assert why["en"] == silent.why[:1].upper() + silent.why[1:] + "."
    assert silent.said is not None
    assert why["de"] == (lambda words: words[:1].upper() + words[1:] + ".")(text.of("de").say(silent.said))


def test_a_region_that_was_well_before_the_silence_is_not_said_to_be_well() -> None:
    """On a page without fresh evidence the last thing known of a region is when it was heard."""
    for region in build(inputs("stale"), "en").regions:
        assert region.word == "silent"
        assert region.why == "Nothing has been heard from this region since 03:00 UTC."


def test_a_reason_from_an_older_history_stays_as_it_was_written() -> None:
    given = inputs("healthy", ("de",))
    region = given.config.regions[0].id
    old = Health(region, RegionHealth.SUSPECT, "the old words", Failure.INTERNAL, NOW)
    past = replace(given.past, health={**given.past.health, region: old})
    assert build(replace(given, past=past), "de").regions[0].why == "The old words."
