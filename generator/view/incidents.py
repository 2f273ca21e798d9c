"""Incidents, findings and causes as the page says them: merged facts in, final strings out. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape

from .. import text
from ..incidents.maintenance import windows_of
from ..model import (
    EMPTY,
    UNKNOWN_CAUSE,
    Cause,
    Config,
    Finding,
    Impact,
    Incident,
    IncidentUpdate,
    Outage,
    Platform,
    Progress,
    Said,
    Status,
    Time,
    Watched,
    worst,
)
from ..siteview import CauseView, Chart, FindingView, IncidentView, Link, Measured, Month, UpdateView
from ..text import DAY, Text
from . import evidence, official

SEVERITY = (Impact.CRITICAL, Impact.MAJOR, Impact.MINOR, Impact.MAINTENANCE, Impact.NONE)


@dataclass(frozen=True)
class Names:
    """Names and addresses of what an incident speaks of. Private components are not in it."""

    components: Mapping[str, Link]
    regions: Mapping[str, str]
    platforms: Mapping[str, Platform]
    short: Mapping[str, str]
    prefix: str
    former: Mapping[str, Watched] = field(default_factory=lambda: EMPTY)
    """What is no longer watched and was on the page, by id: it keeps its incidents and has no page of its own."""

    def shows(self, id: str) -> bool:
        return id in self.components or id in self.former

    def called(self, t: Text, id: str) -> str:
        """One of them by itself, with a word that it is no longer watched where that is so."""
        if id in self.components:
            return self.components[id].text
        return t("{component} (no longer watched)", component=self.listed(t, [id]))

    def listed(self, t: Text, ids: Sequence[str]) -> str:
        """`Civitai: Search and Training; Hugging Face: Hub API`: each platform named once."""
        groups: dict[str, list[str]] = {}
        for id in filter(self.shows, ids):
            platform = self.platforms.get(id.partition("/")[0])
            name = self.short[id] if id in self.components else self.former[id].name
            groups.setdefault(platform.name if platform else self.former[id].platform, []).append(name)
        several = len({*groups, *(each.name for each in self.platforms.values())}) > 1
        names = {platform: t.list(parts) for platform, parts in groups.items()}
        return t("; ").join(t("{what}: {why}", what=p, why=n) if several else n for p, n in names.items())

    def places(self, ids: Sequence[str]) -> tuple[str, ...]:
        """The names of regions, also of those from which nobody looks any more."""
        return tuple(self.regions.get(id) or (self.former[id].name if id in self.former else id) for id in ids)

    def links(self, ids: Sequence[str]) -> tuple[Link, ...]:
        return tuple(self.components[id] for id in ids if id in self.components)


def names(config: Config, prefix: str) -> Names:
    """`prefix` stands before every address of this language: empty, or `/es`."""
    several = len(config.platforms) > 1
    return Names(
        {
            c.id: Link(f"{p.name}: {c.name}" if several else c.name, f"{prefix}/components/{c.id}/")
            for p in config.platforms
            for c in p.components
            if c.public
        },
        {r.id: r.name for r in config.regions},
        {p.id: p for p in config.platforms},
        {c.id: c.name for c in config.components},
        prefix,
        config.former,
    )


# ---- findings and causes ---------------------------------------------------------------------------------------------


def finding(t: Text, found: Finding, causes: Mapping[str, Cause], known: Names, now: Time) -> FindingView:
    cause = causes.get(found.cause)
    reason = found.cause != UNKNOWN_CAUSE
    names_ = known.listed(t, found.components)
    return FindingView(
        cause=found.cause,
        title=found.title,
        url=f"{known.prefix}/causes/{found.cause}/" if cause else "",
        confidence=found.confidence,
        confidence_word=t.confidence(found.confidence) if reason else "",
        platform=found.platform,
        components=tuple(id for id in found.components if id in known.components),
        regions=found.regions,
        since=t.when(found.since),
        sentence=t("{components}, since {time}", components=names_, time=t.moment(found.since, now)),
        evidence=tuple(t.say(e.said) if e.said else e.sentence for e in found.evidence),
        against=(*map(t.say, found.doubts), *found.against[len(found.doubts) :]),
        doubts=len(found.doubts),
        decides=found.decides,
        means_html=cause.sections.get("means", "") if cause else "",
        do_html=cause.sections.get("do", "") if cause else "",
        aside=found.aside,
        label=t("Probable cause") if reason and not found.aside else "",
    )


def cause(t: Text, known: Names, one: Cause, active: frozenset[str], incidents: Sequence[Incident]) -> CauseView:
    return CauseView(
        id=one.id,
        title=one.title,
        url=f"{known.prefix}/causes/{one.id}/",
        summary=one.summary,
        what_html=one.sections.get("what", "") or one.html,
        means_html=one.sections.get("means", ""),
        do_html=one.sections.get("do", ""),
        against=one.against,
        decides=one.decides,
        active=one.id in active,
        incidents=tuple(i.id for i in incidents if i.cause == one.id or any(f.cause == one.id for f in i.findings)),
    )


# ---- incidents -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Material:
    """What the view of an incident needs beside the incident."""

    known: Names
    causes: Mapping[str, Cause]
    now: Time
    default_lang: str
    evidence_days: frozenset[str] = frozenset()


def incident(t: Text, one: Incident, given: Material, charts: tuple[Chart, ...] = ()) -> IncidentView:
    known, now = given.known, given.now
    note = one.note
    windows = windows_of(note) if note else ()
    window = next((w for w in windows if w[1] > now), windows[-1]) if windows else None
    started = window[0] if window else one.started
    ended = one.ended if not window or window[1] <= now else None
    lang = (note.lang if note else "") or given.default_lang
    updates = tuple(_update(t, u, lang, given.default_lang) for u in reversed(one.updates))
    active = started <= now and (ended is None or ended > now)
    regions = tuple(r for r in one.regions if r in known.regions)
    links = evidence.links(t, one, given.evidence_days)
    said = given.causes.get(one.cause)
    return IncidentView(
        id=one.id,
        kind=one.kind,
        url=f"{known.prefix}/incidents/{one.id}/",
        title=_title(t, one, known),
        status=one.status,
        word=t.progress(one.status),
        impact=one.impact,
        impact_word=t.impact(one.impact),
        started=t.when(started),
        ended=t.maybe(ended),
        changed=t.when(_changed(one)),
        duration_text=t.duration(_length(started, ended or (window[1] if window else None), now)),
        components=tuple(id for id in one.components if id in known.components),
        component_links=known.links(one.components),
        regions=regions,
        region_names=known.places(one.regions),
        sentence=_sentence(t, one, started, ended, known, now),
        updates=updates,
        automatic=note is None,
        pinned=bool(note and note.pinned),
        active=active,
        lang=(note.lang or given.default_lang) if note else "",
        body_html=note.html if note else "",
        conflict=t.say(one.differs) if one.differs else one.conflict,
        overdue=_overdue(t, one, now),
        next_update=t.maybe(note.next_update) if note and active else None,
        stale_version=bool(note and note.stale_version),
        cause=Link(said.title, f"{known.prefix}/causes/{said.id}/") if said else None,
        findings=_explained(t, [finding(t, f, given.causes, known, now) for f in one.findings]),
        measured=_measured(t, one, known),
        charts=charts,
        scheduled_for=t.when(window[0]) if window else None,
        scheduled_until=t.when(window[1]) if window else None,
        windows=windows,
        evidence_url=links[0].url if links else "",
        evidence=links,
        aliases=one.aliases,
        lasting=" ".join(map(t.say, one.lasting)),
        official=official.answers(t, _public(one, known), one.official, known.platforms, now),
    )


def _update(t: Text, one: IncidentUpdate, lang: str, content: str) -> UpdateView:
    """A person's words as written; the machine's in the page's language, as far as history has them as values."""
    words, html = one.text, one.html
    if one.automatic:
        lang = "en"
    if one.said and t.lang != "en":
        words, lang = " ".join(part if isinstance(part, str) else t.say(part) for part in one.said), t.tag
        html = f"<p>{' '.join(_marked(t, part, content) for part in one.said)}</p>"
    return UpdateView(
        id=one.id,
        at=t.when(one.at),
        status=one.status,
        word=t.progress(one.status),
        text=words,
        html=html,
        automatic=one.automatic,
        components=one.components,
        edited=t.maybe(one.edited),
        lang=lang,
    )


