from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.looking.hostile import Hostile


@pytest.fixture(scope="session")
def server() -> Iterator[Hostile]:
    with Hostile() as running:
        yield running
