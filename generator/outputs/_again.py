"""What was printed before, named by everything it was printed from: known by its hash, and printed only if needed.

A print is named by the values it was made from; what it took of the whole view beside them is noted while it is made
(`Watched`), and compared the next time. Values that cannot be named (`fingerprint`) are printed each time. Decides
nothing: a print from here and a fresh one are the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import marshal
import os
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, cast

from .. import cache, parallel
from ..artifacts import Deferred
from ..cache import Branch, Cache, Spooled
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


Make = Callable[[SiteView], Iterable[tuple[str, bytes]]]
"""Path and bytes of the files that are printed together: a page and its text twin."""

Print = tuple[tuple[Any, ...] | None, Make]
"""The values that say which print it is, None for one that is another in each build; and how it is made."""

BATCH = 1024
"""So many prints are under way at once."""

_File = tuple[str, str, int, int, int | bytes]


class Again:
    """Prints of one view. `frame` is what all of them share: templates, style, language, everything but our code."""

    def __init__(self, memory: Cache, view: SiteView, *frame: Any) -> None:
        self._memory, self.view = memory, view
        self._names = memory.fingerprints
        self._frame = self._names.of(cache.code_version(), *frame)
        self._fields: dict[tuple[str, ...], bytes | None] = {}
        self._branches: dict[int, Branch] = {}

    def print(
        self, kind: str, prints: Iterable[Print], prepare: Callable[[], None] = lambda: None
    ) -> Iterator[Artifact | Deferred]:
        """The files of all these prints, in order; known ones are not made, unknown ones by all processors.

        `prepare` is called before several processes begin: what each of them would do for itself.
        """
        waiting = iter(prints)
        while some := list(islice(waiting, BATCH)):
            asked = [(key := self._key(values), self._found(kind, key), make) for values, make in some]
            unknown = [make for _, found, make in asked if found is None]
            if len(unknown) >= parallel.LEAST:
                prepare()
            made = iter(parallel.spread(self._make, unknown, entering=self._entering))
            for key, found, make in asked:
                yield from self._kept(kind, key, next(made)) if found is None else self._again(found, make)

    def _key(self, values: tuple[Any, ...] | None) -> bytes:
        """The name of a print; empty for one that has none."""
        try:
            return b"" if values is None else self._names.of(self._frame, *values)
        except TypeError:
            return b""

    def _again(self, found: list[tuple[str, str, int]], make: Make) -> Iterator[Deferred]:
        for path, sha256, size in found:
            yield Deferred(path, sha256, size, lambda path=path: dict(make(self.view))[path], opened=True)  # type: ignore[misc]

    def _found(self, kind: str, key: bytes) -> list[tuple[str, str, int]] | None:
        raw = self._memory.get(kind, key) if key else None
        if raw is None:
            return None
        asked, said, files = json.loads(raw)
        if self._of_view(tuple(asked)) != bytes.fromhex(said):
            return None
        return [(path, sha256, size) for path, sha256, size in files]

    def _make(self, make: Make) -> bytes:
        """What was asked of the view, and the files, as another process can send them: path, hash and size of each, and
        in which file it was put aside at what place; or its bytes, where it was not."""
        watched = Watched(self.view)
        files: list[_File] = []
        for path, body in make(watched.as_view):
            way = self._memory.spool(body)
            spool, place = (way.spool, way.place) if isinstance(way, Spooled) else (-1, body)
            files.append((path, hashlib.sha256(body).hexdigest(), len(body), spool, place))
        return marshal.dumps((sorted(watched.asked), files))

    def _entering(self, number: int) -> Callable[[], None]:
        """Another process puts what it prints aside by itself; its bytes never come here."""
        if number not in self._branches:
            self._branches[number] = self._memory.branch()
        return self._branches[number].enter

    def _kept(self, kind: str, key: bytes, raw: bytes) -> Iterator[Deferred]:
        asked: list[str]
        files: list[_File]
        asked, files = marshal.loads(raw)
        said = self._of_view(tuple(asked)) if key and ALL not in asked else None
        if said is not None:
            row = [asked, said.hex(), [file[:3] for file in files]]
            self._memory.put(kind, key, json.dumps(row, separators=(",", ":")).encode())
        for path, sha256, size, spool, place in files:
            way = Spooled(spool, place, size) if isinstance(place, int) else partial(bytes, place)
            yield Deferred(path, sha256, size, way, opened=True, kept=True)

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
