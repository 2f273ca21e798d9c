"""The site's own verification: each kind of fault is found and told in a sentence, and a sound site has none."""

from __future__ import annotations

import base64
import html
import json
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

import generator
from generator import outputs
from generator.leaks import forms
from generator.model import Artifact
from generator.publish import Deferred, verify
from generator.publish.verify import verify_site
from tests import samples


def page(body: str) -> bytes:
    return f"<!doctype html><html><head><title>t</title></head><body>{body}</body></html>".encode()


def sound(*more: Artifact) -> list[Artifact]:
    changed = {a.path for a in more}
    base = [
        Artifact("index.html", page('<a href="/">home</a>')),
        Artifact("about/index.html", page('<h2 id="who">x</h2>')),
    ]
    return [*(a for a in base if a.path not in changed), *more]


@pytest.mark.parametrize("kind", samples.KINDS)
def test_the_site_we_really_make_passes(kind: str) -> None:
    view = samples.site_view(kind)
    artifacts = [a for name in outputs.names() for a in outputs.get(name).render((view,), (Path("templates"),))]
    assert len(artifacts) > 50
    assert verify_site(artifacts, ["a-secret-of-ours"], url=view.base_url) == ()


def test_a_site_below_a_path_is_verified_by_the_address_it_gives_itself() -> None:
    view = replace(samples.site_view("down"), base_url="https://u.example/repo")
    artifacts = [a for name in outputs.names() for a in outputs.get(name).render((view,), (Path("templates"),))]
    assert any(b'="/repo/' in a.body for a in artifacts if a.path.endswith(".html"))
    assert verify_site(artifacts) == ()


# ---- links -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "link",
    [
        pytest.param("/", id="the top"),
        pytest.param("/about/", id="a folder"),
        pytest.param("/about", id="a folder without its slash"),
        pytest.param("about/", id="relative"),
        pytest.param("./about/index.html", id="relative with a dot"),
        pytest.param("/about/?x=1&amp;y=2#who", id="query and fragment"),
        pytest.param("#here", id="a place on the same page"),
        pytest.param("https://elsewhere.example/nothing", id="another site"),
        pytest.param("mailto:me@example.org", id="mail"),
        pytest.param("//elsewhere.example/x", id="another site by its name"),
        pytest.param("/rss", id="an address that hosts redirect"),
        pytest.param("/favicon.ico", id="a file a person may put there"),
        pytest.param("/caf%C3%A9/", id="percent signs"),
        pytest.param("https://status.example.org/about/", id="its own full address"),
    ],
)
def test_a_link_that_leads_somewhere_is_fine(link: str) -> None:
    body = page(f'<p id="here"><a title="a > b" href="{link}">x</a></p>')
    more = [Artifact("history.rss", b"<rss/>"), Artifact("café/index.html", page(""))]
    assert verify_site(sound(Artifact("index.html", body), *more), url="https://status.example.org") == ()


@pytest.mark.parametrize(
    ("tag", "target"),
    [
        pytest.param('<a href="/nothing/">', "/nothing/", id="a page that is not there"),
        pytest.param("<a href='nothing'>", "nothing", id="relative, in single quotes"),
        pytest.param('<img alt=">" src="/assets/x.png">', "/assets/x.png", id="a picture, after a bracket in a text"),
        pytest.param('<img srcset="/a.png 1x, /b.png 2x">', "/a.png", id="a set of pictures"),
        pytest.param('<link href="/assets/gone.css" rel="stylesheet">', "/assets/gone.css", id="a style"),
        pytest.param('<script src="/assets/gone.js"></script>', "/assets/gone.js", id="a script"),
        pytest.param('<a href="../../../outside">', "../../../outside", id="above the top"),
        pytest.param(
            '<a href="https://status.example.org/gone">', "https://status.example.org/gone", id="its own full address"
        ),
        pytest.param('<a href="http://[::1">', "http://[::1", id="no address at all"),
    ],
)
def test_a_link_that_leads_nowhere_is_told(tag: str, target: str) -> None:
    faults = verify_site(sound(Artifact("about/index.html", page(tag))), url="https://status.example.org")
    assert f"about/index.html: the link {target!r} leads nowhere" in faults


def test_a_link_to_a_place_that_the_page_does_not_have_is_told() -> None:
    body = page('<a href="/about/#who">yes</a> <a href="/about/#where">no</a>')
    (fault,) = verify_site(sound(Artifact("index.html", body)))
    assert fault == "index.html: the link '/about/#where' leads to a place that about/index.html does not have"


