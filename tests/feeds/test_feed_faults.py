"""feedgen 1.0.0 has known faults; none of them reaches a reader. Also: what hostile text can do to a feed."""

from __future__ import annotations

import locale
import re
from collections.abc import Callable

import feedparser
import pytest
from lxml import etree

from generator.outputs._feed import Channel, Item, Press
from tests.feeds.views import NOW

ATOM = "{http://www.w3.org/2005/Atom}"
SY = "{http://purl.org/rss/1.0/modules/syndication/}"
CHANNEL = Channel(
    "tag:x,2026:/history",
    "Title",
    "About it",
    "https://x/",
    "https://x/history.xml",
    "en",
    "Author",
    "https://x/feeds/",
    hub="https://hub.example/",
)
ITEM = Item(
    "tag:x,2026:Incident/abc",
    "https://x/incidents/a/",
    "Search is slow",
    NOW,
    NOW + 60,
    "<p>Half of it.</p>",
    "Half of it.",
    (("civitai/search", "Search"), ("severity:major", "severity:major")),
)


def rss(channel: Channel = CHANNEL, *items: Item) -> etree._Element:
    return etree.fromstring(Press().rss(channel, items or (ITEM,)))


def atom(channel: Channel = CHANNEL, *items: Item) -> etree._Element:
    return etree.fromstring(Press().atom(channel, items or (ITEM,)))


def test_entry_links_keep_their_relation_and_type() -> None:
    link = atom().find(f"{ATOM}entry/{ATOM}link")
    assert link is not None
    assert dict(link.attrib) == {"href": ITEM.url, "rel": "alternate", "type": "text/html"}


def test_syndication_elements_have_their_right_names() -> None:
    channel = rss()[0]
    assert channel.findtext(f"{SY}updatePeriod") == "hourly"
    assert channel.findtext(f"{SY}updateFrequency") == "12"
    assert b"UpdatePeriod" not in etree.tostring(channel)
    assert b"None" not in etree.tostring(channel)


def test_the_link_of_a_channel_is_the_site_even_with_a_hub() -> None:
    assert rss()[0].findtext("link") == "https://x/"


def test_rss_and_atom_name_the_hub_and_their_own_address() -> None:
    for found in (rss()[0].findall(f"{ATOM}link"), atom().findall(f"{ATOM}link")):
        links = {link.get("rel"): link.get("href") for link in found}
        assert (links["self"], links["hub"]) == ("https://x/history.xml", "https://hub.example/")


def test_rss_and_atom_name_the_site_as_author() -> None:
    """Mail bridges write it into "From"; RSS has no element for a name without a mail address."""
    for write in (Press().rss, Press().atom):
        assert feedparser.parse(write(CHANNEL, (ITEM,))).feed.author == CHANNEL.author
    assert rss()[0].find("managingEditor") is None


def test_without_a_hub_no_hub_is_named() -> None:
    channel = Channel("tag:x,2026:/h", "T", "D", "https://x/", "https://x/h", "en", "A", "/feeds/")
    assert b"hub" not in Press().rss(channel, ()) + Press().atom(channel, ())


def test_dates_are_the_items_and_never_the_builds() -> None:
    assert rss()[0].findtext("lastBuildDate") == "Mon, 23 Nov 2026 06:01:00 +0000"
    assert rss()[0].findtext("item/pubDate") == "Mon, 23 Nov 2026 06:00:00 +0000"
    assert atom().findtext(f"{ATOM}updated") == "2026-11-23T06:01:00+00:00"
    assert atom().findtext(f"{ATOM}entry/{ATOM}published") == "2026-11-23T06:00:00+00:00"


def test_an_empty_feed_is_valid_and_dateless() -> None:
    """The epoch stands for "never": a feed without items has the same bytes on every build."""
    first, second = Press().atom(CHANNEL, ()), Press().atom(CHANNEL, ())
    assert first == second
    assert feedparser.parse(first).bozo is False
    assert etree.fromstring(first).findtext(f"{ATOM}updated") == "1970-01-01T00:00:00+00:00"


