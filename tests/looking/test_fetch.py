"""The one bounded fetch: what it sends, where it goes, what it tells."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import asdict
from typing import Any

import pytest

from generator.failures import Trouble
from generator.fetch import Exchange, Gate, Looker, Visit, certificate, http, scrub_url
from generator.fetch import address as net_address
from generator.fetch.address import Reach, reach
from generator.fetch.stream import Trail
from generator.model import Failure, Request, Stage
from tests.looking.hostile import Hostile


def fetch(server: Hostile, url: str, **keys: Any) -> Exchange:
    look = Looker(timeout=3, allow_private=True, resolve=server.pins, ca_file=server.ca_file, **keys.pop("look", {}))
    return asyncio.run(look.fetch(Request(url, **keys)))


# ---- redirects and secrets -------------------------------------------------------------------------------------------

SECRET = {
    "X-Api-Key": "CANARY-KEY",
    "Authorization": "Bearer CANARY-TOKEN",
    "Cookie": "a=CANARY",
    "Accept": "x/y",
    "Range": "bytes=0-9",
}


def arrived(exchange: Exchange) -> dict[str, str]:
    assert exchange.failure is None, exchange
    headers: dict[str, str] = exchange.json()
    return headers


def test_configured_headers_do_not_leave_their_origin(server: Hostile) -> None:
    """On a redirect to another origin every header that may hold a secret stays behind; what is wanted goes along."""
    got = arrived(fetch(server, server.url("redirect-other-origin"), headers=SECRET))
    assert "CANARY" not in str(got)
    assert (got["accept"], got["range"]) == ("x/y", "bytes=0-9")
    assert got["host"].startswith("localhost:")


def test_configured_headers_follow_within_their_origin(server: Hostile) -> None:
    """The same origin gets what was meant for it."""
    got = arrived(fetch(server, server.url("redirect-same-origin"), headers=SECRET))
    assert (got["x-api-key"], got["authorization"]) == ("CANARY-KEY", "Bearer CANARY-TOKEN")


def test_a_harmless_name_that_holds_a_secret_stays_too(server: Hostile) -> None:
    """`Request.secrets` can name any header."""
    got = arrived(fetch(server, server.url("redirect-other-origin"), headers=SECRET, secrets=frozenset({"accept"})))
    assert got["accept"] == "*/*"


def test_a_body_is_not_sent_to_another_origin(server: Hostile) -> None:
    """307 would repeat the body elsewhere: refused."""
    got = fetch(server, server.url("redirect-307-other-origin"), method="POST", body=b"CANARY")
    assert (got.failure, got.redirects) == (Failure.REDIRECT_REFUSED, ((307, "localhost"),))


def test_https_is_never_left_for_http(server: Hostile) -> None:
    current = http._url("https://a.example/")
    with pytest.raises(Trouble, match="from https to http"):
        http._next(current, "http://a.example/")


def test_without_following_the_redirect_is_the_answer(server: Hostile) -> None:
    got = fetch(server, server.url("redirect-fine"), follow=0)
    assert (got.status, got.failure, got.redirects) == (302, None, ())


def test_what_one_host_said_is_no_evidence_about_the_next(server: Hostile) -> None:
    """Redirected to a port where nobody listens: the refusal is told without the status and headers of the first."""
    got = fetch(server, server.url("redirect-dead"))
    assert (got.failure, got.status, dict(got.headers)) == (Failure.REFUSED, None, {})
    assert got.redirects == ((302, "127.0.0.1"),)


def test_redirects_are_told_by_status_and_host_alone(server: Hostile) -> None:
    got = fetch(server, server.url("redirect-other-origin?signature=CANARY"))
    assert got.redirects == ((302, "localhost"),)
    assert got.final_url.endswith("/headers")


# ---- where it may go -------------------------------------------------------------------------------------------------

REACHES = [
    ("1.1.1.1", Reach.PUBLIC),
    ("2606:4700::1111", Reach.PUBLIC),
    ("127.0.0.1", Reach.PRIVATE),
    ("10.1.2.3", Reach.PRIVATE),
    ("192.168.1.1", Reach.PRIVATE),
    ("100.64.0.1", Reach.PRIVATE),
    ("::1", Reach.PRIVATE),
    ("fd00::1", Reach.PRIVATE),
    ("::ffff:127.0.0.1", Reach.PRIVATE),
    ("::127.0.0.1", Reach.PRIVATE),
    ("64:ff9b::7f00:1", Reach.PRIVATE),
    ("2002:7f00:1::", Reach.PRIVATE),
    ("64:ff9b::101:101", Reach.PUBLIC),
    ("169.254.169.254", Reach.NEVER),
    ("::ffff:169.254.169.254", Reach.NEVER),
    ("64:ff9b::a9fe:a9fe", Reach.NEVER),
    ("fe80::1%eth0", Reach.NEVER),
    ("0.0.0.0", Reach.NEVER),
    ("0.1.2.3", Reach.NEVER),
    ("::", Reach.NEVER),
    ("224.0.0.1", Reach.NEVER),
    ("ff02::1", Reach.NEVER),
    ("255.255.255.255", Reach.NEVER),
]


@pytest.mark.parametrize(("address", "where"), REACHES)
def test_where_an_address_leads(address: str, where: Reach) -> None:
    """Disguises do not help: an address that wraps another counts as what it wraps."""
    assert reach(address) is where


PRIVATE_URLS = [
    "http://127.0.0.1:{port}/fine",
    "http://localhost:{port}/fine",
    "http://2130706433:{port}/fine",
    "http://[::ffff:127.0.0.1]:{port}/fine",
]


@pytest.mark.parametrize("url", PRIVATE_URLS)
def test_a_private_target_needs_permission(server: Hostile, url: str) -> None:
    """Without `allow_private` nothing private is connected to; that is our refusal, not the target's failure."""
    before = server.seen["fine"]
    got = asyncio.run(Looker(timeout=3).fetch(Request(url.format(port=server.port))))
    assert (got.failure, got.status) == (Failure.INTERNAL, None)
    assert server.seen["fine"] == before


