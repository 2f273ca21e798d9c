"""What the local server adds to a previewed site: a script on each page, the stream of news, the switch of data.

Pages load the script from our own origin, so that the site's own policy holds in the preview, too. Answers only to its
own host name and, where something is switched, only to its own pages: another site cannot read drafts through a
visitor's browser. Writes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..serving import SiteHandler, SiteServer
from . import KINDS, Live

SCRIPT = "/__preview.js"
NEWS = "/__live"
SWITCH = "/__show/"
HEARTBEAT = 15.0
HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})

WAITING = b"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Nothing to show yet</title></head>
<body><h1>Nothing to show yet</h1><p>The first build is under way. If it fails, this page says why.</p></body></html>
"""


Site = Callable[[], Mapping[str, bytes]]


class PreviewServer(SiteServer):
    """The site that `site()` gives at the moment it is asked, path by path, kept in memory."""

    def __init__(self, site: Site, port: int, **more: Any) -> None:
        self._site = site
        super().__init__(Path(), port, **more)

    def body(self, path: str) -> bytes | None:
        return self._site().get(path)


def server(site: Site, live: Live, show: Callable[[str], None], port: int = 0) -> SiteServer:
    """A server of the previewed site. `show` is called with the kind of data a visitor switches to."""

    def rewrite(page: bytes) -> bytes:
        return with_script(page, live.state.build)

    def extra(handler: SiteHandler, path: str) -> bool:
        if urlsplit(f"//{handler.headers.get('Host', '')}").hostname not in HOSTS:
            _answer(handler, 421, "text/plain; charset=utf-8", b"this preview answers to 127.0.0.1 only\n")
        elif path == SCRIPT:
            script = (resources.files("generator") / "assets" / "preview.js").read_bytes()
            _answer(handler, 200, "text/javascript; charset=utf-8", script)
        elif path == NEWS:
            _stream(handler, live)
        elif path.startswith(SWITCH):
            _switch(handler, path.removeprefix(SWITCH), show)
        elif live.state.build == 0:
            _answer(handler, 503, "text/html; charset=utf-8", with_script(WAITING, 0))
        else:
            return False
        return True

    return PreviewServer(site, port, extra=extra, rewrite=rewrite)


def with_script(page: bytes, build: int) -> bytes:
    """The page with our script as the last thing of its body; it says which build the page is of.

    Not in the browser editor: a save would reload the page under the hands of the one who writes.
    """
    head, end, tail = page.rpartition(b"</body>")
    if not end or b'rel="cms-config-url"' in page:
        return page
    return head + f'<script src="{SCRIPT}" data-build="{build}"></script>'.encode() + end + tail


def _switch(handler: SiteHandler, kind: str, show: Callable[[str], None]) -> None:
    """Show other data; 404 for data there is none of, 403 for a page of somebody else that asks."""
    if handler.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        _answer(handler, 403, "text/plain; charset=utf-8", b"only the preview's own pages may switch it\n")
    elif kind not in KINDS:
        _answer(handler, 404, "text/plain; charset=utf-8", f"one of: {', '.join(KINDS)}\n".encode())
    else:
        show(kind)
        _answer(handler, 204, "text/plain; charset=utf-8", b"")


def _stream(handler: SiteHandler, live: Live) -> None:
    """Send each new state as an event until the page goes away."""
    handler.close_connection = True
    handler.send_response(200)
    for name, value in (
        ("Content-Type", "text/event-stream; charset=utf-8"),
        ("Cache-Control", "no-store"),
        ("Connection", "close"),
    ):
        handler.send_header(name, value)
    handler.end_headers()
    version = -1
    with suppress(BrokenPipeError, ConnectionResetError):
        while True:
            newer, state = live.after(version, HEARTBEAT)
            news = f"data: {json.dumps(state.as_json())}\n\n" if newer != version else ": still here\n\n"
            version = newer
            handler.wfile.write(news.encode())
            handler.wfile.flush()


def _answer(handler: SiteHandler, status: int, kind: str, body: bytes) -> None:
    handler.send_response(status)
    for name, value in (
        ("Content-Type", kind),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
        ("Content-Length", str(len(body))),
    ):
        handler.send_header(name, value)
    handler.end_headers()
    if handler.command != "HEAD":
        with suppress(BrokenPipeError, ConnectionResetError):
            handler.wfile.write(body)
