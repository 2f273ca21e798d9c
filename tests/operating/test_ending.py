"""How the program ends: with its exit code, everything it wrote, and what was registered for the end done."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]


def ended(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize(("arguments", "code"), [(["--version"], 0), (["check", "--nonsense"], 2)])
def test_a_process_ends_with_the_code_of_its_command(arguments: list[str], code: int) -> None:
    done = ended(f"import sys; sys.argv[1:] = {arguments!r}; from generator import cli; cli.program()")
    assert done.returncode == code, done
    assert done.stdout if code == 0 else "nonsense" in done.stderr


def test_what_was_written_last_arrives_and_what_was_registered_is_done() -> None:
    done = ended(
        "import atexit, sys; from generator import cli; atexit.register(print, 'registered');"
        "cli.main = lambda: print('x' * 100_000) or 7; cli.program()"
    )
    assert (done.returncode, done.stdout.split()[1], len(done.stdout.split()[0])) == (7, "registered", 100_000)


def test_a_reader_that_went_away_gets_no_traceback() -> None:
    line = f"{sys.executable} -m generator init --help | true"
    done = subprocess.run(["bash", "-c", line], cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == ""


def test_a_thread_that_still_works_is_waited_for() -> None:
    done = ended(
        "import threading, time; from generator import cli;"
        "threading.Thread(target=lambda: (time.sleep(0.3), print('finished'))).start();"
        "cli.main = lambda: 3; cli.program()"
    )
    assert (done.returncode, done.stdout) == (3, "finished\n")
