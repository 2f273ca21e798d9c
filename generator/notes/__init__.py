"""The notes people wrote in `content/incidents/` and `content/maintenance/`, as values; every mistake at once.

A note that is a draft, or whose time has not come, is not there for anybody: not on the page, not in a feed, not in the
JSON. Reads files below the root it is given; never writes, never drops a note without saying so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

from .. import parallel, textfile
from ..errors import ContentError, Problem, Severity
from ..model import Config, Note, Time
from . import cache, links
from .names import Names
from .reading import Reading

if TYPE_CHECKING:
    from ..cache import Cache

FOLDERS = (("content/incidents", "incident"), ("content/maintenance", "maintenance"))

_NOT_NOTES = frozenset({"readme.md", "contributing.md", "license.md"})


@dataclass(frozen=True, slots=True)
class Notes:
    """The notes to publish, oldest first; warnings; and the coming moments at which what is published changes.

    `left_out` names the files that have errors and no last good version to stand in for them.
    """

    notes: tuple[Note, ...]
    problems: tuple[Problem, ...] = ()
    future: tuple[Time, ...] = ()
    left_out: tuple[str, ...] = ()


def load(
    root: Path,
    config: Config,
    now: Time,
    *,
    drafts: bool = False,
    fallback: Callable[[Path], str | None] | None = None,
    memory: Cache | None = None,
) -> Notes:
    """The notes; ContentError with all problems of all files.

    `drafts` also gives drafts and what is to be published later, for a preview. With `fallback`, which gives the last
    good text of a file, a note with errors never stops the others: its last good version stands in for it, or it is
    left out if there is none, and its errors become warnings. Nor does a link that leads nowhere: its words are shown
    without it. `memory`: notes that were read before are not read again.
    """
    names = Names.of(config, causes(root))
    readings, problems = read(root, names, now, memory)
    kept: list[Note] = []
    left_out: list[str] = []
    places = places_of(root, names, readings)
    for path, reading in readings:
        lost = follow(reading, places, path)
        if fallback and reading.note is not None and not reading.draft:
            lost = [links.unlinked(problem) for problem in lost]
        told = [*reading.problems, *lost]
        problems.extend(softened(told) if reading.draft or fallback else told)
        note = reading.note
        if note is None and fallback and not reading.draft:
            note, said = _stand_in(path, reading, fallback, places)
            problems.append(said)
            left_out.extend([] if note else [reading.file])
        if note is not None:
            kept.append(note)
    problems.extend(same_ids(kept))
    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    if errors:
        raise ContentError(errors)
    visible = kept if drafts else [shown for note in kept if (shown := _visible(note, now)) is not None]
    visible.sort(key=lambda note: (note.started, note.id))
    return Notes(tuple(visible), tuple(sorted(problems)), _future(kept, now), tuple(left_out))


def read(
    root: Path, names: Names, now: Time, memory: Cache | None = None
) -> tuple[list[tuple[Path, Reading]], list[Problem]]:
    """Every note file with what came of it, in order of names, and the problems that belong to no note.

    With `memory` a reading may hold its note alone, without the document it came from.
    """
    found: list[tuple[Path, Reading]] = []
    problems: list[Problem] = []
    known: list[tuple[Reading, str, bytes, bytes]] = []
    unread: list[_Unread] = []
    frame = cache.frame(names) if memory is not None and memory.works else b""
    for folder, kind in FOLDERS:
        inside = textfile.Inside(root / "content", root / folder)
        for path in files(root / folder):
            name = f"{folder}/{path.name}"
            reading = Reading(name, path.stem, kind, names, now)
            found.append((path, reading))
            try:
                text = textfile.read(path, name, inside=inside.of(path))
            except ContentError as error:
                reading.problems.extend(error.problems)
                continue
            key = cache.key(frame, name, path.stem, kind, text) if frame else b""
            raw = memory.get(cache.KIND, key) if memory is not None and key else None
            if raw is None:
                unread.append((reading, text, key))
            else:
                known.append((reading, text, key, raw))
    come = _begun(unread, now) if frame and len(found) >= MANY else None
    for reading, text, key, raw in known:
        reading.note = cache.unpack(raw, now)
        if reading.note is not None and reading.secret_at(text) >= 0:
            reading.note = None  # it was no secret when the note was read
        if reading.note is None:
            unread.append((reading, text, key))
    _read_all(unread, memory if frame else None, now, come() if come else [])
    return found, problems


MANY = 128
"""Among so many notes the ones that nobody has read yet are read beside the others."""

_Unread = tuple[Reading, str, bytes]


def _begun(unread: Sequence[_Unread], now: Time) -> Callable[[], list[bytes | None]]:
    """Begin to read these texts in other processes; what comes of them is what `_work` says."""
    return parallel.apart(partial(_work, now), tuple(unread))


def _work(now: Time, one: _Unread) -> bytes:
    """Read a text: the note, with a word before it whether it lasts; nothing if there is more to say of it."""
    reading, text, _ = one
    reading.read(text)
    note = reading.note
    if note is None or reading.problems or reading.draft:
        return b""
    document = None if reading.document is None else reading.document.value
    return (_LASTS if cache.lasts(note, (), document, now) else _NOW) + cache.pack(note)


_LASTS, _NOW = b"1", b"0"


def _read_all(unread: Sequence[_Unread], memory: Cache | None, now: Time, come: Sequence[bytes | None]) -> None:
    """Read these texts, with all processors if there is a way to hand the notes over, and keep what will last.

    `come` is what came of the first of them already: None where nothing did.
    """
    if memory is None:
        for reading, text, _ in unread:
            reading.read(text)
        return
    rest = [one for one, raw in zip_longest(unread, come) if raw is None]
    if rest:
        from . import parsing  # noqa: F401 - before the work is spread, so that not every process imports it
    made = iter(parallel.spread(partial(_work, now), rest))
    for (reading, text, key), before in zip_longest(unread, come):
        raw = next(made) if before is None else before
        if raw[:1] == _LASTS:
            memory.put(cache.KIND, key, raw[1:])
        if reading.untouched:  # another process read it: with its note, or here again for what it has to say
            reading.note = cache.unpack(raw[1:], now) if raw else None
            if reading.note is None:
                reading.read(text)


def places_of(
    root: Path, names: Names, readings: Iterable[tuple[Path, Reading]], *, strict: bool = False
) -> links.Places:
    """What a link of a note may lead to, as far as that is known before the site is made."""
    pages = dict.fromkeys(path.name.partition(".")[0] for path in files(root / "content" / "pages"))
    ids: dict[str, None] = {}
    for path, reading in readings:
        note = reading.note or reading.rest
        ids.update(dict.fromkeys((note.id, path.stem) if note else (path.stem,)))
    return links.Places(names, tuple(pages), ids, strict)


def follow(reading: Reading, places: links.Places, path: Path, text: str = "") -> list[Problem]:
    """An error for each link of the note that is sure to lead nowhere; its words stand there alone from now on.

    What other files say is asked each time: nothing of it is in what was read before. `text` is read from the file, if
    it is needed and not given.
    """
    note = reading.note or reading.rest
    found = links.dead(note, places) if note is not None else ()
    if note is None or not found:
        return []
    if reading.note is not None:
        reading.note = links.without(reading.note, {one.target for one in found})
    text = text or textfile.decode(path.read_bytes(), reading.file)
    return links.problems(note, found, text, places.names.base_url)


def dead_links(root: Path, targets: Iterable[str], base_url: str) -> list[Problem]:
    """An error for each place in content where one of these links stands, of which the finished site showed that they
    lead nowhere."""
    folders = sorted(path for path in (root / "content").iterdir() if path.is_dir())
    paths = (root / "content" / "status.yml", *(path for folder in folders for path in files(folder)))
    texts = {textfile.name_below(root, path): path.read_text("utf-8-sig", errors="replace") for path in paths}
    found: list[Problem] = []
    for target in sorted(targets):
        shown, fix = target.removeprefix(base_url.rstrip("/")), "write the address of a page that is there, or none"
        message = f"the link `{shown or target}` leads nowhere"
        places = [(name, *at) for name, text in texts.items() for at in links.stands(target, text, base_url)]
        found += [Problem(*place, links.RULE, message, fix) for place in places or [("content", 0, 0)]]
    return sorted(found)


def files(folder: Path) -> list[Path]:
    """The markdown files of a folder that a person means as content; no leftovers of editors, no read-me."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.suffix == ".md" and not leftover(path.name))


