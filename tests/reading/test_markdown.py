"""Markdown is rendered for readers, and nothing in it runs, asks another origin, or takes for ever."""

from __future__ import annotations

import inspect
import re
import sys
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator import markdown

RENDERED = {
    "plain words": ("Works again.", "<p>Works again.</p>"),
    "emphasis": ("a **b** _c_ `d`", "<p>a <strong>b</strong> <em>c</em> <code>d</code></p>"),
    "headings begin at h3": ("# A\n\n## B", "<h3>A</h3>\n<h4>B</h4>"),
    "headings skip no level": ("## A\n\n### B", "<h3>A</h3>\n<h4>B</h4>"),
    "bare address": (
        "see https://example.org/x.",
        '<p>see <a href="https://example.org/x" rel="noopener">https://example.org/x</a>.</p>',
    ),
    "task list": (
        "- [x] done\n- [ ] to do",
        '<ul>\n<li><span class="task">☑</span> done</li>\n<li><span class="task">☐</span> to do</li>\n</ul>',
    ),
    "definition list": ("T\n:   D", "<dl>\n<dt>T</dt>\n<dd>D</dd>\n</dl>"),
    "admonition": (
        '!!! warning "Careful"\n    text',
        '<div class="admonition warning">\n<p class="admonition-title">Careful</p>\n<p>text</p>\n</div>',
    ),
    "code": ("```json\n{}\n```", '<pre><code class="language-json">{}\n</code></pre>'),
    "cells are aligned by class": (
        "|a|\n|-:|\n|1|",
        '<table>\n<thead>\n<tr>\n<th class="align-right">a</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n'
        '<td class="align-right">1</td>\n</tr>\n</tbody>\n</table>',
    ),
    "image of our own": ("![x](/img/a.png)", '<p><img alt="x" loading="lazy" src="/img/a.png"></p>'),
    "image from elsewhere is a link": (
        "![chart](https://e.org/a.png)",
        '<p><a href="https://e.org/a.png" rel="noopener">chart</a></p>',
    ),
    "template signs are text": ("{{7*7}} {% raw %}", "<p>{{7*7}} {% raw %}</p>"),
    "attribute lists are text": ("# H {: onclick=x}", "<h3>H {: onclick=x}</h3>"),
    "nothing": (" \n", ""),
}


@pytest.mark.parametrize(("text", "html"), RENDERED.values(), ids=RENDERED)
def test_renders(text: str, html: str) -> None:
    """What a person writes becomes the HTML they mean."""
    assert markdown.render(text) == html


def test_relative_links_become_absolute_for_feeds() -> None:
    """With a base the same HTML works on the page and in a reader."""
    assert markdown.render("[a](/history/) [b](x/) ![c](/c.png) [d](#e)", base_url="https://s.org") == (
        '<p><a href="https://s.org/history/" rel="noopener">a</a> <a href="https://s.org/x/" rel="noopener">b</a> '
        '<img alt="c" loading="lazy" src="https://s.org/c.png"> <a href="#e" rel="noopener">d</a></p>'
    )


def test_footnotes_of_two_texts_do_not_meet() -> None:
    """Ids carry a mark of their text, and not of what was rendered before it."""
    one, two = "a[^1]\n\n[^1]: x", "b[^1]\n\n[^1]: y"
    first = markdown.render(one)
    ids = re.findall(r' id="([^"]+)"', first + markdown.render(two))
    assert len(ids) == 4
    assert len(set(ids)) == 4
    assert markdown.render(one) == first
    targets = re.findall(r'href="#([^"]+)"', first)
    assert set(targets) <= set(ids)


HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<meta http-equiv=refresh content='0;url=//e'>",
    "[a](javascript:alert(1))",
    "[a](jAvascript:alert(1))",
    "[a](java\tscript:alert(1))",
    "[a]( javascript:alert(1))",
    "[a](data:text/html;base64,PHNjcmlwdD4=)",
    "[a](vbscript:x)",
    "![a](javascript:alert(1))",
    "[a][b]\n\n[b]: javascript:alert(1)",
    "<javascript:alert(1)>",
    "<a href='jav&#x09;ascript:alert(1)'>a</a>",
    "<a href='&#106;avascript:alert(1)'>a</a>",
    "<a href='//e.org' onclick=alert(1) style='position:fixed' target=_top>a</a>",
    "# a {: onclick=alert(1)}",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "<form action=//e><input name=a><button>b</button></form>",
    "<p class='sidebar' id='main' style='color:red'>a</p>",
    "<base href=//e>",
    "<object data=//e></object><embed src=//e>",
    "<link rel=stylesheet href=//e><style>*{}</style>",
    "<video src=//e><source srcset=//e></video>",
    "<img src=https://tracker.example/x.gif>",
    "<img src=//tracker.example/x.gif>",
    '"><script>alert(1)</script>',
    "`<script>`</code><script>alert(1)</script>",
    "<x:script xmlns:x='http://www.w3.org/1999/xhtml'>alert(1)</x:script>",
)


