"""Engines carry checks; their own trouble, and ours, never looks like the target's."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from email.utils import formatdate
from typing import Any

import pytest

from generator import engines
from generator.engines import _confirm
from generator.engines._confirm import Attempt, decide
from generator.engines._direct import Direct
from generator.engines._doubts import Doubts
from generator.engines._selfcheck import SelfCheck
from generator.fetch import Gate
from generator.model import Check, Failure, Observation, Region, Rules, Stage, Verdict
from generator.probes import Facts, Judgement, Probe, Spec
from tests.looking.hostile import Hostile
from tests.looking.making import check, errand
from tests.looking.proxies import Proxies

NOW = 1_800_000_000


def look(
    *checks: Check, controls: Sequence[Check] = (), region: Region | None = None, **keys: Any
) -> dict[str, Observation]:
    work = errand(*checks, controls=controls, region=region, **keys)
    seen = asyncio.run(engines.get(work.region.engine).look(work))
    assert len(seen) == len(checks) + len(controls)
    return {o.check: o for o in seen}


def one(seen: dict[str, Observation], id: str = "p/c/k") -> tuple[str, str, int]:
    got = seen[id]
    return got.verdict.value, got.failure.value if got.failure else "", got.attempts


# ---- confirming ------------------------------------------------------------------------------------------------------


def test_a_success_within_the_run_counts(server: Hostile) -> None:
    """Two failures, then a success on a fresh connection: good, with the number of looks and what they saw."""
    seen = look(check(url=server.url("flaky-2"), retries=2))
    assert one(seen) == ("ok", "", 3)
    assert seen["p/c/k"].facts["other_looks"] == ["server_error", "server_error"]


def test_failing_every_time_is_down(server: Hostile) -> None:
    before = server.seen["busy-503"]
    assert one(look(check(url=server.url("busy-503"), retries=2))) == ("down", "overloaded", 3)
    assert server.seen["busy-503"] - before == 3


ONCE = ["challenge", "legal-451", "rate-limited", "firewall-1020", "fine"]


@pytest.mark.parametrize("name", ONCE)
def test_no_second_look_where_it_cannot_help(server: Hostile, name: str) -> None:
    """A closed door is not knocked at again, and a target that asks for two minutes gets them."""
    before = server.seen[name]
    look(check(url=server.url(name), retries=2))
    assert server.seen[name] - before == 1


V = Verdict
DECISIONS = [
    ("a success stands", [V.DOWN, V.OK], V.OK),
    ("slow beats failed", [V.DOWN, V.DEGRADED, V.DOWN], V.DEGRADED),
    ("failed each time", [V.DOWN, V.DOWN, V.DOWN], V.DOWN),
    ("failed once, then unclear", [V.DOWN, V.INCONCLUSIVE], V.INCONCLUSIVE),
    ("failed twice, then unclear", [V.DOWN, V.DOWN, V.INCONCLUSIVE], V.DOWN),
    ("the only look", [V.DOWN], V.DOWN),
    ("unclear each time", [V.INCONCLUSIVE, V.INCONCLUSIVE], V.INCONCLUSIVE),
    ("failed, then closed by law", [V.DOWN, V.BLOCKED_BY_POLICY], V.BLOCKED_BY_POLICY),
]


@pytest.mark.parametrize(("verdicts", "result"), [row[1:] for row in DECISIONS], ids=[row[0] for row in DECISIONS])
def test_what_several_looks_come_to(verdicts: list[Verdict], result: Verdict) -> None:
    assert decide([Attempt(Judgement(v)) for v in verdicts]).judgement.verdict is result


WAITS = [
    ("the rule's wait", Judgement(V.DOWN, Failure.RESET), 1, 2.0),
    ("the rule's last wait, again", Judgement(V.DOWN, Failure.RESET), 4, 10.0),
    (
        "what the target asks for, if it is little",
        Judgement(V.INCONCLUSIVE, Failure.RATE_LIMITED, facts={"retry_after": 20}),
        1,
        20.0,
    ),
    (
        "too long to wait inside a run",
        Judgement(V.INCONCLUSIVE, Failure.RATE_LIMITED, facts={"retry_after": 120}),
        1,
        None,
    ),
    ("told to go away without a time", Judgement(V.INCONCLUSIVE, Failure.RATE_LIMITED), 1, None),
    ("a measured number does not change in seconds", Judgement(V.DOWN, Failure.LAGGING), 1, None),
    ("no looks left", Judgement(V.DOWN, Failure.RESET), 9, None),
    ("nothing to confirm", Judgement(V.OK), 1, None),
]


@pytest.mark.parametrize(("judgement", "done", "seconds"), [row[1:] for row in WAITS], ids=[row[0] for row in WAITS])
def test_how_long_until_the_next_look(judgement: Judgement, done: int, seconds: float | None) -> None:
    """The rules' waits with a fifth of jitter, never shorter than the target asks, never beyond the run."""
    attempts = [Attempt(judgement)] * done
    got = _confirm._wait(attempts[-1], attempts, 9, (2.0, 10.0))
    if seconds is None:
        assert got is None
    else:
        assert got == pytest.approx(seconds, rel=0.21)


