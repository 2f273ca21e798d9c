"""What `new`, `update` and `resolve` write lints clean, and what a person wrote stays as it is."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator import config, editing, lint, notes
from generator.errors import ContentError, Severity
from generator.model import Config, Impact, Note, Progress, Status
from tests.reading.bad import NOW, SAMPLE

READ: Config = config.load(SAMPLE / "content" / "status.yml", env={})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    shutil.copytree(SAMPLE, tmp_path / "site")
    return tmp_path / "site"


def note_at(root: Path, path: Path, now: int = NOW) -> Note:
    return next(n for n in notes.load(root, READ, now, drafts=True).notes if n.place.file.endswith(path.name))


def test_life_of_an_incident_lints_clean(root: Path) -> None:
    """Begun, found, watched, over: each step in plain words, no step with a warning."""
    path = editing.new(root, READ, "incident", "Previews fail", ["civitai/images", "civitai/api"], ["eu-west"], NOW)
    assert path.name == "2026-11-23-previews-fail.md"
    now = NOW
    for status in ("identified", "monitoring"):
        now += 1800
        editing.update(root, READ, path.stem, status, "", now)
        assert lint.lint(root, env={}, now=now) == []
    editing.resolve(root, READ, path.stem, "All previews load again.", now + 60)
    assert lint.lint(root, env={}, now=now + 60) == []
    note = note_at(root, path, now + 60)
    assert [update.status for update in note.updates] == [
        Progress.INVESTIGATING,
        Progress.IDENTIFIED,
        Progress.MONITORING,
        Progress.RESOLVED,
    ]
    assert note.ended == now + 60
    assert note.updates[0].body.replace("\n", " ") == (
        "Image delivery and Public API may fail or be slow for people in Western Europe since 12:00 UTC. "
        "The reason is not known yet. Next update by 13:00 UTC."
    )


def test_life_of_a_maintenance_lints_clean(root: Path) -> None:
    """Announced, begun, done."""
    path = editing.new(root, READ, "maintenance", "Database work", ["civitai/api"], [], NOW, message="It will be slow.")
    begin = note_at(root, path).windows[0][0]
    assert begin == NOW + 86400
    editing.update(root, READ, path.stem, "in_progress", "", begin + 60)
    editing.resolve(root, READ, path.stem, "", begin + 1200)
    assert lint.lint(root, env={}, now=begin + 1200) == []
    assert note_at(root, path, begin + 1200).ended == begin + 1200


BY_HAND = """---
# The big one.
title: "Search is empty"   # as people say it
impact: critical
components:
- civitai/api     # and its friends
started: 2026-11-22T05:30:00Z

updates:
-   status: investigating   # who: ops
    at: 2026-11-22T05:42:00Z
    body: >-
      Folded
      text.

      # no comment, but text
# About the cause
cause:
next_update: +2h # promise
---
## Background

- text of a person   
"""


def test_what_a_person_wrote_stays(root: Path) -> None:
    """Only lines are added: comments, order, quotes, blanks and the body are as they were."""
    path = root / "content" / "incidents" / "2026-11-22-by-hand.md"
    path.write_text(BY_HAND)
    editing.update(
        root, READ, path.stem, "identified", "Found.\n\n- one\n", NOW, components={"civitai/api": "partial_outage"}
    )
    added = """-   at: 2026-11-23T12:00:00Z
    status: identified
    components: {civitai/api: partial_outage}
    body: |-
      Found.

      - one
