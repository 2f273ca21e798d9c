"""feedgen, and everything it gets wrong, in one place: an entry, and the frame of a feed. Nobody else imports it.

What feedgen 1.0.0 does and what is done about it here:
1. links of an entry lose everything but their address: written again by `_EntryRepair`;
2. its syndication extension writes elements of a wrong name: `_FeedRepair` writes the right ones;
3. the last link that is not `self` becomes the link of the RSS channel: `alternate` is set last;
4. RSS drops the hub: `_FeedRepair` adds it;
5. dates default to now, and RSS dates switch the locale of the whole process: all dates are given, RSS ones are ours;
6. it refuses control characters and knows no processing instruction: texts are cleaned, the instruction put in after.

Never reads a clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from email.utils import format_datetime
from html import escape
from typing import Any

from feedgen.entry import FeedEntry
from feedgen.ext.base import BaseEntryExtension, BaseExtension
from feedgen.feed import FeedGenerator
from lxml import etree

from ..model import Time
from ._feed import Channel, Item
from ._plain import clean, moment, one_line

ATOM = "http://www.w3.org/2005/Atom"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
DC = "http://purl.org/dc/elements/1.1/"
SY = "http://purl.org/rss/1.0/modules/syndication/"
XHTML = "http://www.w3.org/1999/xhtml"
GENERATOR = "Roadworthy"


def rfc822(at: Time) -> str:
    """`Mon, 23 Nov 2026 06:00:00 +0000`, in English whatever the locale."""
    return format_datetime(moment(at))


class _EntryRepair(BaseEntryExtension):  # type: ignore[misc]
    """What feedgen leaves out of an entry."""

    def __init__(self, item: Item) -> None:
        self.item = item

    def extend_atom(self, entry: Any) -> Any:
        etree.SubElement(entry, "published").text = moment(self.item.published).isoformat()
        for link in entry.findall("link"):
            link.set("rel", "alternate")
            link.set("type", "text/html")
        return entry

    def extend_rss(self, entry: Any) -> Any:
        summary = entry.find("description") if self.item.summary else None
        if summary is not None:
            # Readers take a description for HTML; a summary is plain text, and quotes what targets say.
            summary.text = escape(summary.text or "", quote=False)
        starts = self.item.published if self.item.starts is None else self.item.starts
        etree.SubElement(entry, "pubDate").text = rfc822(starts)
        if self.item.ends is not None:
            etree.SubElement(entry, "maintenanceEndDate").text = rfc822(self.item.ends)
        return entry


class _FeedRepair(BaseExtension):  # type: ignore[misc]
    """What feedgen leaves out of a feed, and the line for people who open it in a browser."""

    def __init__(self, channel: Channel, updated: Time) -> None:
        self.channel, self.updated = channel, updated

    def extend_ns(self) -> dict[str, str]:
        return {"sy": SY, "dc": DC}

    def _common(self, parent: Any) -> None:
        about = etree.Element(f"{{{XHTML}}}div", nsmap={"h": XHTML})
        etree.SubElement(about, f"{{{XHTML}}}a", href=self.channel.about).text = "About this feed"
        parent.insert(0, about)
        etree.SubElement(parent, f"{{{SY}}}updatePeriod").text = "hourly"
        etree.SubElement(parent, f"{{{SY}}}updateFrequency").text = str(max(1, 60 // max(1, self.channel.minutes)))

    def extend_atom(self, feed: Any) -> Any:
        self._common(feed)
        return feed

    def extend_rss(self, rss: Any) -> Any:
        channel = rss[0]
        etree.SubElement(channel, "lastBuildDate").text = rfc822(self.updated)
        # RSS names authors by their mail address, which we have none of; mail bridges put this name into "From".
        # Short, since readers search it for an address with patterns that take quadratic time.
        etree.SubElement(channel, f"{{{DC}}}creator").text = one_line(self.channel.author)[:100] or "Untitled"
        if self.channel.hub:
            etree.SubElement(channel, f"{{{ATOM}}}link", rel="hub", href=self.channel.hub)
        self._common(channel)
        return rss


def entry(item: Item) -> tuple[bytes, bytes]:
    """The item as Atom entry and as RSS item."""
    made = _entry(item)
    atom = bytes(etree.tostring(made.atom_entry(), encoding="utf-8"))
    # Written inside a root that declares the prefixes, as the feed it is pasted into does.
    root = etree.Element("rss", nsmap={"atom": ATOM, "content": CONTENT})
    root.append(made.rss_entry())
    rss = bytes(etree.tostring(root, encoding="utf-8"))
    return atom, rss[rss.index(b"<item>") : rss.rindex(b"</rss>")]


def _entry(item: Item) -> Any:
    entry = FeedEntry()
    entry.id(clean(item.id))
    entry.title(one_line(item.title) or "Untitled")
    entry.updated(moment(item.updated))
    entry.link(href=clean(item.url), rel="alternate")
    if item.summary:
        entry.description(clean(item.summary), isSummary=True)
    entry.content(clean(item.html) or " ", type="html")
    for term, label in item.categories:
        entry.category(term=clean(term), label=one_line(label))
    entry.register_extension("repair", lambda: _EntryRepair(item))
    return entry


def frame(channel: Channel, items: Sequence[Item], form: str) -> bytes:
    """The feed of these items without its entries; `form` is `atom` or `rss`."""
    feed = _generator(channel, items, form)
    return bytes(feed.atom_str() if form == "atom" else feed.rss_str())


def _generator(channel: Channel, items: Sequence[Item], form: str) -> Any:
    """A feed without entries. `alternate` comes last, because the last link becomes the link of the RSS channel."""
    updated = max((item.updated for item in items), default=0)
    feed = FeedGenerator()
    feed.id(clean(channel.id))
    feed.title(one_line(channel.title) or "Untitled")
    feed.description(one_line(channel.description) or one_line(channel.title) or "Untitled")
    feed.language(channel.lang)
    feed.author({"name": one_line(channel.author) or "Untitled"})
    feed.generator(GENERATOR)
    feed.docs("")
    feed.ttl(channel.minutes)
    feed.updated(moment(updated))
    setattr(feed, "_FeedGenerator__rss_lastBuildDate", None)  # noqa: B010  writing it would switch the locale
    if channel.logo:
        feed.logo(clean(channel.logo))
    feed.link(href=clean(channel.self_url), rel="self", type=f"application/{form}+xml")
    if channel.hub:
        feed.link(href=clean(channel.hub), rel="hub")
    feed.link(href=clean(channel.home), rel="alternate", type="text/html")
    feed.register_extension("repair", lambda: _FeedRepair(channel, updated), None)
    return feed
