"""When a round is believed: counting rounds up and down, dating back, noticing flapping. Pure.

One series at a time. Knows no region and no vote; what a round shows comes from `precedence`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..model import FAILING, Rules, Status, Time
from .ballot import SEVERITY
from .belief import Entry, Series
from .ledger import Ledger

KEPT = 8
LONGEST_SILENCE = 12
"""A round counts with the one before if it comes, after that one became too old, within so many times as that took."""
Piece = tuple[Time, Status, Entry]
"""From when on which status is believed, and the entry that says why."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What one round shows of a series. `rounds`: how many such rounds in a row are needed to believe it."""

    entry: Entry
    rounds: int
    checked_at: Time
    good_until: Time


def advance(
    series: Series, shown: Shown, book: Ledger, rules: Rules, *, outage_runs: bool
) -> tuple[Series, tuple[Piece, ...]]:
    """The series after a round that shows something (`book`: its books with the round in them), and the pieces of its
    timeline that this settles."""
    # the same evidence as before has been counted
    new = not series.trail or shown.entry.stamp > series.trail[-1].stamp
    if new and series.silent_since is not None and series.trail:
        series, shown = _after_silence(series, shown)
    series = _heard(series, shown, book, new)
    if not new:
        return series, ()
    found = _believed(series.status, series.trail, shown.rounds, rules, outage_runs)
    if found:
        series = _turned(series, found)
    return _flapped(series, rules, shown.entry.at), found


def _heard(series: Series, shown: Shown, book: Ledger, new: bool) -> Series:
    """The series with one more round in it. Written out: this is where a replay of many rounds spends its time."""
    checked_at = max(series.checked_at or 0, shown.checked_at)
    return Series(
        series.status,
        series.since,
        series.rule,
        series.failure,
        checked_at,
        shown.good_until,
        series.known,
        (*series.trail, shown.entry)[-KEPT:] if new else series.trail,
        series.carriers,
        series.rounds + new,
        series.flips,
        series.flapping,
        series.flapping_since,
        book,
        checked_at if shown.entry.status is series.known else series.known_at,
        None if new else series.silent_since,
    )


def expired(series: Series) -> Series:
    """The series when the last that was heard of it is too old: `unknown`. What was counted stays counted."""
    return replace(
        series,
        status=Status.UNKNOWN,
        since=series.since if series.status is Status.UNKNOWN else series.good_until,
        rule="stale",
        failure=None,
        good_until=None,
        silent_since=series.good_until,
    )


def _after_silence(series: Series, shown: Shown) -> tuple[Series, Shown]:
    """Rounds that come late, hours apart, are rounds in a row nevertheless: else nothing could ever be confirmed."""
    newest, ended = series.trail[-1], series.silent_since or 0
    if shown.entry.at - ended > LONGEST_SILENCE * max(0, ended - newest.at):
        return replace(series, trail=()), shown
    return series, replace(shown, entry=replace(shown.entry, after_silence=True))


def pending(series: Series) -> Time | None:
    """The earliest time to which the next round may still date something back; None if nothing is on its way."""
    later = None
    if series.silent_since is not None:
        return None
    for entry in reversed(series.trail):
        if entry.status is series.status:
            break
        later = entry.at
        if entry.after_silence:
            break
    return later


def needed(series: Series, rounds: int, rules: Rules, outage_runs: bool) -> tuple[int, int] | None:
    """(rounds seen in a row, rounds needed) of what the last round showed, if it is not believed yet."""
    if not series.trail or series.trail[-1].status is series.status:
        return None
    shown = SEVERITY[series.trail[-1].status]
    worse = shown > _level(series.status)
    run = 0
    for entry in reversed(series.trail):
        if SEVERITY[entry.status] < shown if worse else SEVERITY[entry.status] > shown:
            break
        run += 1
    return (run, rounds) if worse else (run, rules.up_after if outage_runs or series.status in FAILING else 1)


# ---- the rules of counting -------------------------------------------------------------------------------------------


def _level(status: Status) -> int:
    """`unknown` counts as being fine: from there it takes as many rounds to fail as from `operational`."""
    return SEVERITY.get(status, 0)


def _believed(
    status: Status, trail: Sequence[Entry], rounds: int, rules: Rules, outage_runs: bool
) -> tuple[Piece, ...]:
    """What is believed after the last entry of the trail, in pieces of the timeline; empty if nothing changes."""
    level, shown = _level(status), SEVERITY[trail[-1].status]
    if shown > level:
        return _worse(level, trail, rounds, rules)
    if status is Status.UNKNOWN:
        last = _last(trail, rules.up_after if outage_runs else 1)
        return _piece(last, Status.OPERATIONAL) if last and all(e.status is Status.OPERATIONAL for e in last) else ()
    last = _last(trail, rules.up_after)
    if shown < level and last and all(SEVERITY[e.status] < level for e in last):
        return _piece(last, max((e.status for e in last), key=SEVERITY.__getitem__))
    return ()


def _last(trail: Sequence[Entry], count: int) -> Sequence[Entry]:
    return trail[-count:] if len(trail) >= count else ()


def _piece(entries: Sequence[Entry], status: Status) -> tuple[Piece, ...]:
    reason = next(e for e in reversed(entries) if e.status is status)
    first = next((e for e in reversed(entries) if e.after_silence), entries[0])
    return ((first.at, status, reason),)


def _worse(level: int, trail: Sequence[Entry], rounds: int, rules: Rules) -> tuple[Piece, ...]:
    """The worst level that enough rounds in a row have reached, from the first of them that failed.

    Rounds before that were bad but less so keep what they showed: "partial since 10:00, down since 10:05".
    """
    by_level = {1: rules.degraded_after, 2: rules.partial_after}
    shown = SEVERITY[trail[-1].status]
    for reached in range(shown, level, -1):
        last = _last(trail, rounds if reached == shown else by_level[reached])
        if last and all(SEVERITY[e.status] >= reached for e in last):
            return _back_dated(level, reached, trail)
    return ()


def _back_dated(level: int, reached: int, trail: Sequence[Entry]) -> tuple[Piece, ...]:
    run: list[Entry] = []
    for entry in reversed(trail):
        if SEVERITY[entry.status] <= level:
            break
        run.insert(0, entry)
        if entry.after_silence:
            break
    by_severity = {severity: status for status, severity in SEVERITY.items()}
    found: list[Piece] = []
    for entry in run:
        status = by_severity[min(SEVERITY[entry.status], reached)]
        if not found or found[-1][1] is not status:
            found.append((entry.at, status, entry))
    return tuple(found)


def _turned(series: Series, found: Sequence[Piece]) -> Series:
    at, status, reason = found[-1]
    failed, fails = series.known in FAILING, status in FAILING
    flipped = series.known is not Status.UNKNOWN and failed != fails
    return replace(
        series,
        status=status,
        since=at,
        rule=reason.rule,
        failure=reason.failure if fails else None,
        known=status,
        known_at=series.checked_at,
        flips=(*series.flips, series.rounds) if flipped else series.flips,
    )


def _flapped(series: Series, rules: Rules, at: Time) -> Series:
    """Flapping begins with `flap_enter` changes in the last `flap_window` rounds and ends at `flap_leave`."""
    if not series.flips:
        return series
    flips = tuple(n for n in series.flips if n > series.rounds - rules.flap_window)
    flapping = len(flips) > rules.flap_leave if series.flapping else len(flips) >= rules.flap_enter
    since = (series.flapping_since or at) if flapping else None
    if (flips, flapping, since) == (series.flips, series.flapping, series.flapping_since):
        return series
    return replace(series, flips=flips, flapping=flapping, flapping_since=since)
