"""A visitor with a browser, and a host whose clock the test sets."""

from __future__ import annotations

import threading
import time
from email.utils import formatdate
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from generator.serving import SiteHandler, SiteServer
from tests.samples import NOW

WRONG_CLOCK = """
const Real = Date
globalThis.Date = class extends Real {
  constructor(...a) { super(...(a.length ? a : [YEAR, 0, 1])) }
  static now() { return new Real(YEAR, 0, 1).getTime() }
}
"""
"""Puts the visitor's clock into another year; what a script reads from headers is not touched."""


class _Handler(SiteHandler):
    server: Server

    def date_time_string(self, timestamp: float | None = None) -> str:
        return formatdate(self.server.now, usegmt=True)


class Server(SiteServer):
    """The headers of a real host, with `now` in the Date header; `asked` are the paths it was asked for."""

    def __init__(self, folder: Path) -> None:
        self.now = float(NOW)
        self.asked: list[str] = []
        super().__init__(folder, extra=self._noted)

    def _noted(self, handler: SiteHandler, path: str) -> bool:
        self.asked.append(path)
        return False

    def finish_request(self, request: Any, client_address: Any) -> None:
        _Handler(request, client_address, self)


def serve(folder: Path) -> Server:
    """Serve until the process ends; the thread is a daemon."""
    server = Server(folder)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return server


class Visit:
    """One page in one browser context. `trouble` lists console errors, page errors, failed and foreign requests."""

    def __init__(self, browser: Browser, server: Server, url: str, context: dict[str, Any]) -> None:
        self.server = server
        before, clock = context.pop("script", ""), context.pop("clock", False)
        self.context = browser.new_context(viewport=context.pop("viewport", {"width": 1200, "height": 900}), **context)
        if before:
            self.context.add_init_script(before)
        self.page = self.context.new_page()
        self.trouble: list[str] = []
        self.requests: list[str] = []
        self.answered: list[str] = []
        self.page.on(
            "console", lambda m: self.trouble.append(f"console: {m.text}") if m.type in ("error", "warning") else None
        )
        self.page.on("pageerror", lambda e: self.trouble.append(f"error: {e}"))
        self.page.on("request", lambda r: self._requested(r.url))
        self.page.on("requestfinished", lambda r: self.answered.append(r.url))
        self.page.on("requestfailed", lambda r: self.trouble.append(f"failed: {r.url}"))
        if clock:
            self.page.clock.install()
        server.asked.clear()
        self.page.goto(server.url + url)
        if context.get("java_script_enabled", True):
            self._settle()

    def _settle(self) -> None:
        """Until the live state was answered, where the page has one, and the script has painted the answer."""
        live = self.page.evaluate("!!JSON.parse(rw.textContent).live")
        until = time.monotonic() + 10
        while live and not any(url.endswith("/live.json") for url in self.answered) and time.monotonic() < until:
            self.page.evaluate("new Promise(done => requestAnimationFrame(done))")
        self.page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def _requested(self, url: str) -> None:
        self.requests.append(url)
        if not url.startswith(self.server.url):
            self.trouble.append(f"foreign: {url}")

    def text(self, selector: str) -> str:
        return self.page.locator(selector).first.inner_text()

    def close(self) -> None:
        self.context.close()
