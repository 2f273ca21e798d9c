"""What status pages of different makes say, in our words. Pure: documents in, `Official` out.

Never guesses: a word nobody documented is `unknown`. Names and titles are cleaned and cut before they are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
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
_OURS = {status.value: status for status in Status}
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


def _said(words: Mapping[Any, Status], value: Any) -> Status:
    """Our word for theirs; `unknown` for a word nobody documented, and for what is no word at all."""
    return words.get(value, Status.UNKNOWN) if isinstance(value, str | int) else Status.UNKNOWN


def _parts(found: Iterable[tuple[Any, Status]]) -> dict[str, Status]:
    """Components by name, the first ones; of several with one name the worst, for none of them may hide another."""
    parts: dict[str, Status] = {}
    for name, status in found:
        text = _text(name)
        if text in parts:
            parts[text] = worst((parts[text], status))
        elif text and len(parts) < MOST:
            parts[text] = status
    return parts


def _listed(value: Any) -> list[Mapping[str, Any]]:
    return [v for v in value if isinstance(v, Mapping)] if isinstance(value, list) else []


def statuspage(documents: list[Any], now: float) -> Official:
    """Statuspage v2 `summary.json`: `status.indicator`, `components[]`, `incidents[]`."""
    page = _mapping(documents[0])
    status = _said(_STATUSPAGE, _mapping(page.get("status")).get("indicator"))
    if status is Status.UNKNOWN:
        raise Unreadable("no status.indicator")
    components = [c for c in _listed(page.get("components")) if not c.get("group")]
    parts = _parts((c.get("name"), _said(_OURS, c.get("status"))) for c in components)
    incidents = _listed(page.get("incidents"))
    return Official(status, parts, _text(incidents[0].get("name")) if incidents else "")


def betterstack(documents: list[Any], now: float) -> Official:
    """Better Stack `index.json`: `data.attributes.aggregate_state`, `included[]` of resources and reports."""
    page = _mapping(documents[0])
    state = _mapping(_mapping(page.get("data")).get("attributes")).get("aggregate_state")
    if not isinstance(state, str):
        raise Unreadable("no data.attributes.aggregate_state")
    resources = [e for e in _listed(page.get("included")) if e.get("type") == "status_page_resource"]
    told = [said for e in resources if isinstance(said := e.get("attributes"), Mapping)]
    parts = _parts((said.get("public_name"), _said(_BETTERSTACK, said.get("status"))) for said in told)
    return Official(_said(_BETTERSTACK, state), parts)


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
    found: list[tuple[str, Status]] = []
    for ident, entries in lists.items():
        beat = max(_listed(entries), key=lambda b: str(b.get("time", "")), default=None)
        if beat is not None:
            found.append((names.get(str(ident)) or f"monitor {ident}", _said(_KUMA, beat.get("status"))))
    title = _text(_mapping(page.get("incident") or {}).get("title"))
    return Official(_overall([status for _, status in found]), _parts(found), title)


def _overall(statuses: list[Status]) -> Status:
    """Of monitors that only know up and down: some down is partial, all down is major."""
    known = [s for s in statuses if s is not Status.UNKNOWN]
    if Status.MAJOR_OUTAGE in known and any(s is not Status.MAJOR_OUTAGE for s in known):
        return Status.PARTIAL_OUTAGE
    return worst(known)


def instatus(documents: list[Any], now: float) -> Official:
    """Instatus `summary.json`: `page.status`, `activeIncidents[]`; `components[]` where given."""
    page = _mapping(documents[0])
    status = _said(_INSTATUS, _mapping(page.get("page")).get("status"))
    if status is Status.UNKNOWN:
        raise Unreadable("no page.status")
    incidents = _listed(page.get("activeIncidents"))
    impacts = [_said(_INSTATUS, i.get("impact")) for i in incidents]
    parts = _parts((c.get("name"), _said(_INSTATUS, c.get("status"))) for c in _listed(page.get("components")))
    overall = worst([status, *(i for i in impacts if i is not Status.UNKNOWN)])
    return Official(overall, parts, _text(incidents[0].get("name")) if incidents else "")


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
