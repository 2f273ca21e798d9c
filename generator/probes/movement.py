"""`movement`: things that must move. Do counters change, do new items keep coming?

`counters` remembers values and says for how long all of them have stood still. `flow` counts the new items of a
window and compares with the same hour of earlier weeks, so that a quiet Sunday is no drought. Both need a past;
without one they say so. Values that vanish (a creator hid them) are left out, never read as zero.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import Field, model_validator

from ..fetch import Look
from ..judging import inconclusive, pick, threshold
from ..model import Failure, Observation, Verdict
from . import Context, Facts, Judgement, Probe, Spec, _asking
from ._fields import Path, Seconds
from ._reading import FUTURE, instants, number, scalar, span

WEEK = 7 * 86400
PAST = 4 * WEEK
KEPT = 25
"""Counters that an observation carries at most: facts stay small."""


class Counters(Spec):
    """`value` finds a number in each item, `id` names it. Needs `few` of them seen twice to say anything."""

    id: Path = Field(default="id", min_length=1)
    value: Path = Field(min_length=1)
    few: int = Field(default=15, ge=1, le=KEPT)
    degraded: Seconds | None = None
    down: Seconds | None = None


class Flow(Spec):
    """New items in the last `per` seconds, in percent of the usual; `weeks` of the same hour make it usual."""

    time: Path = Field(min_length=1)
    per: Seconds = 3600.0
    degraded: float | None = Field(default=50.0, ge=0, le=100)
    down: float | None = Field(default=20.0, ge=0, le=100)
    weeks: int = Field(default=2, ge=1, le=4)
    within: Seconds = 5400.0
    few: float = Field(default=5.0, ge=1)


class MovementSpec(_asking.Source):
    counters: Counters | None = None
    flow: Flow | None = None

    @model_validator(mode="after")
    def _one(self) -> MovementSpec:
        if (self.counters is None) == (self.flow is None):
            raise ValueError("needs exactly one of counters and flow")
        return self


async def measure(spec: MovementSpec, look: Look) -> Facts:
    return await _asking.measure(spec, look)


def judge(spec: MovementSpec, facts: Facts, context: Context) -> Judgement:
    """Facts: `counters {id: value}`, `compared`, `still_s`; or `flow`, `usual`, `weeks`."""
    reading = _asking.read(spec, facts.exchanges, context.now)
    if reading.trouble is not None:
        return reading.trouble
    if not reading.seen:
        return _asking.empty(reading, spec.unreadable)
    if spec.counters is not None:
        return _counters(spec.counters, reading, context)
    assert spec.flow is not None  # the model allows exactly one of the two
    return _flow(spec.flow, reading, context)


# ---- counters --------------------------------------------------------------------------------------------------------


def _counters(spec: Counters, reading: _asking.Reading, context: Context) -> Judgement:
    values = _values(spec, reading)
    seen: dict[str, Any] = {**reading.facts, "counters": values}
    if len(values) < spec.few:
        return inconclusive(Failure.TOO_FEW, f"wanted {spec.few} counters with a value, got {len(values)}", seen)
    still, compared, fell = stood_still(values, context.past, context.now, spec.few)
    if still is None:
        return inconclusive(Failure.NO_HISTORY, "first look at these counters: nothing to compare with yet", seen)
    seen |= {"compared": compared, "still_s": round(still), "fell": fell}
    judgement = threshold(round(still), spec.degraded, spec.down, "s", failure=Failure.FROZEN, facts=seen)
    if still == 0:
        said = f"counters move ({compared} compared)"
    else:
        said = f"none of {compared} counters moved for {span(still)}"
    limit = judgement.down if judgement.verdict is Verdict.DOWN else judgement.degraded
    wanted = "" if judgement.verdict is Verdict.OK or limit is None else f", wanted movement within {span(limit)}"
    return replace(judgement, detail=said + wanted)


def _values(spec: Counters, reading: _asking.Reading) -> dict[str, float]:
    found: dict[str, float] = {}
    for item in reading.items:
        ident, value = pick(spec.id, item), number(pick(spec.value, item))
        if value is not None and isinstance(ident, str | int) and len(found) < KEPT:
            found[scalar(ident)[:64]] = value
    return found


def stood_still(
    values: Mapping[str, float], past: tuple[Observation, ...], now: int, few: int
) -> tuple[float | None, int, int]:
    """(seconds all comparable counters have been as they are, how many were compared, how many fell lately).

    None if no earlier look shares `few` counters. The stretch ends at the newest look that differs.
    """
    still: float | None = None
    compared = fell = 0
    for look in reversed(past):
        before = look.facts.get("counters")
        if not isinstance(before, Mapping) or look.at >= now:
            continue
        common = [k for k in values if number(before.get(k)) is not None]
        if len(common) < few:
            continue
        if still is None:
            still, compared = 0.0, len(common)
            fell = sum(values[k] < 0.99 * before[k] for k in common)
        if any(values[k] != before[k] for k in common):
            break
        still = float(now - look.at)
    return still, compared, fell


# ---- flow ------------------------------------------------------------------------------------------------------------


def _flow(spec: Flow, reading: _asking.Reading, context: Context) -> Judgement:
    times = [t[0] for t in (instants(pick(spec.time, i)) for i in reading.items) if t]
    times = [t for t in times if t <= reading.now + FUTURE]
    count = sum(reading.now - t <= spec.per for t in times)
    # A list that does not reach back to the start of the window only gives a lower bound.
    whole = bool(times) and min(times) < reading.now - spec.per
    seen: dict[str, Any] = {**reading.facts, "flow": count, "whole": whole}
    usual, weeks = usual_flow(context.past, context.now, spec.within)
    if weeks < spec.weeks:
        detail = f"{count} new items in {span(spec.per)}; {weeks} of {spec.weeks} weeks needed to know what is usual"
        return replace(inconclusive(Failure.NO_HISTORY, detail, seen), value=float(count), unit="items")
    seen |= {"usual": round(usual, 1), "weeks": weeks}
    said = f"{count} new items in {span(spec.per)}, usually {usual:.0f} at this hour of the week"
    if usual < spec.few:
        return inconclusive(Failure.TOO_FEW, f"{said}: a quiet hour, too few to judge", seen)
    limits = [None if share is None else round(usual * share / 100, 1) for share in (spec.degraded, spec.down)]
    if not whole and times:
        return Judgement(Verdict.OK, None, None, f"at least {said}", float(count), "items", limits[0], limits[1], seen)
    judgement = threshold(float(count), limits[0], limits[1], "items", failure=Failure.STALE, low=True, facts=seen)
    return replace(judgement, detail=said)


def usual_flow(past: tuple[Observation, ...], now: int, within: float) -> tuple[float, int]:
    """(median of the weekly medians at this hour of the week, number of weeks). Nothing younger than half a week."""
    weekly: dict[int, list[float]] = defaultdict(list)
    for look in past:
        count = number(look.facts.get("flow"))
        weeks_ago = round((now - look.at) / WEEK)
        if count is not None and weeks_ago >= 1 and abs(now - look.at - weeks_ago * WEEK) <= within:
            weekly[weeks_ago].append(count)
    if not weekly:
        return 0.0, 0
    return statistics.median(statistics.median(counts) for counts in weekly.values()), len(weekly)


PROBE = Probe(
    kind="movement",
    Spec=MovementSpec,
    measure=measure,
    judge=judge,
    needs=lambda spec: frozenset({"get", f"body:{spec.max_bytes}"}),
    asks=lambda spec: (_asking.request(spec),),
    cost=_asking.cost,
    shares=_asking.shares,
    history=PAST,
)
