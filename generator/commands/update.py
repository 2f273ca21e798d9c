"""`update`: add an update to a note; comments and order of the file stay."""

from __future__ import annotations

from typing import Annotated

import typer

from ..errors import ContentError, Problem
from ..run import read_config
from . import _shell as shell


def update(
    slug: Annotated[str, typer.Argument(help="The note: its id or file name; the date may be left out.")],
    status: Annotated[str, typer.Option("--status", help="investigating, identified, monitoring, resolved …")],
    message: Annotated[
        str, typer.Option("-m", "--message", help="What people should know; a template, to be edited, if left out.")
    ] = "",
    component: Annotated[
        list[str] | None,
        typer.Option(
            "-c",
            "--component",
            metavar="<component>",
            help="PLATFORM/COMPONENT=STATUS: what this update says of a component.",
        ),
    ] = None,
    next_update: Annotated[str, typer.Option("--next", help="When the next update comes: +2h or RFC 3339.")] = "",
    edit: Annotated[bool, typer.Option("--edit/--no-edit", help="Without -m: open $EDITOR on a terminal.")] = True,
    root: shell.Root = shell.HERE,
    now: shell.Now = "",
    allow_missing_secrets: shell.WriterNeedsNone = True,
) -> int:
    """Add an update to a note. Without -m it writes a template and opens it in $EDITOR on a terminal.

    \b
    Example:
      roadworthy update 2026-11-23-previews-fail --status identified -m "The image host is full." --next +2h
    """
    from .. import editing

    setting = shell.setting(root, now=now, allow_missing_secrets=allow_missing_secrets)
    path = editing.update(
        setting.root,
        read_config(setting),
        slug,
        status,
        message,
        setting.now,
        components=_pairs(component or []),
        next_update=next_update,
    )
    print(path.relative_to(setting.root))
    return shell.open_editor(path) if edit and not message else 0


def _pairs(given: list[str]) -> dict[str, str]:
    bad = [text for text in given if "=" not in text]
    if bad:
        fix = "write -c civitai/search=partial_outage"
        raise ContentError(
            [Problem("--component", 0, 0, "bad-value", f"{text!r} names no status", fix) for text in bad]
        )
    return dict(text.split("=", 1) for text in given)


COMMAND = shell.command(update)
