"""The ballot: what each region says of a component, as a vote.

Pure: never counts (that is `precedence`), never remembers, never looks at a region's health beyond whether it may vote.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..model import FAILING, WORST_FIRST, Check, Health, Observation, RegionHealth, Rules, Status, Time, Verdict
from .belief import Seen
from .panels import Key, Plan

SEVERITY: Mapping[Status, int] = {
    Status.OPERATIONAL: 0,
    Status.DEGRADED_PERFORMANCE: 1,
    Status.PARTIAL_OUTAGE: 2,
    Status.MAJOR_OUTAGE: 3,
}
assert [s for s in WORST_FIRST if s in SEVERITY] == sorted(SEVERITY, key=lambda s: -SEVERITY[s])


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
