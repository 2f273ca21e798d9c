"""What the page about the API promises is there, and what is there is on the page and in the documentation."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from generator import outputs
from generator.outputs._endpoints import ENDPOINTS, Endpoint, example, examples
from tests import samples
from tests.feeds import schemas
from tests.feeds.full import full
from tests.feeds.rendering import files
from tests.feeds.views import CIVITAI, site
from tests.samples import site_view

ROOT = Path(__file__).parents[2]
BUILT = files(full())


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda e: e.path)
def test_every_address_on_the_page_exists_on_the_site(endpoint: Endpoint) -> None:
    path = example(endpoint, examples(full())).lstrip("/")
    assert (path + "index.html" if path.endswith("/") else path) in BUILT


@pytest.mark.parametrize("endpoint", [e for e in ENDPOINTS if e.schema], ids=lambda e: e.path)
def test_the_schema_on_the_page_is_the_one_that_holds(endpoint: Endpoint) -> None:
    assert schemas.schema_of(example(endpoint, examples(full())).lstrip("/")) == endpoint.schema


def test_every_answer_of_the_site_is_on_the_page() -> None:
    names = {
        "{platform}": "[^/]+",
        "{component}": "[^/]+/[^/]+",
        "{measured}": "[^/]+/[^/]+",
        "{year}": r"\d{4}",
        "{day}": "[0-9-]+",
    }
    patterns = []
    for endpoint in ENDPOINTS:
        pattern = re.escape(endpoint.path.lstrip("/")).replace(r"\{", "{").replace(r"\}", "}")
        for brace, expression in names.items():
            pattern = pattern.replace(brace, expression)
        patterns.append(pattern)
    # Each badge has a JSON beside it, each answer its schema; feeds are on a page of their own.
    patterns += [
        r"badges/.*\.json",
        r"api/roadworthy/v1/schemas/.*",
        r"(.*/)?(history|updates)\.(rss|atom)",
        r"feeds/feed\.css",
        r"embed/(index\.html|embed\.css)",
    ]
    unlisted = [path for path in BUILT if not any(re.fullmatch(pattern, path) for pattern in patterns)]
    assert unlisted == []


@pytest.mark.parametrize("kind", ["down", "no-data"])
def test_the_page_is_made_whatever_the_site_knows(kind: str) -> None:
    view = site_view(kind)
    made = {
        a.path: a.body.decode()
        for a in outputs.get("html").render((view,), (ROOT / "templates",))
        if a.path == "api/index.html"
    }
    page = made["api/index.html"]
    for endpoint in ENDPOINTS:
        assert endpoint.path.replace("{measured}", "{component}") in page
    assert "{component}" not in re.sub(r"<code>/.*?</code>", "", page)


@pytest.mark.parametrize("kind", samples.KINDS)
def test_no_link_of_the_page_leads_nowhere(kind: str) -> None:
    view = site_view(kind)
    built = files(view)
    names = examples(view)
    paths = [example(endpoint, names).lstrip("/") for endpoint in ENDPOINTS]
    assert [path for path in paths if path and (path + "index.html" if path.endswith("/") else path) not in built] == []


def test_the_documentation_names_every_address_and_every_schema() -> None:
    text = (ROOT / "docs" / "api.md").read_text()
    assert [
        endpoint.path for endpoint in ENDPOINTS if f"`{endpoint.path.replace('{measured}', '{component}')}`" not in text
    ] == []
    assert [name for name in schemas.names() if f"{name}.json" not in text] == []


def test_the_documentation_names_every_metric() -> None:
    text = (ROOT / "docs" / "api.md").read_text()
    metrics = set(re.findall(r"# TYPE (\w+)", files(full(), "metrics")["metrics"].decode()))
    assert [name for name in sorted(metrics) if name not in text] == []


def test_a_private_component_that_the_view_left_out_is_nowhere() -> None:
    """The outputs add nothing of their own: what is not in the view cannot leak."""
    assert all(
        b"hidden" not in body.replace(b"aria-hidden", b"").replace(b"document.hidden", b"")
        for body in files(site(platforms=(CIVITAI,))).values()
    )
