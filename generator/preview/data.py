"""A made-up past of the configuration at hand, so that an editor sees the page healthy, degraded, down, old and empty.

The invented looks go through the real fold into a store of their own in a temporary folder. Whoever shows such a past
says so on the page; nothing here ever comes near the real history.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from .. import remember, stores
from ..model import ALL, Check, Config, Failure, Observation, Past, Rollup, Stage, Status, Time, Verdict

KINDS = ("healthy", "degraded", "down", "stale", "none")
"""What can be shown: all well, one component slow, one component down, evidence that is hours old, no evidence."""

SLOTS = 40
"""How many rounds of looks are invented; the last `TROUBLED` of them are bad where a kind says so."""

TROUBLED = 8
DAYS = 89
STALE_HOURS = 6
DAY = 86400


def past(config: Config, kind: str, now: Time) -> Past:
    """The past of a kind, as `remember.catch_up` would give it. Deterministic; KeyError for an unknown kind."""
    if kind not in KINDS:
        raise KeyError(kind)
    with tempfile.TemporaryDirectory(prefix="roadworthy-made-up-") as folder:
        store = stores.open("sqlite:", root=Path(folder))
        try:
            if kind != "none":
                end = now - STALE_HOURS * 3600 if kind == "stale" else now
                store.append(looks(config, kind, end), received=now)
                store.save(rollups=tuple(days(config, now)))
            return remember.catch_up(store, config, now, write=False)
        finally:
            store.close()


def looks(config: Config, kind: str, end: Time) -> Iterator[Observation]:
    """The invented looks of the last rounds before `end`: every check, every region, every round."""
    troubled = _troubled(config)
    last = end - end % config.interval
    for slot in reversed(range(SLOTS)):
        at = last - slot * config.interval
        for region in config.regions:
            for check in (*config.controls, *config.checks):
                bad = slot < TROUBLED and check.id in troubled
                yield _look(check, region.id, at, kind if bad else "healthy")


def days(config: Config, now: Time) -> Iterator[Rollup]:
    """Whole days before the looks, for the bars: well, but for two hours three weeks ago."""
    today = now - now % DAY
    for number, component in enumerate(config.components):
        for region in (ALL, *(region.id for region in config.regions)):
            for back in range(2, DAYS):
                lost = 7200 if number == 0 and back == 20 else 0
                seconds = {Status.OPERATIONAL: DAY - lost, **({Status.MAJOR_OUTAGE: lost} if lost else {})}
                worst = Status.MAJOR_OUTAGE if lost else Status.OPERATIONAL
                yield Rollup("day", component.id, region, today - back * DAY, seconds=seconds, worst=worst)


def _troubled(config: Config) -> frozenset[str]:
    """The checks of the first component that is looked at."""
    component = next((c for c in config.components if c.public and any(k.enabled for k in c.checks)), None)
    return frozenset(check.id for check in component.checks) if component else frozenset()


def _look(check: Check, region: str, at: Time, kind: str) -> Observation:
    seen = Observation(
        check.id, region, at, Verdict.OK, latency_ms=120.0, detail="made up for a preview", engine="local"
    )
    if kind == "degraded":
        return replace(seen, verdict=Verdict.DEGRADED, failure=Failure.SLOW, stage=Stage.CONTENT, latency_ms=9000.0)
    if kind == "down":
        return replace(
            seen, verdict=Verdict.DOWN, failure=Failure.SERVER_ERROR, stage=Stage.CONTENT, latency_ms=None,
            facts={"status": 503},
        )  # fmt: skip
    return seen
