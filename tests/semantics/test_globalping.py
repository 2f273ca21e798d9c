"""The Globalping engine: nothing that goes wrong between us and the target is ever the target's."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from generator import engines, probes
from generator.engines import Errand
from generator.engines import _globalping_results as results
from generator.engines.globalping import best, chosen
from generator.fetch import Exchange
from generator.model import Check, Failure, Observation, Region, Request, Rules, Verdict
from tests.semantics import fake_globalping as fake
from tests.semantics.fake_globalping import BERLIN, FakeGlobalping
from tests.semantics.looks import NOW

ENGINE = engines.get("globalping")
RECORDED: dict[str, Any] = json.loads((Path(__file__).parent / "data" / "globalping-recordings.json").read_text())
URL = "https://target.example/page?x=1"


@pytest.fixture
def server() -> Iterator[FakeGlobalping]:
    with fake.serving(FakeGlobalping()) as running:
        yield running


def check(id: str = "p/c/k", kind: str = "http", spec: Mapping[str, Any] | None = None, **more: Any) -> Check:
    given = {"url": URL} if spec is None else spec
    parsed = probes.get(kind).Spec.model_validate(dict(given))
    common: dict[str, Any] = {"interval": 300, "timeout": 5.0, "retries": 0, "regions": ("de", "home")}
    return Check(id, kind, id, "p/c", parsed, **{**common, **more})


def region(server: FakeGlobalping, **options: Any) -> Region:
    return Region("de", "Germany", "globalping", {"country": "DE", "api": server.url, **options})


def look(
    where: Region,
    *checks: Check,
    controls: Sequence[Check] = (),
    past: Mapping[tuple[str, str], Sequence[Observation]] | None = None,
    now: float = NOW,
) -> list[Observation]:
    told: list[Observation] = []
    errand = Errand(
        where, tuple(controls), checks, Rules(retry_wait=(0.0,)), lambda: now, "roadworthy-test",
        past=lambda c, r: tuple((past or {}).get((c, r), ())), told=told.append,
    )  # fmt: skip
    seen = list(asyncio.run(ENGINE.look(errand)))
    assert sorted(map(str, told)) == sorted(map(str, seen)), "everything seen is told at once, and nothing else"
    return seen


def one(
    server: FakeGlobalping, target: Any = None, *, spec: Mapping[str, Any] | None = None, **more: Any
) -> Observation:
    if target is not None:
        server.target = target if callable(target) else lambda m, p: target
    (seen,) = look(region(server), check(spec=spec, **more))
    return seen


# ---- what a result means ---------------------------------------------------------------------------------------------

JSON = {"url": URL, "expect": {"json": [{"path": "ok", "equals": True}]}}

RESULTS = [
    pytest.param(fake.http_result(body=b"{}"), Verdict.OK, None, id="200"),
    pytest.param(fake.http_result(500), Verdict.DOWN, Failure.SERVER_ERROR, id="500 is finished, and ours to judge"),
    pytest.param(fake.http_result(451), Verdict.BLOCKED_BY_POLICY, Failure.REGION_BLOCKED, id="451"),
    pytest.param(fake.http_result(403, headers={"cf-mitigated": "challenge"}), Verdict.INCONCLUSIVE, Failure.CHALLENGED, id="a bot wall"),
    pytest.param(fake.failed("target", "connect ECONNREFUSED 192.0.2.1:443"), Verdict.DOWN, Failure.REFUSED, id="refused"),
    pytest.param(fake.failed("target", "read ECONNRESET"), Verdict.DOWN, Failure.RESET, id="reset"),
    pytest.param(fake.failed("target", "Request timeout."), Verdict.DOWN, Failure.TIMEOUT, id="timeout"),
    pytest.param(fake.failed("target", "write EPROTO 1:error:0A000410:SSL routines::sslv3 alert handshake failure"), Verdict.DOWN, Failure.TLS_HANDSHAKE, id="handshake"),
    pytest.param(fake.failed("target", "something new"), Verdict.INCONCLUSIVE, Failure.UNKNOWN_FAILURE, id="a word we do not know"),
    pytest.param(fake.failed("resolver", "queryA ENOTFOUND target.example"), Verdict.INCONCLUSIVE, Failure.ENGINE_ERROR, id="one resolver's word"),
    pytest.param(fake.failed("internal", "Internal error"), Verdict.INCONCLUSIVE, Failure.ENGINE_ERROR, id="the probe itself"),
    pytest.param(fake.SWEPT, Verdict.INCONCLUSIVE, Failure.ENGINE_ERROR, id="swept up, with five keys only"),
    pytest.param(fake.OFFLINE, Verdict.INCONCLUSIVE, Failure.ENGINE_ERROR, id="offline"),
    pytest.param({"status": "odd"}, Verdict.INCONCLUSIVE, Failure.ENGINE_ERROR, id="a state nobody documented"),
    pytest.param({"status": "finished"}, Verdict.INCONCLUSIVE, Failure.ENGINE_ERROR, id="finished with nothing"),
    pytest.param(fake.http_result(tls=fake.certificate()), Verdict.OK, None, id="a good certificate"),
    pytest.param(fake.http_result(tls=fake.certificate(authorized=False, error="CERT_HAS_EXPIRED")), Verdict.DOWN, Failure.TLS_EXPIRED, id="expired"),
    pytest.param(fake.http_result(tls=fake.certificate(authorized=False, error="ERR_TLS_CERT_ALTNAME_INVALID")), Verdict.DOWN, Failure.TLS_WRONG_HOST, id="for another host"),
    pytest.param(fake.http_result(tls=fake.certificate(authorized=False, error="DEPTH_ZERO_SELF_SIGNED_CERT")), Verdict.DOWN, Failure.TLS_SELF_SIGNED, id="self-signed"),
    pytest.param(fake.http_result(tls=fake.certificate(authorized=False, error="NEW_ONE")), Verdict.DOWN, Failure.TLS_UNTRUSTED, id="distrusted for another reason"),
]  # fmt: skip


@pytest.mark.parametrize(("result", "verdict", "failure"), RESULTS)
def test_a_result_becomes_the_right_verdict(
    server: FakeGlobalping, result: Any, verdict: Verdict, failure: Any
) -> None:
    seen = one(server, result)
    assert (seen.verdict, seen.failure) == (verdict, failure), seen.detail


def test_times_and_evidence_come_with_it(server: FakeGlobalping) -> None:
    seen = one(server, fake.http_result(tls=fake.certificate(), headers={"cf-ray": "8f00-FRA", "etag": "abc"}))
    assert seen.latency_ms == 40, "from the start of the connection: without the name's two milliseconds"
    assert dict(seen.phases) == {"dns": 2, "connect": 10, "tls": 12, "first_byte": 15, "total": 42}
    assert (seen.facts["colo"], seen.facts["etag"], seen.engine) == ("FRA", "abc", "globalping")


def test_what_is_ordered_is_what_the_check_asks(server: FakeGlobalping) -> None:
    one(server, spec={"url": "http://target.example:8080/a%20b?x=1&y=2", "headers": {"Accept": "text/plain"}})
    assert server.ordered == [
        {
            "type": "http", "target": "target.example", "timeout": 5, "inProgressUpdates": False,
            "locations": [{"country": "DE", "limit": 1}],
            "measurementOptions": {"protocol": "HTTP", "port": 8080, "request": {"path": "/a%20b", "query": "x=1&y=2", "method": "GET", "headers": {"Accept": "text/plain"}}},
        }
    ]  # fmt: skip
    assert server.agents == {"roadworthy-test"}


def test_a_pin_asks_the_address_and_keeps_the_name(server: FakeGlobalping) -> None:
    one(server, resolve={"target.example": "192.0.2.7:8443"})
    ordered = server.ordered[0]
    assert ordered["target"] == "192.0.2.7"
    assert ordered["measurementOptions"]["port"] == 8443
    assert ordered["measurementOptions"]["request"]["host"] == "target.example"


@pytest.mark.parametrize("name", sorted(n for n, r in RECORDED.items() if r["type"] == "http"))
def test_recordings_of_the_real_server_are_understood(name: str) -> None:
    wanted = {
        "ok": (200, None), "head": (200, None), "e500": (500, None), "redir": (302, None), "big": (200, None),
        "tls": (200, Failure.TLS_SELF_SIGNED), "refused": (None, Failure.REFUSED), "hdr": (200, None),
        "offline_probe": (None, Failure.ENGINE_ERROR),
    }[name]  # fmt: skip
    found = results.matching(RECORDED[name], {"country": "DE"})
    assert found
    exchange = results.http_exchange(Request(URL), found[0])
    assert (exchange.status, exchange.failure) == wanted
    assert exchange.truncated == (name == "big")


# ---- whose result ----------------------------------------------------------------------------------------------------


def test_results_are_matched_by_what_a_probe_says_of_itself(server: FakeGlobalping) -> None:
    """No probe in Germany: what comes back from elsewhere is not Germany's, whatever its place in the list."""
    server.probes = [fake.TOKYO]
    seen = one(server, fake.failed("target", "connect ECONNREFUSED"))
    assert (seen.verdict, seen.failure) == (Verdict.INCONCLUSIVE, Failure.ENGINE_ERROR)
    assert "no_probes_found" in seen.detail
    elsewhere = {"results": [{"probe": fake.TOKYO, "result": fake.http_result(500)}]}
    assert results.matching(elsewhere, {"country": "DE"}) == []


