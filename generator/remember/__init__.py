"""From the store to what is believed now: fold what is new, save it, answer from roll-ups.

Starts from the newest checkpoint that no late delivery has overtaken, folds the slots since, and saves spans, outages,
roll-ups and a new checkpoint at once. The last two slots are folded again next time, so that agents which deliver a
little late still count. Never believes without evidence, never reads raw observations of more than the last slots
unless a late delivery makes it, and never takes "could not read" for "nothing there" (`HistoryError` goes up).
"""

from __future__ import annotations

import heapq
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from .. import history, states
from ..errors import HistoryError
from ..model import Config, Observation, Outage, Past, Rollup, Round, Span, Time
from ..states import ledger
from ..states.belief import Belief, Key
from .recall import SCALES, Rows, bucket_of, outdated_by, past_of, read_rows, with_evidence
from .renamed import Names, names
from .retired import Left, left

if TYPE_CHECKING:
    from ..states.panels import Plan
    from ..stores import Store

SETTLE_SLOTS = 2
"""How many slots before now stay open for late agents."""

LATEST = 3
"""How many of the newest looks of each (check, region) are kept at hand."""


def catch_up(store: Store, config: Config, now: Time, *, write: bool = True) -> Past:
    """What history says at `now`, everything received so far folded in. With `write` False nothing is changed.

    Raises HistoryError when the store cannot be read or written.
    """
    caught = _catch(store, config, now, ())
    if write:
        _save(store, caught)
    return _recalled(store, caught, now)


def from_round(config: Config, round_: Round, now: Time, store: Store | None = None) -> Past:
    """The past when a round could not be saved: what can still be read, with the round on top; `delayed` says so."""
    delayed = "History could not be saved: older figures may be missing."
    if store is not None:
        try:
            caught = _catch(store, config, now, round_.observations)
            return replace(_recalled(store, caught, now), delayed=delayed)
        except HistoryError:
            delayed = "History could not be read: older figures are missing."
    plan = states.plan(config)
    rounds = tuple(states.rounds_of(sorted(round_.observations, key=lambda o: o.at), config.interval))
    begun, seen = states.begin(config), _Recent()
    seen.add(round_.observations)
    belief = states.expire(states.fold(begun, rounds, plan), now, config)
    caught = Caught(plan, names(config), begun, belief, belief, seen.looks, 0, (), (), (), None)
    return replace(past_of(caught, now, Rows()), delayed=delayed)


def _recalled(store: Store, caught: Caught, now: Time) -> Past:
    past = past_of(caught, now, read_rows(store, caught.names, caught, now))
    return with_evidence(store, caught.names, caught, past, now)


# ---- folding what is new ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Caught:
    """Caught up with the store, not saved yet.

    `start` is the belief that the fold began with, `settled` the one to be saved as checkpoint, `final` what is
    believed now. `stored` are the outages the store had, `lateness` the seconds the last round came after its time.
    """

    plan: Plan
    names: Names
    start: Belief
    settled: Belief
    final: Belief
    recent: Mapping[Key, Sequence[Observation]]
    mark: int
    stored: tuple[Outage, ...]
    stored_spans: tuple[Span, ...]
    warnings: tuple[str, ...]
    lateness: int | None

    @property
    def refolded_from(self) -> Time | None:
        """From here on what is stored comes from an earlier fold of the same slots, and this fold knows better."""
        return self.start.horizon if self.start.at is not None else self.final.began

    @property
    def left(self) -> Left:
        """What is stored of components and regions that are no longer configured."""
        return left(self.plan, self.final, self.stored_spans, self.stored, self.refolded_from)


def _catch(store: Store, config: Config, now: Time, extra: Sequence[Observation]) -> Caught:
    plan, called = states.plan(config), names(config)
    start, mark, warnings = _start(store, config, called, now)
    through, interval = start.through, config.interval
    open_from = max(through or 0, now - now % interval - (SETTLE_SLOTS - 1) * interval)
    seen = _Recent()
    slots = [] if start.at is None else [start.at]

    def rounds(since: Time, until: Time) -> Iterator[Round]:
        read = _merged(store.observations(since, until), (o for o in extra if since <= o.at < until))
        for round_ in states.rounds_of(map(called.observation, read), interval, through):
            slots.append(round_.at)
            seen.add(round_.observations)
            yield round_

    before = states.fold(start, rounds(through or 0, open_from), plan)
    final = states.fold(before, rounds(open_from, now + 1), plan)
    stored = tuple(called.outage(o) for o in store.outages())
    spans = tuple(called.span(s) for s in store.spans(history.window_start("quarter", now, now)))
    ids = _published_ids(final, stored)
    settled = _renamed(states.settle(before), ids)
    final = states.expire(_renamed(final, ids), now, config)
    late = slots[-1] - slots[-2] - interval if len(slots) > 1 else None
    return Caught(
        plan, called, start, settled, final, seen.looks, mark, stored, spans, (*warnings, *_future(store, now)), late
    )


class _Recent:
    """The newest looks of each (check, region), while rounds go by."""

    def __init__(self) -> None:
        self.looks: dict[Key, deque[Observation]] = defaultdict(lambda: deque(maxlen=LATEST))

    def add(self, observations: Iterable[Observation]) -> None:
        for look in observations:
            self.looks[look.check, look.region].append(look)


