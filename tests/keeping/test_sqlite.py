"""What is particular to history in one SQLite file: the file itself, its folder, and many processes on one machine."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from generator import stores
from generator.errors import HistoryError, LockedError
from generator.stores import Store
from generator.stores.sqlite import location
from tests.keeping.builders import NOW, observation, round_
from tests.keeping.processes import REPOSITORY, appenders


@pytest.mark.parametrize(
    ("url", "path"),
    [
        pytest.param("", "/r/.history/history.sqlite", id="nothing said"),
        pytest.param("sqlite:", "/r/.history/history.sqlite", id="only the scheme"),
        pytest.param("sqlite:data/h.sqlite", "/r/data/h.sqlite", id="below the root"),
        pytest.param("sqlite://data/h.sqlite", "/r/data/h.sqlite", id="two slashes are still below the root"),
        pytest.param("sqlite:///var/h.sqlite", "/var/h.sqlite", id="three slashes are from the top, as in file:///"),
        pytest.param("sqlite:/var/h.sqlite", "/var/h.sqlite", id="one slash is from the top"),
        pytest.param("sqlite:////h.sqlite", "/h.sqlite", id="four slashes mean the top itself, beyond doubt"),
    ],
)
def test_where_a_url_keeps_history(url: str, path: str) -> None:
    assert str(location(url, Path("/r"))).replace("//", "/") == path


def test_a_file_at_the_top_of_the_disk_must_be_meant() -> None:
    """Other programs read three slashes as a relative file; history at `/` would be lost with its container."""
    with pytest.raises(HistoryError) as caught:
        location("sqlite:///history.sqlite", Path("/r"))
    assert str(caught.value) == (
        "history: sqlite:///history.sqlite is a file at the top of the disk; write sqlite:history.sqlite for one below "
        "the root, or sqlite:////history.sqlite if that is meant"
    )


def test_fifty_processes_at_once_on_a_new_store_lose_and_double_nothing(tmp_path: Path) -> None:
    acknowledged = appenders(50, tmp_path, "", rounds=2, size=3, overlap=True)
    store = stores.open("", root=tmp_path)
    found = list(store.observations(0))
    assert len(acknowledged) == 100
    assert len({o.key for o in found}) == len(found) == 50 * 2 * 3 + 2 * 5
    assert sum(new for _, _, new in acknowledged) == len(found)
    assert store.check() == ()
    store.close()


def test_an_empty_file_is_never_taken_for_an_empty_history(tmp_path: Path) -> None:
    file = tmp_path / ".history" / "history.sqlite"
    file.parent.mkdir()
    file.touch()
    for readonly in (False, True):
        with pytest.raises(
            HistoryError, match=r"history\.sqlite: the file is empty, which history never is; delete it to start anew"
        ):
            stores.open("", root=tmp_path, readonly=readonly)
    assert file.stat().st_size == 0


def test_a_file_that_is_no_database_is_told_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "h.sqlite"
    file.write_bytes(b"<!doctype html><title>502</title>" * 100)
    with pytest.raises(
        HistoryError, match=r"h\.sqlite: file is not a database; keep the file, put the last good copy in its place"
    ):
        stores.open("sqlite:h.sqlite", root=tmp_path)
    assert file.read_bytes().startswith(b"<!doctype")


def test_a_damaged_page_is_found_by_the_check_and_never_read_as_nothing(tmp_path: Path) -> None:
    store = stores.open("", root=tmp_path)
    store.append([o for n in range(40) for o in round_(NOW - 60 * n, 20, 3)], NOW)
    store.close()
    file = tmp_path / ".history" / "history.sqlite"
    body = bytearray(file.read_bytes())
    for page in range(8, len(body) // 4096, 3):
        body[page * 4096 : page * 4096 + 60] = b"\xff" * 60
    file.write_bytes(body)
    damaged = stores.open("", root=tmp_path)
    with pytest.raises(HistoryError, match="malformed"):
        list(damaged.observations(0))
    with pytest.raises(HistoryError, match="malformed; keep the file"):
        damaged.check()
    damaged.close()


def test_a_leftover_of_a_killed_creation_is_cleared_away(tmp_path: Path) -> None:
    folder = tmp_path / ".history"
    folder.mkdir()
    (folder / "history.sqlite.new").write_bytes(b"half")
    (folder / "history.sqlite.new-journal").write_bytes(b"half")
    store = stores.open("", root=tmp_path)
    assert store.append([observation()], NOW) == 1
    store.close()
    assert sorted(p.name for p in folder.iterdir()) == ["history.sqlite", "history.sqlite.lock"]


def test_a_dead_holder_of_the_lock_is_no_holder(tmp_path: Path) -> None:
    """The kernel frees the lock; nobody deletes a file by hand."""
    code = (
        "import sys, time; from pathlib import Path; from generator import stores\n"
        "store = stores.open('', root=Path(sys.argv[1]))\n"
        "with store.lock():\n    print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    store = stores.open("", root=tmp_path)
    with pytest.raises(LockedError, match=rf"process {holder.pid}\)"), store.lock(0.1):
        pass
    holder.kill()
    with store.lock(10):
        pass
    holder.wait()
    holder.stdout.close()
    store.close()


def test_a_run_waits_for_the_lock_as_long_as_it_was_told(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from generator import stores\n"
        "store = stores.open('', root=Path(sys.argv[1]))\n"
        "with store.lock():\n    print('held', flush=True); time.sleep(0.4)\nstore.close()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    holder.stdout.readline()
    store = stores.open("", root=tmp_path)
    with store.lock(30):
        pass
    assert holder.wait(10) == 0
    holder.stdout.close()
    store.close()


def _unprivileged(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python as somebody who may not write what root made; as ourselves if we are not root."""
    words = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if not os.geteuid() else []
    return subprocess.run(
        [*words, sys.executable, "-c", code, *arguments], cwd=REPOSITORY, capture_output=True, text=True, timeout=60
    )


