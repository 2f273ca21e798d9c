"""A build that remembers and a build that starts from nothing make the same site, to the byte."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generator import cli, parallel
from generator.artifacts import Deferred
from generator.cache import Cache
from generator.fingerprint import Fingerprints
from generator.model import Artifact, Impact, Progress
from generator.outputs import feeds, html
from generator.outputs._again import Watched
from generator.siteview import Link, SiteView, When
from tests.bench.content import NOW, name, note, write_root
from tests.page.building import TEMPLATES
from tests.samples import site_view

NOTES, PARTS = 4, 3

# ---- whole builds ----------------------------------------------------------------------------------------------------


def small_root(root: Path) -> Path:
    """A root with few parts, so that a build takes a moment, and notes that speak of them only."""
    write_root(root, 0)
    value = json.loads(config_file(root).read_text())
    value["platforms"][0]["components"] = value["platforms"][0]["components"][:PARTS]
    config_file(root).write_text(json.dumps(value))
    for n in range(NOTES):
        write_note(root, n, "")
    return root


def config_file(root: Path) -> Path:
    return root / "content" / "status.yml"


def write_note(root: Path, n: int, word: str) -> None:
    text = "\n".join(
        f"components: [shop/part-{n % PARTS:02d}]" if line.startswith("components:") else line
        for line in note(n, NOTES, word=word).split("\n")
    )
    (root / "content" / "incidents" / f"{name(n, NOTES)}.md").write_text(text)


def configured(**site: Any) -> Callable[[Path, int], None]:
    def change(root: Path, _: int) -> None:
        value = json.loads(config_file(root).read_text())
        value["site"] |= site
        config_file(root).write_text(json.dumps(value))

    return change


def renamed(root: Path, n: int) -> None:
    value = json.loads(config_file(root).read_text())
    value["platforms"][0]["components"][n % PARTS]["name"] = f"Another {n}"
    config_file(root).write_text(json.dumps(value))


def template(root: Path, n: int) -> None:
    path = root / "templates" / "macros.html"
    path.write_text(path.read_text().replace("<ol class=", f'<ol data-n="{n}" class='))


def style(root: Path, n: int) -> None:
    path = root / "templates" / "style.css"
    path.write_text(f"{path.read_text()}.x{n}{{top:0}}")


def theme(root: Path, n: int) -> None:
    """A page of the site's own, which shows something that no page of ours does."""
    (root / "content" / "theme").mkdir(exist_ok=True)
    said = ("view.checked_sentence", "view.generated_at.iso", "view.components|length", "view.incidents[0].title")
    (root / "content" / "theme" / "incident.html").write_text(
        f'{{% extends "base.html" %}}{{% block main %}}{{{{ incident.title }}}} {{{{ {said[n % 4]} }}}}{{% endblock %}}'
    )


def damaged(root: Path, n: int) -> None:
    """Somebody's edit of the site: of the same length, so that only the bytes tell."""
    pages = sorted((root / "site").rglob("*/index.html"))
    if pages:
        path = pages[n * 7 % len(pages)]
        path.write_bytes(path.read_bytes().replace(b"<main", b"<mein"))


def gone(root: Path, n: int) -> None:
    files = sorted(path for path in (root / "site").rglob("*.*") if path.is_file() and path.name[0] != ".")
    if files:
        files[n * 11 % len(files)].unlink()


CHANGES: dict[str, Callable[[Path, int], None]] = {
    "a note": lambda root, n: write_note(root, n % NOTES, f"mended{n}"),
    "a note is gone": lambda root, n: (root / "content" / "incidents" / f"{name(n % NOTES, NOTES)}.md").unlink(True),
    "an open one": lambda root, n: (root / "content" / "incidents" / "2026-11-20-open.md").write_text(
        f"---\ntitle: Open {n}\nimpact: minor\ncomponents: [shop/part-01]\nstarted: 2026-11-20T00:00:00Z\n---\n"
    ),
    "the title": configured(title="Another"),
    "the address": configured(url="https://other.example/below"),
    "a language": configured(languages=["en", "de"]),
    "a name": renamed,
    "a template": template,
    "a page of the site's own": theme,
    "a style": style,
    "the site is edited": damaged,
    "a file of the site is gone": gone,
    "the site is gone": lambda root, _: shutil.rmtree(root / "site", ignore_errors=True),
    "nothing": lambda root, n: None,
}

STEPS = st.lists(st.tuples(st.sampled_from(sorted(CHANGES)), st.integers(0, 40), st.integers(0, 40)), max_size=3)


