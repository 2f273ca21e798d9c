"""A short year in a hurry: faults come eight times as often as in the full table of `tests.believing.simulation`."""

from __future__ import annotations

import pytest

from tests.believing import simulation


@pytest.mark.slow
@pytest.mark.parametrize(("regions", "days"), [(2, 4), (3, 8), (5, 4)])
def test_ours_has_fewer_false_downs_than_every_other_rule_and_finds_as_many_outages(regions: int, days: int) -> None:
    """At no loss of recall: an outage another rule finds, ours finds too, within a round or so, without flapping."""
    w = simulation.world(seed=11, days=days, services=20, regions=regions, hurry=8)
    scores = {s.rule: s for s in simulation.table(w)}
    mine = scores.pop("ours")
    print(simulation.printed(w, [mine, *scores.values()]))
    assert sum(map(len, w.outages)) >= 15
    for other in scores.values():
        assert mine.false_downs < other.false_downs or (regions == 5 and other.false_downs == mine.false_downs == 0)
        assert mine.recall >= other.recall
        assert mine.flaps <= other.flaps
    assert mine.delay <= 5


def test_the_simulation_knows_what_it_planted() -> None:
    """A rule that reads the plan scores perfectly: the score itself is right."""
    w = simulation.world(seed=3, days=4, services=10, regions=3, hurry=8)
    said = [list(stretches) for stretches in w.outages]
    assert simulation.judged("oracle", w, said).false_downs == 0
    assert simulation.judged("oracle", w, said).recall == 1
    assert simulation.judged("nobody", w, [[] for _ in said]).recall == 0
