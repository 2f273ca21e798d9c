"""A run killed with signal 9 as it enters a system call that changes something: some calls by default, all in `slow`."""

from __future__ import annotations

import pytest

from tests.keeping import faults
from tests.keeping.disturbed import SCENARIOS, Scenario, some
from tests.keeping.faults import Point

every_scenario = pytest.mark.parametrize("scenario", list(SCENARIOS), indirect=True)


@pytest.fixture(scope="module")
def scenario(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    return Scenario(request.param, tmp_path_factory.mktemp("disturbed"))


def _kill(scenario: Scenario, points: list[Point]) -> None:
    codes = [scenario.suffer(point, faults.killed_at).code for point in points]
    assert codes == [-9] * len(points), "a run was not killed where it should have been"


@every_scenario
def test_killed_at_some_calls_of_a_run(scenario: Scenario) -> None:
    _kill(scenario, some(scenario.points, 9))


@pytest.mark.slow
@every_scenario
def test_killed_at_every_state_changing_call_of_a_run(scenario: Scenario) -> None:
    assert len(scenario.points) > 80
    _kill(scenario, scenario.points)
