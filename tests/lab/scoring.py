"""How right a watcher was. Pure: a ledger of what was true and what was shown, tick by tick, in; figures out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from tests.lab.faults import Fault
from tests.lab.watching import Seen

FAILING = frozenset({"degraded_performance", "partial_outage", "major_outage"})
CLEARING = 4
"""Ticks after the end of a fault in which it may still be shown: two good rounds, and what lists need to show news."""
STALE = 3
"""Ticks without a look after which green would rest on old evidence."""


@dataclass(frozen=True, slots=True)
class Tick:
    """One tick: the episode it belongs to, whether the oracle found the fault's effect, what was shown, and for
    how many ticks there has been no evidence of a component in a region."""

    episode: int
    broken: bool
    seen: Seen
    quiet: dict[tuple[str, str], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Episode:
    """A fault (with its ticks) or a decoy (`fault` None). `first` and `last` number ticks, both inside."""

    name: str
    fault: Fault | None
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class FaultScore:
    """`detect` and `clear` in rounds, None if never; `cause_at_first` and `cause_at_last` as shown for the component."""

    name: str
    detect: int | None
    clear: int | None
    flaps: int
    place: bool
    cause_at_first: str
    cause_at_last: str
    confidence: str
    cause_right: bool
    lies: int


@dataclass(frozen=True, slots=True)
class Scores:
    faults: tuple[FaultScore, ...]
    true_alarms: int
    false_alarms: tuple[str, ...]
    decoy_alarms: tuple[str, ...]
    stale_green: tuple[str, ...]

    @property
    def recall(self) -> float:
        return _share(sum(f.detect is not None for f in self.faults), len(self.faults))

    @property
    def precision(self) -> float:
        return _share(self.true_alarms, self.true_alarms + len(self.false_alarms))

    @property
    def detect(self) -> float:
        return median([f.detect for f in self.faults if f.detect is not None] or [float("inf")])

    @property
    def clear(self) -> float:
        return median([f.clear for f in self.faults if f.clear is not None] or [float("inf")])

    @property
    def flaps(self) -> int:
        return sum(f.flaps for f in self.faults)

    @property
    def lies(self) -> int:
        return sum(f.lies for f in self.faults) + len(self.stale_green)

    @property
    def causes_right(self) -> float:
        return _share(sum(f.cause_right for f in self.faults), len(self.faults))

    @property
    def places_right(self) -> float:
        found = [f for f in self.faults if f.detect is not None]
        return _share(sum(f.place for f in found), len(found))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


def score(ticks: Sequence[Tick], episodes: Sequence[Episode]) -> Scores:
    """All figures of one watcher."""
    true, false, decoys = _alarms(ticks, episodes)
    stale = tuple(
        f"tick {n}: {component} in {region}"
        for n, tick in enumerate(ticks)
        for (component, region), status in tick.seen.statuses.items()
        if status == "operational" and tick.quiet.get((component, region), 0) > STALE
    )
    scored = tuple(score_fault(ticks, e, e.fault) for e in episodes if e.fault is not None)
    return Scores(scored, true, false, decoys, stale)


def failing_in(seen: Seen, component: str) -> frozenset[str]:
    """Where a component is shown as failing: regions, and "*" for all together."""
    return frozenset(r for (c, r), status in seen.statuses.items() if c == component and status in FAILING)


# ---- faults ----------------------------------------------------------------------------------------------------------


def score_fault(ticks: Sequence[Tick], episode: Episode, fault: Fault) -> FaultScore:
    """What a watcher made of one fault."""
    component = f"{fault.platform}/{fault.component}"
    numbers = [n for n in range(episode.first, episode.last + 1) if ticks[n].broken]
    shown = {n: bool(failing_in(ticks[n].seen, component)) for n in range(episode.first, episode.last + 1)}
    found = next((n for n in numbers if shown[n]), None)
    after = range(numbers[-1] + 1, episode.last + 1)
    cleared = next((n for n in after if not shown[n]), None)
    states = list(shown.values())
    flaps = sum(b and not a for a, b in pairwise(states)) + states[0] - bool(found is not None)
    first, last = _cause(ticks, found, component), _cause(ticks, numbers[-1] if found is not None else None, component)
    place = frozenset(failing_in(ticks[numbers[-1]].seen, component)) - {"*"} == frozenset(fault.regions)
    return FaultScore(
        episode.name,
        None if found is None else found - numbers[0] + 1,
        None if found is None or cleared is None else cleared - numbers[-1],
        max(0, flaps),
        place,
        first[0],
        last[0],
        first[1],
        first[0] in fault.causes,
        _lies(ticks, numbers, fault, component),
    )


def _cause(ticks: Sequence[Tick], number: int | None, component: str) -> tuple[str, str]:
    """The cause shown first for the component at a tick, with its confidence."""
    if number is None:
        return "", ""
    named = ticks[number].seen.causes.get(component, [])
    return named[0] if named else ("", "")


def _lies(ticks: Sequence[Tick], numbers: Sequence[int], fault: Fault, component: str) -> int:
    """Ticks at which a part that had been broken for longer than allowed was shown as working where it was broken."""
    lies = 0
    for n in numbers:
        if n - numbers[0] < fault.allowed:
            continue
        where = fault.regions if len(fault.regions) < 3 else (*fault.regions, "*")
        lies += any(ticks[n].seen.statuses.get((component, r)) == "operational" for r in where)
    return lies


# ---- alarms ----------------------------------------------------------------------------------------------------------


def _alarms(ticks: Sequence[Tick], episodes: Sequence[Episode]) -> tuple[int, tuple[str, ...], tuple[str, ...]]:
    """Stretches in which a component is shown as failing: true ones, false ones, and those during decoys."""
    components = sorted({c for tick in ticks for c, _ in tick.seen.statuses})
    true, false, decoys = 0, [], []
    for component in components:
        start = None
        for n in range(len(ticks) + 1):
            failing = n < len(ticks) and bool(failing_in(ticks[n].seen, component))
            if failing and start is None:
                start = n
            elif not failing and start is not None:
                if _justified(episodes, component, start, n - 1):
                    true += 1
                else:
                    during = next((e for e in episodes if e.first <= start <= e.last), None)
                    name = f"{component} ticks {start}-{n - 1} during {during.name if during else 'nothing'}"
                    false.append(name)
                    if during is not None and during.fault is None:
                        decoys.append(name)
                start = None
    return true, tuple(false), tuple(decoys)


def _justified(episodes: Sequence[Episode], component: str, first: int, last: int) -> bool:
    """Whether a fault that touches the component explains the whole stretch."""
    return any(
        e.fault is not None and component in e.fault.parts and e.first <= first <= e.last and last <= e.last + CLEARING
        for e in episodes
    )
