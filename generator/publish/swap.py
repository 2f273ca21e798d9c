"""Publishing by exchanging whole folders: what a reader sees is one version, before and after, whatever kills us.

The new version is staged beside the site (`.SITE.next`: unchanged files and those of others as hard links), renamed to
`.SITE.old` when it is whole, and exchanged with the site in one system call; the old version is then under `.SITE.old`
and is removed. `Unsupported` when the system, the file system or the owner of the folder does not let us: then
`inplace` does it. Decides nothing: the plan says which files.
"""

from __future__ import annotations

import ctypes
import errno
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from ..stamps import Stamps, is_file, is_folder, same_file
from .plan import LIST, WORK, Plan, parents, read_list, scan

MANY = 20_000
"""With more files of others than this, linking them all costs more than publishing in place."""

_CANNOT = frozenset(
    (
        *(errno.EPERM, errno.EACCES, errno.EXDEV, errno.EMLINK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL),
        errno.EBUSY,
    )
)


class Unsupported(Exception):
    """This folder cannot be exchanged; nothing was changed."""


def staged(site: Path) -> tuple[Path, Path]:
    """Where a new version grows, and where it waits whole; both beside the site."""
    return site.with_name(f".{site.name}.next"), site.with_name(f".{site.name}.old")


def possible(site: Path, plan: Plan) -> bool:
    """Whether an exchange can be tried at all."""
    if not os.access(site.parent, os.W_OK | os.X_OK) or len(plan.foreign) > MANY:
        return False
    real = os.path.realpath(site)
    return not any(point == real or point.startswith(real + "/") for point in _mount_points(site))


def _mount_points(site: Path) -> list[str]:
    """Where something is mounted: on or below the site, an exchange would leave the mount with the old version."""
    try:
        lines = Path("/proc/self/mountinfo").read_bytes().splitlines()
    except OSError:
        return [os.path.realpath(site)] if os.path.ismount(site) else []
    named = (line.split()[4] for line in lines)
    return [os.fsdecode(re.sub(rb"\\([0-7]{3})", lambda m: bytes([int(m[1], 8)]), name)) for name in named]


def swap(site: Path, plan: Plan, spare: Path | None = None) -> None:
    """Put the plan's version in the place of the site. OSError (site untouched) if the disk fails.

    `spare` is where the version before may wait to become the next one: a folder that nobody else uses, on the same
    disk. To change what differs in it costs less than thousands of new folders and links. Not where others have files.
    """
    growing, whole = staged(site)
    spare = None if plan.foreign else spare
    try:
        held = _reused(site, growing, plan, spare) if spare is not None else None
        _stage(site, growing, plan, held)
        os.rename(growing, whole)
        if site.exists():
            _exchange(whole, site)
        else:
            os.rename(whole, site)
    except BaseException:
        # The next publish removes what cannot be removed now; the first fault is the one to tell.
        with suppress(OSError):
            discard(growing)
            discard(whole)
        raise
    # The site is the new version already. What cannot be finished now stays beside it, and the next publish does it.
    with suppress(OSError):
        sync(site.parent)
        _rescue(whole, site, plan.foreign)
        if spare is not None:
            _keep(whole, spare)
        discard(whole)


def recover(site: Path) -> None:
    """Clear away what a killed publish left beside the site; files that others put there meanwhile are kept."""
    growing, whole = staged(site)
    if os.path.lexists(whole) and not site.exists():
        os.rename(whole, site)
    elif os.path.lexists(whole):
        mine = read_list(whole)
        # A link that the site shares is not the only copy; what only the old folder has would be lost with it.
        alone = {p: f for p, f in scan(whole).items() if p not in mine and not is_folder(f)}
        _move(whole, site, (p for p in alone if not os.path.lexists(site / p) and (whole / p).lstat().st_nlink == 1))
        discard(whole)
    discard(growing)


# ---- staging ---------------------------------------------------------------------------------------------------------


def _reused(site: Path, growing: Path, plan: Plan, spare: Path) -> set[str] | None:
    """What `_reuse` makes of the spare; a spare that something is wrong with is no spare."""
    try:
        return _reuse(site, growing, plan, spare)
    except OSError:
        discard(growing)
        return None


def _reuse(site: Path, growing: Path, plan: Plan, spare: Path) -> set[str] | None:
    """Take the spare as the growing version: the paths it holds rightly, folders and files. None if there is none."""
    if spare.is_symlink() or not spare.is_dir() or growing.parent.stat().st_dev != spare.stat().st_dev:
        return None
    os.rename(spare, growing)
    there = scan(growing)
    wanted = {path: plan.found[path] for path, read in plan.files.items() if read is None}
    needed = {parent for path in plan.files for parent in parents(path)}
    held = {""}
    for path, found in sorted(there.items(), reverse=True):  # what is in a folder before the folder
        if is_folder(found):
            right = path in needed
        else:  # the very file, and not one that looks like it
            right = path in wanted and is_file(found) and same_file(found, wanted[path])
        if right:
            held.add(path)
        elif is_folder(found):
            (growing / path).rmdir()
        else:
            (growing / path).unlink()
    (growing / LIST).unlink(missing_ok=True)
    discard(growing / WORK)
    return held


