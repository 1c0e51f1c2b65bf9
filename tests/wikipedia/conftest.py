from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from mzwidget import wikipedia
from mzwidget.wikipedia.rows import CREATE_TABLE
from tests.machine import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _no_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "MZWIDGET_SOURCE", "MZWIDGET_SPEED"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(autouse=True)
def no_thread_stays() -> Iterator[None]:
    """Stop what a test has left running, and see that its threads end."""
    yield
    for ingest in wikipedia._running.values():
        ingest.close()
    wikipedia._running.clear()
    eventually(
        lambda: not [t.name for t in threading.enumerate() if t.name.startswith("mzwidget-")],
        what="the ingest's threads end",
    )


@pytest.fixture
def dsn(request: pytest.FixtureRequest) -> str:
    """PostgreSQL, or what `on_both` asks for."""
    found: str = request.getfixturevalue(f"{getattr(request, 'param', 'postgres')}_dsn")
    return found


@pytest.fixture
def connection(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    """A database with an empty table `edits`."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS edits CASCADE")
        connection.execute(CREATE_TABLE)
        yield connection
        if not connection.closed:
            connection.execute("DROP TABLE IF EXISTS edits CASCADE")
