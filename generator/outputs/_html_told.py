"""Incidents as a page about something else tells them: what a visitor needs first, and nothing twice.

Values only: the templates arrange them. Never drops a word for good: the page of the incident has all of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..siteview import FindingView, IncidentView, UpdateView

MOST_UPDATES = 3


@dataclass(frozen=True)
class Told:
    """An incident with what of it to show here: updates, the surest finding in full, and the others by their titles.

    `finding` is None where it stands further up already; `others` has it then.
    """

    incident: IncidentView
    updates: tuple[UpdateView, ...]
    more: bool
    finding: FindingView | None
    others: tuple[FindingView, ...]


def told(incidents: Iterable[IncidentView], most: int = MOST_UPDATES) -> list[Told]:
    """Each incident in turn; a finding is shown in full with the first one that it explains best."""
    seen: set[tuple[str, str]] = set()
    found = []
    for one in incidents:
        first = next((f for f in one.findings if not f.aside), next(iter(one.findings), None))
        again = first is not None and _key(first) in seen
        shown = None if again else first
        others = tuple(f for f in one.findings if f is not shown and not (f.aside and _key(f) in seen))
        seen |= {_key(f) for f in one.findings if f is first or f.aside}
        updates = tuple(_worth(one.updates, bool(one.findings))[:most])
        more = len(updates) < len(one.updates) or len(others) > again
        found.append(Told(one, updates, more, shown, others))
    return found


def _key(found: FindingView) -> tuple[str, str]:
    return found.cause, found.platform


def _worth(updates: Sequence[UpdateView], diagnosed: bool) -> list[UpdateView]:
    """What people wrote; where nobody did, what the machine saw last, without the diagnosis that stands beside it."""
    written = [u for u in updates if not u.automatic]
    states = [u for u in updates if u.components or not diagnosed]
    return written or states[:1] or list(updates[:1])
