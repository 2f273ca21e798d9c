"""One check in one region: look, look again if it failed, say what was seen. Shared by engines that look themselves.

A second look inside the run is worth more than a second run: it comes after seconds and removes most noise. Any look
that succeeds makes the observation good, with the number of looks kept. Knows no engine and no schedule.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from ..failures import DEFAULT_VERDICT, classify, scrub
from ..fetch import Look
from ..model import EMPTY, Check, Failure, Observation, Stage, Time, Verdict
from ..probes import Context, Facts, Judgement, Probe
from . import Errand

JITTER = 0.2
MAX_WAIT = 30.0
"""Seconds a `Retry-After` is waited for inside a run; if the target wants more, this run asks no more."""
MAX_FACTS = 4096
"""Bytes of facts kept with an observation."""
OVER = "the round was over before this look came to its end (rules: round_limit)"

LookFactory: TypeAlias = Callable[[int], Look]
"""A fresh look for the n-th attempt, counted from 1: nothing of the attempt before is left in it."""

log = logging.getLogger("roadworthy")

FINAL = frozenset(
    {
        # measured, not met by chance: asking again in ten seconds gives the same number and costs the target again
        Failure.STALE,
        Failure.LAGGING,
        Failure.HOLES,
        Failure.DISAGREES,
        Failure.BACKLOG,
        Failure.FROZEN,
        Failure.UNTAGGED,
        Failure.STALE_RELEASE,
        Failure.CACHED_ERROR,
        Failure.STALE_EDGE,
        Failure.TLS_EXPIRES_SOON,
        Failure.OFFICIAL_OUTAGE,
        Failure.TOO_FEW,
        Failure.NO_HISTORY,
        # a closed door does not open for the one who knocks harder
        Failure.CHALLENGED,
        Failure.REGION_BLOCKED,
        Failure.MISSING_SECRET,
        Failure.ENGINE_BUDGET,
        Failure.ENGINE_OUTDATED,
        Failure.TRUNCATED,
        Failure.INTERNAL,
    }
)
"""Failures that another look in the same run cannot answer differently."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One look and what it came to."""

    judgement: Judgement
    facts: Facts = field(default_factory=Facts)


async def observe(
    check: Check,
    region: str,
    probe: Probe[Any],
    look_factory: LookFactory,
    errand: Errand,
    *,
    engine: str = "",
    trusted: Callable[[], bool] = lambda: True,
    retries: int | None = None,
) -> Observation:
    """Carry out one check; never raises but for cancellation. `trusted` says whether our own timing is good right now.

    What a bug of ours does to this check stays with this check: `inconclusive`, `internal`. A second look that cannot
    end before the round does is not begun, and a first one that does not is nobody's fault: `engine_budget`.
    """
    at = int(errand.clock())
    attempts: list[Attempt] = []
    most = 1 + (check.retries if retries is None else retries)
    clock = asyncio.get_running_loop().time
    try:
        async with asyncio.timeout_at(errand.until if math.isfinite(errand.until) else None):
            while True:
                attempt = await _attempt(check, region, probe, look_factory, errand, len(attempts) + 1)
                attempts.append(attempt)
                wait = _wait(attempt, attempts, most, errand.rules.retry_wait)
                if wait is None or clock() + wait + check.timeout > errand.until:
                    break
                await asyncio.sleep(wait)
    except TimeoutError:
        if not attempts:
            return inconclusive(check, region, at, Failure.ENGINE_BUDGET, OVER, engine)
    return _observation(check, region, at, attempts, engine, errand, trusted())


async def _attempt(
    check: Check, region: str, probe: Probe[Any], look_factory: LookFactory, errand: Errand, number: int
) -> Attempt:
    try:
        facts = await probe.measure(check.spec, look_factory(number))
        if facts.failure is not None and not facts.exchanges:
            verdict = DEFAULT_VERDICT[facts.failure]
            return Attempt(Judgement(verdict, facts.failure, facts.stage, facts.detail, facts=facts.values), facts)
        context = Context(int(errand.clock()), region, errand.past(check.id, region))
        return Attempt(probe.judge(check.spec, facts, context), facts)
    except Exception as problem:
        _, _, text = classify(problem)
        log.debug("check %s failed inside", check.id, exc_info=True)
        detail = f"internal error in this check: {type(problem).__name__}: {text}"
        return Attempt(Judgement(Verdict.INCONCLUSIVE, Failure.INTERNAL, None, detail))


