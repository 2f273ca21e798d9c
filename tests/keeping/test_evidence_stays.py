"""A claim leads to its evidence for as long as its page stands: after the raw looks are pruned, and on a new machine."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from generator import evidence, notebook, remember, run, stores
from generator.copies import continuity, kept, published, tables
from generator.errors import HistoryError
from generator.model import Failure, Observation, Past, Time, Verdict
from generator.siteview import IncidentView
from generator.stores import Store
from tests.cases.telling import BASE

DAY = 86_400
START: Time = 1_779_278_400  # 2026-05-20T12:00:00Z
ROUND = 300
CAUSE = """---
title: Search refuses
confidence: high
scope: [search]
when:
  - {component: shop/search, status: failing}
decides: Ask it again from elsewhere.
---
## What it is
It refuses.
## What it means for you
Nothing is found.
## What you can do
Wait.
"""


class Watch:
    """A run as the command makes it, on one machine, with made-up looks: `broken` says what fails."""

    def __init__(self, root: Path) -> None:
        self.root, self.now, self.broken = root, START, ""
        shutil.copytree(BASE, root, dirs_exist_ok=True)
        official = (
            "    role: subject\n    official: {id: status, kind: official, url: 'http://127.0.0.1:9', "
            "format: statuspage, allow_private: true, interval: 5m}\n"
        )
        config = root / "content" / "status.yml"
        config.write_text(config.read_text().replace("    role: subject\n", official, 1))
        (root / "content" / "causes").mkdir(exist_ok=True)
        (root / "content" / "causes" / "search-refuses.md").write_text(CAUSE)

    @property
    def setting(self) -> run.Setting:
        return run.Setting(self.root, self.root / "site", clock=lambda: float(self.now), env={})

    def round(self, seconds: int = ROUND) -> run.Built:
        """Time passes; everything is looked at once and the site is built: what the command `run` does."""
        self.now += seconds
        setting = self.setting
        config = run.read_config(setting)
        history = run.open_history(setting, config, init=True)
        store = history.store
        try:
            assert not history.delayed
            store.append(self._looks(config), received=self.now)
            past = remember.catch_up(store, config, self.now)
            content = run.read_content(setting, config)
            journal = notebook.diagnosis_journal(store)
            readings = notebook.official_readings(store, config, past, journal, self.now)
            past, files = evidence.at_hand(store, config, past, setting.site, self.now)
            assessment = run.assessed(setting, content, past, journal=journal, readings=readings)
            notebook.remember_journal(store, assessment)
            evidence.keep(store, config, past, assessment.journal, self.now)
            artifacts, copy = continuity.copies(history, setting.site, self.now)
            built = run.build(setting, content, past, assessment=assessment, extra=(*artifacts, *files.artifacts))
            assert copy is not None
            published.noted(store, copy)
            evidence.noted(store, files)
            store.prune(self.now)
        finally:
            store.close()
        return built

    def _looks(self, config: run.Config) -> Iterator[Observation]:
        for region in config.regions:
            for check in (*config.controls, *config.checks):
                yield self._look(Observation(check.id, region.id, self.now - 20, Verdict.OK, latency_ms=90.0))

    def _look(self, look: Observation) -> Observation:
        if look.check == "shop/official/status":
            said = "partial_outage" if self.broken == "everywhere" else "operational"
            return replace(look, facts={"official_status": said, "components": {}})
        if look.check.startswith("shop/search/") and (self.broken == "everywhere" or self.broken == look.region):
            return replace(look, verdict=Verdict.DOWN, failure=Failure.OVERLOADED, detail="wanted 200, got 503")
        return look

    def breaks(self) -> list[str]:
        """An outage that gets worse and ends, told by the page's own status page too: what was broken when."""
        course = [*[""] * 3, *["eu"] * 4, *["everywhere"] * 6, *[""] * 6]
        for self.broken in course:
            self.round()
        return course


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> tuple[Watch, run.Built]:
    """200 days after an outage, pruned again and again; after 60 days the machine was lost and another one took over."""
    watch = Watch(tmp_path_factory.mktemp("watch"))
    watch.breaks()
    for day in range(0, 200, 5):
        if day == 60:
            shutil.rmtree(watch.root / ".history")
        built = watch.round(5 * DAY)
    return watch, built


def _incident(built: run.Built) -> IncidentView:
    (one,) = built.view.incidents
    return one


