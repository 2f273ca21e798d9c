"""The first sentence of the page, and those beside it: what works, what does not, where, since when, for whom.

Made from standings and findings, never from a colour. Without fresh evidence it says so, and why. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..model import (
    ALL,
    FAILING,
    WORST_FIRST,
    Config,
    Failure,
    Platform,
    Region,
    RegionHealth,
    Span,
    Standing,
    Status,
    Time,
    worst,
)
from ..siteview import FindingView
from ..text import Text
from .history import Ledger
from .incidents import Names

MOST_CLAUSES = 3
"""So many groups of failing parts are named; the rest is counted, so that the sentence stays one."""


@dataclass(frozen=True)
class Trouble:
    """Components that fail alike: the same status in the same regions."""

    status: Status
    regions: tuple[str, ...]  # empty: everywhere it is checked
    names: tuple[str, ...]
    since: Time | None  # of the earliest
    together: bool  # they began at about the same time
    failure: Failure | None  # what is wrong with them, if it is the same for all


def regions_failing(book: Ledger, component: str, regions: Sequence[str]) -> tuple[str, ...]:
    return tuple(r for r in regions if book.standing(component, r).status in FAILING)


def regions_of(config: Config, component: str) -> tuple[str, ...]:
    """The regions that look at a component, in the order of the configuration."""
    found = config.component(component)
    seen = {r for check in found.checks if check.enabled for r in check.regions} if found else set()
    return tuple(r.id for r in config.regions if r.id in seen)


def asked(config: Config, book: Ledger, component: str) -> tuple[str, ...]:
    """The same without those that are on call and were not asked: nobody waits for them."""
    resting = {r.id for r in config.regions if r.on_call and book.standing(component, r.id).status is Status.UNKNOWN}
    seen = regions_of(config, component)
    return tuple(r for r in seen if r not in resting) or seen


# ---- a platform ------------------------------------------------------------------------------------------------------


def troubles(config: Config, book: Ledger, platform: Platform) -> tuple[Trouble, ...]:
    """What fails on a platform, the gravest first, alike ones together."""
    groups: dict[tuple[Status, tuple[str, ...]], list[tuple[str, Standing]]] = {}
    for component in platform.components:
        standing = book.standing(component.id)
        if not component.public or standing.status not in FAILING:
            continue
        seen = asked(config, book, component.id)
        failing = regions_failing(book, component.id, seen)
        where = () if len(failing) in (0, len(seen)) else failing
        groups.setdefault((standing.status, where), []).append((component.name, standing))
    found = [_trouble(status, where, members, config.interval) for (status, where), members in groups.items()]
    return tuple(sorted(found, key=lambda one: (WORST_FIRST.index(one.status), len(one.regions) > 0, one.since or 0)))


def _trouble(status: Status, where: tuple[str, ...], members: Sequence[tuple[str, Standing]], interval: int) -> Trouble:
    """What began within a round shares one "since"; of the rest that of the first is told, as such."""
    begun = [s.since for _, s in members if s.since is not None]
    failures = {s.failure for _, s in members}
    return Trouble(
        status,
        where,
        tuple(name for name, _ in members),
        min(begun, default=None),
        not begun or max(begun) - min(begun) <= interval,
        failures.pop() if len(failures) == 1 else None,
    )


def clause(t: Text, config: Config, trouble: Trouble, *, why: bool = True) -> str:
    """`Image CDN fails in part in Tokyo (wrong file type)`; the reason in brackets only with `why`."""
    names = {r.id: r.name for r in config.regions}
    what = t.list(trouble.names)
    count = len(trouble.names)
    if trouble.status is Status.MAJOR_OUTAGE:
        said = t.n("{names} is down", "{names} are down", count, names=what)
    elif trouble.status is Status.PARTIAL_OUTAGE:
        said = t.n("{names} fails in part", "{names} fail in part", count, names=what)
    else:
        said = t.n("{names} is degraded", "{names} are degraded", count, names=what)
    if trouble.regions:
        said = t("{what} in {regions}", what=said, regions=t.list([names[r] for r in trouble.regions]))
    if why and trouble.failure is not None:
        said = t("{what} ({detail})", what=said, detail=t.failure(trouble.failure))
    return said


def _since(t: Text, said: str, trouble: Trouble, now: Time) -> str:
    if trouble.since is None:
        return said
    time = t.moment(trouble.since, now)
    if trouble.together:
        return t("{what} since {time}", what=said, time=time)
    return t("{what}, the first since {time}", what=said, time=time)


def _failing(t: Text, config: Config, found: Sequence[Trouble], now: Time, *, why: bool) -> list[str]:
    """What fails, each with its time; what began within a round of each other names that once."""
    said = [clause(t, config, trouble, why=why) for trouble in found]
    begun = [trouble.since for trouble in found if trouble.since is not None and trouble.together]
    if len(found) > 1 and len(begun) == len(found) and max(begun) - min(begun) <= config.interval:
        return [*said[:-1], t("{what}, all since {time}", what=said[-1], time=t.moment(min(begun), now))]
    return [_since(t, words, trouble, now) for words, trouble in zip(said, found, strict=True)]


def platform(t: Text, config: Config, book: Ledger, one: Platform) -> str:
    """One platform in one sentence, with its name."""
    public = [c for c in one.components if c.public]
    standings = [book.standing(c.id) for c in public]
    found = troubles(config, book, one)
    parts = _failing(t, config, found[:MOST_CLAUSES], book.now, why=len(found) == 1)
    more = sum(len(trouble.names) for trouble in found[MOST_CLAUSES:])
    if more:
        parts.append(t.n("{n} more part fails", "{n} more parts fail", more))
    parts += _the_rest(t, standings, bool(found))
    return t("{platform}: {facts}.", platform=one.name, facts=t("; ").join(parts))


def _the_rest(t: Text, standings: Sequence[Standing], trouble: bool) -> list[str]:
    """What is not failing: how many parts work, are worked on, could not be checked."""
    count = {s: sum(x.status is s for x in standings) for s in Status}
    doubtful = sum(x.status is Status.UNKNOWN and x.unconfirmed in FAILING for x in standings)
    works, unseen = count[Status.OPERATIONAL], count[Status.UNKNOWN] - doubtful
    parts = []
    if works == len(standings) and works:
        parts.append(t.n("the one part we check works", "all {n} parts we check work", works))
    elif works:
        parts.append(
            t.n("{n} other part works", "{n} other parts work", works)
            if trouble
            else t.n("{n} part works", "{n} parts work", works)
        )
    if count[Status.UNDER_MAINTENANCE]:
        parts.append(t.n("{n} part is in maintenance", "{n} parts are in maintenance", count[Status.UNDER_MAINTENANCE]))
    if doubtful:
        parts.append(t.n("{n} part failed when last looked at", "{n} parts failed when last looked at", doubtful))
    if unseen == len(standings):
        parts.append(t("nothing could be checked"))
    elif unseen:
        parts.append(t.n("{n} part could not be checked", "{n} parts could not be checked", unseen))
    return parts


# ---- the site --------------------------------------------------------------------------------------------------------


def overall(config: Config, book: Ledger) -> Status:
    """The worst status of the subject's public components; of all platforms where nobody is the subject."""
    subjects = [p for p in config.platforms if p.role == "subject"] or list(config.platforms)
    return worst(book.standing(c.id).status for p in subjects for c in p.components if c.public)


