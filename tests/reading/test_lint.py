"""`lint` finds everything at once and mends only what cannot change a meaning."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from generator import lint
from generator.errors import ContentError, Problem, Severity
from tests.reading.bad import NOW, SAMPLE

NOTE = """---
title: Previews fail
impact: minor
components: [civitai/images]
started: 2026-11-20T05:30:00Z
updates:
  - at: +12m
    status: investigating
    body: |-
      Half of the previews fail.
  - {at: +1h, status: resolved, body: They load again.}
---
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    shutil.copytree(SAMPLE, tmp_path / "site")
    return tmp_path / "site"


def put(root: Path, text: str, name: str = "2026-11-20-note.md") -> Path:
    path = root / "content" / "incidents" / name
    path.write_text(text)
    return path


def rules(root: Path, *paths: Path) -> list[tuple[int, str]]:
    return [(p.line, p.rule) for p in lint.lint(root, env={}, now=NOW, paths=paths)]


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        ("incidents/2026/search.md", "put it into"),
        ("incident/search.md", "put it into"),
        ("search.md", "put it into"),
        ("incidents/search.md.txt", "ends in .md"),
        ("incidents/SEARCH.MD", "ends in .md"),
        ("pages/about.markdown", "ends in .md"),
    ],
)
def test_content_that_nothing_reads_is_a_warning(name: str, fix: str, root: Path) -> None:
    """Silence would look like a published note."""
    path = root / "content" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(NOTE)
    (found,) = lint.lint(root, env={}, now=NOW)
    assert (found.file, found.rule, found.severity) == (f"content/{name}", "not-read", Severity.WARNING)
    assert fix in found.fix


def test_what_is_no_content_may_lie_anywhere(root: Path) -> None:
    """A read-me, leftovers of editors, and a theme of one's own."""
    for name in ("README.md", "incidents/README.md", "incidents/.#a.md", "theme/notes.md", ".trash/old.md", "a.txt"):
        path = root / "content" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("text")
    assert rules(root) == []


def test_sample_is_clean(root: Path) -> None:
    """Nothing to say about good content."""
    put(root, NOTE)
    assert rules(root) == []


STYLE = {
    "long-title": (
        2, NOTE.replace("Previews fail", "Previews " * 12),
        "the title has 107 characters; say it in 80: what people notice",
    ),
    "cut-off": (
        2, NOTE.replace("Previews fail", "Previews fail as in #12 again"),
        "`#12 again` is a comment and is not shown; put the whole text in quotes",
    ),
    "title-dot": (
        2, NOTE.replace("Previews fail", "Previews fail."),
        "the title ends with a dot; take the dot away",
    ),
    "no-body": (
        11, NOTE.replace(", body: They load again.", ""),
        "the update says nothing; write a body: what people notice, who, since when",
    ),
    "same-minute": (
        11, NOTE.replace("+1h", "+10s"),
        "another update has the same minute; join them, or write a later time",
    ),
    "reopened": (
        12, NOTE.removesuffix("---\n") + "  - {at: +1h, status: investigating, body: Again.}\n---\n",
        "the note was resolved and goes on; if it came back, a new note is easier to follow",
    ),
    "not-utc": (
        5, NOTE.replace("2026-11-20T05:30:00Z", "2026-11-20T06:30:00+01:00"),
        "`2026-11-20T06:30:00+01:00` is not in UTC; write it with Z, or run lint --fix",
    ),
    "no-components": (
        1, NOTE.replace("components: [civitai/images]\n", ""),
        "the note names no component; write components: [platform/component]",
    ),
    "raw-html": (
        10, NOTE.replace("Half of", "<b>Half</b> of"),
        "`<b>` is HTML; write it in markdown",
    ),
    "http-link": (
        10, NOTE.replace("Half of", "[Half](http://example.org/) of"),
        "`http://example.org/` is not encrypted; write https:// if it works",
    ),
    "future start": (
        5, NOTE.replace("2026-11-20T05:30:00Z", "2027-01-01T05:30:00Z"),
        "the note begins in the future, 2027-01-01T05:30:00Z; it is shown from then on; "
        "is the year, the month or the offset right?",
    ),
    "no-alt": (
        10, NOTE.replace("Half of", "![](/x.png) of"),
        "the image has no description; write ![what it shows](…)",
    ),
    "future": (
        11, NOTE.replace("+1h", "2027-11-20T06:42:00Z"),
        "the update is in the future, 2027-11-20T06:42:00Z; it is shown from then on; "
        "is the year, the month or the offset right?",
    ),
}  # fmt: skip


