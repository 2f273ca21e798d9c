"""Which line of which template an exception comes from, as a problem with its place. Decides nothing, never raises."""

from __future__ import annotations

import traceback
from pathlib import Path

from jinja2 import TemplateError, TemplateNotFound

from ..errors import Problem

ENDINGS = (".html", ".css", ".txt")


def problem(error: BaseException, folders: tuple[Path, ...]) -> Problem | None:
    """The problem with the template's file and line; None if no template had a part in it."""
    place = _said(error) or _passed(error)
    if place is None and not isinstance(error, TemplateError):
        return None
    name, line = place or (getattr(error, "name", None) or "templates", 0)
    fix = "mend the template; docs/page.md tells what it is given"
    return Problem(_shown(name, folders), line, 1 if line else 0, "template", _words(error), fix)


def _said(error: BaseException) -> tuple[str, int] | None:
    """Where a mistake of syntax says that it is."""
    name, line = getattr(error, "filename", None) or getattr(error, "name", None), getattr(error, "lineno", 0)
    return (name, int(line)) if isinstance(error, TemplateError) and isinstance(name, str) and line else None


def _passed(error: BaseException) -> tuple[str, int] | None:
    """The innermost line of a template that the exception went through."""
    frames = [(frame.f_code.co_filename, number) for frame, number in traceback.walk_tb(error.__traceback__)]
    return next((place for place in reversed(frames) if place[0].endswith(ENDINGS)), None)


def _words(error: BaseException) -> str:
    if isinstance(error, TemplateNotFound):
        return f"there is no template {error.name}"
    text = " ".join(str(error).split())
    return text if isinstance(error, TemplateError) and text else f"{type(error).__name__}: {text}"


def _shown(name: str, folders: tuple[Path, ...]) -> str:
    """The file below the root: `content/theme/…` or `templates/…`."""
    for folder in folders:
        if Path(name).is_relative_to(folder):
            top = "content/theme" if folder.name == "theme" else folder.name
            return f"{top}/{Path(name).relative_to(folder).as_posix()}"
    return name
