"""The text of a note as a `Note`, with everything that is wrong with it. `generator.notes` reads the folders.

Times may be relative; here they become moments. Names are looked up in the configuration that was passed in.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from .. import frontmatter, markdown, shapes
from ..config.values import slug
from ..errors import ContentError, Problem, Severity
from ..model import Impact, Note, Place, Progress, Status, Time, Update
from ..shapes import after, moment, one_of, rfc3339, show, suggest
from ..yamltext import Document, Path
from . import recurrence
from .form import ALLOWED, OVER, NoteShape, UpdateShape, without_blanks
from .names import habits
from .reading import Reading

_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?(Z)?\Z", re.IGNORECASE)

_CANNOT = re.compile(r"`(status|impact)` cannot be `(.*)`\Z")
_IMPACTS = tuple(impact.value for impact in Impact if impact is not Impact.MAINTENANCE)

# What stands in for a slip, so that the rest of the note can be looked at, too.
_STAND_INS = {"title": "-", "at": "+0s", "status": "investigating", "timezone": "UTC"}

LONG_OPEN = 7 * 86400

_IMPACT_OF = {
    Status.MAJOR_OUTAGE: Impact.CRITICAL,
    Status.PARTIAL_OUTAGE: Impact.MAJOR,
    Status.DEGRADED_PERFORMANCE: Impact.MINOR,
}


def parse(reading: Reading, text: str) -> None:
    """Read the text of a note into `reading`; never raises for what it says."""
    try:
        parts = frontmatter.load(text, reading.file, reading.problems)
    except ContentError as error:
        reading.problems.extend(error.problems)
        return
    reading.document = parts.head
    _Parsing(reading, parts.head).read(parts)


class _Parsing:
    """One note on its way from front matter and body to a value; `reading` takes what comes of it."""

    def __init__(self, reading: Reading, document: Document) -> None:
        self.reading, self.document = reading, document
        self.file, self.names, self.now, self.problems = reading.file, reading.names, reading.now, reading.problems

    def read(self, parts: frontmatter.Parts) -> None:
        value = without_blanks(parts.head.value)
        self.reading.draft = value.get("draft") is True
        shape, wrong = shapes.parse(NoteShape, value, self.document)
        self.problems.extend(
            self._worded(problem, str(value.get("kind") or self.reading.folder_kind)) for problem in wrong
        )
        if shape is not None:
            made = self._note(shape, parts.body)
            self._body_warning(parts.body, parts.body_line, "the text below the front matter")
            self.reading.note, self.reading.rest = (None, made) if self.reading.failed else (made, None)
        elif (left := shapes.salvage(NoteShape, value, _STAND_INS)) is not None:
            self.reading.slips = self._updates_at({(problem.line, problem.col) for problem in wrong})
            self._look_further(left, parts.body)

    def _worded(self, problem: Problem, kind: str) -> Problem:
        """The problem of the shape with a better hint: the ways of other pages, and the words that this kind has."""
        cannot = _CANNOT.match(problem.message)
        if cannot and cannot[1] == "status" and kind in ALLOWED:
            return replace(problem, fix=one_of(cannot[2], [word.value for word in ALLOWED[kind]]))
        if cannot and cannot[1] == "impact" and kind != "maintenance":
            return replace(problem, fix=one_of(cannot[2], _IMPACTS))
        return habits(problem, self.document)

    def _updates_at(self, places: set[tuple[int, int]]) -> frozenset[int]:
        """Which updates have a problem at one of these places."""
        steps = (*self.document.values.items(), *self.document.keys.items())
        paths = (path for path, place in steps if place in places and path[:1] == ("updates",))
        return frozenset(path[1] for path in paths if len(path) > 1 and isinstance(path[1], int))

    def _look_further(self, left: NoteShape, body: str) -> None:
        """The problems of what is left when the slips are taken out, so that one slip hides no other."""
        told = len(self.problems)
        places = {(problem.line, problem.col) for problem in self.problems}
        self.reading.rest = self._note(left, body)
        self.problems[told:] = [
            problem
            for problem in self.problems[told:]
            if (problem.line, problem.col) not in places and problem.rule != "missing-key"
        ]

    # ---- the note ----------------------------------------------------------------------------------------------------

    def _note(self, shape: NoteShape, body: str) -> Note:
        kind = shape.kind or self.reading.folder_kind
        maintenance = kind == "maintenance"
        started = self._begin(shape, maintenance)
        updates = self._updates(shape.updates, started, kind)
        windows = self._windows(shape, started) if maintenance else ()
        named = [c for update in updates for c in update.components]
        note = Note(
            id=self._id(shape),
            kind=kind,
            title=re.sub(r"\s+", " ", shape.title).strip(),
            impact=self._impact(shape, updates, maintenance),
            started=started,
            components=tuple(dict.fromkeys([*self._known("component", shape.components, ("components",)), *named])),
            regions=tuple(dict.fromkeys(self._known("region", shape.regions, ("regions",)))),
            updates=updates,
            cause=self._cause(shape.cause),
            body=body.strip("\n"),
            html=markdown.render(body, base_url=self.names.base_url),
            draft=shape.draft,
            publish_at=self._moment(shape.publish_at, ("publish_at",)),
            pinned=shape.pinned,
            links=tuple(shape.links),
            lang=shape.lang or "",
            windows=windows,
            outages=tuple(shape.outages),
            place=Place(self.file, 1, 1),
        )
        ended = self._ended(note, shape)
        over = bool(updates) and updates[-1].status in OVER
        note = replace(note, ended=ended, next_update=None if over else self._next_update(shape, note))
        self._sense(note)
        return note

    def _id(self, shape: NoteShape) -> str:
        id = shape.id or self.reading.stem
        if shape.id is None:
            try:
                slug(id)
            except ValueError as error:
                message, _, fix = str(error).partition("; ")
                self._say((), "file-name", f"the file name {message}", f"rename the file, or give it an id: {fix}")
        if id.startswith("auto-"):
            self._say(("id",), "reserved-id", "ids that begin with auto- are the machine's", "choose another id")
        return id

    def _begin(self, shape: NoteShape, maintenance: bool) -> Time:
        if not maintenance:
            for name in ("starts", "ends", "scheduled_for", "scheduled_until", "duration", "rrule"):
                if getattr(shape, name) is not None:
                    fix = "write started:, or kind: maintenance"
                    self._say((name,), "maintenance-key", f"`{name}` belongs to a maintenance", fix)
            if shape.started is None:
                self._say((), "missing-key", "`started` is missing", "write started: 2026-11-23T05:30:00Z")
            return self._moment(shape.started, ("started",)) or 0
        given = [name for name in ("starts", "scheduled_for", "started") if getattr(shape, name) is not None]
        if len(given) != 1:
            message = "`starts` is missing" if not given else f"`{given[1]}` says again what `{given[0]}` says"
            self._say((given[1],) if given else (), "missing-key", message, "write one line starts: with the time")
            return 0
        return self._local(getattr(shape, given[0]), (given[0],), shape.timezone) or 0

    def _impact(self, shape: NoteShape, updates: tuple[Update, ...], maintenance: bool) -> Impact:
        """What the author says; else what the worst status that the author named amounts to."""
        if maintenance:
            return Impact.MAINTENANCE
        if shape.impact is Impact.MAINTENANCE:
            fix = f"one of: {', '.join(_IMPACTS)}; or write kind: maintenance"
            self._say(("impact",), "bad-value", "`impact` of an incident cannot be `maintenance`", fix)
        if shape.impact is not None:
            return shape.impact
        named = {status for update in updates for status in update.components.values()}
        return next((impact for status, impact in _IMPACT_OF.items() if status in named), Impact.NONE)

    def _cause(self, cause: str) -> str:
        if cause and cause not in self.names.causes:
            known = ", ".join(self.names.causes[:12])
            fix = suggest(cause, self.names.causes) or (f"known: {known}" if known else "write content/causes/ first")
            self._say(("cause",), "unknown-cause", f"there is no cause `{cause}`", fix)
        return cause

    def _known(self, what: str, ids: Sequence[str], path: Path) -> list[str]:
        known = self.names.components if what == "component" else self.names.regions
        found: list[str] = []
        for index, id in enumerate(ids):
            if id in known or self.names.open:
                found.append(id)
            elif id in self.names.renamed:
                found.append(self.names.renamed[id])
            else:
                self._unknown(what, id, known, (*path, index))
        return found

    def _unknown(self, what: str, id: str, known: Sequence[str], path: Path, *, key: bool = False) -> None:
        if self.names.open:
            return
        fix = suggest(id, known) or f"known: {', '.join(known[:12])}{' …' if len(known) > 12 else ''}"
        self._say(path, f"unknown-{what}", f"there is no {what} `{id}`", fix, key=key)

    # ---- updates -----------------------------------------------------------------------------------------------------

    def _updates(self, shapes: Sequence[UpdateShape], started: Time, kind: str) -> tuple[Update, ...]:
        made: list[Update] = []
        before = started
        allowed = ALLOWED[kind]
        for index, shape in enumerate(shapes):
            path: Path = ("updates", index)
            at = self._update_time(shape.at, before, (*path, "at"))
            before = at or before
            if shape.status not in allowed:
                words = [word.value for word in allowed]
                what = "a maintenance" if kind == "maintenance" else "an incident"
                message = f"`status` of {what} cannot be `{shape.status.value}`"
                self._say((*path, "status"), "bad-value", message, f"one of: {', '.join(words)}")
            if at is not None and started and at < started and kind != "maintenance":
                message = f"the update is earlier than the start, {rfc3339(started)}"
                self._say((*path, "at"), "before-start", message, "write a later time, or an earlier `started`")
            if at is not None:
                made.append(self._update(shape, at, path))
            self._body_warning(shape.body, 0, "the body", (*path, "body"))
        return self._in_order(made)

    def _update(self, shape: UpdateShape, at: Time, path: Path) -> Update:
        components: dict[str, Status] = {}
        for id, status in shape.components.items():
            name = id if id in self.names.components else self.names.renamed.get(id, "")
            if not name:
                self._unknown("component", id, self.names.components, (*path, "components", id), key=True)
            else:
                components[name] = status
        edited = self._update_time(shape.edited, at, (*path, "edited")) if shape.edited else None
        if edited is not None and edited < at:
            self._say((*path, "edited"), "edited-before", "it was edited before it was written", "write a later time")
        line, col = self.document.place((*path, "at"))
        return Update(
            id=datetime.fromtimestamp(at, UTC).strftime("%Y%m%dT%H%MZ"),
            at=at,
            status=shape.status,
            body=shape.body.strip("\n"),
            html=markdown.render(shape.body, base_url=self.names.base_url),
            components=MappingProxyType(components),
            edited=edited,
            place=Place(self.file, line, col),
        )

    def _in_order(self, updates: list[Update]) -> tuple[Update, ...]:
        """Oldest first, each with an id of its own."""
        ordered = sorted(updates, key=lambda update: update.at)
        if ordered != updates:
            late = next(one for one, other in zip(updates, ordered, strict=True) if one is not other)
            self._warn_at(late.place, "order", "the updates are not in order; they are shown oldest first", "sort them")
        seen: dict[str, int] = {}
        numbered: list[Update] = []
        for update in ordered:
            seen[update.id] = number = seen.get(update.id, 0) + 1
            numbered.append(update if number == 1 else replace(update, id=f"{update.id}-{number}"))
        return tuple(numbered)

    def _ended(self, note: Note, shape: NoteShape) -> Time | None:
        """When the note says it was over: the first of the words that end it, if nothing was open after it."""
        if note.kind == "maintenance":
            over = [update.at for update in note.updates if update.status is Progress.COMPLETED]
            if shape.rrule is not None:
                return None
            end = note.windows[-1][1] if note.windows else None
            return min([*over, end]) if end is not None else None
        ended: Time | None = None
        for update in note.updates:
            if update.status not in OVER:
                ended = None
            elif ended is None:
                ended = update.at
        if ended is not None and ended == note.started and note.kind == "incident":
            place = next(update.place for update in note.updates if update.at == ended)
            self._say_at(place, "zero-length", "it ends when it starts", "write when it really was over")
        return ended

    def _next_update(self, shape: NoteShape, note: Note) -> Time | None:
        if shape.next_update is None:
            return None
        base = note.updates[-1].at if note.updates else note.started
        return self._update_time(shape.next_update, base, ("next_update",), may_roll=True)

    # ---- maintenance -------------------------------------------------------------------------------------------------

    def _windows(self, shape: NoteShape, started: Time) -> tuple[tuple[Time, Time], ...]:
        seconds = self._length(shape, started)
        if not started or seconds is None:
            return ()
        if shape.rrule is None:
            return ((started, started + seconds),)
        try:
            found = recurrence.windows(
                started, seconds, shape.rrule, shape.timezone or "UTC", self.now, shape.exceptions
            )
        except ValueError as error:
            message, _, fix = str(error).partition("; ")
            self._say(("rrule",), "rrule", message, fix)
            return ()
        if not found:
            self._say(("rrule",), "rrule", "this rule has no window at all", "look at UNTIL, COUNT and starts")
        return found

    def _length(self, shape: NoteShape, started: Time) -> int | None:
        given = [name for name in ("ends", "scheduled_until", "duration") if getattr(shape, name) is not None]
        if len(given) != 1:
            message = "`ends` is missing" if not given else f"`{given[1]}` says again what `{given[0]}` says"
            self._say(
                (given[1],) if given else (),
                "missing-key",
                message,
                "write one line ends: with the time, or duration: 2h",
            )
            return None
        name = given[0]
        if name == "duration":
            seconds = shape.duration
        else:
            end = self._local(getattr(shape, name), (name,), shape.timezone)
            seconds = None if end is None or not started else end - started
        if seconds is not None and seconds <= 0:
            self._say((name,), "end-before-start", "it ends before it starts, or at once", "write a later end")
            return None
        if seconds is not None and recurrence.too_long(seconds):
            self._say((name,), "too-long", "a window longer than 31 days", "write an earlier end")
            return None
        return seconds

    # ---- times -------------------------------------------------------------------------------------------------------

    def _moment(self, text: str | None, path: Path) -> Time | None:
        if text is None:
            return None
        return self._try(lambda: moment(text), path)

    def _local(self, text: str, path: Path, zone: str | None) -> Time | None:
        return self._try(lambda: recurrence.local(text, zone), path)

    def _update_time(self, text: str, base: Time, path: Path, *, may_roll: bool = False) -> Time | None:
        """A moment, `+12m` after `base`, or `05:42Z` on the day of `base` (the next day only with `may_roll`)."""
        word = text.strip()
        if word.startswith("+"):
            return self._try(lambda: after(base, word[1:]), path)
        clock = _CLOCK.match(word)
        if not clock:
            return self._try(lambda: moment(word), path)
        if not clock[4]:
            self._say(path, "bad-time", f"{show(word)} has no offset from UTC", f"write {word}Z if it is UTC")
            return None
        day = base - base % 86400
        at = day + int(clock[1]) * 3600 + int(clock[2]) * 60 + int(clock[3] or 0)
        if at < base and may_roll:
            return at + 86400
        if at < base:
            message = f"{show(word)} is earlier on that day than the update before it"
            self._say(path, "before-last", message, f"write the date too: {rfc3339(at + 86400)}")
            return None
        return at

    def _try(self, read: Any, path: Path) -> Time | None:
        try:
            at: Time = read()
        except ValueError as error:
            message, _, fix = str(error).partition("; ")
            self._say(path, "bad-time", message, fix)
            return None
        return at

    # ---- sense -------------------------------------------------------------------------------------------------------

    def _sense(self, note: Note) -> None:
        """What is no error and still deserves a word."""
        if note.kind == "incident" and note.ended is None and note.started and not note.draft:
            last = max([note.started, *(update.at for update in note.updates)])
            if self.now - last > LONG_OPEN:
                days = (self.now - note.started) // 86400
                message = f"still open after {days} days, and silent for {(self.now - last) // 86400}"
                self._warn_at(note.place, "long-open", message, "add an update, or resolve it")
        if note.kind == "incident" and not note.updates and not note.body.strip():
            self._warn_at(note.place, "no-words", "there is no update and no text", "say what is known")
        if note.kind != "maintenance" and note.started > self.now:
            line, col = self.document.place(("started",))
            message = f"the note begins in the future, {rfc3339(note.started)}; it is shown from then on"
            place = Place(self.file, line, col)
            self._warn_at(place, "future", message, "is the year, the month or the offset right?")
        for update in note.updates:
            if update.at > self.now and note.started <= self.now:
                message = f"the update is in the future, {rfc3339(update.at)}; it is shown from then on"
                self._warn_at(update.place, "future", message, "is the year, the month or the offset right?")

    def _body_warning(self, text: str, line: int, what: str, path: Path = ()) -> None:
        why = markdown.too_hard(text) if text else ""
        if why:
            place = Place(self.file, *(self.document.place(path) if path else (line, 1)))
            self._warn_at(place, "too-hard", f"{what} is shown as it was written: {why}", "write it simpler")

    def _say(self, path: Path, rule: str, message: str, fix: str = "", *, key: bool = False) -> None:
        self.problems.append(self.document.problem(path, rule, message, fix, key=key))

    def _say_at(self, place: Place, rule: str, message: str, fix: str) -> None:
        self.problems.append(Problem(place.file, place.line, place.col, rule, message, fix))

    def _warn_at(self, place: Place, rule: str, message: str, fix: str) -> None:
        self.problems.append(Problem(place.file, place.line, place.col, rule, message, fix, Severity.WARNING))
