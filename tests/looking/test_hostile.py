"""Every fault a target can have costs its own check only, gets the right word, and ends within its deadline."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

import pytest

from generator import checking
from generator.engines._confirm import observe
from generator.engines._direct import Direct
from generator.fetch import Gate
from generator.model import Check, Observation, Region
from generator.probes import get
from tests.looking.hostile import FAULTS, Hostile
from tests.looking.making import check, config, errand

TIMEOUT = 1.5
DOWN, OK, UNKNOWN, POLICY = "down", "ok", "inconclusive", "blocked_by_policy"


@dataclass(frozen=True)
class Row:
    """A fault and what it must lead to. `at` is a path, `tls:NAME` or a whole URL with {names} of the server's ports."""

    at: str
    verdict: str
    failure: str = ""
    keys: dict[str, Any] = field(default_factory=dict)
    id: str = ""

    @property
    def name(self) -> str:
        return self.id or self.at


JSON = {"expect": {"json": [{"path": "items", "type": "array"}]}}
TEXT = {"expect": {"text": "fine"}}

ROWS = [
    # fine, however it looks
    Row("fine", OK, keys=TEXT),
    Row("json", OK, keys=JSON),
    Row("http-1-0", OK, keys=TEXT),
    Row("gzip", OK, keys=TEXT),
    Row("gzip-two-members", OK, keys=TEXT),
    Row("deflate", OK, keys=TEXT),
    Row("deflate-raw", OK, keys=TEXT),
    Row("clock-off", OK, keys=TEXT),
    Row("redirect-fine", OK, keys=TEXT),
    Row("many-headers", OK, keys=TEXT),
    Row("charset-zlib", OK, keys=TEXT),
    Row("charset-hex", OK, keys=TEXT),
    Row("charset-rot13", OK, keys=TEXT),
    Row("charset-idna", OK, keys=TEXT),
    Row("lone-surrogate", OK, keys={"expect": {"json": [{"path": "a", "exists": True}]}}),
    Row("endless-body", OK, keys=TEXT),
    Row("endless-chunks", OK),
    Row("tiny-chunks", OK),
    Row("tls:good", OK, keys=TEXT),
    Row("tls:soon", OK, keys=TEXT),
    # DNS: one label of a reserved zone; other names of this run resolve
    Row("http://no-such-name.invalid/", DOWN, "dns_no_such_name"),
    Row("http://a..b/", DOWN, "dns_no_such_name"),
    # connections
    Row("http://127.0.0.1:{refused_port}/", DOWN, "connection_refused"),
    Row("http://127.0.0.1:{full_port}/", DOWN, "connect_timeout"),
    Row("reset", DOWN, "connection_reset"),
    Row("reset-in-body", DOWN, "connection_reset"),
    Row("closed-without-answer", DOWN, "closed_early"),
    Row("nothing", DOWN, "closed_early"),
    Row("short-body", DOWN, "closed_early"),
    # TLS
    Row("tls:expired", DOWN, "tls_expired"),
    Row("tls:future", DOWN, "tls_not_yet_valid"),
    Row("tls:wrong-host", DOWN, "tls_wrong_host"),
    Row("tls:self-signed", DOWN, "tls_self_signed"),
    Row("tls:untrusted", DOWN, "tls_untrusted"),
    Row("tls:old-tls", DOWN, "tls_handshake"),
    Row("tls:plain", DOWN, "tls_handshake"),
    Row("tls:cuts-tls", DOWN, "connection_reset"),
    Row("tls:silent-tls", DOWN, "timeout"),
    # time
    Row("silent", DOWN, "timeout"),
    Row("drip-body", DOWN, "timeout"),
    Row("drip-header", DOWN, "timeout"),
    Row("endless-1xx", DOWN, "timeout"),
    Row("padded-chunks", DOWN, "timeout"),
    Row("tls:good/tiny-records", DOWN, "timeout"),
    Row("slow-error", DOWN, "server_error", {"latency": {"degraded": "150ms"}}),
    # not HTTP
    Row("not-http", DOWN, "protocol_error"),
    Row("two-lengths", DOWN, "protocol_error"),
    Row("bad-length", DOWN, "protocol_error"),
    Row("bad-chunk", DOWN, "protocol_error"),
    Row("huge-headers", DOWN, "protocol_error"),
    Row("tiny-headers", DOWN, "protocol_error"),
    Row("endless-trailers", DOWN, "protocol_error"),
    Row("flood-1xx", DOWN, "protocol_error"),
    Row("status-000", DOWN, "protocol_error"),
    # bodies
    Row("gzip-bomb", DOWN, "bad_encoding"),
    Row("gzip-double", DOWN, "bad_encoding"),
    Row("gzip-broken", DOWN, "bad_encoding"),
    Row("gzip-cut", DOWN, "bad_encoding"),
    Row("unknown-encoding", DOWN, "bad_encoding"),
    Row("endless-body", DOWN, "too_large", JSON, id="endless body where JSON is needed"),
    Row("tiny-chunks", DOWN, "too_large", JSON, id="endless tiny chunks where JSON is needed"),
    Row("empty", DOWN, "empty_answer", JSON),
    Row("empty", DOWN, "empty_answer", TEXT, id="empty where text is needed"),
    Row("html-for-json", DOWN, "wrong_content", JSON),
    Row(
        "html-for-json", DOWN, "wrong_content", {"expect": {"content_type": "application/json"}}, id="html by its type"
    ),
    Row("fine", DOWN, "not_json", JSON, id="text where JSON is needed"),
    Row("nan-json", DOWN, "not_json", {"expect": {"json": [{"path": "a", "exists": True}]}}),
    Row("deep-json", DOWN, "not_json", JSON),
    Row("says-error", DOWN, "wrong_content", {"expect": {"not_text": "Something went wrong"}}),
    Row(
        "says-error",
        DOWN,
        "wrong_content",
        {"expect": {"json": [{"path": "error", "exists": False}]}},
        id="error in JSON",
    ),
    Row("wrong-type", DOWN, "wrong_content_type", {"expect": {"content_type": "image/"}}),
    # redirects
    Row("redirect-loop", DOWN, "redirect_loop"),
    Row("redirect-growing", DOWN, "redirect_loop"),
    Row("redirect-dead", DOWN, "connection_refused"),
    Row("redirect-file", DOWN, "redirect_refused"),
    Row("redirect-nowhere", DOWN, "redirect_refused"),
    Row("redirect-broken", DOWN, "redirect_refused"),
    Row("redirect-port", DOWN, "redirect_refused"),
    Row("redirect-long", DOWN, "redirect_refused"),
    Row("redirect-metadata", DOWN, "redirect_refused"),
    Row("redirect-zero", DOWN, "redirect_refused"),
    Row("redirect-multicast", DOWN, "redirect_refused"),
    Row("redirect-nothing", DOWN, "wrong_status"),
    Row("redirect-login", DOWN, "wrong_content", {"expect": {"final_url": "http://127.0.0.1/account"}}),
    # statuses
    Row("status-600", DOWN, "wrong_status"),
    Row("status-999", DOWN, "wrong_status"),
    Row("not-found", DOWN, "wrong_status"),
    Row("error-500", DOWN, "server_error"),
    Row("busy-503", DOWN, "overloaded"),
    Row("maintenance", DOWN, "overloaded"),
    Row("control-characters", DOWN, "overloaded"),
    Row("edge-522", DOWN, "edge_error"),
    Row("edge-530", DOWN, "edge_error"),
    Row("edge-500", DOWN, "edge_error"),
    Row("edge-cloudfront", DOWN, "edge_error"),
    Row("app-502", DOWN, "server_error"),
    # nobody's outage
    Row("rate-limited", UNKNOWN, "rate_limited"),
    Row("rate-limited-1015", UNKNOWN, "rate_limited"),
    Row("challenge", UNKNOWN, "blocked"),
    Row("challenge-old", UNKNOWN, "blocked"),
    Row("challenge-waf", UNKNOWN, "blocked"),
    Row("firewall-1020", UNKNOWN, "blocked"),
    Row("country-1009", POLICY, "region_blocked"),
    Row("legal-451", POLICY, "region_blocked"),
    Row("region-word", POLICY, "region_blocked"),
    # ours to refuse: never the target's fault, never red
    Row("http://169.254.169.254/latest/", UNKNOWN, "internal"),
    Row("http://0/", UNKNOWN, "internal"),
    Row("http://[::ffff:169.254.169.254]/", UNKNOWN, "internal"),
]


