"""Tries one cause on one platform: where it holds, what it blames, what it explains, how sure it is.

Pure. Knows one cause at a time: ranking and explaining away are `generator.diagnosis`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..model import ALL, FAILING, WORST_FIRST, Cause, Component, Confidence, Said, Status, Time
from ..outage_groups import pace
from ..plain import english
from ..signature import Node, Signature, anchors, conditions
from .matching import Answer, Seen, Truth, conjunction, holds
from .wording import few_could_say, node_said, not_measured, not_seen, one_view, only_held
from .world import World

_STEPS = (Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW)


@dataclass(frozen=True, slots=True)
class Row:
    """One node of a signature in one region: part (`when`, `unless`, `expect`) and answer."""

    part: str
    node: Node
    region: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class Trial:
    """A cause held against a platform. `regions` are those where it holds; `considered` those where it can be said."""

    cause: Cause
    world: World
    candidates: tuple[str, ...]
    considered: tuple[str, ...]
    regions: tuple[str, ...]
    rows: tuple[Row, ...]
    absent: bool = False  # the platform lacks a part the signature needs

    @property
    def signature(self) -> Signature:
        signature: Signature = self.cause.signature
        return signature

    @property
    def everywhere(self) -> bool:
        """Whether it holds wherever anything can be said: then it speaks for all regions."""
        return bool(self.regions) and set(self.considered) == set(self.regions)

    def covers(self, region: str) -> bool:
        return self.everywhere or region in self.regions


def attempt(cause: Cause, world: World) -> Trial:
    """Every node of the signature in every region where its parts are looked at."""
    signature: Signature = cause.signature
    places = _candidates(world, signature)
    rows = tuple(_rows(world, signature, places))
    considered, matched = [], []
    absent = any(holds(world, node, ALL).missing for node in signature.when)
    for region in places:
        mine = [r for r in rows if r.region == region]
        truth = conjunction(r.answer.truth for r in mine if r.part == "when")
        refused = any(r.answer.truth for r in mine if r.part == "unless" and not r.answer.missing)
        if truth is not None:
            considered.append(region)
        if truth and not refused:
            matched.append(region)
    return Trial(cause, world, places, tuple(considered), tuple(matched), rows, absent)


def _candidates(world: World, signature: Signature) -> tuple[str, ...]:
    looked: set[str] = set()
    about = list(anchors(signature.when)) or [c for c in conditions(signature.when) if c.of_component]
    for condition in about:
        for component in world.components(condition.functions, condition.component):
            looked.update(world.regions(component))
    if not about:
        looked = {r.id for r in world.config.regions}
    return tuple(r.id for r in world.config.regions if r.id in looked)


def _rows(world: World, signature: Signature, places: Iterable[str]) -> Iterator[Row]:
    for region in places:
        for part in ("when", "unless", "expect"):
            for node in getattr(signature, part):
                yield Row(part, node, region, holds(world, node, region))


# ---- what a match means ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Match:
    """A trial that holds somewhere: what it blames, what it explains beyond that, since when, how sure."""

    trial: Trial
    blamed: tuple[str, ...]
    explained: tuple[str, ...]
    since: Time
    confidence: Confidence
    doubts: tuple[Said, ...]
    seen: tuple[Seen, ...]

    @property
    def components(self) -> tuple[str, ...]:
        order = [c.id for c in self.trial.world.platform.components]
        rest = sorted(set(self.explained) - set(self.blamed), key=order.index)
        return (*self.blamed, *rest)


def match(trial: Trial) -> Match | None:
    """What the trial says, or None if the cause holds nowhere."""
    if not trial.regions or trial.signature.fallback:
        return None
    seen = _seen(trial)
    blamed = _blamed(trial, seen)
    since = _since(trial, blamed, seen)
    explained = _explained(trial, blamed, since)
    confidence, doubts = _sure(trial, blamed)
    return Match(trial, blamed, explained, since, confidence, doubts, seen)


def _seen(trial: Trial) -> tuple[Seen, ...]:
    """What made it true, trouble first, each once."""
    found: dict[tuple[str, str, str, object], Seen] = {}
    rows = [r for r in trial.rows if r.part == "when" and r.region in trial.regions and r.answer.truth]
    for row in sorted(rows, key=lambda r: not any(True for _ in anchors((r.node,)))):
        for seen in row.answer.seen:
            key = seen.observation.key if seen.observation else None
            found.setdefault((seen.kind, seen.component, seen.region, key), seen)
    return tuple(found.values())


def _blamed(trial: Trial, seen: tuple[Seen, ...]) -> tuple[str, ...]:
    """The components of `scope` that fail where it holds or that were seen; without `scope` the ones that were seen."""
    world, own = trial.world, {c.id for c in trial.world.platform.components}
    named = {s.component for s in _of_anchors(trial)} & own
    if trial.signature.scope:
        scope = {c.id for part in trial.signature.scope for c in world.named(part)}
        named = {c for c in scope if c in named or failing_in(trial, c)}
    return tuple(c.id for c in world.platform.components if c.id in named)


def _of_anchors(trial: Trial) -> list[Seen]:
    rows = [r for r in trial.rows if r.part == "when" and r.region in trial.regions and r.answer.truth]
    return [s for r in rows if any(True for _ in anchors((r.node,))) for s in r.answer.seen]


def failing_in(trial: Trial, component: str) -> tuple[str, ...]:
    """The regions that the trial speaks for and in which the component fails (ALL if nobody looks from a region)."""
    world = trial.world
    found = world.component(component)
    places = world.regions(found) if found else ()
    failing = [r for r in places if trial.covers(r) and world.standing(component, r).status in FAILING]
    if failing:
        return tuple(failing)
    over_all = world.standing(component, ALL).status in FAILING and trial.everywhere
    return (ALL,) if over_all else ()


def _since(trial: Trial, blamed: tuple[str, ...], seen: tuple[Seen, ...]) -> Time:
    world = trial.world
    starts = [
        at
        for c in blamed
        for r in failing_in(trial, c) or trial.regions
        if (s := world.standing(c, r)).status in FAILING and (at := s.since) is not None
    ]
    looks = [s.observation.at for s in seen if s.observation is not None and s.kind != "reference"]
    blind = [world.believed_until(s.region) for s in seen if s.kind == "region"]
    unknown = [s.standing for s in seen if s.standing is not None and s.standing.status is Status.UNKNOWN]
    blind += [s.known_at for s in unknown if s.known_at is not None]
    return min(starts or blind or looks or [world.now])


def _explained(trial: Trial, blamed: tuple[str, ...], since: Time) -> tuple[str, ...]:
    """What fails because of it: parts named in `explains`, and parts that depend on a blamed one at least as bad."""
    world = trial.world
    declared = {c.id for part in trial.signature.explains for c in world.named(part)}
    found = []
    for component in world.platform.components:
        if component.id in blamed and component.id not in declared:
            continue
        places = failing_in(trial, component.id)
        above = world.upstream(component.id) & set(blamed)
        if not places or not (component.id in declared or _worse_above(trial, component, places, above)):
            continue
        began = min((s for r in places if (s := world.standing(component.id, r).since) is not None), default=since)
        slack = 2 * max(pace(world.config, c) for c in (component.id, *blamed))
        if began >= since - slack:
            found.append(component.id)
    return tuple(found)


def _worse_above(trial: Trial, component: Component, places: tuple[str, ...], above: frozenset[str]) -> bool:
    rank = WORST_FIRST.index
    world = trial.world
    mine = min(rank(world.standing(component.id, r).status) for r in places)
    for one in above:
        theirs = [rank(world.standing(one, r).status) for r in failing_in(trial, one)]
        if theirs and min(theirs) <= mine:
            return True
    return False


# ---- how sure --------------------------------------------------------------------------------------------------------


def _sure(trial: Trial, blamed: tuple[str, ...]) -> tuple[Confidence, tuple[Said, ...]]:
    """The cause's own confidence, a step down for each kind of doubt; and the doubts as sentences."""
    world = trial.world
    doubts: list[Said] = []
    steps = 0
    rows = [r for r in trial.rows if r.region in trial.regions and not r.answer.missing]
    unmet = {node_said(world, r.node) for r in rows if r.part == "expect" and r.answer.truth is False}
    if unmet:
        steps += 1
        doubts += [not_seen(w) for w in sorted(unmet, key=english)]
    unknown = {node_said(world, r.node) for r in rows if r.part != "when" and r.answer.truth is None}
    if unknown:
        steps += 1
        doubts += [not_measured(w) for w in sorted(unknown, key=english)]
    if 2 * len(trial.considered) <= len(trial.candidates) and len(trial.candidates) > 1:
        steps += 1
        doubts.append(few_could_say(len(trial.considered), len(trial.candidates)))
    elif len(trial.considered) == 1 and any(c.spread == "all" for c in conditions(trial.signature.when)):
        steps += 1
        doubts.append(one_view())
    if any(world.standing(c, ALL).held for c in blamed):
        steps += 1
        doubts.append(only_held())
    return less_sure(trial.cause.confidence, steps), tuple(doubts)


def less_sure(confidence: Confidence, steps: int) -> Confidence:
    """So many steps down; low is the floor."""
    return _STEPS[min(_STEPS.index(confidence) + steps, len(_STEPS) - 1)]


def truth_word(truth: Truth) -> str:
    return {True: "yes", False: "no", None: "not known"}[truth]
