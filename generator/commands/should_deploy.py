"""`should-deploy`: exit 0 or 1 with the reason and what is left of the month's deploy budget."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from ..notebook import last_good_notes
from ..run import assess, open_store, read_config, read_content
from . import _shell as shell


def should_deploy(
    root: shell.Root = shell.HERE,
    history: shell.History = "",
    now: shell.Now = "",
    done: Annotated[bool, typer.Option("--done", help="Record that a deploy was just made.")] = False,
    only: Annotated[
        str, typer.Option("--only", metavar="<change>", help="Ask for one kind of change: content or transition.")
    ] = "",
    allow_missing_secrets: shell.AllowMissing = False,
) -> int:
    """Say whether the page is worth a deploy now. Exit code 0 means yes, 1 no.

    \b
    Example:
      roadworthy should-deploy && deploy
      roadworthy should-deploy --only transition
    """
    from .. import deploys, remember

    setting = shell.setting(root, None, history, now, allow_missing_secrets=allow_missing_secrets)
    config = read_config(setting)
    policy = deploys.Policy(**{k: v for k, v in dict(config.extra.get("deploy", {})).items() if v is not None})
    if only:
        shell.one_of("--only", only, ("content", "transition"))
        policy = replace(policy, only_on=tuple(change for change in policy.only_on if change == only))
    store = open_store(setting, config, readonly=not done)
    try:
        # A note with errors stands on the page in its last good version; an outage is told beside it.
        content = read_content(setting, config, last_good_notes(store, setting))
        past = remember.catch_up(store, config, setting.now, write=False)
        view = assess(content, past, setting.now).views[0]
        meta = store.meta()
        made = [int(at) for at in meta.get("deploys", "").split() if at]
        last = deploys.Signature.from_text(meta["deployed"]) if meta.get("deployed") else None
        current = deploys.signature(view, _content_hash(setting.root))
        if done:
            kept = [at for at in made if at > setting.now - 62 * 86400]
            store.save(meta={"deploys": " ".join(map(str, [*kept, setting.now])), "deployed": current.to_text()})
            print("recorded")
            return 0
        decision = deploys.decide(policy, made, last, current, setting.now)
        for line in decision.lines(policy):
            print(line)
        return 0 if decision.deploy else 1
    finally:
        store.close()


def _content_hash(root: Path) -> bytes:
    """All that people write: content and the user's own templates."""
    digest = hashlib.sha256()
    for folder in ("content", "templates"):
        for file in sorted((root / folder).rglob("*")):
            if file.is_file():
                digest.update(file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.digest()


COMMAND = shell.command(should_deploy)