# ---- our own faults --------------------------------------------------------------------------------------------------


class Nothing(Spec):
    pass


async def _breaks(spec: Nothing, look: Any) -> Facts:
    raise AttributeError("a bug of ours \x1b[31m")


def test_a_bug_of_ours_stays_with_its_check(server: Hostile) -> None:
    """An exception inside a probe makes this check unclear, and no other."""
    probe = Probe("broken", Nothing, _breaks, lambda s, f, c: Judgement(V.OK))
    work = errand()
    made = check(url=server.url("fine"))
    seen = asyncio.run(_confirm.observe(made, "here", probe, Direct(work, "local", gate=Gate()).looks(made), work))
    assert (seen.verdict, seen.failure, seen.attempts) == (V.INCONCLUSIVE, Failure.INTERNAL, 1)
    assert seen.detail == "internal error in this check: AttributeError: AttributeError: a bug of ours \ufffd[31m"


def test_a_kind_that_does_not_exist_is_our_fault(server: Hostile) -> None:
    made = replace(check(url=server.url("fine")), kind="telepathy")
    assert one(look(made))[:2] == ("inconclusive", "internal")


def heard(*seen: Observation) -> dict[str, Observation]:
    """What a run passes on of looks that came to this, in this order."""
    told: list[Observation] = []
    direct = Direct(errand(told=told.append), "local", gate=Gate())
    for observation in seen:
        direct._tell(observation)
    released = direct._release()
    assert [o.check for o in told] == [o.check for o in told if o.check not in {r.check for r in released}] + [
        r.check for r in released
    ]
    return {o.check: o for o in told}


def unreachable(name: str) -> Observation:
    return Observation(name, "here", 1, V.DOWN, Failure.UNREACHABLE, Stage.CONNECT, detail="network unreachable")


def test_without_a_network_nothing_is_down() -> None:
    """When not one address can be reached it is our network that is missing."""
    got = heard(unreachable("a"), unreachable("b"))
    assert {(o.verdict, o.failure) for o in got.values()} == {(V.INCONCLUSIVE, Failure.NO_ROUTE)}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_with_a_network_the_unreachable_one_is_down(order: tuple[int, int]) -> None:
    """One answer, before or after, shows that our network is there."""
    rows = [unreachable("a"), Observation("b", "here", 1, V.OK, facts={"status": 200})]
    got = heard(*(rows[n] for n in order))
    assert (got["a"].verdict, got["a"].failure) == (V.DOWN, Failure.UNREACHABLE)


ONE_WAY = """
import asyncio
from generator.fetch.stream import Route, Trail, open_socket
from tests.looking.hostile import Hostile
from tests.looking.making import check, errand
from generator import engines

with Hostile() as server:
    control = check("control/0", url=server.url("fine"))
    far = check("p/c/far", url="http://[2606:4700::1]/")
    for seen in asyncio.run(engines.get("local").look(errand(far, controls=[control]))):
        print(seen.check, seen.verdict.value, seen.failure and seen.failure.value)
    both = Route("h.example", 443, ("2606:4700::1", "127.0.0.1"), server.refused_port)
    try:
        asyncio.run(open_socket(both, Trail()))
    except OSError as problem:
        print(type(problem).__name__)
"""


