"""What goes into the translator and what comes out of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from mzwidget.local.dialect.values import raise_sql
from mzwidget.local.errors import SqlError, unsupported

_OWN = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\bq\d+\b")
"""A common table of a query's own, and what may look like one within quotes."""


if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mzwidget.local.dialect.syntax import tree
    from mzwidget.local.formats.types import Column, Type


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or view of the catalog, as a query sees it.

    Attributes
    ----------
    name : str
        Full name, such as ``materialize.public.t``.
    columns : tuple of Column
    sql : str
        DuckDB SQL that stands for it in FROM: a quoted table name, or a parenthesised query. Its
        columns are taken by position; a table's are named as ``columns`` are.
    inputs : frozenset of str
        Full names of all relations it depends on, itself included.
    wakeups, refusal, constant, ctes
        Of a view: the fields of the same names of its `Query`.
    path : tuple of str
        Database, schema and name.
    is_table : bool
        Whether rows can be written to it.
    defaults : tuple of str or None
        Of a table: DuckDB SQL for each column's DEFAULT, from `plan_columns`; None where it has none.
    """

    name: str
    columns: tuple[Column, ...]
    sql: str
    inputs: frozenset[str]
    wakeups: tuple[str, ...] = ()
    refusal: SqlError | None = None
    constant: bool = False
    is_table: bool = False
    defaults: tuple[str | None, ...] = ()
    ctes: tuple[tuple[str, str], ...] = ()
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """What the catalog says of a relation, an index or a type that was made, by its OID.

    Attributes
    ----------
    name : str
        With the qualifiers that it needs to be found.
    visible : bool or None
        It is found by its name alone; None in another database.
    definition : str
        The query of a view, or the statement of an index; else empty.
    columns : tuple of str or None
        The comments on its columns.
    is_type : bool
    path : tuple of str
        Its name with all qualifiers.
    """

    oid: int
    name: str
    visible: bool | None
    definition: str = ""
    columns: tuple[str | None, ...] = ()
    is_type: bool = False
    path: tuple[str, ...] = ()


class Catalog(Protocol):
    """Looks names up; the engine implements it."""

    def oid_of(self, parts: tuple[str, ...], *, types: bool = False) -> int | None:
        """Return the OID of a relation or an index, or of a type that was made."""

    def objects(self) -> Sequence[Known]:
        """Return all relations, indexes and types that were made, and the system's relations."""

    def comments(self) -> Mapping[str, Mapping[int, str | None]]:
        """Return the comments by OIDs, by the names of the relations of pg_catalog that list what they are on."""

    def roles(self) -> Mapping[int, str]:
        """Return the names of roles by their OIDs."""

    def schemas(self) -> tuple[str, ...]:
        """Return the schemas of the search path that exist."""

    def settings(self) -> Mapping[str, str]:
        """Return the values of the session's variables, by their names in small letters."""

    def type_of(self, parts: tuple[str, ...]) -> Type | None:
        """Return the type that CREATE TYPE made under a name; a schema that does not exist is an error."""

    def relation(self, parts: tuple[str, ...]) -> Relation | None:
        """Return the relation called ``("t",)``, ``("schema", "t")`` or ``("db", "schema", "t")``."""

    def check(self, parts: tuple[str, ...]) -> None:
        """Insist that the qualifiers of a name are those of a schema."""

    def shown(self, text: str) -> tree.Query:
        """Return the query of what a SHOW command lists."""


class Empty:
    """A catalog without anything, such as a DEFAULT sees."""

    def comments(self) -> Mapping[str, Mapping[int, str | None]]:
        return {}

    def type_of(self, _: tuple[str, ...]) -> Type | None:
        return None

    def relation(self, _: tuple[str, ...]) -> Relation | None:
        return None

    def check(self, _: tuple[str, ...]) -> None:
        pass

    def shown(self, _: str) -> tree.Query:
        raise unsupported("SHOW in a query")

    def oid_of(self, _: tuple[str, ...], *, types: bool = False) -> int | None:  # noqa: ARG002
        return None

    def objects(self) -> list[Known]:
        return []

    def roles(self) -> dict[int, str]:
        return {}

    def schemas(self) -> tuple[str, ...]:
        return ()

    def settings(self) -> dict[str, str]:
        return {}


