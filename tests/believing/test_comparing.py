"""Checks whose regions are held against each other before they vote."""

from __future__ import annotations

from dataclasses import replace

from generator import probes, remember
from generator.model import ALL, Check, Config, Failure, Observation, Status, Verdict
from tests.believing.memory_store import MemoryStore
from tests.believing.world import FIVE, LOOK, START, check, config, look

ID = "shop/feed/newest"


def setting() -> Config:
    """The newest item, against the freshest region; half an hour behind is degraded, two hours is down."""
    spec = probes.get("freshness").Spec(
        url="https://shop.example/feed", items="items", time="at", against="freshest_region", degraded="30m", down="2h"
    )
    plain = check(ID, "abc")
    made = Check(ID, "freshness", plain.name, plain.component, spec, plain.regions, plain.interval)
    return config("abc", [probes.with_consequences(made)])


def newest(region: str, slot: int, behind: int) -> Observation:
    """A good look at a list whose newest item is this many seconds older than the slot."""
    at = START + slot * FIVE + LOOK
    return Observation(ID, region, at, Verdict.OK, facts={"watermark": START + slot * FIVE - behind})


def test_a_region_that_is_behind_the_freshest_one_is_down_there_although_each_look_was_good() -> None:
    """And the page sees the look as it was judged, with the number; the store keeps what was measured."""
    store, world = MemoryStore(), setting()
    for slot in range(4):
        behind = {"a": 60, "b": 60, "c": 60 if slot == 0 else 10800}
        found = [newest(r, slot, behind[r]) for r in "abc"] + [
            look("control/0", r, START + slot * FIVE + 4, "o") for r in "abc"
        ]
        store.append(found, START + slot * FIVE + 20)
        past = remember.catch_up(store, world, START + slot * FIVE + 30)
    assert past.standings["shop/feed", ALL].status is Status.PARTIAL_OUTAGE
    assert past.standings["shop/feed", "c"].status is Status.MAJOR_OUTAGE
    assert past.standings["shop/feed", "c"].failure is Failure.STALE
    shown = past.latest[ID, "c"][-1]
    assert (shown.verdict, shown.value, shown.down) == (Verdict.DOWN, 10740, 7200)
    assert past.latest[ID, "a"][-1].verdict is Verdict.OK
    assert {o.verdict for o in store.rows.values()} == {Verdict.OK}
    hour = next(r for r in past.hours if r.series == ID)
    assert (hour.failed, hour.value_max) == (3, 10740)


def test_a_region_that_cannot_be_trusted_is_not_compared_with() -> None:
    """Region c is blind: that it seems to be ahead of everybody says nothing about the others."""
    store, world = MemoryStore(), setting()
    for slot in range(3):
        ahead = replace(newest("c", slot, 60), facts={"watermark": START + slot * FIVE + 20000})
        found = [newest("a", slot, 60), newest("b", slot, 60), ahead]
        found += [look("control/0", r, START + slot * FIVE + 4, "x" if r == "c" else "o") for r in "abc"]
        store.append(found, START + slot * FIVE + 20)
        past = remember.catch_up(store, world, START + slot * FIVE + 30)
    assert past.standings["shop/feed", ALL].status is Status.OPERATIONAL
    assert past.health["c"].reason is Failure.CONTROL_FAILED
