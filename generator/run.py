"""Composing the stages. `assess` is the pure middle; the rest is the shell that reads, writes and takes the clock.

Nothing here decides: what to believe is in `states`, why in `diagnosis`, what to say in `view`. Imports of the
stages stand in the functions, so that a command loads only what it runs.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from .errors import ContentError, HistoryError, Problem, RoadworthyError, VerificationError
from .model import Artifact, Config, Observation, Past, RegionHealth, Round, Time

if TYPE_CHECKING:
    from .cache import Cache
    from .copies.continuity import History
    from .incidents.journal import Journal, Line
    from .incidents.published import Register
    from .model import Cause, Finding, Incident, Note
    from .publish import Deferred, Published
    from .siteview import PageView, SiteView
    from .stores import Store

T = TypeVar("T")

MANY = 128
"""With so many incidents two processes make what the site consists of."""

log = logging.getLogger("roadworthy")

SPARE = ".cache/site-before"
"""Where the version of the site before the last one waits, below the root; safe to delete."""


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
    future: tuple[Time, ...] = ()  # the coming moments at which what notes say changes by itself

    @property
    def incomplete(self) -> tuple[str, ...]:
        """What the page must say of notes that had errors: shown in their last good version, or left out."""
        shown = [
            f"{n.place.file}: shown in its last good version, its file has errors."
            for n in self.notes
            if n.stale_version
        ]
        return (*shown, *(f"The list of incidents is incomplete: {file} has errors." for file in self.left_out))

    @property
    def unlinked(self) -> tuple[str, ...]:
        """Links of notes that lead nowhere, their words shown without them: a matter for editors, not for visitors."""
        lost = (problem for problem in self.problems if problem.rule == "unlinked")
        return tuple(f"{p.file}:{p.line}: a link leads nowhere; its words are shown without it." for p in lost)

    @property
    def left_out(self) -> tuple[str, ...]:
        """Files of notes that are not on the page because they cannot be read."""
        return tuple(p.file for p in self.problems if p.rule == "left-out")


@dataclass(frozen=True, slots=True)
class Assessment:
    """What we make of content and past: incidents and findings as values, and the views that say them."""

    views: tuple[SiteView, ...]
    incidents: tuple[Incident, ...]
    findings: tuple[Finding, ...]
    journal: Journal


@dataclass(frozen=True, slots=True)
class Built:
    """What a build made of it, for the report and the exit code."""

    assessment: Assessment
    view: SiteView
    published: Published
    warnings: tuple[str, ...]


# ---- the pure middle -------------------------------------------------------------------------------------------------


def assess(
    content: Content,
    past: Past,
    now: Time,
    *,
    journal: Sequence[Line] = (),
    readings: Sequence[Observation] = (),
    published: Register | None = None,
    warnings: Sequence[str] = (),
    preview: bool = False,
) -> Assessment:
    """What we make of this content and this past at this moment, and how each language says it. Pure.

    `readings` are looks at official status pages since the journal was written (`official_readings`), `published` is
    what was on the page before.
    """
    from . import diagnosis, incidents, view
    from .incidents import journal as journals
    from .incidents import published as register

    before = published or register.Register()
    config = replace(content.config, former=register.former(before, content.config))
    seen = incidents.overlay(config, past, content.notes, now)
    findings = diagnosis.diagnose(config, content.causes, seen, now)
    written = journals.written(journal, config, past, findings, now, readings)
    merged = incidents.merge(config, seen, content.notes, findings, now, written, published)
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
        gone=register.gone(before, merged, complete=not (content.left_out or past.delayed)),
    )
    views = tuple(view.build(inputs, language) for language in config.site.languages)
    return Assessment(views, merged, findings, written)


def render(views: tuple[SiteView, ...], templates: tuple[Path, ...]) -> tuple[Artifact, ...]:
    """Every artifact of every output. An output that is asked for nothing makes nothing."""
    from . import outputs

    return tuple(artifact for name in outputs.names() for artifact in outputs.get(name).render(views, templates))


def render_again(
    views: tuple[SiteView, ...], templates: tuple[Path, ...], memory: Cache
) -> Iterator[Artifact | Deferred]:
    """The same; what was printed from the same values before is not printed again, where the memory works."""
    from . import outputs
    from .outputs import _beside

    def made(some: Iterable[outputs.Output]) -> Iterator[Artifact | Deferred]:
        for output in some:
            if output.again is not None and memory.works:
                yield from output.again(views, templates, memory)
            else:
                yield from output.render(views, templates)

    every = tuple(map(outputs.get, outputs.names()))
    if len(views[0].incidents) < MANY:
        yield from made(every)
        return
    others = _beside.begun(lambda: made(one for one in every if not one.large), memory)
    here = tuple(made(one for one in every if one.large))
    yield from others()
    yield from here


# ---- reading ---------------------------------------------------------------------------------------------------------


def read_config(setting: Setting) -> Config:
    """`content/status.yml`; ContentError with everything that is wrong. The host's own address wins over the file's."""
    from . import config as reading
    from . import logs
    from .cache import Cache

    with Cache.below(setting.root, setting.env) as memory:
        config = reading.load(
            setting.root / "content" / "status.yml",
            env=setting.env,
            allow_missing_secrets=setting.allow_missing_secrets,
            memory=memory,
        )
    logs.hide(config.secrets)
    url = setting.env.get("DEPLOY_PRIME_URL" if setting.preview else "URL", "") if "NETLIFY" in setting.env else ""
    if url and (setting.preview or not config.site.url):
        config = replace(config, site=replace(config.site, url=url.rstrip("/")))
    return config


def read_content(setting: Setting, config: Config, last_good: Callable[[Path], str | None] | None = None) -> Content:
    """Notes, causes and pages; ContentError with the problems of all three at once.

    With `last_good`, a note that has errors stands in its last good version, and its errors become warnings.
    """
    from . import causes, notes, pages
    from .cache import Cache

    problems: list[Problem] = []

    def tried(load: Callable[[], T]) -> T | None:
        try:
            return load()
        except ContentError as error:
            problems.extend(error.problems)
            return None

    root, now = setting.root, setting.now
    with Cache.below(root, setting.env) as memory:
        read_notes = tried(
            lambda: notes.load(root, config, now, drafts=setting.drafts, fallback=last_good, memory=memory)
        )
        read_causes = tried(lambda: causes.load(root, config, memory))
        read_pages = tried(lambda: pages.load(root, config, memory))
    if read_notes is None or read_causes is None or read_pages is None:
        raise ContentError(problems)
    return Content(config, read_notes.notes, read_causes, read_pages, read_notes.problems, read_notes.future)


def open_store(setting: Setting, config: Config | None = None, *, readonly: bool = False) -> Store:
    """The store named on the command line, else in the configuration, else SQLite below the root."""
    from . import stores

    return stores.open(setting.history or (config.history if config else ""), root=setting.root, readonly=readonly)


def open_history(setting: Setting, config: Config, *, init: bool = False) -> History:
    """The history for a run or a build: restored, spooled or delayed if it must be (`continuity`)."""
    from .copies import continuity

    return continuity.open_history(
        setting.history, config, root=setting.root, site=setting.site, now=setting.now, init=init
    )


def history_file(setting: Setting, config: Config) -> Path | None:
    """The file of the history, if it is one file."""
    from .stores import sqlite

    url = setting.history or config.history
    return sqlite.location(url, setting.root) if url.partition(":")[0] == "sqlite" or ":" not in url else None


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


def publish(
    setting: Setting,
    config: Config,
    views: tuple[SiteView, ...],
    extra: Iterable[Artifact | Deferred] = (),
    lost: set[str] | None = None,
) -> Published:
    """Render, verify, swap. Raises VerificationError with the old site untouched; `lost` takes the dead links."""
    from . import publish as publishing
    from .cache import Cache
    from .publish import verify

    with Cache.below(setting.root, setting.env) as memory:
        artifacts = (*render_again(views, templates(setting), memory), *extra)
        return publishing.publish(
            artifacts,
            setting.site,
            root=setting.root,
            spare=setting.root / SPARE if memory.works else None,
            memory=memory,
            verify=lambda staged: verify.verify_site(
                staged, config.secrets, url=config.site.url, memory=memory, lost=lost
            ),
        )


def templates(setting: Setting) -> tuple[Path, ...]:
    """Where the templates of a site are looked for: the site's own look before what everybody has."""
    return (setting.root / "content" / "theme", *template_folders(setting.root))


