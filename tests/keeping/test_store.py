"""What every store promises, asked of SQLite and of a real PostgreSQL alike."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generator import stores
from generator.errors import HistoryError, LockedError
from generator.model import Failure, Status, Verdict
from generator.stores import Store
from generator.stores._sql import PAGE
from tests.keeping.builders import DAY, FULL, HOUR, NOW, observation, outage, rollup, round_, span


def test_an_observation_comes_back_with_everything_it_had(store: Store) -> None:
    bare = observation(NOW - 30)
    assert store.append([FULL, bare], NOW) == 2
    assert list(store.observations(0)) == [FULL, bare]


def test_appending_twice_is_appending_once(store: Store) -> None:
    assert store.append(round_(NOW - 60), NOW) == 12
    assert store.append(round_(NOW - 60), NOW + 300) == 0
    assert len(list(store.observations(0))) == 12


def test_the_first_of_two_observations_with_one_key_stays(store: Store) -> None:
    first, second = observation(), observation(verdict=Verdict.DOWN, failure=Failure.TIMEOUT)
    assert store.append([first, second], NOW) == 1
    assert store.append([second], NOW) == 0
    assert list(store.observations(0)) == [first]


def test_observations_come_by_time_then_check_then_region_whatever_order_they_arrived_in(store: Store) -> None:
    many = [o for at in (NOW - 300, NOW - 60) for o in round_(at)]
    for one in (many[7], *reversed(many)):
        store.append([one], NOW)
    assert list(store.observations(0)) == many


def test_observations_are_read_whole_across_the_pages_of_the_database(store: Store) -> None:
    """A page ends in the middle of a round, where time and check are equal and only the region tells rows apart."""
    many = [o for n in range(9) for o in round_(NOW - 6_000 + 60 * n, checks=3, regions=401)]
    assert len(many) > 2 * PAGE
    store.append(many, NOW)
    assert list(store.observations(0)) == sorted(many, key=lambda o: (o.at, o.check, o.region))


def test_looks_are_counted_by_steps_of_time(store: Store) -> None:
    start = NOW - NOW % 600
    store.append([*round_(start), *round_(start + 599), *round_(start + 1200)], NOW + HOUR)
    assert store.counts(start, start + 1200, 600) == {start: 24}
    assert store.counts(start, start + 1201, 600) == {start: 24, start + 1200: 12}
    assert store.counts(start + DAY, start + 2 * DAY, 600) == {}


def test_the_order_is_that_of_bytes_in_every_database(store: Store) -> None:
    names = ["B", "a", "_", "Z/z", "z/Z", "é", "e", "-", "a-b", "ab"]
    store.append([observation(check=c, region=r) for c in names for r in names], NOW)
    assert [(o.check, o.region) for o in store.observations(0)] == [
        (c, r) for c in sorted(names) for r in sorted(names)
    ]


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        pytest.param({"since": NOW - 300}, 24, id="since is included"),
        pytest.param({"since": NOW - 299}, 12, id="what is older is not"),
        pytest.param({"since": 0, "until": NOW - 60}, 12, id="until is not included"),
        pytest.param({"since": 0, "check": "civitai/c1/api"}, 6, id="one check"),
        pytest.param({"since": 0, "region": "r2"}, 8, id="one region"),
        pytest.param({"since": 0, "check": "civitai/c1/api", "region": "r2"}, 2, id="one series"),
        pytest.param({"since": 0, "check": "civitai/c1/ap"}, 0, id="a name is whole"),
    ],
)
def test_observations_can_be_narrowed(store: Store, arguments: dict, count: int) -> None:
    store.append([*round_(NOW - 300), *round_(NOW - 60)], NOW)
    assert len(list(store.observations(**arguments))) == count


@pytest.mark.parametrize(
    ("change", "counter"),
    [
        pytest.param({"at": NOW + 121}, "refused.future", id="forged: later than clocks can differ"),
        pytest.param({"value": math.nan}, "refused.unwritable", id="a number that is none"),
        pytest.param({"latency_ms": math.inf}, "refused.unwritable", id="an infinite latency"),
        pytest.param({"phases": {"dns": -math.inf}}, "refused.unwritable", id="an infinite phase"),
        pytest.param({"facts": {"deep": [math.nan]}}, "refused.unwritable", id="no number deep in the facts"),
        pytest.param({"facts": {"when": object()}}, "refused.unwritable", id="facts that JSON cannot say"),
    ],
)
def test_what_cannot_be_true_is_refused_and_counted_and_the_rest_is_kept(
    store: Store, change: dict, counter: str
) -> None:
    bad, good = replace(observation(check="civitai/bad/api"), **change), observation()
    assert store.append([bad, good], NOW) == 1
    assert list(store.observations(0)) == [good]
    assert store.meta()[counter] == "1"


def test_a_clock_that_is_a_little_ahead_is_believed(store: Store) -> None:
    assert store.append([observation(NOW + 120)], NOW) == 1


@pytest.mark.parametrize("text", ["null \0 byte", "half \ud800 pair", "'; DROP TABLE rw_observation; --", "%s ? %% $1"])
def test_hostile_text_is_kept_as_text(store: Store, text: str) -> None:
    store.append([observation(check=f"civitai/{text}", detail=text, facts={text: [text]}, unit=text, engine=text)], NOW)
    (found,) = store.observations(0)
    wanted = text.replace("\0", "\ufffd").replace("\ud800", "\ufffd")
    assert (found.check, found.detail, found.unit) == (f"civitai/{wanted}", wanted, wanted)
    assert list(found.facts) == [text.replace("\ud800", "\ufffd")]
    assert list(store.observations(0, check=f"civitai/{wanted}")) == [found]


def test_ids_that_no_configuration_knows_are_kept(store: Store) -> None:
    gone = observation(check="platform-of-old/renamed/x", region="a-region-of-old")
    store.append([gone], NOW)
    assert list(store.observations(0)) == [gone]


# ---- late deliveries -------------------------------------------------------------------------------------------------


def test_marks_tell_how_far_back_new_deliveries_reach(store: Store) -> None:
    mark, oldest = store.received_since(0)
    assert oldest is None
    store.append(round_(NOW - 60), NOW)
    mark, oldest = store.received_since(mark)
    assert oldest == NOW - 60
    assert store.received_since(mark) == (mark, None)
    store.append([observation(NOW - 7_200, region="late")], NOW)
    store.append(round_(NOW), NOW)
    later, oldest = store.received_since(mark)
    assert later > mark
    assert oldest == NOW - 7_200


def test_what_was_there_already_is_no_delivery(store: Store) -> None:
    store.append(round_(NOW - 60), NOW)
    mark, _ = store.received_since(0)
    store.append([*round_(NOW - 60)], NOW)
    store.append([observation(NOW - 500)], NOW, folded=True)
    assert store.received_since(mark) == (mark, None)


def test_a_store_made_anew_gives_no_mark_that_an_older_one_gave(store: Store, tmp_path: Path) -> None:
    store.append(round_(NOW - 60), NOW)
    old, _ = store.received_since(0)
    anew = stores.open("sqlite:anew.sqlite", root=tmp_path)
    anew.append(round_(NOW), NOW + 300)
    assert anew.received_since(old) != (old, None)
    anew.close()


# ---- what was folded -------------------------------------------------------------------------------------------------


def test_everything_saved_comes_back(store: Store) -> None:
    spans = (span(NOW - 3 * DAY, NOW - DAY), span(NOW - DAY, None, Status.MAJOR_OUTAGE))
    outages = (outage(NOW - 9 * DAY, NOW - 8 * DAY), outage(NOW - DAY, None))
    days = (rollup(NOW // DAY * DAY - DAY), rollup(NOW // DAY * DAY, value_min=-1.5, value_max=2.5))
    hours = (rollup(NOW, scale="hour"),)
    store.save(
        checkpoint=(NOW, {"votes": {"a": [1, None]}}),
        spans=spans,
        outages=outages,
        rollups=(*days, *hours),
        meta={"k": "ü"},
    )
    assert store.spans(0) == spans
    assert store.outages() == outages
    assert (store.rollups("day", 0), store.rollups("hour", 0)) == (days, hours)
    assert list(store.checkpoints(NOW)) == [(NOW, {"votes": {"a": [1, None]}})]
    assert store.meta() == {"k": "ü"}


def test_a_histogram_behaves_as_the_mapping_it_stands_for(store: Store) -> None:
    store.save(rollups=[rollup(NOW // DAY * DAY)])
    (found,) = store.rollups("day", 0)
    assert (found.histogram[17], len(found.histogram), sorted(found.histogram), sum(found.histogram.values())) == (
        5,
        2,
        [3, 17],
        9,
    )
    assert found.histogram.get(4) is None
    assert dict(found.histogram) == {3: 4, 17: 5}
    assert found == rollup(NOW // DAY * DAY)


def test_saving_again_replaces_by_key(store: Store) -> None:
    at = NOW // DAY * DAY
    store.save(rollups=[rollup(at)], outages=[outage(NOW - DAY, None)], meta={"k": "1", "other": "kept"})
    store.save(rollups=[rollup(at, samples=13)], outages=[outage(NOW - DAY, NOW)], meta={"k": "2"})
    assert [r.samples for r in store.rollups("day", 0)] == [13]
    assert [o.ended for o in store.outages()] == [NOW]
    assert store.meta() == {"k": "2", "other": "kept"}


def test_spans_from_replaces_the_end_of_the_timeline_and_nothing_before(store: Store) -> None:
    store.save(
        spans=[span(NOW - 500, NOW - 300), span(NOW - 300, NOW - 100, Status.MAJOR_OUTAGE), span(NOW - 100, None)]
    )
    store.save(spans=[span(NOW - 300, None, Status.PARTIAL_OUTAGE)], spans_from=NOW - 300)
    assert [(s.start, s.end, s.status) for s in store.spans(0)] == [
        (NOW - 500, NOW - 300, Status.OPERATIONAL),
        (NOW - 300, None, Status.PARTIAL_OUTAGE),
    ]


def test_a_checkpoint_takes_the_place_of_later_ones_and_leaves_earlier_ones(store: Store) -> None:
    for at in (NOW - 900, NOW - 600, NOW + 300):
        store.save(checkpoint=(at, {"at": at}))
    store.save(checkpoint=(NOW, {"at": NOW}), spans_from=NOW - 800)
    assert [at for at, _ in store.checkpoints(NOW + 999)] == [NOW, NOW - 600, NOW - 900]
    assert [at for at, _ in store.checkpoints(NOW - 1)] == [NOW - 600, NOW - 900]


def test_checkpoints_thin_out_with_age_but_one_before_every_late_delivery_stays(store: Store) -> None:
    start = NOW - 20 * DAY
    for at in range(start, NOW + 1, 1_800):
        store.save(checkpoint=(at, {}))
    kept = [at for at, _ in store.checkpoints(NOW)]
    assert len(kept) < 75
    for late in range(NOW - 14 * DAY, NOW, HOUR):
        assert any(late - DAY - HOUR <= at <= late for at in kept)
    assert kept[:3] == [NOW, NOW - 1_800, NOW - 3_600]


@pytest.mark.parametrize(
    ("since", "starts"),
    [
        pytest.param(0, [-500, -300, -100], id="all"),
        pytest.param(NOW - 300, [-300, -100], id="what ended at the time is over"),
        pytest.param(NOW + 999, [-100], id="what runs is never over"),
    ],
)
def test_spans_are_those_that_end_later(store: Store, since: int, starts: list[int]) -> None:
    store.save(spans=[span(NOW - 500, NOW - 300), span(NOW - 300, NOW - 100), span(NOW - 100, None)])
    assert [s.start - NOW for s in store.spans(since)] == starts


def test_spans_and_rollups_can_be_asked_for_by_component_and_region(store: Store) -> None:
    store.save(
        spans=[span(1, None), span(1, None, component="civitai/images"), span(1, None, region="eu-west")],
        rollups=[rollup(0), rollup(0, region="eu-west"), rollup(DAY, series="civitai/images")],
    )
    assert len(store.spans(0, component="civitai/search")) == 2
    assert [r.region for r in store.rollups("day", 0, region="*")] == ["*", "*"]
    assert [r.at for r in store.rollups("day", 0, DAY)] == [0, 0]


def test_nothing_of_a_save_that_fails_stays(store: Store) -> None:
    store.save(meta={"k": "before"})
    with pytest.raises(HistoryError, match="cannot be saved"):
        store.save(spans=[span(1, None)], rollups=[rollup(0, value_last=math.nan)], meta={"k": "after"})
    assert store.meta() == {"k": "before"}
    assert store.spans(0) == ()


# ---- forgetting ------------------------------------------------------------------------------------------------------


def test_prune_drops_what_is_old_and_folded_and_nothing_else(store: Store) -> None:
    store.append([observation(NOW - 20 * DAY), observation(NOW - 15 * DAY), observation(NOW - 13 * DAY)], NOW)
    store.save(
        checkpoint=(NOW - 14 * DAY - HOUR, {}),
        rollups=[rollup(NOW // DAY * DAY - 400 * DAY)] + [rollup(NOW - n * DAY, scale="hour") for n in (91, 89)],
        spans=[span(NOW - 900 * DAY, NOW - 800 * DAY)],
        outages=[outage(NOW - 900 * DAY, NOW - 800 * DAY)],
    )
    assert store.prune(NOW) == {"observations": 2, "hours": 1, "deliveries": 0}
    assert [o.at for o in store.observations(0)] == [NOW - 13 * DAY]
    assert [r.at for r in store.rollups("hour", 0)] == [NOW - 89 * DAY]
    assert len(store.rollups("day", 0)) == len(store.spans(0)) == len(store.outages()) == 1
    assert store.prune(NOW) == {"observations": 0, "hours": 0, "deliveries": 0}


def test_prune_keeps_raw_observations_that_were_never_folded(store: Store) -> None:
    store.append([observation(NOW - 20 * DAY)], NOW)
    assert store.prune(NOW)["observations"] == 0
    store.save(checkpoint=(NOW - 19 * DAY, {}))
    assert store.prune(NOW)["observations"] == 1


def test_what_is_older_than_what_was_pruned_is_refused_and_counted(store: Store) -> None:
    store.save(checkpoint=(NOW - 15 * DAY, {}))
    store.prune(NOW)
    assert store.append([observation(NOW - 15 * DAY - 1), observation(NOW - 15 * DAY)], NOW) == 1
    assert store.meta()["refused.late"] == "1"


def test_the_parts_that_changed_are_told_and_no_others(store: Store) -> None:
    day = NOW // DAY * DAY
    store.save(
        rollups=[rollup(day), rollup(day - DAY)],
        spans=[span(NOW - 60 * DAY, None)],
        outages=[outage(NOW - 60 * DAY, None)],
    )
    store.append([observation(NOW - 60)], NOW)
    before = store.revisions()
    assert set(before) == {
        "days/2026-11-23",
        "days/2026-11-22",
        "spans/2026-09",
        "outages/2026-09",
        "recent/2026-11-23T05",
    }
    store.save(rollups=[rollup(day)], spans=[span(NOW - 60 * DAY, None)], spans_from=NOW - 60)
    store.append([observation(NOW - 60)], NOW)
    after = store.revisions()
    assert {part for part in after if after[part] != before.get(part)} == {"days/2026-11-23", "spans/2026-11"}
    store.save(spans=[span(NOW - 60 * DAY, NOW - DAY)])
    assert store.revisions()["spans/2026-09"] > before["spans/2026-09"]


# ---- whole -----------------------------------------------------------------------------------------------------------


def test_a_sound_history_has_no_faults(store: Store) -> None:
    store.append([FULL, *round_(NOW - 60)], NOW)
    store.save(
        spans=[span(1, 5), span(5, None)], rollups=[rollup(0), rollup(HOUR, scale="hour")], outages=[outage(1, None)]
    )
    assert store.check() == ()


@pytest.mark.parametrize(
    ("saved", "sentence"),
    [
        pytest.param(
            {"spans": [span(1, 9), span(5, None)]}, "ends at 9, after the next one begins", id="spans that overlap"
        ),
        pytest.param({"spans": [span(9, 5)]}, "before its own start", id="a span that ends before it begins"),
        pytest.param({"rollups": [rollup(5)]}, "does not begin at a full day", id="a day that begins at noon"),
        pytest.param(
            {"rollups": [rollup(0, seconds={Status.UNKNOWN: DAY + 1})]}, "holds 86401 seconds", id="a day too long"
        ),
        pytest.param(
            {"rollups": [rollup(0, scale="hour", failed=99)]},
            "counts 99 failed and 1 inconclusive of 12",
            id="more failed than seen",
        ),
    ],
)
def test_what_cannot_be_is_told_in_a_sentence(store: Store, saved: dict, sentence: str) -> None:
    store.save(**saved)
    (fault,) = store.check()
    assert sentence in fault


def test_a_checkpoint_that_cannot_be_read_is_told_and_the_one_before_it_will_do(store: Store) -> None:
    store.save(checkpoint=(NOW - HOUR, {"some": "belief"}))
    store.save(checkpoint=(NOW, {"some": "news"}))
    connection = store._db  # type: ignore[attr-defined]
    connection.query("UPDATE rw_checkpoint SET body = ? WHERE at = ?", (b"\x00\xff", NOW))
    assert list(store.checkpoints(NOW)) == [(NOW - HOUR, {"some": "belief"})]
    assert store.check() == (f"rw_checkpoint: the checkpoint of {NOW} cannot be read",)


def test_only_one_run_holds_the_lock_and_reading_needs_none(store: Store, url: str, tmp_path: Path) -> None:
    other = stores.open(url, root=tmp_path)
    with store.lock():
        with pytest.raises(LockedError, match=r"another run holds .*run\.lock"), other.lock():
            pass
        other.append([observation()], NOW)
        assert len(list(other.observations(0))) == 1
    with other.lock():
        pass
    other.close()


def test_a_reader_of_an_empty_place_is_told_that_there_is_no_history_yet(url: str, tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match="there is no history yet"):
        stores.open(url, root=tmp_path, readonly=True)


def test_a_newer_format_is_refused_and_not_rewritten(store: Store, url: str, tmp_path: Path) -> None:
    store._db.query("INSERT INTO rw_schema (version) VALUES (?)", (99,))
    with pytest.raises(HistoryError, match=r"newer version of Roadworthy \(history format 99, this program knows 1\)"):
        stores.open(url, root=tmp_path)
    assert store._db.query("SELECT version FROM rw_schema ORDER BY 1") == [(1,), (99,)]


def test_an_unknown_scheme_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match="no store is called 'mysql'; there are postgres, sqlite"):
        stores.open("mysql://user:secret@host/db", root=tmp_path)


_marks = itertools.count()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 5), st.sampled_from("abc"), st.sampled_from("xy")), max_size=8), max_size=6
    )
)
def test_any_order_and_doubling_of_deliveries_gives_the_same_history(sqlite: Store, deliveries: list) -> None:
    day = NOW - 30 * DAY + next(_marks) * 100
    batches = [[observation(day + t, f"p/{c}/k", r) for t, c, r in batch] for batch in deliveries]
    for batch in batches:
        sqlite.append(batch, NOW)
    new_again = sum(sqlite.append(batch, NOW) for batch in reversed(batches))
    one_each = {o.key: o for batch in batches for o in batch}
    assert new_again == 0
    assert list(sqlite.observations(day, day + 100)) == sorted(
        one_each.values(), key=lambda o: (o.at, o.check, o.region)
    )
