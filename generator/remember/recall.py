"""The `Past` that the rest of the program sees: what is believed, with the roll-ups a page needs around it.

One query a table, none of them over raw observations. Never folds and never saves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from .. import history, states
from ..history import DAY, HOUR
from ..model import ALL, Observation, Outage, Past, Rollup, Span, Time
from ..states import ledger
from ..states.belief import Belief, Key
from .renamed import Names
from .retired import Left

if TYPE_CHECKING:
    from ..states.panels import Plan
    from ..stores import Store

MOST_HOURS, LEAST_HOURS, MOST_HOUR_ROWS = 7 * 24, 24, 10_000
"""How far back `Past.hours` reaches: seven days, or as many whole ones as stay below this many rows, at least one."""


RAW_REACHES, MOST_LOOKS = 14 * DAY, 200
"""Evidence is looked for among the raw observations of this many seconds, and at most for this many of them."""

SCALES: Mapping[str, int] = {"hour": HOUR, "day": DAY, "total": 1}


class CaughtUp(Protocol):
    """What `remember` has when it has folded everything (`remember.Caught`)."""

    @property
    def plan(self) -> Plan: ...
    @property
    def start(self) -> Belief: ...
    @property
    def final(self) -> Belief: ...
    @property
    def recent(self) -> Mapping[Key, Sequence[Observation]]: ...
    @property
    def stored(self) -> tuple[Outage, ...]: ...
    @property
    def stored_spans(self) -> tuple[Span, ...]: ...
    @property
    def left(self) -> Left: ...
    @property
    def warnings(self) -> tuple[str, ...]: ...
    @property
    def refolded_from(self) -> Time | None: ...
    @property
    def lateness(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Rows:
    """What was read of the store, under the names of today."""

    days: tuple[Rollup, ...] = ()
    hours: tuple[Rollup, ...] = ()
    totals: tuple[Rollup, ...] = ()


def hours_from(plan: Plan, now: Time) -> Time:
    """The first hour that `Past.hours` holds."""
    series = max(1, len(plan.panels) + len(plan.tallied))
    whole_days = MOST_HOUR_ROWS // series // 24 * 24
    return now - now % HOUR - HOUR * min(MOST_HOURS, max(LEAST_HOURS, whole_days))


def uncharted(called: Names, caught: CaughtUp) -> frozenset[str]:
    """The checks whose days no page shows, under each of their names.

    A component shows its own days. Those of its checks are held beside another platform's, and drawn where it failed.
    """
    components = caught.plan.config.components
    functions = [f for f, _ in {(c.function, c.platform) for c in components if c.function}]
    compared = {f for f in functions if functions.count(f) > 1}
    outages = (*caught.stored, *caught.final.outages, *caught.final.open.values())
    failed = {o.component for o in outages}
    quiet = {k.id for c in components if c.id not in failed and c.function not in compared for k in c.checks}
    return frozenset(quiet | {old for old, new in called.checks.items() if new in quiet})


def read_rows(store: Store, called: Names, caught: CaughtUp, now: Time) -> Rows:
    """Ninety days of days and some of hours over all regions, and running totals where a window begins."""
    plan, quarter = caught.plan, history.window_start("quarter", now, now)
    marks = history.total_marks(now)
    totals = _named((row for mark in marks for row in store.rollups("total", mark, mark + 1)), called)
    days = list(store.rollups("day", quarter, region=ALL, without=uncharted(called, caught)))
    looks = {*plan.tallied, *called.checks}
    for region in sorted(without_totals(caught, totals, now)):
        for old in (region, *(old for old, new in called.regions.items() if new == region)):
            days += store.rollups("day", quarter, region=old, without=looks)
    return Rows(
        days=_named(days, called),
        hours=_named(store.rollups("hour", hours_from(plan, now), region=ALL), called),
        totals=totals,
    )


def without_totals(caught: CaughtUp, totals: Iterable[Rollup], now: Time) -> frozenset[str]:
    """The regions whose components lack a running total where a window begins: a copy of history brings none."""
    known = {(row.series, row.region, row.at) for row in totals}
    marks = history.total_marks(now)
    return frozenset(
        key[1]
        for key, series in caught.final.series.items()
        for mark in marks
        if key[1] != ALL and (*key, mark) not in known
        if series.ledger.first is not None and series.ledger.first < mark <= series.ledger.day_at
    )


def _named(rows: Iterable[Rollup], called: Names) -> tuple[Rollup, ...]:
    """Under new names; what was written under the new name already wins over the old one's."""
    if called.none:
        return tuple(rows)
    found: dict[tuple[str, str, Time], Rollup] = {}
    for row in rows:
        new = called.rollup(row)
        key = (new.series, new.region, new.at)
        if new is row or key not in found:
            found[key] = new
    return tuple(found.values())


