"""What is valid in a cause but cannot be meant: it can never hold, or another one always stands before it.

Pure: causes and configuration in, warnings out. Never reads a file, never looks at history.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, islice

from ..errors import Problem, Severity
from ..model import Cause, Component, Confidence, Config, Failure, Platform, RegionHealth, Status, Verdict
from ..shapes import suggest
from ..signature import NOBODYS, ONLY, STATUS_WORDS, Condition, Group, Node, Signature, conditions

_RANK = {Confidence.HIGH: 0, Confidence.MEDIUM: 1, Confidence.LOW: 2}


def warnings(causes: Sequence[Cause], config: Config) -> list[Problem]:
    """Every cause that can never hold here, and every one that another always precedes."""
    found: list[Problem] = []
    for cause in causes:
        if not isinstance(cause.signature, Signature):
            continue
        for why in impossible(cause.signature, config):
            found.append(_warning(cause, "never-matches", f"this cause can never hold: {why}", "change or delete it"))
        found += _unknown_parts(cause, config)
    for cause in causes:
        for other in causes:
            why = shadowed(cause, other)
            if why:
                found.append(_warning(cause, "always-second", why, f"narrow it, or add an `unless:` to {other.id}"))
    return found


def _warning(cause: Cause, rule: str, message: str, fix: str) -> Problem:
    return Problem(cause.place.file, cause.place.line, cause.place.col, rule, message, fix, Severity.WARNING)


# ---- never -----------------------------------------------------------------------------------------------------------


MOST_WAYS = 500
"""So many combinations of alternatives are looked through; a cause with more is taken to be possible."""


@dataclass(frozen=True, slots=True)
class _Way:
    """One way in which a signature can hold: all conditions of `musts`, none in any group of `nots`."""

    musts: tuple[Condition, ...] = ()
    nots: tuple[Group, ...] = ()


def impossible(signature: Signature, config: Config) -> list[str]:
    """Why the signature can never hold with this configuration; empty if it can."""
    found: dict[str, None] = {}
    ways = list(islice(_ways(signature.when), MOST_WAYS))
    if not signature.when or len(ways) == MOST_WAYS:
        return []
    for way in ways:
        wrong = _anywhere(way, signature) or _on_every_platform(way, signature, config)
        if not wrong:
            return []
        found |= dict.fromkeys(wrong)
    return list(found)


def _ways(nodes: Sequence[Node]) -> Iterator[_Way]:
    """Every combination of one alternative from each `any`."""
    if not nodes:
        yield _Way()
        return
    for first in _ways_of(nodes[0]):
        for rest in _ways(nodes[1:]):
            yield _Way((*first.musts, *rest.musts), (*first.nots, *rest.nots))


def _ways_of(node: Node) -> Iterator[_Way]:
    if isinstance(node, Condition):
        yield _Way((node,))
    elif node.kind == "none":
        yield _Way((), (node,))
    elif node.kind == "all":
        yield from _ways(node.nodes)
    else:
        yield from (way for n in node.nodes for way in _ways_of(n))


def _anywhere(way: _Way, signature: Signature) -> list[str]:
    """What is impossible whatever is configured."""
    found = [why for c in way.musts for why in _contradictions(c)]
    for c in way.musts:
        if any(node_implies(c, n) for n in signature.unless):
            found.append(f"`{c.said()}` stands in `when` and is refused by `unless`")
        if any(node_implies(c, n) for group in way.nots for n in group.nodes):
            found.append(f"`{c.said()}` is wanted, and `none` refuses it")
    for one, other in combinations(way.musts, 2):
        if _only_in(one.spread, other.spread) and replace(one, spread="") == replace(other, spread=""):
            found.append(_exclude(one, other))
    return found


def _on_every_platform(way: _Way, signature: Signature, config: Config) -> list[str]:
    """Why no platform can show it; empty if one can."""
    nodes: tuple[Node, ...] = (*way.musts, *way.nots)
    there = [p for p in config.platforms if all(_there(n, config, p) for n in nodes)]
    if not there:
        parts = sorted({part for c in conditions(signature.when) if c.of_component for part in _named(c)})
        return [f"no platform has all of its parts ({', '.join(parts)})"]
    wrong = [[*_unlooked(way, p), *_against_each_other(way, p, config)] for p in there]
    return [why for each in wrong for why in each] if all(wrong) else []


def _contradictions(c: Condition) -> list[str]:
    found = []
    if c.status == STATUS_WORDS["ok"] and (c.failure or c.verdict & {Verdict.DOWN}):
        found.append(f"`{c.said()}`: a component that works shows no failure")
    against = c.verdict and c.verdict <= {Verdict.DOWN, Verdict.DEGRADED}
    if c.failure and against and c.failure <= NOBODYS:
        found.append(f"`{c.said()}`: these failures are never held against the target")
    if c.failure and c.verdict and c.verdict <= {Verdict.OK}:
        found.append(f"`{c.said()}`: a look that is fine has no failure")
    if Failure.REGION_BLOCKED in c.failure and c.verdict and Verdict.BLOCKED_BY_POLICY not in c.verdict:
        found.append(f"`{c.said()}`: a block by policy has the verdict blocked_by_policy")
    if isinstance(c.above, float) and isinstance(c.below, float) and c.above >= c.below:
        found.append(f"`{c.said()}`: nothing lies between the two numbers")
    if _lasts_too_long(c, c):
        found.append(f"`{c.said()}`: nothing lasts that long and that short at once")
    return found


def _lasts_too_long(one: Condition, other: Condition) -> bool:
    """Whether what lasts as long as the first asks is too old for the second; rounds and times are not compared."""
    most, least = other.under, one.lasting
    if most is None or least is None or bool(most.seconds) is not bool(least.seconds):
        return False
    return (least.seconds, least.rounds) >= (most.seconds, most.rounds)


def _only_in(one: str, other: str) -> bool:
    """Whether the same cannot be spread in both ways: everywhere and not everywhere, or only here and only there."""
    if one.startswith(ONLY) and other.startswith(ONLY):
        return one != other
    return bool(one and other) and one != other and "all" in (one, other)


def _exclude(one: Condition, other: Condition) -> str:
    return f"`{one.said()}` and `{other.said()}` exclude each other"


def _unlooked(way: _Way, platform: Platform) -> list[str]:
    """Conditions on a check that nothing of their parts has."""
    found = []
    for c in way.musts:
        checks = [k for x in _components(c, platform) for k in x.checks]
        if c.of_component and not any(c.asks_of(k) for k in checks):
            known = sorted({word for k in checks for word in (k.id.rpartition("/")[2], k.kind)})
            parts = "|".join(_named(c))
            found.append(f"no check of {parts} is called {c.check!r}; there are: {', '.join(known) or 'none'}")
    return found


def _against_each_other(way: _Way, platform: Platform, config: Config) -> list[str]:
    """Two conditions on the same component that cannot both hold of it in one place."""
    return [
        _exclude(one, other)
        for one, other in combinations(way.musts, 2)
        if (component := _same(one, other, platform)) is not None and _disjoint(one, other, component, config)
    ]


def _same(one: Condition, other: Condition, platform: Platform) -> Component | None:
    """The only component that both are about; None if there are several or others."""
    if not (one.of_component and other.of_component):
        return None
    mine, theirs = _components(one, platform), _components(other, platform)
    return mine[0] if len(mine) == 1 and mine == theirs else None


def _disjoint(one: Condition, other: Condition, component: Component, config: Config) -> bool:
    if one.believed and other.believed and not one.believed & other.believed:
        return True
    if _lasts_too_long(one, other) or _lasts_too_long(other, one):
        return True
    checks = [k for k in component.checks if one.asks_of(k) or other.asks_of(k)]
    # One check seen from one place is one look. A part that a region does not look at is seen over all of them.
    single = len(checks) == 1 and (len(checks[0].regions) == 1 or len(checks[0].regions) == len(config.regions))
    return single and one.of_looks and other.of_looks and _two_looks(one, other)


def _two_looks(one: Condition, other: Condition) -> bool:
    """Whether no single look fits both."""
    pairs: tuple[tuple[frozenset[Verdict] | frozenset[Failure], ...], ...] = (
        (one.verdict, other.verdict),
        (one.failure, other.failure),
    )
    if any(a and b and not a & b for a, b in pairs):
        return True
    mine, theirs = dict(one.facts), dict(other.facts)
    return any(not set(mine[name]) & set(theirs[name]) for name in ONE_VALUE & set(mine) & set(theirs))


ONE_VALUE = frozenset({"status", "edge.status", "fresh.status"})
"""Facts of which a look has one value at most; others may be lists that hold several."""


def _there(node: Node, config: Config, platform: Platform) -> bool:
    """Whether the platform has what the node is about; of alternatives one is enough."""
    if isinstance(node, Group):
        return (all if node.kind == "all" else any)(_there(n, config, platform) for n in node.nodes)
    if node.role:
        return platform.role == node.role
    if node.official:
        return bool(platform.official)
    if node.reference:
        others = [p for p in config.platforms if p.id != platform.id]
        return any(not node.functions or x.function in node.functions for p in others for x in p.components)
    if node.control:
        return any(k.is_called(node.control) for k in config.controls)
    if node.region:
        return node.region <= frozenset(RegionHealth)
    return bool(_components(node, platform))


def _components(c: Condition, platform: Platform) -> tuple[Component, ...]:
    if not c.of_component:
        return ()
    if c.component:
        return tuple(x for x in platform.components if c.component in (x.id, x.key))
    return tuple(x for x in platform.components if x.function in c.functions)


def _named(c: Condition) -> tuple[str, ...]:
    return tuple(part for part in (c.component, *c.functions) if part)


def _unknown_parts(cause: Cause, config: Config) -> list[Problem]:
    """`scope` and `explains`, and checks of `unless` and `expect`, that name nothing configured."""
    known = {c.function for c in config.components} | {c.id for c in config.components}
    known |= {c.key for c in config.components}
    missing = [p for p in (*cause.signature.scope, *cause.signature.explains) if p not in known]
    checks = [k for c in config.components for k in c.checks]
    doubts = conditions((*cause.signature.unless, *cause.signature.expect))
    missing += [c.check for c in doubts if c.check and not any(c.asks_of(k) for k in checks)]
    known |= {word for k in checks for word in (k.id, k.id.rpartition("/")[2], k.kind)}
    return [
        _warning(cause, "unknown-part", f"nothing here is called {p!r}", fix)
        for p in missing
        if (fix := suggest(p, sorted(known)) or "name a function, a component or a check")
    ]


# ---- always second ---------------------------------------------------------------------------------------------------


def shadowed(cause: Cause, other: Cause) -> str:
    """Why `other` always stands before `cause`; '' if it does not.

    Whenever `cause` holds, so does `other` (each of its conditions follows from one of `cause`), and it ranks higher.
    """
    mine, theirs = cause.signature, other.signature
    if cause.id == other.id or not isinstance(mine, Signature) or not isinstance(theirs, Signature):
        return ""
    if not mine.when or not theirs.when:
        return ""
    follows = all(any(node_implies(m, t) for m in mine.when) for t in theirs.when)
    refused = all(any(node_implies(t, m) for m in mine.unless) for t in theirs.unless)
    if not (follows and refused):
        return ""
    doubted = any(_contradicts(n, mine.when) for n in theirs.expect)
    if _RANK[other.confidence] + doubted < _RANK[cause.confidence]:
        return f"whenever it holds, {other.id} holds as well, with a higher confidence"
    same = all(any(node_implies(t, m) for t in theirs.when) for m in mine.when)
    if same and set(mine.unless) == set(theirs.unless) and other.id < cause.id:
        return f"it has the same signature as {other.id}"
    return ""


def _contradicts(expected: Node, when: Sequence[Node]) -> bool:
    """Whether what is expected cannot be where `when` holds: then the confidence falls."""
    if isinstance(expected, Group) and expected.kind == "none":
        return any(node_implies(m, n) for m in when for n in expected.nodes)
    return False


def node_implies(one: Node, other: Node) -> bool:
    """Whether `other` holds wherever `one` does, as far as can be said from the words alone."""
    if isinstance(one, Condition) and isinstance(other, Condition):
        return implies(one, other)
    if isinstance(one, Group) and one.kind == "all":
        return any(node_implies(n, other) for n in one.nodes) or one == other
    if isinstance(other, Group) and other.kind == "any":
        return any(node_implies(one, n) for n in other.nodes) or one == other
    return one == other


def implies(one: Condition, other: Condition) -> bool:
    """Whether every look that fits `one` also fits `other`."""
    if _target(one) != _target(other) and not _narrower_target(one, other):
        return False
    sets: tuple[tuple[frozenset[Status] | frozenset[Verdict] | frozenset[Failure], ...], ...] = (
        (one.status, other.status),
        (one.verdict, other.verdict),
        (one.failure, other.failure),
    )
    if any(b and not (a and a <= b) for a, b in sets):
        return False
    exact = ("check", "above", "below", "spread", "lasting", "under", "reference", "official", "role")
    if any(getattr(other, name) and getattr(one, name) != getattr(other, name) for name in exact):
        return False
    return set(other.facts) <= set(one.facts)


def _target(c: Condition) -> tuple[object, ...]:
    return (c.component, c.functions, bool(c.reference), c.control, c.region, bool(c.official), bool(c.role))


def _narrower_target(one: Condition, other: Condition) -> bool:
    functions = set(one.functions)
    return one.of_component and other.of_component and bool(functions) and functions <= set(other.functions)
