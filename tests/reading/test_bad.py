"""Every bad input of the catalogue leads to exactly the words that stand beside it."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from generator import config, notes
from generator.errors import ContentError
from tests.reading import bad

ROWS = (
    *(
        [
            "C01",
            "C02",
            "C03",
            "C05",
            "C06",
            "C07",
            "C08",
            "C09",
            "C11",
            "C12",
            "C14",
            "C15",
            "C16",
            "C18",
            "C19",
            "C21",
            "C22",
            "C23",
            "C24",
        ]
    ),
    *(["I01", "I02", "I03", "I06", "I07", "I09", "I10", "I12", "I13", "I14", "I15", "I18", "I20"]),
)


@pytest.mark.parametrize("path", bad.inputs(), ids=lambda path: path.stem)
def test_says_what_is_wrong_where_and_what_to_write(path: Path, tmp_path: Path) -> None:
    """The problems of this input are those of its `.expected`, word for word."""
    assert bad.outcome(path, tmp_path) == bad.expected(path)


@pytest.mark.parametrize("row", ROWS)
def test_row_of_the_catalogue_has_an_input(row: str) -> None:
    """No row of the catalogue is without a file; rows that need more than a file stand in other tests."""
    assert any(path.name.startswith(row) for path in bad.inputs())


def test_every_expectation_has_its_input() -> None:
    """An expectation without an input would be checked by nobody."""
    expectations = {path.stem for path in bad.BAD.glob("*.expected")}
    assert expectations == {path.name.removesuffix(path.suffix) for path in bad.inputs()}


def read_config(path: Path) -> str:
    with pytest.raises(ContentError) as caught:
        config.load(path, env={})
    return str(caught.value)


def test_missing_configuration_is_an_error(tmp_path: Path) -> None:
    """C14: no file at all."""
    assert read_config(tmp_path / "content" / "status.yml") == (
        "content/status.yml: there is no such file; write one, or give its folder with --root"
    )


def test_folder_in_place_of_the_configuration_is_an_error(tmp_path: Path) -> None:
    """C14: a folder."""
    (tmp_path / "content" / "status.yml").mkdir(parents=True)
    assert read_config(tmp_path / "content" / "status.yml") == (
        "content/status.yml: this is a folder; a file with this name is needed"
    )


def test_pipe_in_place_of_the_configuration_is_an_error_and_is_not_waited_for(tmp_path: Path) -> None:
    """C14: what is no ordinary file is not opened."""
    (tmp_path / "content").mkdir()
    os.mkfifo(tmp_path / "content" / "status.yml")
    assert "this is no ordinary file" in read_config(tmp_path / "content" / "status.yml")


UNREADABLE = """
import os, sys
from pathlib import Path
from generator import config
from generator.errors import ContentError
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
try:
    config.load(Path(sys.argv[1]), env={})
except ContentError as error:
    print(error)
"""


def test_unreadable_configuration_is_an_error(tmp_path: Path) -> None:
    """C14: no permission. Root may read everything, so that a child without its rights looks."""
    folder = tmp_path / "content"
    folder.mkdir()
    (folder / "status.yml").write_text("site: {title: x}\n")
    (folder / "status.yml").chmod(0)
    for parent in (tmp_path, *tmp_path.parents):
        if parent.stat().st_uid == os.getuid() and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o055)
    done = subprocess.run(
        [sys.executable, "-c", UNREADABLE, str(folder / "status.yml")],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert done.stdout == "content/status.yml: cannot be read: permission denied; check its permissions\n", done.stderr


HUGE = {
    "ten megabytes": ("a: b\n" * 2_000_000, "content/status.yml: the file is larger than 1 MiB"),
    "hundred thousand keys": ("".join(f"{i:x}: 1\n" for i in range(100_000)), "more than 50000 values"),
    "two thousand brackets": ("a: " + "[" * 2000, "nested deeper than 50"),
    "two thousand steps": ("".join(f"{' ' * i}a:\n" for i in range(1400)), "nested deeper than 50"),
    "nine levels of aliases": (
        "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 10)),
        "anchors and aliases are not allowed",
    ),
}

CHILD = """
import resource, sys
from pathlib import Path
from generator import config, probes
from generator.errors import ContentError
before = resource.getrusage(resource.RUSAGE_SELF)
try:
    config.load(Path(sys.argv[1]), env={})
except ContentError as error:
    after = resource.getrusage(resource.RUSAGE_SELF)
    print(int((after.ru_utime - before.ru_utime) * 1000), after.ru_maxrss - before.ru_maxrss, error)
