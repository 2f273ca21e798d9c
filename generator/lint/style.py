"""What makes a note good to read and easy to keep: the rules of style, each a warning with its place.

Pure. Only `generator.lint` applies them; no build fails or talks because of style.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from ..errors import Problem, Severity
from ..model import Note
from ..notes.form import OVER
from ..yamltext import Document, Path

MAX_TITLE = 80

OF_UPDATES = frozenset({"no-body", "same-minute", "reopened"})
"""The rules that are about what an update says and when."""

_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:-|\Z)")
_OFFSET = re.compile(r"[+-]\d{2}:?\d{2}\Z")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--")
_NO_ALT = re.compile(r"!\[\s*\]\(")
_HTTP = re.compile(r"http://(?!localhost|127\.)[^\s)>\"'\]]+")
_FENCE = re.compile(r"\s*(```|~~~)")


def style(note: Note, document: Document, stem: str, text: str) -> list[Problem]:
    """Warnings about a note, or what is left of one. `text` is the whole file, `stem` its name without `.md`."""
    found = (*_name(note, stem), *_updates(note), *_scope(note, document))
    return sorted([*of_words(document, text), *_warnings(document, found)])


def of_words(document: Document, text: str) -> list[Problem]:
    """The warnings that need no understanding of the note: also those of a note that has errors beside them."""
    found = (*_title(_value(document, ("title",)), document), *_times(document), *_lines(text), *_cut(document, text))
    return _warnings(document, found)


Said = tuple[int, int, str, str, str]


def _warnings(document: Document, found: Iterable[Said]) -> list[Problem]:
    return [
        Problem(document.file, line, col, rule, message, fix, Severity.WARNING)
        for line, col, rule, message, fix in found
    ]


def _title(title: str, document: Document) -> Iterator[Said]:
    place = document.place(("title",))
    if len(title) > MAX_TITLE:
        fix = f"say it in {MAX_TITLE}: what people notice"
        yield (*place, "long-title", f"the title has {len(title)} characters", fix)
    if title.endswith("."):
        yield (*place, "title-dot", "the title ends with a dot", "take the dot away")


def _name(note: Note, stem: str) -> Iterator[Said]:
    found = _DATE.match(stem)
    day = datetime.fromtimestamp(note.started, UTC).strftime("%Y-%m-%d")
    if found and found[1] != day and note.started and note.kind != "maintenance":
        yield (
            1,
            1,
            "file-date",
            f"the file name says {found[1]}, the note starts on {day}",
            f"begin the name with {day}; `id: {note.id}` in the note keeps its address",
        )


def _times(document: Document) -> Iterator[Said]:
    for path in document.keys:
        value = _value(document, path)
        if path[-1] in ("started", "at", "edited", "publish_at") and _OFFSET.search(value):
            yield (*document.place(path), "not-utc", f"`{value}` is not in UTC", "write it with Z, or run lint --fix")


def _updates(note: Note) -> Iterator[Said]:
    over = False
    for index, update in enumerate(note.updates):
        place = (update.place.line, update.place.col)
        if not update.body.strip():
            yield (*place, "no-body", "the update says nothing", "write a body: what people notice, who, since when")
        if index and update.at // 60 == note.updates[index - 1].at // 60:
            yield (*place, "same-minute", "another update has the same minute", "join them, or write a later time")
        if over and update.status not in OVER:
            fix = "if it came back, a new note is easier to follow"
            yield (*place, "reopened", "the note was resolved and goes on", fix)
        over = update.status in OVER


def _scope(note: Note, document: Document) -> Iterator[Said]:
    written = isinstance(document.value, dict) and document.value.get("components")
    if note.kind != "notice" and not note.components and not written:
        yield 1, 1, "no-components", "the note names no component", "write components: [platform/component]"


def _lines(text: str) -> Iterator[Said]:
    """What stands in the words themselves, outside of code."""
    fenced = False
    for number, line in enumerate(text.splitlines(), start=1):
        if _FENCE.match(line):
            fenced = not fenced
        if fenced:
            continue
        bare = re.sub(r"(`+).*?\1", lambda code: " " * len(code.group()), line)
        if hit := _NO_ALT.search(bare):
            yield number, hit.start() + 1, "no-alt", "the image has no description", "write ![what it shows](…)"
        if hit := _HTTP.search(bare):
            yield (
                number,
                hit.start() + 1,
                "http-link",
                f"`{hit.group()}` is not encrypted",
                "write https:// if it works",
            )
        if (hit := _TAG.search(bare)) and not re.match(r"<https?://|<[^ ]+@", hit.group()):
            yield number, hit.start() + 1, "raw-html", f"`{hit.group()[:40]}` is HTML", "write it in markdown"


def _cut(document: Document, text: str) -> Iterator[Said]:
    """Words that are no remark and that YAML takes for one: `title: Issue #12 is back` is `Issue`."""
    rows = text.split("\n")
    for path in document.keys:
        if path[-1] in ("title", "body") and (value := _value(document, path)):
            line, col = document.place(path)
            row = rows[line - 1][col - 1 :]
            if row.startswith(value) and re.match(r"\s+#\S", row[len(value) :]):
                lost = row[len(value) :].strip()
                fix = "put the whole text in quotes"
                yield line, col + row.index(lost), "cut-off", f"`{lost[:40]}` is a comment and is not shown", fix


def _value(document: Document, path: Path) -> str:
    value: Any = document.value
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            # A key that stands twice has a place and no value.
            return ""
    return value if isinstance(value, str) else ""
