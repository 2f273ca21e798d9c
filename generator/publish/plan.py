"""What a publish will do to a folder, as values: which files to write, keep and remove, and whose they are.

A file is ours when the folder's own list (`.roadworthy.json`) says so; everything else belongs to somebody and stays.
Reads the folder through `scan` and `read_list` only; never writes and never follows a symbolic link.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from ..artifacts import Deferred
from ..errors import PublishError
from ..model import Artifact

LIST = ".roadworthy.json"
WORK = ".roadworthy"
FORMAT = 1
VERSIONS_KEPT = 2
"""Hashed assets of this many earlier versions stay, for pages that a browser or an edge still holds."""

_HASHED = re.compile(r"(^|/)assets/(.*/)?[^/]+[.-][0-9a-f]{8,64}(\.[a-z0-9]+)+$")
THEIRS = re.compile(
    r"(^\.well-known/|^(CNAME|robots\.txt|favicon\.(ico|svg|png)|apple-touch-icon\.png|_headers|_redirects)$)"
)
"""Where a person's own file takes precedence over one of ours."""


@dataclass(frozen=True, slots=True)
class Mine:
    """What the folder's list says of one file of ours. `age`: versions ago that the site last used it, 0 = in use."""

    sha256: str
    size: int
    age: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """Something below the folder: `file`, `folder`, `link` or `other`. `identity` changes when it is replaced."""

    kind: str
    size: int = 0
    identity: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Plan:
    """`files` is the whole new version: path -> how to read its bytes, or None where the folder has them already."""

    files: Mapping[str, Callable[[], bytes] | None]
    listing: bytes
    written: tuple[str, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...]
    foreign: Mapping[str, Found] = field(default_factory=lambda: MappingProxyType({}))
    relist: bool = False

    @property
    def idle(self) -> bool:
        return not (self.written or self.removed or self.relist)


# ---- reading the folder ----------------------------------------------------------------------------------------------


def scan(site: Path) -> dict[str, Found]:
    """Everything below the folder but our own list and work, by path; empty if the folder is not there."""
    found: dict[str, Found] = {}

    def walk(folder: str, prefix: str) -> None:
        with os.scandir(folder) as entries:
            for entry in entries:
                path = prefix + entry.name
                if path in (LIST, WORK):
                    continue
                status = entry.stat(follow_symlinks=False)
                kind = _kind(status.st_mode)
                found[path] = Found(kind, status.st_size, (status.st_ino, status.st_mtime_ns))
                if kind == "folder":
                    walk(entry.path, path + "/")

    if site.exists():
        walk(str(site), "")
    return found


def strangers(site: Path) -> list[str]:
    """Files in a folder that has no list of ours, apart from what a host or a person puts beside a site (`THEIRS`, and
    names that begin with a dot)."""
    if not site.is_dir() or any((site / name).exists() for name in (LIST, WORK)):
        return []
    leaves = (path for path, found in scan(site).items() if found.kind != "folder")
    return sorted(path for path in leaves if not path.startswith(".") and not THEIRS.search(path))


def _kind(mode: int) -> str:
    if stat.S_ISREG(mode):
        return "file"
    if stat.S_ISDIR(mode):
        return "folder"
    return "link" if stat.S_ISLNK(mode) else "other"


