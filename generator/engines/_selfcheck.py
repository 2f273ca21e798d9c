"""Is our own machine quick enough to time others? A sample against ourselves, again and again while a run goes on.

What a look measures includes our own queue. A request to an echo on loopback should take a millisecond or two; when
the last ones took longer than `TOO_SLOW`, the timings taken meanwhile say more about us than about the targets.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections import deque
from types import TracebackType

TOO_SLOW = 10.0
"""Milliseconds of a loopback round trip above which timings carry low confidence."""
EVERY = 0.2
KEPT = 5
FEWEST = 3
"""Samples before anything is doubted: one late sample is what every start of a program looks like."""


class SelfCheck:
    """`async with SelfCheck() as own: ...; own.trusted()`. Without loopback nothing is known nor doubted."""

    def __init__(self) -> None:
        self._samples: deque[float] = deque(maxlen=KEPT)
        self._server: asyncio.Server | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def median(self) -> float | None:
        """Milliseconds, of the newest five samples; None before the first."""
        return statistics.median(self._samples) if self._samples else None

    def trusted(self) -> bool:
        median = self.median
        return median is None or len(self._samples) < FEWEST or median <= TOO_SLOW

    async def __aenter__(self) -> SelfCheck:
        try:
            self._server = await asyncio.get_running_loop().create_server(_Echo, "127.0.0.1", 0)
        except OSError:  # a machine without loopback cannot be sampled this way
            return self
        port = self._server.sockets[0].getsockname()[1]
        self._task = asyncio.create_task(self._sample(port))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _sample(self, port: int) -> None:
        while True:
            started = time.perf_counter()
            try:
                await _round_trip(port)
            finally:
                # A trip that failed was late too: out of ports or descriptors, which the looks will say themselves.
                self._samples.append((time.perf_counter() - started) * 1000)
            await asyncio.sleep(EVERY if len(self._samples) >= FEWEST else EVERY / 10)


async def _round_trip(port: int) -> None:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return
    try:
        writer.write(b".")
        await reader.read(1)
    except OSError:
        return
    finally:
        writer.transport.abort()


class _Echo(asyncio.Protocol):
    """Gives one byte back and hangs up; has no task that could outlive the run."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        assert isinstance(self._transport, asyncio.WriteTransport)
        self._transport.write(data)
        self._transport.close()
