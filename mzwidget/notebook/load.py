"""`load`: a data frame becomes a table, whole or not at all."""

from __future__ import annotations

import contextlib
import itertools
import re
import warnings
from typing import Any, Literal, get_args

import psycopg
from psycopg.pq import TransactionStatus

from mzwidget.catalog import Attribute, attributes, kind_of
from mzwidget.errors import SqlError, briefly, depth
from mzwidget.explaining import explain
from mzwidget.lexing import is_name, words
from mzwidget.naming import nearest, quoted
from mzwidget.notebook.literals import UnfitError, column_texts
from mzwidget.notebook.progress import Progress, Report
from mzwidget.notebook.session import Connection, session
from mzwidget.notebook.sources import Source, source
from mzwidget.tail.status import LOST
from mzwidget.tail.status import explain as reason

PIECE = 10_000
"""Rows that are encoded and sent at a time."""

IfExists = Literal["fail", "append", "replace"]

_INTEGERS = {"smallint", "integer", "bigint", "uint2", "uint4", "uint8", "oid"}
_NUMBERS = _INTEGERS | {"numeric", "real", "double precision"}
_TEXTS = {"text", "character varying", "character"}
_SHORT = {"timestamp without time zone": "timestamp", "timestamp with time zone": "timestamptz"}
_STEM = 240  # bytes of a name, of which a database takes 255
_NOTHING = "the connection was lost, nothing is loaded: "
_VALUE = re.compile(r'"([^"]*)"$')


@briefly
def load(
    data: Any,
    table: str,
    *,
    if_exists: IfExists = "fail",
    progress: bool | Report = True,
    dsn: str | None = None,
) -> int:
    """Make a table of a data frame: all of it, at one timestamp, or nothing.

    Parameters
    ----------
    data : DataFrame, Table, str or Path
        A data frame of pandas or polars, an Arrow table or stream, or the path of a CSV or Parquet file. Of a pandas
        index the levels with names are loaded. Dicts become ``jsonb``, lists arrays, categories their values, NaN in a
        float column of pandas NULL.
    table : str
        Its name, as in ``LiveView("name")``. A table that does not exist is made; one that does must have the columns.
    if_exists : {'fail', 'append', 'replace'}
        What is done if the table holds rows: by default they are kept and loading is refused, so that running a cell
        twice does not load twice; ``'append'`` adds to them; with ``'replace'`` the new rows take their place, once all
        are there. Views of the table stay, and are empty for a moment; where the columns are others, the table is made
        anew, which the database refuses as long as there are views of it. If the connection is lost in that moment, the
        error names the table in which the new rows are kept, and the SQL that puts them in place.
    progress : bool or callable
        A bar in a notebook and a line in a terminal once it takes longer than a moment; or called with the rows done
        and the rows in all (None if not known).
    dsn : str, optional
        As `connect` takes it; by default the database of `connect`.

    Returns
    -------
    int
        How many rows were loaded.

    Raises
    ------
    ValueError
        A value does not fit (it is named by row, counted from 0, and column), the columns are not the table's, or the
        table holds rows and `if_exists` does not say what becomes of them.
    TypeError
        `data` is of no kind that can be loaded, or a column's type has no SQL form.
    SqlError
        The server refused or cannot be reached.

    Examples
    --------
    >>> mzwidget.load(pd.read_excel("orders.xlsx"), "orders")
    """
    if if_exists not in get_args(IfExists):
        raise ValueError(f"load(): if_exists must be 'fail', 'append' or 'replace', not {if_exists!r}")
    name = _name(table)
    rows = source(data)
    connection = session(dsn)
    if connection.info.transaction_status != TransactionStatus.IDLE:
        raise ValueError("load(): a transaction is open; COMMIT or ROLLBACK first")
    there = _existing(connection, name)
    bar = Progress(f"loading {table}", rows.rows, progress)
    if there is not None and (kind := kind_of(connection, name)) not in (None, "table"):
        raise SqlError(f"load(): {table} is a {kind}, and only tables take rows; load into one of another name")
    if there is not None and if_exists == "replace":
        return _replace(name, rows, there, bar, dsn)
    types, nullable = _fitted(rows, there, table)
    if there is None:
        _create(connection, name, dict(zip(rows.names, types, strict=True)))
    elif if_exists == "fail" and _execute(connection, f"SELECT 1 FROM {name} LIMIT 1").fetchone():
        raise ValueError(
            f"load(): table {table} already holds rows; if_exists='append' adds to them, 'replace' takes their place"
        )
    try:
        return _copy(connection, name, rows, types, nullable, bar)
    except BaseException:
        if there is None:
            _drop(name, dsn)
        raise


