"""One request with its redirects, from name to last byte, inside one deadline. What a network did never raises."""

from __future__ import annotations

import asyncio
import re
import ssl
import time
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import httpcore
import httpx

from ..failures import Trouble, classify, scrub
from ..model import EMPTY, Failure, Request, Stage
from . import Exchange, names, scrub_url, stream
from . import proxy as net_proxy
from .address import Reach, is_address, is_local_name, pinned, reach
from .body import Body
from .stream import Route, Trail

MAX_HEADERS, MAX_HEADER = 100, 1000
MAX_LOCATION = 4000
REDIRECTS = frozenset({301, 302, 303, 307, 308})

_HARMLESS = frozenset({"accept", "accept-language", "accept-encoding", "range", "user-agent", "cache-control"})
"""Configured headers that may follow a redirect to another origin: they say what is wanted, not who wants it."""

_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]+")

CERTIFICATE_WORDS = frozenset(
    {
        Failure.TLS_EXPIRED,
        Failure.TLS_NOT_YET_VALID,
        Failure.TLS_WRONG_HOST,
        Failure.TLS_SELF_SIGNED,
        Failure.TLS_UNTRUSTED,
    }
)


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for all requests of a look."""

    context: ssl.SSLContext
    allow_private: bool = False
    pins: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    proxy: net_proxy.Proxy | None = None
    user_agent: str = ""
    secrets: frozenset[str] = frozenset()


@dataclass(slots=True)
class Sofar:
    """What a request has seen until now; whatever ends it, this much is told."""

    url: httpx.URL
    trail: Trail = field(default_factory=Trail)
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: Body | None = None
    http_version: str = ""
    redirects: list[tuple[int, str]] = field(default_factory=list)
    past: list[Trail] = field(default_factory=list)  # the trails of the hops before
    route: Route | None = None
    private: bool = False  # this hop leads into a private network
    whole: bool = False


# ---- where to --------------------------------------------------------------------------------------------------------


async def find_route(host: str, port: int, terms: Terms, trail: Trail, private_allowed: bool, hop: int = 0) -> Route:
    """Name to checked addresses. What was checked is what gets connected to: a name that changes cannot slip past."""
    trail.stage, trail.started = Stage.DNS, time.perf_counter()
    pin = pinned(terms.pins, host, port)
    target, target_port = pin or (host, port)
    if terms.proxy is not None:
        return await _through(terms.proxy, host, port, target, target_port, private_allowed, hop)
    if is_address(target):
        _admit(host, (target,), private_allowed, hop)
        return Route(host, port, (target,), target_port, shown=pin is None)
    found = await names.addresses(target)
    trail.dns = time.perf_counter() - trail.started
    return Route(host, port, _admit(host, found, private_allowed, hop), target_port, shown=pin is None)


async def _through(
    proxy: net_proxy.Proxy, host: str, port: int, target: str, target_port: int, private_allowed: bool, hop: int
) -> Route:
    """A route through a proxy. The proxy resolves names, so only an address that stands in the URL can be checked."""
    if is_address(target):
        _admit(host, (target,), private_allowed, hop)
    try:
        own = (proxy.host,) if is_address(proxy.host) else await names.addresses(proxy.host)
    except (OSError, Trouble) as problem:
        raise Trouble(Failure.ENGINE_ERROR, Stage.DNS, f"the proxy's name: {classify(problem)[2]}") from None

    async def handshake(sock: Any) -> None:
        await proxy.open(sock, target, target_port)

    return Route(host, port, own, proxy.port, handshake, shown=False)


def _admit(host: str, found: tuple[str, ...], private_allowed: bool, hop: int) -> tuple[str, ...]:
    """The addresses that may be connected to; Trouble if there is none.

    Our own refusal of an own address is our matter (inconclusive). A public name that leads into a private network
    is the wrong answer of somebody's DNS. A redirect there is refused like any dangerous redirect.
    """
    allowed = {Reach.PUBLIC, Reach.PRIVATE} if private_allowed else {Reach.PUBLIC}
    admitted = tuple(address for address in found if reach(address) in allowed)
    if admitted:
        return admitted
    bad = found[0]
    kind = "a private address" if reach(bad) is Reach.PRIVATE else "an address nobody may be sent to"
    if hop:
        raise Trouble(Failure.REDIRECT_REFUSED, Stage.REQUEST, f"redirected to {kind}")
    hint = "; allow_private is not set" if reach(bad) is Reach.PRIVATE else ""
    if is_address(host) or is_local_name(host):
        raise Trouble(Failure.INTERNAL, Stage.DNS, f"{host} is {kind}{hint}")
    raise Trouble(Failure.DNS_WRONG_ANSWER, Stage.DNS, f"{host} resolves to {kind}{hint}")


# ---- one request -----------------------------------------------------------------------------------------------------


async def perform(request: Request, terms: Terms, seconds: float) -> Exchange:
    """Ask, follow, read; ends within `seconds`."""
    ends = time.perf_counter() + seconds
    try:
        first = _url(request.url)
    except ValueError as problem:
        text = scrub(str(problem), terms.secrets)
        shown = scrub_url(request.url, keep_query=False)
        return Exchange(
            request.method, shown, failure=Failure.INTERNAL, stage=Stage.DNS, detail=f"no usable URL: {text}"
        )
    sofar = Sofar(first)
    problem_seen: BaseException | None = None
    try:
        async with asyncio.timeout(seconds):
            await _follow(request, terms, sofar)
    except Exception as problem:
        problem_seen = problem
    return await _told(request, terms, sofar, problem_seen, ends - time.perf_counter())


async def _follow(request: Request, terms: Terms, sofar: Sofar) -> None:
    """Redirects by hand: each hop is checked as if a stranger had written it, because one has."""
    method, headers, body = request.method.upper(), _lower(request.headers), request.body
    visited = {str(sofar.url)}
    for hop in range(request.follow + 2):
        private_allowed = terms.allow_private and (hop == 0 or sofar.private)
        await _one(method, headers, body, request, terms, sofar, private_allowed, hop)
        location = sofar.headers.get("location", "")
        if request.follow == 0 or sofar.status not in REDIRECTS or not location:
            return
        target = _next(sofar.url, location)
        sofar.redirects.append((sofar.status, target.host))
        if str(target) in visited or hop >= request.follow:
            raise Trouble(Failure.REDIRECT_LOOP, Stage.REQUEST, f"still redirected after {hop + 1} redirects")
        visited.add(str(target))
        if sofar.status == 303 or (sofar.status in (301, 302) and method == "POST"):
            method, body = "GET" if method != "HEAD" else method, None
            headers = {k: v for k, v in headers.items() if not k.startswith("content-")}
        if _origin(target) != _origin(sofar.url):
            if body is not None:
                raise Trouble(Failure.REDIRECT_REFUSED, Stage.REQUEST, "redirected with its body to another origin")
            headers = {k: v for k, v in headers.items() if k in _HARMLESS and k not in request.secrets}
        sofar.past.append(sofar.trail)
        sofar.url, sofar.trail, sofar.body, sofar.whole = target, Trail(), None, False
        # What one host said is no evidence about the next.
        sofar.status, sofar.headers, sofar.http_version = None, {}, ""


async def _one(
    method: str,
    headers: dict[str, str],
    body: bytes | None,
    request: Request,
    terms: Terms,
    sofar: Sofar,
    private_allowed: bool,
    hop: int,
) -> None:
    """One hop on one connection of its own."""
    url, trail = sofar.url, sofar.trail
    port = url.port or (443 if url.scheme == "https" else 80)
    sofar.route = route = await find_route(url.raw_host.decode("ascii"), port, terms, trail, private_allowed, hop)
    sofar.private = any(reach(address) is Reach.PRIVATE for address in route.addresses)
    origin = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=port, target=url.raw_path)
    connection = httpcore.AsyncHTTPConnection(
        origin.origin, ssl_context=terms.context, network_backend=stream.Backend(route, trail, terms.context)
    )
    fields = _fields(url, headers, body, terms.user_agent)
    try:
        response = await connection.handle_async_request(
            httpcore.Request(method, origin, headers=fields, content=body or None)
        )
        trail.stage = Stage.CONTENT
        sofar.status = response.status
        sofar.http_version = str(response.extensions.get("http_version", b"").decode("ascii", "replace"))
        sofar.headers = _headers(response.headers)
        if response.status in REDIRECTS and sofar.headers.get("location") and request.follow:
            trail.ended_at = time.perf_counter()
            return
        await _read(response, request.max_bytes, sofar)
        trail.ended_at = time.perf_counter()
        sofar.whole = True
    finally:
        await connection.aclose()


async def _read(response: httpcore.Response, limit: int, sofar: Sofar) -> None:
    sofar.body = body = Body(sofar.headers.get("content-encoding", ""), limit)
    async with aclosing(response.aiter_stream()) as chunks:  # type: ignore[type-var]
        async for chunk in chunks:
            body.add(chunk)
            if body.full:
                return
    body.finish()


def _fields(url: httpx.URL, headers: Mapping[str, str], body: bytes | None, user_agent: str) -> list[tuple[str, str]]:
    """The header as sent: ours first, the configured ones in place of ours, one connection per request."""
    partial = "range" in headers
    ours = {
        "host": url.netloc.decode("ascii"),
        "user-agent": user_agent or "roadworthy",
        "accept": "*/*",
        # Parts of a compressed body cannot be unpacked, and two codings are only asked for by attackers.
        "accept-encoding": "identity" if partial else "gzip",
    }
    fields = {**ours, **headers, "connection": "close"}
    if body is not None:
        fields["content-length"] = str(len(body))
    return list(fields.items())


def _headers(raw: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """Lower case, repeated ones joined by ", ", at most 100 of 1,000 characters each."""
    headers: dict[str, str] = {}
    for name, value in raw[: MAX_HEADERS * 4]:
        key = name.decode("latin-1").lower()
        try:
            text = value[: MAX_LOCATION + 1].decode("utf-8")
        except UnicodeDecodeError:
            text = value[: MAX_LOCATION + 1].decode("latin-1")
        if key in headers:
            text = f"{headers[key]}, {text}"
        elif len(headers) >= MAX_HEADERS:
            continue
        headers[key] = text[: MAX_LOCATION + 1] if key == "location" else text[:MAX_HEADER]
    return headers


# ---- URLs ------------------------------------------------------------------------------------------------------------


def _url(text: str) -> httpx.URL:
    """A URL we may ask: http or https, a host, no control characters. ValueError otherwise. Userinfo is dropped."""
    if any(ord(c) < 33 or ord(c) == 127 for c in text):
        raise ValueError("it holds blanks or control characters")
    try:
        url = httpx.URL(text)
        if url.scheme not in ("http", "https"):
            raise ValueError(f"scheme {url.scheme or '(none)'!r} is not http or https")
        host = url.raw_host.decode("ascii")
        if not _HOST.fullmatch(host):
            raise ValueError("it has no valid host")
        if url.port is not None and not 0 < url.port < 65536:
            raise ValueError("it has no valid port")
        return url.copy_with(username=None, password=None, fragment=None)
    except (httpx.InvalidURL, UnicodeError) as problem:
        raise ValueError(str(problem)) from None


def _next(current: httpx.URL, location: str) -> httpx.URL:
    if len(location) > MAX_LOCATION:
        raise Trouble(
            Failure.REDIRECT_REFUSED, Stage.REQUEST, f"redirected to an address of more than {MAX_LOCATION} characters"
        )
    try:
        target = _url(str(current.join(location)))
    except (ValueError, httpx.InvalidURL) as problem:
        raise Trouble(
            Failure.REDIRECT_REFUSED, Stage.REQUEST, f"redirected to nowhere: {scrub(str(problem), limit=80)}"
        ) from None
    if current.scheme == "https" and target.scheme == "http":
        raise Trouble(Failure.REDIRECT_REFUSED, Stage.REQUEST, "redirected from https to http")
    return target


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


# ---- telling ---------------------------------------------------------------------------------------------------------


async def _told(request: Request, terms: Terms, sofar: Sofar, problem: BaseException | None, left: float) -> Exchange:
    failure, stage, detail = failure_of(problem, sofar.trail, sofar.route) if problem else (None, None, "")
    trails = [*sofar.past, sofar.trail]
    tls = sofar.trail.tls
    if failure in CERTIFICATE_WORDS and sofar.route is not None and left > 0.2:
        tls = await stream.refused_certificate(sofar.route, sofar.route.host, min(left, 3.0))
    first = scrub_url(request.url, keep_query=True, secrets=terms.secrets)
    # The query of a redirect is the target's choice and often a signature that opens a door: it is never kept.
    final = scrub_url(str(sofar.url), keep_query=False, secrets=terms.secrets) if sofar.redirects else first
    body = sofar.body
    return Exchange(
        method=request.method,
        url=first,
        final_url=final,
        status=sofar.status,
        headers={name: value[:MAX_HEADER] for name, value in sofar.headers.items()},
        body=body.content() if body else b"",
        length=body.wire if body else 0,
        truncated=body.truncated if body else False,
        failure=failure,
        stage=stage,
        detail=scrub(detail, terms.secrets),
        latency_ms=_milliseconds(sum(_span(t) for t in trails)) if sofar.whole else None,
        phases=phases(trails),
        address=sofar.trail.address,
        http_version=sofar.http_version,
        tls=tls,
        redirects=tuple(sofar.redirects),
    )


def failure_of(problem: BaseException, trail: Trail, route: Route | None = None) -> tuple[Failure, Stage, str]:
    """The word for what ended a look, with the stage it had reached; a deadline means what was being waited for."""
    failure, stage, text = classify(problem)
    stage = stage or trail.stage
    if failure is Failure.CLOSED_EARLY and trail.begins and not b"HTTP/1.".startswith(trail.begins[:7]):
        return Failure.PROTOCOL_ERROR, Stage.REQUEST, "something other than HTTP answered"
    if failure is not Failure.TIMEOUT:
        return failure, stage, text
    if trail.stage is Stage.DNS:
        return Failure.DNS_TIMEOUT, Stage.DNS, "the resolver did not answer in time"
    if trail.stage is Stage.CONNECT:
        through = "the proxy did not open" if route is not None and route.handshake else "no answer to"
        return Failure.CONNECT_TIMEOUT, Stage.CONNECT, f"{through} the connection in time"
    waited = {
        Stage.TLS: "connected, but TLS was not ready in time",
        Stage.REQUEST: "connected, but no answer came in time",
        Stage.CONTENT: "the answer began, but was not whole in time",
    }
    return Failure.TIMEOUT, trail.stage, waited[trail.stage]


def phases(trails: list[Trail]) -> dict[str, float]:
    """dns, connect, tls, first_byte, total in milliseconds over all hops; a phase nobody reached is absent."""
    sums: dict[str, float] = {}

    def add(name: str, start: float | None, end: float | None) -> None:
        if start is not None and end is not None and end >= start:
            sums[name] = sums.get(name, 0.0) + end - start

    for trail in trails:
        if trail.dns:
            sums["dns"] = sums.get("dns", 0.0) + trail.dns
        add("connect", trail.connect_at, trail.connected_at)
        add("tls", trail.connected_at, trail.secured_at)
        add("first_byte", trail.secured_at or trail.connected_at, trail.first_byte_at)
        if trail.ended_at is not None:
            sums["total"] = sums.get("total", 0.0) + trail.dns + _span(trail)
    return {name: _milliseconds(seconds) for name, seconds in sums.items()}


def _span(trail: Trail) -> float:
    """Seconds from the start of the connection to the last byte."""
    if trail.connect_at is None or trail.ended_at is None:
        return 0.0
    return trail.ended_at - trail.connect_at


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 3)
