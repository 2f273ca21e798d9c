"""A page asks nobody else, runs nothing else, and moves nothing under the reader's eyes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Locator

from tests.browser.visiting import Visit, serve
from tests.page.building import PAGES, write
from tests.samples import site_view

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("url", PAGES.values(), ids=PAGES.keys())
def test_a_page_breaks_no_policy_and_asks_nobody_else(visit: Callable[..., Visit], url: str) -> None:
    seen = visit(url)
    assert seen.trouble == []


@pytest.mark.parametrize("url", ["/", PAGES["component"], PAGES["incident"]], ids=["index", "component", "incident"])
def test_a_first_view_takes_at_most_three_requests(visit: Callable[..., Visit], url: str) -> None:
    assert len(visit(url).requests) <= 3


def test_an_injected_script_does_not_run(visit: Callable[..., Visit]) -> None:
    """The policy stands even if something slipped into a page."""
    page = visit("/").page
    page.evaluate(
        "const s = document.createElement('script'); s.textContent = 'window.pwned = 1'; document.body.append(s)"
    )
    page.evaluate(
        "const i = document.createElement('img'); i.setAttribute('onerror', 'window.pwned = 1'); i.src = 'x:'; document.body.append(i)"
    )
    page.wait_for_timeout(100)
    assert page.evaluate("window.pwned") is None


@pytest.mark.parametrize(
    "url", ["/", PAGES["component"], PAGES["history"], PAGES["feeds"]], ids=["index", "component", "history", "feeds"]
)
@pytest.mark.parametrize("width", [360, 1200])
def test_nothing_shifts_while_the_page_loads(visit: Callable[..., Visit], url: str, width: int) -> None:
    shift = visit(url, viewport={"width": width, "height": 800}).page.evaluate(
        "new Promise(done => { let sum = 0; new PerformanceObserver(l => { for (const e of l.getEntries()) sum += e.value })"
        ".observe({type: 'layout-shift', buffered: true}); setTimeout(() => done(sum), 300) })"
    )
    assert shift < 0.01


def test_the_visitor_chooses_light_or_dark_and_it_stays(visit: Callable[..., Visit]) -> None:
    seen = visit("/", color_scheme="light")
    background = "getComputedStyle(document.body).backgroundColor"
    bright = seen.page.evaluate(background)
    seen.page.click("#theme")
    assert seen.page.evaluate(background) != bright
    seen.page.reload()
    assert seen.page.evaluate(background) != bright
    seen.page.click("#theme")
    assert seen.page.evaluate(background) == bright


@pytest.mark.parametrize(
    ("zone", "local"),
    [
        ("Asia/Tokyo", "15:00 GMT+9"),
        ("Asia/Kolkata", "11:30 GMT+5:30"),
        ("America/St_Johns", "02:30 GMT-3:30"),
        ("America/Los_Angeles", "Nov 24, 22:00 PST"),
    ],
)
def test_times_gain_the_visitors_own_zone(visit: Callable[..., Visit], zone: str, local: str) -> None:
    """UTC stands in the page and stays; local time is a hint, and with its zone beside it when asked for."""
    seen = visit("/history/", timezone_id=zone, locale="en-GB")
    first = seen.page.locator("time").first
    assert beside(first) == "none"
    first.hover()
    assert local in first.get_attribute("title")
    seen.page.click("#zone")
    assert (first.inner_text(), beside(first)) == ("25 Nov 2026, 06:00 UTC", f'" ({local})"')
    seen.page.reload()
    assert (first.inner_text(), beside(first)) == ("25 Nov 2026, 06:00 UTC", f'" ({local})"')
    seen.page.click("#zone")
    assert beside(first) == "none"


def beside(time: Locator) -> str:
    """What the style shows behind a time."""
    return str(time.evaluate("e => getComputedStyle(e, '::after').content"))


def test_the_important_times_gain_it_too(visit: Callable[..., Visit]) -> None:
    """In the first sentence, when it was checked, when it is next, until when it is valid."""
    seen = visit("/", timezone_id="Asia/Tokyo")
    text = seen.text(".hero")
    seen.page.click("#zone")
    shown = seen.page.locator(".hero time").evaluate_all("all => all.map(e => [e.textContent, e.dataset.mine])")
    assert shown == [
        ["22 Nov, 04:00 UTC", "13:00 GMT+9"],
        ["05:30 UTC", "14:30 GMT+9"],
        ["03:05 UTC", "12:05 GMT+9"],
        ["05:59 UTC", "14:59 GMT+9"],
        ["06:04 UTC", "15:04 GMT+9"],
        ["06:14 UTC", "15:14 GMT+9"],
    ]
    assert seen.text(".hero") == text
    assert seen.page.title().startswith("✕")


def test_a_command_can_be_copied(visit: Callable[..., Visit]) -> None:
    seen = visit(PAGES["component"], permissions=["clipboard-read", "clipboard-write"])
    seen.page.get_by_role("button", name="Copy").first.click()
    seen.page.get_by_role("button", name="Copied").wait_for()
    assert seen.page.evaluate("navigator.clipboard.readText()").startswith("curl -sS")


def test_all_incidents_can_be_searched_without_a_server(visit: Callable[..., Visit]) -> None:
    seen = visit("/history/")
    assert not any("index.json" in url for url in seen.requests)
    seen.page.fill("#q", "replica counters")
    seen.page.wait_for_timeout(200)
    assert seen.page.locator("#results li").count() == 0
    seen.page.fill("#q", "COUNTERS asia")
    seen.page.locator("#results li").wait_for()
    assert seen.page.locator("#results li").all_inner_texts()[0].startswith("Old counters in Asia")
    assert not seen.page.locator("#months").is_visible()
    seen.page.click("#results a")
    assert seen.page.locator("h1").inner_text() == "Old counters in Asia"


def test_incidents_can_be_filtered_by_part_and_impact(visit: Callable[..., Visit]) -> None:
    page = visit("/history/").page
    page.select_option("#where", "huggingface/search")
    page.locator("#results li").wait_for()
    assert [line.split("\n")[0] for line in page.locator("#results li").all_inner_texts()] == [
        "Hub search returned errors"
    ]
    page.select_option("#how", "critical")
    page.wait_for_timeout(100)
    assert page.locator("#results li").count() == 0
    page.select_option("#where", "")
    page.select_option("#how", "")
    assert page.locator("#months").is_visible()


class _Target(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        self.send_response(203)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


def test_the_visitors_own_browser_may_ask_but_only_on_request(visit: Callable[..., Visit], tmp_path: Path) -> None:
    """A button, never by itself; the answer is shown beside ours and sent nowhere."""
    target = ThreadingHTTPServer(("127.0.0.1", 0), _Target)
    target.asked = []  # type: ignore[attr-defined]
    threading.Thread(target=target.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    url = f"http://127.0.0.1:{target.server_address[1]}/api"
    view = site_view("down")
    component = next(c for c in view.components if c.id == "civitai/indexing")
    asked = replace(component, checks=(replace(component.checks[0], browser_url=url),))
    platforms = tuple(
        replace(p, components=tuple(asked if c is component else c for c in p.components)) for p in view.platforms
    )
    seen = visit(PAGES["component"], server=serve(write((replace(view, platforms=platforms),), tmp_path)))
    assert target.asked == []  # type: ignore[attr-defined]
    seen.page.get_by_role("button", name="Check from my browser").click()
    seen.page.get_by_text("Your browser got an answer: HTTP 203").wait_for()
    assert target.asked == ["/api"]  # type: ignore[attr-defined]
    assert {line for line in seen.trouble if not line.startswith("failed")} == {f"foreign: {url}"}
    target.shutdown()
    target.server_close()
