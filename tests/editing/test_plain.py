"""The usual command line is understood without a parser, and means what the parser says it means."""

from __future__ import annotations

import functools
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import typer

from generator import commands, registry
from generator.commands import _plain

USUAL = [
    "",
    "--root /somewhere",
    "--root=/some=where",
    "--root . --now 2026-11-23T12:00:00Z -v",
    "--now=2026-11-23T12:00:00+01:00 --verbose",
]
MORE = {
    "build": [
        "--site out --history sqlite:h.sqlite --drafts --keep-going --init --allow-missing-secrets",
    ],
    "run": ["--site out --init --allow-missing-secrets", "--history postgres://u:p@h/d"],
    "lint": ["--fix --root /somewhere"],
}
UNUSUAL = [
    "--help",
    "--root",
    "--root --drafts",
    "--root a --root b",
    "--verbose -v",
    "--verbose=yes",
    "--unknown",
    "somewhere",
    "--",
    "-vv",
    "--root ''",
]
PARSERS_WORK = {
    "build": ["--draft", "--no-drafts", "--history= --drafts"],
    "run": ["--region here", "--drafts drafts"],
    "lint": ["content/incidents", "--format json"],
}


def function(name: str) -> Callable[..., Any]:
    found: Callable[..., Any] = registry.load("commands", name, "COMMAND").function
    return found


def parsed(name: str, words: list[str]) -> dict[str, Any]:
    """What typer makes of these words."""
    commands.get(name)
    told: dict[str, Any] = {}

    @functools.wraps(function(name))
    def record(**given: Any) -> None:
        told.update(given)

    app = typer.Typer(add_completion=False)
    app.command()(record)
    app(args=words, standalone_mode=False)
    return told


@pytest.mark.parametrize(
    ("name", "line"),
    [(name, line) for name in commands.QUICK for line in (*USUAL, *MORE[name])],
)
def test_a_usual_line_means_what_the_parser_says(name: str, line: str) -> None:
    words = line.split()
    plain = _plain.arguments(function(name), words)
    assert plain == parsed(name, words)
    assert plain is not None
    assert {key: type(value) for key, value in plain.items()} == {
        key: type(value) for key, value in parsed(name, words).items()
    }


@pytest.mark.parametrize(
    ("name", "line"), [(name, line) for name in commands.QUICK for line in (*UNUSUAL, *PARSERS_WORK[name])]
)
def test_everything_else_is_left_to_the_parser(name: str, line: str) -> None:
    words = [word.replace("''", "") for word in line.split(" ")]
    assert _plain.arguments(function(name), words) is None
    assert commands.plainly([name, *words]) is None


def test_every_flag_of_the_quick_commands_is_known() -> None:
    """A flag that is added in an unusual way would silently cost what this is there to save."""
    for name in commands.QUICK:
        info = typer.main.get_command(commands.get(name))
        flags = {word for option in info.params if getattr(option, "is_flag", False) for word in option.opts}
        assert flags <= _plain._options(function(name)).keys()


@pytest.mark.parametrize("words", [[], ["check"], ["--version"], ["nothing"]])
def test_other_commands_are_the_parsers(words: list[str]) -> None:
    assert commands.plainly(words) is None


def test_a_usual_line_loads_no_parser(tmp_path: Any) -> None:
    code = "import sys; from generator import cli; code = cli.main(sys.argv[1:]); print(code, 'typer' in sys.modules)"
    said = [
        subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True).stdout.split()
        for words in (["lint", "--root", str(tmp_path)], ["lint", "--root", str(tmp_path), "--format", "text"])
    ]
    assert [one[-2:] for one in said] == [["2", "False"], ["2", "True"]]
