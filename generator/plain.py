"""Plain English for what the machine itself says of an incident: names, lists, moments, lengths.

Used by incidents, drafts, findings and durations, which are stored and fed as written. What other languages must be
able to say as well is made with `said` and `counted`: `english` makes words of it here, `generator.text` there. Pure.
Never decides.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from .model import ALL, Config, Failure, Filling, Length, Moment, Said, Status, Time
from .words import FAILURE, mark

_STATUS = {
    Status.OPERATIONAL: mark("working"),
    Status.DEGRADED_PERFORMANCE: mark("degraded"),
    Status.PARTIAL_OUTAGE: mark("partly failing"),
    Status.MAJOR_OUTAGE: mark("failing"),
    Status.UNDER_MAINTENANCE: mark("under maintenance"),
    Status.UNKNOWN: mark("unknown"),
}


# ---- sentences as values ---------------------------------------------------------------------------------------------


def said(message: str, **values: Filling) -> Said:
    """A sentence as a value: a message of the catalogues with what fills its `{names}`."""
    return Said(message, tuple(values.items()))


def counted(one: str, many: str, n: int, **values: Filling) -> Said:
    """As `said`, with a form for one and a form for any other number; `{n}` is the number."""
    return Said(one, tuple(values.items()), many, n)


def english(sentence: Said) -> str:
    """The sentence in English; values are never read as a format."""
    values = {name: _english(value) for name, value in sentence.values}
    if sentence.many:
        return (sentence.message if sentence.n == 1 else sentence.many).format(n=sentence.n, **values)
    return sentence.message.format(**values) if values else sentence.message


def _english(value: Filling) -> str:
    if isinstance(value, Said):
        return english(value)
    if isinstance(value, Moment):
        return moment(value.at)
    if isinstance(value, Length):
        return length(value.seconds)
    if isinstance(value, tuple):
        return listed(map(_english, value), len(value))
    return str(value)


def words(sentences: Iterable[Said]) -> str:
    """Sentences in English, one after the other."""
    return " ".join(map(english, sentences))


def first_of(items: Sequence[Filling], most: int = 6) -> tuple[Filling, ...]:
    """The items, as many as `listed` names; beyond them the rest is counted."""
    if len(items) <= most:
        return tuple(items)
    left = len(items) - most + 1
    return (*items[: most - 1], counted("{n} more", "{n} more", left))


def failure_said(failure: Failure) -> Said:
    """`failure_words` as a value."""
    return Said(failure_words(failure))


def status_said(status: Status) -> Said:
    """`status_word` as a value."""
    return Said(_STATUS[status])


def place_said(config: Config, region: str) -> Filling:
    """`region_name` as a value: names stay, `all regions` is translated."""
    return Said(EVERYWHERE) if region == ALL else region_name(config, region)


# ---- sentences in history --------------------------------------------------------------------------------------------

_PLACE = re.compile(r"\{(\w+)\}")
_MESSAGE = re.compile(r"(?:[^{}]|\{\w+\})*\Z")


def to_record(sentence: Said) -> dict[str, Any]:
    """A sentence as JSON can say it, without what is empty."""
    found: dict[str, Any] = {"message": sentence.message}
    if sentence.values:
        found["values"] = {name: _to_value(value) for name, value in sentence.values}
    return {**found, "many": sentence.many, "n": sentence.n} if sentence.many else found


def from_record(item: Mapping[str, Any]) -> Said:
    """The sentence of `to_record`. Raises ValueError, TypeError, KeyError or AttributeError for anything else."""
    values = {str(name): _from_value(value) for name, value in item.get("values", {}).items()}
    found = Said(str(item["message"]), tuple(values.items()), str(item.get("many", "")), int(item.get("n", 0)))
    for message in (found.message, found.many):
        if not _MESSAGE.match(message) or not {*_PLACE.findall(message)} <= {*values, *(["n"] if found.many else [])}:
            raise ValueError(f"not a message: {message!r}")
    return found


def _to_value(value: Filling) -> Any:
    if isinstance(value, Said):
        return {"said": to_record(value)}
    if isinstance(value, Moment):
        return {"at": value.at}
    if isinstance(value, Length):
        return {"seconds": value.seconds}
    return [_to_value(one) for one in value] if isinstance(value, tuple) else value


def _from_value(value: Any) -> Filling:
    if isinstance(value, list):
        return tuple(map(_from_value, value))
    if isinstance(value, str | int):
        return value
    if "said" in value:
        return from_record(value["said"])
    return Moment(int(value["at"])) if "at" in value else Length(int(value["seconds"]))


# ---- words -----------------------------------------------------------------------------------------------------------


EVERYWHERE = mark("all regions")


def moment(at: Time) -> str:
    """`23 Nov 2026, 06:00 UTC`."""
    when = datetime.fromtimestamp(at, UTC)
    return f"{when.day} {when:%b %Y, %H:%M} UTC"


def iso(at: Time) -> str:
    """`2026-11-23T06:00:00Z`."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"


def length(seconds: int) -> str:
    """`40 s`, `25 min`, `1 h 25 min`, `3 d 4 h`: the two largest units, never rounded up."""
    seconds = max(0, int(seconds))
    days, rest = divmod(seconds, 86400)
    hours, rest = divmod(rest, 3600)
    minutes, left = divmod(rest, 60)
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min" if minutes else f"{left} s"


def listed(items: Iterable[str], most: int = 6) -> str:
    """`a`, `a and b`, `a, b and c`; beyond `most` the rest is counted."""
    names = list(items)
    if len(names) > most:
        names = [*names[: most - 1], f"{len(names) - most + 1} more"]
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def component_name(config: Config, component: str) -> str:
    """`Civitai: Search`, also when it is no longer configured; its id where nobody remembers its name."""
    platform, _, key = component.partition("/")
    former = config.former.get(component)
    part, whole = config.component(component) or former, config.platform(platform)
    return f"{whole.name if whole else former.platform if former else platform}: {part.name if part else key}"


def region_name(config: Config, region: str) -> str:
    """`Western Europe`; the id itself for an unknown region, `all regions` for ALL."""
    if region == ALL:
        return EVERYWHERE
    former = config.former.get(region)
    return next((r.name for r in config.regions if r.id == region), former.name if former else region)


def status_word(status: Status) -> str:
    return _STATUS[status]


def failure_words(failure: Failure) -> str:
    """`connection refused`."""
    return FAILURE.get(failure, failure.value.replace("_", " "))


def paragraph(text: str) -> str:
    """The text as one escaped HTML paragraph."""
    return f"<p>{html.escape(text, quote=False)}</p>"
