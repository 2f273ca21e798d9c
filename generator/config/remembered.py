"""A configuration that was read before, as bytes: kept where its text alone decides what it says.

Where the text asks for anything of the environment (`${NAME}`) nothing is kept: what is filled in may be a secret.
"""

from __future__ import annotations

import json

from .. import cache as memory
from ..errors import Problem, Severity
from ..model import Config
from ..packing import FAULTS, packed, unpacked

KIND = "config"
Read = tuple[Config, tuple[Problem, ...]]


def key(name: str, text: str, missing_allowed: bool) -> bytes:
    """Everything that a configuration without references is made of."""
    return memory.digest(memory.code_version(), name, text, str(missing_allowed))


def pack(config: Config, problems: tuple[Problem, ...]) -> bytes | None:
    """Both as bytes, of which `unpack` makes equal ones; None where they hold what has no place here."""
    try:
        told = [[p.file, p.line, p.col, p.rule, p.message, p.fix, p.severity.value] for p in problems]
        return json.dumps([packed(config), told], ensure_ascii=False, separators=(",", ":")).encode()
    except (TypeError, UnicodeError):
        return None


def unpack(raw: bytes) -> Read | None:
    """The configuration and its warnings; None for bytes that are none of ours."""
    try:
        inner, told = json.loads(raw)
        config = unpacked(inner)
        problems = tuple(
            Problem(file, line, col, rule, message, fix, Severity(severity))
            for file, line, col, rule, message, fix, severity in told
        )
    except FAULTS:
        return None
    return (config, problems) if isinstance(config, Config) else None
