"""Our own API: `status.json`, the current state with its reasons, and `live.json`, the small part that pages refresh.

Shapes are a contract, held by the JSON Schemas in `generator/schemas`, which are published beside the answers. Never
says more than the view does: what has no evidence is `unknown` or null.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from ..model import Artifact, Status
from ..siteview import ComponentView, FindingView, IncidentView, PlatformView, RegionView, SiteView
from . import Output
from ._plain import absolute, iso, json_bytes

ROOT = "api/roadworthy/v1/"
LIVE_LIMIT = 10_000
"""Bytes. `live.json` is read each round by every open page."""

BY_URGENCY = (
    Status.MAJOR_OUTAGE,
    Status.PARTIAL_OUTAGE,
    Status.DEGRADED_PERFORMANCE,
    Status.UNKNOWN,
    Status.UNDER_MAINTENANCE,
    Status.OPERATIONAL,
)
"""What `live.json` keeps first when not everything fits."""


def status(view: SiteView) -> dict[str, Any]:
    """The answer of `/api/roadworthy/v1/status.json`, keys in the order of the contract."""
    current = dict.fromkeys((*view.active, *view.upcoming))
    by_id = {incident.id: incident for incident in view.incidents}
    return {
        "generated_at": iso(view.generated_at),
        "checked_at": iso(view.checked_at),
        "next_expected": iso(view.next_expected),
        "stale_after": iso(view.stale_after),
        "late_seconds": view.late_seconds,
        "overall": {"status": view.overall.value, "sentence": view.sentence},
        "regions": [_region(region) for region in view.regions],
        "platforms": [_platform(platform) for platform in view.platforms],
        "findings": [_finding(finding) for finding in view.findings],
        "incidents": [_incident(view, by_id[id]) for id in current if id in by_id],
    }


def _region(region: RegionView) -> dict[str, Any]:
    return {
        "id": region.id,
        "name": region.name,
        "engine": region.engine,
        "health": region.health.value,
        "why": region.why,
        "checked_at": iso(region.checked_at),
    }


def _platform(platform: PlatformView) -> dict[str, Any]:
    official = platform.official
    return {
        "id": platform.id,
        "name": platform.name,
        "role": platform.role,
        "status": platform.status.value,
        "official": {"status": official.status.value, "checked_at": iso(official.checked_at)} if official else None,
        "components": [_component(component) for component in platform.components],
    }


def _component(component: ComponentView) -> dict[str, Any]:
    fractions = {window: _fraction(component, window) for window in ("day", "week", "quarter")}
    quarter = component.uptime.get("quarter")
    return {
        "id": component.id,
        "name": component.name,
        "status": component.status.value,
        "since": iso(component.since),
        "sentence": component.sentence,
        "uptime": {**fractions, "coverage": quarter.coverage if quarter else 0.0},
        "regions": [
            {
                "id": cell.region,
                "status": cell.status.value,
                "since": iso(cell.since),
                "checked_at": iso(cell.checked_at),
                "failure": cell.failure or None,
                "latency_ms": cell.latency_ms,
                "uptime": {"quarter": cell.uptime.fraction, "coverage": cell.uptime.coverage},
            }
            for cell in component.cells
        ],
        "indicators": [
            {"check": i.check, "value": i.value, "unit": i.unit, "degraded": i.degraded, "down": i.down}
            for i in component.indicators
        ],
    }


def _fraction(component: ComponentView, window: str) -> float | None:
    uptime = component.uptime.get(window)
    return uptime.fraction if uptime else None


def _finding(finding: FindingView) -> dict[str, Any]:
    return {
        "cause": finding.cause,
        "title": finding.title,
        "confidence": finding.confidence.value,
        "platform": finding.platform,
        "components": list(finding.components),
        "regions": list(finding.regions),
        "since": finding.since.iso,
        "evidence": list(finding.evidence),
        "against": list(finding.against),
        "decides": finding.decides,
    }


def _incident(view: SiteView, incident: IncidentView) -> dict[str, Any]:
    return {
        "id": incident.id,
        "status": incident.status.value,
        "impact": incident.impact.value,
        "started": incident.started.iso,
        "url": absolute(view, incident.url),
        "official": [
            {
                "platform": answer.platform,
                "known": answer.known,
                "acknowledged": iso(answer.acknowledged),
                "over": iso(answer.over),
                "lead_seconds": answer.lead,
            }
            for answer in incident.official
        ],
    }


# ---- live.json -------------------------------------------------------------------------------------------------------


def live(view: SiteView) -> bytes:
    """`live.json`, always under `LIVE_LIMIT` bytes.

    What does not fit is left out in this order: sentences of components that work, regions that say the same as the
    component, all sentences, all regions, then whole components, the ones that work first. `omitted` counts those; a
    page keeps its own words for what is left out.
    """
    components = sorted(view.components, key=lambda c: (BY_URGENCY.index(c.status), c.platform, c.position))
    for detail in range(5):
        body = json_bytes(_live(view, components, detail, 0), compact=True)
        if len(body) < LIVE_LIMIT:
            return body
    fits, too_many = 0, len(components)
    while too_many - fits > 1:
        half = (fits + too_many) // 2
        body = json_bytes(_live(view, components[:half], 4, len(components) - half), compact=True)
        fits, too_many = (half, too_many) if len(body) < LIVE_LIMIT else (fits, half)
    return json_bytes(_live(view, components[:fits], 4, len(components) - fits), compact=True)


def _live(view: SiteView, components: list[ComponentView], detail: int, omitted: int) -> Mapping[str, Any]:
    """`detail` 0 is everything, 4 the least."""
    found: dict[str, Any] = {
        "generated_at": iso(view.generated_at),
        "checked_at": iso(view.checked_at),
        "next_expected": iso(view.next_expected),
        "stale_after": iso(view.stale_after),
        "late_seconds": view.late_seconds,
        "interval": view.interval,
        "overall": {"status": view.overall.value, "sentence": view.sentence[:1000]},
        "components": {component.id: _live_component(component, detail) for component in components},
    }
    if omitted:
        found["omitted"] = omitted
    return found


def _live_component(component: ComponentView, detail: int) -> dict[str, Any]:
    found: dict[str, Any] = {"status": component.status.value, "since": iso(component.since)}
    if detail < 1 or (detail < 3 and component.status is not Status.OPERATIONAL):
        found["sentence"] = component.sentence
    if detail < 4:
        same = component.status if detail >= 2 else None
        found["regions"] = {cell.region: cell.status.value for cell in component.cells if cell.status is not same}
    return found


def schemas() -> Iterator[tuple[str, bytes]]:
    """(file name, text) of each JSON Schema that ships with the package."""
    folder = resources.files("generator") / "schemas"
    for file in sorted(folder.iterdir(), key=lambda f: f.name):
        if file.name.endswith(".json"):
            yield file.name, file.read_bytes()


def render(views: tuple[SiteView, ...], templates: tuple[Path, ...]) -> Iterator[Artifact]:
    view = views[0]
    yield Artifact(f"{ROOT}status.json", json_bytes(status(view)))
    yield Artifact("live.json", live(view))
    for name, body in schemas():
        yield Artifact(f"{ROOT}schemas/{name}", body)


OUTPUT = Output("api", render)
