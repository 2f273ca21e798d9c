"""Values that may stand in `status.yml` and in notes: ids, durations, addresses, zones. Each says what is wanted.

Judges one value by itself; never looks a name up.
"""

from __future__ import annotations

import re
from functools import cache
from ipaddress import ip_address
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from ..model import Status, Time
from ..shapes import duration, moment, nearest, show

SLUG = r"^[a-z0-9][a-z0-9-]{0,63}$"
NOT_IDS = frozenset(
    {"index", "feed", "feeds", "updates", "history", "control", "official", "all", "none", "unknown"}
    | {"con", "prn", "aux", "nul"}
    | {f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10)}
)
"""Names that our own addresses use, or that a file system keeps for itself."""

MAX_INTERVAL = 31 * 86400
MAX_TIMEOUT = 600


# ---- values ----------------------------------------------------------------------------------------------------------


def slug(text: str) -> str:
    """An id: lower-case letters, digits and dashes, since it becomes an address and a file name."""
    if not re.match(SLUG, text) or text.endswith("\n"):
        raise ValueError(f"{show(text)} cannot be an id; write 1 to 64 of a-z, 0-9 and -, not beginning with -")
    if text in NOT_IDS:
        raise ValueError(f"{show(text)} is a name we need ourselves; choose another id")
    return text


def _old_id(text: str) -> str:
    for part in text.split("/"):
        slug(part)
    return text


def _interval(value: Any) -> int:
    if not isinstance(value, str):
        raise ValueError(f"{show(value)} has no unit; write for example 90s, 5m, 2h or 1d")
    seconds = duration(value)
    if not 0 < seconds <= MAX_INTERVAL:
        raise ValueError(f"{show(value)} is out of range; write more than 0s and at most 31d")
    return seconds


def _seconds(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError(f"{show(value)} is no duration; write for example 10s")
    seconds = float(duration(value) if isinstance(value, str) else value)
    if not 0 < seconds <= MAX_TIMEOUT:
        raise ValueError(f"{show(value)} is out of range; write more than 0s and at most 10m")
    return seconds


def _span(value: Any) -> int:
    if not isinstance(value, str):
        raise ValueError(f"{show(value)} has no unit; write for example 90s, 5m, 2h or 1d")
    return duration(value)


def url_problem(text: str) -> str:
    """What is wrong with an address to ask ("…; write …"), or ''. Names never include the address itself."""
    if any(ord(c) < 33 or ord(c) == 127 for c in text):
        return "the address holds a blank or a control character; write https://example.org/path"
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        return f"this is no address ({error}); write https://example.org/path"
    if parts.scheme not in ("http", "https"):
        what = f"the scheme {show(parts.scheme)} cannot be used" if parts.scheme else "https:// is missing"
        return f"{what}; write https://example.org/path"
    if not host:
        return "the address has no host; write https://example.org/path"
    if "@" in parts.netloc:
        return "the address holds a user or password; send it as a header with ${NAME}"
    return ""


def _web(text: str) -> str:
    if problem := url_problem(text):
        raise ValueError(problem)
    return text


def _base(text: str) -> str:
    if not text:
        return ""
    if urlsplit(_web(text)).query or urlsplit(text).fragment:
        raise ValueError("the address holds a query or a fragment; write https://status.example.org")
    return text.rstrip("/")


def link(text: str) -> str:
    """A link that people follow: a page, or an e-mail address."""
    if re.match(r"(?:mailto:)?[^\s@:/]+@[^\s@:/]+\.[^\s@:/]+\Z", text):
        return text if text.startswith("mailto:") else f"mailto:{text}"
    return _web(text)


def _store(text: str) -> str:
    """The address of a history that there can be; the stores themselves say what they can open."""
    from pathlib import Path

    from .. import stores
    from ..errors import HistoryError
    from ..stores import sqlite

    scheme = text.partition(":")[0] if ":" in text else "sqlite"
    if scheme not in (*stores.names(), "postgresql"):
        raise ValueError(
            "there is no such store; write sqlite:FILE, sqlite:///folder/FILE or postgresql://HOST/DATABASE"
        )
    try:
        if scheme == "sqlite":
            sqlite.location(text, Path())
    except HistoryError as error:
        raise ValueError(str(error).removeprefix("history: ")) from None
    return text


def _local_path(text: str) -> str:
    if text and (":" in text or "\\" in text or text.startswith(("/", "~")) or ".." in text.split("/")):
        raise ValueError(f"{show(text)} leads elsewhere; write a path below content/, such as logo.svg")
    return text


def _colour(text: str) -> str:
    if text and not re.match(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})\Z", text):
        raise ValueError(f"{show(text)} is no colour; write for example #0b7285")
    return text


