"""The notes and pages of the default site: real, dated, linked, fair."""

from __future__ import annotations

import re

from generator import notes, pages
from generator.incidents import merge
from generator.model import Past, Progress
from tests.explaining.worlds import NOW, ROOT, default_causes, default_config

SITE = default_config()


def loaded() -> notes.Notes:
    return notes.load(ROOT, SITE, NOW)


def test_the_default_notes_are_clean() -> None:
    assert loaded().problems == ()


def test_every_default_note_says_its_id() -> None:
    """A file may be renamed; its address, its feed entries and its id in the API stay."""
    for note in loaded().notes:
        assert f"\nid: {note.id}\n" in (ROOT / note.place.file).read_text("utf-8")


def test_each_failure_family_has_a_note_and_so_has_a_policy_and_the_reference() -> None:
    by_cause = {n.cause for n in loaded().notes}
    wanted = {
        "indexing-stalled",
        "replica-lag",
        "image-scan-stalled",
        "isp-filtering",
        "cached-error",
        "overload",
        "legal-geoblock",
    }
    assert wanted <= by_cause
    assert any(c.startswith("huggingface/") for n in loaded().notes for c in n.components)
    assert {n.cause for n in loaded().notes if n.cause} <= {c.id for c in default_causes()}


def test_every_note_links_its_public_source_and_is_over() -> None:
    """What was long ago must not stand open on the first page."""
    for note in loaded().notes:
        assert note.links, note.id
        assert all(link.startswith("https://github.com/") for link in note.links), note.id
        assert note.ended is not None, note.id


def test_policy_is_no_outage() -> None:
    """A country that is shut out on purpose is a notice without impact, and no open incident."""
    policies = [i for i in merge(SITE, Past(), loaded().notes, (), NOW) if i.cause == "legal-geoblock"]
    assert len(policies) == 2
    assert {(i.kind, i.impact.value, i.status, i.active) for i in policies} == {
        ("notice", "none", Progress.COMPLETED, False)
    }


def test_the_pages_say_what_they_must() -> None:
    """Method: formula, limits, robots position, request budget; about: independence."""
    text = {p.slug: re.sub(r"<[^>]+>|\s+", " ", p.html) for p in pages.load(ROOT, SITE)}
    method = re.sub(r"\s+", " ", text["method"])
    for word in (
        "uptime = 1",
        "coverage",
        "robots.txt",
        "one request a second",
        "thirty a run",
        "not run by Civitai or Hugging Face",
        "unknown",
    ):
        assert word in method, word
    assert "Not run by Civitai or Hugging Face" in text["about"]
