"""Notes: times that people write become moments, and only what is due is there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from generator import config, notes, pages
from generator.errors import ContentError
from generator.model import Impact, Note, Progress, Status
from generator.notes import recurrence
from generator.notes.form import NoteShape, UpdateShape
from generator.shapes import rfc3339
from tests.reading.bad import NOW, SAMPLE

READ = config.load(SAMPLE / "content" / "status.yml", env={})
DAY = 86400


def put(root: Path, front: str, body: str = "", name: str = "2026-11-20-note.md", folder: str = "incidents") -> None:
    path = root / "content" / folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"---\n{front}---\n{body}")


def load(root: Path, now: int = NOW, *, drafts: bool = False) -> notes.Notes:
    return notes.load(root, READ, now, drafts=drafts)


def one(root: Path, front: str, body: str = "", now: int = NOW, folder: str = "incidents") -> Note:
    put(root, front, body, folder=folder)
    (note,) = load(root, now).notes
    return note


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


BASE = "title: Previews fail\nstarted: 2026-11-20T05:30:00Z\n"


def test_sample_is_read_whole() -> None:
    """Three notes, oldest first, without a problem."""
    found = notes.load(SAMPLE, READ, NOW)
    assert [note.id for note in found.notes] == ["2026-11-24-weekly", "2026-11-20-previews", "2026-11-23-search"]
    assert found.problems == ()
    previews = found.notes[1]
    assert previews.impact is Impact.MAJOR
    assert [rfc3339(update.at) for update in previews.updates] == [
        "2026-11-20T05:42:00Z",
        "2026-11-20T06:40:00Z",
        "2026-11-20T07:40:00Z",
    ]
    assert [update.id for update in previews.updates] == ["20261120T0542Z", "20261120T0640Z", "20261120T0740Z"]
    assert previews.ended == at("2026-11-20T07:40:00Z")
    assert previews.updates[0].components == {"civitai/images": Status.PARTIAL_OUTAGE}
    assert "<h3>What happened</h3>" in previews.html
    assert found.notes[2].next_update == at("2026-11-23T06:20:00Z")


TIMES = {
    "after the start": (["+12m"], ["05:42"]),
    "after the one before": (["+12m", "+1h"], ["05:42", "06:42"]),
    "on the same day": (["06:10Z"], ["06:10"]),
    "with another offset": (["2026-11-20T07:15:00+01:00"], ["06:15"]),
    "with all the digits of a machine": (["2026-11-20T06:15:00.123456789Z"], ["06:15"]),
    "two in a minute": (["+1m", "+30s"], ["05:31", "05:31"]),
}


@pytest.mark.parametrize(("written", "meant"), TIMES.values(), ids=TIMES)
def test_time_of_an_update(written: list[str], meant: list[str], tmp_path: Path) -> None:
    """Absolute, after the one before, or on the day of the one before."""
    rows = "".join(f"  - {{at: {when}, status: investigating, body: x}}\n" for when in written)
    note = one(tmp_path, f"{BASE}updates:\n{rows}")
    assert [rfc3339(update.at)[11:16] for update in note.updates] == meant
    assert len({update.id for update in note.updates}) == len(written)


NEXT = {
    "after the last update": ("+2h", "2026-11-21T01:30:00Z"),
    "at a time": ("2026-11-21T08:00:00Z", "2026-11-21T08:00:00Z"),
    "on the clock, after midnight": ("07:00Z", "2026-11-21T07:00:00Z"),
}


@pytest.mark.parametrize(("written", "meant"), NEXT.values(), ids=NEXT)
def test_next_update(written: str, meant: str, tmp_path: Path) -> None:
    """Counted from the last update; a clock time that has passed is tomorrow's."""
    note = one(
        tmp_path,
        f"{BASE}next_update: {written}\nupdates: [{{at: 2026-11-20T23:30:00Z, status: investigating, body: x}}]\n",
    )
    assert note.next_update == at(meant)


def test_a_note_that_is_over_promises_no_further_update(tmp_path: Path) -> None:
    """The promise ends with the incident."""
    note = one(tmp_path, f"{BASE}next_update: +2h\nupdates: [{{at: +2h, status: resolved, body: x}}]\n")
    assert note.next_update is None


ENDS = {
    "open": (["investigating"], None),
    "resolved": (["investigating", "resolved"], 2),
    "a post-mortem does not end it again": (["investigating", "resolved", "postmortem"], 2),
    "opened again": (["resolved", "investigating"], None),
    "resolved again": (["resolved", "investigating", "resolved"], 3),
}