def _repository(text: str) -> str:
    if text and not re.match(r"[\w.-]+/[\w.-]+\Z", text):
        raise ValueError(f"{show(text)} is no repository; write owner/name")
    return text


def _language(text: str) -> str:
    """As HTML writes it; `zh_Hans`, as catalogues are called, means the same."""
    if not re.match(r"[a-z]{2,3}(?:[-_][A-Za-z]{2,4})?\Z", text):
        raise ValueError(f"{show(text)} is no language; write for example en, de or pt-BR")
    return text.replace("_", "-")


def timezone(name: str) -> str:
    """A zone of the tz database; ValueError with the nearest name."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        known = _zones()
        if not known:
            raise ValueError("there is no time zone data here; install the package tzdata") from None
        near = nearest(name, known) or nearest(name, {zone.lower() for zone in known})
        near = next((zone for zone in known if zone.lower() == near.lower()), "")
        fix = f"did you mean `{near}`?" if near else "write for example Europe/Berlin or UTC"
        raise ValueError(f"{show(name)} is no time zone; {fix}") from None
    return name


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _pin(text: str) -> str:
    host = text
    if text.count(":") == 1 or text.startswith("["):
        host, _, port = text.rpartition(":")
        if not port.isdigit() or not 0 < int(port) < 65536:
            raise ValueError(f"{show(text)} is no address; write 192.0.2.1, 192.0.2.1:8443 or [2001:db8::1]:443")
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        raise ValueError(f"{show(text)} is no address; write 192.0.2.1, 192.0.2.1:8443 or [2001:db8::1]:443") from None
    return text


_DURATION_SCHEMA = {"type": "string", "pattern": r"^(\d+(\.\d+)?[smhdw])+$", "examples": ["90s", "5m", "2h", "1d"]}

Slug = Annotated[str, AfterValidator(slug), WithJsonSchema({"type": "string", "pattern": SLUG})]
OldId = Annotated[str, AfterValidator(_old_id)]
Interval = Annotated[int, BeforeValidator(_interval), WithJsonSchema(_DURATION_SCHEMA)]
Span = Annotated[int, BeforeValidator(_span), WithJsonSchema(_DURATION_SCHEMA)]
Seconds = Annotated[
    float,
    BeforeValidator(_seconds),
    WithJsonSchema({"anyOf": [_DURATION_SCHEMA, {"type": "number", "exclusiveMinimum": 0}]}),
]
Moment = Annotated[Time, BeforeValidator(moment), WithJsonSchema({"type": "string", "format": "date-time"})]
Web = Annotated[str, AfterValidator(_web), WithJsonSchema({"type": "string", "format": "uri"})]
Base = Annotated[str, AfterValidator(_base), WithJsonSchema({"type": "string"})]
Link = Annotated[str, AfterValidator(link), WithJsonSchema({"type": "string"})]
StoreUrl = Annotated[str, AfterValidator(_store), WithJsonSchema({"type": "string"})]
LocalPath = Annotated[str, AfterValidator(_local_path)]
Colour = Annotated[str, AfterValidator(_colour)]
Repository = Annotated[str, AfterValidator(_repository)]
Language = Annotated[str, AfterValidator(_language)]
Zone = Annotated[
    str, AfterValidator(timezone), WithJsonSchema({"type": "string", "examples": ["UTC", "Europe/Berlin"]})
]
Text = Annotated[str, Field(max_length=4000)]
Name = Annotated[str, Field(min_length=1, max_length=120)]
Pins = dict[str, Annotated[str, AfterValidator(_pin)]]
Share = Annotated[float, Field(ge=0, le=1)]
Worst = Annotated[Status, Field(strict=False)]
