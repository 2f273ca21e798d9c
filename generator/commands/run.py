"""`run`: the scheduled main job: check, remember, diagnose, render, publish."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from ..errors import HistoryError
from ..model import Past, Round
from ..run import (
    Built,
    Content,
    Setting,
    blind,
    build,
    last_good_notes,
    measure,
    open_store,
    read_config,
    read_content,
    remember_good_notes,
)
from ..stores import Store
from . import _shell as shell
from ._table import Progress, print_summary


def run(
    root: shell.Root = shell.HERE,
    site: shell.Site = None,
    history: shell.History = "",
    now: shell.Now = "",
    region: Annotated[list[str] | None, typer.Option("--region", help="Only this region (may be repeated).")] = None,
    drafts: Annotated[
        Path | None, typer.Option("--drafts", help="Write a draft note for each confirmed outage without one.")
    ] = None,
    allow_missing_secrets: shell.AllowMissing = False,
    verbose: shell.Verbose = False,
) -> int:
    """Check the platforms, remember, diagnose, render, publish."""
    setting = shell.setting(root, site, history, now, allow_missing_secrets=allow_missing_secrets)
    config = read_config(setting)
    store = open_store(setting, config)
    try:
        with store.lock():
            content = read_content(setting, config, last_good_notes(store, setting))
            shell.say_problems(content.problems)
            round_ = _look(setting, config_regions=tuple(region or ()), content=content, store=store)
            past, unsaved = _remember(setting, content, store, round_)
            warnings = [
                *unsaved,
                *(f"{note.place.file}: shown in its last good version" for note in content.stale_notes),
            ]
            built = build(setting, content, past, warnings=warnings)
            if not unsaved:
                remember_good_notes(store, setting, content.notes)
            if drafts:
                _write_drafts(setting, built, drafts)
    finally:
        store.close()
    print_summary(built, round_)
    return _exit_code(built, past)


def _look(setting: Setting, config_regions: tuple[str, ...], content: Content, store: Store) -> Round:
    with Progress(content.config) as progress:
        return asyncio.run(measure(setting, content.config, store, regions=config_regions, told=progress.told))


def _remember(setting: Setting, content: Content, store: Store, round_: Round) -> tuple[Past, list[str]]:
    """History with the round in it. If it cannot be saved, the page still says what was just measured, and says so."""
    from .. import remember

    try:
        store.append(round_.observations, received=setting.now)
        return remember.catch_up(store, content.config, setting.now), []
    except HistoryError as error:
        shell.say(f"warning: history was not saved: {error}")
        return remember.from_round(content.config, round_, setting.now, store), [
            "History could not be saved in this run: what was just measured is shown, older figures may be missing."
        ]


def _write_drafts(setting: Setting, built: Built, folder: Path) -> None:
    """A draft for each running outage that nobody has written about; one that is there already is left alone."""
    from .. import drafts

    folder.mkdir(parents=True, exist_ok=True)
    for incident in built.assessment.incidents:
        if incident.note is None and incident.outages and incident.active:
            path = folder / drafts.file_name(incident)
            if not path.exists():
                path.write_text(drafts.draft(incident, built.assessment.findings, setting.now), "utf-8")
                shell.say(f"draft: {path}")


def _exit_code(built: Built, past: Past) -> int:
    if blind(past):
        return 4
    return 3 if built.warnings else 0


COMMAND = shell.command(run)
