"""Composing the stages. `assess` is the pure middle; the rest is the shell that reads, writes and takes the clock.

Nothing here decides: what to believe is in `states`, why in `diagnosis`, what to say in `view`. Imports of the
stages stand in the functions, so that a command loads only what it runs.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import ContentError, HistoryError, Problem
from .model import Artifact, Config, Observation, Past, RegionHealth, Round, Time

if TYPE_CHECKING:
    from .model import Cause, Finding, Incident, Note
    from .publish import Published
    from .siteview import PageView, SiteView
    from .stores import Store


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a command works and what it may touch: folders, the store's URL, the clock, the environment."""

    root: Path
    site: Path
    history: str = ""
    clock: Callable[[], float] = time.time
    env: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    allow_missing_secrets: bool = False
    drafts: bool = False

    @property
    def now(self) -> Time:
        return int(self.clock())

    @property
    def preview(self) -> bool:
        """A preview deploy: marked, not indexed, pings nobody."""
        return self.env.get("CONTEXT", "") in ("deploy-preview", "branch-deploy")


@dataclass(frozen=True, slots=True)
class Content:
    """Everything people wrote, read and checked."""

    config: Config
    notes: tuple[Note, ...]
    causes: tuple[Cause, ...]
    pages: tuple[PageView, ...]
    problems: tuple[Problem, ...] = ()

    @property
    def stale_notes(self) -> tuple[Note, ...]:
        return tuple(note for note in self.notes if note.stale_version)


