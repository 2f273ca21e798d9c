"""`asset`: the right bytes: type, magic, length, hash, release; and whether the edge or the origin has them wrong.

Several assets are judged together: one broken picture among many is not an outage of their delivery. The end of an
address (`.jpeg`) is never held against the type: delivery networks choose the format by themselves.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from .. import judging
from ..failures import DEFAULT_VERDICT
from ..fetch import Exchange, Look
from ..model import Failure, Request, Stage, Verdict
from . import Context, Facts, Judgement, Probe
from ._asking import busted
from ._asset_spec import AssetSpec, Listed, known
from ._fields import secret_headers
from ._git import unproved

_EDGE_ERRORS = frozenset(
    {
        Failure.WRONG_STATUS,
        Failure.SERVER_ERROR,
        Failure.OVERLOADED,
        Failure.EDGE_ERROR,
        Failure.EMPTY,
        Failure.WRONG_TYPE,
        Failure.WRONG_CONTENT,
    }
)
"""What an edge may keep and hand out long after the origin is well again."""


# ---- measuring -------------------------------------------------------------------------------------------------------


def request(spec: AssetSpec, url: str) -> Request:
    headers = dict(spec.headers)
    if spec.range:
        headers["Range"] = f"bytes={spec.range}"
    return Request(
        url=url, headers=headers, max_bytes=spec.max_bytes, pace=spec.pace or 0.0, secrets=secret_headers(spec.headers)
    )


async def measure(spec: AssetSpec, look: Look) -> Facts:
    """The list if there is one, every asset, its true size if a header tells it, and a fresh copy of what is wrong.

    Values: `urls` count, `list` failure, and for each asset its `fresh` exchange and `size`; parallel to exchanges.
    """
    import asyncio

    urls, listed = await _urls(spec, look)
    pairs = await asyncio.gather(*(_one(spec, look, url) for url in urls))
    exchanges = tuple(exchange for exchange, _, _ in pairs)
    times = sorted(e.latency_ms for e in exchanges if e.latency_ms is not None)
    middle = times[len(times) // 2] if times else None
    chosen = next((e for e in exchanges if e.latency_ms == middle), None)
    values = {"fresh": [fresh for _, fresh, _ in pairs], "sizes": [size for _, _, size in pairs], "list": listed}
    return Facts(exchanges, latency_ms=middle, phases=chosen.phases if chosen else {}, values=values)


async def _urls(spec: AssetSpec, look: Look) -> tuple[list[str], str]:
    """The addresses to ask, and what was wrong with the list ('' if nothing)."""
    if not isinstance(spec.urls, Listed):
        return list(spec.urls), ""
    listed = spec.urls
    exchange = await look.fetch(Request(listed.from_, headers=listed.headers, share=f"asset {listed.from_}"))
    bad = judging.trouble(exchange)
    document, unreadable = (None, bad) if bad is not None else judging.json_of(exchange)
    if unreadable is not None:
        return list(listed.add), unreadable.detail or "unreadable"
    found = judging.pick(listed.path, document)
    # A list may hold anything, even addresses nobody should be sent to; the fetch checks those again.
    texts = [u for u in found if isinstance(u, str)] if isinstance(found, list) else []
    good = [u for u in dict.fromkeys(texts) if u.startswith(("https://", "http://"))]
    return [*good[: listed.limit], *listed.add], "" if good else "it holds no addresses"


async def _one(spec: AssetSpec, look: Look, url: str) -> tuple[Exchange, Exchange | None, int | None]:
    size = await _true_size(spec, look, url)
    exchange = await look.fetch(request(spec, url))
    wrong = flaw(spec, exchange, size)
    again = wrong is not None and spec.cache_bust and judging.blocked(exchange) is None and _from_cache(exchange)
    fresh = await look.fetch(request(spec, busted(url, spec.cache_bust, look.now()))) if again else None
    return exchange, fresh, size


async def _true_size(spec: AssetSpec, look: Look, url: str) -> int | None:
    """What the platform itself says the size is, in a header it sends before it redirects."""
    if not spec.expect.size_from:
        return None
    ask = replace(request(spec, url), method="HEAD", follow=0)
    exchange = await look.fetch(replace(ask, headers={k: v for k, v in ask.headers.items() if k != "Range"}))
    said = exchange.headers.get(spec.expect.size_from.lower(), "")
    return int(said[:15]) if said.isdecimal() else None


def _from_cache(exchange: Exchange) -> bool:
    headers = exchange.headers
    word = headers.get("cf-cache-status", "").upper() or headers.get("x-cache", "").upper().partition(" ")[0]
    return word in ("HIT", "STALE", "UPDATING", "REVALIDATED") or headers.get("age", "0").strip() not in ("", "0")


# ---- judging ---------------------------------------------------------------------------------------------------------


def judge(spec: AssetSpec, facts: Facts, context: Context) -> Judgement:
    """Each asset by itself, then the number of bad ones against the limits (value: bad assets)."""
    if not facts.exchanges:
        return judging.inconclusive(Failure.TOO_FEW, f"the list of assets could not be used: {facts.values['list']}")
    rows = [
        _asset(spec, exchange, fresh, size)
        for exchange, fresh, size in zip(facts.exchanges, facts.values["fresh"], facts.values["sizes"], strict=True)
    ]
    timed = judging.latency(facts.latency_ms, spec.latency.degraded, spec.latency.down)
    if len(rows) == 1:
        return judging.worst_of(rows[0], timed if rows[0].verdict is Verdict.OK else None)
    return judging.worst_of(_together(spec, rows, facts), timed)


def _together(spec: AssetSpec, rows: Sequence[Judgement], facts: Facts) -> Judgement:
    bad = [row for row in rows if row.verdict in (Verdict.DOWN, Verdict.DEGRADED)]
    clear = [row for row in rows if row.verdict in (Verdict.OK, Verdict.DOWN, Verdict.DEGRADED)]
    seen = {"assets": len(rows), "bad": len(bad), "samples": [_sample(row) for row in (*bad, *rows)[:4]]}
    if facts.values["list"]:
        seen["list"] = facts.values["list"]
    if not clear:
        return replace(rows[0], facts={**rows[0].facts, **seen})
    degraded, down = spec.limits(len(clear))
    # Limits are told as the number that still passes, like every other limit.
    numbers: dict[str, Any] = {
        "value": float(len(bad)),
        "unit": "bad assets",
        "degraded": degraded - 1.0,
        "down": down - 1.0,
    }
    if len(bad) < degraded:
        return replace(judging.ok(f"{len(clear) - len(bad)} of {len(clear)} assets are right", seen), **numbers)
    word, example = _commonest(bad)
    mild = all(row.verdict is Verdict.DEGRADED for row in bad)
    verdict = Verdict.DOWN if len(bad) >= down and not mild else Verdict.DEGRADED
    detail = f"{len(bad)} of {len(clear)} assets are wrong: {example.detail}"[:300]
    return replace(Judgement(verdict, word, example.stage, detail, facts=seen), **numbers)


def _commonest(bad: Sequence[Judgement]) -> tuple[Failure, Judgement]:
    word = Counter(row.failure for row in bad).most_common(1)[0][0]
    example = next(row for row in bad if row.failure is word)
    return word or Failure.UNKNOWN_FAILURE, example


def _sample(row: Judgement) -> dict[str, Any]:
    kept = ("status", "host", "type", "length", "age", "cache", "colo", "sha256_512", "total", "edge_only")
    word = {"failure": row.failure.value} if row.failure else {}
    return {**word, **{key: row.facts[key] for key in kept if key in row.facts}}


def _asset(spec: AssetSpec, exchange: Exchange, fresh: Exchange | None, size: int | None) -> Judgement:
    """One asset; with a fresh copy beside a cached wrong one, whether only the edge is wrong."""
    seen = {**judging.evidence(exchange), **_measures(exchange)}
    closed = judging.blocked(exchange)
    if closed is not None:
        return closed
    wrong = flaw(spec, exchange, size)
    if wrong is None:
        unclear = unproved(exchange) if spec.expect.git_etag else None
        return judging.ok("right", seen) if unclear is None else replace(unclear, facts=seen)
    word, detail = wrong
    if fresh is not None:
        only_edge = flaw(spec, fresh, size) is None
        seen["edge_only"] = only_edge
        if only_edge and word is Failure.STALE_RELEASE:
            word, detail = Failure.STALE_EDGE, f"{detail}; a fresh request past the edge is right"
        elif only_edge and word in _EDGE_ERRORS:
            word, detail = Failure.CACHED_ERROR, f"the edge keeps an error ({detail}); a fresh request is right"
        elif only_edge:
            detail = f"{detail}; a fresh request past the edge is right"
    stage = exchange.stage or Stage.CONTENT
    return Judgement(DEFAULT_VERDICT[word], word, stage, detail[:300], facts=seen)


def flaw(spec: AssetSpec, exchange: Exchange, size: int | None = None) -> tuple[Failure, str] | None:
    """The first thing wrong with an asset: network, status, empty, type, magic, length, hash."""
    accepted = ((206, 206), (200, 200)) if spec.range else judging.SUCCESS
    bad = judging.failed(exchange) or judging.wrong_status(exchange, accepted)
    if bad is not None:
        return bad.failure or Failure.UNKNOWN_FAILURE, bad.detail
    if not exchange.body:
        return Failure.EMPTY, "wanted bytes, got none"
    return _kind(spec, exchange) or _length(spec, exchange, size) or _hash(spec, exchange)


def _kind(spec: AssetSpec, exchange: Exchange) -> tuple[Failure, str] | None:
    want = spec.expect
    got = exchange.headers.get("content-type", "").lower()
    if want.content_type and not any(got.startswith(prefix.lower()) for prefix in want.content_type):
        return Failure.WRONG_TYPE, f"wanted type {' or '.join(want.content_type)}, got {got[:60] or 'none'}"
    if want.magic and not any(known(name, exchange.body) for name in want.magic):
        return Failure.WRONG_MAGIC, f"wanted {' or '.join(want.magic)}, the bytes begin {exchange.body[:8].hex()}"
    return None


def total(exchange: Exchange) -> int | None:
    """The whole size of the asset: of a part the size it is a part of; None if nobody says."""
    whole = exchange.headers.get("content-range", "").rpartition("/")[2]
    if whole.isdecimal():
        return int(whole[:15])
    said = exchange.headers.get("content-length", "")
    if said.isdecimal() and not exchange.headers.get("content-encoding"):
        return int(said[:15])
    return None if exchange.truncated else len(exchange.body)


def _length(spec: AssetSpec, exchange: Exchange, size: int | None) -> tuple[Failure, str] | None:
    got, wanted = total(exchange), spec.expect.length if spec.expect.length is not None else size
    if got is None:
        return None
    if wanted is not None and got != wanted:
        return Failure.WRONG_LENGTH, f"wanted {wanted} bytes, got {got}"
    if got < spec.expect.min_length:
        return Failure.WRONG_LENGTH, f"wanted at least {spec.expect.min_length} bytes, got {got}"
    return None


def _hash(spec: AssetSpec, exchange: Exchange) -> tuple[Failure, str] | None:
    want = spec.expect
    if want.git_etag and (bad := unproved(exchange)) is not None and bad.failure is Failure.WRONG_HASH:
        return bad.failure, bad.detail
    if not want.sha256:
        return None
    if exchange.truncated:
        return Failure.TOO_LARGE, f"wanted the whole asset for its hash, got more than {len(exchange.body)} bytes"
    got = hashlib.sha256(exchange.body).hexdigest()
    if got in want.older:
        return Failure.STALE_RELEASE, "wanted the current release, got an older one"
    if got != want.sha256:
        return Failure.WRONG_HASH, f"wanted SHA-256 {want.sha256[:12]}…, got {got[:12]}…"
    return None


def _measures(exchange: Exchange) -> Mapping[str, Any]:
    size = total(exchange) if exchange.status is not None else None
    magic = {"magic": exchange.body[:8].hex()} if exchange.body else {}
    return {**magic, **({"total": size} if size is not None else {})}


def cost(spec: AssetSpec) -> int:
    listed = isinstance(spec.urls, Listed)
    count = spec.urls.limit + len(spec.urls.add) if isinstance(spec.urls, Listed) else len(spec.urls)
    return int(listed) + count * (1 + bool(spec.cache_bust) + bool(spec.expect.size_from))


def asks(spec: AssetSpec) -> tuple[Request, ...]:
    urls = spec.urls.add if isinstance(spec.urls, Listed) else spec.urls
    return tuple(request(spec, url) for url in urls)


def needs(spec: AssetSpec) -> frozenset[str]:
    wanted = {"get", "bytes", f"body:{spec.max_bytes}"}
    if isinstance(spec.urls, Listed):
        wanted.add("steps")
    return frozenset(wanted | ({"headers"} if spec.headers else set()))


PROBE = Probe(kind="asset", Spec=AssetSpec, measure=measure, judge=judge, needs=needs, asks=asks, cost=cost)
