"""Tables and lists: whole on every screen whatever the names are, and without what says nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from generator import view
from tests.browser.visiting import Server, Visit, serve
from tests.page.building import write
from tests.page.worst import worst_day
from tests.samples import inputs

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Server:
    """The shipped content, looked at from four regions, on its worst day."""
    view = worst_day(tmp_path_factory.mktemp("content"), regions=4)
    return serve(write((view,), tmp_path_factory.mktemp("site")))


@pytest.mark.parametrize("width", [769, 800, 900, 1000, 1200])
def test_the_table_is_seen_whole(visit: Callable[..., Visit], shipped: Server, width: int) -> None:
    """Nobody has to push a table aside to read how much of the time a part worked."""
    seen = visit("/", server=shipped, viewport={"width": width, "height": 900}, java_script_enabled=False)
    boxes = seen.page.locator(".wide")
    assert boxes.count() == 2
    assert boxes.evaluate_all("all => all.map(e => e.scrollWidth - e.clientWidth)") == [0, 0]


def test_a_column_has_room_for_the_name_of_its_region(visit: Callable[..., Visit], shipped: Server) -> None:
    """ "Where this page is built" stands in three lines, not in one for each word."""
    head = visit("/", server=shipped, java_script_enabled=False).page.locator(".matrix thead").first
    assert head.bounding_box()["height"] < 5 * 20


def test_a_phone_names_the_regions_that_look_and_no_others(visit: Callable[..., Visit], shipped: Server) -> None:
    row = "tr[data-c='civitai/search'] td.r"
    seen = visit("/", server=shipped, viewport={"width": 360, "height": 800}, java_script_enabled=False)
    assert [cell.get_attribute("data-r") for cell in seen.page.locator(f"{row}:visible").all()] == ["local"]
    assert seen.page.locator("tr[data-c='civitai/cdn'] td.r:visible").count() == 4


LABELS = {
    "a part": ("/components/civitai/api/", "Answer in"),
    "a region": ("/regions/local/", "Answer in"),
    "the comparison": ("/compare/", "Half / 95 of 100 within"),
}


@pytest.mark.parametrize(("url", "label"), LABELS.values(), ids=LABELS.keys())
def test_a_phone_says_what_a_number_is(visit: Callable[..., Visit], shipped: Server, url: str, label: str) -> None:
    """The heads of the columns are out of sight there."""
    seen = visit(url, server=shipped, viewport={"width": 360, "height": 800}, java_script_enabled=False)
    cells = seen.page.locator("main table td:visible", has_text=" ms")
    said = cells.evaluate_all(
        "all => all.filter(e => !e.closest('details')).map(e => getComputedStyle(e, '::before').content)"
    )
    assert set(said) == {f'"{label} "'}


def test_the_scale_of_a_chart_is_not_cut_off_on_a_phone(visit: Callable[..., Visit], shipped: Server) -> None:
    seen = visit("/components/civitai/api/", server=shipped, viewport={"width": 360, "height": 800})
    chart = seen.page.locator(".chart svg").first
    top = min(text.bounding_box()["y"] for text in chart.locator("text").all())
    name = seen.page.locator(".chart figcaption").first.bounding_box()
    assert chart.evaluate("e => getComputedStyle(e).overflow") == "visible"
    assert top > name["y"] + name["height"] / 2


def test_a_phone_shows_the_whole_of_every_address(visit: Callable[..., Visit], shipped: Server) -> None:
    seen = visit("/api/", server=shipped, viewport={"width": 360, "height": 800})
    assert set(seen.page.locator(".wide").evaluate_all("all => all.map(e => e.scrollWidth - e.clientWidth)")) == {0}


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> Server:
    """Parts and incidents with names of a single word that is longer than any screen."""
    made_of = inputs("down")
    word = "x" * 200
    platforms = tuple(
        replace(p, components=tuple(replace(c, name=word if c.function else c.name) for c in p.components))
        for p in made_of.config.platforms
    )
    incidents = tuple(
        replace(one, title=word, note=replace(one.note, title=word) if one.note else None) for one in made_of.incidents
    )
    config = replace(made_of.config, platforms=platforms)
    shown = view.build(replace(made_of, config=config, incidents=incidents), "en")
    return serve(write((shown,), tmp_path_factory.mktemp("unbroken")))


@pytest.mark.parametrize("width", [320, 1000])
@pytest.mark.parametrize("url", ["/", "/history/", "/feeds/", "/platforms/civitai/", "/regions/eu-west/"])
def test_a_word_without_end_pushes_nothing_out_of_sight(
    visit: Callable[..., Visit], unbroken: Server, url: str, width: int
) -> None:
    seen = visit(url, server=unbroken, viewport={"width": width, "height": 800}, java_script_enabled=False)
    assert seen.page.evaluate("document.documentElement.scrollWidth") == width
    assert set(seen.page.locator(".wide").evaluate_all("all => all.map(e => e.scrollWidth - e.clientWidth)")) <= {0}
