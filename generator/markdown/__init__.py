"""Markdown of notes, causes and pages as HTML that is safe to publish; the same HTML for page and feed.

python-markdown renders, nh3 sanitises what it made, so that nothing a note says can run: an allow-list of tags,
attributes and classes, links only to http, https and mailto. Headings begin at h3, because the page has its own above.
An image from elsewhere becomes a link, because no page of ours makes a request to another origin.
Never treats text as a template, never reads a file. Time is bounded: text that would take python-markdown too long
(some of its patterns are quadratic) is shown as it was written, see `too_hard`.
"""

from __future__ import annotations

import hashlib
import html as escaping
import re
import threading
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from . import quick

if TYPE_CHECKING:
    import markdown as library

MAX_CHARS = 256 * 1024
MAX_COST = 2_500_000
MAX_DEPTH = 12
MAX_LINE = 20_000

SCHEMES = frozenset({"http", "https", "mailto"})

_INLINE = {"a", "abbr", "b", "br", "cite", "code", "del", "em", "i", "img", "ins", "kbd", "mark", "q", "s", "samp"}
_INLINE |= {"small", "span", "strong", "sub", "sup", "var"}
_BLOCKS = {"blockquote", "details", "div", "h3", "h4", "h5", "h6", "hr", "p", "pre", "summary"}
_LISTS = {"dd", "dl", "dt", "li", "ol", "table", "tbody", "td", "th", "thead", "tr", "ul"}
_TAGS = frozenset(_INLINE | _BLOCKS | _LISTS)
_ATTRIBUTES = {
    "a": {"href", "title", "class", "id"},
    "abbr": {"title"},
    "img": {"src", "alt", "title", "width", "height", "loading"},
    "li": {"id"},
    "ol": {"start"},
    "sup": {"id"},
    "th": {"class"},
    "td": {"class"},
    "code": {"class"},
    "pre": {"class"},
    "div": {"class"},
    "p": {"class"},
    "span": {"class"},
    "ul": {"class"},
    "details": {"open"},
}
_CLASSES = re.compile(
    r"(?:admonition|admonition-title|note|tip|hint|info|important|warning|caution|danger|attention|error|footnote"
    r"|footnote-ref|footnote-backref|task|align-(?:left|right|center)|language-[a-z0-9+#-]{1,30}|raw)\Z"
)
_NUMBER = re.compile(r"[0-9]{1,4}\Z")
_FOOTNOTE_ID = re.compile(r"fn(?:ref[0-9]*)?:[0-9a-f]{8}-[\w-]{1,64}\Z")

# Without one of these markdown has nothing to say about a text but "one paragraph". Most updates are that, and to say
# so here is a hundred times as quick as the library.
_MARKUP = re.compile(
    r"[\\`*_\[\]<>&@|\x00-\x1f\x7f-\xa0\u2028\u2029]|://|www\.|mailto:|^[\s#+\-:=!~]|^\d+[.)]|\s$", re.IGNORECASE
)


def render(text: str, *, base_url: str = "") -> str:
    """The text as sanitised HTML. `base_url` makes relative links absolute, so that they also work in a feed."""
    text = text.strip("\n")
    if not text.strip():
        return ""
    if not _MARKUP.search(text):
        return f"<p>{text}</p>"
    html = quick.render(text, lambda url: _link(url, base_url))
    if html is not None:
        return html
    if too_hard(text):
        return plain(text)
    try:
        return _sanitise(_convert(text, base_url), base_url)
    except RecursionError:
        return plain(text)


def plain(text: str) -> str:
    """The text as it was written, escaped."""
    return f'<pre class="raw">{escaping.escape(text[:MAX_CHARS], quote=False)}</pre>'


def too_hard(text: str) -> str:
    """Why this text is shown as it was written instead of rendered; '' if it is rendered.

    Counts what python-markdown is quadratic in: brackets within a paragraph, and markup that it scans the rest of the
    text for. The bounds are far above what a person writes and decide the same on every machine.
    """
    if len(text) <= MAX_LINE and not _NESTED.search(text) and len(_COUNTED.findall(text)) < _SURELY_FEW:
        return ""
    if len(text) > MAX_CHARS:
        return f"longer than {MAX_CHARS // 1024} KiB"
    if any(len(line) > MAX_LINE for line in text.split("\n")):
        return f"a line longer than {MAX_LINE} characters"
    if _depth(text) > MAX_DEPTH:
        return f"lists or quotes nested deeper than {MAX_DEPTH}"
    cost = sum(_inline_cost(block) ** 2 for block in re.split(r"\n[ \t]*\n", text))
    cost += sum(len(pattern.findall(text)) ** 2 for pattern in _WHOLE_TEXT)
    return "too many brackets, tags or fences" if cost > MAX_COST else ""


_COUNTED = re.compile(r"[\[<*_`~:!#=+\n-]")
"""Everything that the cost counts, and every line."""
_SURELY_FEW = 500
"""So many of them cost less than `MAX_COST`, however they stand: the paragraphs together and six patterns, squared."""
_NESTED = re.compile(r"^(?:[ \t>]|(?:[-*+:]|\d{1,9}[.)])[ \t]+(?:[-*+:>]|\d+[.)]))", re.MULTILINE)
"""A line that may be a level inside another one."""

