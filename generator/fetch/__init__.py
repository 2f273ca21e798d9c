"""The one bounded way to ask something of a target, and the values it answers with.

A `Look` is what a probe is given to measure with: it carries the deadline, the pins, the proxy and the pace of its
region. Everything a network can do comes back as an `Exchange` with a word for the failure; nothing raises.
Never follows a redirect to a private address, never keeps a connection, never reads the environment.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote, unquote_plus, urlsplit
from weakref import WeakKeyDictionary

from ..failures import scrub
from ..model import EMPTY, Failure, Request, Stage

if TYPE_CHECKING:
    import asyncio  # where it is used it is imported: a build reads the values of this file and asks nobody

NO_TIME = 0.05
"""Share of a look's timeout below which another request is not begun."""


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


def scrub_url(url: str, keep_query: bool = False, secrets: Iterable[str] = ()) -> str:
    """A URL that may be shown: no userinfo, no fragment; its query only if asked for and free of secrets.

    What is no URL at all is answered with as much of it as is harmless, never with an exception.
    """
    values = [s for s in secrets if len(s) >= 4]
    try:
        parts = urlsplit(scrub(url, limit=2000))
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    shown = f"[{host}]" if ":" in host else host
    place = f"{parts.scheme}://{shown}" + (f":{port}" if port else "") if parts.scheme or host else ""
    path = parts.path
    for value in values:
        for form in (value, quote(value), quote(value, safe="")):
            path = path.replace(form, "***")
            if form in parts.query or form in unquote_plus(parts.query):
                keep_query = False
    return place + path + (f"?{parts.query}" if keep_query and parts.query else "")


