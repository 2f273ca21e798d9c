"""The commands, one file each; the file name is the command's name.

A file offers `COMMAND`: one command (`_shell.command`), or a `typer.Typer` with several. Only the file of the command
that was asked for is imported, so that `lint` never pays for what `check` needs. Commands parse, call and print; they
do not decide.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from .. import registry

if TYPE_CHECKING:
    import typer


def names() -> tuple[str, ...]:
    return registry.names("commands")


def get(name: str) -> typer.Typer:
    """The command of this name; KeyError if there is no such file."""
    import typer

    command: Any = registry.load("commands", name, "COMMAND")
    made: typer.Typer = command if isinstance(command, typer.Typer) else command.typer()
    return made


def plainly(words: Sequence[str]) -> Callable[[], Any] | None:
    """The call that a command line without anything unusual means; None where a parser must look at it."""
    if not words or words[0] not in QUICK:
        return None
    from ._plain import arguments

    function = registry.load("commands", words[0], "COMMAND").function
    given = arguments(function, words[1:])
    return None if given is None else lambda: function(**given)


QUICK = ("build", "lint", "run")
"""The commands that run every few minutes or after every save: building a parser would be a tenth of their time."""
