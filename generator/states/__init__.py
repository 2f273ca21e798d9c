"""What we believe: a fold over rounds. Everything that can make a component red is decided from here.

    begin -> advance(belief, round) -> advance -> …      expire(belief, now): the same belief at a later moment

Each round: who may vote (`vantage`), what they say (`ballot`), what follows (`precedence`, the one table), when
it is believed (`hysteresis`), what it adds to the books (`ledger`). Deterministic: the same observations give the same
belief however they were cut into deliveries. Never reads a clock, a file or a network; `now` and the configuration are
given.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from .. import vantage
from ..history import HOUR
from ..model import (
    ALL,
    FAILING,
    Check,
    Config,
    Failure,
    Health,
    Observation,
    Outage,
    RegionHealth,
    Rollup,
    Round,
    Span,
    Status,
    Time,
    Verdict,
    worst,
)
from . import ballot, hysteresis, ledger, precedence
from .ballot import Word
from .belief import Belief, Entry, Key, Seen, Series, looks_of, remembered
from .hysteresis import Shown
from .panels import Plan, plan
from .precedence import PRECEDENCE, Case, Row
from .standing import health, standings

__all__ = [
    "PRECEDENCE",
    "Belief",
    "advance",
    "begin",
    "expire",
    "fold",
    "health",
    "plan",
    "rounds_of",
    "settle",
    "spans_to_save",
    "standings",
]

Piece = tuple[Time, Status, str, Failure | None]


# ---- the public fold -------------------------------------------------------------------------------------------------


def begin(config: Config) -> Belief:
    """Before any evidence: every component is `unknown`."""
    return Belief()


def advance(belief: Belief, round_: Round, config: Config) -> Belief:
    """The belief after one more round. A round that is not newer than the belief has been folded: nothing happens."""
    return fold(belief, (round_,), plan(config))


def expire(belief: Belief, now: Time, config: Config) -> Belief:
    """The belief at `now` if nothing more is heard: what is too old is `unknown`, from the moment it became too old."""
    work = _Fold(belief, plan(config))
    work.expire(now)
    return work.frozen()


def settle(belief: Belief) -> Belief:
    """The belief without what has been saved; keeps the spans and outages that back-dating may still take back."""
    horizon = min((t for s in belief.series.values() if (t := hysteresis.pending(s)) is not None), default=belief.at)
    horizon = belief.at if horizon is None or belief.at is None else min(horizon, belief.at)
    kept = tuple(s for s in belief.spans if horizon is not None and s.start >= horizon)
    outages = tuple(o for o in belief.outages if horizon is not None and o.started >= horizon)
    return replace(belief, spans=kept, outages=outages, rollups=(), horizon=horizon)


def fold(belief: Belief, rounds: Iterable[Round], plan_: Plan) -> Belief:
    """`advance` over many rounds, in order, without a copy of everything in between."""
    work = _Fold(belief, plan_)
    for round_ in rounds:
        work.round(round_)
    return work.frozen()


def rounds_of(observations: Iterable[Observation], interval: int, through: Time | None = None) -> Iterator[Round]:
    """Observations sorted by time as rounds: one for each slot of the schedule that has any, none before `through`."""
    at, found = 0, list[Observation]()
    for o in observations:
        slot = max(o.at - o.at % interval, through or 0)
        if found and slot != at:
            yield Round(at, tuple(found))
            found = []
        at = slot
        found.append(o)
    if found:
        yield Round(at, tuple(found))


# ---- one round -------------------------------------------------------------------------------------------------------


class _Fold:
    """A belief while it is being worked on; `frozen` gives the value back."""

    def __init__(self, belief: Belief, plan_: Plan) -> None:
        self.plan, self.rules = plan_, plan_.config.rules
        self.at, self.through, self.began, self.horizon = belief.at, belief.through, belief.began, belief.horizon
        self.table = dict(belief.table)
        self.series = dict(belief.series)
        self.tallies = dict(belief.tallies)
        self.open = dict(belief.open)
        self.spans = {(s.component, s.region, s.start): s for s in belief.spans}
        self.outages = {o.id: o for o in belief.outages}
        self.retired = False
        self.rollups: dict[tuple[str, str, str, Time], Rollup] = {}
        for rollup in belief.rollups:
            self.emit(rollup)

    def emit(self, rollup: Rollup) -> None:
        self.rollups[rollup.scale, rollup.series, rollup.region, rollup.at] = rollup

    def frozen(self) -> Belief:
        return Belief(
            self.at,
            self.through,
            self.began,
            self.horizon,
            self.table,
            self.series,
            self.tallies,
            self.open,
            tuple(self.spans[key] for key in sorted(self.spans)),
            tuple(self.outages[id] for id in sorted(self.outages)),
            tuple(self.rollups[key] for key in sorted(self.rollups)),
        )

    def round(self, round_: Round) -> None:
        if self.at is not None and round_.at <= self.at:
            return
        self.expire(round_.at)
        self.at, self.through = round_.at, round_.at + self.plan.config.interval
        self.began = round_.at if self.began is None else self.began
        self._retire()
        fresh = self._take(round_)
        health = self._health(round_.at)
        self._judge(fresh, health)
        self._count_looks(fresh)
        for component in self.plan.panels:
            self._component(component, health, round_.at)

    def expire(self, now: Time) -> None:
        for key, series in list(self.series.items()):
            if series.good_until is None or series.good_until > now:
                continue
            after = hysteresis.expired(series)
            if series.status is not Status.UNKNOWN:
                after = self._told(key, series, after, [(series.good_until, Status.UNKNOWN, "stale", None)])
            self.series[key] = after

    # ---- taking in looks ---------------------------------------------------------------------------------------------

    def _take(self, round_: Round) -> tuple[Key, ...]:
        """The newest look of each (check, region) into the table; which ones came."""
        newest: dict[Key, Observation] = {}
        for look in sorted(round_.observations, key=lambda o: (o.at, o.verdict, o.detail)):
            if (look.check, look.region) in self.plan.known:
                newest[look.check, look.region] = look
        for key, look in newest.items():
            before = self.table.get(key)
            kept = remembered(look)
            self.table[key] = Seen(kept, round_.at, kept, None, before.word if before else None)
        return tuple(sorted(newest))

    def _health(self, now: Time) -> dict[str, Health]:
        return vantage.assess(self.plan.config, self.plan.places, looks_of(self.table), now)

    def _judge(self, fresh: Sequence[Key], health: Mapping[str, Health]) -> None:
        """Void what came from a region that cannot be trusted; hold regions against each other; note the words."""
        for key in fresh:
            place = health.get(key[1])
            if place is not None and place.health is not RegionHealth.OK:
                self.table[key] = replace(self.table[key], void=place.reason)
        touched = {check for check, _ in fresh}
        for check in self.plan.compared:
            if check.id in touched:
                self._compare(check)
        for key in fresh:
            self._note_word(key)

    def _compare(self, check: Check) -> None:
        from .. import probes  # where a check is compared: most rounds hold none of them

        compare = probes.get(check.kind).compare
        seen = {r: s for r in check.regions if (s := self.table.get((check.id, r))) is not None and s.void is None}
        if compare is None or not seen:
            return
        for region, judged in compare(check.spec, {r: s.look for r, s in seen.items()}).items():
            if region in seen and judged != seen[region].judged:
                self.table[check.id, region] = replace(seen[region], judged=judged)
                self._note_word((check.id, region))

    def _note_word(self, key: Key) -> None:
        seen, check = self.table[key], self.plan.checks[key[0]]
        if seen.void is not None:
            return
        if seen.judged.conclusive:
            word: Status | None = ballot.status_of(seen.judged.verdict, check.worst)
        elif seen.judged.verdict is Verdict.BLOCKED_BY_POLICY:
            word = None
        else:
            return
        if word is not seen.word:
            self.table[key] = replace(seen, word=word)

    def _count_looks(self, fresh: Sequence[Key]) -> None:
        for key in fresh:
            seen = self.table[key]
            for region in (key[1], ALL) if key[0] in self.plan.tallied else ():
                tally = self.tallies.get((key[0], region))
                silenced = seen.void is not None
                self.tallies[key[0], region] = ledger.counted(tally, seen.judged, region, silenced, self.emit)

    # ---- believing ---------------------------------------------------------------------------------------------------

    def _component(self, component: str, health: Mapping[str, Health], now: Time) -> None:
        votes = ballot.ballots(self.plan, self.table, component, health, now)
        if not any(vote.words for panel in votes for vote in panel.values()):
            return
        everywhere = precedence.case_of(self.rules, votes, self._is_fine((component, ALL)))
        row = precedence.decide(everywhere)
        self._believe((component, ALL), row, everywhere, False)
        agreed = precedence.agreed(row, everywhere)
        for region in self.plan.regions[component]:
            mine = ballot.together([panel[region] for panel in votes if region in panel])
            here = precedence.case_of(self.rules, ({region: mine},), self._is_fine((component, region)))
            self._believe((component, region), precedence.decide(here), here, agreed)

    def _is_fine(self, key: Key) -> bool:
        series = self.series.get(key)
        return series is not None and series.status is Status.OPERATIONAL

    def _believe(self, key: Key, row: Row, case: Case, agreed: bool) -> None:
        """One series after this round. `agreed`: most regions say it is down, which is a second opinion for each."""
        if row.status is None:
            return
        before = self.series.get(key, Series())
        shown = self._shown(before, row, case, agreed)
        book = self._vouched(before.ledger, case)
        series, pieces = hysteresis.advance(before, shown, book, self.rules, outage_runs=key[0] in self.open)
        if row.status in FAILING:
            series = replace(series, carriers=self._carriers(key))
        told = [(at, status, entry.rule, entry.failure if status in FAILING else None) for at, status, entry in pieces]
        series = self._booked(key, self._told(key, before, series, told))
        self.series[key] = series
        if key[1] == ALL:
            began = min((at for at, status, *_ in told if status in FAILING), default=series.since)
            words = precedence.deciding(row, case) if row.status in FAILING else ()
            self._outage(key[0], before, series, began, words, shown)

    def _shown(self, series: Series, row: Row, case: Case, agreed: bool) -> Shown:
        assert row.status is not None
        words = precedence.deciding(row, case)
        stamp, at = _evidence(series, row.status, words)
        quorate = [c for c in case.panels if c.quorate]
        return Shown(
            entry=Entry(
                at, stamp, row.status, row.name, precedence.most_common(words) if row.status in FAILING else None
            ),
            rounds=1 if agreed and row.status is Status.MAJOR_OUTAGE else precedence.rounds_for(self.rules, row, case),
            checked_at=max(w.look.at for c in quorate for v in c.votes.values() if v.said for w in v.words),
            good_until=precedence.good_until(row, case),
        )

    def _carriers(self, key: Key) -> tuple[Key, ...]:
        """The (check, region) whose last word is a failure: they must speak again before a recovery counts."""
        component, region = key
        found = {
            (check.id, r)
            for panel in self.plan.panels[component]
            for check in panel.checks
            for r in panel.regions
            if region in (ALL, r) and (seen := self.table.get((check.id, r))) is not None and seen.word in FAILING
        }
        return tuple(sorted(found))

    # ---- books, spans, outages ---------------------------------------------------------------------------------------

    def _vouched(self, book: ledger.Ledger, case: Case) -> ledger.Ledger:
        for c in case.panels:
            new = (
                [w.look.at for v in c.votes.values() if v.said for w in v.words if w.slot == self.at]
                if c.quorate
                else ()
            )
            if new:
                book = ledger.vouched(book, min(new), precedence.quorum_until(c, lambda vote: vote.cover))
        return book

    def _told(self, key: Key, before: Series, after: Series, pieces: Sequence[Piece]) -> Series:
        """Spans and timeline with the new pieces in them. None begins before the running span did."""
        running = None
        if before.since is not None:
            running = Span(*key, before.since, None, before.status, before.failure, before.rule)
        book = after.ledger
        for at, status, rule, failure in pieces:
            start = at if running is None else max(at, running.start)
            if running is not None and start > running.start:
                self._span(replace(running, end=start))
            running = Span(*key, start, None, status, failure, rule)
            self._span(running)
            book = ledger.turned(book, start, status)
        return replace(after, since=running.start, ledger=book) if pieces and running else after

    def _span(self, span: Span) -> None:
        self.spans[span.component, span.region, span.start] = span

    def _booked(self, key: Key, series: Series) -> Series:
        """Book what can no longer change, once an hour: neither dated back to, nor vouched for by a look to come."""
        until = min(series.checked_at or 0, hysteresis.pending(series) or series.checked_at or 0)
        if until // HOUR <= series.ledger.done // HOUR:
            return series
        return replace(series, ledger=ledger.booked(series.ledger, until, key, self.emit))

    def _outage(
        self, component: str, before: Series, series: Series, began: Time | None, words: Sequence[Word], shown: Shown
    ) -> None:
        outage = self.open.get(component)
        again = outage is not None and before.known is Status.OPERATIONAL and series.status in FAILING
        if outage is None:
            if series.status not in FAILING or began is None:
                return
            outage = Outage(outage_id(component, began), component, (), began, shown.checked_at, None, series.status)
        if series.status is Status.OPERATIONAL and not series.flapping:
            self.outages[outage.id] = replace(outage, ended=series.since)
            self.open.pop(component, None)
            return
        grown = replace(_grown(outage, series, words), flapping=outage.flapping or again)
        if self.open.get(component) != grown:
            self.open[component] = self.outages[outage.id] = grown

    def _retire(self) -> None:
        """Forget what is no longer configured (`remember.retired` sees to what is stored). Looked for once."""
        if self.retired:
            return
        self.retired = True
        configured = {(c, r) for c, regions in self.plan.regions.items() for r in (ALL, *regions)}
        tallied = {(c, r) for c in self.plan.tallied for r in (ALL, *self.plan.checks[c].regions)}
        self.series = {key: s for key, s in self.series.items() if key in configured}
        self.table = {key: s for key, s in self.table.items() if key in self.plan.known}
        self.tallies = {key: t for key, t in self.tallies.items() if key in tallied}
        self.open = {c: o for c, o in self.open.items() if c in self.plan.panels}
        self.spans = {key: s for key, s in self.spans.items() if key[:2] in configured}
        self.outages = {id: o for id, o in self.outages.items() if o.component in self.plan.panels}


def _evidence(series: Series, status: Status, words: Sequence[Word]) -> tuple[Time, Time]:
    """(slot of the evidence that counts for this status, time of the look that first showed it).

    A recovery counts when those who carried the failure have spoken again, not when somebody else has.
    """
    if status not in FAILING or ballot.SEVERITY[status] < ballot.SEVERITY.get(series.status, 0):
        back = [w for w in words if w.status not in FAILING and (w.look.check, w.look.region) in series.carriers]
        if back:
            return min(w.slot for w in back), max(w.look.at for w in back)
    stamp = max(w.slot for w in words)
    return stamp, min(w.look.at for w in words if w.slot == stamp)


OUTAGE_ID = re.compile(r".+-\d{8}T\d{4}Z")
"""What the id of an outage that this fold found looks like, whatever its component was called."""


def spans_to_save(belief: Belief) -> tuple[Span, ...]:
    """What began or changed, and every running span: an earlier fold of the same slots may have ended it."""
    known = {(s.component, s.region, s.start) for s in belief.spans}
    running = (
        Span(*key, s.since, None, s.status, s.failure, s.rule)
        for key, s in sorted(belief.series.items())
        if s.since is not None and (*key, s.since) not in known
    )
    return (*belief.spans, *running)


def outage_id(component: str, started: Time) -> str:
    """`civitai-images-20261123T0530Z`. Once published it is never given to anything else."""
    return f"{component.replace('/', '-')}-{datetime.fromtimestamp(started, UTC):%Y%m%dT%H%MZ}"


def _grown(outage: Outage, series: Series, words: Sequence[Word]) -> Outage:
    """The outage with what this round adds to it."""
    failures = {*outage.failures, *(w.look.failure for w in words if w.look.failure is not None)}
    keys = dict.fromkeys((*outage.evidence, *(w.look.key for w in words)))
    return replace(
        outage,
        regions=tuple(sorted({*outage.regions, *(w.look.region for w in words)})),
        worst=worst((outage.worst, series.status)) if series.status in FAILING else outage.worst,
        failures=tuple(sorted(failures)),
        checks=tuple(sorted({*outage.checks, *(w.look.check for w in words)})),
        evidence=tuple(keys)[: precedence.MOST_EVIDENCE],
    )
