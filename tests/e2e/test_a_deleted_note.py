"""A note is published and deleted: what the real commands make of it, on this machine and on one without a disk."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import feedparser
import pytest

from tests.e2e.test_run_against_faults import FAULTS, command, write_root
from tests.looking.hostile import Hostile

NOTE = """---
title: Payments by card fail, says Jane Doe
impact: major
components: [shop/fine]
started: 2026-11-20T05:00:00Z
updates:
  - at: 2026-11-20T05:10:00Z
    status: investigating
    body: |-
      We look.
  - at: 2026-11-20T06:10:00Z
    status: resolved
    body: |-
      It works.
---
"""
ADDRESS = "incidents/2026-11-20-cards/index.html"


@pytest.fixture(scope="module")
def platform() -> Iterator[Hostile]:
    with Hostile() as server:
        yield server


def titles(root: Path) -> list[str]:
    return [entry.title for entry in feedparser.parse((root / "site" / "updates.atom").read_bytes()).entries]


def test_it_is_told_as_withdrawn_and_its_address_keeps_a_page(tmp_path: Path, platform: Hostile) -> None:
    """I21: nothing vanishes without a word, and nothing of what was taken back is repeated."""
    root = write_root(tmp_path, platform, {"fine": FAULTS["fine"]})
    note = root / "content" / "incidents" / "2026-11-20-cards.md"
    note.parent.mkdir()
    note.write_text(NOTE)
    assert command("run", "--init", root=root).returncode == 0
    told = titles(root)
    assert [title.partition("]")[0] for title in told] == ["[Resolved", "[Investigating"]

    # The build that follows the deletion, before any run knows of it.
    note.unlink()
    assert command("build", root=root).returncode == 0
    feed = (root / "site" / "updates.atom").read_bytes()
    (said,) = titles(root)
    assert said == "[Withdrawn] fine (20 Nov 2026)"
    assert "has been withdrawn" in (root / "site" / ADDRESS).read_text()
    site = b"".join(path.read_bytes() for path in (root / "site").rglob("*") if path.is_file())
    assert b"Jane Doe" not in site

    # The run says it once, and changes no byte of what subscribers know.
    first, second = command("run", root=root), command("run", root=root)
    assert (
        "warning: incident 2026-11-20-cards was published and is gone; the page and the feeds say that it is withdrawn; "
        "bring its note back and resolve it, if that was a slip" in first.stderr
    )
    assert "is gone" not in second.stderr
    assert (root / "site" / "updates.atom").read_bytes() == feed

    # A machine that has only what the site carries.
    shutil.rmtree(root / ".history")
    again = command("run", root=root)
    assert again.returncode == 0, again.stderr
    assert (root / "site" / "updates.atom").read_bytes() == feed

    # And back: the same ids as before.
    note.write_text(NOTE)
    assert command("run", root=root).returncode == 0
    assert titles(root) == told


def test_a_note_with_errors_that_is_left_out_is_not_called_withdrawn(tmp_path: Path, platform: Hostile) -> None:
    """Its words are missing because the file is broken; nobody took anything back."""
    root = write_root(tmp_path, platform, {"fine": FAULTS["fine"]})
    note = root / "content" / "incidents" / "2026-11-20-cards.md"
    note.parent.mkdir()
    note.write_text(NOTE)
    assert command("run", "--init", root=root).returncode == 0
    note.write_text(NOTE.replace("status: resolved", "status: resolvd"))
    shutil.rmtree(root / ".history")  # the last good version was only there
    done = command("run", root=root)
    assert done.returncode == 3, done.stderr
    assert titles(root) == []
    assert "is gone" not in done.stderr