_WHOLE_TEXT = (
    re.compile(r"<[!?/a-zA-Z]"),
    re.compile(r"^[ \t]*:[ \t]", re.MULTILINE),
    re.compile(r"^[ \t]*(?:`{3}|~{3})", re.MULTILINE),
    re.compile(r"^[ \t]*!!!", re.MULTILINE),
    re.compile(r"^[ \t]*(?:#|=+[ \t]*$|-+[ \t]*$|(?:[*_-][ \t]*){3,}$)", re.MULTILINE),
    re.compile(r"\[\^"),
)


def _inline_cost(block: str) -> int:
    return block.count("[") + block.count("<") + (block.count("*") + block.count("_") + block.count("`")) // 8


def _depth(text: str) -> int:
    """The deepest nesting of list items and quotes that a line asks for."""
    deepest = 0
    for line in text.split("\n"):
        lead = re.match(r"[ \t>]*(?:(?:[-*+:]|\d{1,9}[.)])[ \t]+[>]*)*", line)
        if lead and lead.group():
            head = lead.group().expandtabs(4)
            marks = len(re.findall(r"[>*+:-]|\d[.)]", head))
            deepest = max(deepest, marks + (len(head) - len(head.lstrip(" "))) // 4)
    return deepest


# ---- rendering -------------------------------------------------------------------------------------------------------

_LOCK = threading.Lock()


def _convert(text: str, base_url: str) -> str:
    """The one Markdown instance is used by one thread at a time."""
    with _LOCK:
        md = _instance()
        md.reset()
        settings: Any = md
        settings.roadworthy_base_url = base_url
        settings.roadworthy_key = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:8]
        try:
            return md.convert(text)
        except RecursionError:
            # The parser keeps its state in lists that a reset does not empty.
            _instance.cache_clear()
            raise


@cache
def _instance() -> library.Markdown:
    import markdown as library

    from .tree import Tidy

    return library.Markdown(
        extensions=[
            "tables",
            "fenced_code",
            "footnotes",
            "admonition",
            "def_list",
            "sane_lists",
            "pymdownx.tasklist",
            "pymdownx.magiclink",
            Tidy(),
        ],
        extension_configs={
            "tables": {"use_align_attribute": True},
            "footnotes": {"BACKLINK_TITLE": "↩ {}"},
        },
        output_format="html",
    )


# ---- sanitising ------------------------------------------------------------------------------------------------------


def _sanitise(raw: str, base_url: str) -> str:
    import nh3

    def attribute(tag: str, name: str, value: str) -> str | None:
        if name == "href":
            return _link(value, base_url)
        if name == "src":
            return None if foreign(value, base_url) else _link(value, base_url)
        return _attribute(name, value)

    clean = nh3.clean(
        _tasks(raw),
        tags=set(_TAGS),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        attribute_filter=attribute,
        url_schemes=set(SCHEMES),
        link_rel="noopener",
        strip_comments=True,
        clean_content_tags={"script", "style"},
    )
    return _IMAGE.sub(_image, clean).strip()


def _attribute(name: str, value: str) -> str | None:
    """The value to keep, or None to drop the attribute. Keeps only what our own stylesheet and links know."""
    if name == "class":
        kept = " ".join(word for word in value.split() if _CLASSES.match(word))
        return kept or None
    if name == "id":
        return value if _FOOTNOTE_ID.match(value) else None
    if name in ("width", "height", "start"):
        return value if _NUMBER.match(value) else None
    if name == "loading":
        return "lazy"
    return value


_BOX = re.compile(r'<input type="checkbox"( disabled(?:="")?)?( checked(?:="")?)?\s*/?>')


def _tasks(raw: str) -> str:
    """Task boxes as characters: an input without a label would be silent to a screen reader."""
    return _BOX.sub(lambda box: f'<span class="task">{"☑" if box.group(2) else "☐"}</span>', raw)


# The sanitiser writes every attribute in double quotes, so that this finds exactly the images.
_IMAGE = re.compile(r'<img((?: [a-z]+="[^"]*")*)>')


def _image(found: re.Match[str]) -> str:
    """An image that lost its source shows its description; one without a description says that it has none."""
    attributes = found.group(1)
    if ' src="' not in attributes:
        alt = re.search(r' alt="([^"]*)"', attributes)
        return alt.group(1).replace("<", "&lt;") if alt else ""
    return found.group() if ' alt="' in attributes else f'<img{attributes} alt="">'


# ---- links -----------------------------------------------------------------------------------------------------------

_SCHEME = re.compile(r"([^/?#]*?):")
_INVISIBLE = re.compile(r"[\x00-\x20\x7f-\x9f\u200b-\u200f\u2028\u2029\ufeff]")


def _link(url: str, base_url: str) -> str | None:
    """The address to keep, absolute where there is a base; None for a scheme that could run something.

    Judged without the characters that a browser ignores, so that none of them can hide a scheme.
    """
    bare = _INVISIBLE.sub("", url)
    scheme = _SCHEME.match(bare)
    if scheme and scheme.group(1).lower() not in SCHEMES:
        return None
    return absolute(url.strip(), base_url)


def absolute(url: str, base_url: str) -> str:
    """The link as it works from anywhere; left alone where it already does, where it is a fragment, or has no base."""
    parts = _origin(url)
    if not base_url or url.startswith("#") or parts is None or parts[0]:
        return url
    return urljoin(base_url.rstrip("/") + "/", url)


def foreign(url: str, base_url: str) -> bool:
    """Whether a page that shows this image would ask another origin."""
    parts = _origin(url)
    return parts is None or (parts != ("", "") and (not base_url or parts != _origin(base_url)))


def _origin(url: str) -> tuple[str, str] | None:
    """(scheme, host and port), both empty for a relative link; None for what is no URL at all."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return parts.scheme, parts.netloc
