"""What a feed and its entries say, as values, and the press that prints them.

Every entry is written once and pasted into each feed that it belongs to; a feed without news has the same bytes. What
writes XML (`_feedgen`) is imported when there is something to write.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ..model import Time

STYLE = "/feeds/feed.css"


@dataclass(frozen=True, slots=True)
class Item:
    """One entry. `id` never changes; `published` and `updated` are facts; `html` is sanitised, with full addresses.

    With `summary` RSS gets it as description and the HTML beside it; without, the HTML is the description.
    `starts` and `ends` are the window of a maintenance: RSS gives the start as its date, as Statuspage does.
    `categories` are (term, label).
    """

    id: str
    url: str
    title: str
    published: Time
    updated: Time
    html: str
    summary: str = ""
    categories: tuple[tuple[str, str], ...] = ()
    starts: Time | None = None
    ends: Time | None = None


@dataclass(frozen=True, slots=True)
class Channel:
    """What a feed says of itself. `home`, `self_url`, `about` and `hub` are full addresses where the site has one."""

    id: str
    title: str
    description: str
    home: str
    self_url: str
    lang: str
    author: str
    about: str
    style: str = STYLE
    hub: str = ""
    logo: str = ""
    minutes: int = 5  # how often looking again makes sense


@dataclass(slots=True)
class Press:
    """Prints feeds. Keeps each entry it has written, so that sixty feeds of the same incidents cost one writing."""

    _written: dict[Item, tuple[bytes, bytes]] = field(default_factory=dict)

    def atom(self, channel: Channel, items: Iterable[Item]) -> bytes:
        return self._print(channel, tuple(items), "atom", b"</feed>")

    def rss(self, channel: Channel, items: Iterable[Item]) -> bytes:
        return self._print(channel, tuple(items), "rss", b"</channel></rss>")

    def _print(self, channel: Channel, items: tuple[Item, ...], form: str, close: bytes) -> bytes:
        from . import _feedgen

        for item in items:
            if item not in self._written:
                self._written[item] = _feedgen.entry(item)
        entries = (self._written[item][form == "rss"] for item in items)
        return _finish(channel, _feedgen.frame(channel, items, form), close, b"".join(b"\n" + one for one in entries))


def _finish(channel: Channel, frame: bytes, close: bytes, entries: bytes) -> bytes:
    """The frame with its stylesheet for browsers and its entries."""
    head, _, rest = frame.partition(b"\n")
    style = f'<?xml-stylesheet type="text/css" href="{channel.style}"?>'.encode()
    cut = rest.rindex(close)
    return head + b"\n" + style + b"\n" + rest[:cut] + entries + b"\n" + rest[cut:].rstrip(b"\n") + b"\n"
