"""Tells a story to the real core: its rounds go through the real store, fold, merge and view.

`rounds` is a list of `{at: "06:00" or "06:00..06:20", say: {WHO: WHAT}}`. WHO is `*`, `REGION/*`, `*/COMPONENT` or
`REGION/COMPONENT` (`control` is the control, `official` the official status page); the later line wins. WHAT is `none`,
`ok`, `ok 250ms`, `VERDICT FAILURE`, or, of an official page, `ok says STATUS`. Days before 06:00 of the story's day are written as `-1d 23:00`.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import yaml

from generator import notebook, run, stores
from generator.model import Check, Config, Failure, Observation, Stage, Time, Verdict
from generator.siteview import SiteView

BASE = Path(__file__).parent / "_base"
DAY = datetime(2026, 11, 23, tzinfo=UTC)


@dataclass(frozen=True)
class Story:
    name: str
    folder: Path
    about: str
    now: Time
    rounds: list[dict[str, Any]]
    expect: dict[str, Any]


def stories() -> list[Story]:
    """Every folder with a story.yml, by name."""
    return [_read(file.parent) for file in sorted(Path(__file__).parent.glob("*/story.yml"))]


def _read(folder: Path) -> Story:
    data = yaml.safe_load((folder / "story.yml").read_text("utf-8"))
    return Story(folder.name, folder, data["about"], moment(data["now"]), data.get("rounds", []), data["expect"])


def moment(text: str) -> Time:
    """`06:05`, `-1d 23:00` or `+1d 01:00` of the story's day."""
    found = re.fullmatch(r"(?:([+-]\d+)d )?(\d\d):(\d\d)", text)
    assert found, text
    days, hours, minutes = int(found[1] or 0), int(found[2]), int(found[3])
    return int((DAY + timedelta(days=days, hours=hours, minutes=minutes)).timestamp())


def tell(story: Story, root: Path) -> tuple[SiteView, ...]:
    """Play the story in an empty root and give what the page says of it."""
    shutil.copytree(BASE, root, dirs_exist_ok=True)
    if (story.folder / "content").is_dir():
        shutil.copytree(story.folder / "content", root / "content", dirs_exist_ok=True)
    setting = run.Setting(root=root, site=root / "site", clock=lambda: float(story.now), env={})
    config = run.read_config(setting)
    content = run.read_content(setting, config)
    from generator import remember
    from generator.incidents import journal

    lines: journal.Journal = ()
    store = stores.open(f"sqlite:///{root}/history.sqlite", root=root)
    try:
        for at in times(story):
            store.append(observations(story, config, at), received=at + 20)
            past = remember.catch_up(store, config, at + 30)
            readings = notebook.official_readings(store, config, past, lines, at + 30)
            lines = journal.written(lines, config, past, (), at + 30, readings)
        past = remember.catch_up(store, config, story.now)
    finally:
        store.close()
    return run.assess(content, past, story.now, journal=lines).views


def times(story: Story) -> list[Time]:
    """The starts of all rounds of the story, in order."""
    found: set[Time] = set()
    for line in story.rounds:
        first, _, last = line["at"].partition("..")
        at, end = moment(first), moment(last or first)
        while at <= end:
            found.add(at)
            at += 300
    return sorted(found)


def observations(story: Story, config: Config, at: Time) -> list[Observation]:
    """What all regions say in the round that starts at `at`."""
    made = []
    for region in config.regions:
        for check in (*config.controls, *config.checks):
            what = _what(story, at, region.id, check)
            if what and what != "none":
                made.append(_observation(check, region.id, at + 7, what))
    return made


def _what(story: Story, at: Time, region: str, check: Check) -> str:
    target = "control" if check.id.startswith("control/") else check.component
    target = "official" if check.kind == "official" else target
    said = ""
    for line in story.rounds:
        first, _, last = line["at"].partition("..")
        if not moment(first) <= at <= moment(last or first):
            continue
        for who, what in line["say"].items():
            if fnmatch(f"{region}/{target}", who if "/" in who else "*"):
                said = str(what)
    return said


def _observation(check: Check, region: str, at: Time, what: str) -> Observation:
    verdict, _, rest = what.partition(" ")
    _, _, said = rest.partition("says ")
    rest = "" if said else rest
    latency = float(rest[:-2]) if rest.endswith("ms") else 100.0
    failure = Failure(rest) if rest and not rest.endswith("ms") else None
    return Observation(
        check=check.id,
        region=region,
        at=at,
        verdict=Verdict(verdict),
        failure=failure,
        stage=Stage.CONTENT if failure else None,
        latency_ms=latency if verdict != "inconclusive" else None,
        detail=f"wanted an answer, got {failure.value}" if failure else "",
        engine="agent",
        facts={"official_status": said, "components": {}} if said else {},
    )
