"""The documents name every word that can be written."""

from __future__ import annotations

import pytest

from generator.causes.reading import CauseShape, ConditionShape, cause_words
from tests.explaining.worlds import ROOT

TEXT = (ROOT / "docs" / "causes.md").read_text("utf-8")


@pytest.mark.parametrize(
    "key", [*CauseShape.model_fields, *(f.alias or n for n, f in ConditionShape.model_fields.items())]
)
def test_every_key_of_a_cause_is_documented(key: str) -> None:
    assert f"{key}:" in TEXT or f"`{key}`" in TEXT


@pytest.mark.parametrize(("kind", "word"), [(kind, word) for kind, words in cause_words().items() for word in words])
def test_every_word_of_the_closed_set_is_documented(kind: str, word: str) -> None:
    assert f"`{word}`" in TEXT or f": {word}`" in TEXT, kind


def test_the_example_is_valid() -> None:
    """What people copy from the document works."""
    from generator import causes
    from tests.explaining.worlds import default_config

    example = TEXT.split("```markdown\n", 1)[1].split("```", 1)[0]
    assert causes.read(example, "content/causes/example.md", default_config()).title.startswith("The job")
