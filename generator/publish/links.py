"""Where the links of a staged site lead: to a file of the site, to a place in it that is there, or out of it.

Most links are on most pages, so that each is asked about once: what it holds for one page it holds for all where it is
written so that it means the same. Reads only; never asks another host anything.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from .. import hosting, parallel
from .known import File, Known
from .plan import THEIRS

_TAG = re.compile(r"""<[a-zA-Z][^>"']*(?:(?:"[^"]*"|'[^']*')[^>"']*)*>""")
_MARK = re.compile(r"\s(?:href|src|srcset|action|poster|data|content|id|name)\s*=", re.IGNORECASE)
"""What a tag must have to lead anywhere, or to be led to: most have nothing of it."""
_TARGET = re.compile(r"""\s(href|src|srcset|action|poster|data|content)\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_ID = re.compile(r"""\s(?:id|name)\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Marks:
    """What a page leads to and what in it can be led to, each once."""

    targets: tuple[str, ...]
    ids: frozenset[str]


_NONE = _Marks((), frozenset())


def _marks(pages: Mapping[str, tuple[bytes, File]], known: Known) -> dict[str, bytes]:
    """The marks of these pages, unread; those that are not known are found by all processors."""
    found = {path: raw for path, (key, _) in pages.items() if (raw := known.get("marks", key)) is not None}
    unknown = [path for path in pages if path not in found]
    seen: dict[str, _Marks] = {}
    made = parallel.spread(lambda path: _marks_in(pages[path][1].body, seen), unknown)
    for path, raw in zip(unknown, made, strict=True):
        known.put("marks", pages[path][0], raw)
        found[path] = raw
    return found


def _of(raw: bytes) -> _Marks:
    targets, ids = json.loads(raw)
    return _Marks(tuple(targets), frozenset(ids))


def _marks_in(body: bytes, seen: dict[str, _Marks]) -> bytes:
    """The marks in a page, in one walk over its tags. `seen`: what single tags hold; pages share most of theirs."""
    found: dict[str, None] = {}
    names: set[str] = set()
    for tag in dict.fromkeys(_TAG.findall(body.decode("utf-8", "replace"))):
        mark = seen.get(tag)
        if mark is None:
            mark = seen[tag] = _marks_of(tag)
        found.update(dict.fromkeys(mark.targets))
        names |= mark.ids
    return json.dumps([list(found), sorted(names)]).encode()


def _marks_of(tag: str) -> _Marks:
    if not _MARK.search(tag):
        return _NONE
    ids = frozenset(html.unescape(m[1] or m[2] or "") for m in _ID.finditer(tag))
    return _Marks(tuple(_targets(tag)), ids)


def faults(
    files: Mapping[str, File], there: set[str], url: str, known: Known, lost: set[str] | None = None
) -> Iterator[str]:
    """One sentence for each link that leads nowhere. `there` is every path of the site, `url` its address.

    `lost` takes these links, as the pages have them. A site with the same paths and the same marks in its pages as one
    that had no fault has none.
    """
    pages = {path: (known.key("marks", file), file) for path, file in files.items() if path.endswith(".html")}
    before = {pair[: len(pair) // 2]: pair[len(pair) // 2 :] for pair in known.listed("marked", 2)}
    raw = _marks({path: page for path, page in pages.items() if page[0] not in before}, known)
    marked = {path: known.name(raw[path]) if path in raw else before[key] for path, (key, _) in pages.items()}
    linked = known.name("linked", url, "\0".join(sorted(there)), *(part for page in marked.items() for part in page))
    if raw:
        known.keep("marked", {key + marked[path] for path, (key, _) in pages.items()})
    if known.get("linked", linked) is not None:
        return
    raw.update(_marks({path: page for path, page in pages.items() if path not in raw}, known))
    faulty = False
    for fault in _faults({path: raw[path] for path in pages}, there, url, lost):
        faulty = True
        yield fault
    if not faulty:
        known.put("linked", linked, b"")


def _faults(pages: Mapping[str, bytes], there: set[str], url: str, lost: set[str] | None) -> Iterator[str]:
    """The marks of a page are held for as long as it is its turn: those of all are many."""
    resolve, places = _Resolver(there, url), _Places(pages)
    fine: set[str] = set()  # as the front page would write them
    for path, raw in pages.items():
        page = _of(raw)
        top = "../" * path.count("/")
        for target in filter(None, page.targets):
            out = _OUT.match(target)
            if out and out[1] != resolve.host:
                continue
            plain = _plainly(target, top)
            if plain in fine or (target[0] == "#" and unquote(target[1:]) in page.ids):
                continue
            fault = _fault(path, target, resolve, places)
            if fault:
                if lost is not None:
                    lost.add(target)
                yield fault
            elif plain:
                fine.add(plain)


def _plainly(target: str, top: str) -> str:
    """The link as the front page would write it, empty where it means something else there.

    `../../x` of a page two folders down leads where `x` of the front page does; most links are of that kind.
    """
    if _SCHEME.match(target):
        return target
    rest = target[len(top) :] if target.startswith(top) else ""
    return "" if rest[:1] in _PAGE or ":" in rest else rest


_OUT = re.compile(r"https?://([A-Za-z0-9.-]+)(?=[/?#]|\Z)")
"""A link to a host, plainly; `verify` has nothing to say about another one than ours."""
_SCHEME = re.compile(r"[a-z]+:")
_PAGE = frozenset(("", "#", "?", ".", "/"))
"""How a link begins that means something else on another page: a place in it, or a folder further up."""


class _Places(dict[str, frozenset[str]]):
    """What can be led to in a page, read from its marks where somebody asks."""

    def __init__(self, pages: Mapping[str, bytes]) -> None:
        super().__init__()
        self._pages = pages

    def knows(self, path: str) -> bool:
        return path in self._pages

    def __missing__(self, path: str) -> frozenset[str]:
        found = self[path] = _of(self._pages[path]).ids
        return found


def _fault(path: str, target: str, resolve: _Resolver, places: _Places) -> str:
    """What is wrong with a link of a page; empty if it leads out of the site, or where it should."""
    inside, file = resolve(path, target)
    if inside is None:
        return ""
    if file is None:
        return "" if THEIRS.search(inside.lstrip("/")) else f"{path}: the link {target!r} leads nowhere"
    fragment = unquote(target.partition("#")[2]) if "#" in target else ""
    if fragment and places.knows(file) and fragment not in places[file]:
        return f"{path}: the link {target!r} leads to a place that {file} does not have"
    return ""


class _Resolver:
    """Where a link of a page leads: its path inside the site and the file there; each kind of link found out once.

    `../../x` leads to the same place from every page two folders down, and most links of most pages are of that kind.
    """

    def __init__(self, there: set[str], url: str) -> None:
        base = urlsplit(url)
        self._there, self.host, self._base = there, base.netloc, base.path.rstrip("/")
        self._seen: dict[tuple[str, str, bool], tuple[str | None, str | None]] = {}

    def __call__(self, path: str, target: str) -> tuple[str | None, str | None]:
        folder, rest = path.rpartition("/")[0], target
        while rest.startswith("../"):
            folder, rest = folder.rpartition("/")[0], rest[3:]
        # Without a path it leads to the page itself.
        key = (folder if rest and rest[0] not in "#?" else path, rest, rest is not target)
        found = self._seen.get(key)
        if found is None:
            inside = _inside(path, target, self.host, self._base)
            found = self._seen[key] = (inside, None if inside is None else _file(inside, self._there))
        return found


def _targets(tag: str) -> Iterator[str]:
    for match in _TARGET.finditer(tag):
        value = html.unescape(match[2] if match[2] is not None else match[3]).strip()
        word = match[1].lower()
        if word == "srcset":
            yield from (part.split()[0] for part in value.split(",") if part.split())
        elif word != "content":
            yield value


def _inside(path: str, target: str, host: str, base: str) -> str | None:
    """The path of a link inside the site, from its top; None for a link that leads out, or to nothing we serve."""
    try:
        parts = urlsplit(target)
    except ValueError:
        return "/" + target
    if parts.scheme or parts.netloc:
        ours = host and parts.netloc == host and parts.path.startswith(base + "/")
        return unquote(parts.path.removeprefix(base)) if ours else None
    if not parts.path:
        return "/" + path
    if parts.path.startswith("/"):
        return unquote(parts.path.removeprefix(base) if parts.path.startswith(base + "/") else parts.path)
    return _join(path.rpartition("/")[0], unquote(parts.path))


def _join(folder: str, relative: str) -> str:
    parts = folder.split("/") if folder else []
    for part in relative.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts.append(part)
    end = "/" if relative.endswith(("/", "/.", "/..")) or relative in (".", "..") else ""
    return "/" + "/".join(p for p in parts if p) + end


def _file(path: str, there: set[str]) -> str | None:
    """The file that answers a path, as the hosts we know do it."""
    plain = path.lstrip("/")
    moved = hosting.redirect(path)
    candidates = [f"{plain.rstrip('/')}/index.html".lstrip("/")] if plain.endswith("/") or not plain else []
    candidates += [plain, f"{plain}/index.html", f"{plain}.html"] if plain and not plain.endswith("/") else []
    found = next((c for c in candidates if c in there), None)
    return found or (_file(moved[0], there) if moved and moved[0] != path else None)
