"""Many processes at once, the way agents of several regions write."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


def appenders(count: int, root: Path, url: str, *, rounds: int, size: int, overlap: bool) -> list[tuple[str, int, int]]:
    """Start so many workers together and wait: (worker, time of the round, new ones) for all acknowledged rounds."""
    words = [sys.executable, "-m", "tests.keeping.append_worker", str(root), url]
    workers = [
        subprocess.Popen(
            [*words, f"w{n}", str(rounds), str(size), str(int(overlap))],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for n in range(count)
    ]
    lines: list[tuple[str, int, int]] = []
    for worker in workers:
        out, err = worker.communicate(timeout=240)
        assert worker.returncode == 0, err
        lines += [(name, int(at), int(new)) for name, at, new in map(str.split, out.splitlines())]
    return lines
