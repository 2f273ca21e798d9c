"""Exceptions of a network, a resolver, OpenSSL or a parser, turned into the closed vocabulary of failures.

The only place that knows errno values, OpenSSL verify codes and resolver codes; nobody else catches them by number.
Also says which verdict a failure leads to when a check says nothing else, and cleans text that a target supplied.
Never judges a whole look, never touches the network.
"""

from __future__ import annotations

import errno
import re
import socket
import zlib
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from .model import Failure, Stage, Verdict

if TYPE_CHECKING:
    import ssl  # a build names failures and sees no exception of TLS

MAX_TEXT = 200
"""Characters of foreign text that are ever quoted."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff\ud800-\udfff]+")


class Trouble(Exception):
    """A failure that our own code found and already has a word for. Raised and caught inside the fetch only."""

    def __init__(self, failure: Failure, stage: Stage | None, text: str = "") -> None:
        self.failure, self.stage, self.text = failure, stage, text
        super().__init__(text)


def scrub(text: str, secrets: Iterable[str] = (), limit: int = MAX_TEXT) -> str:
    """Foreign text made safe to quote: one line, no control or direction characters, no secrets, at most `limit`.

    A secret shorter than four characters is left alone: replacing it would tear every text apart.
    """
    for secret in sorted((s for s in secrets if len(s) >= 4), key=len, reverse=True):
        text = text.replace(secret, "***")
    text = " ".join(
        _CONTROL.sub("\ufffd", text[: limit * 8].replace("\t", " ").replace("\r\n", " ").replace("\n", " ")).split()
    )
    return text if len(text) <= limit else text[: limit - 1] + "…"


_D, _G, _U, _P = Verdict.DOWN, Verdict.DEGRADED, Verdict.INCONCLUSIVE, Verdict.BLOCKED_BY_POLICY

_DEGRADED = frozenset(
    {
        Failure.TLS_EXPIRES_SOON,
        Failure.SLOW,
        Failure.STALE_RELEASE,
        Failure.STALE,
        Failure.LAGGING,
        Failure.HOLES,
        Failure.DISAGREES,
        Failure.BACKLOG,
        Failure.FROZEN,
        Failure.UNTAGGED,
        Failure.CACHED_ERROR,
        Failure.STALE_EDGE,
    }
)
_INCONCLUSIVE = frozenset(
    {
        Failure.DNS_SERVFAIL,
        Failure.DNS_TIMEOUT,
        Failure.OFFICIAL_OUTAGE,
        Failure.CHALLENGED,
        Failure.RATE_LIMITED,
        Failure.TOO_FEW,
        Failure.NO_HISTORY,
        Failure.NO_ROUTE,
        Failure.CLOCK_SKEW,
        Failure.CONTROL_FAILED,
        Failure.SUSPECT_REGION,
        Failure.ENGINE_ERROR,
        Failure.ENGINE_BUDGET,
        Failure.ENGINE_OUTDATED,
        Failure.TRUNCATED,
        Failure.MISSING_SECRET,
        Failure.INTERNAL,
        Failure.UNKNOWN_FAILURE,
    }
)


def _default(failure: Failure) -> Verdict:
    if failure is Failure.REGION_BLOCKED:
        return _P
    return _G if failure in _DEGRADED else _U if failure in _INCONCLUSIVE else _D


DEFAULT_VERDICT: Mapping[Failure, Verdict] = MappingProxyType({f: _default(f) for f in Failure})
"""The verdict each failure leads to, unless the check says otherwise (the comments in `model.Failure`)."""


# ---- what the system says --------------------------------------------------------------------------------------------

_ERRNO: Mapping[int, tuple[Failure, Stage | None, str]] = {
    errno.ECONNREFUSED: (Failure.REFUSED, Stage.CONNECT, "connection refused"),
    errno.ECONNRESET: (Failure.RESET, None, "connection reset"),
    errno.EPIPE: (Failure.RESET, None, "connection closed while sending"),
    errno.ECONNABORTED: (Failure.RESET, None, "connection aborted"),
    errno.ETIMEDOUT: (Failure.CONNECT_TIMEOUT, Stage.CONNECT, "no answer to the connection attempt"),
    errno.EHOSTUNREACH: (Failure.UNREACHABLE, Stage.CONNECT, "no route to the host"),
    errno.ENETUNREACH: (Failure.UNREACHABLE, Stage.CONNECT, "network unreachable"),
    errno.EHOSTDOWN: (Failure.UNREACHABLE, Stage.CONNECT, "host is down"),
    errno.ENETDOWN: (Failure.NO_ROUTE, Stage.CONNECT, "our own network is down"),
    errno.EACCES: (Failure.NO_ROUTE, Stage.CONNECT, "our own machine forbids the connection"),
    errno.EPERM: (Failure.NO_ROUTE, Stage.CONNECT, "our own machine forbids the connection"),
    errno.EADDRNOTAVAIL: (Failure.NO_ROUTE, Stage.CONNECT, "no local address to connect from"),
    errno.EMFILE: (Failure.INTERNAL, None, "too many open files here"),
    errno.ENFILE: (Failure.INTERNAL, None, "too many open files here"),
    errno.ENOMEM: (Failure.INTERNAL, None, "out of memory here"),
    errno.ENOBUFS: (Failure.INTERNAL, None, "out of network buffers here"),
}

_GAI: Mapping[int, tuple[Failure, str]] = {
    socket.EAI_NONAME: (Failure.NXDOMAIN, "no such name"),
    socket.EAI_NODATA: (Failure.DNS_NO_ADDRESS, "the name has no address"),
    socket.EAI_ADDRFAMILY: (Failure.DNS_NO_ADDRESS, "the name has no address of our kind"),
    socket.EAI_AGAIN: (Failure.DNS_SERVFAIL, "the resolver failed"),
    socket.EAI_FAIL: (Failure.DNS_SERVFAIL, "the resolver failed"),
}

# OpenSSL's X509_V_ERR_* (openssl/x509_vfy.h)
_VERIFY: Mapping[int, tuple[Failure, str]] = {
    9: (Failure.TLS_NOT_YET_VALID, "certificate is not valid yet"),
    10: (Failure.TLS_EXPIRED, "certificate has expired"),
    18: (Failure.TLS_SELF_SIGNED, "certificate is self-signed"),
    19: (Failure.TLS_SELF_SIGNED, "chain ends in an unknown self-signed certificate"),
    20: (Failure.TLS_UNTRUSTED, "certificate comes from an unknown issuer"),
    21: (Failure.TLS_UNTRUSTED, "the chain is incomplete"),
    23: (Failure.TLS_UNTRUSTED, "certificate is revoked"),
    62: (Failure.TLS_WRONG_HOST, "certificate is for another name"),
    64: (Failure.TLS_WRONG_HOST, "certificate is for another address"),
}


def classify(exc: BaseException) -> tuple[Failure, Stage | None, str]:
    """What an exception means: the word, the stage if the exception itself tells it, and clean text (<= 200).

    Looks through causes and contexts, so that a wrapped OSError keeps its number. What has no word is
    `UNKNOWN_FAILURE` if it came from the network, `INTERNAL` if it is a mistake of ours; both keep their text.
    """
    for link in _chain(exc):
        known = _one(link)
        if known is not None:
            failure, stage, text = known
            return failure, stage, scrub(text)
    name = type(exc).__name__
    word = Failure.UNKNOWN_FAILURE if isinstance(exc, OSError) or _is_network(exc) else Failure.INTERNAL
    return word, None, scrub(f"{name}: {exc}" if str(exc) else name)


def _chain(exc: BaseException) -> Iterator[BaseException]:
    """The exception, the members of a group, and what caused it, each once."""
    queue, seen = [exc], set[int]()
    while queue:
        link = queue.pop(0)
        if id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        if isinstance(link, BaseExceptionGroup):
            queue.extend(link.exceptions)
        queue.extend(e for e in (link.__cause__, link.__context__) if e is not None)


def _one(exc: BaseException) -> tuple[Failure, Stage | None, str] | None:
    """The meaning of one exception by itself, None if it says nothing."""
    import ssl

    if isinstance(exc, Trouble):
        return exc.failure, exc.stage, exc.text
    if isinstance(exc, ssl.SSLCertVerificationError):
        word, text = _VERIFY.get(exc.verify_code, (Failure.TLS_UNTRUSTED, f"certificate refused: {exc.verify_message}"))
        return word, Stage.TLS, text
    if isinstance(exc, ssl.SSLError):
        return _tls(exc)
    if isinstance(exc, socket.gaierror):
        word, text = _GAI.get(exc.errno or 0, (Failure.DNS_SERVFAIL, f"the resolver failed: {exc.strerror}"))
        return word, Stage.DNS, text
    if isinstance(exc, TimeoutError) and exc.errno is None:
        return Failure.TIMEOUT, None, "no complete answer in time"
    if isinstance(exc, OSError) and exc.errno is not None and exc.errno in _ERRNO:
        return _ERRNO[exc.errno]
    if isinstance(exc, ConnectionResetError | BrokenPipeError):
        return Failure.RESET, None, "connection reset"
    if isinstance(exc, zlib.error):
        return Failure.BAD_ENCODING, Stage.CONTENT, "the compressed body is broken"
    return _by_name(exc)


def _tls(exc: ssl.SSLError) -> tuple[Failure, Stage | None, str]:
    import ssl

    said = getattr(exc, "reason", None)  # missing on errors that Python made itself
    if isinstance(exc, ssl.SSLEOFError) or said in ("UNEXPECTED_EOF_WHILE_READING", "SHUTDOWN_WHILE_IN_INIT"):
        return Failure.RESET, None, "connection closed in the middle of TLS"
    reason = (said or type(exc).__name__).lower().replace("_", " ")
    return Failure.TLS_HANDSHAKE, Stage.TLS, f"TLS failed: {reason}"


# Exceptions of libraries by class name: importing httpx, h11 and dnspython here would slow every command.
_NAMES: Mapping[str, tuple[Failure, Stage | None, str]] = {
    "NXDOMAIN": (Failure.NXDOMAIN, Stage.DNS, "no such name"),
    "NoAnswer": (Failure.DNS_NO_ADDRESS, Stage.DNS, "the name has no such record"),
    "NoNameservers": (Failure.DNS_SERVFAIL, Stage.DNS, "every resolver failed"),
    "LifetimeTimeout": (Failure.DNS_TIMEOUT, Stage.DNS, "the resolver did not answer in time"),
    "Timeout": (Failure.DNS_TIMEOUT, Stage.DNS, "the resolver did not answer in time"),
    "NoResolverConfiguration": (Failure.NO_ROUTE, Stage.DNS, "this machine has no resolver configured"),
    "YXDOMAIN": (Failure.DNS_SERVFAIL, Stage.DNS, "the resolver failed"),
    "ReadError": (Failure.RESET, None, "connection closed"),
    "WriteError": (Failure.RESET, None, "connection closed while sending"),
    "LocalProtocolError": (Failure.INTERNAL, None, "the request cannot be written as HTTP"),
}


def _by_name(exc: BaseException) -> tuple[Failure, Stage | None, str] | None:
    name, module = type(exc).__name__, type(exc).__module__.partition(".")[0]
    if module not in ("httpx", "httpcore", "h11", "dns"):
        return None
    if name == "RemoteProtocolError":
        return _protocol(str(exc))
    if name in _NAMES:
        failure, stage, text = _NAMES[name]
        return failure, stage, f"{text}: {exc}" if failure is Failure.INTERNAL else text
    if module == "dns":
        return Failure.DNS_SERVFAIL, Stage.DNS, f"the resolver's answer is broken: {name}"
    return None


def _protocol(text: str) -> tuple[Failure, Stage | None, str]:
    """h11 says with the same class that an answer ended early, and that it is no HTTP at all."""
    lower = text.lower()
    if "without sending complete message body" in lower or "incomplete chunked read" in lower:
        return Failure.CLOSED_EARLY, Stage.CONTENT, "the answer ended before it was whole"
    if "disconnected without sending a response" in lower:
        return Failure.CLOSED_EARLY, Stage.REQUEST, "closed without an answer"
    return Failure.PROTOCOL_ERROR, Stage.REQUEST, f"not an HTTP answer: {text}"


def _is_network(exc: BaseException) -> bool:
    return type(exc).__module__.partition(".")[0] in ("httpx", "httpcore", "h11", "dns", "socksio", "anyio")
