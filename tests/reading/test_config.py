"""`status.yml` becomes a configuration: what is written is there, what is not has its default, secrets stay secret."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import pytest

from generator import config, yamltext
from generator.config.form import (
    CheckShape,
    ComponentShape,
    ConfigShape,
    PlatformShape,
    RegionShape,
    RulesShape,
    SiteShape,
)
from generator.errors import ContentError
from generator.model import Config, Rules, Site, Status
from tests.reading.bad import SAMPLE

HEAD = "site: {title: Test}\ncontrols: [https://control.example.org/]\n"
CHECK = "{id: up, kind: http, url: 'https://example.org/'}"


def text_with(check: str = CHECK, top: str = "", region: str = "") -> str:
    regions = f"regions: [{region}]\n" if region else ""
    return f"{HEAD}{top}{regions}platforms: [{{id: p, name: P, components: [{{id: c, name: C, checks: [{check}]}}]}}]\n"


def load(folder: Path, text: str, env: Mapping[str, str] | None = None, *, allow_missing: bool = False) -> Config:
    path = _written(folder, text)
    return config.load(path, env=env or {}, allow_missing_secrets=allow_missing)


def problems(folder: Path, text: str, env: Mapping[str, str] | None = None) -> list[str]:
    with pytest.raises(ContentError) as caught:
        load(folder, text, env)
    return [problem.message for problem in caught.value.problems]


def test_sample_is_read_whole() -> None:
    """Ids are joined, defaults inherited, words kept."""
    read = config.load(SAMPLE / "content" / "status.yml", env={})
    assert [c.id for c in read.components] == ["civitai/api", "civitai/images", "huggingface/hub", "huggingface/cdn"]
    preview, original = read.components[1].checks
    assert (preview.id, preview.interval, preview.timeout, preview.retries) == ("civitai/images/preview", 600, 5.0, 2)
    assert (original.regions, original.worst) == (("eu-west",), Status.DEGRADED_PERFORMANCE)
    assert preview.regions == ("eu-west", "us-east")
    assert read.components[1].depends == ("civitai/api",)
    assert read.components[3].was == ("huggingface/files",)
    assert [c.id for c in read.controls] == ["control/0"]
    assert read.site.contact == "mailto:ops@example.org"
    assert (read.interval, read.history, read.rules) == (300, "", Rules())


def test_shortest_configuration_needs_a_title_and_a_check(tmp_path: Path) -> None:
    """Everything else has a default: one local region, five minutes."""
    read = load(tmp_path, text_with())
    assert [(r.id, r.engine) for r in read.regions] == [("local", "local")]
    assert read.interval == 300
    assert read.checks[0].name == "Up"


def test_own_status_page_is_a_check_that_never_votes(tmp_path: Path) -> None:
    """`official` is asked like the others, belongs to no component, and cannot make anything red."""
    text = HEAD + (
        "platforms: [{id: p, name: P, official: {format: statuspage, url: 'https://status.example.org'},"
        f" components: [{{id: c, name: C, checks: [{CHECK}]}}]}}]\n"
    )
    read = load(tmp_path, text)
    platform = read.platforms[0]
    assert platform.official == "p/official/status"
    assert platform.official_check is not None
    assert (platform.official_check.kind, platform.official_check.component) == ("official", "")
    assert platform.official_check.worst is Status.OPERATIONAL
    assert platform.official_url == "https://status.example.org"
    assert [c.id for c in read.checks] == ["p/c/up", "p/official/status"]


def test_control_of_one_line_accepts_any_answer_but_a_server_error(tmp_path: Path) -> None:
    """A control proves the way out; what the other side thinks of the request does not matter."""
    (control,) = load(tmp_path, text_with()).controls
    assert (control.kind, control.spec.expect.status) == ("http", ((100, 499),))


def test_disabled_check_is_kept_and_not_asked(tmp_path: Path) -> None:
    """It stays among the component's checks, so that its history has a name."""
    read = load(tmp_path, text_with(f"{CHECK}, {{id: off, kind: http, url: 'https://example.org/', enabled: false}}"))
    assert [c.id for c in read.components[0].checks] == ["p/c/up", "p/c/off"]
    assert [c.id for c in read.checks] == ["p/c/up"]


# ---- secrets ---------------------------------------------------------------------------------------------------------

KEYED = "{id: up, kind: http, url: 'https://example.org/', headers: {X-Key: 'Bearer ${TOKEN}'}}"

AWKWARD = {
    "quote": "a'b\"c",
    "replacement sign": "a$&b\\1",
    "another reference": "${OTHER}",
    "itself": "${TOKEN}",
    "yaml": "x: [1, 2]",
    "hash": "a # b",
}


