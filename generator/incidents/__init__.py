"""Outages that checks found and notes that people wrote, merged into incidents.

Machines supply times and evidence, people supply title, words and severity; neither erases the other. An outage
without a note is an incident in the machine's words, a note without an outage is an incident too.

The id of an incident is for ever, and so are those of its updates (`naming`). Pure: never reads a clock, a file or a
network, never decides what state a component is in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..model import (
    ALL,
    Config,
    Failure,
    Finding,
    Impact,
    Incident,
    IncidentUpdate,
    Length,
    Moment,
    Note,
    Outage,
    Past,
    Progress,
    Said,
    Span,
    Status,
    Time,
    worst,
)
from ..outage_groups import Event, adopt, events, indexed, pace, withdrawn
from ..plain import (
    component_name,
    english,
    failure_said,
    first_of,
    paragraph,
    place_said,
    said,
    status_said,
    status_word,
    words,
)
from .context import Context
from .drafts import draft
from .journal import Line, updates_of
from .maintenance import covers as maintenance_covers
from .maintenance import incident_of, maintenance_windows, overlay, windows_of
from .naming import Name, Subject, named, update_ids
from .published import Register, Shown, since

__all__ = ["draft", "maintenance_windows", "merge", "overlay"]

_CLOSED = (Progress.RESOLVED, Progress.POSTMORTEM, Progress.COMPLETED)
_IMPACT = {
    Status.MAJOR_OUTAGE: Impact.CRITICAL,
    Status.PARTIAL_OUTAGE: Impact.MAJOR,
    Status.DEGRADED_PERFORMANCE: Impact.MINOR,
}
QUIET = 3600
"""Seconds of good checks after which a note that is still open is said to be behind."""


def merge(
    config: Config,
    past: Past,
    notes: tuple[Note, ...],
    findings: tuple[Finding, ...],
    now: Time,
    journal: Sequence[Line] = (),
    published: Register | None = None,
) -> tuple[Incident, ...]:
    """Every incident, newest start first. `journal` is what was found out when, `published` what was on the page."""
    adopted: dict[str, list[Event]] = {}
    alone: list[Event] = []
    written = indexed(notes)
    work = [n for n in notes if n.kind == "maintenance"]
    for event in events(config, past.outages):
        note = adopt(config, event, written)
        if note is not None:
            adopted.setdefault(note.id, []).append(event)
        elif not _announced(config, event, work, now):
            alone.append(event)
    context = Context(config, past, notes, findings, now, journal)
    register = Register() if published is None else published
    subjects = [Subject((event,)) for event in alone]
    subjects += [Subject(tuple(adopted.get(n.id, ())), n) for n in sorted(notes, key=lambda n: n.id)]
    result = []
    for subject, name in zip(subjects, named(register, subjects), strict=True):
        note, before = subject.note, register.incidents.get(name.id)
        if note is None:
            result.append(_from_event(context, subject.events[0], name))
        elif note.kind == "maintenance":
            shown = since(register, name.id, now, silent=not note.updates)
            result.append(incident_of(note, _written(note, before), now, name, shown))
        else:
            result.append(_from_note(context, note, subject.events, name, _written(note, before)))
    return tuple(sorted(result, key=lambda i: (-i.started, i.id)))


# ---- who is adopted --------------------------------------------------------------------------------------------------


def _announced(config: Config, event: Event, notes: Sequence[Note], now: Time) -> bool:
    """Whether announced work covers the event whole: it began in a window and has not outlasted it."""
    return all(any(_inside(config, o, n, now) for n in notes) for o in event.outages)


def _inside(config: Config, outage: Outage, note: Note, now: Time) -> bool:
    if not all(maintenance_covers(config, note, outage.component, r) for r in outage.regions or ("",)):
        return False
    slack = 2 * pace(config, outage.component)
    end = now if outage.ended is None else outage.ended
    return any(s <= outage.started < e and end <= e + slack for s, e in windows_of(note))


# ---- incidents -------------------------------------------------------------------------------------------------------


def _from_event(context: Context, event: Event, name: Name) -> Incident:
    config = context.config
    status = Progress.INVESTIGATING if event.ended is None else Progress.RESOLVED
    components = _unique(o.component for o in event.outages)
    return Incident(
        id=name.id,
        kind="incident",
        title=_title(config, event),
        status=status,
        impact=_IMPACT[worst(o.worst for o in event.outages)],
        started=event.started,
        ended=event.ended,
        components=components,
        regions=_in_order(config, (r for o in event.outages for r in o.regions)),
        updates=_automatic(context, (event,), Progress.RESOLVED),
        outages=event.outages,
        findings=_touching(context.findings, event.outages) if event.ended is None else (),
        aliases=name.aliases,
        lasting=context.lasting(event.outages),
        official=context.words(event.outages),
        evidence=context.looks(event.outages),
    )


def _from_note(
    context: Context, note: Note, adopted: tuple[Event, ...], name: Name, written: tuple[IncidentUpdate, ...]
) -> Incident:
    config, now = context.config, context.now
    outages = tuple(o for e in adopted for o in e.outages)
    closed = bool(note.updates) and note.updates[-1].status in _CLOSED
    running = [o for o in outages if o.ended is None]
    conflict = _conflict(context, note, outages)
    ends = [o.ended for o in outages if o.ended is not None]
    said = note.ended if note.ended is not None else (note.updates[-1].at if closed else None)
    # it is over when both say so
    ended = None if running or said is None else max([said, *ends])
    status = note.updates[-1].status if note.updates else Progress.INVESTIGATING
    if running and status in _CLOSED:
        status = Progress.INVESTIGATING
    regions = () if not note.regions else _in_order(config, (*note.regions, *(r for o in outages for r in o.regions)))
    return Incident(
        id=name.id,
        kind=note.kind,
        title=note.title,
        status=status,
        impact=note.impact,
        started=min([note.started, *(o.started for o in outages)]),
        ended=ended,
        components=_unique((*note.components, *(o.component for o in outages))),
        regions=regions,
        updates=_sorted((*written, *_automatic(context, adopted, Progress.MONITORING))),
        note=note,
        outages=outages,
        findings=_touching(context.findings, tuple(running)),
        cause=note.cause,
        conflict=english(conflict) if conflict else "",
        differs=conflict,
        overdue=ended is None and note.next_update is not None and note.next_update < now and _silent(note),
        aliases=name.aliases,
        lasting=context.lasting(outages),
        official=context.words(outages),
        evidence=context.looks(outages),
    )


def _silent(note: Note) -> bool:
    """Whether nothing was written since the promised time."""
    return not note.updates or note.next_update is None or note.updates[-1].at < note.next_update


def _conflict(context: Context, note: Note, outages: Sequence[Outage]) -> Said | None:
    """A sentence when note and checks tell different stories; recovery is confirmed late, hence the grace."""
    config, now = context.config, context.now
    running = [o for o in outages if o.ended is None]
    if not note.updates:
        return None
    last = note.updates[-1]
    if last.status in _CLOSED and running:
        grace = (config.rules.up_after + 1) * max(pace(config, o.component) for o in running)
        if now <= last.at + grace:
            return None
        names = _unique(component_name(config, o.component) for o in running)
        return said(
            "The note has said resolved since {time}; the checks still see a failure of {names}.",
            time=Moment(last.at),
            names=names,
        )
    over = max((o.ended for o in outages if o.ended is not None), default=None)
    if (
        last.status not in _CLOSED
        and over is not None
        and not running
        and now - over > QUIET
        and _working(context, outages)
    ):
        return said("The note is still open; the checks have seen it working since {time}.", time=Moment(over))
    return None


def _working(context: Context, outages: Sequence[Outage]) -> bool:
    standings = context.past.standings
    seen = [standings[(o.component, ALL)].status for o in outages if (o.component, ALL) in standings]
    return bool(seen) and all(s is Status.OPERATIONAL for s in seen)


def _touching(findings: Sequence[Finding], outages: Sequence[Outage]) -> tuple[Finding, ...]:
    components = {o.component for o in outages}
    return tuple(f for f in findings if components & set(f.components))


# ---- words -----------------------------------------------------------------------------------------------------------


def _title(config: Config, event: Event) -> str:
    first = event.outages[0]
    word = status_word(worst(o.worst for o in event.outages))
    more = len(_unique(o.component for o in event.outages)) - 1
    rest = f" and {more} more" if more else ""
    return f"{component_name(config, first.component)}{rest}: {word}"


def _written(note: Note, before: Shown | None) -> tuple[IncidentUpdate, ...]:
    return tuple(
        IncidentUpdate(id, u.at, u.status, u.body, u.html, components=u.components, edited=u.edited)
        for id, u in zip(update_ids(before, note.updates), note.updates, strict=True)
    )


def _automatic(context: Context, adopted: Sequence[Event], end: Progress) -> tuple[IncidentUpdate, ...]:
    """Found, got worse, diagnosed, recovered: the machine's side of the story, each line with an id of its own.

    `end` is the word for the last recovery: where a person tells the story, only a person says resolved.
    """
    outages = [o for e in adopted for o in e.outages]
    ends = [o.ended for o in outages if o.ended is not None]
    last = max(ends) if ends and len(ends) == len(outages) else None
    lines: list[IncidentUpdate] = []
    for outage in outages:
        lines += _found_and_worse(context, outage)
        said = {line.text for line in lines}  # outages of one event share their diagnosis: it is told once
        lines += [line for line in updates_of(outage, context.journal.get(outage.id, ())) if line.text not in said]
        if outage.ended is not None:
            lines.append(_recovered(context, outage, end if outage.ended == last else Progress.MONITORING))
    return _sorted(lines)


def _found_and_worse(context: Context, outage: Outage) -> list[IncidentUpdate]:
    config = context.config
    course = _course(context.spans.get(outage.component, ()), outage)
    first = course[0][1]
    found = [
        _seen(config, outage, first),
        said(
            "First failing sample at {start}, confirmed at {time}.",
            start=Moment(outage.started),
            time=Moment(outage.confirmed),
        ),
    ]
    if outage.failures:
        failures = first_of([failure_said(f) for f in _in_vocabulary(outage.failures)])
        found.append(said("Seen: {failures}.", failures=failures))
    if outage.flapping:
        found.append(said("It comes and goes; this is kept as one incident."))
    lines = [_line(outage, "found", outage.confirmed, Progress.INVESTIGATING, found, first)]
    for at, status in course[1:]:
        name, word = component_name(config, outage.component), status_said(status)
        worse = said(
            "It got worse: {component} is {status} since {time}.", component=name, status=word, time=Moment(at)
        )
        lines.append(_line(outage, status.value.replace("_", "-"), at, Progress.INVESTIGATING, [worse], status))
    return lines


def _recovered(context: Context, outage: Outage, status: Progress) -> IncidentUpdate:
    ended = outage.ended if outage.ended is not None else outage.confirmed
    name = component_name(context.config, outage.component)
    if (outage.component, ended) in context.left:
        told = said(
            "{component} is no longer watched since {time}. Until then it failed.", component=name, time=Moment(ended)
        )
        return _line(outage, "recovered", ended, status, [told], Status.UNKNOWN)
    if withdrawn(outage):
        back = [
            said("Taken back: looks that arrived late show that {component} had not failed.", component=name),
            said("This is not counted as an outage."),
        ]
        return _line(outage, "recovered", max(ended, outage.confirmed), status, back, Status.OPERATIONAL)
    again = said(
        "Our checks see {component} working again since {time}, after {length}.",
        component=name,
        time=Moment(ended),
        length=Length(ended - outage.started),
    )
    return _line(outage, "recovered", ended, status, [again], Status.OPERATIONAL)


def _line(
    outage: Outage, what: str, at: Time, progress: Progress, sentences: Sequence[Said], status: Status
) -> IncidentUpdate:
    text, about = words(sentences), {outage.component: status}
    return IncidentUpdate(
        f"{outage.id}-{what}", at, progress, text, paragraph(text), True, components=about, said=tuple(sentences)
    )


def _course(spans: Sequence[Span], outage: Outage) -> list[tuple[Time, Status]]:
    """How it got worse: (time, status) at the finding and at each new low; from the spans while history has them."""
    end = outage.ended if outage.ended is not None else float("inf")
    during = sorted((s.start, s.status) for s in spans if s.start < end and (s.end is None or s.end > outage.started))
    course: list[tuple[Time, Status]] = []
    for start, status in during:
        if not course:
            course.append((outage.confirmed, status))
        elif worst((status, course[-1][1])) is not course[-1][1]:
            course.append((max(start, outage.confirmed), status))
    return course or [(outage.confirmed, outage.worst)]


def _seen(config: Config, outage: Outage, status: Status) -> Said:
    component = config.component(outage.component)
    looked = {r for c in (component.checks if component else ()) if c.enabled for r in c.regions}
    name, word = component_name(config, outage.component), status_said(status)
    if not outage.regions:
        return said("Our checks see {component} {status}.", component=name, status=word)
    if len(looked) > 1 and looked <= set(outage.regions):
        count = len(looked)
        return said("Our checks see {component} {status} from all {n} regions.", component=name, status=word, n=count)
    regions = first_of([place_said(config, r) for r in _in_order(config, outage.regions)])
    return said("Our checks see {component} {status} from {regions}.", component=name, status=word, regions=regions)


def _in_order(config: Config, regions: Iterable[str]) -> tuple[str, ...]:
    order: Mapping[str, int] = {r.id: n for n, r in enumerate(config.regions)}
    return tuple(sorted(set(regions), key=lambda r: (order.get(r, len(order)), r)))


def _in_vocabulary(failures: Iterable[Failure]) -> tuple[Failure, ...]:
    order = {f: n for n, f in enumerate(Failure)}
    return tuple(sorted(set(failures), key=order.__getitem__))


def _unique(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(items))


def _sorted(updates: Iterable[IncidentUpdate]) -> tuple[IncidentUpdate, ...]:
    """Oldest first; at the same moment: found, then what else the machine says, then people, then the recovery."""

    def rank(update: IncidentUpdate) -> int:
        if not update.automatic:
            return 2
        return 0 if update.id.endswith("-found") else 3 if update.id.endswith("-recovered") else 1

    return tuple(sorted(updates, key=lambda u: (u.at, rank(u), u.id)))
