"""Publishing file by file, where a folder cannot be exchanged: a mount point, a foreign owner, an old file system.

All new files are first written below `SITE/.roadworthy/`; then the list of moves is made durable (from here on the new
version is decided), and then each is renamed into place: hashed assets first, `live.json` last, removals at the end. A
run that is killed is completed forward by the next one (`recover`). A reader may see two versions for the milliseconds
the moves take; that is what the exchange of folders (`swap`) is for.
Follows no symbolic link below the site.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..errors import PublishError
from .plan import LIST, WORK, Plan, check_path
from .swap import sync, write


def put(site: Path, plan: Plan) -> None:
    """Make the site the plan's version. OSError before anything is decided leaves the site as it was."""
    site.mkdir(parents=True, exist_ok=True)
    work = site / WORK
    recover(site)
    work.mkdir()
    moves: list[list[str]] = []
    try:
        for path, read in sorted(plan.files.items(), key=lambda item: _order(item[0])):
            if read is not None:
                write(work / str(len(moves)), read())
                moves.append([str(len(moves)), path])
        write(work / "list", plan.listing)
        journal = json.dumps({"moves": [*moves, ["list", LIST]], "removed": list(plan.removed)})
        write(work / "journal.new", journal.encode())
        sync(work)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    os.rename(work / "journal.new", work / "journal.json")
    sync(work)
    recover(site)


def _order(path: str) -> tuple[int, str]:
    """Assets before the pages that name them, what programs poll after the pages."""
    if path.startswith("assets/") or "/assets/" in path:
        return 0, path
    return 2 if path.endswith("live.json") else 1, path


def recover(site: Path) -> bool:
    """Complete what a killed run had decided, drop what it had not; whether anything was completed."""
    work = site / WORK
    if not os.path.lexists(work):
        return False
    if work.is_symlink() or not work.is_dir():
        raise PublishError(f"{work}: we need this name for our work, but it is not ours; move it away or delete it")
    try:
        journal: dict[str, Any] | None = json.loads((work / "journal.json").read_text("utf-8"))
    except FileNotFoundError:
        journal = None
    if journal is not None:
        _complete(site, work, journal)
        (work / "journal.json").unlink()
    shutil.rmtree(work)
    return journal is not None


def _complete(site: Path, work: Path, journal: dict[str, Any]) -> None:
    listing = journal["moves"][-1:]
    for blob, path in journal["moves"][:-1]:
        check_path(path)
        if (work / blob).exists():
            _rename_into(site, work / blob, path)
    for path in journal["removed"]:
        check_path(path)
        _remove(site, path)
    for blob, path in listing:
        if (work / blob).exists():
            os.rename(work / blob, site / path)
    sync(site)


def _rename_into(site: Path, blob: Path, path: str) -> None:
    """Move a file to its path, making folders; never through a symbolic link."""
    *folders, name = path.split("/")
    fd = _descend(site, folders, make=True)
    try:
        try:
            os.rename(blob, name, dst_dir_fd=fd)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            _copy_into(fd, blob, name)
    finally:
        os.close(fd)


def _copy_into(fd: int, blob: Path, name: str) -> None:
    """For a folder on another file system: bring the bytes there first, then rename."""
    near = f".{name[:200]}.roadworthy"
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    with open(blob, "rb") as source, os.fdopen(os.open(near, flags, 0o666, dir_fd=fd), "wb") as copy:
        shutil.copyfileobj(source, copy)
        copy.flush()
        os.fsync(copy.fileno())
    os.rename(near, name, src_dir_fd=fd, dst_dir_fd=fd)
    blob.unlink()


def _descend(site: Path, folders: list[str], *, make: bool) -> int:
    fd = os.open(site, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    for folder in folders:
        try:
            if make:
                with suppress(FileExistsError):  # the next line says whether it is a folder
                    os.mkdir(folder, dir_fd=fd)
            below = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=fd)
        finally:
            os.close(fd)
        fd = below
    return fd


def _remove(site: Path, path: str) -> None:
    """Remove a file of ours and the folders this leaves empty."""
    *folders, name = path.split("/")
    try:
        fd = _descend(site, folders, make=False)
    except (FileNotFoundError, NotADirectoryError):
        return
    try:
        os.unlink(name, dir_fd=fd)
    except FileNotFoundError:
        pass  # an earlier attempt got this far
    finally:
        os.close(fd)
    while folders:
        try:
            (site / "/".join(folders)).rmdir()
        except OSError:
            return  # still in use
        folders.pop()