@pytest.mark.parametrize(("words", "hours"), ENDS.values(), ids=ENDS)
def test_end_of_an_incident(words: list[str], hours: int | None, tmp_path: Path) -> None:
    """The first word that ends it after which nothing was open."""
    rows = "".join(f"  - {{at: +1h, status: {word}, body: x}}\n" for word in words)
    note = one(tmp_path, f"{BASE}updates:\n{rows}")
    assert note.ended == (None if hours is None else note.started + hours * 3600)


IMPACTS = {
    "said": ("impact: minor\n", "major_outage", Impact.MINOR),
    "from a major outage": ("", "major_outage", Impact.CRITICAL),
    "from a partial outage": ("", "partial_outage", Impact.MAJOR),
    "from slowness": ("", "degraded_performance", Impact.MINOR),
    "nothing is invented": ("", "operational", Impact.NONE),
}


@pytest.mark.parametrize(("line", "status", "impact"), IMPACTS.values(), ids=IMPACTS)
def test_impact(line: str, status: str, impact: Impact, tmp_path: Path) -> None:
    """What the author says, else what the worst status they named amounts to."""
    update = f"updates: [{{at: +1m, status: investigating, body: x, components: {{civitai/api: {status}}}}}]\n"
    assert one(tmp_path, BASE + line + update).impact is impact


def test_components_named_only_in_an_update_belong_to_the_note(tmp_path: Path) -> None:
    """In the order they were named, each once."""
    update = "updates: [{at: +1m, status: investigating, body: x, components: {civitai/images: major_outage, civitai/api: operational}}]\n"
    assert one(tmp_path, f"{BASE}components: [civitai/api]\n{update}").components == ("civitai/api", "civitai/images")


def test_old_ids_stay_valid(tmp_path: Path) -> None:
    """A component that was renamed is meant by its old id, too."""
    assert one(tmp_path, f"{BASE}components: [huggingface/files]\n").components == ("huggingface/cdn",)


def test_edited_is_kept(tmp_path: Path) -> None:
    """A correction is visible and cannot be older than what it corrects."""
    note = one(tmp_path, f"{BASE}updates: [{{at: +1m, edited: +5m, status: investigating, body: x}}]\n")
    assert note.updates[0].edited == note.started + 360


def test_blank_keys_of_a_form_are_no_slips(tmp_path: Path) -> None:
    """An editor in the browser leaves empty keys behind."""
    note = one(tmp_path, f"{BASE}cause: ''\nnext_update: ''\nregions: []\npublish_at:\nlang: ''\nlinks: []\n")
    assert (note.cause, note.next_update, note.publish_at, note.lang) == ("", None, None, "")


# ---- what is there when ----------------------------------------------------------------------------------------------

HIDDEN = {
    "draft": "draft: true\n",
    "to be published later": "publish_at: 2026-11-24T00:00:00Z\n",
}


@pytest.mark.parametrize("line", HIDDEN.values(), ids=HIDDEN)
def test_what_is_not_due_is_not_there(line: str, tmp_path: Path) -> None:
    """Only a preview shows it."""
    put(tmp_path, BASE + line)
    assert load(tmp_path).notes == ()
    assert len(load(tmp_path, drafts=True).notes) == 1


def test_note_appears_when_its_time_has_come(tmp_path: Path) -> None:
    """And the moment is told beforehand, so that a build can be planned."""
    put(tmp_path, f"{BASE}publish_at: 2026-11-24T00:00:00Z\n")
    due = at("2026-11-24T00:00:00Z")
    assert load(tmp_path).future == (due,)
    assert len(load(tmp_path, now=due).notes) == 1


def test_update_of_the_future_waits(tmp_path: Path) -> None:
    """The note is open until the update that ends it has come."""
    put(
        tmp_path,
        f"{BASE}updates:\n  - {{at: +1m, status: investigating, body: x}}\n  - {{at: +80h, status: resolved, body: x}}\n",
    )
    (now,) = load(tmp_path).notes
    assert (len(now.updates), now.ended) == (1, None)
    (then,) = load(tmp_path, now=NOW + 2 * DAY).notes
    assert (len(then.updates), then.ended) == (2, then.started + 60 + 80 * 3600)
    assert [p.rule for p in load(tmp_path).problems] == ["future"]


def test_missing_folders_are_no_notes(tmp_path: Path) -> None:
    """A site without any note is fine."""
    assert load(tmp_path) == notes.Notes(())


