"""`proxy`: looks through a proxy in the region. Options: `url`, `plain`, `ca_file`.

`url` is `http://[user:password@]host:port` (CONNECT) or `socks5://…`. A tunnel is asked for every target, so that the
proxy never speaks HTTP to it; many proxies allow tunnels to port 443 only, and `plain: true` says that this one also
lets http:// targets through. The proxy's trouble never becomes the target's: a look that ended without an answer of
the target counts only if a control passes through the same proxy right after it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from .. import probes
from ..failures import scrub
from ..fetch import Looker, common_gate
from ..fetch import proxy as net_proxy
from ..fetch.stream import CONNECT_LIMIT
from ..model import Check, Failure, Observation, Region, Verdict
from . import Errand
from ._confirm import inconclusive
from ._direct import Direct
from ._doubts import answered
from ._selfcheck import SelfCheck

RECENT = 5.0
"""Seconds for which a control's success after a failed look vouches for the proxy."""


class Proxy:
    name = "proxy"
    options = frozenset({"url", "plain", "ca_file"})

    def options_problem(self, region: Region) -> str:
        if not isinstance(region.options.get("plain", False), bool):
            return "proxy's option plain is true or false"
        url = region.options.get("url")
        if not isinstance(url, str) or not url:
            return "proxy needs `url`; write http://host:port or socks5://host:port"
        try:
            net_proxy.parse(url)
        except ValueError as problem:
            return f"{problem}; write http://host:port or socks5://host:port"
        return ""

    def cannot_carry(self, region: Region, check: Check) -> str:
        probe: probes.Probe[Any] = probes.get(check.kind)
        if "dns" in probe.needs(check.spec):
            return "a proxy resolves names itself, so it cannot carry dns checks"
        if not region.options.get("plain") and any(request.url.startswith("http://") for request in check.asks):
            return "a proxy's tunnel carries http:// targets only with plain: true; write https://"
        return ""

    async def look(self, errand: Errand) -> Sequence[Observation]:
        return await _Through(errand).run()


class _Through:
    """One run through one proxy."""

    def __init__(self, errand: Errand) -> None:
        options = errand.region.options
        self._errand, self._url = errand, str(options.get("url", ""))
        self._direct = Direct(errand, Proxy.name, proxy=self._url, ca_file=str(options.get("ca_file", "")))
        self._vouching = asyncio.Lock()
        self._vouched: tuple[float, bool] = (float("-inf"), False)

    async def run(self) -> Sequence[Observation]:
        trouble = await self._own_port()
        if not trouble:
            return await self._direct.run(self._doubt)
        errand, at = self._errand, int(self._errand.clock())
        lost = [
            inconclusive(check, errand.region.id, at, Failure.ENGINE_ERROR, trouble, Proxy.name)
            for check in (*errand.controls, *errand.checks)
        ]
        for observation in lost:
            errand.told(observation)
        return lost

    async def _own_port(self) -> str:
        """What is wrong with the proxy itself, before it is blamed for, or blames, anybody; '' if it accepts."""
        try:
            proxy = net_proxy.parse(self._url)
        except ValueError as problem:
            return f"{problem}; write http://host:port or socks5://host:port"
        # Where the proxy stands is the operator's choice, often a private network.
        look = Looker(timeout=CONNECT_LIMIT, allow_private=True, gate=common_gate())
        exchange = await look.connect(proxy.host, proxy.port)
        return f"the proxy cannot be reached: {scrub(exchange.detail)}" if exchange.failure is not None else ""

    async def _doubt(self, check: Check, seen: Observation) -> Observation:
        """A failure without any answer of the target is the proxy's until a control passes."""
        if seen.verdict is not Verdict.DOWN or "status" in seen.facts:
            return seen
        if await self._vouch():
            return seen
        why = f"nothing passes through the proxy, so this says nothing about the target ({seen.detail})"
        return replace(seen, verdict=Verdict.INCONCLUSIVE, failure=Failure.ENGINE_ERROR, stage=None, detail=why[:300])

    async def _vouch(self) -> bool:
        """Whether a control answers through the proxy now, or did within the last seconds."""
        async with self._vouching:
            when, passed = self._vouched
            if time.monotonic() - when < RECENT:
                return passed
            async with SelfCheck() as own:
                passed = False
                for control in self._errand.controls:
                    passed = answered(await self._direct.one(control, own, retries=0))
                    if passed:
                        break
            self._vouched = (time.monotonic(), passed)
            return passed


ENGINE = Proxy()
