"""`blackbox`: looks from a Prometheus blackbox exporter of your own. Options: `url`, the exporter's address.

The exporter must run the modules of `roadworthy blackbox-config`. One that does not answer, answers an error, or does
not know a module is inconclusive: nothing of it is the target's. Never reads more of the exporter than its numbers
and, when a look failed, the line of its log that says why; never keeps that log.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from .. import blackbox_config as modules
from ..failures import classify
from ..fetch import Looker, scrub_url
from ..fetch.address import Reach, is_address, is_local_name, reach
from ..judging import inconclusive as unclear
from ..judging import judged, ok, worst_of
from ..model import Check, Failure, Observation, Region, Stage, Verdict
from ..probes import Context, Facts, Judgement, Probe
from ..probes.http import HttpSpec, judge_exchange
from ..probes.tcp import TcpSpec
from ..probes.tls import TlsSpec
from . import CONTROLS_SHARE, Errand
from ._blackbox_metrics import Page, exchange, parse, wrong
from ._confirm import inconclusive, observe

if TYPE_CHECKING:
    import httpx

AT_ONCE = 32
MARGIN = 1.0
"""Seconds an exporter gets beyond the check's own time: it ends a probe half a second early by itself."""
ASKING = 5.0
"""Seconds for the exporter's own configuration."""
MOST = 4 << 20
CLOSED = 403
"""The status of bot checks, of firewalls and of closed countries; what would tell them apart is not brought back."""


class Blackbox:
    name = "blackbox"
    options = frozenset({"url"})

    def options_problem(self, region: Region) -> str:
        try:
            parts = urlsplit(str(region.options.get("url")))
        except ValueError:
            return "the exporter's `url` is no address; write http://host:9115"
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return "blackbox needs `url`; write http://host:9115"
        return ""

    def cannot_carry(self, region: Region, check: Check) -> str:
        why = modules.unfit(check)
        if not why and not (check.allow_private or region.allow_private) and _private(check.spec):
            why = "this check looks at a private address; write allow_private: true if that is meant"
        return why

    async def look(self, errand: Errand) -> Sequence[Observation]:
        return await _Run(errand).run()


def _private(spec: Any) -> bool:
    """Whether the target is written as an address that is not public, or as a name of this machine."""
    host = urlsplit(spec.url).hostname or "" if isinstance(spec, HttpSpec) else str(getattr(spec, "host", ""))
    return reach(host) is not Reach.PUBLIC if is_address(host) else is_local_name(host)


class Outdated(Exception):
    """The exporter does not know a module."""


class Broken(Exception):
    """The exporter itself failed."""


