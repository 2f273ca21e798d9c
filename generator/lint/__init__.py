"""Everything that is wrong with content, all at once: configuration, notes, pages, causes, and the style of notes.

Reads below the root; opens no network, and writes only in `fix`, which mends what cannot change a meaning.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar
from urllib.parse import urlsplit

from .. import causes, config, frontmatter, notes, pages, textfile, yamltext
from ..cache import Cache, code_version, digest
from ..errors import ContentError, Problem, Severity
from ..model import Config, Time
from ..notes.links import Places
from ..notes.names import Names
from ..notes.reading import Reading
from ..shapes import moment, rfc3339
from ..yamltext import Document
from ..yamltext import Path as Steps
from . import linking
from .style import OF_UPDATES, of_words, style

T = TypeVar("T")

FORMATS = ("text", "json", "github")

_FOLDERS = ("incidents", "maintenance", "pages", "causes")
_LIKE_CONTENT = re.compile(r"\.(?:md|mdx|mdown|markdown)(?:\.txt)?\Z", re.IGNORECASE)


def lint(root: Path, *, env: Mapping[str, str], now: Time, paths: Sequence[Path] = ()) -> list[Problem]:
    """All problems below the root, sorted by place; only those of `paths` (files or folders) if there are any.

    Secrets that are not set are no problem here: an editor's machine has none.
    """
    with Cache.below(root, env) as memory:
        read, found = config.check(root / config.FILE, env=env, allow_missing_secrets=True, memory=memory)
    wrong, places = _notes(root, read, now, env)
    problems = [*found, *wrong, *_unread(root / "content")]
    if read is not None:
        with Cache.below(root, env) as memory:
            made = _tried(lambda: pages.load(root, read, memory), problems)
            known = _tried(lambda: causes.load(root, read, memory), [])
            problems += causes.lint(root, read, memory)
            problems += linking.dead(root, read, made, known, places)
        problems += _hints(root, read)
    chosen = _chosen(root, paths)
    return sorted({p for p in problems if not chosen or any(_below(p.file, one) for one in chosen)})


def refuse_missing(root: Path, paths: Sequence[Path]) -> None:
    """ContentError for each of the paths that is not there: nothing to say about it is not the same as clean."""
    missing = [path for path in paths if not (path if path.is_absolute() else _found(root, path)).exists()]
    if missing:
        fix = "give a file or folder below the root, as content/incidents"
        raise ContentError([Problem(str(path), 0, 0, "no-file", "there is no such file", fix) for path in missing])


def fix(root: Path, *, env: Mapping[str, str], now: Time, paths: Sequence[Path] = ()) -> list[Path]:
    """Mend what is safe and give the files that changed: byte order marks, line ends, the last newline, times in UTC.

    A file that cannot be read, or that a link out of the content leads to, is left alone; `lint` says why.
    """
    chosen = _chosen(root, paths)
    changed: list[Path] = []
    every = [root / config.FILE, *(path for folder in _FOLDERS for path in notes.files(root / "content" / folder))]
    for path in every:
        name = textfile.name_below(root, path)
        ours = path.is_file() and path.resolve().is_relative_to((root / "content").resolve())
        if ours and (not chosen or any(_below(name, one) for one in chosen)):
            before = path.read_bytes()
            after = _mended(before, name)
            if after != before:
                path.write_bytes(after)
                changed.append(path)
    return changed


def format(problems: Iterable[Problem], form: str = "text") -> str:
    """The problems for a person (`text`), a program (`json`) or the annotations of a pull request (`github`)."""
    if form == "json":
        return json.dumps([_as_json(problem) for problem in problems], indent=2, ensure_ascii=False)
    if form == "github":
        return "\n".join(_as_annotation(problem) for problem in problems)
    if form == "text":
        return "\n".join(_as_text(problem) for problem in problems)
    raise ContentError([Problem("--format", 0, 0, "bad-value", f"no format `{form}`", f"one of: {', '.join(FORMATS)}")])


# ---- finding ---------------------------------------------------------------------------------------------------------


def _notes(root: Path, read: Config | None, now: Time, env: Mapping[str, str]) -> tuple[list[Problem], Places]:
    """What is wrong with notes, as far as it can be said without a configuration if that has errors itself; and what a
    link may lead to."""
    known = notes.causes(root)
    nothing: Mapping[str, str] = MappingProxyType({})
    names = Names.of(read, known) if read is not None else Names((), (), known, nothing, "", open=True)
    with Cache.below(root, env) as memory:
        readings, problems = notes.read(root, names, now, memory)
        places = notes.places_of(root, names, readings, strict=True)
        made = []
        for path, reading in readings:
            told = [*reading.problems, *notes.follow(reading, places, path)]
            problems += notes.softened(told) if reading.draft else told
            if reading.note is not None:
                made.append(reading.note)
            problems += _style(path, reading, memory)
    return problems + notes.same_ids(made), places


def _unread(home: Path) -> list[Problem]:
    """Files that somebody meant as content and that nothing reads: in another folder, or with another ending."""
    found = []
    for folder, folders, names in os.walk(home):
        here = Path(folder).relative_to(home)
        folders[:] = [name for name in folders if not name.startswith(".") and (here / name).as_posix() != "theme"]
        for name in names:
            placed = here.as_posix() in _FOLDERS
            if not _LIKE_CONTENT.search(name) or notes.leftover(name) or (placed and name.endswith(".md")):
                continue
            fix = (
                "give it a name that ends in .md" if placed else "put it into content/incidents or content/maintenance"
            )
            file = f"content/{(here / name).as_posix()}"
            found.append(Problem(file, 0, 0, "not-read", "nothing reads this file", fix, Severity.WARNING))
    return found


def _style(path: Path, reading: Reading, memory: Cache) -> list[Problem]:
    """What could be nicer about a note; not looked for again in a text that had nothing."""
    note = reading.note
    document = reading.document
    if note is None and document is None:
        return []  # not even its front matter could be read
    text = path.read_text("utf-8-sig", errors="replace")
    if note is None:
        return [] if document is None else _style_beside_errors(reading, document, path.stem, text)
    parts = (reading.file, path.stem, repr(note.components), text)
    key = digest(code_version(), *parts) if memory.works else b""
    if key and memory.get("nice", key) is not None:
        return []
    if document is None:  # the note came from the cache, without the places of its words
        again = Reading(reading.file, reading.stem, reading.folder_kind, reading.names, reading.now)
        document = again.read(textfile.decode(path.read_bytes(), reading.file)).document
    found = [] if document is None else style(note, document, path.stem, text)
    if key and not found:
        memory.put("nice", key, b"")
    return found


def _style_beside_errors(reading: Reading, document: Document, stem: str, text: str) -> list[Problem]:
    """What could be nicer about a note that has errors: all that they leave for sure."""
    if reading.rest is None:
        return of_words(document, text)
    unsure = {document.place(("updates", index, "at")) for index in reading.slips}
    return [
        p
        for p in style(reading.rest, document, stem, text)
        if p.rule not in OF_UPDATES or (p.line, p.col) not in unsure
    ]


def _hints(root: Path, read: Config) -> list[Problem]:
    """What a person who publishes this would want to fill in; nothing is wrong without it."""
    host = urlsplit(read.site.url).hostname or ""
    found = []
    if not read.site.contact:
        message = "`contact` is empty: who is asked by these checks, or reads this page, cannot reach you"
        fix = "write contact: you@example.org, or the address of a page; every request carries it"
        found.append(("contact", "no-contact", message, fix))
    if host and not read.site.id:
        message = "`id` is empty: when the address changes, so does every id in feeds, and readers show everything anew"
        found.append(("id", "no-site-id", message, f"write id: {host}; it stays for ever"))
    if not found:
        return []
    document = yamltext.load(textfile.read(root / config.FILE, config.FILE), config.FILE)
    return [
        replace(document.problem(("site", key), rule, message, fix), severity=Severity.HINT)
        for key, rule, message, fix in found
    ]


def _tried(read: Callable[[], tuple[T, ...]], problems: list[Problem]) -> tuple[T, ...]:
    """What is read; nothing where that raises problems, which are told."""
    try:
        return read()
    except ContentError as error:
        problems += error.problems
        return ()


def _chosen(root: Path, paths: Sequence[Path]) -> list[str]:
    return [textfile.name_below(root.resolve(), path if path.is_absolute() else _found(root, path)) for path in paths]


def _found(root: Path, path: Path) -> Path:
    """A path as a person typed it: from the current folder where that lies below the root, else from the root."""
    here = (Path.cwd() / path).resolve()
    return here if here.exists() and here.is_relative_to(root.resolve()) else (root / path).resolve()


def _below(file: str, chosen: str) -> bool:
    return chosen in (".", file) or file.startswith(chosen.rstrip("/") + "/")


# ---- mending ---------------------------------------------------------------------------------------------------------


def _mended(raw: bytes, name: str) -> bytes:
    try:
        text = textfile.decode(raw, name)
    except ContentError:
        return raw
    text = text.rstrip("\n") + "\n" if text.strip() else text
    if name.startswith(tuple(folder + "/" for folder, _ in notes.FOLDERS)):
        text = _in_utc(text, name)
    return text.encode()


def _in_utc(text: str, name: str) -> str:
    """The note with its times written as UTC: the same moments, in the form that all others have."""
    try:
        head = frontmatter.load(text, name).head
    except ContentError:
        return text
    lines = text.split("\n")
    for path in _times(head):
        value = _at(head, path)
        line, col = head.place(path)
        row = lines[line - 1]
        if value in row[col - 1 : col + len(value) + 1]:
            try:
                new = rfc3339(moment(value))
            except ValueError:
                continue
            if new != value and not value.upper().endswith("Z"):
                lines[line - 1] = row[: col - 1] + row[col - 1 :].replace(value, new, 1)
    return "\n".join(lines)


def _times(head: Document) -> list[Steps]:
    """Where in the front matter there are moments."""
    names = ("started", "publish_at", "next_update", "at", "edited")
    return [path for path in head.keys if path[-1] in names and isinstance(_at(head, path), str)]


def _at(head: Document, path: Steps) -> str:
    value = head.value
    for step in path:
        value = value[step]
    return str(value) if isinstance(value, str) else ""


# ---- showing ---------------------------------------------------------------------------------------------------------


def _as_text(problem: Problem) -> str:
    place = f"{problem.file}:{problem.line}:{problem.col}" if problem.line else problem.file
    soft = "" if problem.severity is Severity.ERROR else f"{problem.severity.value}: "
    return f"{place}: {soft}{problem.message}{f'; {problem.fix}' if problem.fix else ''} [{problem.rule}]"


def _as_json(problem: Problem) -> dict[str, object]:
    return {
        "file": problem.file,
        "line": problem.line,
        "column": problem.col,
        "severity": problem.severity.value,
        "rule": problem.rule,
        "message": problem.message,
        "fix": problem.fix,
    }


def _as_annotation(problem: Problem) -> str:
    """A workflow command of GitHub; its own signs are escaped, so that a message cannot become a command."""
    kind = {Severity.WARNING: "warning", Severity.HINT: "notice"}.get(problem.severity, "error")
    place = f",line={problem.line},col={problem.col}" if problem.line else ""
    text = f"{problem.message}; {problem.fix}" if problem.fix else problem.message
    return f"::{kind} file={_escaped(problem.file, True)}{place},title={_escaped(problem.rule, True)}::{_escaped(text)}"


def _escaped(text: str, property: bool = False) -> str:
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if property else text