class Audit(HTMLParser):
    """Collects what must not be there."""

    def __init__(self, base: str = "") -> None:
        super().__init__()
        self.bad: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in markdown._TAGS:
            self.bad.append(tag)
        for name, value in attrs:
            text = re.sub(r"[\x00-\x20]", "", value or "").lower()
            if name.startswith("on") or name in ("style", "srcdoc", "srcset", "target", "action"):
                self.bad.append(f"{tag} {name}")
            if name == "href" and re.match(r"[a-z0-9+.-]*:", text) and not re.match(r"(https?|mailto):", text):
                self.bad.append(f"{tag} {value}")
            if name == "src" and (":" in text.split("/")[0] or text.startswith("//")):
                self.bad.append(f"{tag} {value}")
            if name == "id" and not text.startswith("fn"):
                self.bad.append(f"{tag} id {value}")


def faults(html: str) -> list[str]:
    audit = Audit()
    audit.feed(html)
    return audit.bad


def test_the_audit_sees_what_it_must() -> None:
    """A check that finds nothing anywhere would prove nothing."""
    page = "<script>1</script><a href=' java\tscript:x' onclick=y>z</a><img src=//e><p id=main style=x>"
    assert len(faults(page)) == 6


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_a_note_says_can_run(text: str) -> None:
    """No script, handler, style, foreign request or borrowed id survives."""
    assert faults(markdown.render(text)) == []


@settings(max_examples=200)
@given(
    st.lists(st.sampled_from([*HOSTILE, "*", "_", "[", "](", ")", "`", "<", ">", "\n\n", "    ", "> ", "- ", "|", "x"]))
)
def test_no_mixture_can_run_either(pieces: list[str]) -> None:
    """Put together in any order they stay harmless."""
    assert faults(markdown.render("".join(pieces))) == []


@settings(max_examples=300)
@given(st.text("abcdeXYZ ,;.()?!%+-=#:/'\"éß½…–0123456789", max_size=60))
def test_the_short_way_is_the_library_s(text: str) -> None:
    """Plain words rendered without the library are what the library makes of them."""
    short = markdown.render(text)
    long = markdown._sanitise(markdown._convert(text.strip("\n"), ""), "") if text.strip() else ""
    assert short == long


TOO_HARD = {
    "brackets": "[" * 20_000,
    "images": "![" * 5_000,
    "links": "[a](" * 5_000,
    "marked sections": "<![" * 5_000,
    "tags": "<a " * 20_000,
    "lists": "\n".join("    " * i + "- a" for i in range(300)),
    "lists on a line": "- " * 300 + "a",
    "quotes": "> " * 300 + "a",
    "headings": "# a\n" * 20_000,
    "underlined headings": "a\n===\n" * 20_000,
    "fences": "~~~ a\n\n" * 20_000,
    "definitions": "a\n:   b\n" * 20_000,
    "footnotes": "[^a]" * 5_000,
    "a long line": "a* " * 10_000,
    "much text": "word \n" * 60_000,
}


@pytest.mark.parametrize("text", TOO_HARD.values(), ids=TOO_HARD)
def test_what_would_take_for_ever_is_shown_as_written(text: str) -> None:
    """Escaped, whole up to the cap, with a reason."""
    assert markdown.too_hard(text)
    html = markdown.render(text)
    assert html.startswith('<pre class="raw">')
    assert faults(html) == []


FINE = {
    "a long article": "A paragraph with [a link](https://example.org/) and `code`.\n\n" * 400,
    "a long table": "|a|b|\n|-|-|\n" + "| [x](https://example.org/) | 2 |\n" * 300,
    "a long list": "- [one](https://example.org/)\n" * 300,
    "ten levels of a list": "\n".join("    " * i + "- a" for i in range(10)),
    "much code": "```\n" + "a[i] = b[j] << c; // <d>\n" * 200 + "```",
}


@pytest.mark.parametrize("text", FINE.values(), ids=FINE)
def test_what_a_person_writes_is_never_too_hard(text: str) -> None:
    """The bounds are far from what anybody writes."""
    assert markdown.too_hard(text) == ""
    assert 'class="raw"' not in markdown.render(text)


def test_a_text_that_overwhelms_the_parser_does_not_spoil_the_next() -> None:
    """Where the recursion limit is hit, the text is shown as written, and the next one is rendered as ever."""
    deep = "\n".join("    " * i + "- a" for i in range(11))
    markdown.render(deep)
    before, depth = sys.getrecursionlimit(), len(inspect.stack())
    kinds = set()
    for room in range(30, 200, 5):
        sys.setrecursionlimit(depth + room)
        try:
            kinds.add(markdown.render(deep)[:4])
        finally:
            sys.setrecursionlimit(before)
        assert markdown.render("a *b*") == "<p>a <em>b</em></p>"
    assert kinds == {"<pre", "<ul>"}
