"""The first view of a page is small: counted as a host sends it, compressed, with its style and its script."""

from __future__ import annotations

import gzip

import pytest

from generator.siteview import SiteView
from tests.page.building import PAGES, file_of, rendered
from tests.samples import site_view

KIB = 1024


def first_view(view: SiteView, url: str) -> int:
    files = rendered((view,))
    script = next(body for path, body in files.items() if path.endswith(".js"))
    return len(gzip.compress(files[file_of(url)], 9)) + len(gzip.compress(script, 9))


def test_the_front_page_on_the_worst_day_fits_one_round_trip() -> None:
    """18 components with 90 days each in four regions, five in outage, three open incidents: 12 KB."""
    view = site_view("down")
    assert sum(c.status.value.endswith("outage") or "degraded" in c.status.value for c in view.components) == 5
    assert len(view.active) == 3
    assert first_view(view, "/") <= 12 * KIB


def test_two_hundred_components_take_twice_that() -> None:
    view = site_view("down", extra_components=182)
    assert len(view.components) == 200
    assert first_view(view, "/") <= 24 * KIB


@pytest.mark.parametrize("url", PAGES.values(), ids=PAGES.keys())
def test_every_page_fits_one_round_trip(url: str) -> None:
    assert first_view(site_view("down"), url) <= 12 * KIB


def test_pages_of_the_past_do_not_change_from_build_to_build() -> None:
    """A resolved incident, a month, a cause: the same bytes five minutes later."""
    from dataclasses import replace

    from generator import view
    from tests.samples import inputs

    now = inputs("healthy")
    later = replace(now, now=now.now + 300)
    one, two = (rendered((view.build(i, "en"),)) for i in (now, later))
    still = [
        "incidents/2026-11-20-slow-api/index.html",
        "history/2026-10/index.html",
        "causes/indexing-queue/index.html",
        "feeds/index.html",
        "404.html",
    ]
    assert [path for path in still if one[path] != two[path]] == []


def test_the_same_inputs_give_the_same_bytes() -> None:
    assert rendered((site_view("down"),)) == rendered((site_view("down"),))
