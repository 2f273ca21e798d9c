"""A deleted note in feeds and on the site: subscribers hear once that it is withdrawn, and no link of theirs ends in 404."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import feedparser
import pytest

from generator import incidents, view
from generator.incidents.published import Register, advance, gone
from generator.model import Note, Past, Progress, Span, Status
from generator.siteview import SiteView
from tests.feeds import schemas
from tests.feeds.rendering import files
from tests.feeds.test_life_for_real import CONFIG, FIRST, PART, SECOND, T, note, wrote
from tests.page.building import rendered

PUBLIC = frozenset(c.id for c in CONFIG.components)
OTHER = replace(note(wrote(T + 900, Progress.INVESTIGATING, "factother something else."), title="Other"), id="other")
TALE = note(FIRST, SECOND, title="Search is down, says Jane Doe")
"""What the person thought better of."""


def told(now: int, register: Register, *notes: Note, lang: str = "en") -> tuple[SiteView, Register]:
    past = Past(
        spans=(Span(PART, "*", T - 80 * 86400, None, Status.OPERATIONAL),), checked_at=now - 60, first_at=T - 90 * 86400
    )
    merged = incidents.merge(CONFIG, past, notes, (), now, published=register)
    lost = gone(register, merged)
    built = view.build(view.Inputs(CONFIG, past, merged, (), (), (), now, gone=lost), lang)
    return built, advance(register, merged, PUBLIC, now)


def life() -> Iterator[SiteView]:
    """Two notes, one is deleted, a build without news, it comes back."""
    register = Register()
    for now, notes in (
        (T + 3000, (TALE, OTHER)),
        (T + 3300, (OTHER,)),
        (T + 3600, (OTHER,)),
        (T + 3900, (TALE, OTHER)),
    ):
        built, register = told(now, register, *notes)
        yield built


def entries(built: SiteView, path: str) -> dict[str, feedparser.FeedParserDict]:
    return {entry.id: entry for entry in feedparser.parse(files(built, "feeds")[path]).entries}


@pytest.mark.parametrize("form", ["rss", "atom"])
def test_who_reads_updates_hears_once_that_it_is_withdrawn(form: str) -> None:
    """A mail that said "down" is followed by one that takes it back; a note that returns brings nothing twice."""
    seen: set[str] = set()
    heard = []
    for built in life():
        now = entries(built, f"updates.{form}")
        heard.append(sorted(entry.title for id, entry in now.items() if id not in seen))
        seen |= now.keys()
    assert heard[1:] == [["[Withdrawn] Civitai: Model search (23 Nov 2026)"], [], []]


def test_in_the_history_it_stays_one_item_that_says_so() -> None:
    before, after, later, back = (entries(built, "history.atom") for built in life())
    assert before.keys() == after.keys() == later.keys() == back.keys()
    (id,) = (id for id, entry in after.items() if entry.title.startswith("[Withdrawn]"))
    assert before[id].title == back[id].title == "Search is down, says Jane Doe"
    text = after[id].content[0].value
    assert "<strong>Withdrawn</strong> - This stood here until 23 Nov 2026, 06:50 UTC and has been withdrawn." in text
    assert after[id].updated == "2026-11-23T06:50:00+00:00"


def test_nothing_that_was_written_is_repeated() -> None:
    _, after, *_ = life()
    built = b"".join(files(after).values())
    assert b"Jane Doe" not in built
    assert b"factqueue" not in built


def test_a_withdrawn_incident_is_in_the_feeds_it_was_in() -> None:
    _, after, *_ = life()
    built = files(after, "feeds")
    for path in (
        "platforms/civitai/updates.rss",
        f"components/{PART}/updates.atom",
        "impact/major/history.atom",
        "regions/eu-west/history.rss",
    ):
        assert b"Withdrawn" in built[path], path
    assert b"Withdrawn" not in built["impact/critical/history.atom"]


def test_it_is_no_incident_any_more_for_programs() -> None:
    """Neither open nor resolved: it is in no answer but the feeds."""
    _, after, *_ = life()
    built = files(after, "statuspage", "api", "data", "calendar", "metrics")
    assert b"ithdrawn" not in b"".join(body for path, body in built.items() if "schema" not in path)
    (other,) = json.loads(built["api/v2/incidents.json"])["incidents"]
    assert other["name"] == "Other"


def test_the_json_feed_says_it_in_a_word_and_fits_its_schema() -> None:
    _, after, *_ = life()
    body = files(after, "feeds")["feed.json"]
    states = {item["_status"]["state"]: item["_status"]["resolved"] for item in json.loads(body)["items"]}
    assert states == {"withdrawn": None, "investigating": None}
    assert schemas.problems("feed.json", body) == []


def test_a_build_without_news_changes_no_byte() -> None:
    _, after, later, _ = life()
    assert files(after, "feeds", "statuspage", "calendar") == files(later, "feeds", "statuspage", "calendar")


@pytest.mark.parametrize("lang", ["en", "de", "ar"])
def test_its_address_is_a_page_that_says_so(lang: str) -> None:
    _, register = told(T + 3000, Register(), TALE, OTHER)
    built, _ = told(T + 3300, register, OTHER, lang=lang)
    (one,) = built.gone
    pages = {path: body.decode() for path, body in rendered((built,)).items() if path.endswith((".html", ".json"))}
    page = pages[f"incidents/{TALE.id}/index.html"]
    assert one.sentence in page
    assert 'id="withdrawn"' in page
    assert '<meta name="robots" content="noindex">' in page
    assert TALE.id not in pages["history/index.html"]
    assert TALE.id not in pages["history/index.json"]


def test_a_renamed_note_that_is_deleted_leaves_no_address_of_it_empty() -> None:
    _, register = told(T + 3000, Register(), TALE, OTHER)
    _, register = told(T + 3300, register, replace(TALE, id="renamed"), OTHER)
    built, _ = told(T + 3600, register, OTHER)
    pages = rendered((built,))
    assert [one.id for one in built.gone] == [TALE.id]
    assert b"withdrawn" in pages["incidents/renamed/index.html"]
