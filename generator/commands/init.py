"""`init`: a content folder for another platform."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from . import _shell as shell


def init(
    folder: Annotated[Path, typer.Argument(help="Where content/ is made.")] = Path(),
    name: Annotated[str, typer.Option("--name", help="What the platform is called.")] = "",
    url: Annotated[str, typer.Option("--url", help="Its own address.")] = "",
    component: Annotated[
        list[str] | None,
        typer.Option(
            "-c",
            "--component",
            metavar="<component>",
            help="NAME=ADDRESS of a part that can fail by itself (may be repeated).",
        ),
    ] = None,
    page: Annotated[str, typer.Option("--page", help="The address this page will have, if it is known.")] = "",
    control: Annotated[
        list[str] | None,
        typer.Option(
            "--control", metavar="<address>", help="An address that practically always answers (may be repeated)."
        ),
    ] = None,
    contact: Annotated[
        str, typer.Option("--contact", help="Where you can be reached: an e-mail address, or that of a page.")
    ] = "",
    now: shell.Now = "",
) -> int:
    """Write content/ for a platform of your own. Asks on a terminal for what the options leave out.

    \b
    Example:
      roadworthy init my-status --name Shop --url https://shop.example -c Search=https://shop.example/search
    """
    from .. import init_content

    if sys.stdin.isatty() and sys.stdout.isatty():
        name, url, component = _asked(name, url, component or [])
        contact = contact or typer.prompt(
            "Where you can be reached, an e-mail address or a page (empty to write it later)",
            default="", show_default=False,
        )  # fmt: skip
    given = tuple(init_content.parse_component(text) for text in component or [])
    wish = init_content.Wish(
        name=name.strip(),
        url=url.strip(),
        components=given or ((("Site", url.strip()),) if url.strip() else ()),
        page=page.strip(),
        controls=tuple(control or init_content.CONTROLS),
        contact=contact.strip(),
    )
    for path in init_content.scaffold(folder.resolve(), wish, shell.setting(folder, now=now).now):
        print(path.relative_to(folder.resolve()))
    shell.say("next: read content/status.yml, then `roadworthy run` and look at site/index.html")
    return 0


def _asked(name: str, url: str, components: list[str]) -> tuple[str, str, list[str]]:
    """What a person types, until an empty line; nothing is asked that was said already."""
    name = name or typer.prompt("What is the platform called", default="", show_default=False)
    url = url or typer.prompt("Its address (https://…)", default="", show_default=False)
    while not components or components[-1]:
        more = "Another part" if components else "A part that can fail by itself"
        components = [
            *components,
            typer.prompt(f"{more}, NAME=ADDRESS (empty to end)", default="", show_default=False).strip(),
        ]
    return name, url, [text for text in components if text]


COMMAND = shell.command(init)