@pytest.mark.parametrize("rule", STYLE)
def test_rule_of_style_is_told_with_its_line_and_what_to_write(rule: str, root: Path) -> None:
    """One warning, where it is, in exactly these words."""
    line, text, said = STYLE[rule]
    put(root, text, "note.md")
    (found,) = lint.lint(root, env={}, now=NOW)
    assert (found.line, found.rule, found.severity) == (line, rule.partition(" ")[0], Severity.WARNING)
    assert f"{found.message}; {found.fix}" == said


def test_what_is_wrong_and_what_could_be_nicer_are_told_at_once(root: Path) -> None:
    """A note with an error is not mended in two rounds: its title and its words are looked at as well."""
    put(root, NOTE.replace("Previews fail", "Previews fail.").replace("impact: minor", "impact: minr")
        .replace("Half of", "<b>Half</b> of"))  # fmt: skip
    assert rules(root) == [(2, "title-dot"), (3, "bad-value"), (10, "raw-html")]


MESSY = """---
title: Previews fail
impact: minor
components: [civitai/images]
started: 2026-11-20T05:30:00Z
updates:
  - {at: +12m, status: investigating, body: We look.}
  - {at: +1h, status: resolved}
  - {at: +10s, status: resolved, body: They load again.}
  - {at: +1h, status: investigating, body: Again.}
---
"""
MESS = [(1, "file-date"), (8, "no-body"), (9, "same-minute"), (10, "reopened")]


@pytest.mark.parametrize(
    ("slip", "mended", "errors"),
    [
        ("impact: minor", "impact: majr", [(3, "bad-value")]),
        ("[civitai/images]", "civitai/images", [(4, "bad-value")]),
        ("[civitai/images]", "[civitai/image]", [(4, "unknown-component")]),
        ("---\ntitle", "---\nseverity: high\ntitle", [(2, "unknown-key")]),
    ],
    ids=["a word", "no list", "a name", "a key"],
)
def test_one_error_hides_nothing_else_of_the_note(
    root: Path, slip: str, mended: str, errors: list[tuple[int, str]]
) -> None:
    put(root, MESSY, "2026-11-21-note.md")
    assert rules(root) == MESS
    put(root, MESSY.replace(slip, mended, 1), "2026-11-21-note.md")
    down = MESSY.replace(slip, mended, 1).count("\n") - MESSY.count("\n")
    beside = [(line + down if line > 1 else line, rule) for line, rule in MESS]
    assert rules(root) == sorted([*beside, *errors])


@pytest.mark.parametrize(
    ("slip", "mended"),
    [
        ("status: resolved}", "status: resolved, body: 5}"),
        ("{at: +1h, status: investigating", "{at: +1h, status: postmortm"),
        ("{at: +10s, status: resolved", "{at: 5, status: resolved"),
        ("started: 2026-11-20T05:30:00Z", "started: soon"),
    ],
    ids=["body", "status", "time", "start"],
)
def test_what_an_error_leaves_open_is_not_called_a_matter_of_style(root: Path, slip: str, mended: str) -> None:
    """A word that cannot be read may be the right one."""
    found = {"status: resolved}": "no-body", "{at: +1h, status: investigating": "reopened"}.get(slip, "same-minute")
    found = "file-date" if slip.startswith("started") else found
    put(root, MESSY.replace(slip, mended, 1), "2026-11-21-note.md")
    left = [rule for _, rule in rules(root)]
    assert found not in left
    assert set(left) & {rule for _, rule in MESS}


