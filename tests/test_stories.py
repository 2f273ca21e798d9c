"""Each story in tests/cases/ ends on the page that its `expect` describes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from generator.siteview import IncidentView, SiteView
from tests.cases.telling import Story, stories, tell


@pytest.mark.parametrize("story", stories(), ids=lambda story: story.name)
def test_the_page_says_what_the_story_expects(story: Story, tmp_path: Path) -> None:
    view = tell(story, tmp_path)[0]
    wrong = list(_differences(story.expect, view))
    assert not wrong, f"{story.about}\nsentence: {view.sentence}\n" + "\n".join(wrong)


def test_there_are_at_least_twelve_stories() -> None:
    assert len(stories()) >= 12


def _differences(expect: dict[str, Any], view: SiteView) -> list[str]:
    wrong = []
    if "overall" in expect and view.overall != expect["overall"]:
        wrong.append(f"overall: wanted {expect['overall']}, got {view.overall}")
    for text in expect.get("sentence", []):
        if text.lower() not in view.sentence.lower():
            wrong.append(f"sentence: wanted {text!r}")
    for text in expect.get("never", []):
        if text.lower() in view.sentence.lower():
            wrong.append(f"sentence: must not say {text!r}")
    components = {c.id: c for c in view.components}
    for id, status in expect.get("components", {}).items():
        if components[id].status != status:
            wrong.append(f"{id}: wanted {status}, got {components[id].status} ({components[id].rule})")
    cells = {f"{c.id}@{cell.region}": cell.status for c in view.components for cell in c.cells}
    for where, status in expect.get("cells", {}).items():
        if cells[where] != status:
            wrong.append(f"{where}: wanted {status}, got {cells[where]}")
    for id, health in expect.get("regions", {}).items():
        got = next(r.health for r in view.regions if r.id == id)
        if got != health:
            wrong.append(f"region {id}: wanted {health}, got {got}")
    if "incidents" in expect:
        wrong.extend(_incidents(expect["incidents"], view.incidents))
    return wrong


def _incidents(wanted: list[dict[str, Any]], got: tuple[IncidentView, ...]) -> list[str]:
    if len(wanted) != len(got):
        return [f"incidents: wanted {len(wanted)}, got {[i.title for i in got]}"]
    wrong = []
    for want, incident in zip(wanted, got, strict=True):
        for key, value in want.items():
            have: Any = getattr(incident, key)
            if key in ("title", "conflict"):
                fine = value.lower() in have.lower() if value else not have
            elif key == "official":
                have = [answer.sentence for answer in have]
                fine = have == value
            elif key == "measured":
                have = [f"{row.at.iso[11:16]} {row.who}: {row.what}" for row in have]
                fine = have == value
            elif key == "components":
                fine = list(have) == value
            elif key == "started":
                fine = have.iso == value
            else:
                fine = have == value
            if not fine:
                wrong.append(f"incident {incident.id}: {key}: wanted {value!r}, got {have!r}")
    return wrong
