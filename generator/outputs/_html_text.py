"""The text twin of the main pages: the same facts as markdown, cheap to read for terminals and programs.

Text of people and of targets is escaped, so that it cannot pretend to be a heading or a link of ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..siteview import ComponentView, IncidentView, PlatformView
from ._html_assets import GLYPHS

if TYPE_CHECKING:
    from ._html_values import Site

_SPECIAL = re.compile(r"([\\`*_\[\]<>#|])")


def plain(text: str) -> str:
    """One line of text without any meaning to markdown."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def index_text(s: Site) -> str:
    view, t = s.view, s.t
    lines = [f"# {plain(view.title)}", "", f"{GLYPHS[view.overall]} {plain(view.sentence)}", ""]
    lines += [plain(line) for line in view.detail_sentences]
    lines += ["", plain(f"{view.checked_sentence} {view.valid_sentence}".strip()), "", plain(view.independence)]
    lines += [f"\n> {plain(warning)}" for warning in view.warnings]
    for one in s.incidents(view.active):
        lines += ["", *_incident(one, 2)]
    for platform in view.platforms:
        lines += ["", *_platform(platform, 2)]
    if view.upcoming:
        lines += ["", f"## {t('Planned')}", ""]
        lines += [f"- {plain(one.title)} ({one.started.text})" for one in s.incidents(view.upcoming)]
    return _joined(lines)


def component_text(s: Site, platform: PlatformView, component: ComponentView) -> str:
    lines = [
        f"# {plain(platform.name)}: {plain(component.name)}",
        "",
        f"{GLYPHS[component.status]} {plain(component.word)}. {plain(component.sentence)}",
        "",
        plain(s.view.valid_sentence),
        "",
    ]
    lines += [
        f"- {plain(cell.region_name)}: {GLYPHS[cell.status]} {plain(cell.word)} {plain(cell.sentence)}".rstrip()
        for cell in component.cells
    ]
    lines += ["", plain(component.days_summary)]
    lines += [f"- {plain(day.sentence)}" for day in component.days if day.height != 1]
    for check in component.checks:
        lines += ["", f"## {plain(check.name)}", "", plain(check.question)]
        if check.curl:
            lines += ["", *(f"    {line}" for line in check.curl.splitlines())]
    return _joined(lines)


def platform_text(s: Site, platform: PlatformView) -> str:
    valid = [plain(s.view.valid_sentence), ""] if s.view.valid_sentence else []
    return _joined([*_platform(platform, 1), "", *valid, plain(s.view.independence)])


def incident_text(s: Site, one: IncidentView) -> str:
    return _joined(_incident(one, 1))


def _platform(platform: PlatformView, level: int) -> list[str]:
    lines = [f"{'#' * level} {plain(platform.name)} ({plain(platform.role_word)})", "", plain(platform.sentence), ""]
    lines += [_component_line(component) for component in platform.components]
    return [*lines, "", plain(platform.official.sentence)] if platform.official else lines


def _component_line(component: ComponentView) -> str:
    uptime = component.uptime["quarter"]
    said = f"- {GLYPHS[component.status]} **{plain(component.name)}**: {plain(component.word)}. "
    return said + f"{plain(component.sentence)} 90 d: {uptime.text}"


def _incident(one: IncidentView, level: int) -> list[str]:
    marks = "#" * level
    lines = [f"{marks} {plain(one.title)}", "", plain(one.sentence), ""]
    lines += [f"> {plain(said)}" for said in (one.conflict, one.overdue) if said]
    lines += [line for said in one.official for line in ("", plain(said.sentence))]
    for update in one.updates:
        lines += ["", f"**{plain(update.word)}** ({update.at.text})", "", plain(update.text)]
    for found in one.findings:
        sure = f" ({plain(found.confidence_word)})" if found.confidence_word else ""
        lines += ["", f"{marks}# {plain(found.title)}{sure}", ""]
        lines += [f"- {plain(line)}" for line in found.evidence]
    return lines


def _joined(lines: Iterable[str]) -> str:
    """Lines as a file: never two empty ones in a row, one line end at the end."""
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"
