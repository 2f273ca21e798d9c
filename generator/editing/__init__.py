"""Writes notes for people: a new one, a further update, the end. What it writes lints clean.

Edits text, not a tree: lines that a person wrote stay as they are, comments, order and all; only lines are added. The
result is read back before it replaces the file, so that an edit can never break a note. Never publishes anything.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from .. import frontmatter, notes, textfile
from ..errors import ContentError, Problem, Severity
from ..markdown import linked
from ..model import Config, Impact, Note, Progress, Status, Time
from ..notes import links
from ..notes.form import ALLOWED
from ..notes.names import Names
from ..notes.reading import Reading
from ..shapes import after, moment, rfc3339, suggest
from ..yamltext import Document
from .wording import PROMISING, Facts, body, comment

FOLDERS = {"incident": "content/incidents", "notice": "content/incidents", "maintenance": "content/maintenance"}
LONGEST_STEM = 60


def new(
    root: Path,
    config: Config,
    kind: str,
    title: str,
    components: Sequence[str],
    regions: Sequence[str],
    now: Time,
    *,
    impact: Impact = Impact.MINOR,
    message: str = "",
    starts: Time | None = None,
    ends: Time | None = None,
) -> Path:
    """Write a note and give its path; ContentError for a name that nothing has.

    Without a `message` the update says in plain words what is known: what, who, since when, when more follows. A
    maintenance begins tomorrow at this hour and lasts one, unless `starts` and `ends` say otherwise.
    """
    _check_names(config, kind, title, components, regions)
    if kind != "maintenance" and (starts is not None or ends is not None):
        option, fix = "--starts" if starts is not None else "--ends", "write `started:` in the note, or new maintenance"
        raise ContentError([Problem(option, 0, 0, "bad-value", f"is not for a note of the kind {kind}", fix)])
    begin = now if kind != "maintenance" else (starts if starts is not None else now - now % 3600 + 86400)
    end = None if kind != "maintenance" else (ends if ends is not None else begin + 3600)
    path = _free_path(root / FOLDERS[kind], title, begin, _ids(root, config, now))
    facts = _facts(config, components, regions, begin, end, now, now + 3600)
    first = Progress.SCHEDULED if kind == "maintenance" else Progress.INVESTIGATING
    lines = ["---", f"id: {path.stem}", f"title: {_quoted(_one_line(title))}"]
    if kind == "maintenance":
        lines += _list("components", components) + _list("regions", regions)
        lines += [f"starts: {rfc3339(begin)}", f"ends: {rfc3339(end or begin)}"]
    else:
        lines += [f"kind: {kind}"] if kind != "incident" else []
        lines += [f"impact: {impact.value}  # none | minor | major | critical"]
        lines += _list("components", components) + _list("regions", regions)
        lines += [f"started: {rfc3339(begin)}  # when people first noticed it", "next_update: +1h"]
    lines += [f"# {line}" for line in comment(first)]
    lines += ["updates:", *_update_lines(now, first, message or body(first, facts), {}, dash=2, column=4), "---", ""]
    return _write(root, config, path, "\n".join(lines), now)


def update(
    root: Path,
    config: Config,
    slug: str,
    status: str,
    message: str,
    now: Time,
    *,
    components: Mapping[str, str] | None = None,
    next_update: str = "",
) -> Path:
    """Add an update to a note and give its path; ContentError for an unknown note or word.

    Without a `message` it says in plain words what the status means, and promises the next update within the hour
    while the trouble goes on. `next_update` (`+2h` or a time) replaces the note's own.
    """
    path, old = _find(root, config, slug, now)
    word = _progress(status, old.kind)
    named = {_component(config, id): _status(value) for id, value in (components or {}).items()}
    text = textfile.read(path, textfile.name_below(root, path), inside=root / "content")
    head = frontmatter.load(text, path.name).head
    if not message and word in PROMISING:
        next_update = next_update or "+1h"
    facts = _facts(config, old.components, old.regions, old.started, old.ended, now, _promised(next_update, now))
    said = message or body(word, facts)
    changed = _with_update(text, head, now, word, said, named)
    if next_update:
        changed = _with_next(changed, next_update)
    return _write(root, config, path, changed, now, old)


def resolve(root: Path, config: Config, slug: str, message: str, now: Time) -> Path:
    """End a note: an incident is resolved, a maintenance completed."""
    _, old = _find(root, config, slug, now)
    word = Progress.COMPLETED if old.kind == "maintenance" else Progress.RESOLVED
    return update(root, config, slug, word.value, message, now)


# ---- words -----------------------------------------------------------------------------------------------------------


def _facts(
    config: Config,
    components: Sequence[str],
    regions: Sequence[str],
    begin: Time,
    end: Time | None,
    now: Time,
    next_update: Time,
) -> Facts:
    found = [config.component(id) for id in components]
    places = {region.id: region.name for region in config.regions}
    return Facts(
        parts=tuple(component.name for component in found if component is not None),
        places=tuple(places.get(id, id) for id in regions),
        begin=begin,
        end=end,
        now=now,
        next_update=next_update,
    )


def _promised(text: str, now: Time) -> Time:
    """When `+2h` or a time is; what is neither is told when the note is read back."""
    try:
        return after(now, text[1:]) if text.startswith("+") else moment(text)
    except ValueError:
        return now + 3600


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", textfile.UNSPEAKABLE.sub("", text)).strip().rstrip(".")


def _quoted(text: str) -> str:
    """Text as a YAML value: plain where nothing in it could be read as something else."""
    if re.match(r"[A-Za-z][^:#\[\]{}&*!|>%@`\"'\\]*\Z", text) and text.lower() not in ("true", "false", "null"):
        return text
    return "'" + text.replace("'", "''") + "'"


def _list(name: str, ids: Sequence[str]) -> list[str]:
    return [f"{name}: [{', '.join(ids)}]"] if ids else []


def _update_lines(
    at: Time, status: Progress, said: str, components: Mapping[str, Status], *, dash: int, column: int
) -> list[str]:
    """The lines of one update, its dash and its keys in the columns (from 0) that the list has."""
    inner = " " * column
    lines = [f"{' ' * dash}-{' ' * (column - dash - 1)}at: {rfc3339(at)}", f"{inner}status: {status.value}"]
    if components:
        pairs = ", ".join(f"{id}: {value.value}" for id, value in components.items())
        lines.append(f"{inner}components: {{{pairs}}}")
    clean = textfile.UNSPEAKABLE.sub("", said.replace("\t", "  ")).strip()
    lines.append(f"{inner}body: |-")
    return lines + [f"{inner}  {line}".rstrip() for line in clean.splitlines()]


# ---- finding ---------------------------------------------------------------------------------------------------------


def _find(root: Path, config: Config, slug: str, now: Time) -> tuple[Path, Note]:
    """The file and the note with this id or file name; without its date where that means one note alone."""
    readings, _ = notes.read(root, Names.of(config, notes.causes(root)), now)
    known = [(reading.note.id if reading.note else path.stem, path, reading) for path, reading in readings]
    given = Path(slug).name.removesuffix(".md")
    exact = [one for one in known if given in (one[0], one[1].stem)]
    found = exact or [one for one in known if given in (_undated(one[0]), _undated(one[1].stem))]
    ids = [id for id, _, _ in known]
    if len(found) == 1:
        _, path, reading = found[0]
        if reading.note is None:
            raise ContentError(_errors(reading))
        return path, reading.note
    if found:
        message, fix = (
            f"`{slug}` can mean more than one note",
            f"one of: {', '.join(path.stem for _, path, _ in found)}",
        )
    else:
        message = f"there is no note `{slug}`"
        fix = suggest(slug, ids) or (f"the latest: {', '.join(ids[-5:])}" if ids else "write one with `new`")
    raise ContentError([Problem("SLUG", 0, 0, "unknown-note", message, fix)])


def _errors(reading: Reading) -> list[Problem]:
    """What keeps a note from being read; what could be nicer about it is not the question now."""
    return [problem for problem in reading.problems if problem.severity is Severity.ERROR]


def _ids(root: Path, config: Config, now: Time) -> frozenset[str]:
    readings, _ = notes.read(root, Names.of(config, notes.causes(root)), now)
    return frozenset(reading.note.id for _, reading in readings if reading.note is not None)


def _undated(name: str) -> str:
    return re.sub(r"\A\d{4}-\d{2}-\d{2}-", "", name)


def _check_names(config: Config, kind: str, title: str, components: Sequence[str], regions: Sequence[str]) -> None:
    problems: list[Problem] = []
    if kind not in FOLDERS:
        fix = f"one of: {', '.join(FOLDERS)}"
        problems.append(Problem("KIND", 0, 0, "bad-value", f"`{kind}` is no kind of note", fix))
    if not _one_line(title):
        problems.append(Problem("TITLE", 0, 0, "bad-value", "the title is empty", "say what people notice"))
    known = {"component": [c.id for c in config.components], "region": [r.id for r in config.regions]}
    for what, ids in (("component", components), ("region", regions)):
        for id in ids:
            if id not in known[what]:
                fix = suggest(id, known[what]) or f"known: {', '.join(known[what])}"
                problems.append(Problem(f"--{what}", 0, 0, f"unknown-{what}", f"there is no {what} `{id}`", fix))
    if problems:
        raise ContentError(problems)


def _progress(status: str, kind: str) -> Progress:
    words = [word.value for word in ALLOWED[kind]]
    if status not in words:
        fix = suggest(status, words) or f"one of: {', '.join(words)}"
        raise ContentError([Problem("--status", 0, 0, "bad-value", f"`{status}` is no status of this note", fix)])
    return Progress(status)


def _component(config: Config, id: str) -> str:
    _check_names(config, "incident", "-", [id], [])
    return id


def _status(value: str) -> Status:
    words = [status.value for status in Status]
    if value not in words:
        fix = suggest(value, words) or f"one of: {', '.join(words)}"
        raise ContentError([Problem("--component", 0, 0, "bad-value", f"`{value}` is no status of a component", fix)])
    return Status(value)


def _free_path(folder: Path, title: str, begin: Time, ids: Collection[str]) -> Path:
    """A file name from the day and the title that no other note has, neither as its name nor as its id."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "note"
    stem = f"{datetime.fromtimestamp(begin, UTC):%Y-%m-%d}-{words}"[:LONGEST_STEM].rstrip("-")
    path, number = folder / f"{stem}.md", 1
    while path.exists() or path.stem in ids:
        number += 1
        path = folder / f"{stem}-{number}.md"
    return path