@pytest.mark.parametrize("value", AWKWARD.values(), ids=AWKWARD)
def test_secret_is_used_as_it_is_once(value: str, tmp_path: Path) -> None:
    """C09: nothing in a value is read again, as YAML or as a reference."""
    read = load(tmp_path, text_with(KEYED), {"TOKEN": value, "OTHER": "wrong"})
    assert read.checks[0].spec.headers == {"X-Key": f"Bearer {value}"}
    assert read.checks[0].secrets == {"TOKEN"}
    assert read.secrets == {value}


def test_two_signs_stand_for_the_characters_themselves(tmp_path: Path) -> None:
    """`$${NAME}` is no reference."""
    read = load(tmp_path, text_with(KEYED.replace("${TOKEN}", "$${TOKEN}")))
    assert read.checks[0].spec.headers == {"X-Key": "Bearer ${TOKEN}"}
    assert read.secrets == frozenset()


def test_check_without_its_secret_is_there_and_never_asked(tmp_path: Path) -> None:
    """C08: no request goes out with something else in its place, so that our own lack cannot look like their fault."""
    read = load(tmp_path, text_with(f"{KEYED}, {CHECK.replace('up', 'other')}"), allow_missing=True)
    assert [(c.id, sorted(c.secrets), sorted(c.missing)) for c in read.components[0].checks] == [
        ("p/c/up", ["TOKEN"], ["TOKEN"]),
        ("p/c/other", [], []),
    ]
    assert read.secrets == frozenset()


def test_page_without_any_secret_can_still_be_built(tmp_path: Path) -> None:
    """Every check lacks one: everything is unknown, which is not the same as having no checks at all."""
    read = load(tmp_path, text_with("{id: up, kind: http, url: '${TARGET}'}"), allow_missing=True)
    assert [(c.id, c.missing) for c in read.checks] == [("p/c/up", {"TARGET"})]


def test_address_whose_beginning_is_missing_is_no_other_mistake(tmp_path: Path) -> None:
    """An editor's machine knows no secret: there it is fine, and elsewhere the variable is all that is wrong."""
    check = "{id: up, kind: http, url: '${BASE}/health'}"
    text = text_with(f"{check}, {CHECK.replace('up', 'other')}").replace("controls: [", "controls: ['${WAY_OUT}', ")
    read = load(tmp_path, text, allow_missing=True)
    assert [(c.id, sorted(c.missing)) for c in (*read.controls, *read.checks) if c.missing] == [
        ("control/0", ["WAY_OUT"]),
        ("p/c/up", ["BASE"]),
    ]
    assert problems(tmp_path, text) == ["the variable `WAY_OUT` is not set", "the variable `BASE` is not set"]


def test_missing_store_is_never_guessed(tmp_path: Path) -> None:
    """With another store history would look empty."""
    with pytest.raises(ContentError, match="history"):
        load(tmp_path, text_with(top="history: '${DATABASE}'\n"), allow_missing=True)


CANARY = "C4n4ry-that-must-not-be-seen-anywhere-at-all"
LEAKS = {
    "url": "{id: up, kind: http, url: '${T}'}",
    "userinfo": "{id: up, kind: http, url: 'https://u:${T}@example.org/'}",
    "scheme": "{id: up, kind: http, url: '${T}://example.org/'}",
    "kind": "{id: up, kind: '${T}', url: 'https://example.org/'}",
    "region": "{id: up, kind: http, url: 'https://example.org/', regions: ['${T}']}",
    "duration": "{id: up, kind: http, url: 'https://example.org/', timeout: '${T}'}",
    "header line": "{id: up, kind: http, url: 'https://example.org/', headers: {'X Y': '${T}'}}",
    "id": "{id: '${T}', kind: http, url: 'https://example.org/'}",
    "word": "{id: up, kind: http, url: 'https://example.org/', worst: '${T}'}",
    "long text": "{id: up, kind: http, url: 'https://example.org/', timeout: 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx${T}'}",
}


@pytest.mark.parametrize("check", LEAKS.values(), ids=LEAKS)
def test_no_message_shows_a_secret(check: str, tmp_path: Path) -> None:
    """Whatever is wrong with it: the name, never the value, and no recognisable part of it."""
    with pytest.raises(ContentError) as caught:
        load(tmp_path, text_with(check), {"T": CANARY})
    said = str(caught.value)
    assert not any(CANARY[i : i + 8] in said for i in range(len(CANARY) - 8))


def test_public_address_from_the_environment_is_no_secret(tmp_path: Path) -> None:
    """What stands below `site:` is published."""
    text = text_with().replace("{title: Test}", "{title: Test, url: '${URL}'}")
    read = load(tmp_path, text, {"URL": "https://status.example.org/"})
    assert (read.site.url, read.secrets) == ("https://status.example.org", frozenset())


