"""Which outages are one event, and which notes speak of it.

Pure. Assignment follows the order in which outages were confirmed and looks only at what never changes afterwards
(component, start, the configured dependencies), so that an event keeps its outages, and with them its id, for ever.
Never looks at how an outage ended or at today's findings: those change.
"""

from __future__ import annotations

from collections.abc import Sequence
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
    above = {o.component: upstream(config, o.component) for o in outages}
    ordered = sorted(outages, key=lambda o: (o.confirmed, len(above[o.component]), o.started, o.id))
    groups: list[list[Outage]] = []
    for outage in ordered:
        for group in groups:
            if any(_together(config, above, outage, member) for member in group):
                group.append(outage)
                break
        else:
            groups.append([outage])
    return tuple(Event(tuple(g)) for g in groups)


def _together(config: Config, above: dict[str, frozenset[str]], one: Outage, other: Outage) -> bool:
    near = 2 * max(pace(config, one.component), pace(config, other.component))
    if abs(one.started - other.started) > near:
        return False
    return one.component in above[other.component] or other.component in above[one.component]


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


def adopt(config: Config, event: Event, notes: Sequence[Note]) -> Note | None:
    """The note that speaks of this event: one that names an outage of it, else the one that overlaps it longest."""
    named = [n for n in notes if n.kind == "incident" and {o.id for o in event.outages} & set(n.outages)]
    if named:
        return min(named, key=lambda n: n.id)
    fitting = [n for n in notes if any(fits(config, n, o) for o in event.outages)]
    if not fitting:
        return None
    return min(fitting, key=lambda n: (-_overlap(event, n), n.started, n.id))


def _overlap(event: Event, note: Note) -> float:
    end = min(_or_never(event.ended), _or_never(note.ended))
    # two that both still run overlap without end: then the one that began earlier says it first
    return end - max(event.started, note.started)


def _or_never(at: Time | None) -> float:
    return float("inf") if at is None else float(at)
