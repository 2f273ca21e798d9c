"""One round: what is due is looked at in every region, once, and what breaks breaks alone."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from generator import checking, probes
from generator.engines import Errand
from generator.model import Check, Failure, Observation, Region, Round, Rules, Verdict
from tests.looking.hostile import Hostile
from tests.looking.making import check, config

NOW = 1_800_000_123


def run(made: Any, told: list[Observation] | None = None, **keys: Any) -> Round:
    keys.setdefault("clock", time.time)
    return asyncio.run(
        checking.check_round(made, env={}, told=told.append if told is not None else lambda observation: None, **keys)
    )


def ids(round_: Round) -> list[tuple[str, str]]:
    return sorted((o.check, o.region) for o in round_.observations)


def seen_at(at: int) -> Observation:
    return Observation("p/c/k", "here", at, Verdict.OK)


DUE = [
    ("never seen", [], True),
    ("a whole interval ago", [NOW - 300], True),
    ("nearly an interval ago: schedulers come early after they came late", [NOW - 275], True),
    ("just now", [NOW - 100], False),
    ("the newest one counts", [NOW - 900, NOW - 10], False),
    ("from the future: that clock was wrong", [NOW + 5000], True),
]


@pytest.mark.parametrize(("times", "due"), [row[1:] for row in DUE], ids=[row[0] for row in DUE])
def test_when_a_check_is_due(times: list[int], due: bool) -> None:
    past = tuple(seen_at(at) for at in times)
    assert checking.due(check(url="https://h.example/"), "here", lambda c, r: past, NOW) is due


def test_what_is_due_next_is_the_first_of_all_that_wait_here() -> None:
    """What is due already does not wait, and another machine's looks are not waited for unless they are asked for."""
    here, there = Region("here", "Here", "local"), Region("there", "There", "agent")
    slow = check("p/c/slow", url="https://h.example/", interval=3600, regions=("here", "there"))
    quick = check("p/c/quick", url="https://h.example/", interval=600, regions=("here",))
    made = config(slow, quick, regions=[here, there])
    looks = {("p/c/slow", "here"): NOW - 60, ("p/c/slow", "there"): NOW - 3200, ("p/c/quick", "here"): NOW - 90}

    def past(id: str, region: str) -> tuple[Observation, ...]:
        return (seen_at(looks[id, region]),) if (id, region) in looks else ()

    assert checking.next_due(made, past, NOW) == (NOW - 90 + 540, quick, "here")
    assert checking.next_due(made, past, NOW, ["there"]) == (NOW - 3200 + 3240, slow, "there")
    assert checking.next_due(made, lambda c, r: (), NOW) is None


def test_a_round_is_the_checks_of_each_region_with_their_controls(server: Hostile) -> None:
    """Each region runs its own checks and all controls; the round is named by its slot, the looks by their real time."""
    here, there = Region("here", "Here", "local"), Region("there", "There", "local")
    both = check("p/c/both", url=server.url("fine"), regions=("here", "there"))
    mine = check("p/d/mine", url=server.url("fine"), regions=("there",))
    control = check("control/0", url=server.url("fine"), regions=())
    started = int(time.time())
    round_ = run(config(both, mine, controls=[control], regions=[here, there]))
    assert ids(round_) == [
        ("control/0", "here"),
        ("control/0", "there"),
        ("p/c/both", "here"),
        ("p/c/both", "there"),
        ("p/d/mine", "there"),
    ]
    assert round_.at % 300 == 0
    assert all(started <= o.at <= time.time() for o in round_.observations)


ONLY = [
    (("p/c/a",), (), [("p/c/a", "here"), ("p/c/a", "there")]),
    (("p/c",), (), [("p/c/a", "here"), ("p/c/a", "there"), ("p/c/ab", "here"), ("p/c/ab", "there")]),
    (("p/c/a",), ("here",), [("p/c/a", "here")]),
    (("p/nothing",), (), []),
]


@pytest.mark.parametrize(("only", "regions", "wanted"), ONLY)
def test_a_round_can_be_limited(server: Hostile, only: Any, regions: Any, wanted: list[tuple[str, str]]) -> None:
    """By check, by component, by region; what is asked for by name runs whether it is due or not."""
    places = [Region("here", "Here", "local"), Region("there", "There", "local")]
    checks = [check(f"p/c/{k}", url=server.url("fine"), regions=("here", "there")) for k in ("a", "ab")]
    just_seen = lambda c, r: (seen_at(int(time.time())),)  # noqa: E731
    assert ids(run(config(*checks, regions=places), only=only, regions=regions, past=just_seen)) == wanted