def test_file_name_says_the_day_it_began(root: Path) -> None:
    """A date in the name that is another one misleads."""
    put(root, NOTE, "2026-11-21-note.md")
    assert rules(root) == [(1, "file-date")]
    (found,) = lint.lint(root, env={}, now=NOW)
    assert "`id: 2026-11-21-note` in the note keeps its address" in found.fix


def test_code_is_no_html(root: Path) -> None:
    """What stands between backticks is shown, not meant."""
    put(
        root,
        NOTE + "\nWrite `<b>` and `http://example.org/`.\n\n```\n<script>\n![](x)\n```\n\n<https://example.org/>\n",
    )
    assert rules(root) == []


@pytest.mark.parametrize("line", ['  contact: ""\n', ""], ids=["empty", "left out"])
def test_a_page_that_nobody_can_reach_gets_a_hint_and_no_more(line: str, root: Path) -> None:
    """Whoever publishes a page would want it; a fork that is only tried needs none."""
    file = root / "content" / "status.yml"
    whole = file.read_text()
    file.write_text(whole.replace("  contact: ops@example.org\n", line))
    found = lint.lint(root, env={}, now=NOW)
    assert [(p.severity, p.line > 0) for p in found] == [(Severity.HINT, True)]
    assert str(found[0]).partition(": ")[2] == (
        "`contact` is empty: who is asked by these checks, or reads this page, cannot reach you; "
        "write contact: you@example.org, or the address of a page; every request carries it"
    )


@pytest.mark.parametrize(
    ("old", "new", "rules_"),
    [
        ("", "", []),
        ("  id: status.example.org\n", "", ["no-site-id"]),
        ("  url: https://status.example.org\n  id: status.example.org\n", "", []),
    ],
    ids=["with an id", "an address without an id", "no address yet"],
)
def test_an_address_without_an_id_gets_a_hint_before_the_site_moves(
    old: str, new: str, rules_: list[str], root: Path
) -> None:
    """The id that it offers is the one that readers know already."""
    file = root / "content" / "status.yml"
    file.write_text(file.read_text().replace(old, new))
    found = [problem for problem in lint.lint(root, env={}, now=NOW) if problem.severity is Severity.HINT]
    assert [problem.rule for problem in found] == rules_
    assert all(problem.fix == "write id: status.example.org; it stays for ever" for problem in found)


def test_everything_is_found_at_once(root: Path) -> None:
    """Configuration, notes, pages and causes in one run, also when the configuration itself is wrong."""
    (root / "content" / "status.yml").write_text("site: {titel: x}\nplatforms: []\n")
    put(root, NOTE.replace("impact: minor", "impact: huge"))
    found = lint.lint(root, env={}, now=NOW)
    assert {p.file for p in found} == {"content/status.yml", "content/incidents/2026-11-20-note.md"}
    assert [p.rule for p in found if p.file.endswith(".md")] == ["bad-value"]


def test_secrets_that_are_not_set_are_no_problem_of_an_editor(root: Path) -> None:
    """The machine that lints has none."""
    path = root / "content" / "status.yml"
    path.write_text(path.read_text().replace("expect: {status: [200]}", "headers: {X-Key: '${TOKEN}'}"))
    assert rules(root) == []


def test_paths_choose_what_is_told(root: Path) -> None:
    """Files or folders; nothing else is told, everything is read."""
    put(root, NOTE.replace("Previews fail", "Previews fail."), "2026-11-20-one.md")
    put(
        root,
        NOTE.replace("Previews fail", "Previews fail!.").replace("[civitai/images]", "[civitai/imagse]"),
        "2026-11-20-two.md",
    )
    incidents = root / "content" / "incidents"
    assert rules(root, incidents / "2026-11-20-one.md") == [(2, "title-dot")]
    both = [(2, "title-dot"), (2, "title-dot"), (4, "unknown-component")]
    assert rules(root, incidents) == both
    assert rules(root, root / "content" / "pages") == []
    assert rules(root, Path("content/incidents")) == both


