"""Do new items turn up? Lag and holes apart, quiet hours and broken searches never an outage of the index."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import ValidationError

from generator import probes
from generator.fetch import Exchange
from generator.model import Failure, Request, Verdict
from tests.semantics.looks import HOUR, MINUTE, answer, look_at, model, models, seen

SPEC: dict[str, Any] = {
    "source": {"url": "https://x.test/new", "items": "items", "where": "availability == 'Public' && !mode && modelVersions[0]"},
    "item_id": "id",
    "time": "modelVersions[].publishedAt",
    "keys": {"hash": "modelVersions[].files[?primary].hashes.AutoV2 | [0][0]", "name": "name", "user": "creator.username"},
    "lookup": [
        {"url": "https://x.test/search?hash={hash}", "items": "items"},
        {"url": "https://x.test/search?name={name}", "items": "items", "unless": ["hash"]},
        {"url": "https://x.test/search?user={user}", "items": "items"},
    ],
    "control": {"url": "https://x.test/search?known=1", "items": "items", "want": [4384]},
    "few": 4,
    "take": 6,
    "max_requests": 20,
    "lag": {"degraded": "25m", "down": "3h"},
    "holes": {"degraded": 10, "settle": "1h", "few": 6, "times": 3},
}  # fmt: skip

KNOWN = {"items": [{"id": 4384}]}


def platform(*items: dict[str, Any], indexed: Callable[[dict[str, Any]], bool], by: tuple[str, ...] = ("hash", "name", "user"), known: Any = KNOWN) -> Callable[[Request], Exchange]:  # fmt: skip
    """A platform whose search finds an item if it is indexed, by the given keys."""

    def script(request: Request) -> Exchange:
        parts = urlsplit(request.url)
        if parts.path == "/new":
            return answer(models(*items))
        (key, values), *_ = parse_qs(parts.query).items()
        if key == "known":
            return known if isinstance(known, Exchange) else answer(known)
        keyed = {
            "hash": lambda m: m["modelVersions"][0]["files"][0]["hashes"].get("AutoV2"),
            "name": lambda m: m["name"],
            "user": lambda m: m["creator"]["username"],
        }[key]
        found = [m for m in items if indexed(m) and keyed(m) == values[0] and key in by]
        return answer(models(*found))

    return script


def fresh(*minutes: float, **more: Any) -> list[dict[str, Any]]:
    return [model(n, m * MINUTE, **more) for n, m in enumerate(minutes, 1)]


def published(item: dict[str, Any], after: int) -> bool:
    return int(item["id"]) > after


USUAL = fresh(21, 35, 50, 80, 150, 300)


def test_everything_found_is_no_lag_whatever_its_age() -> None:
    judgement, look = look_at("presence", SPEC, platform(*USUAL, indexed=lambda m: True))
    assert (judgement.verdict, judgement.value, judgement.unit) == (Verdict.OK, 0, "s")
    assert "6 of 6 recent items found" in judgement.detail
    assert len(look.asked) == 7, "one list, one look-up each; no control when something was found"


def test_the_lag_is_how_long_the_oldest_unovertaken_item_is_missing() -> None:
    """Items 1 and 2 (21 and 35 minutes old) are missing, item 3 (50 minutes) is found: late, by 35 minutes."""
    judgement, _ = look_at("presence", SPEC, platform(*USUAL, indexed=lambda m: m["id"] >= 3))
    assert (judgement.verdict, judgement.failure, judgement.value) == (Verdict.DEGRADED, Failure.LAGGING, 35 * MINUTE)
    assert (judgement.degraded, judgement.down) == (25 * MINUTE, 3 * HOUR)
    assert judgement.detail == "4 of 6 recent items found; not found 35 min after publication, wanted within 25 min"


def test_nothing_found_while_the_search_works_is_a_stalled_index() -> None:
    judgement, look = look_at("presence", SPEC, platform(*USUAL, indexed=lambda m: False))
    assert (judgement.verdict, judgement.failure, judgement.value) == (Verdict.DOWN, Failure.LAGGING, 5 * HOUR)
    assert look.asked[-1].endswith("known=1"), "only now the control is asked"


@pytest.mark.parametrize(
    ("none", "verdict"), [("1h", Verdict.DOWN), ("2h", Verdict.DEGRADED), (None, Verdict.DEGRADED)]
)
def test_a_list_that_reaches_back_less_than_the_lag_still_shows_a_stall(none: Any, verdict: Verdict) -> None:
    """The list covers eighty minutes only: that nothing of them is found is a stall, whatever the lag really is."""
    spec = {**SPEC, "lag": {**SPEC["lag"], "none": none}}
    judgement, _ = look_at("presence", spec, platform(*fresh(25, 40, 60, 80), indexed=lambda m: False))
    assert (judgement.verdict, judgement.failure, judgement.value) == (verdict, Failure.LAGGING, 80 * MINUTE)


@pytest.mark.parametrize(
    "known",
    [
        pytest.param(answer({"error": "Model search is temporarily overloaded — please retry."}, 503), id="overloaded"),
        pytest.param({"items": []}, id="200 with nothing"),
        pytest.param({"items": [{"id": 1}]}, id="other things only"),
    ],
)
def test_nothing_found_while_the_search_fails_says_nothing_about_the_index(known: Any) -> None:
    judgement, _ = look_at("presence", SPEC, platform(*USUAL, indexed=lambda m: False, known=known))
    assert (judgement.verdict, judgement.failure) == (Verdict.INCONCLUSIVE, Failure.CONTROL_FAILED)


def test_without_a_control_the_look_ups_are_taken_at_their_word() -> None:
    """A look-up of one thing rightly lists nothing when it is not there: such checks need no control."""
    spec = {k: v for k, v in SPEC.items() if k != "control"}
    judgement, look = look_at("presence", spec, platform(*USUAL, indexed=lambda m: False))
    assert judgement.verdict is Verdict.DOWN
    assert len(look.asked) == 13


def test_a_quiet_hour_is_no_outage() -> None:
    judgement, _ = look_at("presence", SPEC, platform(*fresh(30, 60), indexed=lambda m: False))
    assert (judgement.verdict, judgement.failure) == (Verdict.INCONCLUSIVE, Failure.TOO_FEW)
    assert "quiet hour" in judgement.detail


def test_one_missing_item_at_the_head_never_makes_an_index_stalled() -> None:
    """The newest item was dropped and nobody published since: degraded at most, however long it takes."""
    items = fresh(400, 500, 600, 700, 800)
    judgement, _ = look_at("presence", SPEC, platform(*items, indexed=lambda m: m["id"] != 1))
    assert (judgement.verdict, judgement.value) == (Verdict.DEGRADED, 400 * MINUTE)


def test_items_that_would_mean_nothing_are_left_out() -> None:
    """False alarms 1 and 5: drafts, unlisted ones, old items with a new version, items too young or too old."""
    odd = [
        model(1, 40 * MINUTE, availability="Unsearchable"),
        model(2, 40 * MINUTE, mode="TakenDown"),
        model(3, 40 * MINUTE, versions=0),
        model(4, 5 * MINUTE),
        model(5, 30 * HOUR),
        {**model(6, 40 * MINUTE), "modelVersions": [*model(6, 40 * MINUTE)["modelVersions"], *model(6, 900 * HOUR)["modelVersions"]]},
    ]  # fmt: skip
    judgement, look = look_at("presence", SPEC, platform(*odd, indexed=lambda m: False))
    assert judgement.failure is Failure.TOO_FEW
    assert judgement.facts["eligible"] == 0
    assert look.asked == ["https://x.test/new"]


def test_the_cascade_finds_by_user_what_the_hash_does_not() -> None:
    """False alarm 3: the index holds the model, but not yet its hash; a generic name would rank past the limit."""
    judgement, look = look_at("presence", SPEC, platform(*USUAL, indexed=lambda m: True, by=("user",)))
    assert (judgement.verdict, judgement.value) == (Verdict.OK, 0)
    assert not any("name=" in a for a in look.asked), "a name is not tried where a hash is known"
    judgement, look = look_at("presence", SPEC, platform(*fresh(21, 35, 50, 80, hashes=False), indexed=lambda m: True))
    assert judgement.verdict is Verdict.OK
    assert sum("name=" in a for a in look.asked) == 4


def test_never_more_requests_than_allowed_and_what_was_not_asked_is_not_missing() -> None:
    spec = {**SPEC, "max_requests": 9}
    judgement, look = look_at("presence", spec, platform(*USUAL, indexed=lambda m: False))
    assert len(look.asked) == 9
    assert (judgement.verdict, judgement.failure) == (Verdict.INCONCLUSIVE, Failure.TOO_FEW)
    assert judgement.facts["unsure"] == 5, "one of six was looked up in every way"


def test_two_unreadable_answers_end_the_looking_up() -> None:
    def script(request: Request) -> Exchange:
        return answer(models(*USUAL)) if request.url.endswith("/new") else answer({"error": "x"}, 503)

    judgement, look = look_at("presence", SPEC, script)
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert len(look.asked) == 4, "list, two look-ups, control"


def test_between_requests_the_pace_is_kept() -> None:
    _, look = look_at("presence", SPEC, platform(*USUAL, indexed=lambda m: True))
    assert look.waited == [1.0] * 6


# ---- holes -----------------------------------------------------------------------------------------------------------

SETTLED = fresh(30, 70, 100, 150, 200, 300)


def past_with(missing: set[int], rounds: int) -> tuple[Any, ...]:
    looked = {str(m["id"]): [0 if m["id"] in missing else 1, 4000] for m in SETTLED}
    return tuple(seen({"looked": looked}, n * 900) for n in range(rounds, 0, -1))


def test_an_item_that_was_overtaken_and_stays_away_is_a_hole_after_three_looks() -> None:
    script = platform(*SETTLED, indexed=lambda m: m["id"] != 3)
    for rounds, verdict in ((0, Verdict.OK), (1, Verdict.OK), (2, Verdict.DEGRADED)):
        judgement, _ = look_at(
            "presence", {**SPEC, "holes": {**SPEC["holes"], "few": 5}}, script, past=past_with({3}, rounds)
        )
        assert judgement.verdict is verdict, rounds
    assert judgement.failure is Failure.HOLES
    assert judgement.facts["holes"] == ["3"]
    assert (judgement.value, judgement.unit) == (0, "s"), "the number of this check stays its lag"


def test_a_day_of_found_items_does_not_drown_the_holes_of_the_last_hours() -> None:
    """A look sees a few items only. Sixty that were found this morning say nothing about what is lost since noon."""
    morning = tuple(seen({"looked": {str(1000 + n): [1, 9000]}}, 80000 - n * 900) for n in range(60))
    script = platform(*SETTLED, indexed=lambda m: m["id"] != 3)
    spec = {**SPEC, "holes": {**SPEC["holes"], "few": 5}}
    judgement, _ = look_at("presence", spec, script, past=(*morning, *past_with({3}, 3)))
    assert judgement.failure is Failure.HOLES


def test_few_settled_items_make_no_hole() -> None:
    script = platform(*SETTLED, indexed=lambda m: m["id"] != 3)
    judgement, _ = look_at("presence", {**SPEC, "holes": {**SPEC["holes"], "few": 7}}, script, past=past_with({3}, 2))
    assert judgement.verdict is Verdict.OK


def test_what_was_found_once_is_no_hole() -> None:
    past = (*past_with({3}, 3), seen({"looked": {"3": [1, 4000]}}, 60))
    script = platform(*SETTLED, indexed=lambda m: m["id"] != 3)
    judgement, _ = look_at("presence", {**SPEC, "holes": {**SPEC["holes"], "few": 5}}, script, past=past)
    assert judgement.verdict is Verdict.OK


def test_late_items_are_no_holes() -> None:
    """Everything newer than item 4 is missing, for hours: that is lag; nothing was overtaken."""
    looked = {str(m["id"]): [-1 if m["id"] < 4 else 1, 4000] for m in SETTLED}
    past = tuple(seen({"looked": looked}, n * 900) for n in (3, 2, 1))
    judgement, _ = look_at("presence", SPEC, platform(*SETTLED, indexed=lambda m: m["id"] >= 4), past=past)
    assert judgement.failure is Failure.LAGGING
    assert judgement.facts["holes"] == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"few": 7}, "few must not be more than take"),
        ({"lookup": [{"url": "https://x.test/{hsah}"}]}, r"look-up uses \{hsah\}"),
        ({"lookup": [{"url": "https://x.test/all"}]}, "names no key"),
        ({"lookup": []}, "at least 1 item"),
    ],
)
def test_a_wrong_specification_says_what_is_wrong(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        probes.get("presence").Spec.model_validate({**SPEC, **change})


def test_the_sample_is_the_same_in_the_next_run_and_spread_over_the_ages() -> None:
    many = [model(n, (20 + n * 7) * MINUTE) for n in range(1, 60)]
    spec = {**SPEC, "take": 4}
    first, _look = look_at("presence", spec, platform(*many, indexed=lambda m: True))
    again, _ = look_at("presence", spec, platform(*reversed(many), indexed=lambda m: True))
    assert first.facts["looked"] == again.facts["looked"]
    ages = sorted(age for _, age in first.facts["looked"].values())
    assert ages[0] < 40 * MINUTE < ages[1] < 90 * MINUTE < ages[2] < 6 * HOUR < ages[3]
