"""What a note may refer to, and what people who come from other status pages write instead. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ..errors import Problem
from ..model import Config

if TYPE_CHECKING:
    from ..yamltext import Document


@dataclass(frozen=True, slots=True)
class Names:
    """What a note may refer to: living ids, and old ones with what they became.

    `open`: nothing is known, because the configuration has errors itself; then no name is called unknown. `secrets`
    may stand in no note.
    """

    components: Sequence[str]
    regions: Sequence[str]
    causes: Sequence[str]
    renamed: Mapping[str, str]
    base_url: str
    open: bool = False
    languages: Sequence[str] = ()
    secrets: Collection[str] = field(default=(), repr=False)

    @classmethod
    def of(cls, config: Config, causes: Sequence[str]) -> Names:
        renamed = {old: c.id for c in config.components for old in c.was}
        renamed |= {old: region.id for region in config.regions for old in region.was}
        renamed |= {old: old for old in config.extra.get("retired", ())}
        ids = tuple(c.id for c in config.components)
        regions = tuple(r.id for r in config.regions)
        return cls(
            ids,
            regions,
            causes,
            renamed,
            config.site.url,
            languages=config.site.languages,
            secrets=config.secrets,
        )


# Keys that people know from other status pages, and how the same is said here.
_HABITS = {
    "resolved": "an incident is resolved by an update with status: resolved and its time",
    "resolved_at": "an incident is resolved by an update with status: resolved and its time",
    "resolvedWhen": "an incident is resolved by an update with status: resolved and its time",
    "ended": "an incident is ended by an update with status: resolved and its time",
    "status": "the status belongs to an update, below updates:",
    "date": "write started: with the time and its offset",
    "severity": "write impact: none, minor, major or critical",
    "affected": "write components: [platform/component]",
    "timeline": "write updates:",
    "body": "write the text below the front matter, or as the body of an update",
}


_HABITS_OF_UPDATES = {
    "resolved": "write status: resolved",
    "date": "write at: with the time and its offset",
    "time": "write at: with the time and its offset",
    "message": "write body:",
    "description": "write body:",
}


def habits(problem: Problem, document: Document) -> Problem:
    """The problem with a better hint, where a key is not a slip but the way of another page."""
    key = problem.message.removeprefix("unknown key `").removesuffix("`")
    known = _HABITS if document.keys.get((key,)) == (problem.line, problem.col) else _HABITS_OF_UPDATES
    if problem.rule != "unknown-key" or key not in known:
        return problem
    return replace(problem, fix=known[key])
