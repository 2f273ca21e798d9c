"""Tells a WebSub hub which feeds have news, so that readers who asked the hub hear of it at once.

Called after a production publish only. Never raises for what a hub or a network does, never retries: the next publish
pings again, and readers poll anyway. Waits at most `TIMEOUT` seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx

TIMEOUT = 5.0
LIMIT = 200
"""Most feeds named in one ping; the site's own come first."""

FEEDS = ("history.atom", "history.rss", "updates.atom", "updates.rss", "feed.json")


@dataclass(frozen=True, slots=True)
class Ping:
    """What became of a ping. `why` is a sentence when it did not work, empty otherwise."""

    hub: str
    topics: tuple[str, ...]
    ok: bool
    why: str = ""


def topics(changed: Iterable[str], base_url: str) -> tuple[str, ...]:
    """The full addresses of the feeds among the changed paths of a publish, the site's own first. Pure.

    Without a configured address nobody can have subscribed, so there is nothing to tell.
    """
    base = base_url.rstrip("/")
    feeds = sorted((path for path in changed if path.rpartition("/")[2] in FEEDS), key=lambda p: (p.count("/"), p))
    return tuple(f"{base}/{path}" for path in feeds[:LIMIT]) if base else ()


def ping(urls: Sequence[str], hub: str, client: httpx.Client) -> Ping:
    """Tell the hub about all the feeds in one request (`hub.mode=publish`, `hub.url` repeated)."""
    import httpx

    told = tuple(urls)
    if not told or not hub:
        return Ping(hub, told, True)
    try:
        data = {"hub.mode": "publish", "hub.url": list(told)}
        response = client.post(hub, data=data, timeout=TIMEOUT, follow_redirects=False)
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        return Ping(hub, told, False, f"the hub did not answer: {type(error).__name__}")
    if response.is_success:
        return Ping(hub, told, True)
    return Ping(hub, told, False, f"the hub answered {response.status_code}")
