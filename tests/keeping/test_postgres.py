"""What is particular to history in PostgreSQL: several writers, a server that is gone, a password in the address."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from generator import stores
from generator.errors import HistoryError
from tests.keeping import postgres_server
from tests.keeping.builders import NOW, observation, round_
from tests.keeping.processes import REPOSITORY, appenders


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
