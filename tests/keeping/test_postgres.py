"""What is particular to history in PostgreSQL: several writers, a server that is gone, a password in the address."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from generator import stores
from generator.copies import continuity
from generator.errors import HistoryError
from generator.stores import postgres as postgres_store
from tests.keeping import postgres_server
from tests.keeping.builders import NOW, observation, round_, span
from tests.keeping.processes import REPOSITORY, appenders
from tests.keeping.test_continuity import START, Machine


def test_eight_writers_at_once_on_a_new_database_lose_and_double_nothing(postgres_url: str, tmp_path: Path) -> None:
    """They make the tables together, and write the same shared rows in different orders."""
    acknowledged = appenders(8, tmp_path, postgres_url, rounds=20, size=30, overlap=True)
    store = stores.open(postgres_url, root=tmp_path)
    found = list(store.observations(0))
    assert len(acknowledged) == 160
    assert len({o.key for o in found}) == len(found) == 8 * 20 * 30 + 20 * 5
    assert sum(new for _, _, new in acknowledged) == len(found)
    assert store.check() == ()
    store.close()


def test_a_reader_who_saw_a_mark_saw_every_delivery_before_it(postgres_url: str, tmp_path: Path) -> None:
    """While eight write, a reader follows the marks: what it finds step by step is everything, each once."""
    stores.open(postgres_url, root=tmp_path).close()
    words = [sys.executable, "-m", "tests.keeping.append_worker", str(tmp_path), postgres_url]
    workers = [
        subprocess.Popen([*words, f"w{n}", "15", "4", "0"], cwd=REPOSITORY, stdout=subprocess.DEVNULL) for n in range(8)
    ]
    reader = stores.open(postgres_url, root=tmp_path)
    mark, seen, running = 0, set[tuple[str, str, int]](), True
    while running:
        running = any(worker.poll() is None for worker in workers)
        mark, oldest = reader.received_since(mark)
        if oldest is not None:
            seen |= {o.key for o in reader.observations(oldest)}
    assert [worker.returncode for worker in workers] == [0] * 8
    assert len(seen) == 8 * 15 * 4
    reader.close()


def test_two_that_fold_at_once_leave_the_belief_of_one_of_them(postgres_url: str, tmp_path: Path) -> None:
    """Each replaces what begins since its checkpoint: the second must see what the first put there."""
    together = threading.Barrier(2)

    def fold(shift: int) -> None:
        with closing(stores.open(postgres_url, root=tmp_path)) as store:
            for n in range(20):
                together.wait()
                starts = range(shift + n, 2000, 50)
                spans = [span(at, at + 50) for at in starts]
                store.save(spans=spans, spans_from=0)
                together.wait()
                found.append(store.check())

    found: list[tuple[str, ...]] = []
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(fold, (0, 25)))
    assert set(found) == {()}


def test_a_server_that_is_gone_is_told_without_the_password(tmp_path: Path) -> None:
    url = "postgres://tester:s3cr3t-word@127.0.0.1:9/history"
    with pytest.raises(HistoryError, match=r"^postgres://127\.0\.0\.1:9/history: ") as caught:
        stores.open(url, root=tmp_path)
    assert "s3cr3t-word" not in str(caught.value)
    assert "refused" in str(caught.value)


def test_a_wrong_password_is_told_without_either(postgres: str, tmp_path: Path) -> None:
    wrong = postgres.replace("pass-word%271", "wrong-word")
    with pytest.raises(HistoryError, match="password authentication failed") as caught:
        stores.open(wrong + "postgres", root=tmp_path)
    assert "wrong-word" not in str(caught.value)


def test_a_server_that_dies_under_an_open_history_is_an_error_and_nothing_is_lost(tmp_path: Path) -> None:
    with postgres_server.server() as url:
        store = stores.open(url + "postgres", root=tmp_path)
        store.append(round_(NOW - 60), NOW)
        other = stores.open(url + "postgres", root=tmp_path)
        store._db.query("SELECT 1")
        assert len(list(other.observations(0))) == 12
        other.close()
    with pytest.raises(HistoryError, match="postgres://127"):
        store.append([observation()], NOW)
    with pytest.raises(HistoryError, match="postgres://127"):
        list(store.observations(0))
    store.close()


def test_both_ways_to_write_the_scheme_are_one_store(postgres_url: str, tmp_path: Path) -> None:
    first = stores.open(postgres_url, root=tmp_path)
    first.append([observation()], NOW)
    second = stores.open(postgres_url.replace("postgres://", "postgresql://"), root=tmp_path)
    assert len(list(second.observations(0))) == 1
    first.close()
    second.close()


# ---- a server that is there and does not answer ----------------------------------------------------------------------


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, limit in (("LOCK_MS", 300), ("STATEMENT_MS", 600), ("SILENCE_SECONDS", 1.0), ("CONNECT_SECONDS", 2)):
        monkeypatch.setattr(postgres_store, name, limit)


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Somebody holds the table of observations, as a migration or a forgotten session does."""
    import psycopg

    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE rw_observation IN ACCESS EXCLUSIVE MODE")
        yield
        other.rollback()