class _Run:
    """One run against one exporter."""

    def __init__(self, errand: Errand) -> None:
        self.errand = errand
        self.base = str(errand.region.options.get("url", "")).rstrip("/")
        self.at_once = asyncio.Semaphore(AT_ONCE)

    async def run(self) -> Sequence[Observation]:
        import httpx

        headers = {"User-Agent": self.errand.user_agent or "roadworthy"}
        limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=8)
        async with httpx.AsyncClient(trust_env=False, headers=headers, limits=limits, timeout=ASKING) as self.client:
            try:
                known = await self._known()
            except Broken as problem:
                return [self._lost(c, Failure.ENGINE_ERROR, str(problem)) for c in self._all()]
            first = self.errand.share(CONTROLS_SHARE)
            controls = await asyncio.gather(*(self._one(c, known, first) for c in self.errand.controls))
            looks = (self._one(c, known, self.errand) for c in self.errand.checks)
            return [*controls, *await asyncio.gather(*looks)]

    def _all(self) -> tuple[Check, ...]:
        return (*self.errand.controls, *self.errand.checks)

    async def _known(self) -> frozenset[str]:
        """The modules the exporter runs now; Broken if it does not tell."""
        import yaml

        text = await self._get("/config", {}, ASKING)
        try:
            loaded = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        except (yaml.YAMLError, RecursionError):
            loaded = None
        found = loaded.get("modules") if isinstance(loaded, dict) else None
        if not isinstance(found, dict):
            raise Broken("the exporter shows no configuration")
        return frozenset(map(str, found))

    async def _one(self, check: Check, known: frozenset[str], errand: Errand) -> Observation:
        if why := modules.unfit(check):
            return self._lost(check, Failure.ENGINE_ERROR, why)
        if modules.name(check) not in known:
            return self._lost(check, Failure.ENGINE_OUTDATED, _OUTDATED)
        async with self.at_once:
            seen = await observe(
                check, self.errand.region.id, self._probe(check), self._look(check), errand, engine=ENGINE.name
            )
        self.errand.told(seen)
        return seen

    def _look(self, check: Check) -> Any:
        # The exporter does the looking; observe() still wants a look to hand to measure(), which ignores it.
        return lambda attempt: Looker(timeout=check.timeout, clock=self.errand.clock)

    def _probe(self, check: Check) -> Probe[Any]:
        async def measure(spec: Any, look: Any) -> Facts:
            return await self._measure(check)

        return Probe(check.kind, type(check.spec), measure, judge)

    async def _measure(self, check: Check) -> Facts:
        method, url, parameters = asked(check, {**self.errand.region.resolve, **check.resolve})
        parameters["module"] = modules.name(check)
        try:
            page, _ = await self._probe_page(parameters, check.timeout)
            log = ""
            if not page.success:
                # Only the log of the exporter tells what was wrong; a second look, asked to explain itself.
                page, log = await self._probe_page({**parameters, "debug": "true"}, check.timeout)
        except Outdated:
            return Facts(failure=Failure.ENGINE_OUTDATED, detail=_OUTDATED)
        except Broken as problem:
            return Facts(failure=Failure.ENGINE_ERROR, detail=str(problem))
        seen = exchange(method, url, page, log)
        values = {"success": page.success, "wrong": wrong(log)}
        return Facts((seen,), latency_ms=seen.latency_ms, phases=seen.phases, values=values)

    async def _probe_page(self, parameters: Mapping[str, str], timeout: float) -> tuple[Page, str]:
        text = await self._get("/probe", parameters, timeout + MARGIN, scrape=timeout + 0.5)
        log, _, rest = text.partition("Metrics that would have been returned:")
        page = parse(rest or text)
        if page is None:
            raise Broken("the exporter's answer holds no probe_success")
        return page, log if rest else ""

    async def _get(self, path: str, parameters: Mapping[str, str], limit: float, scrape: float = 0.0) -> str:
        """The text of a page of the exporter; Outdated or Broken, whatever happened on the way."""
        import httpx

        headers = {"X-Prometheus-Scrape-Timeout-Seconds": f"{scrape:g}"} if scrape else {}
        try:
            async with asyncio.timeout(limit):
                async with self.client.stream("GET", self.base + path, params=parameters, headers=headers) as answer:
                    return await self._read(answer)
        except TimeoutError:
            raise Broken(f"the exporter did not answer within {limit:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL) as problem:
            raise Broken(f"the exporter cannot be reached ({classify(problem)[2]})") from None

    async def _read(self, answer: httpx.Response) -> str:
        raw = b""
        async for chunk in answer.aiter_bytes():
            raw += chunk
            if len(raw) > MOST:
                raise Broken("the exporter's answer is too large")
        text = raw.decode("utf-8", errors="replace")
        if answer.status_code == 200:
            return text
        if answer.status_code == 400 and "unknown module" in text.lower():
            raise Outdated
        raise Broken(f"the exporter answers with status {answer.status_code}")

    def _lost(self, check: Check, failure: Failure, why: str) -> Observation:
        seen = inconclusive(check, self.errand.region.id, int(self.errand.clock()), failure, why, ENGINE.name)
        self.errand.told(seen)
        return seen


_OUTDATED = "the exporter runs an older configuration; give it the one of `roadworthy blackbox-config`"


def asked(check: Check, pins: Mapping[str, str]) -> tuple[str, str, dict[str, str]]:
    """(method, address without secrets, parameters of `/probe`). A pin asks its address and keeps name and SNI."""
    spec = check.spec
    if isinstance(spec, HttpSpec):
        parts = urlsplit(spec.url)
        host, port = parts.hostname or "", parts.port or {"http": 80, "https": 443}[parts.scheme]
        pin = pins.get(f"{host}:{port}") or pins.get(host)
        if not pin:
            return spec.method, scrub_url(spec.url), {"target": spec.url}
        netloc = pin if pin.count(":") == 1 or pin.startswith("[") else f"{pin}:{port}"
        return spec.method, scrub_url(spec.url), {"target": urlunsplit(parts._replace(netloc=netloc)), "hostname": host}
    if isinstance(spec, TcpSpec | TlsSpec):
        pin = pins.get(f"{spec.host}:{spec.port}") or pins.get(spec.host)
        host = pin or spec.host
        target = host if pin and pin.count(":") == 1 else f"{f'[{host}]' if ':' in host else host}:{spec.port}"
        return "CONNECT", f"tcp://{spec.host}:{spec.port}", {"target": target}
    raise TypeError(f"blackbox has no question for {check.kind} checks")


def judge(spec: Any, facts: Facts, context: Context) -> Judgement:
    """The usual judge; what the exporter compared for us (text, headers) is taken from its word."""
    seen = facts.exchanges[0]
    if isinstance(spec, HttpSpec):
        return _judge_http(spec, seen, facts, context)
    if isinstance(spec, TlsSpec):
        from ..probes.tls import judge as judge_tls

        return judge_tls(spec, facts, context)
    if spec.banner and (facts.values.get("wrong") or seen.failure is Failure.TIMEOUT):
        return judged(Failure.WRONG_CONTENT, f"wanted a greeting with {spec.banner!r}", Stage.CONTENT)
    from ..probes.tcp import judge as judge_tcp

    return judge_tcp(spec.model_copy(update={"banner": ""}), facts, context)


def _judge_http(spec: HttpSpec, seen: Any, facts: Facts, context: Context) -> Judgement:
    expect = spec.expect.model_copy(update={"text": (), "not_text": (), "headers": {}, "content_type": None})
    judgement = judge_exchange(seen, expect, spec.latency, context.now, spec.method)
    if seen.status == CLOSED and judgement.failure is Failure.WRONG_STATUS:
        why = f"status {CLOSED}: an exporter does not tell a bot check or a closed country from a refusal"
        return unclear(Failure.CHALLENGED, why, judgement.facts)
    if judgement.verdict not in (Verdict.OK, Verdict.DEGRADED):
        return judgement
    if (word := facts.values.get("wrong")) is not None:
        bad = judged(word, "the answer does not hold what it should (text or header)", Stage.CONTENT)
        return worst_of(bad, replace(judgement, value=None))
    if seen.truncated and (spec.expect.text or spec.expect.not_text):
        return unclear(Failure.TRUNCATED, f"the exporter reads {spec.max_bytes} bytes, there are more")
    if not (facts.values.get("success") or seen.truncated):
        return unclear(Failure.UNKNOWN_FAILURE, "the exporter says no to the answer, and not why")
    return worst_of(judgement, ok(facts={"proof": "compared by the exporter"} if _compares(spec) else {}))


def _compares(spec: HttpSpec) -> bool:
    return bool(spec.expect.text or spec.expect.not_text or spec.expect.headers or spec.expect.content_type)


ENGINE = Blackbox()
