"""What every incident is made from, found by component or outage. Pure; decides nothing."""

from __future__ import annotations

from collections.abc import Sequence

from ..model import ALL, FAILING, Config, Finding, Note, OfficialWord, Outage, Past, Said, Span, Time
from ..outage_groups import withdrawn
from .duration import Chronicle, chronicle, lasting
from .journal import Key, Line, looks_of, words_of


class Context:
    """What every incident is made from: the values of `merge` under one name, found by component."""

    def __init__(
        self,
        config: Config,
        past: Past,
        notes: Sequence[Note],
        findings: tuple[Finding, ...],
        now: Time,
        journal: Sequence[Line],
    ) -> None:
        self.config, self.past, self.findings, self.now = config, past, findings, now
        self.journal: dict[str, list[Line]] = {}
        self.official = {word.outage: word for word in words_of(journal)}
        self.spans: dict[str, list[Span]] = {}
        self.left = {(span.component, span.start) for span in past.spans if span.rule == "retired"}
        self.outages: dict[str, list[Outage]] = {}
        self.written: dict[str, list[tuple[Time, Time]]] = {}
        self.chronicles: dict[tuple[str, ...], Chronicle] = {}
        for entry in journal:
            self.journal.setdefault(entry.outage, []).append(entry)
        for span in past.spans:
            if span.region == ALL and span.status in FAILING:
                self.spans.setdefault(span.component, []).append(span)
        for outage in past.outages:
            if not withdrawn(outage):
                self.outages.setdefault(outage.component, []).append(outage)
        for note in notes:
            if note.kind == "incident" and note.ended is not None:
                for component in note.components:
                    self.written.setdefault(component, []).append((note.started, note.ended))

    def words(self, outages: Sequence[Outage]) -> tuple[OfficialWord, ...]:
        """What the official page said of each of these outages; an empty word where it is watched and was not read."""
        platforms = {p.id for p in self.config.platforms if p.official_check is not None and p.official_check.enabled}
        return tuple(
            self.official.get(o.id, OfficialWord(o.id))
            for o in outages
            if not withdrawn(o) and (o.id in self.official or o.component.partition("/")[0] in platforms)
        )

    def looks(self, outages: Sequence[Outage]) -> tuple[Key, ...]:
        """The keys of all looks that these outages, and what was found out of them, rest on."""
        found = [key for o in outages for key in o.evidence]
        found += [key for o in outages for line in self.journal.get(o.id, ()) for key in looks_of(line)]
        return tuple(dict.fromkeys(found))

    def lasting(self, outages: Sequence[Outage]) -> tuple[Said, ...]:
        """How long these outages of one incident ran, among all that is known of their components."""
        outages = [o for o in outages if not withdrawn(o)]
        if not outages:
            return ()
        components = tuple(sorted({o.component for o in outages}))
        known = self.chronicles.get(components)
        if known is None:
            measured = [o for c in components for o in self.outages.get(c, ())]
            written = sorted({w for c in components for w in self.written.get(c, ())})
            known = self.chronicles[components] = chronicle(measured, self.now, written)
        platform = self.config.platform(components[0].partition("/")[0])
        return lasting(outages, known, self.now, platform.timezone if platform else "UTC").said
