"""When the platform's own status page acknowledged an outage, and when it called it over.

Folds our readings of that page (kind `official`) into one value for each outage, which the journal keeps: raw readings
are pruned, the moments stay. Pure. Never takes silence from a page that was not read: without a reading nothing is
known; and never says more than the readings do: a moment is the moment of a reading.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from ..model import Check, Component, Config, Observation, OfficialWord, Outage, Platform, Status, Time
from ..outage_groups import withdrawn

BEFORE = 3
"""So many intervals of the official check before the first failing look are read for what the page said until then."""
FOLLOWED = 14 * 86_400
"""Seconds after the end of an outage in which we still wait for the page to say that it is over."""
DEEPEST = 6 * 3600
"""A reading is looked for at most so many seconds back: what was missed for longer is not known."""


def record(
    words: Iterable[OfficialWord],
    config: Config,
    outages: Sequence[Outage],
    readings: Iterable[Observation],
    now: Time,
) -> tuple[OfficialWord, ...]:
    """The words with these readings counted in, oldest outage first as they came; those of closed outages stay."""
    known = {word.outage: word for word in words}
    by_check: dict[str, list[Observation]] = {}
    for reading in sorted(readings, key=lambda o: (o.at, o.region)):
        by_check.setdefault(reading.check, []).append(reading)
    for outage in outages:
        check = _check(config, outage)
        before = known.get(outage.id, OfficialWord(outage.id))
        if check is None or not _followed(outage, before, now):
            continue
        component = config.component(outage.component)
        platform = config.platform(outage.component.partition("/")[0])
        since = first_needed(outage, before, check)
        for reading in by_check.get(check.id, ()):
            if since <= reading.at <= now:
                before = _counted(before, outage, reading, platform, component)
        if before.last is not None:
            known[outage.id] = before
    return tuple(known.values())


def needed(words: Iterable[OfficialWord], config: Config, outages: Sequence[Outage], now: Time) -> Mapping[str, Time]:
    """For each official check whose readings `record` could still use: the moment from which on."""
    known = {word.outage: word for word in words}
    found: dict[str, Time] = {}
    for outage in outages:
        check = _check(config, outage)
        word = known.get(outage.id, OfficialWord(outage.id))
        if check is not None and _followed(outage, word, now):
            since = max(first_needed(outage, word, check), now - DEEPEST)
            found[check.id] = min(since, found.get(check.id, since))
    return found


def first_needed(outage: Outage, word: OfficialWord, check: Check) -> Time:
    """The readings of an outage begin a little before it; later only what is newer than the last one counts."""
    return outage.started - BEFORE * check.interval if word.last is None else word.last + 1


def _check(config: Config, outage: Outage) -> Check | None:
    platform = config.platform(outage.component.partition("/")[0])
    check = platform.official_check if platform else None
    return check if check is not None and check.enabled else None


def _followed(outage: Outage, word: OfficialWord, now: Time) -> bool:
    if withdrawn(outage):
        return False
    if outage.ended is None or word.last is None or word.last < outage.ended:
        return outage.ended is None or now - outage.ended < FOLLOWED
    return word.acknowledged is not None and word.over is None and now - outage.ended < FOLLOWED


def _counted(
    word: OfficialWord, outage: Outage, reading: Observation, platform: Platform | None, component: Component | None
) -> OfficialWord:
    """The word with one more reading. What the page says for the first time after the end speaks of something else."""
    during = outage.started <= reading.at and (outage.ended is None or reading.at <= outage.ended)
    status, about = said(reading, platform, component)
    word = replace(word, last=reading.at)
    if status is None:
        return replace(word, unread=word.unread + 1) if during else word
    if word.acknowledged is None and outage.ended is not None and reading.at > outage.ended:
        return word
    word = replace(word, read=word.read + 1) if during else word
    if status is not Status.OPERATIONAL:
        if word.acknowledged is None:
            word = replace(word, acknowledged=reading.at, word=status, about=about)
        return _with_evidence(replace(word, region=reading.region, over=None), reading)
    if word.acknowledged is None or reading.at <= outage.started:
        # what it said and took back before the outage began acknowledges nothing
        fresh = replace(word, silent=reading.at, acknowledged=None, word=None, about="", region="", over=None)
        return _with_evidence(replace(fresh, evidence=()), reading)
    if word.over is None and reading.region == word.region:
        return _with_evidence(replace(word, over=reading.at), reading)
    return word


def _with_evidence(word: OfficialWord, reading: Observation) -> OfficialWord:
    """Only the readings behind a moment that is told."""
    moments = (word.silent, word.acknowledged, word.over)
    keys = (*word.evidence, reading.key) if reading.at in moments else word.evidence
    return replace(word, evidence=tuple(key for key in keys if key[2] in moments))


def said(reading: Observation, platform: Platform | None, component: Component | None) -> tuple[Status | None, str]:
    """What a reading says of a component: (status, the page's name for it), or of the whole platform (status, "").

    None where the page could not be read, or said nothing that has a documented meaning.
    """
    parts = reading.facts.get("components")
    if component is not None and isinstance(parts, Mapping):
        names = _names(platform, component)
        for name, word in parts.items():
            status = _status(word)
            if _plain(str(name)) in names and status is not None:
                return status, str(name)
    return _status(reading.facts.get("official_status")), ""


def _names(platform: Platform | None, component: Component) -> frozenset[str]:
    """How the platform may call a part of ours: exactly by our name or key, with or without its own name before it."""
    own = (component.name, component.key)
    return frozenset(_plain(f"{before} {name}") for name in own for before in ("", platform.name if platform else ""))


def _plain(text: str) -> str:
    return " ".join("".join(c if c.isalnum() else " " for c in text.casefold()).split())


def _status(word: object) -> Status | None:
    known = next((s for s in Status if s == word), None)
    return None if known is Status.UNKNOWN else known
