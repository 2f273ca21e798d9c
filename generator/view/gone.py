"""Incidents that were published and withdrawn, as the page says them: what they were about and until when. Pure.

Never says why one is gone, because nobody said so, and never repeats what was written in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from ..incidents.published import Shown
from ..model import Progress, Time
from ..siteview import IncidentView, UpdateView
from ..text import Text
from .incidents import Names

UPDATE = "withdrawn"
"""The id of the one update of an incident that is gone: the same for ever."""


def gone(t: Text, published: Mapping[str, Shown], known: Names) -> tuple[IncidentView, ...]:
    """Newest start first, then by id; one that was about private components only is not spoken of."""
    shown = [(id, one, one.gone) for id, one in published.items() if _visible(one, known)]
    ordered = sorted(shown, key=lambda each: (-each[1].started, each[0]))
    return tuple(
        _view(t, id, one, until, known, tuple(name for name in one.names if name not in published))
        for id, one, until in ordered
        if until is not None
    )


def _visible(one: Shown, known: Names) -> bool:
    return not one.components or any(map(known.shows, one.components))


def _view(t: Text, id: str, one: Shown, until: Time, known: Names, aliases: tuple[str, ...]) -> IncidentView:
    what, day, at, word = known.listed(t, one.components), t.day(one.started), t.when(until), t("withdrawn")
    said = t("This stood here until {time} and has been withdrawn. Nothing is said in its place.", time=at.text)
    regions = tuple(region for region in one.regions if region in known.regions)
    return IncidentView(
        id=id,
        kind=one.kind,
        url=f"{known.prefix}/incidents/{id}/",
        title=t("{what} ({detail})", what=what, detail=day) if what else day,
        status=Progress.RESOLVED,
        word=word,
        impact=one.impact,
        impact_word=t.impact(one.impact),
        started=t.when(one.started),
        ended=None,
        changed=at,
        duration_text="",
        components=tuple(id for id in one.components if id in known.components),
        component_links=known.links(one.components),
        regions=regions,
        region_names=known.places(one.regions),
        sentence=said,
        updates=(UpdateView(UPDATE, at, Progress.RESOLVED, word, said, f"<p>{escape(said)}</p>", False),),
        automatic=False,
        pinned=False,
        active=False,
        lang="",
        aliases=aliases,
    )
