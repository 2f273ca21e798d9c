"""A region that is asked only now and then: while it is silent nothing is missing, and the page says so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from generator import states, view
from generator.diagnosis import diagnose
from generator.model import ALL, Config, Past, RegionHealth
from tests.believing import world
from tests.explaining.worlds import default_causes

STORY = {"a": "oooo", "b": "oooo", "c": "o---"}
SPLIT = {"a": "oDDD", "b": "oooo", "c": "o---"}
MODES = ["second_opinion", "sweep"]


def setting(mode: str) -> Config:
    """Three regions; the third has this mode."""
    made = world.config("abc")
    *fixed, last = made.regions
    return replace(made, regions=(*fixed, replace(last, engine="globalping", options={"mode": mode})))


def history(config: Config, story: dict[str, str]) -> tuple[Past, int]:
    plan, now = states.plan(config), world.START + 3 * config.interval + 2 * world.LOOK
    belief = states.expire(world.final(config, story), now, config)
    latest = {key: (seen.look,) for key, seen in belief.table.items()}
    past = Past(
        standings=states.standings(belief, plan, now),
        health=states.health(belief, plan, now),
        latest=latest,
        checked_at=now - world.LOOK,
    )
    return past, now


def page(mode: str, story: dict[str, str]) -> tuple[str, str, str]:
    """What the page says of the component, of when and from where, and of the third region."""
    config = setting(mode)
    past, now = history(config, story)
    shown = view.build(view.Inputs(config, past, (), (), (), (), now), "en")
    return shown.platforms[0].components[0].sentence, shown.checked_sentence, shown.regions[2].why


@pytest.mark.parametrize("mode", MODES)
def test_who_is_silent_because_nobody_asked_is_in_no_count(mode: str) -> None:
    sentence, checked, why = page(mode, STORY)
    assert sentence == "Works from 2 of 2 regions."
    assert checked.endswith("from 2 regions.")
    assert why == "It is asked only now and then."


def test_a_region_that_looks_at_everything_is_missed() -> None:
    """The same silence of a fixed region is told in all three places."""
    sentence, checked, why = page("fixed", STORY)
    assert sentence == "Works from 2 of 3 regions."
    assert checked.endswith("from 2 regions. Not counted: c.")
    assert why.startswith("Nothing was heard for")


def test_what_fails_is_counted_among_those_who_were_asked() -> None:
    assert page("second_opinion", SPLIT)[0].startswith("Fails in 1 of 2 regions")
    assert page("fixed", SPLIT)[0].startswith("Fails in 1 of 3 regions")


@pytest.mark.parametrize("mode", [*MODES, "fixed"])
def test_only_a_region_that_should_speak_is_found_to_be_blind(mode: str) -> None:
    """Else a healthy page would name a probable cause for ever."""
    config = setting(mode)
    past, now = history(config, STORY)
    assert past.health["c"].health is RegionHealth.SILENT
    assert ("c" in past.standings["shop/api", ALL].votes) == (mode == "fixed")
    found = [finding.cause for finding in diagnose(config, default_causes(), past, now)]
    assert found == (["vantage-offline"] if mode == "fixed" else [])
