"""`tcp`: a port that accepts connections, and says what it should if it speaks first."""

from __future__ import annotations

from pydantic import Field

from .. import judging
from ..failures import scrub
from ..fetch import Look
from ..model import Failure, Stage
from . import Context, Facts, Judgement, Probe, Spec
from ._fields import Host, Latency, Port


class TcpSpec(Spec):
    """`banner` is a text that must stand in what the target says at once (SSH, SMTP)."""

    host: Host
    port: Port
    banner: str = Field(default="", max_length=200)
    latency: Latency = Latency.model_construct()


async def measure(spec: TcpSpec, look: Look) -> Facts:
    exchange = await look.connect(spec.host, spec.port)
    return Facts((exchange,), latency_ms=exchange.latency_ms, phases=exchange.phases)


def judge(spec: TcpSpec, facts: Facts, context: Context) -> Judgement:
    exchange = facts.exchanges[0]
    bad = judging.failed(exchange)
    if bad is not None:
        return bad
    if spec.banner and spec.banner not in exchange.text():
        said = scrub(exchange.text(), limit=80) or "nothing"
        detail = f"wanted a greeting with {spec.banner!r}, got {said}"
        return judging.judged(Failure.WRONG_CONTENT, detail, Stage.CONTENT, judging.evidence(exchange))
    timed = judging.latency(exchange.latency_ms, spec.latency.degraded, spec.latency.down)
    return judging.worst_of(timed, judging.ok(f"port {spec.port} accepts", judging.evidence(exchange)))


PROBE = Probe(kind="tcp", Spec=TcpSpec, measure=measure, judge=judge, needs=lambda spec: frozenset({"tcp"}))