def test_link_local_is_refused_with_permission_too() -> None:
    """Cloud machines hand out their credentials at 169.254.169.254: nobody may be sent there."""
    got = asyncio.run(Looker(timeout=3, allow_private=True).fetch(Request("http://169.254.169.254/latest/meta-data/")))
    assert (got.failure, got.stage) == (Failure.INTERNAL, Stage.DNS)


ADMITTED = [
    ("a public name that leads home is a wrong answer", ("10.0.0.1",), False, 0, Failure.DNS_WRONG_ANSWER),
    ("a redirect that leads home is refused", ("10.0.0.1",), False, 1, Failure.REDIRECT_REFUSED),
    ("a redirect to the metadata service is refused always", ("169.254.169.254",), True, 1, Failure.REDIRECT_REFUSED),
]


@pytest.mark.parametrize(
    ("found", "allowed", "hop", "word"), [row[1:] for row in ADMITTED], ids=[row[0] for row in ADMITTED]
)
def test_addresses_are_checked_after_resolving(found: tuple[str, ...], allowed: bool, hop: int, word: Failure) -> None:
    with pytest.raises(Trouble) as raised:
        http._admit("www.example.org", found, allowed, hop)
    assert raised.value.failure is word


def test_only_checked_addresses_are_connected_to() -> None:
    """A name with a public and a private address is looked at by its public one; nothing is resolved a second time."""
    assert http._admit("www.example.org", ("10.0.0.1", "1.1.1.1"), False, 0) == ("1.1.1.1",)


def test_a_pin_keeps_host_and_server_name(server: Hostile) -> None:
    """A pinned name is connected to at its pin, with its own Host and SNI, and the pin is not told."""
    got = fetch(server, server.tls("good", "headers"))
    assert arrived(got)["host"] == "good.hostile.example"
    assert got.tls["subject"] == "good.hostile.example"
    assert got.address == ""