def test_a_machine_without_a_way_to_an_address_says_nothing_of_the_target() -> None:
    """A machine whose network reaches the controls and no IPv6: that is ours; what another address says counts."""
    script = f"ip link set lo up && {sys.executable} -c '{ONE_WAY}'"
    done = subprocess.run(["unshare", "-rn", "sh", "-c", script], capture_output=True, text=True, check=False)
    if "unshare" in done.stderr:
        pytest.skip("a network of one's own needs the right to make one")
    assert done.stdout.splitlines() == [
        "control/0 ok None",
        "p/c/far inconclusive no_route",
        "ConnectionRefusedError",
    ], done.stderr


def test_silence_everywhere_is_ours_too(server: Hostile) -> None:
    """Connections that time out say nothing when nothing else connects either."""
    assert one(look(check(url=f"http://127.0.0.1:{server.full_port}/", timeout=0.5)))[:2] == (
        "inconclusive",
        "connect_timeout",
    )


def test_a_name_is_only_missing_where_others_are_found(server: Hostile) -> None:
    """NXDOMAIN counts if some name was found in the same run; else it may be our own resolver."""
    missing = check(url="http://no-such-name.invalid/")
    assert one(look(missing))[:2] == ("inconclusive", "dns_no_such_name")
    named = check("control/0", url=f"http://localhost:{server.port}/fine")
    assert one(look(missing, controls=[named]))[:2] == ("down", "dns_no_such_name")
    numbered = check("control/0", url=server.url("fine"))
    assert one(look(missing, controls=[numbered]))[:2] == ("inconclusive", "dns_no_such_name")


def test_a_region_that_sees_no_control_does_not_ask_again(server: Hostile) -> None:
    """What it finds cannot count, so nobody waits for second looks."""
    control = check("control/0", url=f"http://127.0.0.1:{server.refused_port}/")
    seen = look(check(url=server.url("error-500"), retries=2), controls=[control])
    assert one(seen) == ("down", "server_error", 1)


def test_timings_of_a_slow_machine_are_not_believed(server: Hostile) -> None:
    """`slow` is not derived while our own loopback is slow; the answer itself still counts."""
    made = check(url=server.url("slow"), latency={"degraded": "50ms"})
    work = errand(made)
    from generator import probes

    seen = asyncio.run(
        _confirm.observe(
            made,
            "here",
            probes.get("http"),
            Direct(work, "local", gate=Gate()).looks(made),
            work,
            trusted=lambda: False,
        )
    )
    assert (seen.verdict, seen.failure, seen.low_confidence) == (V.OK, None, True)


def test_the_loopback_sample_notices_a_blocked_loop() -> None:
    """A program that is busy with itself is no stop-watch."""

    async def run() -> tuple[bool, bool]:
        async with SelfCheck() as own:
            await asyncio.sleep(0.3)
            calm = own.trusted() and own.median is not None
            for _ in range(60):
                time.sleep(0.03)
                await asyncio.sleep(0)
            return calm or (own.median or 0) > 10, own.trusted()

    calm, trusted = asyncio.run(run())
    assert calm
    assert not trusted


def test_secrets_appear_in_no_observation(server: Hostile) -> None:
    """A target that echoes the key in a header, and in the body, publishes nothing of it through us."""
    made = check(
        url=server.url("echo-secret") + "?k=CANARY-SECRET",
        headers={"X-Api-Key": "CANARY-SECRET"},
        secrets=frozenset({"KEY"}),
        expect={"json": [{"path": "CANARY", "exists": True}], "headers": {"X-Echo": "something else CANARY-SECRET"}},
    )
    seen = look(made, env={"KEY": "CANARY-SECRET"})["p/c/k"]
    assert seen.verdict is V.DOWN
    assert "CANARY-SECRET" not in json.dumps([seen.detail, dict(seen.facts)])


