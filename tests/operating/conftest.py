from __future__ import annotations

import pytest

from tests.operating.git import GIT


@pytest.fixture(autouse=True)
def own_git_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test depends on, or touches, the git settings of whoever runs it."""
    for name, value in GIT.items():
        monkeypatch.setenv(name, value)
