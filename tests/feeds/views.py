"""Small `SiteView`s made by hand, so that a test of feeds and API says exactly what is in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from generator.model import Confidence, Impact, Progress, RegionHealth, Status, Time
from generator.siteview import (
    Cell,
    ComponentView,
    Day,
    FindingView,
    IncidentView,
    Indicator,
    Link,
    PlatformView,
    RegionView,
    SiteView,
    UpdateView,
    Uptime,
    When,
)

NOW: Time = 1795413600  # 2026-11-23T06:00:00Z
HOUR, DAY = 3600, 86400
BASE = "https://status.example"

WORDS = {
    Status.OPERATIONAL: "working",
    Status.DEGRADED_PERFORMANCE: "degraded",
    Status.PARTIAL_OUTAGE: "partly down",
    Status.MAJOR_OUTAGE: "down",
    Status.UNDER_MAINTENANCE: "under maintenance",
    Status.UNKNOWN: "unknown",
}


def when(at: Time) -> When:
    moment = datetime.fromtimestamp(at, UTC)
    return When(at, moment.strftime("%Y-%m-%dT%H:%M:%SZ"), moment.strftime("%-d %b %Y, %H:%M UTC"))


def update(
    at: Time,
    status: Progress,
    text: str,
    *,
    automatic: bool = False,
    edited: Time | None = None,
    components: Mapping[str, Status] | None = None,
) -> UpdateView:
    moment = datetime.fromtimestamp(at, UTC)
    html = "".join(f"<p>{part}</p>" for part in text.split("\n\n"))
    word = status.value.replace("_", " ").capitalize()
    return UpdateView(
        moment.strftime("%Y%m%dT%H%MZ"),
        when(at),
        status,
        word,
        re.sub("<[^>]*>", "", text),
        html,
        automatic,
        components or {},
        when(edited) if edited else None,
    )


def incident(
    id: str,
    *updates: UpdateView,
    title: str = "",
    started: Time = NOW - HOUR,
    ended: Time | None = None,
    impact: Impact = Impact.MAJOR,
    components: tuple[str, ...] = ("civitai/search",),
    regions: tuple[str, ...] = (),
    kind: str = "incident",
    status: Progress | None = None,
    **more: Any,
) -> IncidentView:
    """`updates` oldest first, as they happened; the view has them newest first."""
    now = status or (updates[-1].status if updates else Progress.INVESTIGATING)
    facts = [
        started,
        *(u.at.at for u in updates),
        *(u.edited.at for u in updates if u.edited),
        *([ended] if ended else []),
    ]
    values: dict[str, Any] = {
        "id": id,
        "kind": kind,
        "url": f"/incidents/{id}/",
        "title": title or id.replace("-", " ").capitalize(),
        "status": now,
        "word": now.value.replace("_", " ").capitalize(),
        "impact": impact,
        "impact_word": impact.value,
        "started": when(started),
        "ended": when(ended) if ended else None,
        "changed": when(
            max(fact for fact in facts if kind != "maintenance" or fact <= NOW)
            if any(f <= NOW for f in facts)
            else started
        ),
        "duration_text": "",
        "components": components,
        "component_links": tuple(Link(c.split("/")[-1].capitalize(), f"/components/{c}/") for c in components),
        "regions": regions,
        "region_names": regions,
        "sentence": "",
        "updates": updates[::-1],
        "automatic": False,
        "pinned": False,
        "active": ended is None,
        "lang": "",
    }
    return IncidentView(**(values | more))


def maintenance(id: str, start: Time, end: Time, *updates: UpdateView, **more: Any) -> IncidentView:
    values: dict[str, Any] = {
        "scheduled_for": when(start),
        "scheduled_until": when(end),
        "impact": Impact.MAINTENANCE,
        "started": start,
    } | more
    return incident(id, *updates, kind="maintenance", **values)


def uptime(window: str, fraction: float | None, coverage: float = 1.0) -> Uptime:
    return Uptime(
        window, fraction, "–" if fraction is None else f"{fraction * 100:.2f} %", coverage, f"{coverage:.0%}", 0, 86400
    )


def component(
    id: str,
    status: Status = Status.OPERATIONAL,
    *,
    name: str = "",
    since: Time | None = NOW - DAY,
    description: str = "",
    regions: Mapping[str, Status] | None = None,
    position: int = 1,
    **more: Any,
) -> ComponentView:
    platform, _, key = id.partition("/")
    name = name or key.capitalize()
    known = status is not Status.UNKNOWN
    cells = tuple(
        Cell(
            id,
            region,
            region,
            here,
            WORDS[here],
            "",
            when(since) if since else None,
            when(NOW - 60) if known else None,
            "timeout" if here is Status.MAJOR_OUTAGE else "",
            "",
            120.5 if known else None,
            "",
            uptime("quarter", 0.9987),
        )
        for region, here in (regions or {"eu-west": status}).items()
    )
    days = tuple(
        Day(
            datetime.fromtimestamp(NOW - ago * DAY, UTC).strftime("%Y-%m-%d"),
            Status.OPERATIONAL,
            "working",
            1,
            "",
            uptime("day", 1.0),
        )
        for ago in range(2, -1, -1)
    )
    values: dict[str, Any] = {
        "id": id,
        "platform": platform,
        "key": key,
        "name": name,
        "url": f"/components/{id}/",
        "description": description,
        "impact_html": "",
        "group": "",
        "function": "",
        "status": status,
        "word": WORDS[status],
        "since": when(since) if since else None,
        "checked_at": when(NOW - 60) if known else None,
        "sentence": f"{name} is {WORDS[status]}.",
        "rule": "majority",
        "uptime": {
            "day": uptime("day", 1.0),
            "week": uptime("week", 0.999),
            "quarter": uptime("quarter", 0.9981 if known else None, 0.97),
        },
        "days": days,
        "days_summary": "",
        "cells": cells,
        "indicators": (),
        "checks": (),
        "charts": (),
        "incidents": (),
        "position": position,
        "created_at": when(NOW - 400 * DAY),
    }
    return ComponentView(**(values | more))


def indicator(check: str, value: float | None, status: Status = Status.OPERATIONAL) -> Indicator:
    return Indicator(check, "lag", value, "s", f"{value} s", "", 1800.0, 7200.0, status, "eu-west", when(NOW - 60))


def platform(
    id: str,
    *components: ComponentView,
    name: str = "",
    role: str = "subject",
    status: Status = Status.OPERATIONAL,
    **more: Any,
) -> PlatformView:
    values: dict[str, Any] = {
        "id": id, "name": name or id.capitalize(), "role": role, "role_word": role, "url": f"/platforms/{id}/", "site_url": f"https://{id}.example",
        "description": "", "status": status, "word": WORDS[status], "sentence": "", "official": None,
        "components": tuple(replace(c, position=n) for n, c in enumerate(components, 1)),
    }  # fmt: skip
    return PlatformView(**(values | more))


def region(id: str, name: str = "") -> RegionView:
    return RegionView(
        id,
        name or id,
        f"/regions/{id}/",
        "local",
        "",
        RegionHealth.OK,
        "ok",
        "3 of 3 controls answered",
        when(NOW - 60),
    )


def finding(*components: str) -> FindingView:
    return FindingView(
        "indexing-queue", "The search index lags behind", "/causes/indexing-queue/", Confidence.HIGH, "high", "civitai", components, ("eu-west",),
        when(NOW - HOUR), "", ("8 of 10 new models are not found.",), ("One was found.",), "Look again in an hour.",
        label="Probable cause",
    )  # fmt: skip


CIVITAI = platform("civitai", component("civitai/search"), component("civitai/cdn", name="Image CDN"))
HUGGING_FACE = platform("huggingface", component("huggingface/search"), name="Hugging Face", role="reference")


def site(
    *incidents: IncidentView,
    platforms: tuple[PlatformView, ...] = (CIVITAI, HUGGING_FACE),
    overall: Status = Status.OPERATIONAL,
    **more: Any,
) -> SiteView:
    """A site with these incidents, newest first; `changed_at` is the newest fact of any of them."""
    listed = tuple(sorted(incidents, key=lambda i: (i.started.at, i.id), reverse=True))
    facts = [i.changed.at for i in listed] + [c.since.at for p in platforms for c in p.components if c.since]
    values: dict[str, Any] = {
        "lang": "en", "dir": "ltr", "languages": ("en",), "base_url": BASE, "title": "Roadworthy", "description": "An independent look.",
        "contact": "", "logo": "", "accent": "", "independence": "Not run by Civitai or Hugging Face.", "repository": "", "live_url": "", "preview": False, "websub": "",
        "generated_at": when(NOW), "checked_at": when(NOW - 60), "next_expected": when(NOW + 240), "stale_after": when(NOW + 840),
        "changed_at": when(max(facts)) if facts else None, "interval": 300, "lateness_text": "",
        "overall": overall, "overall_word": WORDS[overall], "sentence": f"Civitai is {WORDS[overall]}.", "detail_sentences": (), "checked_sentence": "", "valid_sentence": "", "warnings": (),
        "platforms": platforms, "regions": (region("eu-west", "Western Europe"), region("us-east", "US East")), "findings": (),
        "incidents": listed,
        "active": tuple(i.id for i in listed if i.kind == "incident" and i.active),
        "upcoming": tuple(i.id for i in listed if i.kind == "maintenance" and i.status is Progress.SCHEDULED),
        "recent": (), "months": (), "causes": (), "comparisons": (), "pages": (), "feed_host": "status.example",
    }  # fmt: skip
    return SiteView(**(values | more))
