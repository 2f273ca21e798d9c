"""The pages are for everyone: no barrier that a machine can find, on any page, in any theme or width."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.visiting import Visit, serve
from tests.page.building import PAGES, write
from tests.samples import site_view

pytestmark = pytest.mark.browser

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
PHONE = {"width": 320, "height": 640}


def barriers(visit: Visit) -> list[str]:
    found = Axe().run(visit.page, options=RULES).response["violations"]
    return [f"{v['id']}: {v['help']}: {node['html'][:200]}" for v in found for node in v["nodes"][:3]]


@pytest.mark.parametrize("url", PAGES.values(), ids=PAGES.keys())
def test_no_page_has_a_barrier(visit: Callable[..., Visit], url: str) -> None:
    seen = visit(url, color_scheme="light")
    bright = barriers(seen)
    seen.page.emulate_media(color_scheme="dark")
    assert bright + barriers(seen) == []


@pytest.mark.parametrize("kind", ["healthy", "degraded", "stale", "no-data", "blind"])
def test_no_state_of_the_front_page_has_a_barrier(visit: Callable[..., Visit], kind: str) -> None:
    assert barriers(visit("/", kind=kind)) == []


def test_a_page_with_warnings_has_no_barrier(visit: Callable[..., Visit], tmp_path: Path) -> None:
    """What is wrong with the page itself stands in its main part, where those who jump between parts find it."""
    warned = replace(site_view("down"), preview=True, warnings=("The list of incidents is incomplete.",))
    server = serve(write((warned,), tmp_path))
    assert barriers(seen := visit("/", server=server)) == []
    assert seen.page.locator("main .banner:visible").count() == 2
    assert barriers(visit(PAGES["component"], server=server)) == []


@pytest.mark.parametrize("url", PAGES.values(), ids=PAGES.keys())
def test_pages_reflow_without_a_second_direction_to_scroll(visit: Callable[..., Visit], url: str) -> None:
    page = visit(url, viewport={"width": 360, "height": 640}).page
    for width in (360, 320):
        page.set_viewport_size({"width": width, "height": 640})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        inner = "[...document.querySelectorAll('.wide')].filter(e => e.scrollWidth > e.clientWidth + 1).length"
        assert page.evaluate(inner) == 0


@pytest.mark.parametrize("url", ["/", PAGES["component"]], ids=["index", "component"])
def test_the_phone_has_no_barrier(visit: Callable[..., Visit], url: str) -> None:
    assert barriers(visit(url, viewport=PHONE)) == []


def test_text_spacing_of_the_visitor_breaks_nothing(visit: Callable[..., Visit]) -> None:
    """WCAG 1.4.12: wider lines, letters and words, and still nothing is cut or scrolls sideways."""
    page = visit("/", viewport=PHONE).page
    page.evaluate("document.documentElement.style.setProperty('--x', '1')")
    page.evaluate(
        "for (const e of document.querySelectorAll('*')) { e.style.lineHeight = '1.5'; e.style.letterSpacing = '.12em'; e.style.wordSpacing = '.16em' }"
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_states_stay_apart_in_forced_colours(visit: Callable[..., Visit]) -> None:
    """Without our colours a state still has its own shape, and the bars their heights."""
    page = visit("/", forced_colors="active").page
    shapes = page.evaluate("[...document.querySelectorAll('main .s use')].map(e => e.getAttribute('href'))")
    assert {"#operational", "#major_outage", "#partial_outage", "#degraded_performance"} <= set(shapes)
    drawn, behind = page.evaluate(
        "[getComputedStyle(document.querySelector('.bars path')).stroke, getComputedStyle(document.body).backgroundColor]"
    )
    assert drawn != behind


def test_every_control_is_large_enough_to_hit(visit: Callable[..., Visit]) -> None:
    """WCAG 2.5.8: buttons and the links of menus are at least 24 by 24 pixels."""
    page = visit("/").page
    small = page.evaluate(
        "[...document.querySelectorAll('button, summary, nav a, .name')].filter(e => e.offsetParent)"
        ".map(e => [e.textContent, e.getBoundingClientRect().height]).filter(([, h]) => h < 24)"
    )
    assert small == []


def test_the_keyboard_reaches_the_content_first(visit: Callable[..., Visit]) -> None:
    page = visit("/").page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#main"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"


def test_print_shows_all_evidence_and_no_controls(visit: Callable[..., Visit]) -> None:
    page = visit(PAGES["component"]).page
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.evaluate("[...document.querySelectorAll('details')].every(e => e.open)")
    assert not page.locator("button:visible").count()


def test_arabic_reads_from_right_to_left(visit: Callable[..., Visit]) -> None:
    """The page mirrors itself, bars included, and stays within the screen of a phone."""
    seen = visit("/ar/", languages=("en", "ar"), viewport=PHONE)
    assert seen.page.evaluate("[document.documentElement.lang, document.documentElement.dir]") == ["ar", "rtl"]
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= 320
    assert "matrix" in seen.page.evaluate("getComputedStyle(document.querySelector('.bars')).transform")
    assert barriers(seen) == []


@pytest.mark.parametrize("url", ["/", PAGES["component"], PAGES["incident"]], ids=["index", "component", "incident"])
def test_without_script_everything_that_matters_is_there(visit: Callable[..., Visit], url: str) -> None:
    """No empty shell: states, evidence and, on pages that age, until when they are valid."""
    seen = visit(url, java_script_enabled=False)
    main = seen.text("main")
    assert "Search index" in main
    assert "02:50 UTC" in main
    if url != PAGES["incident"]:
        assert "If it is later than 06:14 UTC now" in main
    assert not seen.page.locator("button:visible").count()
    assert seen.trouble == []


def test_the_page_reads_from_a_file(visit: Callable[..., Visit], sites: Callable[..., object]) -> None:
    """A saved copy opened from disk, without a server, still says what was known and when."""
    seen = visit("/")
    page = seen.context.new_page()
    page.goto((seen.server.folder / "index.html").as_uri())
    assert "Search index and Training are down" in page.locator("h1").inner_text()
    assert "Checked 05:59 UTC" in page.locator("#checked").inner_text()