@pytest.mark.parametrize(
    ("wanted", "fits"),
    [
        ({"country": "DE"}, True),
        ({"country": "de", "city": "falkenstein"}, True),
        ({"country": "DE", "city": "Berlin"}, False),
        ({"continent": "EU", "asn": 24940}, True),
        ({"tags": ["datacenter-network"]}, True),
        ({"tags": ["eyeball-network"]}, False),
        ({"region": "Western Europe"}, True),
        ({}, False),
    ],
)
def test_a_probe_belongs_where_it_says_it_is(wanted: dict[str, Any], fits: bool) -> None:
    assert results.belongs(fake.FALKENSTEIN, wanted) is fits


@pytest.mark.parametrize("state", ["frozen", "dead"])
def test_a_frozen_or_dead_probe_is_no_outage(server: FakeGlobalping, state: str) -> None:
    setattr(server, state, ["Falkenstein"])
    seen = one(server)
    assert (seen.verdict, seen.failure) == (Verdict.INCONCLUSIVE, Failure.ENGINE_ERROR)


def test_with_two_probes_in_a_region_any_answer_beats_a_failure_and_two_resolvers_count(server: FakeGlobalping) -> None:
    server.probes.append(BERLIN)
    in_berlin = fake.http_result()
    gone = fake.failed("resolver", "queryA ENOTFOUND target.example")
    server.target = lambda m, p: in_berlin if p["city"] == "Berlin" else gone
    (seen,) = look(region(server, probes=2), check())
    assert seen.verdict is Verdict.OK
    server.target = lambda m, p: gone
    (seen,) = look(region(server, probes=2), check())
    assert (seen.verdict, seen.failure) == (Verdict.DOWN, Failure.NXDOMAIN)


