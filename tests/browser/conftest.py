"""A real Chromium and sample sites, made once per session."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.visiting import Server, Visit, serve
from tests.page.building import site

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or "/usr/bin/chromium"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.fail("these tests need Chromium: apt-get install -y chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Server]:
    """`sites(kind, languages)` builds a sample site once and serves it until the session ends."""
    made: dict[tuple[str, tuple[str, ...]], Server] = {}

    def get(kind: str = "down", languages: tuple[str, ...] = ("en",)) -> Server:
        key = (kind, languages)
        if key not in made:
            made[key] = serve(site(kind, tmp_path_factory.mktemp(kind), languages))
        return made[key]

    return get


@pytest.fixture
def visit(chromium: Browser, sites: Callable[..., Server]) -> Iterator[Callable[..., Visit]]:
    """`visit(url, kind=…, **context)` opens a page of a sample site and notes everything that went wrong in it."""
    opened: list[Visit] = []

    def go(
        url: str,
        *,
        kind: str = "down",
        languages: tuple[str, ...] = ("en",),
        server: Server | None = None,
        **context: object,
    ) -> Visit:
        found = Visit(chromium, server or sites(kind, languages), url, context)
        opened.append(found)
        return found

    yield go
    for one in opened:
        one.close()
