"""One round: every check that is due, in every region, by the region's engine, all engines at once.

Writes nothing and believes nothing; what a network or an engine does never raises. An exception of `told` does: it is
the caller's own, and means that what was seen could not be kept.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from . import __version__, engines, probes
from .engines import Errand
from .engines._confirm import OVER, inconclusive
from .failures import classify
from .leaks import hidden
from .logs import hide
from .model import Check, Config, Failure, Observation, Region, Round

log = logging.getLogger("roadworthy")

ELSEWHERE = "agent"
"""The engine whose looks another machine makes, unless its region is asked for by name."""

SLACK = 0.1
"""A check is due when this share of its interval is still missing: schedulers are late, and then early again."""

GRACE = 5.0
"""Seconds after the round's end in which an engine may still hand over what it has."""


async def check_round(
    config: Config,
    *,
    clock: Callable[[], float],
    env: Mapping[str, str],
    regions: Collection[str] = (),
    only: Collection[str] = (),
    past: Callable[[str, str], tuple[Observation, ...]] = lambda check, region: (),
    told: Callable[[Observation], None] = lambda observation: None,
    force: bool = False,
) -> Round:
    """Look once at everything that is due.

    `regions` limits the round to these region ids, `only` to these checks (a check id, or a component or platform id
    for all of its checks). `past(check, region)` gives earlier observations, oldest first. `told` hears each
    observation as soon as it is final. What is asked for with `only`, or with `force`, runs whether it is due or not.
    A check whose secret is missing is not asked; the round says so in its place (`missing_secret`). It looks no longer
    than `round_limit` of the rules; what has no answer by then is inconclusive (`engine_budget`).
    """
    hide(config.secrets)
    now = int(clock())
    until = asyncio.get_running_loop().time() + config.rules.round_limit
    everything = {check.id: check for check in (*config.controls, *config.checks)}
    chosen = [region for region in config.regions if not regions or region.id in regions]
    errands = [
        errand
        for region in chosen
        if (errand := _errand(config, region, now, clock, env, only, past, force)) is not None
    ]
    errands = [replace(errand, here=errand.region.id in regions, until=until) for errand in errands]
    later = _Later(everything, told)

    def hear(observation: Observation) -> None:
        later.hear(_silent(observation, config.secrets))

    _say_missing(errands)
    rows = await asyncio.gather(*(_carry(replace(errand, told=hear)) for errand in errands))
    silent = [_silent(o, config.secrets) for row in rows for o in row]
    compared = _compare(silent, everything, config, past, now)
    later.release(compared)
    return Round(engines.slot(now, config.interval), tuple(sorted(compared, key=lambda o: (o.at, o.check, o.region))))


def _silent(observation: Observation, secrets: Collection[str]) -> Observation:
    """The observation without any secret of the configuration: a target may repeat one that another check sent."""
    if not secrets:
        return observation
    facts = {hidden(key, secrets): _hidden(value, secrets) for key, value in observation.facts.items()}
    return replace(observation, detail=hidden(observation.detail, secrets), facts=facts)


def _hidden(value: Any, secrets: Collection[str]) -> Any:
    if isinstance(value, str):
        return hidden(value, secrets)
    if isinstance(value, Mapping):
        return {hidden(str(key), secrets): _hidden(inner, secrets) for key, inner in value.items()}
    return [_hidden(inner, secrets) for inner in value] if isinstance(value, list | tuple) else value


# ---- what is due -----------------------------------------------------------------------------------------------------


def _errand(
    config: Config,
    region: Region,
    now: int,
    clock: Callable[[], float],
    env: Mapping[str, str],
    only: Collection[str],
    past: Callable[[str, str], tuple[Observation, ...]],
    force: bool,
) -> Errand | None:
    """What the region's engine has to do now; None if nothing is due there."""
    checks = tuple(
        check
        for check in config.checks
        if region.id in check.regions
        and (not only or _named(check, only))
        and (force or only or due(check, region.id, past, now))
    )
    if not checks:
        return None
    return Errand(
        region=region,
        controls=tuple(c for c in config.controls if not c.regions or region.id in c.regions),
        checks=checks,
        rules=config.rules,
        clock=clock,
        user_agent=config.site.user_agent or user_agent(config),
        env=dict(env),
        past=past,
    )


def user_agent(config: Config) -> str:
    """Who we say we are: the program, and where its operator can be found."""
    where = config.site.contact or config.site.url or config.site.repository
    return f"roadworthy/{__version__}" + (f" (+{where})" if where and where.isascii() and where.isprintable() else "")


def _named(check: Check, only: Collection[str]) -> bool:
    return any(check.id == name or check.id.startswith(f"{name}/") for name in only)


def due(check: Check, region: str, past: Callable[[str, str], tuple[Observation, ...]], now: int) -> bool:
    """Whether the check's interval has passed since it was last looked at there, with a tenth of slack."""
    seen = past(check.id, region)
    return not seen or now - seen[-1].at >= check.interval * (1 - SLACK) or seen[-1].at > now


def next_due(
    config: Config, past: Callable[[str, str], tuple[Observation, ...]], now: int, regions: Collection[str] = ()
) -> tuple[int, Check, str] | None:
    """(when, check, region) of the look that is due first of all that wait; None if none does."""
    here = {region.id for region in config.regions if region.engine != ELSEWHERE}
    waiting = [
        (math.ceil(seen[-1].at + check.interval * (1 - SLACK)), check, region)
        for check in config.checks
        for region in check.regions
        if region in (regions or here) and (seen := past(check.id, region)) and not due(check, region, past, now)
    ]
    return min(waiting, key=lambda one: one[0], default=None)


