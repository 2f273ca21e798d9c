"""A loopback platform to watch, and roots that watch it, for tests that run the real commands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[2]


class Platform(ThreadingHTTPServer):
    """`answers` by path: (status, headers, body); anything else is 200 "fine". `asked` lists every request.

    Its clock is `ahead` by so many seconds.
    """

    daemon_threads = True

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, Mapping[str, str], bytes]] = {}
        self.asked: list[tuple[str, dict[str, str], bytes]] = []
        self.ahead = 0
        super().__init__(("127.0.0.1", 0), _Handler)

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.server_address[1]}{path}"


class _Handler(BaseHTTPRequestHandler):
    server: Platform

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append((self.path, dict(self.headers), body))
        status, headers, answer = self.server.answers.get(self.path.partition("?")[0], (200, {}, b"fine"))
        self.send_response(status)
        for name, value in {"Content-Length": str(len(answer)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer)

    do_POST = do_HEAD = do_GET

    def date_time_string(self, timestamp: float | None = None) -> str:
        return super().date_time_string(time.time() + self.server.ahead if timestamp is None else timestamp)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: `asked` is the log."""


@contextmanager
def platform() -> Iterator[Platform]:
    server = Platform()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def check(url: str, **more: Any) -> dict[str, Any]:
    return {"id": "look", "kind": "http", "url": url, "allow_private": True, "timeout": 2, **more}


def config(server: Platform, components: Mapping[str, list[dict[str, Any]]], **more: Any) -> dict[str, Any]:
    """`components`: id -> checks."""
    return {
        "site": {"title": "Loopback", "url": "https://status.example"},
        "controls": [{"url": server.url("/control"), "allow_private": True}],
        "rules": {"retries": 0, "down_after": 1},
        "platforms": [
            {
                "id": "shop",
                "name": "Shop",
                "components": [{"id": id, "name": id.title(), "checks": checks} for id, checks in components.items()],
            }
        ],
        **more,
    }


def write(root: Path, value: Mapping[str, Any]) -> Path:
    (root / "content").mkdir(parents=True, exist_ok=True)
    (root / "content" / "status.yml").write_text(json.dumps(value))
    return root


def roadworthy(root: Path, *words: str, env: Mapping[str, str] | None = None, **more: Any) -> Any:
    """The real command in a process of its own, in the folder, with this interpreter."""
    given = {**os.environ, "PYTHONPATH": str(PROJECT), **(env or {})}
    return subprocess.run(
        [sys.executable, "-m", "generator", *words],
        cwd=root, env=given, capture_output=True, text=True, timeout=120, check=False, **more,
    )  # fmt: skip


def status(root: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((root / "site" / "api" / "roadworthy" / "v1" / "status.json").read_bytes())
    return found


def component(root: Path, id: str) -> dict[str, Any]:
    return next(c for p in status(root)["platforms"] for c in p["components"] if c["id"] == f"shop/{id}")
