"""A build that has nothing to do says so at once; a build that has something to do is never taken for one."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from generator import cache, fastpath
from tests.bench.content import CLOCK, NOW, name, note, write_root

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root that was built once."""
    root = write_root(tmp_path_factory.mktemp("fast") / "root", 3)
    build(root)
    return root


@pytest.fixture(params=[0, 60 * 10**9], ids=["files changed a moment before", "files long settled"])
def root(built: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """The built root, put back as it was when the test has done with it, and written down as a build would do it.

    Once as it is when a build follows a change at once, and once as if the build had come a minute after.
    """
    saved = tmp_path / "saved"
    shutil.copytree(built, saved, symlinks=True)
    said = fast(built)
    assert said is not None, "the fixture itself must be recognised"
    written_down(built, said, time.time_ns() + request.param)
    assert fast(built) == said
    yield built
    shutil.rmtree(built)
    shutil.copytree(saved, built, symlinks=True)
    written_down(built, said, time.time_ns())


def written_down(built: Path, said: str, at: int) -> None:
    options = fastpath.Options(str(built), str(built / "site"))
    was = fastpath.with_history(fastpath.before(options, os.environ, at), built / ".history" / "history.sqlite")
    assert was is not None
    fastpath.remember(was, NOW, NOW + 300, said)


def build(root: Path, *more: str, now: str = CLOCK, code: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "generator", "build", "--root", str(root), "--now", now, *more],
        capture_output=True, text=True, timeout=120, check=False, cwd=REPOSITORY,
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    return done.stdout


def fast(root: Path, *more: str, now: str = CLOCK, env: dict[str, str] | None = None) -> str | None:
    return fastpath.unchanged(["--root", str(root), "--now", now, *more], os.environ | (env or {}))


def first_note(root: Path) -> Path:
    return root / "content" / "incidents" / f"{name(0, 3)}.md"


def same_size(path: Path) -> None:
    """Another text of the same length with the old times on it, as a careful copy would leave it."""
    is_ = path.stat()
    path.write_bytes(path.read_bytes().replace(b"Incident 0", b"Accident 0").replace(b"Bench", b"Banch"))
    os.utime(path, ns=(is_.st_atime_ns, is_.st_mtime_ns))


def arrive(root: Path) -> None:
    with sqlite3.connect(root / ".history" / "history.sqlite") as connection:
        connection.execute("INSERT INTO rw_revision (part, revision) VALUES ('recent/2026-11-23T11', 1)")


CHANGES: dict[str, Callable[[Path], object]] = {
    "a note of the same size and time": lambda root: same_size(first_note(root)),
    "a new note": lambda root: (root / "content" / "incidents" / "2026-01-01-new.md").write_text(note(1, 3)),
    "a lost note": lambda root: first_note(root).unlink(),
    "a renamed note": lambda root: first_note(root).rename(first_note(root).with_name("2020-01-01-other.md")),
    "the configuration": lambda root: same_size(root / "content" / "status.yml"),
    "a template": lambda root: (root / "templates" / "page.html").write_text("x"),
    "a template of the theme": lambda root: (root / "content" / "theme").mkdir(),
    "a page of the site": lambda root: (root / "site" / "index.html").write_text("x"),
    "a lost page": lambda root: (root / "site" / "index.html").unlink(),
    "a foreign file": lambda root: (root / "site" / "other.txt").write_text("x"),
    "the site is gone": lambda root: shutil.rmtree(root / "site"),
    "what the history has received": arrive,
    "the history is gone": lambda root: (root / ".history" / "history.sqlite").unlink(),
    "observations wait in a spool": lambda root: (root / ".history" / "spool.sqlite").write_text(""),
    "the record is torn": lambda root: (root / cache.FOLDER / fastpath.FILE).write_bytes(b"{"),
    "the record is of somebody else": lambda root: (root / cache.FOLDER / fastpath.FILE).write_bytes(
        (root / cache.FOLDER / fastpath.FILE).read_bytes().replace(b"files written", b"files invented")
    ),
}


def test_a_second_change_within_a_tick_is_seen(built: Path) -> None:
    """The same size and all times the same: then the bytes of what was changed just now are what counts."""
    found = fastpath._look(str(built / "content"), 0)
    assert any(first_note(built).name in line for line in found)
    assert not any(str(first_note(built).stat().st_mtime_ns) in line for line in found)
    settled = fastpath._look(str(built / "content"), time.time_ns())
    assert any(str(first_note(built).stat().st_mtime_ns) in line for line in settled)


def test_nothing_changed_means_nothing_is_done(root: Path) -> None:
    before = {
        p: p.stat().st_mtime_ns
        for p in root.rglob("*")
        if p.is_file() and "-wal" not in p.name and "-shm" not in p.name
    }
    said = build(root)
    assert said.rstrip().splitlines()[-1].startswith("site: 0 files written, ")
    assert {p: p.stat().st_mtime_ns for p in before} == before


def test_it_says_what_a_real_build_says(root: Path) -> None:
    (root / cache.FOLDER / fastpath.FILE).unlink()
    real = build(root)
    assert fast(root) == real


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_any_change_means_a_real_build(root: Path, change: Callable[[Path], object]) -> None:
    change(root)
    if change is CHANGES["a template of the theme"]:
        (root / "content" / "theme" / "x.html").write_text("x")
    assert fast(root) is None


@pytest.mark.parametrize(
    ("more", "env"),
    [
        pytest.param(("--drafts",), {}, id="another option"),
        pytest.param(("--site", "elsewhere"), {}, id="another site"),
        pytest.param(("--history", "sqlite:other"), {}, id="another history"),
        pytest.param(("--init",), {}, id="an option that needs the whole program"),
        pytest.param(("--verbose",), {}, id="a person who wants to see"),
        pytest.param((), {"ROADWORTHY_HISTORY": "sqlite:other"}, id="another history in the environment"),
        pytest.param((), {"NETLIFY": "true", "CONTEXT": "deploy-preview"}, id="a preview"),
        pytest.param((), {cache.SWITCH: "off"}, id="switched off"),
    ],
)
def test_other_wishes_mean_a_real_build(built: Path, more: tuple[str, ...], env: dict[str, str]) -> None:
    assert fast(built) is not None
    assert fast(built, *more, env=env) is None


def test_time_passes(built: Path) -> None:
    """The site stands for one round, no longer; and a clock that went back knows nothing."""
    assert fast(built, now="2026-11-23T12:04:59Z") is not None
    assert fast(built, now="2026-11-23T12:05:00Z") is None
    assert fast(built, now="2026-11-23T11:59:59Z") is None


def test_what_a_note_announces_ends_it(root: Path) -> None:
    """A note to be published in two minutes is not hidden by a record of now."""
    later = "2026-11-23T12:02:00Z"
    path = root / "content" / "incidents" / "2026-11-23-later.md"
    path.write_text(note(1, 3).replace("impact: major", f"impact: major\npublish_at: {later}"))
    build(root)
    assert fast(root, now="2026-11-23T12:01:59Z") is not None
    assert fast(root, now=later) is None


def test_a_build_with_warnings_is_not_taken_for_done(root: Path) -> None:
    """An open incident of long ago is a warning each time, as a person should see it."""
    text = note(0, 3)
    first_note(root).write_text(text[: text.rindex("  - at:")] + "---\n")
    build(root)
    assert fast(root) is None


def test_secrets_of_the_environment_count_and_are_not_written_down(root: Path) -> None:
    config = json.loads((root / "content" / "status.yml").read_text())
    config["platforms"][0]["components"][0]["checks"][0]["headers"] = {"authorization": "Bearer ${SHOP_TOKEN}"}
    (root / "content" / "status.yml").write_text(json.dumps(config))
    os.environ["SHOP_TOKEN"] = "first-secret-value"
    try:
        build(root)
        assert fast(root) is not None
        assert fast(root, env={"SHOP_TOKEN": "other-secret-value"}) is None
        assert b"first-secret-value" not in (root / cache.FOLDER / fastpath.FILE).read_bytes()
    finally:
        del os.environ["SHOP_TOKEN"]


def test_it_imports_nothing_that_takes_time(built: Path) -> None:
    code = (
        "import sys; from generator.cli import main; main(sys.argv[1:]);"
        "print(sorted(m for m in ('typer','pydantic','jinja2','markdown','httpx','feedgen','pathlib','dataclasses','generator.model') if m in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "build", "--root", str(built), "--now", CLOCK],
        capture_output=True, text=True, check=True, cwd=REPOSITORY,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("words", "known"),
    [
        (["--root", "a", "--site=b"], True),
        (["--now", CLOCK], True),
        (["--now", "yesterday"], False),
        (["--now", "2026-11-23T12:00:00"], False),
        (["--root"], False),
        (["--root", "--drafts"], False),
        (["--keep-going"], False),
        (["--help"], False),
        (["surplus"], False),
    ],
)
def test_only_what_is_surely_understood_is_read_here(words: list[str], known: bool) -> None:
    assert (fastpath.options_of(words, {}) is not None) is known
