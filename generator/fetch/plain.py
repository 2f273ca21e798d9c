"""Looks below HTTP: a TCP connection, a TLS handshake, an answer of DNS. Nothing raises for what a network did."""

from __future__ import annotations

import asyncio
import time

from ..failures import scrub
from ..model import Failure, Stage
from . import Exchange, names, stream
from .http import CERTIFICATE_WORDS, Terms, failure_of, find_route, phases
from .stream import Route, Trail

BANNER_WAIT = 0.3
"""Seconds to wait for a target that speaks first (SSH, SMTP)."""
MAX_BANNER = 256


async def connect(host: str, port: int, terms: Terms, seconds: float, *, tls: bool, server_name: str) -> Exchange:
    """Connect, shake hands if asked, listen for a banner, hang up. Latency is the connection and the handshake."""
    ends = time.perf_counter() + seconds
    trail, route, banner = Trail(), None, b""
    failure: Failure | None = None
    stage: Stage | None = None
    detail = ""
    try:
        async with asyncio.timeout(seconds):
            route = await find_route(host, port, terms, trail, terms.allow_private)
            banner = await _greet(route, trail, terms, tls, server_name or host)
    except Exception as problem:
        failure, stage, detail = failure_of(problem, trail, route)
    facts = trail.tls
    left = ends - time.perf_counter()
    if failure in CERTIFICATE_WORDS and route is not None and left > 0.2:
        facts = await stream.refused_certificate(route, server_name or host, min(left, 3.0))
    done = failure is None and trail.ended_at is not None and trail.connect_at is not None
    url = f"{'tls' if tls else 'tcp'}://{f'[{host}]' if ':' in host else host}:{port}"
    return Exchange(
        method="CONNECT",
        url=url,
        final_url=url,
        body=banner,
        length=len(banner),
        failure=failure,
        stage=stage,
        detail=scrub(detail, terms.secrets),
        latency_ms=round((trail.ended_at - trail.connect_at) * 1000, 3) if done else None,  # type: ignore[operator]
        phases=phases([trail]),
        address=trail.address,
        tls=facts,
    )


async def _greet(route: Route, trail: Trail, terms: Terms, tls: bool, name: str) -> bytes:
    """The banner, if one comes at once. The clock of the look stops before the waiting for it."""
    sock = await stream.open_socket(route, trail)
    if tls:
        wire = await stream.secure(sock, name, terms.context, trail)
        trail.ended_at = time.perf_counter()
        await wire.aclose()
        return b""
    trail.stage, trail.ended_at = Stage.REQUEST, time.perf_counter()
    try:
        async with asyncio.timeout(BANNER_WAIT):
            return await asyncio.get_running_loop().sock_recv(sock, MAX_BANNER)
    except TimeoutError:
        return b""
    finally:
        sock.close()


async def resolve(
    name: str, rtype: str, server: str, terms: Terms, seconds: float, timeout: float
) -> tuple[tuple[str, ...], Exchange]:
    """Records of a name, and how it went; latency is the resolver's time.

    A silent resolver gets less than half of the look's `timeout`: the rest is for the witness.
    """
    trail = Trail(started=time.perf_counter())
    found: tuple[str, ...] = ()
    failure: Failure | None = None
    stage: Stage | None = None
    detail = ""
    try:
        async with asyncio.timeout(seconds):
            found = await names.records(name, rtype, server, lifetime=max(min(seconds - 0.1, timeout * 0.45), 0.05))
    except Exception as problem:
        failure, stage, detail = failure_of(problem, trail)
    taken = round((time.perf_counter() - trail.started) * 1000, 3)
    exchange = Exchange(
        method="DNS",
        url=f"dns:{scrub(name, terms.secrets)}?type={rtype}",
        failure=failure,
        stage=stage,
        detail=scrub(detail, terms.secrets),
        latency_ms=taken if failure is None else None,
        phases={"dns": taken, "total": taken} if failure is None else {},
        address=server,
    )
    return found, exchange
