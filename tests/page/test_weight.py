"""The first view of a page is small: counted as a host sends it, compressed, with its style and its script."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from generator.model import FAILING
from generator.siteview import SiteView
from tests.page.building import PAGES, file_of, rendered
from tests.page.worst import worst_day
from tests.samples import site_view

KIB = 1024
ROOM = 300
"""Bytes that stay free on the shipped content's worst day, for longer names and words."""


def first_view(view: SiteView, url: str) -> int:
    files = rendered((view,))
    return weight(files, file_of(url))


def weight(files: dict[str, bytes], path: str) -> int:
    """A page and its script as a host sends them: each compressed by itself."""
    (script,) = re.findall(rb'<script src="[./]*(assets/[^"]+)"', files[path])
    return sum(len(gzip.compress(body, 9)) for body in (files[path], files[script.decode()]))


@pytest.mark.parametrize("troubled_days", [0.0, 0.05, 0.1], ids=["calm days", "some bad days", "many bad days"])
@pytest.mark.parametrize("regions", [1, 4])
def test_the_shipped_content_fits_one_round_trip_on_its_worst_day(
    tmp_path: Path, regions: int, troubled_days: float
) -> None:
    """`content/` as it is, five parts in outage, three open incidents written by people, 90 days: 12 KB, with room."""
    view = worst_day(tmp_path, regions=regions, troubled_days=troubled_days)
    assert sum(c.status in FAILING for c in view.components) == 5
    assert len(view.active) == 3
    assert all(one.updates and not one.automatic for one in view.incidents if one.active)
    files = rendered((view,))
    state = ("index.html", *(p for p in files if p.startswith(("platforms/", "components/", "regions/"))))
    weights = {path: weight(files, path) for path in state if path.endswith(".html")}
    assert weights["index.html"] <= 12 * KIB - ROOM
    assert {path: found for path, found in weights.items() if found > 12 * KIB} == {}


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
