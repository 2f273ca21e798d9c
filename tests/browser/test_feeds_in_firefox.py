"""What a person sees who clicks a feed in Firefox, which downloads feeds that are sent under their own MIME type."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from generator.serving import serving
from tests.browser.firefox import PATIENCE, Firefox, firefox
from tests.feeds.full import full
from tests.feeds.opened import VISIBLE, clock, fresh
from tests.feeds.rendering import files, write

pytestmark = pytest.mark.browser

FEEDS = ["history.rss", "history.atom", "updates.rss", "updates.atom", "components/civitai/search/updates.atom"]


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    with firefox(tmp_path_factory.mktemp("firefox")) as found:
        yield found


@pytest.mark.parametrize("path", FEEDS)
def test_a_feed_clicked_in_firefox_is_a_page_to_read(window: Firefox, tmp_path: Path, path: str) -> None:
    """Styled, with titles and without ids or raw markup; nothing is downloaded; the link explains what a feed is."""
    about = {"feeds/index.html": b"<!doctype html><title>About</title>", "favicon.ico": b""}
    write(tmp_path, files(fresh(clock()), "feeds") | about)
    with serving(tmp_path) as base:
        window.open(f"{base}/{path}")
        seen = window.run(f"return {VISIBLE}")
        assert "New models do not appear in search" in seen
        assert "tag:" not in seen
        assert "<p>" not in seen
        note = "getComputedStyle(document.documentElement.querySelector('div'), '::before').content"
        assert "This is a feed" in window.run(f"return {note}")
        title = "getComputedStyle(document.querySelector('item > title, entry > title'))"
        assert window.run(f"return [{title}.display, {title}.fontWeight]") == ["block", "650"]
        window.click("a")
        until = time.monotonic() + PATIENCE
        while window.url != f"{base}/feeds/" and time.monotonic() < until:
            time.sleep(0.05)
        assert window.url == f"{base}/feeds/"
    assert list(window.downloads.iterdir()) == []


class _AsFeed(BaseHTTPRequestHandler):
    """A host that sends a feed under the MIME type of feeds."""

    def do_GET(self) -> None:
        body = files(full(), "feeds")["history.atom"]
        self.send_response(200)
        self.send_header("Content-Type", "application/atom+xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None: ...


def test_under_its_own_mime_type_firefox_would_download_it(window: Firefox) -> None:
    """Why hosts are told to send `application/xml`, and proof that the test above would notice."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _AsFeed) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        window.open("about:blank")
        address = f"http://127.0.0.1:{server.server_address[1]}/history.atom"
        window.run(f"location.href = {address!r}")
        until = time.monotonic() + PATIENCE
        while not list(window.downloads.iterdir()) and time.monotonic() < until:
            time.sleep(0.05)
        server.shutdown()
    assert [file.name.partition(".")[0] for file in window.downloads.iterdir()] == ["history"]
    assert window.url == "about:blank"
    for file in window.downloads.iterdir():
        file.unlink()
