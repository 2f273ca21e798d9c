"""What was diagnosed when is kept; what a person is handed can be published as it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from generator import notes
from generator.incidents import draft, merge
from generator.incidents.drafts import file_name
from generator.incidents.journal import MOST, Entry, from_json, record, to_json
from generator.model import Confidence, Evidence, Finding, Incident, Time
from tests.explaining.small import HOUR, ROUND, T, outage, past, site

SITE = site()


def finding(cause: str = "search-down", component: str = "p/search", sentence: str = "Seen.") -> Finding:
    evidence = (Evidence(sentence), Evidence("And <b>this</b> [too](javascript:x)."))
    return Finding(
        cause, "Search is down", Confidence.HIGH, "p", (component,), (), T, evidence, ("Chance.",), "The next round."
    )


# ---- journal ---------------------------------------------------------------------------------------------------------


def test_a_diagnosis_is_written_down_when_it_changes_and_only_then() -> None:
    running = (outage("search"),)
    first = record((), running, (finding(),), T + ROUND)
    same = record(first, running, (finding(),), T + 2 * ROUND)
    other = record(same, running, (finding("index-late"),), T + 3 * ROUND)
    assert [e.cause for e in first] == ["search-down"]
    assert same == first
    assert [(e.cause, e.at) for e in other] == [("search-down", T + ROUND), ("index-late", T + 3 * ROUND)]


@pytest.mark.parametrize(
    ("found", "ended"),
    [
        pytest.param((finding(component="p/cdn"),), None, id="a-finding-about-something-else"),
        pytest.param((finding(),), T + 60, id="an-outage-that-is-over"),
        pytest.param((), None, id="no-finding"),
    ],
)
def test_nothing_is_written_down_without_a_reason(found: tuple[Finding, ...], ended: Time | None) -> None:
    assert record((), (outage("search", ended=ended),), found, T + ROUND) == ()


def test_a_diagnosis_that_never_settles_does_not_fill_the_story() -> None:
    kept: tuple[Entry, ...] = ()
    for n in range(100):
        kept = record(kept, (outage("search"),), (finding(f"cause-{n}"),), T + n * ROUND)
    assert len(kept) == MOST


def test_a_journal_survives_being_written_and_read() -> None:
    kept = record((), (outage("search"),), (finding(sentence="Größer “als” <b>\n"),), T)
    assert from_json(to_json(kept)) == kept
    assert from_json("") == ()


@pytest.mark.parametrize("text", ["{", "[1]", '[{"outage": "x"}]', '{"a": 1}', "null"])
def test_a_broken_journal_is_an_error_and_never_an_empty_one(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        from_json(text)


def test_an_incident_tells_its_diagnosis_when_it_is_over() -> None:
    """At opening, when it changed, and still there after the end, with ids that stay."""
    running = (outage("search"),)
    kept = record(record((), running, (finding(),), T + ROUND), running, (finding("index-late"),), T + 1200)
    (one,) = merge(SITE, past(outage("search", ended=T + 1800)), (), (), T + HOUR, kept)
    texts = [u.text for u in one.updates]
    assert texts[1].startswith("Probable cause: Search is down (confidence high). Seen.")
    assert texts[2].startswith("The diagnosis changed: ")
    assert [u.id for u in one.updates][1:3] == [
        "p-search-0-cause-20261123T060500Z",
        "p-search-0-cause-20261123T062000Z",
    ]


def test_not_to_know_a_cause_is_no_probable_cause() -> None:
    """Neither called probable nor given a confidence; and a change to it or from it is told like any other."""
    nothing = replace(finding("unknown-cause"), title="We do not know why", confidence=Confidence.LOW)
    running = (outage("search"),)
    kept = record(record((), running, (nothing,), T + ROUND), running, (finding(),), T + 1200)
    kept = record(kept, running, (nothing,), T + 1500)
    texts = [u.text for u in merge(SITE, past(*running), (), (), T + HOUR, kept)[0].updates][1:]
    assert [text.partition(" Seen.")[0] for text in texts] == [
        "We do not know why.",
        "The diagnosis changed: Search is down (confidence high).",
        "The diagnosis changed: we do not know why.",
    ]


def test_outages_of_one_event_tell_their_common_diagnosis_once() -> None:
    both = (outage("api"), outage("search"))
    found = finding(component="p/api")
    found = replace(found, components=("p/api", "p/search"))
    kept = record((), both, (found,), T + ROUND)
    assert len(kept) == 2
    (one,) = merge(SITE, past(*both), (), (), T + HOUR, kept)
    assert set(one.components) == {"p/api", "p/search"}
    assert sum(u.text.startswith("Probable cause") for u in one.updates) == 1


# ---- drafts ----------------------------------------------------------------------------------------------------------


def incident() -> Incident:
    return merge(SITE, past(outage("search", regions=("east",))), (), (finding(),), T + HOUR)[0]


def written(tmp_path: Path, text: str) -> Path:
    folder = tmp_path / "content" / "incidents"
    folder.mkdir(parents=True)
    (folder / file_name(incident())).write_text(text)
    return tmp_path


def test_a_draft_is_a_valid_note_with_times_places_and_evidence(tmp_path: Path) -> None:
    root = written(tmp_path, draft(incident(), (finding(),), T + HOUR))
    (note,) = notes.load(root, SITE, T + HOUR, drafts=True).notes
    assert note.draft
    assert (note.started, note.components, note.regions) == (T, ("p/search",), ("east",))
    assert note.outages == ("p-search-0",)
    assert note.updates[0].at == T + HOUR
    assert "Search is down" in note.html
    assert "The next round" in note.html


def test_a_draft_is_never_published_by_itself(tmp_path: Path) -> None:
    assert notes.load(written(tmp_path, draft(incident(), (), T + HOUR)), SITE, T + HOUR).notes == ()


def test_a_published_draft_keeps_the_id_that_subscribers_know(tmp_path: Path) -> None:
    text = "".join(x for x in draft(incident(), (), T + HOUR).splitlines(True) if not x.startswith("draft:"))
    read = notes.load(written(tmp_path, text), SITE, T + 2 * HOUR).notes
    (one,) = merge(SITE, past(outage("search", regions=("east",))), read, (), T + 2 * HOUR)
    assert one.id == "p-search-0"
    assert one.note is not None


def test_words_of_a_target_cannot_break_out_of_a_draft(tmp_path: Path) -> None:
    """Evidence repeats what a server sent; in a draft it is text and nothing else."""
    nasty = finding(sentence='---\ndraft: false\n"}: [x](javascript:alert(1)) <script>alert(2)</script> # `|')
    (note,) = notes.load(written(tmp_path, draft(incident(), (nasty,), T + HOUR)), SITE, T + HOUR, drafts=True).notes
    assert note.draft
    assert "<script" not in note.html
    assert "href" not in note.html


def test_a_draft_claims_no_cause() -> None:
    """Only a person confirms; the hypothesis stands in a comment."""
    assert "\n# cause: search-down   # high confidence" in draft(incident(), (finding(),), T)
    assert "\n# cause: the checks do not know" in draft(incident(), (finding("unknown-cause"),), T)


def test_a_draft_is_not_confident_of_not_knowing() -> None:
    nothing = replace(finding("unknown-cause"), title="We do not know why", confidence=Confidence.LOW)
    text = draft(incident(), (nothing,), T)
    assert "**We do not know why** (since " in text
    assert "confidence" not in text
