"""Programs that the tests run but Python does not bring: where they are, or what to install."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
NPM = "PUPPETEER_SKIP_DOWNLOAD=1 PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --ignore-scripts --no-audit --no-fund"


def program(name: str, package: str) -> str:
    """The path of a program from Debian."""
    found = shutil.which(name) or shutil.which(name, path="/usr/bin:/usr/games")
    if found is None:
        pytest.fail(f"{name} is missing: apt-get install -y --no-install-recommends {package}")
    return found


def module(name: str) -> Path:
    """The folder of an npm package below `tests/clients`."""
    found = HERE / "node_modules" / name
    if not found.is_dir():
        pytest.fail(f"the npm package {name} is missing: cd tests/clients && {NPM}")
    return found


def node(script: str, *arguments: str) -> Any:
    """What an ES module prints as JSON; it finds the npm packages of `tests/clients`."""
    run = subprocess.run(
        [program("node", "nodejs"), "--input-type=module", "-e", script, "--", *arguments],
        cwd=HERE,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)