def made(row: Row, number: int, server: Hostile) -> Check:
    if row.at.startswith("tls:"):
        url = server.tls(*row.at[4:].split("/"))
    elif row.at.startswith("http:"):
        url = row.at.replace("{refused_port}", str(server.refused_port)).replace("{full_port}", str(server.full_port))
    else:
        url = server.url(row.at)
    return check(f"p/c/k{number}", url=url, timeout=TIMEOUT, resolve=server.pins, **row.keys)


@pytest.fixture(scope="module")
def seen(server: Hostile) -> dict[str, Observation]:
    """One round over everything hostile at once, beside one fine check and a control by name."""
    region = Region("here", "Here", "local", options={"ca_file": server.ca_file})
    checks = [made(row, number, server) for number, row in enumerate(ROWS)]
    control = check("control/0", url=server.tls("good"), resolve=server.pins)
    told: list[Observation] = []
    round_ = asyncio.run(
        checking.check_round(
            config(*checks, controls=[control], regions=[region]), clock=time.time, env={}, told=told.append
        )
    )
    assert sorted(o.check for o in told) == sorted(o.check for o in round_.observations), "each is told exactly once"
    return {o.check: o for o in round_.observations}


@pytest.mark.parametrize(("number", "row"), list(enumerate(ROWS)), ids=[row.name for row in ROWS])
def test_a_fault_gets_its_word(seen: dict[str, Observation], number: int, row: Row) -> None:
    """One hostile round: verdict and failure of each fault are what the catalogue says."""
    got = seen[f"p/c/k{number}"]
    assert (got.verdict.value, got.failure.value if got.failure else "") == (row.verdict, row.failure), got.detail


