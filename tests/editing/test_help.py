"""What the program says of itself: every command in one sentence, every option explained, examples that can be typed."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer.main

from generator import commands
from tests.editing.roots import command, write_root

WIDEST_NAME = max(map(len, commands.names()))
LINE = 80 - 2 - WIDEST_NAME - 2 - 2
"""What is left for a sentence beside the names in the list of commands."""


def every() -> dict[str, Any]:
    """Each command as a parser, by how it is typed: `new`, `history export`."""
    found: dict[str, Any] = {}
    for name in commands.names():
        app = commands.get(name)
        parser = typer.main.get_command(app)
        inner = getattr(parser, "commands", None)
        found |= {name: parser} if inner is None else {f"{name} {below}": one for below, one in inner.items()}
    return found


EVERY = every()


@pytest.mark.parametrize("name", EVERY)
def test_the_first_sentence_is_whole_in_the_list_of_commands(name: str) -> None:
    sentence = EVERY[name].help.split("\n\n")[0].split(". ")[0]
    assert len(sentence) <= (LINE if " " not in name else 66), sentence
    assert sentence[0].isupper()
    assert EVERY[name].get_short_help_str(LINE if " " not in name else 66).rstrip(".") == sentence.rstrip(".")


@pytest.mark.parametrize("name", EVERY)
def test_every_argument_and_option_is_explained(name: str) -> None:
    unexplained = [p.name for p in EVERY[name].params if not p.help and not getattr(p, "hidden", False)]
    assert unexplained == []


@pytest.mark.parametrize("name", EVERY)
def test_the_examples_can_be_typed(name: str) -> None:
    """Each line of the example is taken by the parser of its own command: no option that is not there."""
    _, _, example = EVERY[name].help.partition("Example:\n")
    lines = [line.strip() for line in example.splitlines() if line.strip()]
    assert lines
    for line in lines:
        words = shlex.split(re.split(r" && | > ", line)[0])
        typed = len(name.split())
        assert words[: typed + 1] == ["roadworthy", *name.split()]
        EVERY[name].make_context(name, words[typed + 1 :])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(["lnt"], "Did you mean 'lint'? See roadworthy --help", id="a command that is nearly one"),
        pytest.param(["new", "incident"], "Missing argument 'title'; see roadworthy new --help", id="half a command"),
        pytest.param(["lint", "nosuch.md"], "nosuch.md: there is no such file", id="clean is not said of nothing"),
        pytest.param(["check", "--format", "jsn"], "did you mean `json`?", id="no round is made for a slip"),
        pytest.param(["explain", "shop/search", "--region", "eu-wst"], "did you mean `eu-west`?", id="a region"),
        pytest.param(["run", "--region", "eu-wst"], "did you mean `eu-west`?", id="no page is made for a slip"),
    ],
)
def test_a_slip_is_answered_with_what_to_type(words: list[str], said: str, tmp_path: Path) -> None:
    root = write_root(tmp_path)
    done = command(*words, root=root)
    assert done.returncode == 2
    assert said in done.stderr
    assert not (root / ".history").exists()


def test_nothing_typed_is_answered_with_the_help_itself(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "generator"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("Usage: roadworthy")
    assert "this is our mistake" not in done.stderr


def test_a_python_without_our_packages_says_how_to_get_them() -> None:
    """As somebody types it who has just cloned the repository: `python3 -m generator lint`."""
    done = subprocess.run(
        [sys.executable, "-S", "-m", "generator", "lint"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "make site" in done.stderr
    assert "our mistake" not in done.stderr


REPOSITORY = Path(__file__).parents[2]
PROGRAM = re.compile(r"(?:\.venv/bin/)?(?:python -m generator|roadworthy) ([a-z-]+(?: .*)?)\Z")


def written() -> list[tuple[str, str]]:
    """(document, what follows the program's name) of every command that a document gives to type."""
    found = []
    for path in (*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").glob("*.md")):
        text = path.read_text()
        fenced = "\n".join(re.findall(r"^```[a-z]*\n(.*?)^```", text, re.S | re.M)).splitlines()
        spans = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.S | re.M))
        for words in (*fenced, *spans):
            plain = re.split(r" #|\s{2,}#| [|>] | && ", words.strip())[0].strip()
            if hit := PROGRAM.match(plain):
                found.append((path.name, hit[1]))
    return found


WRITTEN = written()


def test_documents_give_commands_to_type() -> None:
    assert {"README.md", "notes.md", "importing.md", "operating.md"} <= {name for name, _ in WRITTEN}


@pytest.mark.parametrize(("document", "line"), WRITTEN, ids=[f"{name}: {line}" for name, line in WRITTEN])
def test_a_command_in_a_document_can_be_typed(document: str, line: str) -> None:
    """No option and no argument that the program does not know; `a|b` means one or the other, `[…]` may be left out."""
    words = shlex.split(line.replace("[", "").replace("]", ""))
    alternatives = [words]
    if "|" in line:
        place = next(n for n, word in enumerate(words) if "|" in word)
        alternatives = [[*words[:place], one, *words[place + 1 :]] for one in words[place].split("|")]
    for typed in alternatives:
        name = next((n for n in (" ".join(typed[:2]), typed[0]) if n in EVERY), "")
        assert name, f"{document}: there is no command `{' '.join(typed)}`"
        given = typed[len(name.split()) :]
        if given:  # a command may be named without what it needs
            EVERY[name].make_context(name, given)
