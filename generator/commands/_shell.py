"""What all commands share: their common options, reading them into a `Setting`, and printing for people."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ContentError, Problem, PublishError
from ..run import Setting

if TYPE_CHECKING:
    import typer

    from ._options import AllowMissing, History, Now, Root, Site, Verbose, WriterNeedsNone

    __all__ = ["AllowMissing", "History", "Now", "Root", "Site", "Verbose", "WriterNeedsNone"]
else:

    def __getattr__(name: str) -> Any:
        """The options, when a parser asks for them: the usual command line is understood without one (`_plain`)."""
        from . import _options

        return getattr(_options, name)


HERE = Path()


@dataclass(frozen=True, slots=True)
class Command:
    """What a file of this folder offers as `COMMAND`: a function whose annotations say how it is called."""

    function: Callable[..., Any]

    def typer(self) -> typer.Typer:
        """A Typer of this one command."""
        import typer

        # The annotations name it; until somebody reads them the file can do without.
        self.function.__globals__["typer"] = typer
        app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
        app.command()(self.function)
        return app


def command(function: Callable[..., Any]) -> Command:
    return Command(function)


def setting(
    root: Path,
    site: Path | None = None,
    history: str = "",
    now: str = "",
    *,
    allow_missing_secrets: bool = False,
    drafts: bool = False,
) -> Setting:
    """The common options as a value. ContentError for a time without an offset."""
    root = _real(root)
    return Setting(
        root=root,
        site=_real(site or root / "site"),
        history=history or os.environ.get("ROADWORTHY_HISTORY", ""),
        clock=_clock(now),
        allow_missing_secrets=allow_missing_secrets,
        drafts=drafts,
    )


def _real(folder: Path) -> Path:
    """Where a folder really is. PublishError for links that lead round in a circle."""
    try:
        return folder.resolve()
    except (RuntimeError, OSError):
        raise PublishError(f"{folder}: the links there lead nowhere or round in a circle; name a folder") from None


def _clock(now: str) -> Callable[[], float]:
    if not now:
        return time.time
    at = float(moment(now, "--now"))
    return lambda: at


def moment(text: str, where: str) -> int:
    """Unix seconds of an RFC 3339 time; ContentError if it is none, has no offset or is beyond what notes may say."""
    from datetime import datetime

    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        parsed = None
    if parsed is None or parsed.tzinfo is None:
        raise ContentError(
            [Problem(where, 0, 0, "bad-time", f"{text!r} is no time with an offset", "write 2026-11-23T06:00:00Z")]
        )
    if not 1970 <= parsed.year <= 9998:
        raise ContentError(
            [Problem(where, 0, 0, "bad-time", f"{text!r} is too far away", "write a year between 1970 and 9998")]
        )
    return int(parsed.timestamp())


def count(number: int, thing: str) -> str:
    """`1 error`, `2 errors`."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def one_of(where: str, given: str, there: Collection[str]) -> None:
    """ContentError for a word that is none of these, with the nearest of them."""
    if given not in there:
        from ..shapes import suggest

        fix = suggest(given, there) or f"one of: {', '.join(there)}"
        raise ContentError([Problem(where, 0, 0, "bad-value", f"there is no `{given}`", fix)])


def say(*lines: str) -> None:
    """To standard error: what a person should know that is not the result."""
    for line in lines:
        print(line, file=sys.stderr)


def say_problems(problems: Iterable[Problem]) -> None:
    say(*(f"{problem.severity}: {problem}" for problem in problems))


def color() -> bool:
    """Whether standard output wants colour: a terminal, and NO_COLOR is not set."""
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


def open_editor(path: Path) -> int:
    """Open a file in $EDITOR (or $VISUAL) when a person sits at a terminal; nothing elsewhere."""
    import shlex
    import subprocess

    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not editor or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return 0
    return subprocess.run([*shlex.split(editor), "--", str(path)], check=False).returncode
