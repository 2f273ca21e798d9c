"""`tls`: a handshake that a browser would accept, and how long the certificate still lasts.

Without `expires` a certificate that ends within a week is a warning in the facts; with it, it is a number with limits.
"""

from __future__ import annotations

from pydantic import Field, model_validator

from .. import judging
from ..failures import scrub
from ..fetch import Look
from ..model import Failure, Stage
from . import Context, Facts, Judgement, Probe, Spec
from ._fields import Host, Part, Port, Seconds

WARN_BEFORE = 7.0
"""Days before the end from which the facts carry a warning."""
DAY = 86400.0


class Expires(Part):
    """Time left below which the certificate is degraded or down."""

    degraded: Seconds | None = None
    down: Seconds | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Expires:
        if self.degraded is not None and self.down is not None and self.down > self.degraded:
            raise ValueError("down must not be above degraded: less time left is worse")
        return self


class TlsSpec(Spec):
    """`server_name` is what is asked for and verified; empty = `host`. `issuer` is a text in the issuer's name."""

    host: Host
    port: Port = 443
    server_name: str = Field(default="", max_length=253)
    issuer: str = Field(default="", max_length=200)
    expires: Expires = Expires.model_construct()


async def measure(spec: TlsSpec, look: Look) -> Facts:
    exchange = await look.connect(spec.host, spec.port, tls=True, server_name=spec.server_name)
    return Facts((exchange,), latency_ms=exchange.latency_ms, phases=exchange.phases)


def judge(spec: TlsSpec, facts: Facts, context: Context) -> Judgement:
    """Accepted by the usual roots for this name, from the wanted issuer, with enough time left (value in days)."""
    exchange = facts.exchanges[0]
    tls = exchange.tls
    names = {key: tls[key] for key in ("issuer", "subject", "fingerprint", "not_after") if key in tls}
    seen = {**judging.evidence(exchange), **names}
    bad = judging.failed(exchange)
    if bad is not None:
        return judging.worst_of(bad, judging.ok(facts=seen))
    if spec.issuer and spec.issuer not in str(tls.get("issuer", "")):
        detail = f"wanted an issuer with {spec.issuer!r}, got {scrub(str(tls.get('issuer', '')), limit=80)}"
        return judging.judged(Failure.TLS_UNTRUSTED, detail, Stage.TLS, seen)
    if "not_after" not in tls:
        return judging.ok("handshake accepted", seen)
    days = round((tls["not_after"] - context.now) / DAY, 2)
    if days < WARN_BEFORE:
        seen["warning"] = f"the certificate ends in {days:.1f} days"
    limits = [None if s is None else round(s / DAY, 3) for s in (spec.expires.degraded, spec.expires.down)]
    return judging.threshold(
        days, limits[0], limits[1], "days", failure=Failure.TLS_EXPIRES_SOON, what="time left", facts=seen, low=True
    )


PROBE = Probe(kind="tls", Spec=TlsSpec, measure=measure, judge=judge, needs=lambda spec: frozenset({"tls"}))
