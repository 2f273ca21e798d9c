"""What holds for every history, whatever happened in it."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generator import remember, states
from generator.model import ALL, Config, Observation, Past, Round, Status, Verdict
from generator.states import ballot, precedence
from generator.states.belief import Belief, Series
from tests.believing.memory_store import MemoryStore
from tests.believing.world import FIVE, LOOK, START, check, config, look, looks

WORLDS = (
    config("a"),
    config("ab"),
    config("abc"),
    config(
        "abc",
        [check("shop/api/answer", "abc"), check("shop/api/queue", "a", interval=1800), check("shop/cart/answer", "bc")],
    ),
)
"""One region, two, three, and one with an expensive check in a single region."""

letters = st.text(alphabet="oooossDDix-p", min_size=1, max_size=40)
worlds = st.sampled_from(WORLDS)
FEW = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def histories(draw: st.DrawFn) -> tuple[Config, list[Round]]:
    """A world and its rounds: every region says what it likes, sometimes nothing, sometimes for a long time."""
    setting = draw(worlds)
    stories = {r.id: draw(letters) for r in setting.regions}
    gaps = draw(st.lists(st.integers(1, 12), min_size=40, max_size=40))
    found, slot = [], 0
    for n in range(max(map(len, stories.values()))):
        slot += gaps[n] if gaps[n] > 9 else 1
        at = START + slot * FIVE
        seen: list[Observation] = []
        for region, story in stories.items():
            seen += looks(setting, region, at, story[n]) if n < len(story) else []
        if seen:
            found.append(Round(at, tuple(seen)))
    return setting, found or [Round(START, tuple(looks(setting, "a", START, "o")))]


def json_of(belief: Belief) -> str:
    return json.dumps(belief.to_json(), sort_keys=True)


@FEW
@given(histories(), st.integers(0, 40))
def test_replaying_in_two_halves_is_replaying_at_once(history: tuple[Config, list[Round]], cut: int) -> None:
    """The first half goes through JSON, as a checkpoint does."""
    setting, rounds = history
    plan = states.plan(setting)
    whole = states.fold(states.begin(setting), rounds, plan)
    half = Belief.from_json(json.loads(json_of(states.fold(states.begin(setting), rounds[:cut], plan))))
    assert json_of(states.fold(half, rounds[cut:], plan)) == json_of(whole)


@FEW
@given(histories(), st.integers(0, 40), st.integers(0, 3600))
def test_looking_in_between_changes_nothing(history: tuple[Config, list[Round]], cut: int, later: int) -> None:
    """A belief that was expired to a moment before the next round goes on as if nobody had looked."""
    setting, rounds = history
    plan = states.plan(setting)
    cut = min(cut, len(rounds) - 1)
    moment = min(START + later, rounds[cut].at)
    half = states.expire(states.fold(states.begin(setting), rounds[:cut], plan), moment, setting)
    assert json_of(states.fold(half, rounds[cut:], plan)) == json_of(states.fold(states.begin(setting), rounds, plan))


@FEW
@given(histories())
def test_a_status_changes_only_by_a_round_that_shows_it_or_into_unknown(history: tuple[Config, list[Round]]) -> None:
    """What turns worse is at least that bad in this very round, what turns better at most; time alone makes `unknown`."""
    setting, rounds = history
    plan, belief = states.plan(setting), states.begin(setting)
    for round_ in rounds:
        aged = states.expire(belief, round_.at, setting)
        for key, series in aged.series.items():
            assert series.status in (belief.series[key].status, Status.UNKNOWN)
        belief = states.advance(aged, round_, setting)
        health = states.health(belief, plan, round_.at)
        for (component, region), series in belief.series.items():
            before = aged.series.get((component, region), Series()).status
            if region != ALL or before is series.status:
                continue
            assert any(o.check.startswith(f"{component}/") for o in round_.observations)
            votes = ballot.ballots(plan, belief.table, component, health, round_.at)
            shows = precedence.decide(precedence.case_of(setting.rules, votes, before is Status.OPERATIONAL)).status
            assert shows is not None
            worse = ballot.SEVERITY[series.status] > ballot.SEVERITY.get(before, 0)
            gap = ballot.SEVERITY[shows] - ballot.SEVERITY[series.status]
            assert gap >= 0 if worse else gap <= 0


@FEW
@given(histories())
def test_nothing_is_believed_without_fresh_evidence(history: tuple[Config, list[Round]]) -> None:
    """Wherever a status other than `unknown` stands, somebody conclusive was heard within the stale limit."""
    setting, rounds = history
    plan = states.plan(setting)
    belief = states.begin(setting)
    for round_ in rounds:
        belief = states.advance(belief, round_, setting)
        for later in (0, 600, 1200, 7200):
            now = round_.at + LOOK + later
            for standing in states.standings(states.expire(belief, now, setting), plan, now).values():
                if standing.status is not Status.UNKNOWN:
                    assert standing.checked_at is not None
                    assert now - standing.checked_at < max(900, 3 * 1800 if standing.component == "shop/api" else 0)


@FEW
@given(histories(), st.data())
def test_a_silent_region_never_turns_anything_green(history: tuple[Config, list[Round]], data: st.DataObject) -> None:
    """Whenever a component becomes operational, no check of it has "down" as its last word anywhere."""
    setting, rounds = history
    silent, since = data.draw(st.sampled_from([r.id for r in setting.regions])), data.draw(st.integers(0, len(rounds)))
    quiet = [
        Round(r.at, tuple(o for o in r.observations if n < since or o.region != silent)) for n, r in enumerate(rounds)
    ]
    belief = states.begin(setting)
    for round_ in quiet:
        after = states.advance(belief, round_, setting)
        for (component, region), series in after.series.items():
            before = belief.series.get((component, region))
            if (
                region != ALL
                or series.status is not Status.OPERATIONAL
                or before is None
                or before.status is Status.OPERATIONAL
            ):
                continue
            words = {k: s.word for k, s in after.table.items() if k[0].startswith(f"{component}/")}
            assert Status.MAJOR_OUTAGE not in words.values()
        belief = after


# ---- deliveries ------------------------------------------------------------------------------------------------------


def what_it_says(past: Past) -> dict[str, object]:
    """The past without the ids of outages (a published one keeps its id) and without withdrawn outages."""
    return {
        "standings": past.standings,
        "spans": past.spans,
        "days": {(r.series, r.region, r.at): r for r in past.days if r.seconds},
        "hours": {(r.series, r.region, r.at): r for r in past.hours if r.seconds or r.samples},
        "totals": {(r.series, r.region, r.at): r for r in past.totals},
        "outages": [
            (o.component, o.started, o.ended, o.worst, o.regions) for o in past.outages if o.ended != o.started
        ],
        "health": past.health,
    }


def delivered(setting: Config, batches: Iterable[list[Observation]], end: int) -> Past:
    """Everything folded and saved after each batch, the last time at `end`."""
    store = MemoryStore()
    for batch in batches:
        store.append(batch, end)
        newest = max((o.at for o in store.rows.values()), default=START)
        remember.catch_up(store, setting, newest + 30)
    remember.catch_up(store, setting, end)
    return remember.catch_up(store, setting, end, write=False)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories(), st.integers(0, 2**32))
def test_order_and_doubling_of_deliveries_do_not_matter(history: tuple[Config, list[Round]], seed: int) -> None:
    """The same observations, shuffled, cut into batches, some of them twice: the same past."""
    setting, rounds = history
    everything = [o for r in rounds for o in r.observations]
    dice = random.Random(seed)
    shuffled = [*everything, *dice.sample(everything, k=len(everything) // 3)]
    dice.shuffle(shuffled)
    cuts = sorted(dice.sample(range(len(shuffled) + 1), k=min(5, len(shuffled))))
    batches = [shuffled[a:b] for a, b in zip([0, *cuts], [*cuts, len(shuffled)], strict=True)]
    end = max((r.at for r in rounds), default=START) + 700
    assert what_it_says(delivered(setting, batches, end)) == what_it_says(delivered(setting, [everything], end))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories(), st.integers(1, 5))
def test_spans_partition_time_and_roll_ups_add_up(history: tuple[Config, list[Round]], step: int) -> None:
    """Saved round by round: no overlap, no hole, hours add up to days, and never more seconds than there were."""
    setting, rounds = history
    store = MemoryStore()
    for n, round_ in enumerate(rounds):
        store.append(round_.observations, round_.at)
        if n % step == 0:
            remember.catch_up(store, setting, round_.at + 30)
    end = max((r.at for r in rounds), default=START) + 5000
    past = remember.catch_up(store, setting, end)
    for key in {(s.component, s.region) for s in past.spans}:
        mine = [s for s in past.spans if (s.component, s.region) == key]
        assert [s.end for s in mine[:-1]] == [s.start for s in mine[1:]]
        assert mine[-1].end is None
        assert mine[-1].status is past.standings[key].status or past.standings[key].flapping
    for row in store.saved_rollups.values():
        if row.scale in ("hour", "day"):
            assert sum(row.seconds.values()) <= {"hour": 3600, "day": 86400}[row.scale]
    for component in {c.id for c in setting.components}:
        of = {
            s: [r for r in store.saved_rollups.values() if r.scale == s and r.series == component]
            for s in ("hour", "day")
        }
        assert sum(sum(r.seconds.values()) for r in of["hour"]) == sum(sum(r.seconds.values()) for r in of["day"])


def test_two_looks_of_one_check_in_one_slot_count_as_one() -> None:
    """A job that ran twice: the newest look stands, the sample is counted once."""
    setting = config("a")
    twice = [look("shop/api/answer", "a", START + 5, "D"), look("shop/api/answer", "a", START + 40, "o")]
    belief = states.advance(
        states.begin(setting), Round(START, (*twice, look("control/0", "a", START + 4, "o"))), setting
    )
    assert belief.tallies["shop/api/answer", "a"].hour.samples == 1
    assert belief.table["shop/api/answer", "a"].look.verdict is Verdict.OK