def _merged(stored: Iterable[Observation], extra: Iterable[Observation]) -> Iterator[Observation]:
    """Both, by time, each key once; what is stored wins."""
    last: set[tuple[str, str, Time]] = set()
    at = -1
    for look in heapq.merge(stored, sorted(extra, key=lambda o: o.at), key=lambda o: o.at):
        if look.at != at:
            at, last = look.at, set()
        if look.key not in last:
            last.add(look.key)
            yield look


def _start(store: Store, config: Config, called: Names, now: Time) -> tuple[Belief, int, tuple[str, ...]]:
    """The newest checkpoint that nothing older has arrived after, the mark of what has arrived, and warnings.

    Without one the fold begins at the beginning, if raw history still reaches there; else at the oldest checkpoint.
    """
    oldest: Belief | None = None
    newest, arrived = None, 0
    for _, body in store.checkpoints(now):
        try:
            belief = called.belief(Belief.from_json(body["belief"]))
            mark = int(body["mark"])
        except (ValueError, KeyError, TypeError):
            continue  # of another version of this program: an older one, or none, will do
        now_at, late = store.received_since(mark)
        newest = now_at if newest is None else newest
        if late is None or belief.through is None or late >= belief.through:
            return belief, newest, ()
        oldest, arrived = belief, late
    if newest is None or oldest is None or oldest.began is None:
        return states.begin(config), store.received_since(0)[0], ()
    if any(True for _ in store.observations(oldest.began, oldest.began + config.interval)):
        return states.begin(config), newest, ()
    said = f"Looks from {_when(arrived)} arrived too late to be counted: raw history no longer reaches back that far."
    return oldest, newest, (said,)


def _future(store: Store, now: Time) -> tuple[str, ...]:
    first = next(iter(store.observations(now + 1)), None)
    if first is None:
        return ()
    return (f"Looks dated after now are set aside until then, the first from {first.region}, dated {_when(first.at)}.",)


def _when(at: Time) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC"


# ---- outages that are published already ------------------------------------------------------------------------------


def _published_ids(belief: Belief, stored: Sequence[Outage]) -> dict[str, str]:
    """Id of an outage -> the id it is stored under: if its start moved by late evidence, it is still that outage."""
    ours = {o.id: o for o in (*belief.outages, *belief.open.values())}
    taken: dict[str, str] = {}
    kept = {s.id for s in stored} & ours.keys()
    for outage in sorted(ours.values(), key=lambda o: o.started):
        free = (s for s in stored if s.id not in kept and s.id not in taken.values() and _overlap(s, outage))
        if outage.id not in kept and (same := next(free, None)) is not None:
            taken[outage.id] = same.id
    return taken


def _renamed(belief: Belief, ids: Mapping[str, str]) -> Belief:
    if not ids:
        return belief
    opened = {c: replace(o, id=ids.get(o.id, o.id)) for c, o in belief.open.items()}
    return replace(belief, open=opened, outages=tuple(replace(o, id=ids.get(o.id, o.id)) for o in belief.outages))


def _overlap(one: Outage, other: Outage) -> bool:
    if one.component != other.component:
        return False
    return (one.ended is None or other.started <= one.ended) and (other.ended is None or one.started <= other.ended)


def _withdrawn(caught: Caught) -> tuple[Outage, ...]:
    """Outages we found, that late evidence took back: kept, because they were published, with no length."""
    if caught.start.at is None and not caught.stored:
        return ()
    horizon = caught.start.horizon or 0
    ours = {o.id for o in (*caught.final.outages, *caught.final.open.values())}
    return tuple(
        replace(o, ended=o.started)
        for o in caught.stored
        if o.started >= horizon and o.id not in ours and o.ended != o.started
        if o.component in caught.plan.panels and states.OUTAGE_ID.fullmatch(o.id)
    )


# ---- saving ----------------------------------------------------------------------------------------------------------


def _save(store: Store, caught: Caught) -> None:
    """One transaction: all of it, or nothing."""
    settled, final, gone = caught.settled, caught.final, caught.left
    news = (*final.rollups, *open_rollups(final, final.at or 0))
    body = {"belief": settled.to_json(), "mark": caught.mark}
    checkpoint = None if settled.at is None or settled.at == caught.start.at else (settled.at, body)
    store.save(
        checkpoint=checkpoint,
        spans=(*states.spans_to_save(final), *gone.spans),
        spans_from=caught.refolded_from,
        outages=(*final.outages, *final.open.values(), *_withdrawn(caught), *gone.outages),
        rollups=(*news, *_emptied(store, caught, news)),
    )


def _emptied(store: Store, caught: Caught, news: Sequence[Rollup]) -> tuple[Rollup, ...]:
    """Roll-ups saved from an earlier fold of the same slots that this fold does not make any more, emptied."""
    outdated = outdated_by(caught, news)
    return tuple(
        Rollup(row.scale, row.series, row.region, row.at)
        for scale in SCALES
        for row in store.rollups(scale, bucket_of(caught.refolded_from, scale))
        if (row.seconds or row.samples) and outdated(row)
    )


def open_rollups(belief: Belief, now: Time) -> tuple[Rollup, ...]:
    """The hours, days and totals as they stand at `now`, to be replaced as they grow."""
    found: list[Rollup] = []
    for key, series in sorted(belief.series.items()):
        ledger.open_rows(series.ledger, now, key, found.append)
    for _, tally in sorted(belief.tallies.items()):
        ledger.open_tally(tally, found.append)
    return tuple(found)
