"""`build`: render from content and history alone; never touches the network."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from ..run import build as build_site
from ..run import diagnosis_journal, last_good_notes, open_history, read_config, read_content
from . import _shell as shell
from ._table import print_summary


def build(
    root: shell.Root = shell.HERE,
    site: shell.Site = None,
    history: shell.History = "",
    now: shell.Now = "",
    drafts: Annotated[bool, typer.Option("--drafts", help="Show drafts and notes of the future too.")] = False,
    keep_going: Annotated[
        bool, typer.Option("--keep-going", help="A note with errors is shown in its last good version, or left out.")
    ] = False,
    init: Annotated[bool, typer.Option("--init", help="There is no published history to restore yet.")] = False,
    allow_missing_secrets: shell.AllowMissing = False,
    verbose: shell.Verbose = False,
) -> int:
    """Render the site from content and history; asks nobody anything."""
    from .. import continuity, remember

    setting = shell.setting(root, site, history, now, allow_missing_secrets=allow_missing_secrets, drafts=drafts)
    config = read_config(setting)
    opened = open_history(setting, config, init=init)
    try:
        last_good = last_good_notes(opened.store, setting) if keep_going else None
        content = read_content(setting, config, last_good)
        shell.say_problems(content.problems)
        past = remember.catch_up(opened.store, config, setting.now, write=False)
        if opened.delayed:
            past = replace(past, delayed=opened.delayed)
        artifacts, _ = continuity.copies(opened, setting.site, setting.now)
        built = build_site(setting, content, past, journal=diagnosis_journal(opened.store), extra=artifacts)
    finally:
        opened.store.close()
    print_summary(built)
    return 3 if built.warnings else 0


COMMAND = shell.command(build)
