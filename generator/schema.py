"""JSON Schema for editors, made from the shapes that read the files, so that the two cannot drift apart."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

KINDS = ("config", "note", "cause")

_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def schema(kind: str) -> dict[str, Any]:
    """The JSON Schema of `status.yml` (config) or of the front matter of a note or cause. KeyError for another kind."""
    made = {"config": _config, "note": _note, "cause": _cause}[kind]()
    return {"$schema": _DRAFT, **made, "title": f"Roadworthy {kind}"}


def _config() -> dict[str, Any]:
    """The shape of the file, with the keys of each check kind where the kind is named."""
    from . import engines, probes
    from .config.form import ConfigShape

    made = _of(ConfigShape)
    definitions = made["$defs"]
    check = definitions["CheckShape"]
    kinds: list[dict[str, Any]] = []
    common = set(check["properties"])
    for kind in probes.names():
        own = _loosened(_of(probes.get(kind).Spec))
        definitions.update({f"{kind}.{name}": _moved(d, kind) for name, d in own.pop("$defs", {}).items()})
        own = _moved(own, kind)
        own["properties"] = dict.fromkeys(sorted(common), True) | dict(own.get("properties", {}))
        definitions[f"{kind}-check"] = own
        condition = {"properties": {"kind": {"const": kind}}, "required": ["kind"]}
        kinds.append({"if": condition, "then": {"$ref": f"#/$defs/{kind}-check"}})
    check["properties"]["kind"] = {"enum": list(probes.names())}
    check["allOf"] = kinds
    definitions["RegionShape"]["properties"]["engine"] = {"enum": list(engines.names()), "default": "local"}
    return made


def _note() -> dict[str, Any]:
    from .notes.form import NoteShape

    return _of(NoteShape)


def _cause() -> dict[str, Any]:
    from .causes.reading import CauseShape

    return _of(CauseShape)


def _of(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema(by_alias=True, mode="validation")


def _moved(value: Any, kind: str) -> Any:
    """The schema with its references led to the definitions of its kind, so that two kinds cannot share a name."""
    if isinstance(value, dict):
        return {
            key: inner.replace("#/$defs/", f"#/$defs/{kind}.") if key == "$ref" else _moved(inner, kind)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_moved(inner, kind) for inner in value]
    return value


_ALSO = {
    "number": ["number", "string"],
    "integer": ["integer", "number", "string"],
    "array": ["array", "object", "string", "number"],
}


def _loosened(value: Any) -> Any:
    """A probe's schema as its keys may be written: `10m` for 600, one thing for a list of one.

    The probes' own validators know these spellings and pydantic's schema does not; a schema that calls them wrong would
    teach an editor to ignore it. Names of keys, words and what must be there stay as strict as they are.
    """
    if isinstance(value, dict):
        changed = {key: _loosened(inner) for key, inner in value.items()}
        kind = value.get("type")
        return {**changed, "type": _ALSO[kind]} if isinstance(kind, str) and kind in _ALSO else changed
    if isinstance(value, list):
        return [_loosened(inner) for inner in value]
    return value
