"""Announced work: shown as such, never measured away, never beyond what was announced."""

from __future__ import annotations

import pytest

from generator.incidents import maintenance_windows, merge, overlay
from generator.model import ALL, Impact, Note, Progress, Standing, Status, Time
from tests.explaining.small import HOUR, REGIONS, T, note, outage, past, site, update

SITE = site()
WINDOW = (T, T + 2 * HOUR)


def work(
    *updates: object, windows: tuple[tuple[Time, Time], ...] = (WINDOW,), regions: tuple[str, ...] = (), **more: object
) -> Note:
    return note(
        "work",
        *updates,  # type: ignore[arg-type]
        kind="maintenance",
        impact=Impact.MAINTENANCE,
        windows=windows,
        regions=regions,
        ended=max(e for _, e in windows),
        **more,
    )


def standings(status: Status = Status.MAJOR_OUTAGE) -> dict[tuple[str, str], Standing]:
    return {(c, r): Standing(c, r, status, T - 60) for c in ("p/search", "p/cdn") for r in (*REGIONS, ALL)}


@pytest.mark.parametrize(
    ("now", "seen"),
    [
        pytest.param(T - 1, Status.MAJOR_OUTAGE, id="before"),
        pytest.param(T, Status.UNDER_MAINTENANCE, id="from-the-first-second"),
        pytest.param(T + 2 * HOUR - 1, Status.UNDER_MAINTENANCE, id="to-the-last"),
        pytest.param(T + 2 * HOUR, Status.MAJOR_OUTAGE, id="not-a-second-longer"),
    ],
)
def test_work_shows_only_inside_its_window(now: Time, seen: Status) -> None:
    shown = overlay(SITE, past(standings=standings()), (work(),), now).standings
    assert shown[("p/search", ALL)].status is seen
    assert shown[("p/cdn", ALL)].status is Status.MAJOR_OUTAGE, "only what the note names"


def test_work_in_one_region_leaves_the_others_and_the_whole_as_measured() -> None:
    shown = overlay(SITE, past(standings=standings()), (work(regions=("east",)),), T).standings
    assert shown[("p/search", "east")].status is Status.UNDER_MAINTENANCE
    assert shown[("p/search", "west")].status is Status.MAJOR_OUTAGE
    assert shown[("p/search", ALL)].status is Status.MAJOR_OUTAGE


def test_work_in_every_region_is_work_on_the_whole() -> None:
    shown = overlay(SITE, past(standings=standings()), (work(regions=REGIONS),), T).standings
    assert shown[("p/search", ALL)].status is Status.UNDER_MAINTENANCE


def test_nothing_is_measured_away() -> None:
    """The overlay changes standings only; observations, spans and outages stay as they were."""
    before = past(outage("search"), standings=standings())
    after = overlay(SITE, before, (work(),), T)
    assert (after.outages, after.spans, after.latest, after.days) == (
        before.outages,
        before.spans,
        before.latest,
        before.days,
    )


def test_no_work_no_change() -> None:
    """The very same value comes back, so that nothing can be lost on the way."""
    before = past(standings=standings())
    assert overlay(SITE, before, (), T) is before


def test_done_early_ends_the_window_there() -> None:
    early = work(update(T + HOUR, Progress.COMPLETED))
    assert maintenance_windows(SITE, (early,), "p/search") == ((T, T + HOUR),)


def test_called_off_before_it_began_leaves_no_window() -> None:
    off = work(update(T - HOUR, Progress.COMPLETED))
    assert maintenance_windows(SITE, (off,), "p/search") == ()
    assert merge(SITE, past(), (off,), (), T + 60)[0].status is Progress.COMPLETED


def test_windows_of_several_notes_are_joined() -> None:
    windows = maintenance_windows(SITE, (work(), work(windows=((T + HOUR, T + 3 * HOUR),))), "p/search")
    assert windows == ((T, T + 3 * HOUR),)


@pytest.mark.parametrize(
    ("now", "status", "over"),
    [
        pytest.param(T - HOUR, Progress.SCHEDULED, False, id="scheduled"),
        pytest.param(T + HOUR, Progress.IN_PROGRESS, False, id="in-progress"),
        pytest.param(T + 3 * HOUR, Progress.COMPLETED, True, id="completed"),
    ],
)
def test_the_clock_moves_announced_work_on(now: Time, status: Progress, over: bool) -> None:
    (one,) = merge(SITE, past(), (work(update(T - HOUR, Progress.SCHEDULED)),), (), now)
    assert one.status is status
    assert one.active is not over
    assert one.impact is Impact.MAINTENANCE


def test_recurring_work_waits_for_its_next_window() -> None:
    weekly = work(windows=(WINDOW, (T + 7 * 86400, T + 7 * 86400 + HOUR)))
    assert merge(SITE, past(), (weekly,), (), T + 86400)[0].status is Progress.SCHEDULED


def test_an_outage_inside_announced_work_is_no_incident_of_its_own() -> None:
    found = merge(SITE, past(outage("search", T + 600, T + 1200)), (work(),), (), T + 3 * HOUR)
    assert [i.id for i in found] == ["work"]


@pytest.mark.parametrize(
    ("began", "ended"),
    [
        pytest.param(T - HOUR, T + 600, id="it-began-before"),
        pytest.param(T + 600, T + 4 * HOUR, id="it-outlasted-the-work"),
        pytest.param(T + 600, None, id="it-still-runs-long-after"),
    ],
)
def test_an_outage_that_the_work_does_not_explain_is_told(began: Time, ended: Time | None) -> None:
    found = merge(SITE, past(outage("search", began, ended)), (work(),), (), T + 5 * HOUR)
    assert len(found) == 2
