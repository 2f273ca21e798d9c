"""The one ordered table of precedence: votes counted, and the row that says what follows from them.

Pure: never remembers, never decides when a round is believed (that is `generator.states`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..model import FAILING, Failure, Rules, Status, Time
from .ballot import SEVERITY, Vote, Word

MOST_EVIDENCE = 12


@dataclass(frozen=True, slots=True)
class Count:
    """The votes of one panel, counted. `configured` leaves out regions that may not look by law or policy."""

    votes: Mapping[str, Vote]
    configured: int
    need: int
    voters: int
    major: int
    partial: int
    failing: int

    @property
    def quorate(self) -> bool:
        return self.configured > 0 and self.voters >= self.need


def count(rules: Rules, votes: Mapping[str, Vote], *, feared: bool = False) -> Count:
    """Count the votes; with `feared`, the last words of those who fell silent count as if they still stood."""
    configured = sum(not v.blocked for v in votes.values())
    said = [s for v in votes.values() if (s := v.feared if feared else v.said) is not None]
    need = min(rules.quorum, configured) if rules.quorum > 0 else configured // 2 + 1
    return Count(
        votes=votes,
        configured=configured,
        need=max(1, need),
        voters=len(said),
        major=said.count(Status.MAJOR_OUTAGE),
        partial=said.count(Status.PARTIAL_OUTAGE),
        failing=sum(s in FAILING for s in said),
    )


@dataclass(frozen=True, slots=True)
class Case:
    """What the table of precedence looks at: the panels as counted, as feared, and whether we were fine before."""

    panels: tuple[Count, ...]
    feared: tuple[Count, ...]
    was_fine: bool


def _majority_down(c: Count) -> bool:
    return 2 * c.major > c.voters


def _some_down(c: Count) -> bool:
    return c.major + c.partial >= 1


def _majority_failing(c: Count) -> bool:
    return 2 * c.failing > c.voters


def _quorate(case: Case, holds: Callable[[Count], bool]) -> bool:
    return any(c.quorate and holds(c) for c in case.panels)


def _doubted(case: Case) -> bool:
    """Whether those who can see would call it fine only because somebody who said otherwise fell silent."""
    if case.was_fine or not any(c.quorate or (c.voters and not c.failing) for c in case.panels):
        return False
    fears = (_majority_down, _some_down, _majority_failing)
    return any(fear(c) for c in case.feared if c.voters for fear in fears)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table: its name, the status it shows (None: the last one is held), when it applies."""

    name: str
    status: Status | None
    applies: Callable[[Case], bool]
    says: str


PRECEDENCE: tuple[Row, ...] = (
    Row(
        "majority_down",
        Status.MAJOR_OUTAGE,
        lambda case: _quorate(case, _majority_down),
        "more than half of the regions that can see say it is down",
    ),
    Row(
        "some_regions_down",
        Status.PARTIAL_OUTAGE,
        lambda case: _quorate(case, _some_down),
        "at least one region says it is down, and not more than half",
    ),
    Row(
        "majority_degraded",
        Status.DEGRADED_PERFORMANCE,
        lambda case: _quorate(case, _majority_failing),
        "more than half of the regions that can see say it is slow, late or worse",
    ),
    Row(
        "silence_is_not_recovery",
        None,
        _doubted,
        "those who can see say it is fine, but who last said otherwise has not been heard since",
    ),
    Row(
        "quorum_fine",
        Status.OPERATIONAL,
        lambda case: _quorate(case, lambda c: True),
        "enough regions can see, and none of the above",
    ),
    Row(
        "blocked_by_policy",
        None,
        lambda case: bool(case.panels) and all(c.configured == 0 for c in case.panels),
        "the platform turns these regions away by law or policy: that is no vote against it",
    ),
    Row("no_quorum", None, lambda case: True, "too few regions can see"),
)
"""The one order in which votes become a status: the first row that applies is what a round shows."""


def case_of(rules: Rules, panels: Sequence[Mapping[str, Vote]], was_fine: bool) -> Case:
    """The votes of the panels, counted twice: as said, and as feared."""
    counts = tuple(count(rules, votes) for votes in panels)
    doubted = not was_fine and any(v.doubt or not c.quorate for c in counts for v in c.votes.values())
    feared = tuple(count(rules, votes, feared=True) for votes in panels) if doubted else ()
    return Case(counts, feared, was_fine)


def rounds_for(rules: Rules, row: Row, case: Case) -> int:
    """How many rounds in a row must show the row before it is believed. Nobody alone is believed at once."""
    if row.name == "majority_down":
        return rules.down_after or (2 if alone(row, case) else 1)
    if row.status is Status.OPERATIONAL:
        return rules.up_after
    return rules.partial_after if row.status is Status.PARTIAL_OUTAGE else rules.degraded_after


def decide(case: Case) -> Row:
    return next(row for row in PRECEDENCE if row.applies(case))


def deciding(row: Row, case: Case) -> tuple[Word, ...]:
    """The words that make the row apply, of quorate panels; for `operational` every word that counts."""
    least = SEVERITY[row.status] if row.status is not None else 0
    return tuple(
        word
        for c in case.panels
        if c.quorate
        for vote in c.votes.values()
        if vote.said is not None
        for word in vote.words
        if SEVERITY[word.status] >= least
    )


def alone(row: Row, case: Case) -> bool:
    """Whether only panels of one region make the row apply: there is no second opinion then."""
    holds = {"majority_down": _majority_down, "some_regions_down": _some_down, "majority_degraded": _majority_failing}
    test = holds.get(row.name)
    return all(c.configured == 1 for c in case.panels if c.quorate and (test is None or test(c)))


def agreed(row: Row, case: Case) -> bool:
    """Whether most of several regions say it is down: that is a second opinion for each of them."""
    return row.name == "majority_down" and not alone(row, case)


def most_common(words: Iterable[Word]) -> Failure | None:
    """The failure most of the words name; the first of the vocabulary among equals."""
    tally: dict[Failure, int] = {}
    for word in words:
        if word.look.failure is not None:
            tally[word.look.failure] = tally.get(word.look.failure, 0) + 1
    order = {failure: place for place, failure in enumerate(Failure)}
    return min(tally, key=lambda f: (-tally[f], order[f]), default=None)


def good_until(row: Row, case: Case) -> Time:
    """When the row can no longer be upheld if nobody says anything more: no quorum, or nobody left who saw it fail."""
    quorate = [c for c in case.panels if c.quorate]
    until = max(quorum_until(c, lambda vote: vote.until) for c in quorate)
    if row.status not in FAILING:
        return until
    return min(until, max(v.until for c in quorate for v in c.votes.values() if v.said in FAILING))


def quorum_until(c: Count, times: Callable[[Vote], Time]) -> Time:
    """Until when the quorum lasts if nobody says anything more: the time of the vote that completes it."""
    return sorted((times(v) for v in c.votes.values() if v.said is not None), reverse=True)[c.need - 1]
