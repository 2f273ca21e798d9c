"""Kinds of values that several probes' keys share, each strict, with a message that says what to write instead."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from .. import judging
from ..fetch.address import is_address

_TIME = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(ms|s|m|min|h|d)\s*")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_FRAMING = ("host", "content-length", "transfer-encoding", "connection", "accept-encoding", "upgrade", "te", "trailer")


def _in_seconds(written: Any, bare: str) -> float:
    if isinstance(written, bool) or not isinstance(written, int | float | str):
        raise ValueError("a time is wanted; write 800ms, 10s or 3h")
    if isinstance(written, int | float):
        value = float(written) * _SECONDS[bare]
    else:
        found = _TIME.fullmatch(written)
        if not found:
            raise ValueError(f"{written!r} is no time; write 800ms, 10s or 3h")
        value = float(found[1]) * _SECONDS[found[2]]
    if not 0 < value < 1e9:
        raise ValueError("a time must be above 0 and finite; write 800ms, 10s or 3h")
    return value


def _url(written: Any) -> str:
    if not isinstance(written, str):
        raise ValueError("a URL is wanted; write https://example.org/path")
    if any(ord(c) < 33 or ord(c) == 127 for c in written):
        raise ValueError("the URL holds blanks or control characters; write https://example.org/path")
    try:
        parts = urlsplit(written)
        port_fine = parts.port is None or parts.port > 0
    except ValueError as problem:
        raise ValueError(f"this is no URL ({problem}); write https://example.org/path") from None
    if parts.scheme not in ("http", "https"):
        what = f"scheme {parts.scheme!r} is not asked" if parts.scheme else "https:// is missing"
        raise ValueError(f"{what}; write https://example.org/path")
    if not parts.hostname or not port_fine:
        raise ValueError("the URL has no host; write https://example.org/path")
    if parts.username is not None or parts.password is not None:
        raise ValueError("the URL holds a user or password; write them as a header with ${NAME}")
    return written


def _headers(written: dict[str, str]) -> dict[str, str]:
    for name, value in written.items():
        if not _TOKEN.fullmatch(name):
            raise ValueError(f"{name!r} is no header name")
        if name.lower() in _FRAMING:
            raise ValueError(f"header {name!r} is set by us alone; leave it out")
        if any(c in value for c in "\r\n\0"):
            raise ValueError(f"the value of header {name!r} holds a line break")
    return written


def _method(written: str) -> str:
    if written.upper() not in _METHODS:
        raise ValueError(f"method {written!r} is unknown; write one of {', '.join(_METHODS)}")
    return written.upper()


def _host(written: str) -> str:
    name = written.strip("[]")
    if not name or len(name) > 253 or any(ord(c) < 33 or ord(c) == 127 or c in "/@?#%\\" for c in name):
        raise ValueError(f"{written!r} is no host name; write example.org")
    if ":" in name and not is_address(name):
        raise ValueError(f"{written!r} is no host name; write example.org, and the port by itself")
    return name


def _path(written: str) -> str:
    judging.compiled(written)
    return written


def _as_list(written: Any) -> Any:
    return [written] if isinstance(written, str | int | float | Mapping) else written


Milliseconds: TypeAlias = Annotated[float, BeforeValidator(lambda v: _in_seconds(v, "ms") * 1000)]
"""`800` or `800ms` or `2s`, as milliseconds."""
Seconds: TypeAlias = Annotated[float, BeforeValidator(lambda v: _in_seconds(v, "s"))]
"""`90` or `90s` or `25m`, as seconds."""
Url: TypeAlias = Annotated[str, BeforeValidator(_url)]
"""An http or https URL without userinfo and control characters."""
Headers: TypeAlias = Annotated[dict[str, str], AfterValidator(_headers)]
Method: TypeAlias = Annotated[str, AfterValidator(_method)]
Path: TypeAlias = Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(_path)]
"""A JMESPath that compiles."""
Ranges: TypeAlias = Annotated[tuple[tuple[int, int], ...], BeforeValidator(judging.statuses)]
"""Statuses as `200`, `"200-299"` or a list of both."""
Texts: TypeAlias = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], BeforeValidator(_as_list)]
"""One text or a list of texts, none of them empty."""
Host: TypeAlias = Annotated[str, AfterValidator(_host)]
"""A host name or an address, without scheme, port and path."""
Port: TypeAlias = Annotated[int, Field(ge=1, le=65535)]


class Part(BaseModel):
    """Base of the mappings inside a probe's keys: unknown keys are errors, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


# As a default a part is constructed: validating that nothing was written would build a validator with every import.
class Latency(Part):
    """Limits of the answer time in milliseconds; either may be missing."""

    degraded: Milliseconds | None = None
    down: Milliseconds | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Latency:
        if self.degraded is not None and self.down is not None and self.down < self.degraded:
            raise ValueError("down must not be below degraded")
        return self


def secret_headers(headers: Mapping[str, str]) -> frozenset[str]:
    """Names (lower case) of configured headers: none of them may leave the origin it was written for."""
    return frozenset(name.lower() for name in headers) - {"accept", "accept-language", "range", "user-agent"}
