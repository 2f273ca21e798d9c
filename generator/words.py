"""The words of the model in plain English: the message ids of the catalogues. A table, no logic.

`mark` only makes a string visible to the extraction of messages; `generator.text` translates it.
"""

from __future__ import annotations

from collections.abc import Mapping

from .model import Confidence, Failure, Impact, Progress, RegionHealth, Status, Verdict


def mark(message: str) -> str:
    """Says that this string is a message of the catalogues; gives it back as it is."""
    return message


STATUS: Mapping[Status, str] = {
    Status.OPERATIONAL: mark("operational"),
    Status.DEGRADED_PERFORMANCE: mark("degraded"),
    Status.PARTIAL_OUTAGE: mark("partial outage"),
    Status.MAJOR_OUTAGE: mark("major outage"),
    Status.UNDER_MAINTENANCE: mark("maintenance"),
    Status.UNKNOWN: mark("unknown"),
}

VERDICT: Mapping[Verdict, str] = {
    Verdict.OK: mark("works"),
    Verdict.DEGRADED: mark("degraded"),
    Verdict.DOWN: mark("fails"),
    Verdict.INCONCLUSIVE: mark("no answer to judge"),
    Verdict.BLOCKED_BY_POLICY: mark("blocked here on purpose"),
}

PROGRESS: Mapping[Progress, str] = {
    Progress.INVESTIGATING: mark("investigating"),
    Progress.IDENTIFIED: mark("identified"),
    Progress.MONITORING: mark("monitoring"),
    Progress.RESOLVED: mark("resolved"),
    Progress.POSTMORTEM: mark("post-mortem"),
    Progress.SCHEDULED: mark("scheduled"),
    Progress.IN_PROGRESS: mark("in progress"),
    Progress.VERIFYING: mark("verifying"),
    Progress.COMPLETED: mark("completed"),
}

IMPACT: Mapping[Impact, str] = {
    Impact.NONE: mark("no impact"),
    Impact.MINOR: mark("minor impact"),
    Impact.MAJOR: mark("major impact"),
    Impact.CRITICAL: mark("critical impact"),
    Impact.MAINTENANCE: mark("maintenance"),
}

CONFIDENCE: Mapping[Confidence, str] = {
    Confidence.HIGH: mark("high confidence"),
    Confidence.MEDIUM: mark("medium confidence"),
    Confidence.LOW: mark("low confidence"),
}

HEALTH: Mapping[RegionHealth, str] = {
    RegionHealth.OK: mark("sees well"),
    RegionHealth.SUSPECT: mark("suspect"),
    RegionHealth.SILENT: mark("silent"),
}

FAILURE: Mapping[Failure, str] = {
    Failure.NXDOMAIN: mark("the name does not exist"),
    Failure.DNS_SERVFAIL: mark("the name server fails"),
    Failure.DNS_TIMEOUT: mark("the name server does not answer"),
    Failure.DNS_NO_ADDRESS: mark("the name has no address"),
    Failure.DNS_WRONG_ANSWER: mark("the name leads to a wrong address"),
    Failure.REFUSED: mark("connection refused"),
    Failure.CONNECT_TIMEOUT: mark("no connection in time"),
    Failure.UNREACHABLE: mark("no route to the server"),
    Failure.RESET: mark("connection reset"),
    Failure.TLS_EXPIRED: mark("certificate expired"),
    Failure.TLS_NOT_YET_VALID: mark("certificate not valid yet"),
    Failure.TLS_WRONG_HOST: mark("certificate of another name"),
    Failure.TLS_SELF_SIGNED: mark("self-signed certificate"),
    Failure.TLS_UNTRUSTED: mark("certificate not trusted"),
    Failure.TLS_HANDSHAKE: mark("no encrypted connection"),
    Failure.TLS_EXPIRES_SOON: mark("certificate expires soon"),
    Failure.TIMEOUT: mark("no complete answer in time"),
    Failure.CLOSED_EARLY: mark("the answer breaks off"),
    Failure.PROTOCOL_ERROR: mark("not a valid HTTP answer"),
    Failure.TOO_LARGE: mark("the answer is too large"),
    Failure.BAD_ENCODING: mark("broken compression"),
    Failure.REDIRECT_LOOP: mark("redirects in a circle"),
    Failure.REDIRECT_REFUSED: mark("redirects to a forbidden place"),
    Failure.WRONG_STATUS: mark("unexpected HTTP status"),
    Failure.SERVER_ERROR: mark("server error"),
    Failure.EDGE_ERROR: mark("the edge cannot reach the server behind it"),
    Failure.OVERLOADED: mark("overloaded"),
    Failure.SLOW: mark("slow"),
    Failure.WRONG_TYPE: mark("wrong content type"),
    Failure.WRONG_CONTENT: mark("wrong content"),
    Failure.NOT_JSON: mark("not JSON"),
    Failure.EMPTY: mark("empty answer"),
    Failure.WRONG_MAGIC: mark("wrong file type"),
    Failure.WRONG_LENGTH: mark("wrong length"),
    Failure.WRONG_HASH: mark("wrong checksum"),
    Failure.STALE_RELEASE: mark("an old version is served"),
    Failure.STALE: mark("nothing new arrives"),
    Failure.LAGGING: mark("arrives too late"),
    Failure.HOLES: mark("items never arrive"),
    Failure.DISAGREES: mark("two places tell different stories"),
    Failure.BACKLOG: mark("too much is waiting"),
    Failure.FROZEN: mark("values stand still"),
    Failure.UNTAGGED: mark("items lack their tags"),
    Failure.CACHED_ERROR: mark("the edge keeps an old error"),
    Failure.STALE_EDGE: mark("the edge serves an old copy"),
    Failure.OFFICIAL_OUTAGE: mark("the official page reports an outage"),
    Failure.CHALLENGED: mark("a bot wall answered"),
    Failure.RATE_LIMITED: mark("our own request rate was limited"),
    Failure.TOO_FEW: mark("too few samples to judge"),
    Failure.NO_HISTORY: mark("nothing to compare with yet"),
    Failure.NO_ROUTE: mark("our own network was cut"),
    Failure.CLOCK_SKEW: mark("our own clock was wrong"),
    Failure.CONTROL_FAILED: mark("this region could not see its controls"),
    Failure.SUSPECT_REGION: mark("this region sees failures nobody else sees"),
    Failure.ENGINE_ERROR: mark("the measuring service failed"),
    Failure.ENGINE_BUDGET: mark("the allowance for measuring was used up"),
    Failure.ENGINE_OUTDATED: mark("the measuring service runs an old configuration"),
    Failure.TRUNCATED: mark("the measuring service cut the answer"),
    Failure.MISSING_SECRET: mark("a secret is not configured"),
    Failure.INTERNAL: mark("an error of our own"),
    Failure.UNKNOWN_FAILURE: mark("a failure we have no word for"),
    Failure.REGION_BLOCKED: mark("blocked here on purpose"),
}
