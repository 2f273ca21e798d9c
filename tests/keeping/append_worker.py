"""A process that appends rounds and says each acknowledged one on a line: `python -m tests.keeping.append_worker …`.

Arguments: root, history URL, name of the worker (its region), number of rounds, observations a round, overlap (0/1).
"""

from __future__ import annotations

import sys
from pathlib import Path

from generator import stores
from tests.keeping.builders import NOW, observation


def main(root: str, url: str, name: str, rounds: str, size: str, overlap: str) -> None:
    store = stores.open(url, root=Path(root))
    for n in range(int(rounds)):
        at = NOW - 100_000 + 300 * n
        own = [observation(at, f"p/c{i}/k", name) for i in range(int(size))]
        shared = [observation(at, f"p/c{i}/k", "shared") for i in range(5)] if overlap == "1" else []
        # Everybody writes the shared ones in an order of their own: a database must not come to a deadlock over it.
        new = store.append([*shared[:: 1 if int(name[1:]) % 2 else -1], *own], NOW)
        print(f"{name} {at} {new}", flush=True)
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
