"""`backlog`: how many items of a list wait, and for how long?

A share of items that lack what they should have (a scan result, tags) and the age of those that wait. A list that
lags behind can be checked item by item (`confirm`). Only items of the right age count, and few of them say nothing.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from pydantic import Field, model_validator

from ..fetch import Exchange, Look
from ..judging import inconclusive, pick, threshold, worst_of
from ..model import Failure, Request, Verdict
from . import Context, Facts, Judgement, Probe, Spec, _asking
from ._fields import Path, Seconds
from ._reading import FUTURE, fields, fill, instants, span

PAST = 7 * 86400


class Share(Spec):
    """Limits of the share that waits, in percent. With `usual` they count above the median of this check's past."""

    degraded: float | None = Field(default=None, ge=0, le=100)
    down: float | None = Field(default=None, ge=0, le=100)
    usual: bool = False
    looks: int = Field(default=24, ge=5)


class Age(Spec):
    """Limits of the age of those that wait, at a quantile of them."""

    degraded: Seconds | None = None
    down: Seconds | None = None
    quantile: float = Field(default=0.5, ge=0, le=1)


class Confirm(Spec):
    """The oldest waiting items are asked for one by one, where no cache of the list can be old. `{id}` in `url`."""

    url: str
    pending: Path = Field(min_length=1)
    max: int = Field(default=2, ge=1, le=5)


class BacklogSpec(_asking.Source):
    """`pending` finds something true in an item that waits; `time` since when; `item_id` names it (for `confirm`).

    Without `time` every item counts, whatever its age: for what an item must never lack.
    """

    pending: Path = Field(min_length=1)
    time: Path | Literal[""] = ""
    item_id: Path = "id"
    min_age: Seconds = 0.0
    max_age: Seconds = 86400.0
    few: int = Field(default=5, ge=1)
    waiting: Share | None = None
    age: Age | None = None
    confirm: Confirm | None = None
    word: Literal["backlog", "untagged"] = "backlog"

    @model_validator(mode="after")
    def _limits(self) -> BacklogSpec:
        if self.waiting is None and self.age is None:
            raise ValueError("needs a limit: waiting (percent) or age")
        if self.age is not None and not self.time:
            raise ValueError("age needs time: since when an item waits")
        if self.confirm is not None and fields(self.confirm.url) != {"id"}:
            raise ValueError("confirm.url must contain {id} and no other name")
        return self


@dataclass(frozen=True, slots=True)
class Waiting:
    """The eligible items of a list and those among them that wait: (id, age in seconds), oldest first."""

    eligible: int
    items: tuple[tuple[Any, float], ...]


def waiters(spec: BacklogSpec, reading: _asking.Reading) -> Waiting:
    """Who waits. Pure; items without a readable time or outside the window are left out."""
    eligible, found = 0, []
    for item in reading.items:
        times = instants(pick(spec.time, item)) if spec.time else (reading.now,)
        if not times or times[-1] > reading.now + FUTURE:
            continue
        age = reading.now - times[0]
        if not spec.time or spec.min_age <= age <= spec.max_age:
            eligible += 1
            if pick(spec.pending, item):
                found.append((pick(spec.item_id, item), age))
    return Waiting(eligible, tuple(sorted(found, key=lambda pair: -pair[1])))


async def measure(spec: BacklogSpec, look: Look) -> Facts:
    """The list, then the oldest waiting items one by one; `values.confirmed` counts the exchanges of the latter."""
    exchanges = list(await _asking.gather(look, spec))
    pages = len(exchanges)
    if spec.confirm is not None:
        reading = _asking.read(spec, exchanges, look.now())
        for ident, _ in waiters(spec, reading).items[: spec.confirm.max]:
            await look.pause(spec.pace)
            url = fill(spec.confirm.url, {"id": ident})
            exchanges.append(await look.fetch(Request(url=url, max_bytes=spec.max_bytes, pace=spec.pace)))
    return _asking.facts_of(exchanges, {"pages": pages})


