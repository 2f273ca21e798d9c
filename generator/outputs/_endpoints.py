"""What the API consists of, as a table: the page about it, its documentation and the tests read the same rows. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from ..siteview import SiteView

V1 = "/api/roadworthy/v1"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address. `path` may hold names in braces; `schema` is a file's name without its suffix.

    {component} stands for any component, {measured} for one with a number of its own.
    """

    group: str  # own | statuspage | badges | others
    path: str
    what: str
    schema: str = ""


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "own", f"{V1}/status.json", "The current state: regions, platforms, components, causes, incidents.", "status"
    ),
    Endpoint("own", "/live.json", "The same in small, under 10 KB, refreshed with every round of checks.", "live"),
    Endpoint("own", f"{V1}/history/{{component}}.json", "A component day by day, oldest first.", "history"),
    Endpoint("own", f"{V1}/history/{{component}}.csv", "The same for spreadsheets."),
    Endpoint("own", f"{V1}/incidents/index.json", "The years that have incidents.", "incident-years"),
    Endpoint(
        "own", f"{V1}/incidents/{{year}}.json", "Every incident and maintenance that began in a year.", "incidents"
    ),
    Endpoint("own", f"{V1}/incidents/{{year}}.csv", "The same for spreadsheets."),
    Endpoint("own", f"{V1}/evidence/index.json", "The days that have evidence.", "evidence-days"),
    Endpoint(
        "own", f"{V1}/evidence/{{day}}.jsonl", "Every observation that a claim of that day rests on.", "observation"
    ),
    Endpoint("statuspage", "/api/v2/summary.json", "Everything that is going on.", "statuspage-summary"),
    Endpoint("statuspage", "/api/v2/status.json", "The page in one word.", "statuspage-status"),
    Endpoint(
        "statuspage",
        "/api/v2/components.json",
        "All components, in a group for each platform.",
        "statuspage-components",
    ),
    Endpoint("statuspage", "/api/v2/incidents.json", "The 50 newest incidents.", "statuspage-incidents"),
    Endpoint("statuspage", "/api/v2/incidents/unresolved.json", "Incidents that are not over.", "statuspage-incidents"),
    Endpoint(
        "statuspage",
        "/api/v2/scheduled-maintenances.json",
        "The 50 newest maintenances.",
        "statuspage-scheduled-maintenances",
    ),
    Endpoint(
        "statuspage",
        "/api/v2/scheduled-maintenances/upcoming.json",
        "Maintenances to come.",
        "statuspage-scheduled-maintenances",
    ),
    Endpoint(
        "statuspage",
        "/api/v2/scheduled-maintenances/active.json",
        "Maintenances under way.",
        "statuspage-scheduled-maintenances",
    ),
    Endpoint("badges", "/badges/index.svg", "The site."),
    Endpoint("badges", "/badges/{platform}.svg", "A platform."),
    Endpoint("badges", "/badges/{component}.svg", "The state of a component."),
    Endpoint("badges", "/badges/{component}/uptime.svg", "Its uptime over 90 days."),
    Endpoint("badges", "/badges/{component}/latency.svg", "How fast it answers, over all regions."),
    Endpoint("badges", "/badges/{measured}/indicator.svg", "Its worst number, where checks measure one."),
    Endpoint("badges", "/badges/{component}.json", "Each badge also as an endpoint for shields.io.", "shields"),
    Endpoint("others", "/feed.json", "Incidents as JSON Feed 1.1.", "feed"),
    Endpoint("others", "/feeds.opml", "Every feed, for a feed reader."),
    Endpoint("others", "/maintenance.ics", "Planned maintenance, for a calendar."),
    Endpoint("others", "/metrics", "OpenMetrics, for a Prometheus of your own."),
    Endpoint("others", "/embed.js", "The state on a page of your own."),
    Endpoint("others", "/embed/", "The same as a page for a frame."),
)


def examples(view: SiteView) -> dict[str, str]:
    """What stands for the names in braces on this site; empty where the site has none of it."""
    component = next(iter(view.components), None)
    measured = next((component for component in view.components if component.indicators), None)
    newest = max((incident.started.iso for incident in view.incidents), default="")
    return {
        "{platform}": component.platform if component else "",
        "{component}": component.id if component else "",
        "{measured}": measured.id if measured else "",
        "{year}": newest[:4],
        "{day}": max(view.evidence, default=""),
    }


def example(endpoint: Endpoint, names: dict[str, str]) -> str:
    """The address of this site that shows the endpoint, or empty where there is nothing to show."""
    path = endpoint.path
    for brace, name in names.items():
        if brace in path and not name:
            return ""
        path = path.replace(brace, name)
    return path
