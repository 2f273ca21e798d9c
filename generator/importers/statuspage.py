"""Reads what a Statuspage publishes: `incidents.json`, `scheduled-maintenances.json`, `summary.json`, history pages.

SOURCE is a file, a folder of such files, or the address of a page; with `--pages N` of an address also N pages of its
archive, one request a second. Never logs in, never asks for more than what a visitor may read.
"""

from __future__ import annotations

import html
import math
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..errors import ContentError
from ..model import Impact, Progress, Status, Time
from ..notes.form import ALLOWED
from . import Asked, Found, Importer, Story, Told
from ._reading import exact, fetch, is_url, json_of, mappings, moment, named, refuse, text_of, words

PATHS = ("api/v2/incidents.json", "api/v2/scheduled-maintenances.json")
PAUSE = 1.0
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def read(asked: Asked) -> Found:
    """Every incident and maintenance of the source, once, oldest first."""
    documents = _fetched(asked) if is_url(asked.source) else _files(Path(asked.source))
    stories: dict[str, Story] = {}
    left: list[str] = []
    seen = False
    for name, document in documents:
        entries, archived = _entries(document)
        seen = seen or entries is not None or archived is not None
        for entry in entries or ():
            _keep(stories, _story(entry, left))
        for year, month, entry in archived or ():
            if f"statuspage-{entry.get('code')}" not in stories:
                _keep(stories, _from_archive(year, month, entry, name, left))
    if not seen:
        fix = "give its incidents.json, or the address of the page"
        raise refuse(asked.source, "not-statuspage", "holds no incidents of a Statuspage", fix)
    return Found(tuple(sorted(stories.values(), key=lambda s: (s.started, s.id))), (), tuple(dict.fromkeys(left)))


def _keep(stories: dict[str, Story], story: Story | None) -> None:
    if story is not None:
        stories[story.id] = story


# ---- getting the documents -------------------------------------------------------------------------------------------


def _files(path: Path) -> list[tuple[str, Any]]:
    """(name, value) of the file, or of every JSON and HTML file of the folder; full answers before archives."""
    paths = sorted(p for p in path.iterdir() if p.suffix in (".json", ".html")) if path.is_dir() else [path]
    found = [(str(p), _document(text_of(p), str(p))) for p in paths]
    return sorted(found, key=lambda one: _entries(one[1])[0] is None)


def _document(text: str, name: str) -> Any:
    """JSON, or the JSON a history page carries for its own script."""
    if text.lstrip()[:1] == "<":
        held = re.search(r"data-react-props=(?:\"([^\"]*)\"|'([^']*)')", text)
        if held is None:
            raise refuse(name, "not-statuspage", "is a page without the data of a history page in it")
        text = html.unescape(held[1] or held[2])
    return json_of(text, name)


def _fetched(asked: Asked) -> list[tuple[str, Any]]:
    if asked.source.endswith((".json", ".html")) and "/api/" in asked.source:
        return [(asked.source, _document(fetch(asked.source, asked.user_agent), asked.source))]
    parts = urlsplit(asked.source)
    base = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
    urls = [f"{base}/{path}" for path in PATHS]
    found = [(url, _document(fetch(url, asked.user_agent), url)) for url in urls]
    known = {str(entry.get("id")) for _, document in found for entry in _entries(document)[0] or ()}
    for page in range(1, asked.pages + 1):
        time.sleep(PAUSE)
        url = f"{base}/history.json?page={page}"
        document = _document(fetch(url, asked.user_agent), url)
        codes = [str(entry.get("code")) for _, _, entry in _entries(document)[1] or ()]
        for code in (c for c in codes if re.fullmatch(r"[a-z0-9]+", c) and c not in known):
            time.sleep(PAUSE)
            one = f"{base}/incidents/{code}.json"
            try:
                found.append((one, {"incidents": [_document(fetch(one, asked.user_agent), one)]}))
            except ContentError:
                continue  # what the archive's own page says of it is told below, and that it is not all
        found.append((url, document))
    return found


def _entries(document: Any) -> tuple[list[dict[str, Any]] | None, list[tuple[int, int, dict[str, Any]]] | None]:
    """The full incidents of an answer, and those of an archive page with year and month; None where it has neither."""
    if not isinstance(document, dict):
        return None, None
    if isinstance(document.get("months"), list):
        archived = []
        for month in mappings(document["months"]):
            year, number = month.get("year"), _month(str(month.get("name", "")))
            if number and isinstance(year, int):
                archived += [(year, number, entry) for entry in mappings(month.get("incidents"))]
        return None, archived
    lists = [document[key] for key in ("incidents", "scheduled_maintenances") if isinstance(document.get(key), list)]
    if lists:
        return [entry for entries in lists for entry in mappings(entries)], None
    if isinstance(document.get("incident_updates"), list):
        return [document], None
    return None, None


