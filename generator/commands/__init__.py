"""The commands, one file each; the file name is the command's name.

A file offers `COMMAND`, a `typer.Typer` with one command (or several, for a group). Only the file of the command
that was asked for is imported, so that `lint` never pays for what `check` needs. Commands parse, call and print; they
do not decide.
"""

from __future__ import annotations

import typer

from .. import registry


def names() -> tuple[str, ...]:
    return registry.names("commands")


def get(name: str) -> typer.Typer:
    """The command of this name; KeyError if there is no such file."""
    command: typer.Typer = registry.load("commands", name, "COMMAND")
    return command
