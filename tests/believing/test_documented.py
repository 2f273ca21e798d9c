"""The page about the status rule says what the code does."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from generator import history
from generator.model import Rules
from generator.states import precedence

PAGE = (Path(__file__).parents[2] / "docs" / "status-rule.md").read_text("utf-8")


@pytest.mark.parametrize("row", precedence.PRECEDENCE, ids=lambda row: row.name)
def test_every_row_of_the_table_is_on_the_page_in_its_order(row: precedence.Row) -> None:
    shows = f"`{row.status.value}`" if row.status else "(held)"
    assert f"| `{row.name}` | {shows} |" in PAGE
    order = [PAGE.index(f"| `{r.name}` |") for r in precedence.PRECEDENCE]
    assert order == sorted(order)


@pytest.mark.parametrize("field", dataclasses.fields(Rules), ids=lambda field: field.name)
def test_every_number_of_the_rule_is_on_the_page(field: dataclasses.Field[object]) -> None:
    """By its name; the few that only the checks use are said where looks are explained."""
    names = {"retries": "Retries", "retry_wait": "after ten seconds", "suspect_share": "60 %", "suspect_margin": "40 points",
             "suspect_min_targets": "5 targets", "flap_window": "last 20 rounds", "flap_enter": "Five changes", "flap_leave": "two changes"}  # fmt: skip
    assert names.get(field.name, f"`{field.name}`") in PAGE


def test_the_weights_on_the_page_are_those_of_the_code() -> None:
    weights = {status.value.split("_")[0]: weight for status, weight in history.WEIGHTS.items()}
    assert (
        f"lost     = {weights['major']} x major + {weights['partial']} x partial + {weights['degraded']} x degraded"
        in PAGE
    )
