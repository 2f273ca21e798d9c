"""`globalping`: looks from a world-wide network of volunteers' probes, through its public API.

Options: a place (`continent country state city region asn network tags`), and `token`, `mode`, `probes`, `every`,
`reserve`, `credits`, `api`. `mode: fixed` looks at everything due; `second_opinion` only at what another region found
failing lately; `sweep` at everything at most once in `every`, the longest unseen first, leaving `reserve` tests of
the hour to others. Never sends a secret to a probe: what it is asked with is public. Whatever goes wrong between us
and the target is inconclusive, and an hour without budget is silence, not an outage.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urljoin, urlsplit

from pydantic import TypeAdapter, ValidationError

from .. import probes
from ..fetch import Exchange, Visit
from ..model import Check, Failure, Observation, Region, Request, Stage, Verdict
from ..probes import Context, Facts, Judgement, Probe
from ..probes._fields import Seconds
from . import CONTROLS_SHARE, Errand
from . import _globalping_results as results
from ._confirm import inconclusive, observe
from ._globalping_api import API, Api, Budget, budget_of

MODES = ("fixed", "second_opinion", "sweep")
HOUR = 3600.0
AT_ONCE = 6
HOPS = 2
CARRIES = frozenset({"get", "headers", "dns", "tcp", "tls"})


class Globalping:
    name = "globalping"
    options = frozenset({*results.PLACE_KEYS, "token", "mode", "probes", "every", "reserve", "credits", "api"})

    def options_problem(self, region: Region) -> str:
        options = region.options
        if not results.place(options):
            return "globalping needs a place; write for example country: DE or continent: EU"
        if options.get("mode", "fixed") not in MODES:
            return f"globalping's mode is one of {', '.join(MODES)}"
        if not isinstance(options.get("probes", 1), int) or not 1 <= options.get("probes", 1) <= 5:
            return "globalping's probes is a number from 1 to 5"
        if "tags" in options and not isinstance(options["tags"], list):
            return "globalping's tags is a list"
        if _every(options) is None:
            return "globalping's every is a time such as 30m or 1h"
        if not isinstance(options.get("reserve", 0), int) or options.get("reserve", 0) < 0:
            return "globalping's reserve is a number of tests, 0 or more"
        if not isinstance(options.get("credits", False), bool):
            return "globalping's credits is true or false"
        if region.allow_private:
            return "globalping cannot look at private addresses; leave allow_private out"
        return ""

    def cannot_carry(self, region: Region, check: Check) -> str:
        if check.secrets:
            return "globalping shows everything it is asked with to everybody, and this check uses a secret"
        if check.allow_private:
            return "globalping cannot look at private addresses"
        if getattr(check.spec, "type", "") == "CAA":
            return "globalping asks no resolver for CAA records"
        probe = probes.get(check.kind)
        for need in sorted(probe.needs(check.spec) - CARRIES):
            if need.startswith("body:"):
                if int(need.removeprefix("body:")) > results.MOST_CHARACTERS:
                    return (
                        f"globalping brings back {results.MOST_CHARACTERS} characters of a body, this check wants more"
                    )
            elif need.startswith("method:") or need == "body":
                return "globalping sends GET, HEAD and OPTIONS without a body only"
            elif need == "steps":
                return "globalping asks single questions, this check asks one after the other"
            else:
                return f"globalping cannot do {need}"
        return ""

    async def look(self, errand: Errand) -> Sequence[Observation]:
        wanted = chosen(errand)
        if not wanted:
            return []
        return await _Run(errand).run(wanted)


# ---- what is worth a test --------------------------------------------------------------------------------------------


def chosen(errand: Errand) -> tuple[Check, ...]:
    """The checks this region should look at now, by its mode, the longest unseen first. Pure."""
    options, now = errand.region.options, errand.clock()
    mode = options.get("mode", "fixed")
    checks = list(errand.checks)
    if mode == "second_opinion":
        checks = [c for c in checks if _doubted(errand, c, now)]
    elif mode == "sweep":
        every = _every(options) or HOUR
        checks = [c for c in checks if now - _last(errand, c) >= every * 0.9]
    return tuple(sorted(checks, key=lambda c: (_last(errand, c), c.id)))


def _every(options: Mapping[str, Any]) -> float | None:
    """Seconds between two looks of a sweep, None if what is written is no time."""
    try:
        return TypeAdapter(Seconds).validate_python(options.get("every", HOUR))
    except ValidationError:
        return None


def _last(errand: Errand, check: Check) -> float:
    seen = errand.past(check.id, errand.region.id)
    return float(seen[-1].at) if seen else 0.0


def _doubted(errand: Errand, check: Check, now: float) -> bool:
    """Whether another region's newest look, not older than two intervals, saw a failure."""
    for region in check.regions:
        seen = errand.past(check.id, region) if region != errand.region.id else ()
        if seen and now - seen[-1].at <= 2 * check.interval and seen[-1].verdict in (Verdict.DOWN, Verdict.DEGRADED):
            return True
    return False


