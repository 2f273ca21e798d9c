"""`explain`: why is a component in this state: the observations, the votes, the rules that fired and nearly did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import ContentError, Problem
from ..run import open_store, read_config, read_content
from . import _shell as shell

if TYPE_CHECKING:
    from ..model import Component, Config, Observation, Outage, Span, Time
    from ..stores import Store

    Kept = tuple[list[Span], list[Outage], list[Observation]]


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
        reach, old = _long_ago(store, config, found, setting.now)
        if old is not None:
            for line in explaining.long_ago(found, setting.now, reach, *old, region):
                print(line)
            return 0
        content = read_content(setting, config)
        past = remember.catch_up(store, config, setting.now, write=False)
        seen = incidents.overlay(config, past, content.notes, setting.now)
        for line in explaining.lines(config, content.causes, seen, setting.now, found, region, whole=verbose):
            print(line)
    finally:
        store.close()
    return 0


def _long_ago(store: Store, config: Config, component: Component, at: Time) -> tuple[Time | None, Kept | None]:
    """The oldest raw look, and what is kept for ever of a component at a moment before it; None for one that raw
    history reaches, or before there was any history."""
    from ..copies import kept, tables
    from ..remember.renamed import names
    from ..stores._keep import day

    first = next((look.at for look in store.observations(0)), None)
    newest = next((folded for folded, _ in store.checkpoints(tables.FOREVER)), at)
    called = names(config)
    spans = [span for span in map(called.span, store.spans(at)) if span.component == component.id and span.start <= at]
    if not spans or (first or newest) <= at:
        return first, None
    outages = (outage for outage in map(called.outage, store.outages(at)) if outage.started <= at)
    looks = map(called.observation, kept.looks(store, day(at)))
    checks = {check.id for check in component.checks}
    return first, (
        spans,
        [outage for outage in outages if outage.component == component.id],
        [look for look in looks if look.check in checks],
    )


COMMAND = shell.command(explain)
