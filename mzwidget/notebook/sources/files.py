"""CSV and Parquet files, read by DuckDB."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from mzwidget.notebook.sources import delimited
from mzwidget.notebook.sources.model import Piece, Source, array_of, known

_DUCKDB = {
    "BOOLEAN": "boolean",
    "TINYINT": "smallint",
    "SMALLINT": "smallint",
    "INTEGER": "integer",
    "BIGINT": "bigint",
    "HUGEINT": "numeric",
    "UTINYINT": "smallint",
    "USMALLINT": "integer",
    "UINTEGER": "bigint",
    "UBIGINT": "numeric",
    "UHUGEINT": "numeric",
    "FLOAT": "real",
    "DOUBLE": "double precision",
    "VARCHAR": "text",
    "DATE": "date",
    "TIME": "time",
    "TIMESTAMP": "timestamp without time zone",
    "TIMESTAMP_S": "timestamp without time zone",
    "TIMESTAMP_MS": "timestamp without time zone",
    "TIMESTAMP_NS": "timestamp without time zone",
    "TIMESTAMP WITH TIME ZONE": "timestamp with time zone",
    "INTERVAL": "interval",
    "BLOB": "bytea",
    "UUID": "uuid",
    "JSON": "jsonb",
}
_AS_TEXT = {"DATE", "TIME", "INTERVAL", "TIMESTAMP", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE"}


def read(path: Path) -> Source:
    """Read a file by DuckDB, in pieces."""
    if path.is_dir():
        raise IsADirectoryError(f"load(): {str(path)!r} is a folder; load one of its files")
    if not path.is_file():
        raise FileNotFoundError(f"load(): there is no file {str(path)!r} in {str(Path.cwd())!r}")
    import duckdb  # noqa: PLC0415 - only files need it

    suffixes = [suffix.lower() for suffix in path.suffixes]
    reader = "read_parquet" if suffixes[-1:] in ([".parquet"], [".pq"]) else None
    if reader is None and any(suffix in (".csv", ".tsv", ".txt") for suffix in suffixes[-2:]):
        reader = "read_csv"
    if reader is None:
        raise ValueError(
            f"load(): {path.name!r} is neither .csv, .tsv, .csv.gz nor .parquet; pandas reads others, such as "
            "pd.read_excel(path) and pd.read_json(path), and load() takes its data frame"
        )
    database = duckdb.connect(config={"threads": 1})
    database.execute("SET TimeZone = 'UTC'")
    options = delimited.options(database, path) if reader == "read_csv" else ""
    try:
        described = database.execute(f"DESCRIBE SELECT * FROM {reader}($1{options})", [str(path)]).fetchall()
    except duckdb.Error as error:
        raise ValueError(f"load(): {path.name!r} cannot be read: {str(error).splitlines()[0]}") from None
    names, kinds = [row[0] for row in described], [row[1] for row in described]
    types = [_duckdb_type(name, kind) for name, kind in zip(names, kinds, strict=True)]
    wanted = ", ".join(_wanted(name, kind) for name, kind in zip(names, kinds, strict=True))
    parsed = [kind == "JSON" for kind in kinds]

    def pieces(size: int) -> Iterator[Piece]:
        found = database.execute(f"SELECT {wanted} FROM {reader}($1{options})", [str(path)])
        try:
            while rows := found.fetchmany(size):
                columns: Piece = [list(column) for column in zip(*rows, strict=True)]
                yield [
                    [None if value is None else json.loads(value) for value in column] if is_json else column
                    for column, is_json in zip(columns, parsed, strict=True)
                ]
        except duckdb.Error as error:
            raise ValueError(f"load(): {path.name!r} cannot be read: {str(error).splitlines()[0]}") from None

    return Source(names, types, None, pieces)


def _duckdb_type(name: str, kind: str) -> str:
    if kind.endswith("[]") or re.search(r"\[\d+\]$", kind):
        return array_of(_duckdb_type(name, kind.rpartition("[")[0]))
    if kind.startswith(("STRUCT", "MAP", "UNION")):
        return "jsonb"
    if kind.startswith("ENUM"):
        return "text"
    return known(name, kind, "numeric" if kind.startswith("DECIMAL") else _DUCKDB.get(kind))


def _wanted(name: str, kind: str) -> str:
    quoted = '"' + name.replace('"', '""') + '"'
    return f"CAST({quoted} AS VARCHAR)" if kind in _AS_TEXT else quoted
