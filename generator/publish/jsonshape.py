"""Holds a JSON value to a JSON Schema, for the part of the language that the schemas we ship use.

A full validator is a test's business; this one is small enough to run on every publish. A keyword it does not know is
an error of the schema, so that nothing is ever passed because it was not understood. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

Schema = Mapping[str, Any]

_IGNORED = frozenset(("$schema", "$id", "$defs", "title", "description", "examples", "default", "format", "$comment"))
_KNOWN = _IGNORED | frozenset(
    (
        *("type", "$ref", "anyOf", "oneOf", "allOf", "enum", "const", "properties", "required", "additionalProperties"),
        *("items", "pattern", "minimum", "maximum", "minItems", "maxItems", "minLength", "maxLength"),
    )
)
_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "null": type(None),
    "number": (int, float),
    "integer": int,
}


def faults(value: Any, schema: Schema, root: Schema | None = None, at: str = "") -> Iterator[str]:
    """One sentence for each place where the value does not have the shape; ValueError for a schema we cannot read."""
    root = schema if root is None else root
    unknown = schema.keys() - _KNOWN
    if unknown:
        raise ValueError(f"schema keyword {sorted(unknown)[0]!r} is not known here")
    where = at or "the whole"
    if "$ref" in schema:
        yield from faults(value, _resolve(root, schema["$ref"]), root, at)
    wanted = schema.get("type")
    if wanted is not None and not any(_is(value, t) for t in ([wanted] if isinstance(wanted, str) else wanted)):
        yield f"{where} is {_show(value)}, wanted {wanted}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where} is {_show(value)}, wanted one of {', '.join(map(repr, schema['enum']))}"
    if "const" in schema and (value != schema["const"] or isinstance(value, bool) != isinstance(schema["const"], bool)):
        yield f"{where} is {_show(value)}, wanted {schema['const']!r}"
    yield from _combined(value, schema, root, at)
    if isinstance(value, str):
        yield from _text(value, schema, where)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _between(value, schema, where, "minimum", "maximum", "")
    elif isinstance(value, list):
        yield from _between(len(value), schema, where, "minItems", "maxItems", " items")
        if "items" in schema:
            for n, item in enumerate(value):
                yield from faults(item, schema["items"], root, f"{at}[{n}]")
    elif isinstance(value, dict):
        yield from _object(value, schema, root, at, where)


def _combined(value: Any, schema: Schema, root: Schema, at: str) -> Iterator[str]:
    for part in schema.get("allOf", ()):
        yield from faults(value, part, root, at)
    for keyword, most in (("anyOf", None), ("oneOf", 1)):
        if keyword in schema:
            tried = [list(faults(value, part, root, at)) for part in schema[keyword]]
            fit = sum(not found for found in tried)
            if fit == 0:
                yield min(tried, key=len)[0]
            elif most and fit > most:
                yield f"{at or 'the whole'} has {fit} shapes at once, wanted one"


def _object(value: Mapping[str, Any], schema: Schema, root: Schema, at: str, where: str) -> Iterator[str]:
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{where} lacks {name!r}"
    properties = schema.get("properties", {})
    more = schema.get("additionalProperties", True)
    for name, item in value.items():
        inside = f"{at}.{name}" if at else str(name)
        if name in properties:
            yield from faults(item, properties[name], root, inside)
        elif more is False:
            yield f"{where} has {name!r}, which has no place there"
        elif isinstance(more, dict):
            yield from faults(item, more, root, inside)


def _text(value: str, schema: Schema, where: str) -> Iterator[str]:
    yield from _between(len(value), schema, where, "minLength", "maxLength", " characters")
    if "pattern" in schema and not _pattern(schema["pattern"]).search(value):
        yield f"{where} is {_show(value)}, wanted the form {schema['pattern']}"


def _between(size: float, schema: Schema, where: str, low: str, high: str, unit: str) -> Iterator[str]:
    if low in schema and size < schema[low]:
        yield f"{where} has {size}{unit}, wanted at least {schema[low]}"
    if high in schema and size > schema[high]:
        yield f"{where} has {size}{unit}, wanted at most {schema[high]}"


def _is(value: Any, word: str) -> bool:
    if isinstance(value, bool) and word != "boolean":
        return False
    if word == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES[word])


def _resolve(root: Schema, reference: str) -> Schema:
    if not reference.startswith("#"):
        raise ValueError(f"schema reference {reference!r} leads out of the file")
    found: Any = root
    for name in reference.removeprefix("#").strip("/").split("/"):
        found = found[name] if name else found
    return found  # type: ignore[no-any-return]


@lru_cache(maxsize=256)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)


def _show(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
