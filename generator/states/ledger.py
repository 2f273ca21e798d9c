"""Seconds by status, booked while the fold walks on: hours, days, and running totals. Pure.

A series has a timeline (what we believed, which may still be back-dated) and a cover (which seconds looks vouch for).
Only what can no longer change is booked; the rest waits. Never books a second that no look vouches for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from ..history import DAY, HOUR, is_timed, worst_of
from ..history.histogram import bucket
from ..history.stretches import Stretch, pieces
from ..model import EMPTY, Observation, Rollup, Status, Time, Verdict

MOST_TOTALS = 100
"""How many day starts of a gap get a running total of their own: more than the longest window asks for."""

Emit = Callable[[Rollup], None]
Seconds = Mapping[Status, int]


@dataclass(frozen=True, slots=True)
class Ledger:
    """The books of one (component, region). `done`: everything before it is booked.

    `timeline` holds (start, status) from `done` on; `cover` the stretches from `done` on that looks vouch for.
    `hour` and `day` are the open buckets that begin at `hour_at` and `day_at`; `total` counts from `first` on.
    """

    first: Time | None = None
    done: Time = 0
    timeline: tuple[tuple[Time, Status], ...] = ()
    cover: tuple[Stretch, ...] = ()
    hour_at: Time = 0
    hour: Seconds = field(default_factory=lambda: EMPTY)
    day_at: Time = 0
    day: Seconds = field(default_factory=lambda: EMPTY)
    total: Seconds = field(default_factory=lambda: EMPTY)


def turned(ledger: Ledger, at: Time, status: Status) -> Ledger:
    """The timeline takes another status from `at` on; what was believed from there on is overwritten."""
    kept = tuple(piece for piece in ledger.timeline if piece[0] < at)
    return replace(ledger, timeline=(*kept, (at, status)))


def vouched(ledger: Ledger, start: Time, end: Time) -> Ledger:
    """Looks vouch for [start, end)."""
    if ledger.first is None:
        ledger = replace(ledger, first=start, done=start, hour_at=start - start % HOUR, day_at=start - start % DAY)
    start = max(start, ledger.done)
    if start >= end:
        return ledger
    cover = ledger.cover
    if cover and start <= cover[-1][1]:
        cover = (*cover[:-1], (min(cover[-1][0], start), max(cover[-1][1], end)))
    else:
        cover = (*cover, (start, end))
    return Ledger(
        ledger.first,
        ledger.done,
        ledger.timeline,
        cover,
        ledger.hour_at,
        ledger.hour,
        ledger.day_at,
        ledger.day,
        ledger.total,
    )


def booked(ledger: Ledger, until: Time, key: tuple[str, str], emit: Emit) -> Ledger:
    """Book everything before `until`; buckets that are complete go to `emit`."""
    if ledger.first is None or until <= ledger.done:
        return ledger
    books = _Books(ledger, key, emit)
    for start, end, status in _parts(ledger, until):
        for at, a, b in pieces(start, end, HOUR):
            books.turn_to(at)
            books.hour[status] = books.hour.get(status, 0) + b - a
    books.turn_to(until - until % HOUR)
    before = [piece for piece in ledger.timeline if piece[0] <= until]
    later = tuple(piece for piece in ledger.timeline if piece[0] > until)
    return Ledger(
        first=ledger.first,
        done=until,
        timeline=((until, before[-1][1]), *later) if before else later,
        cover=tuple((max(a, until), b) for a, b in ledger.cover if b > until),
        hour_at=books.hour_at,
        hour=books.hour,
        day_at=books.day_at,
        day=books.day,
        total=books.total,
    )


def open_rows(ledger: Ledger, now: Time, key: tuple[str, str], emit: Emit) -> None:
    """Emit the buckets as they stand at `now`: complete ones, the open hour and day, and the total as of `now`."""
    ledger = booked(ledger, now, key, emit)
    if ledger.first is None:
        return
    books = _Books(ledger, key, emit)
    for scale, at, seconds in (("hour", ledger.hour_at, ledger.hour), ("day", ledger.day_at, books.day_so_far())):
        if seconds:
            emit(Rollup(scale, *key, at, dict(seconds), worst_of(seconds)))


def total_so_far(ledger: Ledger) -> Seconds:
    """Seconds by status since `first`, as far as they are booked."""
    return _add(ledger.total, ledger.hour)


def _parts(ledger: Ledger, until: Time) -> list[tuple[Time, Time, Status]]:
    """The covered parts of the timeline before `until` with a known status, in order."""
    found: list[tuple[Time, Time, Status]] = []
    if not ledger.timeline:
        return found
    ends = [*(start for start, _ in ledger.timeline[1:]), until]
    for (start, status), stop in zip(ledger.timeline, ends, strict=True):
        if status is Status.UNKNOWN:
            continue
        for a, b in ledger.cover:
            low, high = max(a, start, ledger.done), min(b, stop, until)
            if low < high:
                found.append((low, high, status))
    return found


def _add(one: Seconds, other: Seconds) -> dict[Status, int]:
    total = dict(one)
    for status, seconds in other.items():
        total[status] = total.get(status, 0) + seconds
    return total


class _Books:
    """The open buckets while they are being filled: the hour goes into the day and the total when it is over."""

    def __init__(self, ledger: Ledger, key: tuple[str, str], emit: Emit) -> None:
        self.key, self.emit = key, emit
        self.hour_at, self.hour = ledger.hour_at, dict(ledger.hour)
        self.day_at, self.day = ledger.day_at, dict(ledger.day)
        self.total = dict(ledger.total)

    def day_so_far(self) -> dict[Status, int]:
        return _add(self.day, self.hour)

    def turn_to(self, hour_at: Time) -> None:
        """The hour that begins at `hour_at` is the open one from here on."""
        if hour_at <= self.hour_at:
            return
        if self.hour:
            self.emit(Rollup("hour", *self.key, self.hour_at, self.hour, worst_of(self.hour)))
            self.day, self.total = _add(self.day, self.hour), _add(self.total, self.hour)
        self.hour, self.hour_at = {}, hour_at
        day_at = hour_at - hour_at % DAY
        if day_at > self.day_at:
            if self.day:
                self.emit(Rollup("day", *self.key, self.day_at, self.day, worst_of(self.day)))
            for at in range(max(self.day_at + DAY, day_at - MOST_TOTALS * DAY), day_at + DAY, DAY):
                self.emit(Rollup("total", *self.key, at, dict(self.total)))
            self.day, self.day_at = {}, day_at


# ---- looks -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tally:
    """The looks of one (check, region): in the open hour, and without that hour in the open day."""

    hour: Rollup
    day: Rollup | None = None


def counted(tally: Tally | None, look: Observation, region: str, silenced: bool, emit: Emit) -> Tally:
    """One more look. `region` is the look's own or ALL; a `silenced` look (suspect region) counts as inconclusive."""
    hour_at = look.at - look.at % HOUR
    if tally is None:
        tally = Tally(Rollup("hour", look.check, region, hour_at))
    elif hour_at > tally.hour.at:
        tally = _turned_over(tally, hour_at, emit)
    return Tally(_with(tally.hour, look, silenced), tally.day)


