"""Builds what history would say of the default site, so that a row of a table can say only what is unusual in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from generator import causes, config
from generator.model import (
    ALL,
    Cause,
    Config,
    Failure,
    Health,
    Observation,
    Past,
    Region,
    RegionHealth,
    Standing,
    Status,
    Time,
    Verdict,
)

ROOT = Path(__file__).parents[2]
NOW: Time = 1_795_413_600  # 2026-11-23T06:00:00Z
REGIONS = ("home", "east", "west")


@cache
def default_config() -> Config:
    """The default site, looked at from three regions instead of one."""
    read = config.load(ROOT / "content" / "status.yml", env={}, allow_missing_secrets=True)
    return with_regions(read, REGIONS)


@cache
def default_causes() -> tuple[Cause, ...]:
    return causes.load(ROOT, default_config())


def with_regions(read: Config, regions: Iterable[str]) -> Config:
    names = tuple(regions)
    return replace(
        read,
        regions=tuple(Region(n, n.capitalize(), "local") for n in names),
        controls=tuple(replace(k, regions=names) for k in read.controls),
        platforms=tuple(
            replace(
                p,
                components=tuple(
                    replace(c, checks=tuple(replace(k, regions=names) for k in c.checks)) for c in p.components
                ),
            )
            for p in read.platforms
        ),
    )


@dataclass(frozen=True)
class Fault:
    """What is unusual about a component: which check says what, where, since when, and what is believed of it.

    `rounds` is how many of the newest looks show it. `standing` None: what the verdict makes of it.
    """

    component: str
    check: str = ""
    failure: Failure | None = None
    verdict: Verdict = Verdict.DOWN
    regions: tuple[str, ...] = REGIONS
    ago: int = 3600
    standing: Status | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    value: float | None = None
    degraded: float | None = None
    down: float | None = None
    detail: str = "wanted one thing, got another"


_BELIEVED = {
    Verdict.DOWN: Status.MAJOR_OUTAGE,
    Verdict.DEGRADED: Status.DEGRADED_PERFORMANCE,
    Verdict.INCONCLUSIVE: Status.UNKNOWN,
    Verdict.BLOCKED_BY_POLICY: Status.OPERATIONAL,
    Verdict.OK: Status.OPERATIONAL,
}


def past(
    site: Config,
    faults: Iterable[Fault] = (),
    *,
    controls: Mapping[str, Iterable[str]] | None = None,
    health: Mapping[str, RegionHealth] | None = None,
    official: Mapping[str, str] | None = None,
    silent: Iterable[tuple[str, str]] = (),
    now: Time = NOW,
) -> Past:
    """History in which everything works but the faults. `controls`: {word in a control's id: regions where it fails}."""
    faults, missing = tuple(faults), set(silent)
    keys = {f"{c.id}/{k.id.rpartition('/')[2]}" for c in site.components for k in c.checks} | {
        c.id for c in site.components
    }
    unknown = [f for f in faults if "/".join(filter(None, (f.component, f.check))) not in keys]
    assert not unknown, f"a row names what the site does not have: {unknown}"
    latest: dict[tuple[str, str], tuple[Observation, ...]] = {}
    standings: dict[tuple[str, str], Standing] = {}
    names = [r.id for r in site.regions]
    for component in site.components:
        mine = [f for f in faults if f.component == component.id]
        for region in names:
            for check in component.checks:
                if region not in check.regions or (component.id, region) in missing:
                    continue
                fault = next(
                    (f for f in mine if region in f.regions and f.check in ("", check.id.rpartition("/")[2])), None
                )
                latest[(check.id, region)] = (_look(check.id, region, fault, now),)
            standings[(component.id, region)] = _standing(
                component.id, region, [f for f in mine if region in f.regions], now
            )
            if (component.id, region) in missing:
                standings[(component.id, region)] = Standing(component.id, region, Status.UNKNOWN)
        standings[(component.id, ALL)] = _over_all(
            component.id, [standings[(component.id, r)] for r in names], mine, now
        )
    for control in site.controls:
        for region in names:
            bad = any(word in control.id and region in places for word, places in (controls or {}).items())
            verdict = Verdict.DOWN if bad else Verdict.OK
            latest[(control.id, region)] = (Observation(control.id, region, now - 60, verdict),)
    for platform, word in (official or {}).items():
        found = site.platform(platform)
        assert found is not None
        assert found.official
        look = Observation(found.official, names[0], now - 60, Verdict.OK, facts={"official_status": word})
        latest[(found.official, names[0])] = (look,)
    told = {r: Health(r, (health or {}).get(r, RegionHealth.OK), "0 of 2 controls answered") for r in names}
    return Past(standings=standings, health=told, latest=latest, checked_at=now - 60)


def _look(check: str, region: str, fault: Fault | None, now: Time) -> Observation:
    if fault is None:
        return Observation(check, region, now - 60, Verdict.OK)
    return Observation(
        check,
        region,
        now - 60,
        fault.verdict,
        fault.failure,
        value=fault.value,
        degraded=fault.degraded,
        down=fault.down,
        detail=fault.detail,
        facts=fault.facts,
    )


def _standing(component: str, region: str, faults: list[Fault], now: Time) -> Standing:
    if not faults:
        return Standing(component, region, Status.OPERATIONAL, now - 86400, now - 60)
    from generator.model import worst

    statuses = [f.standing or _BELIEVED[f.verdict] for f in faults]
    since = now - max(f.ago for f in faults)
    return Standing(component, region, worst(statuses), since, now - 60, failure=faults[0].failure)


def _over_all(component: str, here: list[Standing], faults: list[Fault], now: Time) -> Standing:
    bad = [s for s in here if s.status not in (Status.OPERATIONAL, Status.UNKNOWN)]
    if not bad:
        known = [s for s in here if s.status is not Status.UNKNOWN]
        status = Status.OPERATIONAL if 2 * len(known) > len(here) else Status.UNKNOWN
        return Standing(component, ALL, status, now - 86400, now - 60)
    status = bad[0].status if 2 * len(bad) > len(here) else Status.PARTIAL_OUTAGE
    return Standing(component, ALL, status, min(s.since or now for s in bad), now - 60, failure=faults[0].failure)