def test_a_failure_of_the_target_beats_a_failure_of_the_engine() -> None:
    lost = Exchange("GET", URL, failure=Failure.ENGINE_ERROR)
    refused = Exchange("GET", URL, failure=Failure.REFUSED)
    assert best([lost, refused]) is refused
    assert best([lost]) is lost


# ---- cut and damaged bodies ------------------------------------------------------------------------------------------

LONG = b'{"ok": true, "fill": "' + b"x" * 12000 + b'"}'
TEXT = {"url": URL, "expect": {"text": "needle"}}


def test_json_that_was_cut_is_no_wrong_json(server: FakeGlobalping) -> None:
    seen = one(server, fake.http_result(body=LONG), spec=JSON)
    assert (seen.verdict, seen.failure) == (Verdict.INCONCLUSIVE, Failure.TRUNCATED)
    assert one(server, fake.http_result(body=b'{"ok": true}'), spec=JSON).verdict is Verdict.OK
    assert one(server, fake.http_result(body=b'{"ok": false}'), spec=JSON).verdict is Verdict.DOWN


def test_a_text_may_be_found_in_a_cut_body_but_its_absence_says_nothing(server: FakeGlobalping) -> None:
    assert one(server, fake.http_result(body=b"needle" + LONG), spec=TEXT).verdict is Verdict.OK
    seen = one(server, fake.http_result(body=LONG + b"needle"), spec=TEXT)
    assert (seen.verdict, seen.failure) == (Verdict.INCONCLUSIVE, Failure.TRUNCATED)
    assert one(server, fake.http_result(body=b"hay"), spec=TEXT).verdict is Verdict.DOWN


