"""What a belief comes to at a moment: a `Standing` for every component, in each of its regions and over all. Pure.

Says what is believed, by which row of the table, who voted how, on which observations, and what nearly changed it.
Never changes a belief.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .. import vantage
from ..model import ALL, FAILING, Failure, Health, RegionHealth, Rules, Standing, Status, Time, Verdict
from . import ballot, hysteresis, precedence
from .ballot import Vote, Word
from .belief import Belief, Key, Seen, Series, looks_of
from .panels import Plan
from .precedence import MOST_EVIDENCE, Case, Row


def health(belief: Belief, plan: Plan, now: Time) -> dict[str, Health]:
    """Who may vote at `now`, going by the newest looks."""
    return vantage.assess(plan.config, plan.places, looks_of(belief.table), now)


def standings(belief: Belief, plan: Plan, now: Time) -> dict[Key, Standing]:
    """Every configured (component, region) and (component, ALL). The belief must have been expired to `now` before."""
    able = health(belief, plan, now)
    found: dict[Key, Standing] = {}
    for component, regions in plan.regions.items():
        votes = ballot.ballots(plan, belief.table, component, able, now)
        mine = {r: ballot.together([panel[r] for panel in votes if r in panel]) for r in regions}
        looks = _looks(belief.table, plan, component)
        runs = component in belief.open
        agreed = _agreed(plan.config.rules, belief, component, votes)
        for region in (ALL, *regions):
            series = belief.series.get((component, region), Series())
            asked = votes if region == ALL else ({region: mine[region]},)
            case = precedence.case_of(plan.config.rules, asked, series.status is Status.OPERATIONAL)
            seen = [s for s in looks if region in (ALL, s.look.region)]
            said = _votes(votes, mine) if region == ALL else _words(plan, seen, mine[region])
            moment = _Moment(series, case, precedence.decide(case), seen, able, said, runs, agreed and region != ALL)
            found[component, region] = _standing((component, region), moment, plan.config.rules)
    return found


@dataclass(frozen=True, slots=True)
class _Moment:
    """Everything one standing is made of."""

    series: Series
    case: Case
    row: Row
    seen: Sequence[Seen]
    health: Mapping[str, Health]
    votes: Mapping[str, str]
    outage_runs: bool
    agreed: bool


def _agreed(rules: Rules, belief: Belief, component: str, votes: Sequence[Mapping[str, Vote]]) -> bool:
    series = belief.series.get((component, ALL), Series())
    case = precedence.case_of(rules, votes, series.status is Status.OPERATIONAL)
    return precedence.agreed(precedence.decide(case), case)


def _looks(table: Mapping[Key, Seen], plan: Plan, component: str) -> list[Seen]:
    """The newest look of every check of the component in every region."""
    keys = [(check.id, r) for panel in plan.panels[component] for check in panel.checks for r in panel.regions]
    return [table[key] for key in keys if key in table]


def _standing(key: Key, m: _Moment, rules: Rules) -> Standing:
    series, row = m.series, m.row
    status, rule = shown(series, rules)
    held = row.status is None and status is not Status.UNKNOWN
    if held or (status is Status.UNKNOWN and row.status is None and row.name != "no_quorum"):
        rule = row.name
    words = precedence.deciding(row, m.case) if row.status is not None else ()
    heard = [w for c in m.case.panels for v in c.votes.values() for w in v.words]
    failing = [w for w in words if w.status in FAILING]
    return Standing(
        component=key[0],
        region=key[1],
        status=status,
        since=series.flapping_since if rule == "flapping" else series.since,
        checked_at=series.checked_at,
        rule=rule,
        failure=_failure(m, status, failing),
        latency_ms=_middle(w.look.latency_ms for w in heard),
        held=held,
        flapping=series.flapping,
        votes=m.votes,
        evidence=_evidence(m, failing or heard),
        nearly=_nearly(m, rules),
        known_at=series.known_at,
        unconfirmed=_unconfirmed(series),
    )


def shown(series: Series, rules: Rules) -> tuple[Status, str]:
    """The status to show, and the rule. What flaps shows as degraded, unless it has now been down for long enough."""
    steady = series.rounds - max(series.flips, default=0) >= rules.flap_enter
    if (
        series.flapping
        and series.status is not Status.UNKNOWN
        and not (series.status is Status.MAJOR_OUTAGE and steady)
    ):
        return Status.DEGRADED_PERFORMANCE, "flapping"
    return series.status, series.rule


def _votes(panels: Sequence[Mapping[str, Vote]], mine: Mapping[str, Vote]) -> dict[str, str]:
    """What each region says that is asked at all; one that is on call and silent is not."""
    return {r: _vote(vote) for r, vote in mine.items() if any(r in panel for panel in panels)}


def _vote(vote: Vote) -> str:
    if vote.blocked:
        return Verdict.BLOCKED_BY_POLICY.value
    return (vote.said or Status.UNKNOWN).value


def _words(plan: Plan, seen: Iterable[Seen], vote: Vote) -> dict[str, str]:
    """What each check of a region says: a status, or why it says nothing."""
    heard = {w.look.check: w.status.value for w in vote.words}
    return {s.look.check: heard.get(s.look.check) or _mute(s) for s in seen}


def _mute(seen: Seen) -> str:
    reason = seen.void or (None if seen.judged.conclusive else seen.judged.failure)
    return reason.value if reason is not None else Status.UNKNOWN.value


def _failure(m: _Moment, status: Status, failing: Sequence[Word]) -> Failure | None:
    """Why it fails; where nothing is known, why it cannot be known; the region's policy where nothing else is wrong."""
    if status in FAILING:
        return precedence.most_common(failing) or m.series.failure
    blocked = any(s.look.verdict is Verdict.BLOCKED_BY_POLICY for s in m.seen)
    if status is not Status.UNKNOWN or blocked:
        return Failure.REGION_BLOCKED if blocked else None
    regions = {s.look.region for s in m.seen}
    reasons = [h.reason for r, h in m.health.items() if r in regions and h.health is not RegionHealth.OK and h.reason]
    mute = [s.void or s.judged.failure for s in m.seen if not s.judged.conclusive or s.void]
    return next(iter(reasons), None) or next((f for f in mute if f is not None), None)


def _unconfirmed(series: Series) -> Status | None:
    believed = series.known if series.status is Status.UNKNOWN else series.status
    newest = series.trail[-1].status if series.trail else believed
    return newest if newest is not believed else None


def _middle(values: Iterable[float | None]) -> float | None:
    known = sorted(v for v in values if v is not None)
    return known[len(known) // 2] if known else None


def _evidence(m: _Moment, words: Sequence[Word]) -> tuple[tuple[str, str, Time], ...]:
    keys = [w.look.key for w in words] or [s.look.key for s in m.seen]
    return tuple(sorted(set(keys), key=lambda k: (-k[2], k[0], k[1]))[:MOST_EVIDENCE])


def _nearly(m: _Moment, rules: Rules) -> tuple[str, ...]:
    if m.row.status is None or not m.series.trail:
        return ()
    rounds = 1 if m.agreed and m.row.status is Status.MAJOR_OUTAGE else precedence.rounds_for(rules, m.row, m.case)
    progress = hysteresis.needed(m.series, rounds, rules, m.outage_runs)
    if progress is None or progress[0] >= progress[1]:
        return ()
    return (f"{m.series.trail[-1].rule}: {progress[0]} of {progress[1]} rounds",)