def first(t: Text, config: Config, book: Ledger) -> str:
    """The first sentence: the subject in full, the reference as far as it is news."""
    public = [c for c in config.components if c.public]
    if all(book.standing(c.id).status is Status.UNKNOWN for c in public):
        return _blind(t, config, book)
    subjects = [p for p in config.platforms if p.role == "subject"] or list(config.platforms)
    others = [p for p in config.platforms if p not in subjects]
    return " ".join([platform(t, config, book, p) for p in subjects] + [_reference(t, config, book, p) for p in others])


def _reference(t: Text, config: Config, book: Ledger, one: Platform) -> str:
    statuses = {book.standing(c.id).status for c in one.components if c.public}
    if statuses == {Status.OPERATIONAL}:
        return t("{platform} works.", platform=one.name)
    return platform(t, config, book, one)


def _blind(t: Text, config: Config, book: Ledger) -> str:
    """Nothing is known: say so, and say why."""
    who = t.list([p.name for p in config.platforms])
    past = book.past
    if past.checked_at is None:
        return t("We could not check {platforms}: nothing has been measured yet.", platforms=who)
    if book.stale:
        age = t.duration(book.now - past.checked_at)
        return t("We do not know the state of {platforms}: the last check is {age} old.", platforms=who, age=age)
    health = list(past.health.values())
    if health and all(h.health is not RegionHealth.OK for h in health):
        if any(h.reason in (Failure.CONTROL_FAILED, Failure.NO_ROUTE) for h in health):
            return t("We could not check {platforms} because no region could see its controls.", platforms=who)
        return t("We could not check {platforms} because no region gave a reliable answer.", platforms=who)
    standings = [book.standing(c.id) for c in config.components if c.public]
    if any(standing.unconfirmed in FAILING for standing in standings):
        return t(
            "We do not know the state of {platforms}: the last look failed, and another must confirm it.", platforms=who
        )
    if any(standing.rule == "silence_is_not_recovery" for standing in standings):
        return t(
            "We do not know the state of {platforms}: from where it failed last nothing has been heard since.",
            platforms=who,
        )
    return t("We could not check {platforms}: no look gave an answer to judge.", platforms=who)


def details(t: Text, findings: Sequence[FindingView], known: Names) -> tuple[str, ...]:
    """The sentences after the first: the probable causes, the surest first; what has none is said to have none."""
    reasons = [f for f in findings if not f.aside]
    return tuple(_reason(t, f, known, len(reasons) == 1) for f in reasons[:2])


def _reason(t: Text, found: FindingView, known: Names, alone: bool) -> str:
    if found.label:
        return t("Probable cause: {title} ({confidence}).", title=found.title, confidence=found.confidence_word)
    if alone:
        return t("We do not know why.")
    return t("We do not know the cause for {components}.", components=known.listed(t, found.components))


