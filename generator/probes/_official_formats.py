"""What status pages of different makes say, in our words. Pure: documents in, `Official` out.

Never guesses: a word nobody documented is `unknown`. Names and titles are cleaned and cut before they are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

from ..failures import scrub
from ..model import EMPTY, Status, worst
from ._reading import instant

MOST = 40
"""Components kept at most."""
STILL = 86400.0
"""Seconds after which an entry of a feed without a word of its state says nothing about the present."""

_STATUSPAGE = {
    "none": Status.OPERATIONAL,
    "minor": Status.DEGRADED_PERFORMANCE,
    "major": Status.PARTIAL_OUTAGE,
    "critical": Status.MAJOR_OUTAGE,
    "maintenance": Status.UNDER_MAINTENANCE,
}
_BETTERSTACK = {
    "operational": Status.OPERATIONAL,
    "degraded": Status.DEGRADED_PERFORMANCE,
    "downtime": Status.MAJOR_OUTAGE,
    "maintenance": Status.UNDER_MAINTENANCE,
}
_INSTATUS = {
    "UP": Status.OPERATIONAL,
    "OPERATIONAL": Status.OPERATIONAL,
    "HASISSUES": Status.DEGRADED_PERFORMANCE,
    "DEGRADEDPERFORMANCE": Status.DEGRADED_PERFORMANCE,
    "MINOROUTAGE": Status.DEGRADED_PERFORMANCE,
    "PARTIALOUTAGE": Status.PARTIAL_OUTAGE,
    "MAJOROUTAGE": Status.MAJOR_OUTAGE,
    "UNDERMAINTENANCE": Status.UNDER_MAINTENANCE,
}
_KUMA = {0: Status.MAJOR_OUTAGE, 1: Status.OPERATIONAL, 3: Status.UNDER_MAINTENANCE}
_OVER = ("resolved", "completed", "recovered", "back to normal", "postmortem")
_GOING = ("investigating", "identified", "monitoring", "update", "in progress", "verifying", "scheduled", "ongoing")


@dataclass(frozen=True, slots=True)
class Official:
    """The page's word about everything and about each of its components, and the title it gives as the reason."""

    status: Status
    components: Mapping[str, Status] = field(default_factory=lambda: EMPTY)
    title: str = ""


class Unreadable(ValueError):
    """The document has not the shape its make is documented to have."""


def _text(value: Any) -> str:
    return scrub(value, limit=80) if isinstance(value, str) else ""


def _listed(value: Any) -> list[Mapping[str, Any]]:
    return [v for v in value if isinstance(v, Mapping)] if isinstance(value, list) else []


def statuspage(documents: list[Any], now: float) -> Official:
    """Statuspage v2 `summary.json`: `status.indicator`, `components[]`, `incidents[]`."""
    page = _mapping(documents[0])
    indicator = _mapping(page.get("status")).get("indicator")
    if indicator not in _STATUSPAGE:
        raise Unreadable("no status.indicator")
    parts: dict[str, Status] = {}
    for component in _listed(page.get("components"))[:MOST]:
        if not component.get("group"):
            known = component.get("status") in tuple(Status)
            parts[_text(component.get("name"))] = Status(component["status"]) if known else Status.UNKNOWN
    incidents = _listed(page.get("incidents"))
    return Official(_STATUSPAGE[indicator], parts, _text(incidents[0].get("name")) if incidents else "")


def betterstack(documents: list[Any], now: float) -> Official:
    """Better Stack `index.json`: `data.attributes.aggregate_state`, `included[]` of resources and reports."""
    page = _mapping(documents[0])
    state = _mapping(_mapping(page.get("data")).get("attributes")).get("aggregate_state")
    if not isinstance(state, str):
        raise Unreadable("no data.attributes.aggregate_state")
    parts: dict[str, Status] = {}
    for entry in _listed(page.get("included")):
        said = entry.get("attributes")
        if entry.get("type") == "status_page_resource" and isinstance(said, Mapping) and len(parts) < MOST:
            parts[_text(said.get("public_name"))] = _BETTERSTACK.get(str(said.get("status")), Status.UNKNOWN)
    return Official(_BETTERSTACK.get(state, Status.UNKNOWN), parts)


