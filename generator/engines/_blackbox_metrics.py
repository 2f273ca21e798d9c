"""A page of the exporter's numbers as one exchange. Pure.

The exporter separates cleanly: its own trouble is an HTTP error on `/probe`, the target's is a page with
`probe_success 0`. Only its log lines tell why a connection failed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from ..fetch import Exchange
from ..model import Failure, Stage

_LINE = re.compile(r"^([a-z_]+)(?:\{([^}]*)\})? (\S+)$")
_LABEL = re.compile(r'([a-z_0-9]+)="((?:[^"\\]|\\.)*)"')
_ERROR = re.compile(r'\berr=(?:"((?:[^"\\]|\\.)*)"|(\S+))')
_HEADER = re.compile(r'msg="((?:Header|Missing) [^"]*)" header=(\S+)')
_TEXT = re.compile(r'msg="(?:Body|Regexp) [^"]*match')
_NEVER_CONNECTED = re.compile(r"\bgotConn=0001-.*\btlsStart=0001-")
_PLACES = (
    (re.compile(r'^[A-Z][a-z]+ "[^"]*": '), ""),
    (re.compile(r"\b(?:read|write|dial) (?:tcp|udp)[46]? [^ ]+: "), ""),
    (re.compile(r"\b(lookup \S+) on \S+: "), r"\1: "),
)
"""Where an error of the exporter names addresses: the exporter's own, its resolver's, a pinned one."""
_TOO_LARGE = "request body too large"

_WORDS: tuple[tuple[str, Failure, Stage], ...] = (
    (" is before ", Failure.TLS_NOT_YET_VALID, Stage.TLS),  # "expired or is not yet valid: current time … is before …"
    ("certificate has expired", Failure.TLS_EXPIRED, Stage.TLS),
    ("certificate is valid for", Failure.TLS_WRONG_HOST, Stage.TLS),
    ("not valid for any names", Failure.TLS_WRONG_HOST, Stage.TLS),
    ("doesn't contain any ip sans", Failure.TLS_WRONG_HOST, Stage.TLS),
    ("unknown authority", Failure.TLS_UNTRUSTED, Stage.TLS),
    ("x509", Failure.TLS_UNTRUSTED, Stage.TLS),
    ("tls:", Failure.TLS_HANDSHAKE, Stage.TLS),
    ("http response to https client", Failure.TLS_HANDSHAKE, Stage.TLS),
    ("connection refused", Failure.REFUSED, Stage.CONNECT),
    ("network is unreachable", Failure.UNREACHABLE, Stage.CONNECT),
    ("no route to host", Failure.UNREACHABLE, Stage.CONNECT),
    ("connection reset", Failure.RESET, Stage.REQUEST),
    ("unexpected eof", Failure.CLOSED_EARLY, Stage.REQUEST),
    ("eof", Failure.CLOSED_EARLY, Stage.REQUEST),
    ("unsupported protocol scheme", Failure.REDIRECT_REFUSED, Stage.REQUEST),
    ("parse location", Failure.REDIRECT_REFUSED, Stage.REQUEST),
    ("transport connection broken", Failure.PROTOCOL_ERROR, Stage.REQUEST),
    ("chunk", Failure.PROTOCOL_ERROR, Stage.REQUEST),
    ("deadline exceeded", Failure.TIMEOUT, Stage.REQUEST),
    ("timeout", Failure.TIMEOUT, Stage.REQUEST),
)


@dataclass(frozen=True, slots=True)
class Page:
    """The numbers of one probe: plain ones by name, phases by label, the certificate's fingerprint."""

    numbers: Mapping[str, float]
    phases: Mapping[str, float]
    fingerprint: str = ""

    @property
    def success(self) -> bool:
        return self.numbers.get("probe_success") == 1


def parse(text: str) -> Page | None:
    """The page, None if it has no `probe_success`: then it is not the exporter's."""
    numbers: dict[str, float] = {}
    phases: dict[str, float] = {}
    fingerprint = ""
    for line in text.splitlines():
        found = _LINE.match(line)
        if not found:
            continue
        try:
            value = float(found[3])
        except ValueError:
            continue
        labels = dict(_LABEL.findall(found[2] or ""))
        if found[1] == "probe_http_duration_seconds" and "phase" in labels:
            phases[labels["phase"]] = phases.get(labels["phase"], 0.0) + value
        elif found[1] == "probe_ssl_last_chain_info":
            fingerprint = labels.get("fingerprint_sha256", "")
        elif math.isfinite(value):
            numbers[found[1]] = value
    return Page(numbers, phases, fingerprint) if "probe_success" in numbers else None


