"""Checks of `status.yml`: the common keys, the probe's own keys, and what the engines of their regions can carry.

Asks probes and engines; never looks at a kind's keys itself. Never opens the network.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError

from .. import engines, probes
from ..errors import Problem
from ..model import Check, Region, Status
from ..shapes import fields_at, not_finite, one_of, parse, problems, suggest
from ..yamltext import Document, Path
from .form import CheckShape, RegionShape
from .secrets import Filler
from .values import url_problem

COMMON = tuple(CheckShape.model_fields)
DEFAULT_TIMEOUT = 10.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a check stands and what it inherits."""

    path: Path
    prefix: str  # its id begins with this
    component: str
    kind: str = ""  # if it names none
    id: str = ""  # if it names none
    worst: Status | None = None


@dataclass(slots=True)
class Reader:
    """Reads one check after the other; `problems` grows, and `old_ids`: id, old ids and place of each check.

    `interval` is 0 where that of the whole job is not known.
    """

    document: Document
    filler: Filler
    regions: Mapping[str, Region]
    interval: int
    retries: int
    problems: list[Problem]
    old_ids: list[tuple[str, tuple[str, ...], Path]] = field(default_factory=list)

    def check(self, raw: Any, place: Place) -> Check | None:
        """The check, or None with what is wrong with it told."""
        if isinstance(raw, dict):
            raw = {**({"kind": place.kind} if place.kind else {}), **({"id": place.id} if place.id else {}), **raw}
        shape, wrong = parse(CheckShape, raw, self.document, place.path)
        self.problems.extend(wrong)
        probe = self._probe(raw, place.path) if isinstance(raw, dict) else None
        spec = self._spec(probe, raw, place.path) if probe else None
        if shape is None:
            return None
        regions = self._regions(shape, place.path)
        self._timing(shape, place.path)
        if spec is None:
            return None
        made = self._assemble(shape, spec, regions, place)
        self.old_ids.append((made.id, made.was, place.path))
        if shape.regions == "able":
            # Where none is able nobody would look: then it is the error that it is without the word.
            able = tuple(name for name in made.regions if not self._unable(name, made))
            made = replace(made, regions=able or made.regions)
        if shape.enabled:
            self._addresses(made, raw, place.path)
            self._carried(made, shape.regions is not None, place.path)
        return made

    def _probe(self, raw: dict[str, Any], path: Path) -> probes.Probe[Any] | None:
        kind = raw.get("kind")
        if not isinstance(kind, str) or not kind:
            return None
        try:
            return probes.get(kind)
        except KeyError:
            known = probes.names()
            fix = one_of(kind, known)
            self._say((*path, "kind"), "unknown-kind", f"there is no check kind `{kind}`", fix)
            return None

    def _spec(self, probe: probes.Probe[Any], raw: dict[str, Any], path: Path) -> BaseModel | None:
        own = {key: value for key, value in raw.items() if key not in COMMON}
        try:
            spec: BaseModel = probe.Spec.model_validate(own)
        except ValidationError as error:
            for problem in problems(error, probe.Spec, self.document, path):
                self.problems.append(_with_common(problem, own, probe))
            return None
        bad = not_finite(spec)
        for inner in bad:
            name = next((step for step in reversed(inner) if isinstance(step, str)), "")
            self._say((*path, *inner), "number", f"`{name}` is no finite number", "write a number")
        return None if bad else spec

    def _timing(self, shape: CheckShape, path: Path) -> None:
        interval = shape.interval or self.interval
        if shape.interval is not None and shape.interval < self.interval:
            fix = f"write at least {self.interval}s, or leave it out"
            self._say((*path, "interval"), "interval", "`interval` is shorter than that of the whole job", fix)
        if shape.timeout is not None and 0 < interval <= shape.timeout:
            self._say(
                (*path, "timeout"),
                "timeout",
                f"`timeout` is not shorter than the interval, {interval}s",
                "write a shorter timeout",
            )

    def _assemble(self, shape: CheckShape, spec: BaseModel, regions: tuple[str, ...], place: Place) -> Check:
        interval = shape.interval or self.interval
        made = Check(
            id=f"{place.prefix}/{shape.id}",
            kind=shape.kind,
            name=shape.name or shape.id.replace("-", " ").capitalize(),
            component=place.component,
            spec=spec,
            regions=regions,
            interval=interval,
            timeout=shape.timeout or min(DEFAULT_TIMEOUT, interval / 2),
            retries=self.retries if shape.retries is None else shape.retries,
            worst=place.worst or shape.worst,
            question=shape.question,
            secrets=self.filler.names_below(place.path),
            allow_private=shape.allow_private,
            resolve=shape.resolve,
            was=tuple(old if "/" in old else f"{place.prefix}/{old}" for old in shape.was),
            enabled=shape.enabled,
            # It is never sent with something else in their place: the round says `missing_secret` instead of looking.
            missing=self.filler.missing_below(place.path),
        )
        return probes.with_consequences(made)

    def _regions(self, shape: CheckShape, path: Path) -> tuple[str, ...]:
        if shape.regions is None or shape.regions == "able":
            return tuple(self.regions)
        for index, name in enumerate(shape.regions):
            if name not in self.regions:
                fix = suggest(name, self.regions) or f"known: {', '.join(self.regions)}"
                self._say((*path, "regions", index), "unknown-region", f"there is no region `{name}`", fix)
        return tuple(dict.fromkeys(name for name in shape.regions if name in self.regions))

    def _addresses(self, check: Check, raw: dict[str, Any], path: Path) -> None:
        """Addresses a check asks must be whole, and private ones must be meant."""
        private_fine = check.allow_private or (
            bool(check.regions) and all(self.regions[name].allow_private for name in check.regions)
        )
        own = {key: value for key, value in raw.items() if key not in COMMON}
        for at, text in _urls(own, path):
            if text.startswith("{"):
                continue  # captured by an earlier step; the fetch judges it
            problem = url_problem(text)
            if problem:
                message, _, fix = problem.partition("; ")
                self._say(at, "address", message, fix)
            elif reason := _inward(urlsplit(text).hostname or "", private_fine):
                self._say(at, "private-address", *reason)
        pins = [((*path, "resolve", key), pin) for key, pin in check.resolve.items()]
        for at, pin in pins:
            host = pin.rpartition(":")[0] if pin.count(":") == 1 or pin.startswith("[") else pin
            if reason := _inward(host.strip("[]"), private_fine):
                self._say(at, "private-address", *reason)

    def _carried(self, check: Check, explicit: bool, path: Path) -> None:
        """What the engine of a region cannot carry is an error that names both."""
        reasons = {name: self._unable(name, check) for name in check.regions}
        able = [name for name, why in reasons.items() if not why]
        for name, why in reasons.items():
            if why:
                engine = self.regions[name].engine
                message = f"check `{check.id}` cannot run in region `{name}` (engine {engine}): {why}"
                fix = f"write regions: [{', '.join(able)}]" if able else "it needs a region with another engine"
                fix = f"take `{name}` out of its regions" if explicit and able else fix
                self._say((*path, "regions") if explicit else path, "cannot-carry", message, fix)

    def _unable(self, name: str, check: Check) -> str:
        """Why the engine of this region cannot carry the check; an engine that nobody knows is told elsewhere."""
        region = self.regions[name]
        return engines.get(region.engine).cannot_carry(region, check) if region.engine in engines.names() else ""

    def _say(self, path: Path, rule: str, message: str, fix: str = "") -> None:
        self.problems.append(self.document.problem(path, rule, message, fix))


