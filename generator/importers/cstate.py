"""Reads the issues of a cState site: `content/issues/*.md`, with YAML or TOML front matter.

cState keeps the story in the text: paragraphs that begin with a word of state and end with a `track` shortcode that
holds the time. Its times have no offset and are UTC by its own convention.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from .. import frontmatter
from ..errors import ContentError
from ..model import Impact, Progress, Status, Time
from . import Asked, Found, Importer, Story, Told
from ._reading import moment, refuse, text_of

TRACK = re.compile(r"\{\{[<%]\s*track\s+[\"'`]([^\"'`]*)[\"'`]\s*[>%]\}\}")
MARKER = re.compile(r"^\*{1,2}(?P<word>[^*\n]{2,40})\*{1,2}[ \t]*(?P<rest>(?:[-–—:][ \t]*)?)", re.MULTILINE)
RULER = re.compile(r"^(?:-{3,}|\*{3,})\s*$", re.MULTILINE)

WORDS = {
    "investigating": Progress.INVESTIGATING,
    "identified": Progress.IDENTIFIED,
    "monitoring": Progress.MONITORING,
    "watching": Progress.MONITORING,
    "resolved": Progress.RESOLVED,
    "completed": Progress.RESOLVED,
    "post-mortem": Progress.POSTMORTEM,
    "postmortem": Progress.POSTMORTEM,
}
SEVERITIES = {
    "down": (Impact.CRITICAL, Status.MAJOR_OUTAGE),
    "disrupted": (Impact.MINOR, Status.DEGRADED_PERFORMANCE),
    "notice": (Impact.NONE, None),
}


def read(asked: Asked) -> Found:
    """Every issue below `content/issues` of a site, or in a folder of issues."""
    root = Path(asked.source)
    folder = next((f for f in (root / "content" / "issues", root / "issues", root) if f.is_dir()), root)
    paths = [folder] if folder.is_file() else sorted(folder.rglob("*.md")) if folder.is_dir() else []
    paths = [path for path in paths if not path.name.startswith(("_", "."))]
    if not paths:
        raise refuse(asked.source, "not-cstate", "holds no issues", "give the folder of the site, or content/issues")
    stories: list[Story] = []
    left: list[str] = []
    for path in paths:
        try:
            head, body = _parts(text_of(path), path.name)
        except ContentError as error:
            left.extend(f"{problem}" for problem in error.problems)
            continue
        story = _story(path, head, body, left)
        if story is not None:
            stories.append(story)
    return Found(tuple(sorted(stories, key=lambda s: (s.started, s.id))), (), tuple(dict.fromkeys(left)))


def _parts(text: str, name: str) -> tuple[Mapping[str, Any], str]:
    text = text.replace("\r\n", "\n")
    if not text.startswith("+++"):
        parts = frontmatter.load(text, name)
        return parts.head.value, parts.body
    head, fence, body = text[3:].partition("\n+++")
    try:
        if not fence:
            raise ValueError("the front matter is not closed")
        return tomllib.loads(head), body
    except ValueError as error:
        raise refuse(name, "front-matter", f"its front matter cannot be read: {error}") from error


def _time(value: Any) -> Time | None:
    """A time of the front matter; TOML and YAML may have made it a value already."""
    if isinstance(value, datetime):
        return int((value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp())
    if isinstance(value, date):
        return int(datetime(value.year, value.month, value.day, tzinfo=UTC).timestamp())
    return moment(value)


def _story(path: Path, head: Mapping[str, Any], body: str, left: list[str]) -> Story | None:
    name, date_ = path.name, _time(head.get("date"))
    title = str(head.get("title", "")).strip()
    if not title or date_ is None:
        left.append(f"{name}: has no title, or its date {head.get('date')!r} is no date")
        return None
    severity = str(head.get("severity", "notice"))
    if severity not in SEVERITIES:
        left.append(f"{name}: the severity {severity!r} has no meaning here")
    impact, status = SEVERITIES.get(severity, (Impact.NONE, None))
    informational = head.get("informational") is True
    affected = head.get("affected") or ()
    components = tuple(str(one) for one in affected) if isinstance(affected, (list, tuple)) else (str(affected),)
    updates, rest = ((), body.strip()) if informational else _updates(body, date_, name, left)
    if not informational:
        updates, rest = _ended(updates, rest, head, date_, name, left)
    if updates and status and updates[0].status is not Progress.RESOLVED:
        first = Told(updates[0].at, updates[0].status, updates[0].body, dict.fromkeys(components, status))
        updates = (first, *updates[1:])
    return Story(
        id=f"cstate-{path.stem}",
        title=title,
        kind="notice" if informational else "incident",
        started=min([date_, *(update.at for update in updates)]),
        impact=Impact.NONE if informational else impact,
        components=components,
        updates=updates,
        body=_plain(rest, name, left),
        pinned=head.get("pin") is True,
        draft=head.get("draft") is True,
    )


# ---- the text --------------------------------------------------------------------------------------------------------


def _updates(body: str, started: Time, name: str, left: list[str]) -> tuple[tuple[Told, ...], str]:
    """The paragraphs with a time, oldest first, and what is left of the text."""
    found: list[tuple[Time, Progress | None, str]] = []
    rest: list[str] = []
    begin = 0
    for track in TRACK.finditer(body):
        before, said = _last_paragraphs(body[begin : track.start()])
        begin = track.end()
        rest.append(before)
        at = moment(track[1])
        if at is None:
            left.append(f"{name}: the time {track[1]!r} of a paragraph is no time; its words are kept in the article")
            rest.append(said)
        else:
            found.append((at, *_word(said)))
    rest.append(body[begin:])
    told: list[Told] = []
    if found and found[0][0] >= found[-1][0]:
        found.reverse()  # cState writes the newest first, so that of two with one time the upper is the later one
    for at, word, said in sorted(found, key=lambda one: one[0]):
        status = word or (told[-1].status if told else Progress.INVESTIGATING)
        told.append(Told(at, status, said))
    parts = [RULER.sub("", part).strip() for part in rest]
    return tuple(told), "\n\n".join(part for part in parts if part)


def _last_paragraphs(text: str) -> tuple[str, str]:
    """What a time belongs to: from the last word of state on, or else the last paragraph; and what stands before."""
    ruled = list(RULER.finditer(text))
    floor = ruled[-1].end() if ruled else 0
    markers = [m for m in MARKER.finditer(text, floor) if m["rest"] or m["word"].strip().lower() in WORDS]
    cut = markers[-1].start() if markers else max(text.rstrip().rfind("\n\n"), floor)
    return text[:cut], text[cut:].strip()


def _word(said: str) -> tuple[Progress | None, str]:
    """The state a paragraph begins with and its words without it; None: the state before goes on."""
    marker = MARKER.match(said)
    word = marker["word"].strip().lower() if marker else ""
    if marker and (word in WORDS or word == "update"):
        return WORDS.get(word), said[marker.end() :].strip()
    return None, said


def _ended(
    updates: tuple[Told, ...], rest: str, head: Mapping[str, Any], started: Time, name: str, left: list[str]
) -> tuple[tuple[Told, ...], str]:
    """The updates with what the front matter says of the end. A text without any time is the only update."""
    if not updates and rest:
        left.append(f"{name}: its text has no times; it stands as one update at the date of the issue")
        updates, rest = (Told(started, Progress.INVESTIGATING, rest),), ""
    resolved = head.get("resolved") is True
    over = any(update.status is Progress.RESOLVED for update in updates)
    end = _time(head.get("resolvedWhen"))
    if not resolved or over:
        if over and not resolved:
            left.append(f"{name}: its text says resolved, its front matter does not; the text is taken")
        return updates, rest
    if end is None:
        end = updates[-1].at if updates else started
        left.append(f"{name}: does not say when it was resolved; the time of its last update is taken")
    last = updates[-1] if updates else None
    if last and last.at // 60 == end // 60 and len(updates) > 1:
        return (*updates[:-1], Told(last.at, Progress.RESOLVED, last.body, last.components)), rest
    done = Told(end, Progress.RESOLVED, "Resolved.")
    return tuple(sorted((*updates, done), key=lambda update: update.at)), rest


def _plain(text: str, name: str, left: list[str]) -> str:
    """The text without other shortcodes of Hugo, each of which is told."""
    for code in re.findall(r"\{\{[<%].*?[>%]\}\}", text):
        left.append(f"{name}: the shortcode {code} stays as text")
    return text.strip()


IMPORTER = Importer("cstate", read)
