"""The plain part of markdown, which most updates are written in, a hundred times as quick as the library.

Paragraphs, flat lists of one-line items, `code`, **strong**, *emphasis*, and links to addresses without surprises. For
anything else, and for all that might mean something else to the library, `render` says None and the library reads it:
what it does say is what library and sanitiser would have made of the text, to the byte (tests hold it to that).
"""

from __future__ import annotations

import re
from collections.abc import Callable

MOST_CHARS = 8_000
"""No text that is shorter can be too hard for the library (`too_hard`), so that none is taken away from that rule."""

_SPECIAL = r"\\`*_\[\]<>&@|\x00-\x1f\x7f-\xa0\u2028\u2029"
_INNER = rf"[^\s{_SPECIAL}](?:[^{_SPECIAL}]*[^\s{_SPECIAL}])?"
_RAW = r"`\\<>&|\x00-\x1f\x7f-\xa0\u2028\u2029"
_CODE = rf"[^\s{_RAW}](?:[^{_RAW}]*[^\s{_RAW}])?"
_LABEL = r"[A-Za-z0-9](?:-?[A-Za-z0-9])*"
_URL = rf"(?:https?://(?:{_LABEL}\.)+[A-Za-z]{{2,63}}(?=[/?#)])|/(?!/))[A-Za-z0-9\-._~:/?#=%+,;]*"
"""A plain name for a host: numbers, ports and other scripts are for the sanitiser to judge."""
_PIECE = re.compile(
    rf"`(?P<code>{_CODE})`(?!`)"
    rf"|\*\*(?P<strong>{_INNER})\*\*(?!\*)"
    rf"|\*(?P<em>{_INNER})\*(?!\*)"
    rf"|(?<!!)\[(?!\^)(?P<text>{_INNER})\]\((?P<url>{_URL})\)"
    rf"|(?P<plain>[^{_SPECIAL}]+)"
)
_LINKED = re.compile(r"://|www\.|mailto:", re.IGNORECASE)
"""What the library makes a link of wherever it stands in plain text."""

# A line that begins like this begins nothing but a line; a numbered item is for the library.
_STARTS = re.compile(r"(?!\d+[.)])(?:[^\W_]|[\"'(]|`(?!`)|\*\*?[^\s*]|\[[^\W_])")
_ENDS = re.compile(r"\s\Z")


def render(text: str, link: Callable[[str], str | None]) -> str | None:
    """The text as HTML; None for text that is not plain enough. `link` gives the address to keep, None for none."""
    if len(text) > MOST_CHARS:
        return None
    found: list[str] = []
    listed = False
    for block in text.split("\n\n"):
        items = block.startswith("- ")
        if items and listed:
            return None  # a list with space between its items is written in another way
        html = _list(block, link) if items else _paragraph(block, link)
        if html is None:
            return None
        found.append(html)
        listed = items
    return "\n".join(found)


def _list(block: str, link: Callable[[str], str | None]) -> str | None:
    said = []
    for line in block.split("\n"):
        # An item may be a task: for the library.
        if line[:2] != "- " or line[2:3] == "[":
            return None
        html = _line(line[2:], link)
        if html is None:
            return None
        said.append(f"<li>{html}</li>\n")
    return f"<ul>\n{''.join(said)}</ul>"


def _paragraph(block: str, link: Callable[[str], str | None]) -> str | None:
    lines = []
    for line in block.split("\n"):
        html = _line(line, link)
        if html is None:
            return None
        lines.append(html)
    return "<p>" + "\n".join(lines) + "</p>"


def _line(line: str, link: Callable[[str], str | None]) -> str | None:
    """One line of a paragraph or item, with everything inside it; no markup reaches over its end."""
    if not _STARTS.match(line) or _ENDS.search(line):
        return None
    said: list[str] = []
    at = 0
    for piece in _PIECE.finditer(line):
        if piece.start() != at:
            return None
        at = piece.end()
        html = _piece(piece, link)
        if html is None:
            return None
        said.append(html)
    return "".join(said) if at == len(line) else None


def _piece(piece: re.Match[str], link: Callable[[str], str | None]) -> str | None:
    kind = piece.lastgroup
    if kind == "url":
        address = link(piece["url"])
        if address is None or _LINKED.search(piece["text"]):
            return None
        return f'<a href="{address}" rel="noopener">{piece["text"]}</a>'
    text = piece[str(kind)]
    if kind == "code":
        return f"<code>{text}</code>"
    if _LINKED.search(text):
        return None
    return text if kind == "plain" else f"<{kind}>{text}</{kind}>"
