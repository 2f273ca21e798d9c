"""What was computed before is used again, and never in the place of something else."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generator import cache, config, notes, parallel
from generator.errors import ContentError
from generator.model import Note, Update
from generator.notes import cache as note_cache
from tests.bench.content import NOW, name, note, write_root

HOUR = 3600


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_root(tmp_path / "root", 5)


def load(root: Path, now: int = NOW, memory: cache.Cache | None = None) -> notes.Notes:
    return notes.load(root, config.load(root / config.FILE, env={}), now, memory=memory)


def through(root: Path, now: int = NOW) -> notes.Notes:
    with cache.Cache(root / cache.FOLDER) as memory:
        assert memory.works
        return load(root, now, memory)


def outcome(read: Callable[[Path, int], notes.Notes], root: Path, now: int) -> notes.Notes | tuple[object, ...]:
    """What a reading gives, or what it says is wrong."""
    try:
        return read(root, now)
    except ContentError as error:
        return error.problems


def rows(root: Path) -> int:
    with sqlite3.connect(root / cache.FOLDER / cache.FILE) as connection:
        return int(connection.execute("SELECT COUNT(*) FROM entry").fetchone()[0])


def test_a_kept_note_is_the_note_that_was_read(root: Path) -> None:
    clean = load(root)
    assert through(root) == clean
    assert rows(root) == 5
    assert through(root) == clean
    assert repr(through(root)) == repr(clean)


def test_one_edit_reads_one_note(root: Path) -> None:
    through(root)
    (root / "content" / "incidents" / f"{name(3, 5)}.md").write_text(note(3, 5, word="mended"))
    assert through(root) == load(root)
    assert rows(root) == 6


EDITS = st.lists(
    st.tuples(
        st.integers(0, 4),
        st.sampled_from(["mended", "- a list", "<b>bold</b>", "[a link](/x)", "é\u2028ü", "impact: none", ""]),
        st.integers(-6, 6),
    ),
    max_size=4,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(EDITS)
def test_whatever_the_edits_and_the_clock_the_cache_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, edits: list[tuple[int, str, int]]
) -> None:
    """After any edits, at any time before or after, notes from the cache are the notes of a clean reading."""
    root = write_root(tmp_path_factory.mktemp("edits") / "root", 5)
    for which, word, hours in edits:
        path = root / "content" / "incidents" / f"{name(which, 5)}.md"
        path.write_text(note(which, 5, word=word))
        now = NOW - 3 * 86400 + hours * 8 * HOUR
        assert outcome(through, root, now) == outcome(load, root, now)


def test_a_note_kept_at_one_time_is_not_used_before_what_it_says_was_true(root: Path) -> None:
    """The clock may be set back (`--now`): an update of the future is a warning again."""
    through(root)
    early = NOW - 2 * 86400 - 600
    assert through(root, early) == load(root, early)
    assert any(problem.rule == "future" for problem in through(root, early).problems)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("title: 5\nkind: sauce\n", id="an error is told each time"),
        pytest.param("title: Open\nimpact: major\ncomponents: [shop/part-01]\nstarted: 2026-01-01T00:00:00Z\n", id="an open incident ages"),
        pytest.param("title: Draft\ndraft: true\nimpact: major\nstarted: 2026-01-01T00:00:00Z\n", id="a draft"),
    ],
)  # fmt: skip
def test_what_does_not_last_is_not_kept(root: Path, change: str) -> None:
    path = root / "content" / "incidents" / "2026-01-01-other.md"
    path.write_text(f"---\n{change}---\n")
    names = notes.Names.of(config.load(root / config.FILE, env={}), ())
    with cache.Cache(root / cache.FOLDER) as memory:
        notes.read(root, names, NOW, memory)
    assert rows(root) == 5


def test_another_configuration_is_another_key(root: Path) -> None:
    """A component that is gone makes its notes wrong, whatever was read before."""
    through(root)
    value = json.loads((root / config.FILE).read_text())
    value["platforms"][0]["components"].pop(0)
    (root / config.FILE).write_text(json.dumps(value))
    with pytest.raises(ContentError, match="part-00"):
        through(root)


@pytest.mark.parametrize(
    "harm", [b"", b"no database at all", b"SQLite format 3\x00" + b"\x00" * 4096], ids=["empty", "text", "torn"]
)
def test_a_broken_cache_is_no_cache(root: Path, harm: bytes) -> None:
    clean = through(root)
    (root / cache.FOLDER / cache.FILE).write_bytes(harm)
    assert through(root) == clean
    assert through(root) == clean


def test_a_changed_value_is_a_miss(root: Path) -> None:
    """Whoever writes into the file cannot put words into a note."""
    clean = through(root)
    with sqlite3.connect(root / cache.FOLDER / cache.FILE) as connection:
        connection.execute("UPDATE entry SET value = CAST(REPLACE(CAST(value AS TEXT), 'major', 'minor') AS BLOB)")
    assert through(root) == clean


def test_an_entry_moved_to_another_name_is_a_miss(tmp_path: Path) -> None:
    with cache.Cache(tmp_path) as memory:
        memory.put("a", b"one", b"1")
    with sqlite3.connect(tmp_path / cache.FILE) as connection:
        connection.execute("UPDATE entry SET key = ?", (b"two",))
    with cache.Cache(tmp_path) as memory:
        assert memory.get("a", b"two") is None


def test_the_cache_is_bounded_and_the_oldest_go(tmp_path: Path) -> None:
    for n in range(40):
        with cache.Cache(tmp_path, most_bytes=10_000) as memory:
            memory.put("a", b"%d" % n, bytes(1000))
    with cache.Cache(tmp_path, most_bytes=10_000) as memory:
        kept = [n for n in range(40) if memory.get("a", b"%d" % n) is not None]
    assert 5 <= len(kept) <= 10
    assert kept == list(range(40 - len(kept), 40))


def test_what_is_asked_for_stays_when_the_oldest_go(tmp_path: Path) -> None:
    """Notes are read once and asked for in each build; what was found in a page of an hour ago is never asked for."""
    for n in range(40):
        with cache.Cache(tmp_path, most_bytes=10_000) as memory:
            assert n < 2 or memory.get("a", b"0") is not None
            memory.put("a", b"%d" % n, bytes(1000))


def test_a_folder_that_cannot_be_written_means_no_cache(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with cache.Cache(tmp_path / "file") as memory:
        memory.put("a", b"k", b"v")
        assert memory.get("a", b"k") is None


def test_it_can_be_switched_off(tmp_path: Path) -> None:
    assert not cache.Cache.below(tmp_path, {cache.SWITCH: "off"}).works
    assert not (tmp_path / ".cache").exists()


def test_every_field_of_a_note_goes_through(root: Path) -> None:
    """Each field is given a value of its own; a field that the model gains later fails here until it is kept, too."""
    one = load(root).notes[0]
    full = replace(
        one, regions=("here",), links=("https://example.org/",), outages=("auto-1",), windows=((1, 2), (3, 4)), lang="de",
        cause="c", next_update=7, publish_at=8, pinned=True, stale_version=True, ended=9, body="b", html="<p>b</p>",
        updates=(replace(one.updates[0], edited=5, components={"shop/part-01": "major_outage"}),),
    )  # fmt: skip
    assert note_cache.unpack(note_cache.pack(full), NOW) == full
    assert {f.name for f in fields(Note)} == set(note_cache._NOTE)
    assert {f.name for f in fields(Update)} == set(note_cache._UPDATE)


@pytest.mark.parametrize("count", [0, 1, 7, 400])
def test_work_in_processes_comes_back_in_order(count: int) -> None:
    assert parallel.spread(lambda n: b"%d" % n, range(count), least=2) == [b"%d" % n for n in range(count)]


def test_heavy_work_is_shared_out_by_its_weight_and_comes_back_in_order() -> None:
    weights = [90, 1, 2, 80, 5, 5, 70, 60]
    assert parallel.spread(lambda n: b"%d" % n, weights, least=2, weigh=lambda n: n) == [b"%d" % n for n in weights]
    loads = [sum(weights[n] for n in share) for share in parallel._shares(weights, 2)]
    assert abs(loads[0] - loads[1]) < 10


def test_a_child_that_dies_is_done_again_here() -> None:
    import os

    parent = os.getpid()

    def work(n: int) -> bytes:
        if os.getpid() != parent:
            os._exit(3)
        return b"%d" % n

    assert parallel.spread(work, range(300), least=2) == [b"%d" % n for n in range(300)]


def test_an_error_of_the_work_is_raised_here() -> None:
    def work(n: int) -> bytes:
        raise LookupError(n)

    with pytest.raises(LookupError):
        parallel.spread(work, range(300), least=2)


def test_work_that_is_begun_apart_comes_back_in_order_or_not_at_all() -> None:
    import os

    parent = os.getpid()

    def work(n: int) -> bytes:
        if n == 5:
            os._exit(3)
        return b"%d" % n if os.getpid() != parent else b"here"

    found = parallel.apart(work, range(40), least=2)()
    assert parallel.apart(work, [], least=2)() == []
    assert len(found) == 40
    assert found[5] is None
    assert {raw for raw in found if raw is not None} <= {b"%d" % n for n in range(40)}


def test_among_many_notes_new_ones_of_every_kind_are_read_as_alone(tmp_path: Path) -> None:
    """Beside the others only what has nothing to say for itself: the rest is read here, with its warnings and errors."""
    root = write_root(tmp_path / "root", notes.MANY)
    through(root)
    for n, change in enumerate(CHANGES):
        path = root / "content" / "incidents" / f"{name(n, notes.MANY)}.md"
        path.write_text(change(path.read_text()))
    for _ in range(2):
        assert through(root) == load(root)
    path.write_text(path.read_text() + "See [nothing](/components/shop/nothing/).")
    for _ in range(2):
        found = outcome(through, root, NOW)
        assert found == outcome(load, root, NOW)
        assert not isinstance(found, notes.Notes)


CHANGES: tuple[Callable[[str], str], ...] = (
    lambda text: text.replace("incident", "words", 1),
    lambda text: text.replace("---\n", "---\ndraft: true\n", 1),
    lambda text: text.replace("status: resolved", "status: monitoring"),
    lambda text: text.replace("impact: major", "impact: major\npinned: true"),
)


def test_many_notes_are_read_the_same_by_several_processes(tmp_path: Path) -> None:
    root = write_root(tmp_path / "root", 2 * parallel.LEAST)
    assert through(root) == load(root)
