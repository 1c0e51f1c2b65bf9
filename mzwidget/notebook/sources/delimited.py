"""CSV files: what parts their columns, and of which types these are, so that every line is read or the file refused."""

from __future__ import annotations

import csv
import gzip
import re
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_SEPARATORS = "\t;|,"
_MEND = "mend it, or load what pd.read_csv makes of it"
_ENCODED = "is not UTF-8: load pd.read_csv(path, encoding='latin-1'), or what its encoding is"
_QUOTED = re.compile(r'"[^"]*"')


def options(database: DuckDBPyConnection, path: Path) -> str:
    """Return the options with which DuckDB reads a file whole.

    By itself it would drop lines until the rest fits together, or take all for one column, and it would guess which
    number of 01/02/2024 is the month: a time that is not written as ISO 8601 stays text.

    Raises
    ------
    ValueError
        The file cannot be read so; says why, and what to do.
    """
    import duckdb  # noqa: PLC0415 - only files need it

    first = _first_line(path)
    if not first:
        raise ValueError(f"load(): {path.name!r} is empty")
    counts = {mark: _QUOTED.sub("", first).count(mark) for mark in _SEPARATORS}
    separator = max(counts, key=lambda mark: counts[mark]) if any(counts.values()) else ","
    chosen = f", sample_size = -1, skip = 0, delim = '{separator}', dateformat = '%Y-%m-%d'"
    try:
        [(columns, moments)] = database.execute(
            f"SELECT columns, timestampformat FROM sniff_csv($1{chosen})", [str(path)]
        ).fetchall()
    except duckdb.Error as error:
        is_text = "�" not in first and "not utf-8" not in str(error)
        raise ValueError(f"load(): {path.name!r} {_misfit(path, separator) if is_text else _ENCODED}") from None
    if moments is None:
        return chosen
    texts = ", ".join(f"{_literal(of['name'])}: 'VARCHAR'" for of in columns if of["type"] == "TIMESTAMP")
    return f"{chosen}, types = {{{texts}}}"


def _misfit(path: Path, separator: str) -> str:
    """Find the line that has more or fewer columns than the first."""
    with _open(path) as file:
        lines = csv.reader(file, delimiter=separator)
        names = next(row for row in lines if row)
        odd = next(((lines.line_num, row) for row in lines if row and len(row) != len(names)), None)
    if odd is None:
        return f"cannot be read, perhaps for a quote that does not end: {_MEND}"
    number, row = odd
    return f"has {len(row)} columns in line {number}, and {len(names)} in the first: {_MEND}"


def _first_line(path: Path) -> str:
    with _open(path) as file:
        lines = (line.strip("\r\n") for line in file)
        return next((line for line in lines if line.strip() and not line.startswith("#")), "")


def _open(path: Path) -> TextIO:
    if path.suffix.lower() == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", errors="replace", newline="")
    return path.open(encoding="utf-8-sig", errors="replace", newline="")


def _literal(name: str) -> str:
    return "'" + name.replace("'", "''") + "'"
