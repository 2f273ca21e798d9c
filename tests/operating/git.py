"""Real git repositories on this machine: a bare remote and clones of it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

GIT = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_SYSTEM": "/dev/null",
    "GIT_AUTHOR_NAME": "A Person",
    "GIT_AUTHOR_EMAIL": "person@status.example",
    "GIT_COMMITTER_NAME": "A Person",
    "GIT_COMMITTER_EMAIL": "person@status.example",
    "GIT_TERMINAL_PROMPT": "0",
}


def git(folder: Path, *words: str) -> str:
    """What git prints; AssertionError with what it complained about."""
    done = subprocess.run(
        ["git", "-c", "init.defaultBranch=main", *words],
        cwd=folder, env={**os.environ, **GIT}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def remote(folder: Path, files: dict[str, str] | None = None) -> Path:
    """A bare repository whose main branch holds some files, in two commits."""
    bare, work = folder / "remote.git", folder / "first"
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "-q", "--bare", str(bare))
    git(folder, "clone", "-q", str(bare), str(work))
    git(work, "switch", "-q", "-c", "main")
    for name, text in {"README.md": "hello\n", **(files or {})}.items():
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        (work / name).write_text(text)
    git(work, "add", "-A")
    git(work, "commit", "-q", "-m", "Begin")
    (work / "README.md").write_text("hello again\n")
    git(work, "commit", "-q", "-am", "Go on")
    git(work, "push", "-q", "origin", "main")
    return bare


def clone(bare: Path, folder: Path, *options: str) -> Path:
    git(bare.parent, "clone", "-q", *options, bare.as_uri(), str(folder))
    return folder
