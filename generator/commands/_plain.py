"""The usual command line, understood without a parser: `build --root DIR --now TIME --drafts`.

Knows flags and the options that commands share. Everything else (help, arguments, lists, a slip of the pen) is left to
typer, which takes a tenth of a second to say anything. Never guesses and never complains.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

_VALUES: dict[str, Callable[[str], Any]] = {
    "shell.Root": Path,
    "shell.Site": Path,
    "shell.History": str,
    "shell.Now": str,
}
_FLAGS = {"shell.AllowMissing": ("--allow-missing-secrets",), "shell.Verbose": ("--verbose", "-v")}


def arguments(function: Callable[..., Any], words: Sequence[str]) -> dict[str, Any] | None:
    """What the words mean for this function, with what is not said at its default; None for a parser's work."""
    options = _options(function)
    given: dict[str, Any] = {}
    rest = iter(words)
    for word in rest:
        name, equals, value = word.partition("=")
        known = options.get(name)
        if known is None or known[0] in given:
            return None
        parameter, make = known
        if make is None:
            if equals:
                return None
            given[parameter] = True
            continue
        value = value if equals else next(rest, "")
        if not value or value.startswith("-"):
            return None
        given[parameter] = make(value)
    return {**_defaults(function), **given}


def _options(function: Callable[..., Any]) -> dict[str, tuple[str, Callable[[str], Any] | None]]:
    """`--name` -> the parameter, and what makes its value of a word (None for a flag)."""
    found: dict[str, tuple[str, Callable[[str], Any] | None]] = {}
    for parameter in inspect.signature(function).parameters.values():
        said = str(parameter.annotation)
        if said in _VALUES:
            found[f"--{parameter.name}"] = (parameter.name, _VALUES[said])
        flags = _FLAGS.get(said, ())
        own = "--" + parameter.name.replace("_", "-")
        if said.startswith(f"Annotated[bool, typer.Option({own!r}, help="):
            flags = (own,)
        found.update(dict.fromkeys(flags, (parameter.name, None)))
    return found


def _defaults(function: Callable[..., Any]) -> dict[str, Any]:
    return {p.name: p.default for p in inspect.signature(function).parameters.values()}
