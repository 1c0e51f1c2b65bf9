"""Which database: the one named, the one of `connect`, `MATERIALIZE_URL`, or the embedded engine."""

from __future__ import annotations

import os
import threading
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

ENVIRONMENT = "MATERIALIZE_URL"

Parameters = dict[str, Any]
"""Connection parameters by libpq's names. May hold a password: never printed, never sent to a page."""

_lock = threading.Lock()
_chosen: str | None = None
_announced = False

DEFAULTS: Parameters = {
    "application_name": "mzwidget",
    "connect_timeout": 20,
    # A cut cable or a sleeping laptop ends a connection in about 20 s rather than in hours.
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}


def connect(dsn: str | None = None) -> psycopg.Connection[tuple[Any, ...]]:
    """Open an autocommit connection, and make its database the default of every later `LiveView`.

    Parameters
    ----------
    dsn : str, optional
        ``postgres://user:password@host:6875/materialize`` or libpq's ``key=value`` form. By default the environment
        variable ``MATERIALIZE_URL``; without that, an embedded engine is started on this machine, and a line says so.

    Returns
    -------
    psycopg.Connection
        An ordinary connection: ``connection.execute("CREATE VIEW …")`` runs plain SQL on Materialize and on the
        embedded engine alike.

    Raises
    ------
    ValueError
        The connection string cannot be read.
    psycopg.OperationalError
        The server cannot be reached, or refuses.
    """
    global _chosen  # noqa: PLW0603 - the process's default database
    connection = psycopg.connect(**parameters(dsn), autocommit=True)
    if dsn is not None:
        with _lock:
            _chosen = dsn
    return connection


def parameters(dsn: str | None = None) -> Parameters:
    """Resolve a connection string, or the default database, to connection parameters.

    Raises
    ------
    ValueError
        The connection string cannot be read. The message does not repeat it: it may hold a password.
    """
    text, origin = _resolve(dsn)
    try:
        given = conninfo_to_dict(text)
    except psycopg.ProgrammingError:
        raise ValueError(
            f"{origin} is not a connection string; write postgres://user:password@host:6875/materialize"
        ) from None
    return DEFAULTS | {name: value for name, value in given.items() if value is not None}


def _resolve(dsn: str | None) -> tuple[str, str]:
    global _announced
    if dsn is not None:
        return dsn, "dsn"
    if _chosen is not None:
        return _chosen, "dsn"
    if url := os.environ.get(ENVIRONMENT):
        return url, ENVIRONMENT
    from mzwidget import local  # noqa: PLC0415 - only when needed

    text = local.start()
    with _lock:
        first, _announced = not _announced, True
    if first:
        print(f"mzwidget: no {ENVIRONMENT} is set, so an embedded engine was started on this machine.")
    return text, "the embedded engine's address"
