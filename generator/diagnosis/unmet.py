"""Why a condition does not hold in one region: what was seen in its place, as lines of plain text for `explain`.

Pure: repeats what `matching` decided, decides nothing itself.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import ALL, FAILING, Component, Observation, Verdict
from ..plain import component_name, english, length, listed, region_name
from ..signature import Condition, Group, Node
from .matching import Seen, fits, holds, spread_of, told
from .wording import seen_said
from .world import World

MOST = 3
"""So many looks are told for one condition; `explain` shows the others above the causes."""


def instead(world: World, node: Node, region: str) -> tuple[str, ...]:
    """What was seen where the condition or group does not hold in this region; empty where it does."""
    answer = holds(world, node, region)
    if answer.truth:
        return ()
    if answer.missing:
        return (f"{world.platform.name} has no such part",)
    found = _of_group(world, node, region) if isinstance(node, Group) else _of_condition(world, node, region)
    return tuple(dict.fromkeys(found))[:MOST] or ("nobody could tell",)


def _of_group(world: World, group: Group, region: str) -> Iterator[str]:
    for node in group.nodes:
        if group.kind == "none":
            yield from (english(seen_said(world, s)) for s in holds(world, node, region).seen)
        else:
            yield from instead(world, node, region)


def _of_condition(world: World, c: Condition, region: str) -> Iterator[str]:
    if c.role:
        yield f"{world.platform.name} is the {world.platform.role}"
    elif c.region:
        health = world.past.health.get(region)
        yield f"the region is {health.health}" if health is not None else "the region was never heard of"
    elif c.control:
        yield from _of_controls(world, c, region)
    elif c.official:
        known = holds(world, c, region).truth is not None
        yield f"the status page of {world.platform.name} " + ("says something else" if known else "could not be read")
    elif c.reference:
        yield from _of_reference(world, c, region)
    elif c.spread and (places := [r for r, a in spread_of(world, c).items() if a.truth]) and region in places:
        yield f"it is so in {listed((region_name(world.config, r) for r in places), MOST)}"
    else:
        parts = [(x, _place(world, x, region)) for x in world.components(c.functions, c.component)]
        for component, place in sorted(parts, key=lambda p: world.standing(p[0].id, p[1]).status not in FAILING):
            yield from _of_component(world, c, component, place)


def _place(world: World, component: Component, region: str) -> str:
    return region if region in world.regions(component) else ALL


def _of_controls(world: World, c: Condition, region: str) -> Iterator[str]:
    looks = [world.look(k, region) for k in world.config.controls if k.is_called(c.control)]
    seen = [Seen("control", region=region, observation=look) for look in looks if look is not None]
    yield from (english(seen_said(world, s)) for s in seen)
    if not seen:
        yield "no fresh look at the control"


def _of_reference(world: World, c: Condition, region: str) -> Iterator[str]:
    parts = [x for p in world.others for x in p.components if not c.functions or x.function in c.functions]
    seen = [x for x in parts if region == ALL or region in world.regions(x)]
    yield from (_belief(world, x, region) for x in seen)
    if parts and not seen:
        yield "nobody looks at it from here"


def _of_component(world: World, c: Condition, component: Component, place: str) -> Iterator[str]:
    name = component_name(world.config, component.id)
    standing = world.standing(component.id, place)
    looks = [(k, o) for k, o in world.looks(component, place) if c.asks_of(k)] if c.of_looks else []
    fitting = any(fits(world, c, k, o) for k, o in looks)
    believed = not c.believed or standing.status in c.believed
    if (fitting or not c.of_looks) and believed and standing.since is not None:
        yield f"{name} is {standing.status} for {length(world.now - standing.since)}"
    elif fitting or not c.of_looks:
        yield ("seen, but not believed: " if fitting else "") + _belief(world, component, place)
    else:
        yield from (_look(world, c, o) for _, o in looks)
        if not looks:
            yield f"{name}: no fresh look" + (f" of {c.check}" if c.check else "")


def _belief(world: World, component: Component, place: str) -> str:
    """`Parrot: Search, Home: working since 22 Nov 2026, 06:00 UTC.`"""
    seen = Seen("component", component.id, place, standing=world.standing(component.id, place))
    return english(seen_said(world, seen))


def _look(world: World, c: Condition, look: Observation) -> str:
    """The look, with the facts that are asked for."""
    component = next((k.component for k in world.config.checks if k.id == look.check), "")
    said = english(seen_said(world, Seen("component", component, look.region, look)))
    asked = c.facts if look.verdict is not Verdict.OK else ()
    facts = [f"{name} is {listed(map(str, told(look, name)), MOST) or 'not there'}" for name, _ in asked]
    votes = () if world.votes(look.region) else ("the region does not vote",)
    return " ".join((said, *(f"{one}." for one in (*facts, *votes))))
