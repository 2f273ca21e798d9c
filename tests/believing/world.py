"""A small world for tests: configurations, and rounds written as letters, one letter a region and round.

o ok   s slow (degraded)   D down   i inconclusive (a bot wall)   p blocked by policy   - nothing was heard
x the control fails too, and the target as well   e the engine broke
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from generator import states
from generator.model import (
    ALL,
    Check,
    Component,
    Config,
    Failure,
    Observation,
    Platform,
    Region,
    Round,
    Rules,
    Site,
    Status,
    Time,
    Verdict,
)

START: Time = 1_763_856_000  # 2025-11-23T00:00:00Z
FIVE = 300
LOOK = 5
"""Seconds after the start of a slot at which the looks of these tests are made."""

LETTERS: Mapping[Status, str] = {
    Status.UNKNOWN: "?",
    Status.OPERATIONAL: "O",
    Status.DEGRADED_PERFORMANCE: "d",
    Status.PARTIAL_OUTAGE: "P",
    Status.MAJOR_OUTAGE: "M",
}
SAYS: Mapping[str, tuple[Verdict, Failure | None]] = {
    "o": (Verdict.OK, None),
    "s": (Verdict.DEGRADED, Failure.SLOW),
    "D": (Verdict.DOWN, Failure.TIMEOUT),
    "i": (Verdict.INCONCLUSIVE, Failure.CHALLENGED),
    "p": (Verdict.BLOCKED_BY_POLICY, Failure.REGION_BLOCKED),
    "x": (Verdict.DOWN, Failure.CONNECT_TIMEOUT),
    "e": (Verdict.INCONCLUSIVE, Failure.ENGINE_ERROR),
}


def check(
    id: str,
    regions: Iterable[str],
    *,
    interval: int = FIVE,
    worst: Status = Status.MAJOR_OUTAGE,
    was: tuple[str, ...] = (),
) -> Check:
    component = id.rpartition("/")[0]
    return Check(id, "http", id, component, None, tuple(regions), interval, worst=worst, was=was)


def config(
    regions: Sequence[str] = "abc",
    checks: Sequence[Check] | None = None,
    *,
    rules: Rules | None = None,
    controls: bool = True,
    interval: int = FIVE,
    roles: Mapping[str, str] = {},
    was: Mapping[str, tuple[str, ...]] = {},
) -> Config:
    """A configuration of these checks (default: `shop/api/answer` everywhere); platforms and components by their ids."""
    given = [check("shop/api/answer", regions, interval=interval)] if checks is None else list(checks)
    platforms = []
    for platform in dict.fromkeys(c.id.split("/")[0] for c in given):
        keys = dict.fromkeys(c.component for c in given if c.id.startswith(f"{platform}/"))
        components = tuple(
            Component(
                id,
                platform,
                id.split("/")[1],
                id,
                checks=tuple(c for c in given if c.component == id),
                was=was.get(id, ()),
            )
            for id in keys
        )
        platforms.append(Platform(platform, platform, roles.get(platform, "subject"), components=components))
    control = Check("control/0", "http", "control", "", None, tuple(regions), interval)
    return Config(
        site=Site("Test", ""),
        interval=interval,
        regions=tuple(Region(r, r, "agent", was=was.get(r, ())) for r in regions),
        controls=(control,) if controls else (),
        platforms=tuple(platforms),
        rules=rules or Rules(),
    )


def look(check: str, region: str, at: Time, letter: str, *, latency: float = 100.0) -> Observation:
    verdict, failure = SAYS[letter]
    return Observation(check, region, at, verdict, failure, latency_ms=latency if verdict is Verdict.OK else None)


def looks(config: Config, region: str, at: Time, letter: str, checks: Iterable[str] = ()) -> list[Observation]:
    """What a region delivers in the round at `at`: its control and its checks, all saying the same letter."""
    if letter == "-":
        return []
    mine = checks or [c.id for c in config.checks if region in c.regions]
    found = [look(id, region, at + LOOK, letter) for id in mine]
    control = {"x": "x", "e": "e"}.get(letter, "o")
    return found + [look(c.id, region, at + LOOK, control) for c in config.controls]


def rounds(config: Config, story: Mapping[str, str], start: Time = START) -> list[Round]:
    """`story` maps a region (or `check@region`) to its letters; rounds in which nobody says anything are left out."""
    found = []
    own = {tuple(who.split("@")) for who in story if "@" in who}
    for n in range(max(map(len, story.values()))):
        at = start + n * config.interval
        seen: dict[tuple[str, str], Observation] = {}
        for who, letters in story.items():
            name, _, region = who.rpartition("@")
            letter = letters[n] if n < len(letters) else "-"
            said = looks(config, region, at, letter, [name] if name else [])
            seen.update({(o.check, o.region): o for o in said if name or (o.check, o.region) not in own})
        if seen:
            found.append(Round(at, tuple(seen.values())))
    return found


def told(config: Config, story: Mapping[str, str], component: str = "shop/api", region: str = ALL) -> str:
    """The status believed right after each round of the story, in letters."""
    return "".join(LETTERS[s.status] for s in standings(config, story, component, region))


def standings(
    config: Config, story: Mapping[str, str], component: str = "shop/api", region: str = ALL
) -> list[states.Standing]:
    """The standing right after each round of the story (10 s after it began)."""
    plan = states.plan(config)
    due = {r.at: r for r in rounds(config, story)}
    belief, found = states.begin(config), []
    for n in range(max(map(len, story.values()))):
        at = START + n * config.interval
        if at in due:
            belief = states.advance(belief, due[at], config)
        now = at + 2 * LOOK
        found.append(states.standings(states.expire(belief, now, config), plan, now)[component, region])
    return found


def final(config: Config, story: Mapping[str, str]) -> states.Belief:
    """The belief after the story."""
    return states.fold(states.begin(config), rounds(config, story), states.plan(config))