Measured = tuple[list[Mapping[str, Any]], str, Failure | None, str]
"""(results of this region's probes, id of the measurement, the engine's failure, its words)."""


# ---- one run ---------------------------------------------------------------------------------------------------------


class _Run:
    """The looks of one run: one budget, one conversation, a few measurements at a time."""

    def __init__(self, errand: Errand) -> None:
        self.errand, self.options = errand, errand.region.options
        self.place = results.place(self.options)
        self.visit = Visit()
        self.budget = Budget(0)
        self.at_once = asyncio.Semaphore(AT_ONCE)

    async def run(self, wanted: Sequence[Check]) -> Sequence[Observation]:
        base, token = str(self.options.get("api") or API), str(self.options.get("token") or "")
        async with Api(base, token, self.errand.user_agent) as self.api:
            limits = await self.api.limits()
            kept = int(self.options.get("reserve", 66)) if self.options.get("mode") == "sweep" else 0
            budget = budget_of(limits, self.options.get("credits") is True, kept)
            if budget is None:
                why = limits.detail or "the Globalping API does not tell its limits"
                return [self._lost(c, Failure.ENGINE_ERROR, why) for c in (*self.errand.controls, *wanted)]
            self.budget = budget
            first = self.errand.share(CONTROLS_SHARE)
            controls = await asyncio.gather(*(self._one(c, first) for c in self.errand.controls))
            return [*controls, *await asyncio.gather(*(self._one(c, self.errand) for c in wanted))]

    async def _one(self, check: Check, errand: Errand) -> Observation:
        async with self.at_once:
            if why := ENGINE.cannot_carry(self.errand.region, check):
                return self._lost(check, Failure.ENGINE_ERROR, why)
            probe = probes.get(check.kind)
            careful = replace(probe, judge=careful_judge(probe))
            seen = await observe(
                check,
                self.errand.region.id,
                careful,
                lambda attempt: GlobalpingLook(self, check, attempt),
                errand,
                engine=ENGINE.name,
                retries=min(check.retries, 1),
            )
        self.errand.told(seen)
        return seen

    def _lost(self, check: Check, failure: Failure, why: str) -> Observation:
        seen = inconclusive(check, self.errand.region.id, int(self.errand.clock()), failure, why, ENGINE.name)
        self.errand.told(seen)
        return seen

    async def measure(self, body: Mapping[str, Any], again: str, timeout: float) -> Measured:
        """Order a measurement and wait for it. `again` is the id of an earlier one whose probes are to be used."""
        tests = int(self.options.get("probes", 1))
        if not self.budget.take(tests):
            why = self.budget.refused or f"this hour's Globalping tests are used up (again in {self.budget.reset} s)"
            return [], "", Failure.ENGINE_ERROR if self.budget.refused else Failure.ENGINE_BUDGET, why
        where: Any = again or [{**self.place, "limit": tests}]
        made = await self.api.create({**body, "locations": where, "inProgressUpdates": False})
        self.budget.heard(made)
        id = str(made.body.get("id") or "")
        if made.failure is not None or not id:
            return [], "", made.failure or Failure.ENGINE_ERROR, made.detail or "the API gave no id"
        done = await self.api.result(id, timeout)
        if done.failure is not None:
            return [], id, Failure.ENGINE_ERROR, done.detail
        found = results.matching(done.body, self.place)
        if not found:
            return [], id, Failure.ENGINE_ERROR, "no probe of this region took part"
        return found, id, None, ""


def careful_judge(probe: Probe[Any]) -> Any:
    """The probe's judge, but what is missing from a cut or damaged body is not missing from the target."""

    def judge(spec: Any, facts: Facts, context: Context) -> Judgement:
        judgement = probe.judge(spec, facts, context)
        damaged = any(e.truncated or e.replaced for e in facts.exchanges)
        if damaged and judgement.verdict in (Verdict.DOWN, Verdict.DEGRADED) and judgement.stage is Stage.CONTENT:
            detail = f"cannot tell: only {results.MOST_CHARACTERS} characters arrive this way ({judgement.detail})"
            return replace(
                judgement, verdict=Verdict.INCONCLUSIVE, failure=Failure.TRUNCATED, stage=None, detail=detail[:300]
            )
        return judgement

    return judge


