"""One fresh connection to an address that was checked before, as a stream that httpcore can speak HTTP over.

Sockets are driven without a connection pool: every look is a new connection, and every event is stamped where it
happens, so that a waiting event loop is not reported as a slow target. Never resolves a name by itself.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import httpcore

from ..failures import Trouble, classify
from ..model import Failure, Stage
from . import certificate

CONNECT_LIMIT = 5.0
"""Seconds for a TCP connection, all addresses together."""
NEXT_ADDRESS_AFTER = 0.25
"""Seconds before the next address is tried beside the one that does not answer (RFC 8305)."""
MAX_HEAD = 256 * 1024
"""Bytes before the body; endless interim answers end here, if the deadline does not come first."""


@dataclass(slots=True)
class Trail:
    """What happened on one connection, filled in while it happens. Times are `perf_counter` seconds."""

    stage: Stage = Stage.DNS
    started: float = 0.0
    dns: float = 0.0
    connect_at: float | None = None
    connected_at: float | None = None
    secured_at: float | None = None
    sent_at: float | None = None
    first_byte_at: float | None = None
    ended_at: float | None = None
    address: str = ""
    begins: bytes = b""  # what the target said first, a few bytes
    tls: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Route:
    """How to reach host:port: addresses in order, or a proxy's handshake behind an address of its own."""

    host: str
    port: int
    addresses: tuple[str, ...]
    connect_port: int
    handshake: Callable[[socket.socket], Awaitable[None]] | None = None
    shown: bool = True  # the address may be told: it is neither pinned nor a proxy's


@lru_cache(maxsize=8)
def trust(ca_file: str = "") -> ssl.SSLContext:
    """The one TLS context of ordinary looks: certifi's roots and those of `ca_file`, nothing from the environment."""
    import certifi

    context = ssl.create_default_context(cafile=certifi.where())
    if ca_file:
        context.load_verify_locations(cafile=ca_file)
    context.set_alpn_protocols(["http/1.1"])
    return context


@lru_cache(maxsize=1)
def _no_trust() -> ssl.SSLContext:
    """Only ever used to read a certificate that was refused before; nothing is sent over it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


# ---- connecting ------------------------------------------------------------------------------------------------------


async def open_socket(route: Route, trail: Trail) -> socket.socket:
    """A connected TCP socket, through the proxy if the route has one. Raises OSError or Trouble."""
    trail.stage = Stage.CONNECT
    trail.connect_at = time.perf_counter()
    try:
        async with asyncio.timeout(CONNECT_LIMIT):
            sock, address = await _first(route.addresses, route.connect_port)
    except TimeoutError:
        if route.handshake is not None:
            raise Trouble(Failure.ENGINE_ERROR, Stage.CONNECT, "the proxy does not answer") from None
        raise Trouble(Failure.CONNECT_TIMEOUT, Stage.CONNECT, "no answer to the connection attempt") from None
    except OSError as problem:
        if route.handshake is None:
            raise
        _, _, text = classify(problem)
        raise Trouble(Failure.ENGINE_ERROR, Stage.CONNECT, f"the proxy cannot be reached: {text}") from None
    if route.handshake is not None:
        try:
            await route.handshake(sock)
        except BaseException:
            sock.close()
            raise
    trail.connected_at = time.perf_counter()
    if route.shown:
        trail.address = address
    return sock


async def _first(addresses: Sequence[str], port: int) -> tuple[socket.socket, str]:
    """The first of several addresses that accepts; each starts when the one before failed or hesitates."""
    if len(addresses) == 1:
        return await _connect(addresses[0], port), addresses[0]
    waiting = list(addresses)
    running: dict[asyncio.Task[socket.socket], str] = {}
    problem: BaseException | None = None
    try:
        while waiting or running:
            if waiting:
                address = waiting.pop(0)
                running[asyncio.ensure_future(_connect(address, port))] = address
            pause = NEXT_ADDRESS_AFTER if waiting else None
            done, _ = await asyncio.wait(running, timeout=pause, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                address = running.pop(task)
                if task.exception() is None:
                    return task.result(), address
                if problem is None or isinstance(problem, Trouble):  # what only we cannot do says least
                    problem = task.exception()
    finally:
        for task in running:
            task.add_done_callback(_close_late)
            task.cancel()
    assert problem is not None
    raise problem


def _close_late(task: asyncio.Task[socket.socket]) -> None:
    """A connection that came up in the moment it was no longer wanted."""
    if not task.cancelled() and task.exception() is None:
        task.result().close()


async def _connect(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().sock_connect(sock, (address, port))
    except BaseException as problem:
        sock.close()
        if isinstance(problem, OSError) and problem.errno == errno.ENETUNREACH and not _known_way(family, address):
            raise Trouble(Failure.NO_ROUTE, Stage.CONNECT, "this machine has no way to such an address") from None
        raise
    return sock


def _known_way(family: socket.AddressFamily, address: str) -> bool:
    """Whether our own machine knows where to send it (many have no IPv6). Sends nothing."""
    with socket.socket(family, socket.SOCK_DGRAM) as asking:
        return asking.connect_ex((address, 9)) != errno.ENETUNREACH


async def secure(sock: socket.socket, name: str, context: ssl.SSLContext, trail: Trail) -> TlsWire:
    """TLS over a connected socket, the certificate's facts in the trail. Raises ssl.SSLError, OSError."""
    trail.stage = Stage.TLS
    try:
        reader, writer = await asyncio.open_connection(sock=sock, ssl=context, server_hostname=name)
    except BaseException:
        sock.close()
        raise
    trail.secured_at = time.perf_counter()
    trail.stage = Stage.REQUEST
    trail.tls.update(_tls_facts(writer.get_extra_info("ssl_object")))
    return TlsWire(reader, writer, trail)


