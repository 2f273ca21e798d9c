"""From a pydantic shape's complaints to problems with a place, in words for a person who edits YAML.

Only translates: what is right is said by the shapes. The value that was found is shown, cut short, unless it may hold
a secret.
"""

from __future__ import annotations

import copy
import difflib
import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from enum import Enum
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from .errors import Problem
from .model import Time
from .yamltext import Document, Path

M = TypeVar("M", bound=BaseModel)


class Shape(BaseModel):
    """Base of what we read from YAML: unknown keys are errors, values keep their type, numbers are finite."""

    # Built when something is held against it: what was read before needs no validator.
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False, defer_build=True)


def parse(model: type[M], value: Any, document: Document, path: Path = ()) -> tuple[M | None, list[Problem]]:
    """The value in its shape, or None and what is wrong with it. `path` is where it stands in the document."""
    try:
        return model.model_validate(value), []
    except ValidationError as error:
        return None, problems(error, model, document, path)
    except RecursionError:
        return None, [document.problem(path, "too-deep", "nested too deeply", "write it flatter")]


def problems(error: ValidationError, model: type[BaseModel], document: Document, path: Path) -> list[Problem]:
    """One problem for each complaint; of a value that fits no branch of a union, the branch that came closest."""
    found: dict[tuple[Path, str], Problem] = {}
    for detail in error.errors(include_url=False, include_context=True):
        inner = _in_document(detail["loc"], document, path)
        if inner not in document.values and detail["type"] not in ("missing", "extra_forbidden"):
            inner = inner[:-1]  # the complaint is about a branch of a union, whose name is no key
        problem = _translate(detail, inner, model, document, path)
        found.setdefault((inner, problem.rule if problem.rule == "unknown-key" else ""), problem)
    return list(found.values())


def salvage(model: type[M], value: Any, stand_ins: Mapping[str, Any]) -> M | None:
    """The value in its shape with each slip taken out or replaced by its stand-in; None if nothing can be had.

    Only for looking further: what comes back is not what anybody wrote.
    """
    left = copy.deepcopy(value)
    for _ in range(4):
        try:
            return model.model_validate(left)
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                _take_out(left, detail["loc"], stand_ins)
    return None


def _take_out(value: Any, loc: tuple[int | str, ...], stand_ins: Mapping[str, Any]) -> None:
    """Change the innermost mapping on the way: positions in lists stay what they are, so that places do, too.

    What stands in a list in the place of a mapping becomes an empty one first: it shall not take the others along.
    """
    inner: Any = value
    found: tuple[dict[str, Any], str] | None = None
    for step in loc:
        if isinstance(inner, dict) and isinstance(step, str) and (step in inner or step in stand_ins):
            found = (inner, step)
        elif isinstance(inner, list) and isinstance(step, int) and not isinstance(inner[step], (dict, list)):
            inner[step] = {}
            return
        try:
            inner = inner[step]
        except (KeyError, IndexError, TypeError):
            break
    if found is None:
        return
    container, key = found
    if key in stand_ins:
        container[key] = stand_ins[key]
    else:
        container.pop(key, None)


def _in_document(loc: tuple[int | str, ...], document: Document, path: Path) -> Path:
    """pydantic's location without the names of union branches, which stand nowhere in the document."""
    inner = path
    for index, step in enumerate(loc):
        last = index == len(loc) - 1
        if (*inner, step) in document.values or last:
            inner = (*inner, step)
    return inner


def _translate(detail: ErrorDetails, inner: Path, model: type[BaseModel], document: Document, path: Path) -> Problem:
    kind = detail["type"]
    name = _name(inner)
    context: Mapping[str, Any] = detail.get("ctx") or {}
    if kind == "extra_forbidden":
        key = str(inner[-1])
        siblings = fields_at(model, detail["loc"][:-1])
        fix = suggest(key, siblings) or f"known here: {', '.join(siblings)}"
        return document.problem(inner, "unknown-key", f"unknown key `{key}`", fix, key=True)
    if kind == "missing":
        return document.problem(inner[:-1], "missing-key", f"`{name}` is missing", f"write `{inner[-1]}:`")
    if kind in ("value_error", "assertion_error"):
        said = str(context.get("error", detail["msg"]))
        message, _, fix = said.partition("; ")
        return document.problem(inner, "bad-value", f"`{name}`: {message}" if name else message, fix)
    message, fix = _wanted(kind, context, detail["input"], detail["msg"])
    return document.problem(inner, "bad-value", f"`{name}` {message}", fix)