@pytest.fixture
def open_tmp() -> Iterator[Path]:
    """A folder that others may read: pytest's own is closed to them."""
    folder = Path(tempfile.mkdtemp(prefix="rw-readable-"))
    yield folder
    for below in (folder, *folder.rglob("*")):
        below.chmod(0o755)
    shutil.rmtree(folder)


def test_a_read_only_history_can_be_read_and_says_that_it_cannot_be_written(open_tmp: Path) -> None:
    store = stores.open("", root=open_tmp)
    store.append([observation()], NOW)
    store.close()
    folder = open_tmp / ".history"
    for path, mode in ((folder / "history.sqlite", 0o444), (folder, 0o555), (open_tmp, 0o755)):
        path.chmod(mode)
    code = (
        "import sys; from pathlib import Path; from generator import stores; from generator.errors import HistoryError\n"
        "from tests.keeping.builders import NOW, observation\n"
        "root = Path(sys.argv[1])\n"
        "store = stores.open('', root=root, readonly=True)\n"
        "print(len(list(store.observations(0)))); store.close()\n"
        "try:\n    store = stores.open('', root=root); store.append([observation(NOW)], NOW); print('written')\n"
        "except HistoryError as error: print(error)"
    )
    done = _unprivileged(code, str(open_tmp))
    assert done.returncode == 0, done.stderr
    count, refusal = done.stdout.splitlines()
    assert count == "1"
    assert "history.sqlite: " in refusal
    assert "readonly" in refusal or "unable to open" in refusal


def test_what_was_acknowledged_is_there_for_a_reader_while_a_writer_is_in_the_middle(
    sqlite: Store, tmp_path: Path
) -> None:
    sqlite.append([observation(NOW - 600)], NOW)
    writer = sqlite3.connect(tmp_path / ".history" / "history.sqlite", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("DELETE FROM rw_observation")
    reader = stores.open("", root=tmp_path, readonly=True)
    assert len(list(reader.observations(0))) == 1
    writer.execute("ROLLBACK")
    writer.close()
    reader.close()


def test_appending_a_round_does_not_cost_more_with_more_history(sqlite: Store) -> None:
    """The pages a round touches are counted, not its time: rows of one round lie at one end of the table."""
    sqlite.append([o for n in range(100) for o in round_(NOW - 60 * n, 40, 3)], NOW)
    plan = sqlite._db.query("EXPLAIN QUERY PLAN SELECT * FROM rw_observation WHERE at >= ? AND at < ?", (0, 1))
    assert "PRIMARY KEY (at>? AND at<?)" in plan[0][3]
    before = sqlite._db.query("PRAGMA page_count")[0][0]
    sqlite.append(round_(NOW, 40, 3), NOW)
    assert sqlite._db.query("PRAGMA page_count")[0][0] - before < 12


@pytest.mark.slow
def test_two_hundred_checks_in_six_regions_are_kept_within_a_small_file(sqlite: Store, tmp_path: Path) -> None:
    start = time.perf_counter()
    for n in range(50):
        sqlite.append(round_(NOW - 300 * n, 200, 6, latency_ms=123.456, engine="local"), NOW)
    seconds = time.perf_counter() - start
    size = (tmp_path / ".history" / "history.sqlite").stat().st_size
    print(f"\n60,000 observations: {size / 60_000:.0f} bytes each, {seconds / 50 * 1000:.0f} ms a round of 1,200")
    assert size < 60_000 * 100