def test_the_locale_of_the_process_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """feedgen switches it for each RSS date, which other threads would see."""

    def refuse(category: int, value: object = None) -> str:
        raise AssertionError("the locale was touched")

    monkeypatch.setattr(locale, "setlocale", refuse)
    assert rss()[0].findtext("item/pubDate", "").startswith("Mon, 23 Nov")


def test_items_stay_in_the_order_they_are_given() -> None:
    items = tuple(Item(f"tag:x,2026:Incident/{n}", "https://x/", f"n{n}", NOW - n, NOW - n, "x") for n in range(5))
    assert [e.findtext("title") for e in rss(CHANNEL, *items)[0].findall("item")] == ["n0", "n1", "n2", "n3", "n4"]
    assert [e.findtext(f"{ATOM}title") for e in atom(CHANNEL, *items).findall(f"{ATOM}entry")] == [
        "n0",
        "n1",
        "n2",
        "n3",
        "n4",
    ]


@pytest.mark.parametrize("write", [Press().rss, Press().atom], ids=["rss", "atom"])
def test_the_stylesheet_is_css_and_comes_before_the_root(write: Callable[..., bytes]) -> None:
    """Browsers gave up XSLT; CSS is what makes a clicked feed readable."""
    head = write(CHANNEL, (ITEM,)).split(b"<rss")[0].split(b"<feed")[0]
    assert re.findall(rb'<\?xml-stylesheet type="text/css" href="([^"]+)"\?>', head) == [b"/feeds/feed.css"]


@pytest.mark.parametrize("write", [Press().rss, Press().atom], ids=["rss", "atom"])
def test_a_link_for_people_stands_at_the_top(write: Callable[..., bytes]) -> None:
    root = etree.fromstring(write(CHANNEL, (ITEM,)))
    top = root[0][0] if root.tag == "rss" else root[0]
    link = top.find("{http://www.w3.org/1999/xhtml}a")
    assert link is not None
    assert link.get("href") == "https://x/feeds/"


def test_guids_are_no_links() -> None:
    guid = rss()[0].find("item/guid")
    assert guid is not None
    assert (guid.text, guid.get("isPermaLink")) == (ITEM.id, "false")


def test_an_item_printed_in_sixty_feeds_says_the_same_in_each() -> None:
    press = Press()
    alone = Press().rss(CHANNEL, (ITEM,))
    other = Item("tag:x,2026:Incident/other", "https://x/", "other", NOW, NOW, "x")
    for _ in range(3):
        press.rss(CHANNEL, (other, ITEM))
    assert press.rss(CHANNEL, (ITEM,)) == alone


HOSTILE = {
    "nul": "a\x00b",
    "escape": "a\x1b[31mred",
    "backspace": "\x08",
    "lone surrogate": "a\ud800b",
    "noncharacter": "a\ufffe\uffff",
    "end of cdata": "]]>",
    "entity": "&nbsp;&lt;",
    "markup": "<script>alert(1)</script>",
    "attribute": '"><img src=x onerror=alert(1)>',
    "doctype": '<!DOCTYPE x [<!ENTITY a "b">]>&a;',
    "empty": "",
    "newlines": "a\r\nb\nc",
    "right to left": "\u202eabc",
    "astral": "🚧 größer 日本",
    "a megabyte": "x" * 1_000_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("form", ["rss", "atom"])
def test_no_text_breaks_a_feed(text: str, form: str) -> None:
    item = Item(ITEM.id, ITEM.url, text, NOW, NOW, text, text, ((text, text),))
    channel = Channel(CHANNEL.id, text, text, CHANNEL.home, CHANNEL.self_url, "en", text, CHANNEL.about)
    body = getattr(Press(), form)(channel, (item, ITEM))
    found = feedparser.parse(body)
    assert found.bozo is False
    assert [entry.id for entry in found.entries] == [ITEM.id, ITEM.id]
    assert b"<script" not in body
    assert b"<img" not in body


@pytest.mark.parametrize("at", [-5, 0, 253402300800, 10**15], ids=["before the epoch", "epoch", "year 10000", "far"])
def test_no_date_breaks_a_feed(at: int) -> None:
    item = Item(ITEM.id, ITEM.url, "T", at, at, "x")
    assert feedparser.parse(Press().rss(CHANNEL, (item,))).bozo is False
    assert feedparser.parse(Press().atom(CHANNEL, (item,))).bozo is False