def checked(t: Text, config: Config, book: Ledger) -> str:
    """When, and from where. Who could see at that time is not told of a check that is too old to be believed."""
    past = book.past
    if past.checked_at is None:
        return t("Not checked yet.")
    if book.stale:
        return t("Last checked {time}.", time=t.moment(past.checked_at, book.now))
    seeing = [r.name for r in config.regions if _sees(book, r.id)]
    blind = [r.name for r in config.regions if not _sees(book, r.id) and not _rests(book, r)]
    time, where = t.moment(past.checked_at, book.now), t.n("{n} region", "{n} regions", len(seeing))
    said = (
        t("Checked {time} from {regions}.", time=time, regions=where)
        if seeing
        else t("Last checked {time}.", time=time)
    )
    if blind:
        said += " " + t("Not counted: {regions}.", regions=t.list(blind))
    return said


def _rests(book: Ledger, region: Region) -> bool:
    """Whether nobody waits for it: it is on call, and was not asked."""
    health = book.past.health.get(region.id)
    return region.on_call and (health is None or health.health is RegionHealth.SILENT)


def _sees(book: Ledger, region: str) -> bool:
    health = book.past.health.get(region)
    return health is not None and health.health is RegionHealth.OK


def valid(t: Text, stale_after: Time | None, now: Time) -> str:
    """Until when the page can be believed, for those without script."""
    if stale_after is None:
        return ""
    if stale_after < now:
        return t("Out of date since {time}: every state is unknown.", time=t.moment(stale_after, now))
    return t("If it is later than {time} now, take every state as unknown.", time=t.moment(stale_after, now))


# ---- a component -----------------------------------------------------------------------------------------------------


def component(t: Text, config: Config, book: Ledger, id: str) -> str:
    """One component in one sentence, without its name: `Fails in 2 of 4 regions (wrong file type), since 05:30 UTC.`"""
    standing = book.standing(id, ALL)
    seen = asked(config, book, id)
    now = book.now
    if standing.status is Status.UNKNOWN:
        return unknown(t, book, standing)
    if standing.status is Status.UNDER_MAINTENANCE:
        return t("Planned work is going on.")
    if standing.status is Status.OPERATIONAL:
        working = sum(book.standing(id, r).status is Status.OPERATIONAL for r in seen)
        said = t("Works.") if len(seen) == 1 else t("Works from {n} of {m} regions.", n=working, m=len(seen))
        if standing.unconfirmed in FAILING:
            said = t("{sentence} The last look failed, which is not confirmed yet.", sentence=said)
        return said
    failing = regions_failing(book, id, seen)
    values = {"n": len(failing), "m": len(seen), "why": t.failure(standing.failure)}
    if len(seen) == 1 or not failing:
        said = t("Fails: {why}", **values) if standing.failure else t("Fails")
    elif standing.failure:
        said = t("Fails in {n} of {m} regions: {why}", **values)
    else:
        said = t("Fails in {n} of {m} regions", **values)
    if standing.status is Status.DEGRADED_PERFORMANCE and standing.failure:
        said = t.failure(standing.failure)
        said = said[:1].upper() + said[1:]
    if standing.since is not None:
        said = t("{what}, since {time}", what=said, time=t.moment(standing.since, now))
    if standing.flapping:
        said = t("{sentence}; it comes and goes", sentence=said)
    if standing.held:
        said = t("{sentence}; too few regions answer to say more", sentence=said)
    return t("{sentence}.", sentence=said)


def unknown(t: Text, book: Ledger, standing: Standing) -> str:
    """Why nothing is known, and what was known last."""
    if standing.unconfirmed in FAILING and standing.checked_at is not None:
        time = t.moment(standing.checked_at, book.now)
        return t("Failed when last looked at, {time}, which is not confirmed yet.", time=time)
    if standing.rule == "silence_is_not_recovery":
        return _silenced(t, book, standing)
    said = t("No fresh evidence")
    if standing.failure:
        said = t("{what}: {why}", what=said, why=t.failure(standing.failure))
    last = book.before(standing.component, standing.region)
    if last is None:
        return t("{sentence}.", sentence=said)
    word, seen = t.status(last.status), _last_seen(book, standing, last)
    return t("{what}; was {word} at {time}.", what=said, word=word, time=t.moment(seen, book.now))


def _silenced(t: Text, book: Ledger, standing: Standing) -> str:
    """Those who can see say it works; who said otherwise fell silent, and silence takes nothing back."""
    working = sum(word == Status.OPERATIONAL for word in standing.votes.values())
    values = {"n": working, "m": len(standing.votes)}
    return t("Works from {n} of {m} regions; from where it failed last nothing has been heard since.", **values)


def _last_seen(book: Ledger, standing: Standing, last: Span) -> Time:
    """When a look last showed what was known: a state is held for a while after it, but nobody has seen it then."""
    if standing.known_at is not None:
        return standing.known_at
    checked = standing.checked_at or book.past.checked_at or last.start
    return checked if last.end is None else min(last.end, checked)
