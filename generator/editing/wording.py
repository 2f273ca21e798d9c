"""The words a note begins with, for each state: what people notice first, who, since when, what they can do, what next.

Plain sentences made of what is known, so that a note can be published as it stands and made better later. Pure.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from datetime import UTC, datetime

from ..model import Progress, Time

WIDTH = 110
PROMISING = (Progress.INVESTIGATING, Progress.IDENTIFIED, Progress.MONITORING)
"""The states after which people wait for the next update."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known when a note is written. Names as people read them; times in Unix seconds."""

    parts: tuple[str, ...]
    places: tuple[str, ...]
    begin: Time
    end: Time | None
    now: Time
    next_update: Time


def body(status: Progress, facts: Facts) -> str:
    """The text of an update of this state, as plain sentences."""
    what = _joined(facts.parts) or "The site"
    where = f" for people in {_joined(facts.places)}" if facts.places else ""
    since, to = _clock(facts.begin, facts.now), _clock(facts.now, facts.begin)
    works = "work" if len(facts.parts) > 1 else "works"
    said = {
        Progress.INVESTIGATING: f"{what} may fail or be slow{where} since {since}. The reason is not known yet.",
        Progress.IDENTIFIED: f"{what} may still fail or be slow{where}, as since {since}. The reason has been found.",
        Progress.MONITORING: f"{what} should work again{where}. We keep looking before we call it over.",
        Progress.RESOLVED: f"{what} {works} again{where}. The trouble lasted from {since} to {to}.",
        Progress.POSTMORTEM: f"What happened to {what}{where} from {since} on is written below.",
        Progress.SCHEDULED: f"{what} may be out of reach{where} from {since}{_until(facts)} because of planned work.",
        Progress.IN_PROGRESS: f"The planned work has begun: {what} may be out of reach{where}{_until(facts)}.",
        Progress.VERIFYING: f"The planned work is done. {what} should work{where}; this is being checked.",
        Progress.COMPLETED: f"The planned work is over. {what} {works} as before{where}.",
    }[status]
    if status in PROMISING:
        said += f" Next update by {_clock(facts.next_update, facts.now)}."
    return "\n".join(textwrap.wrap(said, WIDTH, break_long_words=False, break_on_hyphens=False))


def comment(status: Progress) -> tuple[str, ...]:
    """What a person should think of while writing an update of this state; comment lines for the file."""
    if status is Progress.SCHEDULED:
        return ("Say what will not work, for whom, from when to when, and what people can do before.",)
    return (
        "Say first what people notice, then who is affected and since when,",
        "then what they can do meanwhile, and when the next update comes. No blame, no guesses.",
    )


def _until(facts: Facts) -> str:
    return f" until {_clock(facts.end, facts.begin)}" if facts.end is not None else ""


def _joined(names: tuple[str, ...]) -> str:
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _clock(at: Time, beside: Time) -> str:
    """`05:42 UTC`, with the day if that is another one than the time beside it."""
    moment = datetime.fromtimestamp(at, UTC)
    same = moment.date() == datetime.fromtimestamp(beside, UTC).date()
    return moment.strftime("%H:%M UTC") if same else moment.strftime("%H:%M UTC on %-d %B %Y")
