"""Further pages from `content/pages/`: `method.md`, `about.md`, and `about.de.md` for the same in German.

Front matter has `title` and, where the file name does not say it, `lang`. A text that was read before is not read
again. Reads files; never writes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from .. import cache, textfile
from ..errors import ContentError, Problem
from ..model import Config
from ..notes import files
from ..siteview import PageView

if TYPE_CHECKING:
    from ..cache import Cache

FOLDER = "content/pages"
KIND = "page"


def load(root: Path, config: Config, memory: Cache | None = None) -> tuple[PageView, ...]:
    """The pages by name; ContentError with the problems of all of them."""
    made: list[PageView] = []
    problems: list[Problem] = []
    seen: dict[tuple[str, str], str] = {}
    for path in files(root / FOLDER):
        name = textfile.name_below(root, path)
        try:
            page = _page(textfile.read(path, name, inside=root / "content"), path.name, name, config, memory)
        except ContentError as error:
            problems.extend(error.problems)
            continue
        other = seen.setdefault((page.slug, page.lang), name)
        if other != name:
            message = f"this page is also written in {other}"
            problems.append(Problem(name, 1, 1, "duplicate-id", message, "give one of them another name or lang"))
        made.append(page)
    if problems:
        raise ContentError(problems)
    return tuple(made)


def _page(text: str, file_name: str, name: str, config: Config, memory: Cache | None) -> PageView:
    key = b""
    if memory is not None and memory.works:
        key = cache.digest(cache.code_version(), text, name, config.site.url)
        known = _unpack(memory.get(KIND, key))
        if known is not None:
            return known
    from . import reading

    page = reading.read(text, file_name, name, config)
    if memory is not None and key:
        row = [page.slug, page.title, page.html, page.lang]
        memory.put(KIND, key, json.dumps(row, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    return page


def _unpack(raw: bytes | None) -> PageView | None:
    try:
        slug, title, html, lang = json.loads((raw or b"").decode("utf-8", "surrogatepass"))
    except (ValueError, TypeError):
        return None
    return PageView(slug, title, html, lang)