def judge(spec: BacklogSpec, facts: Facts, context: Context) -> Judgement:
    """Share and age against their limits; facts: `eligible`, `waiting`, `share`, `age_s`, `confirmed`, `refuted`."""
    pages = int(facts.values.get("pages", len(facts.exchanges)))
    reading = _asking.read(spec, facts.exchanges[:pages], context.now)
    if reading.trouble is not None:
        return reading.trouble
    found = waiters(spec, reading)
    seen: dict[str, Any] = {**reading.facts, "eligible": found.eligible, "waiting": len(found.items)}
    if found.eligible < spec.few:
        detail = f"wanted at least {spec.few} items of the right age, got {found.eligible}: a quiet hour"
        return inconclusive(Failure.TOO_FEW, detail, seen)
    confirmed, refuted = _confirmations(spec, facts.exchanges[pages:])
    if spec.confirm is not None:
        seen |= {"confirmed": confirmed, "refuted": refuted}
        if refuted and not confirmed:
            return inconclusive(Failure.STALE_EDGE, f"the list is old: {refuted} items it calls waiting are done", seen)
    return _limits(spec, found, seen, context)


def _confirmations(spec: BacklogSpec, exchanges: tuple[Exchange, ...]) -> tuple[int, int]:
    """How many single items said that they wait, and how many that they do not; the unreadable say nothing."""
    confirmed = refuted = 0
    for exchange in exchanges:
        document, problem = _asking.document_of(exchange)
        if problem is None and spec.confirm is not None:
            waits = bool(pick(spec.confirm.pending, document))
            confirmed, refuted = confirmed + waits, refuted + (not waits)
    return confirmed, refuted


def _limits(spec: BacklogSpec, found: Waiting, seen: dict[str, Any], context: Context) -> Judgement:
    failure = Failure(spec.word)
    share = 100 * len(found.items) / found.eligible
    age = _quantile([a for _, a in found.items], spec.age.quantile if spec.age else 0.5)
    seen |= {"share": round(share, 1), "age_s": round(age)}
    judgements = []
    if spec.age is not None:
        aged = threshold(round(age), spec.age.degraded, spec.age.down, "s", failure=failure, facts=seen)
        wanted = _wanted(aged, span)
        judgements.append(replace(aged, detail=f"{_count(found)} wait, half of them for {span(age)} or more{wanted}"))
    if spec.waiting is not None:
        judgements.append(_shared(spec, spec.waiting, share, found, seen, context))
    return worst_of(*judgements)


def _shared(
    spec: BacklogSpec, limits: Share, share: float, found: Waiting, seen: Mapping[str, Any], context: Context
) -> Judgement:
    base = 0.0
    if limits.usual:
        past = [float(o.facts["share"]) for o in context.past if o.at >= context.now - PAST and "share" in o.facts]
        if len(past) < limits.looks:
            detail = f"{_count(found)} wait; {len(past)} of {limits.looks} looks needed to know what is usual"
            return replace(inconclusive(Failure.NO_HISTORY, detail, seen), value=round(share, 1), unit="%")
        base = statistics.median(past)
        seen = {**seen, "usual_share": round(base, 1)}
    degraded, down = (None if limit is None else min(100.0, base + limit) for limit in (limits.degraded, limits.down))
    judged = threshold(round(share, 1), degraded, down, "%", failure=Failure(spec.word), facts=seen)
    return replace(judged, detail=f"{_count(found)} wait ({share:.0f} %){_wanted(judged, lambda x: f'{x:.0f} %')}")


def _count(found: Waiting) -> str:
    return f"{len(found.items)} of {found.eligible} items"


def _wanted(judgement: Judgement, words: Any) -> str:
    limit = judgement.down if judgement.verdict is Verdict.DOWN else judgement.degraded
    return "" if judgement.verdict is Verdict.OK or limit is None else f", wanted at most {words(limit)}"


def _quantile(values: list[float], at: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(at * len(ordered)))] if ordered else 0.0


PROBE = Probe(
    kind="backlog",
    Spec=BacklogSpec,
    measure=measure,
    judge=judge,
    needs=lambda spec: frozenset({"get", f"body:{spec.max_bytes}"} | ({"steps"} if spec.confirm else set())),
    asks=lambda spec: (_asking.request(spec),),
    cost=lambda spec: _asking.cost(spec) + (spec.confirm.max if spec.confirm else 0),
    shares=_asking.shares,
    history=PAST,
)