# ---- mending ---------------------------------------------------------------------------------------------------------


def test_fix_mends_what_is_safe_and_nothing_else(root: Path) -> None:
    """Byte order mark, line ends, last newline and offsets; the words stay."""
    broken = (
        NOTE.replace("2026-11-20T05:30:00Z", "2026-11-20 06:30+01:00  # in Berlin")
        .replace("minor", "huge")
        .rstrip("\n")
    )
    path = put(root, "")
    path.write_bytes(b"\xef\xbb\xbf" + broken.replace("\n", "\r\n").encode())
    assert lint.fix(root, env={}, now=NOW) == [path]
    assert path.read_text() == NOTE.replace("05:30:00Z", "05:30:00Z  # in Berlin").replace("minor", "huge")
    assert lint.fix(root, env={}, now=NOW) == []


def test_fix_leaves_what_it_cannot_read(root: Path) -> None:
    """A file in another encoding is for a person."""
    path = put(root, "")
    path.write_bytes(b"---\ntitle: Zust\xe4nde\n")
    assert lint.fix(root, env={}, now=NOW) == []


def test_fix_follows_no_link_out_of_the_content(root: Path, tmp_path: Path) -> None:
    """What does not belong to the page is not ours to mend, wherever a link leads."""
    theirs = tmp_path / "theirs.md"
    theirs.write_text(NOTE.rstrip("\n"))
    (root / "content" / "incidents" / "link.md").symlink_to(theirs)
    assert lint.fix(root, env={}, now=NOW) == []
    assert theirs.read_text() == NOTE.rstrip("\n")


def test_fix_keeps_to_its_paths(root: Path) -> None:
    """Only what was asked for is touched."""
    put(root, NOTE.rstrip("\n"))
    assert lint.fix(root, env={}, now=NOW, paths=[root / "content" / "pages"]) == []


# ---- showing ---------------------------------------------------------------------------------------------------------

PROBLEM = Problem("content/a,b.md", 3, 7, "bad-value", "100% of `x`\ncannot be", "write: y")
SOFT = Problem("content/c.md", 0, 0, "left-out", "it is left out", severity=Severity.WARNING)
HINT = Problem("content/d.md", 2, 1, "no-contact", "it is empty", "write one", severity=Severity.HINT)


def test_text_is_for_people() -> None:
    """Place, what, what to write, and the rule's name."""
    assert lint.format([PROBLEM, SOFT, HINT]) == (
        "content/a,b.md:3:7: 100% of `x`\ncannot be; write: y [bad-value]\ncontent/c.md: warning: it is left out [left-out]\n"
        "content/d.md:2:1: hint: it is empty; write one [no-contact]"
    )


def test_json_is_for_programs() -> None:
    """A list of objects, with the severity."""
    assert json.loads(lint.format([PROBLEM], "json")) == [
        {
            "file": "content/a,b.md",
            "line": 3,
            "column": 7,
            "severity": "error",
            "rule": "bad-value",
            "message": "100% of `x`\ncannot be",
            "fix": "write: y",
        }
    ]


def test_annotations_cannot_become_commands() -> None:
    """Signs that mean something to the workflow are escaped."""
    assert lint.format([PROBLEM, SOFT, HINT], "github").split("\n") == [
        "::error file=content/a%2Cb.md,line=3,col=7,title=bad-value::100%25 of `x`%0Acannot be; write: y",
        "::warning file=content/c.md,title=left-out::it is left out",
        "::notice file=content/d.md,line=2,col=1,title=no-contact::it is empty; write one",
    ]


def test_unknown_format_is_an_error() -> None:
    """With the three that there are."""
    with pytest.raises(ContentError, match="one of: text, json, github"):
        lint.format([], "xml")
