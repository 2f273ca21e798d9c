"""Strict YAML with places: text in, plain values and the line and column of each of them out.

Stricter than YAML where YAML surprises: only `true` and `false` are booleans, `1.10` keeps to numbers and `22:22` to
text, times stay text, numbers are finite, a key stands once, and there are no anchors, no tags and no depth beyond 50.
Values are built from the parser's events, so no document can run code or grow by reference.
Never reads a file and never guesses what was meant.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import yaml

from .errors import ContentError, Problem
from .textfile import MAX_BYTES, UNSPEAKABLE, describe, speakable, unspeakable

Path: TypeAlias = tuple[str | int, ...]
Place: TypeAlias = tuple[int, int]

MAX_DEPTH = 50
MAX_NODES = 50_000

# libyaml where it is there: the same language, ten times as quick.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"[-+]?(?:(?:0|[1-9][0-9]*)?\.[0-9]+|(?:0|[1-9][0-9]*)\.?)(?:[eE][-+]?[0-9]+)?\Z")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF|nan|NaN|NAN)\Z")
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TEXT_TAG = "tag:yaml.org,2002:str"


@dataclass(frozen=True, slots=True)
class Document:
    """The values of one YAML text and where they stand. `value` holds dict, list, str, int, float, bool and None."""

    file: str
    value: Any
    values: dict[Path, Place] = field(default_factory=dict)
    keys: dict[Path, Place] = field(default_factory=dict)

    def place(self, path: Path) -> Place:
        """Line and column of the value at this path, or of the nearest value around it."""
        for end in range(len(path), -1, -1):
            if path[:end] in self.values:
                return self.values[path[:end]]
        return (1, 1)

    def key_place(self, path: Path) -> Place:
        """Line and column of the key that leads to this path; of the value where there is no key."""
        return self.keys.get(path) or self.place(path)

    def problem(self, path: Path, rule: str, message: str, fix: str = "", *, key: bool = False) -> Problem:
        """A problem at this path."""
        line, col = self.key_place(path) if key else self.place(path)
        return Problem(self.file, line, col, rule, message, fix)


def load(text: str, file: str, first_line: int = 1, *, warnings: list[Problem] | None = None) -> Document:
    """Parse; ContentError with every problem. `first_line` is the line of the file that the text begins on.

    Characters that no feed can carry are errors; with `warnings` they become U+FFFD and a warning is appended.
    """
    if len(text) > MAX_BYTES:
        raise ContentError([Problem(file, first_line, 1, "too-large", "more than 1 MiB of YAML", "split it")])
    if warnings is not None:
        text, said = speakable(text, file, first_line)
        warnings.extend(said)
    elif wrong := unspeakable(text, file):
        raise ContentError(wrong)
    builder = _Builder(file, text, first_line, warnings)
    document = builder.document()
    if builder.problems:
        raise ContentError(builder.problems)
    return document


class _Builder:
    """Builds values from events; keeps the problems that do not hinder going on."""

    def __init__(self, file: str, text: str, first_line: int, warnings: list[Problem] | None) -> None:
        self.file = file
        self.text = text
        self.shift = first_line
        self.warnings = warnings
        self.problems: list[Problem] = []
        self.values: dict[Path, Place] = {}
        self.keys: dict[Path, Place] = {}
        self.nodes = 0

    def document(self) -> Document:
        loader = _LOADER(self.text)
        try:
            events: Iterator[Any] = iter(loader.get_event, None)
            value = self._documents(events)
        except yaml.MarkedYAMLError as error:
            raise self._stop(self._syntax(error)) from None
        except (yaml.YAMLError, ValueError, UnicodeError) as error:
            raise self._stop(Problem(self.file, self.shift, 1, "yaml", f"this is no YAML: {error}")) from None
        finally:
            loader.dispose()
        return Document(self.file, value, self.values, self.keys)

    def _documents(self, events: Iterator[Any]) -> Any:
        value: Any = None
        seen = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                seen += 1
                if seen > 1:
                    raise self._stop(
                        self._at(event, "yaml", "a second document begins here", "take out the line `---`")
                    )
                value = self._node(next(events), events, ())
            elif isinstance(event, yaml.StreamEndEvent):
                break
        return value

    def _node(self, event: Any, events: Iterator[Any], path: Path) -> Any:
        self._count(event, path)
        self.values[path] = self._mark(event.start_mark)
        if isinstance(event, yaml.AliasEvent) or event.anchor:
            sign = "*" if isinstance(event, yaml.AliasEvent) else "&"
            message = f"`{sign}{event.anchor}`: anchors and aliases are not allowed"
            raise self._stop(
                self._at(event, "anchor", message, "write the value out, or put it in quotes if it is text")
            )
        if event.tag and event.tag != _TEXT_TAG and not (isinstance(event, yaml.ScalarEvent) and event.tag == "!"):
            raise self._stop(self._at(event, "tag", f"the tag `{event.tag}` is not allowed", "take it out"))
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, path)
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[Any] = []
            while not isinstance(event := next(events), yaml.SequenceEndEvent):
                items.append(self._node(event, events, (*path, len(items))))
            return items
        return self._mapping(events, path)

    def _mapping(self, events: Iterator[Any], path: Path) -> dict[str, Any]:
        result: dict[str, Any] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise self._stop(
                    self._at(
                        event, "yaml", "a key must be a word", "write `key: value`; quote text that begins with { or ["
                    )
                )
            key = self._text(event, event.value)
            inner = (*path, key)
            place = self._mark(event.start_mark)
            if inner in self.keys:
                first, col = self.keys[inner]
                message = f"the key `{key}` stands here again; the first is at line {first}, column {col}"
                self.problems.append(self._at(event, "duplicate-key", message, "keep one of them"))
                self._node(next(events), events, (*path, f"{key}\0again"))
                continue
            self.keys[inner] = place
            result[key] = self._node(next(events), events, inner)
        return result

    def _scalar(self, event: Any, path: Path) -> Any:
        raw: str = event.value
        if not event.implicit[0] or event.tag == _TEXT_TAG:
            return self._text(event, raw)
        if raw in _NULL:
            return None
        if raw in ("true", "false"):
            return raw == "true"
        if _INT.match(raw):
            if len(raw) > 18:
                self.problems.append(
                    self._at(event, "number", f"{raw[:24]}… is too large a number", "quote it if it is text")
                )
                return 0
            return int(raw)
        if _NOT_FINITE.match(raw) or (_FLOAT.match(raw) and not math.isfinite(float(raw))):
            message = f"`{raw[:40]}` is no finite number"
            self.problems.append(
                self._at(event, "number", message, "write a number, or put it in quotes if it is text")
            )
            return 0.0
        return float(raw) if _FLOAT.match(raw) else self._text(event, raw)

    def _text(self, event: Any, text: str) -> str:
        """Escapes in double quotes can say characters that the text itself could not hold."""
        hit = UNSPEAKABLE.search(text)
        if not hit:
            return text
        if self.warnings is None:
            self.problems.append(
                self._at(event, "control-character", f"{describe(hit.group())} cannot stand here", "take it out")
            )
            return text
        clean, said = speakable(text, self.file)
        line, col = self._mark(event.start_mark)
        self.warnings.extend(Problem(p.file, line, col, p.rule, p.message, p.fix, p.severity) for p in said[:1])
        return clean

    def _count(self, event: Any, path: Path) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise self._stop(self._at(event, "too-large", f"more than {MAX_NODES} values", "split the file"))
        if len(path) > MAX_DEPTH:
            raise self._stop(self._at(event, "too-deep", f"nested deeper than {MAX_DEPTH}", "write it flatter"))

    def _mark(self, mark: Any) -> Place:
        return (mark.line + self.shift, mark.column + 1)

    def _at(self, event: Any, rule: str, message: str, fix: str = "") -> Problem:
        line, col = self._mark(event.start_mark)
        return Problem(self.file, line, col, rule, message, fix)

    def _stop(self, problem: Problem) -> ContentError:
        """What ends the reading, with everything found before it."""
        return ContentError([*self.problems, problem])

    def _syntax(self, error: yaml.MarkedYAMLError) -> Problem:
        said = _plain(error)
        begun = error.context_mark if any(words in said for words in _BEGUN) else None
        mark = begun or error.problem_mark or error.context_mark
        if mark is None:
            return Problem(self.file, self.shift, 1, "yaml", f"this is no YAML: {error.problem}")
        rows = self.text.split("\n")
        return self._blank(rows, mark.line) or Problem(
            self.file, *self._mark(mark), "yaml", f"this is no YAML: {said}", _hint(said, rows, mark)
        )

    def _blank(self, rows: list[str], line: int) -> Problem | None:
        """A blank that cannot indent, in front of a key or of the one before: the parser has half a dozen different
        messages for it, some of them a line late."""
        for number in (line, line - 1):
            row = rows[number] if 0 <= number < len(rows) else ""
            found = _NO_INDENT.match(row)
            if found:
                at = found.start(1)
                # The offset is in the file where the text begins with it; of front matter the line says enough.
                offset = len("\n".join([*rows[:number], row[:at]]).encode())
                byte = f"byte {offset}: " if self.shift == 1 else ""
                what = "tab" if found[1] == "\t" else "no-break space"
                message = f"{byte}a {what} cannot indent YAML"
                return Problem(self.file, number + self.shift, at + 1, "tab", message, "use spaces")
        return None


_NO_INDENT = re.compile(r"[ -]*([\t\xa0\u2000-\u200b\u202f\u3000])")
"""A tab, or one of the blanks that come along with text from a web page or a word processor."""


def _plain(error: yaml.MarkedYAMLError) -> str:
    """The parser's own words on one line."""
    return ", ".join(part for part in (error.problem, error.context) if part)


