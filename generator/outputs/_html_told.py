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
    """An incident with the updates and findings to show here. `again` are findings that stand further up already."""

    incident: IncidentView
    updates: tuple[UpdateView, ...]
    more: bool
    findings: tuple[FindingView, ...]
    again: tuple[FindingView, ...]


def told(incidents: Iterable[IncidentView], most: int = MOST_UPDATES) -> list[Told]:
    """Each incident in turn; a finding is shown in full with the first one that it explains."""
    seen: set[tuple[str, str]] = set()
    found = []
    for one in incidents:
        fresh = tuple(f for f in one.findings if (f.cause, f.platform) not in seen)
        again = tuple(f for f in one.findings if f not in fresh and not f.aside)
        seen |= {(f.cause, f.platform) for f in fresh}
        updates = tuple(_worth(one.updates, bool(one.findings))[:most])
        found.append(Told(one, updates, len(updates) < len(one.updates), fresh, again))
    return found


def _worth(updates: Sequence[UpdateView], diagnosed: bool) -> list[UpdateView]:
    """What people wrote; where nobody did, what the machine saw last, without the diagnosis that stands beside it."""
    written = [u for u in updates if not u.automatic]
    states = [u for u in updates if u.components or not diagnosed]
    return written or states[:1] or list(updates[:1])
