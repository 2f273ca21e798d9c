"""The same life told by the real stages: outages and notes merged, made into a view, written as feeds.

The stages are other people's; what is held here is what a subscriber relies on: one incident, one id, no update twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import feedparser

from generator import incidents, view
from generator.model import ALL, Failure, Impact, Note, Outage, Past, Place, Progress, Span, Status, Update
from generator.siteview import SiteView
from tests import samples
from tests.feeds.rendering import files

T = samples.NOW
PART = "civitai/search"
CONFIG = samples.config()

OUTAGE = Outage(
    "civitai-search-20261123T0600Z",
    PART,
    ("eu-west", "us-east", "ap-northeast"),
    T,
    T + 300,
    None,
    Status.PARTIAL_OUTAGE,
    (Failure.TIMEOUT,),
)


def wrote(at: int, status: Progress, text: str) -> Update:
    import time

    return Update(time.strftime("%Y%m%dT%H%MZ", time.gmtime(at)), at, status, text, f"<p>{text}</p>")


def note(
    *updates: Update, ended: int | None = None, title: str = "Search is down", file: str = "2026-11-23-search.md"
) -> Note:
    return Note(
        "2026-11-23-search",
        "incident",
        title,
        Impact.MAJOR,
        T,
        (PART,),
        (),
        updates,
        ended,
        place=Place(f"content/incidents/{file}", 1, 1),
    )


def told(now: int, outage: Outage | None, *notes: Note) -> SiteView:
    spans = [Span(PART, ALL, T - 80 * 86400, T if outage else None, Status.OPERATIONAL)]
    if outage:
        spans.append(Span(PART, ALL, T, outage.ended, outage.worst, Failure.TIMEOUT))
        spans += [Span(PART, ALL, outage.ended, None, Status.OPERATIONAL)] if outage.ended else []
    past = Past(spans=tuple(spans), outages=(outage,) if outage else (), checked_at=now - 60, first_at=T - 90 * 86400)
    merged = incidents.merge(CONFIG, past, notes, (), now)
    return view.build(view.Inputs(CONFIG, past, merged, (), (), (), now), "en")


FIRST = wrote(T + 1200, Progress.INVESTIGATING, "factnote we see it too.")
SECOND = wrote(T + 2400, Progress.IDENTIFIED, "factqueue the queue is full.")
LAST = wrote(T + 6000, Progress.RESOLVED, "factresolved search works.")
WORSE = replace(OUTAGE, worst=Status.MAJOR_OUTAGE, regions=("eu-west", "us-east", "ap-northeast", "sa-east"))
OVER = replace(WORSE, ended=T + 5400)


def life() -> Iterator[SiteView]:
    yield told(T + 60, None)
    yield told(T + 360, OUTAGE)
    yield told(T + 660, OUTAGE)
    yield told(T + 960, WORSE)
    yield told(T + 1260, WORSE, note(FIRST))
    yield told(T + 1560, WORSE, note(FIRST, title="Search does not answer"))
    yield told(T + 2460, WORSE, note(FIRST, SECOND))
    yield told(T + 5460, OVER, note(FIRST, SECOND))
    yield told(T + 6060, OVER, note(FIRST, SECOND, LAST, ended=T + 6000))
    yield told(T + 6360, OVER, note(FIRST, SECOND, LAST, ended=T + 6000, file="2026-11-23-renamed.md"))


def entries(view: SiteView, path: str) -> dict[str, str]:
    return {
        entry.id: f"{entry.title} {entry.content[0].value}"
        for entry in feedparser.parse(files(view, "feeds")[path]).entries
    }


def test_it_is_one_incident_from_the_first_check_to_the_renamed_file() -> None:
    ids = [list(entries(step, "history.atom")) for step in life()]
    assert ids[0] == []
    assert all(found == ids[1] for found in ids[1:])
    assert len(ids[1]) == 1


def test_no_update_is_told_twice_or_taken_back() -> None:
    """An id that was seen stays, says the same thing, and nobody's words come under a second id."""
    seen: dict[str, str] = {}
    for step in life():
        now = entries(step, "updates.atom")
        assert seen.keys() <= now.keys()
        seen |= now
    for fact in ("factnote", "factqueue", "factresolved"):
        assert sum(fact in text for text in seen.values()) == 1


def test_every_build_brings_at_most_what_happened_in_it() -> None:
    counts = [len(entries(step, "updates.atom")) for step in life()]
    new = [after - before for before, after in pairwise(counts)]
    #      found  –  worse  note  title  update  over  resolved  renamed
    assert new[0] == 1
    assert new[1] == new[4] == new[8] == 0
    assert new[3] == new[5] == 1
    assert all(one >= 0 for one in new)
    assert counts[-1] <= 7


def test_time_alone_changes_no_feed_no_calendar_and_no_answer_for_statuspage_clients() -> None:
    """Five minutes later, nothing happened: whoever asks with If-None-Match is told so."""
    given = samples.inputs("down")
    before, after = (view.build(replace(given, now=given.now + seconds), "en") for seconds in (0, 240))
    outputs = ("feeds", "calendar", "opml", "statuspage")
    assert files(before, *outputs) == files(after, *outputs)
