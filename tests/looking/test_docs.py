"""What can be written in a check stands in the documentation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from generator import engines, probes

DOCS = Path(__file__).parents[2] / "docs"
PLAIN = ["http", "asset", "tcp", "tls", "dns"]


def keys(shape: type[BaseModel]) -> Iterator[str]:
    """Every key of a shape as it is written, those of its mappings included."""
    for name, field in shape.model_fields.items():
        yield field.alias or name
        for part in inner(field.annotation):
            yield from keys(part)


def inner(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from inner(argument)


@pytest.mark.parametrize("kind", PLAIN)
def test_every_key_of_a_plain_kind_is_documented(kind: str) -> None:
    """In the kind's own section, in code."""
    section = (DOCS / "checks.md").read_text().partition(f"\n## `{kind}`")[2].partition("\n## ")[0]
    blocks = re.findall(r"```yaml(.*?)```", section, re.S)
    code = " ".join([*blocks, *re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", section, flags=re.S))])
    words = set(re.findall(r"[A-Za-z_0-9]+", code))
    missing = [key for key in keys(probes.get(kind).Spec) if key not in words and key not in ("degraded", "down")]
    assert section
    assert not missing


def test_every_kind_and_every_engine_has_its_place() -> None:
    """A file in the folder without a line in the documentation is a feature nobody finds."""
    checks = (DOCS / "checks.md").read_text() + (DOCS / "checks-semantic.md").read_text()
    regions = (DOCS / "regions.md").read_text()
    assert [kind for kind in probes.names() if f"| `{kind}` |" not in checks] == []
    assert [name for name in engines.names() if f"| `{name}` |" not in regions] == []
