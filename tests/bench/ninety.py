"""A whole `build` over ninety days of 31 million samples: 200 checks in 6 regions every five minutes, as roll-ups.

`tests.bench.history` fills the store; here the real command runs over it with the templates and outputs that we ship.
"""

from __future__ import annotations

import json
import random
import shutil
import sys
from pathlib import Path

from generator import config, remember, stores, text
from generator.copies import published
from generator.model import Time

from . import content, history, measuring
from .builds import REPOSITORY
from .measuring import Figures

CHECKS, REGIONS = 200, 6
FEW_CHECKS, FEW_REGIONS = 20, 3
YEARS = {"ninety days": 90, "five years": 5 * 365 + 1}


def write_root(root: Path, checks: int = CHECKS, regions: int = REGIONS, days: int = 90) -> Path:
    (root / "content").mkdir(parents=True)
    shutil.copytree(REPOSITORY / "templates", root / "templates")
    parts = [
        {
            "id": f"c{n}",
            "name": f"Part {n}",
            "checks": [
                {"id": f"k{m}", "kind": "http", "url": f"https://shop.example/{m}"}
                for m in range(n * history.CHECKS_A_COMPONENT, (n + 1) * history.CHECKS_A_COMPONENT)
            ],
        }
        for n in range(checks // history.CHECKS_A_COMPONENT)
    ]
    value = {
        "site": {"title": "Bench", "url": "https://status.example"},
        "interval": "5m",
        "regions": [{"id": f"r{n}", "name": f"Region {n}", "engine": "agent"} for n in range(regions)],
        "controls": [{"url": "https://control.example/"}],
        "platforms": [{"id": "shop", "name": "Shop", "role": "subject", "components": parts}],
    }
    (root / "content" / "status.yml").write_text(json.dumps(value, indent=1))
    store = stores.open("", root=root)
    try:
        history.fill(store, config.load(root / "content" / "status.yml", env={}), days=days)
    finally:
        store.close()
    return root


def measure(folder: Path, rounds: int) -> dict[str, list[Figures]]:
    """The very first build writes the copy of all history, too; the next ones find it, as they do after any run, which
    notes what it has published. Before each of them a round of all checks arrives and five minutes pass; the same is
    built again as if it were not known that nothing is new; and with nothing changed nothing is read."""
    root = write_root(folder / "ninety")
    found = {"the first, with a copy of all history": [measuring.run(_build(root), cwd=REPOSITORY)]}
    _note(root, content.NOW)
    for number in range(1, rounds + 1):
        now = _round(root, number)
        command = _build(root, now)
        found.setdefault("after a round", []).append(measuring.run(command, cwd=REPOSITORY))
        found.setdefault("nothing changed", []).append(measuring.run(command, cwd=REPOSITORY))
        _note(root, now)
        (root / ".cache" / "roadworthy" / "last-build.json").unlink(missing_ok=True)
        found.setdefault("the same again", []).append(measuring.run(command, cwd=REPOSITORY))
    return found


def years(folder: Path, rounds: int) -> dict[str, list[Figures]]:
    """A build after a round, over histories of different ages that differ in nothing else, in turn."""
    roots = {}
    for name, days in YEARS.items():
        roots[name] = write_root(folder / name.replace(" ", "-"), FEW_CHECKS, FEW_REGIONS, days)
        measuring.run(_build(roots[name]), cwd=REPOSITORY)
        _note(roots[name], content.NOW)
    found: dict[str, list[Figures]] = {name: [] for name in roots}
    for number in range(1, rounds + 1):
        for name, root in roots.items():
            now = _round(root, number)
            found[name].append(measuring.run(_build(root, now), cwd=REPOSITORY))
            _note(root, now)
    return found


def _build(root: Path, now: Time = content.NOW) -> list[str | Path]:
    return [sys.executable, "-m", "generator", "build", "--root", root, "--now", text.iso(now)]


def _round(root: Path, number: int) -> Time:
    """A round of all checks from all regions arrives, as agents deliver it: those before are folded, this one is not.
    The time of the build that follows."""
    setting = config.load(root / "content" / "status.yml", env={})
    now = content.NOW + number * history.FIVE
    store = stores.open("", root=root)
    try:
        remember.catch_up(store, setting, now - history.FIVE)
        store.append(history.looks(setting, now - history.FIVE, random.Random(number)), now - history.FIVE + 20)
    finally:
        store.close()
    return now


def _note(root: Path, now: Time) -> None:
    """What a run does when its site is published: the parts of the copy that stand are known from then on."""
    store = stores.open("", root=root)
    try:
        copy = published.copy_of(store, published.previous(store, root / "site"), now, site=root / "site")
        published.noted(store, copy)
    finally:
        store.close()
