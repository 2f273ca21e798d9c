"""Which addresses may be connected to, and how a pin (`host[:port]` -> `address[:port]`) is read. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from enum import StrEnum
from typing import TypeAlias

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_LOCAL_NAMES = (".local", ".localhost", ".internal", ".lan", ".home", ".home.arpa", ".intranet", ".test")


class Reach(StrEnum):
    """Where an address leads: anywhere, into somebody's own network, or where nobody may be sent."""

    PUBLIC = "public"
    PRIVATE = "private"
    NEVER = "never"


def reach(text: str) -> Reach:
    """The reach of an address in text form. Addresses that wrap another one count as what they wrap.

    Link-local is never allowed: cloud machines serve their credentials there. Neither are multicast and 0.0.0.0.
    """
    address = _unwrapped(ipaddress.ip_address(text.partition("%")[0]))
    if address.is_link_local or address.is_multicast or address.is_unspecified or str(address) == "255.255.255.255":
        return Reach.NEVER
    if isinstance(address, ipaddress.IPv4Address) and address in ipaddress.ip_network("0.0.0.0/8"):
        return Reach.NEVER
    return Reach.PUBLIC if address.is_global else Reach.PRIVATE


def _unwrapped(address: Address) -> Address:
    """The IPv4 address inside ::ffff:a.b.c.d, 64:ff9b::a.b.c.d and 2002:…, else the address itself."""
    if not isinstance(address, ipaddress.IPv6Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if int(address) >> 32 == 0 and int(address) > 1:  # the old ::a.b.c.d
        return ipaddress.IPv4Address(int(address))
    return address


def is_address(text: str) -> bool:
    """Whether a host is an address already (`[::1]` without its brackets)."""
    try:
        ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return True


def is_local_name(host: str) -> bool:
    """Whether a name is somebody's own by its form: one label, `.internal` and the like, a number as `2130706433`."""
    host = host.rstrip(".").lower()
    return "." not in host or host.endswith(_LOCAL_NAMES) or host.replace(".", "").isdecimal() or host.startswith("0x")


def split_host_port(text: str, port: int = 0) -> tuple[str, int]:
    """`host`, `host:443`, `[::1]:443`, `::1` -> (host without brackets, port); ValueError if it is none of these."""
    text = text.strip()
    if text.startswith("["):
        host, closed, rest = text[1:].partition("]")
        if not closed or (rest and not rest.startswith(":")):
            raise ValueError(f"{text!r} is no host:port")
        number = rest[1:]
    elif text.count(":") == 1:
        host, _, number = text.partition(":")
    else:
        host, number = text, ""
    if number and not (number.isdecimal() and 0 < int(number) < 65536):
        raise ValueError(f"{text!r} has no valid port")
    if not host or any(c.isspace() or c in "/@?#" for c in host):
        raise ValueError(f"{text!r} is no host:port")
    return host, int(number) if number else port


def pinned(pins: Mapping[str, str], host: str, port: int) -> tuple[str, int] | None:
    """Where a pin sends host:port, or None. `host:port` wins over `host`; names compare without case."""
    wanted = host.lower().rstrip(".")
    found: tuple[str, int] | None = None
    for source, target in pins.items():
        name, at = split_host_port(source)
        if name.lower().rstrip(".") != wanted or at not in (0, port):
            continue
        address = split_host_port(target, port)
        if at:
            return address
        found = address
    return found


def pin_problem(pins: Mapping[str, str], allow_private: bool) -> str:
    """What is wrong with a set of pins, or ''. A pin leads to an address, never to another name."""
    for source, target in pins.items():
        try:
            split_host_port(source)
            address, _ = split_host_port(target)
        except ValueError as problem:
            return str(problem)
        if not is_address(address):
            return f"{source} is pinned to {address!r}; write an address"
        where = reach(address)
        if where is Reach.NEVER:
            return f"{source} is pinned to {address}, which nobody may be sent to"
        if where is Reach.PRIVATE and not allow_private:
            return f"{source} is pinned to {address}, which is private; set allow_private: true"
    return ""
