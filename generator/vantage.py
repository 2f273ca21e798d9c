"""Who may vote: the health of the regions, from what they saw of the world besides the targets.

A region that cannot see its controls, that nobody has heard from, whose engine or clock is broken, or that sees
failures nobody else sees, is believed about nothing. Pure: never reads a clock, never knows a component's status,
never changes an observation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import median

from .model import Config, Failure, Health, Length, Observation, RegionHealth, Said, Time, Verdict
from .plain import english, failure_said, said

Table = Mapping[tuple[str, str], Observation]
"""The newest observation of each (check, region)."""

OWN_FAULTS: tuple[Failure, ...] = (
    Failure.CLOCK_SKEW,
    Failure.NO_ROUTE,
    Failure.ENGINE_ERROR,
    Failure.ENGINE_BUDGET,
    Failure.ENGINE_OUTDATED,
    Failure.CONTROL_FAILED,
    Failure.SUSPECT_REGION,
    Failure.INTERNAL,
)
"""The fault of the region, of its engine or of this program. The first one present is given as the reason."""

Finding = tuple[RegionHealth, Said | None, Failure | None]


@dataclass(frozen=True, slots=True)
class Place:
    """What a configuration asks of one region: its controls, its targets by platform, how often the quickest is due."""

    id: str
    controls: tuple[str, ...]
    targets: Mapping[str, str]  # check id -> platform id
    references: frozenset[str]  # platforms that stand in where no control is configured
    pace: int
    on_call: bool = False


def places(config: Config) -> tuple[Place, ...]:
    """One `Place` a region, in the order of the configuration."""
    references = frozenset(p.id for p in config.platforms if p.role == "reference")
    found = []
    for region in config.regions:
        mine = [check for check in config.checks if region.id in check.regions]
        controls = tuple(c.id for c in config.controls if not c.regions or region.id in c.regions)
        pace = min((check.interval for check in mine), default=config.interval)
        targets = {check.id: check.id.partition("/")[0] for check in mine}
        found.append(Place(region.id, controls, targets, references, max(pace, 1), region.on_call))
    return tuple(found)


def health(config: Config, table: Table, now: Time) -> dict[str, Health]:
    """The health of every configured region at `now`, from the newest observations."""
    return assess(config, places(config), table, now)


def assess(config: Config, where: Sequence[Place], table: Table, now: Time) -> dict[str, Health]:
    """As `health`, with the places worked out beforehand: a fold asks thousands of times."""
    looks = {place.id: _looks(config, place, table) for place in where}
    found = {place.id: _alone(config, place, looks[place.id], now) for place in where}
    able = [place for place in where if found[place.id].health is RegionHealth.OK]
    for id, why in _outliers(config, able, looks):
        found[id] = _health(id, RegionHealth.SUSPECT, why, Failure.SUSPECT_REGION, found[id].checked_at)
    return found


def silent_after(config: Config, pace: int) -> int:
    """Seconds without any look after which a region counts as silent."""
    return config.rules.cap_rounds * pace


# ---- a region by itself ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Looks:
    """The newest looks of a region that belong together: none much older than the newest of all."""

    controls: Mapping[str, Observation]
    targets: Mapping[str, Observation]
    newest: Time | None


def _looks(config: Config, place: Place, table: Table) -> _Looks:
    controls = {id: o for id in place.controls if (o := table.get((id, place.id))) is not None}
    targets = {id: o for id in place.targets if (o := table.get((id, place.id))) is not None}
    newest = max((o.at for o in (*controls.values(), *targets.values())), default=None)
    if newest is None:
        return _Looks({}, {}, None)
    oldest = newest - silent_after(config, place.pace)
    return _Looks(
        {id: o for id, o in controls.items() if o.at > oldest},
        {id: o for id, o in targets.items() if o.at > oldest},
        newest,
    )


def _alone(config: Config, place: Place, looks: _Looks, now: Time) -> Health:
    health, why, reason = _heard(config, place, looks, now) or _working(looks) or _sighted(place, looks)
    return _health(place.id, health, why, reason, looks.newest)


def _health(
    region: str, health: RegionHealth, why: Said | None, reason: Failure | None, checked_at: Time | None
) -> Health:
    return Health(region, health, _english(why) if why else "", reason, checked_at, why)


_english = lru_cache(maxsize=256)(english)


def _heard(config: Config, place: Place, looks: _Looks, now: Time) -> Finding | None:
    """Silent or living in another time, if it is."""
    quiet = None if looks.newest is None else now - looks.newest
    if place.on_call and (quiet is None or quiet > silent_after(config, place.pace)):
        return RegionHealth.SILENT, said("it is asked only now and then"), None
    if looks.newest is None or quiet is None:
        return RegionHealth.SILENT, said("nothing was ever heard from this region"), None
    ahead = looks.newest - now - config.interval
    if ahead > config.rules.max_skew:
        return RegionHealth.SUSPECT, said("its clock is {time} ahead", time=Length(ahead)), Failure.CLOCK_SKEW
    if quiet > silent_after(config, place.pace):
        why = said(
            "nothing was heard for {time}, a look is due every {pace}", time=Length(quiet), pace=Length(place.pace)
        )
        return RegionHealth.SILENT, why, None
    skewed = next(
        (o for o in (*looks.controls.values(), *looks.targets.values()) if o.failure is Failure.CLOCK_SKEW), None
    )
    if skewed is None:
        return None
    wrong = said("its clock is wrong")
    if skewed.detail:
        wrong = said("{what}: {why}", what=wrong, why=skewed.detail)
    return RegionHealth.SUSPECT, wrong, Failure.CLOCK_SKEW


def _working(looks: _Looks) -> Finding | None:
    """Broken by itself, if every look says so."""
    fault = _common_fault((*looks.controls.values(), *looks.targets.values()))
    if fault is None:
        return None
    return RegionHealth.SUSPECT, said("every look from here ended alike: {why}", why=failure_said(fault)), fault


def _sighted(place: Place, looks: _Looks) -> Finding:
    """Whether it sees its controls; where none are configured, the reference platform stands in."""
    if place.controls:
        passed = sum(map(_answered, looks.controls.values()))
        if passed:
            return RegionHealth.OK, _answers(passed, len(place.controls)), None
        why = _answers(0, len(place.controls)) if looks.controls else said("it did not look at its controls")
        return RegionHealth.SUSPECT, why, _common_fault(looks.controls.values()) or Failure.CONTROL_FAILED
    stand_in = any(place.targets[id] in place.references and o.conclusive for id, o in looks.targets.items())
    if stand_in and not any(map(_answered, looks.targets.values())):
        why = said("neither the reference platform nor anything else answered")
        return RegionHealth.SUSPECT, why, Failure.CONTROL_FAILED
    return RegionHealth.OK, None, None


@lru_cache(maxsize=64)
def _answers(passed: int, controls: int) -> Said:
    """Always the same value: a fold says it thousands of times."""
    return said("{n} of {m} controls answered", n=passed, m=controls)


def _answered(observation: Observation) -> bool:
    return observation.verdict in (Verdict.OK, Verdict.DEGRADED)


def _common_fault(observations: Iterable[Observation]) -> Failure | None:
    """The region's own fault that every one of the looks ended in; None if any has another end, or there is none."""
    failures = {None if o.conclusive else o.failure for o in observations}
    if not failures or not failures <= set(OWN_FAULTS):
        return None
    return next(f for f in OWN_FAULTS if f in failures)


