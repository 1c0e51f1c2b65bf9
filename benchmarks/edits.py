"""The table that questions are measured on: 100,000 edits of 500 editors."""

from __future__ import annotations

import time
from typing import Any

import psycopg

ROWS, EDITORS = 100_000, 500
EVERY = (0.4, 0.7)
"""Seconds between two questions: each finds all at rest."""


def make(connection: psycopg.Connection[Any], name: str) -> None:
    """Make the table anew."""
    connection.execute(f"DROP TABLE IF EXISTS {name}")
    connection.execute(f"CREATE TABLE {name} (editor text, size int)")
    connection.execute(
        f"INSERT INTO {name} "
        f"SELECT 'editor ' || (n % {EDITORS})::text, n * 7919 % 1000 FROM generate_series(1, {ROWS}) AS i (n)"
    )


def milliseconds(connection: psycopg.Connection[Any], query: str, params: Any) -> float:
    """Return what a query takes by itself, to its last row."""
    began = time.monotonic()
    connection.execute(query, params).fetchall()
    return 1000 * (time.monotonic() - began)
