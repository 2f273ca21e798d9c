"""Two small proxies on loopback, CONNECT and SOCKS5, with the habits real ones have."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import threading
import weakref
from types import TracebackType

Reader, Writer = asyncio.StreamReader, asyncio.StreamWriter


class Proxies:
    """`http` and `socks` are their URLs. `mode`: `fine`, `cut-off` (its own way out is gone), `closed` (refuses all),
    `mute` (accepts and says nothing), `dies` (opens the tunnel and drops it). `routes` sends names to ports."""

    def __init__(self, routes: dict[str, str], password: str = "") -> None:
        self.mode = "fine"
        self.routes, self.password = routes, password
        self.asked: list[str] = []
        self._loop = asyncio.new_event_loop()
        self._writers: weakref.WeakSet[Writer] = weakref.WeakSet()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Proxies:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

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
        self._servers = [
            await asyncio.start_server(h, "127.0.0.1", 0) for h in (self._guard(self._http), self._guard(self._socks))
        ]
        ports = [server.sockets[0].getsockname()[1] for server in self._servers]
        self.http, self.socks = f"http://127.0.0.1:{ports[0]}", f"socks5://127.0.0.1:{ports[1]}"

    def _guard(self, handler):  # type: ignore[no-untyped-def]
        async def guarded(reader: Reader, writer: Writer) -> None:
            self._writers.add(writer)
            try:
                if self.mode == "mute":
                    await asyncio.sleep(3600)
                await handler(reader, writer)
            except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                pass
            finally:
                writer.close()

        return guarded

    async def _http(self, reader: Reader, writer: Writer) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        method, target, _ = head.split("\r\n")[0].split(" ")
        self.asked.append(target)
        token = base64.b64encode(f"user:{self.password}".encode()).decode()
        if self.password and f"Basic {token}" not in head:
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
        elif method != "CONNECT" or self.mode == "closed":
            writer.write(b"HTTP/1.1 403 Forbidden\r\n\r\n")
        else:
            await self._tunnel(
                reader,
                writer,
                target,
                b"HTTP/1.1 200 Connection established\r\n\r\n",
                b"HTTP/1.1 502 Bad Gateway\r\n\r\n",
            )
        await writer.drain()

    async def _socks(self, reader: Reader, writer: Writer) -> None:
        _, count = await reader.readexactly(2)
        methods = await reader.readexactly(count)
        if self.password:
            writer.write(b"\x05\x02")
            _, size = await reader.readexactly(2)
            await reader.readexactly(size)
            given = await reader.readexactly((await reader.readexactly(1))[0])
            writer.write(b"\x01\x00" if given.decode() == self.password else b"\x01\x01")
            if given.decode() != self.password:
                return
        else:
            writer.write(b"\x05\x00" if 0 in methods else b"\x05\xff")
        await reader.readexactly(4)
        name = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
        port = int.from_bytes(await reader.readexactly(2), "big")
        self.asked.append(f"{name}:{port}")
        rest = b"\x00\x01\x00\x00\x00\x00\x00\x00"
        if self.mode == "closed":
            writer.write(b"\x05\x02" + rest)
        else:
            await self._tunnel(reader, writer, f"{name}:{port}", b"\x05\x00" + rest, b"\x05\x05" + rest)
        await writer.drain()

    async def _tunnel(self, reader: Reader, writer: Writer, target: str, opened: bytes, failed: bytes) -> None:
        host, _, port = target.rpartition(":")
        address, _, there = self.routes.get(host, f"{host}:{port}").rpartition(":")
        if self.mode == "cut-off":
            writer.write(failed)
            return
        try:
            out_reader, out_writer = await asyncio.open_connection(address, int(there))
        except OSError:
            writer.write(failed)
            return
        writer.write(opened)
        if self.mode == "dies":
            out_writer.close()
            return
        pumps = [asyncio.ensure_future(_pump(reader, out_writer)), asyncio.ensure_future(_pump(out_reader, writer))]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            out_writer.transport.abort()
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)


async def _pump(source: Reader, sink: Writer) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