def _keep(whole: Path, spare: Path) -> None:
    """Let the version before wait as the spare; it is gone if it cannot."""
    if whole.is_dir():
        discard(spare)
        spare.parent.mkdir(parents=True, exist_ok=True)
        with suppress(OSError):
            os.rename(whole, spare)


def _stage(site: Path, growing: Path, plan: Plan, held: set[str] | None = None) -> None:
    """Make the growing version the plan's. `held`: what is in it already, None if it is not there."""
    if held is None:
        growing.mkdir()
    made = {""} if held is None else {path for path in held if path not in plan.files}
    for path, there in sorted(plan.foreign.items()):
        if is_folder(there):
            _folders(growing, path, made)
        else:
            _folders(growing, path.rpartition("/")[0], made)
            _link(site / path, growing / path)
    for path, read in plan.files.items():
        if held is not None and path in held:
            continue
        _folders(growing, path.rpartition("/")[0], made)
        if read is None:
            _link(site / path, growing / path)
        else:
            write(growing / path, read())
    write(growing / LIST, plan.listing)
    for path in sorted(made, reverse=True):
        if path in plan.foreign or (not path and site.exists()):
            _like(site / path, growing / path)
    sync(growing)


def _folders(root: Path, path: str, made: set[str]) -> None:
    if path not in made:
        _folders(root, path.rpartition("/")[0], made)
        (root / path).mkdir()
        made.add(path)


def _link(old: Path, new: Path) -> None:
    try:
        os.link(old, new, follow_symlinks=False)
    except OSError as error:
        raise (Unsupported(str(error)) if error.errno in _CANNOT else error) from error


def _like(old: Path, new: Path) -> None:
    """Mode, times, owner and attributes of a folder that is not only ours."""
    before, after = old.stat(), new.stat()
    try:
        if (before.st_uid, before.st_gid) != (after.st_uid, after.st_gid):
            os.chown(new, before.st_uid, before.st_gid)
        shutil.copystat(old, new)
    except OSError as error:
        raise (Unsupported(str(error)) if error.errno in _CANNOT else error) from error


def write(path: Path, body: bytes) -> None:
    """A new file; never one that is there, never through a link."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    try:
        view = memoryview(body)
        while view:
            view = view[os.write(fd, view) :]
    finally:
        os.close(fd)


# ---- after the exchange ----------------------------------------------------------------------------------------------


def _rescue(old: Path, site: Path, linked: Stamps) -> None:
    """Carry over what others did in the old folder between our look at it and the exchange."""
    if not old.exists():
        return
    mine = read_list(old)
    before = {p: f for p, f in linked.items() if not is_folder(f)}
    now = {p: f for p, f in scan(old).items() if not is_folder(f) and (p in before or p not in mine)}
    changed = [p for p, f in now.items() if p not in before or before[p].st_ino != f.st_ino]
    _move(old, site, (p for p in changed if p in before or not os.path.lexists(site / p)))
    for path in before.keys() - now.keys():
        (site / path).unlink(missing_ok=True)


def _move(old: Path, site: Path, paths: Iterable[str]) -> None:
    for path in list(paths):
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        os.rename(old / path, site / path)


def discard(folder: Path) -> None:
    """Remove a folder of ours with all it holds; nothing if it is not there."""
    if os.path.lexists(folder):
        shutil.rmtree(folder)


# ---- the system ------------------------------------------------------------------------------------------------------


def _exchange(new: Path, site: Path) -> None:
    """Exchange two folders in one step; `Unsupported` where the system or the file system cannot."""
    call = _exchange_call()
    if call is None:
        raise Unsupported("no system call")
    if call(os.fsencode(new), os.fsencode(site)):
        number = ctypes.get_errno()
        if number in _CANNOT:
            raise Unsupported(os.strerror(number))
        raise OSError(number, os.strerror(number), str(site))


def _exchange_call() -> Callable[[bytes, bytes], int] | None:
    library = ctypes.CDLL(None, use_errno=True)
    here = -2 if sys.platform == "darwin" else -100  # AT_FDCWD
    if hasattr(library, "renameat2"):
        return lambda a, b: int(library.renameat2(here, a, here, b, 2))  # RENAME_EXCHANGE
    if hasattr(library, "renamex_np"):
        return lambda a, b: int(library.renamex_np(a, b, 2))  # RENAME_SWAP
    return None


def sync(folder: Path) -> None:
    """Everything written below the folder is on its disk when this returns: one call, not one for each file."""
    library = ctypes.CDLL(None, use_errno=True)
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if not hasattr(library, "syncfs"):
            os.sync()
        elif library.syncfs(fd):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(folder))
    finally:
        os.close(fd)
