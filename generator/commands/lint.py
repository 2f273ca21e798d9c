"""`lint`: everything that is wrong with content, all at once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from ..errors import Severity
from . import _shell as shell

if TYPE_CHECKING:
    import typer


def lint(
    paths: Annotated[list[Path] | None, typer.Argument(help="Only problems in these files or folders.")] = None,
    root: shell.Root = shell.HERE,
    now: shell.Now = "",
    format: Annotated[str, typer.Option("--format", help="text, json or github.")] = "text",
    fix: Annotated[bool, typer.Option("--fix", help="Mend what is safe to mend.")] = False,
    verbose: shell.Verbose = False,
) -> int:
    """List everything that is wrong with the content. With file, line, column and what to write instead.
    Exit code 2 if there are errors, 0 if there are only warnings.

    \b
    Example:
      roadworthy lint
      roadworthy lint content/incidents --fix
    """
    from .. import lint as linting

    setting = shell.setting(root, now=now)
    env = dict(os.environ)
    linting.refuse_missing(setting.root, paths or ())
    if fix:
        for path in linting.fix(setting.root, env=env, now=setting.now, paths=tuple(paths or ())):
            shell.say(f"mended: {path}")
    problems = linting.lint(setting.root, env=env, now=setting.now, paths=tuple(paths or ()))
    text = linting.format(problems, format)
    if text:
        print(text)
    errors, warnings, hints = (sum(p.severity is one for p in problems) for one in Severity)
    if format == "text":
        counted = f"{shell.count(errors, 'error')}, {shell.count(warnings, 'warning')}"
        found = counted if errors or warnings else "content is clean"
        shell.say(f"{found}, {shell.count(hints, 'hint')}" if hints else found)
    return 2 if errors else 0


COMMAND = shell.command(lint)
