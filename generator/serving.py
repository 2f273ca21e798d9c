"""A local server that sends a built site as a real host would: headers and redirects of `hosting`, ETags, a real 404.

For `serve`, for the tests, and for looking at `site/` on one's own machine. Listens on loopback only; never writes.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

from . import hosting

COMPRESSED = ("text/", "application/json", "application/xml", "image/svg", "application/feed+json")


class SiteHandler(BaseHTTPRequestHandler):
    """Answers GET and HEAD from `server.body`. `server.extra` may answer a path first (live preview)."""

    server: SiteServer
    protocol_version = "HTTP/1.1"
    server_version = "roadworthy"
    sys_version = ""

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        if self.path.startswith("//"):
            path = unquote(self.path.split("?")[0])
        if self.server.extra and self.server.extra(self, path):
            return
        moved = hosting.redirect(path)
        if moved:
            self._send(moved[1], b"", {"Location": moved[0]})
            return
        body = self._body(path)
        if body is None and not path.endswith("/") and self._body(path + "/") is not None:
            self._send(HTTPStatus.MOVED_PERMANENTLY, b"", {"Location": path + "/"})
            return
        if body is None:
            missing = self.server.body("404.html") or b"not found"
            self._send(HTTPStatus.NOT_FOUND, missing, {**hosting.headers("/404.html")})
            return
        self._answer(path, body)

    do_HEAD = do_GET

    def _answer(self, path: str, body: bytes) -> None:
        headers = hosting.headers(path if not path.endswith("/") else path + "index.html")
        for name, value in hosting.headers(path).items():
            headers.setdefault(name, value)
        if self.server.rewrite and headers["Content-Type"].startswith("text/html"):
            body = self.server.rewrite(body)
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        headers["ETag"] = etag
        if self.headers.get("If-None-Match") == etag:
            self._send(HTTPStatus.NOT_MODIFIED, b"", headers)
            return
        if "gzip" in self.headers.get("Accept-Encoding", "") and headers["Content-Type"].startswith(COMPRESSED):
            body = gzip.compress(body, 6, mtime=0)
            headers["Content-Encoding"] = "gzip"
            headers["Vary"] = "Accept-Encoding"
        self._send(HTTPStatus.OK, body, headers)

    def _body(self, path: str) -> bytes | None:
        """What the site has at a URL path; None if there is nothing, or if the path would leave the site."""
        if "\0" in path or any(part in ("..", "") for part in path.strip("/").split("/") if path.strip("/")):
            return None
        if any(part.startswith(".roadworthy") for part in path.split("/")):
            return None
        return self.server.body(f"{path}index.html".strip("/") if path.endswith("/") else path.strip("/"))

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            with suppress(BrokenPipeError, ConnectionResetError):
                self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        if self.server.log:
            self.server.log(format % args)


class SiteServer(ThreadingHTTPServer):
    """`folder` is looked up anew for each request, so that a published exchange of the folder is seen at once."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(
        self,
        folder: Path,
        port: int = 0,
        *,
        extra: Callable[[SiteHandler, str], bool] | None = None,
        rewrite: Callable[[bytes], bytes] | None = None,
        log: Callable[[str], None] | None = None,
    ) -> None:
        self.folder = Path(os.path.abspath(folder))
        self.extra = extra
        self.rewrite = rewrite
        self.log = log
        super().__init__(("127.0.0.1", port), SiteHandler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def body(self, path: str) -> bytes | None:
        """The bytes of a file of the site, by its path below the folder; None where there is no such file."""
        file = self.folder / path
        try:
            return file.read_bytes() if file.is_file() else None
        except OSError:
            return None

    def handle_error(self, request: object, client_address: object) -> None:
        """A visitor that goes away in the middle is no error of ours."""


@contextmanager
def serving(folder: Path, port: int = 0) -> Iterator[str]:
    """Serve a folder in a thread; gives the address."""
    server = SiteServer(folder, port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.url
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
