"""What people see: a feed opened by a click, and our state on somebody else's page."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from generator.serving import serving
from generator.siteview import SiteView
from tests.feeds.full import full
from tests.feeds.opened import VISIBLE, clock, fresh
from tests.feeds.rendering import files, write

pytestmark = pytest.mark.browser

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.fail("Chromium is missing: apt-get install -y --no-install-recommends chromium")
    with sync_playwright() as play:
        found = play.chromium.launch(executable_path=path, args=FLAGS)
        yield found
        found.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(reduced_motion="reduce")
    yield context.new_page()
    context.close()


def complaints(page: Page) -> list[str]:
    """Errors and refusals of the content policy, collected while the test runs."""
    found: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            found.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


# ---- feeds -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["history.rss", "history.atom", "updates.rss", "updates.atom"])
def test_a_feed_opened_in_a_browser_is_readable(page: Page, tmp_path: Path, path: str) -> None:
    """Titles are seen, ids and raw HTML are not, and the link to the explanation can be clicked."""
    write(
        tmp_path,
        files(fresh(clock()), "feeds")
        | {"feeds/index.html": b"<!doctype html><title>About</title>", "favicon.ico": b""},
    )
    with serving(tmp_path) as base:
        said = complaints(page)
        page.goto(f"{base}/{path}")
        seen = page.evaluate(VISIBLE)
        assert "New models do not appear in search" in seen
        assert "This is a feed" in page.evaluate(
            "getComputedStyle(document.documentElement.querySelector('div'), '::before').content"
        )
        assert "tag:" not in seen
        assert "<p>" not in seen
        page.locator("a").first.click()
        page.wait_for_url(f"{base}/feeds/")
    assert said == []


# ---- the element on another page -------------------------------------------------------------------------------------


HOST_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Host</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src {base}; connect-src {base}">
<script src="{base}/embed.js" async></script></head>
<body><roadworthy-status {attributes}><a href="{base}/">Status page</a></roadworthy-status></body></html>"""


def embedded(page: Page, tmp_path: Path, view: SiteView, attributes: str = "") -> str:
    """What a visitor of another origin with a strict content policy sees."""
    site, host = tmp_path / "site", tmp_path / "host"
    write(site, files(view))
    with serving(site) as base, serving(host) as other:
        write(host, {"index.html": HOST_PAGE.format(base=base, attributes=attributes).encode()})
        said = complaints(page)
        page.goto(other)
        page.locator("roadworthy-status a strong").wait_for()
        assert said == []
        link = page.locator("roadworthy-status a:has(strong)")
        assert link.get_attribute("href") == f"{base}/"
        return str(page.evaluate("document.querySelector('roadworthy-status').shadowRoot.textContent"))


def test_the_state_of_the_site_on_another_page(page: Page, tmp_path: Path) -> None:
    seen = embedded(page, tmp_path, fresh(clock()))
    assert "Major outage" in seen
    assert "Civitai is down." in seen
    assert "As of" in seen


def test_the_state_of_a_component_on_another_page(page: Page, tmp_path: Path) -> None:
    seen = embedded(page, tmp_path, fresh(clock()), 'component="huggingface/search" label="Hub search"')
    assert "Hub search: Operational" in seen
    assert "Search is working." in seen


def test_an_old_state_is_unknown_and_never_green(page: Page, tmp_path: Path) -> None:
    seen = embedded(page, tmp_path, fresh(clock(), age=3600), 'component="huggingface/search"')
    assert "Unknown" in seen
    assert "There is no recent measurement." in seen
    assert "working" not in seen


def test_a_component_that_is_not_on_the_page_is_unknown(page: Page, tmp_path: Path) -> None:
    assert "Unknown" in embedded(page, tmp_path, fresh(clock()), 'component="civitai/nothing"')


def test_when_nothing_can_be_loaded_the_state_is_unknown(page: Page, tmp_path: Path) -> None:
    write(tmp_path, {path: body for path, body in files(fresh(clock())).items() if path != "live.json"})
    with serving(tmp_path) as base:
        page.goto(f"{base}/embed/")
        page.locator("roadworthy-status a strong").wait_for()
        seen = page.evaluate("document.querySelector('roadworthy-status').shadowRoot.textContent")
    assert "The status page cannot be reached." in seen
    assert "Unknown" in seen


@pytest.mark.parametrize("sentence", ["<img src=x onerror=alert(1)>", "</script><script>alert(1)</script>"])
def test_no_sentence_becomes_markup_on_somebody_elses_page(page: Page, tmp_path: Path, sentence: str) -> None:
    opened: list[str] = []
    page.on("dialog", lambda dialog: (opened.append(dialog.message), dialog.dismiss()))
    view = replace(fresh(clock()), sentence=sentence, title=sentence, overall_word=sentence)
    assert sentence in embedded(page, tmp_path, view)
    assert opened == []


# ---- the page for a frame --------------------------------------------------------------------------------------------


def test_the_frame_shows_the_state_without_a_complaint(page: Page, tmp_path: Path) -> None:
    site, host = tmp_path / "site", tmp_path / "host"
    write(site, files(fresh(clock())))
    with serving(site) as base, serving(host) as other:
        write(
            host,
            {
                "index.html": f'<!doctype html><title>Host</title><link rel="icon" href="data:,"><iframe title="Status" src="{base}/embed/?component=huggingface/search"></iframe>'.encode()
            },
        )
        said = complaints(page)
        page.goto(other + "/index.html")
        frame = page.frame_locator("iframe")
        frame.locator("roadworthy-status a strong").wait_for()
        assert frame.locator("roadworthy-status strong").inner_text() == "Operational"
        assert frame.locator("roadworthy-status a:has(strong)").get_attribute("target") == "_blank"
    assert [one for one in said if "frame-ancestors" not in one] == []


def test_without_script_the_frame_says_the_state_of_the_build_and_its_time(browser: Browser, tmp_path: Path) -> None:
    write(tmp_path, files(fresh(clock())))
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    with serving(tmp_path) as base:
        page.goto(f"{base}/embed/")
        seen = page.locator("body").inner_text()
    context.close()
    assert "Civitai is down." in seen
    assert "UTC" in seen


def test_the_snippet_is_small_and_needs_nothing_else() -> None:
    script = files(full(), "embed")["embed.js"]
    assert len(script) < 8192
    assert b"import" not in script
    assert script.count(b"fetch(") == 1
    assert json.loads(script.split(b"const SITE = ", 1)[1].split(b";\n", 1)[0])["words"]["unknown"] == "Unknown"
