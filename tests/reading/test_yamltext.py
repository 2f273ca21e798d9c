"""Strict YAML: values are what they look like, and every value knows its place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator import frontmatter, yamltext
from generator.errors import ContentError, Problem

VALUES = {
    "a number keeps its value": ("1.10", 1.1),
    "no is a word": ("no", "no"),
    "yes is a word": ("yes", "yes"),
    "True is a word": ("True", "True"),
    "true is a boolean": ("true", True),
    "a clock is no number in base sixty": ("22:22", "22:22"),
    "an octal-looking number is text": ("012", "012"),
    "an exponent is a number": ("1e3", 1000.0),
    "a date stays text": ("2026-11-23", "2026-11-23"),
    "a time stays text": ("2026-11-23T05:30:00Z", "2026-11-23T05:30:00Z"),
    "a relative time stays text": ("+12m", "+12m"),
    "underscores make no number": ("1_000", "1_000"),
    "quotes make text": ("'1'", "1"),
    "nothing is none": ("", None),
    "a tilde is none": ("~", None),
    "a negative number": ("-3", -3),
    "a block of text": ("|-\n  one\n\n  two", "one\n\ntwo"),
}


@pytest.mark.parametrize(("text", "value"), VALUES.values(), ids=VALUES)
def test_value_is_what_it_looks_like(text: str, value: object) -> None:
    """Only true and false are booleans, numbers are decimal and finite, and times are left to us."""
    read = yamltext.load(f"a: {text}\n", "x.yml").value["a"]
    assert read == value
    assert type(read) is type(value)


def test_every_value_and_key_has_its_place() -> None:
    """Lines and columns count from 1, and shift with the first line of the text."""
    document = yamltext.load("a: 1\nlist:\n  - x\n  - {b: 2}\n", "x.md", first_line=2)
    assert document.place(("a",)) == (2, 4)
    assert document.key_place(("list",)) == (3, 1)
    assert document.place(("list", 1, "b")) == (5, 9)
    assert document.place(("list", 1, "missing", "deeper")) == (5, 5)


def problems(text: str) -> list[str]:
    with pytest.raises(ContentError) as caught:
        yamltext.load(text, "x.yml")
    return [str(problem) for problem in caught.value.problems]


def test_all_slips_are_told_at_once() -> None:
    """A key that stands twice does not hide a number that is none."""
    assert problems("a: 1\na: 2\nb: .nan\na: 3\n") == [
        "x.yml:2:1: the key `a` stands here again; the first is at line 1, column 1; keep one of them",
        "x.yml:3:4: `.nan` is no finite number; write a number, or put it in quotes if it is text",
        "x.yml:4:1: the key `a` stands here again; the first is at line 1, column 1; keep one of them",
    ]


REFUSED = {
    "infinite by size": "a: 1e999",
    "anchor": "a: &x 1",
    "alias": "a: *x",
    "tag": "a: !!python/name:os.system",
    "own tag": "a: !x 1",
    "second document": "a: 1\n---\nb: 2",
    "key that is a list": "? [a]\n: b",
    "lone surrogate": 'a: "\\ud800"',
    "escape by number": 'a: "\\x1b"',
    "open quote": "a: 'b",
    "tab": "a:\n\tb: 1",
    "newer YAML": "%YAML 2.0\n---\na: 1",
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_what_surprises_is_refused(text: str) -> None:
    """One problem, with a place and words, and no traceback."""
    (said,) = problems(text)
    assert said.startswith("x.yml:")


@given(st.text(max_size=200))
def test_any_text_is_a_document_or_problems(text: str) -> None:
    """Whatever stands in a file, the answer is a value or problems."""
    try:
        document = yamltext.load(text, "x.yml")
    except ContentError as error:
        found = len(error.problems)
    else:
        found = len(document.values) if document.value is not None else 1
    assert found


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.text("abc: -#'\"é\n", max_size=12),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abcé -", max_size=6), inner, max_size=4),
        max_leaves=20,
    )
)
def test_what_json_says_is_read_as_json(value: object) -> None:
    """JSON is YAML: our own building of values agrees with it."""
    import json

    assert yamltext.load(json.dumps(value, ensure_ascii=False), "x.yml").value == value


def test_lenient_reading_replaces_what_no_feed_can_carry() -> None:
    """With `warnings` the character becomes U+FFFD and the line is named."""
    warnings: list[Problem] = []
    document = yamltext.load('a: "x\\x00y"\nb: z\x0bz\n', "x.md", first_line=2, warnings=warnings)
    assert document.value == {"a": "x\ufffdy", "b": "z\ufffdz"}
    assert sorted((w.line, w.col) for w in warnings) == [(2, 4), (3, 5)]


def test_front_matter_is_taken_from_the_text() -> None:
    """A line of three dashes in the body is the body's own."""
    parts = frontmatter.load("---\na: 1\n---\nText\n\n---\nmore\n", "x.md")
    assert (parts.head.value, parts.body, parts.body_line) == ({"a": 1}, "Text\n\n---\nmore\n", 4)
