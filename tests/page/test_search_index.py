"""What the search of the history page looks in."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.outputs._html_pages import SEARCHED, search_index
from tests.samples import site_view

VIEW = site_view("down")
ONE = VIEW.incidents[0]


def searched(title: str, *texts: str) -> str:
    updates = tuple(replace(ONE.updates[0], text=text) for text in texts)
    one = replace(ONE, title=title, updates=updates, component_links=(), region_names=("East",))
    return str(search_index(replace(VIEW, incidents=(one,)))[0]["text"])


@pytest.mark.parametrize(
    ("title", "texts", "expected"),
    [
        ("Uploads FAIL", ("One\n\n of\ttwo", "is full"), "uploads fail east one of two is full"),
        ("", ("", "  ", "late"), "east late"),
        ("x" * SEARCHED, ("never",), "x" * SEARCHED),
        ("x" * (SEARCHED - 6), ("a b c",), "x" * (SEARCHED - 6) + " east "),
    ],
)
def test_it_is_all_words_in_order_and_small_letters_up_to_a_bound(
    title: str, texts: tuple[str, ...], expected: str
) -> None:
    assert searched(title, *texts) == expected


@given(st.text(max_size=50), st.lists(st.text(max_size=700), max_size=5))
def test_no_word_within_the_bound_is_left_out(title: str, texts: list[str]) -> None:
    assert searched(title, *texts) == " ".join(" ".join([title, "East", *texts]).lower().split())[:SEARCHED]