def template_folders(root: Path) -> tuple[Path, ...]:
    """The templates of the root if it has some, and the ones the package ships."""
    package = Path(__file__).parent / "_templates"
    beside = Path(__file__).parent.parent / "templates"
    return tuple(folder for folder in (root / "templates", package, beside) if folder.is_dir())


def assessed(
    setting: Setting,
    content: Content,
    past: Past,
    *,
    journal: Sequence[Line] = (),
    readings: Sequence[Observation] = (),
    published: Register | None = None,
    warnings: Sequence[str] = (),
) -> Assessment:
    """`assess` with everything the page must be warned of."""
    said = (*warnings, *_said_of(past), *content.incomplete)
    return assess(
        content,
        past,
        setting.now,
        journal=journal,
        readings=readings,
        published=published,
        warnings=said,
        preview=setting.preview,
    )


def _said_of(past: Past) -> tuple[str, ...]:
    """What the page must say of history: that it is delayed, and what of it could not be counted."""
    return (*([past.delayed] if past.delayed else ()), *past.warnings)


def without_rows(past: Past) -> Past:
    """The past when it has been assessed: its rows are said by then, and pages need the memory."""
    return replace(past, days=(), hours=(), totals=(), spans=())


def build(
    setting: Setting,
    content: Content,
    past: Past,
    *,
    assessment: Assessment | None = None,
    warnings: Sequence[str] = (),
    journal: Sequence[Line] = (),
    extra: Sequence[Artifact | Deferred] = (),
    keep_going: bool = False,
) -> Built:
    """Assess (unless that was done), render, verify, publish. `extra` are the artifacts that carry history.

    A link in words of content that leads nowhere is a ContentError; with `keep_going` its words are shown without it.
    """
    if assessment is None:
        assessment = assessed(setting, content, past, journal=journal, warnings=warnings)
    said = (*warnings, *_said_of(past), *content.incomplete, *content.unlinked)
    lost: set[str] = set()
    try:
        published = publish(setting, content.config, assessment.views, extra, lost)
    except VerificationError:
        from .notes import dead_links, links
        from .view import unlinked

        dead = unlinked.among(assessment.views, lost)
        if not dead:
            raise
        problems = dead_links(setting.root, dead, content.config.site.url)
        if not keep_going:
            raise ContentError(problems) from None
        said = (*said, *(f"{links.unlinked(problem)}" for problem in problems))
        assessment = replace(assessment, views=tuple(unlinked.without(view, dead) for view in assessment.views))
        published = publish(setting, content.config, assessment.views, extra)
    return Built(assessment, assessment.views[0], published, said)


