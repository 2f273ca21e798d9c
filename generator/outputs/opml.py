"""`/feeds.opml`: every feed of the site, to be taken into a feed reader at once."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path

from ..model import Artifact
from ..siteview import FeedLink, SiteView
from . import Output
from ._feedlist import feeds_of
from ._plain import absolute, one_line, stamp


def opml(view: SiteView) -> bytes:
    """OPML 2.0: one folder for each family, an Atom feed for each scope; dates are facts."""
    folders = []
    for family, text in (("history", "Incidents, each once"), ("updates", "Updates, each by itself")):
        feeds = [feed for feed in feeds_of(view) if (feed.family, feed.format) == (family, "atom")]
        lines = "".join(f"      {_outline(view, feed)}\n" for feed in feeds)
        folders.append(f"    <outline text={_quoted(text)}>\n{lines}    </outline>\n")
    changed = f"    <dateModified>{stamp(view.changed_at.at)}</dateModified>\n" if view.changed_at else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<opml version="2.0">\n  <head>\n'
        f"    <title>{escape(one_line(view.title), quote=False)}</title>\n{changed}"
        f"  </head>\n  <body>\n{''.join(folders)}  </body>\n</opml>\n"
    ).encode()


def _outline(view: SiteView, feed: FeedLink) -> str:
    name = _quoted(one_line(feed.title))
    url, page = _quoted(absolute(view, feed.url)), _quoted(absolute(view, "/"))
    return f'<outline type="rss" text={name} title={name} xmlUrl={url} htmlUrl={page}/>'


def _quoted(text: str) -> str:
    """An attribute's value. Not by `xml.sax.saxutils`, which imports a whole HTTP client."""
    inner = escape(text, quote=False).replace('"', "&quot;")
    return f'"{inner}"'


def render(views: tuple[SiteView, ...], templates: tuple[Path, ...]) -> Iterator[Artifact]:
    yield Artifact("feeds.opml", opml(views[0]))


OUTPUT = Output("opml", render)
