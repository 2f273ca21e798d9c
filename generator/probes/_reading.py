"""Reading what a platform's lists say: instants, numbers, names in templates, the target's own clock. Pure.

Knows no check kind. Never guesses: a time without an offset is no time, a number that is a boolean is no number.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from string import Formatter
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from ..judging import pick

if TYPE_CHECKING:
    from ..fetch import Exchange

SKEW = 30.0
"""Seconds by which our clock may differ from the target's before an observation says so."""
FUTURE = 120.0
"""Seconds an item may lie in the future before it is left out."""


def fields(template: str) -> frozenset[str]:
    """The `{names}` a template uses; ValueError for anything but a plain name."""
    try:
        parts = [p for p in Formatter().parse(template) if p[1] is not None]
    except ValueError as error:
        raise ValueError(f"{template!r}: {error}; write {{{{ and }}}} for braces") from None
    found = {str(name) for _, name, _, _ in parts}
    if any(spec or conversion for _, _, spec, conversion in parts):
        raise ValueError(f"{template!r}: write plain names only, as {{id}}")
    if bad := sorted(n for n in found if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", n)):
        raise ValueError(f"{template!r}: {{{bad[0]}}} is no plain name")
    return frozenset(found)


def fill(template: str, values: Mapping[str, Any], *, escape: bool = True) -> str:
    """The template with its `{names}` replaced, URL-quoted unless told otherwise. KeyError for an unknown name."""
    texts = {name: scalar(values[name]) for name in fields(template)}
    return template.format(**{n: _quoted(t) if escape else t for n, t in texts.items()})


def _quoted(text: str) -> str:
    """Quoted for an address. `owner/name` keeps its slash; a text that would climb in the path loses it."""
    climbs = any(part in ("", ".", "..") for part in text.split("/"))
    return quote(text, safe="" if climbs else "/", errors="replace")  # JSON may write halves of characters


def scalar(value: Any) -> str:
    """A JSON scalar as text: whole floats without `.0`, booleans as JSON writes them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def number(value: Any) -> float | None:
    """The value as a finite number; None for booleans, text, null, and whole numbers too large for any arithmetic."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def instant(value: Any) -> float | None:
    """Unix seconds of an ISO time with an offset, an HTTP or RSS date, or epoch seconds or milliseconds; else None.

    A time without an offset could be anything and is nothing.
    """
    plain = number(value)
    if plain is not None:
        return plain / 1000 if plain > 1e11 else plain if plain > 0 else None
    if not isinstance(value, str) or len(value) > 64:
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        try:
            moment = parsedate_to_datetime(value)
        except (ValueError, TypeError, OverflowError):
            return None
    if moment.tzinfo is None:
        return None
    try:
        return moment.timestamp()
    except (OverflowError, ValueError):
        return None


def instants(value: Any) -> tuple[float, ...]:
    """Every readable instant in a value or a list of values, oldest first."""
    found = value if isinstance(value, list) else [value]
    return tuple(sorted(t for t in map(instant, found) if t is not None))


def server_now(exchange: Exchange | None, fallback: float) -> tuple[float, float]:
    """(now by the target's clock, how far ours is ahead of it). `Date` is when an answer was made, `Age` how long a
    cache kept it since: their sum is the present. Without a readable `Date` our own clock has to do."""
    date = instant(exchange.headers.get("date", "")) if exchange else None
    if date is None or exchange is None:
        return fallback, 0.0
    try:
        age = max(0.0, float(exchange.headers.get("age", "0")))
    except ValueError:
        age = 0.0
    now = date + (age if math.isfinite(age) else 0.0)
    return now, fallback - now


def listing(path: str, document: Any) -> list[Any] | None:
    """The list the expression finds, None if what is there is no list."""
    found = pick(path, document) if path else document
    return found if isinstance(found, list) else None


def origin(url: str) -> tuple[str, str, int | None]:
    """(scheme, host, port) of an address: what a cursor must not leave."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def span(amount: float) -> str:
    """Seconds as a short text: `45 s`, `12 min`, `3.5 h`, `2.1 d`."""
    amount = max(0.0, amount)
    if amount < 90:
        return f"{amount:.0f} s"
    if amount < 5400:
        return f"{amount / 60:.0f} min"
    if amount < 172800:
        return f"{amount / 3600:.1f} h"
    return f"{amount / 86400:.1f} d"
