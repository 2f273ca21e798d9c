"""How many wait, and for how long?"""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from generator import probes
from generator.model import Failure, Verdict
from tests.semantics.looks import DAY, HOUR, answer, iso, look_at, seen

SPEC: dict[str, Any] = {
    "url": "https://x.test/list",
    "items": "items",
    "pending": "scan == 'Pending'",
    "time": "at",
    "max_age": "24h",
    "few": 5,
    "age": {"degraded": "2h", "down": "12h"},
    "waiting": {"degraded": 30},
}


def files(*ages: float, done: int = 5) -> Any:
    waiting = [{"id": n, "at": iso(a), "scan": "Pending"} for n, a in enumerate(ages, 1)]
    return answer({"items": waiting + [{"id": 100 + n, "at": iso(600), "scan": "Success"} for n in range(done)]})


@pytest.mark.parametrize(
    ("exchange", "verdict", "value", "unit"),
    [
        pytest.param(files(), Verdict.OK, 0, "s", id="nobody waits"),
        pytest.param(files(600, 900), Verdict.OK, 900, "s", id="two wait, not for long"),
        pytest.param(files(3 * HOUR), Verdict.DEGRADED, 3 * HOUR, "s", id="one waits for long"),
        pytest.param(files(13 * HOUR), Verdict.DOWN, 13 * HOUR, "s", id="for half a day"),
        pytest.param(files(60, 60, 60, 13 * HOUR, done=20), Verdict.OK, 60, "s", id="the median waits, not the one that was forgotten"),
        pytest.param(files(60, 60, 60, 60), Verdict.DEGRADED, 44.4, "%", id="many wait, though not for long"),
        pytest.param(files(2 * DAY), Verdict.OK, 0, "s", id="what is too old to count does not"),
        pytest.param(files(-HOUR), Verdict.OK, 0, "s", id="nor what lies in the future"),
    ],
)  # fmt: skip
def test_share_and_age_are_held_to_their_limits(exchange: Any, verdict: Verdict, value: float, unit: str) -> None:
    judgement, _ = look_at("backlog", SPEC, exchange)
    assert (judgement.verdict, judgement.value, judgement.unit) == (verdict, value, unit)
    if verdict is not Verdict.OK:
        assert judgement.failure is Failure.BACKLOG


def test_too_few_items_say_nothing() -> None:
    judgement, _ = look_at("backlog", SPEC, files(3 * HOUR, 3 * HOUR, done=2))
    assert (judgement.verdict, judgement.failure) == (Verdict.INCONCLUSIVE, Failure.TOO_FEW)


@pytest.mark.parametrize(
    ("single", "verdict", "failure"),
    [
        pytest.param(answer({"scan": "Pending"}), Verdict.DEGRADED, Failure.BACKLOG, id="it really waits"),
        pytest.param(answer({"scan": "Success"}), Verdict.INCONCLUSIVE, Failure.STALE_EDGE, id="only the list is old"),
        pytest.param(
            answer({}, 503), Verdict.DEGRADED, Failure.BACKLOG, id="an unreadable item says nothing either way"
        ),
    ],
)
def test_the_oldest_waiting_item_is_asked_for_by_itself(single: Any, verdict: Verdict, failure: Failure) -> None:
    spec = {**SPEC, "confirm": {"url": "https://x.test/one/{id}", "pending": "scan == 'Pending'", "max": 1}}
    judgement, look = look_at(
        "backlog", spec, lambda r: files(3 * HOUR, 4 * HOUR) if r.url.endswith("list") else single
    )
    assert look.asked == ["https://x.test/list", "https://x.test/one/2"]
    assert (judgement.verdict, judgement.failure) == (verdict, failure)


TAGS: dict[str, Any] = {
    "url": "https://x.test/list",
    "items": "items",
    "where": "tags != `null`",
    "pending": "!tags[0]",
    "time": "at",
    "min_age": "10m",
    "few": 10,
    "word": "untagged",
    "waiting": {"usual": True, "looks": 5, "degraded": 15, "down": 40},
}


def pictures(untagged: int, of: int = 20, **more: Any) -> Any:
    return answer(
        {"items": [{"id": n, "at": iso(900), "tags": [] if n < untagged else [{"id": 1}], **more} for n in range(of)]}
    )


def test_a_share_can_be_held_to_what_is_usual_for_it() -> None:
    past = tuple(seen({"share": share}, n * 900) for n, share in enumerate((10, 12, 8, 11, 10), 1))
    early, _ = look_at("backlog", TAGS, pictures(20), past=past[:3])
    assert (early.verdict, early.failure, early.value) == (Verdict.INCONCLUSIVE, Failure.NO_HISTORY, 100)
    assert look_at("backlog", TAGS, pictures(5), past=past)[0].verdict is Verdict.OK
    warned, _ = look_at("backlog", TAGS, pictures(6), past=past)
    assert (warned.verdict, warned.failure, warned.degraded, warned.down) == (
        Verdict.DEGRADED,
        Failure.UNTAGGED,
        25,
        50,
    )
    assert look_at("backlog", TAGS, pictures(11), past=past)[0].verdict is Verdict.DOWN


def test_a_field_that_an_older_platform_does_not_have_is_not_read_as_missing() -> None:
    judgement, _ = look_at("backlog", TAGS, pictures(20, tags=None))
    assert (judgement.verdict, judgement.failure) == (Verdict.INCONCLUSIVE, Failure.TOO_FEW)


def test_without_a_time_every_item_counts() -> None:
    """The share of models that have lost their versions: a cache that kept half of a save."""
    spec = {
        "url": "https://x.test/list",
        "items": "items",
        "pending": "!versions[0]",
        "waiting": {"degraded": 3},
        "few": 20,
    }
    body = {"items": [{"versions": [1]}] * 19 + [{"versions": []}]}
    judgement, _ = look_at("backlog", spec, answer(body))
    assert (judgement.verdict, judgement.value, judgement.unit) == (Verdict.DEGRADED, 5, "%")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"age": None, "waiting": None}, "needs a limit"),
        ({"time": ""}, "age needs time"),
        ({"confirm": {"url": "https://x.test/one", "pending": "a"}}, r"must contain \{id\}"),
        ({"word": "late"}, "Input should be"),
    ],
)
def test_a_wrong_specification_says_what_is_wrong(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        probes.get("backlog").Spec.model_validate({**SPEC, **change})
