"""`lint` says the same the second time, though it looks at unchanged notes only once."""

from __future__ import annotations

from pathlib import Path

from generator import cache
from generator.lint import lint
from tests.bench.content import NOW, name, note, write_root


def test_what_was_said_is_said_again_and_what_is_new_is_found(tmp_path: Path) -> None:
    root = write_root(tmp_path / "root", 4)
    path = root / "content" / "incidents" / f"{name(2, 4)}.md"
    off = {cache.SWITCH: "off"}
    for text in (note(2, 4), note(2, 4).replace("title: Incident 2", "title: WE ARE DOWN!!!"), note(2, 4)):
        path.write_text(text)
        clean = lint(root, env=off, now=NOW)
        assert lint(root, env={}, now=NOW) == clean
        assert lint(root, env={}, now=NOW) == clean
    path.write_text(note(2, 4).replace("impact: major", "impact: huge"))
    assert [p.rule for p in lint(root, env={}, now=NOW)] == [p.rule for p in lint(root, env=off, now=NOW)] != []


def test_a_remark_about_style_stays(tmp_path: Path) -> None:
    """A note with a remark is looked at each time, so that the remark does not go away by itself."""
    root = write_root(tmp_path / "root", 1)
    path = root / "content" / "incidents" / f"{name(0, 1)}.md"
    path.write_text(note(0, 1).replace("title: Incident 0 of the part-00", "title: down"))
    first = lint(root, env={}, now=NOW)
    assert lint(root, env={}, now=NOW) == first == lint(root, env={cache.SWITCH: "off"}, now=NOW)
