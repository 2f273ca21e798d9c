"""One note file and what came of it. What reads its text (`parsing`) is imported where there is a text to read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..errors import Problem, Severity
from ..model import Note, Time
from .names import Names

if TYPE_CHECKING:
    from ..yamltext import Document


@dataclass(slots=True)
class Reading:
    """One note being read; `problems` grows. `note` is None if it cannot be had, `draft` if it says it is one.

    `document` is the front matter with its places; None where it could not be read, or the note was read before.
    """

    file: str
    stem: str
    folder_kind: str
    names: Names
    now: Time
    problems: list[Problem] = field(default_factory=list)
    note: Note | None = None
    draft: bool = False
    document: Document | None = None

    def read(self, text: str) -> Reading:
        """Read the text; never raises for what it says."""
        from .parsing import parse

        parse(self, text)
        return self

    @property
    def untouched(self) -> bool:
        """Whether nothing was read yet."""
        return self.note is None and not self.problems and self.document is None

    @property
    def failed(self) -> bool:
        return any(problem.severity is Severity.ERROR for problem in self.problems)
