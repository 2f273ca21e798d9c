"""What a publish will do to a folder, as values: which files to write, keep and remove, and whose they are.

A file is ours when the folder's own list (`.roadworthy.json`) says so; everything else belongs to somebody and stays.
Reads the folder through `scan` and `read_list` only; never writes and never follows a symbolic link.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from .. import stamps
from ..artifacts import Deferred
from ..errors import PublishError
from ..model import Artifact
from ..stamps import Stamps, is_file, is_folder, same_file

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
class Plan:
    """`files` is the whole new version: path -> how to read its bytes, or None where the folder has them already.

    `found` is the folder as it was looked at (`believed`: without reading it), `foreign` what of it belongs to others.
    """

    files: Mapping[str, Callable[[], bytes] | None]
    listing: bytes
    written: tuple[str, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...]
    foreign: Stamps = field(default_factory=lambda: MappingProxyType({}))
    relist: bool = False
    found: Stamps = field(default_factory=lambda: MappingProxyType({}))
    believed: bool = False

    @property
    def idle(self) -> bool:
        return not (self.written or self.removed or self.relist)


# ---- reading the folder ----------------------------------------------------------------------------------------------


def scan(site: Path) -> dict[str, os.stat_result]:
    """Everything below the folder but our own list and work, by path; empty if the folder is not there."""
    return _of_the_site(stamps.look(str(site))) if site.exists() else {}


def _of_the_site(found: Stamps) -> dict[str, os.stat_result]:
    return {path: is_ for path, is_ in found.items() if path.partition("/")[0] not in (LIST, WORK)}


def strangers(site: Path) -> list[str]:
    """Files in a folder that has no list of ours, apart from what a host or a person puts beside a site (`THEIRS`, and
    names that begin with a dot)."""
    if not site.is_dir() or any((site / name).exists() for name in (LIST, WORK)):
        return []
    leaves = (path for path, found in scan(site).items() if not is_folder(found))
    return sorted(path for path in leaves if not path.startswith(".") and not THEIRS.search(path))


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


def plan(
    artifacts: Iterable[Artifact | Deferred], site: Path, believed: Callable[[str], bool] = lambda state: False
) -> Plan:
    """What to do. PublishError if it would overwrite a file that is not ours; reads, never writes.

    `believed`: whether the files of a site whose stamps are in this state are known to be what its list says.
    """
    wanted: dict[str, Artifact | Deferred] = {}
    for artifact in artifacts:
        check_path(artifact.path)
        if artifact.path in wanted:
            raise PublishError(f"{artifact.path!r} was made twice")
        wanted[artifact.path] = artifact
    _no_collisions(wanted)
    folder = _Folder.at(site, believed)
    found, ours = folder.found, folder.ours
    files: dict[str, Callable[[], bytes] | None] = {}
    listed: dict[str, Mine] = {}
    for path, artifact in sorted(wanted.items()):
        new, read = _describe(artifact)
        same = folder.holds(artifact, new)
        if path in found and path not in ours and not same:
            if THEIRS.search(path) and is_file(found[path]):
                continue
            raise _in_the_way(site, path)
        files[path], listed[path] = (None if same else read), new
    _refuse_blocked_folders(site, files, found, ours)
    retired = _retired(folder.mine, listed, ours)
    files.update(dict.fromkeys(retired))
    gone = [p for p in sorted(ours - files.keys()) if folder.untouched(p, folder.mine[p])]
    listing = write_list({**listed, **retired})
    return Plan(
        files=files,
        listing=listing,
        written=tuple(p for p, read in files.items() if read is not None),
        unchanged=tuple(p for p, read in files.items() if read is None),
        removed=tuple(gone),
        foreign=_foreign(found, set(files), set(gone)),
        relist=listing != _bytes(site, LIST),
        found=found,
        believed=folder.whole,
    )


@dataclass(frozen=True, slots=True)
class _Folder:
    """A site as it is: what is there, what of it the list calls ours. `whole`: the list is known to be right."""

    site: Path
    found: Stamps
    mine: Mapping[str, Mine]
    ours: set[str]
    whole: bool

    @classmethod
    def at(cls, site: Path, believed: Callable[[str], bool]) -> _Folder:
        there, mine = stamps.look(str(site)) if site.exists() else {}, read_list(site)
        found = _of_the_site(there)
        ours = {path for path in mine if path in found and is_file(found[path])}
        return cls(site, found, mine, ours, bool(mine) and believed(stamps.state(there)))

    def holds(self, artifact: Artifact | Deferred, new: Mine) -> bool:
        """Whether the folder has these bytes already. Of a part of history the list and the size are believed."""
        there, listed = self.found.get(artifact.path), self.mine.get(artifact.path)
        if there is None or not is_file(there) or there.st_size != new.size:
            return False
        told = listed is not None and listed.sha256 == new.sha256
        if isinstance(artifact, Deferred):
            return told and (not artifact.opened or self.untouched(artifact.path, new))
        return (told and self.whole) or _bytes(self.site, artifact.path) == artifact.body

    def untouched(self, path: str, mine: Mine) -> bool:
        """Whether a file is what we wrote: what somebody changed is theirs, or is made again."""
        if self.whole:
            return True
        body = _bytes(self.site, path)
        return body is not None and hashlib.sha256(body).hexdigest() == mine.sha256


def state_after(plan: Plan, site: Path) -> str:
    """The state of a site that has just become the plan's; empty if somebody else was at work there meanwhile, or if it
    is so fresh that a change would not show."""
    there = stamps.look(str(site))
    for path, read in plan.files.items():
        is_ = there.get(path)
        if is_ is None or (read is None and not same_file(is_, plan.found[path])):
            return ""
    return stamps.state(there) if stamps.settled(there) else ""


def _describe(artifact: Artifact | Deferred) -> tuple[Mine, Callable[[], bytes]]:
    if isinstance(artifact, Deferred):
        return Mine(artifact.sha256, artifact.size), artifact.read
    body = artifact.body
    return Mine(hashlib.sha256(body).hexdigest(), len(body)), lambda: body


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


def _refuse_blocked_folders(site: Path, files: Mapping[str, object], found: Stamps, ours: set[str]) -> None:
    needed = {parent for path in files for parent in parents(path)}
    for path in sorted(needed):
        there = found.get(path)
        if there is not None and not is_folder(there) and path not in ours:
            raise _in_the_way(site, path)
    for path in files:
        if path in found and is_folder(found[path]):
            raise _in_the_way(site, path)


def _in_the_way(site: Path, path: str) -> PublishError:
    return PublishError(
        f"{site / path}: we need this name for a file of the site, but it is not ours; move it away or delete it"
    )


def _foreign(found: Stamps, ours: set[str], gone: set[str]) -> dict[str, os.stat_result]:
    """What belongs to somebody else: their files, the folders these need, and folders that hold nothing of ours."""
    leaves = {p for p, f in found.items() if not is_folder(f)}
    theirs = leaves - ours - gone
    needed = {parent for path in theirs for parent in parents(path)}
    used = {parent for path in leaves for parent in parents(path)}
    return {p: f for p, f in found.items() if p in theirs or (is_folder(f) and (p in needed or p not in used))}
