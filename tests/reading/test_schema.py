"""The schemas that editors use say the same as the program."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest

from generator import frontmatter, probes, schema, yamltext
from tests.reading.bad import BAD, SAMPLE

ROOT = Path(__file__).parents[2]


def faults(kind: str, value: object) -> list[str]:
    return [error.message for error in jsonschema.Draft202012Validator(schema.schema(kind)).iter_errors(value)]


@pytest.mark.parametrize("kind", schema.KINDS)
def test_schema_is_one(kind: str) -> None:
    """Valid by its own definition, and named."""
    made = schema.schema(kind)
    jsonschema.Draft202012Validator.check_schema(made)
    assert made["title"] == f"Roadworthy {kind}"


@pytest.mark.parametrize(
    "path", [SAMPLE / "content" / "status.yml", ROOT / "content" / "status.yml"], ids=["sample", "ours"]
)
def test_good_configuration_fits(path: Path) -> None:
    """What the program reads without a problem an editor does not underline."""
    assert faults("config", yamltext.load(path.read_text(), path.name).value) == []


@pytest.mark.parametrize("folder", [SAMPLE, ROOT], ids=["sample", "ours"])
@pytest.mark.parametrize("kind", ["note", "cause"])
def test_good_content_fits(folder: Path, kind: str) -> None:
    """The same for notes and causes."""
    places = ["causes"] if kind == "cause" else ["incidents", "maintenance"]
    for place in places:
        for path in sorted((folder / "content" / place).glob("*.md")):
            assert faults(kind, frontmatter.load(path.read_text(), path.name).head.value) == [], path


@pytest.mark.parametrize(
    "name",
    [
        "C01-unknown-key",
        "C01-unknown-key-of-a-check",
        "C01-unknown-key-of-a-probe",
        "C07-unknown-kind",
        "C07-unknown-engine",
    ],
)
def test_slip_that_an_editor_can_see_is_underlined(name: str) -> None:
    """Keys and words; what refers to what is for lint."""
    text = (BAD / f"{name}.yml").read_text()
    assert faults("config", yamltext.load(text, name).value)


def test_every_kind_of_check_has_its_keys() -> None:
    """A new probe is in the schema without anybody editing it."""
    made = schema.schema("config")["$defs"]
    for kind in probes.names():
        own = {field.alias or name for name, field in probes.get(kind).Spec.model_fields.items()}
        assert own <= set(made[f"{kind}-check"]["properties"])
