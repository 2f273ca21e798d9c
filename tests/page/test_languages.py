"""Every language says everything: no message without a translation, no translation that drops a value."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import Literal

import pytest
from babel.lists import format_list
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from babel.numbers import get_decimal_symbol, get_group_symbol

from generator import text
from generator.locales import extract
from generator.model import Failure, Status
from tests.page.building import PAGES, file_of, rendered
from tests.reading.test_config import load, text_with
from tests.samples import NOW, site_view

LOCALES = Path(extract.__file__).parent
LANGUAGES = ("es", "de", "fr", "pt", "ja", "zh_Hans", "ar")
FEATURES = re.compile(r"\{(\w+)\}")


def catalogue_of(lang: str) -> Catalog:
    return read_po(BytesIO((LOCALES / f"{lang}.po").read_bytes()), locale=lang)


def test_the_promised_languages_are_there() -> None:
    assert set(text.languages()) == {"en", *LANGUAGES}


@pytest.mark.parametrize("written", ["zh-Hans", "zh_Hans"])
def test_a_language_may_be_written_as_html_or_as_its_catalogue_is_called(tmp_path: Path, written: str) -> None:
    plain = text_with().replace("{title: Test}", f"{{title: Test, languages: [en, {written}]}}")
    languages = load(tmp_path, plain).site.languages
    assert languages == ("en", "zh-Hans")
    assert text.of(languages[1]).status(Status.UNKNOWN) == "未知"


def test_english_is_said_without_the_library_as_the_library_would_say_it() -> None:
    """The default language costs no library; its habits are those of its locale."""
    t = text.of("en")
    assert (t.name, t.dir, t.locale.english_name) == (t.locale.language_name, "ltr", "English (United Kingdom)")
    assert t.locale.character_order == "left-to-right"
    assert t._marks == (get_decimal_symbol(t.locale), get_group_symbol(t.locale))
    styles: tuple[Literal["standard", "or"], ...] = ("standard", "or")
    for style in styles:
        for items in ("ab", "abc", "abcd"):
            assert t.list(items, style) == format_list(items, style, locale=t.locale)


@pytest.mark.parametrize(("lang", "between", "stop"), [("ja", "；", "。"), ("zh-Hans", "；", "。"), ("ar", "؛", ".")])
def test_sentences_are_put_together_with_the_marks_of_the_language(lang: str, between: str, stop: str) -> None:
    view = site_view("down", lang, ("en", lang))
    assert between in view.sentence
    assert ";" not in view.sentence
    said = [c.sentence for c in view.components] + [
        c.sentence for c in site_view("stale", lang, ("en", lang)).components
    ]
    assert {sentence[-1] for sentence in said} == {stop}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_message_is_translated(lang: str) -> None:
    assert extract.untranslated(LOCALES / f"{lang}.po", extract.messages()) == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_translation_keeps_every_value(lang: str) -> None:
    """A sentence that loses its time or its place would say something else. Plural forms may leave out the number."""
    catalogue = catalogue_of(lang)
    for message in catalogue:
        if isinstance(message.id, str):
            assert sorted(set(FEATURES.findall(message.id))) == sorted(set(FEATURES.findall(str(message.string)))), (
                message.id
            )
            continue
        for form in message.string:
            assert (
                set(FEATURES.findall(message.id[1])) - {"n"}
                <= set(FEATURES.findall(form))
                <= set(FEATURES.findall(message.id[1]))
            )


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_catalogue_keeps_messages_that_nobody_asks_for(lang: str) -> None:
    catalogue = catalogue_of(lang)
    known = {m.id if isinstance(m.id, str) else m.id[0] for m in catalogue if m.id}
    assert known == set(extract.messages())


def test_no_message_hides_from_the_extraction() -> None:
    """Inside an f-string a message is invisible to the tokenizer; it must also stand in the open."""
    known = set(extract.messages())
    for method, path in extract.sources():
        if method == "python":
            hidden = re.findall(r"\{(?:\w+\.)?t\('([^']+)'", path.read_text())
            assert set(hidden) <= known, path.name


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_page_in_a_language_has_no_english_interface_left(lang: str) -> None:
    """What remains English is content: names, notes, causes, the words of targets."""
    files = rendered((site_view("down", "en", ("en", lang)), site_view("down", lang, ("en", lang))))
    tag = text.of(lang).tag
    for name in ("index", "component", "incident", "compare", "history", "feeds"):
        page = files[f"{tag}/{file_of(PAGES[name])}"].decode()
        body = page[page.index("<main") : page.index("<script type=")]
        words = re.sub(r"<[^>]+>", " ", body)
        for english in (
            "operational",
            "major outage",
            "Checked",
            "If it is later",
            "What you can do",
            "Incidents",
            "Since",
            "Uptime",
            "The numbers",
            "observed",
        ):
            same = text.of(lang)(english) == english
            assert same or english not in words, f"{name}: {english}"


@pytest.mark.parametrize("lang", ["en", *LANGUAGES])
def test_every_status_and_failure_has_a_word_of_its_own(lang: str) -> None:
    t = text.of(lang)
    assert len({t.status(s) for s in Status}) == len(Status)
    assert all(t.failure(f) for f in Failure)


def test_arabic_counts_in_its_six_ways() -> None:
    t = text.of("ar")
    said = [t.n("{n} incident", "{n} incidents", n) for n in (0, 1, 2, 3, 11, 100)]
    assert len(set(said)) == 6


def test_a_name_keeps_its_direction_inside_an_arabic_sentence() -> None:
    assert "\u2068Civitai\u2069" in text.of("ar")("{platform} works.", platform="Civitai")
    assert "\u2068" not in text.of("de")("{platform} works.", platform="Civitai")


@pytest.mark.parametrize(
    ("lang", "when", "share", "length"),
    [
        ("en", "23 Nov 2026, 06:00 UTC", "99.98 %", "1 h 25 min"),
        ("de", "23. Nov. 2026, 06:00 UTC", "99,98 %", "1 h 25 min"),
        ("fr", "23 nov. 2026, 06:00 UTC", "99,98 %", "1 h 25 min"),
        ("ja", "2026年11月23日 06:00 UTC", "99.98%", "1時間 25分"),
    ],
)
def test_dates_shares_and_durations_follow_the_language(lang: str, when: str, share: str, length: str) -> None:
    t = text.of(lang)
    assert (t.when(NOW).text, t.percent(0.99987), t.duration(5100)) == (when, share, length)


def test_an_unknown_language_speaks_english_with_its_own_dates() -> None:
    t = text.of("nl")
    assert t("Checked {time} from {regions}.", time="1", regions="2") == "Checked 1 from 2."
    assert t.when(NOW).text == "23 nov 2026, 06:00 UTC"
