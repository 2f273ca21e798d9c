"""Catching up with a store: what is folded, what is saved, what is read, what is set aside."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from generator import history, remember, states, stores
from generator.errors import HistoryError
from generator.model import ALL, Config, Observation, Outage, Past, Round, Status, Time
from generator.states.belief import Belief
from tests.believing.memory_store import MemoryStore
from tests.believing.world import FIVE, LOOK, START, check, config, look, rounds

THREE = config("abc")


def same(letters: str, regions: str = "abc") -> dict[str, str]:
    return dict.fromkeys(regions, letters)


def run(store: MemoryStore, setting: Config, told: Iterable[Round]) -> Past:
    """A run for each round: deliver, catch up half a minute into the slot."""
    past = Past()
    for round_ in told:
        store.append(round_.observations, round_.at + 20)
        past = remember.catch_up(store, setting, round_.at + 30)
    return past


def outages(past: Past) -> list[tuple[str, Time, Time | None]]:
    return [(o.id, o.started - START, None if o.ended is None else o.ended - START) for o in past.outages]


def test_an_empty_store_is_a_past_in_which_nothing_is_known() -> None:
    past = remember.catch_up(MemoryStore(), THREE, START)
    assert {s.status for s in past.standings.values()} == {Status.UNKNOWN}
    assert {h.health.value for h in past.health.values()} == {"silent"}
    assert past.checked_at is None
    assert past.first_at is None


def test_one_run_for_each_round_comes_to_the_same_as_one_run_for_all() -> None:
    story = {"a": "oDDDoooosso", "b": "ooDDoooosso", "c": "oooDoooooo-"}
    one, many = MemoryStore(), MemoryStore()
    told = rounds(THREE, story)
    last = run(many, THREE, told)
    for round_ in told:
        one.append(round_.observations, round_.at)
    at_once = remember.catch_up(one, THREE, told[-1].at + 30)
    assert last.standings == at_once.standings
    assert last.outages == at_once.outages
    assert last.spans == at_once.spans
    assert one.saved_spans == many.saved_spans
    filled = lambda store: {k: r for k, r in store.saved_rollups.items() if r.seconds or r.samples}  # noqa: E731
    assert filled(one) == filled(many)


def test_a_build_changes_nothing() -> None:
    store = MemoryStore()
    run(store, THREE, rounds(THREE, same("oDDoo")))
    before = (
        dict(store.saved_spans),
        dict(store.saved_outages),
        dict(store.saved_rollups),
        dict(store.saved_checkpoints),
        store.saves,
    )
    remember.catch_up(store, THREE, START + 7200, write=False)
    assert before == (store.saved_spans, store.saved_outages, store.saved_rollups, store.saved_checkpoints, store.saves)


def test_a_build_knows_what_was_delivered_since_the_last_run() -> None:
    store = MemoryStore()
    told = rounds(THREE, same("oooDD"))
    run(store, THREE, told[:3])
    for round_ in told[3:]:
        store.append(round_.observations, round_.at)
    past = remember.catch_up(store, THREE, told[-1].at + 30, write=False)
    assert past.standings["shop/api", ALL].status is Status.MAJOR_OUTAGE
    assert outages(past) == [("shop-api-20251123T0015Z", 905, None)]


def test_raw_observations_are_read_for_the_last_slots_only() -> None:
    """However long history is, and also when there is nothing new."""
    store = MemoryStore()
    told = rounds(THREE, same("o" * 60))
    run(store, THREE, told)
    store.read.clear()
    remember.catch_up(store, THREE, told[-1].at + 60, write=False)
    now = told[-1].at + 60
    assert min(since for since, _ in store.read) >= now - 4 * FIVE


def test_an_agent_that_is_one_slot_late_still_counts() -> None:
    """Regions b and c deliver the failing round while the next one is already folded."""
    store, told = MemoryStore(), rounds(THREE, same("ooDDD"))
    run(store, THREE, told[:2])
    late: list[Observation] = []
    for round_ in told[2:]:
        now = [o for o in round_.observations if o.region == "a"]
        store.append([*now, *late], round_.at + 20)
        past = remember.catch_up(store, THREE, round_.at + 30)
        late = [o for o in round_.observations if o.region != "a"]
    assert outages(past) == [("shop-api-20251123T0010Z", 605, None)]


def test_a_late_delivery_is_folded_where_it_belongs_and_the_roll_ups_are_made_again() -> None:
    """Hours later region a delivers what it had seen; everything else stands already."""
    store = MemoryStore()
    told = rounds(THREE, {"a": "oo" + "D" * 10 + "o" * 40, "b": "o" * 52, "c": "o" * 52})
    without = [Round(r.at, tuple(o for o in r.observations if o.region != "a")) for r in told]
    past = run(store, THREE, without)
    assert outages(past) == []
    store.append([o for r in told for o in r.observations if o.region == "a"], told[-1].at + 40)
    past = remember.catch_up(store, THREE, told[-1].at + 60)
    assert outages(past) == [("shop-api-20251123T0010Z", 605, 3605)]
    day = next(r for r in past.days if r.series == "shop/api")
    assert day.seconds[Status.PARTIAL_OUTAGE] == 3000
    assert store.saved_rollups["day", "shop/api", ALL, START].seconds[Status.PARTIAL_OUTAGE] == 3000
    again = remember.catch_up(store, THREE, told[-1].at + 60, write=False)
    assert again.spans == past.spans


def test_a_published_outage_keeps_its_id_when_late_evidence_moves_its_start() -> None:
    store, told = MemoryStore(), rounds(THREE, same("oooDDDDDDD"))
    quiet = [Round(r.at, tuple(o for o in r.observations if n != 3)) for n, r in enumerate(told)]
    past = run(store, THREE, [r for r in quiet if r.observations])
    assert outages(past) == [("shop-api-20251123T0020Z", 1205, None)]
    store.append(told[3].observations, told[-1].at + 40)
    past = remember.catch_up(store, THREE, told[-1].at + 60)
    assert outages(past) == [("shop-api-20251123T0020Z", 905, None)]
    past = run(store, THREE, rounds(THREE, same("oo"), told[-1].at + FIVE))
    assert outages(past) == [("shop-api-20251123T0020Z", 905, 3005)]


def test_an_outage_that_late_evidence_takes_back_is_withdrawn_and_not_lost() -> None:
    """Only region a was heard and quorum is one: down. Then b and c deliver: it was fine elsewhere, for one round."""
    setting = replace(THREE, rules=replace(THREE.rules, quorum=1, down_after=1))
    store, told = MemoryStore(), rounds(setting, {"a": "ooDoo", "b": "ooooo", "c": "ooooo"})
    past = run(store, setting, [Round(r.at, tuple(o for o in r.observations if o.region == "a")) for r in told[:3]])
    assert outages(past) == [("shop-api-20251123T0010Z", 605, None)]
    store.append([o for r in told[:3] for o in r.observations], told[2].at + 40)
    past = run(store, setting, told[3:])
    assert outages(past) == [("shop-api-20251123T0010Z", 605, 605)]
    assert past.standings["shop/api", ALL].status is Status.OPERATIONAL


def test_what_is_dated_after_now_waits_until_it_is_due_and_is_said() -> None:
    store = MemoryStore()
    run(store, THREE, rounds(THREE, same("oo")))
    store.append([look("shop/api/answer", r, START + 86400, "D") for r in "abc"], START + 400)
    past = remember.catch_up(store, THREE, START + 400)
    assert past.standings["shop/api", ALL].status is Status.OPERATIONAL
    assert past.checked_at == START + FIVE + LOOK
    assert past.warnings == (
        "Looks dated after now are set aside until then, the first from a, dated 2025-11-24 00:00 UTC.",
    )
    store.append([look("control/0", r, START + 86400, "o") for r in "abc"], START + 400)
    past = remember.catch_up(store, THREE, START + 86400 + 30)
    assert past.standings["shop/api", ALL].status is Status.MAJOR_OUTAGE
    assert past.warnings == ()


def test_looks_of_unknown_checks_and_regions_are_kept_and_not_shown() -> None:
    """A check of an older configuration, a region that is no longer there."""
    store = MemoryStore()
    strange = [look("shop/gone/answer", "a", START + LOOK, "D"), look("shop/api/answer", "moon", START + LOOK, "D")]
    store.append(strange, START)
    past = run(store, THREE, rounds(THREE, same("oo")))
    assert {key[0] for key in past.standings} == {"shop/api"}
    assert ("shop/gone/answer", "a") not in past.latest
    assert len(store.rows) == 2 + 2 * 6


def test_a_region_that_is_silent_for_days_is_unknown_there_and_the_others_go_on() -> None:
    """H12: its cell has no data, its uptime covers the known time, the coverage says how little that is."""
    setting = config("abc", interval=1800)
    store = MemoryStore()
    past = run(store, setting, rounds(setting, {"a": "o" * 144, "b": "o" * 144, "c": "o" * 48}))
    now = START + 144 * 1800
    assert past.standings["shop/api", "c"].status is Status.UNKNOWN
    assert past.standings["shop/api", ALL].status is Status.OPERATIONAL
    c = history.uptime_of(past, "shop/api", "c", "ever", now)
    assert c.fraction == 1.0
    assert c.coverage == pytest.approx(1 / 3, abs=0.02)


def test_a_region_that_delivers_three_of_five_checks_updates_those_and_the_others_age() -> None:
    """H13."""
    setting = config("a", [check(f"shop/c{n}/answer", "a") for n in range(5)])
    store = MemoryStore()
    told = rounds(setting, {"a": "o" * 8})
    cut = [
        Round(r.at, tuple(o for o in r.observations if n < 2 or o.check not in ("shop/c3/answer", "shop/c4/answer")))
        for n, r in enumerate(told)
    ]
    past = run(store, setting, cut)
    assert [past.standings[f"shop/c{n}", ALL].status.value for n in range(5)] == ["operational"] * 3 + ["unknown"] * 2


def test_the_looks_an_outage_rests_on_can_be_followed_as_far_as_raw_history_reaches() -> None:
    """Hours later, and read by their time alone: no scan."""
    store = MemoryStore()
    past = run(store, THREE, rounds(THREE, same("oDD" + "o" * 60)))
    keys = {key for outage in past.outages for key in outage.evidence}
    assert len(keys) == 6
    assert keys <= {look.key for look in past.evidence}
    assert all(look in store.rows.values() for look in past.evidence if look.key in keys)
    store.read.clear()
    now = START + 63 * FIVE
    remember.catch_up(store, THREE, now, write=False)
    assert all(until == since + 1 for since, until in store.read if since < now - 4 * FIVE)


# ---- names -----------------------------------------------------------------------------------------------------------


def test_a_renamed_component_keeps_its_history_and_its_outages_their_ids() -> None:
    old = config("abc", [check("shop/pics/answer", "abc")])
    new = config("abc", [check("shop/images/answer", "abc")], was={"shop/images": ("shop/pics",)})
    store = MemoryStore()
    told = rounds(old, same("oDDooo"))
    run(store, old, told)
    past = run(store, new, rounds(new, same("ooo"), told[-1].at + FIVE))
    assert {s.component for s in past.spans} == {"shop/images"}
    assert [(o.id, o.component) for o in past.outages] == [("shop-pics-20251123T0005Z", "shop/images")]
    now = told[-1].at + 3 * FIVE + 30
    found = history.uptime_of(past, "shop/images", ALL, "day", now)
    assert (found.down, found.observed) == (600, now - START - LOOK)
    assert past.retired == ()


def test_a_renamed_region_and_a_renamed_check_go_on_where_they_were() -> None:
    old = config("ab", [check("shop/api/ping", "ab")])
    new = config(["eu", "b"], [check("shop/api/answer", ["eu", "b"], was=("shop/api/ping",))], was={"eu": ("a",)})
    store = MemoryStore()
    told = rounds(old, {"a": "oDD", "b": "ooo"})
    run(store, old, told)
    past = run(store, new, rounds(new, {"eu": "D", "b": "o"}, told[-1].at + FIVE))
    assert past.standings["shop/api", "eu"].status is Status.MAJOR_OUTAGE
    assert past.standings["shop/api", "eu"].since == START + FIVE + LOOK
    assert [o.regions for o in past.outages] == [("eu",)]
    mine = [s for s in past.spans if s.region == "eu"]
    assert [s.status for s in mine] == [Status.OPERATIONAL, Status.MAJOR_OUTAGE]


BOTH = config("abc", [check("shop/api/answer", "abc"), check("shop/cart/answer", "abc")])


def test_a_retired_component_keeps_its_history_and_is_not_among_the_standings() -> None:
    """Its outage ends where it was retired, from there on it is unknown, and nothing that was counted is taken back."""
    store, told = MemoryStore(), rounds(BOTH, same("oDD"))
    run(store, BOTH, told)
    counted = {k: r for k, r in store.saved_rollups.items() if r.series.startswith("shop/cart")}
    past = run(store, THREE, rounds(THREE, same("ooo"), told[-1].at + FIVE))
    assert past.retired == ("shop/cart",)
    assert ("shop/cart", ALL) not in past.standings
    mine = [
        (s.start - START, s.end and s.end - START, s.status)
        for s in past.spans
        if (s.component, s.region) == ("shop/cart", ALL)
    ]
    assert mine == [(5, 305, Status.OPERATIONAL), (305, 900, Status.MAJOR_OUTAGE), (900, None, Status.UNKNOWN)]
    assert [(o.id, o.ended) for o in past.outages if o.component == "shop/cart"] == [
        ("shop-cart-20251123T0005Z", START + 900)
    ]
    assert {k: store.saved_rollups[k] for k in counted} == counted


def test_a_component_that_comes_back_goes_on_after_a_stretch_of_unknown() -> None:
    store, told = MemoryStore(), rounds(BOTH, same("oo"))
    run(store, BOTH, told)
    run(store, THREE, rounds(THREE, same("oooooo"), START + 2 * FIVE))
    past = run(store, BOTH, rounds(BOTH, same("oo"), START + 8 * FIVE))
    mine = [
        (s.start - START, s.end and s.end - START, s.status)
        for s in past.spans
        if (s.component, s.region) == ("shop/cart", ALL)
    ]
    assert mine == [(5, 600, Status.OPERATIONAL), (600, 2405, Status.UNKNOWN), (2405, None, Status.OPERATIONAL)]
    assert [s for s in store.spans(0, "shop/cart") if s.region == ALL and s.end is None] == [
        s for s in past.spans if s.end is None and (s.component, s.region) == ("shop/cart", ALL)
    ]


# ---- checkpoints -----------------------------------------------------------------------------------------------------


def test_a_checkpoint_of_another_version_is_passed_over() -> None:
    store = MemoryStore()
    told = rounds(THREE, same("oDDoooo"))
    before = run(store, THREE, told)
    store.saved_checkpoints = {
        at: json.dumps({**json.loads(body), "belief": {"version": 99}}) for at, body in store.saved_checkpoints.items()
    }
    after = remember.catch_up(store, THREE, told[-1].at + 30, write=False)
    assert after.standings == before.standings
    assert after.spans == before.spans


@pytest.mark.parametrize("data", [{}, {"version": 0}, {"version": 1}, {"version": 1, "open": 3}], ids=str)
def test_what_is_no_belief_is_refused(data: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="belief"):
        Belief.from_json(data)


def test_without_the_raw_beginning_a_delivery_older_than_every_checkpoint_is_said_and_not_folded() -> None:
    """Raw history was pruned: folding from its rest would forget what the checkpoints still know."""
    store = MemoryStore()
    told = rounds(THREE, same("oDD" + "o" * 30))
    past = run(store, THREE, told)
    store.rows = {k: o for k, o in store.rows.items() if o.at >= told[20].at}
    store.saved_checkpoints = {at: body for at, body in store.saved_checkpoints.items() if at >= told[20].at}
    store.append([look("shop/api/answer", "a", told[5].at + 7, "D")], told[-1].at)
    after = remember.catch_up(store, THREE, told[-1].at + 30, write=False)
    assert after.spans == past.spans
    assert after.outages == past.outages
    assert after.warnings == (
        "Looks from 2025-11-23 00:25 UTC arrived too late to be counted: raw history no longer reaches back that far.",
    )


def test_a_round_later_than_the_schedule_is_told_in_seconds() -> None:
    store = MemoryStore()
    run(store, THREE, rounds(THREE, same("oo")))
    past = run(store, THREE, rounds(THREE, same("o"), START + 4 * FIVE))
    assert past.lateness == 2 * FIVE


# ---- when history cannot be had --------------------------------------------------------------------------------------


class Broken(MemoryStore):
    """A store that can no longer be read, or only no longer be written."""

    def __init__(self, readable: bool) -> None:
        super().__init__()
        self.readable, self.well = readable, True

    def observations(
        self, since: Time, until: Time | None = None, check: str = "", region: str = ""
    ) -> Iterator[Observation]:
        if not self.readable and not self.well:
            raise HistoryError("the disk is gone")
        return super().observations(since, until, check, region)

    def save(self, **kwargs: object) -> None:  # type: ignore[override]
        if not self.well:
            raise HistoryError("the disk is full")
        super().save(**kwargs)  # type: ignore[arg-type]


def test_a_failed_read_of_history_is_an_error_and_never_an_empty_past() -> None:
    store = Broken(readable=False)
    run(store, THREE, rounds(THREE, same("oDD")))
    store.well = False
    with pytest.raises(HistoryError, match="the disk is gone"):
        remember.catch_up(store, THREE, START + 700)


def test_a_round_that_cannot_be_saved_is_shown_on_top_of_what_can_be_read() -> None:
    store = Broken(readable=True)
    told = rounds(THREE, same("oDDDD"))
    run(store, THREE, told[:4])
    store.well = False
    past = remember.from_round(THREE, told[4], told[4].at + 30, store)
    assert outages(past) == [("shop-api-20251123T0005Z", 305, None)]
    assert past.checked_at == told[4].at + LOOK
    assert past.delayed == "History could not be saved: older figures may be missing."


@pytest.mark.parametrize("store", [None, "broken"])
def test_a_round_alone_says_what_it_shows_and_that_history_is_missing(store: str | None) -> None:
    broken = Broken(readable=False)
    broken.well = False
    round_ = rounds(THREE, same("D"))[0]
    past = remember.from_round(THREE, round_, START + 30, broken if store else None)
    assert past.standings["shop/api", ALL].status is Status.MAJOR_OUTAGE
    assert "History could not be" in past.delayed


# ---- the real store --------------------------------------------------------------------------------------------------


def test_the_same_past_from_sqlite(tmp_path: Path) -> None:
    """Days, late deliveries and all: the file says what the store in memory says."""
    setting = config("abc", interval=1800)
    story = {"a": "oDDDoo" * 20, "b": "ooDDoo" * 20, "c": "oooooo" * 15 + "-" * 30}
    told = rounds(setting, story)
    memory, real = MemoryStore(), stores.open(f"sqlite:{tmp_path}/history.sqlite", root=tmp_path)
    try:
        pasts = [_play(store, setting, told) for store in (memory, real)]
    finally:
        real.close()
    for name in (
        "standings",
        "health",
        "outages",
        "spans",
        "checked_at",
        "first_at",
        "retired",
        "warnings",
        "lateness",
    ):
        assert getattr(pasts[0], name) == getattr(pasts[1], name), name
    for name in ("days", "hours", "totals"):
        keyed = [{(r.series, r.region, r.at): r for r in getattr(p, name) if r.seconds or r.samples} for p in pasts]
        assert keyed[0] == keyed[1], name


def _play(store: MemoryStore | stores.Store, setting: Config, told: Sequence[Round]) -> Past:
    held: list[Observation] = []
    for n, round_ in enumerate(told):
        now = [o for o in round_.observations if o.region != "b" or n % 5]
        held += [o for o in round_.observations if o not in now]
        store.append(now, round_.at + 20)
        if n % 25 == 24:
            store.append(held, round_.at + 25)
        remember.catch_up(store, setting, round_.at + 30)
    return remember.catch_up(store, setting, told[-1].at + 60, write=False)


def test_an_outage_id_says_component_and_start() -> None:
    assert states.outage_id("civitai/images", 1_763_875_800) == "civitai-images-20251123T0530Z"
    assert Outage("x", "y", (), 0, 0, None, Status.MAJOR_OUTAGE).ended is None
