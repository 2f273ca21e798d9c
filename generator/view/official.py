"""What the platform's own status page said while an incident lasted: moments, lead and sentence for the page. Pure.

Where the page is not watched nothing is said. Where it is watched and was not read, it is said that nothing is known:
the silence of a page that nobody read is no silence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..model import OfficialWord, Outage, Platform, Time
from ..siteview import OfficialAnswer
from ..text import Text

Row = tuple[Time, str, str]


@dataclass(frozen=True, slots=True)
class _Course:
    """The words about all outages that an incident has on one platform, as one story."""

    platform: Platform
    started: Time
    ended: Time | None
    known: bool
    silent: Time | None
    first: OfficialWord | None  # the one that acknowledged first
    over: Time | None


def answers(
    t: Text, outages: Sequence[Outage], words: Sequence[OfficialWord], platforms: Mapping[str, Platform], now: Time
) -> tuple[OfficialAnswer, ...]:
    """One for each platform whose own page is watched."""
    return tuple(
        OfficialAnswer(
            platform=course.platform.id,
            known=course.known,
            acknowledged=t.maybe(course.first.acknowledged if course.first else None),
            over=t.maybe(course.over),
            lead=_lead(course),
            sentence=_sentence(t, course, now),
        )
        for course in _courses(outages, words, platforms)
    )


def rows(
    t: Text, outages: Sequence[Outage], words: Sequence[OfficialWord], platforms: Mapping[str, Platform]
) -> list[Row]:
    """(time, who, what) for the table of what was measured and what was written."""
    found: list[Row] = []
    who = t("official page")
    for course in _courses(outages, words, platforms):
        if course.silent is not None and course.silent >= course.started:
            found.append((course.silent, who, t("still says operational")))
        if course.first is not None and course.first.acknowledged is not None:
            said = t("says for the first time: {word}", word=_word(t, course.first))
            found.append((course.first.acknowledged, who, said))
        if course.over is not None:
            found.append((course.over, who, t("says operational again")))
    return found


def _courses(
    outages: Sequence[Outage], words: Sequence[OfficialWord], platforms: Mapping[str, Platform]
) -> list[_Course]:
    about = {word.outage: word for word in words}
    by_platform: dict[str, list[tuple[Outage, OfficialWord]]] = {}
    for outage in outages:
        platform = outage.component.partition("/")[0]
        if outage.id in about and platform in platforms:
            by_platform.setdefault(platform, []).append((outage, about[outage.id]))
    return [_course(platforms[id], pairs) for id, pairs in by_platform.items()]


def _course(platform: Platform, pairs: Sequence[tuple[Outage, OfficialWord]]) -> _Course:
    said = [word for _, word in pairs if word.acknowledged is not None]
    first = min(said, key=lambda word: (word.acknowledged or 0, word.outage), default=None)
    ends = [word.over for word in said if word.over is not None]
    stops = [outage.ended for outage, _ in pairs if outage.ended is not None]
    until = first.acknowledged if first else None
    silences = [w.silent for _, w in pairs if w.silent is not None and (until is None or w.silent < until)]
    return _Course(
        platform=platform,
        started=min(outage.started for outage, _ in pairs),
        ended=max(stops) if len(stops) == len(pairs) else None,
        known=any(word.read for _, word in pairs) or first is not None,
        silent=max(silences, default=None),
        first=first,
        over=max(ends) if ends and len(ends) == len(said) else None,
    )


def _lead(course: _Course) -> int | None:
    if course.first is None or course.first.acknowledged is None:
        return None
    return course.first.acknowledged - course.started


def _sentence(t: Text, course: _Course, now: Time) -> str:
    name = course.platform.name
    if not course.known:
        return t("{platform}'s own status page could not be read meanwhile: what it said is not known.", platform=name)
    if course.first is None or course.first.acknowledged is None:
        if course.ended is None and course.silent is not None:
            at = t.moment(course.silent, now)
            return t(
                "Not acknowledged yet: {platform}'s own status page said operational at {time}.", platform=name, time=at
            )
        return t("Not acknowledged: {platform}'s own status page said operational each time we read it.", platform=name)
    values = {"platform": name, "word": _word(t, course.first), "time": t.moment(course.first.acknowledged, now)}
    lead = course.first.acknowledged - course.started
    if lead > 0:
        said = t("{platform}'s own status page first said {word} at {time}.", **values)
        said += " " + t("We saw it {lead} earlier.", lead=t.duration(lead))
    else:
        said = t("{platform}'s own status page said {word} already at {time}, before we saw it.", **values)
    if course.over is not None:
        said += " " + t("It said operational again at {time}.", time=t.moment(course.over, now))
    return said


def _word(t: Text, word: OfficialWord) -> str:
    """The status in our words, with the part that the page named."""
    status = t.status(word.word) if word.word else ""
    return t("{component}: {status}", component=word.about, status=status) if word.about else status
