"""A secret that is not set: an error where it should be there, and `unknown` with that reason where it need not be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from generator import stores
from generator.model import Failure, Verdict
from tests.operating.platform import Platform, check, component, config, platform, roadworthy, write

UNSET = {"SHOP_TOKEN": "", "SHOP_KEY": ""}


@pytest.fixture
def shop() -> Iterator[Platform]:
    with platform() as server:
        yield server


@pytest.fixture
def root(tmp_path: Path, shop: Platform) -> Path:
    """Search has one check with a secret and one without; the API can only be asked with one."""
    told = {"headers": {"Authorization": "Bearer ${SHOP_TOKEN}"}}
    key = "?key=${SHOP_KEY}"
    parts = {
        "search": [check(shop.url("/s")), check(shop.url("/secret-search"), id="own", **told)],
        "api": [check(shop.url("/secret-api") + key, **told), check(shop.url("/secret-api"), id="again", **told)],
    }
    return write(tmp_path, config(shop, parts))


def test_a_run_without_its_secrets_names_all_of_them_and_publishes_nothing(root: Path, shop: Platform) -> None:
    done = roadworthy(root, "run", env=UNSET)
    assert done.returncode == 2
    told = [line for line in done.stderr.splitlines() if "is empty" in line]
    fix = "set it, or run with --allow-missing-secrets: its checks become unknown"
    assert [line.partition(": ")[2] for line in told] == [
        f"the variable `{name}` is empty; {fix}" for name in ("SHOP_TOKEN", "SHOP_KEY", "SHOP_TOKEN", "SHOP_TOKEN")
    ]
    assert shop.asked == []
    assert not (root / "site").exists()


def test_where_it_is_allowed_the_check_is_not_asked_and_the_page_says_why(root: Path, shop: Platform) -> None:
    done = roadworthy(root, "run", "--allow-missing-secrets", env=UNSET)
    assert done.returncode == 0, done.stderr
    assert {path for path, _, _ in shop.asked} == {"/s", "/control"}
    lines = [line for line in done.stderr.splitlines() if "is not set" in line]
    assert lines == [
        "SHOP_KEY is not set: not asked, and unknown: shop/api/look",
        "SHOP_TOKEN is not set: not asked, and unknown: shop/api/again, shop/api/look, shop/search/own",
    ]
    assert component(root, "api")["status"] == "unknown"
    assert "a secret is not configured" in component(root, "api")["sentence"]
    assert [cell["failure"] for cell in component(root, "api")["regions"]] == ["missing_secret"]
    assert component(root, "search")["status"] == "operational"
    for page in ("api", "search"):
        text = (root / "site" / "components" / "shop" / page / "index.html").read_text()
        assert "a secret is not configured" in text
        assert "missing-secret" not in text, "nothing is shown that stands in the place of the secret"
        assert "secret-" not in text, "nor an address that was not asked"


def test_what_was_not_asked_is_kept_as_evidence_with_its_reason(root: Path, shop: Platform) -> None:
    assert roadworthy(root, "run", "--allow-missing-secrets", env=UNSET).returncode == 0
    store = stores.open("", root=root, readonly=True)
    seen = {o.check: (o.verdict, o.failure) for o in store.observations(0)}
    store.close()
    lacking = (Verdict.INCONCLUSIVE, Failure.MISSING_SECRET)
    assert seen == {
        "control/0": (Verdict.OK, None),
        "shop/search/look": (Verdict.OK, None),
        "shop/search/own": lacking,
        "shop/api/look": lacking,
        "shop/api/again": lacking,
    }


def test_a_control_without_its_secret_is_not_asked_either(tmp_path: Path, shop: Platform) -> None:
    made = config(shop, {"search": [check(shop.url("/s"))]})
    made["controls"] = [{"url": shop.url("/control"), "allow_private": True, "headers": {"X-Key": "${SHOP_KEY}"}}]
    root = write(tmp_path, made)
    done = roadworthy(root, "run", "--allow-missing-secrets", env=UNSET)
    assert {path for path, _, _ in shop.asked} <= {"/s"}
    assert done.returncode == 4, "no region could see a control"
    assert component(root, "search")["status"] == "unknown"


def test_a_build_without_secrets_shows_what_a_run_with_them_measured(root: Path) -> None:
    """A preview measures nothing, so that it needs no secret to tell what is known."""
    env = {"SHOP_TOKEN": "token-of-the-shop", "SHOP_KEY": "key-of-the-shop"}
    assert roadworthy(root, "run", env=env).returncode == 0
    assert component(root, "api")["status"] == "operational"
    done = roadworthy(root, "build", "--allow-missing-secrets", env=UNSET)
    assert done.returncode == 0, done.stderr
    assert component(root, "api")["status"] == "operational"


def test_an_agent_looks_where_it_is_asked_for_by_name_and_a_run_leaves_it_alone(tmp_path: Path, shop: Platform) -> None:
    """`check --region` on the machine that stands there; the main job only reads what it wrote."""
    own = check(shop.url("/secret"), id="own", headers={"X-Key": "${SHOP_KEY}"})
    regions = [{"id": "here", "name": "Here"}, {"id": "jp", "name": "Japan", "engine": "agent"}]
    root = write(tmp_path, config(shop, {"search": [check(shop.url("/s")), own]}, regions=regions))
    assert roadworthy(root, "run", "--allow-missing-secrets", env=UNSET).returncode == 0
    assert regions_of(root) == {"here"}
    done = roadworthy(root, "check", "--region", "jp", env={"SHOP_KEY": "key-of-the-shop"})
    assert done.returncode == 0, done.stderr
    store = stores.open("", root=root, readonly=True)
    seen = {o.check: (o.verdict, o.engine) for o in store.observations(0) if o.region == "jp"}
    store.close()
    fine = (Verdict.OK, "agent")
    assert seen == {"control/0": fine, "shop/search/look": fine, "shop/search/own": fine}


def regions_of(root: Path) -> set[str]:
    store = stores.open("", root=root, readonly=True)
    found = {o.region for o in store.observations(0)}
    store.close()
    return found
