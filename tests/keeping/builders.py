"""Small values for the tests of this folder. No clock, no chance: the same arguments give the same value."""

from __future__ import annotations

from generator.model import Failure, Observation, Outage, Rollup, Span, Stage, Status, Time, Verdict

NOW: Time = 1_795_413_600  # 2026-11-23T06:00:00Z
DAY = 86_400
HOUR = 3_600


def observation(at: Time = NOW - 60, check: str = "civitai/search/api", region: str = "eu-west", **more) -> Observation:
    return Observation(check=check, region=region, at=at, verdict=more.pop("verdict", Verdict.OK), **more)


FULL = Observation(
    check="civitai/search/presence",
    region="eu-west",
    at=NOW - 90,
    verdict=Verdict.DEGRADED,
    failure=Failure.LAGGING,
    stage=Stage.CONTENT,
    latency_ms=412.25,
    phases={"dns": 3.5, "connect": 10.0},
    attempts=3,
    value=0.0,
    unit="s",
    degraded=3600.0,
    down=14400.0,
    detail='wanted "found in search", got =nothing after 3 h, für 8 of 10',
    facts={"found": 2, "ids": [1, 2], "nested": {"a": None}, "word": "ü\u2028"},
    engine="local",
    low_confidence=True,
)


def round_(at: Time, checks: int = 4, regions: int = 3, **more) -> list[Observation]:
    return [observation(at, f"civitai/c{c}/api", f"r{r}", **more) for c in range(checks) for r in range(regions)]


def rollup(at: Time, series: str = "civitai/search", region: str = "*", scale: str = "day", **more) -> Rollup:
    given = {"seconds": {Status.OPERATIONAL: 3_000, Status.MAJOR_OUTAGE: 600}, "worst": Status.MAJOR_OUTAGE}
    given |= {"samples": 12, "failed": 2, "inconclusive": 1, "histogram": {3: 4, 17: 5}, "value_last": 0.0} | more
    return Rollup(scale=scale, series=series, region=region, at=at, **given)


def span(
    start: Time,
    end: Time | None,
    status: Status = Status.OPERATIONAL,
    component: str = "civitai/search",
    region: str = "*",
) -> Span:
    failing = status in (Status.MAJOR_OUTAGE, Status.PARTIAL_OUTAGE)
    return Span(
        component, region, start, end, status, Failure.TIMEOUT if failing else None, "majority" if failing else ""
    )


def outage(started: Time, ended: Time | None, component: str = "civitai/search") -> Outage:
    return Outage(
        id=f"{component.replace('/', '-')}-{started}",
        component=component,
        regions=("eu-west", "us-east"),
        started=started,
        confirmed=started + 300,
        ended=ended,
        worst=Status.MAJOR_OUTAGE,
        failures=(Failure.TIMEOUT, Failure.SERVER_ERROR),
        checks=("civitai/search/api",),
        evidence=(("civitai/search/api", "eu-west", started),),
        flapping=True,
    )