def test_receiver_whose_secret_is_missing_is_left_out_when_allowed(tmp_path: Path) -> None:
    """Nobody is told at an address that is none."""
    top = "notify: [{kind: webhook, url: '${HOOK}'}, {kind: slack, url: 'https://hooks.example.org/x'}]\n"
    read = load(tmp_path, text_with(top=top), allow_missing=True)
    assert [one["kind"] for one in read.extra["notify"]] == ["slack"]


# ---- regions and engines ---------------------------------------------------------------------------------------------

POST = "{id: up, kind: http, url: 'https://example.org/', method: POST, body: x}"
WORLD = "{id: here, name: Here}, {id: world, name: World, engine: globalping, continent: EU}"


def test_check_that_an_engine_cannot_carry_names_both(tmp_path: Path) -> None:
    """The check and the region, with the regions it can have."""
    said = problems(tmp_path, text_with(POST, region=WORLD))
    assert [one.partition(": ")[0] for one in said] == [
        "check `p/c/up` cannot run in region `world` (engine globalping)"
    ]


def test_only_regions_that_can_carry_a_check_are_offered_for_it(tmp_path: Path) -> None:
    """Whoever writes what one error says does not get the next one."""
    two = f"{WORLD}, {{id: far, name: Far, engine: globalping, continent: AS}}"
    _, found = config.check(_written(tmp_path, text_with(POST, region=two)), env={})
    assert {problem.fix for problem in found} == {"write regions: [here]"}
    alone = "{id: far, name: Far, engine: globalping, continent: AS}"
    _, found = config.check(_written(tmp_path, text_with(POST, region=alone)), env={})
    assert [problem.fix for problem in found] == ["it needs a region with another engine"]


def _written(folder: Path, text: str) -> Path:
    path = folder / "content" / "status.yml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def test_check_that_says_where_it_runs_is_fine(tmp_path: Path) -> None:
    """The regions a check names are its own affair, as long as they can carry it."""
    read = load(tmp_path, text_with(POST.replace("}", ", regions: [here]}"), region=WORLD))
    assert read.checks[0].regions == ("here",)


def test_check_may_run_wherever_it_can_be_carried(tmp_path: Path) -> None:
    """`able` leaves out the regions whose engine cannot carry it; one that nobody can carry is still an error."""
    able = POST.replace("}", ", regions: able}")
    plain = CHECK.replace("}", ", regions: able}")
    assert load(tmp_path, text_with(able, region=WORLD)).checks[0].regions == ("here",)
    assert load(tmp_path, text_with(plain, region=WORLD)).checks[0].regions == ("here", "world")
    said = problems(tmp_path, text_with(able, region="{id: world, name: World, engine: globalping, continent: EU}"))
    assert said[0].startswith("check `p/c/up` cannot run in region `world` (engine globalping): ")


def test_region_keeps_the_engine_s_own_keys(tmp_path: Path) -> None:
    """What all regions have in common is not among them."""
    read = load(tmp_path, text_with("{id: up, kind: http, url: 'https://example.org/', regions: [here]}", region=WORLD))
    assert dict(read.regions[1].options) == {"continent": "EU"}


PRIVATE = "{id: up, kind: http, url: 'http://127.0.0.1:8080/'}"


def test_private_address_may_be_meant_by_the_check_or_by_all_its_regions(tmp_path: Path) -> None:
    """Either says `allow_private`; one region of two is not enough."""
    assert load(tmp_path, text_with(PRIVATE.replace("}", ", allow_private: true}")))
    assert load(tmp_path, text_with(PRIVATE, region="{id: a, name: A, allow_private: true}"))
    assert problems(tmp_path, text_with(PRIVATE, region="{id: a, name: A, allow_private: true}, {id: b, name: B}")) == [
        "`127.0.0.1` is a private address"
    ]


PINS = {
    "private": ("{example.org: 10.0.0.1}", "`10.0.0.1` is a private address"),
    "private with a port": ("{'example.org:443': '[::1]:8443'}", "`::1` is a private address"),
    "no address": ("{example.org: other.example.org}", "`resolve.example.org`"),
}


@pytest.mark.parametrize(("pins", "said"), PINS.values(), ids=PINS)
def test_pin_must_be_an_address_that_may_be_asked(pins: str, said: str, tmp_path: Path) -> None:
    """A pin leads a name to an address, and to no private one by accident."""
    check = f"{{id: up, kind: http, url: 'https://example.org/', resolve: {pins}}}"
    (found,) = problems(tmp_path, text_with(check))
    assert said.replace("resolve.", "") in found.replace("resolve.", "")


