"""What an incident says inside a feed: HTML in the layout of Statuspage's history feed.

Scrapers read the first `<strong>` as the current state, so the newest update stands first and names a state, never
just "Update". Only facts are written: no durations and no "now", so that a feed without news keeps its bytes.
"""

from __future__ import annotations

from html import escape

from ..model import Time
from ..siteview import IncidentView, SiteView, UpdateView
from ._plain import absolute, absolute_html, clean, moment

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

AUTOMATIC = "Found and written by automatic checks."


def story(view: SiteView, incident: IncidentView) -> str:
    """The whole incident, newest update first, then the longer text and what it affects."""
    parts = [f"<p><strong>{said}</strong></p>" if (said := window(incident)) else ""]
    if incident.updates and incident.updates[0].status is not incident.status:
        # Checks win over a note: the state of today stands first even if nobody has written it yet.
        parts.append(_paragraph(incident.changed.at, incident.word, _escaped(incident.conflict or incident.title)))
    parts += [_update(update) for update in incident.updates]
    if not incident.updates:
        parts.append(_paragraph(incident.started.at, incident.word, _escaped(incident.title)))
    if incident.conflict:
        parts.append(f"<p><em>{_escaped(incident.conflict)}</em></p>")
    if incident.body_html:
        parts.append(f"<hr>{clean(incident.body_html)}")
    parts.append(_affected(view, incident))
    return absolute_html(view, "".join(parts))


def single(view: SiteView, incident: IncidentView, update: UpdateView) -> str:
    """One update with what it is about; of a maintenance also when it is: who gets a mail has only this."""
    when = f"<p><small>{said}</small></p>" if (said := window(incident)) else ""
    return absolute_html(view, _update(update) + when + _affected(view, incident))


def _update(update: UpdateView) -> str:
    text = _paragraph(update.at.at, update.word, clean(update.html) or _escaped(update.text))
    return text + f"<p><small>{AUTOMATIC}</small></p>" if update.automatic else text


def _paragraph(at: Time, word: str, html: str) -> str:
    """The line of Statuspage; a text that begins with a paragraph flows into it, other blocks follow below."""
    when = moment(at)
    head = (
        f"<p><small>{MONTHS[when.month - 1]} <var data-var='date'>{when.day:02d}</var>, "
        f"<var data-var='time'>{when:%H:%M}</var> UTC</small><br><strong>{_escaped(capital(word))}</strong> - "
    )
    html = html.strip()
    if html.startswith("<p>"):
        return head + html[3:]
    if html.startswith("<"):
        return f"{head}</p>{html}"
    return f"{head}{html}</p>"


def capital(word: str) -> str:
    """The word as a label: `Investigating`, as Statuspage writes it."""
    return word[:1].upper() + word[1:]


def window(incident: IncidentView) -> str:
    """`THIS IS A SCHEDULED EVENT Nov 25, 06:00 - 08:00 UTC` for a maintenance, empty for anything else."""
    if incident.kind != "maintenance" or incident.scheduled_for is None:
        return ""
    start = moment(incident.scheduled_for.at)
    text = f"{MONTHS[start.month - 1]} {start.day}, {start:%H:%M}"
    if incident.scheduled_until is not None:
        end = moment(incident.scheduled_until.at)
        day = "" if end.date() == start.date() else f"{MONTHS[end.month - 1]} {end.day}, "
        text += f" - {day}{end:%H:%M}"
    return f"THIS IS A SCHEDULED EVENT {text} UTC"


def _affected(view: SiteView, incident: IncidentView) -> str:
    links = [
        f'<a href="{escape(clean(absolute(view, link.url)))}">{_escaped(link.text)}</a>'
        for link in incident.component_links
    ]
    facts = [", ".join(links), _escaped(", ".join(incident.region_names)), _escaped(incident.impact_word)]
    said = " · ".join(fact for fact in facts if fact)
    return f"<p><small>{said}</small></p>" if said else ""


def _escaped(text: str) -> str:
    return escape(clean(text), quote=False)
