"""One page out of the text of its file. Pure, and strict: all mistakes at once."""

from __future__ import annotations

from .. import frontmatter, markdown
from ..config.values import Language, slug
from ..errors import ContentError, Problem
from ..model import Config
from ..notes.form import Title, without_blanks
from ..shapes import Shape, parse
from ..siteview import PageView


class PageShape(Shape):
    """The front matter of a page."""

    title: Title
    lang: Language | None = None


def read(text: str, file_name: str, name: str, config: Config) -> PageView:
    """The page; `name` is its path below the root. ContentError with everything that is wrong with it."""
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
