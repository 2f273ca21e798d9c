"""The store, in SQL that SQLite and PostgreSQL share. What differs is in a `Connection`.

Observations are a grow-only set: adding is `INSERT … ON CONFLICT DO NOTHING`, and nothing ever changes one. What came
after what is told by marks: one for each delivery, given inside the transaction that brings it, under a row lock, so
that a reader who has seen a mark has seen every delivery before it.
Never judges and never folds; the only thing it forgets is what `prune` is asked to forget.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol, TypeVar

from ..errors import HistoryError
from ..model import Observation, Outage, Rollup, Span, Time
from . import _lock, _rows, _schema
from ._keep import DAY, HOUR, HOURS_KEPT, KEPT, RAW_KEPT, day, month, refusal, slot, superfluous
from ._rows import NEVER, Row, series_id

T = TypeVar("T")

PAGE = 5_000
CHUNK = 200


class Connection(Protocol):
    """One open database. Every fault of it is a `HistoryError`; parameters are `?` whatever the database wants."""

    dialect: _schema.Dialect
    place: str
    readonly: bool

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """All rows; an empty list for what returns none."""

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> Iterator[Row]:
        """The same rows one by one, to be read to their end at once: many of them need not be held twice."""

    def write(self, work: Callable[[], T]) -> T:
        """`work` in one transaction: durable when this returns, undone when it raises. May be tried several times."""

    def faults(self) -> tuple[str, ...]:
        """What the database itself says about its integrity."""

    def close(self) -> None: ...


class SqlStore:
    """`Store` over a `Connection`. `lock_path` is the flock of the root, whatever database is behind."""

    def __init__(self, connection: Connection, lock_path: Path) -> None:
        self._db = connection
        self._lock_path = lock_path
        self._series: dict[int, tuple[str, str]] = {}
        try:
            self._refuse_newer()
        except HistoryError:
            connection.close()
            raise

    def _refuse_newer(self) -> None:
        found = self._db.query("SELECT MAX(version) FROM rw_schema")[0][0]
        if found is None or found > _schema.VERSION:
            raise HistoryError(
                f"{self._db.place}: written by a newer version of Roadworthy (history format {found}, this program"
                f" knows {_schema.VERSION}); upgrade the program, nothing was changed"
            )

    def lock(self, wait: float = 0.0) -> AbstractContextManager[None]:
        return _lock.hold(self._lock_path, wait)

    def close(self) -> None:
        self._db.close()

    # ---- series ------------------------------------------------------------------------------------------------------

    def _names(self, id: int) -> tuple[str, str]:
        if id not in self._series:
            self._series.update({i: (n, r) for i, n, r in self._db.query("SELECT id, name, region FROM rw_series")})
        try:
            return self._series[id]
        except KeyError:
            raise HistoryError(f"{self._db.place}: a row names series {id}, which is not listed") from None

    def _register(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Inside a transaction: list what is not listed yet. Not remembered before the database says it has it."""
        wanted = {series_id(*pair): pair for pair in pairs}
        rows = [(i, _rows.clean(n), _rows.clean(r)) for i, (n, r) in sorted(wanted.items()) if i not in self._series]
        self._insert("rw_series", ["id", "name", "region"], "id", rows)

    def _insert(self, table: str, columns: list[str], key: str, rows: Sequence[Row], *, replace: bool = False) -> None:
        for begin in range(0, len(rows), CHUNK):
            chunk = rows[begin : begin + CHUNK]
            sql = _schema.insert(table, columns, key, len(chunk), replace=replace)
            self._db.query(sql, [value for row in chunk for value in row])

    def _count(self, name: str, more: int) -> int:
        """Inside a transaction: add to a counter and give its new value. Holds the counter's row until the end."""
        sql = (
            "INSERT INTO rw_counter (name, value) VALUES (?, ?)"
            " ON CONFLICT (name) DO UPDATE SET value = rw_counter.value + ? RETURNING value"
        )
        return int(self._db.query(sql, (name, more, more))[0][0])

    def _counter(self, name: str) -> int:
        rows = self._db.query("SELECT value FROM rw_counter WHERE name = ?", (name,))
        return int(rows[0][0]) if rows else 0

    # ---- observations ------------------------------------------------------------------------------------------------

    def append(self, observations: Iterable[Observation], received: Time, *, folded: bool = False) -> int:
        """Durably add; returns how many were new. `folded`: the roll-ups already know them, so they are no delivery.

        What is dated later than `received` allows, older than what was pruned, or holds a number that is none is
        refused and counted: `meta()` has the counts under `refused.…`.
        """
        given = {o.key: o for o in reversed(list(observations))}

        def work() -> int:
            horizon = self._counter("pruned")
            rows, pairs, refused = [], set(), dict[str, int]()
            for key in sorted(given, key=lambda k: (k[2], k[0], k[1])):
                why = refusal(given[key], received, horizon)
                if not why:
                    try:
                        rows.append(_rows.from_observation(given[key]))
                        pairs.add(key[:2])
                    except (ValueError, TypeError):
                        why = "unwritable"
                if why:
                    refused[why] = refused.get(why, 0) + 1
            self._register(pairs)
            new = self._add(rows)
            for why, count in sorted(refused.items()):
                self._count(f"refused.{why}", count)
            self._touch({f"recent/{slot(at)}" for at in new})
            if new and not folded:
                self._deliver(received, new)
            return len(new)

        return self._db.write(work)

    def _add(self, rows: Sequence[Row]) -> list[Time]:
        new: list[Time] = []
        for begin in range(0, len(rows), CHUNK):
            chunk = rows[begin : begin + CHUNK]
            sql = _schema.insert("rw_observation", _rows.OBSERVATION, "at, series", len(chunk)) + " RETURNING at"
            new += [at for (at,) in self._db.query(sql, [value for row in chunk for value in row])]
        return new

    def _deliver(self, received: Time, new: Sequence[Time]) -> None:
        # Marks follow the clock (in ms) where they can, so that a store made anew never gives out one that a
        # restored checkpoint has already seen.
        last = self._count("mark", 1)
        mark = max(last, received * 1000)
        if mark > last:
            self._count("mark", mark - last)
        self._insert(
            "rw_delivery", ["mark", "received", "size", "oldest"], "mark", [(mark, received, len(new), min(new))]
        )

    def received_since(self, mark: int) -> tuple[int, Time | None]:
        newest, oldest = self._db.query("SELECT MAX(mark), MIN(oldest) FROM rw_delivery WHERE mark > ?", (mark,))[0]
        return (mark, None) if newest is None else (newest, oldest)

    def observations(
        self, since: Time, until: Time | None = None, check: str = "", region: str = ""
    ) -> Iterator[Observation]:
        """In pages by key, so that neither memory nor the database holds on to more than one page."""
        columns = ", ".join(f"o.{c}" for c in _rows.OBSERVATION)
        where = "o.at < ?"
        fixed: list[Any] = [NEVER if until is None else until]
        if check and region:
            where += " AND o.series = ?"
            fixed.append(series_id(check, region))
        elif check or region:
            where += f" AND o.series IN (SELECT id FROM rw_series WHERE {'name' if check else 'region'} = ?)"
            fixed.append(check or region)
        name, place = (f"s.{c} COLLATE {self._db.dialect.bytewise}" for c in ("name", "region"))
        sql = (
            f"SELECT {columns}, s.name, s.region FROM rw_observation o JOIN rw_series s ON s.id = o.series"
            f" WHERE o.at >= ? AND (o.at > ? OR {name} > ? OR (s.name = ? AND {place} > ?)) AND {where}"
            f" ORDER BY o.at, {name}, {place} LIMIT {PAGE}"
        )
        after: tuple[Time, str, str] = (since, "", "")
        while True:
            at, last_check, last_region = after
            rows = self._db.query(sql, [at, at, last_check, last_check, last_region, *fixed])
            for *row, found, where_from in rows:
                yield _rows.to_observation(found, where_from, tuple(row))
            if len(rows) < PAGE:
                return
            after = (rows[-1][0], rows[-1][-2], rows[-1][-1])

    def counts(self, since: Time, until: Time, step: int) -> dict[Time, int]:
        sql = f"SELECT at - at % {step:d}, COUNT(*) FROM rw_observation WHERE at >= ? AND at < ? GROUP BY 1"
        return dict(self._db.query(sql, (since, until)))

    # ---- what was folded ---------------------------------------------------------------------------------------------

    def save(
        self,
        *,
        checkpoint: tuple[Time, Mapping[str, Any]] | None = None,
        spans: Sequence[Span] = (),
        spans_from: Time | None = None,
        outages: Sequence[Outage] = (),
        rollups: Sequence[Rollup] = (),
        meta: Mapping[str, str] | None = None,
    ) -> None:
        """One transaction. `spans_from`: spans that begin at or after it are replaced by `spans`.

        Checkpoints later than the new one go: they believed something of a time that is yet to be folded.
        """

        def work() -> None:
            if spans_from is not None:
                # Two that fold at once would not see what the other puts in place, and leave spans that overlap.
                self._count("folds", 1)
                self._db.query("DELETE FROM rw_span WHERE start >= ?", (spans_from,))
            self._register([(s.component, s.region) for s in spans] + [(r.series, r.region) for r in rollups])
            changed = self._put_spans(_unique(map(_rows.from_span, spans), 2))
            self._insert("rw_outage", _rows.OUTAGE, "id", _unique(map(_rows.from_outage, outages), 1), replace=True)
            days = _unique(map(_rows.from_rollup, rollups), 3)
            self._insert("rw_rollup", _rows.ROLLUP, "scale, at, series", days, replace=True)
            pairs = _unique(((_rows.clean(k), _rows.clean(v)) for k, v in (meta or {}).items()), 1)
            self._insert("rw_meta", ["name", "value"], "name", pairs, replace=True)
            if checkpoint is not None:
                self._keep_checkpoint(*checkpoint)
            starts = changed if spans_from is None else [*changed, spans_from]
            self._touch({f"spans/{month(at)}" for at in starts} | _touched(outages, rollups))

        try:
            self._db.write(work)
        except (ValueError, TypeError) as error:
            raise HistoryError(f"{self._db.place}: cannot be saved: {error}") from error

    def _put_spans(self, rows: Sequence[Row]) -> list[Time]:
        """Inside a transaction: put spans in place; the starts of those that are new or not what they were."""
        same = " AND ".join(
            f"COALESCE(rw_span.{c}, '') = COALESCE(excluded.{c}, '')" for c in ("status", "failure", "rule")
        )
        changed: list[Time] = []
        for begin in range(0, len(rows), CHUNK):
            chunk = rows[begin : begin + CHUNK]
            sql = _schema.insert("rw_span", _rows.SPAN, "series, start", len(chunk), replace=True)
            sql += f" WHERE NOT (rw_span.ended = excluded.ended AND {same}) RETURNING start"
            changed += [start for (start,) in self._db.query(sql, [value for row in chunk for value in row])]
        return changed

    def _keep_checkpoint(self, at: Time, belief: Mapping[str, Any]) -> None:
        self._db.query("DELETE FROM rw_checkpoint WHERE at > ?", (at,))
        self._insert("rw_checkpoint", ["at", "body"], "at", [(at, _rows.packed(belief))], replace=True)
        kept = [a for (a,) in self._db.query("SELECT at FROM rw_checkpoint ORDER BY at DESC")]
        for old in superfluous(kept):
            self._db.query("DELETE FROM rw_checkpoint WHERE at = ?", (old,))

    def _touch(self, parts: Iterable[str]) -> None:
        for part in sorted(parts):
            sql = "INSERT INTO rw_revision (part, revision) VALUES (?, 1) ON CONFLICT (part) DO UPDATE SET"
            self._db.query(f"{sql} revision = rw_revision.revision + 1", (part,))

    def revisions(self) -> dict[str, int]:
        """How often each part of the published copy changed since the store was made: `days/2026-11-22` -> 17."""
        return dict(self._db.query("SELECT part, revision FROM rw_revision"))

    def checkpoints(self, before: Time) -> Iterator[tuple[Time, dict[str, Any]]]:
        limit = before + 1
        while True:
            rows = self._db.query("SELECT at, body FROM rw_checkpoint WHERE at < ? ORDER BY at DESC LIMIT 1", (limit,))
            if not rows:
                return
            limit, body = rows[0]
            belief = _rows.unpacked(body)
            if belief is not None:
                yield limit, belief

    def spans(self, since: Time, component: str = "") -> tuple[Span, ...]:
        columns = ", ".join(_rows.SPAN)
        rows = self._db.query(f"SELECT {columns} FROM rw_span WHERE ended > ?", (since,))
        spans = (_rows.to_span(*self._names(row[0]), row) for row in rows)
        wanted = (s for s in spans if not component or s.component == component)
        return tuple(sorted(wanted, key=lambda s: (s.component, s.region, s.start)))

    def outages(self, since: Time = 0) -> tuple[Outage, ...]:
        sql = f"SELECT {', '.join(_rows.OUTAGE)} FROM rw_outage WHERE ended >= ? ORDER BY started, id"
        return tuple(map(_rows.to_outage, self._db.query(sql, (since,))))

    def rollups(
        self, scale: str, since: Time, until: Time | None = None, region: str = "", without: Collection[str] = ()
    ) -> tuple[Rollup, ...]:
        """By time, then in the order of the database. One query, however many there are."""
        columns = ", ".join(_rows.ROLLUP)
        sql = f"SELECT {columns} FROM rw_rollup WHERE scale = ? AND at >= ? AND at < ?"
        parameters: list[Any] = [scale, since, NEVER if until is None else until]
        if region:
            left_out = f" AND name NOT IN ({', '.join('?' * len(without))})" if without else ""
            sql += f" AND series IN (SELECT id FROM rw_series WHERE region = ?{left_out})"
            parameters += [region, *sorted(without)]
        read, names = _rows.RollupReader(), self._names
        return tuple(read(*names(row[2]), row) for row in self._db.rows(sql + " ORDER BY at, series", parameters))

    def meta(self) -> dict[str, str]:
        refused = self._db.query("SELECT name, value FROM rw_counter WHERE name LIKE 'refused.%'")
        plain = self._db.query(f"SELECT name, value FROM rw_meta WHERE name NOT LIKE '{KEPT}%'")
        return {n: str(v) for n, v in [*refused, *plain]}

    def document(self, name: str) -> str:
        rows = self._db.query("SELECT value FROM rw_meta WHERE name = ?", (name,))
        return str(rows[0][0]) if rows else ""

    # ---- forgetting and checking -------------------------------------------------------------------------------------

    def prune(self, now: Time) -> Mapping[str, int]:
        """Drop raw observations after 14 days and hours after 90, but nothing raw that was not folded yet."""

        def work() -> dict[str, int]:
            newest = self._db.query("SELECT MAX(at) FROM rw_checkpoint WHERE at <= ?", (now - RAW_KEPT,))[0][0]
            horizon = 0 if newest is None else int(newest)
            dropped = {
                "observations": self._drop("rw_observation", "at < ?", horizon),
                "hours": self._drop("rw_rollup", "scale = 'hour' AND at < ?", (now - HOURS_KEPT) // HOUR * HOUR),
                "deliveries": self._drop("rw_delivery", "received < ?", now - RAW_KEPT - DAY),
            }
            limits = {"recent": f"recent/{day(now - RAW_KEPT)}", "hours": f"hours/{day(now - HOURS_KEPT)}"}
            for part in self.revisions():
                if part < limits.get(part.partition("/")[0], ""):
                    self._db.query("DELETE FROM rw_revision WHERE part = ?", (part,))
            gone = self._counter("pruned")
            if horizon > gone:
                self._count("pruned", horizon - gone)
            return dropped

        return self._db.write(work)

    def _drop(self, table: str, where: str, limit: Time) -> int:
        count = self._db.query(f"SELECT COUNT(*) FROM {table} WHERE {where}", (limit,))[0][0]
        if count:
            self._db.query(f"DELETE FROM {table} WHERE {where}", (limit,))
        return int(count)

    def check(self) -> tuple[str, ...]:
        from ._integrity import faults

        return (*self._db.faults(), *faults(self._db.query))


def _unique(rows: Iterable[Row], key: int) -> list[Row]:
    """The last of the rows that share the first `key` columns, in the order of their keys."""
    return [row for _, row in sorted({row[:key]: row for row in rows}.items())]


def _touched(outages: Sequence[Outage], rollups: Sequence[Rollup]) -> set[str]:
    parts = {f"days/{day(r.at)}" for r in rollups if r.scale == "day"}
    parts |= {f"hours/{day(r.at)}" for r in rollups if r.scale == "hour"}
    parts |= {f"recent/{slot(r.at)}" for r in rollups if r.scale == "hour"}
    return parts | {f"outages/{month(o.started)}" for o in outages}