def test_facts_are_small_and_plain() -> None:
    """Whatever a probe puts into its facts, what is kept is JSON, finite, bounded and clean."""
    odd: dict[str, Any] = {
        "nan": float("nan"),
        "set": {2, 1},
        "deep": [[[[[["x"]]]]]],
        "\x1b": "\x00",
        "long": "x" * 99999,
    }
    odd |= {f"k{n}": ["y" * 50] * 150 for n in range(30)}
    kept = json.dumps(dict(_confirm.clean(odd)), allow_nan=False)
    assert len(kept) <= _confirm.MAX_FACTS
    assert _confirm.clean({"set": {2, 1}, "n": float("inf")}) == {"set": [1, 2], "n": None}


CLOCKS = [
    ("two controls agree that we are an hour behind", [3600, 3590], True),
    ("we are ahead of both", [-900, -880], True),
    ("one control's clock is its own matter", [3600], False),
    ("one of two is right", [3600, 3], False),
    ("they do not agree in which direction", [3600, -3600], False),
    ("a minute is nothing", [60, 60], False),
    ("no control tells the time", [], False),
]


@pytest.mark.parametrize(("skews", "wrong"), [row[1:] for row in CLOCKS], ids=[row[0] for row in CLOCKS])
def test_a_wrong_clock_of_ours_is_noticed(skews: list[int], wrong: bool) -> None:
    """Then the region's controls say so, and certificates are not judged by it."""
    doubts = Doubts(max_skew=120)
    controls = [
        Observation(
            f"control/{n}", "here", NOW, V.OK, facts={"status": 200, "date": formatdate(NOW + s - 5), "age": "5"}
        )
        for n, s in enumerate(skews)
    ]
    seen = doubts.set_clock(controls)
    assert {o.failure for o in seen} <= {Failure.CLOCK_SKEW if wrong else None}
    expired = doubts.owned(Observation("p/c/k", "here", NOW, V.DOWN, Failure.TLS_NOT_YET_VALID, Stage.TLS))
    assert (expired.verdict, expired.failure) == (
        (V.INCONCLUSIVE, Failure.CLOCK_SKEW) if wrong else (V.DOWN, Failure.TLS_NOT_YET_VALID)
    )
    other = Observation("p/c/k", "here", NOW, V.DOWN, Failure.SERVER_ERROR, facts={"status": 500})
    assert doubts.owned(other) == other


# ---- agent -----------------------------------------------------------------------------------------------------------


def test_an_agent_region_has_nothing_to_run() -> None:
    """Its observations arrive through history; here nothing is looked at and nothing is claimed."""
    work = errand(check(url="https://h.example/"), region=Region("far", "Far", "agent"))
    assert list(asyncio.run(engines.get("agent").look(work))) == []


# ---- proxy -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def proxies(server: Hostile) -> Iterator[Proxies]:
    with Proxies(server.pins) as running:
        yield running


def through(url: str, server: Hostile, **options: Any) -> Region:
    return Region("far", "Far", "proxy", options={"url": url, "ca_file": server.ca_file, **options})


def far(server: Hostile, name: str = "good", **keys: Any) -> Check:
    return check(url=server.tls(name), regions=("far",), **keys)


def control(server: Hostile) -> Check:
    return check("control/0", url=server.tls("good"), regions=("far",))


TARGETS = [
    ("good", "ok", ""),
    ("expired", "down", "tls_expired"),
    ("cuts-tls", "down", "connection_reset"),
    ("silent-tls", "down", "timeout"),
]


@pytest.mark.parametrize("kind", ["http", "socks"])
@pytest.mark.parametrize(("name", "verdict", "failure"), TARGETS)
def test_a_target_behind_a_good_proxy(
    server: Hostile, proxies: Proxies, kind: str, name: str, verdict: str, failure: str
) -> None:
    """What the target does is the target's, through CONNECT and through SOCKS5."""
    seen = look(
        far(server, name, timeout=1.5), controls=[control(server)], region=through(getattr(proxies, kind), server)
    )
    assert one(seen)[:2] == (verdict, failure)
    assert f"{name}.hostile.example:443" in proxies.asked
    assert seen["p/c/k"].facts.get("address") is None


