"""Exchanges turned into verdicts, in one order, shared by every probe that speaks HTTP.

The precedence is written once, in `trouble`: the network's failure, then whether we were shown the door (nobody's
outage), then the status. Only an exchange that passes all three has content worth judging. Latency comes last, so
that a slow 500 is down and not slow. Pure: knows no engine, no clock, no history.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from .failures import DEFAULT_VERDICT, scrub
from .fetch import Exchange
from .fetch.address import Reach, reach
from .model import Failure, Stage, Verdict
from .probes import Judgement

Statuses: TypeAlias = Sequence[tuple[int, int]]
"""Accepted statuses as inclusive ranges."""

SUCCESS: Statuses = ((200, 299),)

VERDICTS: tuple[Verdict, ...] = (
    Verdict.DOWN,
    Verdict.DEGRADED,
    Verdict.BLOCKED_BY_POLICY,
    Verdict.INCONCLUSIVE,
    Verdict.OK,
)
"""Worst first. What was seen failing stands, even if another part of the look could not be judged."""


def judged(
    failure: Failure, detail: str, stage: Stage | None = None, facts: Mapping[str, Any] | None = None
) -> Judgement:
    """The judgement a failure leads to by default."""
    return Judgement(DEFAULT_VERDICT[failure], failure, stage, detail[:300], facts=facts or {})


def ok(detail: str = "", facts: Mapping[str, Any] | None = None) -> Judgement:
    return Judgement(Verdict.OK, detail=detail[:300], facts=facts or {})


def inconclusive(failure: Failure, detail: str, facts: Mapping[str, Any] | None = None) -> Judgement:
    return Judgement(Verdict.INCONCLUSIVE, failure, None, detail[:300], facts=facts or {})


# ---- the one precedence ----------------------------------------------------------------------------------------------


def trouble(exchange: Exchange, statuses: Statuses = SUCCESS) -> Judgement | None:
    """Why this exchange has no content to judge, or None: failed, then blocked, then the wrong status."""
    return failed(exchange) or blocked(exchange) or wrong_status(exchange, statuses)


def failed(exchange: Exchange) -> Judgement | None:
    """The network's own failure, if there is one; evidence of what did arrive is kept."""
    if exchange.failure is None:
        return None
    return judged(exchange.failure, exchange.detail, exchange.stage, evidence(exchange))


def wrong_status(exchange: Exchange, statuses: Statuses = SUCCESS) -> Judgement | None:
    """Down with the best word for a status that was not wanted; None if it was."""
    status = exchange.status
    if status is None:
        return judged(Failure.UNKNOWN_FAILURE, "wanted an answer, got none", Stage.REQUEST, evidence(exchange))
    if any(low <= status <= high for low, high in statuses):
        return None
    word = edge_word(exchange) or server_word(exchange) or Failure.WRONG_STATUS
    wanted = " or ".join(str(low) if low == high else f"{low}–{high}" for low, high in statuses)
    explained = f" ({EDGE_CODES[status]})" if status in EDGE_CODES else ""
    return judged(word, f"wanted status {wanted}, got {status}{explained}", Stage.REQUEST, evidence(exchange))


# ---- shown the door: nobody's outage ---------------------------------------------------------------------------------

_DOOR_STATUSES = frozenset({401, 403, 405, 429, 503})
_CHALLENGE_MARKS = (b"_cf_chl_opt", b"/cdn-cgi/challenge-platform/", b"<title>just a moment")
# "error code: 1020" as plain text, "Error 1020" or "cf-code-label\">1020" as a page
_CLOUDFLARE_CODE = re.compile(rb"(?:\berror(?: code)?:?\s*|cf-code-label\">(?:error code )?)(1[01]\d\d)\b", re.I)
_CODE_COUNTRY = 1009
_CODE_RATE = 1015
_CODES_DOOR = frozenset({1006, 1007, 1008, 1010, 1012, 1020, 1106})


