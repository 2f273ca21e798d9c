"""The only writer of `site/`: artifacts in, one whole version out, or the old one untouched.

`publish` compares, verifies, and puts the new version in place by exchanging folders (`swap`), or file by file
with a journal where that cannot be (`inplace`). Files that are not ours stay; a build that changed nothing
writes nothing. Never decides what the site says.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ..artifacts import Deferred
from ..cache import digest
from ..errors import LockedError, PublishError, VerificationError
from ..model import Artifact
from ..stamps import is_folder
from . import inplace, swap
from .plan import LIST, plan, state_after, strangers

if TYPE_CHECKING:
    from ..cache import Cache

__all__ = ["LIST", "Deferred", "Published", "publish", "recover"]

PATIENCE = 30.0
"""Seconds to wait for another publish of the same folder."""

_SYSTEM = frozenset(
    (
        *("/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/libx32", "/proc", "/run", "/sbin", "/sys"),
        *("/usr", "/var/run", "/Applications", "/Library", "/System"),
    )
)
"""Nothing in these is for a site, however deep."""
_SHARED = frozenset(
    (
        *("/", "/home", "/media", "/mnt", "/opt", "/root", "/srv", "/tmp", "/var", "/var/lib", "/var/tmp", "/var/www"),
        "/Users",
    )
)
"""These themselves are not for a site; folders in them may be."""
FEW = 20
"""Files of others that a folder may hold before the first publish: more are somebody's work, not a site to be."""
_OF_THE_ROOT = ("content", "templates", "generator", "tests", "docs", ".git", ".history", ".venv", ".github")


@dataclass(frozen=True, slots=True)
class Published:
    """What happened to each file, sorted. `removed` were ours and are no longer wanted; `kept` belong to others.

    `state` is that of the site's stamps (`stamps.state`), empty where it is not known to be what was published.
    """

    written: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    state: str = field(default="", compare=False)


def publish(
    artifacts: Iterable[Artifact | Deferred],
    site: Path,
    *,
    root: Path | None = None,
    verify: Callable[[Sequence[Artifact | Deferred]], Sequence[str]] | None = None,
    clock: Callable[[], float] = time.monotonic,
    patience: float = PATIENCE,
    spare: Path | None = None,
    memory: Cache | None = None,
) -> Published:
    """Make the site these artifacts and nothing else of ours.

    `verify` gets all artifacts and returns one sentence for each fault: with any, VerificationError and the old site
    stays. PublishError for a folder we must not touch, a file in our way, a disk that fails; LockedError if another
    publish of the folder does not end within `patience` seconds. `root` (default: the folder above) is the user's.
    `spare`: a folder of ours where the version before may wait, so that the next one is made of it. `memory` keeps
    how the file system saw the site when it was finished: while it sees the same, no file of it is read.
    """
    site = Path(os.path.abspath(site))
    refuse_dangerous(site, Path(os.path.abspath(root)) if root else site.parent)
    wanted, name = tuple(artifacts), digest(str(site))
    faults = tuple(verify(wanted)) if verify else ()
    if faults:
        raise VerificationError(faults)
    with _told(site), _alone(site, clock, patience):
        _recover(site)
        plan_ = plan(wanted, site, lambda state: memory is not None and memory.get("site", name) == state.encode())
        if not plan_.idle:
            try:
                if not swap.possible(site, plan_):
                    raise swap.Unsupported
                swap.swap(site, plan_, spare)
            except swap.Unsupported:
                inplace.put(site, plan_)
        kept = tuple(sorted(p for p, f in plan_.foreign.items() if not is_folder(f)))
        state = "" if plan_.idle and plan_.believed else state_after(plan_, site)
        if memory is not None and state:
            memory.put("site", name, state.encode())
    return Published(plan_.written, plan_.unchanged, plan_.removed, kept, state)


def recover(site: Path, *, clock: Callable[[], float] = time.monotonic, patience: float = PATIENCE) -> None:
    """Put right what a killed publish left. `publish` does this by itself; for those who only read the folder."""
    site = Path(os.path.abspath(site))
    if site.parent.is_dir():
        with _told(site), _alone(site, clock, patience):
            _recover(site)


def _recover(site: Path) -> None:
    swap.recover(site)
    if site.is_dir():
        inplace.recover(site)


# ---- what we refuse --------------------------------------------------------------------------------------------------


def refuse_dangerous(site: Path, root: Path) -> None:
    """PublishError for a folder that is plainly not meant: the system's, the user's home, the sources themselves."""
    if site.is_symlink():
        raise PublishError(f"{site}: is a symbolic link; name the folder it leads to")
    real, home, top = (Path(os.path.realpath(p)) for p in (site, os.path.expanduser("~"), root))
    if str(real) in _SHARED or any(str(folder) in _SYSTEM for folder in (real, *real.parents)):
        raise PublishError(f"{site}: is a folder of the system; name one for the site alone, say /var/www/status")
    for what, path in (("your home", home), ("the folder with your content", top), ("the current folder", Path.cwd())):
        if real == path or real in path.parents:
            raise PublishError(f"{site}: is, or contains, {what}; name a folder for the site alone")
    for name in _OF_THE_ROOT:
        source = top / name
        if real == source or source in real.parents:
            raise PublishError(f"{site}: lies in {name}/, which is not for the site; name a folder for the site alone")
    if (real / "content" / "status.yml").exists():
        raise PublishError(
            f"{site}: holds sources of a status page (content/status.yml); name a folder for the site alone"
        )
    if site.exists() and not site.is_dir():
        raise PublishError(f"{site}: is not a folder")
    if len(others := strangers(site)) > FEW:
        raise PublishError(
            f"{site}: holds {len(others)} files ({others[0]}, …) and was never a site of ours; name an empty folder, "
            "or one for the site alone"
        )


# ---- one at a time, and what went wrong in words ---------------------------------------------------------------------


@contextmanager
def _alone(site: Path, clock: Callable[[], float], patience: float) -> Iterator[None]:
    """Hold the kernel's lock on the folder above the site; no file is made, and the death of a holder frees it."""
    import fcntl

    site.parent.mkdir(parents=True, exist_ok=True)
    fd = _lockable(site)
    try:
        give_up = clock() + patience
        while True:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if clock() >= give_up:
                    raise LockedError(f"{site}: another process is publishing to it; wait until it ends") from None
                time.sleep(0.02)
            except OSError as error:
                if error.errno not in (errno.EBADF, errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL):
                    raise
                break  # a file system that knows no locks on folders: the run's own lock must do
        yield
    finally:
        os.close(fd)


def _lockable(site: Path) -> int:
    """The folder above; the site itself where that may not be opened (then it cannot be exchanged either)."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
    try:
        return os.open(site.parent, flags)
    except PermissionError:
        return os.open(site, flags)


@contextmanager
def _told(site: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        advice = {
            errno.ENOSPC: "; free some space and build again",
            errno.EROFS: "; publish to a folder on a disk that can be written",
            errno.EACCES: "; give yourself the right to write there",
            errno.EPERM: "; give yourself the right to write there",
        }.get(error.errno or 0, "")
        where = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else str(site)
        raise PublishError(
            f"{where}: cannot publish: {os.strerror(error.errno or 0)}{advice}; the old site stays"
        ) from error
