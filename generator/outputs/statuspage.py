"""The Statuspage v2 API, all eight paths, so that every client of a Statuspage can read this page.

Keys, order, enums and nulls are Statuspage's; nothing of ours is added inside its objects. Ids are hashes of our ids,
times are facts and never the build: a build without news gives the same bytes.

Statuspage has no word for `unknown`. Never green and never red: such a component is `degraded_performance`, its
description begins with `UNKNOWN_NOTE`, and the page's own description says "Status Unknown". docs/api.md says why.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..model import Artifact, Impact, Progress, Status, Time
from ..siteview import ComponentView, IncidentView, PlatformView, SiteView, UpdateView, When
from . import Output
from ._plain import absolute, changed, clean, code, first_word, host, json_bytes, moment

LIMIT = 50
UNKNOWN_NOTE = "State unknown, no recent measurement."

COMPONENT_STATUS: Mapping[Status, str] = {
    Status.OPERATIONAL: "operational",
    Status.DEGRADED_PERFORMANCE: "degraded_performance",
    Status.PARTIAL_OUTAGE: "partial_outage",
    Status.MAJOR_OUTAGE: "major_outage",
    Status.UNDER_MAINTENANCE: "under_maintenance",
    Status.UNKNOWN: "degraded_performance",
}

PAGE_STATUS: Mapping[Status, tuple[str, str]] = {
    Status.OPERATIONAL: ("none", "All Systems Operational"),
    Status.DEGRADED_PERFORMANCE: ("minor", "Partially Degraded Service"),
    Status.PARTIAL_OUTAGE: ("major", "Partial System Outage"),
    Status.MAJOR_OUTAGE: ("critical", "Major System Outage"),
    Status.UNDER_MAINTENANCE: ("none", "Service Under Maintenance"),
    Status.UNKNOWN: ("minor", "Status Unknown"),
}

OPEN = frozenset({Progress.INVESTIGATING, Progress.IDENTIFIED, Progress.MONITORING})
RUNNING = frozenset({Progress.IN_PROGRESS, Progress.VERIFYING})
INCIDENT_STATES = OPEN | {Progress.RESOLVED, Progress.POSTMORTEM}
IMPACTS = frozenset({Impact.NONE, Impact.MINOR, Impact.MAJOR, Impact.CRITICAL})


def time(at: Time) -> str:
    """`2026-11-23T06:00:00.000Z`, the only form all clients parse."""
    return moment(at).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _when(*candidates: When | None) -> str:
    """The first known moment; the epoch stands for "never" where the format allows no null."""
    return time(next((when.at for when in candidates if when is not None), 0))


def _null(when: When | None) -> str | None:
    return time(when.at) if when else None


@dataclass(frozen=True, slots=True)
class Book:
    """The view once more, in Statuspage's objects. Made once, then cut into the eight answers."""

    page: dict[str, Any]
    status: dict[str, Any]
    components: list[dict[str, Any]]
    incidents: list[dict[str, Any]]
    maintenances: list[tuple[Progress, dict[str, Any]]]


def book(view: SiteView) -> Book:
    page = code("page", host(view))
    components = list(_components(view, page))
    by_id = {
        component.id: entry
        for entry, component in zip((entry for entry in components if not entry["group"]), view.components, strict=True)
    }
    names = {c.id: f"{p.name} - {c.name}" for p in view.platforms for c in p.components}
    incidents = [_incident(view, i, page, by_id, names) for i in _needed(view, maintenance=False)]
    maintenances = [(i.status, _maintenance(view, i, page, by_id, names)) for i in _needed(view, maintenance=True)]
    indicator, description = PAGE_STATUS[view.overall]
    return Book(
        page={
            "id": page,
            "name": clean(view.title),
            "url": absolute(view, "/").rstrip("/") or "/",
            "time_zone": "Etc/UTC",
            "updated_at": _when(view.changed_at),
        },
        status={"indicator": indicator, "description": description},
        components=components,
        incidents=incidents,
        maintenances=maintenances,
    )


def _needed(view: SiteView, *, maintenance: bool) -> list[IncidentView]:
    """Newest first: what any of the answers names, which is the newest `LIMIT` and everything that is not over."""
    listed = [incident for incident in view.incidents if (incident.kind == "maintenance") == maintenance]
    listed.sort(key=lambda incident: (incident.started.at, incident.id), reverse=True)
    current = RUNNING | {Progress.SCHEDULED} if maintenance else OPEN
    return [one for n, one in enumerate(listed) if n < LIMIT or (one.status if maintenance else _state(one)) in current]


def _components(view: SiteView, page: str) -> Iterator[dict[str, Any]]:
    """Each platform as a group, followed by its components; positions begin anew in each group."""
    for position, platform in enumerate(view.platforms, 1):
        group = _component_id(platform.id)
        children = [_component(component, page, group, n) for n, component in enumerate(platform.components, 1)]
        yield _group(platform, page, position, [child["id"] for child in children])
        yield from children


def _component_id(id: str) -> str:
    return code("component", id)


def _described(status: Status, description: str) -> str | None:
    text = clean(description)
    if status is Status.UNKNOWN:
        return f"{UNKNOWN_NOTE} {text}".strip()
    return text or None


def _component(component: ComponentView, page: str, group: str, position: int) -> dict[str, Any]:
    created = component.created_at
    return {
        "id": _component_id(component.id),
        "name": clean(component.name),
        "status": COMPONENT_STATUS[component.status],
        "created_at": _when(created),
        "updated_at": _when(component.since, created),
        "position": position,
        "description": _described(component.status, component.description),
        "showcase": True,
        "start_date": moment(created.at).strftime("%Y-%m-%d") if created else None,
        "group_id": group,
        "page_id": page,
        "group": False,
        "only_show_if_degraded": False,
    }