@dataclass(frozen=True, slots=True)
class Query:
    """A translated query.

    Attributes
    ----------
    sql : str
        DuckDB SQL; its columns are in the order of ``columns``, their names mean nothing.
    columns : tuple of Column
    inputs : frozenset of str
        Full names of all tables and views it reads, views' inputs included.
    parameters : tuple of Type
        The types of ``$1`` …; each is bound as text in PostgreSQL's text form, or as a Python bool,
        int or float where the type is one of these.
    constant : bool
        Reads no table and no clock.
    wakeups : tuple of str
        DuckDB queries of one row and column: the next mz_timestamp after ``getvariable('mz_now')`` at
        which a temporal predicate changes for some row, or NULL.
    ordered : bool
        Has a top-level ORDER BY.
    refusal : SqlError or None
        Why it cannot be maintained (subscribed to or materialized); None if it can.
    body : str
        ``sql`` without the common tables that it names.
    ctes : tuple of (str, str)
        These common tables: names and queries, each after those it names.
    asks_session : bool
        Asks what was looked up when it was planned: of the session or of the catalog.
    compares_null : bool
        Asks somewhere whether something equals NULL, which nothing does.
    """

    sql: str
    columns: tuple[Column, ...]
    inputs: frozenset[str] = frozenset()
    parameters: tuple[Type, ...] = ()
    constant: bool = False
    wakeups: tuple[str, ...] = ()
    ordered: bool = False
    refusal: SqlError | None = None
    body: str = ""
    ctes: tuple[tuple[str, str], ...] = ()
    compares_null: bool = False
    asks_session: bool = False

    def in_view(self, name: str) -> tuple[tuple[tuple[str, str], ...], str]:
        """Return common tables and body under names that no other view uses."""
        prefix = '"w:' + name.replace('"', '""') + ":"
        own = {cte for cte, _ in self.ctes if not cte.startswith('"')}

        def renamed(sql: str) -> str:
            return _OWN.sub(lambda match: f'{prefix}{match[0]}"' if match[0] in own else match[0], sql)

        ctes = tuple((renamed(cte), renamed(sql)) for cte, sql in self.ctes)
        return ctes, renamed(self.body)


def _null(name: str) -> str:
    return raise_sql(f'column "{name}" must not be null', "BOOLEAN").replace("{", "{{").replace("}", "}}")


def asserted(query: Query, not_null: Sequence[str], renamed: Sequence[str] = ()) -> Query:
    """Return a query whose rows fail where one of these columns is NULL; its first columns may be renamed."""
    names = [*renamed, *(column.name for column in query.columns[len(renamed) :])]
    for place, name in enumerate(not_null):
        if name in not_null[:place]:
            raise SqlError(f'duplicate column "{name}" in non-null assertions')
        if name not in names:
            raise SqlError(f'column "{name}" in ASSERT NOT NULL option not found')
    if not not_null:
        return query
    listed = [f"c{index}" for index in range(1, len(names) + 1)]
    checks = [
        f"CASE WHEN {c} IS NULL THEN {_null(name)} ELSE true END"
        for c, name in zip(listed, names, strict=True)
        if name in not_null
    ]
    select = f"SELECT * FROM ({{}}) AS q({', '.join(listed)}) WHERE {' AND '.join(checks)}"
    columns = tuple(
        replace(column, nullable=column.nullable and name not in not_null)
        for column, name in zip(query.columns, names, strict=True)
    )
    return replace(query, columns=columns, sql=select.format(query.sql), body=select.format(query.body))


def may_fail(sql: str) -> bool:
    """Whether a query calls what may raise an error."""
    return "error(" in sql or "py_" in sql


def evaluated_whole(sql: str, count: int) -> str:
    """Return a constant query that fails if any of its columns does: Materialize computes all of them."""
    names = ", ".join(f"c{i}" for i in range(1, count + 1))
    return f"SELECT * FROM ({sql}) AS q({names}) WHERE hash({names}) IS NOT NULL" if names else sql


def view_relation(id_: str, path: tuple[str, ...], query: Query, columns: tuple[Column, ...]) -> Relation:
    """Return a view as other queries see it: a common table, written once however often it is named."""
    quoted = f'"v:{id_}"'
    ctes, body = query.in_view(id_)
    if query.constant:
        body = evaluated_whole(body, len(columns))
    return Relation(
        name=".".join(path),
        columns=columns,
        sql=quoted,
        inputs=query.inputs | {id_},
        wakeups=query.wakeups,
        refusal=query.refusal,
        constant=query.constant,
        ctes=(*ctes, (quoted, body)),
        path=path,
    )


@dataclass(frozen=True, slots=True)
class Dml:
    """A translated INSERT.

    Attributes
    ----------
    target : str
        Full name of the table.
    rows : str
        The DuckDB query of the new rows, in the order and with the types of the table's columns.
    parameters : tuple of Type
    inputs : frozenset of str
        Relations it reads; an INSERT of constants has none.
    constant : bool
        Reads no table and no clock.
    columns, returning
        Of RETURNING: its columns, and the DuckDB query of them.
    """

    target: str
    rows: str
    parameters: tuple[Type, ...] = ()
    inputs: frozenset[str] = frozenset()
    constant: bool = False
    columns: tuple[Column, ...] | None = None
    returning: str | None = None


@dataclass(frozen=True, slots=True)
class Mutation:
    """A translated UPDATE or DELETE.

    Attributes
    ----------
    target : str
        Full name of the table.
    verb : str
        ``UPDATE`` or ``DELETE``.
    ids : str
        The DuckDB query of what tells the affected rows apart.
    rows : str or None
        Of an UPDATE: the DuckDB query of these rows as they will be.
    """

    target: str
    verb: str
    ids: str
    rows: str | None
    parameters: tuple[Type, ...] = ()
    inputs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ColumnDefinition:
    """One column of a CREATE TABLE; ``default`` is DuckDB SQL of the column's type, or None."""

    name: str
    type: Type
    nullable: bool = True
    default: str | None = field(default=None)
