"""What we ship for editors does what it says: schemas that are current, snippets that lint, problems that are found."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from generator import config, lint, notes, schema
from generator.errors import Problem, Severity
from tests.reading.bad import NOW, SAMPLE

FOLDER = Path(__file__).parents[2] / ".vscode"
SNIPPETS = json.loads((FOLDER / "notes.code-snippets").read_text())
TASK = json.loads((FOLDER / "tasks.json").read_text())["tasks"][0]

VARIABLES = {
    "CURRENT_YEAR": "2026",
    "CURRENT_MONTH": "11",
    "CURRENT_DATE": "23",
    "CURRENT_HOUR": "11",
    "CURRENT_MINUTE": "30",
    "CURRENT_TIMEZONE_OFFSET": "+01:00",
}


def typed(name: str) -> str:
    """What stands in the file when somebody accepts every suggestion and names a real component."""
    text = "\n".join(SNIPPETS[name]["body"])
    text = re.sub(r"\$\{(\d+)\|([^,|]*)[^}]*\|\}", r"\2", text)
    text = re.sub(r"\$\{\d+:([^}]*)\}", r"\1", text)
    text = re.sub(r"\$\{?(CURRENT_\w+)\}?", lambda found: VARIABLES[found[1]], text)
    assert "$" not in text
    return text.replace("platform/component", "civitai/api")


@pytest.mark.parametrize("name", ["Incident", "Maintenance", "Notice"])
def test_snippet_makes_a_note_that_reads(name: str, tmp_path: Path) -> None:
    """Accepted as it stands, it has no error and no warning."""
    folder = tmp_path / "content" / ("maintenance" if name == "Maintenance" else "incidents")
    folder.mkdir(parents=True)
    (folder / "2026-11-23-note.md").write_text(typed(name))
    found = notes.load(tmp_path, config.load(SAMPLE / "content" / "status.yml", env={}), NOW)
    assert (len(found.notes), found.problems) == (1, ())


def test_snippet_of_an_update_fits_below_the_last_one(tmp_path: Path) -> None:
    """With the indentation of the incident's snippet."""
    folder = tmp_path / "content" / "incidents"
    folder.mkdir(parents=True)
    text = typed("Incident").removesuffix("---\n")
    (folder / "2026-11-23-note.md").write_text(f"{text}{typed('Update')}\n---\n")
    (note,) = notes.load(tmp_path, config.load(SAMPLE / "content" / "status.yml", env={}), NOW).notes
    assert [update.status.value for update in note.updates] == ["identified", "investigating"]


PROBLEMS = {
    "error": (Problem("content/incidents/a.md", 3, 7, "bad-value", "`x`: wrong", "write: y"), ("3", "7", "bad-value")),
    "warning": (
        Problem("content/incidents/a.md", 3, 7, "no-body", "says nothing", "", Severity.WARNING),
        ("3", "7", "no-body"),
    ),
    "whole file": (Problem("content/incidents/a.md", 0, 0, "not-utf-8", "is UTF-16", ""), (None, None, "not-utf-8")),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_editor_finds_the_problem_in_the_output(name: str) -> None:
    """Exactly one matcher takes the line, with its place and its severity."""
    problem, wanted = PROBLEMS[name]
    hits = []
    for matcher in TASK["problemMatcher"]:
        pattern = matcher["pattern"]
        if found := re.match(pattern["regexp"], lint.format([problem])):
            assert found[pattern["file"]] == problem.file
            place = tuple(found[pattern[key]] if key in pattern else None for key in ("line", "column", "code"))
            hits.append((matcher["severity"], place))
    assert hits == [(problem.severity.value, wanted)]


@pytest.mark.parametrize("kind", schema.KINDS)
def test_shipped_schema_is_current(kind: str) -> None:
    """If this fails: python -m generator schema KIND > .vscode/KIND.schema.json."""
    assert json.loads((FOLDER / f"{kind}.schema.json").read_text()) == schema.schema(kind)


def test_settings_point_to_a_schema_that_is_there() -> None:
    """And at the file it is for."""
    settings = json.loads((FOLDER / "settings.json").read_text())
    for path, files in settings["yaml.schemas"].items():
        assert (FOLDER.parent / path).is_file()
        assert all((FOLDER.parent / file).is_file() for file in files)