def open_tally(tally: Tally, emit: Emit) -> None:
    """Emit the open hour, and the day so far."""
    emit(tally.hour)
    emit(_added(tally.day, tally.hour, tally.hour.at - tally.hour.at % DAY))


def _turned_over(tally: Tally, hour_at: Time, emit: Emit) -> Tally:
    emit(tally.hour)
    day_at = tally.hour.at - tally.hour.at % DAY
    day = _added(tally.day, tally.hour, day_at)
    hour = Rollup("hour", tally.hour.series, tally.hour.region, hour_at)
    if hour_at - hour_at % DAY == day_at:
        return Tally(hour, day)
    emit(day)
    return Tally(hour)


def _with(hour: Rollup, look: Observation, silenced: bool) -> Rollup:
    histogram, value = hour.histogram, look.value
    low, high, last = hour.value_min, hour.value_max, hour.value_last
    if not silenced and is_timed(look) and look.latency_ms is not None:
        number = bucket(look.latency_ms)
        histogram = {**histogram, number: histogram.get(number, 0) + 1}
    if not silenced and value is not None:
        low, high, last = value if low is None else min(low, value), value if high is None else max(high, value), value
    return Rollup(
        "hour",
        hour.series,
        hour.region,
        hour.at,
        samples=hour.samples + 1,
        failed=hour.failed + (not silenced and look.verdict is Verdict.DOWN),
        inconclusive=hour.inconclusive + (silenced or not look.conclusive),
        histogram=histogram,
        value_min=low,
        value_max=high,
        value_last=last,
    )


def _added(day: Rollup | None, hour: Rollup, at: Time) -> Rollup:
    """The day with one more hour in it."""
    if day is None:
        return replace(hour, scale="day", at=at)
    histogram = dict(day.histogram)
    for number, count in hour.histogram.items():
        histogram[number] = histogram.get(number, 0) + count
    lows = [v for v in (day.value_min, hour.value_min) if v is not None]
    highs = [v for v in (day.value_max, hour.value_max) if v is not None]
    return replace(
        day,
        at=at,
        samples=day.samples + hour.samples,
        failed=day.failed + hour.failed,
        inconclusive=day.inconclusive + hour.inconclusive,
        histogram=histogram,
        value_min=min(lows, default=None),
        value_max=max(highs, default=None),
        value_last=day.value_last if hour.value_last is None else hour.value_last,
    )
