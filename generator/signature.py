"""What a cause looks for: a small closed set of conditions, as values.

A condition names a part (component, function, the other platform, a control, the region itself, the official page) and
what must be seen of it. Conditions are joined by `all`, `any` and `none`; there are no expressions and no code.
`generator.causes` reads them from front matter, `generator.diagnosis.matching` holds them against history. Pure data.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import TypeAlias

from .model import FAILING, Check, Failure, RegionHealth, Status, Verdict

STATUS_WORDS: dict[str, frozenset[Status]] = {
    "ok": frozenset({Status.OPERATIONAL}),
    "failing": FAILING,
    **{s.value: frozenset({s}) for s in Status},
}
VERDICT_WORDS: dict[str, frozenset[Verdict]] = {
    "failing": frozenset({Verdict.DOWN, Verdict.DEGRADED}),
    **{v.value: frozenset({v}) for v in Verdict},
}
NOBODYS = frozenset(
    {
        Failure.CHALLENGED,
        Failure.RATE_LIMITED,
        Failure.TOO_FEW,
        Failure.NO_HISTORY,
        Failure.NO_ROUTE,
        Failure.CLOCK_SKEW,
        Failure.CONTROL_FAILED,
        Failure.SUSPECT_REGION,
        Failure.ENGINE_ERROR,
        Failure.ENGINE_BUDGET,
        Failure.ENGINE_OUTDATED,
        Failure.TRUNCATED,
        Failure.MISSING_SECRET,
        Failure.INTERNAL,
    }
)
"""Failures that never come with a verdict against the target."""

SPREADS = ("all", "some", "one")
ONLY = "only:"


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time: `rounds` of the component's own pace, or `seconds`."""

    rounds: int = 0
    seconds: int = 0


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing to be seen of one part. Empty fields ask nothing; all that are given must hold of the same look.

    `above` and `below` are numbers in the check's unit, or `degraded` / `down` for the check's own thresholds.
    `spread` says over how much of what is looked at it must hold: all, some but not all, exactly one, or only REGION.
    """

    component: str = ""
    functions: tuple[str, ...] = ()
    reference: str = ""  # ok | failing
    control: str = ""
    region: frozenset[RegionHealth] = frozenset()
    official: str = ""  # ok | failing
    role: str = ""  # subject | reference
    status: frozenset[Status] = frozenset()
    verdict: frozenset[Verdict] = frozenset()
    failure: frozenset[Failure] = frozenset()
    check: str = ""
    above: float | str | None = None
    below: float | str | None = None
    facts: tuple[tuple[str, tuple[str | int | float | bool, ...]], ...] = ()
    spread: str = ""
    lasting: Span | None = None
    under: Span | None = None

    @property
    def of_component(self) -> bool:
        """Whether it is about components of the platform itself."""
        return bool(self.component or self.functions) and not self.reference

    @property
    def of_looks(self) -> bool:
        """Whether single observations decide, not only what is believed of the component."""
        return bool(self.verdict or self.failure or self.check or self.facts) or self.measures

    @property
    def measures(self) -> bool:
        return self.above is not None or self.below is not None

    @property
    def only_ours(self) -> bool:
        """Whether it asks for trouble on our own way only, which says nothing against the target."""
        return bool(self.failure) and self.failure <= NOBODYS

    @property
    def blames(self) -> bool:
        """Whether the looks it asks for are failures of the target (not blocks, not our own trouble)."""
        if self.verdict:
            return self.verdict <= VERDICT_WORDS["failing"]
        return bool(self.failure or self.measures) and not self.only_ours

    @property
    def believed(self) -> frozenset[Status]:
        """What is believed of the component where it holds: what is asked for, or failing if looks blame it, or all."""
        return self.status or (FAILING if self.blames else frozenset())

    def asks_of(self, check: Check) -> bool:
        """Whether looks of this check may fit: all of them, or those of the check's id, key or kind."""
        return not self.check or self.check in (check.id, check.id.rpartition("/")[2], check.kind)

    @property
    def asks_health(self) -> bool:
        """Whether it asks for something that works: such a condition explains nothing by itself."""
        return self.status == STATUS_WORDS["ok"] or self.verdict == VERDICT_WORDS["ok"]

    def said(self) -> str:
        """The condition as one line, for `explain` and for messages."""
        return _said(self)


@dataclass(frozen=True, slots=True)
class Group:
    """`all`, `any` or `none` of its nodes."""

    kind: str
    nodes: tuple[Node, ...]


Node: TypeAlias = Condition | Group


@dataclass(frozen=True, slots=True)
class Signature:
    """When a cause holds. Every node of `when` must, no node of `unless` may; `expect` moves confidence only.

    `scope` and `explains` are functions or component ids: what the cause blames, and what fails because of it.
    `apart`: nothing upstream can explain this one. `aside`: it says something about the picture, not why something
    fails, so it explains nothing. `fallback`: it speaks when no other cause does.
    """

    when: tuple[Node, ...] = ()
    unless: tuple[Node, ...] = ()
    expect: tuple[Node, ...] = ()
    scope: tuple[str, ...] = ()
    explains: tuple[str, ...] = ()
    apart: bool = False
    aside: bool = False
    fallback: bool = False

    @property
    def specificity(self) -> int:
        """How much `when` asks: every key counts, of alternatives only the least demanding one."""
        return sum(_asked(n) for n in self.when)


def _asked(node: Node) -> int:
    if isinstance(node, Condition):
        return sum(bool(getattr(node, f.name)) for f in fields(node))
    if node.kind == "any":
        return min(_asked(n) for n in node.nodes)
    return sum(_asked(n) for n in node.nodes) if node.kind == "all" else 1


def conditions(nodes: tuple[Node, ...]) -> Iterator[Condition]:
    """Every condition below the nodes, in order."""
    for node in nodes:
        if isinstance(node, Group):
            yield from conditions(node.nodes)
        else:
            yield node


def anchors(nodes: tuple[Node, ...]) -> Iterator[Condition]:
    """The conditions that assert trouble of a component; those inside `none` and those that ask for health do not."""
    for node in nodes:
        if isinstance(node, Group):
            if node.kind != "none":
                yield from anchors(node.nodes)
        elif node.of_component and not node.asks_health:
            yield node


def _said(condition: Condition) -> str:
    parts = []
    for field in fields(condition):
        value = getattr(condition, field.name)
        if value in ("", None, ()) or value == frozenset():
            continue
        parts.append(f"{_NAMES.get(field.name, field.name)} {_value(field.name, value)}")
    return ", ".join(parts)


_NAMES = {"functions": "function", "lasting": "for", "facts": "fact"}


def _value(name: str, value: object) -> str:
    if name == "status" and value == FAILING:
        return "failing"
    if isinstance(value, Span):
        return f"{value.rounds} rounds" if value.rounds else f"{value.seconds} s"
    if isinstance(value, frozenset):
        return "|".join(sorted(str(v) for v in value))
    if name == "facts" and isinstance(value, tuple):
        return " ".join(f"{key}={'|'.join(map(str, wanted))}" for key, wanted in value)
    return "|".join(map(str, value)) if isinstance(value, tuple) else str(value)
