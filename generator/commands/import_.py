"""`import`: other people's incidents into content, their looks into history; what has no place here is listed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import ContentError, Problem
from ..run import Setting, locked, open_store, read_config
from . import _shell as shell

if TYPE_CHECKING:
    from ..importers import Found
    from ..importing import Brought, Naming


def import_(
    kind: Annotated[str, typer.Argument(help="statuspage, cstate or upptime.")],
    source: Annotated[str, typer.Argument(help="A file or a folder; for statuspage also an address.")],
    map: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="<name=component>",
            help="THEIR NAME=PLATFORM/COMPONENT, where names differ (may be repeated).",
        ),
    ] = None,
    platform: Annotated[str, typer.Option("--platform", help="Look for names below this platform only.")] = "",
    region: Annotated[
        str, typer.Option("--region", metavar="<region>", help="Where the source looked from: for its history.")
    ] = "",
    pages: Annotated[int, typer.Option("--pages", help="statuspage: pages of the archive to read, too.")] = 0,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Write notes anew that differ.")] = False,
    root: shell.Root = shell.HERE,
    history: shell.History = "",
    now: shell.Now = "",
    verbose: shell.Verbose = False,
) -> int:
    """Carry over incidents and history of another status page. Exit code 3: not everything, see the list.

    \b
    Example:
      roadworthy import statuspage incidents.json --platform civitai
      roadworthy import cstate content/issues --map "Image CDN=civitai/cdn"
    """
    from .. import importers, importing

    setting = shell.setting(root, history=history, now=now, allow_missing_secrets=True)
    config = read_config(setting)
    _check(kind, platform, region, [p.id for p in config.platforms], [r.id for r in config.regions])
    names = importing.Naming(config, importing.pairs(config, map or []), platform)
    agent = config.site.user_agent or "roadworthy"
    found = importers.get(kind).read(importers.Asked(source, pages=pages, user_agent=agent))
    brought = importing.bring_notes(setting.root, names, found, setting.now, overwrite=overwrite)
    for path in brought.written:
        print(path.relative_to(setting.root))
    for path in brought.kept:
        shell.say(f"differs, left alone (--overwrite writes it anew): {path.relative_to(setting.root)}")
    days, left = 0, brought.left
    if found.series:
        done = _history(setting, names, found, region)
        days, left = done.days, (*left, *done.left)
    shell.say(*(f"not carried over: {sentence}" for sentence in left))
    notes = f"{shell.count(len(brought.written), 'note')} written, {len(brought.unchanged)} unchanged"
    rest = f"{shell.count(days, 'day')} of history, {shell.count(len(left), 'thing')} not carried over"
    shell.say(f"{notes}, {len(brought.kept)} left alone, {rest}")
    return 3 if left else 0


def _history(setting: Setting, names: Naming, found: Found, region: str) -> Brought:
    from .. import importing

    with locked(setting):
        store = open_store(setting, names.config)
        try:
            with store.lock():
                return importing.bring_history(store, names, found.series, region)
        finally:
            store.close()


def _check(kind: str, platform: str, region: str, platforms: list[str], regions: list[str]) -> None:
    """ContentError for a word that nothing has."""
    from .. import importers
    from ..shapes import suggest

    problems = [
        Problem(where, 0, 0, "bad-value", f"there is no {what} `{word}`", suggest(word, there) or ", ".join(there))
        for where, what, word, there in (
            ("KIND", "importer", kind, list(importers.names())),
            ("--platform", "platform", platform, platforms),
            ("--region", "region", region, regions),
        )
        if word not in there and (word or where == "KIND")
    ]
    if problems:
        raise ContentError(problems)


COMMAND = shell.command(import_)
