"""The campaign: breaks the laboratory in seeded random order and scores what was published, tick by tick.

    python -m tests.lab.campaign --seed 1 [--short] [--only WORD] [--json FILE]

A tick is five minutes of the laboratory's clock. Checks, parts and faults are real; only waiting is left out.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from tests.lab import decoys, faults
from tests.lab.decoys import DECOYS, Decoy
from tests.lab.faults import FAULTS, Fault
from tests.lab.platform import REGIONS, Platform
from tests.lab.scoring import FAILING, Episode, FaultScore, Scores, Tick, score, score_fault
from tests.lab.watching import Seen, StatusCodes, Watcher

WATCHERS = ("Roadworthy", "status code, any of three tries", "three fails in a row")
MOST_BROKEN, MOST_CLEARING = 16, 12


class Campaign:
    """One run over a platform. `ledgers` holds the ticks of each watcher, `episodes` what happened when."""

    def __init__(self, platform: Platform, said: Callable[[str], None] = lambda text: None) -> None:
        self.platform, self._said = platform, said
        self.watcher = Watcher(platform)
        self._usual = (StatusCodes(platform, 3, 1), StatusCodes(platform, 1, 3))
        self.ledgers: dict[str, list[Tick]] = {name: [] for name in WATCHERS}
        self.episodes: list[Episode] = []
        self._quiet = {(c.id, r): 0 for c in self.watcher.config.components for r in REGIONS}

    def close(self) -> None:
        self.watcher.close()
        for usual in self._usual:
            usual.close()

    def play(self, acts: Sequence[Fault | Decoy]) -> None:
        self._calm("warming up", 3)
        for act in acts:
            began = time.monotonic()
            if isinstance(act, Fault):
                self._fault(act)
            else:
                self._decoy(act)
            self._said(f"{act.id}: {time.monotonic() - began:.1f} s")
        self._calm("at the end", 2)

    # ---- one act

    def _fault(self, fault: Fault) -> None:
        """Break, wait until the oracle has seen the effect for long enough, mend, wait until all is shown as well."""
        first = len(self._ours)
        fault.inject(self.platform)
        held = ticks = 0
        while held < fault.hold:
            held += self._tick(lambda: fault.broken(self.platform)).broken
            ticks += 1
            if ticks > MOST_BROKEN:
                raise RuntimeError(f"{fault.id}: the oracle saw no effect")
        fault.clear(self.platform)
        for number in range(MOST_CLEARING):
            tick = self._tick(lambda: fault.broken(self.platform))
            if number and not tick.broken and not any(s in FAILING for s in tick.seen.statuses.values()):
                break
        self._end(fault.id, fault, first)
        self._said(line(score_fault(self._ours, self.episodes[-1], fault)))
        self._calm("between", 1)

    def _decoy(self, decoy: Decoy) -> None:
        first = len(self._ours)
        decoy.begin(self.platform)
        for number in range(decoy.ticks):
            self._tick(lambda: False, decoy, number)
        decoy.end(self.platform)
        for _ in range(2):
            self._tick(lambda: False)
        self._end(decoy.id, None, first)

    def _calm(self, name: str, ticks: int) -> None:
        first = len(self._ours)
        for _ in range(ticks):
            self._tick(lambda: False)
        self._end(name, None, first)

    def _end(self, name: str, fault: Fault | None, first: int) -> None:
        self.episodes.append(Episode(name, fault, first, len(self._ours) - 1))

    # ---- one tick

    @property
    def _ours(self) -> list[Tick]:
        return self.ledgers[WATCHERS[0]]

    def _tick(self, broken: Callable[[], bool], decoy: Decoy | None = None, number: int = 0) -> Tick:
        """Time passes, everybody looks, the oracle is asked; the truth holds only if it held before and after."""
        self.platform.tick()
        before = broken()
        rounds = None if decoy is None else decoy.round(self.watcher, number)
        seen: list[Seen] = [self.watcher.look(rounds)]
        seen += [usual.look(offline=decoy is not None and decoy.offline) for usual in self._usual]
        truth = before and broken()
        self._quiet = {k: n + 1 if decoy is not None and decoy.blind(*k) else 0 for k, n in self._quiet.items()}
        nowhere = {(c, "*"): min(self._quiet[c, r] for r in REGIONS) for c, _ in self._quiet}
        for name, one in zip(WATCHERS, seen, strict=True):
            self.ledgers[name].append(Tick(len(self.episodes), truth, one, self._quiet | nowhere))
        return self._ours[-1]


# ---- the whole -------------------------------------------------------------------------------------------------------


def run(seed: int, short: bool, only: str = "", said: Callable[[str], None] = lambda text: None) -> dict[str, Scores]:
    """The scores of each watcher."""
    acts: list[Fault | Decoy] = [
        *(f for f in FAULTS if not short or f.id in faults.SHORT),
        *(d for d in DECOYS if not short or d.id in decoys.SHORT),
    ]
    acts = [a for a in acts if only in a.id]
    random.Random(seed).shuffle(acts)
    with Platform(int(time.time())) as platform:
        campaign = Campaign(platform, said)
        try:
            campaign.play(acts)
        finally:
            campaign.close()
    return {name: score(ticks, campaign.episodes) for name, ticks in campaign.ledgers.items()}


def table(scores: dict[str, Scores]) -> str:
    """The figures as a markdown table."""
    rows = [
        ("recall", lambda s: f"{s.recall:.2f}"),
        ("precision", lambda s: f"{s.precision:.2f}"),
        ("alarms, true and false", lambda s: f"{s.true_alarms} and {len(s.false_alarms)}"),
        ("alarms during decoys", lambda s: str(len(s.decoy_alarms))),
        ("lie ticks", lambda s: str(s.lies)),
        ("median rounds to detect", lambda s: f"{s.detect:g}"),
        ("median rounds to clear", lambda s: f"{s.clear:g}"),
        ("flaps", lambda s: str(s.flaps)),
        ("right regions, of what was detected", lambda s: f"{s.places_right:.2f}"),
        ("right cause first", lambda s: f"{s.causes_right:.2f}" if any(f.cause_at_last for f in s.faults) else "none given"),
    ]  # fmt: skip
    lines = ["| | " + " | ".join(scores) + " |", "|---|" + "---|" * len(scores)]
    lines += [f"| {name} | " + " | ".join(figure(s) for s in scores.values()) + " |" for name, figure in rows]
    return "\n".join(lines)


def line(score: FaultScore) -> str:
    """A fault in a line; capitals where something was not as it should be."""
    return (
        f"{score.name}: detected in {score.detect}, cleared in {score.clear}, "
        f"{'right' if score.place else 'WRONG'} regions, {'right' if score.cause_right else 'WRONG'} cause "
        f"{score.cause_at_first or '-'} ({score.confidence}), at last {score.cause_at_last or '-'}"
        + (f", {score.lies} LIES" if score.lies else "")
        + (f", {score.flaps} FLAPS" if score.flaps else "")
    )


def details(scores: Scores) -> str:
    """One line for each fault, and everything that was wrong."""
    lines = [line(f) for f in scores.faults]
    lines += [f"FALSE ALARM: {text}" for text in scores.false_alarms]
    lines += [f"GREEN ON OLD EVIDENCE: {text}" for text in scores.stale_green]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--short", action="store_true", help="eight faults and four decoys")
    parser.add_argument("--only", default="", help="only faults and decoys whose name holds this")
    parser.add_argument("--json", type=Path, help="write all figures here")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that every part is stopped then too
    began = time.monotonic()
    scores = run(arguments.seed, arguments.short, arguments.only, lambda text: print(text, file=sys.stderr, flush=True))
    print(table(scores))
    print()
    print(details(scores[WATCHERS[0]]))
    print(f"{time.monotonic() - began:.0f} s")
    if arguments.json:
        arguments.json.write_text(json.dumps({name: asdict(s) for name, s in scores.items()}, indent=1, default=str))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
