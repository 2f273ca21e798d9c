"""The default configuration keeps its promises: the budget, the never-list, what it asks and what it says."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from generator import config, probes
from generator.errors import Severity
from generator.lint import lint
from generator.model import Check, Component, Status
from tests.semantics.default_content import HTTP_KINDS, STATUS, addresses, check, default, worst_case
from tests.semantics.looks import NOW

BUDGET = 30
PLATFORMS = ("civitai", "huggingface")
COMPONENTS = [pytest.param(c, id=c.id) for c in default().components]
CHECKS = [pytest.param(c, id=c.id) for c in default().checks]


def of_platform(platform: str) -> list[Check]:
    """The platform's checks without its status page, which is another system on another host."""
    return [c for c in default().checks if c.id.startswith(f"{platform}/") and c.kind != "official"]


def controls_at(host: str) -> int:
    return sum(urlsplit(a).hostname == host for c in default().controls for a in addresses(c.spec.model_dump()))


def test_the_ids_of_its_feeds_do_not_hang_on_its_address() -> None:
    """Whoever forks it sets `url` twice in the guide; its first readers keep what they have read."""
    assert default().site.id == "roadworthy.invalid"


@pytest.mark.parametrize(("platform", "host"), [("civitai", "civitai.com"), ("huggingface", "huggingface.co")])
def test_no_run_asks_a_platform_more_than_thirty_times(platform: str, host: str) -> None:
    """Everything due at once, every cascade to its end, every second look taken: the worst case, in one region."""
    assert worst_case(of_platform(platform)) + controls_at(host) <= BUDGET


def test_the_budget_is_counted_from_what_probes_say_of_themselves() -> None:
    """The figure rises when a check is added: the test above can fail."""
    checks = of_platform("civitai")
    fewer = [c for c in checks if c.id != "civitai/indexing/lag"]
    assert worst_case(checks) - worst_case(fewer) == 9


@pytest.mark.parametrize("one", CHECKS)
def test_civitai_and_what_costs_more_than_two_requests_wait_ten_minutes_at_least(one: Check) -> None:
    probe = probes.get(one.kind)
    if one.id.startswith("civitai/") or probe.cost(one.spec) > 2 or probe.shares(one.spec):
        assert one.interval >= 600
    assert one.interval >= 300


@pytest.mark.parametrize("one", CHECKS)
def test_checks_that_ask_several_times_keep_a_second_between(one: Check) -> None:
    spec = one.spec.model_dump()
    nested = [spec, *(v for v in spec.values() if isinstance(v, dict))]
    if probes.get(one.kind).cost(one.spec) > 1 and one.kind in HTTP_KINDS:
        assert max((v.get("pace") or 0) for v in nested) >= 1


def test_one_region_is_active_by_default() -> None:
    """The others are comments to fill in."""
    assert [(r.id, r.engine) for r in default().regions] == [("local", "local")]


COMMENTED = re.findall(r"^  # - \{id: ([a-z-]+), name: [^}]*engine: ", STATUS.read_text("utf-8"), re.MULTILINE)
SECRETS = {"GLOBALPING_TOKEN": "token", "BRAZIL_PROXY": "http://proxy.example:8080"}


def with_regions(folder: Path, *ids: str) -> Path:
    """The default content with the comments taken away from these regions."""
    root = folder / "site"
    shutil.copytree(STATUS.parent, root / "content")
    text = STATUS.read_text("utf-8")
    for id in ids:
        text = text.replace(f"  # - {{id: {id},", f"  - {{id: {id},")
    (root / "content" / "status.yml").write_text(text, "utf-8")
    return root


@pytest.mark.parametrize("ids", [*((id,) for id in COMMENTED), tuple(COMMENTED)], ids=lambda ids: "+".join(ids))
def test_a_region_needs_no_more_than_its_comment_taken_away(tmp_path: Path, ids: tuple[str, ...]) -> None:
    """Nothing is wrong, each region asks both platforms whether they answer, expensive questions are asked from one place, budgets hold."""
    root = with_regions(tmp_path, *ids)
    assert [p for p in lint(root, env=SECRETS, now=NOW) if p.severity is Severity.ERROR] == []
    read = config.load(root / "content" / "status.yml", env=SECRETS)
    assert [r.id for r in read.regions] == ["local", *ids]
    for one in read.checks:
        assert "local" in one.regions
        if one.kind in ("presence", "backlog", "movement", "official", "steps") and one.id != "civitai/routing/region":
            assert one.regions == ("local",), "what costs much is asked once"
    for id in ids:
        mine = [c for c in read.checks if id in c.regions]
        assert {"civitai/api", "huggingface/api"} <= {c.component for c in mine}, (
            "the first question, to both platforms"
        )
        for platform in PLATFORMS:
            assert worst_case(c for c in mine if c.id.startswith(f"{platform}/")) <= BUDGET / 2


def test_regions_of_different_engines_see_the_newest_model_together(tmp_path: Path) -> None:
    """Where a second region can carry the list, the copies of the database are compared between regions."""
    read = config.load(with_regions(tmp_path, *COMMENTED) / "content" / "status.yml", env=SECRETS)
    assert next(c for c in read.checks if c.id == "civitai/replication/regions").regions == ("local", "br", "jp")


# ---- never -----------------------------------------------------------------------------------------------------------

