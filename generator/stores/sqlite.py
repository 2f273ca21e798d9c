"""History in one SQLite file, the default: `sqlite:` (ROOT/.history/history.sqlite), `sqlite:PATH`, `sqlite:///abs/path`.

WAL and full synchronisation: what `append` acknowledged survives the death of the process and of the machine. A file
is made under another name and renamed when it is whole: an empty file is never ours and never means "no history".
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from ..errors import HistoryError
from . import _lock, _schema
from ._rows import Row
from ._sql import SqlStore

T = TypeVar("T")

DIALECT = _schema.Dialect(
    integer="INTEGER", real="REAL", blob="BLOB", tail=" STRICT, WITHOUT ROWID", mark="?", bytewise='"BINARY"'
)
BUSY_SECONDS = 60.0
CACHE_KIB = 2_048


def open(url: str, *, root: Path, readonly: bool = False) -> SqlStore:
    """The store of a URL; made if it is not there, unless `readonly`. HistoryError if it cannot be had."""
    path = location(url, root)
    lock_path = root / ".history" / "run.lock"
    if not path.exists():
        if readonly:
            raise HistoryError(f"{path}: there is no history yet")
        _create(path)
    return SqlStore(SqliteConnection(path, readonly), lock_path)


def in_memory(root: Path) -> SqlStore:
    """A store that lasts as long as this process: for a page that must be made though no file can."""
    return SqlStore(MemoryConnection(), root / ".history" / "run.lock")


def location(url: str, root: Path) -> Path:
    """The file a URL means: relative ones below `root`. HistoryError for one that is usually meant otherwise."""
    if re.fullmatch("sqlite:///[^/]+", url):
        # Elsewhere three slashes mean a relative file: history that is kept by mistake at / is gone with a container.
        name = url.removeprefix("sqlite:///")
        raise HistoryError(
            f"history: {url} is a file at the top of the disk; write sqlite:{name} for one below the root, "
            f"or sqlite:////{name} if that is meant"
        )
    rest = url.removeprefix("sqlite:")
    rest = rest[2:] if rest.startswith("//") else rest
    if rest.startswith("//"):
        rest = rest[1:]  # sqlite:////absolute, as some write it
    return root / rest if rest else root / ".history" / "history.sqlite"


def _create(path: Path) -> None:
    new = path.with_name(path.name + ".new")
    with _lock.hold(path.with_name(path.name + ".lock"), BUSY_SECONDS, what="process that makes the history"):
        if path.exists():
            return
        with _translated(path):
            for leftover in (new, *(new.with_name(new.name + end) for end in ("-wal", "-shm", "-journal"))):
                leftover.unlink(missing_ok=True)
            connection = sqlite3.connect(new, isolation_level=None)
            try:
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("BEGIN IMMEDIATE")
                for statement in _schema.statements(DIALECT):
                    connection.execute(statement)
                connection.execute("COMMIT")
                # Closing would do this too, but would not say when the disk fails; and a log left behind under the
                # temporary name is lost with it.
                busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
                if busy:
                    raise HistoryError(f"{path}: cannot be made; another process has {new.name} open")
            finally:
                connection.close()
            os.rename(new, path)
            _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """Whatever SQLite or the disk says becomes a `HistoryError` with the file and what to do."""
    try:
        yield
    except sqlite3.Error as error:
        raise HistoryError(f"{path}: {error}{_advice(error)}") from error
    except OSError as error:
        raise HistoryError(f"{path}: {os.strerror(error.errno or 0)}") from error


def _advice(error: sqlite3.Error) -> str:
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return "; keep the file, put the last good copy in its place or restore from the published site"
    if name.startswith("SQLITE_BUSY"):
        return f"; another process kept it busy for {BUSY_SECONDS:.0f} s"
    if name.startswith("SQLITE_PROTOCOL"):
        return "; SQLite's write-ahead log needs a local disk, not a network file system"
    return ""


class SqliteConnection:
    """One SQLite file. Never makes one: `open` does."""

    dialect = DIALECT

    def __init__(self, path: Path, readonly: bool) -> None:
        self.place = str(path)
        self.readonly = readonly
        self._path = path
        with _translated(path):
            if path.stat().st_size == 0:
                raise HistoryError(
                    f"{path}: the file is empty, which history never is; delete it to start anew, or restore it"
                )
            self._connection = sqlite3.connect(self._uri(), uri=True, isolation_level=None, timeout=BUSY_SECONDS)
            self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
            self._connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()

    def _uri(self) -> str:
        name = f"file:{quote(str(self._path.absolute()))}"
        if not self.readonly:
            return f"{name}?mode=rw"
        # A folder we may not write to cannot get the shared memory of the log; without a log there is none to miss.
        alone = not self._path.with_name(self._path.name + "-wal").exists()
        fixed = alone and not os.access(self._path.parent, os.W_OK)
        return f"{name}?mode=ro{'&immutable=1' if fixed else ''}"

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        with _translated(self._path):
            return self._connection.execute(sql, parameters).fetchall()

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> Iterator[Row]:
        with _translated(self._path):
            yield from self._connection.execute(sql, parameters)

    def write(self, work: Callable[[], T]) -> T:
        with _translated(self._path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                result = work()
                self._connection.execute("COMMIT")
                return result
            finally:
                # A disk that is full may have ended the transaction already.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    def faults(self) -> tuple[str, ...]:
        found = [text for (text,) in self.query("PRAGMA integrity_check")]
        return () if found == ["ok"] else tuple(f"{self.place}: {text}" for text in found)

    def close(self) -> None:
        with _translated(self._path):
            self._connection.close()


class MemoryConnection(SqliteConnection):
    """One database without a file."""

    def __init__(self) -> None:
        self.place, self.readonly, self._path = "memory", False, Path("memory")
        with _translated(self._path):
            self._connection = sqlite3.connect(":memory:", isolation_level=None)
            for statement in _schema.statements(DIALECT):
                self._connection.execute(statement)
