"""The real `run` command, killed at its state-changing system calls: its site is whole, its history is whole, it goes on.

The small run of `test_killed` is killed at every single call; this one, with checks, roll-ups and a hundred files, at
some by default, at more in `slow`, and at every one with RW_EVERY_CALL=1 (about a quarter of an hour).
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from generator import stores
from generator.model import Observation
from generator.publish import LIST
from tests.keeping import faults
from tests.keeping.builders import NOW
from tests.keeping.faults import Point
from tests.keeping.processes import REPOSITORY

STATUS = """
site: {title: Small status, url: "https://status.example"}
interval: 5m
rules: {retries: 0, retry_wait: [0, 0]}
regions:
  - {id: here, name: Here, engine: local}
controls:
  - {url: "http://127.0.0.1:9/control", allow_private: true}
platforms:
  - id: shop
    name: Shop
    role: subject
    components:
      - id: api
        name: API
        impact: Nothing can be bought.
        checks:
          - {id: answer, kind: http, url: "http://127.0.0.1:9/api", allow_private: true}
"""


def command(root: Path, round_: int) -> list[str]:
    now = datetime.fromtimestamp(NOW + 300 * round_, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return ["run", "--root", str(root), "--now", now]


def run(root: Path, round_: int) -> None:
    words = [sys.executable, "-m", "generator", *command(root, round_)]
    done = subprocess.run(words, cwd=REPOSITORY, capture_output=True, text=True, timeout=120)
    assert done.returncode == 4, done.stderr  # published; nothing could be checked, for the control refuses


def observed(root: Path) -> list[Observation]:
    store = stores.open("", root=root)
    found = list(store.observations(0))
    assert store.check() == ()
    store.close()
    return found


def whole(site: Path) -> None:
    """Every file of the list is there with its bytes, and nothing else is."""
    listed = json.loads((site / LIST).read_text())["files"]
    found = {str(p.relative_to(site)): p for p in site.rglob("*") if p.is_file()}
    assert set(found) == {*listed, LIST, "CNAME"}
    wrong = [p for p, row in listed.items() if hashlib.sha256(found[p].read_bytes()).hexdigest() != row["sha256"]]
    assert wrong == []


class Killed:
    """A root after one run, and the state-changing calls of the next."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.template = folder / "template"
        (self.template / "content").mkdir(parents=True)
        (self.template / "site").mkdir()
        (self.template / "site" / "CNAME").write_text("status.example")
        (self.template / "content" / "status.yml").write_text(STATUS)
        run(self.template, 0)
        self.before = observed(self.template)
        assert len(self.before) == 2
        undisturbed = self.fresh("undisturbed")
        self.points = faults.points(command(undisturbed, 1), folder / "log", undisturbed, "generator")

    def fresh(self, name: str) -> Path:
        shutil.copytree(self.template, self.folder / name)
        return self.folder / name

    def kill(self, point: Point) -> None:
        root = self.fresh("killed")
        try:
            ended = faults.killed_at(point, command(root, 1), "generator")
            assert ended.code == -9, ended.stderr
            whole(root / "site")
            after = observed(root)
            assert after[:2] == self.before
            assert len(after) in (2, 4)
            run(root, 2)
            whole(root / "site")
            again = observed(root)
            assert len({o.key for o in again}) == len(again) >= len(after) + 2
            assert again[: len(after)] == after
            assert not [p.name for p in root.iterdir() if p.name.startswith(".site")]
        except AssertionError as error:
            raise AssertionError(f"at {point.call} {point.nth} ({point.text}): {error}") from error
        finally:
            shutil.rmtree(root)


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Killed:
    return Killed(tmp_path_factory.mktemp("command"))


def test_the_command_killed_at_some_of_its_calls(killed: Killed) -> None:
    assert len(killed.points) > 200
    turning = [p for p in killed.points if p.call == "renameat2"]
    assert turning
    for point in [*killed.points[:: len(killed.points) // 9], *turning]:
        killed.kill(point)


@pytest.mark.slow
def test_the_command_killed_at_many_or_all_of_its_calls(killed: Killed) -> None:
    step = 1 if os.environ.get("RW_EVERY_CALL") else 8
    for point in killed.points[3::step] if step > 1 else killed.points:
        killed.kill(point)