def built(root: Path, site: Path, now: datetime) -> dict[str, bytes]:
    assert cli.main(["build", "--root", str(root), "--site", str(site), "--now", now.isoformat()]) == 0
    return {
        path.relative_to(site).as_posix(): path.read_bytes()
        for path in site.rglob("*")
        if path.is_file() and path.name != ".roadworthy.json"
    }


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_whatever_changes_a_build_that_remembers_is_a_clean_build(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, int]]
) -> None:
    """After any changes to content, templates, settings, the site and the clock; old hashed assets may stay."""
    root = small_root(tmp_path_factory.mktemp("again") / "root")
    now = datetime.fromtimestamp(NOW, UTC)
    for what, n, hours in [("nothing", 0, 0), *steps]:
        CHANGES[what](root, n)
        now += timedelta(hours=hours)
        remembered = built(root, root / "site", now)
        shutil.rmtree(root / "clean", ignore_errors=True)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("ROADWORTHY_CACHE", "off")
            clean = built(root, root / "clean", now)
        kept = {path for path in remembered if path.startswith("assets/")} - clean.keys()
        assert {path: body for path, body in remembered.items() if path not in kept} == clean, what


# ---- what is printed again -------------------------------------------------------------------------------------------


def printed(folder: Path, view: SiteView, *, templates: Path = TEMPLATES, output: Any = html) -> dict[str, bytes]:
    """What had to be printed; everything that did not is the same as what a build without memory prints."""
    with Cache(folder) as memory:
        made = list(output.OUTPUT.again((view,), (templates,), memory))
        clean = {artifact.path: artifact.body for artifact in output.OUTPUT.render((view,), (templates,))}
        assert [artifact.path for artifact in made] == list(clean)
        for artifact in made:
            if isinstance(artifact, Deferred):
                assert artifact.opened
                assert artifact.read() == clean[artifact.path]
        return {
            artifact.path: artifact.body if isinstance(artifact, Artifact) else artifact.read()
            for artifact in made
            if isinstance(artifact, Artifact) or artifact.kept
        }


def later(view: SiteView) -> SiteView:
    """The same view, built five minutes later without any news."""
    return replace(view, generated_at=When(view.generated_at.at + 300, "later", "later"))


def of_now(view: SiteView) -> tuple[str, ...]:
    """What the pages of what lasts begin with: they say until when they can be believed."""
    lasting = [one.url for one in (*view.incidents, *view.causes) if one.active]
    return tuple(url.lstrip("/") for url in (*lasting, "/causes/index."))


def test_pages_whose_facts_do_not_age_are_printed_once(tmp_path: Path) -> None:
    view = site_view("down")
    assert printed(tmp_path, view)
    again = printed(tmp_path, later(view))
    settled = ("incidents/", "history/2", "causes/", "feeds/", "compare/")
    assert {path for path in again if path.startswith(settled)} <= {p for p in again if p.startswith(of_now(view))}
    assert any(not one.active for one in view.incidents)
    assert "index.html" in again


def test_a_changed_incident_prints_its_pages_and_no_other_incident(tmp_path: Path) -> None:
    view = site_view("down")
    printed(tmp_path, view)
    one = next(one for one in view.incidents if not one.active)
    changed = replace(one, title="Another title")
    again = printed(tmp_path, replace(view, incidents=tuple(changed if i is one else i for i in view.incidents)))
    assert {path for path in again if path.startswith("incidents/") and not path.startswith(of_now(view))} == {
        f"incidents/{one.id}/index.html",
        f"incidents/{one.id}/index.md",
    }


def test_only_the_feeds_of_a_changed_incident_are_written_again(tmp_path: Path) -> None:
    view = site_view("down")
    assert len(printed(tmp_path, view, output=feeds)) > 50
    assert set(printed(tmp_path, later(view), output=feeds)) == {"feed.json", "feeds/feed.css"}
    one = view.incidents[0]
    changed = replace(one, title="Another title")
    again = printed(
        tmp_path, replace(view, incidents=tuple(changed if i is one else i for i in view.incidents)), output=feeds
    )
    other = next(c.id for c in view.components if c.id not in one.components)
    assert {"history.atom", "updates.rss", f"components/{one.components[0]}/history.rss"} <= set(again)
    assert not [path for path in again if path.startswith(f"components/{other}/")]


def test_a_template_may_show_anything_of_the_view_and_is_printed_again_when_that_changes(tmp_path: Path) -> None:
    templates = tmp_path / "templates"
    shutil.copytree(TEMPLATES, templates)
    for path in (templates / "incident.html",):
        path.write_text(path.read_text() + "{% block ages %}{{ view.generated_at.text }}{% endblock %}")
    view = site_view("healthy")
    printed(tmp_path / "c", view, templates=templates)
    pages = {f"incidents/{one.id}/index.html" for one in view.incidents}
    assert pages
    assert not pages & printed(tmp_path / "c", view, templates=templates).keys()
    assert pages <= printed(tmp_path / "c", later(view), templates=templates).keys()


