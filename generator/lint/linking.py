"""Links in the words of pages, of causes and of `status.yml` that are sure to lead nowhere.

Says only what is sure before the site is made, as for notes (`generator.notes.links`). What is relative to the page it
stands on is left to the verification of the finished site.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from .. import config as configuration
from .. import markdown, notes, textfile
from ..errors import Problem
from ..markdown import linked
from ..model import Cause, Config
from ..notes import links
from ..siteview import PageView


def dead(
    root: Path, config: Config, pages: Sequence[PageView], causes: Sequence[Cause], places: links.Places
) -> Iterator[Problem]:
    """An error for each place where such a link stands."""
    base = config.site.url
    impacts = (markdown.render(one.impact) for one in config.components if one.impact and one.public)
    yield from _in([root / configuration.FILE], impacts, root, base, places)
    for folder, htmls in (("pages", (one.html for one in pages)), ("causes", (one.html for one in causes))):
        yield from _in(notes.files(root / "content" / folder), htmls, root, base, places)


def _in(paths: Sequence[Path], htmls: Iterable[str], root: Path, base: str, places: links.Places) -> Iterator[Problem]:
    targets = (target for html in htmls for target in linked.targets(html))
    found = links.judged((one for one in targets if one.startswith("/") or "://" in one), places)
    if not found:
        return
    for path in paths:
        text = path.read_text("utf-8-sig", errors="replace")
        name = textfile.name_below(root, path)
        for one in found:
            for line, col in links.stands(one.target, text, base):
                yield Problem(name, line, col, links.RULE, one.message, one.fix)
