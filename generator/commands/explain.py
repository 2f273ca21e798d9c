"""`explain`: why is a component in this state: the observations, the votes, the rules that fired and nearly did."""

from __future__ import annotations

from typing import Annotated

import typer

from ..errors import ContentError, Problem
from ..run import open_store, read_config, read_content
from . import _shell as shell


def explain(
    component: Annotated[str, typer.Argument(help="PLATFORM/COMPONENT.")],
    root: shell.Root = shell.HERE,
    history: shell.History = "",
    now: shell.Now = "",
    region: Annotated[str, typer.Option("--region", metavar="<region>", help="Only this region.")] = "",
    at: Annotated[str, typer.Option("--at", help="As believed at this time, RFC 3339.")] = "",
    allow_missing_secrets: shell.AllowMissing = False,
    verbose: shell.Verbose = False,
) -> int:
    """Say why a component is in its state. Every observation, every vote, the rule, every cause tried.

    \b
    Example:
      roadworthy explain civitai/search
      roadworthy explain civitai/search --at 2026-11-23T06:00:00Z
    """
    from .. import incidents, remember
    from ..diagnosis import explaining

    setting = shell.setting(root, None, history, at or now, allow_missing_secrets=allow_missing_secrets)
    config = read_config(setting)
    found = config.component(component)
    if found is None:
        import difflib

        ids = [c.id for c in config.components]
        near = difflib.get_close_matches(component, ids, 1)
        fix = f"did you mean {near[0]}?" if near else f"one of: {', '.join(ids)}"
        raise ContentError([Problem("COMPONENT", 0, 0, "unknown-id", f"{component!r} is not configured", fix)])
    if region:
        shell.one_of("--region", region, [r.id for r in config.regions])
    store = open_store(setting, config, readonly=True)
    try:
        content = read_content(setting, config)
        past = remember.catch_up(store, config, setting.now, write=False)
        seen = incidents.overlay(config, past, content.notes, setting.now)
        for line in explaining.lines(config, content.causes, seen, setting.now, found, region, whole=verbose):
            print(line)
    finally:
        store.close()
    return 0


COMMAND = shell.command(explain)
