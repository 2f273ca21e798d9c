"""A life in feeds: over thirty builds each kind of subscriber hears each fact exactly once."""

from __future__ import annotations

from collections import Counter

import feedparser
import pytest

from tests.feeds.life import INCIDENTS, UPDATES, steps
from tests.feeds.rendering import files


def test_there_are_thirty_builds_and_they_tell_what_they_claim() -> None:
    told = list(steps())
    assert len(told) == 30
    assert sum(len(step.incidents) for step in told) == INCIDENTS
    assert sum(len(step.updates) for step in told) == UPDATES


@pytest.mark.parametrize("form", ["rss", "atom"])
@pytest.mark.parametrize("family", ["history", "updates"])
def test_who_reads_by_id_hears_each_fact_once(family: str, form: str) -> None:
    """What mail bridges and chats do: an id they know is old news."""
    seen: set[str] = set()
    for step in steps():
        entries = feedparser.parse(files(step.view, "feeds")[f"{family}.{form}"]).entries
        new = [entry for entry in entries if entry.id not in seen]
        seen |= {entry.id for entry in entries}
        wanted = step.incidents if family == "history" else step.updates
        text = [
            f"{entry.title} {entry.summary if 'summary' in entry else ''} {entry.content[0].value if 'content' in entry else ''}"
            for entry in new
        ]
        assert len(new) == len(wanted), step.name
        assert all(any(word in one for one in text) for word in wanted), step.name


@pytest.mark.parametrize("path", ["history.atom", "updates.atom"])
def test_who_watches_the_date_hears_of_edits_that_say_so_and_of_nothing_else(path: str) -> None:
    """What a reader does that shows entries again when `updated` changes."""
    known: dict[str, str] = {}
    again: Counter[str] = Counter()
    for step in steps():
        for entry in feedparser.parse(files(step.view, "feeds")[path]).entries:
            if known.get(entry.id, entry.updated) != entry.updated:
                again[step.name] += 1
            known[entry.id] = entry.updated
    edits = {"an update is edited and says so": 1}
    # In the history each later update is a change of its incident; the inserted, older one is not newer than what is known.
    grown = {
        step.name: 1
        for step in steps()
        if step.updates and not step.incidents and step.name != "an older update is inserted"
    }
    assert again == (edits if path == "updates.atom" else grown | edits)


def test_the_history_holds_every_fact_exactly_once_at_the_end() -> None:
    *_, last = steps()
    body = files(last.view, "feeds")["history.rss"].decode()
    facts = [word for step in steps() for word in step.updates]
    assert {word: body.count(word) for word in facts} == dict.fromkeys(facts, 1)


def test_builds_without_news_change_no_byte_of_any_feed() -> None:
    before: dict[str, bytes] = {}
    quiet = {
        "nothing happens",
        "still failing",
        "rebuilt at once",
        "nothing new",
        "both on the page",
        "a last build without news",
    }
    checked = 0
    for step in steps():
        now = files(step.view, "feeds")
        if step.name in quiet:
            assert now == before, step.name
            checked += 1
        before = now
    assert checked >= len(quiet)