# ---- changing text ---------------------------------------------------------------------------------------------------


def _with_update(
    text: str, head: Document, at: Time, status: Progress, said: str, components: Mapping[str, Status]
) -> str:
    """The file with one more update below the last one."""
    lines = text.split("\n")
    end = frontmatter.split(text, "")[2] - 2  # the index of the line that closes the front matter
    updates = head.value.get("updates")
    if not updates:
        kept = lines[:end] if updates is None and ("updates",) not in head.keys else _without(lines[:end], head)
        fresh = ["updates:", *_update_lines(at, status, said, components, dash=2, column=4)]
        return "\n".join([*kept, *fresh, *lines[end:]])
    line, col = head.place(("updates", len(updates) - 1))
    row = lines[line - 1]
    dash = row.rfind("-", 0, col - 1)
    if dash < 0 or row[:dash].strip() or head.place(("updates",))[0] == head.keys[("updates",)][0]:
        place = head.place(("updates",))
        fix = "write each update as lines that begin with `- `"
        raise ContentError([Problem(head.file, *place, "flow-updates", "the updates stand in brackets", fix)])
    later = [at_line for path, (at_line, _) in head.keys.items() if len(path) == 1 and at_line > line]
    stop = min(later) - 1 if later else end
    # Blank lines and comments at the margin belong to what follows.
    while stop > line and (not lines[stop - 1].strip() or lines[stop - 1].startswith("#")):
        stop -= 1
    fresh = _update_lines(at, status, said, components, dash=dash, column=col - 1)
    return "\n".join([*lines[:stop], *fresh, *lines[stop:]])


