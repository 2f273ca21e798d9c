"""`resolve`: end a note: an incident is resolved, a maintenance completed."""

from __future__ import annotations

from typing import Annotated

import typer

from ..run import read_config
from . import _shell as shell


def resolve(
    slug: Annotated[str, typer.Argument(help="The note: its id or file name; the date may be left out.")],
    message: Annotated[
        str, typer.Option("-m", "--message", help="What people should know; a template, to be edited, if left out.")
    ] = "",
    edit: Annotated[bool, typer.Option("--edit/--no-edit", help="Without -m: open $EDITOR on a terminal.")] = True,
    root: shell.Root = shell.HERE,
    now: shell.Now = "",
    allow_missing_secrets: shell.WriterNeedsNone = True,
) -> int:
    """End a note with a last update. Without -m it writes a template and opens it in $EDITOR on a terminal.

    \b
    Example:
      roadworthy resolve 2026-11-23-previews-fail -m "Previews load again."
    """
    from .. import editing

    setting = shell.setting(root, now=now, allow_missing_secrets=allow_missing_secrets)
    path = editing.resolve(setting.root, read_config(setting), slug, message, setting.now)
    print(path.relative_to(setting.root))
    return shell.open_editor(path) if edit and not message else 0


COMMAND = shell.command(resolve)
