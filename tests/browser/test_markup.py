"""Two strict validators read every type of page and find nothing to say."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from generator import run
from tests.page.building import PAGES, TEMPLATES, file_of, site
from tests.page.worst import worst_day

TOOLS = Path(__file__).parents[1] / "clients" / "node_modules"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Every type of page in two languages, the front page of every state, and every page of the shipped content."""
    folder = site("down", tmp_path_factory.mktemp("markup"), ("en", "ar"))
    found = [str(folder / file_of(url)) for url in PAGES.values()]
    found += [str(folder / "ar" / file_of(url)) for url in PAGES.values() if url != PAGES["missing"]]
    found += [str(site(kind, tmp_path_factory.mktemp(kind)) / "index.html") for kind in ("healthy", "stale", "no-data")]
    return found + shipped(tmp_path_factory)


def shipped(folders: pytest.TempPathFactory) -> list[str]:
    """Whatever any output makes of `content/` on its worst day, with everything that the page can warn of."""
    view = replace(
        worst_day(folders.mktemp("content")), preview=True, warnings=("The list of incidents is incomplete.",)
    )
    folder, made = folders.mktemp("shipped"), run.render((view,), (TEMPLATES,))
    files = {folder / one.path: one.body for one in made if one.path.endswith(".html")}
    for file, body in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(body)
    return [str(file) for file in files]


def test_html_validate_has_no_objection(pages: list[str], tmp_path: Path) -> None:
    command = TOOLS / ".bin" / "html-validate"
    if not command.exists():
        pytest.fail("html-validate is missing: run `npm ci` in tests/clients")
    settings = tmp_path / "rules.json"
    # HTML lets an id begin with a digit; the mark of an update is the time it was written
    rules = {"valid-id": ["error", {"relaxed": True}]}
    extends = ["html-validate:recommended"]
    settings.write_text(json.dumps({"root": True, "extends": extends, "elements": ["html5"], "rules": rules}))
    done = subprocess.run([command, "-c", settings, *pages], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_nu_checker_has_no_objection(pages: list[str]) -> None:
    jar = TOOLS / "vnu-jar" / "build" / "dist" / "vnu.jar"
    if not jar.exists():
        pytest.fail("vnu-jar is missing: run `npm ci` in tests/clients")
    if not shutil.which("java"):
        pytest.fail("the Nu checker needs Java: apt-get install -y default-jre-headless")
    done = subprocess.run(
        ["java", "-jar", jar, "--errors-only", "--format", "gnu", *pages], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
