"""The default causes, held against the diagnosis table row by row."""

from __future__ import annotations

import pytest

from generator.diagnosis import diagnose
from generator.model import Finding
from tests.explaining.diagnosis_rows import BEYOND, ROWS, Row
from tests.explaining.worlds import NOW, default_causes, default_config, past


def found_in(row: Row) -> tuple[Finding, ...]:
    site = default_config()
    history = past(
        site,
        row.faults,
        controls=row.controls,
        health=row.health,
        official=row.official,
        silent=row.silent,
    )
    return diagnose(site, default_causes(), history, NOW)


@pytest.mark.parametrize("row", [*ROWS, *BEYOND], ids=lambda row: row.id)
def test_the_expected_cause_comes_first(row: Row) -> None:
    """Each row of the table names its cause first, its rivals beside it, and nothing that it rules out."""
    findings = found_in(row)
    names = [f.cause for f in findings]
    if not row.first:
        assert names == []
        return
    assert row.number == 39 or names[0] == row.first, names
    assert row.first in names
    assert set(row.also) <= set(names), names
    assert not set(row.never) & set(names), names
    finding = next(f for f in findings if f.cause == row.first)
    assert finding.confidence in row.confidence
    assert finding.evidence


def test_all_rows_of_the_table_are_there() -> None:
    """No row of the table is left out."""
    assert {row.number for row in ROWS} == set(range(1, 40))


def test_every_default_cause_is_reached() -> None:
    """A cause that no row expects is a cause nobody has seen working."""
    told = {name for row in (*ROWS, *BEYOND) for name in (row.first, *row.also)}
    assert {c.id for c in default_causes()} - told == set()
