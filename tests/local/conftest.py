"""Connections to the engine, each test in a schema of its own."""

from __future__ import annotations

import itertools
import os
from typing import TYPE_CHECKING

import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Connect = Callable[..., psycopg.Connection]

_numbers = itertools.count()


@pytest.fixture
def schema(engine_dsn: str) -> Iterator[str]:
    """Return an empty schema; it is dropped after the test."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(engine_dsn, autocommit=True) as admin:
        admin.execute(f"CREATE SCHEMA {name}")
    yield name
    with psycopg.connect(engine_dsn, autocommit=True) as admin:
        admin.execute(f"DROP SCHEMA IF EXISTS {name} CASCADE")


@pytest.fixture
def dsn(engine_dsn: str, schema: str) -> str:
    """Return a DSN whose sessions live in the test's schema."""
    return f"{engine_dsn}{'&' if '?' in engine_dsn else '?'}options=--search_path%3D{schema}"


@pytest.fixture
def connect(dsn: str) -> Iterator[Connect]:
    """Return a function that connects in autocommit; connections are closed after the test."""
    opened: list[psycopg.Connection] = []

    def connect(**options: object) -> psycopg.Connection:
        opened.append(psycopg.connect(dsn, **{"autocommit": True, **options}))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.close()


@pytest.fixture
def sql(connect: Connect) -> psycopg.Connection:
    """Return one autocommit connection."""
    return connect()


@pytest.fixture
def embedded() -> None:
    """Say that a test is about the embedded engine itself."""
    if os.environ.get("MZWIDGET_TEST_MATERIALIZE"):
        pytest.skip("about the embedded engine, not about Materialize")
