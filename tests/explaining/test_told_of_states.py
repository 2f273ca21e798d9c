"""What `explain` says of a state: the row that decided in words, what is held, every limit of a number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from generator import states
from generator.diagnosis import explaining
from generator.model import Past
from tests.believing import world

THREE = world.config("abc")


def explained(story: Mapping[str, str], **numbers: float) -> list[str]:
    """The lines about the states right after the story; `numbers` are put into every look."""
    plan, rounds = states.plan(THREE), max(map(len, story.values()))
    now = world.START + (rounds - 1) * THREE.interval + 2 * world.LOOK
    belief = states.expire(world.final(THREE, story), now, THREE)
    latest = {key: (replace(seen.look, unit="s", **numbers),) for key, seen in belief.table.items()}
    past = Past(standings=states.standings(belief, plan, now), health=states.health(belief, plan, now), latest=latest)
    return list(explaining.lines(THREE, (), past, now, THREE.components[0]))


@pytest.mark.parametrize(
    ("story", "rule"),
    [
        ("oDDDD-----", "stale (what is known is too old, and nobody has said anything since)"),
        ("iii", "no_evidence (nobody has said anything yet)"),
        ("ooi", "no_quorum (too few regions can see)"),
    ],
)
def test_each_rule_is_said_in_words(story: str, rule: str) -> None:
    """Also where nobody can see: not one region is then said to find it fine."""
    assert explained(dict.fromkeys("abc", story))[2] == f"    rule: {rule}"


def test_what_is_held_is_not_said_to_lack_regions_where_it_does_not() -> None:
    """All three answer that they are turned away by law: the state is held, and not for want of regions."""
    told = explained(dict.fromkeys("abc", "oop"))
    assert told[3] == "    held: the last status stands until it is too old"
    assert not [line for line in told if line.endswith(" ")]


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({}, "7 s"),
        ({"degraded": 3.0}, "7 s (degraded 3)"),
        ({"down": 9.0}, "7 s (down 9)"),
        ({"degraded": 0.0, "down": 1.0}, "7 s (degraded 0, down 1)"),
    ],
)
def test_a_number_is_told_with_each_of_its_limits(limits: dict[str, float], said: str) -> None:
    assert any(line.endswith(f"  {said}") for line in explained(dict.fromkeys("abc", "o"), value=7.0, **limits))
