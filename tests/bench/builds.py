"""Our builds beside Hugo's of the same incidents, in turns: cold, all pages again, one incident changed, nothing changed.

Hugo builds twice: with a bare theme, and with one that makes the same files as ours.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from . import content, measuring, peer, same
from .measuring import Figures

REPOSITORY = Path(__file__).resolve().parents[2]
KINDS = ("cold", "all again", "one change", "no change")


@dataclass(frozen=True)
class Theme:
    """What Hugo is given: all sources of a site with so many incidents, and one of them again with a word more."""

    write_root: Callable[[Path, int], Path]
    note: Callable[[int, int, str], str]


THEMES = {"bare": Theme(peer.write_root, peer.note), "same": Theme(same.write_root, same.note)}
FAIR = 0.15  # by which the files and the bytes of the same site may differ from ours


@dataclass
class Size:
    """What was measured for one number of incidents. `floors`: reading and hashing the sources, writing the same bytes."""

    incidents: int
    ours: dict[str, list[Figures]] = field(default_factory=dict)
    hugo: dict[str, dict[str, list[Figures]]] = field(default_factory=dict)  # theme -> kind -> figures
    floors: dict[str, float] = field(default_factory=dict)
    files: dict[str, tuple[int, int]] = field(default_factory=dict)  # who -> number of files, bytes
    rewritten: dict[str, int] = field(default_factory=dict)
    feed: int = 0


def ours(root: Path) -> list[str | Path]:
    return [sys.executable, "-m", "generator", "build", "--root", root, "--now", content.CLOCK]


def measure(folder: Path, incidents: int, rounds: int) -> Size:
    """All kinds of builds of so many incidents, ours and Hugo's with each theme by turns in each round."""
    size = Size(incidents)
    root = content.write_root(folder / "ours", incidents)
    hugo = peer.program()
    theirs = {name: theme.write_root(folder / name, incidents) for name, theme in THEMES.items()} if hugo else {}
    for number in range(rounds):
        for kind in KINDS:
            _prepare(root, kind, number, incidents)
            before = _stamps(root / "site")
            size.ours.setdefault(kind, []).append(measuring.run(ours(root), cwd=REPOSITORY))
            size.rewritten[kind] = len(_stamps(root / "site").items() - before.items())
            for name, place in theirs.items():
                _prepare_hugo(place, THEMES[name], kind, number, incidents)
                found = measuring.run([str(hugo), "--quiet"], cwd=place)
                size.hugo.setdefault(name, {}).setdefault(kind, []).append(found)
    size.files["ours"] = _weight(root / "site")
    for name, place in theirs.items():
        size.files[name] = _weight(place / "public")
    _require_same(size)
    size.floors = _floors(root, folder / "floor")
    size.feed = (root / "site" / "history.atom").stat().st_size
    return size


def _prepare(root: Path, kind: str, number: int, incidents: int) -> None:
    record = root / ".cache" / "roadworthy" / "last-build.json"
    if kind == "cold":
        _aside(root, ("site", ".cache", ".history"), number)
    elif kind == "all again":
        base = root / "templates" / "base.html"
        base.write_text(re.sub(r"(<!-- bench \d+ -->)?</body>", f"<!-- bench {number} --></body>", base.read_text()))
        record.unlink(missing_ok=True)
    elif kind == "one change":
        n = incidents // 2
        path = root / "content" / "incidents" / f"{content.name(n, incidents)}.md"
        path.write_text(content.note(n, incidents, word=f"mended{number}"))


def _prepare_hugo(root: Path, theme: Theme, kind: str, number: int, incidents: int) -> None:
    if kind == "cold":
        _aside(root, ("public", "resources"), number)
    elif kind == "one change":
        n = incidents // 2
        path = root / "content" / "incidents" / f"{content.name(n, incidents)}.md"
        path.write_text(theme.note(n, incidents, f"mended{number}"))


def _aside(root: Path, names: tuple[str, ...], number: int) -> None:
    """What was built is moved away, not deleted: ext4 is slow to make files where many were deleted a moment ago, and who
    builds for the first time has deleted none."""
    for name in names:
        if (root / name).exists():
            (root / name).rename(root.parent / f"{root.name}{name}-{number}")


def _stamps(site: Path) -> dict[str, tuple[int, int]]:
    """Every file with what changes when it is written."""
    if not site.is_dir():
        return {}
    found = {}
    for path in site.rglob("*"):
        if path.is_file() and path.name != ".roadworthy.json":
            is_ = path.stat()
            found[path.relative_to(site).as_posix()] = (is_.st_ino, is_.st_mtime_ns)
    return found


def _weight(site: Path) -> tuple[int, int]:
    sizes = [path.stat().st_size for path in site.rglob("*") if path.is_file()]
    return len(sizes), sum(sizes)


def _require_same(size: Size) -> None:
    """A comparison with the same site is one only as long as it is about the same: where it is not, nothing is written."""
    if size.incidents < 1_000 or "same" not in size.files:
        return
    for what, ours, theirs in zip(("files", "bytes"), size.files["ours"], size.files["same"], strict=True):
        if abs(theirs / ours - 1) > FAIR:
            raise SystemExit(
                f"At {size.incidents:,} incidents our site has {ours:,} {what} and Hugo's same site {theirs:,}, "
                f"which is more than {FAIR:.0%} apart: bring tests/bench/hugo_same/ up to date."
            )


def _floors(root: Path, empty: Path) -> dict[str, float]:
    """Processor seconds, the smallest of three."""
    program = [sys.executable, "-I", "-S", Path(__file__).with_name("floor.py")]
    read, write = [], []
    for _ in range(3):
        read.append(_cpu([*program, "read", root / "content"]))
        shutil.rmtree(empty, ignore_errors=True)
        write.append(_cpu([*program, "write", root / "site", empty]))
    shutil.rmtree(empty, ignore_errors=True)
    return {"read": min(read), "write": min(write)}


def _cpu(command: list[str | Path]) -> float:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True)
    return float(done.stdout.split()[1])
