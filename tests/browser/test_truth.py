"""Truth in time: what is old turns unknown by the host's clock, what is new is overlaid, and nothing else moves."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from generator import view
from tests.browser.visiting import WRONG_CLOCK, Server, Visit, serve
from tests.page.building import site, write
from tests.samples import NOW, inputs

pytestmark = pytest.mark.browser

MINUTE = 60


@pytest.fixture
def host(tmp_path: Path) -> Server:
    """A host of its own, so that a test may change its files and its clock."""
    return serve(site("healthy", tmp_path))


def live(server: Server, **changes: object) -> None:
    file = server.folder / "live.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def iso(at: float) -> str:
    from generator.text import iso

    return iso(int(at))


@pytest.mark.parametrize("year", [2020, 2030], ids=["visitor lives in the past", "visitor lives in the future"])
def test_an_old_page_says_so_whatever_the_visitors_clock_says(
    visit: Callable[..., Visit], host: Server, year: int
) -> None:
    host.now = NOW + 38 * MINUTE
    seen = visit("/", server=host, script=WRONG_CLOCK.replace("YEAR", str(year)))
    assert "The last check is 39 min old" in seen.text("h1")
    assert "all 13 parts we check work" not in seen.text("#sentence")
    assert seen.text("#was") == "At 05:59 UTC it was: Civitai: all 13 parts we check work. Hugging Face works."
    mark = seen.page.locator(".matrix tbody tr td .s").first
    assert mark.inner_text() == "unknown"
    assert mark.get_attribute("aria-label") == mark.get_attribute("title") == "unknown, was operational at 05:59 UTC"
    assert seen.page.locator("main .s.operational:visible").count() == seen.page.locator(".key .operational").count()
    assert seen.page.title().startswith("?")
    assert "6b6b6b" in seen.page.locator("link[rel=icon]").get_attribute("href")


@pytest.mark.parametrize("year", [2020, 2030], ids=["visitor lives in the past", "visitor lives in the future"])
def test_a_fresh_page_is_not_called_old_by_a_wrong_clock(visit: Callable[..., Visit], host: Server, year: int) -> None:
    seen = visit("/", server=host, script=WRONG_CLOCK.replace("YEAR", str(year)))
    assert "all 13 parts we check work" in seen.text("h1")
    assert seen.text("#age") == "1 min ago"
    assert seen.page.locator("#was").inner_text() == ""
    assert seen.page.title().startswith("✓")


def test_a_page_that_was_old_when_it_was_built_tells_no_earlier_state(visit: Callable[..., Visit]) -> None:
    """What it said then is that nobody knows: nothing to repeat below a sentence that says so by now."""
    seen = visit("/", kind="stale")
    assert "old" in seen.text("h1")
    assert seen.page.locator("#was").inner_text() == ""


def test_after_a_day_there_is_no_recent_data(visit: Callable[..., Visit], host: Server) -> None:
    host.now = NOW + 30 * 3600
    assert "No recent data" in visit("/", server=host).text("h1")


def test_a_newer_live_state_is_laid_over_the_page_and_announced(visit: Callable[..., Visit], host: Server) -> None:
    host.now = NOW + 60 * MINUTE
    data = json.loads((host.folder / "live.json").read_text())
    data["components"]["civitai/search"] |= {"status": "major_outage", "sentence": "Fails everywhere."}
    live(
        host,
        checked_at=iso(host.now - MINUTE),
        overall={"status": "major_outage", "sentence": "Civitai: search is down."},
        components=data["components"],
    )
    seen = visit("/", server=host)
    assert seen.text("#sentence") == "Civitai: search is down."
    row = "tr[data-c='civitai/search'] td"
    assert seen.text(f"{row} .s") == "major outage"
    assert seen.page.locator(f"{row}[data-r='eu-west'] .s").get_attribute("class") == "s operational"
    assert "Civitai: search is down." in seen.page.locator("#say").inner_text()
    assert seen.page.title().startswith("✕")
    assert seen.page.locator("#was").inner_text() == ""


SEARCH_FAILS = {
    "its own page": ("/components/civitai/search/", "✕ Model search: major outage – Roadworthy", "a40e26"),
    "another part": ("/components/civitai/api/", "✓ Site and API: operational – Roadworthy", "116329"),
    "its platform": ("/platforms/civitai/", "✕ Civitai: major outage – Roadworthy", "a40e26"),
    "the other platform": ("/platforms/huggingface/", "✓ Hugging Face: operational – Roadworthy", "116329"),
    "the front page": ("/", "✕ Major outage – Roadworthy", "a40e26"),
    "a region": ("/regions/eu-west/", "Western Europe: sees well – Roadworthy", "2b5c8a"),
}


@pytest.mark.parametrize(("url", "title", "colour"), SEARCH_FAILS.values(), ids=SEARCH_FAILS.keys())
def test_the_title_tells_the_state_of_what_the_page_is_about(
    visit: Callable[..., Visit], host: Server, url: str, title: str, colour: str
) -> None:
    """A part that works is not marked as failing because another one fails, and no word of the old state is left."""
    host.now = NOW + 5 * MINUTE
    data = json.loads((host.folder / "live.json").read_text())
    data["components"]["civitai/search"] |= {"status": "major_outage", "sentence": "Fails everywhere."}
    said = {"status": "major_outage", "sentence": "Civitai: search is down."}
    live(host, checked_at=iso(host.now), overall=said, components=data["components"])
    seen = visit(url, server=host)
    assert seen.page.title() == title
    assert colour in seen.page.locator("link[rel=icon]").get_attribute("href")


@pytest.mark.parametrize(
    ("url", "title"),
    [("/", "? Unknown – Roadworthy"), ("/components/civitai/api/", "? Site and API: unknown – Roadworthy")],
)
def test_the_title_of_an_old_page_claims_nothing(
    visit: Callable[..., Visit], host: Server, url: str, title: str
) -> None:
    host.now = NOW + 38 * MINUTE
    assert visit(url, server=host).page.title() == title


def test_what_the_build_said_of_time_follows_a_newer_check(visit: Callable[..., Visit], host: Server) -> None:
    """ "Checked 05:59" beside states of 06:30, and "later than 06:15 is unknown", would both be false."""
    host.now = NOW + 30 * MINUTE
    live(host, checked_at=iso(host.now - MINUTE), next_expected=iso(host.now + 4 * MINUTE))
    seen = visit("/", server=host)
    assert seen.text("#checked") == "Checked 06:29 UTC from 4 regions. 1 min ago"
    assert seen.text("#next") == "Next about 06:34 UTC."
    assert seen.text("#valid") == "If it is later than 06:44 UTC now, take every state as unknown."
    assert seen.page.locator("#checked time").get_attribute("datetime") == "2026-11-23T06:29:00.000Z"


def test_nothing_is_left_of_until_when_an_old_build_was_valid(visit: Callable[..., Visit], tmp_path: Path) -> None:
    host = serve(site("stale", tmp_path / "old"))
    live(host, checked_at=iso(NOW), next_expected=iso(NOW + 5 * MINUTE))
    seen = visit("/", server=host)
    assert seen.text("#checked") == "Last checked 06:00 UTC. 0 s ago"
    assert seen.page.locator("#valid").is_hidden()


AGES = {"a part": "/components/civitai/api/", "a region": "/regions/eu-west/"}


@pytest.mark.parametrize("url", AGES.values(), ids=AGES.keys())
def test_an_age_is_that_of_the_time_beside_it(visit: Callable[..., Visit], tmp_path: Path, url: str) -> None:
    """What is looked at twice an hour may be older than the newest check of all."""
    early = NOW - 21 * MINUTE
    before = inputs("healthy")
    standings = {key: replace(one, checked_at=early) for key, one in before.past.standings.items()}
    health = {key: replace(one, checked_at=early) for key, one in before.past.health.items()}
    past = replace(before.past, standings=standings, health=health)
    shown = view.build(replace(before, past=past), "en")
    seen = visit(url, server=serve(write((shown,), tmp_path / "early")))
    assert "05:39 UTC" in seen.text("main p:has(> #age)")
    assert seen.text("#age") == "21 min ago"


SPEAKING_OF_NOW = {
    "an incident that goes on": "/incidents/2026-11-23-search-backlog/",
    "a cause that is seen": "/causes/indexing-queue/",
    "the list of causes": "/causes/",
    "a platform": "/platforms/civitai/",
}


@pytest.mark.parametrize("url", SPEAKING_OF_NOW.values(), ids=SPEAKING_OF_NOW.keys())
def test_every_page_that_speaks_of_now_says_when_it_is_old(
    visit: Callable[..., Visit], tmp_path: Path, url: str
) -> None:
    host = serve(site("down", tmp_path / "down"))
    assert visit(url, server=host).page.locator("#stale").is_hidden()
    host.now = NOW + 38 * MINUTE
    assert "The last check is 39 min old" in visit(url, server=host).text("#stale")


@pytest.mark.parametrize("url", [*list(SPEAKING_OF_NOW.values())[:2], "/platforms/civitai/"])
def test_without_script_it_says_until_when_it_speaks_of_now(visit: Callable[..., Visit], url: str) -> None:
    assert "If it is later than 06:14 UTC now" in visit(url, java_script_enabled=False).text("main")


STATES_THAT_CHANGED = {
    "a part, in another language": ("/de/components/civitai/search/", ".state [data-w]", "ausgefallen"),
    "a part, of which the live data has no sentence": (
        "/components/civitai/search/",
        ".state [data-w]",
        "major outage",
    ),
    "a platform": ("/platforms/civitai/", "p[data-w]", "major outage"),
}


@pytest.mark.parametrize(("url", "place", "said"), STATES_THAT_CHANGED.values(), ids=STATES_THAT_CHANGED.keys())
def test_no_sentence_of_another_state_is_left(
    visit: Callable[..., Visit], tmp_path: Path, url: str, place: str, said: str
) -> None:
    """ "Works from 4 of 4 regions." beside the mark of an outage would be false."""
    host = serve(site("healthy", tmp_path / "two", ("en", "de")))
    host.now = NOW + 5 * MINUTE
    data = json.loads((host.folder / "live.json").read_text())
    data["components"]["civitai/search"] = {"status": "major_outage", "since": iso(host.now)}
    overall = {"status": "major_outage", "sentence": "Civitai: search is down."}
    live(host, checked_at=iso(host.now), overall=overall, components=data["components"])
    assert visit(url, server=host).text(place) == said


def test_an_unchanged_state_is_not_announced(visit: Callable[..., Visit], host: Server) -> None:
    """Screen readers hear of changes only, not of each refresh."""
    host.now = NOW + 5 * MINUTE
    live(host, checked_at=iso(host.now - MINUTE))
    assert visit("/", server=host).page.locator("#say").inner_text() == ""


def test_other_languages_keep_their_words_when_the_state_changes(visit: Callable[..., Visit], tmp_path: Path) -> None:
    """The live sentence is in the first language; a page in another one says the state in its own words."""
    host = serve(site("healthy", tmp_path / "two", ("en", "de")))
    host.now = NOW + 5 * MINUTE
    live(host, checked_at=iso(host.now), overall={"status": "major_outage", "sentence": "Civitai: search is down."})
    seen = visit("/de/", server=host)
    assert "search is down" not in seen.text("main")
    assert "search is down" not in seen.page.locator("#say").inner_text()


def test_the_component_page_ages_too(visit: Callable[..., Visit], host: Server) -> None:
    host.now = NOW + 38 * MINUTE
    seen = visit("/components/civitai/search/", server=host)
    assert "unknown, was operational" in seen.text(".state")
    assert seen.page.locator("#stale").is_visible()


def polls(server: Server) -> int:
    return server.asked.count("/live.json")


def test_the_page_asks_again_each_minute_only_while_it_is_seen(visit: Callable[..., Visit], host: Server) -> None:
    seen = visit("/", server=host, clock=True)
    assert polls(host) == 1
    for _ in range(3):
        seen.page.clock.run_for(61_000)
        seen.page.wait_for_timeout(100)
    shown = polls(host)
    assert 3 <= shown <= 4
    seen.page.evaluate("Object.defineProperty(document, 'visibilityState', {value: 'hidden', configurable: true})")
    seen.page.clock.run_for(600_000)
    seen.page.wait_for_timeout(200)
    assert polls(host) == shown


def test_a_host_that_fails_is_asked_less_and_less(visit: Callable[..., Visit], host: Server) -> None:
    (host.folder / "live.json").unlink()
    seen = visit("/", server=host, clock=True)
    for _ in range(20):
        seen.page.clock.run_for(MINUTE * 1000)
        seen.page.wait_for_timeout(20)
    assert 3 <= polls(host) <= 8


def test_an_hour_passes_on_an_open_page_and_it_turns_unknown(visit: Callable[..., Visit], host: Server) -> None:
    """The browser's steady timer carries the host's time on, even when the host is gone."""
    seen = visit("/", server=host, clock=True)
    seen.context.set_offline(True)
    seen.page.clock.run_for(60 * MINUTE * 1000)
    seen.page.wait_for_timeout(100)
    assert "old" in seen.text("h1")
    assert seen.page.title().startswith("?")


@pytest.mark.parametrize("kind", ["no-data", "blind", "stale"])
def test_without_evidence_nothing_is_green(visit: Callable[..., Visit], kind: str) -> None:
    seen = visit("/", kind=kind, server=None)
    green = "[...document.querySelectorAll('main .operational')].filter(e => e.closest('.bars') === null)"
    ours = f"{green}.filter(e => !e.closest('.sides')).length"
    assert seen.page.evaluate(ours) == 0
    assert seen.page.title().startswith("?")


def test_a_site_without_any_data_shows_no_green_bar(visit: Callable[..., Visit]) -> None:
    assert visit("/", kind="no-data").page.locator("main .operational").count() == 0
