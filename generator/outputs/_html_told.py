"""Incidents as a page about something else tells them: what a visitor needs first, and nothing twice.

Values only: the templates arrange them. Never drops a word for good: the page of the incident has all of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ..siteview import FindingView, IncidentView, UpdateView

MOST_UPDATES = 3


@dataclass(frozen=True)
class Told:
    """An incident with what of it to show here: updates, the surest finding in full, and the others by their titles.

    `finding` is None where it stands further up already; `others` has it then. `also` are the less sure causes.
    """

    incident: IncidentView
    updates: tuple[UpdateView, ...]
    more: bool
    finding: FindingView | None
    others: tuple[FindingView, ...]
    also: tuple[FindingView, ...] = ()


def told(incidents: Iterable[IncidentView], most: int = MOST_UPDATES, part: str = "") -> list[Told]:
    """Each incident in turn; a finding is shown in full with the first one that it explains best.

    On the page of a `part` only findings about it are told: why another one fails, the incident's own page says.
    """
    seen: set[tuple[str, str]] = set()
    found = []
    for one in incidents:
        findings = [f for f in one.findings if not part or not f.components or part in f.components]
        first = next((f for f in findings if not f.aside), next(iter(findings), None))
        again = first is not None and _key(first) in seen
        shown = None if again else first
        others = [f for f in findings if f is not shown and not (f.aside and _key(f) in seen)]
        also = [f for f in others if f.label and f is not first]
        seen |= {_key(f) for f in findings if f is first or f.aside}
        updates = tuple(_worth(one.updates, bool(one.findings))[:most])
        more = len(updates) < len(one.updates) or len(others) > again or len(findings) < len(one.findings)
        if part and shown and shown.label:  # the surest of this part
            shown = replace(shown, label=next(f.label for f in one.findings if f.label))
        found.append(Told(one, updates, more, shown, tuple(f for f in others if f not in also), tuple(also)))
    return found


def _key(found: FindingView) -> tuple[str, str]:
    return found.cause, found.platform


def _worth(updates: Sequence[UpdateView], diagnosed: bool) -> list[UpdateView]:
    """What people wrote; where nobody did, what the machine saw last, without the diagnosis that stands beside it."""
    written = [u for u in updates if not u.automatic]
    states = [u for u in updates if u.components or not diagnosed]
    return written or states[:1] or list(updates[:1])
