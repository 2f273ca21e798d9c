"""Values as plain lists, and back: for the cache, which unpickles nothing.

Knows the values that content is read into: some of `generator.model` and `generator.signature`, the specs of
`generator.probes`, and the containers of Python. Whatever else there is has no place here. No code comes out of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import cache, partial
from importlib import import_module
from types import MappingProxyType
from typing import Any

from . import model, signature

_SPEC = re.compile(r"[a-z_]+\.[A-Za-z]+\Z")
_VALUES: Mapping[str, type] = {
    **{
        kind.__name__: kind
        for kind in (
            *(model.Config, model.Site, model.Region, model.Platform, model.Component, model.Check, model.Rules),
            *(model.Request, model.Exclusion, model.Cause, model.Place),
        )
    },
    **{
        f"signature.{kind.__name__}": kind
        for kind in (signature.Signature, signature.Condition, signature.Group, signature.Span)
    },
}
_NAMES = {kind: name for name, kind in _VALUES.items()}
_WORDS = {
    kind.__name__: kind for kind in (model.Status, model.Verdict, model.Failure, model.RegionHealth, model.Confidence)
}
FAULTS = (ValueError, TypeError, LookupError, AttributeError, ImportError)
"""What `unpacked` raises for rows that are none of ours."""


# ---- out -------------------------------------------------------------------------------------------------------------


def packed(value: Any) -> Any:
    """Plain values as they are; others as a list that begins with what they are. TypeError for what has no place."""
    if value is None or type(value) in (str, int, float, bool):
        return value
    kind = type(value)
    if kind is bytes:
        return ["bytes", value.hex()]
    if kind is tuple or kind is list:
        return ["tuple" if kind is tuple else "list", *map(packed, value)]
    if kind is frozenset:
        return ["set", *sorted(map(packed, value))]
    if kind is dict or kind is MappingProxyType:
        pairs = [[packed(key), packed(inner)] for key, inner in value.items()]
        return ["dict" if kind is dict else "mapping", *pairs]
    if kind in _NAMES:
        return ["value", _NAMES[kind], *(packed(getattr(value, field.name)) for field in fields(value))]
    if _WORDS.get(kind.__name__) is kind:
        return ["word", kind.__name__, value.value]
    return _spec_out(value)


def _spec_out(value: Any) -> Any:
    """A probe's own keys: which are given is part of them, because pydantic compares and dumps by it."""
    kind, probes = type(value), f"{__package__}.probes."
    if not kind.__module__.startswith(probes) or not hasattr(kind, "__pydantic_fields__"):
        raise TypeError(f"{kind.__name__} has no place in the cache")
    if value.__pydantic_private__ or value.__pydantic_extra__:
        raise TypeError(f"{kind.__name__} holds more than its fields")
    pairs = [[name, packed(inner)] for name, inner in value.__dict__.items()]
    name = f"{kind.__module__.removeprefix(probes)}.{kind.__qualname__}"
    return ["spec", name, sorted(value.__pydantic_fields_set__), *pairs]


# ---- in --------------------------------------------------------------------------------------------------------------


def unpacked(row: Any) -> Any:
    """The value that was packed; one of `FAULTS` for what is no such row."""
    if not isinstance(row, list):
        return row
    return _MAKE[row[0]](row)


def _items(row: list[Any]) -> list[Any]:
    return [unpacked(inner) if type(inner) is list else inner for inner in row[1:]]


def _pairs(row: list[Any]) -> dict[Any, Any]:
    return {unpacked(key): unpacked(inner) for key, inner in row[1:]}


def _value_in(row: list[Any]) -> Any:
    return _VALUES[row[1]](*(_field_in(inner) if type(inner) is list else inner for inner in row[2:]))


def _field_in(row: list[Any]) -> Any:
    """A spec is made when somebody looks: for that its probe is imported, and the validators with it."""
    return model.Later(partial(_spec_in, row)) if row[:1] == ["spec"] else unpacked(row)


def _spec_in(row: list[Any]) -> Any:
    _, name, given, *pairs = row
    # As pydantic copies a model: it was validated when the text was read, and the text is the same.
    made = _spec(name)
    spec = made.__new__(made)
    object.__setattr__(spec, "__dict__", {key: unpacked(inner) for key, inner in pairs})
    object.__setattr__(spec, "__pydantic_fields_set__", set(given))
    object.__setattr__(spec, "__pydantic_extra__", None)
    object.__setattr__(spec, "__pydantic_private__", None)
    return spec


@cache
def _spec(name: str) -> Any:
    """The class of a spec, by file and name below `generator.probes`."""
    from pydantic import BaseModel

    if not _SPEC.match(name):
        raise KeyError(name)
    file, _, kind = name.rpartition(".")
    found = getattr(import_module(f".probes.{file}", __package__), kind)
    if not (isinstance(found, type) and issubclass(found, BaseModel)):
        raise KeyError(name)
    return found


_MAKE: Mapping[str, Callable[[list[Any]], Any]] = {
    "tuple": lambda row: tuple(_items(row)),
    "list": _items,
    "set": lambda row: frozenset(_items(row)),
    "dict": _pairs,
    "mapping": lambda row: MappingProxyType(_pairs(row)),
    "bytes": lambda row: bytes.fromhex(row[1]),
    "word": lambda row: _WORDS[row[1]](row[2]),
    "value": _value_in,
    "spec": _spec_in,
}