def blocked(exchange: Exchange) -> Judgement | None:
    """Whether somebody kept us out: a bot wall, our own rate, a country's law. Never a verdict on the target."""
    status, facts = exchange.status, evidence(exchange)
    if status is None:
        return None
    code = _cloudflare_code(exchange) if status >= 400 else None
    if status == 451 or code == _CODE_COUNTRY or _region_word(exchange):
        said = f"Cloudflare code {code}" if code == _CODE_COUNTRY else f"status {status}"
        return judged(Failure.REGION_BLOCKED, f"closed to this region by policy ({said})", Stage.REQUEST, facts)
    if _challenge(exchange):
        return judged(
            Failure.CHALLENGED, f"a bot check answered instead of the page (status {status})", Stage.REQUEST, facts
        )
    if status == 429 or code == _CODE_RATE:
        wait = retry_after(exchange)
        more = {} if wait is None else {"retry_after": wait}
        return judged(Failure.RATE_LIMITED, _rate_sentence(status, wait), Stage.REQUEST, {**facts, **more})
    if code in _CODES_DOOR:
        return judged(Failure.CHALLENGED, f"a firewall rule refused us (Cloudflare code {code})", Stage.REQUEST, facts)
    return None


def _rate_sentence(status: int, wait: float | None) -> str:
    return f"our own requests were too many (status {status}" + (
        ")" if wait is None else f", asked to wait {wait:.0f} s)"
    )


def _challenge(exchange: Exchange) -> bool:
    if exchange.headers.get("cf-mitigated", "").lower() == "challenge":
        return True
    if exchange.headers.get("x-amzn-waf-action", "").lower() in ("challenge", "captcha"):
        return True
    # The script path alone also stands in healthy pages with passive bot detection, so the status has to agree.
    return exchange.status in _DOOR_STATUSES and any(mark in exchange.body[:65536].lower() for mark in _CHALLENGE_MARKS)


def _cloudflare_code(exchange: Exchange) -> int | None:
    if "cf-ray" not in exchange.headers and exchange.headers.get("server", "").lower() != "cloudflare":
        return None
    found = _CLOUDFLARE_CODE.search(exchange.body[:16384])
    return int(found[1]) if found else None


def _region_word(exchange: Exchange) -> bool:
    if exchange.status is None or exchange.status < 400 or b"REGION_BLOCKED" not in exchange.body[:4096]:
        return False
    try:
        said = exchange.json()
    except ValueError:
        return False
    return isinstance(said, dict) and "REGION_BLOCKED" in (said.get("code"), said.get("error"))


def retry_after(exchange: Exchange, most: float = 86_400.0) -> float | None:
    """Seconds the target asked us to wait, 0..most; None if it did not say so in words we understand.

    A date is held against the target's own `Date`, so that no clock of ours matters.
    """
    said = exchange.headers.get("retry-after", "").strip()
    if said.isdecimal() and said.isascii():
        return min(float(said[:9]), most)
    if not said or "date" not in exchange.headers:
        return None
    try:
        wait = (parsedate_to_datetime(said) - parsedate_to_datetime(exchange.headers["date"])).total_seconds()
    except (ValueError, TypeError, OverflowError):  # TypeError: one of the two has no zone
        return None
    return min(max(wait, 0.0), most)


# ---- whose 5xx is it -------------------------------------------------------------------------------------------------

EDGE_CODES: Mapping[int, str] = {
    520: "the edge got an answer from the origin that it cannot use",
    521: "the origin refused the edge's connection",
    522: "the edge could not connect to the origin in time",
    523: "the edge has no route to the origin",
    524: "the origin did not answer the edge in time",
    525: "TLS between edge and origin failed",
    526: "the origin's certificate is not valid for the edge",
    527: "the edge's connection to the origin broke",
    530: "the edge cannot resolve the origin",
}
_EDGE_PAGE = (b"cf-error-details", b"cf-wrapper", b"<center>cloudflare</center>", b"cdn-cgi/styles/cf.errors")


def edge_word(exchange: Exchange) -> Failure | None:
    """`EDGE_ERROR` if the edge made this 5xx, not the application behind it; else None.

    An answer that names the application's machine (`X-Handled-By`) came from the application, whatever its status.
    """
    status, headers = exchange.status, exchange.headers
    if status is None or status < 500:
        return None
    if status in EDGE_CODES and ("cf-ray" in headers or headers.get("server", "").lower() == "cloudflare"):
        return Failure.EDGE_ERROR
    if "x-handled-by" in headers:
        return None
    if status in EDGE_CODES:
        return Failure.EDGE_ERROR
    if (
        "error from cloudfront" in headers.get("x-cache", "").lower()
        and headers.get("server", "").lower() == "cloudfront"
    ):
        return Failure.EDGE_ERROR
    at_edge = "cf-ray" in headers or headers.get("server", "").lower() == "cloudflare"
    page = exchange.body[:65536].lower()
    return Failure.EDGE_ERROR if at_edge and any(mark in page for mark in _EDGE_PAGE) else None