@dataclass(frozen=True, slots=True)
class Assessment:
    """What we make of content and past: incidents and findings as values, and the views that say them."""

    views: tuple[SiteView, ...]
    incidents: tuple[Incident, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Built:
    """What a build made of it, for the report and the exit code."""

    assessment: Assessment
    view: SiteView
    published: Published
    warnings: tuple[str, ...]


# ---- the pure middle -------------------------------------------------------------------------------------------------


def assess(
    content: Content, past: Past, now: Time, *, warnings: Sequence[str] = (), preview: bool = False
) -> Assessment:
    """What we make of this content and this past at this moment, and how each language says it. Pure."""
    from . import diagnosis, incidents, view

    config = content.config
    seen = incidents.overlay(config, past, content.notes, now)
    findings = diagnosis.diagnose(config, content.causes, seen, now)
    merged = incidents.merge(config, seen, content.notes, findings, now)
    inputs = view.Inputs(
        config=config,
        past=seen,
        incidents=merged,
        findings=findings,
        causes=content.causes,
        pages=content.pages,
        now=now,
        warnings=tuple(warnings),
        preview=preview,
    )
    views = tuple(view.build(inputs, language) for language in config.site.languages)
    return Assessment(views, merged, findings)


def render(views: tuple[SiteView, ...], templates: tuple[Path, ...]) -> tuple[Artifact, ...]:
    """Every artifact of every output. An output that is asked for nothing makes nothing."""
    from . import outputs

    return tuple(artifact for name in outputs.names() for artifact in outputs.get(name).render(views, templates))


# ---- reading ---------------------------------------------------------------------------------------------------------


def read_config(setting: Setting) -> Config:
    """`content/status.yml`; ContentError with everything that is wrong. The host's own address wins over the file's."""
    from . import config as reading

    config = reading.load(
        setting.root / "content" / "status.yml",
        env=setting.env,
        allow_missing_secrets=setting.allow_missing_secrets,
    )
    url = setting.env.get("DEPLOY_PRIME_URL" if setting.preview else "URL", "") if "NETLIFY" in setting.env else ""
    if url and (setting.preview or not config.site.url):
        config = replace(config, site=replace(config.site, url=url.rstrip("/")))
    return config


def read_content(setting: Setting, config: Config, last_good: Callable[[Path], str | None] | None = None) -> Content:
    """Notes, causes and pages; ContentError with the problems of all three at once.

    With `last_good`, a note that has errors stands in its last good version, and its errors become warnings.
    """
    from . import causes, notes, pages

    problems: list[Problem] = []
    read_notes: notes.Notes | None = None
    read_causes: tuple[Cause, ...] = ()
    read_pages: tuple[PageView, ...] = ()
    try:
        read_notes = notes.load(setting.root, config, setting.now, drafts=setting.drafts, fallback=last_good)
    except ContentError as error:
        problems.extend(error.problems)
    try:
        read_causes = causes.load(setting.root, config)
    except ContentError as error:
        problems.extend(error.problems)
    try:
        read_pages = pages.load(setting.root, config)
    except ContentError as error:
        problems.extend(error.problems)
    if problems or read_notes is None:
        raise ContentError(problems)
    return Content(config, read_notes.notes, read_causes, read_pages, read_notes.problems)


def open_store(setting: Setting, config: Config | None = None, *, readonly: bool = False) -> Store:
    """The store named on the command line, else in the configuration, else SQLite below the root."""
    from . import stores

    return stores.open(setting.history or (config.history if config else ""), root=setting.root, readonly=readonly)


# ---- the stages with side effects ------------------------------------------------------------------------------------


async def measure(
    setting: Setting,
    config: Config,
    store: Store | None,
    *,
    regions: Iterable[str] = (),
    only: Iterable[str] = (),
    told: Callable[[Observation], None] = lambda observation: None,
) -> Round:
    """One round of all engines. Reads the past of the checks that need it; writes nothing."""
    from . import checking, probes

    now = setting.now
    depth = {k.id: max(probes.get(k.kind).history, 3 * k.interval) for k in (*config.controls, *config.checks)}

    def past(check: str, region: str) -> tuple[Observation, ...]:
        if store is None:
            return ()
        return tuple(store.observations(now - depth[check], now + 1, check=check, region=region))

    return await checking.check_round(
        config,
        clock=setting.clock,
        env=dict(setting.env),
        regions=tuple(regions),
        only=tuple(only),
        past=past,
        told=told,
    )


def publish(setting: Setting, config: Config, views: tuple[SiteView, ...], extra: Iterable[Artifact] = ()) -> Published:
    """Render, verify, swap. Raises VerificationError with the old site untouched."""
    from . import publish as publishing
    from . import verify

    templates = (setting.root / "content" / "theme", *template_folders(setting.root))
    artifacts = (*render(views, templates), *extra)
    return publishing.publish(
        artifacts,
        setting.site,
        verify=lambda staged: verify.verify_site(staged, config.secrets),
    )


def template_folders(root: Path) -> tuple[Path, ...]:
    """The templates of the root if it has some, and the ones the package ships."""
    package = Path(__file__).parent / "_templates"
    beside = Path(__file__).parent.parent / "templates"
    return tuple(folder for folder in (root / "templates", package, beside) if folder.is_dir())


def build(setting: Setting, content: Content, past: Past, *, warnings: Sequence[str] = ()) -> Built:
    """Assess, render, verify, publish."""
    said = (*warnings, *([past.delayed] if past.delayed else ()))
    assessment = assess(content, past, setting.now, warnings=said, preview=setting.preview)
    published = publish(setting, content.config, assessment.views)
    return Built(assessment, assessment.views[0], published, said)


# ---- what a person is told -------------------------------------------------------------------------------------------


def blind(past: Past) -> bool:
    """Whether nothing can be believed: no region could see its controls (or none has looked at all)."""
    return not any(health.health is RegionHealth.OK for health in past.health.values())


def remember_good_notes(store: Store, setting: Setting, notes: Iterable[Note]) -> None:
    """Keep the text of every valid note in the store, so that a later syntax error cannot take it off the page."""
    known = store.meta()
    fresh: dict[str, str] = {}
    for note in notes:
        if note.stale_version or not note.place.file:
            continue
        text = (setting.root / note.place.file).read_text("utf-8-sig")
        if known.get(f"note:{note.place.file}") != text:
            fresh[f"note:{note.place.file}"] = text
    if fresh:
        store.save(meta=fresh)


def last_good_notes(store: Store | None, setting: Setting) -> Callable[[Path], str | None]:
    """The last good text of a note file, by its path below the root; None where there is none."""

    def look(path: Path) -> str | None:
        if store is None:
            return None
        try:
            relative = path.relative_to(setting.root) if path.is_absolute() else path
            return store.meta().get(f"note:{relative.as_posix()}")
        except HistoryError:
            return None

    return look