def test_the_whole_round_is_there(seen: dict[str, Observation]) -> None:
    """No fault aborts the round: every check has its observation, the control is fine."""
    assert len(seen) == len(ROWS) + 1
    assert seen["control/0"].verdict.value == "ok"


def test_nothing_hostile_is_quoted_raw(seen: dict[str, Observation]) -> None:
    """Whatever a target wrote, no observation carries control characters, and details stay short."""
    for observation in seen.values():
        written = observation.detail + str(dict(observation.facts))
        assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in written), observation
        assert len(observation.detail) <= 300


def test_every_fault_of_the_server_is_in_the_table() -> None:
    """A fault somebody adds to the server must say here what it leads to."""
    helpers = {
        "headers",
        "login",
        "echo-secret",
        "exactly-100ms",
        "right-bytes",
        "wrong-bytes",
        "length-and-chunks",
        "slow",
    }
    helpers |= {"redirect-other-origin", "redirect-307-other-origin", "redirect-same-origin"}
    assert set(FAULTS) - {row.at.removeprefix("tls:good/") for row in ROWS} == helpers


ENDLESS = [
    "silent",
    "drip-body",
    "drip-header",
    "endless-1xx",
    "endless-body",
    "endless-chunks",
    "tiny-chunks",
    "padded-chunks",
    "tiny-headers",
    "flood-1xx",
    "endless-trailers",
    "tls:good/tiny-records",
    "tls:silent-tls",
    "full",
]


@pytest.mark.parametrize("name", ENDLESS)
def test_a_look_ends_by_its_deadline(server: Hostile, name: str) -> None:
    """What never ends is ended: deadline + 0.5 s, not counting time in which the machine gave us no processor.

    Nobody else waits for it for long either: what counts is the processor's time between two turns of the loop.
    """
    at = f"http://127.0.0.1:{server.full_port}/" if name == "full" else name
    one = made(Row(at, DOWN), 0, server)

    async def timed() -> tuple[float, float, float]:
        stalls: list[float] = []
        busy: list[float] = [0.0]

        async def heartbeat() -> None:
            while True:
                before, worked = time.perf_counter(), time.thread_time()
                await asyncio.sleep(0.02)
                busy.append(time.thread_time() - worked)
                stalls.append(time.perf_counter() - before - 0.02 - busy[-1])

        beating = asyncio.create_task(heartbeat())
        direct = Direct(errand(one), "local", gate=Gate(rate=0))
        direct.looks(one)(1)
        started = time.perf_counter()
        await observe(one, "here", get("http"), direct.looks(one), direct.errand)
        taken = time.perf_counter() - started
        beating.cancel()
        return taken, sum(s for s in stalls if s > 0.05), max(busy)

    taken, stalled, longest = asyncio.run(timed())
    assert taken <= TIMEOUT + 0.5 + stalled
    assert longest < 0.25


def test_a_crowd_of_hostile_answers_costs_their_own_checks_only(server: Hostile) -> None:
    """Twenty bodies in one-byte chunks at once: the good targets of the same round are fine."""
    hostile = [check(f"p/bad/k{n}", url=server.url("tiny-chunks"), timeout=TIMEOUT, **JSON) for n in range(20)]
    good = [check(f"p/good/k{n}", url=server.url("slow"), timeout=5.0, **TEXT) for n in range(6)]
    control = check("control/0", url=server.url("fine"))
    round_ = asyncio.run(
        checking.check_round(config(*hostile, *good, controls=[control]), clock=time.time, env={}, told=lambda _: None)
    )
    seen = {o.check: o for o in round_.observations}
    assert [seen[one.id].verdict.value for one in good] == [OK] * len(good)
    assert {seen[one.id].verdict.value for one in hostile} == {DOWN}
