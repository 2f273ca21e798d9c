"""The links and pictures in HTML that the sanitiser made: which there are, and the same HTML without some of them.

Pure. Never judges where a link leads.
"""

from __future__ import annotations

import html as escaping
import re
from collections.abc import Collection

# The sanitiser writes every attribute in double quotes, and no `<` in a text: these find exactly links and pictures.
_ATTRIBUTES = r'((?: [a-z]+="[^"]*")*)'
_LINK = re.compile(rf"<a{_ATTRIBUTES}>(.*?)</a>", re.DOTALL)
_PICTURE = re.compile(rf"<img{_ATTRIBUTES}>")
_TARGET = re.compile(r'<(?:a|img)(?: [a-z]+="[^"]*")*? (?:href|src)="([^"]*)"')


def targets(html: str) -> tuple[str, ...]:
    """Where the links and pictures lead, each once, as an address bar would show it."""
    if "<a" not in html and "<img" not in html:
        return ()
    return tuple(dict.fromkeys(escaping.unescape(found) for found in _TARGET.findall(html)))


def without(html: str, dead: Collection[str]) -> str:
    """The HTML with these links as their words alone, and these pictures as their descriptions."""
    if not any(target in dead for target in targets(html)):
        return html
    html = _PICTURE.sub(lambda one: _value(one[1], "alt") if _leads(one[1], dead) else one[0], html)
    return _LINK.sub(lambda one: one[2] if _leads(one[1], dead) else one[0], html)


def _leads(attributes: str, dead: Collection[str]) -> bool:
    return any(escaping.unescape(_value(attributes, name)) in dead for name in ("href", "src"))


def _value(attributes: str, name: str) -> str:
    found = re.search(rf' {name}="([^"]*)"', attributes)
    return found[1].replace("<", "&lt;") if found else ""
