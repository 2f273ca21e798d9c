"""The vote: which regions say what of a component, and the one table that says what follows from it.

Regions that run the same checks of a component form a panel; a check that only one region runs is a panel of one, so
that nobody is asked about what they do not look at. Pure: never remembers, never decides when a round is believed
(that is `generator.states`), never looks at a region's health beyond whether it may vote.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..model import (
    FAILING,
    WORST_FIRST,
    Check,
    Config,
    Failure,
    Health,
    Observation,
    RegionHealth,
    Rules,
    Status,
    Time,
    Verdict,
)
from ..vantage import Place, places
from .belief import Seen

SEVERITY: Mapping[Status, int] = {
    Status.OPERATIONAL: 0,
    Status.DEGRADED_PERFORMANCE: 1,
    Status.PARTIAL_OUTAGE: 2,
    Status.MAJOR_OUTAGE: 3,
}
assert [s for s in WORST_FIRST if s in SEVERITY] == sorted(SEVERITY, key=lambda s: -SEVERITY[s])

Key = tuple[str, str]
MOST_EVIDENCE = 12


# ---- who is asked ----------------------------------------------------------------------------------------------------


ON_CALL = ("second_opinion", "sweep")
"""Modes of a region in which it is asked only when others fail, or seldom: no part of the quorum while it is silent."""


@dataclass(frozen=True, slots=True)
class Panel:
    """Regions that run the same checks of a component."""

    regions: tuple[str, ...]
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A configuration as the fold needs it, worked out once."""

    config: Config
    places: tuple[Place, ...]
    panels: Mapping[str, tuple[Panel, ...]]  # component -> its panels
    regions: Mapping[str, tuple[str, ...]]  # component -> the regions that look at it
    checks: Mapping[str, Check]  # every known check, controls and official ones too
    known: frozenset[Key]  # every (check, region) that is asked for
    compared: tuple[Check, ...]  # checks whose probe holds the regions against each other
    tallied: frozenset[str]  # the checks whose looks are counted and timed: all but controls
    heard: Mapping[str, int]  # region -> seconds after which nothing from it is fresh
    guests: frozenset[str] = frozenset()  # regions that look only now and then


def plan_of(config: Config, compares: Callable[[str], bool]) -> Plan:
    """The plan of a configuration; `compares` says of a kind of check whether its probe compares regions."""
    order = [region.id for region in config.regions]
    panels: dict[str, tuple[Panel, ...]] = {}
    regions: dict[str, tuple[str, ...]] = {}
    for component in config.components:
        groups: dict[tuple[str, ...], list[Check]] = {}
        for check in component.checks:
            where = tuple(r for r in order if r in check.regions)
            if check.enabled and where:
                groups.setdefault(where, []).append(check)
        panels[component.id] = tuple(Panel(where, tuple(checks)) for where, checks in groups.items())
        regions[component.id] = tuple(r for r in order if any(r in where for where in groups))
    everything = {c.id: c for c in (*config.controls, *config.checks)}
    known = {(c.id, r) for c in config.checks for r in c.regions}
    known |= {(c.id, r) for c in config.controls for r in (c.regions or order)}
    where_ = places(config)
    return Plan(
        config=config,
        places=where_,
        panels=panels,
        regions=regions,
        checks=everything,
        known=frozenset(known),
        compared=tuple(c for c in config.checks if len(c.regions) > 1 and compares(c.kind)),
        tallied=frozenset(c.id for c in config.checks),
        guests=frozenset(r.id for r in config.regions if r.options.get("mode") in ON_CALL),
        heard={p.id: max(config.rules.stale_rounds * p.pace, config.rules.stale_min) for p in where_},
    )


# ---- one region's vote -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Word:
    """A fresh conclusive look and the status it speaks for."""

    look: Observation
    slot: Time
    status: Status


@dataclass(frozen=True, slots=True)
class Vote:
    """What one region says of some checks of a component.

    `status` is None when it says nothing. `doubt` is the worst that a check of it said last which can no longer be
    heard: as long as there is one, `operational` is not taken from this region. `until` is when the vote is too old,
    `cover` how far it vouches.
    """

    status: Status | None = None
    doubt: Status | None = None
    blocked: bool = False
    words: tuple[Word, ...] = ()
    until: Time = 0
    cover: Time = 0

    @property
    def said(self) -> Status | None:
        """The status that counts: silence about a failure is not a vote for `operational`."""
        return None if self.status is Status.OPERATIONAL and self.doubt is not None else self.status

    @property
    def feared(self) -> Status | None:
        """What it would say if the checks that fell silent still said the same."""
        statuses = [s for s in (self.status, self.doubt) if s is not None]
        return max(statuses, key=SEVERITY.__getitem__, default=None)


