"""`new`: a valid note for an incident, a maintenance or a notice, ready to be finished in an editor."""

from __future__ import annotations

from typing import Annotated

import typer

from ..model import Impact
from ..run import read_config
from . import _shell as shell


def new(
    kind: Annotated[str, typer.Argument(help="incident, maintenance or notice.")],
    title: Annotated[str, typer.Argument(help="What people notice, not what broke.")],
    component: Annotated[
        list[str],
        typer.Option("-c", "--component", metavar="<component>", help="PLATFORM/COMPONENT (may be repeated)."),
    ],
    region: Annotated[
        list[str] | None,
        typer.Option("-r", "--region", metavar="<region>", help="Only in this region (may be repeated)."),
    ] = None,
    message: Annotated[str, typer.Option("-m", "--message", help="The first update; a template if left out.")] = "",
    impact: Annotated[Impact, typer.Option("--impact", help="How much it matters.")] = Impact.MINOR,
    starts: Annotated[str, typer.Option("--starts", help="Maintenance: begin, RFC 3339.")] = "",
    ends: Annotated[str, typer.Option("--ends", help="Maintenance: end, RFC 3339.")] = "",
    edit: Annotated[bool, typer.Option("--edit/--no-edit", help="Open $EDITOR on a terminal.")] = True,
    root: shell.Root = shell.HERE,
    now: shell.Now = "",
    allow_missing_secrets: shell.WriterNeedsNone = True,
) -> int:
    """Write a note that lints clean. Opens it in $EDITOR on a terminal.

    \b
    Example:
      roadworthy new incident "Previews fail in Western Europe" -c civitai/cdn
      roadworthy new maintenance "Move" -c civitai/search --starts 2026-12-01T06:00Z --ends 2026-12-01T08:00Z
    """
    from .. import editing

    setting = shell.setting(root, now=now, allow_missing_secrets=allow_missing_secrets)
    path = editing.new(
        setting.root,
        read_config(setting),
        kind,
        title,
        component,
        region or [],
        setting.now,
        impact=impact,
        message=message,
        starts=shell.moment(starts, "--starts") if starts else None,
        ends=shell.moment(ends, "--ends") if ends else None,
    )
    print(path.relative_to(setting.root))
    return shell.open_editor(path) if edit else 0


COMMAND = shell.command(new)