def _wanted(kind: str, context: Mapping[str, Any], got: Any, said: str) -> tuple[str, str]:
    shown = show(got)
    if kind in ("enum", "literal_error"):
        words = re.findall(r"'([^']*)'", str(context.get("expected", "")))
        return f"cannot be {shown}", one_of(str(got), words)
    if kind == "string_type":
        fix = "put it in quotes" if isinstance(got, (int, float)) else "write text"
        return f"must be text, not {shown}", fix
    if kind.startswith("bool"):
        return f"must be true or false, not {shown}", "write true or false"
    if kind.startswith(("int", "float")):
        return f"must be a {'whole number' if kind.startswith('int') else 'number'}, not {shown}", "write a number"
    if kind in ("list_type", "tuple_type"):
        return f"must be a list, not {shown}", "write `[a, b]` or lines that begin with `- `"
    if kind in ("dict_type", "model_type", "model_attributes_type", "mapping_type"):
        return f"must be `key: value` lines, not {shown}", "write `key: value` below it, indented"
    if kind == "finite_number":
        return "must be a finite number", "write a number"
    bounds = {"greater_than": "gt", "greater_than_equal": "ge", "less_than": "lt", "less_than_equal": "le"}
    if kind in bounds:
        sign = {"gt": "more than", "ge": "at least", "lt": "less than", "le": "at most"}[bounds[kind]]
        return f"is {shown}", f"write a number that is {sign} {context.get(bounds[kind])}"
    if kind in ("too_short", "string_too_short"):
        return "is empty", "fill it in, or take the key out"
    if kind in ("too_long", "string_too_long"):
        return "is too long", f"at most {context.get('max_length')}"
    if kind == "string_pattern_mismatch" and (found := _ONLY.fullmatch(str(context.get("pattern")))):
        signs = found[1].replace(r"\w", "A-Za-z0-9_").replace(" -~", "")
        return f"cannot be {shown}", f"use only {' '.join(_SIGNS.findall(signs)) or 'plain ASCII characters'}"
    return f"cannot be {shown}", said[0].lower() + said[1:]


_ONLY = re.compile(r"\^\[(.+)\](?:\*|\{\d+,\d+\})\$")
_SIGNS = re.compile(r"\w-\w|.")


def _name(path: Path) -> str:
    """A path as a person would say it: `platforms[0].components[2].id` shortened to its last named step."""
    name = ""
    for step in reversed(path):
        if isinstance(step, str):
            return f"{step}{name}"
        name = f"[{step + 1}]{name}"
    return name


def show(value: Any) -> str:
    """A value as it could stand in YAML, cut short."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)):
        return "a list" if isinstance(value, list) else "`key: value` lines"
    text = str(value)
    return f"`{text[:60]}…`" if len(text) > 60 else f"`{text}`"


# ---- near misses -----------------------------------------------------------------------------------------------------


def suggest(word: str, known: Iterable[str]) -> str:
    """`did you mean …` for the nearest known word, or ''."""
    names = list(known)
    close = nearest(word, names)
    platform = word.lower().rpartition("/")[0]
    if platform and close.startswith(f"{platform}/"):
        # That the platform is the same says nothing: the names of its parts must be alike.
        ends = {name.rpartition("/")[2]: name for name in names if name.startswith(f"{platform}/")}
        close = ends.get(nearest(word.rpartition("/")[2], ends), "")
    return f"did you mean `{close}`?" if close else ""


def one_of(word: str, known: Iterable[str]) -> str:
    """All known words, the nearest one first where there is one."""
    words = list(known)
    near = suggest(word, words)
    return f"{near} One of: {', '.join(words)}" if near else f"one of: {', '.join(words)}"


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word a person most likely meant, or ''."""
    names = list(known)
    close = difflib.get_close_matches(word.lower(), names, n=1, cutoff=0.6)
    if close:
        return close[0]
    # `images` for `civitai/images`: the last part alone.
    ends = [name for name in names if name.rsplit("/", 1)[-1] == word.lower()]
    return ends[0] if len(ends) == 1 else ""


