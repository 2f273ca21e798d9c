"""Announced work: which windows hold for whom, and what they do to the picture.

Pure. A window changes what is shown (`under_maintenance`), never what was measured; uptime leaves the windows out
(`generator.history`). Never touches a component or a region that the note does not name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from ..model import (
    ALL,
    Config,
    Impact,
    Incident,
    IncidentUpdate,
    Moment,
    Note,
    Past,
    Progress,
    Said,
    Standing,
    Status,
    Time,
)
from ..plain import english, paragraph, said

if TYPE_CHECKING:
    from .naming import Name

Windows = tuple[tuple[Time, Time], ...]

_OVER = (Progress.COMPLETED, Progress.RESOLVED, Progress.POSTMORTEM)


def windows_of(note: Note) -> Windows:
    """The windows of one note, oldest first; a person who says `completed` earlier ends the running one there."""
    if note.kind != "maintenance":
        return ()
    spans = note.windows
    if not spans and note.ended is not None:
        spans = ((note.started, note.ended),)
    done = [u.at for u in note.updates if u.status in _OVER]
    result = []
    for start, end in sorted(spans):
        cut = min([end, *(at for at in done if start <= at < end)])
        # work that was called off before it began leaves no window
        if len(spans) == 1 and any(at < start for at in done):
            continue
        if cut > start:
            result.append((start, cut))
    return tuple(result)


def covers(config: Config, note: Note, component: str, region: str = ALL) -> bool:
    """Whether the note announces work on this component here; ALL is covered only when every region is."""
    if note.kind != "maintenance" or component not in note.components:
        return False
    if not note.regions or region in note.regions:
        return True
    return region == ALL and {r.id for r in config.regions} <= set(note.regions)


def maintenance_windows(config: Config, notes: Iterable[Note], component: str, region: str = ALL) -> Windows:
    """Every announced window of a component in a region (or over all), oldest first; overlaps joined."""
    found = sorted(w for n in notes if covers(config, n, component, region) for w in windows_of(n))
    joined: list[tuple[Time, Time]] = []
    for start, end in found:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return tuple(joined)


def overlay(config: Config, past: Past, notes: Iterable[Note], now: Time) -> Past:
    """The past with `under_maintenance` standing wherever announced work is going on now; nothing else changes."""
    announced = [n for n in notes if n.kind == "maintenance" and any(s <= now < e for s, e in windows_of(n))]
    if not announced:
        return past
    standings: dict[tuple[str, str], Standing] = dict(past.standings)
    for key, standing in past.standings.items():
        running = [w for n in announced if covers(config, n, *key) for w in windows_of(n) if w[0] <= now < w[1]]
        if running:
            since = min(start for start, _ in running)
            standings[key] = replace(standing, status=Status.UNDER_MAINTENANCE, since=since, rule="maintenance")
    return replace(past, standings=standings)


def progress(note: Note, now: Time) -> Progress:
    """Where the work stands: what a person said last, moved on by the clock."""
    windows = windows_of(note)
    said = note.updates[-1].status if note.updates else Progress.SCHEDULED
    if said in _OVER and len(note.windows) <= 1:
        return Progress.COMPLETED
    if any(s <= now < e for s, e in windows):
        return Progress.VERIFYING if said is Progress.VERIFYING else Progress.IN_PROGRESS
    if any(now < s for s, _ in windows):
        return Progress.SCHEDULED
    return Progress.COMPLETED


def incident_of(
    note: Note, updates: tuple[IncidentUpdate, ...], now: Time, name: Name, since: Time | None = None
) -> Incident:
    """The maintenance as it is published. A single window's begin and end are facts of their own, said once; so is that
    it was planned, where it came onto the page before it began, at `since`, without anybody's word."""
    status = progress(note, now)
    windows = windows_of(note)
    end = max((e for _, e in windows), default=note.ended if note.ended is not None else note.started)
    own = {u.status for u in note.updates}
    automatic: list[IncidentUpdate] = []
    if windows and since is not None and since < windows[0][0]:
        planned = said("Planned for {start}", start=Moment(windows[0][0]))
        automatic.append(_line(name.id, "planned", since, Progress.SCHEDULED, planned))
    if len(windows) == 1:
        start = windows[0][0]
        if now >= start and Progress.IN_PROGRESS not in own:
            begun = said("The announced work began at {time}.", time=Moment(start))
            automatic.append(_line(name.id, "begun", start, Progress.IN_PROGRESS, begun))
        if now >= end and not own & set(_OVER):
            over = said("The announced window ended at {time}.", time=Moment(end))
            automatic.append(_line(name.id, "over", end, Progress.COMPLETED, over))
    return Incident(
        id=name.id,
        kind="maintenance",
        title=note.title,
        status=status,
        impact=Impact.MAINTENANCE,
        started=windows[0][0] if windows else note.started,
        ended=end if status is Progress.COMPLETED else None,
        components=note.components,
        regions=note.regions,
        updates=tuple(sorted((*updates, *automatic), key=lambda u: (u.at, u.automatic))),
        note=note,
        cause=note.cause,
        aliases=name.aliases,
    )


def _line(id: str, what: str, at: Time, status: Progress, sentence: Said) -> IncidentUpdate:
    text = english(sentence)
    return IncidentUpdate(f"{id}-{what}", at, status, text, paragraph(text), automatic=True, said=(sentence,))
