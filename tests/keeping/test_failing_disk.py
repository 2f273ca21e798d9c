"""A disk that is full, or fails, at one call of a run: some calls by default, every write, sync and rename in `slow`."""

from __future__ import annotations

import pytest

from tests.keeping import faults
from tests.keeping.disturbed import SCENARIOS, Scenario, some
from tests.keeping.faults import Ended, Point

WRITES = ("write", "pwrite64", "writev", "fsync", "fdatasync", "syncfs", "ftruncate", "rename", "renameat", "renameat2")
MAKES = ("mkdir", "mkdirat", "link", "linkat", "openat", "fallocate")

every_scenario = pytest.mark.parametrize("scenario", list(SCENARIOS), indirect=True)


@pytest.fixture(scope="module")
def scenario(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    return Scenario(request.param, tmp_path_factory.mktemp("disturbed"))


def _fail(scenario: Scenario, points: list[Point], error: str) -> None:
    def fault(point: Point, arguments: list[str]) -> Ended:
        return faults.failed_at(point, error, arguments)

    codes = [scenario.suffer(point, fault).code for point in points]
    # 0: what failed was not needed (a note in the lock, clearing away); 2: not published; 3: history not saved.
    assert set(codes) <= {0, 2, 3}
    assert {2, 3} & set(codes), "no fault was felt"


def _every(scenario: Scenario, calls: tuple[str, ...]) -> list[Point]:
    return [point for point in scenario.points if point.call in calls]


@every_scenario
def test_a_full_disk_at_some_calls_of_a_run(scenario: Scenario) -> None:
    _fail(scenario, some(_every(scenario, WRITES + MAKES)[2:], 13), "ENOSPC")


@every_scenario
def test_a_failing_disk_at_some_calls_of_a_run(scenario: Scenario) -> None:
    _fail(scenario, some(_every(scenario, WRITES)[5:], 17), "EIO")


@pytest.mark.slow
@every_scenario
def test_a_full_disk_at_every_call_of_a_run_that_needs_room(scenario: Scenario) -> None:
    _fail(scenario, _every(scenario, WRITES + MAKES), "ENOSPC")


@pytest.mark.slow
@every_scenario
def test_a_failing_disk_at_every_write_sync_and_rename_of_a_run(scenario: Scenario) -> None:
    _fail(scenario, _every(scenario, WRITES), "EIO")
