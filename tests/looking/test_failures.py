"""Exceptions become words in one place, and every word has its verdict."""

from __future__ import annotations

import errno
import re
import socket
import ssl
import zlib
from pathlib import Path

import dns.resolver
import h11
import httpcore
import pytest

from generator import model
from generator.failures import DEFAULT_VERDICT, Trouble, classify, scrub
from generator.model import Failure, Stage, Verdict


def verify_error(code: int) -> ssl.SSLCertVerificationError:
    problem = ssl.SSLCertVerificationError(1, "certificate verify failed")
    problem.verify_code, problem.verify_message = code, "some words"
    return problem


def caused(outer: BaseException, inner: BaseException) -> BaseException:
    outer.__cause__ = inner
    return outer


WORDS = [
    (OSError(errno.ECONNREFUSED, "x"), Failure.REFUSED, Stage.CONNECT),
    (ConnectionRefusedError(errno.ECONNREFUSED, "x"), Failure.REFUSED, Stage.CONNECT),
    (OSError(errno.ECONNRESET, "x"), Failure.RESET, None),
    (BrokenPipeError(errno.EPIPE, "x"), Failure.RESET, None),
    (OSError(errno.ENETUNREACH, "x"), Failure.UNREACHABLE, Stage.CONNECT),
    (OSError(errno.EHOSTUNREACH, "x"), Failure.UNREACHABLE, Stage.CONNECT),
    (OSError(errno.ETIMEDOUT, "x"), Failure.CONNECT_TIMEOUT, Stage.CONNECT),
    (OSError(errno.EMFILE, "x"), Failure.INTERNAL, None),
    (OSError(errno.EPERM, "x"), Failure.NO_ROUTE, Stage.CONNECT),
    (OSError(9999, "never seen"), Failure.UNKNOWN_FAILURE, None),
    (socket.gaierror(socket.EAI_NONAME, "x"), Failure.NXDOMAIN, Stage.DNS),
    (socket.gaierror(socket.EAI_AGAIN, "x"), Failure.DNS_SERVFAIL, Stage.DNS),
    (socket.gaierror(socket.EAI_NODATA, "x"), Failure.DNS_NO_ADDRESS, Stage.DNS),
    (socket.gaierror(-77, "x"), Failure.DNS_SERVFAIL, Stage.DNS),
    (verify_error(10), Failure.TLS_EXPIRED, Stage.TLS),
    (verify_error(9), Failure.TLS_NOT_YET_VALID, Stage.TLS),
    (verify_error(62), Failure.TLS_WRONG_HOST, Stage.TLS),
    (verify_error(64), Failure.TLS_WRONG_HOST, Stage.TLS),
    (verify_error(18), Failure.TLS_SELF_SIGNED, Stage.TLS),
    (verify_error(19), Failure.TLS_SELF_SIGNED, Stage.TLS),
    (verify_error(20), Failure.TLS_UNTRUSTED, Stage.TLS),
    (verify_error(999), Failure.TLS_UNTRUSTED, Stage.TLS),
    (ssl.SSLError(1, "x"), Failure.TLS_HANDSHAKE, Stage.TLS),
    (ssl.SSLEOFError(8, "x"), Failure.RESET, None),
    (TimeoutError(), Failure.TIMEOUT, None),
    (zlib.error("x"), Failure.BAD_ENCODING, Stage.CONTENT),
    (dns.resolver.NXDOMAIN(), Failure.NXDOMAIN, Stage.DNS),
    (dns.resolver.NoNameservers(), Failure.DNS_SERVFAIL, Stage.DNS),
    (dns.resolver.LifetimeTimeout(timeout=1, errors=[]), Failure.DNS_TIMEOUT, Stage.DNS),
    (httpcore.RemoteProtocolError("illegal status line"), Failure.PROTOCOL_ERROR, Stage.REQUEST),
    (
        httpcore.RemoteProtocolError("peer closed without sending complete message body (…)"),
        Failure.CLOSED_EARLY,
        Stage.CONTENT,
    ),
    (h11.RemoteProtocolError("too many Content-Length"), Failure.PROTOCOL_ERROR, Stage.REQUEST),
    (httpcore.LocalProtocolError("Illegal header value"), Failure.INTERNAL, None),
    (Trouble(Failure.SLOW, Stage.CONTENT, "x"), Failure.SLOW, Stage.CONTENT),
    (KeyError("ours"), Failure.INTERNAL, None),
    (caused(RuntimeError("wrapper"), OSError(errno.ECONNREFUSED, "x")), Failure.REFUSED, Stage.CONNECT),
    (
        ExceptionGroup("both", [OSError(errno.ECONNREFUSED, "x"), OSError(errno.ECONNRESET, "x")]),
        Failure.REFUSED,
        Stage.CONNECT,
    ),
]