def read_list(site: Path) -> dict[str, Mine]:
    """What is ours in the folder; empty if it has no list. PublishError for a list that cannot be trusted."""
    path = site / LIST
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return {}
    try:
        value = json.loads(text)
        if value["format"] > FORMAT:
            raise PublishError(f"{path}: written by a newer version of Roadworthy; upgrade the program")
        mine = {p: Mine(str(v["sha256"]), int(v["size"]), int(v.get("age", 0))) for p, v in value["files"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        advice = "delete the folder's content and build again"
        raise PublishError(f"{path}: the list of our files cannot be read ({error}); {advice}") from error
    for name in mine:
        check_path(name)
    return mine


def write_list(files: Mapping[str, Mine]) -> bytes:
    """The bytes of the list: the same files give the same bytes."""
    rows = (f"{json.dumps(path)}: {_row(one)}" for path, one in sorted(files.items()))
    body = "{\n" + ",\n".join(rows) + "\n}" if files else "{}"
    return f'{{\n"files": {body},\n"format": {FORMAT}\n}}\n'.encode()


def _row(one: Mine) -> str:
    """As `json` would write it with every key on a line of its own, without its walk over thousands of files."""
    age = f'"age": {one.age},\n' if one.age else ""
    return f'{{\n{age}"sha256": {json.dumps(one.sha256)},\n"size": {one.size}\n}}'


# ---- names -----------------------------------------------------------------------------------------------------------


_FINE = re.compile(r"(?:(?!\.{1,2}(?:/|\Z))[A-Za-z0-9._-]{1,255}(?:/(?!\Z)|\Z))+", re.ASCII)


def check_path(path: str) -> None:
    """PublishError unless the path stays below the folder on every system."""
    parts = path.split("/")
    if _FINE.fullmatch(path) and parts[0] not in (LIST, WORK):
        return
    bad = not path or any(part in ("", ".", "..") or len(part.encode()) > 255 for part in parts)
    if bad or "\\" in path or any(ord(c) < 32 or ord(c) == 127 for c in path) or parts[0] in (LIST, WORK):
        raise PublishError(f"{path!r} is no path for a file of the site")


def _no_collisions(paths: Iterable[str]) -> None:
    """PublishError for two paths that some disk takes for one, and for a file that another needs as a folder."""
    seen: dict[str, str] = {}
    for path in paths:
        key = unicodedata.normalize("NFC", path).casefold()
        if key in seen:
            raise PublishError(f"{path!r} and {seen[key]!r} are the same file on some disks")
        seen[key] = path
    for key, path in seen.items():
        for parent in parents(key):
            if parent in seen:
                raise PublishError(f"{path!r} needs {seen[parent]!r} as a folder, but it is a file")


def parents(path: str) -> Iterator[str]:
    """The folders that a path lies in, innermost first."""
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


# ---- planning --------------------------------------------------------------------------------------------------------


def plan(artifacts: Iterable[Artifact | Deferred], site: Path) -> Plan:
    """What to do. PublishError if it would overwrite a file that is not ours; reads, never writes."""
    wanted: dict[str, Artifact | Deferred] = {}
    for artifact in artifacts:
        check_path(artifact.path)
        if artifact.path in wanted:
            raise PublishError(f"{artifact.path!r} was made twice")
        wanted[artifact.path] = artifact
    _no_collisions(wanted)
    found, mine = scan(site), read_list(site)
    ours = {path for path in mine if path in found and found[path].kind == "file"}
    files: dict[str, Callable[[], bytes] | None] = {}
    listed: dict[str, Mine] = {}
    for path, artifact in sorted(wanted.items()):
        new, read = _describe(artifact)
        same = _holds(site, found, mine, artifact, new)
        if path in found and path not in ours and not same:
            if THEIRS.search(path) and found[path].kind == "file":
                continue
            raise _in_the_way(site, path)
        files[path], listed[path] = (None if same else read), new
    _refuse_blocked_folders(site, files, found, ours)
    retired = _retired(mine, listed, ours)
    files.update(dict.fromkeys(retired))
    gone = [p for p in sorted(ours - files.keys()) if _untouched(site, p, mine[p])]
    listing = write_list({**listed, **retired})
    return Plan(
        files=files,
        listing=listing,
        written=tuple(p for p, read in files.items() if read is not None),
        unchanged=tuple(p for p, read in files.items() if read is None),
        removed=tuple(gone),
        foreign=_foreign(found, set(files), set(gone)),
        relist=listing != _bytes(site, LIST),
    )


def _describe(artifact: Artifact | Deferred) -> tuple[Mine, Callable[[], bytes]]:
    if isinstance(artifact, Deferred):
        return Mine(artifact.sha256, artifact.size), artifact.read
    body = artifact.body
    return Mine(hashlib.sha256(body).hexdigest(), len(body)), lambda: body


def _holds(
    site: Path, found: Mapping[str, Found], mine: Mapping[str, Mine], artifact: Artifact | Deferred, new: Mine
) -> bool:
    """Whether the folder has these bytes already. Of a part of history the list and the size are believed."""
    there = found.get(artifact.path)
    if there is None or there.kind != "file" or there.size != new.size:
        return False
    if isinstance(artifact, Deferred):
        listed = mine.get(artifact.path)
        if listed is None or listed.sha256 != new.sha256:
            return False
        return not artifact.opened or _untouched(site, artifact.path, new)
    return _bytes(site, artifact.path) == artifact.body


def _untouched(site: Path, path: str, mine: Mine) -> bool:
    """Whether a file is what we wrote: what somebody changed is theirs, or is made again."""
    body = _bytes(site, path)
    return body is not None and hashlib.sha256(body).hexdigest() == mine.sha256


def _bytes(site: Path, path: str) -> bytes | None:
    try:
        with open(os.path.join(site, path), "rb") as file:  # thousands of them
            return file.read()
    except FileNotFoundError:
        return None


def _retired(mine: Mapping[str, Mine], listed: Mapping[str, Mine], ours: set[str]) -> dict[str, Mine]:
    """Hashed assets that earlier versions used. A version begins when the set of hashed assets changes."""
    before = {p for p, m in mine.items() if not m.age and _HASHED.search(p)}
    now = {p for p in listed if _HASHED.search(p)}
    step = int(before != now and bool(before))
    aged = {
        p: m.age + step if m.age else 1 for p, m in mine.items() if p in ours and p not in listed and _HASHED.search(p)
    }
    return {p: Mine(mine[p].sha256, mine[p].size, age) for p, age in sorted(aged.items()) if age <= VERSIONS_KEPT}


def _refuse_blocked_folders(
    site: Path, files: Mapping[str, object], found: Mapping[str, Found], ours: set[str]
) -> None:
    needed = {parent for path in files for parent in parents(path)}
    for path in sorted(needed):
        there = found.get(path)
        if there is not None and there.kind != "folder" and path not in ours:
            raise _in_the_way(site, path)
    for path in files:
        if path in found and found[path].kind == "folder":
            raise _in_the_way(site, path)


def _in_the_way(site: Path, path: str) -> PublishError:
    return PublishError(
        f"{site / path}: we need this name for a file of the site, but it is not ours; move it away or delete it"
    )


def _foreign(found: Mapping[str, Found], ours: set[str], gone: set[str]) -> dict[str, Found]:
    """What belongs to somebody else: their files, the folders these need, and folders that hold nothing of ours."""
    leaves = {p for p, f in found.items() if f.kind != "folder"}
    theirs = leaves - ours - gone
    needed = {parent for path in theirs for parent in parents(path)}
    used = {parent for path in leaves for parent in parents(path)}
    return {p: f for p, f in found.items() if p in theirs or (f.kind == "folder" and (p in needed or p not in used))}
