"""`freshness`: how old is the newest thing in a list?

Held against the present by the target's own clock (`against: now`), against what is usual for this very list
(`usual`), or against the region that sees the newest (`against: freshest_region`), where a quiet hour cannot matter
because nobody is compared with the clock. Never says anything about items that lie in the future or carry no offset.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from pydantic import Field, model_validator

from ..fetch import Look
from ..judging import inconclusive, pick, threshold
from ..model import Failure, Observation, Verdict
from . import Context, Facts, Judgement, Probe, Spec, _asking
from ._comparing import at_one_time
from ._fields import Path, Seconds
from ._reading import FUTURE, instants, span

PAST = 7 * 86400


class Usual(Spec):
    """Limits as multiples of the 95th percentile of this check's own past, which learns instead of being told."""

    degraded: float = Field(default=4.0, gt=1)
    down: float = Field(default=8.0, gt=1)
    looks: int = Field(default=50, ge=10)
    floor: Seconds = 900.0


class FreshnessSpec(_asking.Source):
    """`time` finds a time, or a list of times, in an item. `degraded` and `down` are ages in seconds."""

    time: Path = Field(min_length=1)
    against: Literal["now", "freshest_region"] = "now"
    degraded: Seconds | None = None
    down: Seconds | None = None
    usual: Usual | None = None
    few: int = Field(default=1, ge=1)
    empty: Literal["down", "inconclusive"] = "down"
    together: Seconds = 60.0

    @model_validator(mode="after")
    def _limits(self) -> FreshnessSpec:
        if self.degraded is None and self.down is None and self.usual is None:
            raise ValueError("needs a limit: degraded, down or usual")
        if self.degraded is not None and self.down is not None and self.down < self.degraded:
            raise ValueError("down must not be less than degraded")
        if self.usual is not None and (self.against != "now" or self.degraded is not None or self.down is not None):
            raise ValueError("usual stands alone: leave out degraded, down and against")
        return self


async def measure(spec: FreshnessSpec, look: Look) -> Facts:
    return await _asking.measure(spec, look)


def judge(spec: FreshnessSpec, facts: Facts, context: Context) -> Judgement:
    """The age of the newest item against the limits; facts: `watermark` (Unix s), `items`, `newest_age_s`."""
    reading = _asking.read(spec, facts.exchanges, context.now)
    if reading.trouble is not None:
        return reading.trouble
    if not reading.seen:
        return _asking.empty(reading, spec.empty)
    times = [t for item in reading.items for t in instants(pick(spec.time, item))]
    present = [t for t in times if t <= reading.now + FUTURE]
    seen = dict(reading.facts)
    if times and not present:
        # By the target's own clock, so that it is no clock of ours that is wrong.
        return inconclusive(Failure.WRONG_CONTENT, "every item lies in the future", seen)
    if len(present) < spec.few:
        detail = f"wanted at least {spec.few} dated items, got {len(present)}"
        return inconclusive(Failure.TOO_FEW, detail, seen)
    newest = max(present)
    age = max(0.0, reading.now - newest)
    seen |= {"watermark": round(newest), "newest_age_s": round(age)}
    if spec.against == "freshest_region":
        return inconclusive(Failure.TOO_FEW, "one region alone has nothing to be compared with", seen)
    return _aged(spec, age, seen, context)


def _aged(spec: FreshnessSpec, age: float, seen: Mapping[str, Any], context: Context) -> Judgement:
    degraded, down = spec.degraded, spec.down
    if spec.usual is not None:
        past = sorted(o.value for o in context.past if o.value is not None and o.at >= context.now - PAST)
        if len(past) < spec.usual.looks:
            detail = (
                f"newest item is {span(age)} old; {len(past)} of {spec.usual.looks} looks needed to know what is usual"
            )
            return replace(inconclusive(Failure.NO_HISTORY, detail, seen), value=round(age), unit="s")
        usual = max(spec.usual.floor, past[min(len(past) - 1, int(0.95 * len(past)))])
        degraded, down = usual * spec.usual.degraded, usual * spec.usual.down
        seen = {**seen, "usual_p95_s": round(usual)}
    judgement = threshold(round(age), degraded, down, "s", failure=Failure.STALE, facts=seen)
    return replace(judgement, detail=_sentence(f"newest item is {span(age)} old", judgement))


def _sentence(said: str, judgement: Judgement) -> str:
    limit = judgement.down if judgement.verdict is Verdict.DOWN else judgement.degraded
    if judgement.verdict is Verdict.OK or limit is None:
        return said
    return f"{said}, wanted at most {span(limit)}"


def compare(spec: FreshnessSpec, seen: Mapping[str, Observation]) -> Mapping[str, Observation]:
    """Each region's newest item against the freshest region's, among looks taken together."""
    if spec.against != "freshest_region":
        return seen
    result = dict(seen)
    for group in at_one_time(seen, "watermark", spec.together):
        freshest = max(group, key=lambda o: o.facts["watermark"])
        for observation in group:
            behind = float(freshest.facts["watermark"] - observation.facts["watermark"])
            judgement = threshold(behind, spec.degraded, spec.down, "s", failure=Failure.STALE)
            said = "sees the newest item" if not behind else f"{span(behind)} behind region {freshest.region}"
            result[observation.region] = replace(
                observation,
                verdict=judgement.verdict,
                failure=judgement.failure,
                stage=judgement.stage,
                value=behind,
                unit="s",
                degraded=spec.degraded,
                down=spec.down,
                detail=_sentence(said, judgement),
            )
    return result


def needs(spec: FreshnessSpec) -> frozenset[str]:
    return frozenset({"get", f"body:{spec.max_bytes}"})


PROBE = Probe(
    kind="freshness",
    Spec=FreshnessSpec,
    measure=measure,
    judge=judge,
    needs=needs,
    asks=lambda spec: (_asking.request(spec),),
    compare=compare,
    cost=_asking.cost,
    shares=_asking.shares,
    history=PAST,
)
