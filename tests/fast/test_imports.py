"""What a command loads: not more than it needs when everything it reads was read before."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
CODE = (
    "import sys, contextlib, io\n"
    "from generator import cli\n"
    "with contextlib.redirect_stdout(io.StringIO()): code = cli.main(sys.argv[1].split())\n"
    "assert code == 0, code\n"
    "print(*sys.modules)"
)
ASKING = {"asyncio", "httpx", "h11", "dns", "generator.checking", "generator.engines.local", "generator.fetch.http"}
READING = {"generator.config.reading", "generator.config.form", "generator.causes.reading", "generator.pages.reading"}
TALKING = {"typer", "rich"}
WRITING = {"feedgen", "lxml", "icalendar", "markdown", "nh3"}
LIBRARIES = {"pydantic", "yaml"}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default content, built and linted once."""
    folder = tmp_path_factory.mktemp("default")
    for name in ("content", "templates"):
        shutil.copytree(REPOSITORY / name, folder / name)
    loaded(folder, "build")
    loaded(folder, "lint")
    return folder


def loaded(root: Path, command: str) -> set[str]:
    """The modules that a command has loaded at its end."""
    (root / ".cache" / "roadworthy" / "last-build.json").unlink(missing_ok=True)
    line = [sys.executable, "-c", CODE, f"{command} --root {root} --now 2026-11-23T12:00:00Z"]
    done = subprocess.run(line, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize("command", ["build", "lint"])
def test_what_was_read_before_is_not_read_and_nobody_is_asked(root: Path, command: str) -> None:
    assert loaded(root, command) & (ASKING | READING | TALKING | WRITING) == set()


def test_a_build_of_what_was_read_before_needs_no_validator_and_no_parser(root: Path) -> None:
    assert loaded(root, "build") & LIBRARIES == set()


def test_lint_loads_nothing_that_makes_a_site(root: Path) -> None:
    made = {"jinja2", "babel", "feedgen", "icalendar", "generator.view", "generator.outputs", "generator.states"}
    assert loaded(root, "lint") & made == set()


def test_the_first_reading_does_load_what_reads(tmp_path: Path) -> None:
    """So that the tests above look for modules that exist."""
    for name in ("content", "templates"):
        shutil.copytree(REPOSITORY / name, tmp_path / name)
    assert loaded(tmp_path, "build") >= READING | WRITING | LIBRARIES