@pytest.mark.parametrize("kind", ["http", "socks"])
def test_a_target_that_a_good_proxy_cannot_reach_is_down(server: Hostile, proxies: Proxies, kind: str) -> None:
    """The proxy says that it cannot connect, and the control passes right after it."""
    proxies.routes = {**server.pins, "gone.hostile.example": f"127.0.0.1:{server.refused_port}"}
    seen = look(far(server, "gone"), controls=[control(server)], region=through(getattr(proxies, kind), server))
    assert one(seen)[0] == "down"


@pytest.mark.parametrize("mode", ["cut-off", "closed", "mute", "dies"])
@pytest.mark.parametrize("kind", ["http", "socks"])
@pytest.mark.parametrize("name", ["good", "expired"])
def test_trouble_of_the_proxy_is_never_the_targets(
    server: Hostile, proxies: Proxies, mode: str, kind: str, name: str
) -> None:
    """Whatever a broken proxy does, no check is red, not even one whose target is."""
    proxies.mode = mode
    region = through(getattr(proxies, kind), server)
    seen = look(far(server, name, timeout=0.6), controls=[replace(control(server), timeout=0.6)], region=region)
    assert one(seen)[:2] == ("inconclusive", "engine_error")


def test_a_proxy_that_is_not_there_is_said_at_once(server: Hostile) -> None:
    """Its own port is tried first: nothing else is asked through a proxy that is down."""
    region = through(f"http://user:CANARY@127.0.0.1:{server.refused_port}", server)
    seen = look(far(server), controls=[control(server)], region=region)
    assert {one(seen, id)[:2] for id in seen} == {("inconclusive", "engine_error")}
    assert "CANARY" not in str(seen)


@pytest.mark.parametrize("kind", ["http", "socks"])
@pytest.mark.parametrize(("password", "verdict"), [("right", "ok"), ("wrong", "inconclusive")])
def test_a_proxy_with_a_password(server: Hostile, kind: str, password: str, verdict: str) -> None:
    with Proxies(server.pins, password="right") as proxies:
        url = getattr(proxies, kind).replace("://", f"://user:{password}@")
        seen = look(far(server), controls=[control(server)], region=through(url, server))
        assert one(seen)[0] == verdict


OPTIONS = [
    ({}, "needs `url`"),
    ({"url": "ftp://h:1"}, "socks5://"),
    ({"url": "http://["}, "no address"),
    ({"url": "http://:1"}, "no host"),
    ({"url": "http://h:99999"}, "65535"),
    ({"url": "http://h:1", "plain": "yes"}, "true or false"),
    ({"url": "socks5://u:p@h:1", "plain": True}, ""),
]


@pytest.mark.parametrize(("options", "problem"), OPTIONS)
def test_wrong_options_of_a_proxy_are_said(options: dict[str, Any], problem: str) -> None:
    said = engines.get("proxy").options_problem(Region("far", "Far", "proxy", options=options))
    assert problem in said
    assert bool(said) == bool(problem)


def test_what_a_proxy_cannot_carry_is_said_before() -> None:
    """Names are resolved by the proxy, and plain HTTP needs a proxy that tunnels to port 80."""
    proxy, region = engines.get("proxy"), Region("far", "Far", "proxy", options={"url": "http://h:1"})
    assert "dns" in proxy.cannot_carry(region, check(kind="dns", host="h.example"))
    assert "plain" in proxy.cannot_carry(region, check(url="http://h.example/"))
    assert proxy.cannot_carry(region, check(url="https://h.example/")) == ""
    open_one = replace(region, options={**region.options, "plain": True})
    assert proxy.cannot_carry(open_one, check(url="http://h.example/")) == ""


def test_local_knows_its_options() -> None:
    local = engines.get("local")
    assert local.options_problem(Region("here", "Here", "local", options={"ca_file": "/x.pem"})) == ""
    assert local.options == {"ca_file"}
    assert Rules().retries == 2
