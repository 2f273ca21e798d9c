"""Pages as they are, to be read in review: run with `UPDATE_GOLDEN=1` after a wanted change and read the difference.

Style, policy and the script's data are left out: other tests hold those.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.page.building import PAGES, file_of, rendered
from tests.samples import site_view

GOLDEN = Path(__file__).parent / "golden"
SHOWN = {
    **{f"down-{name}": ("down", url) for name, url in PAGES.items() if name not in ("feeds", "region", "causes")},
    "healthy-index": ("healthy", "/"),
    "stale-index": ("stale", "/"),
    "no-data-index": ("no-data", "/"),
}


def shown(page: str) -> str:
    page = re.sub(r"<style>.*?</style>", "<style></style>", page, flags=re.DOTALL)
    page = re.sub(r'(Content-Security-Policy" content=)"[^"]*"', r'\1""', page)
    page = re.sub(r'(id="rw">).*?(</script>)', r"\1\2", page)
    page = re.sub(r"data:image/svg[^\"]*", "data:", page)
    page = re.sub(r"\.[0-9a-f]{10}\.", ".HASH.", page)
    return re.sub(r"<svg class=\"sprite\".*?</svg>", "", page, flags=re.DOTALL)


@pytest.mark.parametrize(("name", "kind", "url"), [(name, *row) for name, row in SHOWN.items()], ids=SHOWN.keys())
def test_the_page_is_as_it_was_read(name: str, kind: str, url: str) -> None:
    page = shown(rendered((site_view(kind),))[file_of(url)].decode())
    file = GOLDEN / f"{name}.html"
    if os.environ.get("UPDATE_GOLDEN"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(page)
    assert file.exists(), f"{file.name} is missing: run with UPDATE_GOLDEN=1 and read it"
    assert page == file.read_text(), (
        f"{name} changed: if that is wanted, run with UPDATE_GOLDEN=1 and read the difference"
    )


@pytest.mark.parametrize("url", ["/", PAGES["component"], PAGES["incident"]], ids=["index", "component", "incident"])
def test_the_text_twin_says_what_the_page_says(url: str) -> None:
    """`index.md` beside the main pages: the same sentence, states and evidence, without markup."""
    files = rendered((site_view("down"),))
    text = files[file_of(url).replace(".html", ".md")].decode()
    file = GOLDEN / f"{ {'/': 'index'}.get(url, url.split('/')[1]) }.md"
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(text)
    assert text == file.read_text()
    assert "<" not in re.sub(r"\\<", "", text)
