"""`run`: the scheduled main job: check, remember, diagnose, render, publish."""

from __future__ import annotations

import asyncio
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from .. import evidence
from ..errors import HistoryError, Problem
from ..model import Config, Failure, Past, Round
from ..notebook import (
    diagnosis_journal,
    last_good_notes,
    official_readings,
    published_before,
    remember_good_notes,
    remember_journal,
    remember_published,
)
from ..publish import refuse_dangerous
from ..run import (
    Built,
    Content,
    Setting,
    assessed,
    blind,
    build,
    locked,
    measure,
    open_history,
    page_or_error,
    read_config,
    read_content,
    tell_hub,
    tell_others,
    where_possible,
    without_rows,
)
from . import _shell as shell
from ._table import Progress, print_summary

if TYPE_CHECKING:
    import typer

    from ..copies.continuity import History

DAY = 86_400


def run(
    root: shell.Root = shell.HERE,
    site: shell.Site = None,
    history: shell.History = "",
    now: shell.Now = "",
    region: Annotated[
        list[str] | None, typer.Option("--region", metavar="<region>", help="Only this region (may be repeated).")
    ] = None,
    drafts: Annotated[
        Path | None, typer.Option("--drafts", help="Write a draft note for each confirmed outage without one.")
    ] = None,
    init: Annotated[
        bool, typer.Option("--init", help="The first run: there is no published history to restore yet.")
    ] = False,
    no_ping: Annotated[
        bool, typer.Option("--no-ping", help="Tell no WebSub hub: a later step uploads the site and calls `ping`.")
    ] = False,
    allow_missing_secrets: shell.AllowMissing = False,
    verbose: shell.Verbose = False,
) -> int:
    """Check the platforms, remember, diagnose, render, publish.

    \b
    Example:
      roadworthy run
      roadworthy run --region eu-west --drafts content/incidents
    """
    setting = shell.setting(root, site, history, now, allow_missing_secrets=allow_missing_secrets)
    config = read_config(setting)
    for one in region or ():
        shell.one_of("--region", one, [known.id for known in config.regions])
    refuse_dangerous(setting.site, setting.root)
    with page_or_error(), locked(setting):
        opened = open_history(setting, config, init=init)
        shell.say(*opened.notes)
        try:
            with where_possible(opened.store.lock()):
                return _run(setting, config, opened, tuple(region or ()), drafts, ping=not no_ping)
        finally:
            opened.store.close()


def _run(
    setting: Setting, config: Config, history: History, regions: tuple[str, ...], drafts: Path | None, *, ping: bool
) -> int:
    from ..copies import continuity

    content = read_content(setting, config, last_good_notes(history.store, setting))
    shell.say_problems(content.problems)
    with Progress(config) as progress:
        round_ = asyncio.run(measure(setting, config, history.store, regions=regions, told=progress.told))
    try:
        return _tell(setting, content, history, round_, drafts, ping=ping)
    except HistoryError as error:
        shell.say(f"warning: history went away: {error}")
    away = continuity.without_store(config, root=setting.root, site=setting.site, now=setting.now)
    with closing(away.store):
        return _tell(setting, content, away, round_, drafts, ping=ping)


def _tell(
    setting: Setting, content: Content, history: History, round_: Round, drafts: Path | None, *, ping: bool
) -> int:
    """Remember the round and publish what it means. HistoryError where history is away."""
    from ..copies import continuity, published

    config = content.config
    past = _remember(setting, config, history, round_)
    shell.say_problems(_left_behind(config, past, setting.now))
    saved = not past.delayed
    journal = diagnosis_journal(history.store)
    readings = official_readings(history.store, config, past, journal, setting.now) if saved else ()
    before = published_before(history.store, config)
    past, files = evidence.at_hand(history.store, config, past, setting.site, setting.now)
    assessment = assessed(setting, content, past, journal=journal, readings=readings, published=before)
    if saved:
        remember_journal(history.store, assessment)
        evidence.keep(history.store, config, past, assessment.journal, setting.now)
        lost = remember_published(history.store, content, assessment, setting.now)
        shell.say(*(f"warning: {gone}" for gone in lost))
    artifacts, copy = continuity.copies(
        history if saved else replace(history, trusted=False), setting.site, setting.now
    )
    past = without_rows(past)
    built = build(setting, content, past, assessment=assessment, extra=(*artifacts, *files.artifacts), keep_going=True)
    if saved:
        remember_good_notes(history.store, setting, content.notes)
        if copy:
            published.noted(history.store, copy)
        evidence.noted(history.store, files)
        _prune(history, round_, setting.now)
        tell_others(setting, config, built, history.store)
        if ping:
            tell_hub(setting, config, history.store)
    if drafts:
        _write_drafts(setting, built, drafts)
    print_summary(built, round_)
    if blind(past):
        return 4
    return 3 if built.warnings else 0


def _remember(setting: Setting, config: Config, history: History, round_: Round) -> Past:
    """History with the round in it. If it cannot be saved, the page still says what was just measured, and says so."""
    from .. import remember

    try:
        history.store.append(round_.observations, received=setting.now)
        past = remember.catch_up(history.store, config, setting.now)
    except HistoryError as error:
        shell.say(f"warning: history was not saved: {error}")
        return remember.from_round(config, round_, setting.now, history.store)
    return replace(past, delayed=history.delayed) if history.delayed else past


def _left_behind(config: Config, past: Past, now: int) -> tuple[Problem, ...]:
    """Components that have history and are not configured any more: removed, or renamed to one of the last day."""
    from ..config import retired

    yesterday = now - DAY
    old = {span.component for span in past.spans if span.start < yesterday}
    # Only a component's days hold seconds by status; those of a check count its looks.
    days = {day.series for day in past.days if day.seconds and day.at + DAY <= yesterday}
    return retired(config, {*past.retired, *old, *days})


def _prune(history: History, round_: Round, now: int) -> None:
    """Once a day; what was forgotten is asked for nowhere, so that a fault here is told and stops nothing."""
    today = str(now // DAY)
    if history.store.meta().get("pruned-on") == today:
        return
    try:
        if _sure_of_the_day(history, round_, now):
            history.store.prune(now)
            history.store.save(meta={"pruned-on": today})
    except HistoryError as error:
        shell.say(f"warning: old history was not pruned: {error}")


def _sure_of_the_day(history: History, round_: Round, now: int) -> bool:
    """Whether our clock may decide what is old: a clock that jumped ahead has no looks of the days before, and no
    control contradicts it."""
    before = next(iter(history.store.observations(now - 3 * DAY, now - DAY)), None)
    return before is not None and all(seen.failure is not Failure.CLOCK_SKEW for seen in round_.observations)


def _write_drafts(setting: Setting, built: Built, folder: Path) -> None:
    """A draft for each running outage that nobody has written about; one that is there already is left alone."""
    from ..incidents import drafts

    folder.mkdir(parents=True, exist_ok=True)
    for incident in built.assessment.incidents:
        if incident.note is None and incident.outages and incident.active:
            path = folder / drafts.file_name(incident)
            if not path.exists():
                path.write_text(drafts.draft(incident, built.assessment.findings, setting.now), "utf-8")
                shell.say(f"draft: {path}")


COMMAND = shell.command(run)
