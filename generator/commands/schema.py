"""`schema`: JSON Schema for editors."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from . import _shell as shell


def schema(what: Annotated[str, typer.Argument(help="config, note or cause.")]) -> int:
    """Print the JSON Schema of status.yml, a note or a cause.

    \b
    Example:
      roadworthy schema note > note.schema.json
    """
    from ..errors import ContentError, Problem
    from ..schema import schema as make

    if what not in ("config", "note", "cause"):
        raise ContentError(
            [Problem("WHAT", 0, 0, "unknown-schema", f"no schema {what!r}", "one of: config, note, cause")]
        )
    print(json.dumps(make(what), indent=2, ensure_ascii=False))
    return 0


COMMAND = shell.command(schema)
