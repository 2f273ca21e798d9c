"""A server that does everything wrong that a server can do, for tests on loopback.

`with Hostile() as server:` starts it in a thread with a loop of its own, so that a client that blocks its own loop
cannot also stop the server. `server.url(name)` is the address of a fault, `server.tls(name)` of a TLS one; names of
TLS faults are hosts that `server.pins` leads to their ports. `server.ca_file` is the CA that signed the good ones.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import gzip
import json
import socket
import ssl
import struct
import tempfile
import threading
import weakref
import zlib
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType

import trustme

Reader, Writer = asyncio.StreamReader, asyncio.StreamWriter
Handler = Callable[[Reader, Writer, "Ask"], Awaitable[None]]

FAULTS: dict[str, Handler] = {}
BASE = "http://127.0.0.1"


class Ask:
    """A request as it came: method, target, headers (lower case)."""

    def __init__(self, head: bytes) -> None:
        lines = head.decode("latin-1").split("\r\n")
        self.method, self.target, _ = (*lines[0].split(" "), "", "")[:3]
        self.headers = {k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:] if line)}


def fault(handler: Handler) -> Handler:
    FAULTS[handler.__name__.replace("_", "-")] = handler
    return handler


def answer(status: str = "200 OK", body: bytes = b"fine", **headers: str) -> bytes:
    """A well-formed answer; header names are written with `_` for `-`."""
    fields = {"content-type": "text/plain", "content-length": str(len(body))}
    fields |= {k.replace("_", "-"): v for k, v in headers.items()}
    head = "".join(f"{k}: {v}\r\n" for k, v in fields.items() if v)
    return f"HTTP/1.1 {status}\r\n{head}connection: close\r\n\r\n".encode("latin-1") + body


def simple(name: str, data: bytes) -> None:
    async def handler(reader: Reader, writer: Writer, ask: Ask) -> None:
        writer.write(data)

    FAULTS[name] = handler


async def _flood(writer: Writer, *parts: bytes) -> None:
    """Nearly as fast as the reader takes it; the reader shares its interpreter with the server."""
    for part in parts:
        writer.write(part)
    await writer.drain()
    await asyncio.sleep(0.002)


def _reset(writer: Writer) -> None:
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


# ---- well-formed answers that mean something -------------------------------------------------------------------------

PAGE = b"<!doctype html><title>hello</title>"
JUST_A_MOMENT = b"<!doctype html><html><head><title>Just a moment...</title></head><body>_cf_chl_opt</body></html>"
EDGE_PAGE = b'<html><div id="cf-wrapper"><div id="cf-error-details">error</div></div></html>'

simple("fine", answer())
simple("json", answer(body=b'{"items":[1,2,3],"code":"fine"}', content_type="application/json"))
simple("status-600", answer("600 Odd"))
simple("status-999", answer("999 Odd"))
simple("status-000", answer("000 Odd"))
simple("error-500", answer("500 Internal Server Error", b"An unexpected error occurred"))
simple("busy-503", answer("503 Service Unavailable", b"Server busy, please retry shortly.", x_handled_by="pod-1"))
simple("not-found", answer("404 Not Found"))
simple("maintenance", answer("503 Service Unavailable", b"Down for maintenance", retry_after="3600"))
simple("rate-limited", answer("429 Too Many Requests", b"slow down", retry_after="120"))
simple("rate-limited-1015", answer("429 Too Many Requests", b"error code: 1015", server="cloudflare", cf_ray="8f-AMS"))
simple("challenge", answer("403 Forbidden", JUST_A_MOMENT, content_type="text/html", cf_mitigated="challenge"))
simple("challenge-old", answer("503 Service Unavailable", JUST_A_MOMENT, content_type="text/html", server="cloudflare"))
simple("challenge-waf", answer("202 Accepted", b"", x_amzn_waf_action="challenge"))
simple("firewall-1020", answer("403 Forbidden", b"error code: 1020", server="cloudflare", cf_ray="8f-AMS"))
simple("country-1009", answer("403 Forbidden", b"error code: 1009", server="cloudflare", cf_ray="8f-AMS"))
simple("legal-451", answer("451 Unavailable For Legal Reasons", b"no"))
simple(
    "region-word",
    answer(
        "403 Forbidden",
        json.dumps({"error": "not here", "code": "REGION_BLOCKED"}).encode(),
        content_type="application/json",
    ),
)
simple("edge-522", answer("522 Odd", b"error code: 522", server="cloudflare", cf_ray="8f-AMS"))
simple("edge-530", answer("530 Odd", b"error code: 1016", server="cloudflare", cf_ray="8f-AMS"))
simple(
    "edge-500",
    answer("500 Internal Server Error", EDGE_PAGE, content_type="text/html", server="cloudflare", cf_ray="8f-AMS"),
)
simple(
    "edge-cloudfront", answer("502 Bad Gateway", b"<h1>502</h1>", server="CloudFront", x_cache="Error from cloudfront")
)
simple("app-502", answer("502 Bad Gateway", EDGE_PAGE, server="cloudflare", cf_ray="8f-AMS", x_handled_by="pod-7"))
simple("html-for-json", answer(body=PAGE, content_type="text/html"))
simple("says-error", answer(body=b'{"error":"Something went wrong"}', content_type="application/json"))
simple("empty", answer(body=b""))
simple("wrong-type", answer(body=b"\x89PNG\r\n\x1a\n" + b"0" * 300, content_type="text/plain"))
simple("wrong-bytes", answer(body=b"not a picture at all" * 30, content_type="image/png"))
simple("right-bytes", answer(body=b"\x89PNG\r\n\x1a\n" + b"0" * 300, content_type="image/png"))
simple("clock-off", answer(date="Mon, 01 Jan 2001 00:00:00 GMT"))
simple("http-1-0", b"HTTP/1.0 200 OK\r\ncontent-type: text/plain\r\n\r\nfine without a length")
simple("echo-secret", answer(body=b"your key is CANARY-SECRET", x_echo="CANARY-SECRET"))

# ---- answers that attack the reader ----------------------------------------------------------------------------------

simple("charset-zlib", answer(content_type="text/html; charset=zlib"))
simple("charset-hex", answer(content_type="text/html; charset=hex"))
simple("charset-rot13", answer(content_type="text/html; charset=rot13"))
simple("charset-idna", answer(content_type="text/html; charset=idna"))
simple("control-characters", answer("503 \x1b[31mred\x1b]0;pwn\x07", b"x", server="\x1b[31mevil\u0085"))
simple("two-lengths", b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\ncontent-length: 5\r\n\r\nfine!")
simple(
    "length-and-chunks",
    b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n4\r\nfine\r\n0\r\n\r\n",
)
simple("bad-length", b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\nfine")
simple("bad-chunk", b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nfine\r\n")
simple("short-body", b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this")
simple("not-http", b"SSH-2.0-OpenSSH_9.6\r\n")
simple("nothing", b"")
simple(
    "huge-headers", b"HTTP/1.1 200 OK\r\n" + b"".join(b"x-%d: %s\r\n" % (i, b"v" * 8000) for i in range(1000)) + b"\r\n"
)
simple(
    "many-headers",
    b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n" + b"".join(b"x-%d: v\r\n" % i for i in range(9000)) + b"\r\nfine",
)
simple("nan-json", answer(body=b'{"a": NaN}', content_type="application/json"))
simple("deep-json", answer(body=b"[" * 100_000, content_type="application/json"))
simple("lone-surrogate", answer(body=b'{"a": "\\ud800"}', content_type="application/json"))

BOMB = gzip.compress(b"\0" * (64 << 20), 9)
simple("gzip", answer(body=gzip.compress(b"fine"), content_encoding="gzip"))
simple("gzip-two-members", answer(body=gzip.compress(b"fi") + gzip.compress(b"ne"), content_encoding="gzip"))
simple("deflate", answer(body=zlib.compress(b"fine"), content_encoding="deflate"))
simple("deflate-raw", answer(body=zlib.compress(b"fine")[2:-4], content_encoding="deflate"))
simple("gzip-bomb", answer(body=BOMB, content_encoding="gzip"))
simple("gzip-double", answer(body=gzip.compress(BOMB), content_encoding="gzip, gzip"))
simple("gzip-broken", answer(body=b"\x1f\x8b\x08\x00garbage that is no stream", content_encoding="gzip"))
simple("gzip-cut", answer(body=gzip.compress(b"fine" * 1000)[:-20], content_encoding="gzip"))
simple("unknown-encoding", answer(body=b"whatever", content_encoding="br, zstd"))

# ---- redirects -------------------------------------------------------------------------------------------------------

simple("redirect-loop", answer("302 Found", b"", location="/redirect-loop"))
simple("redirect-fine", answer("302 Found", b"", location="/fine"))
simple("redirect-dead", answer("302 Found", b"", location="http://127.0.0.1:1/", server="the-first"))
simple("redirect-login", answer("302 Found", b"", location="/login"))
simple("login", answer(body=PAGE, content_type="text/html"))
simple("redirect-file", answer("302 Found", b"", location="file:///etc/passwd"))
simple("redirect-nowhere", answer("302 Found", b"", location="http:// /"))
simple("redirect-broken", answer("302 Found", b"", location="http://[::1"))
simple("redirect-port", answer("302 Found", b"", location="http://127.0.0.1:99999/"))
simple("redirect-long", answer("302 Found", b"", location="/" + "a" * 9000))
simple("redirect-metadata", answer("302 Found", b"", location="http://169.254.169.254/latest/meta-data/"))
simple("redirect-zero", answer("302 Found", b"", location="http://0/"))
simple("redirect-nothing", answer("302 Found", b""))
simple("redirect-multicast", answer("302 Found", b"", location="http://224.0.0.1/"))


@fault
async def redirect_growing(reader: Reader, writer: Writer, ask: Ask) -> None:
    writer.write(answer("302 Found", b"", location=ask.target + "x" * 50))


@fault
async def redirect_other_origin(reader: Reader, writer: Writer, ask: Ask) -> None:
    """Another host name on the same port: another origin."""
    port = ask.headers["host"].rpartition(":")[2]
    writer.write(answer("302 Found", b"", location=f"http://localhost:{port}/headers"))


@fault
async def redirect_307_other_origin(reader: Reader, writer: Writer, ask: Ask) -> None:
    port = ask.headers["host"].rpartition(":")[2]
    writer.write(answer("307 Temporary Redirect", b"", location=f"http://localhost:{port}/headers"))


@fault
async def redirect_same_origin(reader: Reader, writer: Writer, ask: Ask) -> None:
    writer.write(answer("302 Found", b"", location="/headers"))


@fault
async def headers(reader: Reader, writer: Writer, ask: Ask) -> None:
    """What arrived, as JSON."""
    writer.write(answer(body=json.dumps(ask.headers).encode(), content_type="application/json"))


# ---- time ------------------------------------------------------------------------------------------------------------


@fault
async def silent(reader: Reader, writer: Writer, ask: Ask) -> None:
    await asyncio.sleep(3600)


@fault
async def drip_body(reader: Reader, writer: Writer, ask: Ask) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
    while True:
        writer.write(b".")
        await writer.drain()
        await asyncio.sleep(0.1)


@fault
async def drip_header(reader: Reader, writer: Writer, ask: Ask) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nx-slow: ")
    while True:
        writer.write(b".")
        await writer.drain()
        await asyncio.sleep(0.1)


@fault
async def endless_1xx(reader: Reader, writer: Writer, ask: Ask) -> None:
    while True:
        writer.write(b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0.01)


@fault
async def flood_1xx(reader: Reader, writer: Writer, ask: Ask) -> None:
    while True:
        writer.write(b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n" * 100)
        await writer.drain()


@fault
async def endless_body(reader: Reader, writer: Writer, ask: Ask) -> None:
    """10 GB as fast as the reader takes them."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 10000000000\r\n\r\n")
    block = b"fine" * 65536
    while True:
        writer.write(block)
        await writer.drain()


