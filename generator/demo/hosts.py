"""Real HTTP servers for the simulated platforms: one port of 127.0.0.1 for each region, so that pins lead there.

A port and not an address of its own tells the regions apart, because not every system has more of loopback than
127.0.0.1. Listens nowhere else. Never decides what is answered: that is the `World`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .simulated import HOSTS, World

DELAY: Mapping[str, float] = {"west": 0.006, "east": 0.011, "south": 0.018}
"""The regions, and the seconds an answer takes from there."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        world = self.server.world()
        answer = world.answer(self.server.region, self.headers.get("Host", "").partition(":")[0], self.path)
        self.close_connection = True
        if not answer.status:
            return
        time.sleep(DELAY[self.server.region])
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    do_HEAD = do_GET

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The simulated time, because age is reckoned by the server's own clock."""
        return formatdate(self.server.world().now, usegmt=True)

    def log_message(self, format: str, *args: object) -> None:
        """A demo's terminal is for its visitor."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, region: str, world: Callable[[], World]) -> None:
        self.region, self.world = region, world
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A look that gives up in the middle is no error of the platform's."""


class Hosts:
    """The servers of all regions while the context lasts. `world` is asked anew for each request."""

    def __init__(self, world: Callable[[], World]) -> None:
        self._servers = [_Server(region, world) for region in DELAY]
        self._threads = [
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
            for server in self._servers
        ]

    def __enter__(self) -> Hosts:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        for server, thread in zip(self._servers, self._threads, strict=True):
            server.shutdown()
            server.server_close()
            thread.join()

    def pins(self, region: str) -> dict[str, str]:
        """Host to address for a region's `resolve`."""
        port = next(s.server_address[1] for s in self._servers if s.region == region)
        return dict.fromkeys(HOSTS, f"127.0.0.1:{port}")
