"""The error tree. Our mistakes and wrong input are exceptions; what a network did is a value (`model.Failure`).

    RoadworthyError                 exit code
    ├── ContentError                2   content or configuration is wrong; carries every Problem at once
    ├── LockedError                 5   another run holds the lock
    ├── VerificationError           6   the new site failed its own verification
    ├── PublishError                2   the target is dangerous or cannot be written
    └── HistoryError                3   history could not be read or saved

This file knows no other file of the package.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad a problem is: an `ERROR` stops publishing, a `WARNING` not; a `HINT` says what can be filled in."""

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong, with its place and what to write instead.

    `file` is relative to the root where it can be; `line` and `col` count from 1, 0 means "the file as a whole".
    `rule` is a stable kebab-case name such as `unknown-key`. `fix` says what to write instead.
    """

    file: str
    line: int
    col: int
    rule: str
    message: str
    fix: str = ""
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        """`file:line:col: what; what to write instead`, the form of DESIGN 3."""
        place = f"{self.file}:{self.line}:{self.col}" if self.line else self.file
        return f"{place}: {self.message}" + (f"; {self.fix}" if self.fix else "")


class RoadworthyError(Exception):
    """Base of everything we raise on purpose; `exit_code` is what the command ends with."""

    exit_code = 1


class ContentError(RoadworthyError):
    """Content or configuration is wrong. Carries all problems of one reading, sorted by place."""

    exit_code = 2

    def __init__(self, problems: tuple[Problem, ...] | list[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(map(str, self.problems)))


class PublishError(RoadworthyError):
    """The site folder is dangerous to write to, or cannot be written."""

    exit_code = 2


class HistoryError(RoadworthyError):
    """History could not be read or saved. Never means that history is empty."""

    exit_code = 3


class LockedError(RoadworthyError):
    """Another run holds the lock of this store or site."""

    exit_code = 5


class VerificationError(RoadworthyError):
    """The staged site failed its own verification; the old site stays. Carries one sentence per failure."""

    exit_code = 6

    def __init__(self, failures: tuple[str, ...] | list[str]) -> None:
        self.failures = tuple(failures)
        super().__init__("\n".join(self.failures))
