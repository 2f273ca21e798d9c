"""What in `status.yml` refers to what: ids that stand twice, dependencies that turn in a circle, names of nothing.

Pure: places and values in, problems out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from ..errors import Problem
from ..shapes import suggest
from ..yamltext import Document, Path


def duplicates(what: str, places: Iterable[tuple[str, Path]], document: Document) -> list[Problem]:
    """An error for each id that stands again, naming both lines."""
    first: dict[str, Path] = {}
    found: list[Problem] = []
    for id, path in places:
        if id in first:
            line, _ = document.place((*first[id], "id"))
            message = f"the {what} id `{id}` stands here again; the first is at line {line}"
            found.append(document.problem((*path, "id"), "duplicate-id", message, "give one of them another id"))
        else:
            first[id] = path
    return found


def unknown(what: str, names: Sequence[str], known: Iterable[str], document: Document, path: Path) -> list[Problem]:
    """An error for each name that nothing has, with the nearest that something has."""
    there = list(known)
    return [
        document.problem(
            (*path, index),
            f"unknown-{what}",
            f"there is no {what} `{name}`",
            suggest(name, there) or f"known: {', '.join(there[:12])}{' …' if len(there) > 12 else ''}",
        )
        for index, name in enumerate(names)
        if name not in there
    ]


def cycle(depends: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """A circle of dependencies as the way round it, or nothing."""
    try:
        TopologicalSorter(depends).prepare()
    except CycleError as error:
        way: list[str] = error.args[1]
        return tuple(reversed(way))
    return ()


def revived(
    places: Iterable[tuple[str, Sequence[str], Path]], living: Iterable[str], document: Document
) -> list[Problem]:
    """An error for each old id that is still, or again, the id of something: its history cannot be in two places."""
    there = set(living)
    taken: dict[str, str] = {}
    found: list[Problem] = []
    for id, was, path in places:
        for index, old in enumerate(was):
            where = (*path, "was", index)
            if old in there:
                fix = "an old id must be one that is no longer used"
                found.append(document.problem(where, "living-was", f"`{old}` is still the id of something", fix))
            elif old in taken:
                message = f"`{old}` is already the old id of `{taken[old]}`"
                found.append(document.problem(where, "living-was", message, "history can go on in one place only"))
            else:
                taken[old] = id
    return found
