from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from generator import stores
from generator.stores import Store
from tests.keeping import postgres_server

_numbers = itertools.count()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    with postgres_server.server() as url:
        yield url


@pytest.fixture
def postgres_url(postgres: str) -> str:
    """A database of its own."""
    import psycopg

    name = f"test{next(_numbers)}"
    with psycopg.connect(postgres + "postgres", autocommit=True) as connection:
        # A database for people sorts "a" before "B"; history must come in the same order from every one.
        language = "TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en' LOCALE 'C.UTF-8'"
        connection.execute(f"CREATE DATABASE {name} {language}")
    return postgres + name


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty history, in each of the databases."""
    return "" if request.param == "sqlite" else request.getfixturevalue("postgres_url")


@pytest.fixture
def store(url: str, tmp_path: Path) -> Iterator[Store]:
    opened = stores.open(url, root=tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Store]:
    opened = stores.open("", root=tmp_path)
    yield opened
    opened.close()
