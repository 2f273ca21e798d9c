"""The edge's copy of an answer beside a fresh one: sticky errors, old copies, an origin nobody can reach. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..fetch import Exchange
from ..judging import evidence, ok, threshold, trouble
from ..model import Failure, Verdict
from . import Judgement, _asking
from ._reading import span

if TYPE_CHECKING:
    from ._agreement_spec import AgreementSpec

OLD_COPY = 450.0
"""Seconds: five minutes at the edge and half as long again while it fetches a new one. Older than that is too old."""
_KEPT = frozenset({"HIT", "STALE", "UPDATING", "REVALIDATED"})


def judge_copies(spec: AgreementSpec, exchanges: Sequence[Exchange]) -> Judgement:
    """Value: age of the edge's copy in seconds. Facts: `edge` and `fresh`, the evidence of both."""
    if len(exchanges) < 2:
        return _asking.unreadable(trouble(exchanges[0]) or ok(), "inconclusive")
    copy, fresh = exchanges[0], exchanges[1]
    bad_copy, bad_fresh = trouble(copy), trouble(fresh)
    seen: dict[str, Any] = {"edge": evidence(copy), "fresh": evidence(fresh)}
    cache, age = copy.headers.get("cf-cache-status", "").upper(), _age(copy)
    if bad_copy is not None and bad_fresh is not None:
        return _asking.unreadable(bad_copy, "inconclusive")
    if bad_copy is not None:
        if bad_copy.verdict is Verdict.DOWN and (cache in _KEPT or age > 0):
            detail = f"the edge keeps an error for {span(age)} ({bad_copy.detail}); a fresh request is fine"
            return Judgement(Verdict.DEGRADED, Failure.CACHED_ERROR, None, detail[:300], age, "s", facts=seen)
        return _asking.unreadable(bad_copy, "inconclusive")
    limit = spec.degraded if spec.degraded is not None else OLD_COPY
    if bad_fresh is not None:
        # A young copy beside one failed fresh question is chance (a restart): the edge hides something only when it
        # says so itself, or goes on with a copy that it should have renewed.
        if bad_fresh.verdict is not Verdict.DOWN or not (cache == "STALE" or (cache in _KEPT and age > limit)):
            return _asking.unreadable(bad_fresh, "inconclusive")
        detail = f"the edge answers from a copy {span(age)} old, a fresh request fails ({bad_fresh.detail})"
        return Judgement(Verdict.DEGRADED, Failure.STALE_EDGE, None, detail[:300], age, "s", facts=seen)
    return threshold(age, limit, spec.down, "s", failure=Failure.STALE_EDGE, what="age of the edge's copy", facts=seen)


def _age(exchange: Exchange) -> float:
    text = exchange.headers.get("age", "")
    return float(text[:15]) if text.isdecimal() else 0.0
