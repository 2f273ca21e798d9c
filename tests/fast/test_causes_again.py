"""A cause that was read before is the one that would be read; one with a mistake is read and told each time."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from generator import causes, config
from generator.cache import FILE, Cache
from generator.errors import ContentError
from generator.model import Cause, Config, Region
from generator.packing import packed

REPOSITORY = Path(__file__).parents[2]
CONFIG = config.load(REPOSITORY / config.FILE, env={})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    shutil.copytree(REPOSITORY / "content" / "causes", tmp_path / "content" / "causes")
    return tmp_path


def load(root: Path, *, memory: bool = True, told: Config = CONFIG) -> tuple[Cause, ...]:
    with Cache(root / "cache" if memory else None) as kept:
        return causes.load(root, told, kept)


def kept(root: Path) -> int:
    with sqlite3.connect(root / "cache" / FILE) as connection:
        return int(connection.execute("SELECT COUNT(*) FROM entry WHERE kind = 'cause'").fetchone()[0])


def test_every_cause_of_the_default_content_comes_back_the_same(root: Path) -> None:
    clean, first, again = load(root, memory=False), load(root), load(root)
    assert len(clean) == kept(root) > 30
    assert clean == first == again
    assert packed(clean) == packed(again), "sets stay sets, words stay words"


def test_one_edit_reads_one_cause(root: Path) -> None:
    load(root)
    before = kept(root)
    chosen = sorted((root / "content" / "causes").glob("*.md"))[3]
    chosen.write_text(chosen.read_text("utf-8") + "\nOne sentence more.\n", "utf-8")
    assert load(root) == load(root, memory=False)
    assert kept(root) == before + 1


def test_regions_and_the_address_of_the_site_are_part_of_what_a_cause_is_made_of(root: Path) -> None:
    load(root)
    before = kept(root)
    elsewhere = replace(CONFIG, site=replace(CONFIG.site, url="https://status.example"))
    more = replace(CONFIG, regions=(*CONFIG.regions, Region("moon", "Moon", "local")))
    for told in (elsewhere, more):
        assert load(root, told=told) == load(root, memory=False, told=told)
    assert kept(root) == 3 * before


def test_a_mistake_is_told_each_time(root: Path) -> None:
    load(root)
    wrong = root / "content" / "causes" / "wrong.md"
    wrong.write_text("---\ntitle: Wrong\nwhen: [{component: ''}]\nunknown: 1\n---\nBody\n", "utf-8")
    said = []
    for memory in (False, True, True):
        with pytest.raises(ContentError) as caught:
            load(root, memory=memory)
        said.append(caught.value.problems)
        with Cache(root / "cache" if memory else None) as again:
            assert [p.file for p in causes.lint(root, CONFIG, again)].count("content/causes/wrong.md") >= 1
    assert said[0] == said[1] == said[2] != ()


def test_a_torn_entry_is_read_anew(root: Path) -> None:
    load(root)
    with sqlite3.connect(root / "cache" / FILE) as connection:
        connection.execute("UPDATE entry SET value = substr(value, 1, 40) WHERE kind = 'cause'")
    assert load(root) == load(root, memory=False)


def test_what_was_read_before_needs_neither_yaml_nor_a_form(root: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from generator import causes; from generator.cache import Cache\n"
        "from generator.model import Config, Site\n"
        "told = Config(Site('S', ''), 300, (), (), ())\n"
        "with Cache(Path(sys.argv[1]) / 'cache') as kept:\n"
        "    causes.load(Path(sys.argv[1]), told, kept)\n"
        "print(*(name for name in ('yaml', 'pydantic', 'markdown', 'nh3') if name in sys.modules))"
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", code, str(root)], cwd=REPOSITORY, check=True, capture_output=True, text=True
        ).stdout.split()
        for _ in range(2)
    ]
    assert {"yaml", "pydantic"} <= set(said[0])
    assert said[1] == []