PINS = [
    ({"a.example": "10.0.0.1"}, "a.example", 443, ("10.0.0.1", 443)),
    ({"a.example:443": "10.0.0.1:8443"}, "A.example.", 443, ("10.0.0.1", 8443)),
    ({"a.example": "10.0.0.1", "a.example:443": "10.0.0.2"}, "a.example", 443, ("10.0.0.2", 443)),
    ({"a.example:80": "10.0.0.1"}, "a.example", 443, None),
    ({"a.example": "[::1]:99"}, "a.example", 443, ("::1", 99)),
    ({"b.example": "10.0.0.1"}, "a.example", 443, None),
]


@pytest.mark.parametrize(("pins", "host", "port", "target"), PINS)
def test_pins_are_read_as_curl_reads_them(pins: dict[str, str], host: str, port: int, target: Any) -> None:
    assert net_address.pinned(pins, host, port) == target


@pytest.mark.parametrize(
    ("pins", "private", "problem"),
    [
        ({"a.example": "b.example"}, True, "write an address"),
        ({"a.example": "10.0.0.1"}, False, "allow_private"),
        ({"a.example": "169.254.1.1"}, True, "nobody"),
        ({"a.example:x": "1.1.1.1"}, False, "port"),
        ({"a.example": "1.1.1.1"}, False, ""),
    ],
)
def test_what_is_wrong_with_a_pin_is_said(pins: dict[str, str], private: bool, problem: str) -> None:
    said = net_address.pin_problem(pins, private)
    assert problem in said
    assert bool(said) == bool(problem)


# ---- what it tells ---------------------------------------------------------------------------------------------------

URLS = [
    ("https://u:CANARY@h.example/p?q=1#f", False, "https://h.example/p"),
    ("https://h.example/p?q=1", True, "https://h.example/p?q=1"),
    ("https://h.example/p?token=SECRET-9", True, "https://h.example/p"),
    ("https://h.example/hook/SECRET-9/x", True, "https://h.example/hook/***/x"),
    ("https://h.example/p?token=SECRET%2D9", True, "https://h.example/p"),
    ("https://[::1]:8443/p", False, "https://[::1]:8443/p"),
    ("https://h.example:99999/", True, ""),
    ("http://[::1", True, ""),
    ("javascript:alert(1)", False, "javascript:alert(1)"),
]


@pytest.mark.parametrize(("url", "keep", "shown"), URLS)
def test_a_url_that_may_be_shown(url: str, keep: bool, shown: str) -> None:
    """No userinfo, no fragment, no secret; a query only on request."""
    if shown.startswith("javascript"):
        assert scrub_url(url, keep) in ("", "javascript://alert(1)")
    else:
        assert scrub_url(url, keep, {"SECRET-9"}) == shown


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://h/",
        "http://",
        "http:// /",
        "http://[::1",
        "gopher://x",
        "http://a b/",
        "http://h\x00/",
        "",
    ],
)
def test_an_unusable_url_is_a_value_too(url: str) -> None:
    """What should never have been configured gives an exchange of our own fault; nothing raises."""
    got = asyncio.run(Looker(timeout=1, allow_private=True).fetch(Request(url)))
    assert (got.failure, got.status) == (Failure.INTERNAL, None)


def test_phases_tell_where_the_time_went(server: Hostile) -> None:
    """DNS, connect, TLS, first byte, total are there, and latency is the time from connecting to the last byte."""
    got = fetch(server, server.tls("good", "slow"))
    assert set(got.phases) == {"connect", "tls", "first_byte", "total"}
    assert got.latency_ms is not None
    assert got.phases["first_byte"] >= 300
    assert got.latency_ms >= got.phases["connect"] + got.phases["tls"] + got.phases["first_byte"]
    named = asyncio.run(Looker(timeout=3, allow_private=True).fetch(Request(f"http://localhost:{server.port}/fine")))
    assert named.phases["dns"] > 0


