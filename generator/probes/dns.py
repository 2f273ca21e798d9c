"""`dns`: what a name answers, asked of one or several resolvers, held to networks or values.

Tells a broken name from a broken resolver by a witness: another name, asked of the same resolver. Where the witness
fails too, or the resolver is silent and there is no witness, nothing is known about the name.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field, model_validator

from .. import judging
from ..failures import scrub
from ..fetch import Exchange, Look
from ..fetch.address import Reach, is_address, reach, split_host_port
from ..model import Failure, Stage, Verdict
from . import Context, Facts, Judgement, Probe, Spec
from ._fields import Host, Latency, Part

SYSTEM = "system"


def _network(written: str) -> str:
    try:
        ipaddress.ip_network(written)
    except ValueError as problem:
        raise ValueError(f"{problem}; write 104.16.0.0/13") from None
    return written


def _server(written: str) -> str:
    if written == SYSTEM:
        return ""
    if not is_address(split_host_port(written)[0]):
        raise ValueError(f"{written!r} is no resolver; write its address, or system")
    return written


Network: TypeAlias = Annotated[str, AfterValidator(_network)]
Server: TypeAlias = Annotated[str, AfterValidator(_server)]


class Expect(Part):
    """Every address must lie in one of `networks`; every one of `values` must be among the answers."""

    networks: tuple[Network, ...] = ()
    values: tuple[str, ...] = ()


class DnsSpec(Spec):
    """`servers` are addresses of resolvers (`1.1.1.1`), or `system`. `witness` is a name that should always resolve."""

    # `name` is what every check is called, so the name that is looked up is written `host`.
    host: Host
    type: Literal["A", "AAAA", "CNAME", "MX", "NS", "TXT", "SRV", "CAA", "SOA", "PTR", "HTTPS"] = "A"
    servers: tuple[Server, ...] = Field(default=("",), min_length=1, max_length=6)
    expect: Expect = Expect.model_construct()
    witness: str = Field(default="", max_length=253)
    latency: Latency = Latency.model_construct()
    allow_private_answer: bool = False

    @model_validator(mode="after")
    def _networks_fit(self) -> DnsSpec:
        if self.expect.networks and self.type not in ("A", "AAAA"):
            raise ValueError(f"networks are for type A and AAAA, not {self.type}; write values")
        return self


async def measure(spec: DnsSpec, look: Look) -> Facts:
    """Ask every resolver at once, and those that fail for the witness. Values: answers and witness, one for each."""
    import asyncio

    asked = await asyncio.gather(*(look.resolve(spec.host, spec.type, server) for server in spec.servers))
    exchanges = [exchange for _, exchange in asked]
    answers = [list(found[:20]) for found, _ in asked]
    failing = [server for server, e in zip(spec.servers, exchanges, strict=True) if e.failure is not None]
    others: list[tuple[tuple[str, ...], Exchange]] = []
    if spec.witness:
        others = await asyncio.gather(*(look.resolve(spec.witness, "A", server) for server in failing))
    resolves = {server: other.failure is None for server, (_, other) in zip(failing, others, strict=False)}
    witnesses = [resolves.get(server) for server in spec.servers]
    times = [e.latency_ms for e in exchanges if e.latency_ms is not None]
    first = min(times, default=None)
    phases = {"dns": first, "total": first} if first is not None else {}
    return Facts(tuple(exchanges), latency_ms=first, phases=phases, values={"answers": answers, "witness": witnesses})


def judge(spec: DnsSpec, facts: Facts, context: Context) -> Judgement:
    """All resolvers that can be judged must be wrong for down; some of them wrong is degraded."""
    answers, witnesses = facts.values["answers"], facts.values["witness"]
    rows = [
        _one(spec, exchange, found, witness)
        for exchange, found, witness in zip(facts.exchanges, answers, witnesses, strict=True)
    ]
    named = [server or SYSTEM for server in spec.servers]
    seen = {"host": spec.host, "type": spec.type, "answers": dict(zip(named, answers, strict=True))}
    clear = [row for row in rows if row.verdict is not Verdict.INCONCLUSIVE]
    bad = [row for row in clear if row.verdict is not Verdict.OK]
    if not clear:
        return judging.worst_of(rows[0], judging.ok(facts=seen))
    if bad and len(bad) == len(clear):
        return judging.worst_of(bad[0], judging.ok(facts=seen))
    if bad:
        detail = f"{len(bad)} of {len(clear)} resolvers: {bad[0].detail}"[:300]
        return Judgement(Verdict.DEGRADED, bad[0].failure or Failure.DISAGREES, Stage.DNS, detail, facts=seen)
    timed = judging.latency(facts.latency_ms, spec.latency.degraded, spec.latency.down)
    return judging.worst_of(timed, judging.ok(f"{spec.host} answers {_short(answers[0])}", seen))


def _one(spec: DnsSpec, exchange: Exchange, found: Sequence[str], witness: bool | None) -> Judgement:
    """What one resolver's answer says of the name."""
    if exchange.failure is None:
        return _expected(spec, found)
    said = judging.judged(exchange.failure, f"{spec.host} {spec.type}: {exchange.detail}", Stage.DNS)
    if witness is None:
        return said
    if witness:
        return Judgement(Verdict.DOWN, exchange.failure, Stage.DNS, f"{said.detail}, while {spec.witness} resolves")
    detail = f"{said.detail}, and {spec.witness} does not resolve there either"
    return judging.inconclusive(exchange.failure, detail)


def _expected(spec: DnsSpec, found: Sequence[str]) -> Judgement:
    networks = [ipaddress.ip_network(n) for n in spec.expect.networks]
    addresses = [a for a in found if is_address(a)]
    for address in addresses:
        if networks and not any(ipaddress.ip_address(address) in n for n in networks):
            return _wrong(f"wanted addresses in {_short(spec.expect.networks)}, got {address}")
        if (
            not networks
            and not spec.allow_private_answer
            and not spec.expect.values
            and reach(address) is not Reach.PUBLIC
        ):
            return _wrong(f"wanted public addresses, got {address}")
    if networks and not addresses:
        return _wrong(f"wanted addresses in {_short(spec.expect.networks)}, got none")
    plain = {value.rstrip(".").strip('"').lower() for value in found}
    missing = [v for v in spec.expect.values if v.rstrip(".").strip('"').lower() not in plain]
    if missing:
        return _wrong(f"wanted {_short(missing)}, got {_short(found)}")
    return judging.ok()


def _wrong(detail: str) -> Judgement:
    return judging.judged(Failure.DNS_WRONG_ANSWER, detail, Stage.DNS)


def _short(values: Sequence[str]) -> str:
    shown = ", ".join(scrub(v, limit=60) for v in values[:3])
    return (shown + (" …" if len(values) > 3 else "")) or "nothing"


PROBE = Probe(
    kind="dns",
    Spec=DnsSpec,
    measure=measure,
    judge=judge,
    needs=lambda spec: frozenset({"dns"}),
    cost=lambda spec: 0,
)
