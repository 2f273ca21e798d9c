"""One small run, to be killed anywhere: append, save, publish. `python -m tests.keeping.crash_run ROOT ROUND WAY`.

Says `begin` before the first effect and one line after each acknowledged step. Ends as a command does: 0, or the exit
code of our error with its message on stderr.
"""

from __future__ import annotations

import sys
from pathlib import Path

from generator import stores
from generator.errors import RoadworthyError
from generator.model import Status
from generator.publish import inplace, publish, recover
from generator.publish.plan import plan
from tests.keeping.builders import DAY, NOW, rollup, round_, span
from tests.keeping.sites import version


def run(root: Path, number: int, way: str, say=lambda line: None) -> None:
    """Round `number` is measured at NOW + 300 * number and published as version `number`."""
    now = NOW + 300 * number
    store = stores.open("", root=root)
    try:
        with store.lock(30):
            store.append(round_(now - 60), now)
            say(f"appended {number}")
            store.save(
                checkpoint=(now, {"round": number}),
                spans=[span(NOW - DAY, NOW), span(NOW, None, Status.MAJOR_OUTAGE)],
                spans_from=NOW,
                rollups=[rollup(NOW // DAY * DAY, samples=12 + number)],
                meta={"round": str(number)},
            )
            say(f"saved {number}")
            if way == "in place":
                recover(root / "site")
                inplace.put(root / "site", plan(version(number), root / "site"))
            else:
                publish(version(number), root / "site")
            say(f"published {number}")
    finally:
        store.close()


def main(root: str, number: str, way: str) -> int:
    print("begin", flush=True)
    try:
        run(Path(root), int(number), way, lambda line: print(line, flush=True))
    except RoadworthyError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except OSError as error:  # only `inplace`, called without `publish`, lets one through
        print(f"disk: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