def test_a_character_damaged_on_the_way_is_not_the_targets(server: FakeGlobalping) -> None:
    raw = '{"ok": true, "name": "日本"}'.encode()
    at = raw.index("日".encode()) + 1
    spec = {"url": URL, "expect": {"json": [{"path": "name", "equals": "日本"}]}}
    assert one(server, fake.http_result(body=raw), spec=spec).verdict is Verdict.OK
    seen = one(server, fake.http_result(body=[raw[:at], raw[at:]]), spec=spec)
    assert (seen.verdict, seen.failure) == (Verdict.INCONCLUSIVE, Failure.TRUNCATED)
    undamaged = {"url": URL, "expect": {"json": [{"path": "ok", "equals": True}]}}
    assert one(server, fake.http_result(body=[raw[:at], raw[at:]]), spec=undamaged).verdict is Verdict.OK


def test_a_status_that_is_wrong_stays_wrong_however_long_the_body(server: FakeGlobalping) -> None:
    assert one(server, fake.http_result(500, LONG), spec=JSON).failure is Failure.SERVER_ERROR


# ---- redirects, other kinds ------------------------------------------------------------------------------------------


def test_redirects_are_followed_by_the_same_probe(server: FakeGlobalping) -> None:
    def hop(measurement: Mapping[str, Any], where: Any) -> dict[str, Any]:
        if measurement["measurementOptions"]["request"]["path"] == "/page":
            return fake.http_result(302, headers={"location": "/there"})
        return fake.http_result(200, b"{}")

    seen = one(server, hop)
    assert (seen.verdict, seen.facts["redirects"]) == (Verdict.OK, [[302, "target.example"]])
    assert isinstance(server.ordered[1]["locations"], str), "by the id of the first measurement"


def test_endless_redirects_are_the_engines_limit(server: FakeGlobalping) -> None:
    seen = one(server, fake.http_result(302, headers={"location": "/page"}))
    assert (seen.verdict, seen.failure, len(server.ordered)) == (Verdict.INCONCLUSIVE, Failure.ENGINE_ERROR, 3)


def ping(received: int) -> dict[str, Any]:
    stats = {"min": 9.0, "avg": 9.5, "max": 10.0, "total": 1, "rcv": received, "drop": 1 - received, "loss": 0}
    return {
        "status": "finished",
        "rawOutput": "",
        "resolvedAddress": "192.0.2.1",
        "resolvedHostname": "x",
        "timings": [],
        "stats": stats,
    }


