"""The page about the API, `/api/`: every address with its schema, and lines to copy. In English; values only."""

from __future__ import annotations

from typing import Any

from ._endpoints import ENDPOINTS, V1, Endpoint, example, examples
from ._html_pages import Page, Site
from ._plain import absolute

GROUPS = (
    ("own", "State, history and evidence"),
    ("statuspage", "For programs that know Statuspage"),
    ("badges", "Badges"),
    ("others", "Feeds, calendar, metrics, embedding"),
)


def api_page(s: Site) -> Page:
    names = examples(s.view)
    component = names["{component}"]
    home = absolute(s.view, "/")
    v1 = f"{home}{V1[1:]}"
    frame = f"{home}embed/?component={component}"
    values = {
        "groups": [
            {"id": id, "title": title, "rows": [_row(one, names) for one in ENDPOINTS if one.group == id]}
            for id, title in GROUPS
        ],
        "state_line": f"curl -s {v1}/status.json | jq '.platforms[].components[] | {{id, status, since}}'",
        "evidence_line": f"curl -s {v1}/evidence/index.json | jq -r '.days[0].url' | xargs curl -s",
        "statuspage_line": f"curl -s {home}api/v2/summary.json | jq '.status, (.incidents[] | .name)'",
        "badge_line": f"[![Status]({home}badges/{component or 'index'}.svg)]({home})",
        "shields_line": f"https://img.shields.io/endpoint?url={home}badges/{component or 'index'}.json",
        "embed_lines": (
            f'<roadworthy-status component="{component}"><a href="{home}">Status</a></roadworthy-status>\n'
            f'<script src="{home}embed.js" async></script>'
        ),
        "frame_line": f'<iframe src="{frame}" title="Status" width="420" height="160"></iframe>',
        "scrape_lines": (
            "scrape_configs:\n  - job_name: roadworthy\n    metrics_path: /metrics\n    scheme: https\n"
            f"    static_configs:\n      - targets: [{home.split('//')[-1].rstrip('/')}]"
        ),
    }
    return Page(f"{s.prefix}/api/", "api.html", "API", "What programs can read here.", values, alone=True)


def _row(endpoint: Endpoint, names: dict[str, str]) -> dict[str, Any]:
    return {
        "path": endpoint.path.replace("{measured}", "{component}"),
        "url": example(endpoint, names),
        "what": endpoint.what,
        "schema": f"{V1}/schemas/{endpoint.schema}.json" if endpoint.schema else "",
    }
