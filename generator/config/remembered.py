"""A configuration that was read before, as bytes: kept where its text alone decides what it says.

Where the text asks for anything of the environment (`${NAME}`) nothing is kept: what is filled in may be a secret. The
bytes name values of `generator.model` and specs of `generator.probes`, nothing else; no code comes out of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import Any

from .. import cache as memory
from .. import model
from ..errors import Problem, Severity
from ..model import Config, Status

KIND = "config"
Read = tuple[Config, tuple[Problem, ...]]

_SPEC = re.compile(r"[a-z_]+\.[A-Za-z]+\Z")
_VALUES = ("Config", "Site", "Region", "Platform", "Component", "Check", "Rules", "Exclusion")


def key(name: str, text: str, missing_allowed: bool) -> bytes:
    """Everything that a configuration without references is made of."""
    return memory.digest(memory.code_version(), name, text, str(missing_allowed))


def pack(config: Config, problems: tuple[Problem, ...]) -> bytes | None:
    """Both as bytes, of which `unpack` makes equal ones; None where they hold what has no place here."""
    try:
        told = [[p.file, p.line, p.col, p.rule, p.message, p.fix, p.severity.value] for p in problems]
        return json.dumps([_out(config), told], ensure_ascii=False, separators=(",", ":")).encode()
    except (TypeError, UnicodeError):
        return None


def unpack(raw: bytes) -> Read | None:
    """The configuration and its warnings; None for bytes that are none of ours."""
    try:
        inner, told = json.loads(raw)
        config = _in(inner)
        problems = tuple(
            Problem(file, line, col, rule, message, fix, Severity(severity))
            for file, line, col, rule, message, fix, severity in told
        )
    except (ValueError, TypeError, KeyError, AttributeError, ImportError):
        return None
    return (config, problems) if isinstance(config, Config) else None


# ---- out -------------------------------------------------------------------------------------------------------------


def _out(value: Any) -> Any:
    """Plain values as they are; everything else as a list that begins with what it is."""
    if value is None or type(value) in (str, int, float, bool):
        return value
    kind = type(value)
    if kind is tuple or kind is list:
        return ["tuple" if kind is tuple else "list", *map(_out, value)]
    if kind is frozenset:
        return ["set", *sorted(map(_out, value))]
    if kind is dict or kind is MappingProxyType:
        pairs = [[_out(key), _out(inner)] for key, inner in value.items()]
        return ["dict" if kind is dict else "mapping", *pairs]
    if kind is Status:
        return ["status", value.value]
    if is_dataclass(value) and kind.__module__ == model.__name__ and kind.__name__ in _VALUES:
        return ["value", kind.__name__, *(_out(getattr(value, field.name)) for field in fields(value))]
    return _spec_out(value)


def _spec_out(value: Any) -> Any:
    """A probe's own keys: which are given is part of them, because pydantic compares and dumps by it."""
    kind, probes = type(value), f"{__package__.rpartition('.')[0]}.probes."
    if not kind.__module__.startswith(probes) or not hasattr(kind, "__pydantic_fields__"):
        raise TypeError(f"{kind.__name__} has no place in a remembered configuration")
    if value.__pydantic_private__ or value.__pydantic_extra__:
        raise TypeError(f"{kind.__name__} holds more than its fields")
    pairs = [[name, _out(inner)] for name, inner in value.__dict__.items()]
    name = f"{kind.__module__.removeprefix(probes)}.{kind.__qualname__}"
    return ["spec", name, sorted(value.__pydantic_fields_set__), *pairs]


# ---- in --------------------------------------------------------------------------------------------------------------


def _in(row: Any) -> Any:
    if not isinstance(row, list):
        return row
    return _MAKE[row[0]](row)


def _items(row: list[Any]) -> list[Any]:
    return [_in(inner) if type(inner) is list else inner for inner in row[1:]]


def _pairs(row: list[Any]) -> dict[Any, Any]:
    return {_in(key): _in(inner) for key, inner in row[1:]}


def _value_in(row: list[Any]) -> Any:
    if row[1] not in _VALUES:
        raise KeyError(row[1])
    return getattr(model, row[1])(*_items(row[1:]))


def _spec_in(row: list[Any]) -> Any:
    _, name, given, *pairs = row
    # As pydantic copies a model: it was validated when the text was read, and the text is the same.
    made = _spec(name)
    spec = made.__new__(made)
    object.__setattr__(spec, "__dict__", {key: _in(inner) for key, inner in pairs})
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
    found = getattr(import_module(f"..probes.{file}", __package__), kind)
    if not (isinstance(found, type) and issubclass(found, BaseModel)):
        raise KeyError(name)
    return found


_MAKE: Mapping[str, Callable[[list[Any]], Any]] = {
    "tuple": lambda row: tuple(_items(row)),
    "list": _items,
    "set": lambda row: frozenset(_items(row)),
    "dict": _pairs,
    "mapping": lambda row: MappingProxyType(_pairs(row)),
    "status": lambda row: Status(row[1]),
    "value": _value_in,
    "spec": _spec_in,
}
