"""The options that commands share, as typer wants them. `_shell` gives them out; only a parser ever looks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Root = Annotated[Path, typer.Option("--root", help="Folder that holds content/, templates/ and site/.")]
Site = Annotated[Path | None, typer.Option("--site", help="Where the site is written [default: ROOT/site].")]
History = Annotated[
    str,
    typer.Option(
        "--history", help="URL of the store: sqlite:FILE (below the root), sqlite:///folder/file or postgresql://…"
    ),
]
Now = Annotated[str, typer.Option("--now", help="A fixed clock, RFC 3339: for tests and reproducible builds.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Say more.")]
AllowMissing = Annotated[
    bool,
    typer.Option("--allow-missing-secrets", help="Checks whose ${NAME} is not set become unknown, not an error."),
]
WriterNeedsNone = Annotated[bool, typer.Option("--allow-missing-secrets", hidden=True)]
"""For commands that write notes: an editor's machine has no secrets, and needs none."""
