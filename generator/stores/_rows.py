"""Rows of a table and the values they stand for. Pure: never opens anything, never decides what is kept.

Numbers that are not numbers are refused, text that no database takes (NUL, half of a surrogate pair) is replaced, and
a word that only a newer version of the program knows is read as "we have no word for it", never as something else.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import zlib
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from ..model import EMPTY, Failure, Observation, Outage, Rollup, Span, Stage, Status, Time, Verdict

NEVER: Time = 1 << 62
"""In place of the end of what still runs, so that "ends after" is one comparison on one index."""

OBSERVATION = [
    *("at", "series", "verdict", "failure", "stage", "latency_ms", "phases", "attempts", "value", "unit", "degraded"),
    *("down", "detail", "facts", "engine", "low_confidence"),
]
SPAN = ["series", "start", "ended", "status", "failure", "rule"]
OUTAGE = ["id", "component", "started", "ended", "body"]
ROLLUP = [
    *("scale", "at", "series", "seconds", "worst", "samples", "failed", "inconclusive", "histogram"),
    *("value_min", "value_max", "value_last"),
]

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")

Row = tuple[Any, ...]
Word = TypeVar("Word", bound=StrEnum)


def series_id(name: str, region: str) -> int:
    """A number for (check or component, region): the same in every store, so that writers need not agree on one."""
    digest = hashlib.sha256(clean(f"{name}\n{region}").encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def clean(text: str) -> str:
    """Text that SQLite and PostgreSQL both take."""
    return _UNSTORABLE.sub("\ufffd", text)


def number(value: float | None) -> float | None:
    """The number itself; ValueError if it is none (NaN, infinity)."""
    if value is not None and not math.isfinite(value):
        raise ValueError(f"{value} is not a number")
    return value


def dump(value: Any) -> str:
    """Compact JSON with sorted keys; ValueError for NaN, TypeError for what JSON cannot say."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_plain)
    return clean(text)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no place in history")


def _word(kind: type[Word], text: str | None, unknown: Word) -> Word:
    try:
        return kind(text or "")
    except ValueError:
        return unknown


def _failure(text: str | None) -> Failure | None:
    return _word(Failure, text, Failure.UNKNOWN_FAILURE) if text else None


_VERDICTS = {word.value: word for word in Verdict}


def packed(belief: Mapping[str, Any]) -> bytes:
    """A belief as a checkpoint keeps it."""
    return zlib.compress(dump(belief).encode(), 6)


def unpacked(body: Any) -> dict[str, Any] | None:
    """The belief of a checkpoint; None for one that cannot be read."""
    try:
        belief = json.loads(zlib.decompress(bytes(body)))
    except (zlib.error, ValueError):
        return None
    return belief if isinstance(belief, dict) else None


# ---- observations ----------------------------------------------------------------------------------------------------


