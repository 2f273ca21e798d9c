"""What a value says, as a short hash: equal values have equal hashes, in every process.

For the frozen values of `model` and `siteview`, and what is made of them: text, numbers, enumerations, tuples, lists
and mappings. Order counts, since what is printed from a mapping has its order. Pure. Never guesses: a value it does not
know is a TypeError, so that nothing is ever named by half of what it says.
"""

from __future__ import annotations

import marshal
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from hashlib import blake2b
from operator import attrgetter
from types import MappingProxyType
from typing import Any

SIZE = 20
"""Bytes of a fingerprint."""

LARGE = 6
"""A dataclass of more fields than this is hashed once, however many values it is part of."""

_LEAVES = frozenset((str, int, float, bool, bytes, type(None)))
_MAPPINGS = frozenset((dict, MappingProxyType))
"""What nearly every mapping is: asked before the question that takes long."""
_SHAPES: dict[type, tuple[str, Any, bool]] = {}


class Fingerprints:
    """Fingerprints of values, each large one taken once. Keeps what it was asked about: make one for each build."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[object, bytes]] = {}

    def of(self, *values: Any) -> bytes:
        """The fingerprint of these values in this order; TypeError for one that has no fixed meaning."""
        # The second format of marshal writes nothing but what a value says: no references, no interned strings.
        return blake2b(marshal.dumps(tuple(map(self._flat, values)), 2), digest_size=SIZE).digest()

    def _flat(self, value: Any) -> Any:
        kind = type(value)
        if kind in _LEAVES:
            return value
        if kind is tuple or kind is list:
            return (kind.__name__, *[one if type(one) in _LEAVES else self._flat(one) for one in value])
        shape = _SHAPES.get(kind)
        if shape is None:
            if isinstance(value, Enum):
                return ("enum", kind.__qualname__, value._value_)
            if kind in _MAPPINGS or isinstance(value, Mapping):
                return ("mapping", *[(self._flat(key), self._flat(item)) for key, item in value.items()])
            shape = _shape(kind)
        return self._large(value, shape) if shape[2] else self._fields(value, shape)

    def _large(self, value: object, shape: tuple[str, Any, bool]) -> bytes:
        found = self._known.get(id(value))
        if found is None:
            flat = self._fields(value, shape)
            found = self._known[id(value)] = value, blake2b(marshal.dumps(flat, 2), digest_size=SIZE).digest()
        return found[1]

    def _fields(self, value: object, shape: tuple[str, Any, bool]) -> tuple[Any, ...]:
        return (shape[0], *[one if type(one) in _LEAVES else self._flat(one) for one in shape[1](value)])


def _shape(kind: type) -> tuple[str, Any, bool]:
    """Name, a way to all fields at once, and whether it is large."""
    if not is_dataclass(kind):
        raise TypeError(f"{kind.__qualname__} has no fingerprint")
    names = [field.name for field in fields(kind)]
    if len(names) < 2:
        raise TypeError(f"{kind.__qualname__} has no fingerprint: fewer than two fields")
    found = _SHAPES[kind] = f"{kind.__module__}.{kind.__qualname__}", attrgetter(*names), len(names) > LARGE
    return found
