"""The one writer's lock: an flock, so that the kernel frees it when its holder dies. Never deletes the file."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import HistoryError, LockedError

PAUSE = 0.05


@contextmanager
def hold(
    path: Path,
    wait: float = 0.0,
    *,
    what: str = "run",
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[None]:
    """Hold the lock at `path` for the block; LockedError if another still holds it after `wait` seconds.

    The file keeps the number of the holder's process, for the message only: what counts is the kernel's lock.
    """
    import fcntl

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    except OSError as error:
        raise HistoryError(f"{path}: the lock cannot be made: {os.strerror(error.errno or 0)}") from error
    try:
        give_up = clock() + wait
        while True:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as error:
                if error.errno not in (errno.EWOULDBLOCK, errno.EAGAIN, errno.EINTR):
                    raise HistoryError(f"{path}: cannot be locked: {os.strerror(error.errno or 0)}") from error
                if clock() >= give_up:
                    raise LockedError(f"another {what} holds {path}{_holder(fd)}; wait until it ends") from None
                sleep(PAUSE)
        _sign(fd)
        yield
    finally:
        os.close(fd)


def _sign(fd: int) -> None:
    # A full disk must not keep the run from its work: the number only makes another run's message better.
    with suppress(OSError):
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)


def _holder(fd: int) -> str:
    text = os.pread(fd, 20, 0).decode("ascii", "replace").strip()
    return f" (process {text})" if text.isdigit() else ""