ASKED = sorted({a for c in (*default().checks, *default().controls) for a in addresses(c.spec.model_dump())})


@pytest.mark.parametrize("address", ASKED)
def test_what_is_never_asked(address: str) -> None:
    parts, query = urlsplit(address), parse_qs(urlsplit(address).query)
    assert "/download" not in parts.path, "a download would be counted as one"
    assert "/trpc" not in parts.path, "closed to programs without an account"
    assert not re.search(r"/api/(health|live|ready|metrics|webhooks)", parts.path), "behind a token"
    assert not (parts.hostname or "").startswith("search"), "needs the site's own key"
    assert not {"token", "key", "api_key", "apikey"} & query.keys()
    assert int(query.get("page", ["1"])[0]) * int(query.get("limit", ["1"])[0]) <= 1000
    assert query.get("period", ["AllTime"]) == ["AllTime"], "a search is cut to its period"
    for trap in ("supportsGeneration", "earlyAccess", "nsfw"):
        assert trap not in query, "any text counts as true there"
    assert query.get("fromPlatform", ["true"]) == ["true"], "false counts as true there"
    assert parts.scheme == "https"


@pytest.mark.parametrize("one", CHECKS)
def test_civitai_is_never_asked_with_head_and_nothing_is_ever_written(one: Check) -> None:
    def methods(value: object) -> list[str]:
        if isinstance(value, dict):
            own = [value["method"]] if isinstance(value.get("method"), str) else []
            return own + [m for v in value.values() for m in methods(v)]
        return [m for v in value for m in methods(v)] if isinstance(value, list | tuple) else []

    allowed = {"GET"} if one.id.startswith("civitai/") else {"GET", "HEAD"}
    assert set(methods(one.spec.model_dump())) <= allowed


@pytest.mark.parametrize("one", CHECKS)
def test_no_check_carries_a_secret_or_walks_through_ids(one: Check) -> None:
    assert not one.secrets
    assert not one.allow_private
    numbered = [a for a in addresses(one.spec.model_dump()) if re.search(r"/\d{3,}(/|$)", urlsplit(a).path)]
    assert numbered == [], "single items are asked for only when a list names them"


# ---- what is asked ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("probe", "id"),
    [
        ("P1 search control", "civitai/search/known-model"),
        ("P2 lag and drop", "civitai/indexing/lag"),
        ("P3 stats freeze", "civitai/metrics/downloads"),
        ("P4 image index", "civitai/images/galleries"),
        ("P5 watermarks", "civitai/replication/regions"),
        ("P5b monotonic reads", "civitai/replication/repeated-reads"),
        ("P5c primary and replica", "civitai/replication/primary-and-copy"),
        ("P5d fingerprint", "civitai/replication/hollow-models"),
        ("P6 publication drought", "civitai/scanning/publications"),
        ("P7 image pulse", "civitai/scanning/pulse"),
        ("P8 tags", "civitai/tagging/untagged"),
        ("P9 file scan age", "civitai/files/waiting"),
        ("P10 training pulse", "civitai/training/pulse"),
        ("P11 generation pulse", "civitai/generation/made-here"),
        ("P13 assets", "civitai/cdn/avatars"),
        ("P14 wrong content", "civitai/api/alive"),
        ("P15 sticky error", "civitai/cdn/edge-copy"),
        ("P16 names", "civitai/routing/names"),
        ("P16 unshielded host", "civitai/routing/orchestrator"),
        ("gate: region policy", "civitai/routing/region"),
    ],
)
def test_every_probe_that_needs_no_account_is_there(probe: str, id: str) -> None:
    """P12 needs an account; P17, the quorum, is the state machine's."""
    assert check(id).enabled, probe


def test_the_controls_stand_on_two_networks() -> None:
    hosts = {urlsplit(a).hostname for c in default().controls for a in addresses(c.spec.model_dump())}
    assert hosts == {"www.cloudflare.com", "huggingface.co"}


def test_both_platforms_have_their_own_word_in_a_column_of_its_own() -> None:
    for platform in default().platforms:
        own = check(platform.official)
        assert own.kind == "official"
        assert own.component not in {c.id for c in default().components}, "no vote"


def test_the_same_functions_can_be_compared() -> None:
    functions = {p.role: {c.function for c in p.components} for p in default().platforms}
    assert {"api", "search", "cdn", "scan"} <= functions["subject"] & functions["reference"]


@pytest.mark.parametrize("component", COMPONENTS)
def test_every_component_says_what_it_is_and_what_its_failure_means(component: Component) -> None:
    assert component.description.endswith(("?", ".")), "one sentence"
    assert len(component.impact) > 20
    assert component.function
    assert component.checks
    assert all(c.question.endswith(("?", ".")) for c in component.checks)
    assert "!" not in component.impact


def test_a_weak_sign_never_makes_a_major_outage() -> None:
    weak = ("civitai/training/pulse", "civitai/generation/made-here", "civitai/scanning/publications")
    assert {check(id).worst for id in weak} == {Status.DEGRADED_PERFORMANCE}


def test_numbers_have_thresholds_in_the_file_and_a_place_to_be_learnt_from() -> None:
    """Limits that depend on the platform's rhythm are held against its own past, not against a constant."""
    assert check("civitai/training/pulse").spec.usual is not None
    assert check("civitai/tagging/untagged").spec.waiting.usual
    assert check("civitai/scanning/publications").spec.flow is not None
