"""One cause out of the text of its file: front matter with a signature, a body in plain words.

Strict: unknown keys, words and sections are errors with their place, all of one reading at once. Never judges whether
a cause holds now (`generator.diagnosis.matching`), and never touches the network.
"""

from __future__ import annotations

import difflib
import html
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from .. import shapes
from ..errors import ContentError, Problem
from ..model import Cause, Confidence, Failure, Place, RegionHealth
from ..signature import ONLY, SPREADS, STATUS_WORDS, VERDICT_WORDS, Condition, Group, Node, Signature, Span
from ..yamltext import Document

UNKNOWN = "unknown-cause"
"""The cause that speaks when no other does; its file needs no signature."""

SECTIONS = {"what it is": "what", "what it means for you": "means", "what you can do": "do"}
DEEPEST = 4

Words = str | list[str]
Scalar = str | int | float | bool


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class IndicatorShape(_Shape):
    """A measured number against a number, a length of time, or the check's own threshold (`degraded`, `down`)."""

    check: str = ""
    above: float | str | None = None
    below: float | str | None = None

    @model_validator(mode="after")
    def _one(self) -> IndicatorShape:
        if self.above is None and self.below is None:
            raise ValueError("needs `above` or `below`")
        for value in (self.above, self.below):
            _limit(value)
        if isinstance(self.above, float) and isinstance(self.below, float) and self.above >= self.below:
            raise ValueError("`above` must be less than `below`: nothing lies between them")
        return self


