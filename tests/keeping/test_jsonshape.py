"""Our small reader of schemas says the same as a whole one, for every schema we ship and values bent in many ways."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import generator
from generator import outputs
from generator.publish import jsonshape, verify
from tests import samples

SCHEMAS = Path(generator.__file__).parent / "schemas"


@pytest.mark.parametrize(
    ("schema", "good", "bad", "sentence"),
    [
        ({"type": "string"}, "a", 1, "the whole is 1, wanted string"),
        ({"type": ["string", "null"]}, None, True, "wanted ['string', 'null']"),
        ({"type": "integer"}, 3.0, 3.5, "is 3.5, wanted integer"),
        ({"type": "number"}, 3.5, True, "is True, wanted number"),
        ({"enum": ["a", "b"]}, "a", "c", "wanted one of 'a', 'b'"),
        ({"const": 1}, 1, True, "is True, wanted 1"),
        ({"pattern": "^a+$"}, "aa", "b", "wanted the form ^a+$"),
        ({"minimum": 2, "maximum": 3}, 2, 4, "has 4, wanted at most 3"),
        ({"minItems": 1}, [1], [], "has 0 items, wanted at least 1"),
        ({"maxLength": 2}, "ab", "abc", "has 3 characters, wanted at most 2"),
        ({"items": {"type": "null"}}, [None], [None, 1], "[1] is 1, wanted null"),
        ({"required": ["a"]}, {"a": 1}, {}, "the whole lacks 'a'"),
        ({"properties": {"a": {"type": "null"}}}, {"a": None, "b": 1}, {"a": 1}, "a is 1, wanted null"),
        (
            {"properties": {"a": {}}, "additionalProperties": False},
            {"a": 1},
            {"b": 1},
            "has 'b', which has no place there",
        ),
        ({"additionalProperties": {"type": "null"}}, {"a": None}, {"a": {"b": 1}}, "a is {'b': 1}, wanted null"),
        ({"anyOf": [{"type": "null"}, {"type": "string"}]}, "a", 1, "wanted null"),
        ({"oneOf": [{"minimum": 0}, {"maximum": 5}]}, 9, 3, "has 2 shapes at once, wanted one"),
        ({"allOf": [{"minimum": 0}, {"maximum": 5}]}, 3, 9, "wanted at most 5"),
        ({"$ref": "#/$defs/x", "$defs": {"x": {"type": "null"}}}, None, 1, "wanted null"),
    ],
)
def test_each_keyword_finds_what_it_is_for(schema: dict, good: Any, bad: Any, sentence: str) -> None:
    assert list(jsonshape.faults(good, schema)) == []
    (fault,) = jsonshape.faults(bad, schema)
    assert sentence in fault


@pytest.mark.parametrize(
    "schema", [{"uniqueItems": True}, {"items": {"if": {}}}, {"$ref": "https://elsewhere.example/x"}]
)
def test_a_schema_it_does_not_understand_is_an_error_and_never_a_pass(schema: dict) -> None:
    with pytest.raises(ValueError, match="schema"):
        list(jsonshape.faults([{}], schema))


def _documents() -> list[tuple[str, Any]]:
    """Every JSON document of a real site with the schema that holds it."""
    view = samples.site_view("down")
    found = []
    for name in ("api", "data", "statuspage", "badges", "feeds"):
        for artifact in outputs.get(name).render((view,), (Path("templates"),)):
            schema = next((s for pattern, s in verify._shapes() if pattern.fullmatch(artifact.path)), None)
            if schema and artifact.path.endswith(".json"):
                found.append((schema, json.loads(artifact.body)))
    return found


DOCUMENTS = dict(_documents())


def _places(value: Any) -> list[tuple[Any, Any]]:
    """(container, key) of everything inside."""
    if isinstance(value, dict):
        return [(value, k) for k in value] + [p for v in value.values() for p in _places(v)]
    if isinstance(value, list):
        return [(value, n) for n in range(len(value))] + [p for v in value for p in _places(v)]
    return []


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_it_agrees_with_a_whole_validator_on_documents_bent_at_any_place(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(DOCUMENTS)))
    schema = json.loads((SCHEMAS / name).read_text())
    value = copy.deepcopy(DOCUMENTS[name])
    container, key = data.draw(st.sampled_from(_places(value)))
    if isinstance(container, dict) and data.draw(st.booleans()):
        del container[key]
    else:
        container[key] = data.draw(
            st.sampled_from([None, True, 0, -1, 1.5, "", "x", [], {}, [{}], "2026-11-23T06:00:00Z"]).map(copy.deepcopy)
        )
    whole = jsonschema.Draft202012Validator(schema)
    assert (not list(jsonshape.faults(value, schema))) == whole.is_valid(value)
