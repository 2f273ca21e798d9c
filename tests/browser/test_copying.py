"""The page about feeds: each address can be taken along with one press, by anybody, and nothing moves for it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.visiting import Visit

pytestmark = pytest.mark.browser

MAY = ["clipboard-read", "clipboard-write"]
MOVED = """new Promise(done => new PerformanceObserver(list => done(list.getEntries().map(e => e.value)))
    .observe({type: "layout-shift", buffered: true}) || setTimeout(() => done([]), 500))"""


def test_every_address_of_a_feed_has_a_button_that_says_which(visit: Callable[..., Visit]) -> None:
    page = visit("/feeds/", permissions=MAY).page
    feeds = page.locator("a[href$='.rss'], a[href$='.atom'], a[href$='.json'], a[href$='.ics'], a[href$='.opml']")
    names = [f"Copy {text}" for text in page.locator("main").locator(feeds).all_inner_texts()]
    assert len(names) > 60
    listed = page.locator("main span[data-copy] > button")
    assert [text.strip() for text in listed.all_text_contents()] == names


def test_a_press_copies_the_whole_address_and_says_so(visit: Callable[..., Visit]) -> None:
    """With the keyboard: the button is a button, the word changes in a live region, and comes back afterwards."""
    seen = visit("/feeds/", permissions=MAY)
    page = seen.page
    link = page.locator("main a[href$='updates.rss']").first
    link.focus()
    page.keyboard.press("Tab")
    button = page.locator(":focus")
    assert button.text_content() == f"Copy {link.text_content()}"
    assert button.get_attribute("aria-live") == "polite"
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == f"{seen.server.url}/updates.rss"
    page.keyboard.press("Tab")
    assert page.get_by_role("button", name="Copied").count() == 0
    assert seen.trouble == []


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_moves_and_nothing_is_covered(visit: Callable[..., Visit], width: int) -> None:
    page = visit("/feeds/", permissions=MAY, viewport={"width": width, "height": 900}).page
    assert page.evaluate(MOVED) == []
    places = page.locator("main span[data-copy]").evaluate_all(
        """all => all.map(e => [e.firstElementChild, e.lastElementChild].map(one => one.getBoundingClientRect()))
        .map(([a, b]) => ({apart: a.right <= b.left + 1, size: Math.min(b.width, b.height), inside: b.right <= innerWidth}))"""
    )
    assert all(place["apart"] and place["inside"] and place["size"] >= 24 for place in places)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_without_script_there_is_no_button_and_no_gap(visit: Callable[..., Visit]) -> None:
    page = visit("/feeds/", java_script_enabled=False).page
    assert page.locator("main button").count() == 0
    wide = page.locator("main span[data-copy]").first.bounding_box()
    link = page.locator("main span[data-copy] > a").first.bounding_box()
    assert wide is not None
    assert link is not None
    assert wide["width"] - link["width"] < 1


def test_where_the_browser_may_not_copy_no_button_pretends_to(visit: Callable[..., Visit]) -> None:
    """A page that came over plain http from another machine has no clipboard."""
    page = visit("/feeds/", script="Object.defineProperty(navigator, 'clipboard', {value: undefined})").page
    assert page.locator("main button.copy").count() == 0