def _linked(watch: Watch, one: IncidentView) -> list[dict[str, object]]:
    """Every look in the files that the incident's page links to."""
    files = [watch.root / "site" / link.url.lstrip("/") for link in one.evidence]
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def test_raw_history_of_the_outage_is_gone(old: tuple[Watch, run.Built]) -> None:
    """Otherwise the tests below would prove nothing."""
    with_store = stores.open("", root=old[0].root)
    try:
        assert next(iter(with_store.observations(0, START + 20 * ROUND)), None) is None
    finally:
        with_store.close()


def test_the_page_of_an_old_incident_leads_to_every_look_it_rests_on(old: tuple[Watch, run.Built]) -> None:
    watch, built = old
    (incident,) = built.assessment.incidents
    one = _incident(built)
    page = (watch.root / "site" / one.url.lstrip("/") / "index.html").read_text()
    assert all(f'href="{link.url}"' in page or link.url in page for link in one.evidence)
    from generator.text import iso

    there = {(row["check"], row["region"], row["at"]) for row in _linked(watch, one)}
    assert {(check, region, iso(at)) for check, region, at in incident.evidence} <= there


@pytest.mark.parametrize(
    ("check", "verdict", "region", "rounds"),
    [
        pytest.param("shop/search/answer", "down", "eu", 4, id="its-opening-in-one-region"),
        pytest.param("shop/search/answer", "down", "us", 8, id="its-change-to-everywhere"),
        pytest.param("shop/search/answer", "ok", "us", 15, id="its-end"),
        pytest.param("shop/official/status", "ok", "eu", 8, id="the-official-word"),
    ],
)
def test_each_turn_of_the_story_is_among_the_looks(
    old: tuple[Watch, run.Built], check: str, verdict: str, region: str, rounds: int
) -> None:
    """The turn happened at about this round; the look that shows it is there, with what it got."""
    watch, built = old
    times = [
        str(row["at"])
        for row in _linked(watch, _incident(built))
        if (row["check"], row["verdict"], row["region"]) == (check, verdict, region)
    ]
    from generator.text import iso

    around = {iso(START + n * ROUND - 20) for n in (rounds, rounds + 1)}
    assert around & set(times), times


def test_what_was_found_out_outlives_the_machine(old: tuple[Watch, run.Built]) -> None:
    """Diagnosis and official word came back with the published copy."""
    one = _incident(old[1])
    assert any(update.text.startswith("Probable cause: Search refuses") for update in one.updates)
    (said,) = one.official
    assert said.known
    assert said.acknowledged is not None
    assert said.over is not None
    assert said.lead == 4 * ROUND


def test_the_official_word_stands_wherever_an_incident_tells_its_times(old: tuple[Watch, run.Built]) -> None:
    """On the page, in its text twin and in the list of the year."""
    watch, built = old
    one = _incident(built)
    folder = watch.root / "site" / one.url.strip("/")
    (said,) = one.official
    assert "We saw it 20 min earlier." in said.sentence
    for name in ("index.html", "index.md"):
        assert "We saw it 20 min earlier." in (folder / name).read_text()
    (row,) = json.loads((watch.root / "site/api/roadworthy/v1/incidents/2026.json").read_text())["incidents"]
    assert said.acknowledged is not None
    assert said.over is not None
    assert (row["official_acknowledged"], row["official_over"]) == (said.acknowledged.iso, said.over.iso)


def test_what_is_kept_is_bounded(old: tuple[Watch, run.Built]) -> None:
    """A sample of the looks of an outage, however long it ran: not every round of it."""
    watch, _ = old
    store = stores.open("", root=watch.root)
    try:
        assert 10 <= sum(count for count, _ in kept.index(store).values()) <= 80
    finally:
        store.close()


def test_files_that_do_not_change_are_not_made_again(old: tuple[Watch, run.Built]) -> None:
    watch, _ = old
    written = watch.round(DAY).published.written
    assert not [path for path in written if "/evidence/2026-05-20" in path]


def test_an_index_lists_the_old_days_beside_the_new_ones(old: tuple[Watch, run.Built]) -> None:
    watch, built = old
    listed = json.loads((watch.root / "site/api/roadworthy/v1/evidence/index.json").read_text())["days"]
    by_day = {row["date"]: row["observations"] for row in listed}
    assert by_day["2026-05-20"] == len(_linked(watch, _incident(built)))


def test_the_evidence_stays_where_history_cannot_be_read(old: tuple[Watch, run.Built]) -> None:
    """The database is away: what is published of the older days is published again as it lies there."""
    watch, _ = old
    store = stores.open("sqlite:empty.sqlite", root=watch.root)
    try:
        config = run.read_config(watch.setting)
        past, files = evidence.at_hand(store, config, Past(delayed="gone"), watch.root / "site", watch.now)
    finally:
        store.close()
    assert "api/roadworthy/v1/evidence/2026-05-20.jsonl" in [artifact.path for artifact in files.artifacts]
    assert past.kept_days["2026-05-20"] == files.days["2026-05-20"] > 10


