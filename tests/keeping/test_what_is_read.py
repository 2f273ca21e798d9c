"""Of history only what a page shows is read, and the page is the same as if everything were."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import pytest

from generator import remember, run, stores
from generator.commands.run import _left_behind
from generator.model import Config, Past, Platform, Rollup, Time
from generator.stores import Store
from tests.believing.world import FIVE, START, check, config, look

DAY = 86_400
NOW: Time = START + 20 * DAY


class Everything:
    """The same store, which leaves nothing out."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def rollups(
        self, scale: str, since: Time, until: Time | None = None, region: str = "", without: Collection[str] = ()
    ) -> tuple[Rollup, ...]:
        return self._store.rollups(scale, since, until, region)


def setting(function: str = "") -> Config:
    """Two platforms; `hub/search` does what `shop/search` does if there is a `function`. `shop/api` has two checks."""
    asked = [check(id, "ab") for id in ("shop/api/one", "shop/api/two", "shop/search/find", "hub/search/find")]
    made = config("ab", asked)

    def named(platform: Platform) -> Platform:
        mine = (replace(c, function=function if c.key == "search" else "") for c in platform.components)
        return replace(platform, components=tuple(mine))

    return replace(made, platforms=tuple(map(named, made.platforms)))


def days_of_looks(store: Store, told: Config, failing: str = "") -> None:
    """Nine days ago three hours of looks, of which the first hour fails for `failing`; and the last rounds."""
    for begin, rounds in ((NOW - 9 * DAY, 36), (NOW - 4 * FIVE, 4)):
        for slot in range(begin, begin + rounds * FIVE, FIVE):
            bad = slot < begin + 3_600 and rounds > 4
            looks = [
                look(c.id, r, slot, "D" if bad and c.component == failing else "o") for c in told.checks for r in "ab"
            ]
            looks += [look(c.id, r, slot, "o") for c in told.controls for r in "ab"]
            store.append(looks, slot + 20)
        remember.catch_up(store, told, begin + rounds * FIVE)


def both(tmp_path: Path, told: Config, failing: str = "") -> tuple[Past, Past]:
    """The past with what is read, and with everything."""
    store = stores.open("", root=tmp_path)
    try:
        days_of_looks(store, told, failing)
        whole: Store = Everything(store)  # type: ignore[assignment]
        return remember.catch_up(store, told, NOW, write=False), remember.catch_up(whole, told, NOW, write=False)
    finally:
        store.close()


CHECKS = {"shop/api/one", "shop/api/two", "shop/search/find", "hub/search/find"}


@pytest.mark.parametrize(
    ("function", "failing", "read"),
    [
        pytest.param("", "", set(), id="nobody-compares-nothing-failed"),
        pytest.param("search", "", {"shop/search/find", "hub/search/find"}, id="held-beside-another-platform"),
        pytest.param("", "shop/api", {"shop/api/one", "shop/api/two"}, id="drawn-where-it-failed"),
    ],
)
def test_days_of_a_check_are_read_where_a_page_shows_them(
    tmp_path: Path, function: str, failing: str, read: set[str]
) -> None:
    some, whole = both(tmp_path, setting(function), failing)
    old = {row.series for row in some.days if row.at < NOW - DAY}
    assert old & CHECKS == read
    assert old - CHECKS == {"shop/api", "shop/search", "hub/search"}, "a component shows its days, always"
    assert {row.series for row in whole.days if row.at < NOW - DAY} >= CHECKS, "history knows them all"


@pytest.mark.parametrize("function", ["", "search"])
@pytest.mark.parametrize("failing", ["", "shop/api", "hub/search"])
def test_the_page_is_the_same_as_if_everything_were_read(tmp_path: Path, function: str, failing: str) -> None:
    told = setting(function)
    some, whole = both(tmp_path, told, failing)
    content = run.Content(told, (), (), ())
    assert run.assess(content, some, NOW).views == run.assess(content, whole, NOW).views


def test_what_is_no_longer_configured_keeps_its_days(tmp_path: Path) -> None:
    told = setting()
    store = stores.open("", root=tmp_path)
    try:
        days_of_looks(store, told)
        shop, hub = told.platforms
        fewer = replace(told, platforms=(shop, replace(hub, components=())))
        past = remember.catch_up(store, fewer, NOW, write=False)
    finally:
        store.close()
    assert "hub/search" in {row.series for row in past.days}


def test_a_run_warns_of_components_that_are_gone_and_never_of_checks(tmp_path: Path) -> None:
    """A check has days of its own in history; it is no component that was taken out of the configuration."""
    told = setting("search")
    some, whole = both(tmp_path, told, "shop/api")
    shop, hub = told.platforms
    fewer = replace(told, platforms=(shop, replace(hub, components=())))
    for past in (some, whole):
        assert _left_behind(told, past, NOW) == ()
        assert ["`hub/search`" in problem.message for problem in _left_behind(fewer, past, NOW)] == [True]
