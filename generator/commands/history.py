"""`history`: what was measured, out and in, pruned, checked, and kept on a git branch."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from ..run import Setting, open_store, read_config
from . import _shell as shell

if TYPE_CHECKING:
    from ..copies.tables import Imported
    from ..errors import ContentError
    from ..model import Config
    from ..stores import Store

Format = Annotated[str, typer.Option("--format", help="jsonl (all of it) or csv (observations only).")]
Remote = Annotated[str, typer.Option("--remote", help="The git remote that holds the branch.")]
Branch = Annotated[str, typer.Option("--branch", help="The branch: one commit, replaced by each push.")]
THINGS = {"rollup": "roll-up", "evidence": "kept look", "journal": "journal line", "shown": "published incident"}
"""What a kind of record is called where its own name says too little."""

PATIENCE = 60.0
"""Seconds to wait for a run that works on the same history."""

COMMAND = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    help="Export, import, prune, check, pull or push history.",
)


@contextmanager
def _opened(setting: Setting, *, readonly: bool = False) -> Iterator[tuple[Store, Config | None]]:
    # A store named by hand needs no configuration: history must be reachable when content is broken.
    config = None if setting.history else read_config(setting)
    store = open_store(setting, config, readonly=readonly)
    try:
        if readonly:
            yield store, config
        else:
            with store.lock(PATIENCE):
                yield store, config
    finally:
        store.close()


def _setting(root: Path, history: str, now: str) -> Setting:
    return shell.setting(root, None, history, now, allow_missing_secrets=True)


@COMMAND.command()
def export(
    file: Annotated[Path | None, typer.Argument(help="Where to; standard output if left out.")] = None,
    root: shell.Root = shell.HERE,
    history: shell.History = "",
    now: shell.Now = "",
    format: Format = "jsonl",
    since: Annotated[str, typer.Option("--since", help="Only what is newer, RFC 3339.")] = "",
) -> int:
    """Write history as JSON lines or CSV. JSON lines are a whole copy, CSV has observations only.

    \b
    Example:
      roadworthy history export history.jsonl
    """
    from ..copies import tables

    start = shell.moment(since, "--since") if since else 0
    with _opened(_setting(root, history, now), readonly=True) as (store, _):
        if file is None:
            counts = tables.export(store, sys.stdout, format, since=start)
        else:
            with _written(file) as out:
                counts = tables.export(store, out, format, since=start)
    told = (shell.count(n, THINGS.get(kind, kind)) for kind, n in counts.items())
    shell.say("exported: " + (", ".join(sorted(told)) or "nothing"))
    return 0


@contextmanager
def _written(file: Path) -> Iterator[TextIO]:
    """A file that is there when it is whole; a pipe, a device or a link is written as it stands. ContentError where
    that cannot be."""
    beside = not file.is_symlink() and (file.is_file() or not file.exists())
    new = file.with_name(file.name + ".new") if beside else file
    try:
        with new.open("w", encoding="utf-8", newline="") as out:
            yield out
        new.replace(file)
    except OSError as error:
        with suppress(OSError):
            if beside:
                new.unlink(missing_ok=True)
        raise _no_file(file, "written", error, "name a file that can be") from error


def _no_file(file: Path, what: str, error: OSError, fix: str) -> ContentError:
    from ..errors import ContentError, Problem

    return ContentError([Problem(str(file), 0, 0, "no-file", f"cannot be {what}: {error.strerror}", fix)])


@COMMAND.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A file that `history export` wrote, or a CSV; - for standard input.")],
    root: shell.Root = shell.HERE,
    history: shell.History = "",
    now: shell.Now = "",
    format: Format = "jsonl",
) -> int:
    """Add what a file holds and history does not. Importing twice is importing once.

    \b
    Example:
      roadworthy history import history.jsonl
    """
    from ..copies import tables
    from ..errors import HistoryError

    setting = _setting(root, history, now)
    with _opened(setting) as (store, _):
        if str(file) == "-":
            done = tables.import_(store, sys.stdin, setting.now, format)
        else:
            try:
                # A spreadsheet puts a byte order mark in front.
                with file.open(encoding="utf-8-sig", newline="") as source:
                    done = tables.import_(store, source, setting.now, format)
            except OSError as error:
                raise _no_file(file, "read", error, "name a file of `history export`") from error
            except UnicodeDecodeError as error:
                raise HistoryError(f"{file}: cannot be read: {error}") from error
    shell.say(*(f"warning: {warning}" for warning in done.warnings))
    print(f"imported: {_counted(done)}")
    return 3 if done.warnings else 0


@COMMAND.command()
def prune(
    root: shell.Root = shell.HERE,
    history: shell.History = "",
    now: shell.Now = "",
) -> int:
    """Drop raw observations after 14 days and hours after 90. Days and changes of state stay for ever.

    \b
    Example:
      roadworthy history prune
    """
    from .. import remember

    setting = _setting(root, history, now)
    with _opened(setting) as (store, config):
        if config is not None:
            remember.catch_up(store, config, setting.now)  # what was not folded yet may not go
        dropped = store.prune(setting.now)
    print(f"dropped: {shell.count(dropped['observations'], 'observation')}, {shell.count(dropped['hours'], 'hour')}")
    return 0


@COMMAND.command()
def check(
    root: shell.Root = shell.HERE,
    history: shell.History = "",
    now: shell.Now = "",
) -> int:
    """Look for faults in the store. One sentence each; exit code 3 if there is one.

    \b
    Example:
      roadworthy history check
    """
    from ..copies import tables

    with _opened(_setting(root, history, now), readonly=True) as (store, _):
        faults = (*store.check(), *tables.unreadable(store))
    for fault in faults:
        print(fault)
    if not faults:
        shell.say("history is whole")
    return 3 if faults else 0


@COMMAND.command()
def pull(
    root: shell.Root = shell.HERE,
    history: shell.History = "",
    now: shell.Now = "",
    remote: Remote = "origin",
    branch: Branch = "data",
) -> int:
    """Add what the git branch holds to the history here. Where there is no such branch yet, it says so.

    \b
    Example:
      roadworthy history pull --remote origin --branch data
    """
    from ..copies import branch as history_branch
    from ..copies.git import Repository

    setting = _setting(root, history, now)
    repository = Repository(setting.root, remote, branch)
    with _opened(setting) as (store, _):
        pulled = history_branch.pull(store, repository, setting.now)
    if not pulled.commit:
        shell.say(f"there is no {repository.place} yet: this is the first run, `history push` makes it")
        return 0
    print(f"pulled {pulled.commit[:10]}: {_counted(pulled.added)}")
    return 0


@COMMAND.command()
def push(
    root: shell.Root = shell.HERE,
    history: shell.History = "",
    now: shell.Now = "",
    remote: Remote = "origin",
    branch: Branch = "data",
) -> int:
    """Write history to the git branch. What others wrote meanwhile is added here first.

    \b
    Example:
      roadworthy history push
    """
    import random
    import time

    from ..copies import branch as history_branch
    from ..copies.git import Repository

    setting = _setting(root, history, now)
    repository = Repository(setting.root, remote, branch)
    with _opened(setting) as (store, _):
        done = history_branch.push(store, repository, setting.now, sleep=time.sleep, jitter=random.random)
    tries = f" at the {done.tries}. try" if done.tries > 1 else ""
    print(f"pushed {done.commit[:10]}{tries}" if done.changed else f"nothing new since {done.commit[:10]}")
    if done.taken_in.observations:
        print(f"others had written meanwhile: {_counted(done.taken_in)}")
    return 0


def _counted(done: Imported) -> str:
    others = {
        "outage": done.outages,
        "span": done.spans,
        "roll-up": done.rollups,
        "kept look": done.evidence,
        "journal line": done.journal,
    }
    looks = f"{shell.count(done.observations, 'new observation')}, {done.known} known"
    return ", ".join((looks, *(shell.count(n, thing) for thing, n in others.items())))
