"""Asking for a list: the keys every list-reading probe shares, the few requests, and reading what came back.

`gather` is the only I/O. `read` is pure. A list that cannot be read says nothing about the thing it would have told
us of, so by default that is inconclusive and not an outage; the API has checks of its own for that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from pydantic import Field

from ..fetch import Exchange, Look
from ..judging import evidence, inconclusive, json_of, judged, pick, trouble
from ..model import EMPTY, Failure, Request, Stage, Verdict
from . import Facts, Judgement, Spec
from ._fields import Headers, Path, Seconds, Url, secret_headers
from ._reading import SKEW, listing, origin, server_now


class Source(Spec):
    """Where a list is read. `items` finds the list, `where` keeps the items for which it finds something true.

    `more` finds the address of the next page (followed at most `pages` times, only while nothing was found, never to
    another origin). `cache_bust` names a query parameter that gets the time, to reach past the edge. `share` lets
    other checks of the same run use the same answer. `unreadable` says what an unreadable list means.
    """

    url: Url
    headers: Headers = Field(default_factory=dict)
    items: Path = ""
    where: Path = ""
    more: Path = ""
    pages: int = Field(default=2, ge=0, le=2)
    cache_bust: str = Field(default="", pattern=r"^[A-Za-z0-9_-]*$")
    max_bytes: int = Field(default=8 << 20, ge=1, le=16 << 20)
    pace: Seconds = 1.0
    share: bool = True
    unreadable: Literal["inconclusive", "down"] = "inconclusive"


@dataclass(frozen=True, slots=True)
class Reading:
    """A list as it was read. `trouble` is set when there is none. `now` is by the target's clock."""

    items: tuple[Any, ...] = ()
    seen: int = 0  # items before `where`
    now: float = 0.0
    trouble: Judgement | None = None
    facts: Mapping[str, Any] = field(default_factory=lambda: EMPTY)


def busted(url: str, parameter: str, now: float) -> str:
    """The address with a query parameter that no cache has seen; unchanged without a parameter name."""
    if not parameter:
        return url
    parts = urlsplit(url)
    query = [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if k != parameter]
    return urlunsplit(parts._replace(query=urlencode([*query, (parameter, str(int(now)))])))


def share_word(source: Source) -> str:
    """The word under which the first request of a source is shared in a run, or ''."""
    if not source.share:
        return ""
    kept = " ".join(f"{k.lower()}={v}" for k, v in sorted(source.headers.items()))
    return f"{source.cache_bust}|{source.max_bytes}|{source.url}|{kept}"


def request(source: Source, now: float | None = None, url: str = "") -> Request:
    """The request for a page of the list; without `now` it is the plain address (for engines and the curl line)."""
    target = url or source.url
    # What is shared is asked under one address: checks that start in the same minute get the same one.
    moment = now if now is None or url or not source.share else now - now % 60
    return Request(
        url=target if moment is None else busted(target, source.cache_bust, moment),
        headers=source.headers,
        max_bytes=source.max_bytes,
        secrets=secret_headers(source.headers),
        share="" if url else share_word(source),
        pace=source.pace,
    )


def shares(source: Source) -> frozenset[str]:
    word = share_word(source)
    return frozenset({word}) if word else frozenset()


def cost(source: Source) -> int:
    """Requests at worst: the list and its further pages."""
    return 1 + (source.pages if source.more else 0)


async def gather(look: Look, source: Source) -> tuple[Exchange, ...]:
    """Ask for the list; follow its cursor while no item was found. The only I/O of a list-reading probe."""
    exchanges = [await look.fetch(request(source, look.now()))]
    while source.more and len(exchanges) <= source.pages:
        page = read(source, exchanges, look.now())
        onward = _next(source, exchanges[-1])
        if page.trouble is not None or page.items or not onward:
            break
        await look.pause(source.pace)
        exchanges.append(await look.fetch(request(source, look.now(), onward)))
    return tuple(exchanges)


async def measure(source: Source, look: Look) -> Facts:
    """The facts of a probe that reads one list and nothing else."""
    exchanges = await gather(look, source)
    return facts_of(exchanges)


def facts_of(exchanges: Sequence[Exchange], values: Mapping[str, Any] = EMPTY) -> Facts:
    """Facts with the timing of the first exchange."""
    first = exchanges[0]
    return Facts(tuple(exchanges), latency_ms=first.latency_ms, phases=first.phases, values=values)


def _next(source: Source, exchange: Exchange) -> str:
    document, problem = json_of(exchange)
    address = pick(source.more, document) if problem is None else None
    if not isinstance(address, str) or not address:
        return ""
    onward = urljoin(source.url, address)
    return onward if origin(onward) == origin(source.url) else ""


def read(source: Source, exchanges: Sequence[Exchange], fallback: float) -> Reading:
    """The items of all pages, or why there are none. Pure."""
    now, skew = server_now(exchanges[0] if exchanges else None, fallback)
    facts: dict[str, Any] = evidence(exchanges[0]) if exchanges else {}
    if abs(skew) > SKEW:
        facts["clock_skew_s"] = round(skew)
    items: list[Any] = []
    for exchange in exchanges:
        found, problem = content(exchange, source.items)
        if problem is not None:
            # A later page that fails costs only itself: what the earlier ones said was said.
            if items:
                break
            return Reading(now=now, trouble=unreadable(problem, source.unreadable), facts=facts)
        items += found
    kept = tuple(i for i in items if pick(source.where, i)) if source.where else tuple(items)
    facts["items"] = len(kept)
    return Reading(kept, len(items), now, None, facts)


def content(exchange: Exchange, items: str) -> tuple[list[Any], Judgement | None]:
    """The list of one answer, or what is wrong with it, challenge and status before content."""
    document, problem = document_of(exchange)
    if problem is not None:
        return [], problem
    found = listing(items, document)
    if found is None:
        what = f"at {items!r}" if items else "as the whole answer"
        detail = f"wanted a list {what}, got none"
        return [], judged(Failure.WRONG_CONTENT, detail, Stage.CONTENT, evidence(exchange))
    return found, None


def document_of(exchange: Exchange) -> tuple[Any, Judgement | None]:
    """The JSON of one answer, or what is wrong with it. An answer cut at our own limit is our fault, not a failure."""
    if exchange.truncated or exchange.failure is Failure.TOO_LARGE:
        return None, inconclusive(
            Failure.TRUNCATED, f"only {len(exchange.body)} bytes of the answer arrived", evidence(exchange)
        )
    problem = trouble(exchange)
    if problem is not None:
        return None, problem
    document, problem = json_of(exchange)
    if problem is not None and exchange.replaced:
        return None, inconclusive(Failure.TRUNCATED, "characters were damaged on the way to us", evidence(exchange))
    return document, problem


def unreadable(problem: Judgement, means: str) -> Judgement:
    """What an unreadable list means: the problem itself, or that this check cannot tell."""
    if means == "down" or problem.verdict in (Verdict.INCONCLUSIVE, Verdict.BLOCKED_BY_POLICY):
        return problem
    detail = f"cannot tell: the list it needs could not be read ({problem.detail})"
    return replace(problem, verdict=Verdict.INCONCLUSIVE, detail=detail[:300])


def empty(reading: Reading, means: str) -> Judgement:
    """A list with nothing in it at all: a masked failure, or just nothing to say."""
    detail = "wanted items, got an empty list with status 200"
    if means == "down":
        return judged(Failure.EMPTY, detail, Stage.CONTENT, reading.facts)
    return inconclusive(Failure.EMPTY, detail, reading.facts)