def test_ports_certificates_and_names_can_be_looked_at(server: FakeGlobalping) -> None:
    tcp = {"host": "target.example", "port": 443}
    server.target = lambda m, p: ping(1)
    (seen,) = look(region(server), check(kind="tcp", spec=tcp))
    assert (seen.verdict, seen.latency_ms) == (Verdict.OK, 9.5)
    assert server.ordered[-1]["measurementOptions"] == {"protocol": "TCP", "port": 443, "packets": 1}
    server.target = lambda m, p: ping(0)
    (seen,) = look(region(server), check(kind="tcp", spec=tcp))
    assert (seen.verdict, seen.failure) == (Verdict.DOWN, Failure.CONNECT_TIMEOUT)
    server.target = lambda m, p: fake.http_result(404, tls=fake.certificate())
    (seen,) = look(region(server), check(kind="tls", spec={"host": "target.example", "expires": {"degraded": "14d"}}))
    assert (seen.verdict, seen.unit) == (Verdict.OK, "days")
    answers = [
        {"name": "target.example.", "type": "A", "ttl": 60, "class": "IN", "value": v}
        for v in ("192.0.2.2", "192.0.2.1")
    ]
    server.target = lambda m, p: {
        "status": "finished",
        "rawOutput": "",
        "statusCode": 0,
        "statusCodeName": "NOERROR",
        "resolver": "private",
        "answers": answers,
        "timings": {"total": 7},
    }
    (seen,) = look(
        region(server), check(kind="dns", spec={"host": "target.example", "expect": {"values": ["192.0.2.1"]}})
    )
    assert seen.verdict is Verdict.OK, seen.detail
    server.target = lambda m, p: {
        "status": "finished",
        "rawOutput": "",
        "statusCode": 3,
        "statusCodeName": "NXDOMAIN",
        "resolver": "private",
        "answers": [],
        "timings": {"total": 7},
    }
    (seen,) = look(region(server), check(kind="dns", spec={"host": "target.example"}))
    assert (seen.verdict, seen.failure) == (Verdict.DOWN, Failure.NXDOMAIN)


# ---- the API's own trouble -------------------------------------------------------------------------------------------


def test_an_hour_without_budget_is_silence_and_no_outage(server: FakeGlobalping) -> None:
    server.used = 248
    server.target = lambda m, p: fake.http_result(500)
    seen = look(region(server), *(check(f"p/c/{n}") for n in range(4)))
    assert sorted((o.verdict, o.failure) for o in seen if o.failure) == [
        (Verdict.DOWN, Failure.SERVER_ERROR), (Verdict.DOWN, Failure.SERVER_ERROR),
        (Verdict.INCONCLUSIVE, Failure.ENGINE_BUDGET), (Verdict.INCONCLUSIVE, Failure.ENGINE_BUDGET),
    ]  # fmt: skip
    assert len(server.ordered) == 2, "nothing is ordered that cannot be paid"


@pytest.mark.parametrize(("credits", "looks"), [(False, 2), (True, 22)])
def test_credits_are_spent_where_that_is_allowed(server: FakeGlobalping, credits: bool, looks: int) -> None:
    """Two tests are left of the hour and twenty credits: the API's own count of the tests does not end the credits."""
    server.tokens, server.credits, server.used = frozenset({"good"}), 20, 498
    seen = look(region(server, token="good", credits=credits), *(check(f"p/c/{n}") for n in range(30)))
    words = [o.failure for o in seen]
    assert (words.count(None), words.count(Failure.ENGINE_BUDGET)) == (looks, 30 - looks)
    assert len(server.ordered) == looks


def test_somebody_else_using_up_the_budget_meanwhile_is_no_outage(server: FakeGlobalping) -> None:
    """Shared runners share the limit of their address: the API says 429 although its limits said otherwise."""

    class Greedy(FakeGlobalping):
        def limits(self, token: str | None) -> Any:
            told = super().limits(token)
            self.used = self.limit
            return told

    with fake.serving(Greedy()) as greedy:
        seen = look(region(greedy), check("p/c/1"), check("p/c/2"))
    assert {(o.verdict, o.failure) for o in seen} == {(Verdict.INCONCLUSIVE, Failure.ENGINE_BUDGET)}


