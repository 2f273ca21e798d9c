"""What looks like an outage and is none: while these happen nothing may be shown as failing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from generator.model import Observation
from tests.lab.platform import REGIONS, Platform
from tests.lab.watching import Watcher

Rounds = tuple[tuple[Observation, ...], ...]


def normal(watcher: Watcher, number: int) -> Rounds:
    return (watcher.measure(),)


def nothing(platform: Platform) -> None:
    """Some decoys need no preparation."""


@dataclass(frozen=True, slots=True)
class Decoy:
    """`begin` and `end` prepare and undo; `round` measures the n-th tick. `blind`: who gets no evidence meanwhile."""

    id: str
    begin: Callable[[Platform], None] = nothing
    end: Callable[[Platform], None] = nothing
    round: Callable[[Watcher, int], Rounds] = normal
    ticks: int = 4
    blind: Callable[[str, str], bool] = lambda component, region: False
    offline: bool = False


def restart(region: Callable[[int], str | None]) -> Callable[[Watcher, int], Rounds]:
    """The application of a region is restarted while the round runs."""

    def measured(watcher: Watcher, number: int) -> Rounds:
        where = region(number)
        if where is None:
            return (watcher.measure(),)
        part = watcher.platform.parts[f"app-{where}"]

        def again() -> None:
            part.stop()
            part.start()

        thread = threading.Thread(target=again)
        thread.start()
        observations = watcher.measure()
        thread.join()
        return (observations,)

    return measured


def quiet(on: bool) -> Callable[[Platform], None]:
    return lambda p: setattr(p, "quiet", on)


def wall(platform: Platform) -> None:
    lines = "add_header cf-mitigated challenge always; return 403;"
    platform.edges["one"].set(media=lines, all=lines)


def without_three(watcher: Watcher, number: int) -> Rounds:
    return (watcher.measure(regions=("one", "two")),)


def hour_off(watcher: Watcher, number: int) -> Rounds:
    return (watcher.measure(regions=("one", "two")), watcher.measure(regions=("three",), ahead=3600))


DECOYS: tuple[Decoy, ...] = (
    Decoy("nobody publishes models", quiet(True), quiet(False), ticks=6),
    Decoy("an application restarts", round=restart(lambda n: None if n else "one"), ticks=2),
    Decoy("a rolling deploy", round=restart(lambda n: REGIONS[n % 3]), ticks=3),
    Decoy("the checker has no network", round=lambda w, n: (w.measure(w.offline()),), offline=True,
          blind=lambda c, r: True),
    Decoy("a clock an hour off", round=hour_off, blind=lambda c, r: r == "three"),
    Decoy("a region sends nothing", round=without_three, blind=lambda c, r: r == "three", ticks=5),
    Decoy("a bot wall before our checker", wall, lambda p: p.edges["one"].set(), 
          blind=lambda c, r: r == "one" and c.startswith("workshop/")),
    Decoy("a rate limit", lambda p: p.mode("rate", True), lambda p: p.mode("rate"), ticks=3,
          blind=lambda c, r: c.startswith("workshop/") and c != "workshop/cdn"),
    Decoy("closed by law in one region", lambda p: p.mode("law", "two"), lambda p: p.mode("law")),
)  # fmt: skip
SHORT = (
    "nobody publishes models", "an application restarts", "the checker has no network", "a region sends nothing",
)  # fmt: skip
"""The four of the short campaign."""
