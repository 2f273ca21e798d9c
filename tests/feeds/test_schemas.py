"""Every answer is held by a JSON Schema that ships with it, and the schemas are strict enough to notice a change."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest

from generator.siteview import SiteView
from tests.feeds import schemas
from tests.feeds.full import empty, full
from tests.feeds.rendering import files
from tests.feeds.views import site


@pytest.mark.parametrize(
    "view", [full(), site(), empty()], ids=["something of everything", "all well", "nothing was ever measured"]
)
def test_every_answer_holds_to_its_schema(view: SiteView) -> None:
    answers = {
        path: body
        for path, body in files(view).items()
        if path.endswith((".json", ".jsonl")) and "/schemas/" not in path
    }
    assert [problem for path, body in answers.items() for problem in schemas.problems(path, body)] == []


def test_every_schema_is_used_and_published() -> None:
    built = files(full())
    used = {schemas.schema_of(path) for path in built} - {None}
    assert used == schemas.names()
    assert {f"api/roadworthy/v1/schemas/{name}.json" for name in schemas.names()} <= set(built)


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path of every object in an answer; of a list only its first item."""
    if isinstance(value, dict):
        yield path
        for key, inner in value.items():
            yield from places(inner, (*path, key))
    elif isinstance(value, list) and value:
        yield from places(value[0], (*path, 0))


FREE = {"components", "regions", "phases", "facts"}
"""Objects whose keys are ids or a probe's own."""


def add_key(answer: dict[str, Any]) -> None:
    answer["private"] = 1


def drop_key(answer: dict[str, Any]) -> None:
    required = [key for key in answer if key not in ("hubs", "omitted", "sentence", "regions")]
    del answer[required[0]]


@pytest.mark.parametrize("spoil", [add_key, drop_key], ids=["a key too many", "a key missing"])
@pytest.mark.parametrize(
    "path",
    [
        "api/v2/summary.json",
        "api/v2/incidents.json",
        "api/v2/scheduled-maintenances.json",
        "api/roadworthy/v1/status.json",
        "feed.json",
        "live.json",
    ],
)
def test_a_schema_notices_any_changed_object(path: str, spoil: Callable[[dict[str, Any]], None]) -> None:
    answer = json.loads(files(full())[path])
    spoiled = 0
    for place in places(answer):
        if place and place[-1] in FREE:
            continue
        copy = deepcopy(answer)
        inner = copy
        for key in place:
            inner = inner[key]
        spoil(inner)
        assert schemas.problems(path, json.dumps(copy).encode()) != [], place
        spoiled += 1
    assert spoiled >= 3
