"""Times in sentences are elements: the words stay as they are, and a browser finds what it can say in another zone."""

from __future__ import annotations

import re

import pytest

from generator.outputs._html_moments import timed
from tests.page.building import rendered
from tests.samples import site_view

KNOWN = {"05:30 UTC": "2026-11-23T05:30:00Z", "22 Nov, 05:30 UTC": "2026-11-22T05:30:00Z"}


def marked(clock: str) -> str:
    return f'<time datetime="{KNOWN[clock]}">{clock}</time>'


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        pytest.param("Search is down.", "Search is down.", id="no time"),
        pytest.param("Down since 05:30 UTC.", f"Down since {marked('05:30 UTC')}.", id="today"),
        pytest.param(
            "A since 22 Nov, 05:30 UTC; B since 05:30 UTC.",
            f"A since {marked('22 Nov, 05:30 UTC')}; B since {marked('05:30 UTC')}.",
            id="yesterday and today at the same hour",
        ),
        pytest.param("Since 04:00 UTC.", "Since 04:00 UTC.", id="a time that nobody named"),
        pytest.param("<b> & 05:30 UTC", f"&lt;b&gt; &amp; {marked('05:30 UTC')}", id="text stays text"),
    ],
)
def test_known_times_are_marked_and_everything_else_is_escaped(sentence: str, shown: str) -> None:
    assert timed(sentence, KNOWN) == shown
    assert timed(sentence, {}) == re.sub(r"</?time[^>]*>", "", shown)


@pytest.mark.parametrize("lang", ["en", "de", "es", "fr", "pt", "ja", "zh-Hans", "ar"])
def test_the_first_view_marks_its_times_in_every_language(lang: str) -> None:
    page = rendered((site_view("down", lang, (lang,)),))["index.html"].decode()
    hero = page.partition('class="hero"')[2].partition("</section>")[0]
    found = re.findall(r'<time datetime="2026-11-(..T..:..):00Z">[^<]*UTC\u2069?</time>', hero)
    assert sorted(found) == ["22T04:00", "23T03:05", "23T05:30", "23T05:59", "23T06:04", "23T06:14"]
    assert len(found) == hero.count("UTC"), "no time is left as mere text"
