"""Holds a JSON value to a JSON Schema, for the part of the language that the schemas we ship use.

A full validator is a test's business; this one is small enough to run on every publish. A keyword it does not know is
an error of the schema, so that nothing is ever passed because it was not understood. Pure.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial
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


# ---- the same question, asked of many values -------------------------------------------------------------------------

Fits = Callable[[Any], bool]


def checker(schema: Schema) -> Fits:
    """Whether a value that was read from JSON has the shape: exactly where `faults` finds nothing, without the words.

    ValueError for a schema we cannot read.
    """
    return _checker(schema, schema, {})


def _checker(schema: Schema, root: Schema, made: dict[int, list[Fits]]) -> Fits:
    if id(schema) in made:  # it speaks of itself: it is whole by the time it is asked
        whole = made[id(schema)]
        return lambda value: whole[0](value)
    unknown = schema.keys() - _KNOWN
    if unknown:
        raise ValueError(f"schema keyword {sorted(unknown)[0]!r} is not known here")
    slot = made[id(schema)] = list[Fits]()
    rules = (*_kind_rules(schema), *_value_rules(schema), *_inner_rules(schema, root, made))
    slot.append(rules[0] if len(rules) == 1 else partial(_all, rules))
    return slot[0]


def _all(rules: tuple[Fits, ...], value: Any) -> bool:
    for rule in rules:  # noqa: SIM110 - plainly, because it is asked of every number on the site
        if not rule(value):
            return False
    return True


def _kind_rules(schema: Schema) -> Iterator[Fits]:
    wanted = schema.get("type")
    if wanted is None:
        return
    words = (wanted,) if isinstance(wanted, str) else tuple(wanted)
    kinds = frozenset(kind for word in words for kind in _EXACT[word])
    if "integer" in words:
        yield lambda value: type(value) in kinds or (type(value) is float and value.is_integer())
    else:
        yield lambda value: type(value) in kinds


_EXACT: Mapping[str, tuple[type, ...]] = {
    word: kinds if isinstance(kinds, tuple) else (kinds,) for word, kinds in _TYPES.items()
}
"""The same kinds: what was read from JSON is of no other class, and true is no number."""


def _value_rules(schema: Schema) -> Iterator[Fits]:
    if "enum" in schema:
        options = tuple(schema["enum"])
        yield lambda value: value in options
    if "const" in schema:
        wanted = schema["const"]
        yield lambda value: value == wanted and isinstance(value, bool) == isinstance(wanted, bool)
    if "pattern" in schema:
        search = _pattern(schema["pattern"]).search
        yield lambda value: type(value) is not str or search(value) is not None
    for low, high, kinds, size in _BOUNDS:
        if low in schema or high in schema:
            least, most = schema.get(low, -math.inf), schema.get(high, math.inf)
            yield partial(_bounded, kinds, size, least, most)


_BOUNDS: tuple[tuple[str, str, tuple[type, ...], Callable[[Any], float]], ...] = (
    ("minimum", "maximum", (int, float), lambda value: value),
    ("minLength", "maxLength", (str,), len),
    ("minItems", "maxItems", (list,), len),
)


def _bounded(kinds: tuple[type, ...], size: Callable[[Any], float], least: float, most: float, value: Any) -> bool:
    return type(value) not in kinds or not (size(value) < least or size(value) > most)


def _inner_rules(schema: Schema, root: Schema, made: dict[int, list[Fits]]) -> Iterator[Fits]:
    if "$ref" in schema:
        yield _checker(_resolve(root, schema["$ref"]), root, made)
    for keyword in ("allOf", "anyOf", "oneOf"):
        if keyword in schema:
            parts = [_checker(part, root, made) for part in schema[keyword]]
            least = len(parts) if keyword == "allOf" else 1
            most = 1 if keyword == "oneOf" else len(parts)
            yield partial(_some, parts, least, most)
    if "items" in schema:
        item = _checker(schema["items"], root, made)
        yield lambda value: type(value) is not list or all(map(item, value))
    if schema.keys() & {"properties", "required", "additionalProperties"}:
        properties = {name: _checker(part, root, made) for name, part in schema.get("properties", {}).items()}
        more = schema.get("additionalProperties", True)
        rest = _checker(more, root, made) if isinstance(more, dict) else lambda value: more is not False
        yield partial(_all_inside, frozenset(schema.get("required", ())), properties, rest)


def _some(parts: list[Fits], least: int, most: int, value: Any) -> bool:
    return least <= sum([fit(value) for fit in parts]) <= most


def _all_inside(required: frozenset[str], properties: Mapping[str, Fits], rest: Fits, value: Any) -> bool:
    if type(value) is not dict:
        return True
    if not required <= value.keys():
        return False
    for name, item in value.items():  # noqa: SIM110
        if not properties.get(name, rest)(item):
            return False
    return True
