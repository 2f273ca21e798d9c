"""Do things move that must? Counters against their own past, new items against the same hour of earlier weeks."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from generator import probes
from generator.model import Failure, Verdict
from tests.semantics.looks import DAY, HOUR, MINUTE, answer, iso, look_at, seen

COUNT: dict[str, Any] = {
    "url": "https://x.test/top",
    "items": "items",
    "counters": {"id": "id", "value": "n", "few": 3, "degraded": "3h", "down": "6h"},
}


def counters(*values: Any) -> dict[str, float]:
    return {str(n): float(v) for n, v in enumerate(values) if v is not None}


def top(*values: Any) -> Any:
    return answer({"items": [{"id": n, "n": v} for n, v in enumerate(values)]})


def past(*looks: tuple[float, tuple[Any, ...]]) -> tuple[Any, ...]:
    return tuple(seen({"counters": counters(*values)}, ago) for ago, values in looks)


@pytest.mark.parametrize(
    ("now", "before", "verdict", "still"),
    [
        pytest.param((1, 2, 4), past((HOUR, (1, 2, 3))), Verdict.OK, 0, id="one of three moved"),
        pytest.param((1, 2, 3), past((HOUR, (1, 2, 3))), Verdict.OK, HOUR, id="still for an hour only"),
        pytest.param((1, 2, 3), past((5 * HOUR, (0, 0, 0)), (4 * HOUR, (1, 2, 3)), (HOUR, (1, 2, 3))), Verdict.DEGRADED, 4 * HOUR, id="still for four hours, and it moved before"),
        pytest.param((1, 2, 3), past((7 * HOUR, (1, 2, 3)), (HOUR, (1, 2, 3))), Verdict.DOWN, 7 * HOUR, id="still for seven hours"),
        pytest.param((1, 2, 3), past((9 * HOUR, (1, 2, 3)), (2 * HOUR, (1, 2, 9)), (HOUR, (1, 2, 3))), Verdict.OK, HOUR, id="it moved in between and came back"),
        pytest.param((1, 2, 3, None), past((4 * HOUR, (1, 2, 3, 8))), Verdict.DEGRADED, 4 * HOUR, id="a hidden counter is left out"),
    ],
)  # fmt: skip
def test_the_value_is_how_long_all_counters_stand_still(now: Any, before: Any, verdict: Verdict, still: float) -> None:
    judgement, _ = look_at("movement", COUNT, top(*now), past=before)
    assert (judgement.verdict, judgement.value, judgement.unit) == (verdict, still, "s")
    assert (judgement.failure is Failure.FROZEN) == (verdict is not Verdict.OK)


def test_the_first_look_has_nothing_to_compare_with() -> None:
    judgement, _ = look_at("movement", COUNT, top(1, 2, 3))
    assert (judgement.verdict, judgement.failure) == (Verdict.INCONCLUSIVE, Failure.NO_HISTORY)
    assert judgement.facts["counters"] == counters(1, 2, 3), "but is remembered"


def test_counters_that_turned_to_null_are_never_zero_and_too_few_say_nothing() -> None:
    """False alarm 16: a creator hid the numbers."""
    judgement, _ = look_at("movement", COUNT, top(1, None, None), past=past((4 * HOUR, (1, 2, 3))))
    assert (judgement.verdict, judgement.failure) == (Verdict.INCONCLUSIVE, Failure.TOO_FEW)
    judgement, _ = look_at("movement", COUNT, top(1, 2, 3), past=past((4 * HOUR, (1, None, None))))
    assert judgement.failure is Failure.NO_HISTORY


def test_a_recount_moves_downwards_and_is_noted() -> None:
    judgement, _ = look_at("movement", COUNT, top(50, 60, 70), past=past((HOUR, (100, 100, 70))))
    assert (judgement.verdict, judgement.facts["fell"]) == (Verdict.OK, 2)


# ---- flow ------------------------------------------------------------------------------------------------------------

FLOW: dict[str, Any] = {
    "url": "https://x.test/new",
    "items": "items",
    "flow": {"time": "at", "per": "1h", "degraded": 50, "down": 20, "weeks": 2},
}
WEEK = 7 * DAY


def new_items(count: int, older: int = 3) -> Any:
    return answer({"items": [{"at": iso(n * MINUTE)} for n in range(count)] + [{"at": iso(2 * HOUR)}] * older})


def weeks(*counts: tuple[int, float]) -> tuple[Any, ...]:
    return tuple(seen({"flow": n}, ago) for n, ago in counts)


USUAL = weeks((40, 2 * WEEK), (44, WEEK + HOUR), (36, WEEK - HOUR), (4, 3 * DAY), (2, 60))


@pytest.mark.parametrize(
    ("exchange", "verdict"),
    [
        pytest.param(new_items(40), Verdict.OK, id="as usual"),
        pytest.param(new_items(20), Verdict.OK, id="half of the usual still passes"),
        pytest.param(new_items(12), Verdict.DEGRADED, id="a third"),
        pytest.param(new_items(7), Verdict.DOWN, id="a drought"),
    ],
)
def test_new_items_are_held_to_the_same_hour_of_earlier_weeks(exchange: Any, verdict: Verdict) -> None:
    judgement, _ = look_at("movement", FLOW, exchange, past=USUAL)
    assert (judgement.verdict, judgement.degraded, judgement.down) == (verdict, 20, 8)


def test_a_quiet_sunday_is_no_drought() -> None:
    """False alarm 21: the same few came last Sunday and the Sunday before."""
    judgement, _ = look_at("movement", FLOW, new_items(7), past=weeks((8, WEEK), (6, 2 * WEEK), (400, DAY)))
    assert judgement.verdict is Verdict.OK
    judgement, _ = look_at("movement", FLOW, new_items(0), past=weeks((3, WEEK), (2, 2 * WEEK)))
    assert (judgement.verdict, judgement.failure) == (Verdict.INCONCLUSIVE, Failure.TOO_FEW)


def test_one_week_is_no_rhythm_yet() -> None:
    judgement, _ = look_at("movement", FLOW, new_items(1), past=weeks((40, WEEK), (40, WEEK + HOUR)))
    assert (judgement.verdict, judgement.failure) == (Verdict.INCONCLUSIVE, Failure.NO_HISTORY)


def test_a_list_that_does_not_reach_back_far_enough_only_gives_a_lower_bound() -> None:
    judgement, _ = look_at("movement", FLOW, new_items(7, older=0), past=USUAL)
    assert judgement.verdict is Verdict.OK
    assert judgement.detail.startswith("at least 7 new items")


@pytest.mark.parametrize("change", [{"flow": FLOW["flow"]}, {"counters": None}])
def test_a_check_counts_one_thing(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="exactly one of counters and flow"):
        probes.get("movement").Spec.model_validate({**COUNT, **change})
