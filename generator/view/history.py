"""The page's numbers out of history: uptime over windows, the bars of 90 days, the points of charts.

Reads roll-ups only, never raw observations, so that its cost does not grow with the history. Pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias, TypeVar

from .. import history, text
from ..incidents.maintenance import maintenance_windows
from ..model import (
    ALL,
    EMPTY,
    FAILING,
    Check,
    Component,
    Config,
    Note,
    Observation,
    Outage,
    Past,
    Rollup,
    Span,
    Standing,
    Status,
    Time,
)
from ..siteview import Chart, Day, Point, Uptime
from ..text import DAY, HOUR, Text

Row = TypeVar("Row")
Key = TypeVar("Key", bound=Hashable)
Limits: TypeAlias = tuple[float | None, float | None]
"""The thresholds of a number: degraded from, down from."""

HEIGHT: Mapping[Status, int] = {
    Status.UNKNOWN: 0,
    Status.OPERATIONAL: 1,
    Status.UNDER_MAINTENANCE: 1,
    Status.DEGRADED_PERFORMANCE: 2,
    Status.PARTIAL_OUTAGE: 3,
    Status.MAJOR_OUTAGE: 4,
}
"""How tall a day stands: the worse, the taller, so that it reads without colour."""


@dataclass(frozen=True)
class Ledger:
    """`Past` with its rows filed by series, once, so that each part of the view finds its own."""

    past: Past
    now: Time
    stale: bool
    days: Mapping[tuple[str, str], Sequence[Rollup]] = field(default_factory=lambda: EMPTY)
    hours: Mapping[tuple[str, str], Sequence[Rollup]] = field(default_factory=lambda: EMPTY)
    totals: Mapping[tuple[str, str], Sequence[Rollup]] = field(default_factory=lambda: EMPTY)
    spans: Mapping[tuple[str, str], Sequence[Span]] = field(default_factory=lambda: EMPTY)
    outages: Mapping[str, Sequence[Outage]] = field(default_factory=lambda: EMPTY)
    maintenance: Callable[[str, str], Sequence[tuple[Time, Time]]] = lambda component, region: ()

    def standing(self, component: str, region: str = ALL) -> Standing:
        """What we believe; `unknown` when nothing was ever believed, or when the newest evidence of all is too old."""
        found = self.past.standings.get((component, region))
        if found is None:
            return Standing(component, region, Status.UNKNOWN, rule="no-evidence")
        if self.stale and found.status is not Status.UNKNOWN:
            at = found.checked_at
            return Standing(component, region, Status.UNKNOWN, at, at, rule="stale", known_at=found.known_at)
        return found

    def newest(self, check: Check) -> list[Observation]:
        """The newest look of a check from each region, in the order of its regions."""
        return [seen[-1] for region in check.regions if (seen := self.past.latest.get((check.id, region)))]

    def before(self, component: str, region: str = ALL) -> Span | None:
        """The last stretch in which something was known, for "unknown, was operational at 05:00"."""
        known = [s for s in self.spans.get((component, region), ()) if s.status is not Status.UNKNOWN]
        return known[-1] if known else None


def ledger(config: Config, past: Past, now: Time, notes: Sequence[Note] = ()) -> Ledger:
    """`notes` are asked for announced work, which leaves uptime."""
    limit = stale_limit(config)
    announced = [note for note in notes if note.kind == "maintenance"]
    return Ledger(
        past,
        now,
        stale=past.checked_at is None or now - past.checked_at > limit,
        days=_filed(past.days, _series_of_rollup, lambda row: row.at),
        hours=_filed(past.hours, _series_of_rollup, lambda row: row.at),
        totals=_filed(past.totals, _series_of_rollup, lambda row: row.at),
        spans=_filed(past.spans, lambda span: (span.component, span.region), lambda span: span.start),
        outages=_filed(past.outages, lambda outage: outage.component, lambda outage: outage.started),
        maintenance=lambda component, region: maintenance_windows(config, announced, component, region),
    )


def stale_limit(config: Config) -> int:
    """Seconds after the newest check from which the page as a whole no longer knows."""
    return max(config.rules.stale_rounds * config.interval, config.rules.stale_min)


def _series_of_rollup(row: Rollup) -> tuple[str, str]:
    return (row.series, row.region)


def _filed(rows: Iterable[Row], series: Callable[[Row], Key], at: Callable[[Row], Time]) -> Mapping[Key, Sequence[Row]]:
    """Rows by their series, each series in order of time."""
    found: dict[Key, list[Row]] = defaultdict(list)
    for row in rows:
        found[series(row)].append(row)
    for mine in found.values():
        mine.sort(key=at)
    return found


# ---- uptime ----------------------------------------------------------------------------------------------------------


def uptime(t: Text, measured: history.Uptime) -> Uptime:
    """What history measured, in this language."""
    return Uptime(
        measured.window,
        measured.fraction,
        t.percent_text(measured.text),
        measured.coverage,
        t("{share} observed", share=t.percent(measured.coverage)),
        measured.down,
        measured.observed,
    )


def windows(t: Text, config: Config, book: Ledger, one: Component) -> Mapping[str, Uptime]:
    """Uptime over the last 24 hours, over 7, 30 and 90 UTC days with today, and over everything history knows."""
    mine = _only(book, one.id)
    out, work = _left_out(config, book, one)
    day = history.last_day(mine, one.id, ALL, book.now, exclusions=out, maintenance=work)
    found = {"day": uptime(t, day)}
    for window in ("week", "month", "quarter", "ever"):
        whole = history.uptime_of(mine, one.id, ALL, window, book.now, exclusions=out, maintenance=work)
        found[window] = uptime(t, whole)
    return found


def quarter(t: Text, config: Config, book: Ledger, one: Component, region: str) -> Uptime:
    """Uptime over 90 UTC days as one region saw it."""
    out, work = _left_out(config, book, one, region)
    mine = _only(book, one.id, region)
    return uptime(t, history.uptime_of(mine, one.id, region, "quarter", book.now, exclusions=out, maintenance=work))


def _left_out(
    config: Config, book: Ledger, one: Component, region: str = ALL
) -> tuple[Sequence[history.Stretch], Sequence[history.Stretch]]:
    """What of a series does not count: what was measured wrongly, and announced work."""
    looking = {r for check in one.checks for r in check.regions}
    out = history.exclusions_of(config.exclusions, one.id, region, looking)
    return out, book.maintenance(one.id, region)


def _only(book: Ledger, component: str, region: str = ALL) -> Past:
    """The past of one series: `history` scans what it is given."""
    key = (component, region)
    return Past(
        days=tuple(book.days.get(key, ())),
        hours=tuple(book.hours.get(key, ())),
        totals=tuple(book.totals.get(key, ())),
        spans=tuple(book.spans.get(key, ())),
        outages=tuple(book.outages.get(component, ())),
    )


# ---- days ------------------------------------------------------------------------------------------------------------


def days(
    t: Text,
    config: Config,
    book: Ledger,
    one: Component,
    incidents: Mapping[str, tuple[str, ...]] = EMPTY,
    count: int = 90,
) -> tuple[Day, ...]:
    """The last `count` UTC days, oldest first; a day history knows nothing of is `unknown`.

    `incidents` maps a date to the ids of the incidents of this component that touch it. What does not count for uptime
    colours no day either; announced work shows as such.
    """
    rows = {row.at: row.seconds for row in book.days.get((one.id, ALL), ())}
    out, work = _left_out(config, book, one)
    mine = _only(book, one.id) if out or work else Past()
    today = book.now - book.now % DAY
    found = []
    for at in range(today - (count - 1) * DAY, today + 1, DAY):
        length = min(DAY, book.now - at)
        seconds, wrong = rows.get(at, EMPTY), 0
        if (out or work) and (gone := history.intersect([*out, *work], [(at, at + length)])):
            lost = history.taken_out(mine, one.id, ALL, gone, book.now)
            left = {status: max(0, n - lost.get(status, 0)) for status, n in seconds.items()}
            announced = history.length_of(history.intersect(work, gone))
            seconds, wrong = {**left, Status.UNDER_MAINTENANCE: announced}, history.length_of(gone) - announced
        booked = tuple(sorted((status, n) for status, n in seconds.items() if n))
        touched = incidents.get(text.date(at), ()) if incidents else ()
        found.append(_day_of(t, at, booked, length, wrong, touched))
    return tuple(found)


@lru_cache(maxsize=4096)
def _day_of(
    t: Text, at: Time, booked: tuple[tuple[Status, int], ...], length: int, wrong: int, touched: tuple[str, ...]
) -> Day:
    """One for all components of which history says the same: most days are the same quiet day."""
    seconds = dict(booked)
    status = history.day_status(seconds, length)
    share = uptime(t, history.measure("day", at, at + length, seconds, left_out=wrong))
    date = text.date(at)
    word = t.status(status) if status is not Status.UNKNOWN else t("no data")
    lost = sum(seconds.get(s, 0) for s in FAILING)
    if status in FAILING:
        values = {"date": t.day(at), "word": word, "uptime": share.text, "lost": t.duration(lost)}
        sentence = t("{date}: {word} for {lost}, {uptime}", **values)
    else:
        sentence = t("{date}: {word}", date=t.day(at), word=word)
    return Day(date, status, word, HEIGHT[status], sentence, share, share.down_seconds, touched)


def days_summary(t: Text, shown: Sequence[Day]) -> str:
    """The bars in one sentence, for those who do not see them."""
    unseen = sum(day.status is Status.UNKNOWN for day in shown)
    bad = sum(day.status in FAILING for day in shown)
    parts = [t.n("{n} day with trouble", "{n} days with trouble", bad) if bad else t("no trouble seen")]
    if unseen == len(shown):
        parts = [t("no data")]
    elif unseen:
        parts.append(t.n("{n} day without data", "{n} days without data", unseen))
    return t("{count} days: {parts}", count=len(shown), parts=t.list(parts))


# ---- charts ----------------------------------------------------------------------------------------------------------


def points(book: Ledger, check: Check, kind: str, start: Time, end: Time, step: int = HOUR) -> tuple[Point, ...]:
    """One point per hour (or per day, with `step` a day) over all regions; a gap where there was nothing.

    `kind` latency: the median and the 95th percentile; indicator: the last, lowest and highest value.
    """
    make = _latency if kind == "latency" else _value
    found: dict[Time, list[Rollup]] = defaultdict(list)
    for row in rows_of(book, check, step):
        if start <= row.at < end:
            found[row.at].append(row)
    return tuple(make(at, found.get(at, ())) for at in range(start, end, step))


def rows_of(book: Ledger, check: Check, step: int) -> Iterator[Rollup]:
    """The roll-ups of a check: those over all regions, or of each region where history keeps no others."""
    rows = book.hours if step == HOUR else book.days
    if rows.get((check.id, ALL)):
        yield from rows[check.id, ALL]
        return
    for region in check.regions:
        yield from rows.get((check.id, region), ())


def _latency(at: Time, rows: Sequence[Rollup]) -> Point:
    merged = rows[0].histogram if len(rows) == 1 else history.merge_histograms(row.histogram for row in rows)
    half, most = history.percentiles(merged, (0.5, 0.95))
    return Point(at, p50=half, p95=most)


def _value(at: Time, rows: Sequence[Rollup]) -> Point:
    low = [row.value_min for row in rows if row.value_min is not None]
    high = [row.value_max for row in rows if row.value_max is not None]
    last = [row.value_last for row in rows if row.value_last is not None]
    return Point(at, p50=max(last, default=None), low=min(low, default=None), high=max(high, default=None))


def chart(
    t: Text,
    id: str,
    title: str,
    unit: str,
    shown: tuple[Point, ...],
    step: int,
    limits: Limits = (None, None),
) -> Chart | None:
    """The chart with its summary in words; None when there is nothing to draw. `limits`: degraded and down from."""
    known = [p for p in shown if p.p50 is not None]
    if not known:
        return None
    newest, gaps = known[-1], len(shown) - len(known)
    latency = unit == "ms" and newest.p95 is not None
    if latency:
        values = {"title": title, "p50": t.latency(newest.p50), "p95": t.latency(newest.p95)}
        said = t("{title}: at the end half of the answers within {p50}, 95 of 100 within {p95}", **values)
    else:
        said = t("{title}: {value} at the end", title=title, value=t.quantity(newest.p50, unit))
    if gaps:
        missing = t("no data for {time}", time=t.duration(gaps * step))
        said = t("{sentence}; {gaps}", sentence=said, gaps=missing)
    start = shown[0].at
    kind = "latency" if latency else "indicator"
    return Chart(id, kind, title, unit, said, start, start + len(shown) * step, step, shown, *limits)
