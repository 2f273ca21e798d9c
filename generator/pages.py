"""Further pages from `content/pages/`: `method.md`, `about.md`, and `about.de.md` for the same in German.

Front matter has `title` and, where the file name does not say it, `lang`. Reads files; never writes.
"""

from __future__ import annotations

from pathlib import Path

from . import frontmatter, markdown, textfile
from .config.values import Language, slug
from .errors import ContentError, Problem
from .model import Config
from .notes import files
from .notes.form import Title, without_blanks
from .shapes import Shape, parse
from .siteview import PageView

FOLDER = "content/pages"


class PageShape(Shape):
    """The front matter of a page."""

    title: Title
    lang: Language | None = None


def load(root: Path, config: Config) -> tuple[PageView, ...]:
    """The pages by name; ContentError with the problems of all of them."""
    made: list[PageView] = []
    problems: list[Problem] = []
    seen: dict[tuple[str, str], str] = {}
    for path in files(root / FOLDER):
        name = textfile.name_below(root, path)
        try:
            page = _page(textfile.read(path, name, inside=root / "content"), path.name, name, config)
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


def _page(text: str, file_name: str, name: str, config: Config) -> PageView:
    parts = frontmatter.load(text, name)
    shape, wrong = parse(PageShape, without_blanks(parts.head.value), parts.head)
    stem, _, suffix = file_name.removesuffix(".md").partition(".")
    try:
        slug(stem)
    except ValueError as error:
        message, _, fix = str(error).partition("; ")
        wrong.append(Problem(name, 1, 1, "file-name", f"the file name {message}", f"rename the file: {fix}"))
    if shape is None or wrong:
        raise ContentError(wrong)
    return PageView(stem, shape.title, markdown.render(parts.body, base_url=config.site.url), shape.lang or suffix)
