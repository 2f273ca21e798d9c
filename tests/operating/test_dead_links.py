"""One mistyped link never freezes the page: `run` publishes without it and says so, `build` refuses with its place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from generator import preview
from generator.errors import Severity
from generator.run import Setting
from tests.operating.platform import Platform, check, config, platform, roadworthy, write

NOTE = """---
title: Search finds nothing
impact: major
components: [shop/search]
started: 2026-11-20T05:30:00Z
updates:
  - at: 2026-11-20T05:42:00Z
    status: investigating
    body: |-
      {body}
---
"""
FILE = "content/incidents/2026-11-20-note.md"


@pytest.fixture
def shop() -> Iterator[Platform]:
    with platform() as server:
        yield server


@pytest.fixture
def root(tmp_path: Path, shop: Platform) -> Path:
    token = {"headers": {"X-Token": "${SHOP_TOKEN}"}}
    return write(tmp_path, config(shop, {"search": [check(shop.url("/s"), **token)]}))


SECRET = {"SHOP_TOKEN": "sekret-canary-12345"}


def put(root: Path, body: str, file: str = FILE) -> None:
    (root / file).parent.mkdir(parents=True, exist_ok=True)
    (root / file).write_text(NOTE.replace("{body}", body))


def ends(root: Path, *words: str) -> tuple[int, str]:
    done = roadworthy(root, *words, env=SECRET)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("body", "shown", "sure"),
    [
        ("See [here](status.vendor.example/7).", "See here.", True),
        (
            "See [1](/history/1999-01/), [2](/components/shop/search/#nowhere), ![3](/nowhere.png).",
            "See 1, 2, 3.",
            False,
        ),
    ],
)
def test_a_link_of_a_note_that_leads_nowhere_stops_no_page(root: Path, body: str, shown: str, sure: bool) -> None:
    """What is sure is told by `lint` already; of the rest the finished site shows it, and the words tell the same."""
    put(root, body)
    code, said = ends(root, "build", "--init")
    assert (code, f"{FILE}:10:1" in said) == (2, True), said
    assert not (root / "site").exists()
    assert ends(root, "lint")[0] == (2 if sure else 0)
    for words in (["build", "--keep-going"], ["run"]):
        code, said = ends(root, *words)
        assert code == 3, said
        assert f"{FILE}:10:1" in said
        assert "its words are shown without" in said
    page = (root / "site" / "incidents" / "2026-11-20-note" / "index.html").read_text()
    assert f"<p>{shown}</p>" in page


def test_a_link_to_a_note_that_was_deleted_leads_to_its_page_for_ever(root: Path) -> None:
    """`lint` asks for another one; the page that was published is still there, and so is the link to it."""
    other = "content/incidents/2026-11-13-before.md"
    put(root, "Nothing.", other)
    put(root, "As [last week](/incidents/2026-11-13-before/).")
    assert ends(root, "run")[0] == 0
    (root / other).unlink()
    assert ends(root, "lint")[0] == 2
    assert ends(root, "run")[0] == 0
    page = (root / "site" / "incidents" / "2026-11-20-note" / "index.html").read_text()
    assert "/incidents/2026-11-13-before/" in page
    assert (root / "site" / "incidents" / "2026-11-13-before" / "index.html").exists()
    put(root, "As [never](/incidents/2026-11-12-nothing/).")
    code, said = ends(root, "run")
    assert (code, f"{FILE}:10:18: the link `/incidents/2026-11-12-nothing/` leads nowhere" in said) == (3, True)


def test_the_preview_says_where_it_stands(root: Path) -> None:
    """Not which page shows it: the editor has the note open."""
    previewer = preview.Previewer(Setting(root, root / "site", env=SECRET), preview.Live("healthy"))
    put(root, "See [it](/history/1999-01/).")
    assert [str(p) for p in previewer.build().problems if p.severity is Severity.ERROR] == [
        f"{FILE}:10:16: the link `/history/1999-01/` leads nowhere; write the address of a page that is there, or none"
    ]
    put(root, "See nothing.")
    assert previewer.build().build == 1


def test_nor_does_a_link_of_a_page_or_of_the_configuration(root: Path) -> None:
    put(root, "", "content/pages/about.md")
    (root / "content" / "pages" / "about.md").write_text("---\ntitle: About\n---\nSee [us](us.example/about).\n")
    assert "content/pages/about.md:4:10: the link `/us.example/about` leads nowhere" in ends(root, "build", "--init")[1]
    assert ends(root, "run")[0] == 3
    assert "<p>See us.</p>" in (root / "site" / "about" / "index.html").read_text()


def test_a_dead_link_of_a_template_is_still_ours_to_mend(root: Path) -> None:
    """The verification stays for what templates do, also where a note has a dead link of its own."""
    put(root, "See [here](/history/1999-01/).")
    theme = root / "content" / "theme"
    theme.mkdir()
    (theme / "compare.html").write_text('<!doctype html>\n<html><a href="/nowhere/">x</a></html>')
    code, said = ends(root, "run")
    assert code == 6
    assert "the link '/nowhere/' leads nowhere" in said
    assert "1999" not in said


def test_a_secret_in_a_note_takes_the_note_off_the_page_and_nothing_else(root: Path) -> None:
    put(root, "We look.")
    assert ends(root, "run")[0] == 0
    put(root, f"The token is {SECRET['SHOP_TOKEN']}.")
    code, said = ends(root, "run")
    assert code == 3, said
    assert f"{FILE}:10:20: the note holds a secret of the environment" in said
    assert SECRET["SHOP_TOKEN"] not in said
    assert "<p>We look.</p>" in (root / "site" / "incidents" / "2026-11-20-note" / "index.html").read_text()
    code, said = ends(root, "build")
    assert (code, SECRET["SHOP_TOKEN"] in said) == (2, False)
