"""Globalping's words and ours: what is asked, whose results are a region's, what a result means. Pure.

Results are matched to a region by what a probe says of itself, never by their place in the list: a region without a
probe is dropped silently and everything behind it moves up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from ..fetch import Exchange, scrub_url
from ..model import Failure, Request, Stage
from ..probes._reading import instant, number

PLACE_KEYS = ("continent", "region", "country", "state", "city", "asn", "network", "tags")
"""Keys of a location that can be held against what a probe says of itself. `magic` cannot."""
MOST_CHARACTERS = 10_000
"""Of a body that a probe brings back, in UTF-16 units; the rest is cut."""

_TARGET_WORDS: Sequence[tuple[str, Failure, Stage]] = (
    ("econnrefused", Failure.REFUSED, Stage.CONNECT),
    ("econnreset", Failure.RESET, Stage.REQUEST),
    ("socket hang up", Failure.CLOSED_EARLY, Stage.REQUEST),
    ("epipe", Failure.RESET, Stage.REQUEST),
    ("etimedout", Failure.CONNECT_TIMEOUT, Stage.CONNECT),
    ("ehostunreach", Failure.UNREACHABLE, Stage.CONNECT),
    ("enetunreach", Failure.UNREACHABLE, Stage.CONNECT),
    ("cert_has_expired", Failure.TLS_EXPIRED, Stage.TLS),
    ("altname_invalid", Failure.TLS_WRONG_HOST, Stage.TLS),
    ("eproto", Failure.TLS_HANDSHAKE, Stage.TLS),
    ("ssl", Failure.TLS_HANDSHAKE, Stage.TLS),
    ("tls", Failure.TLS_HANDSHAKE, Stage.TLS),
    ("incorrect header check", Failure.BAD_ENCODING, Stage.CONTENT),
    ("decod", Failure.BAD_ENCODING, Stage.CONTENT),
    ("timeout", Failure.TIMEOUT, Stage.REQUEST),
    ("timed out", Failure.TIMEOUT, Stage.REQUEST),
    ("parse error", Failure.PROTOCOL_ERROR, Stage.REQUEST),
    ("hpe_", Failure.PROTOCOL_ERROR, Stage.REQUEST),
)
_RESOLVER_WORDS: Sequence[tuple[str, Failure]] = (
    ("enotfound", Failure.NXDOMAIN),
    ("nxdomain", Failure.NXDOMAIN),
    ("enodata", Failure.DNS_NO_ADDRESS),
    ("servfail", Failure.DNS_SERVFAIL),
    ("timeout", Failure.DNS_TIMEOUT),
)
_CERTIFICATE = {
    "CERT_HAS_EXPIRED": Failure.TLS_EXPIRED,
    "CERT_NOT_YET_VALID": Failure.TLS_NOT_YET_VALID,
    "ERR_TLS_CERT_ALTNAME_INVALID": Failure.TLS_WRONG_HOST,
    "DEPTH_ZERO_SELF_SIGNED_CERT": Failure.TLS_SELF_SIGNED,
    "SELF_SIGNED_CERT_IN_CHAIN": Failure.TLS_SELF_SIGNED,
}


# ---- asking ----------------------------------------------------------------------------------------------------------


def place(options: Mapping[str, Any]) -> dict[str, Any]:
    """The location of a region as Globalping's structured keys."""
    return {key: options[key] for key in PLACE_KEYS if key in options}


def http_body(request: Request, timeout: float, pins: Mapping[str, str]) -> dict[str, Any]:
    """The part of a measurement that says what is asked; a pin asks its address and keeps the name."""
    parts = urlsplit(request.url)
    host, port = parts.hostname or "", parts.port
    asked: dict[str, Any] = {"path": parts.path or "/", "method": request.method}
    if parts.query:
        asked["query"] = parts.query
    if request.headers:
        asked["headers"] = dict(request.headers)
    target = host
    default = {"http": 80, "https": 443}[parts.scheme]
    pin = pins.get(f"{host}:{port or default}") or pins.get(host)
    if pin:
        address, _, pinned_port = pin.rpartition(":") if pin.count(":") == 1 else (pin, "", "")
        target, asked["host"] = address, host
        port = int(pinned_port) if pinned_port else port
    options: dict[str, Any] = {"protocol": parts.scheme.upper(), "request": asked}
    if port is not None and port != default:
        options["port"] = port
    return {"type": "http", "target": target, "measurementOptions": options, "timeout": seconds(timeout)}


