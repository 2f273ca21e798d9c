"""A content file as text: UTF-8, one kind of line end, no byte order mark, bounded, inside its folder.

Everything that can be wrong with the bytes is a `ContentError` with a byte offset. Never guesses an encoding and
never follows a link out of the folder it was given.
"""

from __future__ import annotations

import re
import stat
from pathlib import Path

from .errors import ContentError, Problem, Severity

MAX_BYTES = 1 << 20

REPLACEMENT = "\ufffd"

# What XML 1.0 cannot carry or advises against, and YAML refuses; whatever we publish ends up in a feed sooner or later.
UNSPEAKABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")


def name_below(root: Path, path: Path) -> str:
    """The path as problems name it: relative to the root where it can be, with `/`."""
    try:
        return path.relative_to(root).as_posix()
    except ValueError:
        return path.as_posix()


class Inside:
    """Which files of a folder need a look at where their links lead: none but the links, if the folder is no such way
    out itself. Looking at every path costs more than reading the file."""

    def __init__(self, home: Path, folder: Path) -> None:
        self._home = home
        self._safe = folder.resolve().is_relative_to(home.resolve())

    def of(self, path: Path) -> Path | None:
        """What to pass to `read` as `inside` for a file directly in the folder."""
        return None if self._safe and not path.is_symlink() else self._home


def read(path: Path, name: str, inside: Path | None = None) -> str:
    """The text of the file with `\\n` line ends; ContentError if it cannot be had. `name` is what problems call it.

    `inside`: a link that leads out of this folder is refused, so that content cannot publish another file.
    """
    try:
        if inside is not None and not path.resolve().is_relative_to(inside.resolve()):
            raise _refuse(
                name, "leaves-folder", "this link leads out of the content folder", "put the file itself here"
            )
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise _refuse(name, "not-a-file", "this is a folder", "a file with this name is needed")
        if not stat.S_ISREG(mode):
            raise _refuse(name, "not-a-file", "this is no ordinary file", "a file with this name is needed")
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise _refuse(name, "no-file", "there is no such file", "write one, or give its folder with --root") from None
    except (OSError, RuntimeError) as error:  # resolving a link that leads to itself is a RuntimeError
        why = (getattr(error, "strerror", None) or "the link leads to itself").lower()
        raise _refuse(name, "unreadable", f"cannot be read: {why}", "check its permissions") from None
    return decode(raw, name)


def decode(raw: bytes, name: str) -> str:
    """The bytes as text; ContentError for anything but UTF-8 of at most 1 MiB. A byte order mark is dropped."""
    if len(raw) > MAX_BYTES:
        raise _refuse(
            name, "too-large", "the file is larger than 1 MiB", "split it, or take out what does not belong here"
        )
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise _refuse(name, "not-utf-8", "byte 0: this file is UTF-16", "save it as UTF-8")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line = before.count(b"\n") + 1
        col = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", errors="replace")) + 1
        message = f"byte {error.start}: 0x{raw[error.start]:02x} is not UTF-8"
        raise ContentError([Problem(name, line, col, "not-utf-8", message, "save the file as UTF-8")]) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def unspeakable(text: str, name: str) -> list[Problem]:
    """An error for each line with a character that no page or feed can carry."""
    return [
        Problem(
            name, line, col, "control-character", f"byte {offset}: {describe(char)} cannot stand here", "take it out"
        )
        for line, col, offset, char in _places(text)
    ]


def speakable(text: str, name: str, first_line: int = 1) -> tuple[str, list[Problem]]:
    """The text with each such character replaced by U+FFFD, and a warning for each line that had one."""
    if not UNSPEAKABLE.search(text):
        return text, []
    warnings = [
        Problem(
            name,
            line + first_line - 1,
            col,
            "control-character",
            f"{describe(char)} cannot be published and becomes {REPLACEMENT}",
            "take it out",
            Severity.WARNING,
        )
        for line, col, _offset, char in _places(text)
    ]
    return UNSPEAKABLE.sub(REPLACEMENT, text), warnings


def describe(char: str) -> str:
    """A character by its code point, since it may not be printable."""
    return f"the character U+{ord(char):04X}"


def place(text: str, at: int) -> tuple[int, int]:
    """The line and column of the character at this index, both from 1."""
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def _places(text: str) -> list[tuple[int, int, int, str]]:
    """Line, column, byte offset and character of the first such character of each line, at most twenty."""
    found: list[tuple[int, int, int, str]] = []
    offset = 0
    if not UNSPEAKABLE.search(text):
        return found
    for number, line in enumerate(text.split("\n"), start=1):
        hit = UNSPEAKABLE.search(line)
        if hit and len(found) < 20:
            before = line[: hit.start()]
            found.append((number, hit.start() + 1, offset + len(before.encode("utf-8", "surrogatepass")), hit.group()))
        offset += len(line.encode("utf-8", "surrogatepass")) + 1
    return found


def _refuse(name: str, rule: str, message: str, fix: str) -> ContentError:
    return ContentError([Problem(name, 0, 0, rule, message, fix)])
