"""What visitors and operators read when history is not whole: the page says what it means, the log says where and why."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from generator import cli, run, stores
from generator.model import Observation, Past, Time, Verdict
from tests.operating.platform import Platform, check, config, platform, roadworthy, write

NOW: Time = 1_795_413_600  # 2026-11-23T06:00:00Z


@pytest.fixture
def shop() -> Iterator[Platform]:
    with platform() as server:
        yield server


def root_of(folder: Path, shop: Platform) -> Path:
    return write(folder, config(shop, {"part": [check(shop.url("/"))]}))


def at(now: Time) -> tuple[str, str]:
    return "--now", datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def page_texts(root: Path) -> str:
    """Everything a visitor, a feed reader or a program may read."""
    return "\n".join(file.read_text("utf-8", "replace") for file in (root / "site").rglob("*") if file.is_file())


@pytest.mark.parametrize("command", ["run", "build"])
@pytest.mark.parametrize(
    ("address", "detail"),
    [
        pytest.param("postgres://127.0.0.1:9/inner-name", "postgres://127.0.0.1:9/inner-name", id="a database"),
        pytest.param("sqlite:inner-name/history.sqlite", "inner-name/history.sqlite", id="a file"),
    ],
)
def test_the_page_tells_that_history_is_away_and_only_the_log_tells_where_it_is_kept(
    tmp_path: Path, shop: Platform, command: str, address: str, detail: str
) -> None:
    root = root_of(tmp_path, shop)
    assert roadworthy(root, "run", *at(NOW)).returncode == 0
    (root / "inner-name").write_text("no folder")
    done = roadworthy(root, command, "--history", address, *at(NOW + 300))
    assert done.returncode == 3, done.stderr
    assert detail in done.stderr
    texts = page_texts(root)
    assert "History is delayed: its store could not be read." in texts
    assert "inner-name" not in texts
    assert "inner-name" not in done.stdout
    assert str(root) not in texts


@pytest.mark.parametrize("command", ["run", "build"])
def test_looks_dated_after_now_are_told_on_the_page_and_by_the_exit_code(
    tmp_path: Path, shop: Platform, command: str
) -> None:
    root = root_of(tmp_path, shop)
    assert roadworthy(root, "run", *at(NOW)).returncode == 0
    ahead = NOW + 7200
    with closing(stores.open("", root=root)) as store:
        store.append([Observation("shop/part/http", "local", ahead, Verdict.OK)], received=ahead)
    done = roadworthy(root, command, *at(NOW + 300))
    assert done.returncode == 3, done.stderr
    said = "Looks dated after now are set aside until then, the first from local, dated 2026-11-23 08:00 UTC."
    assert f"warning: {said}" in done.stdout
    assert said in (root / "site" / "index.html").read_text()
    assert roadworthy(root, command, *at(ahead + 300)).returncode == 0


def test_whatever_history_sets_aside_is_a_warning_of_the_page(tmp_path: Path, shop: Platform) -> None:
    setting = run.Setting(root_of(tmp_path, shop), tmp_path / "site", clock=lambda: float(NOW), env={})
    content = run.read_content(setting, run.read_config(setting))
    said = (
        "Looks from 2026-11-01 06:00 UTC arrived too late to be counted: raw history no longer reaches back that far."
    )
    built = run.build(setting, content, Past(warnings=(said,)))
    assert built.warnings == (said,), "exit code 3"
    assert built.view.warnings == (said,)


def test_a_database_that_goes_away_while_we_measure_costs_neither_the_page_nor_the_round(
    tmp_path: Path,
    shop: Platform,
    postgres_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    import psycopg

    command = importlib.import_module("generator.commands.run")
    root, measure = root_of(tmp_path, shop), command.measure

    async def cut_off(*given: Any, **more: Any) -> Any:
        round_ = await measure(*given, **more)
        with psycopg.connect(postgres_url, autocommit=True) as other:
            ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            other.execute(f"{ended} AND pid <> pg_backend_pid()")
        return round_

    words = ["run", "--root", str(root), "--history", postgres_url]
    assert cli.main([*words, *at(NOW)]) == 0
    with monkeypatch.context() as patch:
        patch.setattr(command, "measure", cut_off)
        assert cli.main([*words, *at(NOW + 300)]) == 3
    assert "History is delayed" in (root / "site" / "index.html").read_text()
    capsys.readouterr()
    assert cli.main([*words, *at(NOW + 600)]) == 0
    assert "observations that waited in .history/spool.sqlite are in the history now" in capsys.readouterr().err
    with closing(stores.open(postgres_url, root=root)) as store:
        assert {look.at for look in store.observations(0)} == {NOW, NOW + 300, NOW + 600}
