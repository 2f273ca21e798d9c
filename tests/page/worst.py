"""The shipped `content/` on its worst day: five parts fail, people wrote three notes, and ninety days are known.

Made through the real fold, diagnosis and view, with the shipped configuration and causes. Values only; no network.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from generator import remember, run, stores
from generator.model import ALL, Config, Failure, Observation, Past, Rollup, Stage, Status, Verdict
from generator.preview import data
from generator.siteview import SiteView
from tests.samples import NOW

CONTENT = Path(__file__).parents[2] / "content"
DAY = 86400

BROKEN = {
    "search": (Failure.OVERLOADED, "wanted status 200-299, got 503", None),
    "indexing": (Failure.LAGGING, "the newest one that is found is 3 h 53 min old", 14000.0),
    "images": (Failure.EMPTY, "wanted at least 1 item, got 0", None),
    "cdn": (Failure.WRONG_MAGIC, "the first bytes are not those of a picture", None),
    "training": (Failure.STALE, "the newest one is 3 h 53 min old", 14000.0),
}
"""What is wrong with each part that fails: the failure, the words of the look, and the number that it found."""

ELSEWHERE = """
  - {id: eu, name: Western Europe, engine: local}
  - {id: us, name: Eastern United States, engine: local}
  - {id: sg, name: Singapore, engine: local}
"""

NOTE = """---
title: "Trouble with {what} for a part of the visitors of the site"
impact: major
components: [{parts}]
started: 2026-11-23T05:23:00Z
next_update: +1h
updates:
  - at: 2026-11-23T05:23:00Z
    status: investigating
    body: |-
      People who use {what} see errors or old results since this morning. Uploads and profiles work as usual. We look at
      what the checks say from all regions and write again within the hour. Number {n}.
  - at: 2026-11-23T05:38:00Z
    status: identified
    body: |-
      The service behind {what} turns away most requests, and what still answers is late. Direct links work, so share
      those. Do not upload again: a second copy makes the queue longer. Next words at the full hour.
---
"""
NOTES = {
    "search": "civitai/search, civitai/indexing",
    "images": "civitai/images, civitai/cdn",
    "training": "civitai/training",
}


def worst_day(root: Path, *, regions: int = 1, troubled_days: float = 0.0) -> SiteView:
    """The view of that day. `troubled_days` is the share of days of the past on which a part had trouble."""
    shutil.copytree(CONTENT, root / "content")
    if regions > 1:
        settings = root / "content" / "status.yml"
        here = "  - {id: local, name: Where this page is built, engine: local}\n"
        written = settings.read_text("utf-8")
        assert here in written
        settings.write_text(written.replace(here, here + ELSEWHERE.lstrip("\n")), "utf-8")
    for n, (what, parts) in enumerate(NOTES.items()):
        note = NOTE.format(what=what, parts=parts, n=n + 1)
        (root / "content" / "incidents" / f"2026-11-23-now-{what}.md").write_text(note, "utf-8")
    setting = run.Setting(root, root / "site", clock=lambda: float(NOW), env={})
    config = run.read_config(setting)
    past = _past(config, root, troubled_days)
    return run.assessed(setting, run.read_content(setting, config), past).views[0]


def _past(config: Config, folder: Path, troubled_days: float) -> Past:
    store = stores.open("sqlite:", root=folder)
    try:
        store.append(map(_broken(config), data.looks(config, "healthy", NOW)), received=NOW)
        store.save(rollups=tuple(_days(config, troubled_days)))
        past = remember.catch_up(store, config, NOW, write=False)
        return replace(past, totals=())  # so that uptime comes from the days, which are all that was made up
    finally:
        store.close()


def _broken(config: Config) -> Callable[[Observation], Observation]:
    parts = {k.id: c.key for c in config.components if c.platform == "civitai" for k in c.checks}
    since = NOW - data.TROUBLED * config.interval

    def look(seen: Observation) -> Observation:
        found = BROKEN.get(parts.get(seen.check, ""))
        if found is None or seen.at <= since:
            return seen
        failure, detail, value = found
        return replace(
            seen, verdict=Verdict.DOWN, failure=failure, stage=Stage.CONTENT, latency_ms=None, detail=detail,
            facts={"status": 503} if failure is Failure.OVERLOADED else {},
            value=value, unit="s" if value else "", degraded=1500.0 if value else None, down=10800.0 if value else None,
        )  # fmt: skip

    return look


def _days(config: Config, troubled: float) -> Iterator[Rollup]:
    """Whole days before the looks: the same ones each time, with trouble by chance."""
    chance = random.Random(1)
    today = NOW - NOW % DAY
    for component in config.components:
        for back in range(2, data.DAYS):
            lost = chance.choice((600, 3600, 9000)) if chance.random() < troubled else 0
            bad = (Status.MAJOR_OUTAGE, Status.PARTIAL_OUTAGE, Status.DEGRADED_PERFORMANCE)
            worst = chance.choice(bad) if lost else Status.OPERATIONAL
            seconds = {Status.OPERATIONAL: DAY - lost, **({worst: lost} if lost else {})}
            for region in (ALL, *(one.id for one in config.regions)):
                yield Rollup("day", component.id, region, today - back * DAY, seconds=seconds, worst=worst)