def control(raw: Any, number: int) -> Any:
    """A control that is only a URL as the check it stands for: anything but a server error proves the way out."""
    if isinstance(raw, str):
        return {"url": raw, "expect": {"status": ["100-499"]}, "name": urlsplit_host(raw) or f"Control {number}"}
    return raw


def urlsplit_host(text: str) -> str:
    """The host of an address, or '' if it has none."""
    try:
        return urlsplit(text).hostname or ""
    except ValueError:
        return ""


def _with_common(problem: Problem, own: Mapping[str, Any], probe: probes.Probe[Any]) -> Problem:
    """An unknown key may be a slip in a key that all checks have."""
    key = problem.message.removeprefix("unknown key `").removesuffix("`")
    if problem.rule != "unknown-key" or key not in own:
        return problem
    known = (*fields_at(probe.Spec, ()), *COMMON)
    fix = suggest(key, known) or f"a check of kind {probe.kind} has: {', '.join(known)}"
    return replace(problem, fix=fix)


def _urls(value: Any, path: Path, key: str = "") -> Iterator[tuple[Path, str]]:
    """Every text below a key that ends in `url` or `urls`."""
    if isinstance(value, dict):
        for inner, item in value.items():
            yield from _urls(item, (*path, inner), inner)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _urls(item, (*path, index), key)
    elif isinstance(value, str) and (key.endswith(("url", "urls")) and key != "final_url"):
        yield path, value


@cache
def _inward(host: str, private_fine: bool) -> tuple[str, str] | None:
    """Why this host must not be asked, judged by its spelling alone; names are judged when they are looked up."""
    if host == "localhost" or host.endswith(".localhost"):
        return None if private_fine else (f"`{host}` is this machine", "write allow_private: true if it is meant")
    try:
        address = ip_address(host.split("%")[0])
    except ValueError:
        try:
            # 2130706433 and 0x7f.1 are addresses, too, to everything that uses the C library.
            address = ip_address(socket.inet_aton(host))
        except (OSError, ValueError):
            return None
    inner = getattr(address, "ipv4_mapped", None) or address
    if inner.is_link_local:
        return f"`{host}` is a link-local address", "such an address is never asked"
    if inner.is_multicast or (not inner.is_global and not private_fine):
        return f"`{host}` is a private address", "write allow_private: true if it is meant"
    return None


def engine_problems(regions: Sequence[tuple[Region, Path]], document: Document, filler: Filler) -> Iterator[Problem]:
    """What the engines say of their regions' options."""
    for region, path in regions:
        if region.engine not in engines.names():
            fix = one_of(region.engine, engines.names())
            yield document.problem((*path, "engine"), "unknown-engine", f"there is no engine `{region.engine}`", fix)
            continue
        engine = engines.get(region.engine)
        unknown = [key for key in region.options if key not in engine.options]
        for key in unknown:
            known = sorted({*engine.options, *RegionShape.model_fields})
            fix = suggest(key, known) or f"a region of engine {region.engine} has: {', '.join(known)}"
            yield document.problem((*path, key), "unknown-key", f"unknown key `{key}`", fix, key=True)
        if not unknown and not filler.missing_below(path) and (why := engine.options_problem(region)):
            message, _, fix = why.partition("; ")
            yield document.problem(path, "region-options", f"region `{region.id}`: {message}", fix)
