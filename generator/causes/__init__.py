"""The causes of `content/causes/*.md`: named explanations with a signature, by id.

`reading` reads, strictly: all mistakes of all files at once. A text that was read before is not read again. Never
judges whether a cause holds now (`generator.diagnosis.matching`), and never touches the network.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from .. import cache, textfile
from ..errors import ContentError, Problem
from ..model import Cause, Config
from ..notes import files
from ..packing import FAULTS, packed, unpacked

if TYPE_CHECKING:
    from ..cache import Cache

KIND = "cause"


def load(root: Path, config: Config, memory: Cache | None = None) -> tuple[Cause, ...]:
    """Every cause below `content/causes`, by id. Raises ContentError with all problems of all files at once."""
    causes, problems = _all(root, config, memory)
    if problems:
        raise ContentError(problems)
    return tuple(causes)


def lint(root: Path, config: Config, memory: Cache | None = None) -> list[Problem]:
    """Everything that is wrong with the causes, and what is right but cannot be meant (as warnings)."""
    from .overlap import warnings

    good, problems = _all(root, config, memory)
    return [*problems, *warnings(tuple(good), config)]


def _all(root: Path, config: Config, memory: Cache | None) -> tuple[list[Cause], list[Problem]]:
    causes: list[Cause] = []
    problems: list[Problem] = []
    for path in files(root / "content" / "causes"):
        try:
            name = textfile.name_below(root, path)
            causes.append(_remembered(textfile.read(path, name, inside=root / "content"), name, config, memory))
        except ContentError as wrong:
            problems.extend(wrong.problems)
    return causes, problems


def read(text: str, file: str, config: Config) -> Cause:
    """One cause from the text of its file; `file` is its path below the root. Raises ContentError."""
    from . import reading

    return reading.read(text, file, config.site.url, _regions(config))


def _remembered(text: str, file: str, config: Config, memory: Cache | None) -> Cause:
    """The same; one that was right before is not read again."""
    if memory is None or not memory.works:
        return read(text, file, config)
    key = cache.digest(cache.code_version(), text, file, config.site.url, repr(_regions(config)))
    raw = memory.get(KIND, key)
    known = None if raw is None else _unpack(raw)
    if known is not None:
        return known
    cause = read(text, file, config)
    try:
        raw = json.dumps(packed(cause), ensure_ascii=False, separators=(",", ":")).encode()
    except (TypeError, UnicodeError):  # what the cache cannot say is read each time
        return cause
    memory.put(KIND, key, raw)
    return cause


def _unpack(raw: bytes) -> Cause | None:
    try:
        found = unpacked(json.loads(raw))
    except FAULTS:
        return None
    return found if isinstance(found, Cause) else None


def _regions(config: Config) -> tuple[str, ...]:
    return tuple(region.id for region in config.regions)
