"""The same content for every builder: incidents of five updates each, fifty components in five groups, and no checks
that look anywhere. Written from a fixed seed, so that every run measures the same bytes.
"""

from __future__ import annotations

import json
import random
import shutil
from datetime import UTC, datetime
from pathlib import Path

COMPONENTS = 50
GROUPS = 5
NOW = int(datetime(2026, 11, 23, 12, 0, tzinfo=UTC).timestamp())
CLOCK = "2026-11-23T12:00:00Z"
STEPS = ("investigating", "identified", "identified", "monitoring", "resolved")

_WORDS = [
    "image",
    "model",
    "training",
    "queue",
    "search",
    "index",
    "upload",
    "download",
    "gallery",
    "cache",
    "edge",
    "region",
    "worker",
    "request",
    "answer",
    "file",
    "latency",
    "error",
    "database",
    "replica",
    "thumbnail",
    "generation",
    "login",
    "token",
    "signature",
    "release",
    "rollout",
    "storage",
    "region",
    "probe",
]


def component(n: int) -> str:
    return f"part-{n:02d}"


def write_root(root: Path, incidents: int) -> Path:
    """A root with `content/` for this many incidents; the templates, pages and causes are the ones we ship."""
    ours = Path(__file__).resolve().parents[2]
    (root / "content" / "incidents").mkdir(parents=True)
    shutil.copytree(ours / "templates", root / "templates")
    (root / "content" / "status.yml").write_text(json.dumps(_config(), indent=1))
    for n in range(incidents):
        (root / "content" / "incidents" / f"{name(n, incidents)}.md").write_text(note(n, incidents))
    return root


def name(n: int, incidents: int) -> str:
    return f"{datetime.fromtimestamp(started(n, incidents), UTC):%Y-%m-%d}-incident-{n:05d}"


def started(n: int, incidents: int) -> int:
    """Spread over four years, the last one two days ago."""
    return NOW - 2 * 86400 - (incidents - 1 - n) * (4 * 365 * 86400 // incidents)


def bodies(n: int) -> list[str]:
    """Five updates: prose with a link, a list, some code and emphasis; about 380 characters each."""
    chance = random.Random(n)

    def words(count: int) -> str:
        return " ".join(chance.choice(_WORDS) for _ in range(count))

    made = []
    for step in STEPS:
        made.append(
            f"We see **{words(3)}** from `{words(1)}` since {step}. {words(14).capitalize()}, "
            f"see [the report](https://example.org/{n}/{step}).\n\n"
            f"- {words(6)}\n- {words(6)}\n\n{words(20).capitalize()}."
        )
    return made


def touched(n: int) -> list[int]:
    return [n % COMPONENTS, (n * 7 + 3) % COMPONENTS]


def note(n: int, incidents: int, *, word: str = "") -> str:
    """The text of one note. `word` is put into its last update: an edit by a person."""
    at = started(n, incidents)
    parts = ", ".join(f"shop/{component(c)}" for c in dict.fromkeys(touched(n)))
    lines = [
        "---",
        f"title: Incident {n} of the {component(n % COMPONENTS)}",
        "impact: major",
        f"components: [{parts}]",
    ]
    lines += [f"started: {_iso(at)}", "updates:"]
    for i, (step, body) in enumerate(zip(STEPS, bodies(n), strict=True)):
        text = body + (f" {word}" if word and i == len(STEPS) - 1 else "")
        lines += [f"  - at: {_iso(at + 600 * (i + 1))}", f"    status: {step}", "    body: |-"]
        lines += [f"      {line}" if line else "" for line in text.split("\n")]
    return "\n".join([*lines, "---", ""])


def _iso(at: int) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _config() -> dict[str, object]:
    parts = [
        {
            "id": component(n),
            "name": f"Part {n}",
            "group": f"Group {n % GROUPS}",
            "checks": [{"id": "look", "kind": "http", "url": f"https://shop.example/{n}"}],
        }
        for n in range(COMPONENTS)
    ]
    return {
        "site": {"title": "Bench", "url": "https://status.example"},
        "regions": [{"id": "here", "name": "Here", "engine": "local"}],
        "controls": [{"url": "https://control.example/"}],
        "platforms": [{"id": "shop", "name": "Shop", "role": "subject", "components": parts}],
    }
