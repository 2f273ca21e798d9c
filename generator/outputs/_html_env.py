"""The template engine as every page uses it: all text escaped, nothing missing forgiven, one language at a time.

User templates are looked for first, so that a site can replace a single page or block without touching ours.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable, Iterable
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.bccache import Bucket
from jinja2.runtime import Context
from markupsafe import Markup

from ..cache import code_version, digest
from ..errors import ContentError
from ..model import Status
from ..text import Text
from . import _html_assets as assets
from . import _html_svg as svg
from ._html_charts import draw
from ._html_moments import timed

if TYPE_CHECKING:
    from ..cache import Cache

Render = Callable[..., str]


@cache
def environment(folders: tuple[Path, ...]) -> Environment:
    """The engine over these folders, made once: everything is escaped, whatever a template's file is called."""
    env = Environment(
        loader=FileSystemLoader([str(folder) for folder in folders]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.globals.update(
        bars=svg.bars,
        shapes={status.value: assets.SHAPES[status] for status in Status},
    )
    env.filters.update(at=at, html=Markup, safe_url=safe_url, sentence_case=sentence_case, timed=timed)
    return env


def prepare(folders: tuple[Path, ...], templates: Iterable[str]) -> None:
    """Read these templates and the two that all of them share, so that nobody who prints has to."""
    env = environment(folders)
    for name in {"base.html", "macros.html", *templates}:
        env.get_template(name)


class _Compiled(BytecodeCache):
    """Templates as they were compiled before, by their text, our code and the installed packages."""

    def __init__(self, memory: Cache) -> None:
        self._memory = memory

    def load_bytecode(self, bucket: Bucket) -> None:
        raw = self._memory.get("template", self._key(bucket))
        if raw is not None:
            bucket.code = marshal.loads(raw)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._memory.put("template", self._key(bucket), marshal.dumps(bucket.code))

    def _key(self, bucket: Bucket) -> bytes:
        return digest(code_version(), bucket.key, bucket.checksum)


def renderer(folders: tuple[Path, ...], t: Text, memory: Cache | None = None) -> Render:
    """`render(template, **values)` in one language; the text ends with one line end.

    ContentError with file and line for what a template gets wrong: people write their own. Templates that `memory`
    holds are not compiled again.
    """
    env = environment(folders)
    env.bytecode_cache = None if memory is None else _Compiled(memory)
    words: dict[str, Any] = {"_": t, "t": t, "n": t.n, "draw": partial(draw, t)}

    def render(template: str, **values: Any) -> str:
        try:
            return env.get_template(template).render(**words, **values).strip() + "\n"
        except Exception as error:
            from ._html_trouble import problem

            found = problem(error, folders)
            if found is None:
                raise
            raise ContentError([found]) from error

    return render


@pass_context
def at(context: Context, url: str) -> str:
    """An address of the site (`/history/`) as the page at hand reaches it, so that the site works in any folder."""
    if not url.startswith("/") or url.startswith("//"):
        return safe_url(url)
    return f"{context['root']}{url[1:]}" or "./"


def safe_url(url: str) -> str:
    """The address if it is one a link may carry, else `#`: scripts hide behind schemes and control characters."""
    plain = "".join(c for c in url if c > " " and c != "\x7f")
    scheme, colon, _ = plain.partition(":")
    relative = not colon or not scheme.replace("+", "").replace("-", "").replace(".", "").isalnum()
    return plain if relative or scheme.lower() in ("http", "https", "mailto") else "#"


def sentence_case(words: str) -> str:
    """The words with a capital first letter."""
    return words[:1].upper() + words[1:]
