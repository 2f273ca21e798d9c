"""Golden cases of the uptime arithmetic: worked out by hand, in seconds."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator import history, remember
from generator.history.stretches import intersect, length_of, union
from generator.model import ALL, Exclusion, Outage, Past, Rollup, Span, Status, Verdict
from tests.believing.memory_store import MemoryStore
from tests.believing.world import FIVE, LOOK, START, config, look

HOUR, DAY = 3600, 86400
OK, DEGRADED, PARTIAL, MAJOR, UNKNOWN, WORK = (
    Status.OPERATIONAL,
    Status.DEGRADED_PERFORMANCE,
    Status.PARTIAL_OUTAGE,
    Status.MAJOR_OUTAGE,
    Status.UNKNOWN,
    Status.UNDER_MAINTENANCE,
)


def timeline(*pieces: tuple[int, Status], start: int = START) -> list[Span]:
    """(seconds from the start, status) as spans that follow each other; the last one runs."""
    ends: list[int | None] = [start + at for at, _ in pieces[1:]]
    return [
        Span("shop/api", ALL, start + at, end, status) for (at, status), end in zip(pieces, [*ends, None], strict=True)
    ]


@dataclass(frozen=True)
class Golden:
    """A timeline and what it must come to over one UTC day (or up to `now`)."""

    pieces: Sequence[tuple[int, Status]]
    fraction: Fraction | None
    observed: int
    coverage: Fraction
    text: str
    out: Sequence[tuple[int, int]] = ()
    work: Sequence[tuple[int, int]] = ()
    now: int = DAY


GOLDEN = {
    "a_whole_good_day": Golden([(0, OK)], Fraction(1), DAY, Fraction(1), "100"),
    "one_second_down_is_never_a_hundred": Golden([(0, OK), (100, MAJOR), (101, OK)], Fraction(DAY - 1, DAY), DAY, Fraction(1), "99.99"),
    "an_hour_down": Golden([(0, OK), (HOUR, MAJOR), (2 * HOUR, OK)], Fraction(23, 24), DAY, Fraction(1), "95.83"),
    "an_hour_partial_counts_half": Golden([(0, OK), (HOUR, PARTIAL), (2 * HOUR, OK)], Fraction(47, 48), DAY, Fraction(1), "97.91"),
    "degraded_is_up": Golden([(0, DEGRADED)], Fraction(1), DAY, Fraction(1), "100"),
    "unknown_is_on_neither_side": Golden([(0, OK), (HOUR, UNKNOWN), (13 * HOUR, MAJOR), (14 * HOUR, OK)], Fraction(11, 12), 12 * HOUR, Fraction(1, 2), "91.66"),
    "a_tenth_seen_is_enough": Golden([(0, OK), (DAY // 10, UNKNOWN)], Fraction(1), DAY // 10, Fraction(1, 10), "100"),
    "less_than_a_tenth_is_not": Golden([(0, OK), (DAY // 10 - 1, UNKNOWN)], None, DAY // 10 - 1, Fraction(DAY // 10 - 1, DAY), "–"),
    "nothing_seen": Golden([(0, UNKNOWN)], None, 0, Fraction(0), "–"),
    "the_first_day_begins_late": Golden([(18 * HOUR, OK), (21 * HOUR, MAJOR)], Fraction(1, 2), 6 * HOUR, Fraction(1, 4), "50.00"),
    "the_last_day_is_not_over": Golden([(0, OK), (HOUR, MAJOR)], Fraction(1, 2), 2 * HOUR, Fraction(1), "50.00", now=2 * HOUR),
    "flapping_adds_up": Golden([(n * 300, MAJOR if n % 2 else OK) for n in range(288)], Fraction(1, 2), DAY, Fraction(1), "50.00"),
    "maintenance_is_on_neither_side": Golden([(0, OK), (HOUR, MAJOR), (2 * HOUR, OK)], Fraction(1), 23 * HOUR, Fraction(1), "100", work=[(HOUR, 2 * HOUR)]),
    "maintenance_covers_a_part_of_an_outage": Golden([(0, OK), (HOUR, MAJOR), (3 * HOUR, OK)], Fraction(22, 23), 23 * HOUR, Fraction(1), "95.65", work=[(HOUR, 2 * HOUR)]),
    "overlapping_maintenance_counts_once": Golden([(0, OK)], Fraction(1), 21 * HOUR, Fraction(1), "100", work=[(0, 2 * HOUR), (HOUR, 3 * HOUR), (HOUR, 3 * HOUR)]),
    "maintenance_and_mis_measured_overlap": Golden([(0, MAJOR), (4 * HOUR, OK)], Fraction(1), 20 * HOUR, Fraction(1), "100", work=[(0, 3 * HOUR)], out=[(2 * HOUR, 4 * HOUR)]),
    "maintenance_reaches_over_midnight": Golden([(0, OK)], Fraction(1), 23 * HOUR, Fraction(1), "100", work=[(-5 * HOUR, HOUR)]),
    "maintenance_to_come_changes_nothing": Golden([(0, OK)], Fraction(1), 2 * HOUR, Fraction(1), "100", work=[(3 * HOUR, 4 * HOUR)], now=2 * HOUR),
    "mis_measured_leaves_both_sides": Golden([(0, MAJOR), (12 * HOUR, OK)], Fraction(1), 12 * HOUR, Fraction(1), "100", out=[(0, 12 * HOUR)]),
    "a_whole_day_of_maintenance": Golden([(0, MAJOR)], None, 0, Fraction(0), "–", work=[(0, DAY)]),
}  # fmt: skip


def shifted(stretches: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    return [(START + a, START + b) for a, b in stretches]


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_from_spans(name: str) -> None:
    case = GOLDEN[name]
    found = history.uptime(
        timeline(*case.pieces),
        (START, START + DAY),
        START + case.now,
        exclusions=shifted(case.out),
        maintenance=shifted(case.work),
    )
    assert found.observed == case.observed
    assert found.coverage == pytest.approx(float(case.coverage))
    assert found.fraction == (None if case.fraction is None else pytest.approx(float(case.fraction), abs=1e-12))
    assert found.text == case.text


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_from_days(name: str) -> None:
    """The same answers from roll-ups, which is how the page gets them."""
    case = GOLDEN[name]
    spans, now = timeline(*case.pieces), START + case.now
    days = tuple(r for r in history.roll_up(spans, (), "day", now) if r.at >= START)
    past = Past(days=days, spans=tuple(spans))
    found = history.uptime_of(
        past,
        "shop/api",
        ALL,
        "day",
        now - 1 if case.now == DAY else now,
        exclusions=shifted(case.out),
        maintenance=shifted(case.work),
    )
    expected = None if case.fraction is None else pytest.approx(float(case.fraction), abs=2e-4)
    if name != "a_tenth_seen_is_enough":  # one second before midnight is another tenth
        assert found.fraction == expected


@pytest.mark.parametrize(
    ("fraction", "down", "text"),
    [
        (1.0, 0, "100"),
        (1.0, 1, "99.99"),
        (0.99999, 1, "99.99"),
        (0.9999, 9, "99.99"),
        (0.99989, 9, "99.98"),
        (0.999, 9, "99.90"),
        (0.29, 9, "29.00"),
        (0.0, 9, "0.00"),
        (0.00009, 9, "0.00"),
    ],
)
def test_percent_is_rounded_down(fraction: float, down: int, text: str) -> None:
    """0.29 is the float that 0.29 * 10000 would turn into 2899.999."""
    assert history.floor_percent(fraction, down) == text


def test_other_weights_give_another_number() -> None:
    spans = timeline((0, OK), (12 * HOUR, PARTIAL))
    window = (START, START + DAY)
    assert history.uptime(spans, window, START + DAY, weights={PARTIAL: 0.3}).text == "85.00"


# ---- days: UTC, 86,400 seconds, whatever the clocks on the walls do --------------------------------------------------

DST_DAYS = {
    "spring_forward_in_berlin": 1_774_742_400,  # 2026-03-29, 23 hours there
    "fall_back_in_berlin": 1_792_886_400,  # 2026-10-25, 25 hours there
    "leap_day": 1_709_164_800,  # 2024-02-29
}


@pytest.mark.parametrize("at", DST_DAYS.values(), ids=DST_DAYS.keys())
def test_a_day_has_86400_seconds_whatever_the_season(at: int) -> None:
    setting, store = config("a"), MemoryStore()
    for slot in range(at, at + 2 * DAY, FIVE):
        store.append([look("shop/api/answer", "a", slot, "o"), look("control/0", "a", slot, "o")], slot)
    past = remember.catch_up(store, setting, at + 2 * DAY - 1)
    whole = next(r for r in past.days if r.series == "shop/api" and r.at == at)
    assert whole.seconds == {OK: DAY}
    assert history.day_status(whole.seconds) is OK


def observed(slots: Sequence[int], letters: Mapping[int, str] | None = None, now: int | None = None) -> Past:
    """One region that looked at these slots (seconds from the start)."""
    setting, store = config("a"), MemoryStore()
    for slot in slots:
        letter = (letters or {}).get(slot, "o")
        at = START + slot + LOOK
        store.append([look("shop/api/answer", "a", at, letter), look("control/0", "a", at, "o")], at)
    end = START + (now if now is not None else slots[-1] + 30)
    return remember.catch_up(store, setting, end)


def test_a_look_vouches_for_two_intervals_and_no_more() -> None:
    """Looks at 0:00 and then from 1:00 on: ten minutes of the gap are known, fifty are not."""
    past = observed([0, *range(HOUR, 2 * HOUR, FIVE)], now=2 * HOUR)
    found = history.uptime_of(past, "shop/api", ALL, "day", START + 2 * HOUR)
    assert found.observed == 600 + HOUR - LOOK
    assert found.fraction == 1.0


def test_a_gap_shorter_than_the_stale_limit_is_still_not_observed() -> None:
    """Twelve minutes between two looks: the status is held, two minutes are nobody's."""
    past = observed([0, 900], now=900 + LOOK)
    assert past.standings["shop/api", ALL].status is OK
    assert history.uptime_of(past, "shop/api", ALL, "day", START + 900 + LOOK).observed == 600