def test_what_is_still_believed_for_a_look_of_long_ago_stands_once(old: tuple[Watch, run.Built]) -> None:
    """A standing may rest on a look older than two weeks: its day comes with the view, together with what is kept."""
    watch, _ = old
    store = stores.open("", root=watch.root)
    try:
        config = run.read_config(watch.setting)
        looks = kept.looks(store, "2026-05-20")
        stale = replace(looks[0], check="shop/api/answer")
        past, files = evidence.at_hand(store, config, Past(evidence=(stale,)), watch.root / "site", watch.now)
    finally:
        store.close()
    assert not [artifact.path for artifact in files.artifacts if "2026-05-20" in artifact.path]
    assert {look.key for look in past.evidence} >= {stale.key, *(look.key for look in looks)}


# ---- kept looks ------------------------------------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = stores.open("sqlite:history.sqlite", root=tmp_path)
    yield opened
    opened.close()


def _look(at: Time, region: str = "eu", **more: object) -> Observation:
    return Observation("shop/api/answer", region, at, Verdict.DOWN, Failure.TIMEOUT, **more)  # type: ignore[arg-type]


def test_keeping_twice_is_keeping_once(store: Store) -> None:
    looks = (_look(START), _look(START, "us"), _look(START + DAY))
    assert kept.keep(store, looks) == 3
    before = dict(kept.index(store))
    assert kept.keep(store, reversed(looks)) == 0
    assert dict(kept.index(store)) == before
    assert kept.since(store, "") == looks


def test_what_is_kept_first_stays_as_it_was(store: Store) -> None:
    kept.keep(store, (_look(START, detail="first"),))
    kept.keep(store, (_look(START, detail="second"),))
    assert [look.detail for look in kept.since(store, "")] == ["first"]


def test_kept_looks_are_no_raw_history(store: Store) -> None:
    """The fold never sees them: a few looks of long ago are not a stretch to fold."""
    kept.keep(store, (_look(START),))
    assert list(store.observations(0)) == []
    assert not any(name.startswith("kept/") for name in store.meta())


def test_an_export_carries_kept_looks_and_the_journal(store: Store, tmp_path: Path) -> None:
    kept.keep(store, (_look(START, facts={"status": 503}),))
    store.save(meta={"diagnosis": '[{"sort":"official","outage":"shop-api-20260520T1200Z","acknowledged":5}]'})
    file = tmp_path / "out.jsonl"
    with file.open("w") as out:
        tables.export(store, out)
    other = stores.open("sqlite:other.sqlite", root=tmp_path)
    try:
        with file.open() as source:
            done = tables.import_(other, source, START + DAY)
        assert (done.evidence, done.journal) == (1, 1)
        assert kept.since(other, "") == kept.since(store, "")
        assert notebook.diagnosis_journal(other) == notebook.diagnosis_journal(store)
        with file.open() as source:
            again = tables.import_(other, source, START + DAY)
        assert (again.evidence, again.journal) == (0, 0)
    finally:
        other.close()


@pytest.mark.parametrize("what", ["journal", "evidence"])
def test_a_copy_that_would_lose_what_was_found_out_is_refused(what: str) -> None:
    had = published.Manifest(3, "2026-05", counts={"days": 5, what: 9})
    has = published.Manifest(4, "2026-05", counts={"days": 5, what: 8})
    with pytest.raises(HistoryError, match=f"9 {what}, this one 8"):
        published.guard(has, had)


@pytest.mark.parametrize("broken", ["{", "[]", '{"2026-05-20": 3}'])
def test_an_index_that_cannot_be_read_is_an_error_and_not_an_empty_one(store: Store, broken: str) -> None:
    store.save(meta={kept.INDEX: broken})
    with pytest.raises(HistoryError, match="index of kept looks"):
        kept.index(store)


@pytest.mark.parametrize("broken", ["{", "[1]", '[{"cause":"x"}]'])
def test_a_journal_that_cannot_be_read_is_never_copied_as_none(store: Store, broken: str) -> None:
    store.save(meta={"diagnosis": broken})
    with pytest.raises(HistoryError, match="cannot be read"):
        tables.journal_by_month(store)


def test_a_broken_line_of_the_journal_is_refused_with_its_number(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text('{"kind":"journal","line":{"outage":"x"}}\n')
    with file.open() as source, pytest.raises(HistoryError, match="line 1"):
        tables.import_(store, source, START)
