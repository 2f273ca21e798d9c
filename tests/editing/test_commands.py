"""`new`, `update` and `resolve` as a person types them: every step lints clean, and a slip is told in a sentence."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.editing.roots import NOTE, command, write_root


def lint(root: Path, now: str) -> str:
    done = command("lint", "--now", now, root=root)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.parametrize(
    ("now", "sentence"),
    [
        ("yesterday", "--now: 'yesterday' is no time with an offset; write 2026-11-23T06:00:00Z"),
        ("2026-11-23T06:00:00", "--now: '2026-11-23T06:00:00' is no time with an offset; write 2026-11-23T06:00:00Z"),
        ("0001-01-01T00:00:00Z", "--now: '0001-01-01T00:00:00Z' is too far away; write a year between 1970 and 9998"),
        ("9999-12-31T23:59:59Z", "--now: '9999-12-31T23:59:59Z' is too far away; write a year between 1970 and 9998"),
    ],
)
@pytest.mark.parametrize("words", ["build", "lint", "should-deploy"])
def test_a_clock_that_cannot_be_is_told_in_a_sentence(tmp_path: Path, words: str, now: str, sentence: str) -> None:
    done = command(words, "--now", now, root=write_root(tmp_path))
    assert (done.returncode, done.stderr.strip()) == (2, sentence)


def test_an_incident_from_the_first_word_to_the_last_lints_clean(tmp_path: Path) -> None:
    """New, update with a status of a component, resolve; after each there is not even a warning."""
    root = write_root(tmp_path)
    made = command(
        "new", "incident", "Downloads stop half-way", "-c", "shop/files", "-r", "eu-west", "--impact", "major",
        "-m", "Large downloads stop half-way.", "--now", "2026-11-23T08:05:00Z", root=root,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    path = root / made.stdout.strip()
    assert lint(root, "2026-11-23T08:05:00Z") == ""
    slug = path.stem
    done = command(
        "update", slug, "--status", "identified", "-m", "One of two stores is full.", "--next", "+2h",
        "-c", "shop/files=partial_outage", "--now", "2026-11-23T08:40:00Z", root=root,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert lint(root, "2026-11-23T08:40:00Z") == ""
    done = command("resolve", slug, "-m", "There is room again.", "--now", "2026-11-23T09:10:00Z", root=root)
    assert done.returncode == 0, done.stderr
    assert lint(root, "2026-11-23T09:10:00Z") == ""
    text = path.read_text()
    for words in ("components: {shop/files: partial_outage}", "next_update: +2h", "status: resolved", "There is room"):
        assert words in text


def test_the_date_of_a_note_may_be_left_out_while_that_means_one_note(tmp_path: Path) -> None:
    root = write_root(tmp_path)
    folder = root / "content" / "incidents"
    (folder / "2026-11-23-search.md").write_text(NOTE)
    words = ("update", "search", "--status", "monitoring", "-m", "It is back.", "--now", "2026-11-23T07:00:00Z")
    assert command(*words, root=root).stdout == "content/incidents/2026-11-23-search.md\n"
    (folder / "2026-11-22-search.md").write_text(NOTE)
    refused = command(*words, root=root)
    assert refused.returncode == 2
    assert "can mean more than one note; one of: 2026-11-22-search, 2026-11-23-search" in refused.stderr
    assert command(words[0], "2026-11-22-search", *words[2:], root=root).returncode == 0


def test_what_a_person_wrote_stays_to_the_letter(tmp_path: Path) -> None:
    """Comments, order, quotes and the text below: an update only adds lines."""
    root = write_root(tmp_path)
    mine = NOTE.replace("impact: major", "impact: 'major'   # we argued about this") + "\nA *longer* story.\n"
    path = root / "content" / "incidents" / "2026-11-23-search.md"
    path.write_text(mine)
    at = ("--now", "2026-11-23T07:00:00Z")
    assert command("update", path.stem, "--status", "monitoring", "-m", "It is back.", *at, root=root).returncode == 0
    after = path.read_text().splitlines()
    added = [line for line in after if line not in mine.splitlines()]
    assert [line for line in after if line not in added] == mine.splitlines()
    assert added == ["  - at: 2026-11-23T07:00:00Z", "    status: monitoring", "    body: |-", "      It is back."]


SLIPS = [
    pytest.param(("new", "incident", "X", "-c", "shop/serach"), "did you mean `shop/search`", id="component"),
    pytest.param(("new", "incident", "X", "-c", "shop/search", "-r", "eu-wets"), "did you mean `eu-west`", id="region"),
    pytest.param(("new", "outage", "X", "-c", "shop/search"), "`outage` is no kind of note", id="kind"),
    pytest.param(("new", "incident", " ", "-c", "shop/search"), "the title is empty", id="title"),
    pytest.param(("update", "serach", "--status", "resolved", "-m", "x"), "there is no note `serach`", id="note"),
    pytest.param(
        ("update", "2026-11-23-search", "--status", "resloved", "-m", "x"), "did you mean `resolved`", id="status"
    ),
    pytest.param(
        ("update", "2026-11-23-search", "--status", "resolved", "-m", "x", "-c", "shop/search"),
        "names no status",
        id="component without a status",
    ),
    pytest.param(("new", "incident"), "see roadworthy new --help", id="an argument is missing"),
]


@pytest.mark.parametrize(("words", "sentence"), SLIPS)
def test_a_slip_is_told_and_nothing_is_written(tmp_path: Path, words: tuple[str, ...], sentence: str) -> None:
    root = write_root(tmp_path)
    path = root / "content" / "incidents" / "2026-11-23-search.md"
    path.write_text(NOTE)
    done = command(*words, root=root)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert [p.name for p in (root / "content" / "incidents").iterdir()] == [path.name]
    assert path.read_text() == NOTE


TEMPLATES = {
    "investigating": "Search may fail or be slow since 05:30 UTC. The reason is not known yet. Next update by 08:00 UTC.",
    "identified": (
        "Search may still fail or be slow, as since 05:30 UTC. The reason has been found. Next update by 08:00 UTC."
    ),
    "monitoring": "Search should work again. We keep looking before we call it over. Next update by 08:00 UTC.",
    "resolved": "Search works again. The trouble lasted from 05:30 UTC to 07:00 UTC.",
    "postmortem": "What happened to Search from 05:30 UTC on is written below.",
}


@pytest.mark.parametrize("status", TEMPLATES)
def test_an_update_without_words_gets_those_of_its_state_and_lints_clean(tmp_path: Path, status: str) -> None:
    """It can be published as it stands; what it promises is what the note's `next_update` says."""
    root = write_root(tmp_path)
    path = root / "content" / "incidents" / "2026-11-23-search.md"
    path.write_text(NOTE)
    now = "2026-11-23T07:00:00Z"
    done = command("update", "search", "--status", status, "--now", now, root=root)
    assert done.returncode == 0, done.stderr
    text = path.read_text()
    assert TEMPLATES[status] in " ".join(text.split())
    assert ("next_update: +1h" in text) is ("Next update" in TEMPLATES[status])
    assert lint(root, now) == ""


