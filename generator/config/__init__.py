"""`content/status.yml` in, a `Config` out: every mistake at once, each with its file, line, column and what to write.

`reading` reads; a text that asks for no secret is read once (`remembered`). Reads the one file it is given and the
environment that was passed in; never opens the network, never looks at the clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path as FilePath

from .. import textfile
from ..cache import Cache
from ..errors import ContentError, Problem, Severity
from ..model import Config
from . import remembered

FILE = "content/status.yml"


def load(
    path: FilePath, *, env: Mapping[str, str], allow_missing_secrets: bool = False, memory: Cache | None = None
) -> Config:
    """The configuration; ContentError with everything that is wrong with it.

    With `allow_missing_secrets` a check whose `${NAME}` is not set is there but not enabled: it is never asked with
    something else in the place of the secret, so that its component is unknown for want of evidence. With a `memory`
    the same text is read once.
    """
    config, found = check(path, env=env, allow_missing_secrets=allow_missing_secrets, memory=memory)
    if config is None:
        raise ContentError([problem for problem in found if problem.severity is Severity.ERROR])
    return config


def check(
    path: FilePath, *, env: Mapping[str, str], allow_missing_secrets: bool = False, memory: Cache | None = None
) -> tuple[Config | None, tuple[Problem, ...]]:
    """The configuration (None if it has errors) and all problems, warnings too, sorted by place."""
    name = textfile.name_below(path.parent.parent, path)
    try:
        text = textfile.read(path, name)
    except ContentError as error:
        return None, error.problems
    if memory is None or not memory.works:
        return _read(text, name, env, allow_missing_secrets)[:2]
    key = remembered.key(name, text, allow_missing_secrets)
    raw = memory.get(remembered.KIND, key)
    known = None if raw is None else remembered.unpack(raw)
    if known is not None:
        return known
    config, found, lasts = _read(text, name, env, allow_missing_secrets)
    packed = remembered.pack(config, found) if config is not None and lasts else None
    if packed is not None:
        memory.put(remembered.KIND, key, packed)
    return config, found


def _read(
    text: str, name: str, env: Mapping[str, str], missing_allowed: bool
) -> tuple[Config | None, tuple[Problem, ...], bool]:
    """The same, and whether the text alone decided it."""
    from .. import yamltext
    from .reading import Reading
    from .secrets import Filler

    try:
        document = yamltext.load(text, name)
        reading = Reading(document, Filler(document, env, missing_allowed))
        config = reading.config()
    except ContentError as error:
        return None, error.problems, False
    found = tuple(sorted({reading.filler.redact(problem) for problem in reading.problems}))
    wrong = any(problem.severity is Severity.ERROR for problem in found)
    return (None if wrong else config), found, not reading.filler.asked


def duration(text: str) -> int:
    """Whole seconds of `90s`, `5m`, `1h30m`, `2d`; ValueError with what to write instead."""
    from .. import shapes

    return shapes.duration(text)


def retired(config: Config, known: Iterable[str], file: str = FILE) -> tuple[Problem, ...]:
    """Warnings about components that have history (`known`) and are not configured: renamed, or removed.

    Its history is kept and its incidents stay either way; `retired:` in the file says that it is meant.
    """
    from ..shapes import nearest

    old = {id for component in config.components for id in component.was}
    declared = set(config.extra.get("retired", ()))
    history = set(known)
    gone = sorted(history - {c.id for c in config.components} - old - declared)
    fresh = [c.id for c in config.components if c.id not in history]
    found = []
    for id in gone:
        near = nearest(id, fresh)
        if near:
            message = f"`{id}` has history but is no longer here, and `{near}` has none"
            platform, _, part = id.rpartition("/")
            old_id = part if near.startswith(f"{platform}/") else id
            fix = f"if it was renamed, write was: [{old_id}] below `{near}`"
        else:
            message = f"`{id}` has history but is no longer here; its history is kept and its incidents stay"
            fix = f"if that is meant, write retired: [{id}]"
        found.append(Problem(file, 0, 0, "retired-component", message, fix, Severity.WARNING))
    return tuple(found)
