"""Tells a WebSub hub which feeds have news, so that readers who asked the hub hear of it at once.

Called when the site can be read at its address, and for production only. A feed has news when its bytes are not those
that the hub was told of last; the store remembers their hashes. Never raises for what a hub or a network does: what a
hub did not take is told again the next time, and readers poll anyway. Waits at most `TIMEOUT` seconds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

TIMEOUT = 5.0
LIMIT = 200
"""Most feeds named in one ping; the site's own come first, the rest is told the next time."""

TOLD = "websub-told"
"""The key in the store's meta data: the feeds the hub was told of, each with the hash it had."""

FOLDERS = ("", "platforms/*/", "components/*/*/", "regions/*/", "impact/*/")
NAMES = ("history.atom", "history.rss", "updates.atom", "updates.rss")
FEEDS = (*(folder + name for folder in FOLDERS for name in NAMES), "feed.json")


@dataclass(frozen=True, slots=True)
class Ping:
    """What became of a ping. `why` is a sentence when it did not work, empty otherwise."""

    hub: str
    topics: tuple[str, ...]
    ok: bool
    why: str = ""


def feeds(site: Path) -> dict[str, str]:
    """Every feed of a published site by its path, with the hash of its bytes; the site's own first."""
    found = [file for pattern in FEEDS for file in site.glob(pattern) if file.is_file()]
    paths = {file.relative_to(site).as_posix(): file for file in found}
    ordered = sorted(paths, key=lambda path: (path.count("/"), path))
    return {path: _digest(paths[path].read_bytes()) for path in ordered}


def _digest(body: bytes) -> str:
    return sha256(body).hexdigest()[:16]


def news(there: Mapping[str, str], meta: Mapping[str, str]) -> tuple[str, ...]:
    """The paths of the feeds that are not as the hub was told last, in the order given. Pure."""
    told = _told(meta)
    return tuple(path for path, digest in there.items() if told.get(path) != digest)[:LIMIT]


def noted(there: Mapping[str, str], paths: Sequence[str], meta: Mapping[str, str]) -> dict[str, str]:
    """The entry for the store's meta data when the hub has been told of these; feeds that are gone leave it. Pure."""
    told = {**_told(meta), **{path: there[path] for path in paths}}
    kept = {path: digest for path, digest in sorted(told.items()) if path in there}
    return {TOLD: json.dumps(kept, separators=(",", ":"))}


def _told(meta: Mapping[str, str]) -> dict[str, str]:
    """What cannot be read is as if nothing was told: a ping too many does no harm."""
    try:
        return {str(path): str(digest) for path, digest in json.loads(meta.get(TOLD) or "{}").items()}
    except (ValueError, AttributeError):
        return {}


def stands(url: str, digest: str, client: httpx.Client) -> bool:
    """Whether a feed stands at its address as it is here: a hub that comes before the upload finds nothing new."""
    import httpx

    try:
        response = client.get(url, timeout=TIMEOUT, follow_redirects=True)
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError):
        return False
    return response.is_success and _digest(response.content) == digest


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