def _explained(t: Text, findings: Sequence[FindingView]) -> tuple[FindingView, ...]:
    """The findings of an incident, the surest first: one cause is called the probable one, the others possible."""
    first = next((f for f in findings if f.label), None)
    return tuple(replace(f, label=t("Also possible")) if f.label and f is not first else f for f in findings)


def _marked(t: Text, part: Said | str, content: str) -> str:
    """A sentence as HTML; what is content keeps its own language."""
    if not isinstance(part, str):
        return escape(t.say(part))
    return escape(part) if content == t.tag else f'<span lang="{escape(content)}" dir="auto">{escape(part)}</span>'


def _title(t: Text, one: Incident, known: Names) -> str:
    """A person's title as written; the machine's in the page's own language."""
    if one.note is not None or t.lang == "en" or not one.outages:
        return one.title
    where = known.listed(t, one.components)
    return t("{component}: {status}", component=where, status=t.status(worst(o.worst for o in one.outages)))


def _changed(one: Incident) -> Time:
    moments = [one.started, *(u.edited or u.at for u in one.updates)]
    if one.ended is not None and one.kind != "maintenance":
        moments.append(one.ended)
    return max(moments)


def _length(started: Time, ended: Time | None, now: Time) -> int:
    return (ended if ended is not None else max(started, now)) - started


