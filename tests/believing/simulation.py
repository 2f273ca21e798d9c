"""Half a year with known faults: what our rule says of it, beside the rules others use.

    python -m tests.believing.simulation [--days 180] [--services 40] [--regions 2,3,5]

The world: true outages of a service (one in 30 days), outages that only one region sees (one in 60 days), regions that
are broken themselves (one in 10 days, half an hour, and in three of ten cases their controls still answer), deliveries
that are missing (3 %), and noise that survives the retries inside a run (0.4 % x 0.2). Every rule gets the same looks.
Read the ratios, not the absolute numbers: the rates are assumed.
"""

from __future__ import annotations

import argparse
import bisect
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from generator import states
from generator.model import ALL, Config, Observation, Round, Status
from tests.believing.world import START, check, config, look

FIVE, DAY = 300, 86400
Interval = tuple[int, int]
Grid = Sequence[Sequence[str]]
"""Per service and per region the letter of one round: `o`, `D`, or `-` for nothing delivered."""


@dataclass(frozen=True)
class World:
    """Intervals in rounds, [start, end). `broken` says of each region when, and whether its controls fail with it."""

    rounds: int
    services: int
    regions: int
    outages: Sequence[Sequence[Interval]]
    regional: Sequence[Sequence[Sequence[Interval]]]  # service, region
    broken: Sequence[Sequence[tuple[int, int, bool]]]
    noise: frozenset[tuple[int, int, int]]  # round, service, region
    missing: frozenset[tuple[int, int]]  # round, region


def intervals(dice: random.Random, rounds: int, every: float, mean: float, least: int = 1) -> list[Interval]:
    """Random stretches: one in `every` rounds, exponential lengths, never touching each other."""
    found, at = [], 0.0
    while True:
        at += dice.expovariate(1 / every)
        length = max(least, round(dice.expovariate(1 / mean)))
        if at + length >= rounds - 12:
            return found
        found.append((int(at), int(at) + length))
        at += length + 24


def world(seed: int, days: float, services: int, regions: int, hurry: float = 1.0) -> World:
    """`hurry` makes everything happen that many times as often, for a short test."""
    dice = random.Random(seed)
    rounds, day = int(days * DAY / FIVE), DAY / FIVE / hurry
    return World(
        rounds=rounds,
        services=services,
        regions=regions,
        outages=[intervals(dice, rounds, 30 * day, 12, 3) for _ in range(services)],
        regional=[
            [intervals(dice, rounds, 60 * day * regions, 12, 3) for _ in range(regions)] for _ in range(services)
        ],
        broken=[
            [(a, b, dice.random() < 0.7) for a, b in intervals(dice, rounds, 10 * day, 6, 2)] for _ in range(regions)
        ],
        noise=frozenset(
            (n, s, r)
            for s in range(services)
            for r in range(regions)
            for n, _ in intervals(dice, rounds, 1 / 0.0008 - 24, 0.001)
        ),
        missing=frozenset((n, r) for n in range(rounds) for r in range(regions) if dice.random() < 0.03),
    )


def _inside(stretches: Sequence[Interval], at: int) -> bool:
    place = bisect.bisect_right(stretches, (at, 1 << 60)) - 1
    return place >= 0 and at < stretches[place][1]


def looks(w: World) -> Iterator[tuple[Grid, Sequence[str]]]:
    """Round by round: what every service looks like from every region, and what each region's control says."""
    for n in range(w.rounds):
        down = [_inside(stretches, n) for stretches in w.outages]
        broken = [next((fails for a, b, fails in region if a <= n < b), None) for region in w.broken]
        silent = [(n, r) in w.missing for r in range(w.regions)]
        grid = []
        for s in range(w.services):
            row = []
            for r in range(w.regions):
                bad = down[s] or broken[r] is not None or _inside(w.regional[s][r], n) or (n, s, r) in w.noise
                row.append("-" if silent[r] else "D" if bad else "o")
            grid.append(row)
        yield grid, ["-" if silent[r] else "D" if broken[r] else "o" for r in range(w.regions)]


# ---- the rules -------------------------------------------------------------------------------------------------------

Rule = Callable[[World], list[list[Interval]]]
"""When a service is said to be down: for each service its intervals, in rounds."""


def told(flags: Iterable[Sequence[bool]], services: int) -> list[list[Interval]]:
    """Whether each service is said to be down after each round, as intervals."""
    found: list[list[Interval]] = [[] for _ in range(services)]
    begun: list[int | None] = [None] * services
    n = -1
    for n, row in enumerate(flags):
        for s, is_down in enumerate(row):
            since = begun[s]
            if is_down and since is None:
                begun[s] = n
            elif not is_down and since is not None:
                found[s].append((since, n))
                begun[s] = None
    for s, since in enumerate(begun):
        if since is not None:
            found[s].append((since, n + 1))
    return found


