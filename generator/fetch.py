"""The one bounded way to ask something of a target, and the values it answers with.

A `Look` is what a probe is given to measure with: it carries the deadline, the pins, the proxy and the pace of its
region. Everything a network can do comes back as an `Exchange` with a word for the failure; nothing raises.
Never follows a redirect to a private address, never keeps a connection, never reads the environment.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from .model import EMPTY, Failure, Stage

MAX_BODY = 1 << 20


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked. `secrets` names the headers (lower case) whose values must never leave this request's origin.

    `share` and `pace` are courtesy towards the target: several checks that read the same list ask for it once, and a
    platform is never asked faster than its budget allows. A `Look` that cannot share or pace may ignore them.
    """

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    body: bytes | None = None
    max_bytes: int = MAX_BODY
    follow: int = 5
    secrets: frozenset[str] = frozenset()
    share: str = ""  # requests of one run and region with the same word here are sent once, first attempt only
    pace: float = 0.0  # seconds between two starts towards this host in one run; 0 = the gate's own pace


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what came back. `url` and `final_url` carry no userinfo, and no query if it holds a secret.

    `status` is None if no answer line arrived. `headers` are lower case, joined by ", ", at most 100 of 1,000
    characters. `body` is decompressed and capped; `truncated` says that more was there. `phases` in milliseconds:
    dns, connect, tls, first_byte, total; `latency_ms` counts from the start of the connection to the last byte.
    """

    method: str
    url: str
    final_url: str = ""
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    body: bytes = b""
    length: int = 0  # bytes on the wire that were read
    truncated: bool = False
    failure: Failure | None = None
    stage: Stage | None = None
    detail: str = ""
    latency_ms: float | None = None
    phases: Mapping[str, float] = field(default_factory=lambda: EMPTY)
    address: str = ""
    http_version: str = ""
    tls: Mapping[str, Any] = field(default_factory=lambda: EMPTY)  # issuer, subject, not_after (Unix s), fingerprint
    redirects: tuple[tuple[int, str], ...] = ()  # (status, host) of each hop
    replaced: bool = False  # an engine may have damaged characters (U+FFFD)

    def text(self) -> str:
        """The body as text: UTF-8, else Latin-1; never raises, whatever charset the target claims."""
        try:
            return self.body.decode("utf-8")
        except UnicodeDecodeError:
            return self.body.decode("utf-8", errors="replace") if self.truncated else self.body.decode("latin-1")

    def json(self) -> Any:
        """The body as JSON; ValueError (also for NaN, infinities and too deep nesting) if it is none."""

        def refuse(word: str) -> Any:
            raise ValueError(f"{word} is no JSON")

        try:
            return json.loads(self.text(), parse_constant=refuse)
        except RecursionError:
            raise ValueError("nested too deeply") from None


class Look(Protocol):
    """What a probe measures with, for one check in one region; all calls end by the check's deadline."""

    timeout: float  # seconds for the whole attempt, DNS and TLS included
    allow_private: bool

    def now(self) -> float:
        """Unix seconds."""

    async def fetch(self, request: Request) -> Exchange: ...

    async def pause(self, seconds: float) -> None:
        """Wait between two requests of one look (repeat, breaker); does not count against `timeout`."""

    async def connect(self, host: str, port: int, *, tls: bool = False, server_name: str = "") -> Exchange:
        """TCP, and TLS if asked; certificate facts in `tls`, bytes of a banner (if any arrive at once) in `body`."""

    async def resolve(self, name: str, rtype: str, server: str = "") -> tuple[tuple[str, ...], Exchange]:
        """Answers of DNS, sorted, and how it went. `server` is an address; empty = the system's resolvers."""