def test_all_problems_of_all_files_come_at_once(tmp_path: Path) -> None:
    """Slips in shape and in meaning, in three files."""
    put(
        tmp_path,
        "title: 1.1\nstarted: 2026-11-20\nimpact: huge\nregions: [nowhere]\nupdates: [{at: soon, status: x}]\n",
        name="a.md",
    )
    put(tmp_path, "titel: x\n", name="b.md")
    put(tmp_path, f"{BASE}components: [nothing]\n", name="c.md")
    with pytest.raises(ContentError) as caught:
        load(tmp_path)
    assert [(p.file[-4:], p.line, p.rule) for p in caught.value.problems] == [
        ("a.md", 2, "bad-value"),
        ("a.md", 3, "bad-time"),
        ("a.md", 4, "bad-value"),
        ("a.md", 5, "unknown-region"),
        ("a.md", 6, "bad-time"),
        ("a.md", 6, "bad-value"),
        ("b.md", 2, "missing-key"),
        ("b.md", 2, "unknown-key"),
        ("c.md", 4, "unknown-component"),
    ]


# ---- maintenance -----------------------------------------------------------------------------------------------------

WORK = "title: Database work\ncomponents: [civitai/api]\n"


@pytest.mark.parametrize(
    "lines",
    [
        "starts: 2026-11-24T02:00:00Z\nends: 2026-11-24T04:00:00Z\n",
        "scheduled_for: 2026-11-24T02:00:00Z\nscheduled_until: 2026-11-24T04:00:00Z\n",
        "starts: 2026-11-24T02:00:00Z\nduration: 2h\n",
        "timezone: Europe/Berlin\nstarts: 2026-11-24 03:00\nends: 2026-11-24T05:00\n",
    ],
)
def test_window_can_be_written_in_several_ways(lines: str, tmp_path: Path) -> None:
    """Each means the same two hours."""
    note = one(tmp_path, WORK + lines, folder="maintenance")
    assert note.windows == ((at("2026-11-24T02:00:00Z"), at("2026-11-24T04:00:00Z")),)
    assert (note.kind, note.impact, note.ended) == ("maintenance", Impact.MAINTENANCE, note.windows[0][1])


def test_work_that_is_done_early_ends_early(tmp_path: Path) -> None:
    """`completed` is when it was over."""
    lines = "starts: 2026-11-22T02:00:00Z\nduration: 2h\nupdates: [{at: +1h, status: completed, body: x}]\n"
    note = one(tmp_path, WORK + lines, folder="maintenance")
    assert note.ended == at("2026-11-22T03:00:00Z")
    assert note.updates[0].status is Progress.COMPLETED


def test_recurring_work_stays_on_the_wall_clock() -> None:
    """Three in the morning in Berlin, on both sides of the end of summer time."""
    found = recurrence.windows(at("2026-10-06T01:00:00Z"), 3600, "FREQ=WEEKLY;BYDAY=TU", "Europe/Berlin", NOW)
    zone = ZoneInfo("Europe/Berlin")
    starts = [datetime.fromtimestamp(start, zone) for start, _ in found]
    assert {(start.hour, start.strftime("%a")) for start in starts} == {(3, "Tue")}
    assert {start.utcoffset() for start in starts} == {timedelta(hours=1), timedelta(hours=2)}
    assert {end - start for start, end in found} == {3600}
    assert found[-1][0] <= NOW + recurrence.AFTER


RULES = {
    "every second week": ("FREQ=WEEKLY;INTERVAL=2", ["2026-11-03", "2026-11-17", "2026-12-01"]),
    "second tuesday": ("FREQ=MONTHLY;BYDAY=2TU", ["2026-11-10", "2026-12-08"]),
    "last day of the month": ("FREQ=MONTHLY;BYMONTHDAY=-1", ["2026-11-30", "2026-12-31"]),
    "three times": ("FREQ=DAILY;COUNT=3", ["2026-11-03", "2026-11-04", "2026-11-05"]),
    "until a day, that day included": ("FREQ=DAILY;UNTIL=20261105", ["2026-11-03", "2026-11-04", "2026-11-05"]),
    "until a moment": ("RRULE:FREQ=DAILY;UNTIL=20261105T020000Z", ["2026-11-03", "2026-11-04", "2026-11-05"]),
}


@pytest.mark.parametrize(("rule", "days"), RULES.values(), ids=RULES)
def test_rule(rule: str, days: list[str]) -> None:
    """The rules people write for maintenance."""
    found = recurrence.windows(at("2026-11-03T02:00:00Z"), 3600, rule, "UTC", NOW)
    assert [rfc3339(start)[:10] for start, _ in found][: len(days)] == days


