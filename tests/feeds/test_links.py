"""Where a subscriber lands: every address that a feed gives is a page of the site, and every mark on it exists once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urldefrag

import feedparser
import pytest

from generator.outputs._feedlist import feeds_for
from generator.siteview import IncidentView, SiteView
from tests.feeds.rendering import files
from tests.feeds.test_life_for_real import life as real_life
from tests.feeds.test_withdrawn import life as withdrawn_life
from tests.page.building import file_of, rendered
from tests.samples import site_view


def views() -> Iterator[tuple[str, SiteView]]:
    yield "many incidents", site_view("down")
    yield "all well", site_view("healthy")
    for n, view in enumerate(real_life()):
        yield f"a life, step {n}", view
    for n, view in enumerate(withdrawn_life()):
        yield f"a deleted note, step {n}", view


def links(view: SiteView) -> Iterator[tuple[str, str]]:
    """(feed, address) of every entry, and of what entries link to inside the site."""
    built = files(view, "feeds", "statuspage")
    for path, body in built.items():
        if path.endswith((".rss", ".atom")):
            found = feedparser.parse(body)
            yield path, found.feed.link
            for entry in found.entries:
                yield path, entry.link
                for url in re.findall(
                    r'href="([^"]+)"', entry.content[0].value if "content" in entry else entry.summary
                ):
                    yield path, url
    for item in json.loads(built["feed.json"])["items"]:
        yield "feed.json", item["url"]
    for name in ("incidents", "scheduled-maintenances"):
        answer = json.loads(built[f"api/v2/{name}.json"])
        for one in answer[name.replace("-", "_")]:
            yield name, one["shortlink"]


@pytest.mark.parametrize("view", [view for _, view in views()], ids=[name for name, _ in views()])
def test_every_address_in_a_feed_is_there_with_its_mark(view: SiteView) -> None:
    base = view.base_url
    pages = {path: body.decode() for path, body in rendered((view,)).items() if path.endswith(".html")}
    checked = 0
    for feed, link in links(view):
        address, mark = urldefrag(link)
        if not address.startswith(f"{base}/"):
            continue
        page = file_of(address.removeprefix(base))
        assert page in pages, f"{feed}: {link}"
        if mark:
            assert len(re.findall(rf'\sid="{re.escape(mark)}"', pages[page])) == 1, f"{feed}: {link}"
            checked += 1
    assert checked >= sum(1 for incident in view.incidents[:50] if incident.updates)


def narrowest(incident: IncidentView) -> str:
    """The folder of the smallest part of the site that all of an incident belongs to."""
    if len(incident.components) == 1:
        return f"components/{incident.components[0]}/"
    platforms = {id.partition("/")[0] for id in incident.components}
    return f"platforms/{platforms.pop()}/" if len(platforms) == 1 else ""


@pytest.mark.parametrize("kind", ["down", "healthy"])
def test_every_page_announces_feeds_that_are_there_the_narrower_first(kind: str) -> None:
    """What a reader finds that is given the address of any page."""
    view = site_view(kind)
    built = files(view, "feeds", "calendar")
    pages = {path: body.decode() for path, body in rendered((view,)).items() if path.endswith(".html")}
    for path, page in pages.items():
        head = page.partition("</head>")[0]
        found = re.findall(r'<link rel="alternate" type="application/(?:rss|atom|feed)\+[a-z]+" href="([^"]+)"', head)
        depth = path.count("/")
        urls = [url.removeprefix("/" if path == "404.html" else "../" * depth) for url in found]
        assert urls, path
        assert set(urls) <= set(built), path
        incident = re.fullmatch(r"incidents/(.+)/index\.html", path)
        if incident and incident[1] in {one.id for one in view.incidents}:
            assert urls[0] == f"{narrowest(view.incident(incident[1]))}history.atom", path
        scope = re.fullmatch(r"(platform|component|region)s/(.+)/index\.html", path)
        if scope:
            wanted = [link.url.lstrip("/") for link in feeds_for(view, scope[1], scope[2])]
            assert urls == [url for url in wanted if url in urls], path
            assert urls[0] == f"{scope[1]}s/{scope[2]}/history.atom"


@pytest.mark.parametrize(("address", "line"), [("https://status.example", True), ("", False)])
def test_the_line_for_slack_is_there_where_it_would_work(address: str, line: bool) -> None:
    """Slack asks a whole address; a page that does not know its own offers no line that is refused."""
    page = rendered((replace(site_view("healthy"), base_url=address),))["feeds/index.html"].decode()
    assert (f"/feed subscribe {address}/updates.rss" in page) is line
    assert ("Slack" in page) is line