"""
    before, after = BY_HAND.split("# About the cause")
    assert path.read_text() == f"{before}{added}# About the cause{after}"
    note = note_at(root, path)
    assert note.updates[0].body == "Folded text.\n# no comment, but text"
    assert note.updates[1].components == {"civitai/api": Status.PARTIAL_OUTAGE}


def test_next_update_replaces_the_old_promise(root: Path) -> None:
    """In its own line, where a remark beside it stays."""
    path = root / "content" / "incidents" / "2026-11-22-by-hand.md"
    path.write_text(BY_HAND)
    editing.update(root, READ, path.stem, "identified", "Found.", NOW, next_update="+30m")
    assert note_at(root, path).next_update == NOW + 1800
    assert "next_update: +30m # promise\n" in path.read_text()
    other = "2026-11-23-search"
    editing.update(root, READ, other, "identified", "Found.", NOW, next_update="+45m")
    assert note_at(root, Path(f"{other}.md")).next_update == NOW + 2700


@pytest.mark.parametrize("line", ["", "updates:\n", "updates: []\n"], ids=["no key", "empty key", "empty list"])
def test_first_update_of_a_note_without_any(line: str, root: Path) -> None:
    """The key is written where it is missing."""
    path = root / "content" / "incidents" / "2026-11-22-bare.md"
    path.write_text(f"---\ntitle: Bare\nimpact: minor\nstarted: 2026-11-22T05:30:00Z\n{line}---\nText\n")
    editing.resolve(root, READ, path.stem, "Over.", NOW)
    assert [update.body for update in note_at(root, path).updates] == ["Over."]
    assert path.read_text().endswith("---\nText\n")


def test_only_what_keeps_a_note_from_being_read_is_told(root: Path) -> None:
    """Somebody who wants to add an update is not told about style."""
    path = root / "content" / "incidents" / "2026-11-22-by-hand.md"
    path.write_text("---\ntitle: Broken\nstarted: 2026\n---\n")
    with pytest.raises(ContentError) as caught:
        editing.update(root, READ, path.stem, "identified", "Found.", NOW)
    assert {problem.severity for problem in caught.value.problems} == {Severity.ERROR}


def test_line_ends_of_a_person_stay(root: Path) -> None:
    """A file from Windows gets a few lines more; not every line of it changes."""
    path = root / "content" / "incidents" / "2026-11-22-by-hand.md"
    path.write_bytes(BY_HAND.replace("\n", "\r\n").encode())
    editing.update(root, READ, path.stem, "identified", "Found.", NOW)
    lines = path.read_bytes().split(b"\r\n")
    assert set(BY_HAND.encode().split(b"\n")) <= set(lines)
    assert not any(b"\n" in line for line in lines)


REFUSED = {
    "unknown note": (
        lambda r: editing.resolve(r, READ, "2026-11-23-serach", "", NOW),
        "did you mean `2026-11-23-search`",
    ),
    "unknown status": (
        lambda r: editing.update(r, READ, "2026-11-23-search", "fixed", "", NOW),
        "one of: investigating",
    ),
    "status of the other kind": (
        lambda r: editing.update(r, READ, "2026-11-23-search", "in_progress", "", NOW),
        "is no status of this note",
    ),
    "unknown component": (
        lambda r: editing.new(r, READ, "incident", "X", ["civitai/imagse"], [], NOW),
        "did you mean `civitai/images`",
    ),
    "unknown region": (lambda r: editing.new(r, READ, "incident", "X", [], ["eu-wets"], NOW), "did you mean `eu-west`"),
    "unknown kind": (lambda r: editing.new(r, READ, "outage", "X", [], [], NOW), "one of: incident"),
    "begin of an incident": (
        lambda r: editing.new(r, READ, "incident", "X", [], [], NOW, starts=NOW - 3600),
        "--starts: is not for a note of the kind incident; write `started:` in the note",
    ),
    "empty title": (lambda r: editing.new(r, READ, "incident", " . ", [], [], NOW), "the title is empty"),
    "unknown component status": (
        lambda r: editing.update(
            r, READ, "2026-11-23-search", "identified", "", NOW, components={"civitai/api": "down"}
        ),
        "is no status of a component",
    ),
    "promise for the year 193680": (
        lambda r: editing.update(r, READ, "2026-11-23-search", "identified", "x", NOW, next_update="+9999999w"),
        "is too far away",
    ),
    "before the last update": (
        lambda r: editing.update(r, READ, "2026-11-23-search", "identified", "x", NOW - 86400),
        "earlier than the start",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_meant_changes_nothing(name: str, root: Path) -> None:
    """An error with what to write instead, and not a byte is touched."""
    run, said = REFUSED[name]
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    with pytest.raises(ContentError, match=said):
        run(root)
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before


def test_updates_in_brackets_are_left_to_a_person(root: Path) -> None:
    """Rather than rewriting what somebody wrote."""
    path = root / "content" / "incidents" / "2026-11-22-flow.md"
    text = "---\ntitle: T\nimpact: minor\nstarted: 2026-11-22T05:30:00Z\nupdates: [{at: +1m, status: investigating, body: x}]\n---\n"
    path.write_text(text)
    with pytest.raises(ContentError, match="write each update as lines"):
        editing.resolve(root, READ, path.stem, "Over.", NOW)
    assert path.read_text() == text


def test_two_notes_of_one_title_are_two_files(root: Path) -> None:
    """No note is ever overwritten."""
    first = editing.new(root, READ, "incident", "Previews fail", ["civitai/api"], [], NOW)
    second = editing.new(root, READ, "incident", "Previews fail", ["civitai/api"], [], NOW, impact=Impact.CRITICAL)
    assert (first.stem, second.stem) == ("2026-11-23-previews-fail", "2026-11-23-previews-fail-2")


def test_a_new_note_says_its_id_so_that_its_file_may_be_renamed(root: Path) -> None:
    """Its address stays with it, and no later note of the same title takes it."""
    path = editing.new(root, READ, "incident", "Previews fail", ["civitai/images"], [], NOW)
    assert path.read_text().startswith("---\nid: 2026-11-23-previews-fail\ntitle: Previews fail\n")
    renamed = path.rename(path.with_name("2026-11-23-pictures.md"))
    assert note_at(root, renamed).id == "2026-11-23-previews-fail"
    again = editing.new(root, READ, "incident", "Previews fail", ["civitai/images"], [], NOW)
    assert note_at(root, again).id == again.stem == "2026-11-23-previews-fail-2"


@settings(max_examples=120, deadline=None)
@given(title=st.text(min_size=1, max_size=90), message=st.text(max_size=200))
def test_any_words_make_a_note_that_reads(title: str, message: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Quotes, colons, emoji, control characters: the note is whole, and says what was said."""
    root = tmp_path_factory.mktemp("any")
    try:
        path = editing.new(root, READ, "incident", title, ["civitai/api"], [], NOW, message=message)
    except ContentError as error:
        assert "the title is empty" in str(error)  # noqa: PT017
        return
    editing.update(root, READ, path.stem, "monitoring", message or "x", NOW + 60)
    note = note_at(root, path, NOW + 60)
    assert len(note.updates) == 2
    assert note.title == " ".join(note.title.split())
    if message.strip() and message.isascii() and message.isprintable():
        assert note.updates[0].body == message.strip()


