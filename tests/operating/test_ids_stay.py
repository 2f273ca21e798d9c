"""Whatever an editor does to a note between two runs: feeds, page and API go on under the ids they had."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import feedparser
import pytest

from tests.operating.platform import Platform, check, config, platform, roadworthy, write

START = 1_795_413_600


@pytest.fixture
def shop() -> Iterator[Platform]:
    with platform() as server:
        yield server


def at(seconds: int) -> str:
    return datetime.fromtimestamp(START + seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def note(root: Path, name: str, started: int, *updates: tuple[str, str, str]) -> None:
    """The only note of this root, under this file name."""
    folder = root / "content" / "incidents"
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    head = f"---\ntitle: Search is broken\nimpact: major\ncomponents: [shop/search]\nstarted: {at(started)}\nupdates:\n"
    said = "".join(f"  - at: {when}\n    status: {status}\n    body: {words}\n" for when, status, words in updates)
    (folder / f"{name}.md").write_text(f"{head}{said}---\n")


def run(root: Path, shop: Platform, seconds: int) -> tuple[set[str], dict[str, str]]:
    """The ids of incidents in `history`, and id -> title and text in `updates`; page and API must have the same."""
    shop.ahead = START + seconds - int(datetime.now(UTC).timestamp())
    done = roadworthy(root, "run", "--now", at(seconds))
    assert done.returncode == 0, done.stderr
    incidents = {e.id for e in feedparser.parse((root / "site" / "history.atom").read_bytes()).entries}
    entries = feedparser.parse((root / "site" / "updates.atom").read_bytes()).entries
    for entry in entries:
        page, _, anchor = entry.link.removeprefix("https://status.example/").partition("#")
        assert f'id="{anchor}"' in (root / "site" / page / "index.html").read_text()
    told = json.loads((root / "site" / "api" / "v2" / "incidents.json").read_bytes())["incidents"]
    assert {id.rpartition("/")[2] for id in incidents} == {one["id"] for one in told}
    assert sum(len(one["incident_updates"]) for one in told) == len(entries)
    return incidents, {entry.id: entry.summary for entry in entries}


def test_nobody_hears_twice_and_nothing_is_swallowed(tmp_path: Path, shop: Platform) -> None:
    root = write(tmp_path, config(shop, {"search": [check(shop.url("/search"))]}))
    look, found = ("+2m", "investigating", "we look"), ("+10m", "identified", "found")
    shop.answers["/search"] = (500, {}, b"")
    steps = [
        ("found by the machine", lambda: None, {"First failing sample", "We do not know why"}),
        ("a note dated back to before that", lambda: note(root, "a", -1800, look), {"we look"}),
        ("the start corrected, one more", lambda: note(root, "a", -2400, look, found), {"found"}),
        ("its file renamed", lambda: note(root, "b", -2400, look, found), set()),
        (
            "one put between",
            lambda: note(root, "b", -2400, look, ("+5m", "investigating", "more"), found),
            {"more"},
        ),
    ]
    seen: dict[str, str] = {}
    incidents: set[str] = set()
    for number, (what, edit, wanted) in enumerate(steps):
        edit()
        ids, now = run(root, shop, number * 300)
        new = [text for id, text in now.items() if id not in seen]
        assert len(new) == len(wanted), what
        assert all(any(words in text for text in new) for words in wanted), what
        assert seen.keys() <= now.keys(), what
        assert not incidents or ids == incidents, what
        seen, incidents = now, ids
