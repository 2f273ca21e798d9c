"""Badges: one word, its colour and mark, and as of when it speaks; for eyes, for screen readers and for shields.io."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from lxml import etree

from generator.model import Status
from generator.outputs.badges import AS_OF, COLOURS, LABEL, MARKS, NEUTRAL, Badge, svg
from tests.feeds.full import empty, full
from tests.feeds.rendering import files
from tests.feeds.views import component, platform, site

BUILT = files(full(), "badges")


def title(path: str) -> str:
    return etree.fromstring(BUILT[path]).findtext("{*}title", "")


def test_a_badge_for_the_site_each_platform_and_each_component() -> None:
    wanted = {
        "badges/index",
        "badges/civitai",
        "badges/huggingface",
        "badges/civitai/search",
        "badges/civitai/cdn",
        "badges/huggingface/search",
    }
    assert wanted <= {path.removesuffix(".svg") for path in BUILT}
    assert {path.removesuffix(".svg") for path in BUILT if path.endswith(".svg")} == {
        path.removesuffix(".json") for path in BUILT if path.endswith(".json")
    }


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("badges/civitai/search.svg", "Search: down, 23 Nov 05:59 UTC"),
        ("badges/civitai/cdn.svg", "Image CDN: unknown, never checked"),
        ("badges/civitai/search/uptime.svg", "Search uptime, 90 days: 99.81 %, 23 Nov 05:59 UTC"),
        ("badges/civitai/cdn/uptime.svg", "Image CDN uptime, 90 days: unknown, never checked"),
        ("badges/civitai/search/latency.svg", "Search answers in: 120 ms, 23 Nov 05:59 UTC"),
        ("badges/civitai/cdn/latency.svg", "Image CDN answers in: unknown, never checked"),
        ("badges/civitai/search/indicator.svg", "Search, lag: 11100.0 s, 23 Nov 05:59 UTC"),
    ],
)
def test_what_a_badge_says_to_a_screen_reader(path: str, said: str) -> None:
    assert title(path) == said
    assert etree.fromstring(BUILT[path]).get("aria-label") == said
    assert etree.fromstring(BUILT[path]).get("role") == "img"


def test_nothing_measured_is_grey_and_never_green() -> None:
    built = files(empty(), "badges")
    assert len(built) > 4
    for path, body in built.items():
        assert COLOURS[Status.OPERATIONAL].encode() not in body, path
        assert b"unknown" in body, path


def luminance(colour: str) -> float:
    channels = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("colour", [*COLOURS.values(), NEUTRAL, LABEL, AS_OF])
def test_white_text_is_readable_on_every_colour(colour: str) -> None:
    assert 1.05 / (luminance(colour) + 0.05) >= 4.5


def test_every_state_has_a_mark_of_its_own() -> None:
    assert len(set(MARKS.values())) == len(Status) == len(set(COLOURS.values()))


@pytest.mark.parametrize(
    "text",
    ['"><script>alert(1)</script>', "]]>", "a\x00b", "x" * 300, "日本語", "&amp;", "\ud800"],
    ids=["markup", "cdata", "nul", "long", "wide", "entity", "surrogate"],
)
def test_no_name_breaks_a_badge(text: str) -> None:
    body = files(site(platforms=(platform("civitai", component("civitai/search", name=text), name=text),)), "badges")[
        "badges/civitai/search.svg"
    ]
    root = etree.fromstring(body)
    assert not root.xpath("//*[local-name()='script']")
    assert float(root.get("width", "0")) >= 100


def test_a_badge_needs_no_style_script_font_or_request() -> None:
    """The content policy of the site holds for a picture opened by itself, too."""
    for path, body in BUILT.items():
        if path.endswith(".svg"):
            assert not re.search(rb"<style|style=|<script|href=|url\(http|@import", body), path


def test_the_parts_of_a_badge_do_not_overlap() -> None:
    root = etree.fromstring(svg(Badge("Label", "message", "#1a7f45", "23 Nov 05:59 UTC", MARKS[Status.OPERATIONAL])))
    boxes = [(float(r.get("x")), float(r.get("width"))) for r in root.iterfind("{*}g/{*}rect")]
    texts = [(float(t.get("x")), float(t.get("textLength"))) for t in root.iterfind("{*}g/{*}text")]
    for (box, across), (text, long) in zip(boxes, texts, strict=True):
        assert box < text
        assert text + long < box + across


def test_shields_gets_the_same_words_and_the_time() -> None:
    found = json.loads(BUILT["badges/civitai/search.json"])
    assert found == {
        "schemaVersion": 1,
        "label": "Search",
        "message": "down (23 Nov 05:59 UTC)",
        "color": "#b3261e",
        "cacheSeconds": 300,
    }


def test_the_worst_number_is_the_indicator_badge() -> None:
    view = full()
    search = view.platforms[0].components[0]
    fine = replace(
        search.indicators[0], check="civitai/search/tags", name="tags", status=Status.OPERATIONAL, text="98 %"
    )
    two = replace(search, indicators=(fine, search.indicators[0]))
    view = replace(view, platforms=(replace(view.platforms[0], components=(two,)),))
    assert json.loads(files(view, "badges")["badges/civitai/search/indicator.json"])["label"] == "Search, lag"
