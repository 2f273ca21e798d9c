"""Holds the conditions of a cause against what was measured: true, false or not known, region by region.

Only fresh looks from regions that may vote count; what was not measured is None and never taken for good or bad.
Pure: config, past and now in, truth and the observations behind it out. Never ranks and never explains away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ..model import ALL, FAILING, Check, Component, Observation, Standing, Status, Verdict
from ..signature import ONLY, Condition, Group, Node, Span
from .world import BAD, World

Truth: TypeAlias = bool | None

_VOTES = frozenset({Verdict.OK, Verdict.DEGRADED, Verdict.DOWN})


@dataclass(frozen=True, slots=True)
class Seen:
    """What makes a condition true in one place: the look or the belief behind it.

    `kind`: component, reference (one of the other platform), control, region (its health), official.
    """

    kind: str = "component"
    component: str = ""
    region: str = ""
    observation: Observation | None = None
    standing: Standing | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A condition or group in one region. `missing`: it names a part that this platform does not have."""

    truth: Truth
    seen: tuple[Seen, ...] = ()
    missing: bool = False


def holds(world: World, node: Node, region: str) -> Answer:
    """The truth of a condition or group in one region (or ALL), with what makes it so."""
    if isinstance(node, Group):
        return _group(world, node, region)
    if node.spread:
        return _spread(world, node, region)
    return _plain(world, node, region)


# ---- groups and spread -----------------------------------------------------------------------------------------------


def _group(world: World, group: Group, region: str) -> Answer:
    answers = [holds(world, n, region) for n in group.nodes]
    present = [a for a in answers if not a.missing]
    seen = tuple(s for a in answers if a.truth for s in a.seen)
    truths = [a.truth for a in present]
    if group.kind == "all":
        if len(present) < len(answers):
            return Answer(False, missing=True)
        return Answer(conjunction(truths), seen)
    if not present:
        return Answer(False, missing=group.kind == "any")
    anyone = True if True in truths else (None if None in truths else False)
    if group.kind == "any":
        return Answer(anyone, seen)
    return Answer(None if anyone is None else not anyone)


def conjunction(truths: Iterable[Truth]) -> Truth:
    """False if anything is, else None if anything is not known."""
    given = list(truths)
    return False if False in given else (None if None in given else True)


def _spread(world: World, condition: Condition, region: str) -> Answer:
    """The condition where it holds, if it holds over as much of what was seen as `spread` says."""
    everywhere = spread_of(world, condition)
    here = everywhere.get(region) or _plain(world, condition, region)
    known = {r: a.truth for r, a in everywhere.items() if a.truth is not None}
    true = [r for r, t in known.items() if t]
    if here.missing or not here.truth:
        return here
    if not _wide_enough(condition.spread, true, known):
        return Answer(False)
    return here


def spread_of(world: World, condition: Condition) -> Mapping[str, Answer]:
    """The condition in each region that looks at what it is about."""
    places: dict[str, None] = {}
    for component in world.components(condition.functions, condition.component):
        places.update(dict.fromkeys(world.regions(component)))
    if not condition.of_component:
        places = dict.fromkeys(r.id for r in world.config.regions)
    return {r: _plain(world, condition, r) for r in places}


def _wide_enough(spread: str, true: Sequence[str], known: Mapping[str, object]) -> bool:
    if spread == "all":
        return len(true) == len(known) and bool(true)
    if spread == "some":
        return 0 < len(true) < len(known)
    if spread == "one":
        return len(true) == 1 and len(known) > 1
    return list(true) == [spread.removeprefix(ONLY)] and len(known) > 1


# ---- single conditions -----------------------------------------------------------------------------------------------


def _plain(world: World, c: Condition, region: str) -> Answer:
    if c.role:
        return Answer(world.platform.role == c.role)
    if c.region:
        return _health(world, c, region)
    if c.control:
        return _control(world, c, region)
    if c.official:
        return _official(world, c)
    if c.reference:
        return _reference(world, c, region)
    return _component(world, c, region)


def _health(world: World, c: Condition, region: str) -> Answer:
    health = world.past.health.get(region)
    if health is None:
        return Answer(None)
    if health.health not in c.region or world.rests(region):
        return Answer(False)
    return Answer(True, (Seen("region", region=region, words=health.why or f"Region {region} is {health.health}"),))


def _control(world: World, c: Condition, region: str) -> Answer:
    """The controls whose id, name or address holds the word."""
    named = [k for k in world.config.controls if k.is_called(c.control)]
    if not named:
        return Answer(False, missing=True)
    places = [r.id for r in world.config.regions] if region == ALL else [region]
    looks = [o for k in named for r in places if (o := world.look(k, r)) is not None]
    decided = [o for o in looks if o.verdict in _VOTES]
    fitting = [o for o in decided if o.verdict in c.verdict]
    if fitting:
        return Answer(True, tuple(Seen("control", region=o.region, observation=o) for o in fitting[:1]))
    return Answer(False if decided else None)


def _official(world: World, c: Condition) -> Answer:
    """What the platform's own page said last: `ok` only for its word `operational`."""
    found = [o for (check, _), looks in world.past.latest.items() if check == world.platform.official for o in looks]
    said = [o for o in found if isinstance(o.facts.get("official_status"), str)]
    limit = max(world.config.rules.stale_min, world.config.rules.stale_rounds * world.config.interval)
    said = [o for o in said if world.now - o.at <= max(limit, 3600)]
    if not world.platform.official:
        return Answer(False, missing=True)
    if not said:
        return Answer(None)
    newest = max(said, key=lambda o: o.at)
    word = str(newest.facts["official_status"])
    if word == Status.UNKNOWN:
        return Answer(None)
    if (word == Status.OPERATIONAL) is not (c.official == "ok"):
        return Answer(False)
    return Answer(True, (Seen("official", region=newest.region, observation=newest, words=word),))