"""


@pytest.mark.parametrize("name", HUGE)
def test_hostile_configuration_ends_soon_and_small(name: str, tmp_path: Path) -> None:
    """C12: an error after at most a second of work and with less than 100 MB, whatever the file would grow to."""
    text, words = HUGE[name]
    (tmp_path / "content").mkdir()
    (tmp_path / "content" / "status.yml").write_text(text)
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(tmp_path / "content" / "status.yml")],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (20, 20)),
        check=False,
    )
    worked, grown, said = done.stdout.split(" ", 2)
    assert words in said
    assert int(worked) < 1000, "user CPU milliseconds, not the clock on the wall"
    assert int(grown) < 100_000, "kilobytes"


def load_notes(root: Path, **options: object) -> notes.Notes:
    read = config.load(bad.SAMPLE / "content" / "status.yml", env={})
    return notes.load(root, read, bad.NOW, **options)  # type: ignore[arg-type]


NOTE = (
    "---\ntitle: Previews fail\nimpact: minor\nstarted: 2026-11-20T05:30:00Z\n"
    "updates: [{at: +5m, status: investigating, body: We look.}]\n---\n"
)


def write(root: Path, text: str, name: str = "2026-11-20-note.md") -> Path:
    path = root / "content" / "incidents" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_note_of_ten_megabytes_is_an_error(tmp_path: Path) -> None:
    """I16: too large a file is refused before it is parsed."""
    write(tmp_path, NOTE + "word " * 2_000_000)
    with pytest.raises(ContentError) as caught:
        load_notes(tmp_path)
    assert [str(p) for p in caught.value.problems] == [
        "content/incidents/2026-11-20-note.md: the file is larger than 1 MiB; split it, or take out what does not belong here"
    ]


HARD = {
    "brackets": "[" * 20_000,
    "marked sections": "<![" * 5_000,
    "deep list": "\n".join("  " * i * 2 + "- a" for i in range(300)),
    "long text": "a\n" * 140_000,
}


@pytest.mark.parametrize("name", HARD)
def test_body_that_is_too_hard_is_shown_as_written_with_a_warning(name: str, tmp_path: Path) -> None:
    """I16: the note is published, its text escaped, and its file named."""
    write(tmp_path, NOTE + HARD[name])
    found = load_notes(tmp_path)
    assert found.notes[0].html.startswith('<pre class="raw">')
    assert [(p.file, p.line, p.rule) for p in found.problems] == [
        ("content/incidents/2026-11-20-note.md", 7, "too-hard")
    ]


def test_link_out_of_the_content_folder_is_refused(tmp_path: Path) -> None:
    """A link among the notes cannot publish a file from elsewhere."""
    (tmp_path / "secret.md").write_text(NOTE)
    write(tmp_path, NOTE)
    (tmp_path / "content" / "incidents" / "linked.md").symlink_to(tmp_path / "secret.md")
    with pytest.raises(ContentError) as caught:
        load_notes(tmp_path)
    assert [str(p) for p in caught.value.problems] == [
        "content/incidents/linked.md: this link leads out of the content folder; put the file itself here"
    ]


def test_link_to_itself_costs_itself_only(tmp_path: Path) -> None:
    """It cannot be followed, and that is all there is to say of it."""
    write(tmp_path, NOTE)
    loop = tmp_path / "content" / "incidents" / "loop.md"
    loop.symlink_to(loop)
    found = load_notes(tmp_path, fallback=lambda _: None)
    assert [note.id for note in found.notes] == ["2026-11-20-note"]
    assert found.left_out == ("content/incidents/loop.md",)
    assert any("the link leads to itself" in problem.message for problem in found.problems)


def test_broken_note_never_stops_the_page(tmp_path: Path) -> None:
    """I26: its last good version stands in for it, marked, and its errors become warnings."""
    path = write(tmp_path, NOTE.replace("title: Previews fail", "title: [Previews"))
    write(tmp_path, NOTE, "2026-11-20-other.md")
    found = load_notes(tmp_path, fallback=lambda asked: NOTE if asked == path else None)
    assert [(note.id, note.stale_version) for note in found.notes] == [
        ("2026-11-20-note", True),
        ("2026-11-20-other", False),
    ]
    assert [str(p) for p in found.problems] == [
        "content/incidents/2026-11-20-note.md: this note has errors; its last good version is shown in its place, "
        "marked; mend it",
        "content/incidents/2026-11-20-note.md:2:8: this is no YAML: did not find expected ',' or ']', while parsing a "
        "flow sequence; close the bracket",
    ]
    assert {p.severity.value for p in found.problems} == {"warning"}


def test_broken_note_without_a_good_version_is_left_out_by_name(tmp_path: Path) -> None:
    """I26: a note that was never good leaves the rest of the page alone, and is named."""
    write(tmp_path, "no front matter\n")
    write(tmp_path, NOTE, "2026-11-20-other.md")
    found = load_notes(tmp_path, fallback=lambda asked: None)
    assert [note.id for note in found.notes] == ["2026-11-20-other"]
    assert found.left_out == ("content/incidents/2026-11-20-note.md",)


def test_broken_note_without_a_fallback_is_an_error(tmp_path: Path) -> None:
    """Where nobody asked to go on, a broken note is an error, and the good ones do not hide it."""
    write(tmp_path, "no front matter\n")
    write(tmp_path, NOTE, "2026-11-20-other.md")
    with pytest.raises(ContentError):
        load_notes(tmp_path)
