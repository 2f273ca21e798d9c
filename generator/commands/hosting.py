"""`hosting`: headers and redirects for a kind of host, all from one source."""

from __future__ import annotations

from typing import Annotated

import typer

from . import _shell as shell


def hosting(kind: Annotated[str, typer.Argument(help="netlify, cloudflare, github, nginx or s3.")] = "netlify") -> int:
    """Print the headers and redirects for a kind of host.

    \b
    Example:
      roadworthy hosting nginx
    """
    from ..errors import ContentError, Problem
    from ..hosting import FORMATS

    if kind not in FORMATS:
        raise ContentError(
            [Problem("KIND", 0, 0, "unknown-host", f"no host {kind!r}", f"one of: {', '.join(FORMATS)}")]
        )
    print(FORMATS[kind](), end="")
    return 0


COMMAND = shell.command(hosting)
