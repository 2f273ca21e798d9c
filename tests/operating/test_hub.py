"""A hub hears of news once, and when the news can be read: on schedules that begin on an empty machine each time."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from generator.notify.websub import feeds
from tests.operating.platform import Platform, check, config, platform, roadworthy, write

NOTE = """---
title: Search is slow
impact: minor
components: [shop/search]
started: 2026-11-23T05:30:00Z
updates:
  - at: +12m
    status: investigating
    body: Slow.
---
"""


@pytest.fixture
def shop() -> Iterator[Platform]:
    with platform() as server:
        yield server


@pytest.fixture
def root(shop: Platform, tmp_path: Path) -> Path:
    given = config(shop, {"search": [check(shop.url("/search"))], "files": [check(shop.url("/files"))]})
    given["site"] |= {"url": shop.url("/page"), "websub": shop.url("/hub")}
    return write(tmp_path, given)


def heard(shop: Platform) -> list[list[str]]:
    """The feeds that each ping named, as paths; forgets them."""
    pings = [parse_qs(body.decode())["hub.url"] for path, _, body in shop.asked if path == "/hub"]
    shop.asked.clear()
    return [[url.removeprefix(shop.url("/page/")) for url in urls] for urls in pings]


def upload(shop: Platform, root: Path) -> None:
    """The site's feeds stand at their address now."""
    for path in feeds(root / "site"):
        shop.answers[f"/page/{path}"] = (200, {}, (root / "site" / path).read_bytes())


def on_an_empty_machine(root: Path, *words: str) -> None:
    """History comes along, the site does not."""
    shutil.rmtree(root / "site", ignore_errors=True)
    shutil.rmtree(root / ".cache", ignore_errors=True)
    done = roadworthy(root, "run", *words)
    assert done.returncode == 0, done.stderr


def test_a_hub_hears_of_changed_feeds_only_and_of_each_change_once(shop: Platform, root: Path) -> None:
    on_an_empty_machine(root)
    (first,) = heard(shop)
    assert {"history.atom", "feed.json", "components/shop/files/updates.rss"} <= set(first)
    assert not any("schemas" in path for path in first)
    on_an_empty_machine(root)
    assert heard(shop) == []
    (root / "content" / "incidents").mkdir()
    (root / "content" / "incidents" / "2026-11-23-search.md").write_text(NOTE)
    on_an_empty_machine(root)
    (news,) = heard(shop)
    assert {"updates.atom", "history.rss", "feed.json", "components/shop/search/updates.rss"} <= set(news)
    assert not any("files" in path or "critical" in path for path in news)
    on_an_empty_machine(root)
    assert heard(shop) == []


def test_where_a_later_step_uploads_the_site_the_hub_hears_after_it(shop: Platform, root: Path) -> None:
    on_an_empty_machine(root, "--no-ping")
    assert heard(shop) == []
    done = roadworthy(root, "ping")
    assert (done.returncode, done.stdout, heard(shop)) == (0, "nothing was told to a hub\n", [])
    assert "/page/feed.json is not yet as it is here; the hub is told when it is" in done.stderr
    upload(shop, root)
    done = roadworthy(root, "ping")
    assert (done.returncode, len(heard(shop))) == (0, 1), done.stderr
    assert done.stdout.startswith(f"told {shop.url('/hub')} of ")
    done = roadworthy(root, "ping")
    assert (done.returncode, done.stdout, heard(shop)) == (0, "nothing was told to a hub\n", [])


def test_a_hub_that_is_ill_stops_nothing_and_is_told_the_next_time(shop: Platform, root: Path) -> None:
    shop.answers["/hub"] = (503, {}, b"")
    begun = time.monotonic()
    on_an_empty_machine(root)
    assert time.monotonic() - begun < 60
    (missed,) = heard(shop)
    upload(shop, root)
    assert "the hub answered 503" in roadworthy(root, "ping").stderr
    del shop.answers["/hub"]
    shop.asked.clear()
    assert roadworthy(root, "ping").returncode == 0
    assert heard(shop) == [missed]


def test_a_preview_tells_no_hub(shop: Platform, root: Path) -> None:
    on_an_empty_machine(root, "--no-ping")
    upload(shop, root)
    assert roadworthy(root, "ping", env={"CONTEXT": "deploy-preview"}).returncode == 0
    assert heard(shop) == []
