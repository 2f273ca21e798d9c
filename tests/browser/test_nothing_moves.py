"""Nothing moves under the reader's eyes: a page that turns old or gets news keeps every thing in its place."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.visiting import Server, Visit, serve
from tests.page.building import PAGES, site
from tests.samples import NOW

pytestmark = pytest.mark.browser

MINUTE = 60
WATCH = """
globalThis.shifts = []
new PerformanceObserver(list => {
  for (const e of list.getEntries()) {
    shifts.push([e.startTime, e.value, ...e.sources.map(s => s.node?.outerHTML?.slice(0, 120) ?? String(s.node?.textContent))])
  }
}).observe({type: "layout-shift", buffered: true})
"""
"""Notes each layout shift from the first paint on: when, how much, and what moved."""

SCREENS = {"desktop": {"width": 1280, "height": 2400}, "phone": {"width": 360, "height": 2400}}
"""Taller than screens are, so that a move far down is seen as well."""

AGEING = {name: PAGES[name] for name in ("index", "platform", "component", "region")}
PLACES = """
[...document.querySelectorAll('main h2, main h3, main tr, main .meta, main svg.bars, footer')]
  .map(e => { const r = e.getBoundingClientRect(); return [e.className, r.x, r.y + scrollY] })
"""


@pytest.fixture
def host(tmp_path: Path) -> Server:
    return serve(site("healthy", tmp_path))


def moved(seen: Visit, since: float = 0.0) -> list[Any]:
    """Every shift that the visitor did not cause; two frames are waited for so that the last one is in.

    A browser may paint the half of a page that it has read. What moves then, before `since` (milliseconds), is the
    loading of a page, which Lighthouse judges; here it is told apart from what a page does to its reader afterwards.
    """
    seen.page.evaluate(
        "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 100))))"
    )
    found: list[Any] = seen.page.evaluate("since => shifts.filter(shift => shift[0] > since)", since)
    return found


def last(shifts: list[Any]) -> float:
    return max((shift[0] for shift in shifts), default=0.0)


def told(seen: Visit) -> float:
    """When the news had arrived: from then on the script changes the page."""
    found: float = seen.page.evaluate(
        "performance.getEntriesByType('resource').find(e => e.name.endsWith('/live.json')).responseEnd"
    )
    return found


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("url", AGEING.values(), ids=AGEING)
def test_a_page_that_turns_old_moves_nothing(visit: Callable[..., Visit], host: Server, url: str, screen: str) -> None:
    seen = visit(url, server=host, viewport=SCREENS[screen], script=WATCH, clock=True)
    before, loaded = seen.page.evaluate(PLACES), last(moved(seen))
    seen.context.set_offline(True)
    seen.page.clock.run_for(60 * MINUTE * 1000)
    assert "The last check is 1 h old" in seen.text("#sentence" if url == "/" else "#stale")
    assert seen.page.evaluate(PLACES) == before
    assert moved(seen, loaded) == []


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("lang", ["de", "ja", "ar"], ids=["long words", "no spaces", "right to left"])
def test_no_language_moves_when_it_turns_old(
    visit: Callable[..., Visit], tmp_path: Path, lang: str, screen: str
) -> None:
    host = serve(site("healthy", tmp_path / "two", ("en", lang)))
    seen = visit(f"/{lang}/", server=host, viewport=SCREENS[screen], script=WATCH, clock=True)
    before, loaded = seen.page.evaluate(PLACES), last(moved(seen))
    seen.context.set_offline(True)
    seen.page.clock.run_for(60 * MINUTE * 1000)
    assert seen.page.locator("#was").inner_text()
    assert seen.page.evaluate(PLACES) == before
    assert moved(seen, loaded) == []


def failing(host: Server) -> None:
    """Half the parts fail and the sentence grows: the longest news there is."""
    file = host.folder / "live.json"
    data = json.loads(file.read_text())
    for number, part in enumerate(data["components"].values()):
        if number % 2 == 0:
            sentence = "Fails in 4 of 4 regions: no complete answer in time, since 05:30 UTC; it comes and goes."
            part |= {"status": "major_outage", "sentence": sentence}
            part["regions"] = dict.fromkeys(part["regions"], "major_outage")
    sentence = (
        "Civitai: Search index and Training are down, the first since 04:00 UTC; Image CDN fails in part in Western "
        "Europe and US East since 05:30 UTC; 8 other parts work. Hugging Face works."
    )
    host.now = NOW + 5 * MINUTE
    data |= {"checked_at": "2026-11-23T06:04:00Z", "overall": {"status": "major_outage", "sentence": sentence}}
    file.write_text(json.dumps(data))


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("url", AGEING.values(), ids=AGEING)
def test_news_moves_nothing(visit: Callable[..., Visit], host: Server, url: str, screen: str) -> None:
    failing(host)
    seen = visit(url, server=host, viewport=SCREENS[screen], script=WATCH)
    assert seen.page.locator("main .major_outage").count() > 0
    assert moved(seen, told(seen)) == []


@pytest.mark.parametrize("screen", SCREENS)
def test_good_news_on_a_bad_day_moves_nothing(visit: Callable[..., Visit], tmp_path: Path, screen: str) -> None:
    """The long sentence gives way to a short one, and the parts work again."""
    bad, good = serve(site("down", tmp_path / "bad")), site("healthy", tmp_path / "good")
    news = json.loads((good / "live.json").read_text()) | {"checked_at": "2026-11-23T06:04:00Z"}
    (bad.folder / "live.json").write_text(json.dumps(news))
    bad.now = NOW + 5 * MINUTE
    seen = visit("/", server=bad, viewport=SCREENS[screen], script=WATCH)
    assert "all 13 parts we check work" in seen.text("h1")
    assert moved(seen, told(seen)) == []


@pytest.mark.parametrize("screen", SCREENS)
def test_the_whole_new_sentence_can_be_read(visit: Callable[..., Visit], host: Server, screen: str) -> None:
    """Set smaller to fit the place of the old one, and still whole: nothing of it is cut away, nothing lies under it."""
    failing(host)
    seen = visit("/", server=host, viewport=SCREENS[screen])
    fits, size = seen.page.evaluate(
        "(h => [h.scrollHeight <= h.clientHeight + 1, parseFloat(getComputedStyle(h).fontSize)])(document.querySelector('h1'))"
    )
    assert fits
    assert size >= 12


def test_the_watch_sees_a_shift(visit: Callable[..., Visit], host: Server) -> None:
    """The measuring itself: a banner pushed in from above is noticed."""
    seen = visit("/", server=host, script=WATCH)
    loaded = max(last(moved(seen)), told(seen))
    seen.page.evaluate("document.querySelector('main').insertAdjacentHTML('afterbegin', '<p>late<br>news</p>')")
    assert moved(seen, loaded)