def test_pin_to_a_public_address_is_kept(tmp_path: Path) -> None:
    """Host and port on both sides."""
    check = "{id: up, kind: http, url: 'https://example.org/', resolve: {'example.org:443': '93.184.216.34:8443'}}"
    assert load(tmp_path, text_with(check)).checks[0].resolve == {"example.org:443": "93.184.216.34:8443"}


# ---- sections --------------------------------------------------------------------------------------------------------


def test_exclusions_name_what_they_leave_out(tmp_path: Path) -> None:
    """Times with an offset, a reason, and components that exist or are retired."""
    top = (
        "retired: [p/old]\nexclusions:\n"
        "  - {start: 2026-01-01T00:00:00Z, end: 2026-01-01T06:00:00Z, reason: Our own network, components: [p/c, p/old]}\n"
    )
    (one,) = load(tmp_path, text_with(top=top)).exclusions
    assert (one.end - one.start, one.components) == (6 * 3600, ("p/c", "p/old"))


def test_retired_component_is_neither_missing_nor_renamed(tmp_path: Path) -> None:
    """What the file says is retired needs no warning."""
    read = load(tmp_path, text_with(top="retired: [p/old]\n"))
    assert config.retired(read, ["p/c", "p/old"]) == ()
    assert [p.rule for p in config.retired(read, ["p/c", "p/gone"])] == ["retired-component"]


def test_rules_and_sections_have_the_defaults_of_the_model(tmp_path: Path) -> None:
    """One source of each number."""
    read = load(tmp_path, text_with(top="rules: {up_after: 3, stale_min: 20m, retry_wait: [1, 2.5]}\n"))
    assert read.rules == Rules(up_after=3, stale_min=1200, retry_wait=(1, 2.5))
    assert read.extra["deploy"]["max_per_month"] == 15
    assert read.extra["cms"]["enabled"] is False


def test_shapes_and_model_know_the_same_names() -> None:
    """A field of the model that no key can set, or a key that nothing keeps, is a slip."""
    assert set(SiteShape.model_fields) == {field.name for field in dataclasses.fields(Site)}
    assert set(RulesShape.model_fields) == {field.name for field in dataclasses.fields(Rules)}


@pytest.mark.parametrize("text", ["5m", "90s", "1h30m", "2d"])
def test_duration_is_whole_seconds(text: str) -> None:
    """The units add up."""
    assert config.duration(text) == {"5m": 300, "90s": 90, "1h30m": 5400, "2d": 172800}[text]


@pytest.mark.parametrize("text", ["5", "", "m", "5 minutes", "-5m", "1.0005s", "5M"])
def test_what_is_no_duration_says_what_to_write(text: str) -> None:
    """Never a guess at a unit."""
    with pytest.raises(ValueError, match=r"write for example 90s"):
        config.duration(text)


@pytest.mark.parametrize(
    "shape", [ConfigShape, SiteShape, RegionShape, PlatformShape, ComponentShape, CheckShape, RulesShape]
)
def test_every_key_is_documented(shape: type[ConfigShape]) -> None:
    """docs/configuration.md names each of them."""
    page = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text()
    assert [name for name in shape.model_fields if f"`{name}`" not in page] == []


def test_examples_of_the_documentation_are_right(tmp_path: Path) -> None:
    """The first block of docs/configuration.md is a whole file that reads without a problem."""
    page = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text()
    example = page.split("```yaml\n", 1)[1].split("```", 1)[0]
    path = tmp_path / "content" / "status.yml"
    path.parent.mkdir()
    path.write_text(example)
    read, found = config.check(path, env={"HEALTH_TOKEN": "x"})
    assert [str(problem) for problem in found] == []
    assert read is not None
    assert yamltext.load(example, "x.yml").value["site"]["title"] == read.site.title


@pytest.mark.parametrize(
    ("old", "new"),
    [("shop/search", "shop/serch"), ("shop/search", "store/search"), ("shop/search", "store/serch")],
    ids=["the part", "the platform", "both"],
)
def test_what_a_renamed_component_is_offered_is_taken(tmp_path: Path, old: str, new: str) -> None:
    """Who writes what the warning says keeps the history, and is asked no more."""
    platform, _, part = new.partition("/")

    def written(was: str) -> config.Config:
        path = tmp_path / "content" / "status.yml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(
            f"site: {{title: T}}\ncontrols: [https://control.example.org/]\nplatforms:\n  - id: {platform}\n    name: S\n"
            f"    components:\n      - id: {part}\n        name: S\n        {was}\n"
            "        checks: [{id: up, kind: http, url: https://example.org/}]\n"
        )
        return config.load(path, env={})

    (problem,) = config.retired(written("description: Finds."), [old])
    offered = problem.fix.partition("write ")[2].partition(" below")[0]
    assert config.retired(written(offered), [old]) == ()