def test_a_clock_that_goes_back_invents_no_time() -> None:
    """Looks of an hour arrive again under earlier times: no second counts twice."""
    slots = [*range(0, HOUR, FIVE), *range(HOUR // 2, HOUR, FIVE), *range(HOUR // 2 + 60, HOUR, FIVE)]
    past = observed(slots, now=HOUR)
    assert history.uptime_of(past, "shop/api", ALL, "day", START + HOUR).observed == HOUR - LOOK


def test_now_before_the_newest_look_is_no_trouble() -> None:
    """The builder's clock goes back ten minutes: what is not due yet waits."""
    past = observed(list(range(0, HOUR, FIVE)), now=HOUR - 600)
    assert past.checked_at is not None
    assert past.checked_at <= START + HOUR - 600
    assert past.warnings


def test_down_seconds_are_dated_back() -> None:
    """One region: down is believed at the second look, and counts from the first."""
    past = observed(list(range(0, HOUR, FIVE)), dict.fromkeys(range(900, 1800, FIVE), "D"), now=HOUR)
    found = history.uptime_of(past, "shop/api", ALL, "day", START + HOUR)
    assert found.down == 900


def test_windows_are_whole_utc_days_with_today() -> None:
    """A week is seven days; what lies before is not in it."""
    slots = list(range(0, 9 * DAY, HOUR // 2))
    setting, store = config("a", interval=HOUR // 2), MemoryStore()
    for slot in slots:
        at = START + slot + LOOK
        letter = "D" if slot < DAY else "o"
        store.append([look("shop/api/answer", "a", at, letter), look("control/0", "a", at, "o")], at)
    now = START + 9 * DAY - 1
    past = remember.catch_up(store, setting, now)
    week, ever = (history.uptime_of(past, "shop/api", ALL, w, now) for w in ("week", "ever"))
    assert (week.fraction, week.observed) == (1.0, 7 * DAY - 1)
    assert ever.down == DAY
    assert ever.start == START + LOOK
    assert history.uptime_of(past, "shop/api", ALL, "quarter", now).coverage == pytest.approx(9 / 90, rel=1e-3)


def hours_of(spans: Sequence[Span], now: int) -> list[Rollup]:
    """The hours as the fold books them, each second of each span."""
    rows = []
    for at in range(START, now, HOUR):
        seconds: dict[Status, int] = {}
        for span in spans:
            mine = intersect([(span.start, now if span.end is None else span.end)], [(at, min(at + HOUR, now))])
            seconds[span.status] = seconds.get(span.status, 0) + length_of(mine)
        rows.append(Rollup("hour", "shop/api", ALL, at, {status: n for status, n in seconds.items() if n}))
    return rows


NIGHT = (19 * HOUR + 2400, MAJOR), (21 * HOUR + 600, OK)  # down from 19:40 to 21:10


@pytest.mark.parametrize("now", [30 * HOUR, 43 * HOUR + 1, 43 * HOUR + 2700, 44 * HOUR + 1, 45 * HOUR + 1799])
@pytest.mark.parametrize(
    "work",
    [
        pytest.param((), id="no maintenance"),
        pytest.param(((HOUR, 2 * HOUR),), id="maintenance long over"),
        pytest.param(((20 * HOUR, 21 * HOUR),), id="maintenance while it was down"),
        pytest.param(((19 * HOUR + 300, 20 * HOUR + 300),), id="maintenance over the edge of the window"),
    ],
)
def test_the_last_24_hours_end_now_and_begin_to_the_second(now: int, work: Sequence[tuple[int, int]]) -> None:
    """Whatever maintenance there was: what was measured before yesterday's same second does not count, all else does."""
    spans = timeline((0, OK), *NIGHT)
    out = [(START + a, START + b) for a, b in work]
    at = START + now
    past = Past(hours=tuple(hours_of(spans, at)), spans=tuple(spans))
    told = history.last_day(past, "shop/api", ALL, at, maintenance=out)
    assert told == history.uptime(spans, (at - DAY, at), at, maintenance=out, name="day")
    if not work:
        assert told.down == max(0, 21 * HOUR + 600 - max(now - DAY, 19 * HOUR + 2400))


def test_without_hours_the_last_day_is_not_known() -> None:
    assert history.last_day(Past(), "shop/api", ALL, START + DAY).text == "–"


NINE_DAYS = 9 * DAY


@pytest.mark.parametrize("window", ["day", "week", "quarter", "ever"])
@pytest.mark.parametrize(
    ("stretch", "lost"),
    [
        pytest.param((-3 * DAY, -2 * DAY), 0, id="before anybody looked"),
        pytest.param((-DAY, 6 * HOUR), 0, id="until shortly before the first look"),
        pytest.param((NINE_DAYS - 20 * HOUR, NINE_DAYS - 18 * HOUR), 40 * 60, id="while we looked every half an hour"),
    ],
)
def test_what_does_not_count_takes_no_more_than_was_seen(window: str, stretch: tuple[int, int], lost: int) -> None:
    """A scheduler that comes every half an hour sees ten minutes of each; a part that is new was not seen before."""
    slots = list(range(7 * HOUR, NINE_DAYS, HOUR // 2))
    past = observed(slots, dict.fromkeys(slots[-8:], "D"), now=NINE_DAYS)
    now = START + NINE_DAYS
    out = [(START + stretch[0], START + stretch[1])]

    def of(exclusions: Sequence[tuple[int, int]]) -> history.Uptime:
        if window == "day":
            return history.last_day(past, "shop/api", ALL, now, exclusions=exclusions)
        return history.uptime_of(past, "shop/api", ALL, window, now, exclusions=exclusions)

    whole, without = of(()), of(out)
    assert without.down == whole.down > 0
    assert whole.observed - without.observed == pytest.approx(lost, abs=60)


def test_what_history_does_not_know_has_no_uptime() -> None:
    found = history.uptime_of(Past(), "shop/api", ALL, "quarter", START)
    assert (found.fraction, found.text, found.coverage) == (None, "–", 0.0)


def test_old_exclusions_take_out_what_the_outage_list_knows() -> None:
    """Before the spans that are at hand, the outages say what a marked stretch would have cost."""
    old = START - 200 * DAY
    totals = (
        Rollup("total", "shop/api", ALL, old),
        Rollup("total", "shop/api", ALL, START, {OK: 199 * DAY, MAJOR: DAY}),
    )
    outage = Outage("shop-api-x", "shop/api", ("a",), old + 5 * DAY, old + 5 * DAY, old + 6 * DAY, MAJOR)
    past = Past(totals=totals, outages=(outage,))
    before = history.uptime_of(past, "shop/api", ALL, "ever", START)
    after = history.uptime_of(past, "shop/api", ALL, "ever", START, exclusions=[(old + 5 * DAY, old + 6 * DAY)])
    assert (before.text, after.text) == ("99.50", "100")


def test_an_exclusion_names_its_components_and_regions_or_means_all() -> None:
    marks = [
        Exclusion(10, 20, "all"),
        Exclusion(30, 40, "one", components=("shop/api",)),
        Exclusion(50, 60, "region", regions=("a",)),
    ]
    assert history.exclusions_of(marks, "shop/api") == [(10, 20), (30, 40)]
    assert history.exclusions_of(marks, "shop/cart", "a") == [(10, 20), (50, 60)]


# ---- days, histograms, stretches -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "status"),
    [
        ({OK: DAY}, OK),
        ({OK: DAY - 599, MAJOR: 599}, OK),
        ({OK: DAY - 600, MAJOR: 600}, MAJOR),
        ({OK: DAY - 600, MAJOR: 300, PARTIAL: 300}, PARTIAL),
        ({DEGRADED: 600}, DEGRADED),
        ({OK: DAY // 10}, OK),
        ({OK: DAY // 10 - 1}, UNKNOWN),
        ({MAJOR: 600}, MAJOR),
        ({WORK: 700, OK: DAY - 700}, WORK),
        ({}, UNKNOWN),
    ],
    ids=str,
)
def test_the_colour_of_a_day_is_the_worst_that_lasted_ten_minutes(
    seconds: Mapping[Status, int], status: Status
) -> None:
    assert history.day_status(seconds) is status


def test_a_day_that_has_just_begun_is_what_it_has_been_so_far() -> None:
    assert history.day_status({OK: 290}, elapsed=300) is OK


def test_percentiles_of_merged_histograms_are_those_of_all_samples_together() -> None:
    """Never an average of percentiles: the slow region is a tenth of the samples, and is the p95."""
    dice = random.Random(7)
    regions = [[dice.lognormvariate(mu, 0.4) for _ in range(n)] for mu, n in ((4.0, 4000), (4.5, 4000), (7.0, 900))]
    histograms = [history.merge_histograms({history.bucket(x): 1} for x in samples) for samples in regions]
    merged = history.merge_histograms(histograms)
    everything = sorted(x for samples in regions for x in samples)
    for q in (0.5, 0.95):
        exact = everything[int(q * len(everything))]
        assert history.percentile(merged, q) == pytest.approx(exact, rel=0.05)
    assert merged == history.merge_histograms(reversed(histograms))


@given(st.floats(0.001, 1e7))
def test_every_latency_has_a_bucket_that_stands_for_it(milliseconds: float) -> None:
    number = history.bucket(milliseconds)
    assert 0 <= number <= 161
    if 1 <= milliseconds < 2**20:
        assert history.middle(number) == pytest.approx(milliseconds, rel=0.05)


def test_no_samples_have_no_percentile() -> None:
    assert history.percentile({}, 0.5) is None


stretches = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=6)


@given(stretches, stretches)
def test_stretches_are_sets_of_seconds(one: list[tuple[int, int]], other: list[tuple[int, int]]) -> None:
    seconds = [{s for a, b in part for s in range(a, b)} for part in (one, other)]
    assert length_of(union(one)) == len(seconds[0])
    assert length_of(intersect(one, other)) == len(seconds[0] & seconds[1])


# ---- outages ---------------------------------------------------------------------------------------------------------


def outage(id: str, start: int, end: int | None) -> Outage:
    return Outage(id, "shop/api", ("a",), START + start, START + start, None if end is None else START + end, MAJOR)


def test_how_often_how_long_and_how_long_between() -> None:
    outages = [outage("1", 0, 600), outage("2", 4200, 6000), outage("3", 9600, None), outage("withdrawn", 7000, 7000)]
    found = history.episodes(outages, "shop/api", (START, START + DAY), START + 10800)
    assert (found.count, found.running, found.longest) == (3, True, 1800)
    assert (found.mttr, found.mtbf) == (1200, 3600)
    assert found.total == 600 + 1800 + 1200


def test_the_rank_of_an_outage_among_all_of_its_component() -> None:
    outages = [outage("1", 0, 600), outage("2", 4200, 6000), outage("3", 9600, None)]
    assert history.rank(outages[2], outages, START + 9600 + 700) == (2, 3)
    assert history.rank(outages[2], outages, START + 9600 + 9000) == (1, 3)


def test_only_answers_that_were_timed_well_are_in_the_histogram() -> None:
    """Not failures, and not what our own machine was too slow to time."""
    from dataclasses import replace

    good = look("shop/api/answer", "a", START, "o")
    looks = [good, replace(good, at=START + 1, low_confidence=True), look("shop/api/answer", "a", START + 2, "D")]
    (row,) = history.roll_up((), looks, "hour", START + HOUR)
    assert (row.samples, row.failed, sum(row.histogram.values())) == (3, 1, 1)
    assert looks[2].verdict is Verdict.DOWN
