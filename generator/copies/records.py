"""What history holds as JSON: one record for each observation, span, outage and roll-up, the same in an export and in
the published copy. Pure. Fields with their default are left out; a record of a newer version is refused, never guessed.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ..errors import HistoryError
from ..history.histogram import LAST_BUCKET
from ..model import ALL, EMPTY, FAILING, Failure, Observation, Outage, Rollup, Span, Stage, Status, Time, Verdict

VERSION = 1
LAST_SECOND = 253_402_300_799
"""The end of the year 9999: no calendar here knows a later one."""

Record = dict[str, Any]


def kind(name: str, record: Record) -> Record:
    return {"kind": name, **record}


def line(record: Record) -> str:
    """A record as a line of JSON; the same record gives the same bytes."""
    return _ENCODE(record) + "\n"


# Made once: `json.dumps` with anything but its defaults makes one for each call.
_ENCODE = json.JSONEncoder(separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode


def _short(record: Record) -> Record:
    return {name: value for name, value in record.items() if value not in (None, "", 0, False) and value != {}}


def of_observation(o: Observation) -> Record:
    """The record of an observation. `attempts` is left out when it is 1."""
    rest = _short(
        {
            "failure": o.failure,
            "stage": o.stage,
            "phases": dict(o.phases),
            "unit": o.unit,
            "detail": o.detail,
            "facts": dict(o.facts),
            "engine": o.engine,
            "low_confidence": o.low_confidence,
            "attempts": 0 if o.attempts == 1 else o.attempts,
        }
    )
    # A measured zero is a measurement: only what was not measured is left out.
    numbers = {"latency_ms": o.latency_ms, "value": o.value, "degraded": o.degraded, "down": o.down}
    rest |= {name: value for name, value in numbers.items() if value is not None}
    return {"check": o.check, "region": o.region, "at": o.at, "verdict": o.verdict.value, **rest}


def to_observation(r: Mapping[str, Any]) -> Observation:
    """The observation of a record; HistoryError if it is none."""
    with _Reading("observation", r):
        return Observation(
            check=_text(r["check"], some=True),
            region=_place(r["region"]),
            at=_time(r["at"]),
            verdict=Verdict(r["verdict"]),
            failure=_failure(r.get("failure")),
            stage=Stage(r["stage"]) if r.get("stage") else None,
            latency_ms=_number(r.get("latency_ms")),
            phases={_text(k): _measured(v) for k, v in r["phases"].items()} if r.get("phases") else EMPTY,
            attempts=_whole(r.get("attempts", 1)),
            value=_number(r.get("value")),
            unit=_text(r.get("unit", "")),
            degraded=_number(r.get("degraded")),
            down=_number(r.get("down")),
            detail=_text(r.get("detail", "")),
            facts=_mapping(r.get("facts")),
            engine=_text(r.get("engine", "")),
            low_confidence=bool(r.get("low_confidence", False)),
        )


def of_span(s: Span) -> Record:
    rest = _short({"end": s.end, "failure": s.failure, "rule": s.rule})
    return {"component": s.component, "region": s.region, "start": s.start, "status": s.status.value, **rest}


def to_span(r: Mapping[str, Any]) -> Span:
    with _Reading("span", r):
        start, end = _stretch(r["start"], r.get("end"))
        where = _text(r["component"], some=True), _text(r["region"], some=True)
        return Span(*where, start, end, Status(r["status"]), _failure(r.get("failure")), _text(r.get("rule", "")))


def of_outage(o: Outage) -> Record:
    rest = _short({"ended": o.ended, "flapping": o.flapping})
    return {
        "id": o.id,
        "component": o.component,
        "regions": list(o.regions),
        "started": o.started,
        "confirmed": o.confirmed,
        "worst": o.worst.value,
        "failures": [f.value for f in o.failures],
        "checks": list(o.checks),
        "evidence": [list(key) for key in o.evidence],
        **rest,
    }


def to_outage(r: Mapping[str, Any]) -> Outage:
    with _Reading("outage", r):
        started, ended = _stretch(r["started"], r.get("ended"))
        if r["worst"] not in FAILING:
            raise ValueError(f"nothing failed: worst is {r['worst']!r:.40}")
        return Outage(
            id=_id(r["id"]),
            component=_text(r["component"], some=True),
            regions=tuple(map(_text, r["regions"])),
            started=started,
            confirmed=_time(r["confirmed"]),
            ended=ended,
            worst=Status(r["worst"]),
            failures=tuple(f for f in map(_failure, r.get("failures", ())) if f),
            checks=tuple(map(_text, r.get("checks", ()))),
            evidence=tuple((_text(c), _text(p), _time(at)) for c, p, at in r.get("evidence", ())),
            flapping=bool(r.get("flapping", False)),
        )


def of_rollup(r: Rollup) -> Record:
    record: Record = {"scale": r.scale, "series": r.series, "region": r.region, "at": r.at}
    if seconds := {status.value: n for status, n in sorted(r.seconds.items()) if n}:
        record["seconds"] = seconds
    if r.worst is not Status.UNKNOWN:
        record["worst"] = r.worst.value
    for name, count in (("samples", r.samples), ("failed", r.failed), ("inconclusive", r.inconclusive)):
        if count:
            record[name] = count
    if histogram := {str(bucket): n for bucket, n in sorted(r.histogram.items())}:
        record["histogram"] = histogram
    for name, value in (("value_min", r.value_min), ("value_max", r.value_max), ("value_last", r.value_last)):
        if value is not None:
            record[name] = value
    return record


def to_rollup(r: Mapping[str, Any]) -> Rollup:
    with _Reading("rollup", r):
        if r["scale"] not in ("hour", "day"):
            raise ValueError(f"scale {r['scale']!r}")
        return Rollup(
            scale=r["scale"],
            series=_text(r["series"], some=True),
            region=_text(r["region"], some=True),
            at=_time(r["at"]),
            seconds={Status(word): _whole(n) for word, n in r["seconds"].items()} if r.get("seconds") else EMPTY,
            worst=Status(r.get("worst", "unknown")),
            samples=_whole(r.get("samples", 0)),
            failed=_whole(r.get("failed", 0)),
            inconclusive=_whole(r.get("inconclusive", 0)),
            histogram={_bucket(b): _whole(n) for b, n in r["histogram"].items()} if r.get("histogram") else EMPTY,
            value_min=_number(r.get("value_min")),
            value_max=_number(r.get("value_max")),
            value_last=_number(r.get("value_last")),
        )


# ---- reading strictly ------------------------------------------------------------------------------------------------


class _Reading:
    """Whatever is wrong with a record becomes one `HistoryError` that says which."""

    def __init__(self, kind: str, record: Mapping[str, Any]) -> None:
        self._kind = kind
        self._record = record

    def __enter__(self) -> None:
        version = self._record.get("v", VERSION)
        if not isinstance(version, int) or version > VERSION:
            raise HistoryError(f"{self._kind} of version {version!r}: this program knows {VERSION}; upgrade it")

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, KeyError):
            raise HistoryError(f"{self._kind} without {error.args[0]!r}") from error
        if isinstance(error, ValueError | TypeError | AttributeError):
            raise HistoryError(f"{self._kind} cannot be read: {error}") from error


def _failure(word: Any) -> Failure | None:
    """A word this version does not have stays a failure without a name; it never becomes another one."""
    if not word:
        return None
    return Failure(word) if word in _FAILURES else Failure.UNKNOWN_FAILURE


_FAILURES = frozenset(f.value for f in Failure)


def _text(value: Any, *, some: bool = False) -> str:
    if not isinstance(value, str) or (some and not value):
        raise TypeError(f"wanted text, got {value!r:.40}")
    return value


def _id(value: Any) -> str:
    if not _ID.fullmatch(_text(value)):
        raise ValueError(f"{value!r:.40} is no id of an outage: letters, digits, - and . make an address of it")
    return str(value)


_ID = re.compile(r"\w[\w.-]*")


def _place(value: Any) -> str:
    if value == ALL:
        raise ValueError(f"a look comes from one region, not from {ALL!r}, which stands for all of them")
    return _text(value, some=True)


def _whole(value: Any, most: int = 1 << 53) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise TypeError(f"wanted a whole number from 0 to {most}, got {value!r:.40}")
    return value


def _time(value: Any) -> Time:
    return _whole(value, LAST_SECOND)


def _stretch(start: Any, end: Any) -> tuple[Time, Time | None]:
    begins, ends = _time(start), None if end is None else _time(end)
    if ends is not None and ends < begins:
        raise ValueError(f"it ends ({ends}) before it begins ({begins})")
    return begins, ends


def _bucket(value: str) -> int:
    return _whole(int(value), LAST_BUCKET)


def _number(value: Any) -> float | None:
    return None if value is None else _measured(value)


def _measured(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError(f"wanted a number, got {value!r:.40}")
    return value


def _mapping(value: Any) -> Mapping[str, Any]:
    if value is None:
        return EMPTY
    if not isinstance(value, Mapping):
        raise TypeError(f"wanted a mapping, got {value!r:.40}")
    return value


# ---- union -----------------------------------------------------------------------------------------------------------


def union_rollups(here: Iterable[Rollup], there: Iterable[Rollup]) -> tuple[Rollup, ...]:
    """What of `there` is missing `here`, or knows more: more seconds, then more samples. Never adds two together."""
    known = {(r.scale, r.series, r.region, r.at): r for r in here}
    return tuple(r for r in there if _knows(r) > _knows(known.get((r.scale, r.series, r.region, r.at))))


def _knows(rollup: Rollup | None) -> tuple[int, int]:
    return (-1, -1) if rollup is None else (sum(rollup.seconds.values()), rollup.samples)


def union_spans(
    here: Iterable[Span], there: Iterable[Span], until: Time | None, there_until: Time | None
) -> tuple[Span, ...]:
    """What to put in place so that `here` also knows what `there` does; spans of a series never overlap afterwards.

    `until` and `there_until` are their last folds (None: never): what is running is not known to go on after that.
    `here` is believed where it has something, `there` everywhere else.
    """
    ours: dict[tuple[str, str], list[Span]] = {}
    theirs: dict[tuple[str, str], list[Span]] = {}
    older = until is not None and (there_until is None or there_until <= until)
    for spans, series, end in ((here, ours, None), (there, theirs, there_until or 0)):
        for span in sorted(spans, key=lambda s: s.start):
            known = replace(span, end=end) if older and span.end is None and end is not None else span
            if known.end is None or known.end > known.start:
                series.setdefault((span.component, span.region), []).append(known)
    filled = (s for key in sorted(theirs) for s in _fill(ours.get(key, []), theirs[key], until))
    return tuple(s for s in filled if s not in ours.get((s.component, s.region), ()))


def _fill(ours: list[Span], theirs: list[Span], until: Time | None) -> list[Span]:
    known = [replace(s, end=max(s.start, until or s.start)) if s.end is None else s for s in ours]
    pieces = [p for span in theirs for p in _outside(span, known)]
    later = [p for p in pieces if known and p.start >= (known[-1].end or 0)]
    if not later:
        return pieces
    last, after = known[-1], later[0]
    if last.end == after.start and (last.status, last.failure) == (after.status, after.failure):
        return [replace(last, end=after.end), *(p for p in pieces if p is not after)]
    return [last, *pieces]


def _outside(span: Span, known: list[Span]) -> list[Span]:
    """The parts of a span that none of the known ones (sorted, ended) covers."""
    pieces, start = [], span.start
    for k in known:
        end = k.end or k.start
        if end <= start:
            continue
        if span.end is not None and k.start >= span.end:
            break
        if k.start > start:
            pieces.append(replace(span, start=start, end=k.start))
        start = end
    if span.end is None or start < span.end:
        pieces.append(replace(span, start=start))
    return pieces


def union_outages(here: Iterable[Outage], there: Iterable[Outage]) -> tuple[Outage, ...]:
    """What of `there` is missing here, or saw the end of what still runs here."""
    known = {o.id: o for o in here}
    missing = (o for o in there if o.id not in known)
    ended = (o for o in there if o.id in known and known[o.id].ended is None and o.ended is not None)
    return (*missing, *ended)
