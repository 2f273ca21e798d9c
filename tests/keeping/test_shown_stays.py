"""What was published is known on every machine that has history, so that a deleted note is missed everywhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from generator import stores
from generator.copies import branch, published, tables
from generator.errors import HistoryError
from generator.incidents.published import KEY, WHEN, Register, Shown, Written, from_meta, to_meta
from generator.model import Impact, Watched
from generator.publish import publish
from generator.stores import Store
from tests.keeping.builders import NOW

WRITTEN = (
    Written("20261123T0542Z", "investigating", "0a1b2c3d4e5f"),
    Written("20261123T0550Z", "identified", "", True),
)
A = Shown(
    "incident", Impact.MAJOR, NOW - 900, ("civitai/search",), ("eu-west",), None, ("renamed",), "5e4d3c2b1a0f", WRITTEN
)
B = Shown("maintenance", Impact.MAINTENANCE, NOW, ("civitai/cdn",), (), NOW - 300)
PARTS = {"civitai/search": Watched("Search", "Civitai", NOW - 900), "eu-west": Watched("Western Europe")}
REGISTER = Register(NOW - 300, {"a": A, "b": B}, PARTS)


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Store]:
    opened = stores.open("sqlite:other.sqlite", root=tmp_path)
    yield opened
    opened.close()


def test_it_comes_back_with_the_copy_on_the_site(store: Store, other: Store, tmp_path: Path) -> None:
    store.save(meta=to_meta(REGISTER), checkpoint=(NOW, {}))
    copy = published.copy_of(store, None, NOW)
    publish(copy.artifacts, tmp_path / "site")
    published.restore(other, tmp_path / "site", None, NOW)
    assert from_meta(other.meta()) == REGISTER


def test_a_run_without_news_changes_only_the_moment_in_the_copy(sqlite: Store) -> None:
    """Two thousand incidents are not published again every five minutes."""
    sqlite.save(meta=to_meta(REGISTER))
    before = {part.path: part.sha256 for part in published.copy_of(sqlite, None, NOW).manifest.parts}
    sqlite.save(meta={WHEN: str(NOW)})
    after = {part.path: part.sha256 for part in published.copy_of(sqlite, None, NOW).manifest.parts}
    changed = [path for path in after if before[path] != after[path]]
    assert changed == [published.PREFIX + "shown/until.jsonl"]


def test_an_export_carries_it_and_an_import_adds_to_what_is_known(store: Store, other: Store, tmp_path: Path) -> None:
    newer = Register(
        NOW, {"b": Shown("maintenance", Impact.MAINTENANCE, NOW), "c": A}, {"eu-west": Watched("Europe", "", NOW)}
    )
    store.save(meta=to_meta(REGISTER))
    other.save(meta=to_meta(newer))
    file = tmp_path / "out.jsonl"
    with file.open("w") as out:
        tables.export(store, out)
    for _ in range(2):
        with file.open() as source:
            tables.import_(other, source, NOW)
        assert from_meta(other.meta()) == Register(NOW, {"a": A, **newer.incidents}, {**PARTS, **newer.watched})


def test_the_branch_holds_it_and_unites_what_two_machines_know(sqlite: Store, other: Store) -> None:
    sqlite.save(meta=to_meta(REGISTER))
    written = branch.written(sqlite)["history/shown.jsonl"].decode()
    assert '"id":"a"' in written
    assert '"id":"b"' in written
    tables.import_(other, iter(written.splitlines(keepends=True)), NOW)  # type: ignore[arg-type]
    assert from_meta(branch.united(other.meta(), sqlite.meta())) == REGISTER


def test_before_the_first_run_no_copy_speaks_of_it(sqlite: Store) -> None:
    assert [part.path for part in published.copy_of(sqlite, None, NOW).manifest.parts] == []
    assert not any(name.startswith("history/shown") for name in branch.written(sqlite))


@pytest.mark.parametrize(
    "line",
    [
        '{"kind":"shown"}',
        '{"kind":"shown","id":"a"}',
        '{"kind":"shown","id":"","row":["incident","major",1,[],[],null]}',
        '{"kind":"shown","id":"a","row":["incident","huge",1,[],[],null]}',
        '{"kind":"shown","id":"a","row":[1]}',
        '{"kind":"shown","at":"noon"}',
        '{"kind":"shown","part":"eu-west"}',
        '{"kind":"shown","part":"eu-west","row":["Western Europe"]}',
    ],
)
def test_a_broken_record_is_refused_with_its_line(sqlite: Store, line: str) -> None:
    with pytest.raises(HistoryError, match="line 1: shown"):
        tables.import_(sqlite, iter([line + "\n"]), NOW)  # type: ignore[arg-type]
    assert sqlite.meta().get(KEY) is None


def test_a_register_that_cannot_be_read_is_no_empty_one(sqlite: Store) -> None:
    sqlite.save(meta={KEY: "[", WHEN: "1"})
    with pytest.raises(HistoryError, match="record of published incidents cannot be read"):
        published.copy_of(sqlite, None, NOW)


def test_what_cannot_be_read_is_told_and_comes_back_with_a_copy(store: Store, other: Store) -> None:
    line = {"outage": "x-20261123T0500Z", "at": NOW, "cause": "c", "title": "C", "confidence": "low", "sentence": "s"}
    store.save(meta={**to_meta(REGISTER), "diagnosis": json.dumps([line])})
    whole = list(tables.everything(store))
    other.save(meta={KEY: "[", WHEN: "1", "diagnosis": "{", "kept": "["})
    assert len(list(tables.unreadable(other))) == 3
    tables.add(other, whole, NOW, tables.Imported(), folded=True, until=None)
    assert from_meta(other.meta()) == REGISTER
    (fault,) = tables.unreadable(other)
    assert "the index of kept looks cannot be read" in fault