@pytest.mark.parametrize("name", ["good", "expired", "future", "wrong-host", "self-signed", "untrusted"])
def test_a_certificate_is_evidence_even_when_it_is_refused(server: Hostile, name: str) -> None:
    """Issuer, subject, end and fingerprint are told, and whether the certificate was accepted."""
    got = fetch(server, server.tls(name))
    assert {"issuer", "subject", "not_after", "fingerprint"} <= set(got.tls)
    assert len(got.tls["fingerprint"]) == 64
    assert got.tls.get("verified", True) == (name == "good")
    assert (got.tls["not_after"] < time.time()) == (name == "expired")


def test_an_unreadable_certificate_keeps_its_fingerprint() -> None:
    for der in (b"", b"\x30\x82", b"\x30\x03abc", b"\xff" * 50):
        assert len(certificate.facts(der)["fingerprint"]) == 64


def test_what_arrived_before_a_failure_is_told(server: Hostile) -> None:
    """A body that breaks off still had a status and a beginning."""
    got = fetch(server, server.url("reset-in-body"))
    assert (got.status, got.failure, got.stage) == (200, Failure.RESET, Stage.CONTENT)
    assert got.body.startswith(b"some")


def test_a_body_stops_at_the_limit(server: Hostile) -> None:
    """More than was wanted is a result, not an error; a compressed body is held to the same limit."""
    got = fetch(server, server.url("endless-body"), max_bytes=1000)
    assert (len(got.body), got.truncated, got.failure) == (1000, True, None)
    bomb = fetch(server, server.url("gzip-bomb"))
    assert (len(bomb.body), bomb.truncated, bomb.failure) == (1 << 20, True, Failure.BAD_ENCODING)


def test_headers_are_counted_and_cut(server: Hostile) -> None:
    got = fetch(server, server.url("many-headers"))
    assert len(got.headers) == 100
    assert all(len(value) <= 1000 for value in got.headers.values())