def test_what_stands_in_text_is_no_link() -> None:
    assert (
        verify_site(sound(Artifact("index.html", page('<code>&lt;a href="/nothing"&gt; href="/nothing"</code>')))) == ()
    )


def test_a_site_below_a_path_is_held_to_links_below_it() -> None:
    body = page('<a href="/repo/about/">x</a><a href="/repo/gone/">x</a>')
    faults = verify_site(
        sound(Artifact("index.html", body), Artifact("about/index.html", page(""))), url="https://u.example/repo"
    )
    assert faults == ("index.html: the link '/repo/gone/' leads nowhere",)


def test_a_deferred_file_is_there_for_links_and_is_not_made() -> None:
    def never() -> bytes:
        raise AssertionError("made")

    body = page('<a href="/history-data/x.jsonl">x</a>')
    assert verify_site([*sound(Artifact("index.html", body)), Deferred("history-data/x.jsonl", "0", 1, never)]) == ()


# ---- documents -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "body", "sentence"),
    [
        pytest.param(
            "history.rss", b"<rss><channel></rss>", "history.rss: mismatched tag", id="a feed that is not well-formed"
        ),
        pytest.param("history.atom", b"", "history.atom: no element found", id="an empty feed"),
        pytest.param("x.rss", b"<rss>\x0b</rss>", "x.rss: not well-formed", id="a character XML has no place for"),
        pytest.param(
            "x.svg", b'<!DOCTYPE s [<!ENTITY a "b">]><svg>&a;</svg>', "x.svg: declares an entity", id="an entity"
        ),
        pytest.param("x.json", b"{,}", "x.json: Expecting property name", id="no JSON"),
        pytest.param("x.json", b'{"a": NaN}', "x.json: NaN is no JSON", id="not a number"),
        pytest.param("x.json", b"\xff", "x.json: 'utf-8' codec", id="not UTF-8"),
        pytest.param("x.jsonl", b'{"a": 1}\n{"b"', "x.jsonl: the last line is cut off", id="lines that were cut off"),
        pytest.param("x.jsonl", b'{"a": 1}\n{"b"\n', "x.jsonl: line 2: ", id="a broken line"),
        pytest.param("x/index.html", b"<p>no page", "x/index.html: does not begin with <!doctype html>", id="no page"),
        pytest.param(
            "x/index.html", b"<!doctype html><html><body>half", "x/index.html: ends before </html>", id="half a page"
        ),
        pytest.param("live.json", b'{"generated_at": 7}', "(schema live.json)", id="JSON of the wrong shape"),
        pytest.param("feed.json", b"{}", "(schema feed.json)", id="a feed of the wrong shape"),
    ],
)
def test_a_document_that_cannot_be_read_is_told(path: str, body: bytes, sentence: str) -> None:
    (fault,) = verify_site(sound(Artifact(path, body)))
    assert sentence in fault


def test_a_text_in_a_line_may_hold_what_others_take_for_the_end_of_one() -> None:
    body = '{"a": "one\u2028two\x85three"}\n{"a": 1}\n'.encode()
    assert verify_site(sound(Artifact("x.jsonl", body))) == ()


def test_every_schema_that_ships_holds_some_file() -> None:
    shipped = {f.name for f in (Path(generator.__file__).parent / "schemas").glob("*.json")}
    assert {name for _, name in verify.SHAPES} == shipped


def test_many_faults_are_told_as_some_and_a_number() -> None:
    body = page("".join(f'<a href="/gone/{n}">x</a>' for n in range(50)))
    faults = verify_site(sound(Artifact("index.html", body)))
    assert len(faults) == 21
    assert faults[-1] == "and 30 more like these"


# ---- secrets ---------------------------------------------------------------------------------------------------------

SECRET = "pa$$/w\"o'r&d<+ü=é 123"

