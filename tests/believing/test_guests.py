"""A region that is asked only for a second opinion belongs to the quorum while it speaks, and never by its silence."""

from __future__ import annotations

from dataclasses import replace

from generator import states
from generator.model import ALL, Check, Component, Config, Observation, Platform, Region, Round, Site, Status, Verdict

NOW = 1_795_413_600


def config(mode: str) -> Config:
    regions = tuple(Region(r, r, "agent") for r in ("eu", "us"))
    guests = tuple(Region(r, r, "globalping", {"mode": mode}) for r in ("ap", "sa", "af"))
    check = Check("p/c/k", "http", "k", "p/c", None, tuple(r.id for r in (*regions, *guests)), 300)
    part = Component("p/c", "p", "c", "C", checks=(check,))
    return Config(Site("T", ""), 300, (*regions, *guests), (), (Platform("p", "P", "subject", components=(part,)),))


def told(mode: str, *rounds: dict[str, Verdict]) -> Status:
    made = config(mode)
    belief, plan = states.begin(made), states.plan(made)
    for number, round_ in enumerate(rounds):
        at = NOW + 300 * number
        looks = tuple(Observation("p/c/k", region, at + 5, verdict) for region, verdict in round_.items())
        belief = states.fold(belief, [Round(at, looks)], plan)
    return states.standings(belief, plan, NOW + 300 * len(rounds))["p/c", ALL].status


FINE = {"eu": Verdict.OK, "us": Verdict.OK}
DOWN = {"eu": Verdict.DOWN, "us": Verdict.DOWN}


def test_two_regulars_decide_while_three_guests_are_silent() -> None:
    assert told("second_opinion", FINE, FINE, FINE) is Status.OPERATIONAL
    assert told("sweep", FINE, FINE, DOWN) is Status.MAJOR_OUTAGE


def test_five_fixed_regions_of_which_two_speak_are_no_quorum() -> None:
    assert told("fixed", FINE, FINE, FINE) is Status.UNKNOWN


def test_a_guest_that_speaks_counts() -> None:
    split = {"eu": Verdict.DOWN, "us": Verdict.OK}
    assert told("second_opinion", FINE, FINE, {**split, "ap": Verdict.DOWN, "sa": Verdict.DOWN}) is Status.MAJOR_OUTAGE
    assert told("second_opinion", FINE, FINE, split) is not Status.MAJOR_OUTAGE


def test_guests_alone_are_still_held_to_their_quorum() -> None:
    made = config("sweep")
    alone = replace(made, regions=made.regions[2:])
    belief, plan = states.begin(alone), states.plan(alone)
    belief = states.fold(belief, [Round(NOW, (Observation("p/c/k", "ap", NOW + 5, Verdict.OK),))], plan)
    assert states.standings(belief, plan, NOW + 300)["p/c", ALL].status is Status.UNKNOWN
