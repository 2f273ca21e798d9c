"""`build`: render from content and history alone; never touches the network."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from .. import evidence, fastpath
from ..notebook import diagnosis_journal, last_good_notes, official_readings, published_before
from ..run import (
    Built,
    Content,
    assessed,
    history_file,
    open_history,
    page_or_error,
    read_config,
    read_content,
    without_rows,
)
from ..run import build as build_site
from . import _shell as shell
from ._table import print_summary, summary

if TYPE_CHECKING:
    import typer


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
    """Render the site from content and history alone. Asks nobody anything.

    \b
    Example:
      roadworthy build
      roadworthy build --site /tmp/look --drafts
    """
    from .. import remember
    from ..copies import continuity

    setting = shell.setting(root, site, history, now, allow_missing_secrets=allow_missing_secrets, drafts=drafts)
    options = fastpath.Options(str(setting.root), str(setting.site), setting.history, drafts, allow_missing_secrets)
    before = fastpath.before(options, setting.env)
    config = read_config(setting)
    with page_or_error():
        opened = open_history(setting, config, init=init)
        try:
            before = fastpath.with_history(before, history_file(setting, config))
            last_good = last_good_notes(opened.store, setting) if keep_going else None
            content = read_content(setting, config, last_good)
            shell.say_problems(content.problems)
            past = remember.catch_up(opened.store, config, setting.now, write=False)
            if opened.delayed:
                past = replace(past, delayed=opened.delayed)
            past, files = evidence.at_hand(opened.store, config, past, setting.site, setting.now)
            artifacts, _ = continuity.copies(opened, setting.site, setting.now, only_read=True)
            journal = diagnosis_journal(opened.store)
            readings = () if past.delayed else official_readings(opened.store, config, past, journal, setting.now)
            earlier = published_before(opened.store, config)
            assessment = assessed(setting, content, past, journal=journal, readings=readings, published=earlier)
            past = without_rows(past)
            extra = (*artifacts, *files.artifacts)
            built = build_site(setting, content, past, assessment=assessment, extra=extra, keep_going=keep_going)
        finally:
            opened.store.close()
    print_summary(built)
    quiet = not (built.warnings or content.problems or opened.delayed or opened.notes or keep_going or init)
    if before is not None and quiet:
        until = _lasts(built, content, setting.now)
        fastpath.remember(before, setting.now, until, _again(built), built.published.state)
    return 3 if built.warnings else 0


def _lasts(built: Built, content: Content, now: int) -> int:
    """Until when this site is what a build would make, if nothing arrives: what is open ages by the minute, the rest by
    the round; and no longer than what was seen last may be believed, or until a note's next moment."""
    open_ = built.assessment.findings or any(incident.ended is None for incident in built.assessment.incidents)
    step = min(60, content.config.interval) if open_ else content.config.interval
    moments = [now - now % step + step, *content.future]
    if built.view.stale_after is not None:
        moments.append(built.view.stale_after.at)
    return min(at for at in moments if at > now)


def _again(built: Built) -> str:
    """What the same build would say if it were made again at once."""
    done = built.published
    same = replace(done, written=(), unchanged=(*done.written, *done.unchanged), removed=())
    return "\n".join(summary(replace(built, published=same))) + "\n"


COMMAND = shell.command(build)
