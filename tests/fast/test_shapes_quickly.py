"""Whether a value has its shape is answered quickly, and as the slow way that can say why would answer it."""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator import outputs
from generator.publish.jsonshape import checker, faults
from generator.publish.verify import _schema, _shape_of
from tests.samples import site_view

TEMPLATES = Path(__file__).parents[2] / "templates"


@cache
def documents() -> tuple[tuple[str, Any], ...]:
    """(schema, value) of every JSON file of a site in trouble; one of each schema."""
    made = (
        a
        for name in ("api", "statuspage", "feeds", "data", "badges")
        for a in outputs.get(name).render((site_view("down"),), (TEMPLATES,))
    )
    found: dict[str, Any] = {}
    for artifact in made:
        schema = _shape_of(artifact.path)
        if schema is not None and artifact.path.endswith(".json"):
            found.setdefault(schema, json.loads(artifact.body))
    return tuple(found.items())


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) inside a value."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = []
    for key, item in inside:
        found += [(value, key), *places(item)]
    return found


def same(value: Any, schema: Any) -> bool:
    quick = checker(schema)(value)
    assert quick == (next(faults(value, schema), None) is None)
    return quick


def test_every_file_that_we_publish_has_its_shape_both_ways() -> None:
    assert len(documents()) > 8
    assert all(same(value, _schema(name)) for name, value in documents())


WRONG = st.sampled_from([None, True, False, 0, 1, -1, 1.0, 0.5, 1e9, "", "x", "ok", "operational", "2026-11-23T06:00:00Z", [], {}, [1], {"a": 1}, "gone"]).map(copy.deepcopy)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_whatever_is_put_into_a_file_both_ways_agree(data: st.DataObject) -> None:
    name, value = data.draw(st.sampled_from(documents()))
    value = copy.deepcopy(value)
    for _ in range(data.draw(st.integers(1, 2))):
        found = places(value)
        if found:
            container, key = data.draw(st.sampled_from(found))
            put = data.draw(WRONG)
            if put == "gone" or data.draw(st.booleans()):
                del container[key]
            else:
                container[key] = put
    same(value, _schema(name))


@pytest.mark.parametrize(
    ("schema", "values"),
    [
        pytest.param({"type": "integer"}, [1, 1.0, 1.5, True, "1"], id="whole numbers"),
        pytest.param({"type": ["number", "null"]}, [1, 1.5, None, True, "1"], id="one of two kinds"),
        pytest.param({"enum": ["a", 1]}, ["a", 1, True, 1.0, "b", [], None], id="a list of values"),
        pytest.param({"const": True}, [True, 1, False], id="a single value"),
        pytest.param({"type": "string", "pattern": "^a", "minLength": 2}, ["ab", "a", "b", 1], id="text"),
        pytest.param({"minimum": 1, "maximum": 2}, [0, 1, 2, 3, "x", 1.5], id="bounds"),
        pytest.param({"items": {"type": "string"}, "maxItems": 1}, [[], ["a"], ["a", "b"], [1], "x"], id="lists"),
        pytest.param({"required": ["a"], "additionalProperties": {"type": "null"}}, [{}, {"a": None}, {"a": 1}, []], id="objects"),
        pytest.param({"properties": {"a": {"type": "null"}}, "additionalProperties": False}, [{}, {"a": None}, {"a": 1}, {"b": 1}], id="no more"),
        pytest.param({"oneOf": [{"type": "integer"}, {"minimum": 2}]}, [1, 2, 1.5, 2.5, "x"], id="exactly one shape"),
        pytest.param({"anyOf": [{"type": "integer"}, {"type": "string"}]}, [1, "a", None], id="any shape"),
        pytest.param({"allOf": [{"minimum": 1}, {"maximum": 2}]}, [0, 1, 3], id="all shapes"),
        pytest.param({"$ref": "#/$defs/tree", "$defs": {"tree": {"type": "object", "properties": {"next": {"$ref": "#/$defs/tree"}}}}}, [{}, {"next": {}}, {"next": {"next": 1}}, 1], id="a shape inside itself"),
    ],
)  # fmt: skip
def test_each_part_of_the_language_says_the_same_both_ways(schema: Any, values: list[Any]) -> None:
    assert len({same(value, schema) for value in values}) == 2


def test_a_keyword_that_is_not_known_is_an_error_of_the_schema() -> None:
    with pytest.raises(ValueError, match="multipleOf"):
        checker({"items": {"multipleOf": 2}})