def test_exceptions_are_left_out() -> None:
    """By the day on which the work would begin there."""
    found = recurrence.windows(
        at("2026-11-03T02:00:00Z"), 3600, "FREQ=DAILY;COUNT=3", "UTC", NOW, exceptions=["2026-11-04"]
    )
    assert [rfc3339(start)[:10] for start, _ in found] == ["2026-11-03", "2026-11-05"]


def test_rule_that_ended_long_ago_keeps_its_last_window() -> None:
    """So that the note still says when it was."""
    found = recurrence.windows(at("2020-01-01T02:00:00Z"), 3600, "FREQ=DAILY;COUNT=3", "UTC", NOW)
    assert [rfc3339(start) for start, _ in found] == ["2020-01-03T02:00:00Z"]


REFUSED = (
    "FREQ=SECONDLY",
    "FREQ=HOURLY",
    "BYDAY=TU",
    "FREQ=WEEKLY;BYDAY=XX",
    "FREQ=WEEKLY;BYDAY=2TU",
    "FREQ=WEEKLY;INTERVAL=0",
    "FREQ=DAILY;COUNT=0",
    "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=DAILY;BYMONTH=13",
    "FREQ=DAILY;BYSETPOS=7",
    "FREQ=DAILY;UNTIL=tomorrow",
    "FREQ=DAILY;UNTIL=20261399",
    "FREQ=DAILY;BYEASTER=1",
    "FREQ=DAILY;FREQ=WEEKLY",
    "every tuesday",
    "",
)


@pytest.mark.parametrize("rule", REFUSED)
def test_rule_that_could_turn_for_ever_or_means_nothing_is_refused(rule: str) -> None:
    """With words, and before anything is counted."""
    with pytest.raises(ValueError, match="; "):
        recurrence.windows(at("2026-11-03T02:00:00Z"), 3600, rule, "UTC", NOW)


# ---- pages and documentation -----------------------------------------------------------------------------------------


def test_pages_have_slug_title_and_language(tmp_path: Path) -> None:
    """The language stands in the file name or in the front matter."""
    folder = tmp_path / "content" / "pages"
    folder.mkdir(parents=True)
    (folder / "about.md").write_text("---\ntitle: About\n---\nHello [there](/history/)\n")
    (folder / "about.de.md").write_text("---\ntitle: Über\n---\nHallo\n")
    (folder / "method.md").write_text("---\ntitle: Method\nlang: en\n---\n")
    found = pages.load(tmp_path, READ)
    assert [(page.slug, page.title, page.lang) for page in found] == [
        ("about", "Über", "de"),
        ("about", "About", ""),
        ("method", "Method", "en"),
    ]
    assert 'href="https://status.example.org/history/"' in found[1].html


def test_problems_of_pages_come_at_once(tmp_path: Path) -> None:
    """Wrong names, missing titles and doubles."""
    folder = tmp_path / "content" / "pages"
    folder.mkdir(parents=True)
    (folder / "About Us.md").write_text("---\ntitle: About\n---\n")
    (folder / "method.md").write_text("---\ntitel: Method\n---\n")
    (folder / "a.md").write_text("---\ntitle: A\nlang: de\n---\n")
    (folder / "a.de.md").write_text("---\ntitle: A\n---\n")
    with pytest.raises(ContentError) as caught:
        pages.load(tmp_path, READ)
    assert sorted({p.rule for p in caught.value.problems}) == [
        "duplicate-id",
        "file-name",
        "missing-key",
        "unknown-key",
    ]


@pytest.mark.parametrize("shape", [NoteShape, UpdateShape])
def test_every_key_is_documented(shape: type[NoteShape]) -> None:
    """docs/notes.md names each of them."""
    page = (Path(__file__).parents[2] / "docs" / "notes.md").read_text()
    assert [name for name in shape.model_fields if f"`{name}`" not in page] == []


def test_examples_of_the_documentation_are_right(tmp_path: Path) -> None:
    """Every note in docs/notes.md reads without a problem."""
    page = (Path(__file__).parents[2] / "docs" / "notes.md").read_text()
    examples = [block.split("```", 1)[0] for block in page.split("```markdown\n")[1:]]
    for number, example in enumerate(examples):
        folder = tmp_path / "content" / ("maintenance" if "starts:" in example else "incidents")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"example-{number}.md").write_text(example)
    (tmp_path / "content" / "causes").mkdir()
    (tmp_path / "content" / "causes" / "cdn-corruption.md").write_text("")
    found = load(tmp_path, now=int(datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp()))
    assert found.problems == ()
    assert len(found.notes) == len(examples) >= 3
