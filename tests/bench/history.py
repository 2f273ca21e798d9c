"""What 90 days of history cost a build and a run: `python -m tests.bench.history [--checks 200] [--regions 6]`.

Fills a SQLite history with the roll-ups of 90 days (as the fold would have left them), lets the last rounds run for real,
then measures in a process of its own, so that nothing is warm: catching up with nothing new (what a build does), and a run
that appends a round, folds it and saves everything. `fill` is there for whoever measures a whole build.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from generator import history, remember, stores
from generator.history import histogram
from generator.model import (
    ALL,
    Check,
    Component,
    Config,
    Observation,
    Platform,
    Region,
    Rollup,
    Site,
    Span,
    Status,
    Time,
    Verdict,
)

DAY, HOUR, FIVE = 86400, 3600, 300
NOW: Time = 1_795_435_200  # 2026-11-23T12:00:00Z
ROUNDS = 6
CHECKS_A_COMPONENT = 4


@dataclass(frozen=True)
class Figures:
    """Seconds of wall and processor time of one call in a fresh process, and the peak of its memory in MiB."""

    what: str
    wall: float
    cpu: float
    peak: float


def setting(checks: int, regions: int) -> Config:
    """So many checks, four to a component, every one of them in every region, every five minutes."""
    places = tuple(f"r{n}" for n in range(regions))
    components = []
    for first in range(0, checks, CHECKS_A_COMPONENT):
        id = f"shop/c{first // CHECKS_A_COMPONENT}"
        mine = range(first, min(checks, first + CHECKS_A_COMPONENT))
        components.append(
            Component(
                id,
                "shop",
                id[5:],
                id,
                checks=tuple(Check(f"{id}/k{n}", "http", "k", id, None, places, FIVE) for n in mine),
            )
        )
    return Config(
        site=Site("Bench", ""),
        interval=FIVE,
        regions=tuple(Region(r, r, "agent") for r in places),
        controls=(Check("control/0", "http", "control", "", None, places, FIVE),),
        platforms=(Platform("shop", "Shop", "subject", components=tuple(components)),),
    )


def fill(store: stores.Store, config: Config, now: Time = NOW, days: int = 90) -> None:
    """History as it is after `days` days: roll-ups by day, hour and total, spans, and the last rounds raw and folded."""
    dice = random.Random(1)
    today = now - now % DAY
    for ago in range(days, 0, -1):
        store.save(rollups=_day(config, today - ago * DAY, days - ago, dice))
    for hour in range(7 * 24, 0, -1):
        store.save(rollups=_hour(config, now - now % HOUR - hour * HOUR, dice))
    first = today - days * DAY
    spans = [
        Span(
            c.id,
            region,
            first + n * 800_000,
            first + (n + 1) * 800_000,
            Status.MAJOR_OUTAGE if n % 2 else Status.OPERATIONAL,
        )
        for c in config.components
        for region in (ALL, *(r.id for r in config.regions))
        for n in range(9)
    ]
    store.save(spans=spans)
    for ago in range(ROUNDS, 0, -1):
        run(store, config, now - ago * FIVE, dice)


def run(store: stores.Store, config: Config, slot: Time, dice: random.Random) -> None:
    """One round: append, fold, save."""
    store.append(looks(config, slot, dice), slot + 20)
    remember.catch_up(store, config, slot + 30)


def looks(config: Config, slot: Time, dice: random.Random) -> list[Observation]:
    """Every check from every region, all well."""
    facts = {"status": 200, "content-type": "application/json", "length": 4096}
    return [
        Observation(
            c.id,
            r,
            slot + 7,
            Verdict.OK,
            latency_ms=dice.uniform(50, 400),
            phases={"dns": 4.0, "total": 90.0},
            facts=facts,
        )
        for c in (*config.checks, *config.controls)
        for r in c.regions
    ]


def _histogram(dice: random.Random, samples: int) -> dict[int, int]:
    return histogram.merge_histograms({histogram.bucket(dice.lognormvariate(5, 0.4)): samples // 12} for _ in range(12))


def _places(config: Config) -> tuple[str, ...]:
    return (ALL, *(r.id for r in config.regions))


def _day(config: Config, at: Time, count: int, dice: random.Random) -> list[Rollup]:
    rows = []
    for component in config.components:
        down = dice.choice((0, 0, 0, 0, 0, 300, 1500))
        seconds = {Status.OPERATIONAL: DAY - down, **({Status.MAJOR_OUTAGE: down} if down else {})}
        total = {Status.OPERATIONAL: count * DAY}
        rows += [Rollup("day", component.id, r, at, seconds, history.worst_of(seconds)) for r in _places(config)]
        rows += [Rollup("total", component.id, r, at, total) for r in _places(config)]
    for check in config.checks:
        rows += [Rollup("day", check.id, r, at, samples=288, histogram=_histogram(dice, 288)) for r in _places(config)]
    return rows


def _hour(config: Config, at: Time, dice: random.Random) -> list[Rollup]:
    seconds = {Status.OPERATIONAL: HOUR}
    rows = [
        Rollup("hour", c.id, r, at, seconds, Status.OPERATIONAL) for c in config.components for r in _places(config)
    ]
    for check in config.checks:
        rows += [Rollup("hour", check.id, r, at, samples=12, histogram=_histogram(dice, 12)) for r in _places(config)]
    return rows


def measure(root: Path, what: str, checks: int, regions: int) -> Figures:
    """`build` (catching up, writing nothing) or `run`, in this process."""
    store, config = stores.open("", root=root), setting(checks, regions)
    try:
        wall, cpu = time.perf_counter(), time.process_time()
        if what == "run":
            run(store, config, NOW, random.Random(2))
        else:
            remember.catch_up(store, config, NOW - 60, write=False)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    finally:
        store.close()
    return Figures(what, wall, cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def figures(checks: int = 200, regions: int = 6) -> list[Figures]:
    """Each in a fresh process over the same history."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        store = stores.open("", root=root)
        try:
            fill(store, setting(checks, regions))
        finally:
            store.close()
        found = []
        for what in ("build", "run"):
            line = [sys.executable, "-m", "tests.bench.history", "--one", what, "--root", folder]
            line += ["--checks", str(checks), "--regions", str(regions)]
            said = subprocess.run(line, check=True, capture_output=True, text=True)
            found.append(Figures(**json.loads(said.stdout)))
        return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--checks", type=int, default=200)
    options.add_argument("--regions", type=int, default=6)
    options.add_argument("--one", default="", help=argparse.SUPPRESS)
    options.add_argument("--root", type=Path, default=Path(), help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.one:
        print(json.dumps(asdict(measure(given.root, given.one, given.checks, given.regions))))
        return
    print(f"{given.checks} checks x {given.regions} regions x 90 days, every five minutes")
    for one in figures(given.checks, given.regions):
        print(f"{one.what:<8}{one.wall:>8.2f} s wall{one.cpu:>8.2f} s processor{one.peak:>8.0f} MiB peak")


if __name__ == "__main__":
    main()
