"""What the tests of feeds and API share: one output rendered, a folder served on loopback with the headers of DESIGN 5."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

from generator import outputs
from generator.siteview import SiteView

MACHINES = ("feeds", "calendar", "opml", "api", "data", "statuspage", "badges", "metrics", "embed")


def files(view: SiteView, *names: str) -> dict[str, bytes]:
    """path -> bytes of these outputs (all of the machines' by default); two artifacts never share a path."""
    found: dict[str, bytes] = {}
    for name in names or MACHINES:
        for artifact in outputs.get(name).render((view,), ()):
            assert artifact.path not in found, f"{artifact.path} is written twice"
            found[artifact.path] = artifact.body
    return found


def write(folder: Path, contents: dict[str, bytes], at: int | None = None) -> Path:
    """As publishing does: files that did not change are left alone; the others are from `at` (Unix seconds)."""
    for path, body in contents.items():
        file = folder / path
        if file.is_file() and file.read_bytes() == body:
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(body)
        if at is not None:
            os.utime(file, (at, at))
    return folder


class Handler(SimpleHTTPRequestHandler):
    extensions_map: ClassVar[dict[str, str]] = {
        ".rss": "application/xml; charset=utf-8",
        ".atom": "application/xml; charset=utf-8",
        ".json": "application/json; charset=utf-8",
        ".html": "text/html; charset=utf-8",
        ".css": "text/css; charset=utf-8",
        ".js": "text/javascript; charset=utf-8",
        ".ics": "text/calendar; charset=utf-8",
        ".svg": "image/svg+xml",
        "": "application/octet-stream",
    }

    def end_headers(self) -> None:
        self.send_header("Access-Control-Allow-Origin", "*")
        super().end_headers()

    def list_directory(self, path: str | os.PathLike[str]) -> None:
        """A static host lists nothing."""
        self.send_error(404)

    def log_message(self, format: str, *args: object) -> None:
        return


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The folder on 127.0.0.1, as `http://127.0.0.1:PORT`; unknown paths are a real 404."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
