"""The story the demo tells: scene after scene, each with its faults and the time that passes in it. Values only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scene:
    """`faults` are those of `simulated.World`, from its beginning on. `minutes` pass, a round every `pace`.

    Before the scene all is well for `before` minutes, unless it goes on with what the scene before it began. `note` is
    the markdown file a person writes `note_after` minutes into the scene (empty: nobody writes).
    """

    id: str
    title: str
    says: str
    faults: tuple[str, ...] = ()
    minutes: int = 30
    pace: int = 10
    before: int = 40
    note: str = ""
    note_after: int = 0


NOTE = """---
title: The workshop is unreachable
impact: critical
components: [workshop/api]
started: {started}
updates:
  - at: {first}
    status: investigating
    body: |-
      Nobody can reach the workshop, in any region. Its own status page says that all is well.
  - at: {second}
    status: identified
    body: |-
      The operators say that the machines lost their power. (This is a demonstration, and so are the operators.)
---
"""
"""The note of the long outage; its times are put in when it is written."""

SCENES: tuple[Scene, ...] = (
    Scene("healthy", "All is well", "Nothing is broken. Both platforms answer in three regions.", before=0, minutes=60),
    Scene(
        "indexing", "Search stops learning",
        "The job that fills the search index was stopped almost two hours ago. Search still answers with status 200.",
        ("index",), minutes=110,
    ),
    Scene(
        "replication", "A copy falls behind",
        "The database copy that serves the region South takes no news. It answers quickly, and it is wrong.",
        ("copy",), minutes=50,
    ),
    Scene(
        "workers", "The workers stop",
        "Nothing is scanned and nothing is trained. The site itself does not notice.",
        ("workers",), minutes=90,
    ),
    Scene(
        "cache", "A cache hands out rubbish",
        "In the region East a cache answers with an error page where a picture should be, with status 200.",
        ("cache",), minutes=40,
    ),
    Scene(
        "edge", "The edge fails in one region",
        "In the region East the edge answers 502. Everywhere else the workshop works, and the other platform does too.",
        ("edge",), minutes=40,
    ),
    Scene(
        "long", "A long outage",
        "The machines behind the edge have been gone for 14 hours, and a person writes about it.",
        ("origin",), minutes=14 * 60, pace=20, note=NOTE, note_after=45,
    ),
    Scene("recovery", "Recovery", "Everything works again. What happened stays to be read.", before=0, minutes=60),
    Scene(
        "blind", "We cannot see",
        "Our own line is cut: not even the controls answer. The page says that it does not know, not that all is down.",
        ("offline",), before=0, minutes=40,
    ),
)  # fmt: skip


def scenes() -> tuple[Scene, ...]:
    """All scenes, in the order of the story."""
    return SCENES
