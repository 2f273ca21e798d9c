"""What tests of a site in a browser share: a site of this moment, and what is to be seen of an XML document."""

from __future__ import annotations

import time
from dataclasses import replace

from generator.siteview import SiteView
from tests.feeds.full import full
from tests.feeds.views import when

VISIBLE = """[...document.querySelectorAll("*")].filter((e) => e.checkVisibility() && getComputedStyle(e).display !== "contents")
    .flatMap((e) => [...e.childNodes].filter((n) => n.nodeType === 3 || n.nodeType === 4).map((n) => n.data)).join(" ")"""
"""The text of an XML document that has a box, as one string."""


def fresh(now: int, age: int = 60) -> SiteView:
    """A site that was checked `age` seconds before `now`, by the clock of the machine."""
    checked = now - age
    return replace(
        full(),
        base_url="",
        live_url="",
        checked_at=when(checked),
        stale_after=when(checked + 900),
        generated_at=when(checked),
    )


def clock() -> int:
    return int(time.time())
