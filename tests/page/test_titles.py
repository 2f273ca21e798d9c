"""The title of a page: what it is about first, and no longer than what a tab or a search engine shows."""

from __future__ import annotations

import pytest

from generator.outputs._html_values import LONGEST_TITLE, titled


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        pytest.param("History", "History – Roadworthy", id="short: with the site's name"),
        pytest.param("a" * 60, "a" * 60, id="the name does not fit: left out"),
        pytest.param(
            "Resolved: Previews of images and of models fail in Western Europe, North Africa and Asia",
            "Resolved: Previews of images and of models fail in Western Europe…",
            id="still too long: cut behind a word",
        ),
        pytest.param("✕ " + "検" * 80, "✕ " + "検" * 67 + "…", id="no spaces to cut at"),
        pytest.param("a" * LONGEST_TITLE, "a" * LONGEST_TITLE, id="just fits"),
    ],
)
def test_a_title_is_at_most_seventy_characters(said: str, shown: str) -> None:
    assert titled(said, "Roadworthy") == shown
    assert len(shown) <= LONGEST_TITLE
