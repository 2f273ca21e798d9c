"""What a look showed and nobody believes yet is said as that: neither as working only, nor as never looked at."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from generator import states, text
from generator.model import ALL, Config, Past
from generator.view import history as hist
from generator.view import sentences
from tests.believing.world import FIVE, LOOK, START, check, config, final

T = text.of("en")
ONE, THREE = config("a"), config("abc")
TWO_PARTS = config("a", [check("shop/api/answer", "a"), check("shop/cart/answer", "a")])


def book(setting: Config, story: Mapping[str, str]) -> hist.Ledger:
    """The page's books ten seconds after the last round of the story."""
    now = START + (max(map(len, story.values())) - 1) * FIVE + 2 * LOOK
    belief = states.expire(final(setting, story), now, setting)
    plan = states.plan(setting)
    checked = max(seen.look.at for seen in belief.table.values())
    past = Past(
        standings=states.standings(belief, plan, now),
        health=states.health(belief, plan, now),
        checked_at=checked,
        spans=belief.spans,
    )
    return hist.ledger(setting, past, now)


COMPONENT = [
    pytest.param(ONE, {"a": "ooo"}, "Works.", id="works"),
    pytest.param(ONE, {"a": "ooD"}, "Works. The last look failed, which is not confirmed yet.", id="one bad look"),
    pytest.param(
        ONE, {"a": "D"}, "Failed when last looked at, 00:00 UTC, which is not confirmed yet.", id="the very first look"
    ),
    pytest.param(
        ONE,
        {"a": "oD---"},
        "Failed when last looked at, 00:05 UTC, which is not confirmed yet.",
        id="and nothing since",
    ),
    pytest.param(
        ONE, {"a": "oo---"}, "No fresh evidence; was operational at 00:05 UTC.", id="silence after a good look"
    ),
    pytest.param(
        THREE,
        {"a": "oDDD" + "-" * 9, "b": "o" * 13, "c": "o" * 13},
        "Works from 2 of 3 regions; from where it failed last nothing has been heard since.",
        id="who saw it fail fell silent",
    ),
]


@pytest.mark.parametrize(("setting", "story", "said"), COMPONENT)
def test_a_component_says_what_was_seen_last(setting: Config, story: Mapping[str, str], said: str) -> None:
    assert sentences.component(T, setting, book(setting, story), "shop/api") == said


FIRST = [
    pytest.param(
        ONE,
        {"a": "D"},
        "We do not know the state of shop: the last look failed, and another must confirm it.",
        id="one bad look at all",
    ),
    pytest.param(
        THREE,
        {"a": "oDDD" + "-" * 9, "b": "o" * 13, "c": "o" * 13},
        "We do not know the state of shop: from where it failed last nothing has been heard since.",
        id="who saw it fail fell silent",
    ),
    pytest.param(ONE, {"a": "iii"}, "We could not check shop: no look gave an answer to judge.", id="nothing to judge"),
    pytest.param(
        TWO_PARTS,
        {"a": "----", "shop/api/answer@a": "oooo", "shop/cart/answer@a": "---D"},
        "shop: 1 part works; 1 part failed when last looked at.",
        id="one part failed once",
    ),
]


@pytest.mark.parametrize(("setting", "story", "said"), FIRST)
def test_the_first_sentence_does_not_call_a_failed_look_none(
    setting: Config, story: Mapping[str, str], said: str
) -> None:
    assert sentences.first(T, setting, book(setting, story)) == said


def test_parts_share_a_since_only_if_they_began_in_the_same_round() -> None:
    same = sentences.first(T, TWO_PARTS, book(TWO_PARTS, {"a": "oDDD"}))
    assert "since 00:05 UTC" in same
    assert "the first" not in same
    apart = book(TWO_PARTS, {"a": "-----", "shop/api/answer@a": "oDDDD", "shop/cart/answer@a": "oooDD"})
    assert "the first since 00:05 UTC" in sentences.first(T, TWO_PARTS, apart)


def test_a_region_says_nothing_else_than_its_component() -> None:
    """A single region that looks alone needs two rounds, as the component does."""
    books = book(ONE, {"a": "ooD"})
    assert books.standing("shop/api", "a").status is books.standing("shop/api", ALL).status
