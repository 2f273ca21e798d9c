"""History out to a file and in again: JSON lines hold all of it, CSV holds the observations for a spreadsheet.

Importing what is there already changes nothing, so an interrupted import is simply repeated. A file whose last line
was cut off is taken up to there, and the number of bytes left behind is told; any other broken line stops the import
with its number. Reads and writes through the file it is given; opens none.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any, TextIO

from ..errors import HistoryError
from ..model import Observation, Outage, Rollup, Span, Time
from ..stores import Store
from ..stores._keep import day
from . import kept, records, shown
from .records import Record, kind, line

BATCH = 2_000
FOREVER: Time = 1 << 60

COLUMNS = (
    *("check", "region", "at", "verdict", "failure", "stage", "latency_ms", "phases", "attempts", "value", "unit"),
    *("degraded", "down", "detail", "facts", "engine", "low_confidence"),
)
_AS_JSON = ("phases", "facts")
_AS_NUMBER = ("latency_ms", "value", "degraded", "down")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "'")
"""What makes a spreadsheet calculate, and the quote that keeps it from it: each gets a quote in front, and loses it."""


@dataclass(slots=True)
class Imported:
    """What an import did. `known` were there already; what could not be taken is a warning."""

    observations: int = 0
    known: int = 0
    spans: int = 0
    outages: int = 0
    rollups: int = 0
    evidence: int = 0
    journal: int = 0
    torn_bytes: int = 0
    warnings: list[str] = field(default_factory=list)


# ---- out -------------------------------------------------------------------------------------------------------------


def export(store: Store, out: TextIO, fmt: str = "jsonl", *, since: Time = 0) -> Mapping[str, int]:
    """Write history to an open file, oldest first; how many records of each kind were written.

    `jsonl` is a whole copy (all that is kept since `since`, and the newest checkpoint); `csv` holds observations only.
    """
    if fmt == "csv":
        return _export_csv(store, out, since)
    if fmt != "jsonl":
        raise HistoryError(f"history: there is no format {fmt!r}; there are jsonl and csv")
    counts: dict[str, int] = {}
    fold = next(store.checkpoints(FOREVER), None)
    out.write(line({"kind": "history", "v": records.VERSION, "until": fold[0] if fold else None}))
    for record in everything(store, since):
        out.write(line(record))
        counts[record["kind"]] = counts.get(record["kind"], 0) + 1
    return counts


def everything(store: Store, since: Time = 0) -> Iterator[Record]:
    """Every record of a store, one kind after the other."""
    for outage in store.outages(since):
        yield kind("outage", records.of_outage(outage))
    for span in store.spans(since):
        yield kind("span", records.of_span(span))
    for scale in ("day", "hour"):
        for rollup in store.rollups(scale, since):
            yield kind("rollup", records.of_rollup(rollup))
    yield from (record for _, found in journal_by_month(store).items() for record in found)
    yield from (*shown.incidents(store), *shown.moment(store))
    for look in kept.since(store, day(since)):
        if look.at >= since:
            yield kept.record_of(look)
    for at, belief in islice(store.checkpoints(FOREVER), 1):
        yield kind("checkpoint", {"at": at, "belief": belief})
    for observation in store.observations(since):
        yield kind("observation", records.of_observation(observation))


def unreadable(store: Store) -> Iterator[str]:
    """What a store remembers beside its tables and cannot be read, a sentence each."""
    for read in (journal_by_month, shown.incidents, lambda store: kept.since(store, "")):
        try:
            read(store)
        except HistoryError as error:
            yield str(error)


def journal_by_month(store: Store) -> Mapping[str, Sequence[Record]]:
    """What was found out of each outage, by the month in which it began (`other` where its id does not tell)."""
    months: dict[str, list[Record]] = {}
    try:
        for said in json.loads(store.meta().get("diagnosis") or "[]"):
            began = _BEGAN.search(said["outage"])
            when = f"{began[1]}-{began[2]}" if began else "other"
            months.setdefault(when, []).append(kind("journal", {"line": said}))
    except (ValueError, TypeError, KeyError) as error:
        raise HistoryError(f"history: what was found out of outages cannot be read: {error}") from error
    return months


_BEGAN = re.compile(r"-(\d{4})(\d\d)\d\dT\d{4}Z")


def _export_csv(store: Store, out: TextIO, since: Time) -> Mapping[str, int]:
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    count = 0
    for observation in store.observations(since):
        record = records.of_observation(observation)
        record["at"] = datetime.fromtimestamp(observation.at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        writer.writerow([_cell(record.get(column)) for column in COLUMNS])
        count += 1
    return {"observation": count}


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    text = json.dumps(value, sort_keys=True) if isinstance(value, Mapping) else str(value)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


# ---- in --------------------------------------------------------------------------------------------------------------


def import_(store: Store, source: TextIO, received: Time, fmt: str = "jsonl") -> Imported:
    """Add what a file holds and the store does not. HistoryError with the number of a line that cannot be read.

    Lines before it are in the store then; importing the mended file adds the rest. `received` is now: observations
    dated later are refused and counted. An export that is whole brings its roll-ups, so nothing of it is folded anew;
    a file of observations alone is folded with what is there.
    """
    if fmt not in ("jsonl", "csv"):
        raise HistoryError(f"history: there is no format {fmt!r}; there are jsonl and csv")
    done = Imported()
    read: Iterator[Record] = _csv_records(source, done) if fmt == "csv" else json_records(source, done)
    whole, until = False, None
    before = _refused(store)
    while batch := list(islice(read, BATCH)):
        if batch[0]["kind"] == "history":
            whole, until = True, batch[0].get("until")
        add(store, batch, received, done, folded=whole, until=until)
    if done.torn_bytes:
        done.warnings.append(f"the last line was cut off: {done.torn_bytes} bytes were left out")
    for why, count in _refused(store).items():
        if refused := count - before.get(why, 0):
            done.known -= refused
            done.warnings.append(f"observations left out because {_REFUSED.get(why, why)}: {refused}")
    return done


_REFUSED = {
    "future": "they are dated later than now",
    "late": "they are older than what was pruned already",
    "unwritable": "they hold a number that is none",
}


def _refused(store: Store) -> Mapping[str, int]:
    """How many observations the store ever refused, by why (`Store.append`)."""
    found = store.meta().items()
    return {name.removeprefix("refused."): int(count) for name, count in found if name.startswith("refused.")}


def add(
    store: Store, batch: Iterable[Record], received: Time, done: Imported, *, folded: bool, until: Time | None
) -> None:
    """Add records of any kinds to a store, by union; what was new is counted in `done`. `until`: their last fold."""
    sorted_out: dict[str, list[Record]] = {}
    for record in batch:
        sorted_out.setdefault(record["kind"], []).append(record)
    given: list[Observation] = [records.to_observation(r) for r in sorted_out.get("observation", ())]
    if given:
        new = store.append(given, received, folded=folded)
        done.observations += new
        done.known += len(given) - new
    spans = [records.to_span(r) for r in sorted_out.get("span", ())]
    outages = [records.to_outage(r) for r in sorted_out.get("outage", ())]
    rollups = [records.to_rollup(r) for r in sorted_out.get("rollup", ())]
    _unite(store, spans, until, outages, rollups, done)
    done.evidence += kept.keep(store, [records.to_observation(r) for r in sorted_out.get("evidence", ())])
    if "shown" in sorted_out:
        shown.unite(store, sorted_out["shown"])
    if "journal" in sorted_out:
        _unite_journals(store, sorted_out["journal"], done)
    for record in sorted_out.get("checkpoint", ()):
        newest = next(store.checkpoints(FOREVER), None)
        if newest is None or newest[0] < record["at"]:
            store.save(checkpoint=(record["at"], record["belief"]))


def _unite(
    store: Store,
    spans: list[Span],
    until: Time | None,
    outages: list[Outage],
    rollups: list[Rollup],
    done: Imported,
) -> None:
    fold = next(store.checkpoints(FOREVER), None)
    new_spans = records.union_spans(store.spans(0), spans, fold[0] if fold else None, until) if spans else ()
    new_outages = records.union_outages(store.outages(), outages) if outages else ()
    new_rollups: list[Rollup] = []
    for scale in sorted({r.scale for r in rollups}):
        some = [r for r in rollups if r.scale == scale]
        first, last = min(r.at for r in some), max(r.at for r in some)
        new_rollups += records.union_rollups(store.rollups(scale, first, last + 1), some)
    if new_spans or new_outages or new_rollups:
        store.save(spans=new_spans, outages=new_outages, rollups=new_rollups)
    done.spans += len(new_spans)
    done.outages += len(new_outages)
    done.rollups += len(new_rollups)


def _unite_journals(store: Store, given: Iterable[Record], done: Imported) -> None:
    from ..incidents import journal

    try:
        here = journal.from_json(store.meta().get("diagnosis", ""))
    except ValueError:
        here = ()  # what is brought is all there is
    both = journal.united(here, tuple(journal.from_record(record["line"]) for record in given))
    if set(both) != set(here):
        store.save(meta={"diagnosis": journal.to_json(both)})
        done.journal += len(set(both) - set(here))


def _journal_line(record: Record) -> object:
    from ..incidents import journal

    try:
        return journal.from_record(record.get("line"))
    except ValueError as error:
        raise HistoryError(str(error)) from None


# ---- reading lines ---------------------------------------------------------------------------------------------------

_KINDS = frozenset(("history", "observation", "span", "outage", "rollup", "checkpoint", "evidence", "journal", "shown"))


def json_records(source: Iterable[str], done: Imported) -> Iterator[Record]:
    """The records of JSON lines; a last line that was cut off is counted, not read."""
    for number, text in enumerate(source, 1):
        if not text.strip():
            continue
        try:
            record = json.loads(text)
            if not isinstance(record, dict):
                raise ValueError("not an object")
        except (ValueError, RecursionError) as error:
            if not text.endswith("\n"):
                done.torn_bytes = len(text.encode("utf-8", "replace"))
                return
            raise HistoryError(f"line {number}: cannot be read: {error}") from None
        yield _checked(record, number)


def _checked(record: Record, number: int) -> Record:
    """The record; HistoryError with the line for one of an unknown kind, a newer version, or a broken value."""
    name = record.setdefault("kind", "observation")
    try:
        if name not in _KINDS:
            raise HistoryError(f"kind {name!r} is not known; upgrade the program")
        if record.get("v", records.VERSION) > records.VERSION:
            raise HistoryError(f"written by a newer version of Roadworthy (format {record['v']}); upgrade the program")
        if name in _READERS:
            _READERS[name](record)
        elif name == "checkpoint" and not (
            isinstance(record.get("at"), int) and isinstance(record.get("belief"), dict)
        ):
            raise HistoryError("checkpoint without time or belief")
        elif name == "history" and not isinstance(record.get("until"), int | None):
            raise HistoryError("wanted the time of the last fold in `until`")
    except (HistoryError, TypeError) as error:
        raise HistoryError(f"line {number}: {error}") from None
    return record


_READERS: Mapping[str, Callable[[Record], object]] = {
    "observation": records.to_observation,
    "span": records.to_span,
    "outage": records.to_outage,
    "rollup": records.to_rollup,
    "evidence": records.to_observation,
    "journal": _journal_line,
    "shown": shown.check,
}


def _csv_records(source: TextIO, done: Imported) -> Iterator[Record]:
    reader = csv.reader(_whole_lines(source, done), strict=True)
    try:
        names = next(reader, None)
        if names is None or not {"check", "region", "at", "verdict"} <= set(names):
            raise HistoryError("line 1: wanted the names of columns: check, region, at, verdict and more")
        unknown = sorted(set(names) - set(COLUMNS))
        if unknown:
            raise HistoryError(f"line 1: the column {unknown[0]!r} is not known; there are {', '.join(COLUMNS)}")
        for cells in reader:
            if cells:
                yield _checked(_row(names, cells, reader.line_num), reader.line_num)
    except csv.Error as error:
        raise HistoryError(f"line {reader.line_num}: {error}") from None


def _whole_lines(source: TextIO, done: Imported) -> Iterator[str]:
    """Lines as they are; a last one without its end was cut off, and where it was cut nobody can tell."""
    held = ""
    for text in source:
        held += text  # a carriage return inside a cell ends no line
        if held.endswith("\n"):
            yield held
            held = ""
    done.torn_bytes = len(held.encode("utf-8", "replace"))


def _row(names: list[str], cells: list[str], number: int) -> Record:
    if len(cells) != len(names):
        raise HistoryError(f"line {number}: {len(cells)} cells under {len(names)} names")
    record: Record = {"kind": "observation"}
    try:
        for name, cell in zip(names, cells, strict=True):
            text = cell[1:] if cell.startswith("'") else cell
            if text:
                record[name] = _value(name, text)
    except ValueError as error:
        raise HistoryError(f"line {number}: {error}") from None
    return record


def _value(name: str, text: str) -> Any:
    if name == "at":
        return int(text) if text.isdigit() else _seconds(text)
    if name in _AS_JSON:
        return json.loads(text)
    if name in _AS_NUMBER:
        return float(text)
    if name == "attempts":
        return int(text)
    return text == "true" if name == "low_confidence" else text


def _seconds(text: str) -> Time:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} lacks its offset from UTC, such as a Z at the end")
    return int(moment.timestamp())


def lines_of(body: bytes) -> io.StringIO:
    """The text of a part as a file of lines; HistoryError if it is no UTF-8."""
    try:
        return io.StringIO(body.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise HistoryError(f"not UTF-8: {error}") from None