_BEGUN = ("scanning a quoted scalar", "parsing a flow", "scanning an a", "expected ':'")
"""Mistakes that the parser notices much later than where they begin."""

_HINTS = (
    ("could not find expected ':'", "a line without `key:` belongs indented under `key: |-`"),
    ("did not find expected key", "check that keys of one list item begin in the same column"),
    ("while scanning an alias", "put text that begins with * in quotes"),
    ("while scanning an anchor", "put text that begins with & in quotes"),
    ("unknown escape character", "use single quotes, or write \\\\ for a backslash"),
    ("cannot start any token", "put text that begins with this character in quotes"),
    ("unexpected end of stream", "close the quote"),
    ("while scanning a quoted scalar", "close the quote"),
    ("did not find expected ',' or", "close the bracket"),
)
_KEY = re.compile(r"\s*(?:- +)?[\w-]+:(\S)?")


def _hint(said: str, rows: list[str], mark: Any) -> str:
    row = rows[mark.line] if mark.line < len(rows) else ""
    key = _KEY.match(row)
    if "expected ':'" in said and key and key[1]:
        return "write a space after the colon"
    if "mapping values are not allowed" in said:
        column = "begin a key in the column of the one above it; " if key and key.end() > mark.column else ""
        return f"{column}put text that holds `: ` in quotes"
    if "did not find expected '-' indicator" in said:
        if key and not row.lstrip().startswith("-"):
            return "begin the key in the column of the one above it"
        return "begin each item of the list with `- ` in the same column"
    return next((hint for words, hint in _HINTS if words in said), "")