@pytest.mark.parametrize("fault", ["broken", "gone", "bad token"])
def test_an_api_that_fails_makes_everything_inconclusive(server: FakeGlobalping, fault: str) -> None:
    server.broken = fault == "broken"
    options = {"gone": {"api": "http://127.0.0.1:9"}, "bad token": {"token": "wrong"}}.get(fault, {})
    control = check("control/0", regions=())
    seen = look(region(server, **options), check(), controls=[control])
    assert {(o.check, o.verdict, o.failure) for o in seen} == {
        ("p/c/k", Verdict.INCONCLUSIVE, Failure.ENGINE_ERROR),
        ("control/0", Verdict.INCONCLUSIVE, Failure.ENGINE_ERROR),
    }
    assert server.ordered == []


def test_a_token_never_appears_in_what_is_told(server: FakeGlobalping) -> None:
    server.tokens = frozenset({"s3cret-token"})
    (seen,) = look(region(server, token="s3cret-token"), check())
    assert seen.verdict is Verdict.OK
    assert server.asked[0] == ("GET", "/v1/limits", 200), "the token is used"
    server.tokens = frozenset()
    (seen,) = look(region(server, token="s3cret-token"), check())
    assert "s3cret-token" not in str(seen)
    assert "s3cret-token" not in json.dumps(server.ordered)


def test_polling_is_polite(server: FakeGlobalping) -> None:
    """Half a second between questions, and what has not changed is not sent again."""
    server.delay = 1.2
    assert one(server).verdict is Verdict.OK
    polls = [
        status for method, path, status in server.asked if path.startswith("/v1/measurements/") and method == "GET"
    ]
    assert polls.count(200) == 2
    assert polls.count(304) >= 1
    assert len(polls) <= 4


# ---- modes -----------------------------------------------------------------------------------------------------------


def seen_at(check_id: str, where: str, ago: float, verdict: Verdict) -> dict[tuple[str, str], Sequence[Observation]]:
    return {(check_id, where): [Observation(check_id, where, int(NOW - ago), verdict)]}


@pytest.mark.parametrize(
    ("where", "ago", "verdict", "asked"),
    [
        pytest.param("home", 100, Verdict.DOWN, True, id="home saw it down"),
        pytest.param("home", 100, Verdict.DEGRADED, True, id="home saw it slow"),
        pytest.param("home", 100, Verdict.OK, False, id="home is content"),
        pytest.param("home", 100, Verdict.INCONCLUSIVE, False, id="home does not know: no reason to spend"),
        pytest.param("home", 900, Verdict.DOWN, False, id="long ago"),
        pytest.param("de", 100, Verdict.DOWN, False, id="our own earlier word is no reason"),
    ],
)
def test_a_second_opinion_is_asked_only_when_somebody_saw_a_failure(
    server: FakeGlobalping, where: str, ago: float, verdict: Verdict, asked: bool
) -> None:
    seen = look(region(server, mode="second_opinion"), check(), past=seen_at("p/c/k", where, ago, verdict))
    assert bool(seen) is asked
    assert bool(server.asked) is asked, "not even the limits are asked for nothing"


def test_a_sweep_looks_at_each_check_once_an_hour_the_longest_unseen_first(server: FakeGlobalping) -> None:
    past = {
        **seen_at("a", "de", 1800, Verdict.OK),
        **seen_at("b", "de", 4000, Verdict.OK),
        **seen_at("c", "de", 9000, Verdict.OK),
    }
    where = region(server, mode="sweep")
    errand = Errand(
        where,
        (),
        tuple(check(n) for n in "abcd"),
        Rules(),
        lambda: NOW,
        "",
        past=lambda c, r: tuple(past.get((c, r), ())),
    )
    assert [c.id for c in chosen(errand)] == ["d", "c", "b"]
    half = Errand(
        region(server, mode="sweep", every="20m"), (), errand.checks, Rules(), lambda: NOW, "", past=errand.past
    )
    assert [c.id for c in chosen(half)] == ["d", "c", "b", "a"]