def _create(connection: Connection, name: str, types: dict[str, str]) -> None:
    listed = ", ".join(f"{quoted(of)} {kind}" for of, kind in types.items())
    _execute(connection, f"CREATE TABLE {name} ({listed})")


def _replace(name: str, rows: Source, there: dict[str, Attribute], bar: Progress, dsn: str | None) -> int:
    """Load beside a table what then takes its place, so that data that do not fit cost nothing."""
    connection = session(dsn)
    own = words(name)[-1]
    beside = _free(connection, name[: own.start], own.identifier)
    kinds = dict(zip(rows.names, rows.types, strict=True))
    is_alike = kinds.keys() == there.keys() and all(_fits(kind, there[of].type) for of, kind in kinds.items())
    types, nullable = _fitted(rows, there if is_alike else None, name)
    _create(connection, beside, {of: there[of].exact_type if is_alike else kind for of, kind in kinds.items()})
    try:
        count = _copy(connection, beside, rows, types, nullable, bar)
    except BaseException:
        _drop(beside, dsn)
        raise
    if is_alike:
        columns = ", ".join(map(quoted, rows.names))
        put = f"INSERT INTO {name} ({columns}) SELECT {columns} FROM {beside}"
        _take_place(name, beside, f"DELETE FROM {name}", put, f"DROP TABLE {beside}", dsn)
    else:
        put = f"ALTER TABLE {beside} RENAME TO {quoted(own.identifier)}"
        _take_place(name, beside, f"DROP TABLE {name}", put, "", dsn)
    return count


def _free(connection: Connection, schema: str, name: str) -> str:
    """Name a table beside another, and say if one is there that may be a load's that was cut off."""
    stem = f"{name.encode()[:_STEM].decode(errors='ignore')}_loading"
    named = (schema + quoted(f"{stem}{number or ''}") for number in itertools.count())
    taken = list(itertools.takewhile(lambda beside: _existing(connection, beside) is not None, named))
    if taken:
        warnings.warn(
            f"load(): {' and '.join(taken)} may hold what a load brought that was cut off; if you do not need "
            f"{'it' if len(taken) == 1 else 'them'}: {'; '.join(f'DROP TABLE {of}' for of in taken)}",
            stacklevel=depth(),
        )
    return schema + quoted(f"{stem}{len(taken) or ''}")


def _take_place(name: str, beside: str, clear: str, put: str, tidy: str, dsn: str | None) -> None:
    """Clear a table, and put into its place what was loaded beside it. Until that is done, nothing of it is dropped."""
    connection = session(dsn)
    cleared = False
    try:
        connection.execute(clear)
        cleared = True
        connection.execute(put)
    except BaseException as error:
        if not cleared and isinstance(error, psycopg.Error) and not connection.closed:
            _drop(beside, dsn)
            raise _told(error, clear) from None
        # Of a statement whose answer did not come nobody knows whether it counts: what is copied is copied again.
        again = "; ".join(of for of in (clear if tidy or not cleared else "", put, tidy) if of)
        kept = f"{name} may be without rows; the new ones are kept in {beside}, and this puts them in place: {again}"
        if not isinstance(error, psycopg.Error):
            error.add_note(kept)
            raise
        raise _told(error, put, kept) from None
    if tidy:
        _drop(beside, dsn)


def _drop(name: str, dsn: str | None) -> None:
    """Take back what was made, if need be on a new connection."""
    with contextlib.suppress(psycopg.Error, SqlError):
        session(dsn).execute(f"DROP TABLE IF EXISTS {name}")


def _name(table: str) -> str:
    """Read a table's name as `LiveView` reads a view's."""
    if not isinstance(table, str):
        raise TypeError(f"load() wants the data, then the table's name as text, not {type(table).__name__}")
    if not table.strip() or "\0" in table:
        raise ValueError(f"load(): {table!r} is no table's name")
    return table.strip() if is_name(table) else quoted(table)


