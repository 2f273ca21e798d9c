"""What the fold carries from round to round, as values that go through JSON and come back the same.

Holds everything `generator.states` needs to go on, and nothing it could look up in a configuration. Never decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any

from ..model import EMPTY, Failure, Observation, Outage, Rollup, Span, Stage, Status, Time, Verdict
from .ledger import Ledger, Tally

VERSION = 1
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Seen:
    """The newest look of a check in a region. `slot` is the round that brought it.

    `judged` is the look after it was held against the other regions (the look itself for most checks). `void` is the
    reason if it was made while its region could not be trusted. `word` is the last status it spoke for, however long
    ago: who said "down" and fell silent has not taken it back.
    """

    look: Observation
    slot: Time
    judged: Observation
    void: Failure | None = None
    word: Status | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """What one round showed. `at` is the look that first showed it; `stamp` the slot its evidence is from.

    `after_silence`: what was believed before had become too old. It counts with the rounds before, and nothing is dated
    back beyond it.
    """

    at: Time
    stamp: Time
    status: Status
    rule: str
    failure: Failure | None = None
    after_silence: bool = False


@dataclass(frozen=True, slots=True)
class Series:
    """What is believed of a component in a region (or over all), and what is on its way to being believed.

    `trail` are the last rounds with new evidence, newest last. `good_until` is when the status becomes `unknown` if
    nothing more is heard. `carriers` are the (check, region) that spoke for the last failure. `flips` are the numbers
    (of `rounds`) at which it went from failing to working or back; `known` is the last status that was not `unknown`,
    `known_at` the newest look that showed it; `silent_since` when what was believed last became too old, until
    something new is heard.
    """

    status: Status = Status.UNKNOWN
    since: Time | None = None
    rule: str = "no_evidence"
    failure: Failure | None = None
    checked_at: Time | None = None
    good_until: Time | None = None
    known: Status = Status.UNKNOWN
    trail: tuple[Entry, ...] = ()
    carriers: tuple[Key, ...] = ()
    rounds: int = 0
    flips: tuple[int, ...] = ()
    flapping: bool = False
    flapping_since: Time | None = None
    ledger: Ledger = field(default_factory=Ledger)
    known_at: Time | None = None
    silent_since: Time | None = None


@dataclass(frozen=True, slots=True)
class Belief:
    """Everything believed after the round at `at`; rounds up to `through` are folded.

    `spans`, `outages` and `rollups` are what began or changed since the belief was settled, to be saved; `horizon` is
    the earliest time at which a span may still begin, by back-dating.
    """

    at: Time | None = None
    through: Time | None = None
    began: Time | None = None
    horizon: Time | None = None
    table: Mapping[Key, Seen] = field(default_factory=lambda: EMPTY)
    series: Mapping[Key, Series] = field(default_factory=lambda: EMPTY)
    tallies: Mapping[Key, Tally] = field(default_factory=lambda: EMPTY)
    open: Mapping[str, Outage] = field(default_factory=lambda: EMPTY)
    spans: tuple[Span, ...] = ()
    outages: tuple[Outage, ...] = ()
    rollups: tuple[Rollup, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain lists, dicts, numbers and strings; the same for equal beliefs, whatever order they grew in."""
        return {
            "version": VERSION,
            "at": self.at,
            "through": self.through,
            "began": self.began,
            "horizon": self.horizon,
            "table": [[*key, _seen_out(seen)] for key, seen in sorted(self.table.items())],
            "series": [[*key, _series_out(series)] for key, series in sorted(self.series.items())],
            "tallies": [[*key, *_tally_out(tally)] for key, tally in sorted(self.tallies.items())],
            "open": [_outage_out(outage) for _, outage in sorted(self.open.items())],
            "spans": [_span_out(span) for span in self.spans],
            "outages": [_outage_out(outage) for outage in self.outages],
            "rollups": [_rollup_out(rollup) for rollup in self.rollups],
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Belief:
        """The belief of `to_json`; ValueError for another version or shape, which is no reason to guess."""
        if data.get("version") != VERSION:
            raise ValueError(f"a belief of version {data.get('version')!r}, this program knows {VERSION}")
        try:
            opened = [_outage_in(row) for row in data["open"]]
            return Belief(
                at=data["at"],
                through=data["through"],
                began=data["began"],
                horizon=data["horizon"],
                table={(c, r): _seen_in(c, r, row) for c, r, row in data["table"]},
                series={(c, r): _series_in(row) for c, r, row in data["series"]},
                tallies={(row[0], row[1]): _tally_in(row[2:]) for row in data["tallies"]},
                open={outage.component: outage for outage in opened},
                spans=tuple(map(_span_in, data["spans"])),
                outages=tuple(map(_outage_in, data["outages"])),
                rollups=tuple(map(_rollup_in, data["rollups"])),
            )
        except (KeyError, TypeError, IndexError) as error:
            raise ValueError(f"no belief: {error!r}") from error


# ---- looks -----------------------------------------------------------------------------------------------------------

_PLAIN = ("latency_ms", "attempts", "value", "unit", "degraded", "down", "detail", "engine", "low_confidence")
_DEFAULT = {f.name: f.default for f in fields(Observation)}
_NAMES = tuple(_DEFAULT)
_BEFORE_PHASES = attrgetter(*_NAMES[: _NAMES.index("phases")])
_AFTER_PHASES = attrgetter(*_NAMES[_NAMES.index("phases") + 1 :])


def _look_out(look: Observation) -> dict[str, Any]:
    """Without what is at its default, and without phases, which nothing here asks for."""
    row: dict[str, Any] = {"at": look.at, "verdict": look.verdict.value}
    row.update({name: value for name in _PLAIN if (value := getattr(look, name)) != _DEFAULT[name]})
    if look.failure is not None:
        row["failure"] = look.failure.value
    if look.stage is not None:
        row["stage"] = look.stage.value
    if look.facts:
        row["facts"] = dict(look.facts)
    return row


def _look_in(check: str, region: str, row: Mapping[str, Any]) -> Observation:
    rest = {name: row[name] for name in _PLAIN if name in row}
    return Observation(
        check,
        region,
        row["at"],
        Verdict(row["verdict"]),
        failure=_failure(row.get("failure")),
        stage=Stage(row["stage"]) if "stage" in row else None,
        facts=row.get("facts", EMPTY),
        **rest,
    )


def _failure(word: str | None) -> Failure | None:
    return None if word is None else Failure(word)


def _word(value: Failure | Status | None) -> str | None:
    return None if value is None else value.value


def remembered(look: Observation) -> Observation:
    """The look as the table keeps it. Written out: every look of every round comes through here."""
    if not look.phases:
        return look
    values = [*_BEFORE_PHASES(look), EMPTY, *_AFTER_PHASES(look)]
    return Observation(*values)


def looks_of(table: Mapping[Key, Seen]) -> dict[Key, Observation]:
    """The table as `vantage` wants it."""
    return {key: seen.look for key, seen in table.items()}


def _seen_out(seen: Seen) -> list[Any]:
    judged = None if seen.judged == seen.look else _look_out(seen.judged)
    return [_look_out(seen.look), seen.slot, judged, _word(seen.void), _word(seen.word)]


def _seen_in(check: str, region: str, row: list[Any]) -> Seen:
    look = _look_in(check, region, row[0])
    judged = look if row[2] is None else _look_in(check, region, row[2])
    word = None if row[4] is None else Status(row[4])
    return Seen(look, row[1], judged, _failure(row[3]), word)


# ---- series ----------------------------------------------------------------------------------------------------------


def _seconds_out(seconds: Mapping[Status, int]) -> dict[str, int]:
    return {status.value: count for status, count in sorted(seconds.items())}


def _seconds_in(row: Mapping[str, int]) -> dict[Status, int]:
    return {Status(status): count for status, count in row.items()}


def _series_out(s: Series) -> list[Any]:
    trail = [
        [e.at, e.stamp, e.status.value, e.rule, _word(e.failure), *([True] if e.after_silence else [])] for e in s.trail
    ]
    head = [s.status.value, s.since, s.rule, _word(s.failure), s.checked_at, s.good_until, s.known.value, trail]
    return [
        *head,
        list(map(list, s.carriers)),
        s.rounds,
        list(s.flips),
        s.flapping,
        s.flapping_since,
        _ledger_out(s.ledger),
        s.known_at,
        s.silent_since,
    ]


def _series_in(row: list[Any]) -> Series:
    (
        status,
        since,
        rule,
        failure,
        checked_at,
        good_until,
        known,
        trail,
        carriers,
        rounds,
        flips,
        flapping,
        began,
        book,
        *later,  # `known_at`, `silent_since`; older beliefs do not say them
    ) = row
    return Series(
        Status(status),
        since,
        rule,
        _failure(failure),
        checked_at,
        good_until,
        Status(known),
        tuple(
            Entry(at, stamp, Status(word), name, _failure(why), *rest) for at, stamp, word, name, why, *rest in trail
        ),
        tuple((c, r) for c, r in carriers),
        rounds,
        tuple(flips),
        flapping,
        began,
        _ledger_in(book),
        *later,
    )


def _ledger_out(book: Ledger) -> list[Any]:
    timeline = [[at, status.value] for at, status in book.timeline]
    sums = [book.hour_at, _seconds_out(book.hour), book.day_at, _seconds_out(book.day), _seconds_out(book.total)]
    return [book.first, book.done, timeline, list(map(list, book.cover)), *sums]


def _ledger_in(row: list[Any]) -> Ledger:
    first, done, timeline, cover, hour_at, hour, day_at, day, total = row
    return Ledger(
        first,
        done,
        tuple((at, Status(status)) for at, status in timeline),
        tuple((a, b) for a, b in cover),
        hour_at,
        _seconds_in(hour),
        day_at,
        _seconds_in(day),
        _seconds_in(total),
    )


# ---- what is saved ---------------------------------------------------------------------------------------------------


def _span_out(s: Span) -> list[Any]:
    return [s.component, s.region, s.start, s.end, s.status.value, _word(s.failure), s.rule]


def _span_in(row: list[Any]) -> Span:
    return Span(row[0], row[1], row[2], row[3], Status(row[4]), _failure(row[5]), row[6])


def _outage_out(o: Outage) -> list[Any]:
    head = [o.id, o.component, list(o.regions), o.started, o.confirmed, o.ended, o.worst.value]
    return [*head, [f.value for f in o.failures], list(o.checks), list(map(list, o.evidence)), o.flapping]


def _outage_in(row: list[Any]) -> Outage:
    id, component, regions, started, confirmed, ended, worst, failures, checks, evidence, flapping = row
    keys = tuple((check, region, at) for check, region, at in evidence)
    words = tuple(map(Failure, failures))
    return Outage(
        id, component, tuple(regions), started, confirmed, ended, Status(worst), words, tuple(checks), keys, flapping
    )


def _rollup_out(r: Rollup) -> list[Any]:
    head = [
        r.scale,
        r.series,
        r.region,
        r.at,
        _seconds_out(r.seconds),
        r.worst.value,
        r.samples,
        r.failed,
        r.inconclusive,
    ]
    return [*head, {str(b): n for b, n in sorted(r.histogram.items())}, r.value_min, r.value_max, r.value_last]


def _rollup_in(row: list[Any]) -> Rollup:
    scale, series, region, at, seconds, worst, samples, failed, inconclusive, histogram, low, high, last = row
    buckets = {int(b): n for b, n in histogram.items()}
    return Rollup(
        scale,
        series,
        region,
        at,
        _seconds_in(seconds),
        Status(worst),
        samples,
        failed,
        inconclusive,
        buckets,
        low,
        high,
        last,
    )


def _tally_out(t: Tally) -> list[Any]:
    return [_rollup_out(t.hour), t.day and _rollup_out(t.day)]


def _tally_in(row: list[Any]) -> Tally:
    hour, day, *_ = row  # earlier versions kept a total
    return Tally(_rollup_in(hour), day and _rollup_in(day))
