"""The whole program against a simulated platform, in one process on loopback, for a newcomer and for pictures.

`scenes()` is the story, `view_site(kind, folder)` builds the page in one state. Nothing is sent to anybody, no account
is needed, and nothing must be installed beside the program. The simulated platforms never decide what the page says:
real checks look at them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from .scenes import Scene, scenes

if TYPE_CHECKING:
    from .theatre import Theatre

__all__ = ["KINDS", "Scene", "scenes", "view_site"]

KINDS = ("healthy", "degraded", "down", "stale", "nodata")
"""The states of the page that `view_site` builds."""


def view_site(kind: str, folder: Path, *, now: int | None = None, languages: tuple[str, ...] = ("en",)) -> Path:
    """Build the demo's page in a state of `KINDS` below `folder` and give the site's folder.

    `healthy`: all is well · `degraded`: some things fail, the site works · `down`: the workshop is gone ·
    `stale`: it was well, but nobody has looked for three hours · `nodata`: nobody has ever looked.
    `now` (Unix seconds, default: the present) is about when the page is built. KeyError for another kind.
    """
    from .theatre import Theatre

    rehearse, ahead = _REHEARSALS[kind]
    begin = (int(time.time()) if now is None else now) - ahead
    with Theatre(folder, begin, seeded=kind != "nodata", languages=languages) as theatre:
        rehearse(theatre)
        return theatre.build(kind)


def _healthy(theatre: Theatre) -> None:
    for _ in range(4):
        theatre.round()


def _degraded(theatre: Theatre) -> None:
    _healthy(theatre)
    theatre.breaks("index", "copy")
    for _ in range(8):
        theatre.round()


def _down(theatre: Theatre) -> None:
    _healthy(theatre)
    theatre.breaks("origin")
    for _ in range(4):
        theatre.round()


def _stale(theatre: Theatre) -> None:
    _healthy(theatre)
    theatre.wait(3 * 3600)


_REHEARSALS: Mapping[str, tuple[Callable[[Theatre], None], int]] = {
    "healthy": (_healthy, 2400),
    "degraded": (_degraded, 7200),
    "down": (_down, 4800),
    "stale": (_stale, 2400 + 3 * 3600),
    "nodata": (lambda theatre: None, 0),
}
