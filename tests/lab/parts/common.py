"""What the processes of the laboratory share: the state file, the database, a small HTTP server.

The state file is the only thing a process is told: the laboratory's time and the modes that faults switch on. It is
replaced in one piece, and read anew whenever it matters.
"""

from __future__ import annotations

import json
import queue
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psycopg


class State:
    """The time of the laboratory (Unix seconds) and the modes of its parts."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)

    def read(self) -> dict[str, Any]:
        return json.loads(self._path.read_text())

    @property
    def now(self) -> float:
        return float(self.read()["now"])

    def mode(self, name: str) -> Any:
        return self.read()["modes"].get(name)


class Database:
    """Connections to one server, kept for the next request; a broken one is thrown away."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._idle: queue.LifoQueue[psycopg.Connection[Any]] = queue.LifoQueue()

    @contextmanager
    def connection(self) -> Iterator[psycopg.Connection[Any]]:
        try:
            found = self._idle.get_nowait()
        except queue.Empty:
            found = psycopg.connect(self._url, autocommit=True, connect_timeout=2)
        try:
            yield found
        except BaseException:
            found.close()
            raise
        self._idle.put(found)

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        for attempt in (1, 2):
            try:
                with self.connection() as connection:
                    return connection.execute(sql, values).fetchall()
            except psycopg.OperationalError:
                # a kept connection may have outlived the server's restart; a fresh one says how things are
                if attempt == 2:
                    raise
                self.forget()
        raise AssertionError("unreachable")

    def run(self, sql: str, *values: Any) -> None:
        with self.connection() as connection:
            connection.execute(sql, values)

    def forget(self) -> None:
        while True:
            try:
                self._idle.get_nowait().close()
            except queue.Empty:
                return


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: State

    def send(self, status: int, body: bytes, kind: str = "application/json", **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def json(self, value: Any, status: int = 200) -> None:
        self.send(status, json.dumps(value).encode())

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The laboratory's time: a platform's own clock is what ages are reckoned by."""
        return formatdate(self.state.now, usegmt=True)

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    allow_reuse_address = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that gives up is no error of ours."""


def iso(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
