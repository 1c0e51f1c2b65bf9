"""A schema of its own for each test, as the default database of the client."""

from __future__ import annotations

import itertools
import os
from typing import TYPE_CHECKING

import psycopg
import pytest

from mzwidget.notebook import session
from mzwidget.tail import connect

if TYPE_CHECKING:
    from collections.abc import Iterator

_numbers = itertools.count()


@pytest.fixture
def dsn(engine_dsn: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """DSN whose sessions live in an empty schema; it is the client's default, too."""
    schema = f"notebook_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(engine_dsn, autocommit=True) as admin:
        admin.execute(f"CREATE SCHEMA {schema}")
    dsn = f"{engine_dsn}{'&' if '?' in engine_dsn else '?'}options=--search_path%3D{schema}"
    monkeypatch.setattr("mzwidget.tail.connect._chosen", connect._Named(dsn))
    yield dsn
    session.session(dsn).close()
    with psycopg.connect(engine_dsn, autocommit=True) as admin:
        admin.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")


@pytest.fixture
def database(dsn: str) -> Iterator[psycopg.Connection]:
    """Return an ordinary autocommit connection to the test's schema."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        yield connection
