"""Plays the scenes: real probes over real sockets, the real local engine, a real store and fold, a clock that leaps.

Works in a folder that it is given and that holds nothing else. Talks to 127.0.0.1 only, and needs nothing installed
beside this program.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from .. import causes, diagnosis, notebook, remember, run
from ..incidents import journal
from ..model import EMPTY, Time
from .hosts import DELAY, Hosts
from .scenes import SCENES, Scene
from .seeding import LAST_HOURS, OFTEN, looks, seldom
from .simulated import World

if TYPE_CHECKING:
    from ..stores import Store

NAMES = {"west": "West", "east": "East", "south": "South"}
APPEND = 20_000
"""Invented looks written at once."""


class Theatre:
    """One demo in one folder, from `begin` (Unix seconds) on. A context: the simulated platforms answer inside it.

    `seeded` puts ninety days of invented history before the beginning. `languages` are those of the site.
    """

    def __init__(self, folder: Path, begin: Time, *, seeded: bool = True, languages: tuple[str, ...] = ("en",)) -> None:
        self.root = folder
        self.now: Time = begin - begin % OFTEN
        self._faults: Mapping[str, Time] = EMPTY
        self._seeded, self._languages = seeded, languages
        self._hosts = Hosts(lambda: World(self.now, self._faults))
        self._stack = ExitStack()

    def __enter__(self) -> Theatre:
        self._stack.enter_context(self._hosts)
        try:
            self._write_content()
            self.config = run.read_config(self._setting("site"))
            self._causes = causes.load(self.root, self.config)
            if self._seeded:
                self._seed()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        self._stack.close()

    # ---- before the curtain

    def _write_content(self) -> None:
        """The demo's own status.yml with the regions of this process, and the causes that come with the program."""
        text = (Path(__file__).parent / "status.yml").read_text("utf-8")
        text = text.replace("languages: [en]", f"languages: {json.dumps(self._languages)}")
        regions = [
            {"id": id, "name": NAMES[id], "engine": "local", "allow_private": True, "resolve": self._hosts.pins(id)}
            for id in DELAY
        ]
        content = self.root / "content"
        (content / "incidents").mkdir(parents=True, exist_ok=True)
        (content / "status.yml").write_text(f"{text}\nregions: {json.dumps(regions)}\n", "utf-8")
        target = content / "causes"
        target.mkdir(exist_ok=True)
        for cause in sorted(causes_folder().glob("*.md")):
            (target / cause.name).write_bytes(cause.read_bytes())

    def _seed(self) -> None:
        rows = looks(self.config, self.now)
        with self._history() as store:
            while batch := [row for _, row in zip(range(APPEND), rows, strict=False)]:
                store.append(batch, received=self.now)
            # So configured, seldom looks are no gaps; the last hours were looked at often enough for the other one.
            remember.catch_up(store, seldom(self.config), self.now - LAST_HOURS + 3 * OFTEN)
            remember.catch_up(store, self.config, self.now)

    @contextmanager
    def _history(self) -> Iterator[Store]:
        """The store, open for one piece of work: whoever plays a scene may do so in a thread of their own."""
        store = run.open_store(self._setting("site"))
        try:
            yield store
        finally:
            store.close()

    def _setting(self, site: str) -> run.Setting:
        return run.Setting(root=self.root, site=self.root / site, clock=lambda: float(self.now), env={})

    # ---- on stage

    def play(self, scene: Scene) -> Path:
        """Let the scene happen, and build the page as it is at its end. Gives the folder of the site."""
        self._faults = EMPTY
        for _ in _steps(scene.before, 10):
            self.round(600)
        self.breaks(*scene.faults)
        began, written = self.now, not scene.note
        for _ in _steps(scene.minutes, scene.pace):
            self.round(scene.pace * 60)
            if not written and self.now >= began + scene.note_after * 60:
                self._write_note(scene.note, began)
                written = True
        return self.build(scene.id)

    def round(self, seconds: int = 600) -> None:
        """Let so many seconds pass, then look at everything once, remember it, and keep what was diagnosed."""
        self.now += seconds
        with self._history() as store:
            round_ = asyncio.run(run.measure(self._setting("site"), self.config, store))
            store.append(round_.observations, received=self.now)
            past = remember.catch_up(store, self.config, self.now)
            before = notebook.diagnosis_journal(store)
            findings = diagnosis.diagnose(self.config, self._causes, past, self.now)
            after = journal.written(before, self.config, past, findings, self.now)
            if after != before:
                store.save(meta={"diagnosis": journal.to_json(after)})

    def breaks(self, *faults: str) -> None:
        """From now on these faults are there, and no others."""
        self._faults = dict.fromkeys(faults, self.now)

    def wait(self, seconds: int) -> None:
        """Let time pass in which nobody looks."""
        self.now += seconds

    def build(self, name: str) -> Path:
        """The page as it is now, in a folder of its own."""
        setting = self._setting(f"sites/{name}/site")
        setting.site.parent.mkdir(parents=True, exist_ok=True)
        content = run.read_content(setting, self.config)
        with self._history() as store:
            past = remember.catch_up(store, self.config, self.now, write=False)
            run.build(setting, content, past, journal=notebook.diagnosis_journal(store))
        return setting.site

    def _write_note(self, text: str, began: Time) -> None:
        when = {"started": _iso(began), "first": _iso(began + 1200), "second": _iso(self.now)}
        path = self.root / "content" / "incidents" / f"{_iso(began)[:10]}-unreachable.md"
        path.write_text(text.format(**when), "utf-8")


def causes_folder() -> Path:
    """The causes that come with the program: in the package, or beside it in a checkout."""
    package = Path(__file__).parents[1] / "_causes"
    return package if package.is_dir() else Path(__file__).parents[2] / "content" / "causes"


def play_all(folder: Path, begin: Time) -> Iterator[tuple[Scene, Path, Time]]:
    """Every scene in order: the scene, its site, and the time on its clock."""
    with Theatre(folder, begin) as theatre:
        for scene in SCENES:
            site = theatre.play(scene)
            yield scene, site, theatre.now


def _steps(minutes: int, pace: int) -> range:
    return range(minutes // pace)


def _iso(at: Time) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"
