"""The times in a sentence as elements, so that a browser can add the visitor's own. Values and markup; no decisions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from markupsafe import Markup, escape

from ..siteview import ComponentView, SiteView
from ..text import Text

Moments = Mapping[str, str]
"""Times as sentences say them (`05:30 UTC`, `22 Nov, 04:00 UTC`), each with what a machine reads."""


def moments(t: Text, view: SiteView, components: Iterable[ComponentView] = ()) -> Moments:
    """All times that sentences about the page, and about what of these components fails, can name."""
    known = [view.checked_at, view.next_expected, view.stale_after, *(component.since for component in components)]
    return {t.moment(one.at, view.generated_at.at): one.iso for one in known if one is not None}


def timed(sentence: str, known: Moments) -> Markup:
    """The sentence, escaped, with each known moment in a `<time>`; a longer one goes before a shorter one in it."""
    if not known:
        return escape(sentence)
    found = re.split("({})".format("|".join(map(re.escape, sorted(known, key=len, reverse=True)))), sentence)
    element = Markup('<time datetime="{}">{}</time>')
    return Markup("").join(element.format(known[part], part) if i % 2 else part for i, part in enumerate(found))
