"""Badges: small pictures for a README, and the same as JSON for shields.io.

A picture on somebody else's page cannot know that it is old, so every badge says as of when it speaks. State is a word
first, colour second; light and dark; no script, no font, no request.

`/badges/index.svg` the site · `/badges/PLATFORM.svg` · `/badges/PLATFORM/COMPONENT.svg` the state, and below
`/badges/PLATFORM/COMPONENT/` `uptime`, `latency` and `indicator`; each with a `.json` beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from statistics import median

from ..model import Artifact, Status
from ..siteview import ComponentView, SiteView, When
from . import Output
from ._plain import json_bytes, moment, one_line

COLOURS: Mapping[Status, str] = {
    Status.OPERATIONAL: "#1a7f45",
    Status.DEGRADED_PERFORMANCE: "#8a6100",
    Status.PARTIAL_OUTAGE: "#b04a00",
    Status.MAJOR_OUTAGE: "#b3261e",
    Status.UNDER_MAINTENANCE: "#2b62b8",
    Status.UNKNOWN: "#5c6470",
}
"""White text on each of these has a contrast of at least 4.5 : 1."""

NEUTRAL, LABEL, AS_OF = "#41506b", "#2f3640", "#565e6a"
MARKS: Mapping[Status, str] = {
    Status.OPERATIONAL: "M3 7l3 3 5-6",
    Status.DEGRADED_PERFORMANCE: "M2 9q2.5-5 5-2t5-2",
    Status.PARTIAL_OUTAGE: "M7 2v6m0 2.5v.5",
    Status.MAJOR_OUTAGE: "M3 3l8 8m0-8l-8 8",
    Status.UNDER_MAINTENANCE: "M3 11l8-8m-8 0h3m2 8h3",
    Status.UNKNOWN: "M5 5q0-2.5 2.2-2.5T9.3 5q0 1.4-2.3 2.6v.9m0 2.3v.4",
}
"""A mark for each state, for those who see no colour."""

WIDE, NARROW = "mwMW@%", "ijl.,:;'|!()[]tfrI1 "


@dataclass(frozen=True, slots=True)
class Badge:
    """`label` on the left, `message` in colour, `as_of` on the right. `mark` is a path on 14 × 14, or empty."""

    label: str
    message: str
    colour: str
    as_of: str
    mark: str = ""


def width(text: str) -> float:
    """About how wide the text is in an 11 px sans-serif; the picture stretches its text to fit."""
    sizes = (9.6 if c in WIDE else 3.9 if c in NARROW else 11.0 if ord(c) > 0x2E80 else 6.7 for c in text)
    return round(sum(sizes), 1)


def svg(badge: Badge) -> bytes:
    """The picture: a title for screen readers, and a pale rim that sets it off from a dark page.

    No style element: the site's content policy forbids inline styles, also in a picture opened by itself.
    """
    parts = [(badge.label, LABEL, ""), (badge.message, badge.colour, badge.mark)]
    if badge.as_of:
        parts.append((badge.as_of, AS_OF, ""))
    x, boxes = 0.0, []
    for text, colour, mark in parts:
        inner = width(text)
        lead = 16 if mark else 0
        boxes.append(_box(x, inner + lead + 14, colour, text, mark, inner))
        x += inner + lead + 14
    said = escape(_sentence(badge))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{x:.0f}" height="20" viewBox="0 0 {x:.1f} 20" role="img" '
        f'aria-label="{said}"><title>{said}</title><clipPath id="r"><rect width="{x:.1f}" height="20" rx="4"/>'
        '</clipPath><g clip-path="url(#r)" fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
        f'{"".join(boxes)}</g><rect x=".5" y=".5" width="{x - 1:.1f}" height="19" rx="3.5" fill="none" '
        'stroke="#fff" stroke-opacity=".3"/></svg>\n'
    ).encode()


def _box(x: float, across: float, colour: str, text: str, mark: str, inner: float) -> str:
    start = x + 7 + (16 if mark else 0)
    drawn = (
        f'<path transform="translate({x + 5:.1f} 3)" d="{mark}" fill="none" stroke="#fff" stroke-width="1.6" '
        'stroke-linecap="round"/>'
        if mark
        else ""
    )
    return (
        f'<rect x="{x:.1f}" width="{across + 0.5:.1f}" height="20" fill="{colour}"/>{drawn}'
        f'<text x="{start:.1f}" y="14" textLength="{inner:.1f}" lengthAdjust="spacingAndGlyphs">{escape(text)}</text>'
    )


def _sentence(badge: Badge) -> str:
    return f"{badge.label}: {badge.message}" + (f", {badge.as_of}" if badge.as_of else "")


def shields(badge: Badge) -> bytes:
    """The endpoint format of shields.io, version 1."""
    message = f"{badge.message} ({badge.as_of})" if badge.as_of else badge.message
    answer = {"schemaVersion": 1, "label": badge.label, "message": message, "color": badge.colour, "cacheSeconds": 300}
    return json_bytes(answer, compact=True)


def as_of(when: When | None) -> str:
    """`23 Nov 06:00 UTC`; "never checked" without any evidence."""
    return moment(when.at).strftime("%-d %b %H:%M UTC") if when else "never checked"


def _state(label: str, status: Status, word: str, when: When | None) -> Badge:
    return Badge(one_line(label), one_line(word), COLOURS[status], as_of(when), MARKS[status])


def badges(view: SiteView) -> Iterator[tuple[str, Badge]]:
    """(path without suffix, badge), the site's first."""
    yield "badges/index", _state(view.title, view.overall, view.overall_word, view.checked_at)
    for platform in view.platforms:
        times = [c.checked_at for c in platform.components if c.checked_at]
        newest = max(times, key=lambda when: when.at, default=None)
        yield f"badges/{platform.id}", _state(platform.name, platform.status, platform.word, newest)
        for component in platform.components:
            yield from _component(component)


def _component(component: ComponentView) -> Iterator[tuple[str, Badge]]:
    path, name = f"badges/{component.id}", one_line(component.name)
    yield path, _state(name, component.status, component.word, component.checked_at)
    uptime = component.uptime.get("quarter")
    known = uptime is not None and uptime.fraction is not None
    text = uptime.text if uptime and known else "unknown"
    unknown = COLOURS[Status.UNKNOWN]
    yield (
        f"{path}/uptime",
        Badge(f"{name} uptime, 90 days", text, NEUTRAL if known else unknown, as_of(component.checked_at)),
    )
    times = [cell.latency_ms for cell in component.cells if cell.latency_ms is not None]
    text = f"{median(times):.0f} ms" if times else "unknown"
    yield (
        f"{path}/latency",
        Badge(f"{name} answers in", text, NEUTRAL if times else unknown, as_of(component.checked_at)),
    )
    worst = next(iter(sorted(component.indicators, key=lambda i: list(COLOURS).index(i.status), reverse=True)), None)
    if worst is not None:
        seen = worst.at or component.checked_at
        label = worst.name if worst.name.startswith(name) else f"{name}, {worst.name}"
        yield f"{path}/indicator", _state(label, worst.status, worst.text, seen)


def render(views: tuple[SiteView, ...], templates: tuple[Path, ...]) -> Iterator[Artifact]:
    for path, badge in badges(views[0]):
        yield Artifact(f"{path}.svg", svg(badge))
        yield Artifact(f"{path}.json", shields(badge))


OUTPUT = Output("badges", render)