def leftover(name: str) -> bool:
    """Whether a file of this name is none of the content: a read-me, or what an editor left there."""
    return name[0] in "._#~" or name.lower() in _NOT_NOTES


def causes(root: Path) -> tuple[str, ...]:
    """The ids of the causes that are written down."""
    return tuple(path.stem for path in files(root / "content" / "causes"))


def _visible(note: Note, now: Time) -> Note | None:
    """The note as it is now: not before its time, without updates of the future."""
    if note.draft or (note.publish_at or 0) > now:
        return None
    if note.kind != "maintenance" and note.started > now:
        return None
    updates = tuple(update for update in note.updates if update.at <= now)
    if len(updates) == len(note.updates):
        return note
    ended = note.ended if note.kind == "maintenance" or (note.ended or 0) <= now else None
    return replace(note, updates=updates, ended=ended)


def _future(notes: Iterable[Note], now: Time) -> tuple[Time, ...]:
    """The coming moments at which the page changes by itself."""
    moments = {
        at
        for note in notes
        if not note.draft
        for at in (
            note.publish_at or 0,
            note.started,
            note.next_update or 0,
            *(update.at for update in note.updates),
            *(edge for window in note.windows for edge in window),
        )
    }
    return tuple(sorted(at for at in moments if at > now))


def softened(problems: Iterable[Problem]) -> list[Problem]:
    """The problems as warnings."""
    return [replace(problem, severity=Severity.WARNING) for problem in problems]


def _stand_in(
    path: Path, reading: Reading, fallback: Callable[[Path], str | None], places: links.Places
) -> tuple[Note | None, Problem]:
    """The last good version of a note, marked as such, and what to tell about it."""
    text = fallback(path)
    if text is not None:
        old = Reading(reading.file, reading.stem, reading.folder_kind, reading.names, reading.now).read(text)
        if old.note is not None:
            message = "this note has errors; its last good version is shown in its place, marked"
            problem = Problem(reading.file, 0, 0, "last-good-version", message, "mend it", Severity.WARNING)
            lost = {one.target for one in links.dead(old.note, places)}
            return replace(links.without(old.note, lost), stale_version=True), problem
    message = "this note has errors and no last good version; it is left out, the rest of the page goes on"
    return None, Problem(reading.file, 0, 0, "left-out", message, "mend it", Severity.WARNING)


def same_ids(notes: Iterable[Note]) -> list[Problem]:
    """An error for each id that two files have, naming both."""
    first: dict[str, Note] = {}
    found: list[Problem] = []
    for note in notes:
        other = first.setdefault(note.id.lower(), note)
        if other is not note:
            message = f"the id `{note.id}` is also the id of {other.place.file}"
            found.append(Problem(note.place.file, 1, 1, "duplicate-id", message, "give one of them another id"))
    return found