def test_a_sweep_leaves_tests_for_second_opinions(server: FakeGlobalping) -> None:
    server.used = 250 - 67
    seen = look(region(server, mode="sweep", reserve=66), check("a"), check("b"))
    assert sorted(str(o.failure) for o in seen) == ["None", "engine_budget"]


def test_a_sweep_goes_on_leaving_tests_while_others_take_theirs(server: FakeGlobalping) -> None:
    """Others order ten tests beside each of ours: what is to be left for them is left of what there is then."""

    class Shared(FakeGlobalping):
        def create(self, raw: bytes, token: str | None) -> Any:
            self.used += 10
            return super().create(raw, token)

    with fake.serving(Shared()) as shared:
        look(region(shared, mode="sweep", reserve=200), *(check(f"p/c/{n}") for n in range(30)))
        assert shared.used <= 250 - 200 + 6 * 11, "six looks at once may be on their way"


# ---- configuration ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"country": "DE"}, ""),
        ({"continent": "EU", "asn": 3320, "mode": "sweep", "every": "1h", "reserve": 20, "probes": 2}, ""),
        ({}, "needs a place"),
        ({"token": "x"}, "needs a place"),
        ({"country": "DE", "mode": "sometimes"}, "mode is one of fixed, second_opinion, sweep"),
        ({"country": "DE", "probes": 9}, "from 1 to 5"),
        ({"country": "DE", "every": "often"}, "every is a time"),
        ({"country": "DE", "reserve": -1}, "reserve is a number"),
        ({"country": "DE", "tags": "x"}, "tags is a list"),
        ({"country": "DE", "credits": "some"}, "credits is true or false"),
    ],
)
def test_options_are_checked(options: dict[str, Any], problem: str) -> None:
    said = ENGINE.options_problem(Region("r", "R", "globalping", options))
    assert (problem in said) if problem else (said == "")


@pytest.mark.parametrize(
    ("kind", "spec", "more", "why"),
    [
        pytest.param("http", {"url": URL}, {}, "", id="a plain question"),
        pytest.param("http", {"url": URL, "headers": {"Accept": "x"}}, {}, "", id="with a header"),
        pytest.param("tcp", {"host": "a.example", "port": 22}, {}, "", id="a port"),
        pytest.param("http", {"url": URL, "headers": {"Authorization": "x"}}, {"secrets": frozenset({"TOKEN"})}, "uses a secret", id="a secret"),
        pytest.param("http", {"url": URL, "method": "POST", "body": "{}"}, {}, "GET, HEAD and OPTIONS", id="a body"),
        pytest.param("http", {"url": URL, "method": "DELETE"}, {}, "GET, HEAD and OPTIONS", id="another method"),
        pytest.param("http", {"url": URL}, {"allow_private": True}, "private", id="a private address"),
        pytest.param("steps", {"steps": [{"url": URL, "capture": {"a": "b"}}, {"url": URL}]}, {}, "one after the other", id="captures"),
        pytest.param("freshness", {"url": URL, "time": "t", "degraded": "1h"}, {}, "wants more", id="a large body"),
        pytest.param("freshness", {"url": URL, "time": "t", "degraded": "1h", "max_bytes": 10000}, {}, "", id="a small list"),
        pytest.param("asset", {"urls": [URL], "max_bytes": 1000}, {}, "cannot do bytes", id="bytes"),
    ],
)  # fmt: skip
def test_what_cannot_be_carried_is_said(kind: str, spec: dict[str, Any], more: dict[str, Any], why: str) -> None:
    said = ENGINE.cannot_carry(Region("r", "R", "globalping", {"country": "DE"}), check(kind=kind, spec=spec, **more))
    assert (why in said) if why else (said == ""), said


def test_what_cannot_be_carried_is_never_sent(server: FakeGlobalping) -> None:
    secret = check(spec={"url": URL, "headers": {"Authorization": "Bearer tok"}}, secrets=frozenset({"TOKEN"}))
    (seen,) = look(region(server), secret)
    assert (seen.verdict, server.ordered) == (Verdict.INCONCLUSIVE, [])