def _sentence(t: Text, one: Incident, started: Time, ended: Time | None, known: Names, now: Time) -> str:
    """Who is affected, where and since when."""
    where = t.list(known.places(one.regions))
    what = known.listed(t, one.components)
    values = {"components": what, "regions": where, "start": t.moment(started, now)}
    if ended is None and started <= now:
        if what and not where:
            return t("{components} in all regions, since {start}", **values)
        return t("{components} in {regions}, since {start}", **values) if what else t("Since {start}", **values)
    if ended is None:
        return t("{components}, planned for {start}", **values) if what else t("Planned for {start}", **values)
    values["duration"] = t.duration(ended - started)
    if what and not where:
        return t("{components} in all regions, for {duration}", **values)
    return t("{components} in {regions}, for {duration}", **values) if what else t("For {duration}", **values)


def _overdue(t: Text, one: Incident, now: Time) -> str:
    if not one.overdue or one.note is None or one.note.next_update is None:
        return ""
    return t("The next update was due at {time} and has not come.", time=t.moment(one.note.next_update, now))


def _measured(t: Text, one: Incident, known: Names) -> tuple[Measured, ...]:
    """Measured against written: what the checks found beside what a person wrote, in order of time."""
    rows: list[tuple[Time, str, str]] = []
    for outage in one.outages:
        rows.extend(_of_outage(t, one, outage, known))
    rows.extend(official.rows(t, _public(one, known), one.official, known.platforms))
    if one.note is not None:
        rows.append((one.note.started, t("note"), t("written as the start")))
        for update in one.note.updates[:1]:
            rows.append((update.at, t("note"), t("first words about it")))
        if one.note.ended is not None and one.kind != "maintenance":
            rows.append((one.note.ended, t("note"), t("written as resolved")))
    return (
        tuple(Measured(who, what, t.when(at)) for at, who, what in sorted(rows, key=lambda row: row[0]))
        if one.outages
        else ()
    )


