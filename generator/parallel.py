"""The same work on many items, on all processors where that pays. Pure for pure work: the order is that of the items.

Forks, so that nothing has to be imported again; where that is not safe (other threads live) or not worth it, the work
is done here. A child that fails is no failure: its share is done again here, where an error can be told.
"""

from __future__ import annotations

import marshal
import os
import sys
import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")

LEAST = 32
"""With fewer items than this a second process costs more than it brings."""
MOST_PROCESSES = 8


def spread(
    work: Callable[[T], bytes],
    items: Sequence[T],
    *,
    least: int = LEAST,
    weigh: Callable[[T], int] = lambda item: 1,
    entering: Callable[[int], Callable[[], None]] = lambda number: lambda: None,
) -> list[bytes]:
    """`work` of each item, in order. `weigh`: how much work an item is, beside the others.

    `entering` is asked here, before the other process of this number begins, for what that process is to do first.
    """
    processes = min(MOST_PROCESSES, _processors(), len(items) * 2 // max(1, least))
    if processes < 2 or not _may_fork():
        return [work(item) for item in items]
    mine, *others = _shares([weigh(item) for item in items], processes)
    running = [(_start(work, [items[n] for n in share], entering(k)), share) for k, share in enumerate(others)]
    done = {n: work(items[n]) for n in mine}
    for child, share in running:
        done.update(zip(share, _finish(child) or [work(items[n]) for n in share], strict=True))
    return [done[n] for n in range(len(items))]


def beside(work: Callable[[], bytes]) -> Callable[[], bytes | None]:
    """Begin `work` in another process, and give the way to what it made: None where that cannot be, or where it came to
    no end, and the work is to be done here."""
    made = apart(lambda _: work(), [None])
    return lambda: made()[0]


def apart(work: Callable[[T], bytes], items: Sequence[T], *, least: int = LEAST) -> Callable[[], list[bytes | None]]:
    """The same for `work` of each item, all of them in other processes."""
    if not items or _processors() < 2 or not _may_fork():
        return lambda: [None] * len(items)
    count = len(items)
    processes = min(MOST_PROCESSES, _processors(), max(1, count * 2 // max(1, least)))
    running = [(_start(work, [items[n] for n in share]), share) for share in _shares([1] * count, processes)]

    def made() -> list[bytes | None]:
        done: dict[int, bytes] = {}
        for child, share in running:
            done.update(zip(share, _finish(child) or (), strict=False))
        return [done.get(n) for n in range(count)]

    return made


def _shares(weights: Sequence[int], count: int) -> list[list[int]]:
    """The numbers of the items in so many shares of about the same weight: the heaviest first, each to the lightest."""
    shares: list[list[int]] = [[] for _ in range(count)]
    loads = [0] * count
    for n in sorted(range(len(weights)), key=lambda n: (-weights[n], n)):
        share = loads.index(min(loads))
        shares[share].append(n)
        loads[share] += weights[n]
    return shares


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _may_fork() -> bool:
    return sys.platform == "linux" and threading.active_count() == 1


def _start(work: Callable[[T], bytes], share: Sequence[T], enter: Callable[[], None] = lambda: None) -> tuple[int, int]:
    """A child that does a share and writes the results into a pipe: its id, and the pipe's reading end."""
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    code = 1
    try:
        os.close(reading)
        enter()
        with os.fdopen(writing, "wb") as pipe:
            marshal.dump([work(item) for item in share], pipe)
        code = 0
    finally:
        os._exit(code)


def _finish(child: tuple[int, int]) -> list[bytes] | None:
    """What a child made; None if it did not come to its end."""
    process, reading = child
    with os.fdopen(reading, "rb") as pipe:
        raw = pipe.read()
    _, status = os.waitpid(process, 0)
    if status:
        return None
    made: list[bytes] = marshal.loads(raw)
    return made
