"""Faults at single system calls of a real process, by strace: a kill, a full disk, a disk that fails."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.keeping.processes import REPOSITORY

WANTED = "the tests need strace: apt-get install strace"

CHANGES = (
    "write,pwrite64,writev,pwritev,fsync,fdatasync,syncfs,sync,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,"
    "rmdir,link,linkat,symlink,symlinkat,ftruncate,fallocate,chmod,fchmod,fchmodat,chown,fchown,lchown,fchownat,"
    "utimensat,setxattr,lsetxattr,fsetxattr,copy_file_range,sendfile,openat"
)
_CALL = re.compile(r"^(\d+)\s+(\w+)\((.*)$")


@dataclass(frozen=True)
class Point:
    """The `nth` call of one kind in a run. `text` is what strace showed of it, for the name of a test."""

    call: str
    nth: int
    text: str


@dataclass(frozen=True)
class Ended:
    """How a run ended. `said` are its lines after `begin`."""

    code: int
    said: tuple[str, ...]
    stderr: str


def _strace() -> str:
    found = shutil.which("strace")
    if not found:
        raise RuntimeError(WANTED)
    return found


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"}


def _execute(options: list[str], arguments: list[str], module: str) -> Ended:
    words = [_strace(), "-f", "-qq", "-s", "200", *options, sys.executable, "-m", module, *arguments]
    done = subprocess.run(words, cwd=REPOSITORY, env=_environment(), capture_output=True, text=True, timeout=120)
    return Ended(done.returncode, tuple(done.stdout.splitlines()[1:]), done.stderr)


SMALL = "tests.keeping.crash_run"


def points(arguments: list[str], log: Path, root: Path, module: str = SMALL) -> list[Point]:
    """Every state-changing call of a run that nothing disturbs, from the first that touches its root on, in order.

    Calls that only write to the terminal are left out.
    """
    ended = _execute(["-e", f"trace={CHANGES}", "-o", str(log)], arguments, module)
    assert ended.code in (0, 4), ended.stderr
    counts: Counter[str] = Counter()
    found: list[Point] = []
    begun, main = False, ""
    for line in log.read_text().splitlines():
        match = _CALL.match(line)
        if not match:
            continue
        thread, call, text = match.groups()
        main = main or thread
        if thread != main:  # strace counts the calls of each thread by itself
            continue
        counts[call] += 1
        making = call != "openat" or "O_CREAT" in text or "O_TRUNC" in text
        begun = begun or (making and str(root) in text)
        if begun and making and not (call == "write" and text.startswith(("1, ", "2, "))):
            found.append(Point(call, counts[call], text[:120]))
    return found


def killed_at(point: Point, arguments: list[str], module: str = SMALL) -> Ended:
    """The run, killed as it enters the call."""
    return _execute(
        ["-e", f"trace={point.call}", "-o", os.devnull, "-e", f"inject={point.call}:signal=KILL:when={point.nth}"],
        arguments,
        module,
    )


def failed_at(point: Point, error: str, arguments: list[str], module: str = SMALL) -> Ended:
    """The run, whose call fails with an error and does nothing."""
    return _execute(
        ["-e", f"trace={point.call}", "-o", os.devnull, "-e", f"inject={point.call}:error={error}:when={point.nth}"],
        arguments,
        module,
    )