def server_word(exchange: Exchange) -> Failure | None:
    """`OVERLOADED` for 503 and 504, `SERVER_ERROR` for other 5xx, None otherwise."""
    if exchange.status is None or not 500 <= exchange.status <= 599:
        return None
    return Failure.OVERLOADED if exchange.status in (503, 504) else Failure.SERVER_ERROR


# ---- evidence --------------------------------------------------------------------------------------------------------

_KEPT = (
    ("content-type", "type"),
    ("age", "age"),
    ("cf-cache-status", "cache"),
    ("x-cache", "x_cache"),
    ("x-handled-by", "handled_by"),
    ("etag", "etag"),
    ("server", "server"),
    ("last-modified", "last_modified"),
    ("date", "date"),
    ("cf-mitigated", "mitigated"),
    ("access-control-allow-origin", "cors"),  # whether a visitor's browser may ask this too
)


def evidence(exchange: Exchange) -> dict[str, Any]:
    """The few facts of an exchange that may be published: an allow-list, never bodies, queries, cookies, clients.

    Keys: status, host, type, length, age, cache, x_cache, colo, handled_by, etag, server, last_modified, date,
    mitigated, cors, sha256_512 (of the first 512 bytes), http, address, tls_not_after (Unix s), redirects (pairs of
    status and host).
    """
    facts: dict[str, Any] = {}
    if exchange.status is not None:
        facts["status"] = exchange.status
    host = urlsplit(exchange.final_url or exchange.url).hostname
    if host:
        facts["host"] = host
    for header, key in _KEPT:
        if exchange.headers.get(header):
            facts[key] = scrub(exchange.headers[header], limit=80)
    length = exchange.headers.get("content-length", "")
    if length.isdecimal():
        facts["length"] = int(length[:15])
    elif exchange.status is not None:
        facts["length"] = exchange.length
    colo = exchange.headers.get("cf-ray", "").rpartition("-")[2]
    if 2 < len(colo) < 5 and colo.isalpha():
        facts["colo"] = colo.upper()
    if exchange.body:
        facts["sha256_512"] = hashlib.sha256(exchange.body[:512]).hexdigest()
    if exchange.http_version:
        facts["http"] = exchange.http_version
    if exchange.address and reach(exchange.address) is Reach.PUBLIC:  # a private one tells of the operator's network
        facts["address"] = exchange.address
    if exchange.tls.get("not_after"):
        facts["tls_not_after"] = exchange.tls["not_after"]
    if exchange.redirects:
        facts["redirects"] = [[status, host] for status, host in exchange.redirects]
    return facts


# ---- content ---------------------------------------------------------------------------------------------------------


def json_of(exchange: Exchange) -> tuple[Any, Judgement | None]:
    """The body as JSON, or why it is none: empty, cut at our limit, HTML where JSON was wanted, or broken."""
    facts = evidence(exchange)
    if not exchange.body.strip():
        return None, judged(Failure.EMPTY, "wanted JSON, got an empty answer", Stage.CONTENT, facts)
    try:
        return exchange.json(), None
    except ValueError as problem:
        if exchange.truncated:
            return None, judged(
                Failure.TOO_LARGE, f"wanted JSON, got more than {len(exchange.body)} bytes", Stage.CONTENT, facts
            )
        start = exchange.body[:512].lstrip().lower()
        if "html" in exchange.headers.get("content-type", "").lower() or start.startswith((b"<!doctype", b"<html")):
            return None, judged(Failure.WRONG_CONTENT, "wanted JSON, got an HTML page", Stage.CONTENT, facts)
        return None, judged(
            Failure.NOT_JSON, f"wanted JSON, got something else ({scrub(str(problem), limit=80)})", Stage.CONTENT, facts
        )


@lru_cache(maxsize=512)
def compiled(path: str) -> Any:
    """A JMESPath, compiled once; ValueError if it is none."""
    import jmespath
    from jmespath.exceptions import JMESPathError

    try:
        return jmespath.compile(path)
    except JMESPathError as problem:
        raise ValueError(f"no JMESPath: {scrub(str(problem), limit=120)}") from None


