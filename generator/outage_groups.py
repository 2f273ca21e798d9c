"""Which outages are one event, and which notes speak of it.

Pure. Assignment follows the order in which outages were confirmed and looks only at what never changes afterwards
(component, start, the configured dependencies), so that an event keeps its outages, and with them its id, for ever.
Never looks at how an outage ended or at today's findings: those change.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .model import Config, Note, Outage, Time


@dataclass(frozen=True, slots=True)
class Event:
    """Outages of one platform that began together, one upstream of the other. The first one's id is the event's."""

    outages: tuple[Outage, ...]

    @property
    def id(self) -> str:
        return self.outages[0].id

    @property
    def confirmed(self) -> Time:
        return self.outages[0].confirmed

    @property
    def started(self) -> Time:
        return min(o.started for o in self.outages)

    @property
    def ended(self) -> Time | None:
        ends = [o.ended for o in self.outages if o.ended is not None]
        return max(ends) if len(ends) == len(self.outages) else None


def withdrawn(outage: Outage) -> bool:
    """Whether late evidence took the outage back: it stays, because it was published, with no length."""
    return outage.ended is not None and outage.ended <= outage.started


def upstream(config: Config, component: str) -> frozenset[str]:
    """Everything the component depends on, directly or through others; without itself."""
    seen: set[str] = set()
    waiting = [component]
    while waiting:
        found = config.component(waiting.pop())
        for one in found.depends if found else ():
            if one not in seen and one != component:
                seen.add(one)
                waiting.append(one)
    return frozenset(seen)


def pace(config: Config, component: str) -> int:
    """Seconds between two looks at the component: the longest interval of its checks, or the site's."""
    found = config.component(component)
    return max([config.interval, *(c.interval for c in (found.checks if found else ()) if c.enabled)])


def events(config: Config, outages: Sequence[Outage]) -> tuple[Event, ...]:
    """All outages as events, in the order they were confirmed.

    An outage joins the first event of its platform that has an outage within two rounds of its start whose component
    depends on its own or the other way round. Of those confirmed in the same round the upstream ones come first.
    """
    components = {o.component for o in outages}
    above = {c: upstream(config, c) for c in components}
    near = {c: 2 * pace(config, c) for c in components}
    widest = max(near.values(), default=0)
    ordered = sorted(outages, key=lambda o: (o.confirmed, len(above[o.component]), o.started, o.id))
    groups: list[list[Outage]] = []
    begun: list[tuple[Time, int, Outage]] = []  # every outage that has a group, by its start

    def together(one: Outage, other: Outage) -> bool:
        if abs(one.started - other.started) > max(near[one.component], near[other.component]):
            return False
        return one.component in above[other.component] or other.component in above[one.component]

    for outage in ordered:
        low = bisect_left(begun, outage.started - widest, key=lambda entry: entry[0])
        high = bisect_right(begun, outage.started + widest, key=lambda entry: entry[0])
        fitting = [number for _, number, member in begun[low:high] if together(outage, member)]
        number = min(fitting, default=len(groups))
        if number == len(groups):
            groups.append([])
        groups[number].append(outage)
        insort(begun, (outage.started, number, outage), key=lambda entry: entry[0])
    return tuple(Event(tuple(g)) for g in groups)


def fits(config: Config, note: Note, outage: Outage) -> bool:
    """Whether a note that names no outage speaks of this one: same component, a common region, overlap in time.

    People round times: two rounds of slack on either side count as overlap.
    """
    if note.kind != "incident" or outage.component not in note.components:
        return False
    if note.regions and outage.regions and not set(note.regions) & set(outage.regions):
        return False
    slack = 2 * pace(config, outage.component)
    begins_before_note_ends = note.ended is None or outage.started <= note.ended + slack
    ends_after_note_begins = outage.ended is None or outage.ended >= note.started - slack
    return begins_before_note_ends and ends_after_note_begins


def adopt(config: Config, event: Event, notes: Notes) -> Note | None:
    """The note that speaks of this event: one that names an outage of it, else the one that overlaps it longest."""
    named = {n.id: n for o in event.outages for n in notes.by_outage.get(o.id, ())}
    if named:
        return named[min(named)]
    fitting = {n.id: n for o in event.outages for n in notes.by_component.get(o.component, ()) if fits(config, n, o)}
    if not fitting:
        return None
    return min(fitting.values(), key=lambda n: (-_overlap(event, n), n.started, n.id))


@dataclass(frozen=True, slots=True)
class Notes:
    """The notes of incidents, to be found by what they speak of."""

    by_outage: Mapping[str, Sequence[Note]]
    by_component: Mapping[str, Sequence[Note]]


def indexed(notes: Sequence[Note]) -> Notes:
    """Only incidents: a notice or a maintenance adopts no outage."""
    by_outage: dict[str, list[Note]] = {}
    by_component: dict[str, list[Note]] = {}
    for note in notes:
        if note.kind == "incident":
            for id in note.outages:
                by_outage.setdefault(id, []).append(note)
            for component in note.components:
                by_component.setdefault(component, []).append(note)
    return Notes(by_outage, by_component)


def _overlap(event: Event, note: Note) -> float:
    end = min(_or_never(event.ended), _or_never(note.ended))
    # two that both still run overlap without end: then the one that began earlier says it first
    return end - max(event.started, note.started)


def _or_never(at: Time | None) -> float:
    return float("inf") if at is None else float(at)