SHAPES = {
    "plain": SECRET,
    "a URL": quote(SECRET),
    "a URL without slashes": quote(SECRET, safe=""),
    "a URL in small letters": quote(SECRET, safe="").lower().replace("pa", "pa"),
    "a form": quote_plus(SECRET),
    "HTML": html.escape(SECRET),
    "HTML by number": html.escape(SECRET).replace("&quot;", "&#34;").replace("&#x27;", "&#39;"),
    "HTML text": html.escape(SECRET, quote=False),
    "JSON": json.dumps(SECRET)[1:-1],
    "JSON in UTF-8": json.dumps(SECRET, ensure_ascii=False)[1:-1],
    "JSON in HTML": html.escape(json.dumps(SECRET)),
    "hexadecimal": SECRET.encode().hex(),
    "HEXADECIMAL": SECRET.encode().hex().upper(),
    **{f"base64 at {n}": base64.b64encode(b"user:pw"[:n] + SECRET.encode() + b"tail").decode() for n in range(7)},
    "base64 for URLs": base64.urlsafe_b64encode(b"u:" + SECRET.encode()).decode(),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_secret_is_found_in_every_shape_and_never_told(shape: str) -> None:
    (fault,) = verify_site(sound(Artifact("notes.txt", b"before " + SHAPES[shape].encode() + b" after")), [SECRET])
    assert fault.startswith("notes.txt: holds a secret as ")
    assert SECRET not in fault


def test_a_secret_in_a_file_name_is_found_and_the_name_is_not_told() -> None:
    (fault,) = verify_site(sound(Artifact("badges/token-abcdef.txt", b"")), ["token-abcdef"])
    assert fault == "a file whose name holds a secret as plain text"


def test_one_line_of_a_secret_of_several_is_found() -> None:
    key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG\nAnotherLineOfTheKey00\n-----END KEY-----"
    (fault,) = verify_site(sound(Artifact("x.txt", b"... AnotherLineOfTheKey00 ...")), [key])
    assert "holds a secret" in fault


@pytest.mark.parametrize("secret", ["", "a", "12345"])
def test_a_value_too_short_to_be_a_secret_is_not_looked_for(secret: str) -> None:
    assert forms(secret) == {}


def test_base64_of_something_else_is_no_secret() -> None:
    text = base64.b64encode(b"nothing to see here, nothing at all, really nothing")
    assert verify_site(sound(Artifact("x.txt", text)), [SECRET, "another-secret"]) == ()


# ---- the summary and its items ---------------------------------------------------------------------------------------


@pytest.fixture
def rendered() -> dict[str, Artifact]:
    view = samples.site_view("down")
    return {a.path: a for name in ("api", "statuspage") for a in outputs.get(name).render((view,), ())}


def changed(rendered: dict[str, Artifact], path: str, change) -> list[Artifact]:
    value = json.loads(rendered[path].body)
    change(value)
    return list((rendered | {path: Artifact(path, json.dumps(value).encode())}).values())


def test_files_that_agree_have_no_fault(rendered: dict[str, Artifact]) -> None:
    assert verify_site(list(rendered.values())) == ()


def first(components: dict) -> dict:
    return next(iter(components.values()))


@pytest.mark.parametrize(
    ("path", "change", "sentence"),
    [
        pytest.param(
            "live.json",
            lambda v: v["overall"].update(status="operational"),
            "live.json says operational over all",
            id="the banner",
        ),
        pytest.param(
            "live.json",
            lambda v: first(v["components"]).update(status="under_maintenance"),
            "live.json says under_maintenance of",
            id="a component",
        ),
        pytest.param(
            "live.json",
            lambda v: v["components"].update({"p/ghost": first(v["components"])}),
            "of p/ghost, status.json None",
            id="a component nobody knows",
        ),
        pytest.param(
            "api/roadworthy/v1/status.json",
            lambda v: v["overall"].update(status="operational"),
            "status.json says operational over all, but",
            id="green over red",
        ),
        pytest.param(
            "api/v2/summary.json",
            lambda v: v["status"].update(indicator="none"),
            "says that all is well, but not all of its components are",
            id="none over an outage",
        ),
        pytest.param(
            "api/v2/summary.json",
            lambda v: v["components"][-1].update(status="under_maintenance"),
            "differ in the states of components",
            id="a component of the summary",
        ),
    ],
)
def test_a_summary_that_contradicts_its_items_is_told(
    rendered: dict[str, Artifact], path: str, change, sentence: str
) -> None:
    faults = verify_site(changed(rendered, path, change))
    assert any(sentence in fault for fault in faults), faults


@pytest.mark.parametrize("body", [b'{"kind":"rollup"\n', b'{"kind":"rollup"}', b'{"at":NaN}\n', b"\xff\n"])
def test_a_part_of_history_that_is_made_anew_is_held_to_its_form(body: bytes) -> None:
    (fault,) = verify_site(sound(Artifact("history-data/v1/recent/2026-11-23T05.jsonl", body)))
    assert fault.startswith("history-data/v1/recent/2026-11-23T05.jsonl: ")


def test_a_fault_without_words_is_a_fault() -> None:
    def broken() -> bytes:
        raise ValueError

    (fault,) = verify_site(sound(Deferred("extra.json", "0", 1, broken, opened=True)))
    assert fault == "extra.json: ValueError"
