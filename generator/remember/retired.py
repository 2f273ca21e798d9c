"""What is no longer configured: it keeps its history, is unknown from then on, and its outage ends. Pure.

The fold forgets a series the moment it is not configured any more; the store does not. This says what to make of the
rows that are left, also when a name comes back after a while.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ..model import ALL, Outage, Span, Status, Time
from ..states.belief import Belief
from ..states.panels import Plan


@dataclass(frozen=True, slots=True)
class Left:
    """Spans and outages of what is gone, as they are to be saved and shown."""

    spans: tuple[Span, ...] = ()
    outages: tuple[Outage, ...] = ()


def left(
    plan: Plan, final: Belief, spans: Sequence[Span], outages: Iterable[Outage], refolded_from: Time | None
) -> Left:
    """What the store still says of series that are not configured, ended where the fold has come to.

    Spans that begin at or after `refolded_from` are in it although nothing changes them: saving replaces what begins
    there, and no fold makes them again.
    """
    at = final.at
    if at is None:
        return Left()
    found: list[Span] = []
    for span in spans:
        if is_configured(plan, span):
            continue
        if span.end is None and span.status is not Status.UNKNOWN:
            end = max(at, span.start + 1)
            found += [
                replace(span, end=end),
                Span(span.component, span.region, end, None, Status.UNKNOWN, None, "retired"),
            ]
        elif refolded_from is None or span.start >= refolded_from:
            found.append(span)
    ended = (
        replace(o, ended=max(at, o.confirmed)) for o in outages if o.ended is None and o.component not in plan.panels
    )
    return Left((*found, *_returned(final, spans, plan, refolded_from)), tuple(ended))


def is_configured(plan: Plan, span: Span) -> bool:
    return span.component in plan.panels and span.region in (ALL, *plan.regions[span.component])


def _returned(final: Belief, spans: Iterable[Span], plan: Plan, refolded_from: Time | None) -> list[Span]:
    """Running spans of series that had been gone and are back: they end where the new series begins."""
    begins: dict[tuple[str, str], Time] = {}
    for span in final.spans:
        key = (span.component, span.region)
        begins[key] = min(span.start, begins.get(key, span.start))
    return [
        replace(span, end=begins[span.component, span.region])
        for span in spans
        if span.end is None and span.rule == "retired" and is_configured(plan, span)
        if (refolded_from is None or span.start < refolded_from)
        and span.start < begins.get((span.component, span.region), span.start)
    ]
