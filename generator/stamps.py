"""How the file system sees a folder: every file below it, whose it is not changed while its stamp is the same.

A stamp is what `lstat` says: kind, size, both times, inode. Never reads a file, follows no symbolic link.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator, Mapping

from .cache import digest

Stamps = Mapping[str, os.stat_result]
"""By path below the folder, folders too."""
_TICK, _COARSE = 20_000_000, 2_000_000_000
"""Nanoseconds within which two changes may have the same time: on most disks, and on those that know whole seconds."""


def look(folder: str) -> dict[str, os.stat_result]:
    """Everything below a folder as it is now; OSError if the folder is not there."""
    found: dict[str, os.stat_result] = {}
    waiting = [(folder, "")]
    while waiting:
        place, prefix = waiting.pop()
        with os.scandir(place) as entries:
            for entry in entries:
                is_ = entry.stat(follow_symlinks=False)
                path = prefix + entry.name
                found[path] = is_
                if stat.S_ISDIR(is_.st_mode):
                    waiting.append((entry.path, path + "/"))
    return found


def state(found: Stamps) -> str:
    """A hash of all stamps but those of folders: a changed, lost or added file is another state."""
    return digest("\n".join(_lines(found))).hex()


def _lines(found: Stamps) -> Iterator[str]:
    for path, is_ in sorted(found.items()):
        if not stat.S_ISDIR(is_.st_mode):
            times = f"{is_.st_mtime_ns}\0{is_.st_ctime_ns}"
            yield f"{path}\0{is_.st_size}\0{times}\0{is_.st_ino}\0{is_.st_mode}"


def settled(found: Stamps, at: int | None = None) -> bool:
    """Whether any change from now on would show in the stamps. `at`: the system's clock in nanoseconds, default now."""
    newest = max((is_.st_ctime_ns for is_ in found.values()), default=0)
    return newest + (_TICK if newest % 10**9 else _COARSE) < (time.time_ns() if at is None else at)


def is_file(is_: os.stat_result) -> bool:
    return stat.S_ISREG(is_.st_mode)


def is_folder(is_: os.stat_result) -> bool:
    return stat.S_ISDIR(is_.st_mode)


def same_file(one: os.stat_result, other: os.stat_result) -> bool:
    """Whether these are the same file with the same bytes, under this name or that."""
    return (one.st_ino, one.st_mtime_ns, one.st_size) == (other.st_ino, other.st_mtime_ns, other.st_size)