def _tls_facts(ssl_object: Any) -> dict[str, Any]:
    der = ssl_object.getpeercert(binary_form=True)
    return {**(certificate.facts(der) if der else {}), "version": ssl_object.version() or ""}


async def refused_certificate(route: Route, name: str, seconds: float) -> dict[str, Any]:
    """The facts of a certificate that verification refused, over a second connection; {} if that fails too.

    Python does not give the certificate of a failed handshake. Nothing is sent over the unverified connection.
    """
    trail = Trail()
    try:
        async with asyncio.timeout(seconds):
            wire = await secure(await open_socket(route, trail), name, _no_trust(), trail)
            await wire.aclose()
    except (OSError, Trouble):  # only further evidence is lost, the failure itself is known
        return {}
    return {**trail.tls, "verified": False}


# ---- the streams httpcore speaks over --------------------------------------------------------------------------------


class Wire(httpcore.AsyncNetworkStream):
    """A plain socket."""

    def __init__(
        self, sock: socket.socket, trail: Trail, upgrade: Callable[[socket.socket], Awaitable[TlsWire]]
    ) -> None:
        self._sock, self._trail, self._upgrade = sock, trail, upgrade
        self._head = Head(trail)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        await self._head.breathe()
        return self._head.seen(await asyncio.get_running_loop().sock_recv(self._sock, max_bytes))

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if not buffer:
            return
        try:
            await asyncio.get_running_loop().sock_sendall(self._sock, buffer)
        except OSError as problem:
            raise self._head.unsent(problem) from problem

    async def aclose(self) -> None:
        self._sock.close()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        return await self._upgrade(self._sock)

    def get_extra_info(self, info: str) -> Any:
        return None


class TlsWire(httpcore.AsyncNetworkStream):
    """A socket with TLS."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, trail: Trail) -> None:
        self._reader, self._writer = reader, writer
        self._head = Head(trail)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        await self._head.breathe()
        return self._head.seen(await self._reader.read(max_bytes))

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if not buffer:
            return
        try:
            self._writer.write(buffer)
            await self._writer.drain()
        except OSError as problem:
            raise self._head.unsent(problem) from problem

    async def aclose(self) -> None:
        # Not close(): that waits for the target's goodbye, which a hanging target never says.
        self._writer.transport.abort()

    def get_extra_info(self, info: str) -> Any:
        return self._writer.get_extra_info("ssl_object") if info == "ssl_object" else None


class Head:
    """Stamps the first byte, bounds what comes before the body, lets others in, and remembers how sending failed."""

    def __init__(self, trail: Trail) -> None:
        self._trail, self._bytes = trail, 0
        self._unsent: OSError | None = None

    def unsent(self, problem: OSError) -> httpcore.WriteError:
        """A target may answer and close before it has read everything: httpcore reads on after this exception."""
        self._unsent = problem
        return httpcore.WriteError(str(problem))

    async def breathe(self) -> None:
        """Between two reads everybody else has a turn and deadlines fire: a read of what waits already never pauses."""
        if self._trail.first_byte_at is not None:
            await asyncio.sleep(0)

    def seen(self, data: bytes) -> bytes:
        if not data and self._unsent is not None and self._trail.first_byte_at is None:
            raise self._unsent  # the kernel tells of a reset once; after that it looks like an orderly end
        if self._trail.first_byte_at is None and data:
            self._trail.first_byte_at = time.perf_counter()
            self._trail.begins = data[:8]
        if self._trail.stage is not Stage.CONTENT:
            self._bytes += len(data)
            if self._bytes > MAX_HEAD:
                raise Trouble(Failure.PROTOCOL_ERROR, Stage.REQUEST, f"more than {MAX_HEAD} bytes before the body")
        return data


class Backend(httpcore.AsyncNetworkBackend):
    """Gives httpcore the one connection of a route, whatever host it believes to connect to."""

    def __init__(self, route: Route, trail: Trail, context: ssl.SSLContext) -> None:
        self._route, self._trail, self._context = route, trail, context

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        async def upgrade(sock: socket.socket) -> TlsWire:
            return await secure(sock, self._route.host, self._context, self._trail)

        sock = await open_socket(self._route, self._trail)
        self._trail.stage = Stage.REQUEST
        return Wire(sock, self._trail, upgrade)
