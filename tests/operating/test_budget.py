"""A month of trouble stays within the deploy budget, and what people write always gets through."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from generator.deploys import Policy, Signature, decide

START = int(datetime(2026, 11, 1, tzinfo=UTC).timestamp())
DAY = 86400


def month(policy: Policy, flap: float, notes: list[int], days: int = 30, seed: int = 1) -> list[tuple[int, str]]:
    """Rounds every five minutes; the state flips with chance `flap`, content changes at the rounds in `notes`."""
    chance = random.Random(seed)
    made: list[tuple[int, str]] = []
    last: Signature | None = None
    content, state = 0, 0
    for number in range(days * 288):
        now = START + number * 300
        state += chance.random() < flap
        content += number in notes
        current = Signature(str(content), str(state % 2))
        decision = decide(policy, [at for at, _ in made], last, current, now)
        if decision.deploy:
            made.append((now, decision.reason))
            last = current
    return made


@pytest.mark.parametrize("flap", [0.0, 0.01, 0.2, 1.0], ids=["calm", "now and then", "often", "every round"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_month_of_flapping_stays_within_the_budget(flap: float, seed: int) -> None:
    policy = Policy()
    made = month(policy, flap, [], seed=seed)
    assert len(made) <= policy.max_per_month
    assert len(made) * policy.credits_per_deploy <= policy.credits
    assert all(b - a >= policy.min_interval for (a, _), (b, _) in pairwise(made))
    assert len(made) == (1 if flap == 0 else policy.max_per_month - policy.reserve)


def test_what_people_write_is_deployed_even_at_the_end_of_a_bad_month() -> None:
    policy = Policy()
    rounds = [n * 288 for n in (20, 24, 28)]
    made = month(policy, 1.0, rounds)
    written = [at for at, reason in made if reason == "content changed"]
    # The first deploy after the change, not later than the distance between two allows.
    assert [
        min(at - (START + n * 300) for at in written if at >= START + n * 300) <= policy.min_interval for n in rounds
    ] == [True] * 3
    assert len(made) == policy.max_per_month


def test_any_month_stays_within_the_budget_on_whatever_day_the_host_begins_it() -> None:
    """A bad end of one month and a bad begin of the next are one month to a host that counts from the fifteenth."""
    policy = Policy()
    made = [at for at, _ in month(policy, 1.0, [n * 288 for n in range(25, 65)], days=100)]
    for day in range(70):
        begin = START + day * DAY
        assert len([at for at in made if begin <= at < begin + 31 * DAY]) <= policy.max_per_month
    assert len(made) >= 3 * (policy.max_per_month - policy.reserve), "and it is new when a month has passed"


def test_fewer_credits_than_deploys_is_the_limit_that_counts() -> None:
    policy = Policy(max_per_month=15, credits=100)
    made = month(policy, 1.0, list(range(0, 8640, 288)))
    assert len(made) == 6
    assert len(made) * policy.credits_per_deploy <= 100


def test_every_refusal_says_why_and_what_is_left() -> None:
    policy = Policy()
    deploys = [START + n * 3600 for n in range(12)]
    decision = decide(policy, deploys, Signature("a", "1"), Signature("a", "2"), START + 20 * DAY)
    assert not decision.deploy
    first, second, third = decision.lines(policy)
    assert "kept for content" in first
    assert "12 of 15 deploys used, 3 left; about 120 of 300 credits" in second
    assert third == "at this pace 18 deploys in 31 days"


def test_a_first_deploy_predicts_no_second_and_a_clock_that_went_back_no_negative_wait() -> None:
    decision = decide(Policy(), [START + 60], Signature("a", "1"), Signature("a", "2"), START)
    assert decision.lines(Policy())[2] == "at this pace 1 deploy in 31 days"
    assert "the last deploy was 0 min ago; next in 30 min" in decision.reason


ONLY = [
    ("content", Signature("b", "1"), False),
    ("a state", Signature("a", "2"), True),
    ("both: the state counts, though content changed too", Signature("b", "2"), True),
    ("nothing", Signature("a", "1"), False),
]


@pytest.mark.parametrize(("current", "deploy"), [row[1:] for row in ONLY], ids=[row[0] for row in ONLY])
def test_a_host_that_builds_content_by_itself_is_asked_for_states(current: Signature, deploy: bool) -> None:
    policy = Policy(only_on=("transition",))
    assert decide(policy, [START], Signature("a", "1"), current, START + DAY).deploy is deploy


def test_the_first_deploy_is_asked_for_whatever_the_policy_lists() -> None:
    """Without one, nothing would ever be known to have changed."""
    assert decide(Policy(only_on=("transition",)), [], None, Signature("a", "1"), START).deploy
