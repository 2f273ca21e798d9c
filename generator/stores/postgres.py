"""History in PostgreSQL, or anything that speaks its protocol: `postgres://USER:PASSWORD@HOST/DATABASE`.

For several regions that write at once. The same portable SQL as SQLite (`_sql`); a transaction that the database asks
to repeat is repeated, and nothing is waited for without an end. Needs the extra `postgres` (psycopg 3). Never prints
the URL: it may hold a password.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from ..errors import HistoryError
from . import _schema
from ._rows import Row
from ._sql import SqlStore

if TYPE_CHECKING:
    import psycopg

T = TypeVar("T")

DIALECT = _schema.Dialect(integer="BIGINT", real="DOUBLE PRECISION", blob="BYTEA", tail="", mark="%s", bytewise='"C"')
CONNECT_SECONDS = 10
NETWORK_MS = 30_000
"""How long the network may leave unacknowledged what was sent."""
LOCK_MS, STATEMENT_MS = 10_000, 60_000
"""How long a statement may wait for somebody's lock, and how long it may take: the server ends it then."""
SILENCE_SECONDS = 75.0
"""How long a server may say nothing that should have ended the statement by then: it is frozen, and we go."""
ATTEMPTS = 8
AGAIN = frozenset(("40001", "40P01", "CR000"))
"""Serialisation failure, deadlock: the database asks for the transaction once more."""
MAKING = frozenset(("23505", "42P07", "42710", "XX000", "40001", "40P01"))
"""What two processes that make the same tables at once tell each other."""


def open(url: str, *, root: Path, readonly: bool = False) -> SqlStore:
    """The store of a URL; its tables are made if they are not there. HistoryError if it cannot be reached."""
    connection = PostgresConnection(url, readonly)
    if not connection.has_tables():
        if readonly:
            connection.close()
            raise HistoryError(f"{connection.place}: there is no history yet")
        connection.make_tables()
    return SqlStore(connection, root / ".history" / "run.lock")


def _driver() -> Any:
    try:
        import psycopg
    except ImportError as error:
        raise HistoryError(
            "history in PostgreSQL needs psycopg: python -m pip install 'roadworthy[postgres]'"
        ) from error
    return psycopg


def _watched(steps: Generator[Any, Any, T], give_up: Callable[[], None]) -> Generator[Any, Any, T]:
    """The steps of a talk with the server, until it was silent for too long. psycopg sends 0 for "nothing yet"."""
    heard = time.monotonic()
    try:
        wanted = next(steps)
        while True:
            ready = yield wanted
            if ready:
                heard = time.monotonic()
            elif time.monotonic() - heard > SILENCE_SECONDS:
                give_up()
            wanted = steps.send(ready)
    except StopIteration as end:
        done: T = end.value
        return done


def _impatient() -> Any:
    """psycopg's connection, which ends itself when the server says nothing: it has no such limit of its own."""
    psycopg = _driver()

    class Impatient(psycopg.Connection):  # type: ignore[misc, name-defined]
        def wait(self, gen: Generator[Any, Any, T], *rest: Any, **named: Any) -> T:
            def give_up() -> None:
                self.pgconn.finish()
                raise psycopg.OperationalError(f"the server was silent for {SILENCE_SECONDS:.0f} s")

            waited: T = super().wait(_watched(gen, give_up), *rest, **named)
            return waited

    return Impatient


def _place(url: str) -> str:
    """The URL without user and password; ContentError if it is none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        from . import unusable

        raise unusable("its host is none; an IPv6 address stands in [ ]") from None
    try:
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        port = ""
    return f"postgres://{parts.hostname or ''}{port}{parts.path}"


class PostgresConnection:
    """One connection. Reads see what is committed; `write` is one transaction, repeated when the database asks."""

    dialect = DIALECT

    def __init__(self, url: str, readonly: bool, sleep: Callable[[float], None] = time.sleep) -> None:
        self.readonly = readonly
        self._sleep = sleep
        self._psycopg = _driver()
        self.place = _place(url)
        self._secret = urlsplit(url).password or ""
        with self._translated():
            self._connection: psycopg.Connection[Row] = _impatient().connect(
                "postgresql:" + url.partition(":")[2],
                autocommit=True,
                connect_timeout=CONNECT_SECONDS,
                keepalives_idle=10,
                keepalives_interval=5,
                keepalives_count=4,
                tcp_user_timeout=NETWORK_MS,
                application_name="roadworthy",
                prepare_threshold=None,
            )
            # Not in the greeting: what stands between us and the server may refuse options there.
            self._connection.execute(f"SET lock_timeout = {LOCK_MS:d}; SET statement_timeout = {STATEMENT_MS:d}")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except self._psycopg.Error as error:
            text = " ".join(str(error).split())
            if self._secret:
                text = text.replace(self._secret, "…")
            raise HistoryError(f"{self.place}: {text}") from None

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        with self._translated():
            return self._query(sql, parameters)

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> Iterator[Row]:
        return iter(self.query(sql, parameters))

    def _query(self, sql: str, parameters: Sequence[Any]) -> list[Row]:
        text = sql.replace("%", "%%").replace("?", DIALECT.mark) if parameters else sql
        cursor = self._connection.execute(text, parameters or None)
        return cursor.fetchall() if cursor.description else []

    def write(self, work: Callable[[], T]) -> T:
        with self._translated():
            for attempt in range(ATTEMPTS):
                try:
                    with self._connection.transaction():
                        return work()
                except (self._psycopg.Error, HistoryError) as error:
                    if _code(error) not in AGAIN or attempt == ATTEMPTS - 1:
                        raise
                    self._sleep(0.05 * 2**attempt)
        raise AssertionError("the last attempt returns or raises")

    def has_tables(self) -> bool:
        """Whether the last statement of making them was reached."""
        try:
            return bool(self.query("SELECT COUNT(*) FROM rw_schema")[0][0])
        except HistoryError as error:
            if _code(error) == "42P01":  # no such table
                return False
            raise

    def make_tables(self) -> None:
        """Each statement by itself: some databases take no two of them in one transaction."""
        for statement in _schema.statements(DIALECT):
            for attempt in range(ATTEMPTS):
                try:
                    self.query(statement)
                    break
                except HistoryError as error:
                    if _code(error) not in MAKING or attempt == ATTEMPTS - 1:
                        raise
                    self._sleep(0.05 * 2**attempt)

    def faults(self) -> tuple[str, ...]:
        return ()

    def close(self) -> None:
        with self._translated():
            self._connection.close()


def _code(error: BaseException) -> str:
    cause = error.__context__ if isinstance(error, HistoryError) else error
    return str(getattr(cause, "sqlstate", "") or "")