def test_the_environment_is_not_read(server: Hostile, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proxies and roots of the environment are somebody else's settings."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert fetch(server, server.url("fine")).status == 200


def test_we_say_who_we_are_and_ask_for_one_answer(server: Hostile) -> None:
    got = arrived(fetch(server, server.url("headers"), look={"user_agent": "roadworthy/9 (+https://x.example)"}))
    assert got["user-agent"] == "roadworthy/9 (+https://x.example)"
    assert (got["connection"], got["accept-encoding"]) == ("close", "gzip")


def test_secrets_do_not_come_back(server: Hostile) -> None:
    """A target that echoes a secret gets it replaced in everything that is told beside the body."""
    secret = frozenset({"CANARY-SECRET"})
    got = fetch(server, server.url("echo-secret?key=CANARY-SECRET"), look={"secrets": secret})
    told = {k: v for k, v in asdict(got).items() if k not in ("body", "headers")}
    assert "CANARY" not in json.dumps(told, default=str)


# ---- pace and sharing ------------------------------------------------------------------------------------------------


def test_starts_are_spaced_and_counted() -> None:
    """The gate lets `limit` through at a time and starts them one gap apart."""

    async def run() -> tuple[list[float], int]:
        gate, starts, inside, most = Gate(limit=3, rate=200), list[float](), 0, 0

        async def one() -> None:
            nonlocal inside, most
            async with gate.turn():
                starts.append(time.perf_counter())
                inside += 1
                most = max(most, inside)
                await asyncio.sleep(0.02)
                inside -= 1

        await asyncio.gather(*(one() for _ in range(12)))
        return starts, most

    starts, most = asyncio.run(run())
    assert most == 3
    assert starts[-1] - starts[0] >= 11 / 200 - 0.005


def test_one_platform_never_has_the_whole_gate() -> None:
    """Half of the places are for others, however many of its looks wait."""

    async def run() -> list[str]:
        gate, inside = Gate(limit=4, rate=0), list[str]()

        async def stay(whose: str) -> None:
            async with gate.turn(whose):
                inside.append(whose)
                await asyncio.sleep(3600)

        tasks = [asyncio.create_task(stay(whose)) for whose in ("silent",) * 6 + ("fine",) * 2]
        await asyncio.sleep(0.05)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return inside

    assert sorted(asyncio.run(run())[:4]) == ["fine", "fine", "silent", "silent"]


def test_waiting_at_the_gate_is_not_charged_to_the_target(server: Hostile) -> None:
    """A look that had to wait longer than its timeout still gets its whole timeout."""

    async def run() -> Exchange:
        gate = Gate(limit=1, rate=0)
        blocker, waiter = (Looker(timeout=t, allow_private=True, gate=gate) for t in (2.0, 0.6))
        first = asyncio.create_task(blocker.fetch(Request(server.url("silent"))))
        await asyncio.sleep(0.05)
        got = await waiter.fetch(Request(server.url("slow")))
        await first
        return got

    assert asyncio.run(run()).status == 200


def test_one_deadline_holds_for_all_requests_of_a_look(server: Hostile) -> None:
    """Three requests share the timeout of their look; pauses between them are free."""

    async def run() -> list[Exchange]:
        look = Looker(timeout=0.8, allow_private=True)
        got = []
        for _ in range(3):
            got.append(await look.fetch(Request(server.url("slow"))))
            await look.pause(0.4)
        return got

    assert [e.failure for e in asyncio.run(run())] == [None, None, Failure.TIMEOUT]


def test_a_request_that_has_no_time_left_is_not_begun(server: Hostile) -> None:
    """It is no trouble of a resolver, and nothing is sent."""

    async def run() -> list[Exchange]:
        look = Looker(timeout=0.6, allow_private=True)
        return [await look.fetch(Request(f"http://localhost:{server.port}/{name}")) for name in ("silent", "json")]

    before = server.seen["json"]
    assert [(e.failure, e.stage) for e in asyncio.run(run())] == [(Failure.TIMEOUT, Stage.REQUEST)] * 2
    assert server.seen["json"] == before


def test_a_shared_request_is_sent_once_and_a_second_attempt_asks_anew(server: Hostile) -> None:
    async def run() -> None:
        visit, gate = Visit(), Gate()

        def look(sharing: bool) -> Looker:
            return Looker(timeout=3, allow_private=True, gate=gate, visit=visit, sharing=sharing)

        request = Request(server.url("json"), share="the list")
        first, second = await asyncio.gather(look(True).fetch(request), look(True).fetch(request))
        assert first is second
        await look(False).fetch(request)
        await look(True).fetch(Request(server.url("json"), share="another list"))

    before = server.seen["json"]
    asyncio.run(run())
    assert server.seen["json"] - before == 3


def test_a_paced_host_is_asked_one_gap_apart(server: Hostile) -> None:
    async def run() -> float:
        visit = Visit()
        started = time.perf_counter()
        looks = [Looker(timeout=3, allow_private=True, visit=visit) for _ in range(3)]
        got = await asyncio.gather(*(look.fetch(Request(server.url("fine"), pace=0.2)) for look in looks))
        assert [e.status for e in got] == [200] * 3
        return time.perf_counter() - started

    assert asyncio.run(run()) >= 0.4


def test_a_deadline_says_what_was_being_waited_for() -> None:
    """The word for a timeout depends on the stage it struck."""
    words = {}
    for stage in (Stage.DNS, Stage.CONNECT, Stage.TLS, Stage.REQUEST, Stage.CONTENT):
        words[stage] = http.failure_of(TimeoutError(), Trail(stage=stage))[0]
    assert words == {
        Stage.DNS: Failure.DNS_TIMEOUT,
        Stage.CONNECT: Failure.CONNECT_TIMEOUT,
        Stage.TLS: Failure.TIMEOUT,
        Stage.REQUEST: Failure.TIMEOUT,
        Stage.CONTENT: Failure.TIMEOUT,
    }
