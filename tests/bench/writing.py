"""The figures as the tables of docs/performance.md, each goal beside what was reached."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from . import peer
from .builds import KINDS, REPOSITORY
from .measuring import Figures, median, ratio

if TYPE_CHECKING:
    from .builds import Size
    from .checks import Latency, Speed

DOCUMENT = REPOSITORY / "docs" / "performance.md"
THEMES = {"bare": "the bare theme", "same": "Hugo making the same files"}
GOALS = {
    ("cold", 1_000): 2.0,
    ("cold", 10_000): 2.1,
    ("all again", 1_000): 0.5,
    ("all again", 10_000): 0.4,
    ("one change", 1_000): 0.25,
    ("one change", 10_000): 0.15,
    ("no change", 1_000): 0.12,
    ("no change", 10_000): 0.08,
}


def row(*cells: object) -> str:
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def table(head: list[str], rows: list[str]) -> list[str]:
    return [row(*head), row(*["---"] * len(head)), *rows, ""]


def machine(note: str) -> list[str]:
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=REPOSITORY, capture_output=True, text=True)
    load = os.getloadavg()[0]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    version = f"{platform.python_implementation()} {platform.python_version()}"
    line = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {cores} cores, {version}, load {load:.1f} at the start"
    return [line + (f", commit {commit.stdout.strip()}" if commit.stdout else "") + ".", *([note] if note else []), ""]


def judged(got: float, goal: float | None) -> str:
    if goal is None:
        return f"{got:.2f}"
    return f"{got:.2f} (goal {goal:g}: {'reached' if got <= goal else f'missed by a factor of {got / goal:.1f}'})"


def builds(sizes: list[Size]) -> list[str]:
    lines = ["## Builds, beside Hugo", ""]
    hugo = peer.program()
    lines += [f"Hugo {peer.version(hugo)}, its own program without a launcher." if hugo else "Hugo was not there.", ""]
    for theme, title in THEMES.items():
        lines += [f"### Beside {title}", "", *_beside(sizes, theme)]
    return [*lines, *_weights(sizes), *_growth(sizes)]


def _beside(sizes: list[Size], theme: str) -> list[str]:
    head = ["incidents", "build", "ours s", "ours cpu s", "MiB", "Hugo s", "Hugo cpu s", "MiB", "ratio s", "ratio cpu"]
    head.append("ratio MiB")
    rows = []
    for size in sizes:
        for kind in KINDS:
            mine, theirs = size.ours[kind], size.hugo.get(theme, {}).get(kind)
            m = median(mine)
            cells: list[object] = [f"{size.incidents:,}", kind, f"{m.wall:.2f}", f"{m.cpu:.2f}", f"{m.peak:.0f}"]
            if theirs:
                t, goal = median(theirs), GOALS.get((kind, size.incidents))
                cells += [f"{t.wall:.2f}", f"{t.cpu:.2f}", f"{t.peak:.0f}", judged(ratio(mine, theirs, "wall"), goal)]
                cells += [f"{ratio(mine, theirs, 'cpu'):.2f}", f"{m.peak / t.peak:.2f}"]
            rows.append(row(*cells, *["–"] * (len(head) - len(cells))))
    return table(head, rows)


def _weights(sizes: list[Size]) -> list[str]:
    head = [
        "incidents",
        "our site",
        "Hugo's site, bare",
        "Hugo's same site",
        "read and hash, cpu s",
        "write the same, cpu s",
        "rewritten: one change",
    ]
    head += ["rewritten: no change", "`history.atom`"]
    rows = []
    for size in sizes:
        weights = {who: f"{n:,} files, {b / 1e6:.0f} MB" for who, (n, b) in size.files.items()}
        cells: list[object] = [f"{size.incidents:,}", *(weights.get(who, "–") for who in ("ours", *THEMES))]
        cells += [f"{size.floors['read']:.3f}", f"{size.floors['write']:.3f}"]
        cells += [size.rewritten["one change"], size.rewritten["no change"]]
        rows.append(row(*cells, f"{size.feed / 1000:.0f} kB"))
    return [
        "What is written, what no builder can be quicker than, and how many files a build touches:",
        "",
        *table(head, rows),
    ]


def _growth(sizes: list[Size]) -> list[str]:
    by = {size.incidents: median(size.ours["cold"]).cpu for size in sizes}
    lines = []
    if 1_000 in by and 10_000 in by:
        lines.append(f"- Ten times the incidents, cold, processor time: {judged(by[10_000] / by[1_000], 10.5)}")
    for size in sizes:
        mine = _peak(size.ours)
        for theme, found in size.hugo.items():
            share = judged(mine / _peak(found), 0.35)
            lines.append(f"- Peak memory at {size.incidents:,}, ours to Hugo's, beside {THEMES[theme]}: {share}")
    return [*lines, ""]


def _peak(found: dict[str, list[Figures]]) -> float:
    return max(median(figures).peak for figures in found.values())


def stages(found: dict[str, float], feeds: int) -> list[str]:
    total = sum(found.values())
    rows = [
        row(name, f"{s:.3f}", f"{s / total:.0%}") for name, s in sorted(found.items(), key=lambda p: -p[1]) if s > 0.002
    ]
    share = found.get("output feeds", 0.0) / total
    return [
        "## Where the time goes",
        "",
        "2,000 incidents, every note read before, all pages, feeds and checks of the site made anew, in one process:",
        "",
        *table(["stage", "cpu s", "share"], rows),
        f"{feeds} feeds, full text, at most 50 items each, are {share:.0%} of it.",
        "",
    ]


def checks(found: tuple[Latency, Speed]) -> list[str]:
    exact, quick = found
    off = (exact.median - 100.0) / 100.0
    lines = ["## Checks", ""]
    lines.append(
        f"- 500 targets that answer after exactly 100 ms: median {exact.median:.1f} ms ({off:+.1%}, goal 5 %), "
        f"p95 {exact.p95:.1f} ms, {exact.wall:.2f} s in all (goal 6 s), {exact.doubted} timings not trusted."
    )
    lines.append(f"- 500 quick targets: {quick.ours:.2f} s, {quick.ours_cpu:.2f} s of processor time.")
    if quick.exporter is not None and quick.ratio is not None:
        lines.append(
            f"- The blackbox exporter on the same targets: {quick.exporter:.2f} s; ours is {quick.ratio:.2f} of it."
        )
    return [*lines, ""]


def ninety(found: dict[str, list[Figures]], years: dict[str, list[Figures]]) -> list[str]:
    def rows(of: dict[str, list[Figures]]) -> list[str]:
        medians = {kind: median(figures) for kind, figures in of.items()}
        return [row(kind, f"{m.wall:.2f}", f"{m.cpu:.2f}", f"{m.peak:.0f}") for kind, m in medians.items()]

    head = ["s", "cpu s", "MiB"]
    young, old = years.values()
    return [
        "## Ninety days of 31 million samples",
        "",
        "The whole `build`: 200 checks, 6 regions, every five minutes, 50 components (goal: 1 s and 64 MB).",
        "",
        *table(["build", *head], rows(found)),
        "The age of a history, of 20 checks in 3 regions, and what a build after a round costs:",
        "",
        *table(["history", *head], rows(years)),
        f"Five years to ninety days, processor time: {judged(ratio(old, young, 'cpu'), 1.1)}",
        "",
    ]


def rounds(found: dict[str, list[Figures]]) -> list[str]:
    rows = []
    for kind, figures in found.items():
        m = median(figures)
        rows.append(row(kind, judged(m.cpu, 1.5), f"{m.wall:.0f}", f"{m.peak:.0f}"))
    return [
        "## A round of the default site",
        "",
        "The whole scheduled `run` over loopback: questions, history, pages. Most of its time it waits, to stay polite.",
        "",
        *table(["round", "cpu s", "s", "MiB"], rows),
    ]


def starts(found: dict[str, object]) -> list[str]:
    rows = []
    for name, one in found.items():
        if isinstance(one, Figures):
            rows.append(row(name, f"{one.wall:.2f}", f"{one.cpu:.3f}", f"{one.peak:.0f}"))
    lines = ["## Starting", "", "Goals: `--version` 60 ms, `lint` of 1,000 unchanged notes 0.5 s.", ""]
    lines += table(["command", "s", "cpu s", "MiB"], rows)
    count = found.get("instructions of `--version`")
    return [*lines, *([f"`--version` takes {count} million instructions.", ""] if count else [])]


def document(known: dict[str, list[str]]) -> None:
    """Write docs/performance.md: the part people wrote, then the figures."""
    by_hand = Path(__file__).with_name("performance.head.md").read_text()
    order = ("machine", "builds", "stages", "ninety", "rounds", "checks", "starts")
    DOCUMENT.write_text(
        "\n".join([by_hand.rstrip(), "", *(line for name in order for line in known.get(name, []))]).rstrip() + "\n"
    )
