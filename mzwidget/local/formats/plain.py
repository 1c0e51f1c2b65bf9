"""The plain spellings of values, which DuckDB itself reads as Materialize does, and many times faster."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mzwidget.local.formats.types import Column

_INTEGER = "-?(0|[1-9][0-9]{0,17})"
_FLOAT = r"-?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,2})?"
_DAY = "(000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})-[0-9]{2}-[0-9]{2}"
_MOMENT = rf"{_DAY}[T ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{{1,6}})?"

_SPELLINGS = {
    ("int2", "SMALLINT"): _INTEGER,
    ("int4", "INTEGER"): _INTEGER,
    ("int8", "BIGINT"): _INTEGER,
    ("float4", "REAL"): _FLOAT,
    ("float8", "DOUBLE"): _FLOAT,
    ("bool", "BOOLEAN"): "[tf]",
    ("date", "DATE"): _DAY,
    ("timestamp", "TIMESTAMP"): _MOMENT,
    ("timestamptz", "TIMESTAMP"): rf"{_MOMENT}\+00(:00)?",
}


NOT_PLAIN = "PLAIN"
"""The SQLSTATE of what is raised where a field is spelt otherwise."""


def plain_rows(columns: Sequence[Column]) -> str | None:
    """Return DuckDB SQL of the rows of lines of fields with tabs between, all in ``$1``.

    It fails if a field is not spelt plainly. None if a column has a type without plain spellings.
    """
    texts, values, checked = [], [], []
    for index, column in enumerate(columns, 1):
        text, value = f"t{index}", f"v{index}"
        texts.append(rf"nullif(f[{index}], '\N') AS {text}")
        kind, stored = column.type.name, column.type.duckdb
        if kind == "text" and stored == "VARCHAR":
            checked.append(f"{text} AS c{index}")
            continue
        spelling = _SPELLINGS.get((kind, stored))
        if spelling is None:
            return None
        bare = f"split_part({text}, '+', 1)" if kind == "timestamptz" else text
        values.append(f"TRY_CAST({bare} AS {stored}) AS {value}")
        fits = f"{value} IS NOT NULL"
        if kind.startswith("float"):  # neither too large nor too small
            fits = f"isfinite({value}) AND ({value} <> 0 OR regexp_full_match({text}, '-?[0.]+'))"
        plain = f"{text} IS NULL OR regexp_full_match({text}, '{spelling}') AND {fits}"
        checked.append(f"CASE WHEN {plain} THEN {value} ELSE error('mz:{NOT_PLAIN}:') END AS c{index}")
    fields = "SELECT string_split(unnest(string_split(CAST($1 AS VARCHAR), chr(10))), chr(9)) AS f"
    # One step after another: DuckDB looks for what expressions have in common in a time that grows with their square.
    named = f"SELECT {', '.join(texts)} FROM ({fields})"
    read = f"SELECT {', '.join(['*', *values])} FROM ({named})"
    return f"SELECT {', '.join(checked)} FROM ({read})"