def _public(one: Incident, known: Names) -> tuple[Outage, ...]:
    return tuple(outage for outage in one.outages if known.shows(outage.component))


def _of_outage(t: Text, one: Incident, outage: Outage, known: Names) -> list[tuple[Time, str, str]]:
    if not known.shows(outage.component):
        return []
    what, word = known.called(t, outage.component), t.status(outage.worst)
    if outage.ended == outage.started:
        return [(outage.confirmed, t("checks"), t("{component}: taken back, it had not failed", component=what))]
    rows = [
        (outage.started, t("checks"), t("{component}: first failure", component=what)),
        (outage.confirmed, t("checks"), t("{component}: confirmed, at worst {word}", component=what, word=word)),
    ]
    # The watching may have ended before the failure did: then nobody saw it working again.
    unseen = any(u.id == f"{outage.id}-recovered" and Status.UNKNOWN in u.components.values() for u in one.updates)
    if outage.ended is not None and not unseen:
        rows.append((outage.ended, t("checks"), t("{component}: works again", component=what)))
    return rows


# ---- lists -----------------------------------------------------------------------------------------------------------


def visible(one: Incident, known: Names) -> bool:
    """False for an incident that speaks of private components only."""
    return not one.components or any(map(known.shows, one.components))


def former(t: Text, shown: Sequence[Incident], known: Names) -> tuple[str, ...]:
    """A sentence for each component that these incidents speak of and nobody watches any more, the last one first."""
    gone = {id: known.former[id].until or 0 for one in shown for id in one.components if id in known.former}
    return tuple(
        t("No longer watched: {component}, since {time}", component=known.listed(t, [id]), time=t.day(at))
        for id, at in sorted(gone.items(), key=lambda each: (-each[1], each[0]))
    )


def active(shown: Sequence[IncidentView]) -> tuple[str, ...]:
    """What is going on now: pinned first, then the gravest, of those what a person wrote about, then the newest."""
    going_on = [i for i in shown if i.active]
    going_on.sort(key=lambda i: (not i.pinned, SEVERITY.index(i.impact), i.automatic, -i.started.at))
    return tuple(i.id for i in going_on)


def upcoming(shown: Sequence[IncidentView], now: Time) -> tuple[str, ...]:
    coming = [i for i in shown if i.kind == "maintenance" and i.started.at > now and i.status is not Progress.COMPLETED]
    return tuple(i.id for i in sorted(coming, key=lambda i: i.started.at))


def recent(
    t: Text, shown: Sequence[IncidentView], now: Time, count: int = 7
) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """The last days, newest first, each with the incidents that began on it."""
    by_day: dict[str, list[str]] = defaultdict(list)
    for one in shown:
        if one.started.at <= now:
            by_day[one.started.iso[:10]].append(one.id)
    moments = [now - ago * DAY for ago in range(count)]
    return tuple((text.date(at), t.day(at), tuple(by_day.get(text.date(at), ()))) for at in moments)


def months(t: Text, shown: Sequence[IncidentView], prefix: str) -> tuple[Month, ...]:
    """Every month in which an incident began, newest first."""
    by_month: dict[str, list[str]] = defaultdict(list)
    for one in shown:
        by_month[one.started.iso[:7]].append(one.id)
    return tuple(
        Month(month, t.month(month), f"{prefix}/history/{month}/", tuple(ids))
        for month, ids in sorted(by_month.items(), reverse=True)
    )


def by_component_day(
    shown: Sequence[Incident], now: Time, days: int = 90
) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """component -> date -> ids of the incidents that touch it on that day, for the bars."""
    first = now - now % DAY - (days - 1) * DAY
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for one in shown:
        end = min(one.ended if one.ended is not None else now, now)
        begin = max(one.started, first)
        for at in range(begin - begin % DAY, end + 1, DAY) if begin <= end else ():
            for component in one.components:
                found[component][text.date(at)].append(one.id)
    return {c: {d: tuple(ids) for d, ids in dates.items()} for c, dates in found.items()}