class Gate:
    """The pace of one machine: at most `limit` requests at a time, at most `rate` starts a second (0 = unpaced).

    Starts are spaced evenly. A burst would measure our own queue: the same 100 ms target reads 224 ms when a hundred
    requests start together, and 102 ms when they are spaced. Nobody (`whose`) has more than half of the places: a
    platform that is silent keeps its places for long, and the others are looked at meanwhile.
    """

    def __init__(self, limit: int = 64, rate: float = 100.0) -> None:
        import asyncio

        self._free = asyncio.Semaphore(limit)
        self._halves: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(max(1, limit // 2)))
        self._gap = 1.0 / rate if rate > 0 else 0.0
        self._next = 0.0

    @asynccontextmanager
    async def turn(self, whose: str = "") -> AsyncIterator[None]:
        import asyncio

        async with self._halves[whose] if whose else nullcontext(), self._free:
            now = time.perf_counter()
            start = max(now, self._next)
            self._next = start + self._gap
            if start > now:
                await asyncio.sleep(start - now)
            yield


_gates: WeakKeyDictionary[asyncio.AbstractEventLoop, Gate] = WeakKeyDictionary()


def common_gate() -> Gate:
    """The gate of this machine in this run, whichever engine asks: our own queue does not care whose request it is."""
    import asyncio

    return _gates.setdefault(asyncio.get_running_loop(), Gate())


class Visit:
    """What the looks of one run in one region have in common: answers that serve several checks, and good manners.

    An answer is shared under the word its request carries, whatever its address: what keeps caches out of it is another
    one in the next minute. A pace holds between the starts towards one host.
    """

    def __init__(self) -> None:
        self._answers: dict[tuple[str, str], asyncio.Future[Exchange]] = {}
        self._next: dict[str, float] = {}

    async def once(self, request: Request, send: Callable[[], Awaitable[Exchange]]) -> Exchange:
        """The answer of the first request with this word; everybody after it waits for the same one."""
        import asyncio

        key = (request.share, request.method)
        known = self._answers.get(key)
        if known is not None:
            return await asyncio.shield(known)
        answer: asyncio.Future[Exchange] = asyncio.get_running_loop().create_future()
        self._answers[key] = answer
        try:
            exchange = await send()
        except BaseException:
            del self._answers[key]
            answer.cancel()
            raise
        answer.set_result(exchange)
        return exchange

    async def wait(self, request: Request) -> None:
        """Until this host may be asked again at the request's pace."""
        import asyncio

        if request.pace <= 0:
            return
        host, now = urlsplit(request.url).hostname or "", time.perf_counter()
        start = max(now, self._next.get(host, now))
        self._next[host] = start + request.pace
        await asyncio.sleep(start - now)


class Looker:
    """A `Look` from this machine, or through `proxy` (`http://…`, `socks5://…`). One for each attempt of a check.

    `timeout` seconds hold for the whole attempt: time in which any request of it runs is counted, time at the gate and
    in `pause` is not. `resolve` pins hosts to addresses. `secrets` are values that must not appear in what is told.
    `ca_file` adds to the usual roots (a laboratory, a company's own). `visit` is the run's; without one nothing is
    shared and the pace holds for this attempt alone. `sharing` is off for a second attempt: it wants a fresh answer.
    `whose` names the platform that is asked, for a fair gate.
    Raises ValueError for a proxy that is none.
    """

    def __init__(
        self,
        timeout: float = 10.0,
        allow_private: bool = False,
        resolve: Mapping[str, str] = EMPTY,
        proxy: str = "",
        clock: Callable[[], float] = time.time,
        user_agent: str = "",
        gate: Gate | None = None,
        secrets: frozenset[str] = frozenset(),
        ca_file: str = "",
        visit: Visit | None = None,
        sharing: bool = True,
        whose: str = "",
    ) -> None:
        from . import http, stream
        from . import proxy as net_proxy

        self.timeout = timeout
        self.allow_private = allow_private
        self._clock = clock
        self._gate = gate or Gate()
        self._visit = visit or Visit()
        self._sharing = sharing
        self._whose = whose
        self._running = 0
        self._since = 0.0
        self._spent = 0.0
        self._terms = http.Terms(
            context=stream.trust(ca_file),
            allow_private=allow_private,
            pins=resolve,
            proxy=net_proxy.parse(proxy) if proxy else None,
            user_agent=user_agent,
            secrets=secrets,
        )

    def now(self) -> float:
        return self._clock()

    async def fetch(self, request: Request) -> Exchange:
        if request.share and self._sharing:
            return await self._visit.once(request, lambda: self._send(request))
        return await self._send(request)

    async def _send(self, request: Request) -> Exchange:
        from . import http

        await self._visit.wait(request)
        async with self._turn() as left:
            if left < NO_TIME * self.timeout:
                # Not a resolver that is silent, nor a target: the requests before this one have used the time up.
                shown = scrub_url(request.url, keep_query=True, secrets=self._terms.secrets)
                text = "the requests before left no time for this one"
                return Exchange(request.method, shown, shown, failure=Failure.TIMEOUT, stage=Stage.REQUEST, detail=text)
            return await http.perform(request, self._terms, left)

    async def pause(self, seconds: float) -> None:
        import asyncio

        await asyncio.sleep(max(seconds, 0.0))

    async def connect(self, host: str, port: int, *, tls: bool = False, server_name: str = "") -> Exchange:
        from . import plain

        async with self._turn() as left:
            return await plain.connect(host, port, self._terms, left, tls=tls, server_name=server_name)

    async def resolve(self, name: str, rtype: str, server: str = "") -> tuple[tuple[str, ...], Exchange]:
        from . import plain

        async with self._turn() as left:
            return await plain.resolve(name, rtype, server, self._terms, left, self.timeout)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[float]:
        """A place at the gate, and the seconds that are left of this attempt."""
        async with self._gate.turn(self._whose):
            now = time.perf_counter()
            if self._running == 0:
                self._since = now
            left = self.timeout - self._spent - (now - self._since)
            self._running += 1
            try:
                yield max(left, 0.0)
            finally:
                self._running -= 1
                if self._running == 0:
                    self._spent += time.perf_counter() - self._since
