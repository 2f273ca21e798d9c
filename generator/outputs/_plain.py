"""Text, JSON and addresses that no reader chokes on, shared by the outputs that machines read.

Pure. Never raises for what a text contains: what XML or UTF-8 cannot carry becomes U+FFFD, a number that JSON cannot
carry becomes null.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from ..model import Time
from ..siteview import IncidentView, SiteView, When

UNFIT = "[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
"""Everything that XML 1.0 cannot carry: control characters, lone surrogates, U+FFFE and U+FFFF."""

LATEST = 253402300799
"""The last second a calendar here can say (year 9999)."""

TAG = re.compile(r"<[a-zA-Z](?:[^<>\"']|\"[^\"]*\"|'[^']*')*>")
ADDRESS = re.compile(r"(\s(?:href|src)=[\"'])/(?!/)")


def clean(text: str) -> str:
    """The text with U+FFFD in place of what XML 1.0 cannot carry."""
    return text if text.isprintable() else re.sub(UNFIT, "\ufffd", text)


def one_line(text: str) -> str:
    """Clean, and every run of white space one space."""
    return " ".join(clean(text).split())


def host(view: SiteView) -> str:
    """The name in ids: stays the same when the site moves to another address, if `site.id` is set."""
    return view.feed_host or urlsplit(view.base_url).hostname or "roadworthy.invalid"


def absolute(view: SiteView, url: str) -> str:
    """The address of a path of the site. Without a configured address it stays a path, which Atom resolves itself."""
    return view.base_url.rstrip("/") + url if url.startswith("/") and not url.startswith("//") else url


def base_path(view: SiteView) -> str:
    """The path that the site's root has on its host: empty, or `/status` for a site below another one."""
    return urlsplit(view.base_url).path.rstrip("/")


def stamp(at: Time) -> str:
    """`2026-11-23T06:00:00Z`."""
    return moment(at).strftime("%Y-%m-%dT%H:%M:%SZ")


def absolute_html(view: SiteView, html: str) -> str:
    """Links and pictures in sanitised HTML with their full address, as a feed reader needs them."""
    base = view.base_url.rstrip("/")
    if not base or ('="/' not in html and "='/" not in html):
        return html
    return TAG.sub(lambda tag: ADDRESS.sub(lambda found: f"{found[1]}{base}/", tag[0]), html)


def moment(at: Time) -> datetime:
    """Unix seconds as an aware datetime, whatever the number."""
    return datetime.fromtimestamp(min(max(at, 0), LATEST), UTC)


def first_word(incident: IncidentView) -> Time:
    """When it was first told of: planned work begins later. Of work that recurs in silence the first window counts."""
    if incident.kind == "maintenance" and (incident.updates or incident.windows):
        return incident.updates[-1].at.at if incident.updates else min(incident.windows)[0]
    return incident.started.at


def changed(incident: IncidentView) -> Time:
    """The newest fact about an incident. A planned start is no fact yet: of a maintenance only its updates count."""
    if incident.kind == "maintenance" and incident.updates:
        return max((update.edited or update.at).at for update in incident.updates)
    return incident.changed.at


def code(*parts: str) -> str:
    """Twelve characters of lower-case base 36 from our own ids: the same for ever, whatever the order or the build."""
    number = int.from_bytes(hashlib.sha256("\x1f".join(parts).encode("utf-8", "replace")).digest()[:16], "big")
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    found = ""
    for _ in range(12):
        number, rest = divmod(number, 36)
        found = digits[rest] + found
    return found


def iso(when: When | None) -> str | None:
    """`2026-11-23T06:00:00Z` or null."""
    return when.iso if when else None


def presentable(value: Any) -> Any:
    """The value as JSON can carry it: no NaN, no infinity, no lone surrogate; tuples as lists."""
    if isinstance(value, str):
        return str(value).encode("utf-8", "replace").decode() if _has_surrogate(value) else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {presentable(str(key)): presentable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [presentable(item) for item in value]
    return value


def _has_surrogate(text: str) -> bool:
    return not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text)


def json_bytes(value: Any, *, compact: bool = False) -> bytes:
    """The value as UTF-8 JSON with a final newline; keys in the order they are in."""
    layout: dict[str, Any] = {"separators": (",", ":")} if compact else {"indent": 1}
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, **layout).encode() + b"\n"
    except (ValueError, TypeError):
        # Rare: a number or a text that JSON cannot carry, or a read-only mapping. Copying every value costs time.
        return json.dumps(presentable(value), ensure_ascii=False, allow_nan=False, **layout).encode() + b"\n"
