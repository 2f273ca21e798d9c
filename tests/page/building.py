"""Builds the sample site into a folder, as the real outputs would."""

from __future__ import annotations

from pathlib import Path

from generator.outputs import api, html
from generator.siteview import SiteView
from tests.samples import site_view

TEMPLATES = Path(__file__).parents[2] / "templates"

PAGES = {
    "index": "/",
    "platform": "/platforms/civitai/",
    "component": "/components/civitai/indexing/",
    "region": "/regions/eu-west/",
    "incident": "/incidents/2026-11-23-search-backlog/",
    "history": "/history/",
    "month": "/history/2026-11/",
    "compare": "/compare/",
    "causes": "/causes/",
    "cause": "/causes/indexing-queue/",
    "feeds": "/feeds/",
    "method": "/method/",
    "missing": "/404.html",
}
"""One address of every type of page."""


def file_of(url: str) -> str:
    return url.lstrip("/") + "index.html" if url.endswith("/") else url.lstrip("/")


def rendered(views: tuple[SiteView, ...], folders: tuple[Path, ...] = (TEMPLATES,)) -> dict[str, bytes]:
    """Every file of the pages by its path."""
    return {artifact.path: artifact.body for artifact in html.OUTPUT.render(views, folders)}


def write(views: tuple[SiteView, ...], folder: Path) -> Path:
    """The pages with their live data as files."""
    for path, body in (*rendered(views).items(), ("live.json", api.live(views[0]))):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(body)
    return folder


def site(kind: str, folder: Path, languages: tuple[str, ...] = ("en",)) -> Path:
    return write(tuple(site_view(kind, lang, languages) for lang in languages), folder)