# ---- carrying --------------------------------------------------------------------------------------------------------


def _say_missing(errands: Sequence[Errand]) -> None:
    """One line for each name that is not set, with the checks that are not asked for want of it."""
    idle: dict[str, set[str]] = defaultdict(set)
    for errand in errands:
        for check in (*errand.controls, *errand.checks):
            for name in check.missing:
                idle[name].add(check.id)
    for name, ids in sorted(idle.items()):
        log.warning("%s is not set: not asked, and unknown: %s", name, ", ".join(sorted(ids)))


def _unasked(errand: Errand) -> list[Observation]:
    """What is said of the checks that lack a secret, by the machine that would have asked them."""
    if errand.region.engine == ELSEWHERE and not errand.here:
        return []
    at = int(errand.clock())
    lacking = [check for check in (*errand.controls, *errand.checks) if check.missing]
    return [inconclusive(c, errand.region.id, at, Failure.MISSING_SECRET, "", errand.region.engine) for c in lacking]


async def _carry(errand: Errand) -> Sequence[Observation]:
    """What a region has to say: of the checks that cannot be asked, and of those that its engine carries."""
    unasked = _unasked(errand)
    for observation in unasked:
        errand.told(observation)
    errand = replace(
        errand,
        controls=tuple(check for check in errand.controls if not check.missing),
        checks=tuple(check for check in errand.checks if not check.missing),
    )
    return [*unasked, *(await _looked(errand) if errand.checks else ())]


async def _looked(errand: Errand) -> Sequence[Observation]:
    """One engine's work. Its own break-down makes its checks inconclusive and touches no other region."""
    heard: dict[str, Observation] = {}
    refused: list[BaseException] = []
    told = errand.told
    limit: asyncio.Timeout | None = None

    def hear(observation: Observation) -> None:
        heard[observation.check] = observation
        try:
            told(observation)
        except BaseException as problem:
            refused.append(problem)
            raise

    try:
        engine = engines.get(errand.region.engine)
        # An engine ends by itself when the round does; one that does not is ended.
        async with asyncio.timeout_at(errand.until + GRACE) as limit:
            return await engine.look(replace(errand, told=hear))
    except Exception as problem:
        if refused:
            raise
        if limit is not None and limit.expired():
            word, why = Failure.ENGINE_BUDGET, OVER
            log.warning("engine %s did not end with the round in region %s", errand.region.engine, errand.region.id)
        else:
            word, why = Failure.ENGINE_ERROR, f"engine {errand.region.engine} broke down: {classify(problem)[2]}"
            log.warning("engine %s broke down in region %s", errand.region.engine, errand.region.id, exc_info=True)
        missing = [c for c in (*errand.controls, *errand.checks) if c.id not in heard]
        at = int(errand.clock())
        lost = [inconclusive(c, errand.region.id, at, word, why, errand.region.engine) for c in missing]
        for observation in lost:
            told(observation)
        return [*heard.values(), *lost]


class _Later:
    """Holds back what a comparison between regions may still change."""

    def __init__(self, checks: Mapping[str, Check], told: Callable[[Observation], None]) -> None:
        self._checks, self._told = checks, told
        self._held: set[tuple[str, str, int]] = set()

    def hear(self, observation: Observation) -> None:
        check = self._checks.get(observation.check)
        if check is not None and check.compared:
            self._held.add(observation.key)
        else:
            self._told(observation)

    def release(self, observations: Sequence[Observation]) -> None:
        for observation in observations:
            if observation.key in self._held:
                self._told(observation)


def _compare(
    observations: Sequence[Observation],
    checks: Mapping[str, Check],
    config: Config,
    past: Callable[[str, str], tuple[Observation, ...]],
    now: int,
) -> list[Observation]:
    """Checks that compare regions are judged once more, now that all regions have looked.

    Regions that other machines look from take part with their newest observation if it is of this interval; only
    what was looked at now is changed.
    """
    by_check: dict[str, dict[str, Observation]] = defaultdict(dict)
    result: list[Observation] = []
    for observation in observations:
        check = checks.get(observation.check)
        if check is not None and check.compared:
            by_check[check.id][observation.region] = observation
        else:
            result.append(observation)
    for id, mine in by_check.items():
        check = checks[id]
        others = {region: seen[-1] for region in check.regions if region not in mine and (seen := past(id, region))}
        fresh = {r: o for r, o in others.items() if 0 <= now - o.at <= check.interval * 1.5}
        result.extend(_judged_again(check, mine, fresh))
    return result


def _judged_again(
    check: Check, mine: Mapping[str, Observation], others: Mapping[str, Observation]
) -> list[Observation]:
    compare = probes.get(check.kind).compare
    assert compare is not None
    try:
        again = compare(check.spec, {**others, **mine})
    except Exception as problem:
        log.warning("comparing the regions of %s failed", check.id, exc_info=True)
        why = f"internal error while comparing regions: {type(problem).__name__}: {classify(problem)[2]}"
        return [inconclusive(check, o.region, o.at, Failure.INTERNAL, why, o.engine) for o in mine.values()]
    # A comparison may change what is said, never what was looked at.
    return [
        replace(again.get(region, seen), check=seen.check, region=seen.region, at=seen.at)
        for region, seen in mine.items()
    ]
