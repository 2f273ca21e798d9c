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
_ERROR = re.compile(r'\berr="((?:[^"\\]|\\.)*)"')

_WORDS: tuple[tuple[str, Failure, Stage], ...] = (
    ("certificate has expired", Failure.TLS_EXPIRED, Stage.TLS),
    ("is not yet valid", Failure.TLS_NOT_YET_VALID, Stage.TLS),
    ("certificate is valid for", Failure.TLS_WRONG_HOST, Stage.TLS),
    ("not valid for any names", Failure.TLS_WRONG_HOST, Stage.TLS),
    ("doesn't contain any ip sans", Failure.TLS_WRONG_HOST, Stage.TLS),
    ("unknown authority", Failure.TLS_UNTRUSTED, Stage.TLS),
    ("x509", Failure.TLS_UNTRUSTED, Stage.TLS),
    ("tls:", Failure.TLS_HANDSHAKE, Stage.TLS),
    ("connection refused", Failure.REFUSED, Stage.CONNECT),
    ("no such host", Failure.NXDOMAIN, Stage.DNS),
    ("server misbehaving", Failure.DNS_SERVFAIL, Stage.DNS),
    ("network is unreachable", Failure.UNREACHABLE, Stage.CONNECT),
    ("no route to host", Failure.UNREACHABLE, Stage.CONNECT),
    ("connection reset", Failure.RESET, Stage.REQUEST),
    ("unexpected eof", Failure.CLOSED_EARLY, Stage.REQUEST),
    ("eof", Failure.CLOSED_EARLY, Stage.REQUEST),
    ("malformed http", Failure.PROTOCOL_ERROR, Stage.REQUEST),
    ("stopped after 10 redirects", Failure.REDIRECT_LOOP, Stage.REQUEST),
    ("deadline exceeded", Failure.TIMEOUT, Stage.REQUEST),
    ("i/o timeout", Failure.CONNECT_TIMEOUT, Stage.CONNECT),
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

    @property
    def regex_failed(self) -> bool:
        return self.numbers.get("probe_failed_due_to_regex") == 1


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
    """The failure the exporter's log tells, and its words without addresses of ours."""
    errors = _ERROR.findall(log)
    said = errors[-1].replace('\\"', '"') if errors else ""
    lower = said.lower()
    for mark, failure, stage in _WORDS:
        if mark in lower:
            return failure, stage, said[:200]
    return Failure.UNKNOWN_FAILURE, None, said[:200] or "the exporter gives no reason"


def exchange(method: str, url: str, page: Page, log: str = "") -> Exchange:
    """What the exporter saw of the target. `log` is the text of a second look that failed as well."""
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
    failure, stage, detail = (None, None, "") if page.success or status is not None else why(log)
    return Exchange(
        method=method,
        url=url,
        final_url=url,
        status=status,
        length=int(page.numbers.get("probe_http_uncompressed_body_length", 0)),
        failure=failure,
        stage=stage,
        detail=detail,
        latency_ms=latency * 1000,
        phases=phases,
        http_version=f"{page.numbers['probe_http_version']:g}" if page.numbers.get("probe_http_version") else "",
        tls=tls,
    )
