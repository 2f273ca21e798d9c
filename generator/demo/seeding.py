"""Ninety days of plausible history for the demo: invented looks that go through the real fold like any others.

Seldom looks (every four hours) while all is well, every ten minutes around an invented outage, so that bars, charts and
times between failures have something to show. Deterministic: the same start gives the same history. Nothing here says
what to believe; that is the fold's.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..model import Check, Config, Failure, Observation, Stage, Time, Verdict

DAYS = 90
SELDOM, HOURLY, OFTEN = 14400, 3600, 600
DAY, HOUR = 86400, 3600
LAST_DAY, LAST_HOURS = 36 * HOUR, 3 * HOUR
"""Before the demo begins: so long looks are hourly, then every ten minutes."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """An invented outage: so many hours before the demo begins, for so many minutes."""

    hours_ago: float
    minutes: int
    checks: tuple[str, ...]
    failure: Failure
    verdict: Verdict = Verdict.DOWN
    regions: tuple[str, ...] = ()


TROUBLES = (
    Trouble(83 * 24 + 5, 50, ("workshop/indexing/lag",), Failure.LAGGING),
    Trouble(71 * 24 + 2, 80, ("workshop/cdn/previews",), Failure.WRONG_TYPE, regions=("south",)),
    Trouble(64 * 24 + 9, 250, ("workshop/indexing/lag",), Failure.LAGGING, Verdict.DEGRADED),
    Trouble(52 * 24 + 7, 40, ("workshop/api/alive", "workshop/api/listing"), Failure.OVERLOADED),
    Trouble(45 * 24 + 1, 700, ("workshop/scanning/pulse",), Failure.STALE),
    Trouble(38 * 24 + 4, 30, ("shelf/api/model", "shelf/api/listing"), Failure.SERVER_ERROR),
    Trouble(29 * 24 + 6, 190, ("workshop/indexing/lag",), Failure.LAGGING),
    Trouble(18 * 24 + 3, 60, ("workshop/replication/regions",), Failure.DISAGREES, Verdict.DEGRADED, ("south",)),
    Trouble(12 * 24 + 8, 110, ("workshop/indexing/lag",), Failure.LAGGING),
    Trouble(5 * 24 + 6, 70, ("workshop/search/known-model",), Failure.TIMEOUT),
)
"""Longest ago first. The latest ends well before the demo begins."""

REGION_MS = {"west": 9.0, "east": 14.0, "south": 22.0}


def seldom(config: Config) -> Config:
    """The configuration under which seldom looks are no gaps: each check is due every four hours."""

    def slower(check: Check) -> Check:
        return replace(check, interval=SELDOM)

    platforms = tuple(
        replace(
            platform,
            official_check=platform.official_check and slower(platform.official_check),
            components=tuple(replace(c, checks=tuple(map(slower, c.checks))) for c in platform.components),
        )
        for platform in config.platforms
    )
    return replace(config, platforms=platforms, controls=tuple(map(slower, config.controls)))


def times(begin: Time) -> tuple[Time, ...]:
    """When the invented looks are taken, oldest first; the last hours often, so that they have no gaps in any pace."""
    found = set(range(begin - DAYS * DAY, begin - LAST_DAY, SELDOM))
    found |= set(range(begin - LAST_DAY, begin - LAST_HOURS, HOURLY)) | set(range(begin - LAST_HOURS, begin, OFTEN))
    for trouble in TROUBLES:
        start = _start(trouble, begin)
        found |= set(range(start - OFTEN, start + trouble.minutes * 60 + 4 * OFTEN, OFTEN))
    return tuple(sorted(found))


def looks(config: Config, begin: Time) -> Iterator[Observation]:
    """All invented looks, by time."""
    dice = random.Random(20260603)
    checks = (*config.controls, *config.checks)
    for at in times(begin):
        for region in config.regions:
            for check in checks:
                yield _look(check, region.id, at, begin, dice)


def _start(trouble: Trouble, begin: Time) -> Time:
    at = begin - int(trouble.hours_ago * HOUR)
    return at - at % OFTEN


def _look(check: Check, region: str, at: Time, begin: Time, dice: random.Random) -> Observation:
    busy = 1 + 0.25 * math.sin((at % DAY) / DAY * 2 * math.pi)
    latency = round(REGION_MS[region] * busy * dice.lognormvariate(0, 0.18), 1)
    seen = Observation(check.id, region, at, Verdict.OK, latency_ms=latency, engine="local", detail="as it should be")
    for trouble in TROUBLES:
        start = _start(trouble, begin)
        here = not trouble.regions or region in trouble.regions
        if check.id in trouble.checks and here and start <= at < start + trouble.minutes * 60:
            detail = f"invented for the demo: {trouble.failure.value.replace('_', ' ')}"
            return replace(
                seen, verdict=trouble.verdict, failure=trouble.failure, stage=Stage.CONTENT, detail=detail,
                latency_ms=latency if trouble.verdict is Verdict.DEGRADED else None,
            )  # fmt: skip
    return seen