def with_evidence(store: Store, called: Names, caught: CaughtUp, past: Past, now: Time) -> Past:
    """The past with the looks that its standings and recent outages rest on, as far as raw history reaches.

    What is at hand is not read again; the rest is read by its time, the newest `MOST_LOOKS` of them.
    """
    recent = (o for o in past.outages if o.ended is None or o.ended > now - RAW_REACHES)
    named = {key for s in past.standings.values() for key in s.evidence}
    named |= {key for outage in recent for key in outage.evidence}
    at_hand = {look.key: look for looks in (*caught.recent.values(), *past.latest.values()) for look in looks}
    found = {key: at_hand[key] for key in named & at_hand.keys()}
    wanted = sorted(named - at_hand.keys(), key=lambda key: (-key[2], key))[:MOST_LOOKS]
    for at in sorted({at for _, _, at in wanted if at > now - RAW_REACHES}):
        looks = map(called.observation, store.observations(at, at + 1))
        found.update({look.key: look for look in looks if look.key in named})
    return replace(past, evidence=tuple(found[key] for key in sorted(found, key=lambda key: (key[2], key))))


def past_of(caught: CaughtUp, now: Time, rows: Rows) -> Past:
    """The past at `now`: stored rows with what the fold knows better laid over them."""
    final, plan, gone = caught.final, caught.plan, caught.left
    open_rows: list[Rollup] = []
    for key, series in final.series.items():
        ledger.open_rows(series.ledger, now, key, open_rows.append)
    for key, tally in final.tallies.items():
        if key[1] == ALL:
            ledger.open_tally(tally, open_rows.append)
    news = [*final.rollups, *open_rows]
    outdated = outdated_by(caught, news)
    quarter, first_hour = history.window_start("quarter", now, now), hours_from(plan, now)
    components = {c.id for c in plan.config.components}
    outages = {o.id: o for o in (*caught.stored, *final.outages, *final.open.values(), *gone.outages)}
    known = {s.component for s in caught.stored_spans} | {o.component for o in outages.values()}
    regions = {ALL, *without_totals(caught, rows.totals, now)}
    firsts = [s.ledger.first for s in final.series.values() if s.ledger.first is not None]
    return Past(
        standings=states.standings(final, plan, now),
        health=states.health(final, plan, now),
        outages=tuple(sorted(outages.values(), key=lambda o: (o.started, o.id))),
        latest=_latest(caught),
        days=_over(
            rows.days, outdated, (r for r in news if r.scale == "day" and r.region in regions and r.at >= quarter)
        ),
        hours=_over(
            rows.hours, outdated, (r for r in news if r.scale == "hour" and r.region == ALL and r.at >= first_hour)
        ),
        hours_from=first_hour,
        spans=_spans(caught, gone),
        totals=_totals([r for r in rows.totals if not outdated(r)], news, final, now),
        checked_at=max((s.look.at for s in final.table.values()), default=None),
        first_at=min((*firsts, *(r.at for r in rows.days)), default=None),
        lateness=caught.lateness,
        retired=tuple(sorted(known - components)),
        warnings=caught.warnings,
    )