def _group(platform: PlatformView, page: str, position: int, children: list[str]) -> dict[str, Any]:
    created = [c.created_at for c in platform.components if c.created_at]
    changed = [c.since for c in platform.components if c.since]
    first = min(created, key=lambda when: when.at, default=None)
    return {
        "id": _component_id(platform.id),
        "name": clean(platform.name),
        "status": COMPONENT_STATUS[platform.status],
        "created_at": _when(first),
        "updated_at": _when(max(changed, key=lambda when: when.at, default=None), first),
        "position": position,
        "description": _described(platform.status, platform.description),
        "showcase": False,
        "start_date": None,
        "group_id": None,
        "page_id": page,
        "group": True,
        "only_show_if_degraded": False,
        "components": children,
    }


def _state(incident: IncidentView) -> str:
    """A notice may be in no state that Statuspage knows; then only whether it still stands is said."""
    if incident.status in INCIDENT_STATES:
        return incident.status.value
    return (Progress.IDENTIFIED if incident.active else Progress.RESOLVED).value


def _incident(
    view: SiteView,
    incident: IncidentView,
    page: str,
    components: Mapping[str, dict[str, Any]],
    names: Mapping[str, str],
    state: str = "",
) -> dict[str, Any]:
    id = code("incident", incident.id)
    oldest_first = incident.updates[::-1]
    watched = [u.at for u in oldest_first if u.status in (Progress.MONITORING, Progress.VERIFYING)]
    return {
        "id": id,
        "name": clean(incident.title),
        "status": state or _state(incident),
        "created_at": time(oldest_first[0].at.at if oldest_first else first_word(incident)),
        "updated_at": time(changed(incident)),
        "monitoring_at": _null(watched[0] if watched else None),
        "resolved_at": _null(incident.ended),
        "impact": incident.impact.value if incident.impact in IMPACTS else Impact.NONE.value,
        "shortlink": absolute(view, incident.url),
        "started_at": _when(incident.started),
        "page_id": page,
        "incident_updates": _updates(incident, id, oldest_first, names),
        "components": [components[c] for c in incident.components if c in components],
        "reminder_intervals": None,
    }


def _maintenance(
    view: SiteView,
    incident: IncidentView,
    page: str,
    components: Mapping[str, dict[str, Any]],
    names: Mapping[str, str],
) -> dict[str, Any]:
    found = _incident(view, incident, page, components, names, incident.status.value)
    found["impact"] = Impact.MAINTENANCE.value
    found["resolved_at"] = _null(incident.ended) if incident.status is Progress.COMPLETED else None
    found["scheduled_for"] = _when(incident.scheduled_for, incident.started)
    found["scheduled_until"] = _when(incident.scheduled_until, incident.ended, incident.scheduled_for, incident.started)
    return found


def _updates(
    incident: IncidentView, id: str, oldest_first: Iterable[UpdateView], names: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Newest first. A component's first mention claims no change: what it was before is not ours to invent."""
    known: dict[str, Status] = {}
    found = []
    for update in oldest_first:
        affected = [
            {
                "code": _component_id(component),
                "name": clean(names.get(component, component)),
                "old_status": COMPONENT_STATUS[known.get(component, status)],
                "new_status": COMPONENT_STATUS[status],
            }
            for component, status in sorted(update.components.items())
        ]
        known.update(update.components)
        at = time(update.at.at)
        found.append(
            {
                "id": code("update", incident.id, "auto" if update.automatic else "", update.id),
                "status": update.status.value,
                "body": clean(update.text),
                "incident_id": id,
                "created_at": at,
                "updated_at": _when(update.edited, update.at),
                "display_at": at,
                "affected_components": affected or None,
                "deliver_notifications": False,
                "custom_tweet": None,
                "tweet_id": None,
            }
        )
    return found[::-1]


def answers(view: SiteView) -> Iterator[tuple[str, dict[str, Any]]]:
    """(path below `/api/v2/`, answer) for each of the eight."""
    has = book(view)
    unresolved = [entry for entry in has.incidents if entry["status"] in OPEN]
    upcoming = [entry for status, entry in has.maintenances if status is Progress.SCHEDULED]
    active = [entry for status, entry in has.maintenances if status in RUNNING]
    yield (
        "summary.json",
        {
            "page": has.page,
            "components": has.components,
            "incidents": unresolved,
            "scheduled_maintenances": [e for status, e in has.maintenances if status in RUNNING | {Progress.SCHEDULED}],
            "status": has.status,
        },
    )
    yield "status.json", {"page": has.page, "status": has.status}
    yield "components.json", {"page": has.page, "components": has.components}
    yield "incidents.json", {"page": has.page, "incidents": has.incidents[:LIMIT]}
    yield "incidents/unresolved.json", {"page": has.page, "incidents": unresolved}
    for path, entries in (
        ("scheduled-maintenances.json", [entry for _, entry in has.maintenances[:LIMIT]]),
        ("scheduled-maintenances/upcoming.json", upcoming),
        ("scheduled-maintenances/active.json", active),
    ):
        yield path, {"page": has.page, "scheduled_maintenances": entries}


def render(views: tuple[SiteView, ...], templates: tuple[Path, ...]) -> Iterator[Artifact]:
    for path, answer in answers(views[0]):
        yield Artifact(f"api/v2/{path}", json_bytes(answer, compact=True))


OUTPUT = Output("statuspage", render)
