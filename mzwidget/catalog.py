"""What is there: relations and their columns, by SHOW, which Materialize and the embedded engine answer alike."""

from __future__ import annotations

import contextlib
import math
import re
import socket
import threading
from dataclasses import dataclass, replace
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import tuple_row

from mzwidget.lexing import words
from mzwidget.naming import Names, quoted

_SYSTEM = {
    "information_schema",
    "mz_catalog",
    "mz_catalog_unstable",
    "mz_internal",
    "mz_introspection",
    "mz_unsafe",
    "pg_catalog",
}
PATIENCE = 3.0
"""Seconds that names are waited for, where they would only help to explain an error."""

_MODIFIER = re.compile(r"\([\d,]+\)")
_WATCHABLE = {"table", "source", "view", "materialized-view"}


@dataclass(frozen=True, slots=True)
class Relation:
    """Something that rows can be read from.

    Attributes
    ----------
    schema, name : str
    kind : str
        ``table``, ``source``, ``view`` or ``materialized view``.
    """

    schema: str
    name: str
    kind: str

    @property
    def bare(self) -> str:
        """Its name in SQL, without the schema."""
        return quoted(self.name)

    @property
    def sql(self) -> str:
        """Its name in SQL."""
        return f"{quoted(self.schema)}.{quoted(self.name)}"


@dataclass(frozen=True, slots=True)
class Attribute:
    """A column of a relation.

    Attributes
    ----------
    name : str
    nullable : bool
    type : str
        Its SQL type.
    comment : str
    modifier : str
        What the type is narrowed by, such as ``(3)`` of a ``varchar(3)``; empty if by nothing.
    """

    name: str
    nullable: bool
    type: str
    comment: str
    modifier: str = ""

    @property
    def exact_type(self) -> str:
        """Its SQL type with all that narrows it, as CREATE TABLE takes it."""
        element, brackets, _ = self.type.partition("[]")
        zone = element.find(" with")  # timestamp(3) with time zone
        at = len(element) if zone < 0 else zone
        return f"{element[:at]}{self.modifier}{element[at:]}{brackets}"


def schemas(connection: psycopg.Connection[Any]) -> list[str]:
    """Return the schemas of the database that are not the system's."""
    found = [str(row[0]) for row in _show(connection, "SHOW SCHEMAS")]
    return sorted(name for name in found if name not in _SYSTEM)


def current(connection: psycopg.Connection[Any]) -> str:
    """Return the schema in which a bare name is looked up first."""
    [[path]] = _show(connection, "SHOW search_path")
    there = schemas(connection)
    return next((word.identifier for word in words(str(path)) if word.identifier in there), "")


def relations(connection: psycopg.Connection[Any], schema: str) -> list[Relation]:
    """Return what a schema holds to be read from."""
    found = [(str(row[0]), str(row[1])) for row in _show(connection, f"SHOW OBJECTS FROM {quoted(schema)}")]
    return [Relation(schema, name, kind.replace("-", " ")) for name, kind in found if kind in _WATCHABLE]


def attributes(connection: psycopg.Connection[Any], relation: str) -> list[Attribute]:
    """Return the columns of a relation, given by its name in SQL, in their order."""
    found = {
        str(name): Attribute(str(name), nullable in (True, "t"), str(of), str(comment or ""))
        for name, nullable, of, comment in _show(connection, f"SHOW COLUMNS FROM {relation}")
    }
    # SHOW sorts them by name.
    described = connection.execute(f"SELECT * FROM {relation} LIMIT 0").description
    return [
        replace(found[column.name], modifier="".join(_MODIFIER.findall(column.type_display)))
        for column in described or ()
        if column.name in found
    ]


def kind_of(connection: psycopg.Connection[Any], relation: str) -> str | None:
    """Return what a relation is, given by its name in SQL, as `Relation.kind` says it; None if that is not known."""
    *outer, own = [word.identifier for word in words(relation)]
    schema = outer[-1] if outer else current(connection)
    return next((of.kind for of in relations(connection, schema) if of.name == own), None)


def names(connection: psycopg.Connection[Any], sql: str) -> Names:
    """Return all relations, and the columns of those that SQL speaks of; nothing where that cannot be asked."""
    if connection.closed or connection.info.transaction_status != TransactionStatus.IDLE:
        return Names()
    with contextlib.suppress(psycopg.Error):
        here = current(connection)
        there = [relation for schema in schemas(connection) for relation in relations(connection, schema)]
        spoken = {word.identifier for word in words(sql)}
        columns = {
            relation.name: [of.name for of in attributes(connection, relation.sql)]
            for relation in there
            if relation.name in spoken
        }
        return Names([of.name if of.schema == here else f"{of.schema}.{of.name}" for of in there], columns)
    with contextlib.suppress(psycopg.Error):
        [[database]] = _show(connection, "SHOW database")
        found = [str(row[0]) for row in _show(connection, "SHOW DATABASES")]
        return Names(missing=() if database in found else (str(database), found))
    return Names()


def look_up(parameters: dict[str, Any], sql: str) -> Names:
    """Return the `names` of a database, on a connection for this alone; nothing if they do not come soon."""
    hurried = parameters | {"connect_timeout": math.ceil(PATIENCE)}
    # Whatever a server answers, it is a hint that is missing and not another error.
    with contextlib.suppress(Exception), psycopg.connect(**hurried, autocommit=True) as connection:
        timer = threading.Timer(PATIENCE, hang_up, [connection])
        timer.daemon = True
        timer.start()
        try:
            return names(connection, sql)
        finally:
            timer.cancel()
    return Names()


def hang_up(connection: psycopg.Connection[Any] | psycopg.AsyncConnection[Any]) -> None:
    """End a connection at once, whatever it is doing and whether or not the other side still answers."""
    if connection.closed:
        return
    with contextlib.suppress(OSError, psycopg.Error):
        duplicate = socket.fromfd(connection.pgconn.socket, socket.AF_INET, socket.SOCK_STREAM)
        with contextlib.closing(duplicate):
            duplicate.shutdown(socket.SHUT_RDWR)


def _show(connection: psycopg.Connection[Any], statement: str) -> list[Any]:
    return connection.cursor(row_factory=tuple_row).execute(statement).fetchall()
