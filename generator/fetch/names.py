"""Names to addresses: the system's resolver for connections, a DNS client for looking at DNS itself.

Never caches: what a name says now is part of what is measured.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import threading
import time

from ..failures import Trouble
from ..model import Failure, Stage
from .address import is_address, split_host_port

MAX_ADDRESSES = 6
SILENT_AFTER = 1.0
"""A resolver that gives up after this many seconds was silent; before, it said that it failed."""


async def addresses(host: str) -> tuple[str, ...]:
    """The addresses of a host as the system resolves it (hosts file, nsswitch, DNS), best first, at most six.

    Raises gaierror or Trouble. Runs in a thread of its own that nobody waits for: a silent resolver must not hold up
    other checks nor the end of the program.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[tuple[str, ...]] = loop.create_future()

    def ask() -> None:
        try:
            rows = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
            said: tuple[str, ...] | BaseException = tuple(dict.fromkeys(str(row[4][0]) for row in rows))
        except (OSError, UnicodeError) as problem:
            said = problem
        try:
            loop.call_soon_threadsafe(deliver, said)
        except RuntimeError:  # the loop is gone, and with it everybody who waited
            return

    def deliver(said: tuple[str, ...] | BaseException) -> None:
        if answer.done():
            return
        if isinstance(said, BaseException):
            answer.set_exception(said)
        else:
            answer.set_result(said)

    started = time.perf_counter()
    threading.Thread(target=ask, name=f"resolve {host[:40]}", daemon=True).start()
    try:
        found = await answer
    except UnicodeError:
        raise Trouble(Failure.NXDOMAIN, Stage.DNS, "this can be no host name") from None
    except socket.gaierror as problem:
        if problem.errno == socket.EAI_AGAIN and time.perf_counter() - started > SILENT_AFTER:
            raise Trouble(Failure.DNS_TIMEOUT, Stage.DNS, "the resolver did not answer in time") from None
        raise
    if not found:
        raise Trouble(Failure.DNS_NO_ADDRESS, Stage.DNS, "the name has no address")
    return found[:MAX_ADDRESSES]


async def records(name: str, rtype: str, server: str = "", lifetime: float = 5.0) -> tuple[str, ...]:
    """The records of a name as text, sorted. `server` is `address[:port]`; empty = the system's resolvers.

    Raises dnspython's exceptions, OSError or Trouble; `failures.classify` knows them.
    """
    import dns.asyncresolver
    import dns.exception

    resolver = dns.asyncresolver.Resolver(configure=not server)
    if server:
        host, port = split_host_port(server, 53)
        if not is_address(host):
            raise Trouble(Failure.INTERNAL, Stage.DNS, f"{server!r} is no address of a DNS server")
        resolver.nameservers, resolver.port = [host], port
    resolver.retry_servfail = False
    resolver.lifetime = max(lifetime, 0.05)
    resolver.timeout = min(2.0, resolver.lifetime)
    answer = await resolver.resolve(name, rtype, search=False)
    return tuple(sorted((str(row.to_text()) for row in answer), key=_order))


def _order(text: str) -> tuple[int, int, str]:
    """Addresses by number, everything else by text."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return (9, 0, text)
    return (address.version, int(address), text)
