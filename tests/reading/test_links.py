"""Links of notes: what is sure to lead nowhere is told with its place, and never takes the note off the page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from generator import cache, config, lint, notes
from generator.errors import ContentError
from generator.markdown import linked, render
from tests.reading.bad import NOW, SAMPLE

SINGLE = config.load(SAMPLE / "content" / "status.yml", env={})
READ = replace(SINGLE, site=replace(SINGLE.site, languages=("en", "de")))
FILE = "content/incidents/2026-11-20-note.md"
NOTE = """---
title: Previews fail
impact: major
components: [civitai/images]
started: 2026-11-20T05:30:00Z
updates:
  - at: 2026-11-20T05:42:00Z
    status: investigating
    body: |-
      {body}
  - at: 2026-11-20T06:42:00Z
    status: resolved
    body: Previews load again.
---
"""


def put(root: Path, body: str, name: str = "2026-11-20-note") -> Path:
    path = root / "content" / "incidents" / f"{name}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(NOTE.replace("{body}", body))
    return path


def load(root: Path, memory: cache.Cache | None = None, *, going_on: bool = False) -> notes.Notes:
    return notes.load(root, READ, NOW, fallback=(lambda path: None) if going_on else None, memory=memory)


def told(root: Path, memory: cache.Cache | None = None) -> list[str]:
    """What lint would say of the links."""
    names = notes.Names.of(READ, ())
    readings, problems = notes.read(root, names, NOW, memory)
    places = notes.places_of(root, names, readings, strict=True)
    found = [problem for path, reading in readings for problem in notes.follow(reading, places, path)]
    return [str(problem) for problem in sorted([*problems, *found])]


HOST = "has no https:// before it, and so leads to a page of ours that is not there; write https://"
MARK = "is a place in a page, and these words stand on several pages and in feeds; write the whole address: "
TOPS = "/platforms/, /components/, /regions/, /incidents/, /history/, /compare/, /causes/, /feeds/"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("See [here](status.vendor.example/7).", f"10:18: `status.vendor.example/7` {HOST}status.vendor.example/7"),
        ("See [here](/status.vendor.example/7).", f"10:18: `status.vendor.example/7` {HOST}status.vendor.example/7"),
        ("[Mail](ops@vendor.example) them.", "10:14: `ops@vendor.example` is an address for mail without mailto:; write mailto:ops@vendor.example"),
        ("[x](/incidents/nope/)", "10:11: there is no incident `nope`; take the link away"),
        ("[x](https://status.example.org/incidents/nope/)", "10:11: there is no incident `nope`; take the link away"),
        ("[x](incidents/2026-11-20-not/)", "10:11: there is no incident `2026-11-20-not`; did you mean `2026-11-20-note`?"),
        ("[x](2026-11-19-other.md)", "10:11: `/2026-11-19-other.md` is a file of content/, not a page; write /incidents/2026-11-19-other/"),
        ("[x](../incidents/2026-11-20-note.md)", "10:11: `/incidents/2026-11-20-note.md` is a file of content/, not a page; write /incidents/2026-11-20-note/"),
        ("![i](/assets/nope.png)", "10:12: the site has no picture `/assets/nope.png`; write the address of the picture, with https://"),
        ("[y](#story)", f"10:11: `#story` {MARK}/incidents/ID/#place"),
        ("[c](/components/civitai/image/)", "10:11: there is no component `civitai/image`; did you mean `civitai/images`?"),
        ("[c](/de/components/civitai/image/)", "10:11: there is no component `civitai/image`; did you mean `civitai/images`?"),
        ("[c](/components/)", "10:11: the site has no `/components/`; known: "),
        ("[p](/platforms/nobody/)", "10:11: there is no platform `nobody`; known: "),
        ("[r](/regions/atlantis/)", "10:11: there is no region `atlantis`; known: "),
        ("[c](/causes/gremlins/)", "10:11: there is no cause `gremlins`; take the link away"),
        ("[m](/nowhere/at/all)", f"10:11: the site has no `/nowhere/`; known: {TOPS}"),
    ],
)  # fmt: skip
def test_a_link_that_is_sure_to_lead_nowhere_is_told_with_what_to_write(tmp_path: Path, body: str, said: str) -> None:
    put(tmp_path, body)
    (problem,) = told(tmp_path)
    assert problem.startswith(f"{FILE}:{said}")


@pytest.mark.parametrize(
    "body",
    [
        "[a](https://status.vendor.example/7) and <https://vendor.example> and status.vendor.example/7",
        "[a](mailto:ops@vendor.example)",
        "[a](/) [b](/history/) [c](/history/2026-11/) [d](/history.rss) [e](/feeds/) [f](/rss) [g](/maintenance.ics)",
        "[a](/components/civitai/images/) [b](/components/civitai/images/history.rss) [c](/platforms/civitai/)",
        "[a](/incidents/2026-11-20-note/) [b](/incidents/2026-11-20-note/index.md) [c](incidents/2026-11-20-note/)",
        "[a](/incidents/civitai-images-20261120T0530Z/)",
        "[a](/de/history/) [b](/about/) [c](/robots.txt)",
        "A word.[^1]\n\n      [^1]: A footnote.",
        "`[x](/incidents/nope/)` as code",
    ],
)
def test_a_link_that_may_lead_somewhere_is_left_to_the_finished_site(tmp_path: Path, body: str) -> None:
    (tmp_path / "content" / "pages").mkdir(parents=True)
    (tmp_path / "content" / "pages" / "about.md").write_text("---\ntitle: About\n---\n")
    put(tmp_path, body)
    assert told(tmp_path) == []


def test_whether_a_page_of_the_past_is_there_is_asked_of_the_finished_site(tmp_path: Path) -> None:
    """An incident that is withdrawn, or was renamed, has a page for ever; its note is not there to say so."""
    put(tmp_path, "As [last week](/incidents/2026-11-13-before/).")
    assert len(told(tmp_path)) == 1
    for going_on in (False, True):
        found = load(tmp_path, going_on=going_on)
        assert found.problems == ()
        assert "<a href=" in found.notes[0].updates[0].html


def test_every_place_of_a_dead_link_is_told(tmp_path: Path) -> None:
    path = put(tmp_path, "[x](/incidents/nope/)\n\n      [x](/incidents/nope/)")
    path.write_text(f"{path.read_text()}More [there](/incidents/nope/).\n")
    assert [problem.split(": ")[0] for problem in told(tmp_path)] == [
        f"{FILE}:{at}" for at in ("10:11", "12:11", "17:14")
    ]


def test_without_an_address_of_the_site_a_link_must_begin_at_its_top(tmp_path: Path) -> None:
    put(tmp_path, "[a](incidents/2026-11-20-note/) [b](/incidents/2026-11-20-note/)")
    names = notes.Names((), (), (), {}, "")
    readings, _ = notes.read(tmp_path, names, NOW)
    ((path, reading),) = readings
    (problem,) = notes.follow(reading, notes.places_of(tmp_path, names, readings), path)
    assert str(problem) == (
        f"{FILE}:10:11: `incidents/2026-11-20-note/` leads elsewhere from each page; "
        "begin it with /: /incidents/2026-11-20-note/"
    )


def test_lint_tells_dead_links_also_of_a_note_that_has_other_errors(tmp_path: Path) -> None:
    (tmp_path / "content").mkdir()
    (tmp_path / "content" / "status.yml").write_bytes((SAMPLE / "content" / "status.yml").read_bytes())
    path = put(tmp_path, "See [here](status.vendor.example/7).")
    path.write_text(path.read_text().replace("impact: major", "impact: majr"))
    found = [(p.rule, p.line) for p in lint.lint(tmp_path, env={}, now=NOW) if p.file == FILE]
    assert found == [("bad-value", 3), ("dead-link", 10)]


def test_where_the_page_goes_on_the_words_stand_without_the_link(tmp_path: Path) -> None:
    put(tmp_path, "See [*here*](status.vendor.example/7), [there](https://vendor.example/) ![a < b](/assets/nope.png).")
    found = load(tmp_path, going_on=True)
    assert found.notes[0].updates[0].html == (
        '<p>See <em>here</em>, <a href="https://vendor.example/" rel="noopener">there</a> a &lt; b.</p>'
    )
    assert [(p.rule, p.severity.value, p.line, p.col) for p in found.problems] == [
        ("unlinked", "warning", 10, 20),
        ("unlinked", "warning", 10, 88),
    ]
    assert "its words are shown without a link; write https://status.vendor.example/7" in str(found.problems[0])
    assert found.left_out == ()


def test_what_another_file_says_is_asked_anew_though_the_note_was_read_before(tmp_path: Path) -> None:
    put(tmp_path, "As [last week](/incidents/2026-11-13-before/).")
    other = put(tmp_path, "Nothing.", "2026-11-13-before")
    for _ in range(2):
        with cache.Cache(tmp_path / cache.FOLDER) as memory:
            assert told(tmp_path, memory) == []
    other.unlink()
    with cache.Cache(tmp_path / cache.FOLDER) as memory:
        (problem,) = told(tmp_path, memory)
    assert problem.startswith(f"{FILE}:10:22: there is no incident `2026-11-13-before`")
    put(tmp_path, "Nothing.", "2026-11-13-before")
    with cache.Cache(tmp_path / cache.FOLDER) as memory:
        assert "<a href=" in load(tmp_path, memory).notes[1].updates[0].html


def test_a_draft_with_a_dead_link_stops_nobody(tmp_path: Path) -> None:
    path = put(tmp_path, "[x](/regions/nope/)")
    path.write_text(path.read_text().replace("impact:", "draft: true\nimpact:"))
    found = load(tmp_path)
    assert [(p.rule, p.severity.value) for p in found.problems] == [("dead-link", "warning")]


@pytest.mark.parametrize(
    ("text", "dead", "html"),
    [
        ("[a](https://x.example/) b", ["https://x.example/"], "<p>a b</p>"),
        ("[a](https://x.example/?a=1&b=2)", ["https://x.example/?a=1&b=2"], "<p>a</p>"),
        ('[**a**](/x/ "title > \'t\'") [b](/y/)', ["/x/"], '<p><strong>a</strong> <a href="/y/" rel="noopener">b</a></p>'),
        ("[![pic](/p.png)](/x/)", ["/p.png", "/x/"], "<p>pic</p>"),
        ("`<a href=\"/x/\">a</a>`", ["/x/"], "<p><code>&lt;a href=\"/x/\"&gt;a&lt;/a&gt;</code></p>"),
    ],
)  # fmt: skip
def test_html_without_a_link_keeps_its_words(text: str, dead: list[str], html: str) -> None:
    assert linked.without(render(text), dead) == html


# ---- secrets ---------------------------------------------------------------------------------------------------------

SECRET = "sekret_canary-12345"


@pytest.mark.parametrize(
    ("body", "at"),
    [
        (f"The token {SECRET} leaked.", "10:17"),
        ("It was c2VrcmV0X2NhbmFyeS0xMjM0NQ== all along.", "10:14"),
        (r"The token sekret\_canary-12345 shows only when rendered.", "1:1"),
    ],
)
def test_a_note_with_a_secret_of_the_environment_is_an_error_that_does_not_repeat_it(
    tmp_path: Path, body: str, at: str
) -> None:
    put(tmp_path, body)
    path = put(tmp_path, "Fine.", "2026-11-21-fine")
    read = replace(READ, secrets=frozenset({SECRET}))
    assert len(notes.load(tmp_path, READ, NOW).notes) == 2
    with cache.Cache(tmp_path / cache.FOLDER) as memory:
        notes.load(tmp_path, READ, NOW, memory=memory)  # kept while it was no secret
        with pytest.raises(ContentError) as caught:
            notes.load(tmp_path, read, NOW, memory=memory)
        found = notes.load(tmp_path, read, NOW, memory=memory, fallback=lambda path: path.read_text())
    (problem,) = caught.value.problems
    assert str(problem).startswith(f"{FILE}:{at}: the note holds a secret of the environment; take it out")
    assert SECRET not in "".join(map(str, (problem, *found.problems)))
    assert [note.place.file for note in found.notes] == [f"content/incidents/{path.name}"]
    assert found.left_out == (FILE,)


def test_what_an_editor_leaves_beside_notes_is_no_place_of_a_link(tmp_path: Path) -> None:
    """Emacs marks a file that is being written with a link to nowhere."""
    put(tmp_path, "See [there](/incidents/nowhere/).")
    (tmp_path / "content" / "status.yml").write_text("site: {}\n")
    (tmp_path / "content" / "incidents" / ".#2026-11-20-note.md").symlink_to("somebody@somewhere.4711")
    found = notes.dead_links(tmp_path, ["https://status.example.org/incidents/nowhere/"], "https://status.example.org")
    assert [(p.file, p.line) for p in found] == [(FILE, 10)]


def test_lint_tells_dead_links_of_pages_causes_and_the_configuration(tmp_path: Path) -> None:
    """What is sure; what is relative to the page it stands on is left to the finished site."""
    content = tmp_path / "content"
    (content / "pages").mkdir(parents=True)
    (content / "causes").mkdir()
    status = (SAMPLE / "content" / "status.yml").read_text()
    impact = "impact: Scripts and"
    assert impact in status
    (content / "status.yml").write_text(status.replace(impact, "impact: See [it](/platfrms/civitai/). Scripts and"))
    page = "---\ntitle: About\n---\n[a](/incidents/never/) [b](#here) [c](index.md) [d](https://vendor.example/) [e](/about/)\n"
    (content / "pages" / "about.md").write_text(page)
    sections = ("What it is", "What it means for you", "What you can do")
    body = "".join(f"## {one}\nSee [it](/components/civitai/imagse/).\n" for one in sections)
    head = "---\ntitle: Nothing is found\nwhen:\n  - {function: api, failure: timeout}\n---\n"
    (content / "causes" / "nothing-found.md").write_text(head + body)
    found = [p for p in lint.lint(tmp_path, env={}, now=NOW) if p.rule == "dead-link"]
    assert [(p.file.removeprefix("content/"), p.line) for p in found if "status" not in p.file] == [
        ("causes/nothing-found.md", 7),
        ("causes/nothing-found.md", 9),
        ("causes/nothing-found.md", 11),
        ("pages/about.md", 4),
    ]
    assert [p.fix for p in found if "status" in p.file] == ["did you mean `platforms`?"]