def pick(path: str, value: Any) -> Any:
    """What a JMESPath finds in a value; None if nothing is there or a function meets the wrong type."""
    from jmespath.exceptions import JMESPathError

    try:
        return compiled(path).search(value)
    except (JMESPathError, RecursionError, TypeError, ValueError, OverflowError):
        return None


# ---- numbers ---------------------------------------------------------------------------------------------------------


def threshold(
    value: float | None,
    degraded: float | None,
    down: float | None,
    unit: str,
    *,
    failure: Failure,
    what: str = "value",
    facts: Mapping[str, Any] | None = None,
    low: bool | None = None,
) -> Judgement:
    """A number held to its limits; keeps value, unit and limits. None as value is `TOO_FEW` (inconclusive).

    A value on a limit still passes. High values are bad, unless `low`, or `down` lies below `degraded`.
    """
    if value is None or value != value or value in (float("inf"), float("-inf")):
        return Judgement(
            Verdict.INCONCLUSIVE,
            Failure.TOO_FEW,
            None,
            f"no {what} could be measured",
            None,
            unit,
            degraded,
            down,
            facts or {},
        )
    bad_is_low = low if low is not None else (degraded is not None and down is not None and down < degraded)

    def beyond(limit: float | None) -> bool:
        return limit is not None and (value < limit if bad_is_low else value > limit)

    side = "at least" if bad_is_low else "at most"
    for verdict, limit in ((Verdict.DOWN, down), (Verdict.DEGRADED, degraded)):
        if beyond(limit):
            wanted = degraded if degraded is not None else down
            detail = f"wanted {what} {side} {number(wanted)} {unit}".rstrip() + f", got {number(value)} {unit}".rstrip()
            return Judgement(verdict, failure, Stage.CONTENT, detail[:300], value, unit, degraded, down, facts or {})
    return Judgement(
        Verdict.OK,
        None,
        None,
        f"{what} {number(value)} {unit}".rstrip()[:300],
        value,
        unit,
        degraded,
        down,
        facts or {},
    )


def number(value: float | None) -> str:
    """A number as short as it can be said: 12, 0.25, 1234."""
    return "–" if value is None else f"{value:.4g}" if abs(value) < 1000 else f"{value:.0f}"


def latency(milliseconds: float | None, degraded: float | None, down: float | None) -> Judgement:
    """Latency against its limits: `SLOW`. Without limits or without a time it is fine."""
    if milliseconds is None or (degraded is None and down is None):
        return ok()
    return threshold(milliseconds, degraded, down, "ms", failure=Failure.SLOW, what="answer time", low=False)


def worst_of(*judgements: Judgement | None) -> Judgement:
    """The worst of several judgements, the first if they are alike; None is skipped, nothing at all is `ok`.

    Facts are merged (the worst one's win), and a number another one carried is kept, so that the page can show it.
    """
    given = [j for j in judgements if j is not None]
    if not given:
        return ok()
    winner = min(given, key=lambda j: VERDICTS.index(j.verdict))
    facts: dict[str, Any] = {}
    for judgement in reversed(given):
        facts.update(judgement.facts)
    facts.update(winner.facts)
    carrier = winner if winner.value is not None else next((j for j in given if j.value is not None), winner)
    return replace(
        winner, facts=facts, value=carrier.value, unit=carrier.unit, degraded=carrier.degraded, down=carrier.down
    )


def statuses(written: Any) -> tuple[tuple[int, int], ...]:
    """`200`, `"200-299"` or a list of both, as ranges; ValueError says what is wrong."""
    items = written if isinstance(written, list | tuple) else [written]
    ranges = []
    for item in items:
        low, dash, high = str(item).replace("–", "-").partition("-")
        if not (low.strip().isdecimal() and (high.strip().isdecimal() or not dash)):
            raise ValueError(f"{item!r} is no status; write 200 or '200-299'")
        first, last = int(low), int(high) if dash else int(low)
        if not 100 <= first <= last <= 999:
            raise ValueError(f"{item!r} is no range of statuses; write 200 or '200-299'")
        ranges.append((first, last))
    if not ranges:
        raise ValueError("at least one status is needed; write 200 or '200-299'")
    return tuple(ranges)
