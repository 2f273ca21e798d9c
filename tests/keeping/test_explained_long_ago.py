"""`explain --at` of a time whose raw looks are gone: what is kept for ever, and never that nothing was heard."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from generator import cli, stores
from tests.keeping.test_evidence_stays import DAY, ROUND, START, Watch

FAILING = START + 10 * ROUND
"""The outage is everywhere then."""


@pytest.fixture(scope="module")
def watch(tmp_path_factory: pytest.TempPathFactory) -> Watch:
    """23 days after an outage that was published."""
    watched = Watch(tmp_path_factory.mktemp("watch"))
    watched.breaks()
    for _ in range(23):
        watched.round(DAY)
    return watched


def said(watch: Watch, at: int, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    when = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert cli.main(["explain", "shop/search", "--root", str(watch.root), "--at", when, *words]) == 0
    return capsys.readouterr().out


def test_an_outage_before_raw_history_is_told_from_what_is_kept(
    watch: Watch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = said(watch, FAILING, capsys)
    assert "shop/search: Search, as believed at 20 May 2026, 12:50 UTC" in text
    assert "raw history reaches back to 29 May 2026" in text
    assert "over all regions: major_outage since 20 May 2026" in text
    assert "outage shop-search-" in text
    assert "wanted 200, got 503" in text, "the looks it rests on"
    assert "nothing was ever" not in text
    assert "no_evidence" not in text


def test_a_region_is_told_alone_long_ago_too(watch: Watch, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(watch, FAILING, capsys, "--region", "eu")
    assert "\neu\n" in text
    assert "\nus\n" not in text


def test_before_the_first_look_it_still_says_that_nothing_was_measured(
    watch: Watch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "raw history" not in said(watch, START - DAY, capsys)


def test_what_raw_history_reaches_is_told_look_by_look(watch: Watch, capsys: pytest.CaptureFixture[str]) -> None:
    assert "raw history" not in said(watch, watch.now, capsys)


def test_a_history_of_which_all_raw_looks_are_gone_tells_what_is_kept(
    watch: Watch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alone = Watch(tmp_path)
    shutil.copytree(watch.root / ".history", tmp_path / ".history")
    store = stores.open("", root=tmp_path)
    store._db.query("DELETE FROM rw_observation")
    store.close()
    text = said(alone, FAILING, capsys)
    assert "raw history is empty" in text
    assert "over all regions: major_outage" in text
