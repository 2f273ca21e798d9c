"""`/maintenance.ics` and `/feeds.opml`, read back by their own parsers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from icalendar import Calendar
from lxml import etree

from generator.model import Progress
from generator.outputs._feedlist import feeds_of
from generator.siteview import IncidentView, SiteView
from tests.feeds.rendering import files
from tests.feeds.views import BASE, DAY, HOUR, NOW, incident, maintenance, site, update, when

PLANNED = maintenance(
    "m-1",
    NOW + DAY,
    NOW + DAY + HOUR,
    update(NOW - DAY, Progress.SCHEDULED, "Uploads pause; save first, please."),
    title="Database upgrade",
)


def events(view: SiteView) -> list[Any]:
    return list(Calendar.from_ical(files(view, "calendar")["maintenance.ics"]).walk("VEVENT"))


def event(one: IncidentView) -> Any:
    (found,) = events(site(one))
    return found


def test_an_event_for_a_window_with_its_text() -> None:
    found = event(PLANNED)
    assert found["SUMMARY"] == "Database upgrade"
    assert (found.start, found.end) == (datetime(2026, 11, 24, 6, tzinfo=UTC), datetime(2026, 11, 24, 7, tzinfo=UTC))
    assert found["STATUS"] == "CONFIRMED"
    assert found["URL"] == f"{BASE}/incidents/m-1/"
    assert "Uploads pause; save first, please." in found["DESCRIPTION"]


def test_incidents_are_not_in_the_calendar() -> None:
    assert events(site(incident("x", update(NOW, Progress.INVESTIGATING, "x")))) == []


def test_an_event_keeps_its_uid_and_counts_its_changes() -> None:
    moved = replace(
        PLANNED,
        title="Moved",
        updates=(update(NOW, Progress.SCHEDULED, "Later."), *PLANNED.updates),
        scheduled_for=when(NOW + 2 * DAY),
        scheduled_until=when(NOW + 2 * DAY + HOUR),
    )
    before, after = event(PLANNED), event(moved)
    assert before["UID"] == after["UID"]
    assert after["SEQUENCE"] > before["SEQUENCE"]


def test_an_edit_that_says_so_counts_as_a_change() -> None:
    edited = replace(PLANNED, updates=(replace(PLANNED.updates[0], edited=when(NOW)),))
    assert event(edited)["SEQUENCE"] > event(PLANNED)["SEQUENCE"]


def test_a_maintenance_completed_before_it_began_is_cancelled() -> None:
    called_off = replace(PLANNED, status=Progress.COMPLETED, ended=when(NOW))
    assert event(called_off)["STATUS"] == "CANCELLED"


def test_a_maintenance_that_took_place_is_not_cancelled() -> None:
    done = replace(PLANNED, status=Progress.COMPLETED, ended=when(NOW + DAY + HOUR))
    assert event(done)["STATUS"] == "CONFIRMED"


def test_a_recurring_maintenance_has_an_event_for_each_window() -> None:
    weekly = replace(PLANNED, windows=tuple((NOW + n * 7 * DAY, NOW + n * 7 * DAY + HOUR) for n in range(4)))
    found = events(site(weekly))
    assert len({one["UID"] for one in found}) == 4
    fewer = replace(weekly, windows=weekly.windows[1:])
    assert {one["UID"] for one in events(site(fewer))} < {one["UID"] for one in found}


def test_the_calendar_is_bounded() -> None:
    endless = replace(PLANNED, windows=tuple((NOW + n * DAY, NOW + n * DAY + HOUR) for n in range(1000)))
    assert len(events(site(endless))) == 100


@pytest.mark.parametrize(
    "text",
    ["a\r\nEND:VEVENT\r\nBEGIN:VEVENT", "a;b,c\\d", "x" * 500, "ü" * 200, "a\x00\x0bb", "=1+1", "\ud800"],
    ids=["ends the event", "separators", "long", "long in octets", "control characters", "formula", "surrogate"],
)
def test_no_title_or_text_breaks_the_calendar(text: str) -> None:
    hostile = replace(PLANNED, title=text, updates=(replace(PLANNED.updates[0], text=text),))
    body = files(site(hostile), "calendar")["maintenance.ics"]
    assert len(list(Calendar.from_ical(body).walk("VEVENT"))) == 1
    assert all(len(line) <= 75 for line in body.split(b"\r\n"))
    assert b"\n" not in body.replace(b"\r\n", b"")


def test_a_text_of_several_lines_comes_back_whole() -> None:
    told = replace(PLANNED, updates=(replace(PLANNED.updates[0], text="First; line\r\nSecond, line"),))
    assert "First; line\nSecond, line" in event(told)["DESCRIPTION"]


def test_a_build_without_news_gives_the_same_calendar() -> None:
    view = site(PLANNED)
    assert files(view, "calendar") == files(replace(view, generated_at=when(NOW + DAY)), "calendar")


# ---- OPML ----------------------------------------------------------------------------------------------------------------


def test_the_opml_lists_every_atom_feed_once() -> None:
    view = site(PLANNED)
    root = etree.fromstring(files(view, "opml")["feeds.opml"])
    listed = [outline.get("xmlUrl") for outline in root.iterfind("body/outline/outline")]
    assert sorted(listed) == sorted(BASE + feed.url for feed in feeds_of(view) if feed.format == "atom")
    assert root.get("version") == "2.0"


def test_no_title_breaks_the_opml() -> None:
    view = replace(site(), title='"><outline a="\x00&\ud800')
    root = etree.fromstring(files(view, "opml")["feeds.opml"])
    assert root.findtext("head/title") == '"><outline a="\ufffd&\ufffd'