@contextmanager
def locked(setting: Setting) -> Iterator[None]:
    """One run at a time below a root, whatever store it writes to; LockedError if another one works."""
    from .stores import _lock

    with where_possible(_lock.hold(setting.root / ".history" / "site.lock", 0.0, what="run")):
        yield


@contextmanager
def where_possible(lock: AbstractContextManager[None]) -> Iterator[None]:
    """Hold the lock; where none can be made, a page without a lock is better than no page."""
    with ExitStack() as held:
        try:
            held.enter_context(lock)
        except HistoryError as error:
            log.warning("%s; nothing keeps another run away", error)
        yield


@contextmanager
def page_or_error() -> Iterator[None]:
    """What is wrong with history is a warning on a page. Where no page could be made for it, it is an error."""
    try:
        yield
    except HistoryError as error:
        raise RoadworthyError(f"{error}; nothing was published, the old site stays") from error


def tell_others(setting: Setting, config: Config, built: Built, store: Store) -> None:
    """Receivers hear of what changed; nothing here can fail a run, and a preview tells nobody."""
    from . import notify

    receivers = notify.targets(config.extra.get("notify"))
    if setting.preview or not receivers:
        return
    import httpx

    def save(meta: Mapping[str, str]) -> None:
        store.save(meta=meta)

    with httpx.Client(trust_env=False, timeout=5.0) as client:
        for delivery in notify.tell(built.view, receivers, client, setting.now, store.meta(), save):
            if not delivery.ok:
                log.warning("notify: %s %s", delivery.target, delivery.why)


def tell_hub(setting: Setting, config: Config, store: Store, *, uploaded: bool = False) -> tuple[str, ...]:
    """The WebSub hub hears which feeds of the site have news; their addresses, none where it was not told. Nothing here
    can fail a run, and a preview tells nobody. Without an address nobody can have subscribed.

    Where another step should have `uploaded` the site, the hub is told only of what stands at its address.
    """
    from .notify import websub

    base = config.site.url.rstrip("/")
    if setting.preview or not (config.site.websub and base):
        return ()
    there, meta = websub.feeds(setting.site), store.meta()
    paths = websub.news(there, meta)
    if not paths:
        return ()
    import httpx

    with httpx.Client(trust_env=False, timeout=5.0) as client:
        if uploaded and not websub.stands(f"{base}/{paths[0]}", there[paths[0]], client):
            log.warning("websub: %s/%s is not yet as it is here; the hub is told when it is", base, paths[0])
            return ()
        ping = websub.ping([f"{base}/{path}" for path in paths], config.site.websub, client)
    if not ping.ok:
        log.warning("websub: %s; it is told the next time", ping.why)
        return ()
    store.save(meta=websub.noted(there, paths, meta))
    return ping.topics


# ---- what a person is told -------------------------------------------------------------------------------------------


def blind(past: Past) -> bool:
    """Whether nothing can be believed: no region could see its controls (or none has looked at all)."""
    return not any(health.health is RegionHealth.OK for health in past.health.values())
