"""A further page that was read before is the one that would be read; one with a mistake is told each time."""

from __future__ import annotations

import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from generator import config, pages
from generator.cache import FILE, Cache
from generator.errors import ContentError
from generator.model import Config
from generator.siteview import PageView

REPOSITORY = Path(__file__).parents[2]
CONFIG = config.load(REPOSITORY / config.FILE, env={})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    shutil.copytree(REPOSITORY / "content" / "pages", tmp_path / "content" / "pages")
    return tmp_path


def load(root: Path, *, memory: bool = True, told: Config = CONFIG) -> tuple[PageView, ...]:
    with Cache(root / "cache" if memory else None) as kept:
        return pages.load(root, told, kept)


def test_a_kept_page_is_the_page_that_was_read(root: Path) -> None:
    clean, first, again = load(root, memory=False), load(root), load(root)
    assert len(clean) > 0
    assert clean == first == again


def test_text_name_and_address_are_part_of_what_a_page_is_made_of(root: Path) -> None:
    load(root)
    folder = root / "content" / "pages"
    (folder / "about.md").write_text("---\ntitle: About\n---\n[here](/x/)\n", "utf-8")
    shutil.copy(folder / "about.md", folder / "imprint.md")
    elsewhere = replace(CONFIG, site=replace(CONFIG.site, url="https://status.example"))
    for told in (CONFIG, elsewhere):
        assert load(root, told=told) == load(root, memory=False, told=told)


@pytest.mark.parametrize(
    "text", ["---\ntitle: ''\n---\nx\n", "---\ntitle: T\nunknown: 1\n---\nx\n", "---\ntitle: [\n---\n"]
)
def test_a_mistake_is_told_each_time(root: Path, text: str) -> None:
    (root / "content" / "pages" / "wrong.md").write_text(text, "utf-8")
    said = []
    for memory in (False, True, True):
        with pytest.raises(ContentError) as caught:
            load(root, memory=memory)
        said.append(caught.value.problems)
    assert said[0] == said[1] == said[2] != ()


def test_a_torn_entry_is_read_anew(root: Path) -> None:
    load(root)
    with sqlite3.connect(root / "cache" / FILE) as connection:
        connection.execute("UPDATE entry SET value = substr(value, 1, 40) WHERE kind = 'page'")
    assert load(root) == load(root, memory=False)
