"""`serve` as an editor uses it: a real browser page beside a file that is saved by hand."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

from tests.editing.roots import NOTE, Served, serving, write_root

PATIENCE = 30_000
OVERLAY = "#roadworthy-preview section.errors"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = write_root(tmp_path_factory.mktemp("edited"))
    (made / "content" / "incidents" / "2026-11-23-search.md").write_text(NOTE)
    return made


@pytest.fixture(scope="module")
def served(root: Path) -> Iterator[Served]:
    with serving(root) as running:
        yield running


@pytest.fixture
def note(root: Path) -> Iterator[Path]:
    path = root / "content" / "incidents" / "2026-11-23-search.md"
    yield path
    path.write_text(NOTE)


@pytest.fixture
def page(chromium: Browser, served: Served) -> Iterator[Page]:
    """The home page, built and listening; every complaint of the browser fails the test."""
    page = chromium.new_page()
    trouble: list[str] = []
    page.on("console", lambda m: trouble.append(m.text) if m.type == "error" and "503" not in m.text else None)
    page.on("pageerror", lambda e: trouble.append(str(e)))
    page.goto(served.url)
    page.locator("#roadworthy-preview[data-errors='0']").wait_for(state="attached", timeout=PATIENCE)
    page.get_by_text("Search finds nothing").first.wait_for(timeout=PATIENCE)
    yield page
    page.close()
    assert not trouble


def test_a_file_saved_by_hand_shows_in_the_open_page_without_a_touch(page: Page, note: Path) -> None:
    """How long it takes is measured by `python -m tests.bench.preview`; the clock decides nothing here."""
    note.write_text(NOTE.replace("Search finds nothing", "Search finds only old things"))
    page.get_by_text("Search finds only old things").first.wait_for(timeout=PATIENCE)


def test_an_error_lies_on_the_last_good_page_and_goes_when_it_is_mended(page: Page, note: Path) -> None:
    note.write_text(NOTE.replace("status: investigating", "status: investigatin"))
    overlay = page.locator(OVERLAY)
    overlay.wait_for(timeout=PATIENCE)
    said = overlay.inner_text()
    assert "content/incidents/2026-11-23-search.md:8:13:" in said
    assert "investigating" in said
    assert "This is the last good page" in said
    assert page.get_by_text("Search finds nothing").count()
    note.write_text(NOTE)
    overlay.wait_for(state="detached", timeout=PATIENCE)


def test_a_page_opened_while_there_is_an_error_shows_it_too(page: Page, note: Path, served: Served) -> None:
    note.write_text(NOTE.replace("impact: major", "impact: huge"))
    page.locator(OVERLAY).wait_for(timeout=PATIENCE)
    page.goto(served.url + "/history/")
    page.locator(OVERLAY).wait_for(timeout=PATIENCE)


def test_a_mistake_in_a_template_is_told_with_its_line(page: Page, root: Path) -> None:
    theme = root / "content" / "theme"
    theme.mkdir(exist_ok=True)
    (theme / "page.html").write_text('{% extends "base.html" %}\n{% block main %}{{ nothing.here }}{% endblock %}\n')
    (theme / "index.html").write_text("<p>\n{% if %}\n")
    try:
        page.locator(OVERLAY).wait_for(timeout=PATIENCE)
        assert "theme/index.html:2:1:" in page.locator(OVERLAY).inner_text()
    finally:
        (theme / "index.html").unlink()
        (theme / "page.html").unlink()
    page.locator(OVERLAY).wait_for(state="detached", timeout=PATIENCE)


def test_drafts_are_shown_here_and_nowhere_else(page: Page, note: Path) -> None:
    note.write_text(NOTE.replace("impact: major", "impact: major\ndraft: true").replace("finds nothing", "is drafty"))
    page.get_by_text("Search is drafty").first.wait_for(timeout=PATIENCE)


SHOWN = {
    "healthy": "operational",
    "degraded": "degraded_performance",
    "down": "major_outage",
    "stale": "unknown",
    "none": "unknown",
}


@pytest.mark.parametrize("kind", SHOWN)
def test_the_page_can_be_seen_in_every_state_and_says_that_the_data_are_made_up(
    page: Page, kind: str, served: Served, note: Path
) -> None:
    note.write_text(NOTE.replace("  - at: +12m", "  - at: +13m\n    status: resolved\n    body: Over.\n  - at: +12m"))
    page.locator("#roadworthy-preview select").select_option(kind)
    page.get_by_text(f"Preview with made-up data: {kind}.").wait_for(timeout=PATIENCE)
    page.locator(f"h1 .{SHOWN[kind]}").wait_for(timeout=PATIENCE)
    page.locator("#roadworthy-preview select").select_option("real")
    page.get_by_text("Preview without history").wait_for(timeout=PATIENCE)


def ask(served: Served, path: str, **headers: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(urlsplit(served.url).netloc, timeout=30)
    connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        pytest.param("/", {"Host": "evil.example"}, 421, id="a name that leads here by DNS reads no drafts"),
        pytest.param("/__live", {"Host": "evil.example:80"}, 421, id="nor does it hear the news"),
        pytest.param("/__show/down", {"Sec_Fetch_Site": "cross-site"}, 403, id="another site switches nothing"),
        pytest.param("/__show/better", {}, 404, id="there is no such data"),
        pytest.param("/nowhere/", {}, 404, id="a wrong address is the site's own 404"),
    ],
)
def test_the_preview_answers_only_to_its_own_pages(
    served: Served, page: Page, path: str, headers: dict[str, str], status: int
) -> None:
    assert ask(served, path, **headers)[0] == status


def test_nothing_is_written_beside_the_sources(page: Page, root: Path, served: Served) -> None:
    assert not (root / "site").exists()
    assert not (root / ".history").exists()


def test_the_script_is_in_the_preview_only(served: Served, page: Page) -> None:
    status, body = ask(served, "/")
    assert status == 200
    assert body.count(b"/__preview.js") == 1
    assert b"__preview" not in ask(served, "/api/v2/summary.json")[1]


def test_a_first_build_that_fails_says_why_and_recovers(chromium: Browser, tmp_path: Path) -> None:
    root = write_root(tmp_path)
    path = root / "content" / "incidents" / "2026-11-23-search.md"
    path.write_text(NOTE.replace("shop/search", "shop/serach"))
    with serving(root, "--poll") as served:
        page = chromium.new_page()
        page.goto(served.url)
        page.locator(OVERLAY).wait_for(timeout=PATIENCE)
        assert "shop/search" in page.locator(OVERLAY).inner_text()
        path.write_text(NOTE)
        page.get_by_text("Search finds nothing").first.wait_for(timeout=PATIENCE)
        page.close()
    assert any("2026-11-23-search.md:4:14" in line for line in served.lines), served.lines
    assert served.process.returncode == 0


def test_the_terminal_counts_no_hint_as_a_warning(tmp_path: Path) -> None:
    """What could be filled in is nothing that is wrong; `lint` says it, with its place."""
    with serving(write_root(tmp_path, site={"title": "The shop"})) as served:
        for _ in range(PATIENCE // 50):
            if served.lines:
                break
            time.sleep(0.05)
    assert served.lines[0] == "built"


def test_a_port_in_use_is_told_in_a_sentence(served: Served, tmp_path: Path) -> None:
    from tests.editing.roots import command

    done = command("serve", "--port", str(urlsplit(served.url).port), root=write_root(tmp_path))
    assert done.returncode == 2
    assert "cannot listen" in done.stderr
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_news_are_a_stream_of_events(served: Served, page: Page) -> None:
    connection = http.client.HTTPConnection(urlsplit(served.url).netloc, timeout=30)
    connection.request("GET", "/__live")
    answer = connection.getresponse()
    assert answer.getheader("Content-Type", "").startswith("text/event-stream")
    line = answer.readline()
    connection.close()
    news = json.loads(line.removeprefix(b"data: "))
    assert news["build"] >= 1
    assert news["errors"] == []
