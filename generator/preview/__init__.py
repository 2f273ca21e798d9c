"""Live preview: builds the site as it would be published, tells open pages what is new and what is wrong.

`Previewer` builds (real history, or a made-up past) and keeps the site in memory, `Live` is what the open pages listen
to, `changes` says when files were saved. Reads content and history, writes no site, pings nobody. A build that fails
leaves the last good page where it is.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from .. import lint as linting
from .. import notes, remember, run
from ..artifacts import Deferred
from ..cache import Cache
from ..errors import ContentError, HistoryError, Problem, RoadworthyError, Severity, VerificationError
from ..model import Artifact, Config, Past, Time
from ..publish.verify import verify_site
from ..view import unlinked
from . import data

REAL = "real"
KINDS = (REAL, *data.KINDS)
"""What the page can be shown with: the history at hand, or one of the made-up pasts."""

IGNORED = ("~", ".swp", ".swx", ".tmp", ".new")


@dataclass(frozen=True, slots=True)
class State:
    """What an open page hears. `build` counts good builds; `problems` are those of the newest attempt."""

    build: int = 0
    kind: str = REAL
    problems: tuple[Problem, ...] = ()

    def as_json(self) -> dict[str, object]:
        def said(severity: Severity) -> list[str]:
            return [linting.format([p]) for p in self.problems if p.severity is severity]

        return {
            "build": self.build,
            "kind": self.kind,
            "kinds": list(KINDS),
            "errors": said(Severity.ERROR),
            "warnings": said(Severity.WARNING),
        }


class Live:
    """The newest `State`, and a way to wait for the next one. Safe for many threads."""

    def __init__(self, kind: str = REAL) -> None:
        self._changed = threading.Condition()
        self._version = 0
        self._state = State(kind=kind)

    @property
    def state(self) -> State:
        with self._changed:
            return self._state

    def say(self, state: State) -> None:
        """Make this the newest state; those who wait hear of it if it differs."""
        with self._changed:
            if state != self._state:
                self._state = state
                self._version += 1
                self._changed.notify_all()

    def after(self, version: int, timeout: float) -> tuple[int, State]:
        """(version, state), at once if the version is newer than the given one, else after a change or the timeout."""
        with self._changed:
            self._changed.wait_for(lambda: self._version > version, timeout)
            return self._version, self._state


class Previewer:
    """Builds the preview of one root. `wanted` is the kind that the next build shows; one build at a time.

    `site` is the last good build, path by path; it is replaced as a whole.
    """

    def __init__(self, setting: run.Setting, live: Live) -> None:
        self.setting = setting
        self.live = live
        self.wanted = live.state.kind
        self.site: Mapping[str, bytes] = {}
        self._one = threading.Lock()
        self._made: dict[tuple[str, str], tuple[Time, Past]] = {}

    def build(self) -> State:
        """Build, tell the pages at once, then lint and tell them again. Raises only for mistakes of our own."""
        with self._one:
            kind = self.wanted
            failed = self._attempt(kind)
            before = self.live.state
            if not failed:
                warnings = tuple(p for p in before.problems if p.severity is Severity.WARNING)
                self.live.say(State(before.build + 1, kind, warnings))
            found = linting.lint(self.setting.root, env=self.setting.env, now=self.setting.now)
            seen = {(p.file, p.line, p.col, p.rule) for p in found}
            more = [p for p in failed if (p.file, p.line, p.col, p.rule) not in seen]
            state = replace(self.live.state, problems=tuple(sorted([*found, *more])))
            self.live.say(state)
            return state

    def _attempt(self, kind: str) -> tuple[Problem, ...]:
        """Build once; the problems that kept it from being published, none if it was."""
        try:
            config = run.read_config(self.setting)
            content = run.read_content(self.setting, config)
            past, warnings = self._past(config, kind)
            self.site = self._printed(content, past, warnings)
        except ContentError as error:
            return error.problems
        except RoadworthyError as error:
            return tuple(Problem("preview", 0, 0, "not-built", line) for line in str(error).splitlines())
        return ()

    def _printed(self, content: run.Content, past: Past, warnings: Sequence[str]) -> dict[str, bytes]:
        """Every file of the site, verified as a publish would: an error for what would not be published."""
        setting, config = self.setting, content.config
        views = run.assessed(setting, content, past, warnings=warnings).views
        with Cache.below(setting.root, setting.env) as memory:
            artifacts = tuple(run.render_again(views, run.templates(setting), memory))
            lost: set[str] = set()
            faults = verify_site(artifacts, config.secrets, url=config.site.url, memory=memory, lost=lost)
            if dead := unlinked.among(views, lost):
                raise ContentError(notes.dead_links(setting.root, dead, config.site.url))
            if faults:
                raise VerificationError(faults)
            return {artifact.path: self._body(artifact) for artifact in artifacts}

    def _body(self, artifact: Artifact | Deferred) -> bytes:
        """The bytes of a file: those of the build before where they are the same, so that nothing is printed again."""
        if isinstance(artifact, Artifact):
            return artifact.body
        before = self.site.get(artifact.path, b"")
        same = len(before) == artifact.size and hashlib.sha256(before).hexdigest() == artifact.sha256
        return before if same else artifact.read()

    def _past(self, config: Config, kind: str) -> tuple[Past, tuple[str, ...]]:
        """The past to show, and what the page must say about it."""
        now = self.setting.now
        if kind != REAL:
            return self._made_up(config, kind, now), (
                f"Preview with made-up data: {kind}. Nothing of it was measured.",
            )
        try:
            store = run.open_store(self.setting, config, readonly=True)
        except HistoryError as error:
            return self._made_up(config, "none", now), (f"Preview without history: {error}",)
        try:
            return remember.catch_up(store, config, now, write=False), ()
        finally:
            store.close()

    def _made_up(self, config: Config, kind: str, now: Time) -> Past:
        """A made-up past, kept until the configuration or the round changes: saving a note must not invent it anew."""
        about = repr((config.interval, config.regions, config.platforms, config.rules, config.controls))
        slot = now - now % config.interval
        known = self._made.get((kind, about))
        if known is None or known[0] != slot:
            self._made = {(kind, about): (slot, data.past(config, kind, now))}
        return self._made[kind, about][1]


# ---- when something was saved ----------------------------------------------------------------------------------------


def changes(folders: Sequence[Path], stop: threading.Event, *, polling: bool = False) -> Iterator[None]:
    """One item each time files below the folders were saved, until `stop`. Polls where watchfiles is not installed."""
    there = [folder for folder in folders if folder.is_dir()]
    if not polling:
        try:
            import watchfiles
        except ImportError:
            polling = True
    if polling:
        yield from _polled(there, stop)
        return
    for found in watchfiles.watch(*there, debounce=60, step=20, rust_timeout=500, stop_event=stop):
        if any(_meant(Path(path)) for _, path in found):
            yield None


def _polled(folders: Sequence[Path], stop: threading.Event, pause: float = 0.2) -> Iterator[None]:
    before = _stamps(folders)
    while not stop.wait(pause):
        now = _stamps(folders)
        if now != before:
            before = now
            yield None


def _stamps(folders: Sequence[Path]) -> dict[Path, tuple[int, int]]:
    """Time and size of every file; a file that goes away while we look is not there."""
    found = {}
    for path in (path for folder in folders for path in folder.rglob("*")):
        try:
            stat = path.stat()
        except OSError:  # gone again, or a link that leads nowhere
            continue
        if _meant(path) and path.is_file():
            found[path] = (stat.st_mtime_ns, stat.st_size)
    return found


def _meant(path: Path) -> bool:
    """Not what editors put beside a file while they save it."""
    return not path.name.startswith(".") and not path.name.endswith(IGNORED) and path.name != "4913"


def watch(previewer: Previewer, folders: Sequence[Path], stop: threading.Event, told: Callable[[State, float], None],
          *, polling: bool = False) -> None:  # fmt: skip
    """Build again whenever something is saved, until `stop`; `told` gets the state and the seconds it took."""
    for _ in changes(folders, stop, polling=polling):
        began = time.monotonic()
        state = previewer.build()
        told(state, time.monotonic() - began)
