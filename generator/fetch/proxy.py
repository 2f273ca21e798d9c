"""The handshakes of a proxy (HTTP CONNECT, SOCKS5) over a connected socket.

What goes wrong with the proxy itself is raised as `ENGINE_ERROR`. When the proxy says that it cannot reach the target
(`UNREACHABLE`, `REFUSED`, `CONNECT_TIMEOUT`), whether the target is down or the proxy is cut off is not known here: the
engine finds out with its controls, and takes it for its own trouble until then.
"""

from __future__ import annotations

import asyncio
import base64
import socket
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import unquote, urlsplit

from ..failures import Trouble, scrub
from ..model import Failure, Stage

MAX_HEAD = 16 * 1024

_SOCKS_TARGET = {
    3: Failure.UNREACHABLE,
    4: Failure.UNREACHABLE,
    5: Failure.REFUSED,
    6: Failure.CONNECT_TIMEOUT,
}
_SOCKS_OWN = {1: "general failure", 2: "forbidden by its rules", 7: "command not supported", 8: "address not supported"}


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy's address. `scheme` is http or socks5; `user` and `password` are empty without authentication."""

    scheme: str
    host: str
    port: int
    user: str = ""
    password: str = ""

    async def open(self, sock: socket.socket, host: str, port: int) -> None:
        """Ask for a tunnel to host:port. The name is resolved by the proxy: that is what its region sees."""
        try:
            await (_socks(self, sock, host, port) if self.scheme == "socks5" else _connect(self, sock, host, port))
        except OSError as problem:
            _fault(f"the proxy broke off ({scrub(str(problem), limit=80)})")


def parse(url: str) -> Proxy:
    """`http://[user:password@]host:port` or `socks5://…`; ValueError says what is wrong, without the password."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ValueError("the proxy's url is no address") from None
    scheme = {"socks5h": "socks5"}.get(parts.scheme, parts.scheme)
    if scheme not in ("http", "socks5"):
        raise ValueError("a proxy has the scheme http or socks5")
    try:
        port = parts.port or {"http": 3128, "socks5": 1080}[scheme]
    except ValueError:
        raise ValueError("the proxy's port is no number from 1 to 65535") from None
    if not parts.hostname:
        raise ValueError("the proxy's url has no host")
    return Proxy(scheme, parts.hostname, port, unquote(parts.username or ""), unquote(parts.password or ""))


def _fault(text: str, word: Failure = Failure.ENGINE_ERROR) -> NoReturn:
    raise Trouble(word, Stage.CONNECT, text)


async def _connect(proxy: Proxy, sock: socket.socket, host: str, port: int) -> None:
    authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    lines = [f"CONNECT {authority} HTTP/1.1", f"Host: {authority}"]
    if proxy.user or proxy.password:
        token = base64.b64encode(f"{proxy.user}:{proxy.password}".encode()).decode()
        lines.append(f"Proxy-Authorization: Basic {token}")
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(sock, ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", errors="replace"))
    head = b""
    # One byte at a time, so that nothing the target says first is taken from the socket; an answer has about 50.
    while not head.endswith(b"\r\n\r\n"):
        data = await loop.sock_recv(sock, 1)
        head += data
        if not data or len(head) > MAX_HEAD:
            _fault("the proxy's answer is no HTTP")
    words = head.split(b"\r\n", 1)[0].split(b" ", 2)
    if len(words) < 2 or not words[0].startswith(b"HTTP/") or not words[1].isdigit():
        _fault("the proxy's answer is no HTTP")
    status = int(words[1])
    if 200 <= status < 300:
        return
    if status == 407:
        _fault("the proxy wants other credentials (407)")
    if status in (500, 502, 503, 504):
        _fault(f"the proxy cannot reach the target ({status})", Failure.UNREACHABLE)
    _fault(f"the proxy refuses the connection ({status})")


async def _socks(proxy: Proxy, sock: socket.socket, host: str, port: int) -> None:
    loop = asyncio.get_running_loop()
    with_password = bool(proxy.user or proxy.password)
    await loop.sock_sendall(sock, b"\x05\x01" + (b"\x02" if with_password else b"\x00"))
    version, method = await _exactly(sock, 2)
    if version != 5 or method != (2 if with_password else 0):
        _fault("the proxy wants other credentials" if version == 5 else "the proxy does not speak SOCKS5")
    if with_password:
        user, password = proxy.user.encode()[:255], proxy.password.encode()[:255]
        await loop.sock_sendall(sock, bytes([1, len(user)]) + user + bytes([len(password)]) + password)
        if (await _exactly(sock, 2))[1] != 0:
            _fault("the proxy refuses the credentials")
    name = host.encode("idna") if not host.isascii() else host.encode()
    await loop.sock_sendall(sock, b"\x05\x01\x00\x03" + bytes([len(name)]) + name + port.to_bytes(2, "big"))
    version, code, _, kind = await _exactly(sock, 4)
    if version != 5:
        _fault("the proxy does not speak SOCKS5")
    if code in _SOCKS_TARGET:
        word = _SOCKS_TARGET[code]
        _fault(f"the proxy cannot reach the target ({word.value.replace('_', ' ')})", word)
    if code:
        _fault(f"the proxy refuses the connection ({_SOCKS_OWN.get(code, f'code {code}')})")
    size = {1: 4, 4: 16}.get(kind) or (await _exactly(sock, 1))[0]
    await _exactly(sock, size + 2)


async def _exactly(sock: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = await asyncio.get_running_loop().sock_recv(sock, count - len(data))
        if not more:
            _fault("the proxy hung up in the middle of its greeting")
        data += more
    return data
