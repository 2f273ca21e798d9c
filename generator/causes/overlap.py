"""What is valid in a cause but cannot be meant: it can never hold, or another one always stands before it.

Pure: causes and configuration in, warnings out. Never reads a file, never looks at history.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..errors import Problem, Severity
from ..model import Cause, Confidence, Config, Failure, RegionHealth, Status, Verdict
from ..signature import NOBODYS, STATUS_WORDS, Condition, Group, Node, Signature

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


def impossible(signature: Signature, config: Config) -> list[str]:
    """Why the signature can never hold with this configuration; empty if it can."""
    found = [why for c in _must(signature.when) for why in _contradictions(c)]
    musts = list(_must(signature.when))
    for condition in musts:
        if any(isinstance(n, Condition) and implies(condition, n) for n in signature.unless):
            found.append(f"`{condition.said()}` stands in `when` and is refused by `unless`")
    found += _against_each_other(musts)
    if signature.when and not any(_fits(signature, config, p.id) for p in config.platforms):
        parts = sorted({part for c in musts if c.of_component for part in (c.component, *c.functions) if part})
        found.append(f"no platform has all of its parts ({', '.join(parts)})")
    return found


def _must(nodes: Iterable[Node]) -> Iterable[Condition]:
    for node in nodes:
        if isinstance(node, Condition):
            yield node
        elif node.kind == "all":
            yield from _must(node.nodes)


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
    return found


def _against_each_other(musts: Sequence[Condition]) -> list[str]:
    """Two conditions on the same part whose statuses exclude each other everywhere."""
    found = []
    for n, one in enumerate(musts):
        for other in musts[n + 1 :]:
            same = one.of_component and other.of_component and _target(one) == _target(other)
            plain = not one.of_looks and not other.of_looks and not one.spread and not other.spread
            if same and plain and one.status and other.status and not one.status & other.status:
                found.append(f"`{one.said()}` and `{other.said()}` exclude each other")
    return found


def _fits(signature: Signature, config: Config, platform: str) -> bool:
    return all(_there(c, config, platform) for c in _must(signature.when))


def _there(c: Condition, config: Config, platform: str) -> bool:
    found = config.platform(platform)
    if found is None:
        return False
    if c.role:
        return found.role == c.role
    if c.official:
        return bool(found.official)
    if c.reference:
        return any(p.id != platform for p in config.platforms)
    if c.control:
        return any(k.is_called(c.control) for k in config.controls)
    if c.region:
        return c.region <= frozenset(RegionHealth)
    if c.component:
        return any(c.component in (x.id, x.key) for x in found.components)
    return any(x.function in c.functions for x in found.components)


def _unknown_parts(cause: Cause, config: Config) -> list[Problem]:
    """`scope` and `explains` that name nothing configured."""
    known = {c.function for c in config.components} | {c.id for c in config.components}
    known |= {c.key for c in config.components}
    missing = [p for p in (*cause.signature.scope, *cause.signature.explains) if p not in known]
    return [
        _warning(cause, "unknown-part", f"nothing here is called {p!r}", "name a function or a component")
        for p in missing
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
