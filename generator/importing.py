"""Carries over what an importer found: stories become notes, looks become days of history. Running it twice is once.

A note is known by its id, so that it is found again whatever its file is called by now. A file that differs from what
the source says was edited by a person, or the source went on: it is left alone and named, unless asked otherwise.
Nothing is written that lint would refuse.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from . import frontmatter, notes, textfile
from .errors import ContentError, Problem
from .history.histogram import bucket
from .importers import Found, Series, Story
from .model import Config, Impact, Rollup, Status, Time
from .notes import writing
from .notes.form import OVER
from .notes.names import Names
from .notes.reading import Reading
from .shapes import suggest
from .stores import Store

DAY = 86400
LONGEST_STEM = 60


@dataclass(frozen=True, slots=True)
class Naming:
    """How names of a source become ids of ours: said by hand (`pairs`), or looked for, first below `platform`."""

    config: Config
    pairs: Mapping[str, str]
    platform: str = ""

    def component(self, name: str) -> str | None:
        """The id of a component; None if no component, or more than one, has this name."""
        said = self.pairs.get(name)
        if said is not None:
            return "/".join(said.split("/")[:2])
        for form in dict.fromkeys((name, name.rpartition(" - ")[2], name.rpartition(" > ")[2])):
            found = [c.id for c in self.config.components if _plain(form) in _forms(c.id, c.key, c.name)]
            ours = [id for id in found if id.startswith(f"{self.platform}/")] if self.platform else found
            if len(ours) == 1:
                return ours[0]
        return None

    def check(self, name: str, url: str) -> str | None:
        """The check that a series of looks belongs to: said by hand, or the only one that asks the same address."""
        said = self.pairs.get(name, "")
        if said.count("/") == 2:
            return said
        found = [
            k.id for k in self.config.checks if url and str(getattr(k.spec, "url", "")).rstrip("/") == url.rstrip("/")
        ]
        return found[0] if len(found) == 1 else None


@dataclass(frozen=True, slots=True)
class Brought:
    """Files written, files that say already what the source says, files left as they are; days; what is left behind."""

    written: tuple[Path, ...] = ()
    unchanged: tuple[Path, ...] = ()
    kept: tuple[Path, ...] = ()
    days: int = 0
    left: tuple[str, ...] = ()


def pairs(config: Config, given: Sequence[str]) -> dict[str, str]:
    """`NAME=PLATFORM/COMPONENT` or `NAME=PLATFORM/COMPONENT/CHECK` as a mapping; ContentError for what is neither."""
    known = {c.id for c in config.components} | {k.id for k in config.checks}
    problems: list[Problem] = []
    found: dict[str, str] = {}
    for text in given:
        name, equals, id = text.rpartition("=")
        if not equals or not name:
            fix = "write --map 'Their name=platform/component'"
            problems.append(Problem("--map", 0, 0, "bad-value", f"`{text}` maps nothing", fix))
        elif id not in known:
            fix = suggest(id, sorted(known)) or "an id of status.yml"
            problems.append(Problem("--map", 0, 0, "unknown-component", f"there is no component or check `{id}`", fix))
        found[name] = id
    if problems:
        raise ContentError(problems)
    return found


# ---- notes -----------------------------------------------------------------------------------------------------------


def bring_notes(root: Path, names: Naming, found: Found, now: Time, *, overwrite: bool = False) -> Brought:
    """Write a note for every story that has none; what cannot be carried over is in `left`."""
    known = Names.of(names.config, notes.causes(root))
    there = _files_by_id(root, known, now)
    written, unchanged, kept, left = [], [], [], list(found.left)
    unknown: dict[str, None] = {}
    for story in map(_fitting, found.stories):
        told = _changes(story, left)
        text, strangers = _text(told, names)
        unknown |= dict.fromkeys(strangers)
        old = there.get(told.id)
        path = old or _free_path(root, told)
        problem = _refused(root, path, text, known, now)
        if problem:
            left.append(f"{told.id} ({told.title}): {problem}")
        elif old and old.read_text("utf-8") == text:
            unchanged.append(path)
        elif old and not overwrite:
            kept.append(path)
        else:
            _put(path, text)
            written.append(path)
    left += _dead_links(root, known, {*written, *unchanged}, now)
    left += [f"the component {name!r}: no component here has this name; add --map '{name}=ID'" for name in unknown]
    return Brought(tuple(written), tuple(unchanged), tuple(kept), 0, tuple(dict.fromkeys(left)))


def _dead_links(root: Path, known: Names, brought: Collection[Path], now: Time) -> list[str]:
    """What lint will say of links that led somewhere on the other page and lead nowhere here."""
    readings = notes.read(root, known, now)[0] if brought else []
    places = notes.places_of(root, known, readings, strict=True)
    return [str(p) for path, one in readings if path in brought for p in notes.follow(one, places, path)]


def _fitting(story: Story) -> Story:
    """The story with an id that can be one here."""
    id = re.sub(r"[^a-z0-9-]+", "-", story.id.lower()).strip("-")
    return replace(story, id=id[:64].rstrip("-"))


def _changes(story: Story, left: list[str]) -> Story:
    """The story as it can be told here, each change named."""
    if len(story.title) > 300:
        left.append(f"{story.id}: the title had {len(story.title)} characters; 300 are kept")
        story = replace(story, title=story.title[:300])
    if story.kind == "maintenance":
        if story.ends is None or story.ends <= story.started:
            left.append(f"{story.id} ({story.title}): has no end after its start; it is carried over as a notice")
            story = replace(story, kind="notice", impact=Impact.NONE)
        return story
    end = _end(story)
    if story.kind == "incident" and end is not None and end <= story.started:
        left.append(f"{story.id} ({story.title}): begins and ends at one moment; it is carried over as a notice")
        story = replace(story, kind="notice")
    return story


def _end(story: Story) -> Time | None:
    """The first of the words that end it, if nothing was open after it."""
    end: Time | None = None
    for update in story.updates:
        end = None if update.status not in OVER else update.at if end is None else end
    return end


def _text(story: Story, names: Naming) -> tuple[str, list[str]]:
    """The note and the names in it that no component has."""
    strangers: dict[str, None] = {}

    def id_of(name: str) -> str | None:
        id = names.component(name)
        if id is None:
            strangers[name] = None
        return id

    components = list(dict.fromkeys(id for name in story.components if (id := id_of(name))))
    statuses: list[dict[str, Status]] = []
    for update in story.updates:
        said = {id: status for name, status in update.components.items() if (id := id_of(name))}
        statuses.append(said)
        components += [id for id in said if id not in components]
    return writing.note(story, components, statuses, strangers), list(strangers)


def _refused(root: Path, path: Path, text: str, known: Names, now: Time) -> str:
    """Why lint would refuse it; empty if it would not."""
    kind = "maintenance" if path.parent.name == "maintenance" else "incident"
    reading = Reading(textfile.name_below(root, path), path.stem, kind, known, now).read(text)
    return "; ".join(problem.message for problem in reading.problems) if reading.note is None else ""


def _files_by_id(root: Path, known: Names, now: Time) -> dict[str, Path]:
    """Every note there is, by its id; also those with errors, as far as they say an id."""
    found: dict[str, Path] = {}
    for path, reading in notes.read(root, known, now)[0]:
        if reading.note is not None:
            found[reading.note.id] = path
            continue
        try:
            head = frontmatter.load(path.read_text("utf-8-sig", errors="replace"), path.name).head.value
        except ContentError:
            head = {}
        found[str(head.get("id") or path.stem)] = path
    return found


def _free_path(root: Path, story: Story) -> Path:
    folder = root / "content" / ("maintenance" if story.kind == "maintenance" else "incidents")
    plain = unicodedata.normalize("NFKD", story.title).encode("ascii", "ignore").decode().lower()
    title = re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "note"
    day = datetime.fromtimestamp(story.started, UTC).strftime("%Y-%m-%d")
    stem = f"{day}-{title}"[:LONGEST_STEM].rstrip("-")
    return next(p for n in range(1, 100_000) if not (p := folder / f"{stem}{f'-{n}' if n > 1 else ''}.md").exists())


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text, "utf-8")
    os.replace(beside, path)


# ---- history ---------------------------------------------------------------------------------------------------------


def bring_history(store: Store, names: Naming, series: Iterable[Series], region: str) -> Brought:
    """Save the days of looks that history has no day for. Own measurements are never touched, and nothing is added up.

    `region` is where the source looked from; without one nothing is saved, because a look without a place proves
    nothing.
    """
    left: list[str] = []
    rows: list[Rollup] = []
    for one in series:
        check = names.check(one.name, one.url)
        count = f"{len(one.looks)} looks at {one.name} ({one.url})"
        if check is None:
            left.append(f"{count}: no check here asks this address; add --map '{one.name}=PLATFORM/COMPONENT/CHECK'")
        elif not region:
            left.append(f"{count}: say with --region where the source looked from")
        else:
            rows += days(one, check, region)
    since = min((row.at for row in rows), default=0)
    there = {(row.series, row.region, row.at): row for row in store.rollups("day", since)} if rows else {}
    fresh = [row for row in rows if (row.series, row.region, row.at) not in there]
    clash = sum(there.get((row.series, row.region, row.at), row) != row for row in rows)
    if clash:
        left.append(f"{clash} days: history has its own figures for them, and those stay")
    if fresh:
        store.save(rollups=fresh)
    return Brought(days=len(fresh), left=tuple(left))


def days(series: Series, check: str, region: str) -> list[Rollup]:
    """The looks of each UTC day: how many, how many failed, how long the answers took."""
    histograms: dict[Time, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    counts: dict[Time, list[int]] = defaultdict(lambda: [0, 0])
    for look in series.looks:
        day = look.at - look.at % DAY
        counts[day][0] += 1
        counts[day][1] += look.failed
        if look.latency_ms is not None:
            histograms[day][bucket(look.latency_ms)] += 1
    return [
        Rollup(
            "day", check, region, day, samples=samples, failed=failed, histogram=dict(sorted(histograms[day].items()))
        )
        for day, (samples, failed) in sorted(counts.items())
    ]


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")


def _forms(id: str, key: str, name: str) -> tuple[str, ...]:
    return (_plain(id), _plain(key), _plain(name))