def _without(lines: list[str], head: Document) -> list[str]:
    """The front matter without an empty `updates:`."""
    line = head.keys[("updates",)][0]
    return [*lines[: line - 1], *lines[line:]]


def _with_next(text: str, when: str) -> str:
    """The file with another `next_update`, in its old place or before the updates."""
    head = frontmatter.load(text, "").head
    lines = text.split("\n")
    if ("next_update",) in head.keys:
        row = head.keys[("next_update",)][0] - 1
        remark = re.search(r"\s+#.*\Z", lines[row])
        lines[row] = f"next_update: {when}{remark.group() if remark else ''}"
    else:
        lines.insert(head.keys[("updates",)][0] - 1, f"next_update: {when}")
    return "\n".join(lines)


def _write(root: Path, config: Config, path: Path, text: str, now: Time, old: Note | None = None) -> Path:
    """Put the text in place of the file, if it reads without errors and says one update more than the `old` note."""
    name = textfile.name_below(root, path)
    kind = "maintenance" if path.parent.name == "maintenance" else "incident"
    reading = Reading(name, path.stem, kind, Names.of(config, notes.causes(root)), now).read(text)
    if reading.note is None:
        raise ContentError(_errors(reading))
    if len(reading.note.updates) != (len(old.updates) if old else 0) + 1:
        fix = "write the update by hand"
        raise ContentError([Problem(name, 0, 0, "not-added", "the update would not stand where it belongs", fix)])
    lost = _new_dead_links(root, path, reading, reading.note, old)
    if lost:
        raise ContentError([Problem("--message", 0, 0, links.RULE, one.message, one.fix) for one in lost])
    path.parent.mkdir(parents=True, exist_ok=True)
    ends = "\r\n" if old and b"\r\n" in path.read_bytes() else "\n"
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text if text.endswith("\n") else text + "\n", "utf-8", newline=ends)
    os.replace(beside, path)
    return path


def _new_dead_links(root: Path, path: Path, reading: Reading, note: Note, old: Note | None) -> list[links.Dead]:
    """The links of the new words that lead nowhere. What stood before keeps nobody from writing."""
    if not any(linked.targets(html) for html in links.texts(note)):
        return []
    others, _ = notes.read(root, reading.names, reading.now)
    places = notes.places_of(root, reading.names, [*others, (path, reading)], strict=True)
    before = links.dead(old, places) if old else ()
    return [one for one in links.dead(note, places) if one not in before]
