"""`cms`: the editor in the browser: fetch its file, show what it is told."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..run import assess, read_config, read_content
from . import _shell as shell

COMMAND = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    help="The editor in the browser at /admin/. Turned on by cms: in status.yml.",
)


@COMMAND.command()
def fetch(
    source: Annotated[Path | None, typer.Option("--from", help="decap-cms.js, or the package as npm packs it.")] = None,
    version: Annotated[str, typer.Option("--version", help="Another version; its checksum is not known.")] = "",
    root: shell.Root = shell.HERE,
) -> int:
    """Take Decap CMS out of its npm package. Into content/theme/admin/, which git ignores. Once before each build.

    \b
    Example:
      roadworthy cms fetch
    """
    from .. import cms

    setting = shell.setting(root)
    path = cms.fetch(setting.root, source=source, version=version or cms.VERSION)
    print(path.relative_to(setting.root))
    if not read_config(shell.setting(root, allow_missing_secrets=True)).extra["cms"]["enabled"]:
        shell.say("it is not published: write cms: {enabled: true, …} into content/status.yml")
    return 0


@COMMAND.command()
def config(root: shell.Root = shell.HERE, now: shell.Now = "") -> int:
    """Print what the editor is told. Its fields, and today's components, regions and causes.

    \b
    Example:
      roadworthy cms config
    """
    from .. import cms
    from ..model import Past

    setting = shell.setting(root, now=now, allow_missing_secrets=True, drafts=True)
    content = read_content(setting, read_config(setting))
    print(cms.config(assess(content, Past(), setting.now).views[0]), end="")
    return 0
