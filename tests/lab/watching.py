"""Roadworthy in the laboratory: real engine, probes, store, fold, diagnosis; what it would publish, tick by tick.

Beside it, on the same ticks, two watchers of the usual kind that look at status codes only.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from generator import checking, outputs, probes, remember, run
from generator.model import Config, Observation
from tests.lab.platform import ADDRESSES, REGIONS, Platform

HERE = Path(__file__).parent
CAUSES = HERE.parents[1] / "content" / "causes"


@dataclass(frozen=True, slots=True)
class Seen:
    """What was published at a tick: status by (component, region), region "*" for all; causes by component."""

    statuses: dict[tuple[str, str], str]
    causes: dict[str, list[tuple[str, str]]]  # component -> [(cause, confidence)], best first
    listed: list[tuple[str, str]]  # all findings in order


class Watcher:
    """Ours. `look` is one round and gives what would be published after it."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        root = platform.folder / "watch"
        (root / "content").mkdir(parents=True)
        regions = [
            {"id": r, "name": f"Region {r}", "engine": "local", "allow_private": True, "resolve": platform.pins(r)}
            for r in REGIONS
        ]
        text = (HERE / "status.yml").read_text() + f"\nregions: {json.dumps(regions)}\n"
        (root / "content" / "status.yml").write_text(text)
        shutil.copytree(CAUSES, root / "content" / "causes")
        self.setting = run.Setting(root=root, site=root / "site", clock=lambda: float(platform.now), env={})
        self.config: Config = run.read_config(self.setting)
        self.content = run.read_content(self.setting, self.config)
        self.store = run.open_store(self.setting)

    def close(self) -> None:
        self.store.close()

    def measure(
        self, config: Config | None = None, regions: Collection[str] = (), ahead: int = 0
    ) -> tuple[Observation, ...]:
        """One round of the real engine, by a clock that may be `ahead`."""
        now = self.platform.now
        depth = {k.id: max(probes.get(k.kind).history, 900) for k in self.config.checks}

        def past(check: str, region: str) -> tuple[Observation, ...]:
            return tuple(self.store.observations(now - min(depth.get(check, 0), 7200), now, check=check, region=region))

        clock: Callable[[], float] = lambda: float(now + ahead)  # noqa: E731
        return asyncio.run(
            checking.check_round(config or self.config, clock=clock, env={}, regions=regions, past=past, force=True)
        ).observations

    def look(self, rounds: tuple[tuple[Observation, ...], ...] | None = None) -> Seen:
        """Take a round (or what a decoy made of it), remember it, diagnose, and read what would be published."""
        for observations in (self.measure(),) if rounds is None else rounds:
            self.store.append(observations, received=self.platform.now + 5)
        past = remember.catch_up(self.store, self.config, self.platform.now + 10)
        views = run.assess(self.content, past, self.platform.now + 10).views
        artifacts = outputs.get("api").render(views, ())
        return read(json.loads(next(a.body for a in artifacts if a.path.endswith("status.json"))))

    def offline(self) -> Config:
        """The configuration of a checker whose every way leads nowhere."""
        nowhere = dict.fromkeys(self.platform.pins("one"), "127.0.0.1:9")
        return replace(self.config, regions=tuple(replace(r, resolve=nowhere) for r in self.config.regions))


def read(status: dict[str, Any]) -> Seen:
    """A `status.json` as the campaign scores it."""
    statuses: dict[tuple[str, str], str] = {}
    causes: dict[str, list[tuple[str, str]]] = {}
    for platform in status["platforms"]:
        for component in platform["components"]:
            statuses[component["id"], "*"] = component["status"]
            for region in component["regions"]:
                statuses[component["id"], region["id"]] = region["status"]
    for finding in status["findings"]:
        for component in finding["components"]:
            causes.setdefault(component, []).append((finding["cause"], finding["confidence"]))
    return Seen(statuses, causes, [(f["cause"], f["confidence"]) for f in status["findings"]])


# ---- the usual kind of watcher ---------------------------------------------------------------------------------------

PATHS = {
    "api": "/api/v1/models?sort=Newest",
    "search": "/api/v1/models?query=Model%207",
    "indexing": "/api/v1/models?query=Model%207",
    "replication": "/api/v1/model-versions/70",
    "images": "/api/v1/images?sort=Newest",
    "scanning": "/api/v1/images?sort=Newest",
    "tagging": "/api/v1/images?sort=Newest",
    "files": "/api/v1/models?sort=Newest",
    "training": "/api/v1/models?fromPlatform=true&sort=Newest",
    "metrics": "/api/v1/models?sort=Most%20Downloaded",
    "cdn": "/media/1.png",
    "routing": "/api/region-status",
}
"""The address by which such a watcher would judge each component."""
OPERATIONAL, DOWN = "operational", "major_outage"


class StatusCodes:
    """Status codes only. `tries` looks a tick, of which any good one will do; down after `row` bad ticks in a row."""

    def __init__(self, platform: Platform, tries: int, row: int) -> None:
        self._platform, self._tries, self._row = platform, tries, row
        self._bad: dict[tuple[str, str], int] = {}
        self._pool = ThreadPoolExecutor(12)

    def close(self) -> None:
        self._pool.shutdown()

    def look(self, offline: bool = False) -> Seen:
        cells = [(path, region) for path in sorted(set(PATHS.values())) for region in REGIONS]
        good = dict(zip(cells, self._pool.map(lambda c: not offline and self._good(*c), cells), strict=True))
        for cell, fine in good.items():
            self._bad[cell] = 0 if fine else self._bad.get(cell, 0) + 1
        statuses: dict[tuple[str, str], str] = {}
        for component, path in PATHS.items():
            down = [r for r in REGIONS if self._bad[path, r] >= self._row]
            statuses |= {(f"workshop/{component}", r): DOWN if r in down else OPERATIONAL for r in REGIONS}
            statuses[f"workshop/{component}", "*"] = DOWN if down else OPERATIONAL
        return Seen(statuses, {}, [])

    def _good(self, path: str, region: str) -> bool:
        request = urllib.request.Request(
            f"http://{ADDRESSES[region]}:{self._platform.port}{path}", headers={"Host": "workshop.test"}
        )
        for _ in range(self._tries):
            try:
                with urllib.request.urlopen(request, timeout=2) as answer:
                    answer.read()
                return True
            except urllib.error.HTTPError as error:
                error.close()
            except OSError:
                continue
        return False