@pytest.mark.parametrize(
    ("problem", "word", "stage"), WORDS, ids=[f"{type(w[0]).__name__}-{w[1].value}" for w in WORDS]
)
def test_an_exception_gets_its_word(problem: BaseException, word: Failure, stage: Stage | None) -> None:
    """What the system, OpenSSL, a resolver or a parser raises has one meaning, with its stage where it tells one."""
    assert classify(problem)[:2] == (word, stage)


def test_an_exception_that_causes_itself_ends() -> None:
    """A cycle of causes is walked once."""
    first, second = RuntimeError("a"), RuntimeError("b")
    first.__cause__, second.__cause__ = second, first
    assert classify(first)[0] is Failure.INTERNAL


def test_text_of_an_unknown_exception_is_kept_clean() -> None:
    """Without a word the text stays, on one line, without control characters, short."""
    text = classify(OSError(9999, "\x1b[31mred\x07\nnext" + "x" * 999))[2]
    assert "red" in text
    assert len(text) <= 200
    assert not any(ord(c) < 32 for c in text)


SCRUBBED = [
    ("control characters", "a\x00b\x1b[0m", "a\ufffdb\ufffd[0m"),
    ("lines become one", "a\r\nb\nc\td", "a b c d"),
    ("direction marks that reorder text", "a\u202eb", "a\ufffdb"),
    ("a lone surrogate", "a\ud800b", "a\ufffdb"),
    ("plain words stay", "Grüße, 日本", "Grüße, 日本"),
    ("secrets go", "key=hunter22&x", "key=***&x"),
]


@pytest.mark.parametrize(("text", "clean"), [row[1:] for row in SCRUBBED], ids=[row[0] for row in SCRUBBED])
def test_foreign_text_is_made_safe(text: str, clean: str) -> None:
    """A quoted text cannot colour a terminal, break a feed, or carry a secret."""
    assert scrub(text, {"hunter22"}) == clean


def test_verdicts_agree_with_what_the_vocabulary_says() -> None:
    """The comment behind each failure in the model is the verdict it leads to."""
    said = re.findall(r"^    ([A-Z_]+) = \"[a-z_]+\"  # (\w+)", Path(model.__file__).read_text(), re.M)
    verdicts = {v.value: v for v in Verdict}
    told = {name: verdicts[first] for name, first in said if first in verdicts}
    assert len(told) > 30
    assert {name: DEFAULT_VERDICT[Failure[name]] for name in told} == told


def test_nobodys_outage_is_never_red() -> None:
    """Our own faults and closed doors count for nothing."""
    source = Path(model.__file__).read_text()
    ours = re.findall(r"([A-Z_]+) = ", source.partition("# nobody's outage")[2].partition("# policy")[0])
    assert len(ours) > 10
    assert {DEFAULT_VERDICT[Failure[name]] for name in ours} == {Verdict.INCONCLUSIVE}
    assert set(DEFAULT_VERDICT) == set(Failure)