def _latest(caught: CaughtUp) -> dict[Key, tuple[Observation, ...]]:
    """The newest looks of each configured (check, region), newest last, the newest as it was judged."""
    found: dict[Key, tuple[Observation, ...]] = {}
    for key, seen in caught.final.table.items():
        looks = [look for look in caught.recent.get(key, ()) if look.at <= seen.look.at]
        newest = looks.pop() if looks and looks[-1].at == seen.look.at else seen.judged
        if seen.judged != seen.look:
            newest = replace(seen.judged, phases=newest.phases)
        found[key] = (*looks, newest)
    return found


def bucket_of(at: Time | None, scale: str) -> Time:
    """The start of the first bucket that what happens from this time on can change; a total ends at its time."""
    at = at or 0
    return at if scale == "total" else at - at % SCALES[scale]


def outdated_by(caught: CaughtUp, news: Iterable[Rollup]) -> Callable[[Rollup], bool]:
    """Whether a stored row comes from an earlier fold of what was folded again, and this fold does not make it.

    Each series has its own border: the buckets that were open when the fold began. What is no longer configured was
    not folded again: it stays as it was saved.
    """
    known = {(r.scale, r.series, r.region, r.at) for r in news}
    since = {scale: bucket_of(caught.refolded_from, scale) for scale in SCALES}
    plan, start = caught.plan, caught.start

    def border(row: Rollup) -> Time:
        book, tally = start.series.get((row.series, row.region)), start.tallies.get((row.series, row.region))
        if book is not None and book.ledger.first is not None:
            hour_at, day_at = book.ledger.hour_at, book.ledger.day_at
        elif tally is not None:
            hour_at, day_at = tally.hour.at, tally.hour.at - tally.hour.at % DAY
        else:
            return since[row.scale]
        return {"hour": hour_at, "day": day_at, "total": day_at + 1}[row.scale]

    def outdated(row: Rollup) -> bool:
        if row.at < since[row.scale] or (row.scale, row.series, row.region, row.at) in known:
            return False
        return (row.series in plan.panels or row.series in plan.tallied) and row.at >= border(row)

    return outdated


def _over(stored: Sequence[Rollup], outdated: Callable[[Rollup], bool], news: Iterable[Rollup]) -> tuple[Rollup, ...]:
    """Stored rows, those that the fold knows better replaced. Most are older than anything the fold touched."""
    known = {(r.series, r.region, r.at): r for r in news}
    since = min((at for _, _, at in known), default=None)
    if since is None:
        return tuple(r for r in stored if not outdated(r))
    kept = (r for r in stored if r.at < since or ((r.series, r.region, r.at) not in known and not outdated(r)))
    return (*kept, *known.values())


def _spans(caught: CaughtUp, gone: Left) -> tuple[Span, ...]:
    """What is stored, up to where the fold may have changed it, and what the fold says."""
    stored, final, horizon = caught.stored_spans, caught.final, caught.refolded_from
    rows = {(s.component, s.region, s.start): s for s in stored if horizon is None or s.start < horizon}
    rows.update({(s.component, s.region, s.start): s for s in (*states.spans_to_save(final), *gone.spans)})
    return tuple(sorted(rows.values(), key=lambda s: (s.component, s.region, s.start)))


def _totals(stored: Iterable[Rollup], news: Iterable[Rollup], final: Belief, now: Time) -> tuple[Rollup, ...]:
    """Running totals at the starts of the windows, at the first look of each series, and now."""
    rows = {(r.series, r.region, r.at): r for r in stored}
    rows.update({(r.series, r.region, r.at): r for r in news if r.scale == "total"})
    for (component, region), series in final.series.items():
        book = ledger.booked(series.ledger, now, (component, region), lambda rollup: None)
        if book.first is None:
            continue
        rows.setdefault((component, region, book.first), Rollup("total", component, region, book.first))
        rows[component, region, now] = Rollup("total", component, region, now, ledger.total_so_far(book))
    return tuple(rows.values())
