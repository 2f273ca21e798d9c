"""What the folder `tests/bad/` says: how one of its inputs is read, and what came of it as text."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from generator import config, notes
from generator.errors import ContentError, Problem

HERE = Path(__file__).parent
BAD = HERE.parent / "bad"
SAMPLE = HERE / "sample"
NOW = 1_795_435_200  # 2026-11-23T12:00:00Z


def inputs() -> list[Path]:
    """The files and folders that are inputs: everything that is no expectation."""
    return sorted(path for path in BAD.iterdir() if path.suffix != ".expected")


def expected(path: Path) -> str:
    return path.with_name(f"{path.name.removesuffix(path.suffix)}.expected").read_text("utf-8")


def outcome(path: Path, root: Path) -> str:
    """Every problem of this input, one a line, or `fine`."""
    found = _of_config(path, root) if path.suffix == ".yml" else _of_notes(path, root)
    return "".join(f"{problem.severity.value}: {problem}\n" for problem in found) or "fine\n"


def directive(text: str, name: str) -> str:
    """What a comment line `# NAME: value` at the top of a configuration asks for."""
    hit = re.search(rf"^# {name}: ?(.*)$", text, re.MULTILINE)
    return hit[1] if hit else ""


def _of_config(path: Path, root: Path) -> tuple[Problem, ...]:
    (root / "content").mkdir(parents=True)
    target = root / "content" / "status.yml"
    shutil.copyfile(path, target)
    text = path.read_bytes().decode("utf-8", "replace")
    env = dict(pair.replace("\\n", "\n").split("=", 1) for pair in directive(text, "env").split() if "=" in pair)
    read, problems = config.check(target, env=env)
    known = [id.strip() for id in directive(text, "history").split(",") if id.strip()]
    return (*problems, *(config.retired(read, known) if read and known else ()))


def _of_notes(path: Path, root: Path) -> tuple[Problem, ...]:
    incidents = root / "content" / "incidents"
    incidents.mkdir(parents=True)
    for file in path.iterdir() if path.is_dir() else [path]:
        shutil.copyfile(file, incidents / (file.name if path.is_dir() else "2026-11-20-note.md"))
    read = config.load(SAMPLE / "content" / "status.yml", env={})
    try:
        return notes.load(root, read, NOW).problems
    except ContentError as error:
        return error.problems