def tcp_body(host: str, port: int, timeout: float) -> dict[str, Any]:
    return {
        "type": "ping",
        "target": host,
        "measurementOptions": {"protocol": "TCP", "port": port, "packets": 1},
        "timeout": seconds(timeout),
    }


def dns_body(name: str, rtype: str, server: str, timeout: float) -> dict[str, Any]:
    options: dict[str, Any] = {"query": {"type": rtype}}
    if server:
        options["resolver"] = server
    return {"type": "dns", "target": name, "measurementOptions": options, "timeout": seconds(timeout)}


def seconds(timeout: float) -> int:
    """Globalping takes 5 to 30 whole seconds."""
    return int(min(30, max(5, round(timeout))))


# ---- whose result ----------------------------------------------------------------------------------------------------


def belongs(probe: Any, wanted: Mapping[str, Any]) -> bool:
    """Whether a probe lies where it should, by its own words."""
    if not isinstance(probe, Mapping) or not wanted:
        return False
    for key, want in wanted.items():
        said = probe.get(key)
        if key == "tags":
            if not {str(t).lower() for t in want} <= {str(t).lower() for t in said or ()}:
                return False
        elif str(said).lower() != str(want).lower():
            return False
    return True


def matching(measurement: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The results of probes that lie in the region."""
    rows = measurement.get("results")
    found = []
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, Mapping) and belongs(row.get("probe"), wanted) and isinstance(row.get("result"), Mapping):
            found.append(row["result"])
    return found


# ---- what a result means ---------------------------------------------------------------------------------------------


def trouble(method: str, url: str, failure: Failure, detail: str) -> Exchange:
    """An exchange that says that the engine failed, not the target."""
    return Exchange(method, scrub_url(url), failure=failure, detail=detail[:300])


def http_exchange(request: Request, result: Mapping[str, Any]) -> Exchange:
    """One HTTP result as an exchange. Whatever is the engine's fault gets a word that is always inconclusive."""
    status = result.get("status")
    if status != "finished":
        return failed(request.method, request.url, result)
    code = number(result.get("statusCode"))
    if code is None:
        return trouble(request.method, request.url, Failure.ENGINE_ERROR, "finished without a status")
    body = result.get("rawBody")
    text = body if isinstance(body, str) else ""
    tls = _tls(result.get("tls"))
    phases, latency = _timings(result.get("timings"))
    word, detail = _certificate(result.get("tls"))
    return Exchange(
        method=request.method,
        url=scrub_url(request.url),
        final_url=scrub_url(request.url),
        status=int(code),
        headers=_headers(result.get("headers")),
        body=text.encode("utf-8", errors="replace"),
        length=len(text.encode("utf-8", errors="replace")),
        truncated=bool(result.get("truncated")),
        failure=word,
        stage=Stage.TLS if word else None,
        detail=detail,
        latency_ms=latency,
        phases=phases,
        address=str(result.get("resolvedAddress") or ""),
        tls=tls,
        replaced="\ufffd" in text,
    )


def failed(method: str, url: str, result: Mapping[str, Any]) -> Exchange:
    """A result that is not `finished`: the target's, a resolver's, or the engine's own."""
    said = str(result.get("rawOutput") or "")[:200]
    source, status = result.get("failureSource"), result.get("status")
    lower = said.lower()
    if status == "failed" and source == "target":
        word, stage = next(((f, s) for mark, f, s in _TARGET_WORDS if mark in lower), (Failure.UNKNOWN_FAILURE, None))
        return Exchange(method, scrub_url(url), failure=word, stage=stage, detail=said)
    if status == "failed" and source == "resolver":
        # One resolver's word is not enough: the probe's own may be broken.
        word = next((f for mark, f in _RESOLVER_WORDS if mark in lower), Failure.DNS_SERVFAIL)
        return Exchange(method, scrub_url(url), failure=word, stage=Stage.DNS, detail=said)
    why = said or "no reason given"
    return trouble(method, url, Failure.ENGINE_ERROR, f"the probe could not measure ({status}, {source or '-'}): {why}")


def _headers(value: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, said in list(value.items())[:100] if isinstance(value, Mapping) else []:
        joined = ", ".join(map(str, said)) if isinstance(said, list) else str(said)
        found[str(name).lower()] = joined[:1000]
    return found


def _timings(value: Any) -> tuple[dict[str, float], float | None]:
    """Phases in our words; latency from the start of the connection, as everywhere."""
    said = value if isinstance(value, Mapping) else {}
    names = (("dns", "dns"), ("tcp", "connect"), ("tls", "tls"), ("firstByte", "first_byte"), ("total", "total"))
    phases = {ours: ms for theirs, ours in names if (ms := number(said.get(theirs))) is not None}
    total, dns = phases.get("total"), phases.get("dns", 0.0)
    return phases, None if total is None else max(0.0, total - dns)


def _tls(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        return {}
    issuer, subject = value.get("issuer"), value.get("subject")
    ends = instant(value.get("expiresAt"))
    facts: dict[str, Any] = {"fingerprint": str(value.get("fingerprint256") or "").replace(":", "").lower()}
    if ends is not None:
        facts["not_after"] = int(ends)
    if isinstance(issuer, Mapping):
        facts["issuer"] = str(issuer.get("CN") or issuer.get("O") or "")
    if isinstance(subject, Mapping):
        facts["subject"] = str(subject.get("CN") or "")
    return facts


def _certificate(value: Any) -> tuple[Failure | None, str]:
    if not isinstance(value, Mapping) or value.get("authorized") is not False:
        return None, ""
    error = str(value.get("error") or "")
    return _CERTIFICATE.get(error, Failure.TLS_UNTRUSTED), f"certificate not trusted ({error[:80]})"


def tcp_exchange(host: str, port: int, result: Mapping[str, Any]) -> Exchange:
    """A TCP ping: connected if any packet came back. A lost one is the target's only as far as a timeout says."""
    url = f"tcp://{host}:{port}"
    if result.get("status") != "finished":
        return failed("CONNECT", url, result)
    stats = result.get("stats")
    received = number(stats.get("rcv")) if isinstance(stats, Mapping) else None
    if received is None:
        return trouble("CONNECT", url, Failure.ENGINE_ERROR, "finished without statistics")
    address = str(result.get("resolvedAddress") or "")
    if received < 1:
        return Exchange(
            "CONNECT", url, failure=Failure.CONNECT_TIMEOUT, stage=Stage.CONNECT, detail="no answer", address=address
        )
    average = number(stats.get("avg")) if isinstance(stats, Mapping) else None
    phases = {} if average is None else {"connect": average, "total": average}
    return Exchange("CONNECT", url, url, latency_ms=average, phases=phases, address=address)


def dns_answers(name: str, result: Mapping[str, Any]) -> tuple[tuple[str, ...], Exchange]:
    """Answers of a DNS measurement, sorted, and how it went."""
    url = f"dns:{name}"
    if result.get("status") != "finished":
        exchange = failed("DNS", url, result)
        return (), exchange
    _, latency = _timings(result.get("timings"))
    code = str(result.get("statusCodeName") or "NOERROR").upper()
    rows = result.get("answers")
    values = (
        tuple(sorted(str(r.get("value")).rstrip(".") for r in rows if isinstance(r, Mapping)))
        if isinstance(rows, list)
        else ()
    )
    word = {"NOERROR": None, "NXDOMAIN": Failure.NXDOMAIN}.get(code, Failure.DNS_SERVFAIL)
    if word is None and not values:
        word = Failure.DNS_NO_ADDRESS
    detail = f"resolver answers {code}" if word else ""
    return values, Exchange(
        "DNS", url, url, failure=word, stage=Stage.DNS if word else None, detail=detail, latency_ms=latency
    )
