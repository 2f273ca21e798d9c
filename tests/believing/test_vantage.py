"""Who may vote: each row is a world and what is said of region `a`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from generator import vantage
from generator.model import Config, Failure, Health, Observation, RegionHealth, Verdict
from tests.believing.world import LOOK, START, check, config, look, looks

NOW = START + 30
TEN = [check(f"shop/c{n}/answer", "abc") for n in range(10)]
MANY = config("abc", TEN)
FOUR = config("abc", TEN[:4])
TWO_PLATFORMS = config(
    "abc", [*TEN[:6], *(check(f"mirror/m{n}/answer", "abc") for n in range(3))], roles={"mirror": "reference"}
)
NO_CONTROLS = config(
    "a", [check("shop/api/answer", "a"), check("mirror/api/answer", "a")], controls=False, roles={"mirror": "reference"}
)


def seen(setting: Config, letters: Mapping[str, str], at: int = START) -> dict[tuple[str, str], Observation]:
    """The newest looks: a letter for all of a region, or one for each of its checks."""
    found: list[Observation] = []
    for region, said in letters.items():
        for n, one in enumerate(c for c in setting.checks if region in c.regions):
            found.append(look(one.id, region, at + LOOK, said[n % len(said)]))
        if said != "-":
            found += [
                o for o in looks(setting, region, at, said[0] if said in "xe" else "o", ["none"]) if o.check != "none"
            ]
    return {(o.check, o.region): o for o in found if o.check != "none"}


def of(setting: Config, table: Mapping[tuple[str, str], Observation], now: int = NOW, region: str = "a") -> Health:
    return vantage.health(setting, table, now)[region]


ROWS = [
    # the ones that must not fire come first
    pytest.param(MANY, dict.fromkeys("abc", "o"), RegionHealth.OK, None, id="all_well"),
    pytest.param(MANY, dict.fromkeys("abc", "D"), RegionHealth.OK, None, id="what_everybody_sees_is_there_to_see"),
    pytest.param(FOUR, {"a": "D", "b": "o", "c": "o"}, RegionHealth.OK, None, id="four_targets_are_too_few_to_suspect_a_region"),
    pytest.param(MANY, {"a": "DDDDDooooo", "b": "o", "c": "o"}, RegionHealth.OK, None, id="half_of_the_targets_is_not_enough"),
    pytest.param(MANY, {"a": "DDDDDDDooo", "b": "DDDDoooooo", "c": "DDDDoooooo"}, RegionHealth.OK, None, id="not_far_enough_above_the_middle"),
    pytest.param(MANY, {"a": "s", "b": "o", "c": "o"}, RegionHealth.OK, None, id="slow_is_not_failing"),
    pytest.param(MANY, {"a": "D", "b": "D", "c": "o"}, RegionHealth.OK, None, id="most_regions_are_never_the_odd_ones_out"),
    pytest.param(TWO_PLATFORMS, {"a": "DDDDDDooo", "b": "o", "c": "o"}, RegionHealth.OK, None, id="cut_off_from_one_platform_is_a_finding"),
    pytest.param(MANY, {"a": "i", "b": "o", "c": "o"}, RegionHealth.OK, None, id="a_bot_wall_is_not_the_regions_fault"),
    pytest.param(NO_CONTROLS, {"a": "Do"}, RegionHealth.OK, None, id="without_controls_the_reference_stands_in"),
    # the ones that must
    pytest.param(MANY, {"a": "x", "b": "o", "c": "o"}, RegionHealth.SUSPECT, Failure.CONTROL_FAILED, id="it_cannot_see_its_controls"),
    pytest.param(MANY, {"a": "e", "b": "o", "c": "o"}, RegionHealth.SUSPECT, Failure.ENGINE_ERROR, id="its_engine_is_broken"),
    pytest.param(MANY, {"a": "DDDDDDoooo", "b": "o", "c": "o"}, RegionHealth.SUSPECT, Failure.SUSPECT_REGION, id="it_sees_failures_nobody_else_sees"),
    pytest.param(config("ab", TEN), {"a": "DDDDDDDDDD", "b": "o"}, RegionHealth.SUSPECT, Failure.SUSPECT_REGION, id="the_odd_one_of_two"),
    pytest.param(TWO_PLATFORMS, {"a": "D", "b": "o", "c": "o"}, RegionHealth.SUSPECT, Failure.SUSPECT_REGION, id="it_sees_no_platform_at_all"),
    pytest.param(NO_CONTROLS, {"a": "DD"}, RegionHealth.SUSPECT, Failure.CONTROL_FAILED, id="not_even_the_reference"),
    pytest.param(MANY, {"b": "o", "c": "o"}, RegionHealth.SILENT, None, id="never_heard_of"),
]  # fmt: skip


@pytest.mark.parametrize(("setting", "letters", "health", "reason"), ROWS)
def test_the_health_of_a_region(
    setting: Config, letters: Mapping[str, str], health: RegionHealth, reason: Failure | None
) -> None:
    found = of(setting, seen(setting, letters))
    assert (found.health, found.reason) == (health, reason)
    assert found.why or health is RegionHealth.OK


def test_a_region_is_silent_after_two_intervals_and_not_before() -> None:
    table = seen(MANY, dict.fromkeys("abc", "o"))
    assert of(MANY, table, START + LOOK + 600).health is RegionHealth.OK
    assert of(MANY, table, START + LOOK + 601).health is RegionHealth.SILENT


def test_a_region_that_only_looks_every_hour_is_not_silent_after_ten_minutes() -> None:
    """How long silence is normal follows from the quickest check of the region itself."""
    setting = config("ab", [check("shop/api/answer", "a"), check("shop/api/queue", "b", interval=3600)])
    table = seen(setting, {"a": "o", "b": "o"})
    assert of(setting, table, START + 3600, "b").health is RegionHealth.OK
    assert of(setting, table, START + 3600, "a").health is RegionHealth.SILENT


def test_a_region_that_did_not_look_at_its_controls_is_not_believed() -> None:
    table = {key: o for key, o in seen(MANY, dict.fromkeys("abc", "o")).items() if key != ("control/0", "a")}
    assert of(MANY, table).reason is Failure.CONTROL_FAILED


def test_controls_of_yesterday_do_not_vouch_for_looks_of_today() -> None:
    old = seen(MANY, {"a": "o"}, START - 86400)
    table = {**seen(MANY, dict.fromkeys("abc", "o")), ("control/0", "a"): old["control/0", "a"]}
    assert of(MANY, table).reason is Failure.CONTROL_FAILED


def test_one_control_of_several_is_enough() -> None:
    second = replace(MANY.controls[0], id="control/1")
    setting = replace(MANY, controls=(*MANY.controls, second))
    table = {**seen(MANY, dict.fromkeys("abc", "o")), ("control/1", "a"): look("control/1", "a", START + LOOK, "D")}
    assert of(setting, table).health is RegionHealth.OK
    assert of(setting, table).why == "1 of 2 controls answered"


def test_a_runner_without_any_network_is_told_apart_from_a_control_that_fails() -> None:
    table = {
        key: replace(o, verdict=Verdict.INCONCLUSIVE, failure=Failure.NO_ROUTE) if key[1] == "a" else o
        for key, o in seen(MANY, dict.fromkeys("abc", "o")).items()
    }
    assert of(MANY, table).reason is Failure.NO_ROUTE


def test_a_clock_that_is_wrong_makes_a_region_suspect() -> None:
    """Either the region says so itself, or its looks come from a time that has not come yet."""
    table = seen(MANY, dict.fromkeys("abc", "o"))
    skewed = replace(
        table["control/0", "a"], verdict=Verdict.INCONCLUSIVE, failure=Failure.CLOCK_SKEW, detail="ahead by 200 s"
    )
    assert of(MANY, {**table, ("control/0", "a"): skewed}).reason is Failure.CLOCK_SKEW
    ahead = seen(MANY, {"a": "o"}, START + 1200)
    assert of(MANY, {**table, **ahead}).reason is Failure.CLOCK_SKEW