def counting(decide: Callable[[bool, list[str]], bool]) -> Rule:
    """A rule that knows its last word and the last report of each region."""

    def rule(w: World) -> list[list[Interval]]:
        last = [["o"] * w.regions for _ in range(w.services)]
        state = [False] * w.services

        def flags() -> Iterator[list[bool]]:
            for grid, _ in looks(w):
                for s, row in enumerate(grid):
                    for r, letter in enumerate(row):
                        if letter != "-":
                            last[s][r] = letter
                    if any(letter != "-" for letter in row):
                        state[s] = decide(state[s], last[s])
                yield list(state)

        return told(flags(), w.services)

    return rule


def half(w: World) -> list[list[Interval]]:
    """Each report counts when at least half of the regions say the same: the same test for down and for up."""
    last = [["o"] * w.regions for _ in range(w.services)]
    state = [False] * w.services

    def flags() -> Iterator[list[bool]]:
        for grid, _ in looks(w):
            for s, row in enumerate(grid):
                for r, letter in enumerate(row):
                    if letter == "-":
                        continue
                    last[s][r] = letter
                    if 2 * last[s].count(letter) >= w.regions:
                        state[s] = letter == "D"
            yield list(state)

    return told(flags(), w.services)


def setting_of(w: World) -> Config:
    regions = [f"r{r}" for r in range(w.regions)]
    return config(regions, [check(f"shop/s{s}/answer", regions) for s in range(w.services)])


def ours(w: World) -> list[list[Interval]]:
    """The fold itself, with its defaults. Down is `major_outage`, and `unknown` after it: nobody says it is over."""
    setting = setting_of(w)
    plan, belief = states.plan(setting), states.begin(setting)
    state = [False] * w.services

    def flags() -> Iterator[list[bool]]:
        nonlocal belief
        for n, (grid, controls) in enumerate(looks(w)):
            at = START + n * FIVE
            belief = states.fold(belief, [Round(at, tuple(_delivered(grid, controls, at)))], plan)
            belief = states.settle(belief) if n % 12 == 0 else belief
            for s in range(w.services):
                one = belief.series.get((f"shop/s{s}", ALL))
                if one is not None and one.status is not Status.UNKNOWN:
                    state[s] = one.status is Status.MAJOR_OUTAGE
            yield list(state)

    return told(flags(), w.services)


def _delivered(grid: Grid, controls: Sequence[str], at: int) -> Iterator[Observation]:
    for r, control in enumerate(controls):
        if control != "-":
            yield look("control/0", f"r{r}", at + 5, control)
            for s, row in enumerate(grid):
                yield look(f"shop/s{s}/answer", f"r{r}", at + 5, row[r])


RULES: Mapping[str, Rule] = {
    "ours": ours,
    "single region": counting(lambda was, last: last[0] == "D"),
    "any region": counting(lambda was, last: "D" in last),
    "half of the regions": half,
}


# ---- how well --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Score:
    """Per service and year, except `delay` (minutes, mean) and `flaps` (per detected outage)."""

    rule: str
    false_downs: float
    missed: float
    recall: float
    delay: float
    flaps: float


def score(rule: str, w: World) -> Score:
    return judged(rule, w, RULES[rule](w))


def judged(rule: str, w: World, said: Sequence[Sequence[Interval]]) -> Score:
    """Outages of 15 minutes and more must be found; a "down" that touches no true outage is false."""
    false = found = missed = extra = late = 0
    for s in range(w.services):
        hits: dict[Interval, list[Interval]] = {}
        for interval in said[s]:
            # a round of grace at the end: nobody can know of a recovery before looking
            true = next((o for o in w.outages[s] if interval[0] < o[1] + 2 and o[0] < interval[1]), None)
            if true is None:
                false += 1
            else:
                hits.setdefault(true, []).append(interval)
        for outage in w.outages[s]:
            if outage[1] - outage[0] < 3:
                continue
            mine = hits.get(outage, [])
            found += bool(mine)
            missed += not mine
            extra += max(0, len(mine) - 1)
            late += max(0, mine[0][0] - outage[0]) if mine else 0
    years = w.services * w.rounds * FIVE / (365 * DAY)
    return Score(
        rule,
        false / years,
        missed / years,
        found / max(1, found + missed),
        late * FIVE / 60 / max(1, found),
        extra / max(1, found),
    )


def table(w: World) -> list[Score]:
    return [score(rule, w) for rule in RULES]


def printed(w: World, scores: Iterable[Score]) -> str:
    lines = [
        f"{w.services} services, {w.rounds * FIVE // DAY} days, {w.regions} regions, {sum(map(len, w.outages))} true outages",
        f"{'rule':<22}{'false downs':>13}{'missed':>9}{'recall':>9}{'delay min':>11}{'flaps':>8}",
    ]
    lines += [
        f"{s.rule:<22}{s.false_downs:>13.2f}{s.missed:>9.2f}{s.recall:>9.1%}{s.delay:>11.2f}{s.flaps:>8.2f}"
        for s in scores
    ]
    return "\n".join(lines)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--days", type=float, default=180)
    options.add_argument("--services", type=int, default=40)
    options.add_argument("--regions", default="2,3,5")
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    print("false downs and missed outages are per service and year\n")
    for regions in map(int, given.regions.split(",")):
        w = world(given.seed, given.days, given.services, regions)
        print(printed(w, table(w)), end="\n\n")


if __name__ == "__main__":
    main()