def test_nothing_due_asks_nothing(server: Hostile) -> None:
    before = dict(server.seen)
    control = check("control/0", url=server.url("fine"))
    round_ = run(
        config(check(url=server.url("fine")), controls=[control]), past=lambda c, r: (seen_at(int(time.time())),)
    )
    assert round_.observations == ()
    assert dict(server.seen) == before


def test_an_engine_that_breaks_down_takes_no_other_region_with_it(server: Hostile) -> None:
    """An engine that does not exist, or raises, makes its own checks unclear."""
    places = [
        Region("here", "Here", "local"),
        Region("lost", "Lost", "telegraph"),
        Region("odd", "Odd", "local", options={"ca_file": "/none.pem"}),
    ]
    made = check(url=server.url("fine"), regions=("here", "lost", "odd"))
    told: list[Observation] = []
    got = {o.region: o for o in run(config(made, regions=places), told).observations}
    assert got["here"].verdict is Verdict.OK
    assert {(got[r].verdict, got[r].failure) for r in ("lost", "odd")} == {(Verdict.INCONCLUSIVE, Failure.ENGINE_ERROR)}
    assert len(told) == 3


def test_what_cannot_be_kept_is_heard_of(server: Hostile) -> None:
    """If the caller cannot keep what it is told, the caller learns it: that is no trouble of an engine."""

    def full(observation: Observation) -> None:
        raise OSError(28, "no space left")

    with pytest.raises(OSError, match="no space"):
        asyncio.run(checking.check_round(config(check(url=server.url("fine"))), clock=time.time, env={}, told=full))


def _calls_the_last_one_down(spec: Any, rows: Mapping[str, Observation]) -> Mapping[str, Observation]:
    last = max(rows)
    return {**rows, last: replace(rows[last], verdict=Verdict.DOWN, failure=Failure.DISAGREES, at=1, check="other")}


def _breaks(spec: Any, rows: Mapping[str, Observation]) -> Mapping[str, Observation]:
    raise ZeroDivisionError


def compared(compare: Any, mine: Sequence[Observation], past: Sequence[Observation] = ()) -> list[Observation]:
    """`_compare` with a made-up kind that compares."""
    made = replace(check(url="https://h.example/", regions=("a", "b", "z")), kind="agreement", compared=True)
    real = probes.get("agreement")
    probe = replace(real, compare=compare)
    found = {"z": tuple(o for o in past if o.region == "z")}
    original = checking.probes.get
    checking.probes.get = lambda kind: probe
    try:
        return checking._compare(mine, {made.id: made}, config(made), lambda c, r: found.get(r, ()), NOW)
    finally:
        checking.probes.get = original


def row(region: str, at: int = NOW) -> Observation:
    return Observation("p/c/k", region, at, Verdict.OK)


def test_regions_are_compared_when_all_have_looked() -> None:
    """The comparison changes what is said, never which look it was."""
    got = {o.region: o for o in compared(_calls_the_last_one_down, [row("a"), row("b")])}
    assert (got["b"].verdict, got["b"].check, got["b"].at) == (Verdict.DOWN, "p/c/k", NOW)
    assert got["a"].verdict is Verdict.OK


def test_a_region_of_another_machine_takes_part_while_it_is_fresh() -> None:
    """Its newest observation is compared with ours and is not ours to change."""
    fresh = compared(_calls_the_last_one_down, [row("a"), row("b")], [row("z", NOW - 100)])
    assert [o.verdict for o in fresh] == [Verdict.OK, Verdict.OK]
    old = compared(_calls_the_last_one_down, [row("a"), row("b")], [row("z", NOW - 9000)])
    assert [o.verdict for o in old] == [Verdict.OK, Verdict.DOWN]


def test_a_comparison_that_breaks_makes_its_check_unclear() -> None:
    got = compared(_breaks, [row("a"), row("b")])
    assert {(o.verdict, o.failure) for o in got} == {(Verdict.INCONCLUSIVE, Failure.INTERNAL)}


def test_we_say_who_we_are() -> None:
    made = config(check(url="https://h.example/"))
    assert checking.user_agent(made).startswith("roadworthy/")
    assert "(+https://status.example)" in checking.user_agent(made)


@pytest.mark.parametrize(
    ("site", "told"),
    [
        (
            {"contact": "mailto:ops@status.example", "repository": "https://code.example/x"},
            " (+mailto:ops@status.example)",
        ),
        ({"url": "", "repository": "https://code.example/x"}, " (+https://code.example/x)"),
        ({"url": ""}, ""),
    ],
    ids=["the contact first", "where it is made, if nothing else is known", "nothing to tell"],
)
def test_we_say_where_we_can_be_reached(site: dict[str, str], told: str) -> None:
    made = config(check(url="https://h.example/"))
    made = replace(made, site=replace(made.site, **site))
    assert checking.user_agent(made).partition("/")[2].partition(" ")[1:] == tuple(told.partition(" ")[1:])


