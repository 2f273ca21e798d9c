"""Plain markdown is said quickly, and in the very bytes that library and sanitiser would have said it in."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator import markdown
from generator.markdown import quick
from tests.bench.content import bodies

BASE = "https://status.example/below"


def quickly(text: str) -> str | None:
    return quick.render(text, lambda url: markdown._link(url, BASE))


def slowly(text: str) -> str:
    return markdown._sanitise(markdown._convert(text, BASE), BASE)


@pytest.mark.parametrize("text", bodies(7)[:2], ids=["an update", "another"])
def test_what_people_write_most_is_said_quickly(text: str) -> None:
    assert quickly(text) == slowly(text) == markdown.render(text, base_url=BASE)


PLAIN = (
    *("a ", "word ", "Word", "7 ", "2026-11 ", "\n", "\n\n", "\n\n- ", "\n- ", " ", "(", ")", ": ", ";", "--", " - "),
    *("=", "#", "+", "é", "日本", "http", '"', "'", "!", "^", "~", "{", "$", "%", "/", ".", ", ", "?", "😀", "(c)"),
    *("`code`", "`a_b*c[d]@x`", "`www.x.y`", "`http://x`", " **bold**", "**a b**", "*em*", " *e m* ", "[rel](/a/b)"),
    *("[link](https://example.org/a)", "[l k](https://e.org/a_b/?x=1#y;z,1+2%20~)", "[t](/)", "[X](/a:b)", "[x!](/a)"),
)
"""Pieces of which most texts are plain enough."""

ODD = (
    *(
        "1) ",
        "1. ",
        "a. ",
        "\n: ",
        "\n=",
        "- ",
        "* ",
        "*",
        "**",
        "***",
        "`",
        "``",
        "[",
        "](",
        "![",
        "[^1]",
        "[x]",
        "[ ]",
    ),
    *(
        "  ",
        "  \n",
        "\u2003",
        "\t",
        "\u200b",
        "#",
        "# ",
        ">",
        "~~~",
        "+ ",
        "www.",
        "WWW.",
        "://",
        "ftp://x.y",
        "mailto:",
    ),
    *(
        "@",
        "&",
        "&amp;",
        "<",
        "<b>",
        "|",
        "\n|-|-|",
        "_",
        "__",
        "x_y",
        "\\",
        "\\*",
        "!!!",
        "\n    code",
        "\x7f",
        "\u2028",
    ),
    *(
        "[x](/a/./../b)",
        "[y](https://a)",
        "[z](https://a.org:80)",
        "[q](https://A.org:99999)",
        "[q](/%zz)",
        "[q](//x/)",
    ),
    *("[h](https://xn--a.org)", "[h](https://1.2)", "[h](HTTP://a.bc/)", "[h](https://a.0x7f)", "[h](javascript:x)"),
    *(
        "[h](/a 'b')",
        "[h](</a>)",
        "[[a](/b)](/c)",
        "[a][b]",
        "[b]: /c",
        "`x``y`",
        "[`x`](/y)",
        "**a *b* c**",
        "a**b**c",
    ),
)
"""Pieces that mean something else, or might."""


@settings(max_examples=600, deadline=None)
@given(
    st.lists(st.sampled_from(PLAIN), min_size=1, max_size=14),
    st.lists(st.tuples(st.integers(0, 14), st.sampled_from(ODD)), max_size=2),
)
def test_whatever_is_said_quickly_is_what_the_library_says(plain: list[str], odd: list[tuple[int, str]]) -> None:
    for place, piece in odd:
        plain.insert(place, piece)
    text = "".join(plain).strip("\n")
    said = quickly(text) if text.strip() else None
    if said is not None:
        assert not markdown.too_hard(text)
        assert said == slowly(text)


@pytest.mark.parametrize("text", ODD)
def test_what_might_mean_something_else_is_for_the_library(text: str) -> None:
    """Between plain words: either the library is asked, or both say the same."""
    around = f"Some words {text} and more\n\nA paragraph{text}"
    assert quickly(around) in (None, slowly(around))


def test_a_text_that_could_be_too_hard_is_for_the_library() -> None:
    text = "[a](/) " * 2_000
    assert markdown.too_hard(text)
    assert quickly(text.strip()) is None
