"""The connection on which a notebook's own statements run: one a database, so that a SET holds for later cells."""

from __future__ import annotations

import atexit
import os

import psycopg
from psycopg.adapt import AdaptersMap
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus
from psycopg.types.string import TextLoader

from mzwidget.catalog import names
from mzwidget.errors import SqlError
from mzwidget.explaining import Explanation, explain
from mzwidget.forking import Lock
from mzwidget.lexing import words
from mzwidget.params import Composed
from mzwidget.tail.connect import Parameters, answering, parameters
from mzwidget.tail.query import parse
from mzwidget.tail.status import LOST
from mzwidget.tail.status import explain as reason

Connection = psycopg.Connection[tuple[str | None, ...]]

_READS = {"select", "with", "values", "table", "show", "explain"}

_lock = Lock()
_open: dict[tuple[int, str], Connection] = {}


class _Texts:
    """Reads every value as the text that the server sent; `mzwidget.tail.values` converts it by its type."""

    connection = None

    def __init__(self) -> None:
        self.adapters = AdaptersMap(types=psycopg.adapters.types)
        self.adapters.register_loader(0, TextLoader)


def session(dsn: str | None = None) -> Connection:
    """Return the connection of this process to a database; every value that it reads is text.

    Raises
    ------
    SqlError
        The server cannot be reached, or refuses.
    ValueError
        The connection string cannot be read.
    """
    given = parameters(dsn)
    key = (os.getpid(), repr(sorted(given.items())))
    with _lock:
        found = _open.get(key)
        if found is None or found.closed:
            found = _open[key] = _connect(given)
        return found


def _connect(given: Parameters) -> Connection:
    try:
        with answering(given):
            return psycopg.connect(**given, autocommit=True, context=_Texts())
    except psycopg.Error as error:
        raise SqlError(reason(error).message, error.sqlstate) from None


@atexit.register
def _close() -> None:
    """Say good-bye: a connection that is merely dropped warns of it."""
    for (process, _), connection in _open.items():
        if process == os.getpid():
            connection.close()


def run(sql: Composed, written: str, dsn: str | None = None) -> psycopg.Cursor[tuple[str | None, ...]]:
    """Execute one statement.

    Parameters
    ----------
    sql : Composed
        What is sent.
    written : str
        As the user wrote it, for errors.
    dsn : str, optional

    Raises
    ------
    SqlError
        It failed.
    """
    for again in (True, False):
        connection = session(dsn)
        try:
            return connection.execute(sql.text)
        except psycopg.Error as error:
            first = next(iter(words(written)), None)
            if again and connection.closed and first is not None and first.identifier in _READS:
                continue  # the server ended a connection that had been idle; reading twice is harmless
            raise _told(error, sql, written, connection) from None
    raise AssertionError


def prepare(sql: Composed, written: str, dsn: str | None = None) -> None:
    """Let the server check a query that is to be watched, so that what it says is about the SQL as it was written.

    Raises
    ------
    SqlError
        It would refuse.
    """
    query = parse(sql.text)
    lead = query.lead - sql.text.find(query.text)
    connection = session(dsn)
    result = connection.pgconn.prepare(b"", query.statement.encode())
    if result.status == ExecStatus.FATAL_ERROR:
        watched = Composed(query.statement, tuple((sent + lead, origin) for sent, origin in sql.edges))
        raise _told(error_from_result(result), watched, written, connection)


def _told(error: psycopg.Error, sql: Composed, written: str, connection: Connection) -> SqlError:
    if error.diag.message_primary is None:
        said = reason(error).message
        return SqlError(f"{LOST}{said.removeprefix(LOST)}" if connection.closed else said, error.sqlstate)
    told: Explanation = explain(error, written, origin=sql.origin, names=lambda: names(connection, written))
    return SqlError(str(told), told.sqlstate)