class ConditionShape(_Shape):
    """One condition, or `all`, `any`, `none` of several."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    all: list[ConditionShape] | None = None
    any: list[ConditionShape] | None = None
    none: list[ConditionShape] | None = None
    component: str = ""
    function: Words = ""
    reference: Literal["", "ok", "failing"] = ""
    control: str = ""
    region: Words = ""
    official: Literal["", "ok", "failing"] = ""
    role: Literal["", "subject", "reference"] = ""
    status: Words = ""
    verdict: Words = ""
    failure: Words = ""
    check: str = ""
    indicator: IndicatorShape | None = None
    fact: Mapping[str, Scalar | list[Scalar]] = Field(default_factory=dict)
    spread: str = ""
    for_: str = Field(default="", alias="for")
    under: str = ""

    @field_validator("status")
    @classmethod
    def _status(cls, value: Words) -> Words:
        return _known(value, STATUS_WORDS, "status")

    @field_validator("verdict")
    @classmethod
    def _verdict(cls, value: Words) -> Words:
        return _known(value, VERDICT_WORDS, "verdict")

    @field_validator("failure")
    @classmethod
    def _failure(cls, value: Words) -> Words:
        return _known(value, {f.value: f for f in Failure}, "failure")

    @field_validator("region")
    @classmethod
    def _region(cls, value: Words) -> Words:
        return _known(value, {h.value: h for h in RegionHealth}, "health of a region")

    @field_validator("spread")
    @classmethod
    def _spread(cls, value: str) -> str:
        if value and value not in SPREADS and not value.startswith(ONLY):
            raise ValueError(f"{value!r} is no spread; write one of {', '.join(SPREADS)} or only:REGION")
        return value

    @field_validator("for_", "under")
    @classmethod
    def _length(cls, value: str) -> str:
        _span(value)
        return value

    @model_validator(mode="after")
    def _whole(self) -> ConditionShape:
        groups = [g for g in (self.all, self.any, self.none) if g is not None]
        leaf = self.model_dump(exclude={"all", "any", "none"}, exclude_defaults=True)
        if groups and (leaf or len(groups) > 1):
            raise ValueError("`all`, `any` and `none` stand alone; put each into an item of its own")
        if groups and not groups[0]:
            raise ValueError("an empty list says nothing")
        if groups:
            return self
        subjects = [bool(self.component), bool(self.function) and not self.reference, bool(self.reference)]
        subjects += [bool(self.control), bool(self.region), bool(self.official), bool(self.role)]
        if sum(subjects) != 1:
            raise ValueError(
                "says of one part: component, function, reference (with function), control, region, official or role"
            )
        asks = (self.status, self.verdict, self.failure, self.check, self.indicator, self.fact)
        if (self.component or (self.function and not self.reference)) and not any(asks):
            raise ValueError("asks nothing; add status, verdict, failure, check, indicator or fact")
        if self.role and (any(asks) or self.spread):
            raise ValueError("`role` only narrows; what must be seen goes into an item with `component` or `function`")
        if self.control and not self.verdict:
            raise ValueError("a control needs `verdict: ok` or `verdict: failing`")
        return self


class CauseShape(_Shape):
    """The front matter of a cause."""

    title: str = Field(min_length=3, max_length=100)
    summary: str = ""
    confidence: Confidence = Confidence.MEDIUM
    scope: list[str] = Field(default_factory=list)
    explains: list[str] = Field(default_factory=list)
    apart: bool = False
    aside: bool = False
    when: list[ConditionShape] = Field(default_factory=list)
    unless: list[ConditionShape] = Field(default_factory=list)
    expect: list[ConditionShape] = Field(default_factory=list)
    against: str = ""
    decides: str = ""

    @field_validator("when")
    @classmethod
    def _sees_something(cls, value: list[ConditionShape]) -> list[ConditionShape]:
        if value and all(condition.role for condition in value):
            raise ValueError("holds always, so that there is no evidence; add what must be seen")
        return value


# ---- reading ---------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=512)
def read(text: str, file: str, base: str, regions: tuple[str, ...]) -> Cause:
    """The cause; ContentError with all that is wrong. Remembered: a preview reads the same again with every save."""
    from .. import frontmatter, markdown

    parts = frontmatter.load(text, file)
    shape, problems = shapes.parse(CauseShape, parts.head.value, parts.head)
    id = Path(file).stem
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", id):
        problems.append(
            Problem(file, 0, 0, "bad-id", f"{id!r} is no id of a cause", "use a-z, 0-9 and - in the file name")
        )
    sections, leftover = _sections(parts.body, parts.body_line, file, problems)
    if shape is not None:
        problems += _regions(parts.head, shape, regions)
        if not shape.when and id != UNKNOWN:
            problems.append(parts.head.problem((), "no-signature", "there is no `when:`", "say what must be seen"))
    if problems or shape is None:
        raise ContentError(problems)
    rendered = {key: markdown.render(text, base_url=base) for key, text in sections.items()}
    return Cause(
        id=id,
        title=shape.title,
        signature=_signature(shape, id),
        confidence=shape.confidence,
        scope=tuple(shape.scope),
        against=shape.against,
        decides=shape.decides,
        summary=shape.summary or _first_sentence(sections.get("what", "")),
        sections=rendered,
        html="".join(rendered.values()) + (markdown.render(leftover, base_url=base) if leftover.strip() else ""),
        place=Place(file, 1, 1),
    )


def _regions(head: Document, shape: CauseShape, known: tuple[str, ...]) -> list[Problem]:
    """`only:REGION` with a region that is not configured."""
    found: list[Problem] = []

    def walk(shapes: list[ConditionShape], path: tuple[str | int, ...]) -> None:
        for number, one in enumerate(shapes):
            here = (*path, number)
            for kind in ("all", "any", "none"):
                walk(getattr(one, kind) or [], (*here, kind))
            region = one.spread.removeprefix(ONLY)
            if one.spread.startswith(ONLY) and region not in known:
                near = difflib.get_close_matches(region, known, 1)
                fix = f"did you mean {near[0]}?" if near else f"one of: {', '.join(known)}"
                found.append(head.problem((*here, "spread"), "unknown-region", f"unknown region {region!r}", fix))
            if len(here) > 2 * DEEPEST:
                found.append(head.problem(here, "too-deep", "conditions nested too deep", "write a second cause"))

    for name in ("when", "unless", "expect"):
        walk(getattr(shape, name), (name,))
    return found


def _sections(body: str, first_line: int, file: str, problems: list[Problem]) -> tuple[dict[str, str], str]:
    """The body by its three headings; text before the first one is kept as leftover. A missing one is an error."""
    found: dict[str, list[str]] = {}
    leftover: list[str] = []
    current: list[str] = leftover
    for number, line in enumerate(body.splitlines()):
        heading = re.fullmatch(r"##\s+(.*?)\s*#*", line)
        if heading is None:
            current.append(line)
            continue
        key = SECTIONS.get(heading[1].lower().rstrip("?."))
        if key is None:
            near = difflib.get_close_matches(heading[1].lower(), SECTIONS, 1)
            fix = f"did you mean '## {near[0].capitalize()}'?" if near else "use ### inside the three sections"
            problems.append(
                Problem(file, first_line + number, 1, "unknown-section", f"unknown section {heading[1]!r}", fix)
            )
            current = []
            continue
        current = found.setdefault(key, [])
    for title, key in SECTIONS.items():
        if not "".join(found.get(key, [])).strip():
            problems.append(
                Problem(
                    file,
                    first_line,
                    1,
                    "missing-section",
                    f"there is no text under '## {title.capitalize()}'",
                    "write it",
                )
            )
    return {k: "\n".join(found[k]).strip() for k in SECTIONS.values() if k in found}, "\n".join(leftover)


def _first_sentence(text: str) -> str:
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text.split("\n\n")[0])
    plain = html.unescape(re.sub(r"[`*_]", "", " ".join(plain.split())))
    found = re.match(r".+?[.!?](?=\s|$)", plain)
    return found[0] if found else plain


# ---- shape -> signature ----------------------------------------------------------------------------------------------


def _signature(shape: CauseShape, id: str) -> Signature:
    return Signature(
        when=tuple(_node(s) for s in shape.when),
        unless=tuple(_node(s) for s in shape.unless),
        expect=tuple(_node(s) for s in shape.expect),
        scope=tuple(shape.scope),
        explains=tuple(shape.explains),
        apart=shape.apart,
        aside=shape.aside,
        fallback=id == UNKNOWN,
    )


def _node(shape: ConditionShape) -> Node:
    for kind in ("all", "any", "none"):
        inner = getattr(shape, kind)
        if inner is not None:
            return Group(kind, tuple(_node(s) for s in inner))
    indicator = shape.indicator
    return Condition(
        component=shape.component,
        functions=_words(shape.function),
        reference=shape.reference,
        control=shape.control,
        region=frozenset(RegionHealth(w) for w in _words(shape.region)),
        official=shape.official,
        role=shape.role,
        status=frozenset(s for w in _words(shape.status) for s in STATUS_WORDS[w]),
        verdict=frozenset(v for w in _words(shape.verdict) for v in VERDICT_WORDS[w]),
        failure=frozenset(Failure(w) for w in _words(shape.failure)),
        check=shape.check or (indicator.check if indicator else ""),
        above=_limit(indicator.above) if indicator else None,
        below=_limit(indicator.below) if indicator else None,
        facts=tuple(sorted((k, tuple(v) if isinstance(v, list) else (v,)) for k, v in shape.fact.items())),
        spread=shape.spread,
        lasting=_span(shape.for_),
        under=_span(shape.under),
    )


def _words(value: Words) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, list) else ((value,) if value else ())


def _known(value: Words, words: Mapping[str, Any], what: str) -> Words:
    for word in _words(value):
        if word not in words:
            near = difflib.get_close_matches(word, words, 1)
            hint = f"did you mean {near[0]}?" if near else f"one of: {', '.join(words)}"
            raise ValueError(f"{word!r} is no {what}; {hint}")
    return value


_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def _span(text: str) -> Span | None:
    """`2 rounds`, `1 round`, `90s`, `10m`, `3h`, `2d`; None for nothing. ValueError says what is wrong."""
    if not text:
        return None
    found = re.fullmatch(r"(\d+)\s*(rounds?|[smhd])", text.strip())
    if found is None or int(found[1]) == 0:
        raise ValueError(f"{text!r} is no length of time; write 2 rounds, 10m, 3h or 2d")
    number = int(found[1])
    return Span(rounds=number) if found[2].startswith("round") else Span(seconds=number * _UNITS[found[2]])


def _limit(value: float | str | None) -> float | str | None:
    if value is None or isinstance(value, int | float):
        return None if value is None else float(value)
    if value in ("degraded", "down"):
        return value
    span = _span(value)
    if span is None or span.rounds:
        raise ValueError(f"{value!r} is no limit; write a number, a length such as 3h, degraded or down")
    return float(span.seconds)


def cause_words() -> Mapping[str, tuple[str, ...]]:
    """Every word of the closed set, for documents and editors."""
    return {
        "status": tuple(STATUS_WORDS),
        "verdict": tuple(VERDICT_WORDS),
        "failure": tuple(f.value for f in Failure),
        "region": tuple(h.value for h in RegionHealth),
        "spread": (*SPREADS, ONLY + "REGION"),
        "reference": get_args(Literal["ok", "failing"]),
    }
