"""The union of two histories: what either knows, each thing once, and no two spans of a series at one time."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.copies.records import of_observation, to_observation, union_spans
from generator.errors import HistoryError
from generator.model import Failure, Span, Status
from tests.keeping.builders import FULL, observation

UP, DOWN = Status.OPERATIONAL, Status.MAJOR_OUTAGE


def spans(*rows: tuple[int, int | None, Status]) -> tuple[Span, ...]:
    return tuple(Span("c", "*", start, end, status) for start, end, status in rows)


@pytest.mark.parametrize(
    ("here", "until", "there", "there_until", "wanted"),
    [
        pytest.param(
            [], None, [(1, 5, UP), (5, None, DOWN)], 9, [(1, 5, UP), (5, None, DOWN)], id="nothing here: all of it"
        ),
        pytest.param([(1, None, UP)], 9, [(1, None, UP)], 9, [], id="the same: nothing"),
        pytest.param([(1, 5, UP), (5, None, DOWN)], 9, [(1, None, UP)], 4, [], id="an older copy brings nothing"),
        pytest.param(
            [(7, None, UP)],
            9,
            [(1, 5, DOWN), (5, None, UP)],
            6,
            [(1, 5, DOWN), (5, 6, UP)],
            id="begun anew here: what was known before, and a hole",
        ),
        pytest.param(
            [(1, None, UP)],
            9,
            [(1, 12, UP), (12, None, DOWN)],
            15,
            [(1, 12, UP), (12, None, DOWN)],
            id="a newer copy goes on after our last fold",
        ),
        pytest.param(
            [(1, None, UP)],
            9,
            [(1, 8, UP), (8, None, DOWN)],
            15,
            [(1, 9, UP), (9, None, DOWN)],
            id="where both looked ours stands",
        ),
        pytest.param(
            [(1, None, UP)],
            4,
            [(6, None, UP)],
            9,
            [(1, 4, UP), (6, None, UP)],
            id="a newer copy after a gap nobody saw",
        ),
        pytest.param(
            [(1, 3, UP), (6, None, UP)],
            9,
            [(2, 7, DOWN)],
            8,
            [(3, 6, DOWN)],
            id="a hole here is filled and nothing else",
        ),
        pytest.param([(1, None, UP)], 9, [(2, None, DOWN)], None, [], id="who never folded does not know what runs"),
    ],
)
def test_union_of_spans(here: list, until: int | None, there: list, there_until: int | None, wanted: list) -> None:
    assert union_spans(spans(*here), spans(*there), until, there_until) == spans(*wanted)


@st.composite
def timelines(draw: st.DrawFn) -> tuple[Span, ...]:
    """Spans one after the other, perhaps with holes; the last one may run."""
    cuts = sorted(draw(st.sets(st.integers(0, 40), min_size=2, max_size=8)))
    rows = [(a, b, draw(st.sampled_from([UP, DOWN]))) for a, b in pairwise(cuts) if draw(st.booleans())]
    if draw(st.booleans()):
        rows.append((cuts[-1], None, draw(st.sampled_from([UP, DOWN]))))
    return spans(*rows)


@settings(max_examples=1_000, deadline=None)
@given(timelines(), timelines(), st.integers(0, 60), st.integers(0, 60))
def test_after_a_union_spans_never_overlap_and_what_was_known_here_stands(
    here: tuple, there: tuple, ours: int, theirs: int
) -> None:
    until = max([s.end or s.start for s in here], default=0) + ours
    there_until = max([s.end or s.start for s in there], default=0) + theirs
    added = union_spans(here, there, until, there_until)
    merged = sorted(({s.start: s for s in here} | {s.start: s for s in added}).values(), key=lambda s: s.start)
    for before, after in pairwise(merged):
        assert before.end is not None
        assert before.end <= after.start
    for moment in range(60):
        known = [s for s in here if s.start <= moment < (s.end or until)]
        if known:
            assert [s.status for s in merged if s.start <= moment and (s.end is None or moment < s.end)] == [
                known[0].status
            ]


def test_a_record_says_only_what_is_not_the_rule() -> None:
    assert of_observation(observation(5)) == {
        "check": "civitai/search/api",
        "region": "eu-west",
        "at": 5,
        "verdict": "ok",
    }
    assert to_observation(of_observation(FULL)) == FULL


def test_a_failure_that_only_a_newer_version_knows_stays_a_failure() -> None:
    record = of_observation(FULL) | {"failure": "eaten_by_a_whale"}
    assert to_observation(record).failure is Failure.UNKNOWN_FAILURE


def test_a_record_of_a_newer_version_is_refused() -> None:
    with pytest.raises(HistoryError, match="observation of version 2: this program knows 1; upgrade it"):
        to_observation(of_observation(FULL) | {"v": 2})
