"""History goes on whatever happened to it: a copy that cannot be read, a store that lost something, a part that broke."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from generator import remember, run, stores
from generator.copies import continuity, published
from generator.model import Config, Failure, Observation, Past, Time, Verdict
from generator.publish import publish
from tests.cases.telling import BASE
from tests.keeping.sites import tree
from tests.keeping.test_published import Web, everything, fetch, says

START: Time = 1_779_278_400  # 2026-05-20T12:00:00Z
STEP = 300
BEFORE, AWAY, AFTER = 20, 7, 4
"""Rounds before a machine is lost, rounds of the next one while the copy cannot be had, and rounds afterwards."""


@dataclass
class Told:
    """What a round left behind: the sentence for visitors, what is believed, the whole of the store."""

    delayed: str
    past: Past
    store: tuple


class Machine:
    """What a run does to history, on one disk, with made-up looks: search fails in the rounds that `broken` names."""

    def __init__(self, root: Path, history_url: str = "", url: str = "") -> None:
        self.root, self.site, self.url = root, root / "site", url
        shutil.copytree(BASE, root, dirs_exist_ok=True)
        setting = run.Setting(root, self.site, clock=lambda: float(START), env={})
        config = run.read_config(setting)
        self.config: Config = replace(config, extra={**config.extra, "data": {"history_url": history_url}})

    def round(self, number: int, *, init: bool = False, broken: range = range(0)) -> Told:
        now = START + number * STEP
        history = continuity.open_history(self.url, self.config, root=self.root, site=self.site, now=now, init=init)
        try:
            history.store.append(list(self._looks(now, number in broken)), received=now)
            past = remember.catch_up(history.store, self.config, now)
            artifacts, copy = continuity.copies(history, self.site, now)
            publish(artifacts, self.site)
            if copy:
                published.noted(history.store, copy)
            return Told(history.delayed, past, everything(history.store))
        finally:
            history.store.close()

    def rounds(self, numbers: range, *, broken: range = range(0)) -> Told:
        for number in numbers:
            told = self.round(number, broken=broken)
        return told

    def _looks(self, now: Time, broken: bool) -> Iterator[Observation]:
        for region in self.config.regions:
            for check in (*self.config.controls, *self.config.checks):
                look = Observation(check.id, region.id, now - 20, Verdict.OK, latency_ms=90.0)
                fails = broken and check.id.startswith("shop/search/")
                yield replace(look, verdict=Verdict.DOWN, failure=Failure.OVERLOADED) if fails else look

    @property
    def copy(self) -> dict[str, bytes]:
        folder = self.site / published.PREFIX
        return tree(folder) if folder.is_dir() else {}

    def loses_history(self) -> None:
        shutil.rmtree(self.root / ".history")


LONG_AGO, LATELY, RUNNING = range(5, 12), range(BEFORE + 1, BEFORE + 5), range(BEFORE - 3, BEFORE + 5)
BEGAN = START + LONG_AGO[0] * STEP - 20


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Web]:
    """The page of a machine that was lost after 20 rounds, with an outage long ago."""
    first = Machine(tmp_path / "first")
    first.rounds(range(BEFORE), broken=LONG_AGO)
    server = Web(first.site)
    monkeypatch.setattr(published, "over_the_web", fetch)
    yield server
    server.close()


def test_a_copy_that_could_not_be_read_once_is_asked_for_until_it_is_there(
    web: Web, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    second = Machine(tmp_path / "second", web.url)
    web.instead[published.MANIFEST] = says(503, b"")
    for number in range(BEFORE, BEFORE + AWAY):
        caplog.clear()
        told = second.round(number)
        assert told.delayed == continuity.UNREAD
        assert told.past.outages == ()
        assert second.copy == {}, "never a copy that knows less than the published one"
        assert f"{web.url}: {published.MANIFEST} could not be read: the answer was 503" in caplog.text
    web.instead.clear()
    told = second.round(BEFORE + AWAY)
    assert told.delayed == ""
    assert [outage.started for outage in told.past.outages] == [BEGAN]
    assert second.copy


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(range(0), id="nothing failed"),
        pytest.param(LATELY, id="an outage came and went meanwhile"),
        pytest.param(RUNNING, id="an outage ran when the machine was lost"),
    ],
)
def test_what_was_measured_while_the_copy_could_not_be_had_is_counted_as_if_it_always_could(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, broken: range
) -> None:
    monkeypatch.setattr(published, "over_the_web", fetch)
    end = BEFORE + AWAY + AFTER
    first, always = Machine(tmp_path / "first"), Machine(tmp_path / "always")
    first.rounds(range(BEFORE), broken=broken)
    expected = always.rounds(range(end), broken=broken)
    web = Web(first.site)
    try:
        second = Machine(tmp_path / "second", web.url)
        web.instead[published.MANIFEST] = says(503, b"")
        second.rounds(range(BEFORE, BEFORE + AWAY), broken=broken)
        web.instead.clear()
        told = second.rounds(range(BEFORE + AWAY, end), broken=broken)
    finally:
        web.close()
    looks, spans, outages, days, hours = told.store
    assert looks == expected.store[0]
    assert spans == expected.store[1]
    assert [o for o in outages if o.ended != o.started] == list(expected.store[2]), "what began too late has no length"
    assert (days, hours) == expected.store[3:]
    assert told.past.standings == expected.past.standings


def test_only_a_first_run_may_find_nothing_published_whatever_was_measured_already(web: Web, tmp_path: Path) -> None:
    new = Machine(tmp_path / "new", web.url)
    web.instead[published.MANIFEST] = says(404, b"")
    assert new.round(0).delayed == continuity.UNREAD
    assert new.round(1).delayed == continuity.UNREAD
    assert new.round(2, init=True).delayed == ""
    assert new.round(3).delayed == ""


PARTS = ["outages/2026-05.jsonl", "days/2026-05-20.jsonl", "spans/2026-05.jsonl", "recent/2026-05-20T12.jsonl"]


@pytest.mark.parametrize("part", PARTS)
def test_of_a_damaged_copy_all_whole_parts_are_kept_and_the_other_one_is_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, part: str
) -> None:
    machine = Machine(tmp_path)
    before = machine.rounds(range(BEFORE), broken=LONG_AGO)
    file = machine.site / published.PREFIX / part
    whole = file.read_bytes()
    file.write_bytes(whole + b"{}\n")
    damaged = machine.copy
    machine.loses_history()
    told = machine.round(BEFORE)
    assert told.delayed == continuity.UNREAD
    assert f"{part} is not what the manifest says" in caplog.text
    assert machine.copy == damaged, "the published copy stays as it is"
    assert len(told.store[0]) > (len(before.store[0]) - 12 * 20 if part.startswith("recent") else len(before.store[0]))
    file.write_bytes(whole)
    told = machine.round(BEFORE + 1)
    assert told.delayed == ""
    assert told.store[2] == before.store[2]
    assert machine.copy != damaged


def test_a_part_that_cannot_be_fetched_leaves_the_copy_on_the_site_as_it_was_read(web: Web, tmp_path: Path) -> None:
    """A machine without a disk uploads its site: what it read of the copy must be there again."""
    second = Machine(tmp_path / "second", web.url)
    lost = published.PREFIX + PARTS[0]
    web.instead[lost] = says(502, b"")
    assert second.round(BEFORE).delayed == continuity.UNREAD
    first = tree(tmp_path / "first" / "site" / published.PREFIX)
    assert second.copy == {path: body for path, body in first.items() if path != PARTS[0]}
    web.instead.clear()
    told = second.round(BEFORE + 1)
    assert told.delayed == ""
    assert [outage.started for outage in told.past.outages] == [BEGAN]


def test_a_store_that_was_put_back_to_an_older_copy_learns_the_rest_from_the_site(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.rounds(range(3))
    shutil.copytree(tmp_path / ".history", tmp_path / "backup")
    machine.rounds(range(3, BEFORE), broken=LONG_AGO)
    machine.loses_history()
    shutil.copytree(tmp_path / "backup", tmp_path / ".history")
    told = machine.round(BEFORE)
    assert told.delayed == ""
    assert [outage.started for outage in told.past.outages] == [BEGAN]


def test_a_store_that_lost_days_for_good_never_replaces_the_copy_that_has_them(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The run goes on and says so; it neither publishes a smaller copy nor stops publishing the page."""
    machine = Machine(tmp_path)
    machine.rounds(range(BEFORE), broken=LONG_AGO)
    (machine.site / published.PREFIX / PARTS[0]).unlink()
    store = stores.open("", root=tmp_path)
    store._db.query("DELETE FROM rw_outage")
    store._db.query("UPDATE rw_revision SET revision = revision + 1")
    store.close()
    copy = machine.copy
    for number in range(BEFORE, BEFORE + 3):
        assert machine.round(number).delayed == continuity.UNREAD
        assert machine.copy == copy
    assert "history is missing: the published copy holds 1 outages, this one 0; bring it back" in caplog.text


@pytest.mark.parametrize("url", ["postgres://someone:s3cret@127.0.0.1:9/private-name", "sqlite:private-name/h.sqlite"])
def test_visitors_are_told_that_history_is_away_and_not_where_it_is_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, url: str
) -> None:
    (tmp_path / "private-name").write_text("a file, no folder")
    machine = Machine(tmp_path)
    with caplog.at_level(logging.WARNING):
        history = continuity.open_history(url, machine.config, root=tmp_path, site=machine.site, now=START)
    history.store.close()
    assert history.delayed == continuity.AWAY
    assert not history.trusted
    assert "private-name" in caplog.text
    assert "s3cret" not in caplog.text
