"""`build`: render from content and history alone; never touches the network."""

from __future__ import annotations

from typing import Annotated

import typer

from ..run import build as build_site
from ..run import last_good_notes, open_store, read_config, read_content
from . import _shell as shell
from ._table import print_summary


def build(
    root: shell.Root = shell.HERE,
    site: shell.Site = None,
    history: shell.History = "",
    now: shell.Now = "",
    drafts: Annotated[bool, typer.Option("--drafts", help="Show drafts and notes of the future too.")] = False,
    allow_missing_secrets: shell.AllowMissing = False,
    verbose: shell.Verbose = False,
) -> int:
    """Render the site from content and history; asks nobody anything."""
    from .. import remember

    setting = shell.setting(root, site, history, now, allow_missing_secrets=allow_missing_secrets, drafts=drafts)
    config = read_config(setting)
    store = open_store(setting, config, readonly=True)
    try:
        content = read_content(setting, config, last_good_notes(store, setting))
        shell.say_problems(content.problems)
        past = remember.catch_up(store, config, setting.now, write=False)
        warnings = [f"{note.place.file}: shown in its last good version" for note in content.stale_notes]
        built = build_site(setting, content, past, warnings=warnings)
    finally:
        store.close()
    print_summary(built)
    return 3 if built.warnings else 0


COMMAND = shell.command(build)
