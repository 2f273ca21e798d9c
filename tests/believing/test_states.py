"""The status rule, as a table of stories: one letter a round (`tests/believing/world.py` says which)."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from generator import states
from generator.model import ALL, Config, Failure, Rules, Status
from generator.states import precedence
from tests.believing import world
from tests.believing.world import START, check, config, final, told

THREE = config("abc")
TWO = config("ab")
ONE = config("a")
FIVE = config("abcde")


def same(letters: str, regions: str = "abc") -> dict[str, str]:
    return dict.fromkeys(regions, letters)


STORIES = [
    # what must not fire
    pytest.param(THREE, same("oooo"), "OOOO", id="all_well"),
    pytest.param(THREE, {"a": "oDooo", "b": "ooooo", "c": "ooooo"}, "OOOOO", id="one_blip_in_one_region_is_nothing"),
    pytest.param(ONE, {"a": "oDooo"}, "OOOOO", id="a_single_region_is_not_believed_at_once"),
    pytest.param(
        THREE, {"a": "osss", "b": "oooo", "c": "oooo"}, "OOOO", id="one_slow_region_of_three_is_no_degradation"
    ),
    pytest.param(THREE, {"a": "oxxxx", "b": "ooooo", "c": "ooooo"}, "OOOOO", id="a_blind_region_does_not_vote"),
    pytest.param(THREE, {"a": "oeeee", "b": "ooooo", "c": "ooooo"}, "OOOOO", id="a_broken_engine_does_not_vote"),
    pytest.param(
        THREE, {"a": "opppp", "b": "ooooo", "c": "ooooo"}, "OOOOO", id="a_region_blocked_by_policy_is_no_vote_against"
    ),
    pytest.param(THREE, {"a": "oiiii", "b": "ooooo", "c": "ooooo"}, "OOOOO", id="a_bot_wall_in_one_region_is_nothing"),
    pytest.param(
        THREE,
        {"a": "ooooo", "b": "ooooo", "c": "o----"},
        "OOOOO",
        id="a_region_that_was_fine_and_is_silent_leaves_the_others",
    ),
    # down
    pytest.param(
        THREE,
        {"a": "oDDoo", "b": "oDDoo", "c": "ooooo"},
        "OMMMO",
        id="a_majority_is_believed_at_once_and_recovers_after_two",
    ),
    pytest.param(THREE, same("oDoo"), "OMMO", id="one_round_of_everything_down_counts"),
    pytest.param(ONE, {"a": "oDDoo"}, "OOMMO", id="a_single_region_needs_two_rounds"),
    pytest.param(ONE, {"a": "DDoo"}, "?MMO", id="unknown_is_left_as_from_operational"),
    # a scheduler that comes late: each look is too old before the next one
    pytest.param(
        ONE,
        {"a": "oD----D----D"},
        "OOOO??MMM??M",
        id="late_rounds_are_rounds_in_a_row_and_between_them_nothing_is_known",
    ),
    pytest.param(ONE, {"a": "D----D"}, "?????M", id="late_rounds_are_believed_from_the_very_first"),
    pytest.param(ONE, {"a": "D----o----D----o"}, "?????OOO???????O", id="late_rounds_that_disagree_are_no_outage"),
    pytest.param(ONE, {"a": "oDD----o----o"}, "OOMMM???????O", id="a_late_recovery_needs_two_rounds_too"),
    pytest.param(
        ONE, {"a": "oD" + "-" * 45 + "D"}, "OOOO" + "?" * 44, id="what_was_seen_hours_ago_is_no_round_before_this_one"
    ),
    pytest.param(THREE, same("DD"), "MM", id="down_from_the_first_round"),
    pytest.param(TWO, {"a": "oDDD", "b": "oDDD"}, "OMMM", id="two_of_two_is_a_majority"),
    pytest.param(FIVE, {**same("oDD", "abc"), **same("ooo", "de")}, "OMM", id="three_of_five"),
    pytest.param(
        THREE, {"a": "oDD", "b": "opp", "c": "oDD"}, "OMM", id="whom_policy_keeps_out_is_not_counted_among_the_regions"
    ),
    # partial
    pytest.param(TWO, {"a": "oDDD", "b": "oooo"}, "OOPP", id="half_is_partial_never_down"),
    pytest.param(
        THREE, {"a": "oDDDoo", "b": "oooooo", "c": "oooooo"}, "OOPPPO", id="one_region_of_three_after_two_rounds"
    ),
    pytest.param(FIVE, {**same("oDDD", "ab"), **same("oooo", "cde")}, "OOPP", id="two_of_five"),
    pytest.param(THREE, {"a": "oDDD", "b": "ooDD", "c": "oooo"}, "OOMM", id="partial_turns_major_at_once"),
    pytest.param(THREE, {"a": "oDDDDD", "b": "oDDooo", "c": "oooooo"}, "OMMMPP", id="major_turns_partial_after_two"),
    pytest.param(
        THREE, {"a": "oDoDoo", "b": "oooooo", "c": "oooooo"}, "OOOOOO", id="every_other_round_is_never_two_in_a_row"
    ),
    # degraded
    pytest.param(THREE, {"a": "osssoo", "b": "osssoo", "c": "oooooo"}, "OOdddO", id="a_majority_is_slow"),
    pytest.param(THREE, {"a": "osDD", "b": "osss", "c": "oooo"}, "OOdP", id="slow_and_down_are_counted_apart"),
    # recovery
    pytest.param(THREE, same("oDDoDoo"), "OMMMMMO", id="one_good_round_is_no_recovery"),
    # no evidence
    pytest.param(THREE, same("-----"), "?????", id="nothing_was_ever_heard"),
    pytest.param(THREE, same("xxxxx"), "?????", id="blind_from_the_beginning"),
    pytest.param(THREE, same("iiiii"), "?????", id="a_bot_wall_from_the_beginning"),
    pytest.param(THREE, same("ppppp"), "?????", id="blocked_everywhere_is_unknown_not_down"),
    pytest.param(THREE, same("o----o"), "OOO??O", id="held_for_fifteen_minutes_then_unknown"),
    pytest.param(THREE, same("oxxxxo"), "OOO??O", id="blind_everywhere_is_held_then_unknown"),
    pytest.param(THREE, same("oiiiio"), "OOO??O", id="a_bot_wall_everywhere_is_held_then_unknown"),
    pytest.param(THREE, {"a": "oooooo", "b": "o-----", "c": "o-----"}, "OOO???", id="one_voice_of_three_is_no_quorum"),
    pytest.param(
        THREE,
        {"a": "oDDDDD", "b": "o-----", "c": "o-----"},
        "OOP???",
        id="one_voice_of_three_saying_down_is_no_quorum_either",
    ),
    pytest.param(THREE, same("oDD----ooo"), "OMMMM???OO", id="after_an_outage_unknown_needs_two_good_rounds"),
    pytest.param(
        THREE,
        {"a": "oDD------", "b": "ooooooooo", "c": "ooooooooo"},
        "OOPPP????",
        id="who_said_down_and_fell_silent_has_not_recovered",
    ),
    pytest.param(
        THREE,
        {"a": "oDDiiiiiio", "b": "oooooooooo", "c": "oooooooooo"},
        "OOPPP?????",
        id="a_bot_wall_after_a_failure_is_no_recovery",
    ),
    pytest.param(
        THREE,
        {"a": "oDD------oo", "b": "ooooooooooo", "c": "ooooooooooo"},
        "OOPPP?????O",
        id="until_it_has_spoken_again_twice",
    ),
    pytest.param(
        THREE, {"a": "oDDpppp", "b": "ooooooo", "c": "ooooooo"}, "OOPPOOO", id="turned_away_by_policy_it_has_spoken"
    ),
]


@pytest.mark.parametrize(("setting", "story", "expected"), STORIES)
def test_what_is_believed_after_each_round(setting: Config, story: Mapping[str, str], expected: str) -> None:
    """The status over all regions, right after each round."""
    assert told(setting, story) == expected


def test_a_region_tells_its_own_story() -> None:
    """One region fails: it is down there, partial over all, fine elsewhere."""
    story = {"a": "oDDDoo", "b": "oooooo", "c": "oooooo"}
    assert told(THREE, story) == "OOPPPO"
    assert told(THREE, story, region="a") == "OOMMMO"
    assert told(THREE, story, region="b") == "OOOOOO"


def test_a_late_outage_is_not_dated_back_over_what_nobody_saw() -> None:
    """It begins with the look that confirms it, and ends with the one that confirms that it is over."""
    (outage,) = final(ONE, {"a": "oD----D----D----o----o"}).outages
    assert outage.started == START + 6 * world.FIVE + world.LOOK
    assert outage.ended == START + 21 * world.FIVE + world.LOOK


def test_a_region_alone_is_no_second_opinion_for_itself() -> None:
    assert told(ONE, {"a": "oDD"}, region="a") == told(ONE, {"a": "oDD"}) == "OOM"


def test_the_others_are_a_second_opinion_for_each_region() -> None:
    """Where most regions say it is down, each of them is believed at once."""
    assert told(THREE, {"a": "oDD", "b": "oDD", "c": "ooo"}, region="a") == "OMM"


@pytest.mark.parametrize(
    ("cap", "expected"),
    [
        (Status.MAJOR_OUTAGE, "OMM"),
        (Status.PARTIAL_OUTAGE, "OOP"),
        (Status.DEGRADED_PERFORMANCE, "OOd"),
        (Status.OPERATIONAL, "OOO"),
    ],
)
def test_a_weak_check_never_makes_more_of_it_than_it_may(cap: Status, expected: str) -> None:
    """`worst` caps what a failing check can make of its component."""
    assert told(config("abc", [check("shop/api/hint", "abc", worst=cap)]), same("oDD")) == expected


def test_a_check_that_only_one_region_runs_is_believed_after_two_rounds_and_is_not_outvoted() -> None:
    """The regions that do not run it say nothing about it: an expensive check runs in one place."""
    setting = config("abc", [check("shop/api/answer", "abc"), check("shop/api/queue", "a")])
    story = {**same("ooooo"), "shop/api/queue@a": "oDDDD"}
    assert told(setting, story) == "OOMMM"


def test_a_check_that_failed_and_says_nothing_any_more_is_not_covered_by_another_one() -> None:
    """In one region: the quick check is fine, the thorough one failed and then meets a bot wall."""
    setting = config("a", [check("shop/api/answer", "a"), check("shop/api/queue", "a")])
    story = {"a": "oooooooo", "shop/api/queue@a": "oDDiiiii"}
    assert told(setting, story) == "OOMMM???"


def test_the_look_of_an_hourly_check_counts_once_however_often_others_look() -> None:
    """A single region: one bad look of the hourly check is one round, not twelve."""
    setting = config("a", [check("shop/api/answer", "a"), check("shop/api/queue", "a", interval=3600)])
    quiet = "-" * 11
    story = {"a": "o" * 40, "shop/api/queue@a": f"o{quiet}D{quiet}D{quiet}o"}
    assert told(setting, story) == "O" * 24 + "M" * 16


def test_an_hourly_check_recovers_when_it_has_spoken_twice_itself() -> None:
    setting = config("a", [check("shop/api/answer", "a"), check("shop/api/queue", "a", interval=3600)])
    quiet = "-" * 11
    story = {"a": "o" * 50, "shop/api/queue@a": f"D{quiet}D{quiet}o{quiet}o{quiet}-"}
    assert told(setting, story) == "?" * 12 + "M" * 24 + "O" * 14


def test_partial_first_and_down_later_are_told_as_they_were_seen() -> None:
    """Back-dating: partial from its first look on, although nobody had confirmed it when the majority failed."""
    belief = final(THREE, {"a": "oDD", "b": "ooD", "c": "ooo"})
    spans = [(s.start - START, s.status) for s in belief.spans if s.region == ALL]
    assert spans == [(5, Status.OPERATIONAL), (305, Status.PARTIAL_OUTAGE), (605, Status.MAJOR_OUTAGE)]
    outage = belief.open["shop/api"]
    assert (outage.started - START, outage.confirmed - START, outage.worst) == (305, 605, Status.MAJOR_OUTAGE)
    assert outage.id == "shop-api-20251123T0005Z"
    assert outage.regions == ("a", "b")


def test_the_end_is_dated_back_to_the_first_good_look() -> None:
    belief = final(THREE, same("oDDoo"))
    (outage,) = belief.outages
    assert (outage.started - START, outage.ended) == (305, START + 905)
    assert belief.open == {}


def test_unknown_begins_where_the_last_evidence_is_too_old_and_not_when_somebody_noticed() -> None:
    belief = states.expire(final(THREE, same("oo")), START + 86400, THREE)
    spans = [(s.start - START, s.end, s.status) for s in belief.spans if s.region == ALL]
    assert spans == [(5, START + 1205, Status.OPERATIONAL), (1205, None, Status.UNKNOWN)]


@pytest.mark.parametrize(
    ("letters", "known_at"),
    [
        pytest.param("ooiiiiii", 1, id="nobody_has_seen_it_since_the_last_good_look"),
        pytest.param("oDoiiiiii", 2, id="a_blip_that_was_not_believed_is_over"),
        pytest.param("ooDiiiiii", 1, id="a_failure_on_its_way_is_no_sight_of_what_was_believed"),
        pytest.param("ooiiiiiiD", 1, id="nor_is_one_after_it_became_unknown"),
        pytest.param("oDDDiiiii", 3, id="an_outage_as_well"),
        pytest.param("oDDDoiiiii", 3, id="a_recovery_on_its_way_is_no_sight_of_the_outage"),
        pytest.param("iiii", None, id="nothing_was_ever_known"),
    ],
)
def test_a_standing_knows_which_look_last_showed_what_was_known(letters: str, known_at: int | None) -> None:
    """A state is held for a while after the last look: the end of that is when nobody saw anything."""
    belief = states.Belief.from_json(final(ONE, {"a": letters}).to_json())
    now = START + len(letters) * 300
    last = states.standings(states.expire(belief, now, ONE), states.plan(ONE), now)["shop/api", ALL]
    assert last.status is Status.UNKNOWN
    assert last.known_at == (None if known_at is None else START + known_at * 300 + world.LOOK)


def test_a_belief_from_before_that_was_remembered_is_still_read() -> None:
    data = final(ONE, {"a": "ooo"}).to_json()
    data["series"] = [[component, region, row[:-2]] for component, region, row in data["series"]]
    assert {s.known_at for s in states.Belief.from_json(data).series.values()} == {None}


def test_a_belief_that_also_kept_totals_of_looks_is_read() -> None:
    """Earlier versions did."""
    belief = final(ONE, {"a": "ooo"})
    data = belief.to_json()
    data["tallies"] = [[*row, None] for row in data["tallies"]]
    assert states.Belief.from_json(data) == states.Belief.from_json(belief.to_json())


def test_an_outage_runs_on_while_nobody_can_see() -> None:
    """Silence ends nothing: the outage ends with the first look that is fine again."""
    belief = final(THREE, same("oDD------oo"))
    (outage,) = belief.outages
    assert outage.ended == START + 9 * 300 + 5


FLAPS = "o" + "Doo" * 8


def test_what_flaps_is_shown_as_degraded_and_is_one_outage() -> None:
    """From the fifth change on; before that each outage was believed and published by itself."""
    standing = world.standings(THREE, same(FLAPS))
    assert "".join(world.LETTERS[s.status] for s in standing) == "O" + "MMO" * 2 + "d" * (len(FLAPS) - 7)
    assert standing[-1].flapping
    assert standing[-1].rule == "flapping"
    belief = final(THREE, same(FLAPS))
    assert [o.ended is not None for o in belief.outages] == [True, True, False]
    assert belief.open["shop/api"].flapping


@pytest.mark.parametrize(
    ("letters", "comes_and_goes"),
    [
        pytest.param("o" + "Doo" * 2 + "D" * 30, False, id="others_before_it_came_and_went_and_this_one_stays"),
        pytest.param("o" + "Doo" * 2 + "D" * 3 + "o" * 30, False, id="it_recovers_once_and_for_good"),
        pytest.param("o" + "Doo" * 2 + "DDooD" + "D" * 30, True, id="it_worked_in_between"),
        pytest.param("o" + "Doo" * 2 + "DDoo" + "-" * 6 + "D" * 30, True, id="and_nobody_saw_when_it_failed_again"),
        pytest.param("o" + "Doo" * 2 + "DDD" + "-" * 6 + "D" * 30, False, id="nobody_saw_it_for_a_while"),
    ],
)
def test_an_outage_comes_and_goes_if_it_does_itself(letters: str, comes_and_goes: bool) -> None:
    """Whatever happened before it is told as incidents of their own."""
    belief = final(THREE, same(letters))
    assert [o.flapping for o in belief.outages] == [False, False, comes_and_goes]


def test_flapping_ends_when_it_has_been_quiet_and_the_outage_ended_when_quiet_began() -> None:
    belief = final(THREE, same(FLAPS + "o" * 20))
    assert world.told(THREE, same(FLAPS + "o" * 20))[-1] == "O"
    assert belief.open == {}
    assert belief.outages[-1].ended == START + (len(FLAPS) - 2) * 300 + 5


def test_what_flapped_and_now_is_down_for_good_is_shown_as_down() -> None:
    assert told(THREE, same(FLAPS + "D" * 8))[-8:] == "dddddMMM"


def test_three_regions_going_down_one_by_one_are_no_flapping() -> None:
    """Only failing and working are told apart when changes are counted."""
    story = {"a": "oDDDDDoooo" * 2, "b": "ooDDDooooo" * 2, "c": "oooDoooooo" * 2}
    assert not any(s.flapping for s in world.standings(THREE, story))


@pytest.mark.parametrize(
    ("story", "rule"),
    [
        (same("o"), "quorum_fine"),
        (same("oDD"), "majority_down"),
        ({"a": "oDD", "b": "ooo", "c": "ooo"}, "some_regions_down"),
        (same("oss"), "majority_degraded"),
        (same("oi"), "no_quorum"),
        (same("p"), "blocked_by_policy"),
        ({"a": "oDDi", "b": "oooo", "c": "oooo"}, "silence_is_not_recovery"),
        ({"a": "oDDi----", "b": "oDDi----", "c": "oooooooo"}, "silence_is_not_recovery"),
        (same("oDD-----"), "stale"),
        ({"a": "oDDi----", "b": "oDDi----", "c": "oooDDDDD"}, "stale"),
        (same("o---"), "stale"),
        (same("-"), "no_evidence"),
        (same(FLAPS), "flapping"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_standing_names_the_rule_that_decided(story: Mapping[str, str], rule: str) -> None:
    assert world.standings(THREE, story)[-1].rule == rule


def test_a_standing_says_who_voted_how_on_what_and_what_nearly_happened() -> None:
    standing = world.standings(THREE, {"a": "oD", "b": "oo", "c": "op"})[-1]
    assert standing.votes == {"a": "major_outage", "b": "operational", "c": "blocked_by_policy"}
    assert ("shop/api/answer", "a", START + 305) in standing.evidence
    assert standing.nearly == ("some_regions_down: 1 of 2 rounds",)


def test_a_held_status_says_that_it_is_held() -> None:
    standing = world.standings(THREE, same("oi"))[-1]
    assert (standing.status, standing.held, standing.rule) == (Status.OPERATIONAL, True, "no_quorum")


@pytest.mark.parametrize(
    ("letter", "failure"),
    [
        ("i", Failure.CHALLENGED),
        ("p", Failure.REGION_BLOCKED),
        ("e", Failure.ENGINE_ERROR),
        ("x", Failure.CONTROL_FAILED),
    ],
)
def test_unknown_says_why_it_is_unknown(letter: str, failure: Failure) -> None:
    assert world.standings(THREE, same(letter))[-1].failure is failure


def test_a_policy_block_stays_visible_beside_a_good_status() -> None:
    """The region says so, and the vote over all says so, while the component is operational."""
    story = {"a": "p", "b": "o", "c": "o"}
    assert world.standings(THREE, story, region="a")[-1].failure is Failure.REGION_BLOCKED
    over_all = world.standings(THREE, story)[-1]
    assert (over_all.status, over_all.failure) == (Status.OPERATIONAL, Failure.REGION_BLOCKED)


@pytest.mark.parametrize(
    ("rules", "story", "expected"),
    [
        pytest.param(Rules(down_after=3), same("oDDDD"), "OOPMM", id="down_after_and_until_then_at_least_partial"),
        pytest.param(Rules(up_after=1), same("oDDo"), "OMMO", id="up_after"),
        pytest.param(Rules(partial_after=1), {"a": "oD", "b": "oo", "c": "oo"}, "OP", id="partial_after"),
        pytest.param(Rules(degraded_after=3), same("osss"), "OOOd", id="degraded_after"),
        pytest.param(Rules(quorum=1), {"a": "oooo", "b": "----", "c": "----"}, "OOOO", id="quorum"),
        pytest.param(Rules(stale_min=0, stale_rounds=2), same("o---"), "OO??", id="stale"),
    ],
)
def test_every_number_of_the_rule_is_configurable(rules: Rules, story: Mapping[str, str], expected: str) -> None:
    assert told(config("abc", rules=rules), story) == expected


def test_the_table_of_precedence_ends_with_a_row_that_always_applies_and_names_no_row_twice() -> None:
    names = [row.name for row in precedence.PRECEDENCE]
    assert len(set(names)) == len(names)
    assert precedence.PRECEDENCE[-1].applies(precedence.Case((), (), False))


def test_a_round_that_was_folded_changes_nothing() -> None:
    belief = final(THREE, same("oDD"))
    again = states.advance(belief, world.rounds(THREE, same("oDD"))[1], THREE)
    assert again.to_json() == belief.to_json()


def test_a_retired_component_is_forgotten_by_the_fold() -> None:
    """What is stored of it stays (`test_remember`)."""
    both = config("abc", [check("shop/api/answer", "abc"), check("shop/cart/answer", "abc")])
    belief = final(both, same("oDD"))
    for round_ in world.rounds(THREE, same("o"), START + 900):
        belief = states.advance(belief, round_, THREE)
    assert {key[0] for key in belief.series} == {"shop/api"}
    assert set(belief.open) == {"shop/api"}
    assert ("shop/cart", ALL) not in states.standings(belief, states.plan(THREE), START + 910)
