"""Windows of maintenance: once, or again and again by a rule of RFC 5545, in the zone where the work is done.

Pure arithmetic on the wall clock of that zone: work at three in the morning stays at three when summer time ends.
Understands the rules that people write for maintenance and refuses the rest by name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from ..model import Time
from ..shapes import moment, show, suggest

BEFORE = 90 * 86400
AFTER = 60 * 86400

_PARTS = ("FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "WKST")
_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_LOCAL = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2})?\Z")
_DAYS = "MO|TU|WE|TH|FR|SA|SU"
_LONGEST = 31


def local(text: str, zone: str | None) -> Time:
    """Unix seconds of a time with an offset, or without one in a named zone; ValueError with what to write."""
    word = text.strip()
    if not zone or not _LOCAL.match(word):
        return moment(text)
    try:
        wall = datetime.fromisoformat(word)
        at = moment(wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).isoformat())
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{show(text)} is no time: {error}; write for example 2026-11-23 03:00") from None
    there = datetime.fromtimestamp(at, ZoneInfo(zone)).replace(tzinfo=None)
    if there != wall:
        fix = f"write {there:%Y-%m-%d %H:%M}"
        raise ValueError(f"{show(text)} does not exist in {zone}, where the clocks go forward then; {fix}")
    return at


def windows(
    start: Time, seconds: int, rule: str, zone: str, now: Time, exceptions: Sequence[str] = ()
) -> tuple[tuple[Time, Time], ...]:
    """The windows of the last 90 and the next 60 days, oldest first; the nearest one if there is none in these.

    `start` is the first window's, `seconds` their length. ValueError for a rule we do not understand.
    """
    from dateutil.rrule import rrulestr  # type: ignore[import-untyped]

    first = datetime.fromtimestamp(start, ZoneInfo(zone))
    parsed = rrulestr(_checked(rule, first), dtstart=first.replace(tzinfo=None))
    off = {date.fromisoformat(day) for day in exceptions}
    found: list[tuple[Time, Time]] = []
    last_before: tuple[Time, Time] | None = None
    for at in parsed:
        if at.date() in off:
            continue
        begin = int(at.replace(tzinfo=first.tzinfo).timestamp())
        window = (begin, begin + seconds)
        if begin > now + AFTER:
            if not found and last_before is None:
                found.append(window)
            break
        if window[1] < now - BEFORE:
            last_before = window
        else:
            found.append(window)
    return tuple(found) if found or last_before is None else (last_before,)


def _checked(rule: str, first: datetime) -> str:
    """The rule without anything that could turn for ever or that we do not mean to support."""
    parts: dict[str, str] = {}
    for part in rule.strip().removeprefix("RRULE:").rstrip(";").split(";"):
        name, sign, value = part.partition("=")
        name = name.strip().upper()
        if not sign or not value.strip() or name in parts:
            raise ValueError(f"{show(part)} is no part of a rule; write for example FREQ=WEEKLY;BYDAY=TU")
        if name not in _PARTS:
            raise ValueError(
                f"{show(name)} cannot be used here; {suggest(name, _PARTS) or 'known: ' + ', '.join(_PARTS)}"
            )
        parts[name] = value.strip().upper()
    if parts.get("FREQ") not in _FREQUENCIES:
        raise ValueError(f"FREQ must be one of {', '.join(_FREQUENCIES)}; write for example FREQ=WEEKLY;BYDAY=TU")
    _counts(parts)
    if "UNTIL" in parts:
        parts["UNTIL"] = _until(parts["UNTIL"], first)
    return ";".join(f"{name}={value}" for name, value in parts.items())


def _counts(parts: dict[str, str]) -> None:
    for name in ("INTERVAL", "COUNT"):
        if name in parts and not re.match(r"[1-9]\d{0,3}\Z", parts[name]):
            raise ValueError(f"{name} must be between 1 and 9999; write for example {name}=2")
    if "BYSETPOS" in parts and (parts["FREQ"] == "DAILY" or not re.match(r"-?[1-5](,-?[1-5])*\Z", parts["BYSETPOS"])):
        raise ValueError(
            "BYSETPOS counts 1 to 5 or -1 to -5 within a week, month or year; write for example BYSETPOS=-1"
        )
    if "BYMONTH" in parts and not re.match(r"(?:[1-9]|1[0-2])(,(?:[1-9]|1[0-2]))*\Z", parts["BYMONTH"]):
        raise ValueError("BYMONTH counts 1 to 12; write for example BYMONTH=3,9")
    if "BYMONTHDAY" in parts and not re.match(
        r"-?(?:[1-9]|1\d|2[0-8])(,-?(?:[1-9]|1\d|2[0-8]))*\Z", parts["BYMONTHDAY"]
    ):
        # A day that no month of the rule has would be looked for until the year 9999.
        raise ValueError("BYMONTHDAY counts 1 to 28, or -1 to -28 from the end; write for example BYMONTHDAY=-1")
    if parts.get("WKST", "MO") not in _DAYS.split("|"):
        raise ValueError("WKST is the day a week begins with; write for example WKST=MO")
    if "BYDAY" in parts:
        number = r"(?:[+-]?[1-5])?" if parts["FREQ"] in ("MONTHLY", "YEARLY") else ""
        if not re.match(rf"{number}(?:{_DAYS})(,{number}(?:{_DAYS}))*\Z", parts["BYDAY"]):
            raise ValueError("BYDAY names weekdays; write for example BYDAY=TU or, monthly, BYDAY=2TU")


def _until(text: str, first: datetime) -> str:
    """The last moment on the wall clock of the zone, whichever of its three forms it was written in."""
    found = re.match(r"(\d{8})(?:T(\d{6})(Z)?)?\Z", text)
    if not found:
        raise ValueError("UNTIL is a date; write for example UNTIL=20261231")
    try:
        day = datetime.strptime(found[1] + (found[2] or "235959"), "%Y%m%d%H%M%S")
    except ValueError:
        raise ValueError("UNTIL is no date; write for example UNTIL=20261231") from None
    if found[3]:
        day = day.replace(tzinfo=ZoneInfo("UTC")).astimezone(first.tzinfo).replace(tzinfo=None)
    return day.strftime("%Y%m%dT%H%M%S")


def too_long(seconds: int) -> bool:
    """Whether a window is longer than anybody means."""
    return timedelta(seconds=seconds) > timedelta(days=_LONGEST)
