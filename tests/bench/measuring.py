"""One command in a process of its own: seconds of wall, seconds of processor time, peak memory. Medians and ratios."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figures:
    """`peak` in MiB, of the largest process; `cpu` of the command and all its children."""

    wall: float
    cpu: float
    peak: float


def compile_all(package: Path) -> None:
    """Byte code of the program and of what it stands on, as an installer leaves it: some (and machines that are told
    not to write any) leave none, and each command would compile 35,000 lines first."""
    places = [place for place in dict.fromkeys(sys.path) if place.endswith("site-packages")]
    # What is no module of this Python is told by the exit code, and is in nobody's way.
    subprocess.run([sys.executable, "-m", "compileall", "-q", package, *places], capture_output=True, check=False)


def run(command: Sequence[str | Path], *, cwd: Path) -> Figures:
    """Run it to its end; RuntimeError with what it said if it fails."""
    meter = Path(__file__).with_name("meter.py")
    reading, writing = os.pipe()
    try:
        line = [sys.executable, "-I", "-S", str(meter), *map(str, command)]
        shell = ["/bin/sh", "-c", f'exec 3>&{writing}; exec "$@"', "meter", *line]
        done = subprocess.run(
            shell, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, pass_fds=[writing], check=False
        )
        os.close(writing)
        said = os.read(reading, 200).decode()
    finally:
        os.close(reading)
    if done.returncode:
        raise RuntimeError(f"{line}: exit {done.returncode}: {done.stdout[-2000:].decode(errors='replace')}")
    wall, cpu, peak = said.split()
    return Figures(float(wall), float(cpu), float(peak) / 1024)


def median(figures: Sequence[Figures]) -> Figures:
    return Figures(
        statistics.median(f.wall for f in figures),
        statistics.median(f.cpu for f in figures),
        max(f.peak for f in figures),
    )


def ratio(ours: Sequence[Figures], theirs: Sequence[Figures], what: str) -> float:
    """The median of the ratios of runs that stood side by side."""
    return statistics.median(getattr(a, what) / getattr(b, what) for a, b in zip(ours, theirs, strict=True))


def instructions(command: Sequence[str | Path], *, cwd: Path) -> int | None:
    """Millions of instructions of a command by valgrind, which a busy machine does not change; None without valgrind."""
    tool = shutil.which("valgrind")
    if tool is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        line = [tool, "--tool=cachegrind", "--cache-sim=no", f"--cachegrind-out-file={folder}/out"]
        done = subprocess.run(
            [*line, *map(str, command)], cwd=cwd, capture_output=True, text=True, check=False, timeout=300
        )
        for text in done.stderr.splitlines():
            if "I   refs" in text or "I refs" in text:
                return int(text.rpartition(":")[2].strip().replace(",", "")) // 1_000_000
    return None