CHILD = """
import asyncio, resource, sys, time
from generator import checking
from tests.looking.making import check, config
base, full = sys.argv[1:]
names = ["endless-body", "endless-chunks", "gzip-bomb", "gzip-double", "many-headers", "huge-headers", "flood-1xx", "deep-json"]
made = [check(f"p/c/{n}-{i}", url=f"{base}/{n}", timeout=2.0, expect={"text": "x"}) for n in names for i in range(6)]
round_ = asyncio.run(checking.check_round(config(*made), clock=time.time, env={}))
print(len(round_.observations), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def test_memory_stays_small_against_bodies_without_end(server: Hostile) -> None:
    """48 checks at once of endless bodies, bombs and header floods: under 150 MB, all of them observed."""
    command = [sys.executable, "-c", CHILD, server.url("").rstrip("/"), str(server.full_port)]
    child = subprocess.run(
        command, capture_output=True, text=True, timeout=120, env={**os.environ, "PYTHONPATH": "."}, check=True
    )
    observed, megabytes = map(int, child.stdout.split())
    assert observed == 48
    assert megabytes < 150


def test_a_disabled_check_is_not_looked_at(server: Hostile) -> None:
    off: Check = replace(check("p/c/off", url=server.url("fine")), enabled=False)
    assert ids(run(config(check(url=server.url("fine")), off))) == [("p/c/k", "here")]


# ---- the end of a round ----------------------------------------------------------------------------------------------

BRIEF = Rules(retry_wait=(0.01,), round_limit=1)


def test_a_round_ends_in_time_whatever_a_platform_does(server: Hostile) -> None:
    """What has no answer by then is inconclusive and says why; what was answered stands, and nothing is lost."""
    silent = [check(f"p/c/silent{n}", url=server.url("silent"), timeout=30.0, retries=2) for n in range(3)]
    fine = check("q/c/fine", url=server.url("fine"))
    told: list[Observation] = []
    begun = time.monotonic()
    round_ = run(config(*silent, fine, controls=[check("control/0", url=server.url("fine"))], rules=BRIEF), told)
    assert time.monotonic() - begun < 10
    got = {o.check: o for o in round_.observations}
    assert {(got[c.id].verdict, got[c.id].failure) for c in silent} == {(Verdict.INCONCLUSIVE, Failure.ENGINE_BUDGET)}
    assert "round_limit" in got["p/c/silent0"].detail
    assert got["q/c/fine"].verdict is got["control/0"].verdict is Verdict.OK
    assert sorted(o.check for o in told) == sorted(got)


def test_what_was_looked_at_once_is_said_though_there_is_no_time_for_a_second_look(server: Hostile) -> None:
    silent = check(url=server.url("silent"), timeout=0.6, retries=2)
    control = check("control/0", url=server.url("fine"))
    (got,) = (o for o in run(config(silent, controls=[control], rules=BRIEF)).observations if o.check == silent.id)
    assert (got.verdict, got.failure, got.attempts) == (Verdict.DOWN, Failure.TIMEOUT, 1)


def test_a_silent_control_does_not_take_the_time_of_the_checks(server: Hostile) -> None:
    controls = [
        check("control/0", url=server.url("silent"), timeout=30.0, retries=2),
        check("control/1", url=server.url("fine")),
    ]
    got = {o.check: o for o in run(config(check(url=server.url("fine")), controls=controls, rules=BRIEF)).observations}
    assert got["control/0"].failure is Failure.ENGINE_BUDGET
    assert got["p/c/k"].verdict is Verdict.OK


def test_an_engine_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it has told stands; the rest is inconclusive, and the round goes on."""

    class Endless:
        async def look(self, errand: Errand) -> Sequence[Observation]:
            errand.told(replace(seen_at(NOW), check="p/c/a"))
            await asyncio.sleep(3600)
            return ()

    monkeypatch.setattr(checking.engines, "get", lambda name: Endless())
    monkeypatch.setattr(checking, "GRACE", 0.1)
    made = config(check("p/c/a", url="https://h.example/"), check("p/c/b", url="https://h.example/"), rules=BRIEF)
    got = {o.check: (o.verdict, o.failure) for o in run(made).observations}
    assert got == {"p/c/a": (Verdict.OK, None), "p/c/b": (Verdict.INCONCLUSIVE, Failure.ENGINE_BUDGET)}