class GlobalpingLook:
    """A `Look` whose every question is a measurement. A second attempt gets another probe of the same region."""

    allow_private = False

    def __init__(self, run: _Run, check: Check, attempt: int) -> None:
        self._run, self._check, self._attempt = run, check, attempt
        self.timeout = float(results.seconds(check.timeout))

    def now(self) -> float:
        return self._run.errand.clock()

    async def pause(self, seconds: float) -> None:
        await asyncio.sleep(max(seconds, 0.0))

    async def fetch(self, request: Request) -> Exchange:
        if request.share and self._attempt == 1:
            return await self._run.visit.once(request, lambda: self._send(request))
        return await self._send(request)

    async def _send(self, request: Request) -> Exchange:
        if request.method not in ("GET", "HEAD", "OPTIONS") or request.body is not None:
            return results.trouble(request.method, request.url, Failure.ENGINE_ERROR, "globalping sends no body")
        exchange, id = await self._hop(request, "")
        hops: list[tuple[int, str]] = []
        while exchange.status in (301, 302, 303, 307, 308) and len(hops) < min(request.follow, HOPS):
            onward = urljoin(request.url, exchange.headers.get("location", ""))
            parts = urlsplit(onward)
            if not exchange.headers.get("location") or parts.scheme not in ("http", "https") or not parts.hostname:
                break
            hops.append((exchange.status, parts.hostname))
            request = replace(request, url=onward, headers=_same_origin(request, onward))
            # The same probes again, by the id of the measurement before.
            exchange, id = await self._hop(request, id)
        if hops:
            exchange = replace(exchange, redirects=tuple(hops))
        if exchange.status in (301, 302, 303, 307, 308) and request.follow > len(hops):
            why = "globalping follows no redirect further than this"
            return replace(exchange, failure=Failure.ENGINE_ERROR, detail=why)
        return exchange

    async def _hop(self, request: Request, again: str) -> tuple[Exchange, str]:
        pins = {**self._run.errand.region.resolve, **self._check.resolve}
        body = results.http_body(request, self.timeout, pins)
        found, id, failure, why = await self._run.measure(body, again, self.timeout)
        if failure is not None:
            return results.trouble(request.method, request.url, failure, why), id
        return best([results.http_exchange(request, r) for r in found]), id

    async def connect(self, host: str, port: int, *, tls: bool = False, server_name: str = "") -> Exchange:
        if tls:
            pins = {host: host} if server_name and server_name != host else {}
            name = server_name or host
            request = Request(f"https://{name}:{port}/", method="HEAD")
            body = results.http_body(request, self.timeout, {name: host} if pins else {})
            found, _, failure, why = await self._run.measure(body, "", self.timeout)
            if failure is None:
                exchange = best([results.http_exchange(request, r) for r in found])
                # Only the handshake was asked for: whatever HTTP says after it does not matter.
                return replace(exchange, status=None)
            return results.trouble("CONNECT", request.url, failure, why)
        found, _, failure, why = await self._run.measure(results.tcp_body(host, port, self.timeout), "", self.timeout)
        if failure is not None:
            return results.trouble("CONNECT", f"tcp://{host}:{port}", failure, why)
        return best([results.tcp_exchange(host, port, r) for r in found])

    async def resolve(self, name: str, rtype: str, server: str = "") -> tuple[tuple[str, ...], Exchange]:
        body = results.dns_body(name, rtype, server, self.timeout)
        found, _, failure, why = await self._run.measure(body, "", self.timeout)
        if failure is not None:
            return (), results.trouble("DNS", f"dns:{name}", failure, why)
        # What a resolver of the region answers is the very thing a dns check asks for: one probe's word counts here.
        told = [results.dns_answers(name, r) for r in found]
        return next((pair for pair in told if pair[1].failure is None), told[0])


def _same_origin(request: Request, onward: str) -> Mapping[str, str]:
    same = urlsplit(request.url).netloc == urlsplit(onward).netloc
    return request.headers if same else {k: v for k, v in request.headers.items() if k.lower() not in request.secrets}


def best(exchanges: Sequence[Exchange]) -> Exchange:
    """What several probes of one region come to: any answer beats a failure, a target's failure beats the engine's.

    A resolver's failure counts only if two probes tell the same; alone it is what its word says, `inconclusive`.
    """
    answered = [e for e in exchanges if e.failure is None]
    if answered:
        return min(answered, key=lambda e: (e.status or 0) >= 500)
    of_target = [e for e in exchanges if e.failure not in (Failure.ENGINE_ERROR, Failure.ENGINE_BUDGET)]
    by_name = [e for e in of_target if e.stage is Stage.DNS]
    if by_name and len(by_name) == len(of_target):
        words = {e.failure for e in by_name}
        if len(by_name) < 2 or len(words) > 1:
            return replace(
                by_name[0], failure=Failure.ENGINE_ERROR, detail=f"one probe's resolver: {by_name[0].detail}"
            )
    return next((e for e in of_target if e.stage is not Stage.DNS), (of_target or list(exchanges))[0])


ENGINE = Globalping()
