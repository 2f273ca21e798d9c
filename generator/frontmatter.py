"""A markdown file with YAML front matter, taken apart. Never looks at what the keys mean."""

from __future__ import annotations

from dataclasses import dataclass

from . import yamltext
from .errors import ContentError, Problem
from .textfile import speakable

FENCE = "---"


@dataclass(frozen=True, slots=True)
class Parts:
    """The front matter, the text below it, and the line that text begins on (from 1)."""

    head: yamltext.Document
    body: str
    body_line: int


def split(text: str, file: str) -> tuple[str, str, int]:
    """(front matter, body, first line of the body); ContentError if the front matter is not there or not closed."""
    lines = text.split("\n")
    if lines[0].rstrip() != FENCE:
        fix = "begin the file with a line `---`, the front matter, and another line `---`"
        raise ContentError([Problem(file, 1, 1, "no-front-matter", "there is no front matter", fix)])
    for number, line in enumerate(lines[1:], start=1):
        if line.rstrip() == FENCE:
            return "\n".join(lines[1:number]), "\n".join(lines[number + 1 :]), number + 2
    fix = "end it with a line `---` in the first column"
    raise ContentError([Problem(file, 1, 1, "open-front-matter", "the front matter is not closed", fix)])


def load(text: str, file: str, warnings: list[Problem] | None = None) -> Parts:
    """Split and parse; ContentError if the front matter is broken or no mapping.

    Characters that no feed can carry become U+FFFD; a warning for each is appended to `warnings`.
    """
    said: list[Problem] = []
    head, body, body_line = split(text, file)
    document = yamltext.load(head, file, first_line=2, warnings=said)
    if not isinstance(document.value, dict):
        got = "empty" if document.value is None else "a list" if isinstance(document.value, list) else "one value"
        problem = Problem(file, 2, 1, "not-a-mapping", f"the front matter is {got}", "write `key: value` lines")
        raise ContentError([problem])
    body, body_said = speakable(body, file, body_line)
    if warnings is not None:
        warnings.extend((*said, *body_said))
    return Parts(document, body, body_line)