_SPEAKS_FOR: Mapping[Verdict, Status] = {
    Verdict.OK: Status.OPERATIONAL,
    Verdict.DEGRADED: Status.DEGRADED_PERFORMANCE,
    Verdict.DOWN: Status.MAJOR_OUTAGE,
}


def status_of(verdict: Verdict, cap: Status) -> Status:
    """The status a conclusive verdict speaks for; never worse than the check may make of its component."""
    status = _SPEAKS_FOR[verdict]
    return status if SEVERITY[status] <= SEVERITY.get(cap, 0) else cap


def fresh_until(check: Check, at: Time, rules: Rules) -> Time:
    """When a look of this check is too old to vote."""
    return at + max(rules.stale_rounds * check.interval, rules.stale_min)


def cast(
    rules: Rules,
    checks: Iterable[Check],
    region: str,
    table: Mapping[Key, Seen],
    heard_until: Time,
    may_vote: bool,
    now: Time,
) -> Vote:
    """The vote of a region on these checks at `now`: the worst of its fresh conclusive looks."""
    words: list[Word] = []
    doubts: list[Status] = []
    blocked, until, cover = False, 0, 0
    for check in checks:
        seen = table.get((check.id, region))
        if seen is None:
            continue
        look, limit = seen.judged, fresh_until(check, seen.judged.at, rules)
        heard = may_vote and seen.void is None and now < min(limit, heard_until)
        if heard and look.conclusive:
            words.append(Word(look, seen.slot, status_of(look.verdict, check.worst)))
            until = max(until, min(limit, heard_until))
            cover = max(cover, look.at + rules.cap_rounds * check.interval)
        elif heard and look.verdict is Verdict.BLOCKED_BY_POLICY:
            blocked = True
        elif seen.word in FAILING:
            doubts.append(seen.word)
    if not words and blocked:
        return Vote(blocked=True)
    status = max((w.status for w in words), key=SEVERITY.__getitem__, default=None)
    doubt = max(doubts, key=SEVERITY.__getitem__, default=None)
    return Vote(status, doubt, False, tuple(words), until, cover)


def ballots(
    plan: Plan, table: Mapping[Key, Seen], component: str, health: Mapping[str, Health], now: Time
) -> tuple[Mapping[str, Vote], ...]:
    """The votes of every panel of a component at `now`, by region."""
    rules, found = plan.config.rules, []
    for panel in plan.panels[component]:
        votes = {}
        for region in panel.regions:
            state = health[region]
            until = (state.checked_at or 0) + plan.heard[region]
            votes[region] = cast(rules, panel.checks, region, table, until, state.health is RegionHealth.OK, now)
        found.append(_without_silent_guests(plan, votes))
    return tuple(found)


def _without_silent_guests(plan: Plan, votes: Mapping[str, Vote]) -> Mapping[str, Vote]:
    """A region that looks only now and then counts while it speaks; its silence says nothing."""
    if all(region in plan.guests for region in votes):
        return votes
    return {r: vote for r, vote in votes.items() if r not in plan.guests or vote.words or vote.blocked}


def together(votes: Sequence[Vote]) -> Vote:
    """The votes of one region in several panels as one."""
    if len(votes) == 1:
        return votes[0]
    heard = [v for v in votes if not v.blocked]
    if not heard:
        return Vote(blocked=bool(votes))
    return Vote(
        status=max((v.status for v in heard if v.status is not None), key=SEVERITY.__getitem__, default=None),
        doubt=max((v.doubt for v in heard if v.doubt is not None), key=SEVERITY.__getitem__, default=None),
        words=tuple(w for v in heard for w in v.words),
        until=max(v.until for v in heard),
        cover=max(v.cover for v in heard),
    )


# ---- counting --------------------------------------------------------------------------------------------------------


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
    fears = (_majority_down, _some_down, _majority_failing)
    return not case.was_fine and any(fear(c) for c in case.feared if c.voters for fear in fears)


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
