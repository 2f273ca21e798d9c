"""What we change in the tree that python-markdown builds: headings, images, alignment, footnote ids.

Only `generator.markdown` uses it. Works on the tree before it becomes text; what raw HTML of a note says is left to
the sanitiser.
"""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.extensions import Extension
from markdown.extensions.footnotes import FootnoteExtension
from markdown.treeprocessors import Treeprocessor

from . import foreign


class Tidy(Extension):
    """Registers the tree processor after all others and gives footnotes ids that do not depend on their neighbours."""

    def extendMarkdown(self, md: Markdown) -> None:
        md.treeprocessors.register(_Tree(md), "roadworthy", 0)
        for extension in md.registeredExtensions:
            if isinstance(extension, FootnoteExtension):
                _name_footnotes(md, extension)


def _name_footnotes(md: Any, extension: Any) -> None:
    """Several notes share a page, so that an id must carry a mark of its text; it must not depend on render order."""
    extension.makeFootnoteId = lambda id: f"fn:{md.roadworthy_key}-{_word(id)}"
    reference = extension.unique_ref
    extension.makeFootnoteRefId = lambda id, found=False: reference(f"fnref:{md.roadworthy_key}-{_word(id)}", found)


def _word(id: str) -> str:
    return "".join(c if c.isalnum() and c.isascii() else "-" for c in id)[:40] or "x"


_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


class _Tree(Treeprocessor):
    def run(self, root: Element) -> None:
        base: str = getattr(self.md, "roadworthy_base_url", "")
        # The first level of the text, whichever it is, comes right below the page's own; no level is skipped.
        top = min((_HEADINGS.index(e.tag) for e in root.iter() if e.tag in _HEADINGS), default=0)
        for element in root.iter():
            if element.tag in _HEADINGS:
                element.tag = f"h{min(_HEADINGS.index(element.tag) - top + 3, 6)}"
            elif element.tag == "img":
                _image(element, base)
            elif element.tag in ("th", "td") and element.get("align"):
                element.set("class", f"align-{element.attrib.pop('align')}")


def _image(element: Element, base: str) -> None:
    """Ours is loaded late; one from elsewhere becomes a link with its description."""
    source = element.get("src", "")
    if not foreign(source, base):
        element.set("loading", "lazy")
        return
    alt = element.get("alt", "") or source
    tail = element.tail
    element.clear()
    element.tag = "a"
    element.set("href", source)
    element.text = alt
    element.tail = tail
