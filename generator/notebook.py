"""What a run writes down in the store beside what it saw, so that the next one knows.

The journal of what was found out, what was on the page, the last good text of each note. The shell around
`incidents.journal` and `incidents.published`, which decide. Never touches observations or beliefs.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import HistoryError
from .model import Config, Observation, Past, Time

if TYPE_CHECKING:
    from .incidents.journal import Journal, Line
    from .incidents.published import Register
    from .model import Note
    from .run import Assessment, Content, Setting
    from .stores import Store

log = logging.getLogger("roadworthy")


def diagnosis_journal(store: Store) -> Journal:
    """What was found out of each outage, when: what a run wrote down, so that an incident can tell it later.

    HistoryError where it cannot be read.
    """
    from .incidents import journal

    try:
        return journal.from_json(store.meta().get("diagnosis", ""))
    except ValueError as error:
        raise HistoryError(f"history: what was found out of outages cannot be read: {error}") from error


def official_readings(
    store: Store, config: Config, past: Past, journal: Sequence[Line], now: Time
) -> tuple[Observation, ...]:
    """The looks at official status pages that the journal has not counted in yet, of outages that still need them."""
    from .incidents import journal as journals
    from .incidents import official

    wanted = official.needed(journals.words_of(journal), config, past.outages, now)
    return tuple(look for check, since in wanted.items() for look in store.observations(since, now + 1, check=check))


def remember_journal(store: Store, assessment: Assessment) -> None:
    """Keep what was found out. Before the copy of history is made, so that the copy carries it."""
    from .incidents import journal

    if diagnosis_journal(store) != assessment.journal:
        store.save(meta={"diagnosis": journal.to_json(assessment.journal)})


def published_before(store: Store, config: Config) -> Register:
    """What was on the page, as the last run wrote it down, under the ids of today; nothing, with a warning, where that
    cannot be read."""
    from .incidents import published
    from .remember.renamed import names

    called = names(config)
    try:
        return published.renamed(published.from_meta(store.meta()), {**called.components, **called.regions})
    except ValueError as error:
        log.warning("history: %s; a note that was deleted is not told as withdrawn", error)
        return published.Register()


def remember_published(store: Store, content: Content, assessment: Assessment, now: Time) -> tuple[str, ...]:
    """Keep what is on the page now; a sentence for each incident that went since the last run."""
    from .incidents import published

    config = content.config
    before = published_before(store, config)
    public = frozenset(c.id for c in config.components if c.public)
    after = published.advance(before, assessment.incidents, public, now, complete=not content.left_out)
    after = replace(after, watched=published.watched(before, config))
    known, fresh = store.meta(), published.to_meta(after)
    store.save(meta={key: value for key, value in fresh.items() if known.get(key) != value})
    return tuple(
        f"incident {id} was published and is gone; the page and the feeds say that it is withdrawn; "
        "bring its note back and resolve it, if that was a slip"
        for id, one in sorted(after.incidents.items())
        if one.gone is not None and id in before.incidents and before.incidents[id].gone is None
    )


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