@contextmanager
def frozen(processes: list[int]) -> Iterator[None]:
    """The processes live and keep their connections, and do nothing."""
    try:
        for process in processes:
            os.kill(process, signal.SIGSTOP)
        yield
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)


def backend(store: stores.Store) -> int:
    return store._db.query("SELECT pg_backend_pid()")[0][0]


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("held", ["a locked table", "a frozen server"])
def test_a_server_that_does_not_answer_is_an_error_in_time_and_history_works_again_afterwards(
    postgres_url: str, tmp_path: Path, held: str
) -> None:
    store = stores.open(postgres_url, root=tmp_path)
    store.append(round_(NOW - 60), NOW)
    begun = time.monotonic()
    with locked(postgres_url) if held == "a locked table" else frozen([backend(store)]):
        with pytest.raises(HistoryError, match="lock timeout" if held == "a locked table" else "was silent for 1 s"):
            list(store.observations(0))
        with pytest.raises(HistoryError, match="postgres://127"):
            store.append([observation()], NOW)
        # A contract, not a measurement: without a limit this waits for ever.
        assert time.monotonic() - begun < 30
    store.close()
    again = stores.open(postgres_url, root=tmp_path)
    assert len(list(again.observations(0))) == 12
    again.close()


@pytest.mark.usefixtures("hasty")
def test_a_statement_that_takes_too_long_is_ended_by_the_server(postgres_url: str, tmp_path: Path) -> None:
    store = stores.open(postgres_url, root=tmp_path)
    with pytest.raises(HistoryError, match="statement timeout"):
        store._db.query("SELECT pg_sleep(20)")
    assert store.check() == ()
    store.close()


@pytest.mark.usefixtures("hasty")
def test_while_a_server_does_not_answer_the_last_copy_is_used_and_what_was_seen_arrives_later(
    postgres_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    machine = Machine(tmp_path, url=postgres_url)
    before = machine.rounds(range(6), broken=range(1, 6))
    copy = machine.copy
    with locked(postgres_url):
        told = machine.round(6, broken=range(7))
    assert told.delayed == continuity.AWAY
    assert "lock timeout" in caplog.text
    assert [o.id for o in told.past.outages] == [o.id for o in before.past.outages] != []
    assert machine.copy == copy
    told = machine.round(7)
    assert told.delayed == ""
    assert START + 6 * 300 - 20 in {look.at for look in told.store[0]}


@pytest.mark.usefixtures("hasty")
def test_a_server_that_takes_connections_and_says_nothing_is_away(tmp_path: Path) -> None:
    with postgres_server.server() as url:
        machine = Machine(tmp_path, url=url + "postgres")
        machine.rounds(range(2))
        postmaster = postgres_server.postmaster(url)
        with frozen([postmaster]):
            assert machine.round(2).delayed == continuity.AWAY
        assert machine.round(3).delayed == ""
