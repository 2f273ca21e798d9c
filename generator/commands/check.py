"""`check`: one round, stored in history; prints a table."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import ContentError, Problem
from ..model import Config, Observation
from ..run import measure, open_store, read_config
from . import _shell as shell
from ._table import Progress, print_round

if TYPE_CHECKING:
    from ..stores import Store


def check(
    root: shell.Root = shell.HERE,
    history: shell.History = "",
    now: shell.Now = "",
    region: Annotated[
        list[str] | None, typer.Option("--region", metavar="<region>", help="Only this region (may be repeated).")
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="<check>", help="Only this check or component (may be repeated)."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Store nothing.")] = False,
    format: Annotated[str, typer.Option("--format", help="table or json.")] = "table",
    allow_missing_secrets: shell.AllowMissing = False,
    verbose: shell.Verbose = False,
) -> int:
    """Make one round of checks, store it and print a table. Several may run at once.

    \b
    Example:
      roadworthy check --dry-run --only civitai/search
    """
    setting = shell.setting(root, None, history, now, allow_missing_secrets=allow_missing_secrets)
    config = read_config(setting)
    shell.one_of("--format", format, ("table", "json"))
    _known(config, region or [], only or [])
    store = None if dry_run else open_store(setting, config)
    try:
        with Progress(config) as progress:
            round_ = asyncio.run(
                measure(setting, config, store, regions=region or (), only=only or (), told=progress.told)
            )
        if store:
            store.append(round_.observations, received=setting.now)
        if store and not round_.observations and format == "table":
            print(_nothing(config, store, setting.now, region or []))
            return 0
    finally:
        if store:
            store.close()
    print_round(config, round_, format, verbose=verbose)
    return 0


def _nothing(config: Config, store: Store, now: int, regions: list[str]) -> str:
    """Why there is no table: everything was looked at lately, or is for other machines to look at."""
    from ..checking import next_due

    longest = max((k.interval for k in config.checks), default=0)

    def past(check: str, region: str) -> tuple[Observation, ...]:
        return tuple(store.observations(now - longest, now + 1, check=check, region=region))

    first = next_due(config, past, now, regions)
    if first is None:
        return "Nothing was looked at: no check is due that this machine carries."
    at, check, region = first
    clock = time.strftime("%H:%M:%S UTC", time.gmtime(at))
    return f"Nothing is due. Next: {check.id} in {region}, at {clock}. To look at it now: --only {check.id}"


def _known(config: Config, regions: list[str], only: list[str]) -> None:
    """ContentError with the nearest name for a region or check that is not configured."""
    import difflib

    problems = []
    checks = {k.id for k in config.checks} | {c.id for c in config.components} | {p.id for p in config.platforms}
    for option, given, known in (("--region", regions, {r.id for r in config.regions}), ("--only", only, checks)):
        for name in given:
            if name not in known:
                near = difflib.get_close_matches(name, known, 1)
                fix = f"did you mean {near[0]}?" if near else f"one of: {', '.join(sorted(known))}"
                problems.append(Problem(option, 0, 0, "unknown-id", f"{name!r} is not configured", fix))
    if problems:
        raise ContentError(problems)


COMMAND = shell.command(check)