class Unread(Mapping[str, Any]):
    """A JSON object, taken apart when somebody looks: a build reads thousands of looks and opens a few."""

    __slots__ = ("_read", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._read: dict[str, Any] | None = None

    @property
    def _value(self) -> dict[str, Any]:
        if self._read is None:
            self._read = dict(json.loads(self._text))
        return self._read

    def __getitem__(self, key: str) -> Any:
        return self._value[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._value)

    def __len__(self) -> int:
        return len(self._value)

    def __repr__(self) -> str:
        return repr(self._value)


def from_observation(o: Observation) -> Row:
    """The row in the order of `OBSERVATION`; ValueError or TypeError if it holds what history refuses."""
    phases = {k: number(v) for k, v in o.phases.items()}
    return (
        int(o.at),
        series_id(o.check, o.region),
        o.verdict.value,
        o.failure.value if o.failure else None,
        o.stage.value if o.stage else None,
        number(o.latency_ms),
        dump(phases) if phases else None,
        o.attempts,
        number(o.value),
        clean(o.unit),
        number(o.degraded),
        number(o.down),
        clean(o.detail),
        dump(o.facts) if o.facts else None,
        clean(o.engine),
        int(o.low_confidence),
    )


def to_observation(check: str, region: str, row: Row) -> Observation:
    """The observation of a row in the order of `OBSERVATION`."""
    (
        at,
        _,
        verdict,
        failure,
        stage,
        latency,
        phases,
        attempts,
        value,
        unit,
        degraded,
        down,
        detail,
        facts,
        engine,
        low,
    ) = row
    return Observation(
        check=check,
        region=region,
        at=at,
        verdict=_VERDICTS.get(verdict, Verdict.INCONCLUSIVE),
        failure=_failure(failure),
        stage=_word(Stage, stage, Stage.CONTENT) if stage else None,
        latency_ms=latency,
        phases=Unread(phases) if phases else EMPTY,
        attempts=attempts,
        value=value,
        unit=unit,
        degraded=degraded,
        down=down,
        detail=detail,
        facts=Unread(facts) if facts else EMPTY,
        engine=engine,
        low_confidence=bool(low),
    )


# ---- spans and outages -----------------------------------------------------------------------------------------------


def from_span(s: Span) -> Row:
    end = NEVER if s.end is None else s.end
    return (
        series_id(s.component, s.region),
        s.start,
        end,
        s.status.value,
        s.failure and s.failure.value,
        clean(s.rule),
    )


def to_span(component: str, region: str, row: Row) -> Span:
    _, start, ended, status, failure, rule = row
    word = _word(Status, status, Status.UNKNOWN)
    return Span(component, region, start, None if ended == NEVER else ended, word, _failure(failure), rule)


def from_outage(o: Outage) -> Row:
    body = {
        "regions": o.regions,
        "confirmed": o.confirmed,
        "worst": o.worst,
        "failures": o.failures,
        "checks": o.checks,
        "evidence": o.evidence,
        "flapping": o.flapping,
    }
    return (clean(o.id), clean(o.component), o.started, NEVER if o.ended is None else o.ended, dump(body))


def to_outage(row: Row) -> Outage:
    id, component, started, ended, body = row
    more = json.loads(body)
    return Outage(
        id=id,
        component=component,
        regions=tuple(more["regions"]),
        started=started,
        confirmed=more["confirmed"],
        ended=None if ended == NEVER else ended,
        worst=_word(Status, more["worst"], Status.UNKNOWN),
        failures=tuple(_word(Failure, f, Failure.UNKNOWN_FAILURE) for f in more["failures"]),
        checks=tuple(more["checks"]),
        evidence=tuple((c, r, at) for c, r, at in more["evidence"]),
        flapping=more["flapping"],
    )


# ---- roll-ups --------------------------------------------------------------------------------------------------------


class Histogram(Mapping[int, int]):
    """Bucket -> count, taken apart when somebody looks: a page reads a hundred thousand of them and opens a few."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def _counts(self) -> dict[int, int]:
        numbers = list(map(int, self._text.replace(":", " ").split()))
        return dict(zip(numbers[::2], numbers[1::2], strict=True))

    def __getitem__(self, bucket: int) -> int:
        return self._counts()[bucket]

    def __iter__(self) -> Iterator[int]:
        return iter(self._counts())

    def __len__(self) -> int:
        return self._text.count(":")

    def items(self) -> Any:
        numbers = list(map(int, self._text.replace(":", " ").split()))
        return list(zip(numbers[::2], numbers[1::2], strict=True))

    def values(self) -> Any:
        return self._counts().values()

    def __eq__(self, other: object) -> bool:
        return self._counts() == dict(other) if isinstance(other, Mapping) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return f"Histogram({self._text!r})"


def from_rollup(r: Rollup) -> Row:
    seconds = " ".join(f"{status.value}:{n}" for status, n in sorted(r.seconds.items()) if n)
    histogram = " ".join(f"{bucket}:{n}" for bucket, n in sorted(r.histogram.items()) if n)
    return (
        r.scale,
        r.at,
        series_id(r.series, r.region),
        seconds,
        r.worst.value,
        r.samples,
        r.failed,
        r.inconclusive,
        histogram,
        number(r.value_min),
        number(r.value_max),
        number(r.value_last),
    )


class RollupReader:
    """Rows to `Rollup`s. Equal mappings are made once, because most days are the same quiet day."""

    def __init__(self) -> None:
        self._seconds: dict[str, Mapping[Status, int]] = {"": EMPTY}
        self._words = {s.value: s for s in Status}

    def __call__(self, name: str, region: str, row: Row) -> Rollup:
        scale, at, _, seconds, worst, samples, failed, inconclusive, histogram, low, high, last = row
        known = self._seconds.get(seconds)
        if known is None:
            known = self._seconds[seconds] = self._parse(seconds)
        return Rollup(
            scale,
            name,
            region,
            at,
            known,
            self._words.get(worst, Status.UNKNOWN),
            samples,
            failed,
            inconclusive,
            Histogram(histogram) if histogram else EMPTY,
            low,
            high,
            last,
        )

    def _parse(self, text: str) -> dict[Status, int]:
        found: dict[Status, int] = {}
        for pair in text.split():
            word, _, n = pair.partition(":")
            status = self._words.get(word, Status.UNKNOWN)
            found[status] = found.get(status, 0) + int(n)
        return found
