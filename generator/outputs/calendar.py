"""`/maintenance.ics`: one event for each maintenance window, for people's calendars.

The UID never changes, SEQUENCE counts the facts that were added, DTSTAMP is the newest fact. A maintenance that was
completed before it began is cancelled.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..model import Artifact, Progress, Time
from ..siteview import IncidentView, SiteView
from . import Output
from ._again import Again
from ._plain import absolute, changed, clean, code, host, moment, one_line

if TYPE_CHECKING:
    from ..artifacts import Deferred
    from ..cache import Cache

FILE = "maintenance.ics"
LIMIT = 100


def windows(incident: IncidentView) -> tuple[tuple[Time, Time], ...]:
    """The windows of a maintenance, oldest first; a single one for a maintenance that does not recur."""
    if incident.windows:
        return tuple(sorted(incident.windows))
    start = incident.scheduled_for or incident.started
    end = incident.scheduled_until or incident.ended or start
    return ((start.at, max(start.at, end.at)),)


def planned(view: SiteView) -> tuple[IncidentView, ...]:
    return tuple(incident for incident in view.incidents if incident.kind == "maintenance")


def calendar(view: SiteView, maintenance: Sequence[IncidentView]) -> bytes:
    from icalendar import Calendar

    found = Calendar()
    found.add("prodid", f"-//Roadworthy//{host(view)}//EN")
    found.add("version", "2.0")
    found.add("method", "PUBLISH")
    found.add("x-wr-calname", one_line(f"{view.title}: maintenance"))
    found.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    events = [(start, end, incident) for incident in maintenance for start, end in windows(incident)]
    events.sort(key=lambda event: (event[0], event[2].id), reverse=True)
    for start, end, incident in events[:LIMIT]:
        found.add_component(_event(view, incident, start, end))
    return bytes(found.to_ical())


def _event(view: SiteView, incident: IncidentView, start: Time, end: Time) -> Any:
    from icalendar import Event

    event = Event()
    # A recurring maintenance has an event for each window; the first start tells them apart for ever.
    recurs = len(incident.windows) > 1
    event.add("uid", f"{code('maintenance', incident.id, str(start) if recurs else '')}@{host(view)}")
    event.add("dtstamp", moment(changed(incident)))
    event.add("last-modified", moment(changed(incident)))
    event.add("dtstart", moment(start))
    if end > start:
        event.add("dtend", moment(end))
    event.add("summary", one_line(incident.title))
    event.add("description", _description(incident))
    event.add("url", absolute(view, incident.url))
    event.add("sequence", len(incident.updates) + sum(1 for update in incident.updates if update.edited))
    event.add("status", "CANCELLED" if _cancelled(incident, start) else "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    names = [one_line(link.text) for link in incident.component_links]
    if names:
        event.add("categories", names)
    return event


def _cancelled(incident: IncidentView, start: Time) -> bool:
    done = incident.status is Progress.COMPLETED and incident.ended is not None
    return done and incident.ended is not None and incident.ended.at <= start


def _description(incident: IncidentView) -> str:
    lines = [f"{update.at.text}, {update.word}: {update.text}" for update in incident.updates]
    return clean("\n\n".join(lines) or incident.title).replace("\r\n", "\n").replace("\r", "\n")


def render(views: tuple[SiteView, ...], templates: tuple[Path, ...]) -> Iterator[Artifact]:
    yield Artifact(FILE, calendar(views[0], planned(views[0])))


def again(views: tuple[SiteView, ...], templates: tuple[Path, ...], memory: Cache) -> Iterator[Artifact | Deferred]:
    """The same; while no maintenance says anything new, the calendar is not written again."""
    maintenance = planned(views[0])

    def make(view: SiteView) -> list[tuple[str, bytes]]:
        return [(FILE, calendar(view, maintenance))]

    yield from Again(memory, views[0]).print("calendar", [((maintenance,), make)])


OUTPUT = Output("calendar", render, again)