@fault
async def endless_chunks(reader: Reader, writer: Writer, ask: Ask) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    block = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    while True:
        writer.write(block)
        await writer.drain()


@fault
async def tiny_chunks(reader: Reader, writer: Writer, ask: Ask) -> None:
    """A body of one-byte chunks: a reader that takes what waits never comes to rest."""
    writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    while True:
        await _flood(writer, b"1\r\na\r\n" * 10_000)


@fault
async def padded_chunks(reader: Reader, writer: Writer, ask: Ask) -> None:
    """Sixty thousand bytes on the wire for each of the body."""
    writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    while True:
        await _flood(writer, b"1;" + b"x" * 60_000 + b"\r\na\r\n")


@fault
async def tiny_headers(reader: Reader, writer: Writer, ask: Ask) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        await _flood(writer, b"a:\r\n" * 10_000)


@fault
async def endless_trailers(reader: Reader, writer: Writer, ask: Ask) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nfine\r\n0\r\n")
    while True:
        await _flood(writer, b"a:\r\n" * 10_000)


@fault
async def tiny_records(reader: Reader, writer: Writer, ask: Ask) -> None:
    """Over TLS each byte is a record of its own."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 10000000000\r\n\r\n")
    while True:
        await _flood(writer, *[b"a"] * 100)


@fault
async def slow_error(reader: Reader, writer: Writer, ask: Ask) -> None:
    """Slow and wrong at once."""
    await asyncio.sleep(0.3)
    writer.write(answer("500 Internal Server Error", b"sorry"))


@fault
async def slow(reader: Reader, writer: Writer, ask: Ask) -> None:
    await asyncio.sleep(0.3)
    writer.write(answer())


@fault
async def exactly_100ms(reader: Reader, writer: Writer, ask: Ask) -> None:
    await asyncio.sleep(0.1)
    writer.write(answer())


# ---- connections -----------------------------------------------------------------------------------------------------


@fault
async def reset(reader: Reader, writer: Writer, ask: Ask) -> None:
    _reset(writer)


@fault
async def reset_in_body(reader: Reader, writer: Writer, ask: Ask) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\nsome of it")
    await writer.drain()
    await asyncio.sleep(0.05)
    _reset(writer)


@fault
async def closed_without_answer(reader: Reader, writer: Writer, ask: Ask) -> None:
    writer.close()


class Hostile:
    """The running server. `seen` counts requests by path; `flaky-N` fails N times and then is fine."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()
        self.pins: dict[str, str] = {}
        self.port = 0
        self.full_port = 0
        self.refused_port = 0
        self.banner_port = 0
        self.folder = tempfile.TemporaryDirectory(prefix="hostile-")
        self.ca_file = str(Path(self.folder.name) / "ca.pem")
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="hostile", daemon=True)
        self._sockets: list[socket.socket] = []
        self._servers: list[asyncio.Server] = []
        self._writers: weakref.WeakSet[Writer] = weakref.WeakSet()

    def url(self, name: str) -> str:
        return f"{BASE}:{self.port}/{name}"

    def tls(self, name: str, path: str = "fine") -> str:
        """The address of a host with this certificate; reached with `pins`."""
        return f"https://{name}.hostile.example/{path}"

    def __enter__(self) -> Hostile:
        self._thread.start()
        assert self._ready.wait(30), "the hostile server did not start"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        for sock in self._sockets:
            sock.close()
        self.folder.cleanup()

    # -- inside the thread --

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._start())
        self._ready.set()
        self._loop.run_forever()
        for server in self._servers:
            server.close()
        for task in (tasks := asyncio.all_tasks(self._loop)):
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        for writer in list(self._writers):
            writer.transport.abort()
        self._loop.run_until_complete(asyncio.sleep(0.05))
        self._loop.close()

    async def _start(self) -> None:
        self.port = await self._listen(self._serve)
        self.banner_port = await self._listen(self._greet)
        self._odd_ports()
        self._certificates()
        for name, context in self._contexts.items():
            self.pins[f"{name}.hostile.example"] = f"127.0.0.1:{await self._listen(self._serve, context)}"
        self.pins["cuts-tls.hostile.example"] = f"127.0.0.1:{await self._listen(self._cut)}"
        self.pins["old-tls.hostile.example"] = f"127.0.0.1:{await self._listen(self._alert)}"
        self.pins["plain.hostile.example"] = f"127.0.0.1:{await self._listen(self._no_tls)}"
        self.pins["silent-tls.hostile.example"] = f"127.0.0.1:{await self._listen(self._hang)}"

    async def _listen(
        self, handler: Callable[[Reader, Writer], Awaitable[None]], context: ssl.SSLContext | None = None
    ) -> int:
        async def until_stopped(reader: Reader, writer: Writer) -> None:
            self._writers.add(writer)
            with contextlib.suppress(asyncio.CancelledError):  # asyncio's server reports it as an error otherwise
                await handler(reader, writer)

        server = await asyncio.start_server(until_stopped, "127.0.0.1", 0, ssl=context, backlog=1024)
        self._servers.append(server)
        sock = server.sockets[0]
        return int(sock.getsockname()[1])

    def _odd_ports(self) -> None:
        refused = socket.socket()
        refused.bind(("127.0.0.1", 0))  # bound, never listening: refused, and nobody else gets the port
        self.refused_port = refused.getsockname()[1]
        full = socket.socket()
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        self.full_port = full.getsockname()[1]
        self._sockets += [refused, full]
        for _ in range(4):  # a full queue: the kernel drops further SYNs
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", self.full_port))
            self._sockets.append(filler)

    def _certificates(self) -> None:
        ca, stranger = trustme.CA(), trustme.CA()
        ca.cert_pem.write_to_path(self.ca_file)
        now = datetime.datetime.now(datetime.UTC)
        day = datetime.timedelta(days=1)

        def context(issuer: trustme.CA, name: str, **times: datetime.datetime) -> ssl.SSLContext:
            made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            issuer.issue_cert(f"{name}.hostile.example", common_name=f"{name}.hostile.example", **times).configure_cert(
                made
            )
            return made

        self._contexts = {
            "good": context(ca, "good", not_before=now - day, not_after=now + 90 * day),
            "soon": context(ca, "soon", not_before=now - day, not_after=now + 3 * day),
            "expired": context(ca, "expired", not_before=now - 9 * day, not_after=now - day),
            "future": context(ca, "future", not_before=now + day, not_after=now + 9 * day),
            "wrong-host": context(ca, "somebody-else"),
            "untrusted": context(stranger, "untrusted"),
            "self-signed": self._self_signed("self-signed.hostile.example"),
        }

    def _self_signed(self, name: str) -> ssl.SSLContext:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec

        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        now = datetime.datetime.now(datetime.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=9))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .sign(key, hashes.SHA256())
        )
        path = Path(self.folder.name) / "self-signed.pem"
        plain = serialization.NoEncryption()
        form = serialization.PrivateFormat.PKCS8
        path.write_bytes(
            key.private_bytes(serialization.Encoding.PEM, form, plain)
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    async def _serve(self, reader: Reader, writer: Writer) -> None:
        try:
            ask = Ask(await reader.readuntil(b"\r\n\r\n"))
            name = ask.target.partition("?")[0].strip("/")
            self.seen[name] += 1
            if name.startswith("flaky-"):
                await self._flaky(name, writer)
            elif name.startswith("redirect-growing"):
                await redirect_growing(reader, writer, ask)
            elif name in FAULTS:
                await FAULTS[name](reader, writer, ask)
            else:
                writer.write(answer("404 Not Found", b"no such fault"))
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    async def _flaky(self, name: str, writer: Writer) -> None:
        writer.write(answer("500 Internal Server Error") if self.seen[name] <= int(name[6:]) else answer())

    async def _greet(self, reader: Reader, writer: Writer) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.6 \x1b[31m\r\n")
        await self._quiet_close(writer)

    async def _cut(self, reader: Reader, writer: Writer) -> None:
        """Answers the TLS greeting of the client by closing: what a filter that reads the server name does."""
        await reader.read(100)
        _reset(writer)

    async def _alert(self, reader: Reader, writer: Writer) -> None:
        """A TLS server that shares no version or cipher with us says `handshake_failure` and goes."""
        await reader.read(100)
        writer.write(bytes.fromhex("15030300020228"))
        await self._quiet_close(writer)

    async def _no_tls(self, reader: Reader, writer: Writer) -> None:
        await reader.read(100)
        writer.write(answer("400 Bad Request", b"speak HTTP"))
        await self._quiet_close(writer)

    async def _hang(self, reader: Reader, writer: Writer) -> None:
        await asyncio.sleep(3600)

    async def _quiet_close(self, writer: Writer) -> None:
        try:
            await writer.drain()
            await asyncio.sleep(0.5)
        except OSError:
            pass
        finally:
            writer.close()