def fields_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """The keys that are known at this location of a shape, in the order the shape names them."""
    types: list[Any] = [model]
    for step in loc:
        inner = [t for one in types for t in _step(one, step)]
        # A step that leads nowhere is the name of a union branch: stay.
        types = inner or types
    shapes = [one for one in types if isinstance(one, type) and issubclass(one, BaseModel)]
    names = [field.alias or name for shape in shapes for name, field in shape.model_fields.items()]
    return list(dict.fromkeys(names))


def _step(one: Any, step: int | str) -> list[Any]:
    if isinstance(one, type) and issubclass(one, BaseModel):
        for name, field in one.model_fields.items():
            if step in (name, field.alias):
                return _flat(field.annotation)
        return []
    arguments = get_args(one)
    if get_origin(one) in (list, tuple) and isinstance(step, int) and arguments:
        return _flat(arguments[0])
    if arguments and isinstance(step, str) and get_origin(one) is not None and len(arguments) == 2:
        return _flat(arguments[1])
    return []


def _flat(annotation: Any) -> list[Any]:
    """The branches of a union; one type otherwise."""
    if hasattr(annotation, "__metadata__"):
        return _flat(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return [t for branch in get_args(annotation) for t in _flat(branch)]
    return [annotation]


def not_finite(value: Any, path: Path = ()) -> list[Path]:
    """Where in a parsed value there is a number that no threshold can be: nan or infinity."""
    if isinstance(value, float):
        return [] if math.isfinite(value) else [path]
    if isinstance(value, BaseModel):
        return [p for name in type(value).model_fields for p in not_finite(getattr(value, name), (*path, name))]
    if isinstance(value, Mapping):
        return [p for key, inner in value.items() for p in not_finite(inner, (*path, str(key)))]
    if isinstance(value, (list, tuple)):
        return [p for index, inner in enumerate(value) for p in not_finite(inner, (*path, index))]
    return []


# ---- times and durations ---------------------------------------------------------------------------------------------

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_DURATION = re.compile(r"(?:\d{1,7}(?:\.\d{1,3})?[smhdw])+\Z")
_PART = re.compile(r"(\d+(?:\.\d+)?)([smhdw])")
_TOO_FAR = 253370764800  # the year 9999
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?\Z", re.IGNORECASE)


def duration(text: str) -> int:
    """Whole seconds of `90s`, `5m`, `1h30m`, `2d`; ValueError with what to write instead."""
    word = text.strip().replace(" ", "")
    if not _DURATION.match(word):
        raise ValueError(f"{show(text)} is no duration; write for example 90s, 5m, 2h or 1d")
    seconds = sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(word))
    if seconds != int(seconds):
        raise ValueError(f"{show(text)} is no whole number of seconds; write for example 90s")
    return int(seconds)


def moment(text: Any) -> Time:
    """Unix seconds of an RFC 3339 time with an offset; ValueError with what to write instead."""
    if not isinstance(text, str):
        raise ValueError(f"{show(text)} is no time; write for example 2026-11-23T05:30:00Z")
    found = _TIME.match(text.strip())
    if not found:
        raise ValueError(f"{show(text)} is no time; write for example 2026-11-23T05:30:00Z")
    word = text.strip().upper()
    try:
        parsed = datetime.fromisoformat(word)
    except ValueError as error:
        raise ValueError(f"{show(text)} is no time: {error}; write for example 2026-11-23T05:30:00Z") from None
    if not found.group(1):
        fix = f"write {word.replace(' ', 'T')}Z if it is UTC, or add +01:00"
        raise ValueError(f"{show(text)} has no offset from UTC; {fix}")
    if not 1970 <= parsed.year <= 9998:
        raise ValueError(f"{show(text)} is too far away; write a year between 1970 and 9998")
    return int(parsed.timestamp())


def after(base: Time, text: str) -> Time:
    """The moment that `12m` after another is; ValueError with what to write instead."""
    at = base + duration(text)
    if at >= _TOO_FAR:
        raise ValueError(f"{show(f'+{text}')} is too far away; write for example +12m")
    return at


def rfc3339(at: Time) -> str:
    """The form we write times in: `2026-11-23T05:30:00Z`."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def word_of(value: Any) -> str:
    """The word of an enumeration member, or the text itself."""
    return str(value.value) if isinstance(value, Enum) else str(value)