def _existing(connection: Connection, name: str) -> dict[str, Attribute] | None:
    """Return the columns of a table; None if it does not exist."""
    try:
        return {of.name: of for of in attributes(connection, name)}
    except psycopg.Error as error:
        if "unknown catalog item" in (error.diag.message_primary or "") or error.sqlstate == "42704":
            return None
        raise _told(error, name) from None


def _fitted(rows: Source, there: dict[str, Attribute] | None, table: str) -> tuple[list[str], list[bool]]:
    """Return the types to encode for, and which columns take NULL; refuse what is not the table's.

    Text is sent as it is, whatever the column's type: the server reads it.
    """
    if there is None:
        return rows.types, [True] * len(rows.types)
    for name, kind in zip(rows.names, rows.types, strict=True):
        if name not in there:
            meant = nearest(name, there)
            hint = f"did you mean {meant!r}?" if meant else f"it has {', '.join(there)}"
            raise ValueError(f"load(): table {table} has no column {name!r}; {hint}")
        wanted = there[name].type
        if not _fits(kind, wanted):
            raise ValueError(f"load(): column {name!r} is {wanted} in table {table}, and the data are {kind}")
    kinds = [of if of == "text" else there[name].type for name, of in zip(rows.names, rows.types, strict=True)]
    return kinds, [there[name].nullable for name in rows.names]


def _fits(kind: str, wanted: str) -> bool:
    """Tell whether values of a type can go into a column; text may be anything, the server reads it."""
    return (
        kind == wanted
        or kind == "text"
        or (kind in _NUMBERS and wanted in _NUMBERS)
        or (kind in _SHORT and wanted in _SHORT)
        or (kind == "date" and wanted in _SHORT)
        or (kind == "uuid" and wanted in _TEXTS)
        or (kind.endswith("[]") and wanted == "jsonb")
        or (kind.endswith("[]") and wanted.endswith("[]") and _fits(kind[:-2], wanted[:-2]))
    )


def _copy(
    connection: Connection, name: str, rows: Source, types: list[str], nullable: list[bool], progress: Progress
) -> int:
    """Send all rows by one COPY, which the server takes whole or not at all."""
    columns = ", ".join(map(quoted, rows.names))
    statement = f"COPY {name} ({columns}) FROM STDIN"
    try:
        with progress, connection.cursor() as cursor, cursor.copy(statement) as copy:
            for piece in rows.pieces(PIECE):
                copy.write(_lines(rows, piece, types, nullable, progress.done))
                progress.advance(len(piece[0]))
    except psycopg.Error as error:
        told = _told(error, statement)
        place = _place(rows, types, str(told))
        raise (SqlError(f"{place}: {told}", told.sqlstate) if place else told) from None
    return progress.done


def _lines(rows: Source, piece: list[Any], types: list[str], nullable: list[bool], done: int) -> bytes:
    texts = []
    for name, values, kind, null in zip(rows.names, piece, types, nullable, strict=True):
        try:
            texts.append(column_texts(values, kind, nullable=null))
        except UnfitError as error:
            said, index = error.args
            raise ValueError(f"load(): row {done + index} of column {name!r} {said}") from None
    return ("\n".join(map("\t".join, zip(*texts, strict=True))) + "\n").encode()


def _place(rows: Source, types: list[str], said: str) -> str:
    """Find the text that the server could not read as a column's type, by how it quotes it."""
    match = _VALUE.search(said.partition("\n")[0])
    if match is None or rows.rows is None:
        return ""
    done = 0
    for piece in rows.pieces(PIECE):
        for name, values, kind in zip(rows.names, piece, types, strict=True):
            if kind == "text" and match[1] in values:
                return f"row {done + values.index(match[1])} of column {name!r}"
        done += len(piece[0])
    return ""


def _execute(connection: Connection, statement: str) -> psycopg.Cursor[Any]:
    try:
        return connection.execute(statement)
    except psycopg.Error as error:
        raise _told(error, statement) from None


def _told(error: psycopg.Error, statement: str, kept: str = "") -> SqlError:
    """Say what went wrong, and where the rows are if that is not where they were."""
    if error.diag.message_primary is None:
        said = f"{LOST if kept else _NOTHING}{reason(error).message.removeprefix(LOST)}"
    else:
        said = explain(error, statement).message
    return SqlError(f"{said}. {kept}" if kept else said, error.sqlstate)