def test_a_message_with_a_link_that_leads_nowhere_is_refused_with_what_to_write(root: Path) -> None:
    """It would not lint clean; and what was there before keeps nobody from ending an incident."""
    wrong = "See [here](status.vendor.example/7)."
    with pytest.raises(ContentError) as caught:
        editing.new(root, READ, "incident", "Previews fail", ["civitai/images"], [], NOW, message=wrong)
    assert str(caught.value).startswith("--message: `status.vendor.example/7` has no https:// before it")
    assert not list((root / "content" / "incidents").glob("*previews-fail.md"))
    right = "As [before](/incidents/2026-11-23-previews-fail/), see <https://status.vendor.example/7>."
    path = editing.new(root, READ, "incident", "Previews fail", ["civitai/images"], [], NOW, message=right)
    with pytest.raises(ContentError, match="--message: there is no incident `nope`"):
        editing.update(root, READ, path.stem, "identified", "[x](/incidents/nope/)", NOW + 60)
    path.write_text(path.read_text().replace("As [before]", "[y](#gone) and [before]"))
    editing.resolve(root, READ, path.stem, "They load again.", NOW + 120)
    assert note_at_rest(root, path).updates[-1].status is Progress.RESOLVED


def note_at_rest(root: Path, path: Path) -> Note:
    found = notes.load(root, READ, NOW + 180, fallback=lambda path: None).notes
    return next(note for note in found if note.place.file.endswith(path.name))
