"""One reading of `content/status.yml`: section by section, so that one slip hides no other.

Shapes stand in `form`; probes and engines are asked about the keys that are theirs. Never opens a file or the network.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ..errors import ContentError, Problem, Severity
from ..model import Check, Component, Config, Exclusion, Platform, Region, Rules, Site, Status
from ..shapes import M, parse, salvage, suggest
from ..yamltext import Document, Path
from .checks import Place, Reader, control, engine_problems
from .form import VERSION, ComponentShape, ConfigShape, PlatformShape, RegionShape, SiteShape
from .links import cycle, duplicates, revived, unknown
from .parts import component, platform, raw_ids, raw_places
from .secrets import Filler

_LOCAL = Region("local", "Here", "local")

# What stands in for a slip, so that the rest can be looked at, too. Nothing stands in for an id.
_STAND_INS = {"title": "-", "name": "-"}


class Reading:
    """One reading of one file; `problems` grows."""

    def __init__(self, document: Document, filler: Filler) -> None:
        self.document = document
        self.filler = filler
        self.problems: list[Problem] = []

    def config(self) -> Config | None:
        raw = self._root()
        value = self.filler.fill(raw)
        self.problems.extend(self.filler.problems)
        top = self._top(value)
        regions = self._regions(value.get("regions"))
        rules = self._rules(top, regions)
        reader = Reader(
            document=self.document,
            filler=self.filler,
            regions=regions,
            interval=0 if top is None or self._slipped(top, "interval", value) else top.interval,
            retries=rules.retries,
            problems=self.problems,
        )
        controls = self._controls(value.get("controls"), reader)
        platforms = self._platforms(value.get("platforms"), reader)
        self._links(platforms, value)
        self.problems.extend(revived(reader.old_ids, [id for id, _, _ in reader.old_ids], self.document))
        site = self._site(value.get("site"))
        if top is None or site is None:
            return None
        config = Config(
            site=site,
            interval=top.interval,
            regions=tuple(regions.values()),
            controls=controls,
            platforms=platforms,
            rules=rules,
            exclusions=self._exclusions(top, platforms, regions),
            history=top.history,
            extra=self._extra(top),
            secrets=frozenset(self.filler.values.values()),
        )
        self._whole(config)
        return config

    def _root(self) -> dict[str, Any]:
        value = self.document.value
        if not isinstance(value, dict):
            got = "the file is empty" if value is None else "the file is not made of `key: value` lines"
            raise ContentError(
                [self._problem((), "empty", got, "begin with `site:` and `platforms:`; docs/configuration.md")]
            )
        version = value.get("version", VERSION)
        if isinstance(version, int) and not isinstance(version, bool) and version > VERSION:
            message = f"version {version} is newer than this program, which knows version {VERSION}"
            raise ContentError([self._problem(("version",), "version", message, "update the program")])
        return value

    def _top(self, value: dict[str, Any]) -> ConfigShape | None:
        """The sections that have no lists of their own; those are read one by one, so that one slip hides no other."""
        stand_ins: dict[str, Any] = {}
        if isinstance(value.get("site"), dict):
            stand_ins["site"] = {"title": "-"}
        if isinstance(value.get("regions"), list) and value["regions"]:
            stand_ins["regions"] = [{"id": "x", "name": "x"}]
        if isinstance(value.get("controls"), list):
            stand_ins["controls"] = []
        if isinstance(value.get("platforms"), list) and value["platforms"]:
            stand_ins["platforms"] = [{"id": "x", "name": "x", "components": [{"id": "x", "name": "x"}]}]
        return self._parse(ConfigShape, {**value, **stand_ins}, ())

    def _site(self, value: Any) -> Site | None:
        shape = self._parse(SiteShape, value, ("site",)) if isinstance(value, dict) else None
        if shape is None:
            return None
        found = shape.model_dump()
        return Site(**{**found, "languages": tuple(dict.fromkeys(shape.languages))})

    def _regions(self, value: Any) -> dict[str, Region]:
        if not isinstance(value, list):
            return {_LOCAL.id: _LOCAL}
        made: list[tuple[Region, Path]] = []
        for index, raw in enumerate(value):
            path: Path = ("regions", index)
            shape, wrong = parse(RegionShape, raw, self.document, path)
            self.problems.extend(wrong)
            if shape is None:
                # Its checks shall not be told that it does not exist.
                id = raw.get("id") if isinstance(raw, dict) else None
                made.append((Region(str(id), str(id), ""), ())) if id else None
                continue
            options = MappingProxyType(dict(shape.model_extra or {}))
            region = Region(
                shape.id, shape.name, shape.engine, options, shape.resolve, shape.allow_private, tuple(shape.was)
            )
            made.append((region, path))
        whole = [(region, path) for region, path in made if path]
        self.problems.extend(duplicates("region", [(region.id, path) for region, path in whole], self.document))
        self.problems.extend(engine_problems(whole, self.document, self.filler))
        self.problems.extend(
            revived([(r.id, r.was, path) for r, path in whole], [r.id for r, _ in made], self.document)
        )
        return {region.id: region for region, _ in made}

    def _rules(self, top: ConfigShape | None, regions: Mapping[str, Region]) -> Rules:
        if top is None:
            return Rules()
        given = {name: value for name, value in top.rules.model_dump().items() if value is not None}
        if "retry_wait" in given:
            given["retry_wait"] = tuple(given["retry_wait"])
        if given.get("quorum", 0) > len(regions):
            count = f"{len(regions)} region{'s' * (len(regions) != 1)}"
            message = f"a quorum of {given['quorum']} can never be reached with {count}"
            self._say(
                ("rules", "quorum"), "quorum", message, f"write at most {len(regions)}, or 0 for a strict majority"
            )
        return Rules(**given)

    def _controls(self, value: Any, reader: Reader) -> tuple[Check, ...]:
        made: list[Check] = []
        places: list[tuple[str, Path]] = []
        for index, raw in enumerate(value if isinstance(value, list) else []):
            place = Place(("controls", index), "control", "", kind="http", id=str(index))
            places.append((str(raw.get("id", index)) if isinstance(raw, dict) else str(index), place.path))
            found = reader.check(control(raw, index), place)
            if found is not None:
                made.append(found)
        self.problems.extend(duplicates("control", places, self.document))
        return tuple(made)

    # ---- platforms ---------------------------------------------------------------------------------------------------

    def _platforms(self, value: Any, reader: Reader) -> tuple[Platform, ...]:
        made: list[Platform] = []
        places: list[tuple[str, Path]] = []
        for index, raw in enumerate(value if isinstance(value, list) else []):
            path: Path = ("platforms", index)
            inner = raw.get("components") if isinstance(raw, dict) else None
            raws: list[Any] = inner if isinstance(inner, list) else []
            stand_in = {**raw, "components": [{"id": "x", "name": "x"}]} if raws else raw
            shape = self._parse(PlatformShape, stand_in, path)
            id = shape.id if shape else str(raw.get("id", "")) if isinstance(raw, dict) else ""
            groups = shape.groups if shape else None
            components = self._components(raws, id, groups, path, reader)
            if shape is None:
                continue
            places.append((shape.id, path))
            official = self._official(shape, path, reader)
            made.append(platform(shape, official, components))
        self.problems.extend(duplicates("platform", places, self.document))
        return tuple(made)

    def _official(self, shape: PlatformShape, path: Path, reader: Reader) -> Check | None:
        if shape.official is None:
            return None
        # Their own word is shown beside ours and never decides what we believe.
        place = Place(
            (*path, "official"), f"{shape.id}/official", "", kind="official", id="status", worst=Status.OPERATIONAL
        )
        return reader.check(shape.official, place)

    def _components(
        self, raws: list[Any], platform: str, groups: list[str] | None, path: Path, reader: Reader
    ) -> tuple[Component, ...]:
        made: list[Component] = []
        places: list[tuple[str, Path]] = []
        for index, raw in enumerate(raws):
            here: Path = (*path, "components", index)
            inner = raw.get("checks") if isinstance(raw, dict) else None
            stand_in = {**raw, "checks": []} if isinstance(inner, list) else raw
            shape = self._parse(ComponentShape, stand_in, here)
            key = shape.id if shape else str(raw.get("id", "")) if isinstance(raw, dict) else ""
            checks = self._checks(inner if isinstance(inner, list) else [], f"{platform}/{key}", here, reader)
            if shape is None:
                continue
            places.append((shape.id, here))
            if groups is not None and shape.group and shape.group not in groups:
                fix = suggest(shape.group, groups) or f"known: {', '.join(groups)}"
                self._say((*here, "group"), "unknown-group", f"there is no group `{shape.group}`", fix)
            made.append(component(shape, platform, checks))
        self.problems.extend(duplicates("component", places, self.document))
        return tuple(made)

    def _checks(self, raws: list[Any], component: str, path: Path, reader: Reader) -> tuple[Check, ...]:
        made: list[Check] = []
        places: list[tuple[str, Path]] = []
        for index, raw in enumerate(raws):
            here: Path = (*path, "checks", index)
            if isinstance(raw, dict) and isinstance(raw.get("id"), str):
                places.append((raw["id"], here))
            found = reader.check(raw, Place(here, component, component))
            if found is not None:
                made.append(found)
        self.problems.extend(duplicates("check", places, self.document))
        return tuple(made)

    # ---- what holds between the sections -----------------------------------------------------------------------------

    def _links(self, platforms: tuple[Platform, ...], value: dict[str, Any]) -> None:
        """Dependencies and old ids."""
        components = [c for p in platforms for c in p.components]
        # By the raw text as well, so that a component with a slip elsewhere is not also called unknown.
        ids = {c.id for c in components} | set(raw_ids(value.get("platforms")))
        at = {f"{p}/{c}": path for p, c, path in raw_places(value.get("platforms"))}
        for one in components:
            path = at.get(one.id, ())
            self.problems.extend(unknown("component", one.depends, ids, self.document, (*path, "depends")))
        way = cycle({c.id: [d for d in c.depends if d in ids] for c in components})
        if way:
            message = f"dependencies turn in a circle: {' → '.join(way)}"
            self._say((*at.get(way[0], ()), "depends"), "cycle", message, "take one of them out")
        self.problems.extend(revived([(c.id, c.was, at.get(c.id, ())) for c in components], ids, self.document))

    def _exclusions(
        self, top: ConfigShape, platforms: tuple[Platform, ...], regions: Mapping[str, Region]
    ) -> tuple[Exclusion, ...]:
        ids = [*(c.id for p in platforms for c in p.components), *top.retired]
        for index, one in enumerate(top.exclusions):
            path: Path = ("exclusions", index)
            self.problems.extend(unknown("component", one.components, ids, self.document, (*path, "components")))
            self.problems.extend(unknown("region", one.regions, regions, self.document, (*path, "regions")))
        for index, told in enumerate(top.notify):
            path = ("notify", index, "components")
            known = [*(p.id for p in platforms), *ids]
            self.problems.extend(unknown("component", told.components, known, self.document, path))
        return tuple(
            Exclusion(one.start, one.end, one.reason, tuple(one.components), tuple(one.regions))
            for one in top.exclusions
        )

    def _extra(self, top: ConfigShape) -> Mapping[str, Any]:
        """The sections of single outputs, as plain values. A notice whose secret is missing is left out."""
        notify = [
            one.model_dump() for index, one in enumerate(top.notify) if not self.filler.missing_below(("notify", index))
        ]
        return MappingProxyType(
            {
                "deploy": MappingProxyType({**top.deploy.model_dump(), "only_on": tuple(top.deploy.only_on)}),
                "notify": tuple(MappingProxyType(one) for one in notify),
                "cms": MappingProxyType(top.cms.model_dump()),
                "data": MappingProxyType(top.data.model_dump()),
                "retired": tuple(top.retired),
            }
        )

    def _whole(self, config: Config) -> None:
        """What is wrong only when everything is seen together."""
        errors = any(problem.severity is Severity.ERROR for problem in self.problems)
        allowed = self.filler.missing_allowed and bool(self.filler.missing)
        if not errors and not allowed and not any(check.component for check in config.checks):
            message = "there is no check, or every check is disabled: the page could say nothing"
            self._say(("platforms",), "no-checks", message, "give a component a check; docs/checks.md")
        if not config.controls and not self.document.value.get("controls"):
            problem = self._problem(
                (), "no-controls", "there are no controls, so that our own network trouble looks like theirs"
            )
            fix = "write controls: [https://www.cloudflare.com/cdn-cgi/trace]"
            self.problems.append(Problem(problem.file, 1, 1, problem.rule, problem.message, fix, Severity.WARNING))
        if self.filler.missing_allowed and self.filler.missing_below(("history",)):
            fix = "set the variable: with another store, history would look empty"
            self._say(("history",), "secret", "the address of the store is missing", fix)

    # ---- small things ------------------------------------------------------------------------------------------------

    def _parse(self, model: type[M], value: Any, path: Path) -> M | None:
        """The value in its shape, or what is left of it without its slips: for looking further, never for use."""
        found, wrong = parse(model, value, self.document, path)
        self.problems.extend(wrong)
        return found if found is not None else salvage(model, value, _STAND_INS)

    def _slipped(self, shape: ConfigShape, key: str, value: Mapping[str, Any]) -> bool:
        """Whether the key is there and had to be taken out."""
        return key in value and key not in shape.model_fields_set

    def _problem(self, path: Path, rule: str, message: str, fix: str = "") -> Problem:
        return self.document.problem(path, rule, message, fix)

    def _say(self, path: Path, rule: str, message: str, fix: str = "") -> None:
        self.problems.append(self._problem(path, rule, message, fix))
