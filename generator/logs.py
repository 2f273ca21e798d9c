"""Keeps secrets out of what this process says of itself: log lines, their tracebacks, the text of an unexpected error.

An exception's words are not ours: a library may repeat an address with its key. What is told here is hidden in every
form that `leaks` knows. Never writes a line of its own.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterable

from .leaks import hidden

log = logging.getLogger("roadworthy")


class _Hiding(logging.Filter):
    """Rewrites each record before any handler sees it; lets all of them pass."""

    def __init__(self) -> None:
        super().__init__()
        self.secrets: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        if self.secrets:
            record.msg, record.args = hidden(record.getMessage(), self.secrets), ()
            if isinstance(record.exc_info, tuple) and record.exc_info[1] is not None:
                record.exc_text = told(record.exc_info[1])
                record.exc_info = None
        return True


_HIDING = _Hiding()
log.addFilter(_HIDING)


def hide(secrets: Iterable[str]) -> None:
    """From now on, none of these values is said by this process."""
    _HIDING.secrets.update(secrets)


def clean(text: str) -> str:
    """The text without what `hide` was told."""
    return hidden(text, _HIDING.secrets)


def told(problem: BaseException) -> str:
    """The traceback of an exception as text, without what `hide` was told."""
    return clean("".join(traceback.format_exception(problem)).rstrip("\n"))