@pytest.mark.parametrize(
    "said", ["{{ view }}", "{{ view.incident(incident.id).title }}"], ids=["all of it", "a method"]
)
def test_a_page_that_shows_more_than_single_fields_of_the_view_is_printed_each_time(tmp_path: Path, said: str) -> None:
    templates = tmp_path / "templates"
    shutil.copytree(TEMPLATES, templates)
    (templates / "incident.html").write_text(said)
    view = site_view("healthy")
    for _ in range(2):
        assert f"incidents/{view.incidents[0].id}/index.html" in printed(tmp_path / "c", view, templates=templates)


def test_an_item_shows_nothing_of_a_view_that_its_name_does_not_say() -> None:
    view = site_view("down")
    watched = Watched(view)
    items = feeds.Items(view)
    told = [*items.told("history", ("site", "")), *items.told("updates", ("site", ""))]
    for incident, update in told:
        feeds._item(watched.as_view, incident, update)
    assert told
    assert watched.asked == set(feeds.ITEMS_SHOW)


# ---- fingerprints ----------------------------------------------------------------------------------------------------


def test_equal_values_have_equal_fingerprints_whoever_made_them() -> None:
    first, second = (
        site_view("down").incidents,
        site_view.__wrapped__("down").incidents
        if hasattr(site_view, "__wrapped__")
        else tuple(replace(one, updates=tuple(map(replace, one.updates))) for one in site_view("down").incidents),
    )
    assert first == second
    assert Fingerprints().of(first) == Fingerprints().of(second)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param((1,), (True,), id="a number and a truth"),
        pytest.param((1,), (1.0,), id="a whole number and a float"),
        pytest.param(("1",), (1,), id="text and a number"),
        pytest.param((None,), ("",), id="nothing and empty"),
        pytest.param(("ab", "c"), ("a", "bc"), id="where one value ends"),
        pytest.param((("a",), "b"), (("a", "b"),), id="where a list ends"),
        pytest.param(({"a": 1, "b": 2},), ({"b": 2, "a": 1},), id="the order of a mapping"),
        pytest.param((Impact.NONE,), ("none",), id="an enumeration and its text"),
        pytest.param((Progress.RESOLVED,), (Impact.NONE,), id="two enumerations"),
        pytest.param((Link("a", "b"),), (("a", "b"),), id="a value and its fields"),
        pytest.param((0.0,), (-0.0,), id="zeros that are written differently"),
    ],
)
def test_different_values_have_different_fingerprints(one: tuple[Any, ...], other: tuple[Any, ...]) -> None:
    assert Fingerprints().of(*one) != Fingerprints().of(*other)


def test_every_field_of_an_incident_counts() -> None:
    from dataclasses import fields

    one = site_view("down").incidents[0]
    found = {Fingerprints().of(one)}
    for field in fields(one):
        found.add(Fingerprints().of(replace(one, **{field.name: ("another",)})))
    assert len(found) == 1 + len(fields(one))


@pytest.mark.parametrize(
    "value", [object(), {1, 2}, bytearray(b"x"), lambda: 1], ids=["object", "set", "bytes", "code"]
)
def test_what_has_no_fixed_meaning_has_no_fingerprint(value: object) -> None:
    with pytest.raises(TypeError):
        Fingerprints().of(value)


# ---- what is put aside -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("works", [True, False], ids=["on the disk", "where there is none"])
def test_what_is_put_aside_comes_back_and_leaves_nothing(tmp_path: Path, works: bool) -> None:
    with Cache(tmp_path / "c" if works else None) as memory:
        bodies = [bytes([n]) * (n * 1000) for n in range(20)]
        ways = [memory.spool(body) for body in bodies]
        assert [way() for way in ways] == bodies
        if works:
            assert [path.name for path in (tmp_path / "c").iterdir()] == ["cache.sqlite"]


def test_a_site_that_several_processes_print_is_the_same(tmp_path: Path) -> None:
    view = site_view("down")
    one = view.incidents[0]
    many = tuple(replace(one, id=f"x-{n}", url=f"/incidents/x-{n}/", aliases=()) for n in range(2 * parallel.LEAST))
    files = printed(tmp_path, replace(view, incidents=many))
    assert len([path for path in files if path.startswith("incidents/")]) == 2 * len(many)
