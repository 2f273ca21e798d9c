"""A run that is disturbed at one system call, and all that must hold afterwards: nothing acknowledged is lost or
doubled, the site is one whole version, and the next run works.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from generator import stores
from generator.publish import recover
from tests.keeping import crash_run, faults
from tests.keeping.builders import NOW
from tests.keeping.faults import Ended, Point
from tests.keeping.sites import shown, tree

SCENARIOS = {
    "first run": (None, 1, "exchange"),
    "later run": (1, 2, "exchange"),
    "later run in place": (1, 2, "in place"),
}


class Scenario:
    """A prepared root, copied for each fault; `number` is the round that is disturbed."""

    def __init__(self, name: str, folder: Path) -> None:
        before, self.number, self.way = SCENARIOS[name]
        self.folder = folder
        self.template = folder / "template"
        self.template.mkdir(parents=True)
        self.known = set() if before is None else {before}
        if before is not None:
            (self.template / "site").mkdir()
            (self.template / "site" / "CNAME").write_text("status.example.org")
            crash_run.run(self.template, before, self.way)
        undisturbed = self.fresh("undisturbed")
        self.points = faults.points(self.arguments(undisturbed), folder / "log", undisturbed)

    def fresh(self, name: str) -> Path:
        root = self.folder / name
        shutil.copytree(self.template, root)
        return root

    def arguments(self, root: Path) -> list[str]:
        return [str(root), str(self.number), self.way]

    def suffer(self, point: Point, fault: Callable[[Point, list[str]], Ended]) -> Ended:
        """One disturbed run on a fresh copy, then all that must hold."""
        root = self.fresh("disturbed")
        try:
            ended = fault(point, self.arguments(root))
            assert "Traceback" not in ended.stderr, ended.stderr
            self._site_is_whole(root, ended)
            self._history_is_whole(root, ended)
            crash_run.run(root, self.number + 1, self.way)
            self._next_run_worked(root)
            return ended
        except AssertionError as error:
            raise AssertionError(f"at {point.call} {point.nth} ({point.text}): {error}") from error
        finally:
            shutil.rmtree(root)

    def _site_is_whole(self, root: Path, ended: Ended) -> None:
        site = root / "site"
        if self.way == "in place":
            recover(site)
        if not site.exists():
            assert not self.known
            assert f"published {self.number}" not in ended.said
            return
        possible = {self.number} if f"published {self.number}" in ended.said else {*self.known, self.number}
        assert shown(site) in possible
        assert not self.known or tree(site)["CNAME"] == b"status.example.org"

    def _history_is_whole(self, root: Path, ended: Ended) -> None:
        if not (root / ".history" / "history.sqlite").exists():
            assert ended.said == ()
            assert not self.known
            return
        store = stores.open("", root=root)
        found = [o.at for o in store.observations(0)]
        rounds = {n: found.count(NOW + 300 * n - 60) for n in (1, 2)}
        for n, count in rounds.items():
            if n in self.known or f"appended {n}" in ended.said:
                assert count == 12, f"round {n} was acknowledged and has {count} of 12"
            else:
                assert count in (0, 12)
        said = store.meta().get("round")
        newest = next(store.checkpoints(1 << 60), (0, {"round": None}))
        assert str(newest[1]["round"]) == str(said)
        assert f"saved {self.number}" not in ended.said or said == str(self.number)
        assert store.check() == ()
        store.close()

    def _next_run_worked(self, root: Path) -> None:
        assert shown(root / "site") == self.number + 1
        assert [p.name for p in root.iterdir() if p.name not in (".history", "site")] == []
        assert not (root / "site" / ".roadworthy").exists()
        store = stores.open("", root=root)
        assert store.meta()["round"] == str(self.number + 1)
        assert len({o.key for o in store.observations(0)}) % 12 == 0
        assert store.check() == ()
        store.close()


def some(points: list[Point], step: int) -> list[Point]:
    """Every few of the list, and all of the calls by which a version becomes the site."""
    turning = [p for p in points if p.call in ("renameat2", "syncfs") or (p.call == "rename" and "journal" in p.text)]
    return list(dict.fromkeys([*points[::step], *turning]))
