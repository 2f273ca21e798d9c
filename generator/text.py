"""Numbers, times, durations and words in a language.

A `Text` is one language: call it with an English message to get the translation, `n` for a message with a count.
Catalogues are gettext files in `generator/locales/LANG.po`; a message nobody has translated stays English.
Times are said in UTC with European order (`23 Nov 2026, 06:00 UTC`), each language with its own month names.
Knows no template and decides nothing; reads nothing but its own catalogues, once.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from gettext import NullTranslations
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal

from . import words
from .model import (
    Confidence,
    Failure,
    Filling,
    Impact,
    Length,
    Moment,
    Progress,
    RegionHealth,
    Said,
    Status,
    Time,
    Verdict,
)
from .siteview import When

if TYPE_CHECKING:
    from babel import Locale

MINUTE, HOUR, DAY = 60, 3600, 86400

_LOCALES = {"en": "en_GB", "pt": "pt_BR", "zh": "zh_Hans"}
"""The locale whose habits a bare language takes: English with the day before the month."""


@dataclass(frozen=True)
class Text:
    """One language. `t("Checked {time}", time=…)`; `t.n("{n} region", "{n} regions", 4)`."""

    lang: str
    _catalogue: NullTranslations = field(repr=False)

    # ---- messages

    def __call__(self, message: str, **values: Any) -> str:
        """The message in this language with its `{names}` filled; values are never read as a format."""
        text = self._catalogue.gettext(message) if message else ""
        return text.format(**self._isolated(values)) if values else text

    def n(self, one: str, many: str, count: int, **values: Any) -> str:
        """The plural form this language uses for `count`; `{n}` is the count as this language writes it."""
        return self._catalogue.ngettext(one, many, count).format(n=self.number(count), **self._isolated(values))

    def say(self, sentence: Said) -> str:
        """A sentence of the machine in this language; names, numbers of targets and their words stay as they are."""
        values = {name: self._filling(value) for name, value in sentence.values}
        if sentence.many:
            return self.n(sentence.message, sentence.many, sentence.n, **values)
        return self(sentence.message, **values)

    def _filling(self, value: Filling) -> str:
        if isinstance(value, Said):
            return self.say(value)
        if isinstance(value, Moment):
            return self.when(value.at).text
        if isinstance(value, Length):
            return self.duration(value.seconds)
        if isinstance(value, tuple):
            return self.list([self._filling(one) for one in value])
        return self.number(value) if isinstance(value, int) else value

    def _isolated(self, values: dict[str, Any]) -> dict[str, Any]:
        """Right to left, each value keeps its own direction: a Latin name must not reorder the sentence."""
        if self.dir == "ltr":
            return values
        return {name: f"\u2068{value}\u2069" if isinstance(value, str) else value for name, value in values.items()}

    def status(self, status: Status) -> str:
        return self(words.STATUS[status])

    def verdict(self, verdict: Verdict) -> str:
        return self(words.VERDICT[verdict])

    def progress(self, progress: Progress) -> str:
        return self(words.PROGRESS[progress])

    def impact(self, impact: Impact) -> str:
        return self(words.IMPACT[impact])

    def confidence(self, confidence: Confidence) -> str:
        return self(words.CONFIDENCE[confidence])

    def health(self, health: RegionHealth) -> str:
        return self(words.HEALTH[health])

    def failure(self, failure: Failure | None) -> str:
        """What went wrong in plain words; empty for nothing."""
        return self(words.FAILURE[failure]) if failure else ""

    # ---- language

    @cached_property
    def locale(self) -> Locale:
        from babel import Locale

        return Locale.parse(_LOCALES.get(self.lang, self.lang).replace("-", "_"))

    @property
    def tag(self) -> str:
        """The language as HTML and feeds write it (`zh-Hans`)."""
        return self.lang.replace("_", "-")

    @cached_property
    def dir(self) -> str:
        if self.lang == "en":
            return "ltr"
        return "rtl" if self.locale.character_order == "right-to-left" else "ltr"

    @property
    def name(self) -> str:
        """The language's own name for itself, for the menu."""
        if self.lang == "en":
            return "English"
        own: str | None = self.locale.get_display_name(self.locale) if "_" in self.lang else self.locale.language_name
        return (own or self.lang)[:1].upper() + (own or self.lang)[1:]

    def list(self, items: Sequence[str], style: Literal["standard", "or"] = "standard") -> str:
        """`a, b and c` as this language joins them; with "or" `a, b or c`."""
        if len(items) < 2:
            return "".join(items)
        if self.lang == "en":
            return f"{', '.join(items[:-1])} {'or' if style == 'or' else 'and'} {items[-1]}"
        from babel.lists import format_list

        return format_list(list(items), style, locale=self.locale)

    # ---- numbers

    @cached_property
    def _marks(self) -> tuple[str, str]:
        """Decimal mark and group mark."""
        if self.lang == "en":
            return ".", ","
        from babel.numbers import get_decimal_symbol, get_group_symbol

        return get_decimal_symbol(self.locale), get_group_symbol(self.locale)

    def number(self, value: float, digits: int = 0) -> str:
        """A number with its marks, rounded to `digits` decimals; trailing zeros stay."""
        plain = f"{value:,.{digits}f}"
        if plain.isdigit():
            return plain
        decimal, group = self._marks
        return plain.replace(",", "\0").replace(".", decimal).replace("\0", group)

    def short(self, value: float) -> str:
        """A number with as many decimals as it deserves: `0.42`, `3.5`, `120`."""
        digits = 0 if value == int(value) or abs(value) >= 100 else 1 if abs(value) >= 10 else 2
        text = f"{value:.{digits}f}"
        if "." in text:
            text = text.rstrip("0").rstrip(".")
        return self.number(float(text), len(text.partition(".")[2]))

    def percent(self, fraction: float | None) -> str:
        """A share rounded down to two decimals, so that a loss never reads as 100 %; `–` for no share."""
        if fraction is None:
            return "–"
        hundredths = math.floor(round(fraction * 1e4, 6))
        return self.percent_text(f"{hundredths / 100:.2f}" if hundredths < 10_000 else "100")

    def percent_text(self, plain: str) -> str:
        """`99.98` as this language writes a share; `–` stays."""
        if not plain[:1].isdigit():
            return plain
        return self("{n} %", n=plain.replace(".", self._marks[0]))

    def quantity(self, value: float | None, unit: str) -> str:
        """A measured number with its unit. Seconds become a duration, shares percent; `–` for no number."""
        if value is None:
            return "–"
        if unit in ("s", "seconds"):
            return self.duration(value)
        if unit in ("share", "ratio"):
            return self("{n} %", n=self.short(value * 100))
        if unit in ("%", "percent"):
            return self("{n} %", n=self.short(value))
        if unit == "ms":
            return self.latency(value)
        return f"{self.short(value)} {unit}".rstrip()

    def latency(self, ms: float | None) -> str:
        """`210 ms`, `3.2 s`; empty for none."""
        if ms is None:
            return ""
        if ms < 1000:
            return self("{n} ms", n=self.number(round(ms)))
        return self("{n} s", n=self.number(ms / 1000, 1))

    # ---- time

    def duration(self, seconds: float) -> str:
        """`1 h 25 min`: the two largest units, rounded down; less than a minute in seconds."""
        whole = max(0, int(seconds))
        parts = (
            (self("{n} d", n=self.number(whole // DAY)), whole // DAY),
            (self("{n} h", n=whole % DAY // HOUR), whole % DAY // HOUR),
            (self("{n} min", n=whole % HOUR // MINUTE), whole % HOUR // MINUTE),
        )
        first = next((i for i, (_, count) in enumerate(parts) if count), None)
        if first is None:
            return self("{n} s", n=whole)
        return " ".join(text for text, count in parts[first : first + 2] if count)

    def clock(self, at: Time) -> str:
        """`06:00 UTC`."""
        return f"{at % DAY // HOUR:02}:{at % HOUR // MINUTE:02} UTC"

    def day(self, at: Time) -> str:
        """`23 Nov 2026`, the UTC day."""
        return _day(self.lang, at // DAY)

    def day_short(self, at: Time) -> str:
        """`23 Nov`."""
        return _day_short(self.lang, at // DAY)

    def month(self, month: str) -> str:
        """`November 2026` for `2026-11`."""
        return _month(self.lang, month)

    def when(self, at: Time) -> When:
        return When(at, iso(at), self("{date}, {time}", date=self.day(at), time=self.clock(at)))

    def maybe(self, at: Time | None) -> When | None:
        return None if at is None else self.when(at)

    def moment(self, at: Time, now: Time) -> str:
        """A time as a sentence needs it: the clock alone on the same UTC day, the date with it otherwise."""
        if at // DAY == now // DAY:
            return self.clock(at)
        day = self.day_short(at) if abs(now - at) < 300 * DAY else self.day(at)
        return self("{date}, {time}", date=day, time=self.clock(at))


def iso(at: Time) -> str:
    """`2026-11-23T06:00:00Z`."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


def date(at: Time) -> str:
    """`2026-11-23`, the UTC day."""
    return time.strftime("%Y-%m-%d", time.gmtime(at))


@cache
def of(lang: str) -> Text:
    """The text of a language; English for a language without a catalogue, with that language's dates and numbers."""
    return Text(lang, _catalogue(lang))


@cache
def languages() -> tuple[str, ...]:
    """The languages that have a catalogue, English first."""
    found = (
        f.name.removesuffix(".po") for f in resources.files("generator.locales").iterdir() if f.name.endswith(".po")
    )
    return ("en", *sorted(found))


def _catalogue(lang: str) -> NullTranslations:
    name = lang.replace("-", "_")
    if name not in languages() or name == "en":
        return NullTranslations()
    import io
    from gettext import GNUTranslations

    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    source = io.BytesIO(resources.files("generator.locales").joinpath(f"{name}.po").read_bytes())
    compiled = io.BytesIO()
    write_mo(compiled, read_po(source, locale=name))
    compiled.seek(0)
    return GNUTranslations(compiled)


@lru_cache(maxsize=8192)
def _day(lang: str, number: int) -> str:
    return _skeleton(lang, "yMMMd", number)


@lru_cache(maxsize=8192)
def _day_short(lang: str, number: int) -> str:
    return _skeleton(lang, "MMMd", number)


_ENGLISH = {"yMMMd": "{0.day} {1} {0.year}", "MMMd": "{0.day} {1}"}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
"""English without the library's "Sept": three letters each, as feeds and commands write them."""


def _skeleton(lang: str, skeleton: str, number: int) -> str:
    if lang == "en":
        day = _datetime(number)
        return _ENGLISH[skeleton].format(day, _MONTHS[day.month - 1])
    from babel.dates import format_skeleton

    return format_skeleton(skeleton, _datetime(number), locale=of(lang).locale)


@lru_cache(maxsize=1024)
def _month(lang: str, month: str) -> str:
    from babel.dates import format_skeleton

    year, number = month.split("-")
    moment = _datetime(0).replace(year=int(year), month=int(number))
    text = format_skeleton("yMMMM", moment, locale=of(lang).locale)
    return text[:1].upper() + text[1:]


def _datetime(day: int) -> Any:
    from datetime import UTC, datetime, timedelta

    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)