def why(log: str) -> tuple[Failure, Stage | None, str]:
    """The failure the exporter's log tells, and its words without any address."""
    said = _error(log)
    lower = said.lower()
    for place, instead in _PLACES:
        said = place.sub(instead, said)
    if "lookup " in lower:
        return _by_name(lower), Stage.DNS, said[:200]
    for mark, failure, stage in _WORDS:
        if mark in lower:
            if failure is Failure.TIMEOUT and ("dial tcp" in lower or _NEVER_CONNECTED.search(_timings(log))):
                return Failure.CONNECT_TIMEOUT, Stage.CONNECT, said[:200]
            return failure, stage, said[:200]
    return Failure.UNKNOWN_FAILURE, None, said[:200] or "the exporter gives no reason"


def _error(log: str) -> str:
    """The last error of the log, which is the one that ended the look; '' if it names none."""
    errors = _ERROR.findall(log)
    return (errors[-1][0] or errors[-1][1]).replace('\\"', '"') if errors else ""


def _timings(log: str) -> str:
    return next((line for line in reversed(log.splitlines()) if "Response timings" in line), "")


def _by_name(lower: str) -> Failure:
    """A name that was not found is the target's; a resolver that refuses or is silent is the region's own."""
    if "no such host" in lower:
        return Failure.NXDOMAIN
    return Failure.DNS_TIMEOUT if "timeout" in lower or "deadline exceeded" in lower else Failure.DNS_SERVFAIL


def shut(log: str) -> dict[str, str]:
    """The header by which a network says that a bot check answered: our modules ask the exporter to look for it."""
    return {name.lower(): "challenge" for how, name in _HEADER.findall(log) if how.startswith("Header matched")}


def wrong(log: str) -> Failure | None:
    """What the exporter found wrong in an answer that came: a header or the text, None if neither."""
    for how, name in _HEADER.findall(log):
        if not how.startswith("Header matched"):
            return Failure.WRONG_TYPE if name.lower() == "content-type" else Failure.WRONG_CONTENT
    return Failure.WRONG_CONTENT if _TEXT.search(log) else None


def exchange(method: str, url: str, page: Page, log: str = "") -> Exchange:
    """What the exporter saw of the target. `log` is the text of a second look that failed as well."""
    large = _TOO_LARGE in log
    status = int(page.numbers.get("probe_http_status_code", 0)) or None
    phases = {
        "dns": page.numbers.get("probe_dns_lookup_time_seconds", page.phases.get("resolve", 0.0)) * 1000,
        "total": page.numbers.get("probe_duration_seconds", 0.0) * 1000,
    }
    for theirs, ours in (("connect", "connect"), ("tls", "tls"), ("processing", "first_byte")):
        if theirs in page.phases:
            phases[ours] = page.phases[theirs] * 1000
    tls: dict[str, object] = {}
    ends = page.numbers.get("probe_ssl_earliest_cert_expiry")
    if ends is not None and ends > 0:
        tls["not_after"] = int(ends)
    if page.fingerprint:
        tls["fingerprint"] = page.fingerprint
    latency = sum(page.phases.values()) - page.phases.get("resolve", 0.0) if page.phases else None
    if latency is None:
        latency = max(0.0, phases["total"] - phases["dns"]) / 1000
    told = not page.success and not large and (status is None or _error(log))
    failure, stage, detail = why(log) if told else (None, None, "")
    if failure is not None and status is not None and stage is Stage.REQUEST:
        stage = Stage.CONTENT  # the answer had begun
    return Exchange(
        method=method,
        url=url,
        final_url=url,
        status=status,
        headers=shut(log),
        truncated=large,
        length=int(page.numbers.get("probe_http_uncompressed_body_length", 0)),
        failure=failure,
        stage=stage,
        detail=detail,
        latency_ms=latency * 1000,
        phases=phases,
        http_version=f"{page.numbers['probe_http_version']:g}" if page.numbers.get("probe_http_version") else "",
        tls=tls,
    )