# ---- understanding them ----------------------------------------------------------------------------------------------


def _story(entry: Mapping[str, Any], left: list[str]) -> Story | None:
    id, title = str(entry.get("id", "")), named(entry.get("name"))
    kind = "maintenance" if entry.get("scheduled_for") else "incident"
    updates = _updates(entry, kind, f"{id} ({title})", left)
    begins = [moment(entry.get("scheduled_for" if kind == "maintenance" else "started_at"))]
    if kind == "incident":
        begins += [updates[0].at if updates else moment(entry.get("created_at"))]
    known = [begin for begin in begins if begin is not None]
    if not id or not title or not known:
        left.append(f"an incident without id, name or time: {id or title or 'nothing'}")
        return None
    impact = str(entry.get("impact", ""))
    return Story(
        id=f"statuspage-{id}",
        title=title,
        kind=kind,
        started=min(known),
        impact=Impact(impact) if kind == "incident" and impact in list(Impact) and impact != "maintenance" else None,
        components=tuple(named(c.get("name")) for c in mappings(entry.get("components")) if not c.get("group")),
        updates=updates,
        ends=moment(entry.get("scheduled_until")),
        body=words(entry.get("postmortem_body")),
    )


def _updates(entry: Mapping[str, Any], kind: str, name: str, left: list[str]) -> tuple[Told, ...]:
    told = []
    # The newest stands first; what has the same time to the last digit came in the order that is left.
    for update in reversed(mappings(entry.get("incident_updates"))):
        created = exact(update.get("created_at"))
        shown = exact(update.get("display_at")) or created
        at = None if shown is None else math.floor(shown)
        word = str(update.get("status", ""))
        if shown is None or at is None or word not in [p.value for p in ALLOWED[kind]]:
            left.append(f"{name}: an update with the status {word!r} and the time {update.get('display_at')!r}")
            continue
        one = Told(at, Progress(word), words(update.get("body")), _affected(update))
        told.append((shown, shown if created is None else created, one))
    return tuple(one for _, _, one in sorted(told, key=lambda t: t[:2]))


def _affected(update: Mapping[str, Any]) -> dict[str, Status]:
    """What an update says of components. That something is under maintenance is said by the window itself."""
    known = {status.value: status for status in Status} | {"full_outage": Status.MAJOR_OUTAGE}
    return {
        named(one.get("name")): known[status]
        for one in mappings(update.get("affected_components"))
        if (status := str(one.get("new_status"))) in known and status != "under_maintenance"
    }


# ---- an archive page: names, times and the last words only -----------------------------------------------------------

_STAMP = re.compile(
    r"(?P<month>[A-Z][a-z]{2})\s+(?P<day>\d{1,2}),\s+(?P<clock>\d{1,2}:\d{2})"
    r"(?:\s*-\s*(?:(?P<month2>[A-Z][a-z]{2})\s+(?P<day2>\d{1,2}),\s+)?(?P<clock2>\d{1,2}:\d{2}))?\s+(?P<zone>[A-Z]+)"
)


def _from_archive(year: int, month: int, entry: Mapping[str, Any], page: str, left: list[str]) -> Story | None:
    id, title = str(entry.get("code", "")), named(entry.get("name"))
    plain = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", str(entry.get("timestamp", ""))))
    found = _STAMP.search(plain)
    begin = _stamp(year, found["month"], found["day"], found["clock"]) if found else None
    if not id or not found or begin is None or found["zone"] not in ("UTC", "GMT"):
        left.append(f"{page}: {id} ({title}): its time {plain!r} cannot be read for sure; give its incidents.json")
        return None
    left.append(f"{page}: {id} ({title}): only the last words stand in an archive page, without the updates before")
    end = begin
    if found["clock2"]:
        end = _stamp(year, found["month2"] or found["month"], found["day2"] or found["day"], found["clock2"]) or begin
        if end < begin:  # over New Year
            end = _stamp(year + 1, found["month2"] or "Jan", found["day2"] or "1", found["clock2"]) or begin
    impact = str(entry.get("impact", ""))
    return Story(
        id=f"statuspage-{id}",
        title=title,
        kind="incident",
        started=begin,
        impact=Impact(impact) if impact in list(Impact) and impact != "maintenance" else None,
        updates=(Told(end, Progress.RESOLVED, words(entry.get("message"))),),
    )


def _month(name: str) -> int:
    return MONTHS.index(name[:3]) + 1 if name[:3] in MONTHS else 0


def _stamp(year: int, month: str, day: str, clock: str) -> Time | None:
    hour, minute = clock.split(":")
    try:
        return int(datetime(year, _month(month), int(day), int(hour), int(minute), tzinfo=UTC).timestamp())
    except (ValueError, OverflowError):
        return None


IMPORTER = Importer("statuspage", read)
