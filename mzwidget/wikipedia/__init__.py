"""Wikipedia's edits, as they happen, into a table.

    edits = wikipedia.follow(connection)

The tables are created by the caller, in SQL, so that a notebook shows what they are made of.
"""

from __future__ import annotations

import atexit
import math
import os
import re
from pathlib import Path
from typing import Any, cast, get_args

import psycopg
from psycopg import sql

from mzwidget._version import __version__
from mzwidget.errors import briefly
from mzwidget.forking import Lock
from mzwidget.wikipedia import eventstream
from mzwidget.wikipedia.ingest import Ingest
from mzwidget.wikipedia.pipeline import Source
from mzwidget.wikipedia.rows import (
    CREATE_REVISIONS,
    CREATE_TABLE,
    RECORDED_IDS,
    Edit,
    Revision,
    Row,
    Target,
    target_of_edits,
    target_of_revisions,
)
from mzwidget.wikipedia.tally import IngestStats

__all__ = ["DAY", "WIKIS", "Edit", "Ingest", "IngestStats", "Revision", "Source", "follow"]

DAY = Path(__file__).parent / "data" / "wikipedia-2015-09-12.csv.gz"
"""The recorded day, a CSV file of ms (since midnight), kind, wiki, namespace, title, user_name, bot, minor, delta."""
WIKIS = Path(__file__).parent / "data" / "wikis.csv"
"""Wikimedia's wikis, a CSV file of dbname, language_code, language, project, url, closed."""

USER_AGENT = f"mzwidget/{__version__} (https://github.com/mzwidget/mzwidget)"

_DEFAULTS: dict[str, Any] = {"application_name": "mzwidget", "connect_timeout": 10, "tcp_user_timeout": 20_000}

_running: dict[tuple[object, ...], Ingest] = {}
_running_lock = Lock()


def __dir__() -> list[str]:
    return __all__


@briefly
def follow(
    connection: psycopg.Connection[Any],
    table: str = "edits",
    source: Source | None = None,
    speed: float | None = None,
    *,
    revisions: str | None = None,
    url: str | None = None,
    user_agent: str = USER_AGENT,
) -> Ingest:
    """Start to insert Wikipedia's edits into a table, in the background.

    Parameters
    ----------
    connection
        Names the database and the user; the ingest opens a connection of its own and leaves this one alone.
    table
        Where the rows go: ``edits``, ``schema.edits`` or ``"odd name"``. It must have the columns of `Edit`, of which
        ``rev_id`` may be missing without `revisions`.
    source
        ``live`` is Wikimedia's public stream, ``recorded`` the edits of 2015-09-12 that come with mzwidget. ``auto``
        is live, and recorded when the stream cannot be reached: `Ingest.note` and its repr say so. By default what
        the environment variable ``MZWIDGET_SOURCE`` says, else ``auto``.
    speed
        How fast recorded edits come: 1 is about 35 a second, like the live stream. By default what ``MZWIDGET_SPEED``
        says, else 1. The live stream has its own speed.
    revisions
        A second table, with the columns of `Revision`: what a second stream, over the same connection, tells of the
        editor of each version, to be joined with the edits on ``(wiki, rev_id)``. The recorded day knows of its editors
        only what they did on that day, so there an ``edit_count`` counts the edits of the day.
    url
        The address of the live stream; Wikimedia's by default.
    user_agent
        How to name this client to Wikimedia.

    Returns
    -------
    Ingest
        Already running. An earlier one on the same table is closed, so a cell with this call can be run again.

    Raises
    ------
    ValueError
        `source` or `speed` is not possible.
    psycopg.Error
        The database cannot be reached, or the table is not there or lacks a column.
    """
    if source is None:
        source = cast("Source", os.environ.get("MZWIDGET_SOURCE", "auto"))
    if source not in get_args(Source):
        raise ValueError(f"source={source!r} is not known: use 'auto', 'live' or 'recorded'")
    parameters = _DEFAULTS | connection.info.get_parameters()
    if connection.info.password:
        parameters["password"] = connection.info.password
    identifier = _identifier(table)
    targets: dict[type[Row], Target] = {Edit: target_of_edits(identifier, joined=revisions is not None)}
    if revisions is not None:
        targets[Revision] = target_of_revisions(_identifier(revisions))
    speed, holds = _speed(speed), _examine(parameters, targets)
    key = (*(parameters.get(name) for name in ("host", "hostaddr", "dbname", "port")), identifier.as_string())
    with _running_lock:
        for other in [other for other in _running if _is_superseded(other, key)]:
            _running.pop(other).close()
        _running[key] = Ingest(
            parameters,
            targets,
            source=source,
            speed=speed,
            url=url or (eventstream.URL if revisions is None else eventstream.BOTH),
            user_agent=user_agent,
            holds=holds,
        )
        return _running[key]


def _is_superseded(other: tuple[object, ...], key: tuple[object, ...]) -> bool:
    """Whether an ingest gives way to a new one: same table, or the table of an engine that is gone.

    An embedded engine that was started again is at another port, and the old one does not come back.
    """
    *place, port, table = other
    *new_place, new_port, new_table = key
    same = (place, table) == (new_place, new_table)
    return same and (port == new_port or _running[other].stats.state == "database away")


@atexit.register
def close_all() -> None:
    """Close every ingest: what has arrived is inserted, and connections are closed properly."""
    for ingest in list(_running.values()):
        ingest.close()


def _speed(speed: float | None) -> float:
    origin, value = "speed", speed
    if speed is None:
        origin, text = "MZWIDGET_SPEED", os.environ.get("MZWIDGET_SPEED", "1")
        try:
            value = float(text)
        except ValueError:
            raise ValueError(f"MZWIDGET_SPEED={text!r} is not a number: 1 is about 35 edits a second") from None
    if value is None or not (math.isfinite(value) and value > 0):
        raise ValueError(f"{origin}={value!r} is not possible: it must be above 0; 1 is about 35 edits a second")
    return value


def _identifier(table: str) -> sql.Identifier:
    parts = re.findall(r'"((?:[^"]|"")+)"|([^".]+)', table)
    if not parts:
        raise ValueError(f"table={table!r} names no table")
    return sql.Identifier(*(quoted.replace('""', '"') or plain for quoted, plain in parts))


def _examine(parameters: dict[str, Any], targets: dict[type[Row], Target]) -> set[str]:
    """Make sure that the tables can take the rows; return which kinds of edits are there: live, recorded."""
    with psycopg.connect(**parameters, autocommit=True) as own:
        for kind, target in targets.items():
            columns = sql.SQL(", ").join(map(sql.Identifier, target.columns))
            try:
                own.execute(sql.SQL("SELECT {} FROM {} LIMIT 0").format(columns, target.table))
            except psycopg.Error as error:
                error.add_note(f"wikipedia.follow() needs such a table: {_needed(kind, target)}")
                raise
        return {
            kind
            for kind, comparison in (("live", sql.SQL("<")), ("recorded", sql.SQL(">=")))
            if own.execute(
                sql.SQL("SELECT id FROM {} WHERE id {} {} LIMIT 1").format(
                    targets[Edit].table, comparison, RECORDED_IDS
                )
            ).fetchone()
        }


def _needed(kind: type[Row], target: Target) -> str:
    if kind is Revision:
        return CREATE_REVISIONS
    return CREATE_TABLE[:-1] + ", rev_id bigint)" if "rev_id" in target.columns else CREATE_TABLE
