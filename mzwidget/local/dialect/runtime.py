"""What translated SQL expects of a DuckDB database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mzwidget.local.dialect import functions, udf

if TYPE_CHECKING:
    import duckdb


def install(connection: duckdb.DuckDBPyConnection) -> None:
    """Prepare a DuckDB database for translated SQL; once per database, before the first statement.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Any connection to the database.
    """
    connection.execute("SET GLOBAL TimeZone = 'UTC'")
    connection.execute("SET GLOBAL ieee_floating_point_ops = true")
    connection.execute("SET GLOBAL order_by_non_integer_literal = true")
    udf.install(connection)


TABLES = (
    functions.SCALARS,
    functions.OPERATORS,
    functions.PREFIX,
    functions.AGGREGATES,
    functions.WINDOWS,
    functions.TABLES,
)