def uptime_kuma(documents: list[Any], now: float) -> Official:
    """Uptime Kuma: the page (groups of monitors, pinned incident) and the heartbeats of each monitor."""
    page, beats = _mapping(documents[0]), _mapping(documents[1] if len(documents) > 1 else None)
    lists = beats.get("heartbeatList")
    if not isinstance(lists, Mapping):
        raise Unreadable("no heartbeatList")
    names = {
        str(m.get("id")): _text(m.get("name"))
        for group in _listed(page.get("publicGroupList"))
        for m in _listed(group.get("monitorList"))
    }
    parts: dict[str, Status] = {}
    for ident, entries in list(lists.items())[:MOST]:
        beat = max(_listed(entries), key=lambda b: str(b.get("time", "")), default=None)
        if beat is not None:
            parts[names.get(str(ident)) or f"monitor {ident}"] = _KUMA.get(beat.get("status", -1), Status.UNKNOWN)
    title = _text(_mapping(page.get("incident") or {}).get("title"))
    return Official(_overall(list(parts.values())), parts, title)


def _overall(statuses: list[Status]) -> Status:
    """Of monitors that only know up and down: some down is partial, all down is major."""
    known = [s for s in statuses if s is not Status.UNKNOWN]
    if Status.MAJOR_OUTAGE in known and any(s is not Status.MAJOR_OUTAGE for s in known):
        return Status.PARTIAL_OUTAGE
    return worst(known)


def instatus(documents: list[Any], now: float) -> Official:
    """Instatus `summary.json`: `page.status`, `activeIncidents[]`; `components[]` where given."""
    page = _mapping(documents[0])
    state = _mapping(page.get("page")).get("status")
    if state not in _INSTATUS:
        raise Unreadable("no page.status")
    incidents = _listed(page.get("activeIncidents"))
    words = [_INSTATUS[state]] + [_INSTATUS[i["impact"]] for i in incidents if i.get("impact") in _INSTATUS]
    parts = {
        _text(c.get("name")): _INSTATUS.get(str(c.get("status")), Status.UNKNOWN)
        for c in _listed(page.get("components"))
    }
    return Official(worst(words), parts, _text(incidents[0].get("name")) if incidents else "")


def feed(documents: list[Any], now: float) -> Official:
    """The newest entry of an RSS or Atom feed: over, still going on, or too old to say anything about now."""
    entries = _entries(str(documents[0]))
    dated = [(when, title, body) for when, title, body in entries if when is not None and when <= now + 3600]
    if not entries:
        return Official(Status.OPERATIONAL)
    if not dated:
        raise Unreadable("no entry with a date")
    when, title, body = max(dated)
    newest = (title + " " + body[:200]).lower()
    if any(word in newest for word in _OVER):
        return Official(Status.OPERATIONAL, title=_text(title))
    if now - when > STILL and not any(word in newest for word in _GOING):
        return Official(Status.OPERATIONAL, title=_text(title))
    planned = "maintenance" in newest
    return Official(Status.UNDER_MAINTENANCE if planned else Status.DEGRADED_PERFORMANCE, title=_text(title))


def _entries(text: str) -> list[tuple[float | None, str, str]]:
    """(time, title, text) of each entry. Refuses a document type: a feed needs none, an attack does."""
    if "<!DOCTYPE" in text[:4096].upper() or "<!ENTITY" in text.upper():
        raise Unreadable("a feed with a document type is not read")
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as problem:
        raise Unreadable(f"no XML ({problem})") from None
    found = []
    for node in root.iter():
        if _local(node.tag) in ("item", "entry"):
            said = {_local(child.tag): (child.text or "").strip() for child in node}
            when = next((said[k] for k in ("updated", "pubDate", "published", "date") if said.get(k)), "")
            body = said.get("description") or said.get("content") or said.get("summary") or ""
            found.append((instant(when), said.get("title", ""), body))
    if not found and _local(root.tag) not in ("rss", "feed", "RDF"):
        raise Unreadable("no RSS and no Atom")
    return found


def _local(tag: Any) -> str:
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise Unreadable("not the documented shape")
    return value


READERS: Mapping[str, Callable[[list[Any], float], Official]] = {
    "statuspage": statuspage,
    "betterstack": betterstack,
    "uptime_kuma": uptime_kuma,
    "instatus": instatus,
    "feed": feed,
}
