"""Which schema holds which answer, and the check."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib import resources

from jsonschema import Draft202012Validator, FormatChecker

HELD = (
    (r"api/roadworthy/v1/status\.json", "status"),
    (r"live\.json", "live"),
    (r"api/roadworthy/v1/history/[^/]+/[^/]+\.json", "history"),
    (r"api/roadworthy/v1/incidents/\d{4}\.json", "incidents"),
    (r"api/roadworthy/v1/incidents/index\.json", "incident-years"),
    (r"api/roadworthy/v1/evidence/index\.json", "evidence-days"),
    (r"api/roadworthy/v1/evidence/.*\.jsonl", "observation"),
    (r"badges/.*\.json", "shields"),
    (r"feed\.json", "feed"),
    (r"api/v2/summary\.json", "statuspage-summary"),
    (r"api/v2/status\.json", "statuspage-status"),
    (r"api/v2/components\.json", "statuspage-components"),
    (r"api/v2/incidents(/unresolved)?\.json", "statuspage-incidents"),
    (r"api/v2/scheduled-maintenances(/upcoming|/active)?\.json", "statuspage-scheduled-maintenances"),
)


def names() -> set[str]:
    folder = resources.files("generator") / "schemas"
    return {file.name.removesuffix(".json") for file in folder.iterdir() if file.name.endswith(".json")}


@cache
def validator(name: str) -> Draft202012Validator:
    schema = json.loads((resources.files("generator") / "schemas" / f"{name}.json").read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=FormatChecker())


def schema_of(path: str) -> str | None:
    return next((name for pattern, name in HELD if re.fullmatch(pattern, path)), None)


def problems(path: str, body: bytes) -> list[str]:
    """What is wrong with an answer; empty when its schema holds, KeyError if it has none."""
    name = schema_of(path)
    if name is None:
        raise KeyError(path)
    answers = [json.loads(line) for line in body.splitlines()] if path.endswith(".jsonl") else [json.loads(body)]
    return [
        f"{path} {error.json_path}: {error.message}"
        for answer in answers
        for error in validator(name).iter_errors(answer)
    ]