def test_the_words_promise_what_was_asked_for(tmp_path: Path) -> None:
    root = write_root(tmp_path)
    path = root / "content" / "incidents" / "2026-11-23-search.md"
    path.write_text(NOTE)
    words = ("update", "search", "--status", "identified", "--next", "+3h", "--now", "2026-11-23T07:00:00Z")
    assert command(*words, root=root).returncode == 0
    assert "Next update by 10:00 UTC." in " ".join(path.read_text().split())
    refused = command(*words[:5], "soon", *words[6:], root=root)
    assert refused.returncode == 2
    assert "soon" in refused.stderr


@pytest.mark.parametrize(
    ("words", "opened"),
    [
        pytest.param(("update", "search", "--status", "identified"), True, id="an update without words"),
        pytest.param(("resolve", "search"), True, id="an end without words"),
        pytest.param(("resolve", "search", "-m", "It is back."), False, id="all is said"),
    ],
)
def test_what_is_left_to_say_is_said_in_the_editor(tmp_path: Path, words: tuple[str, ...], opened: bool) -> None:
    root = write_root(tmp_path / "root")
    path = root / "content" / "incidents" / "2026-11-23-search.md"
    path.write_text(NOTE)
    assert on_a_terminal(tmp_path, words, root) == (["--", str(path)] if opened else None)


def on_a_terminal(folder: Path, words: tuple[str, ...], root: Path) -> list[str] | None:
    """Run a command on a real terminal; what $EDITOR was called with, None if it was not."""
    editor, told = folder / "editor", folder / "opened"
    editor.write_text(f'#!/bin/sh\necho "$@" > {told}\n')
    editor.chmod(0o755)
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "generator", *words, "--root", str(root)],
        stdin=theirs, stdout=theirs, stderr=theirs, timeout=60, check=False,
        env={**os.environ, "EDITOR": str(editor), "VISUAL": ""},
    )  # fmt: skip
    os.close(ours)
    os.close(theirs)
    assert done.returncode == 0
    return told.read_text().split() if told.exists() else None


@pytest.mark.parametrize(
    ("words", "opened"),
    [pytest.param((), True, id="on a terminal"), pytest.param(("--no-edit",), False, id="not asked")],
)
def test_the_editor_of_the_person_is_opened_on_a_terminal(tmp_path: Path, words: tuple[str, ...], opened: bool) -> None:
    """On a real terminal `new` ends in $EDITOR with the file."""
    root = write_root(tmp_path / "root")
    called = on_a_terminal(tmp_path, ("new", "incident", "Search is slow", "-c", "shop/search", *words), root)
    (note,) = (root / "content" / "incidents").glob("*.md")
    assert called == (["--", str(note)] if opened else None)


def test_nothing_opens_where_there_is_no_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", "false")
    root = write_root(tmp_path)
    assert command("new", "incident", "Search is slow", "-c", "shop/search", root=root).returncode == 0
