"""Plain English for what the machine itself says of an incident: names, lists, moments, lengths.

Used by incidents, drafts, findings and durations, which are stored and fed as written; the interface text of the page
in other languages is `generator.text`. Pure. Never decides.
"""

from __future__ import annotations

import html
from collections.abc import Iterable
from datetime import UTC, datetime

from .model import ALL, Config, Failure, Status, Time
from .words import FAILURE

_STATUS = {
    Status.OPERATIONAL: "working",
    Status.DEGRADED_PERFORMANCE: "degraded",
    Status.PARTIAL_OUTAGE: "partly failing",
    Status.MAJOR_OUTAGE: "failing",
    Status.UNDER_MAINTENANCE: "under maintenance",
    Status.UNKNOWN: "unknown",
}


def moment(at: Time) -> str:
    """`23 Nov 2026, 06:00 UTC`."""
    when = datetime.fromtimestamp(at, UTC)
    return f"{when.day} {when:%b %Y, %H:%M} UTC"


def iso(at: Time) -> str:
    """`2026-11-23T06:00:00Z`."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"


def length(seconds: int) -> str:
    """`40 s`, `25 min`, `1 h 25 min`, `3 d 4 h`: the two largest units, never rounded up."""
    seconds = max(0, int(seconds))
    days, rest = divmod(seconds, 86400)
    hours, rest = divmod(rest, 3600)
    minutes, left = divmod(rest, 60)
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min" if minutes else f"{left} s"


def listed(items: Iterable[str], most: int = 6) -> str:
    """`a`, `a and b`, `a, b and c`; beyond `most` the rest is counted."""
    names = list(items)
    if len(names) > most:
        names = [*names[: most - 1], f"{len(names) - most + 1} more"]
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def component_name(config: Config, component: str) -> str:
    """`Civitai: Search`; the id itself for a component that is no longer configured."""
    found = config.component(component)
    platform = config.platform(component.partition("/")[0])
    if found is None or platform is None:
        return component
    return f"{platform.name}: {found.name}"


def platform_name(config: Config, platform: str) -> str:
    found = config.platform(platform)
    return found.name if found else platform


def region_name(config: Config, region: str) -> str:
    """`Western Europe`; the id itself for an unknown region, `all regions` for ALL."""
    if region == ALL:
        return "all regions"
    return next((r.name for r in config.regions if r.id == region), region)


def status_word(status: Status) -> str:
    return _STATUS[status]


def failure_words(failure: Failure) -> str:
    """`connection refused`."""
    return FAILURE.get(failure, failure.value.replace("_", " "))


def paragraph(text: str) -> str:
    """The text as one escaped HTML paragraph."""
    return f"<p>{html.escape(text, quote=False)}</p>"
