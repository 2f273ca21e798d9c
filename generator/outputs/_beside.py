"""Outputs that are made by another process, beside those that are made here.

What comes back is what would have been made here: plain artifacts as they are, what was printed now by a file without
a name, and what was printed before as it is known, by its hash. Decides nothing.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, partial
from typing import Any

from .. import parallel
from ..artifacts import Deferred
from ..cache import Branch, Cache, Spooled
from ..model import Artifact

Make = Callable[[], Iterable[Artifact | Deferred]]

Row = tuple[str, str, int, bool, Any]
"""Path, hash (empty for a plain artifact), size, whether it is looked into, and its bytes: themselves, where they are
put aside, or None where they are known."""


def begun(make: Make, memory: Cache) -> Callable[[], Iterator[Artifact | Deferred]]:
    """Begin to make these files in another process; gives the way to them."""
    branch = memory.branch()

    def work() -> bytes:
        branch.enter()
        return marshal.dumps(([_row(one, branch) for one in make()], branch.news()))

    def files() -> Iterator[Artifact | Deferred]:
        raw = made()
        if raw is None:
            yield from make()
            return
        rows, news = marshal.loads(raw)
        branch.take(news)
        anew = _Anew(make)
        for row in rows:
            yield _file(row, branch.spool, anew)

    made = parallel.beside(work)
    return files


def _row(one: Artifact | Deferred, branch: Branch) -> Row:
    if isinstance(one, Artifact):
        return one.path, "", len(one.body), True, one.body
    if not one.kept:
        return one.path, one.sha256, one.size, one.opened, None
    way: Callable[[], bytes] = one.make
    if not isinstance(way, Spooled) or way.spool != branch.spool:  # a process of this one put it aside for this one
        way = branch.of.spool(way())
    return one.path, one.sha256, one.size, one.opened, way.place if isinstance(way, Spooled) else way()


def _file(row: Row, spool: int, anew: _Anew) -> Artifact | Deferred:
    path, sha256, size, opened, body = row
    if not sha256:
        return Artifact(path, body)
    if body is None:
        return Deferred(path, sha256, size, partial(anew, path), opened=opened)
    way = Spooled(spool, body, size) if isinstance(body, int) else lambda: bytes(body)
    return Deferred(path, sha256, size, way, opened=opened, kept=True)


class _Anew:
    """The bytes of what is known by its hash, made here if somebody needs them."""

    def __init__(self, make: Make) -> None:
        self._make = make

    def __call__(self, path: str) -> bytes:
        found = self._files[path]
        return found.body if isinstance(found, Artifact) else found.read()

    @cached_property
    def _files(self) -> Mapping[str, Artifact | Deferred]:
        return {one.path: one for one in self._make()}
