"""Thirty builds over the life of an incident, as the view tells them: what a subscriber should hear, and when.

Each step says which incidents and which updates are new in it. Everything else a step does (a build without news, a
typo, a renamed file, a moved site) is no news to anybody.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from generator.model import Impact, Progress
from generator.siteview import IncidentView, SiteView, UpdateView
from tests.feeds.views import BASE, DAY, HOUR, NOW, incident, maintenance, site, update, when

ID = "auto-civitai-search-20261123T0600Z"
STEP = 300


@dataclass(frozen=True)
class Step:
    """`incidents` and `updates` are words that occur only in what is new in this build."""

    name: str
    view: SiteView
    incidents: tuple[str, ...] = ()
    updates: tuple[str, ...] = ()


@dataclass
class Story:
    """The incident as it grows; `updates` oldest first."""

    updates: list[UpdateView]
    title: str = "Search: major outage"
    automatic: bool = True
    ended: int | None = None
    body_html: str = ""
    impact: Impact = Impact.MAJOR
    url: str = f"/incidents/{ID}/"

    def view(self) -> IncidentView:
        found = incident(
            ID,
            *sorted(self.updates, key=lambda u: u.at.at),
            title=self.title,
            started=NOW,
            ended=self.ended,
            impact=self.impact,
        )
        facts = [NOW, *(u.at.at for u in self.updates), *(u.edited.at for u in self.updates if u.edited)]
        return replace(
            found, automatic=self.automatic, body_html=self.body_html, url=self.url, changed=when(max(facts))
        )


def steps(base: str = BASE) -> Iterator[Step]:
    """Thirty steps. `base` is where the site is served."""
    told = _tell(base)
    for n, step in enumerate(told):
        at = NOW + n * STEP
        yield replace(step, view=replace(step.view, generated_at=when(at), checked_at=when(at - 30)))


def _tell(base: str) -> Iterator[Step]:
    old = incident(
        "2026-11-01-old",
        update(NOW - 20 * DAY, Progress.RESOLVED, "factold over."),
        title="Old story",
        started=NOW - 20 * DAY - HOUR,
        ended=NOW - 20 * DAY,
        components=("civitai/cdn",),
    )
    others: list[IncidentView] = [old]

    def build(
        name: str,
        story: Story | None = None,
        *,
        incidents: tuple[str, ...] = (),
        updates: tuple[str, ...] = (),
        at: str = base,
    ) -> Step:
        listed = (story.view(),) if story else ()
        return Step(name, site(*listed, *others, base_url=at, feed_host="status.example"), incidents, updates)

    yield build("first build, with an old incident", incidents=("Old story",), updates=("factold",))
    yield build("nothing happens")
    story = Story([update(NOW + 300, Progress.INVESTIGATING, "factopened by 3 of 4 regions.", automatic=True)])
    yield build("the machine confirms an outage", story, incidents=("Search",), updates=("factopened",))
    yield build("still failing", story)
    story.updates.append(update(NOW + 900, Progress.INVESTIGATING, "factworse in all regions.", automatic=True))
    yield build("it gets worse", story, updates=("factworse",))
    yield build("still failing", story)
    story.title, story.automatic = "New models do not appear in search", False
    story.updates.append(update(NOW + 1200, Progress.INVESTIGATING, "factnote: we see it too."))
    yield build("a person writes the note", story, updates=("factnote",))
    yield build("rebuilt at once", story)
    story.title = "New models are missing from search"
    yield build("the title is edited", story)
    story.updates.append(update(NOW + 2400, Progress.IDENTIFIED, "factqueue: the queue is bloked."))
    yield build("first update", story, updates=("factqueue",))
    story.updates[-1] = update(NOW + 2400, Progress.IDENTIFIED, "factqueue: the queue is blocked.")
    yield build("a typo is fixed", story)
    yield build("still failing", story)
    story.updates.append(update(NOW + 3300, Progress.IDENTIFIED, "facthalf: half of it works."))
    yield build("second update", story, updates=("facthalf",))
    story.updates.append(update(NOW + 2700, Progress.IDENTIFIED, "factbetween: forgotten, inserted later."))
    yield build("an older update is inserted", story, updates=("factbetween",))
    story.updates[-2] = replace(
        story.updates[-2], html="<p>facthalf: half of it works again.</p>", edited=when(NOW + 4000)
    )
    yield build("an update is edited and says so", story)
    story.updates.append(update(NOW + 4500, Progress.MONITORING, "factfixed: a fix is out."))
    yield build("third update", story, updates=("factfixed",))
    yield build("nothing new", story)
    others.append(
        maintenance(
            "2026-11-24-db",
            NOW + DAY,
            NOW + DAY + HOUR,
            update(NOW + 5000, Progress.SCHEDULED, "factwindow announced."),
            title="Database upgrade",
            changed=when(NOW + 5000),
        )
    )
    yield build("a maintenance is announced", story, incidents=("Database",), updates=("factwindow",))
    story.updates.append(update(NOW + 5400, Progress.MONITORING, "factgreen in all regions.", automatic=True))
    yield build("the machine sees it recover", story, updates=("factgreen",))
    story.updates.append(update(NOW + 6000, Progress.RESOLVED, "factresolved: search is complete again."))
    story.ended = NOW + 6000
    yield build("resolved", story, updates=("factresolved",))
    yield build("rebuilt at once", story)
    story.impact = Impact.CRITICAL
    yield build("a person corrects the impact", story)
    story.updates.append(update(NOW + 7000, Progress.POSTMORTEM, "factlearnt: what we learnt."))
    story.body_html = "<p>A longer diagnosis.</p>"
    yield build("the post-mortem", story, updates=("factlearnt",))
    story.url = "/incidents/2026-11-23-search/"
    yield build("the file is renamed, its id kept", story)
    second = incident(
        "auto-civitai-cdn-20261123T0800Z",
        update(NOW + 7500, Progress.INVESTIGATING, "factimages fail.", automatic=True),
        title="Image CDN: partial outage",
        started=NOW + 7400,
        components=("civitai/cdn",),
        automatic=True,
    )
    others.append(second)
    yield build("another outage begins", story, incidents=("Image CDN",), updates=("factimages",))
    yield build("both on the page", story)
    others[-1] = replace(
        second,
        updates=(update(NOW + 8100, Progress.RESOLVED, "factback: images load.", automatic=True), *second.updates),
        ended=when(NOW + 8100),
        active=False,
        changed=when(NOW + 8100),
        status=Progress.RESOLVED,
        word="Resolved",
    )
    yield build("and ends by itself", story, updates=("factback",))
    story.body_html += "<p>And a second paragraph.</p>"
    yield build("the longer text grows", story)
    yield build("the site moves to another domain", story, at="https://moved.example")
    yield build("a last build without news", story, at="https://moved.example")


INCIDENTS = 4
UPDATES = 14
