"""One note file and what came of it. What reads its text (`parsing`) is imported where there is a text to read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .. import leaks, textfile
from ..errors import Problem, Severity
from ..model import Note, Time
from . import links
from .names import Names

if TYPE_CHECKING:
    from ..yamltext import Document


@dataclass(slots=True)
class Reading:
    """One note being read; `problems` grows. `note` is None if it cannot be had, `draft` if it says it is one.

    `document` is the front matter with its places; None where it could not be read, or the note was read before.
    `rest` is what is left of a note that has errors, for looking further; of the updates at these `slips` it
    does not say what is written.
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
    rest: Note | None = None
    slips: frozenset[int] = frozenset()

    def read(self, text: str) -> Reading:
        """Read the text; never raises for what it says."""
        from .parsing import parse

        parse(self, text)
        at = self.secret_at(text)
        if at >= 0:
            # Nothing else is told of it: other problems repeat what is written.
            line, col = textfile.place(text, at)
            message = "the note holds a secret of the environment"
            fix = "take it out; whoever can read this file knows it, so that it needs a new value too"
            self.problems[:] = [Problem(self.file, line, col, "secret", message, fix)]
            self.note = self.rest = None
        return self

    def secret_at(self, text: str) -> int:
        """The index of the first secret in the text; 0 for one that only shows when it is rendered, -1 for none."""
        secrets = self.names.secrets
        if not secrets:
            return -1
        at = leaks.at(text, secrets)
        shown = "\n".join(links.texts(self.note)) if at < 0 and self.note is not None else ""
        return 0 if shown and leaks.at(shown, secrets) >= 0 else at

    @property
    def untouched(self) -> bool:
        """Whether nothing was read yet."""
        return self.note is None and not self.problems and self.document is None

    @property
    def failed(self) -> bool:
        return any(problem.severity is Severity.ERROR for problem in self.problems)
