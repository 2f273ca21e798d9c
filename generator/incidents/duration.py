"""How long, how often, and how that compares: the numbers behind "still broken" and "again".

Pure arithmetic over the outages that history keeps. Times are Unix seconds, lengths are seconds. Never uses an
adjective where a number will do, and never counts a stretch nobody measured as an outage.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..model import Length, Outage, Said, Time
from ..plain import said, words
from ..words import mark

DAY = 86400
NIGHT_BEGINS, NIGHT_ENDS = 0, 6
"""The hours of the night, local time: an outage that covers all of it has outlasted a night."""


@dataclass(frozen=True, slots=True)
class Lasting:
    """An outage among those of the same components.

    `recurrence_30` and `recurrence_90` count outages that began in the last 30 and 90 days, this one included.
    `mtbf` is the mean time from the end of one to the start of the next, `mttr` the mean length of the ended ones
    (both over 90 days; None when there is nothing to take a mean of). `rank` 1 is the longest of the `known` ones.
    """

    seconds: int
    past_night: bool
    over_day: bool
    over_three_days: bool
    recurrence_30: int
    recurrence_90: int
    mtbf: int | None
    mttr: int | None
    rank: int
    known: int
    said: tuple[Said, ...] = ()

    @property
    def sentence(self) -> str:
        return words(self.said)

    @property
    def structural(self) -> bool:
        """Whether "structural" may be offered as a hypothesis at all: over 72 h, or at least four times in 30 days."""
        return self.over_three_days or self.recurrence_30 >= 4


def zone(name: str) -> ZoneInfo | None:
    """The time zone of this name, None if there is none (then UTC is used)."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def nights(start: Time, end: Time, timezone: str) -> int:
    """How many whole local nights (00:00 to 06:00) lie inside [start, end)."""
    tz = zone(timezone) or UTC
    day = datetime.fromtimestamp(start, tz).date()
    last = datetime.fromtimestamp(end, tz).date()
    count = 0
    while day <= last:
        begins = datetime.combine(day, clock_time(NIGHT_BEGINS), tz).timestamp()
        ends = datetime.combine(day, clock_time(NIGHT_ENDS), tz).timestamp()
        count += start <= begins and ends <= end
        day += timedelta(days=1)
    return count


def episodes(outages: Sequence[Outage], now: Time) -> tuple[tuple[Time, Time], ...]:
    """Stretches in which at least one of the outages ran, oldest first; overlaps joined, running ones end now."""
    joined: list[tuple[Time, Time]] = []
    for start, end in sorted((o.started, o.ended if o.ended is not None else now) for o in outages):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, max(start, end)))
    return tuple(joined)


def means(stretches: Sequence[tuple[Time, Time]], now: Time, running: bool) -> tuple[int | None, int | None]:
    """(mean time between, mean time to repair) over the last 90 days; a running stretch is not repaired yet."""
    recent = [s for s in stretches if s[1] > now - 90 * DAY]
    gaps = [after[0] - before[1] for before, after in itertools.pairwise(recent)]
    ended = recent[:-1] if running else recent
    return (
        sum(gaps) // len(gaps) if gaps else None,
        sum(end - start for start, end in ended) // len(ended) if ended else None,
    )


@dataclass(frozen=True, slots=True)
class Chronicle:
    """All stretches that some components were failing, with what can be counted of them once for every question."""

    stretches: tuple[tuple[Time, Time], ...]
    written: tuple[tuple[Time, Time], ...]
    mtbf: int | None
    mttr: int | None
    recurrence_30: int
    recurrence_90: int


def chronicle(outages: Sequence[Outage], now: Time, written: Sequence[tuple[Time, Time]] = ()) -> Chronicle:
    """Everything known of these components. `written` are stretches that only notes know of: they count for the
    rank, never for a mean or a recurrence; those that touch a measured stretch are left out."""
    history = episodes(outages, now)
    mtbf, mttr = means(history, now, any(o.ended is None for o in outages))
    return Chronicle(
        stretches=history,
        written=tuple((s, e) for s, e in written if all(e <= a or s >= b for a, b in history)),
        mtbf=mtbf,
        mttr=mttr,
        recurrence_30=sum(now - 30 * DAY <= s <= now for s, _ in history),
        recurrence_90=sum(now - 90 * DAY <= s <= now for s, _ in history),
    )


def lasting(outages: Sequence[Outage], known: Chronicle, now: Time, timezone: str = "UTC") -> Lasting:
    """What to say of `outages`, one incident's, among everything `known` of the same components.

    Raises ValueError without any outage: there is nothing to measure then.
    """
    if not outages:
        raise ValueError("no outage to measure")
    mine = episodes(outages, now)
    start, end = mine[0][0], mine[-1][1]
    seconds = sum(e - s for s, e in mine)
    others = [e - s for s, e in (*known.stretches, *known.written) if e <= start or s >= end]
    result = Lasting(
        seconds=seconds,
        past_night=any(nights(s, e, timezone) > 0 for s, e in mine),
        over_day=seconds >= DAY,
        over_three_days=seconds >= 3 * DAY,
        recurrence_30=known.recurrence_30,
        recurrence_90=known.recurrence_90,
        mtbf=known.mtbf,
        mttr=known.mttr,
        rank=1 + sum(other > seconds for other in others),
        known=len(others) + 1,
    )
    running = any(o.ended is None for o in outages)
    several = len({o.component for o in outages}) > 1
    return replace(result, said=tuple(_sentences(result, running, several, timezone if zone(timezone) else "UTC")))


def _sentences(it: Lasting, running: bool, several: bool, timezone: str) -> Iterator[Said]:
    yield said(_first(it, running), time=Length(it.seconds), zone=timezone)
    if it.recurrence_90 > 1:
        yield said(PARTS if several else PART, month=it.recurrence_30, quarter=it.recurrence_90)
    if it.mtbf is not None:
        yield said("On average {time} passed between them.", time=Length(it.mtbf))
    if it.mttr is not None and it.known > 1:
        yield said("The ended ones took {time} on average.", time=Length(it.mttr))
    if it.known > 1 and it.rank == 1:
        yield said("It is the longest of the {known} we know of.", known=it.known)
    elif it.known > 1:
        yield said("It is number {rank} by length of the {known} we know of.", rank=it.rank, known=it.known)
    if it.structural:
        yield said("Numbers like these can mean that the cause is structural; that is a hypothesis.")


PART = mark("Outages of this part that began in the last 30 days: {month}; in 90 days: {quarter}.")
PARTS = mark("Outages of these parts that began in the last 30 days: {month}; in 90 days: {quarter}.")


def _first(it: Lasting, running: bool) -> str:
    """How long, with the largest mark that was passed."""
    if it.over_three_days:
        so_far, whole = (
            mark("It has lasted {time} so far, more than 72 hours."),
            mark("It lasted {time}, more than 72 hours."),
        )
    elif it.over_day:
        so_far, whole = (
            mark("It has lasted {time} so far, more than 24 hours."),
            mark("It lasted {time}, more than 24 hours."),
        )
    elif it.past_night:
        so_far = mark("It has lasted {time} so far, past a whole night ({zone}).")
        whole = mark("It lasted {time}, past a whole night ({zone}).")
    else:
        so_far, whole = mark("It has lasted {time} so far."), mark("It lasted {time}.")
    return so_far if running else whole