# ---- a region among the others ---------------------------------------------------------------------------------------


def _outliers(config: Config, able: Sequence[Place], looks: Mapping[str, _Looks]) -> list[tuple[str, Said]]:
    """Regions that see far more failures than the others, with the sentence why.

    If they were more than half of the regions, none is one: then the failures are what there is to see.
    """
    rules = config.rules
    failing: dict[str, tuple[int, int]] = {}
    for place in able:
        verdicts = [o.verdict for o in looks[place.id].targets.values() if o.conclusive]
        if len(verdicts) >= rules.suspect_min_targets:
            failing[place.id] = (sum(v is Verdict.DOWN for v in verdicts), len(verdicts))
    if len(failing) < 2:
        return []
    shares = {id: bad / count for id, (bad, count) in failing.items()}
    usual = median(shares.values())
    found = [
        place.id
        for place in able
        if shares.get(place.id, 0.0) >= rules.suspect_share
        and shares[place.id] - usual >= rules.suspect_margin - 1e-9
        and not _sees_another_platform(config, place, looks[place.id])
    ]
    if 2 * len(found) > len(shares):
        return []
    share = round(usual * 100)
    return [(id, _more_than_usual(*failing[id], share)) for id in found]


def _more_than_usual(failing: int, targets: int, share: int) -> Said:
    return said("{n} of {m} targets fail here, {share} % in the middle region", n=failing, m=targets, share=share)


def _sees_another_platform(config: Config, place: Place, looks: _Looks) -> bool:
    """Whether a whole platform is well from here: then the other is cut off from this region, which is a finding."""
    by_platform: dict[str, list[bool]] = {}
    for id, o in looks.targets.items():
        if o.conclusive:
            by_platform.setdefault(place.targets[id], []).append(o.verdict is Verdict.DOWN)
    if len(by_platform) < 2:
        return False
    return any(sum(down) / len(down) < config.rules.suspect_share for down in by_platform.values())
