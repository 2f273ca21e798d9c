"""A note that was read before, as bytes: only where its text alone decides what it says, at every later moment.

Not kept, and so read again each time: notes with a problem or a warning, drafts, open incidents (after a week of
silence they earn a word) and rules of recurrence (their windows move). Never decides what a note means.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import fields
from types import MappingProxyType
from typing import Any

from .. import cache
from ..model import Impact, Note, Place, Progress, Status, Time, Update
from .names import Names

KIND = "note"
_NOTE = tuple(field.name for field in fields(Note))
_UPDATE = tuple(field.name for field in fields(Update))


def frame(names: Names) -> bytes:
    """What every key shares: our code, and the names that a note may use."""
    known = (tuple(names.components), tuple(names.regions), tuple(names.causes), sorted(names.renamed.items()))
    return cache.digest(cache.code_version(), repr(known), names.base_url, str(names.open))


def key(frame: bytes, file: str, stem: str, folder_kind: str, text: str) -> bytes:
    """Everything that a note is made of, but the time."""
    return cache.digest(frame, file, stem, folder_kind, text)


def lasts(note: Note | None, problems: Sequence[object], document: Any, now: Time) -> bool:
    """Whether this note will be read the same way at every moment from now on."""
    if note is None or problems or note.draft or (isinstance(document, dict) and "rrule" in document):
        return False
    if any(update.at > now for update in note.updates):
        return False
    return note.kind != "incident" or note.ended is not None


def pack(note: Note) -> bytes:
    """The note as bytes; `unpack` gives an equal one."""
    row = [_plain(name, getattr(note, name)) for name in _NOTE]
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def _plain(name: str, value: Any) -> Any:
    if name == "updates":
        return [[_plain(inner, getattr(update, inner)) for inner in _UPDATE] for update in value]
    if name == "place":
        return [value.file, value.line, value.col]
    if name == "components" and not isinstance(value, tuple):
        return list(value.items())
    return value


def unpack(raw: bytes, now: Time) -> Note | None:
    """The note; None if it says something that was not yet true at `now`, and for bytes that are none of ours."""
    try:
        row = json.loads(raw.decode("utf-8", "surrogatepass"))
        values = dict(zip(_NOTE, row, strict=True))
        updates = tuple(_update(dict(zip(_UPDATE, u, strict=True))) for u in values["updates"])
        for name, make in _MAKE.items():
            values[name] = make(values[name])
        values["updates"] = updates
        note = Note(**values)
    except (ValueError, TypeError, KeyError):
        return None
    return None if any(update.at > now for update in updates) else note


def _windows(value: Any) -> tuple[tuple[Time, Time], ...]:
    return tuple((start, end) for start, end in value)


def _place(value: Any) -> Place:
    return Place(*value)


_MAKE: dict[str, Callable[[Any], Any]] = {
    "impact": Impact,
    "components": tuple,
    "regions": tuple,
    "links": tuple,
    "outages": tuple,
    "windows": _windows,
    "place": _place,
}


def _update(values: dict[str, Any]) -> Update:
    named = {component: Status(status) for component, status in values["components"]}
    return Update(
        **{
            **values,
            "status": Progress(values["status"]),
            "components": MappingProxyType(named),
            "place": Place(*values["place"]),
        }
    )
