"""Planned work that nobody said a word about: subscribers hear of it once, when it comes onto the page, and no date of it
lies in the future."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import feedparser
import pytest

from generator import incidents, view
from generator.incidents import published
from generator.incidents.published import Register
from generator.model import Impact, Note, Past, Place, Progress, Update
from generator.siteview import SiteView
from tests import samples
from tests.feeds.rendering import files

T = samples.NOW
HOUR, DAY, WEEK = 3600, 86400, 7 * 86400
CONFIG = samples.config()
PART = "civitai/search"


def iso(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()


def work(*windows: tuple[int, int], updates: tuple[Update, ...] = ()) -> Note:
    return Note(
        "db", "maintenance", "Database upgrade", Impact.MAINTENANCE, windows[0][0], (PART,), (), updates, windows[-1][1],
        windows=windows, place=Place("content/maintenance/db.md", 1, 1),
    )  # fmt: skip


ONCE = work((T + DAY, T + DAY + HOUR))
WEEKLY = work(*((T + DAY + n * WEEK, T + DAY + n * WEEK + HOUR) for n in range(9)))
RUNNING = work(*((T - DAY + n * WEEK, T - DAY + n * WEEK + HOUR) for n in range(9)))


def told(note: Note, now: int, register: Register) -> tuple[SiteView, Register]:
    """What a run shows, and what it writes down."""
    merged = incidents.merge(CONFIG, Past(checked_at=now - 60), (note,), (), now, published=register)
    shown = view.build(view.Inputs(CONFIG, Past(checked_at=now - 60), merged, (), (), (), now), "en")
    return shown, published.advance(register, merged, {PART}, now)


def life(note: Note, *moments: int) -> list[SiteView]:
    """A run at each of these moments, the register read anew each time."""
    views, register = [], Register(T - 300)
    for now in moments:
        shown, after = told(note, now, register)
        register = published.from_meta(published.to_meta(after))
        views.append(shown)
    return views


def entries(shown: SiteView, path: str) -> list[tuple[str, str, str]]:
    found = feedparser.parse(files(shown, "feeds")[path]).entries
    return [(entry.title, entry.published, entry.updated) for entry in found]


@pytest.mark.parametrize("note", [ONCE, WEEKLY], ids=["once", "weekly"])
def test_who_reads_updates_hears_of_it_once_when_it_comes_onto_the_page(note: Note) -> None:
    views = life(note, T, T + 300, T + HOUR)
    assert entries(views[0], "updates.atom") == [("[Scheduled] Database upgrade", iso(T - 300), iso(T - 300))]
    assert len({files(shown, "feeds")["updates.atom"] for shown in views}) == 1
    assert "Planned for" in files(views[0], "feeds")["updates.rss"].decode()


@pytest.mark.parametrize("note", [ONCE, WEEKLY, RUNNING], ids=["once", "weekly", "weekly, since before the page"])
def test_no_date_lies_in_the_future_and_the_first_one_stays(note: Note) -> None:
    moments = (T, T + DAY + 60, T + DAY + 2 * HOUR, T + 3 * WEEK)
    starts = set()
    for now, shown in zip(moments, life(note, *moments), strict=True):
        ((_, begun, changed),) = entries(shown, "history.atom")
        assert begun <= changed <= iso(now)
        starts.add(begun)
        api = json.loads(files(shown, "statuspage")["api/v2/scheduled-maintenances.json"])
        (one,) = api["scheduled_maintenances"]
        assert one["created_at"] <= one["updated_at"] <= iso(now).replace("+00:00", ".000Z")
        years = [file for path, file in files(shown, "data").items() if path.endswith("incidents/2026.json")]
        assert json.loads(years[0])["incidents"][0]["changed"] == changed.replace("+00:00", "Z")
    assert len(starts) == 1


def test_a_build_between_two_runs_says_what_the_next_run_will_say() -> None:
    built, _ = told(ONCE, T + 100, Register(T - 300))
    (ran,) = life(ONCE, T + 250)
    assert files(built, "feeds") == files(ran, "feeds")


def test_once_told_it_stays_told_though_somebody_finds_words_later() -> None:
    word = Update("20261123T0700Z", T + HOUR, Progress.SCHEDULED, "Uploads pause.", "<p>Uploads pause.</p>")
    _, register = told(ONCE, T, Register(T - 300))
    spoken, _ = told(replace(ONCE, updates=(word,)), T + 2 * HOUR, register)
    assert [title for title, *_ in entries(spoken, "updates.atom")] == ["[Scheduled] Database upgrade"] * 2


def test_work_that_somebody_announced_is_not_announced_again() -> None:
    word = Update("20261123T0600Z", T, Progress.SCHEDULED, "Uploads pause.", "<p>Uploads pause.</p>")
    (shown,) = life(replace(ONCE, updates=(word,)), T + 60)
    assert len(entries(shown, "updates.atom")) == 1


def test_work_of_long_ago_is_not_announced() -> None:
    (shown,) = life(work((T - 9 * DAY, T - 9 * DAY + HOUR)), T)
    assert [title for title, *_ in entries(shown, "updates.atom")] == [
        "[Completed] Database upgrade", "[In progress] Database upgrade"
    ]  # fmt: skip
