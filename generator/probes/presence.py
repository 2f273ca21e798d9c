"""`presence`: do recent items of one place turn up in another?

Two numbers that mean different things and are kept apart: the *lag*, how long the oldest item that nothing newer has
overtaken has been missing, and the *holes*, items that were overtaken and still are not there. A quiet hour gives
too few items and therefore no verdict. Never looks at more than `max_requests` addresses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import Field, model_validator

from ..fetch import Exchange, Look
from ..judging import inconclusive, ok, threshold, worst_of
from ..model import Failure, Request, Stage, Verdict
from . import Context, Facts, Judgement, Probe, Spec, _asking
from ._fields import Path, Seconds
from ._presence_reading import Item, Seen, eligible, holes, ids_in, outcome, sample, templates
from ._reading import fields, fill, scalar, span

DAY = 86400
LEAST_NEWER = 2
"""Missing items needed to call an index stalled: one alone may be a hole at the head of the list."""


class Lookup(Spec):
    """Where an item is looked up. `{names}` in `url` are keys of the item; `unless` skips it if such a key is known."""

    url: str
    items: Path = ""
    id: Path = "id"
    unless: tuple[str, ...] = ()


class Control(Spec):
    """A look-up whose answer is known, asked only when nothing at all was found. Any id of `want` will do."""

    url: str
    items: Path = ""
    id: Path = "id"
    want: tuple[str | int, ...] = ()

    @property
    def lookup(self) -> Lookup:
        return Lookup(url=self.url, items=self.items, id=self.id)


class Lag(Spec):
    """Limits of the lag. `none`: nothing at all found although the oldest item looked up is older than this is down.

    A list reaches back only so far: of a lag that is longer than the list nobody sees the end.
    """

    degraded: Seconds | None = None
    down: Seconds | None = None
    none: Seconds | None = None


class Holes(Spec):
    """Percent of the items older than `settle`, of which `few` must have been seen; `times` looks make a hole."""

    degraded: float | None = Field(default=10.0, ge=0, le=100)
    down: float | None = Field(default=None, ge=0, le=100)
    settle: Seconds = 3600.0
    few: int = Field(default=10, ge=1)
    times: int = Field(default=3, ge=1)


class PresenceSpec(Spec):
    """`source` is the list that is right by definition; `lookup` the places to be found in, tried in order."""

    source: _asking.Source
    item_id: Path = "id"
    time: Path = Field(min_length=1)
    first_only: bool = True
    keys: Mapping[str, Path] = Field(default_factory=dict)
    min_age: Seconds = 1200.0
    max_age: Seconds = 86400.0
    buckets: tuple[Seconds, ...] = (2400.0, 5400.0, 21600.0)
    take: int = Field(default=5, ge=1, le=10)
    few: int = Field(default=5, ge=1)
    lookup: tuple[Lookup, ...] = Field(min_length=1, max_length=4)
    control: Control | None = None
    lag: Lag = Lag.model_construct()
    holes: Holes | None = Holes()
    max_requests: int = Field(default=14, ge=2, le=40)

    @model_validator(mode="after")
    def _consistent(self) -> PresenceSpec:
        known = set(self.keys) | {"id"}
        for look in self.lookup:
            if unknown := sorted((fields(look.url) | set(look.unless)) - known):
                raise ValueError(f"look-up uses {{{unknown[0]}}}, which is not among keys: {', '.join(sorted(known))}")
            if not fields(look.url):
                raise ValueError(f"look-up {look.url!r} names no key such as {{id}}")
        if self.few > self.take:
            raise ValueError("few must not be more than take: there would never be a verdict")
        return self


# ---- measure ---------------------------------------------------------------------------------------------------------


async def measure(spec: PresenceSpec, look: Look) -> Facts:
    """The list, then pass after pass the next look-up of every item not found yet, then the control if need be.

    `values`: `pages` exchanges belong to the list; `asked` is [[id, exchange]]; `control` its exchange or None; `now`.
    """
    exchanges, began = list(await _asking.gather(look, spec.source)), look.now()
    pages, asked, control = len(exchanges), [], None
    reading = _asking.read(spec.source, exchanges, began)
    items = sample(spec, eligible(spec, reading), reading.now) if reading.trouble is None else ()
    left = spec.max_requests - len(exchanges) - (1 if spec.control else 0)
    open_items, step, gave_up = list(items), 0, False
    while open_items and not gave_up:
        open_items = [i for i in open_items if step < len(templates(spec, i))]
        for item in list(open_items):
            if left <= 0 or gave_up:
                gave_up = True
                break
            template = templates(spec, item)[step]
            exchange = await _ask(look, spec, fill(template.url, item.keys))
            asked.append([item.id, len(exchanges)])
            exchanges.append(exchange)
            left -= 1
            ids = ids_in(template, exchange)
            # Two unreadable answers in a row: the place is in trouble, more requests would only add to it.
            gave_up = ids is None and len(asked) > 1 and _unreadable(spec, items, asked[-2], exchanges)
            if ids and item.id in ids:
                open_items.remove(item)
        step += 1
    if spec.control is not None and items and not _anything(spec, items, asked, exchanges):
        exchange = await _ask(look, spec, spec.control.url)
        control = len(exchanges)
        exchanges.append(exchange)
    return _asking.facts_of(exchanges, {"pages": pages, "asked": asked, "control": control, "now": began})


async def _ask(look: Look, spec: PresenceSpec, url: str) -> Exchange:
    await look.pause(spec.source.pace)
    return await look.fetch(Request(url=url, max_bytes=spec.source.max_bytes, pace=spec.source.pace))


def _unreadable(spec: PresenceSpec, items: tuple[Item, ...], asked: list[Any], exchanges: list[Exchange]) -> bool:
    item = next(i for i in items if i.id == asked[0])
    return ids_in(templates(spec, item)[0], exchanges[asked[1]]) is None


def _anything(spec: PresenceSpec, items: tuple[Item, ...], asked: list[Any], exchanges: list[Exchange]) -> bool:
    """Whether any look-up listed anything at all: then the place works, whatever it does not have."""
    shapes = {i.id: templates(spec, i)[0] for i in items}
    return any(ids_in(shapes[ident], exchanges[at]) for ident, at in asked)


# ---- judge -----------------------------------------------------------------------------------------------------------


def judge(spec: PresenceSpec, facts: Facts, context: Context) -> Judgement:
    """Lag (value, seconds) and holes; facts: `sampled found missing unsure looked watermark lag_s holes hole_share`."""
    pages = int(facts.values.get("pages", len(facts.exchanges)))
    # The moment of measuring, so that the judge sees the very sample that was looked up.
    reading = _asking.read(spec.source, facts.exchanges[:pages], float(facts.values.get("now", context.now)))
    if reading.trouble is not None:
        return reading.trouble
    candidates = eligible(spec, reading)
    items = sample(spec, candidates, reading.now)
    answers: dict[str, list[Exchange]] = {}
    for ident, at in facts.values.get("asked", ()):
        answers.setdefault(ident, []).append(facts.exchanges[at])
    seen = outcome(spec, items, answers)
    told = _told(reading, candidates, seen)
    if len(candidates) < spec.few:
        detail = f"wanted at least {spec.few} recent items, got {len(candidates)}: a quiet hour"
        return inconclusive(Failure.TOO_FEW, detail, told)
    if not seen.found and (problem := _control_trouble(spec, facts, told)) is not None:
        return problem
    if len(seen.found) + len(seen.missing) < spec.few:
        detail = f"only {len(seen.found) + len(seen.missing)} of {len(items)} items could be looked up"
        return inconclusive(Failure.TOO_FEW, detail, told)
    return worst_of(_lag(spec, seen, reading.now, told), _holes(spec, told, context))


def _told(reading: _asking.Reading, candidates: tuple[Item, ...], seen: Seen) -> dict[str, Any]:
    looked: dict[str, list[int]] = {}
    newer = {i.id for i in seen.newer}
    for item in (*seen.found, *seen.missing):
        state = 1 if item in seen.found else -1 if item.id in newer else 0
        looked[item.id] = [state, round(reading.now - item.published)]
    told = {**reading.facts, "eligible": len(candidates), "looked": looked, "unsure": len(seen.unsure)}
    told |= {"found": len(seen.found), "missing": len(seen.missing)}
    if seen.watermark is not None:
        told |= {"watermark": round(seen.watermark), "watermark_age_s": round(reading.now - seen.watermark)}
    return told


def _control_trouble(spec: PresenceSpec, facts: Facts, told: Mapping[str, Any]) -> Judgement | None:
    """When nothing was found: whether the place answers at all. None if it does, or if it listed other things."""
    at = facts.values.get("control")
    if spec.control is None or at is None:
        return None
    ids = ids_in(spec.control.lookup, facts.exchanges[at])
    if ids is None:
        _, problem = _asking.document_of(facts.exchanges[at])
        why = problem.detail if problem is not None else "it gave no list"
        return inconclusive(Failure.CONTROL_FAILED, f"cannot tell: the known item could not be looked up ({why})", told)
    wanted = {scalar(w) for w in spec.control.want}
    if not ids or (wanted and not wanted & set(ids)):
        return inconclusive(
            Failure.CONTROL_FAILED, "cannot tell: even the known item is not found, the search itself fails", told
        )
    return None


def _lag(spec: PresenceSpec, seen: Seen, now: float, told: Mapping[str, Any]) -> Judgement:
    newer = seen.newer
    lag = round(now - min(i.published for i in newer)) if newer else 0
    looked = len(seen.found) + len(seen.missing)
    judgement = threshold(
        lag, spec.lag.degraded, spec.lag.down, "s", failure=Failure.LAGGING, facts={**told, "lag_s": lag}
    )
    if not newer:
        mark = seen.watermark if seen.watermark is not None else now
        said = f"{len(seen.found)} of {looked} recent items found, the newest published {span(now - mark)} before"
        return replace(judgement, detail=said)
    said = f"{len(seen.found)} of {looked} recent items found; not found {span(lag)} after publication"
    if judgement.verdict is Verdict.DOWN and len(newer) < LEAST_NEWER:
        judgement = replace(judgement, verdict=Verdict.DEGRADED)
    if not seen.found and spec.lag.none is not None and lag > spec.lag.none:
        judgement = replace(judgement, verdict=Verdict.DOWN, failure=Failure.LAGGING, stage=Stage.CONTENT)
        return replace(judgement, detail=f"none of {looked} recent items found, the oldest {span(lag)} old")
    limit = judgement.down if judgement.verdict is Verdict.DOWN else judgement.degraded
    wanted = "" if judgement.verdict is Verdict.OK or limit is None else f", wanted within {span(limit)}"
    return replace(judgement, detail=said + wanted)


def _holes(spec: PresenceSpec, told: Mapping[str, Any], context: Context) -> Judgement:
    if spec.holes is None:
        return ok()
    # What is counted and what is lost must come from the same stretch: a day of found items would drown every hole.
    looks = [o for o in context.past if o.at >= context.now - DAY and "looked" in o.facts]
    recent = [o for o in looks if o.at >= context.now - 2 * spec.holes.settle]
    past = recent if len(recent) > spec.holes.times else looks[-spec.holes.times - 1 :]
    lost, counted = holes(told["looked"], past, spec.holes.settle, spec.holes.times)
    share = 100 * len(lost) / counted if counted else 0.0
    facts = {"holes": sorted(lost)[:10], "settled": counted, "hole_share": round(share, 1)}
    if counted < spec.holes.few:
        return ok(facts=facts)
    judgement = threshold(
        round(share, 1), spec.holes.degraded, spec.holes.down, "%", failure=Failure.HOLES, facts=facts
    )
    detail = f"{len(lost)} of {counted} items were overtaken by newer ones and still are not found ({share:.0f} %)"
    # The value of this check is its lag: a chart must not change its unit. The share stays in the facts.
    return replace(judgement, detail=detail, value=None, unit="", degraded=None, down=None)


def shares(spec: PresenceSpec) -> frozenset[str]:
    return _asking.shares(spec.source)


PROBE = Probe(
    kind="presence",
    Spec=PresenceSpec,
    measure=measure,
    judge=judge,
    needs=lambda spec: frozenset({"get", "steps", f"body:{spec.source.max_bytes}"}),
    cost=lambda spec: spec.max_requests,
    shares=shares,
    history=DAY,
)
