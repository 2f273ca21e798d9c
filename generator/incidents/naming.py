"""Which id an incident has, and which each update of it: what was published keeps its id, whatever is done to the file.

A note may be written after its outage was published and be dated back, its file may be renamed, its times corrected;
subscribers hear of none of this. The register of what was published (`published`) is asked first, then the rule: a note
takes over the id of the outage it speaks of when that outage was confirmed before the note's first update, or is named
in the note's `outages:`; otherwise its own id holds. Pure. Never gives one id to two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ..model import Note, Time, Update
from ..outage_groups import Event
from .maintenance import windows_of
from .published import Register, Shown, Written, digest


@dataclass(frozen=True, slots=True)
class Subject:
    """What becomes an incident: a note with the events it speaks of, or an event alone."""

    events: tuple[Event, ...]
    note: Note | None = None

    @property
    def own(self) -> str:
        return self.note.id if self.note else self.events[0].id

    @property
    def names(self) -> tuple[str, ...]:
        """Every id that it may have been published under, its own first."""
        named = self.note.outages if self.note else ()
        return _unique((self.own, *named, *(o.id for e in self.events for o in e.outages)))

    @property
    def started(self) -> Time:
        windows = windows_of(self.note) if self.note else ()
        starts = [self.note.started] if self.note else []
        return windows[0][0] if windows else min([*starts, *(e.started for e in self.events)])


@dataclass(frozen=True, slots=True)
class Name:
    """The id of an incident and the other ids that lead to it."""

    id: str
    aliases: tuple[str, ...] = ()


def named(register: Register, subjects: Sequence[Subject]) -> tuple[Name, ...]:
    """The name of each subject, in their order: published ones first, then renamed ones, then by the rule."""
    known = {id: id for id in register.incidents}
    known.update({name: id for id, shown in register.incidents.items() for name in shown.names})
    reserved = {subject.own for subject in subjects}
    ids: dict[int, str] = {}
    taken: set[str] = set()

    def give(which: Callable[[Subject], Iterable[str]]) -> None:
        for number, subject in enumerate(subjects):
            if number in ids:
                continue
            for id in which(subject):
                if id not in taken and (id == subject.own or id not in reserved):
                    ids[number] = id
                    taken.add(id)
                    break

    give(lambda subject: [known[subject.own]] if subject.own in known else [])
    give(lambda subject: [subject.own] if subject.own in register.incidents else [])
    give(lambda subject: [known[name] for name in subject.names if name in known])
    there = {name for subject in subjects for name in subject.names}
    lost: dict[tuple[str, Time], list[str]] = {}
    for id, shown in register.incidents.items():
        if id not in there and id not in taken:
            lost.setdefault((shown.kind, shown.started), []).append(id)

    def renamed(subject: Subject, sameness: int) -> Iterator[str]:
        if subject.note is not None:
            for id in lost.get((subject.note.kind, subject.started), ()):
                if _sameness(subject.note, register.incidents[id]) == sameness:
                    yield id

    give(lambda subject: renamed(subject, 2))
    give(lambda subject: renamed(subject, 1))
    give(lambda subject: (_by_rule(subject), subject.own))
    return _with_aliases(register, subjects, [ids[number] for number in range(len(subjects))])


def _sameness(note: Note, shown: Shown) -> int:
    """How many of title and updates are the same, of two with the same start: a renamed file says what it said."""
    mine = {(u.status.value, digest(u.body)) for u in note.updates}
    theirs = {(w.status, w.text) for w in shown.updates}
    same_updates = bool(mine and theirs) and (mine <= theirs or theirs <= mine)
    return (shown.title == digest(note.title)) + same_updates


def _by_rule(subject: Subject) -> str:
    """The published outage's id if it was there before the note spoke, else its own (see the module)."""
    note = subject.note
    if note is None or note.kind == "maintenance":
        return subject.own
    if note.outages:
        return note.outages[0]
    spoke = note.updates[0].at if note.updates else note.started
    before = [e for e in subject.events if e.confirmed < spoke]
    return min(before, key=lambda e: (e.confirmed, e.id)).id if before else note.id


def _with_aliases(register: Register, subjects: Sequence[Subject], ids: Sequence[str]) -> tuple[Name, ...]:
    """Each alias leads to one incident, and none is the id of another."""
    claimed = {*ids, *(subject.own for subject in subjects)}
    found = []
    for subject, id in zip(subjects, ids, strict=True):
        note, shown = subject.note, register.incidents.get(id)
        others = (*(note.outages if note else ()), *(e.id for e in subject.events), *(shown.names if shown else ()))
        aliases = _unique(name for name in (subject.own, *others) if name == subject.own or name not in claimed)
        claimed.update(aliases)
        found.append(Name(id, tuple(name for name in aliases if name != id)))
    return tuple(found)


# ---- updates ---------------------------------------------------------------------------------------------------------


def update_ids(shown: Shown | None, updates: Sequence[Update]) -> tuple[str, ...]:
    """The id of each update of a note. One that says what was published keeps that id although its time moved, one
    whose words were corrected keeps the id of its minute, and a new one never gets an id that another one had."""
    left = {one.id: one for one in (shown.updates if shown else ())}
    texts = [digest(u.body) for u in updates] if left else [""] * len(updates)
    used = set(left)
    ids: dict[int, str] = {}

    def keep(fits: Callable[[Written, Update, str], bool]) -> None:
        for number, (update, text) in enumerate(zip(updates, texts, strict=True)):
            if number not in ids:
                one = next(
                    (w for w in left.values() if w.status == update.status.value and fits(w, update, text)), None
                )
                if one is not None:
                    ids[number] = left.pop(one.id).id

    keep(lambda one, update, text: one.id == update.id and one.text == text)
    keep(lambda one, update, text: one.text == text and not one.gone)
    keep(lambda one, update, text: one.id == update.id)
    for number, update in enumerate(updates):
        if number not in ids:
            ids[number] = _free(update.id, used)
            used.add(ids[number])
    return tuple(ids[number] for number in range(len(updates)))


def _free(id: str, used: set[str]) -> str:
    """The id, or the next of its minute that nobody had."""
    minute, number = id.partition("-")[0], 1
    while id in used:
        number += 1
        id = f"{minute}-{number}"
    return id


def _unique(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(items))