def _wait(attempt: Attempt, attempts: list[Attempt], most: int, waits: tuple[float, ...]) -> float | None:
    """Seconds until the next look, None if this was the last one."""
    judgement = attempt.judgement
    if judgement.verdict is Verdict.OK or judgement.failure in FINAL or len(attempts) >= most:
        return None
    pause = (waits[min(len(attempts), len(waits)) - 1] if waits else 0.0) * random.uniform(1 - JITTER, 1 + JITTER)
    asked = _number(judgement.facts.get("retry_after"))
    if judgement.failure is Failure.RATE_LIMITED:
        if asked is None or asked > MAX_WAIT:
            return None
        return max(pause, asked)
    return min(max(pause, asked or 0.0), MAX_WAIT)


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def decide(attempts: list[Attempt]) -> Attempt:
    """What several looks come to: a success stands, slow beats failed, one failure among unclear looks is unclear."""
    for verdict in (Verdict.OK, Verdict.DEGRADED):
        best = [a for a in attempts if a.judgement.verdict is verdict]
        if best:
            return best[-1]
    down = [a for a in attempts if a.judgement.verdict is Verdict.DOWN]
    unclear = [a for a in attempts if a.judgement.verdict is not Verdict.DOWN]
    if down and (not unclear or len(down) > 1):
        return down[-1]
    return unclear[-1]


def _observation(
    check: Check, region: str, at: Time, attempts: list[Attempt], engine: str, errand: Errand, trusted: bool
) -> Observation:
    chosen = decide(attempts)
    judgement, facts = chosen.judgement, chosen.facts
    secrets = frozenset(errand.env[name] for name in check.secrets if errand.env.get(name))
    earlier = [a.judgement.failure.value for a in attempts if a is not chosen and a.judgement.failure is not None]
    latency = _number(facts.latency_ms)
    said = {**judgement.facts, **({"other_looks": earlier} if earlier else {})}
    observation = Observation(
        check=check.id,
        region=region,
        at=at,
        verdict=judgement.verdict,
        failure=judgement.failure,
        stage=judgement.stage,
        latency_ms=latency,
        phases={k: v for k, v in facts.phases.items() if math.isfinite(v)},
        attempts=len(attempts),
        value=_number(judgement.value),
        unit=judgement.unit,
        degraded=judgement.degraded,
        down=judgement.down,
        detail=scrub(judgement.detail, secrets, limit=300),
        facts=clean(said, secrets),
        engine=engine,
        low_confidence=not trusted and latency is not None,
    )
    return _without_our_slowness(observation) if observation.low_confidence else observation


def _without_our_slowness(seen: Observation) -> Observation:
    """`slow` cannot be derived from a clock that was late itself; everything else the target said still holds."""
    if seen.failure is not Failure.SLOW:
        return seen
    detail = f"answered; its time is not trusted, this machine was too slow itself ({seen.detail})"
    return replace(seen, verdict=Verdict.OK, failure=None, stage=None, detail=detail[:300])


def clean(facts: Mapping[str, Any], secrets: frozenset[str] = frozenset()) -> Mapping[str, Any]:
    """Facts as they may be kept: JSON, finite, free of secrets and control characters, bounded in size."""
    if not facts:
        return EMPTY
    tidy = {scrub(str(k), secrets, 60): _clean(v, secrets, 0) for k, v in facts.items()}
    while len(json.dumps(tidy)) > MAX_FACTS:
        largest = max(tidy, key=lambda key: len(json.dumps(tidy[key])))
        if tidy[largest] == "…":  # hundreds of tiny ones: keep the first
            tidy = dict(list(tidy.items())[:50])
            break
        tidy[largest] = "…"
    return tidy


def _clean(value: Any, secrets: frozenset[str], depth: int) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping) and depth < 4:
        return {scrub(str(k), secrets, 100): _clean(v, secrets, depth + 1) for k, v in list(value.items())[:100]}
    if isinstance(value, list | tuple | set | frozenset) and depth < 4:
        items = sorted(value, key=str) if isinstance(value, set | frozenset) else list(value)
        return [_clean(v, secrets, depth + 1) for v in items[:200]]
    return scrub(str(value), secrets)


def inconclusive(
    check: Check, region: str, at: Time, failure: Failure, detail: str, engine: str, stage: Stage | None = None
) -> Observation:
    """An observation for a check that could not be carried out."""
    return Observation(
        check.id, region, at, Verdict.INCONCLUSIVE, failure, stage, detail=scrub(detail, limit=300), engine=engine
    )