def _reference(world: World, c: Condition, region: str) -> Answer:
    """The other platform from the same place: `ok` if any of it works there, `failing` if all that is known fails."""
    parts = [
        x for p in world.others for x in p.components if (not c.functions or x.function in c.functions) and x.checks
    ]
    if not parts:
        return Answer(False, missing=True)
    # What another region sees of it says nothing about this one.
    standings = [world.standing(x.id, region) for x in parts if region == ALL or region in world.regions(x)]
    good = [s for s in standings if s.status is Status.OPERATIONAL]
    bad = [s for s in standings if s.status in FAILING]
    if not good and not bad:
        return Answer(None)
    if bool(good) is not (c.reference == "ok"):
        return Answer(False)
    chosen = good[0] if good else bad[0]
    return Answer(True, (Seen("reference", chosen.component, region, standing=chosen),))


def _component(world: World, c: Condition, region: str) -> Answer:
    components = world.components(c.functions, c.component)
    if not components:
        return Answer(False, missing=True)
    answers = [_one(world, c, x, region if region in world.regions(x) else ALL) for x in components]
    true = [a for a in answers if a.truth]
    if true:
        return Answer(True, tuple(s for a in true for s in a.seen))
    return Answer(None if any(a.truth is None for a in answers) else False)


def _one(world: World, c: Condition, component: Component, place: str) -> Answer:
    standing = world.standing(component.id, place)
    believed = _believed(world, c, component, standing)
    if believed is False or not c.of_looks:
        seen = (
            (Seen("component", component.id, place, _telling(world, component, place), standing),) if believed else ()
        )
        return Answer(believed, seen)
    looks = [(k, o) for k, o in world.looks(component, place) if c.asks_of(k)]
    fitting = [o for k, o in looks if fits(world, c, k, o)]
    if fitting and believed:
        return Answer(True, tuple(Seen("component", component.id, o.region, o, standing) for o in fitting[:3]))
    if fitting or believed is None:
        return Answer(None)
    decided = [o for _, o in looks if o.verdict is not Verdict.INCONCLUSIVE]
    return Answer(False if decided else None)


def _believed(world: World, c: Condition, component: Component, standing: Standing) -> Truth:
    """Whether the standing is as asked. A failure that nobody confirmed yet is not known, so it blames nothing."""
    wanted = c.believed
    if wanted and standing.status not in wanted:
        return None if standing.status is Status.UNKNOWN else False
    return _lasted(world, c, component, standing)


def _lasted(world: World, c: Condition, component: Component, standing: Standing) -> Truth:
    if c.lasting is None and c.under is None:
        return True
    if standing.since is None:
        return None
    pace = max([world.config.interval, *(k.interval for k in component.checks if k.enabled)])
    seconds = world.now - standing.since

    def length(span: Span) -> int:
        return span.seconds or span.rounds * pace

    if c.lasting is not None and seconds < length(c.lasting):
        return False
    return not (c.under is not None and seconds >= length(c.under))


def _telling(world: World, component: Component, place: str) -> Observation | None:
    """The look that shows the standing best: the newest bad one for a failing component, else the newest."""
    looks = [o for _, o in world.looks(component, place)]
    bad = [o for o in looks if o.verdict in BAD]
    if world.standing(component.id, place).status in FAILING:
        return max(bad, key=lambda o: (o.verdict is Verdict.DOWN, o.at, o.check, o.region), default=None)
    return max(looks, key=lambda o: (o.verdict is Verdict.OK, o.at, o.check, o.region), default=None)


def fits(world: World, c: Condition, check: Check, o: Observation) -> bool:
    """Whether the look is one that the condition asks for, whatever is believed of the component."""
    if not world.votes(o.region) and not c.only_ours:
        return False
    tests: tuple[Callable[[], bool], ...] = (
        lambda: not c.verdict or o.verdict in c.verdict,
        lambda: not c.failure or (o.failure in c.failure and (bool(c.verdict) or o.verdict is not Verdict.OK)),
        lambda: _between(c, o),
        lambda: all(_has(o, name, wanted) for name, wanted in c.facts),
    )
    return all(test() for test in tests)


def _has(o: Observation, name: str, wanted: tuple[str | int | float | bool, ...]) -> bool:
    return any(value in wanted for value in told(o, name))


def told(o: Observation, name: str) -> tuple[str | int | float, ...]:
    """What the look says of a fact: `a.b` looks inside `a`, and inside each if that is a list; a list says several."""
    found: list[object] = [o.facts]
    for step in name.split("."):
        found = [one.get(step) for value in found for one in _each(value) if isinstance(one, Mapping)]
    return tuple(one for value in found for one in _each(value) if isinstance(one, str | int | float))


def _each(value: object) -> Iterable[object]:
    return value if isinstance(value, list | tuple) else (value,)


def _between(c: Condition, o: Observation) -> bool:
    if not c.measures:
        return True
    if o.value is None:
        return False
    above, below = _number(c.above, o), _number(c.below, o)
    if (c.above is not None and above is None) or (c.below is not None and below is None):
        return False
    return (above is None or o.value > above) and (below is None or o.value < below)


def _number(limit: float | str | None, o: Observation) -> float | None:
    if limit == "degraded":
        return o.degraded
    if limit == "down":
        return o.down
    return limit if isinstance(limit, int | float) else None
