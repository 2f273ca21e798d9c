"""What one region saw is told as its own: ninety days, beside each region of a component."""

from __future__ import annotations

from generator import remember, text
from generator.view import history as hist
from tests.believing.memory_store import MemoryStore
from tests.believing.world import START, config, looks

HOUR = 3600
ROUNDS, FAILED = 12 * 24, range(48, 72)


def test_the_uptime_of_a_region_is_of_what_that_region_saw() -> None:
    store, setting = MemoryStore(), config("abc", interval=HOUR)
    for slot in range(ROUNDS):
        at = START + slot * HOUR
        letters = {"a": "D" if slot in FAILED else "o", "b": "o", "c": "o"}
        store.append([one for region, letter in letters.items() for one in looks(setting, region, at, letter)], at + 20)
        if slot % 24 == 23:
            remember.catch_up(store, setting, at + 30)
    now = START + ROUNDS * HOUR
    book = hist.ledger(setting, remember.catch_up(store, setting, now), now)
    (component,) = setting.components
    found = {r: hist.quarter(text.of("en"), setting, book, component, r) for r in "abc"}
    assert {r: one.down_seconds for r, one in found.items()} == {"a": len(FAILED) * HOUR, "b": 0, "c": 0}
    assert found["a"].text == "91.66 %"
    assert found["b"].text == "100 %"
