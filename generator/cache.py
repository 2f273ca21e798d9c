"""What was computed before, kept under ROOT/.cache/roadworthy, named by everything it was computed from.

A key is the hash of the input, of our own code and of the installed packages; the same key can only ever mean the same
value, so that a cached and a clean build are the same to the byte. Each value carries a checksum: a torn or foreign
entry is a miss. Bounded; safe to delete at any moment; a folder that cannot be written means no cache, never an error.
Nothing here is unpickled. Templates are kept compiled: bring the folder from no machine whose byte code you would not
run.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

FOLDER = ".cache/roadworthy"
FILE = "cache.sqlite"
MOST_BYTES = 256 << 20
SWITCH = "ROADWORTHY_CACHE"
DIGEST = 20
_SUM = 16


def digest(*parts: str | bytes) -> bytes:
    """The hash of these parts (`DIGEST` bytes), each with its length, so that no two lists of parts look alike."""
    state = blake2b(digest_size=DIGEST)
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        state.update(len(raw).to_bytes(8, "little"))
        state.update(raw)
    return state.digest()


@cache
def code_version() -> bytes:
    """The hash of our own source, of the names and versions of the installed packages, and of the interpreter."""
    package = os.path.dirname(os.path.abspath(__file__))
    parts: list[str | bytes] = [sys.version]
    for folder, folders, files in os.walk(package):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in sorted(files):
            path = os.path.join(folder, name)
            with open(path, "rb") as file:
                parts += [os.path.relpath(path, package), file.read()]
    return digest(*parts, *installed())


def installed() -> list[str]:
    """`markdown-3.8.dist-info` and the like: a folder listing is a hundred times as quick as asking each package."""
    found: list[str] = []
    for place in dict.fromkeys(sys.path):
        if place.endswith(("site-packages", "dist-packages")):
            with suppress(OSError):
                found += sorted(name for name in os.listdir(place) if name.endswith((".dist-info", ".egg-info")))
    return found


def files(folder: str) -> Iterator[tuple[str, bytes]]:
    """Every file below a folder with its bytes; links are followed, as reading content does."""
    for place, folders, names in os.walk(folder, followlinks=True):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(place, name)
            fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
            try:
                body = b""
                while more := os.read(fd, 1 << 20):
                    body += more
            finally:
                os.close(fd)
            yield path, body


class Cache:
    """Entries by kind and key. Every fault of the disk is a miss: what is not here is computed again."""

    def __init__(self, folder: Path | None, *, most_bytes: int = MOST_BYTES) -> None:
        from .fingerprint import Fingerprints  # not for those who only want to know whether anything changed

        self._most_bytes = most_bytes
        self._new: dict[tuple[str, bytes], Callable[[], bytes]] = {}
        self._used: set[int] = set()
        self.fingerprints = Fingerprints()
        self._folder, self._spool = folder, -1
        self._spools: list[int] = []
        self._connection = None if folder is None else _connect(folder)

    @classmethod
    def below(cls, root: Path, env: Mapping[str, str]) -> Cache:
        """The cache of a root; one that holds nothing where `ROADWORTHY_CACHE=off`."""
        return cls(None if env.get(SWITCH, "") == "off" else root / FOLDER)

    def __enter__(self) -> Cache:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def works(self) -> bool:
        return self._connection is not None

    def get(self, kind: str, key: bytes) -> bytes | None:
        """The value, or None."""
        if self._connection is None:
            return None
        try:
            found = self._connection.execute("SELECT value, id FROM entry WHERE kind = ? AND key = ?", (kind, key))
            row = found.fetchone()
        except sqlite3.Error:
            self._give_up()
            return None
        if row is None or not isinstance(row[0], bytes):
            return None
        value = row[0][_SUM:]
        if row[0][:_SUM] != _sum(kind, key, value):
            return None
        self._used.add(row[1])
        return value

    def put(self, kind: str, key: bytes, value: bytes) -> None:
        """Keep a value; written when the cache is closed, and put aside until then."""
        if self._connection is not None:
            self._new[kind, key] = self.spool(_sum(kind, key, value) + value)

    def spool(self, body: bytes) -> Callable[[], bytes]:
        """Put bytes aside until the cache is closed, on the disk where that works; gives the way to get them back."""
        try:
            place = self._set_aside(body)
        except OSError:
            return lambda: body
        return Spooled(self._spool, place, len(body))

    def branch(self) -> Branch:
        """To be called before another process begins that will ask and keep as this one does."""
        try:
            spool = self._nameless()
        except OSError:
            spool = -1
        self._spools.append(spool)
        return Branch(self, spool)

    def _set_aside(self, body: bytes) -> int:
        """Where the bytes are in a file that has no name: it is gone with us, however we end."""
        if self._spool < 0:
            self._spool = self._nameless()
            self._spools.append(self._spool)
        place = os.lseek(self._spool, 0, os.SEEK_END)
        if os.write(self._spool, body) != len(body):
            raise OSError("the disk took a part only")
        return place

    def _nameless(self) -> int:
        if self._folder is None or self._connection is None:
            raise OSError("there is no folder")
        import tempfile

        spool, path = tempfile.mkstemp(dir=self._folder, prefix="spool-")
        os.unlink(path)
        return spool

    def close(self) -> None:
        """Write what is new, drop the oldest entries beyond the bound; what was asked for goes last."""
        if self._connection is not None and self._new:
            with suppress(sqlite3.Error, OSError):
                self._write(self._connection)
        self._give_up()
        while self._spools:
            if (spool := self._spools.pop()) >= 0:
                os.close(spool)
        self._spool = -1

    def _write(self, connection: sqlite3.Connection) -> None:
        connection.execute("BEGIN IMMEDIATE")
        rows = ((kind, key, value()) for (kind, key), value in self._new.items())
        connection.executemany("INSERT OR REPLACE INTO entry (kind, key, value) VALUES (?, ?, ?)", rows)
        # The file is never smaller than what is in it: its size costs nothing, the sum a walk over all of it.
        (file,) = connection.execute(
            "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
        ).fetchone()
        if file > self._most_bytes:
            (size,) = connection.execute("SELECT COALESCE(SUM(LENGTH(value)), 0) FROM entry").fetchone()
            if size > self._most_bytes:
                self._drop(connection, size - self._most_bytes * 3 // 4)
        connection.execute("COMMIT")

    def _drop(self, connection: sqlite3.Connection, excess: int) -> None:
        """The oldest entries, those first that were not asked for this time, until this many bytes are gone."""
        rows = connection.execute("SELECT id, LENGTH(value) FROM entry ORDER BY id").fetchall()
        gone: list[tuple[int]] = []
        for id, size in sorted(rows, key=lambda row: row[0] in self._used):
            if excess <= 0:
                break
            gone.append((id,))
            excess -= size
        connection.executemany("DELETE FROM entry WHERE id = ?", gone)

    def _give_up(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
        self._connection = None
        self._new.clear()


class Spooled:
    """The way to bytes that were put aside."""

    __slots__ = ("_size", "place", "spool")

    def __init__(self, spool: int, place: int, size: int) -> None:
        self.spool, self.place, self._size = spool, place, size

    def __call__(self) -> bytes:
        return os.pread(self.spool, self._size, self.place)


class Branch(NamedTuple):
    """The cache in another process: what that keeps is handed over, what it puts aside can be read here."""

    of: Cache
    spool: int

    def enter(self) -> None:
        """To be called first in the other process: a connection is never used by two."""
        memory = self.of
        if memory._folder is not None and memory._connection is not None:
            memory._connection = _connect(memory._folder)
        memory._new, memory._used, memory._spool = {}, set(), self.spool
        if self.spool < 0:
            memory._folder = None  # what would be put aside here, nobody there could read

    def news(self) -> tuple[list[tuple[str, bytes, bytes]], list[int]]:
        """What the other process has to keep, as `marshal` can send it."""
        return [(kind, key, value()) for (kind, key), value in self.of._new.items()], list(self.of._used)

    def take(self, news: tuple[list[tuple[str, bytes, bytes]], list[int]]) -> None:
        new, used = news
        self.of._used.update(used)
        if self.of.works:
            self.of._new.update({(kind, key): self.of.spool(value) for kind, key, value in new})


def _sum(kind: str, key: bytes, value: bytes) -> bytes:
    return blake2b(value, digest_size=_SUM, key=key[:64], person=kind.encode()[:16]).digest()


_TABLE = """CREATE TABLE IF NOT EXISTS entry
    (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, UNIQUE (kind, key))"""


def _connect(folder: Path) -> sqlite3.Connection | None:
    """The open file; made anew if it cannot be read. None where nothing can be written."""
    for attempt in (1, 2):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(folder / FILE, isolation_level=None, timeout=2.0)
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(_TABLE)
        except sqlite3.DatabaseError as error:
            if attempt == 2 or getattr(error, "sqlite_errorname", "") not in ("SQLITE_NOTADB", "SQLITE_CORRUPT"):
                return None
            with suppress(OSError):
                (folder / FILE).unlink()
        except OSError:
            return None
        else:
            return connection
    return None
