"""What was printed before, named by everything it was printed from: known by its hash, and printed only if needed.

A print is named by the values it was made from; what it took of the whole view beside them is noted while it is made
(`Watched`), and compared the next time. Values that cannot be named (`fingerprint`) are printed each time. Decides
nothing: a print from here and a fresh one are the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, cast

from .. import cache
from ..artifacts import Deferred
from ..cache import Cache
from ..model import Artifact
from ..siteview import SiteView

ALL = "*"
"""What a print asked of the view that is more than one of its fields: it is never used again."""


class Watched:
    """A view that notes which of its fields are asked for."""

    def __init__(self, view: SiteView) -> None:
        self._view, self.asked = view, set[str]()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._view, name)
        self.asked.add(ALL if callable(found) else name)
        return found

    def __repr__(self) -> str:
        self.asked.add(ALL)
        return repr(self._view)

    @property
    def as_view(self) -> SiteView:
        """The same under the name of the class it stands for."""
        return cast(SiteView, self)


Bodies = dict[str, bytes]
"""Path -> bytes of the files that are printed together: a page and its text twin."""


class Again:
    """Prints of one view. `frame` is what all of them share: templates, style, language, everything but our code."""

    def __init__(self, memory: Cache, view: SiteView, *frame: Any) -> None:
        self._memory, self.view = memory, view
        self._names = memory.fingerprints
        self._frame = self._names.of(cache.code_version(), *frame)
        self._fields: dict[tuple[str, ...], bytes | None] = {}

    def print(
        self, kind: str, values: tuple[Any, ...], make: Callable[[SiteView], Bodies]
    ) -> Iterator[Artifact | Deferred]:
        """The files that `make` makes from these values and a view; known ones without making them."""
        try:
            key = self._names.of(self._frame, *values)
        except TypeError:
            yield from (Artifact(path, body) for path, body in make(self.view).items())
            return
        found = self._found(kind, key)
        if found is None:
            yield from self._made(kind, key, make)
            return
        for path, sha256, size in found:

            def again(path: str = path) -> bytes:
                return make(self.view)[path]

            yield Deferred(path, sha256, size, again, opened=True)

    def _found(self, kind: str, key: bytes) -> list[tuple[str, str, int]] | None:
        raw = self._memory.get(kind, key)
        if raw is None:
            return None
        asked, said, files = json.loads(raw)
        if self._of_view(tuple(asked)) != bytes.fromhex(said):
            return None
        return [(path, sha256, size) for path, sha256, size in files]

    def _made(self, kind: str, key: bytes, make: Callable[[SiteView], Bodies]) -> Iterator[Artifact]:
        watched = Watched(self.view)
        bodies = make(watched.as_view)
        asked = tuple(sorted(watched.asked))
        said = None if ALL in asked else self._of_view(asked)
        if said is not None:
            files = [(path, hashlib.sha256(body).hexdigest(), len(body)) for path, body in bodies.items()]
            self._memory.put(kind, key, json.dumps([asked, said.hex(), files], separators=(",", ":")).encode())
        yield from (Artifact(path, body) for path, body in bodies.items())

    def _of_view(self, asked: tuple[str, ...]) -> bytes | None:
        """The fingerprint of these fields of the view; None if one of them has none."""
        if asked not in self._fields:
            try:
                self._fields[asked] = self._names.of(*(getattr(self.view, name) for name in asked))
            except TypeError:
                self._fields[asked] = None
        return self._fields[asked]


def contents(folders: Iterable[Path]) -> bytes:
    """The hash of every file below these folders, with its place: what templates are made of."""
    parts: list[str | bytes] = []
    for folder in folders:
        for path, body in cache.files(str(folder)):
            parts += [os.path.relpath(path, folder), body]
        parts.append("")
    return cache.digest(*parts)
