"""Table functions: a template gives DuckDB's query of the rows, its columns in order."""

from __future__ import annotations

from typing import Any

from mzwidget.local.dialect import udf
from mzwidget.local.dialect.functions.arrays import LENGTH
from mzwidget.local.dialect.overloads import Overload, line
from mzwidget.local.errors import SqlError
from mzwidget.local.formats import jsonb, moments
from mzwidget.local.formats import types as t

_TEXTS = t.list_of(t.TEXT)
MOST_ROWS = 100_000_000


def _elements(text: str) -> list[str]:
    value = jsonb.read(text)
    return [jsonb.write(item) for item in value] if isinstance(value, list) else []


def _elements_text(text: str) -> list[str | None]:
    value = jsonb.read(text)
    return [_shown(item) for item in value] if isinstance(value, list) else []


def _shown(item: Any) -> str | None:
    if item is None:
        return None
    return item if isinstance(item, str) else jsonb.write(item)


def _keys(text: str) -> list[str]:
    value = jsonb.read(text)
    return sorted(value, key=str.encode) if isinstance(value, dict) else []


def _items(text: str) -> list[dict[str, str | None]]:
    value = jsonb.read(text)
    return [{"k": k, "v": jsonb.write(value[k])} for k in _keys(text)] if isinstance(value, dict) else []


def _items_text(text: str) -> list[dict[str, str | None]]:
    value = jsonb.read(text)
    return [{"k": k, "v": _shown(value[k])} for k in _keys(text)] if isinstance(value, dict) else []


_PAIRS = t.Type("pairs", 0, -1, "STRUCT(k VARCHAR, v VARCHAR)[]")


def _series(start: int, stop: int, step: moments.Interval) -> list[int]:
    months, days, micros = step
    if not (months or days or micros):
        raise SqlError("step size cannot equal zero")
    backward = (months, days, micros) < (0, 0, 0)
    found = []
    count = 0
    current = start
    while current >= stop if backward else current <= stop:
        found.append(current)
        if len(found) > MOST_ROWS:
            raise SqlError("result exceeds max size")
        count += 1
        current = shifted(found[-1], step)
        if current == found[-1]:
            break
    return found


def shifted(micros: int, step: moments.Interval) -> int:
    """Add an interval to a timestamp."""
    months, days, rest = step
    day, clock = divmod(micros, moments.DAY)
    if months:
        year, month, date = moments.date_of(day)
        year, month = divmod(year * 12 + month - 1 + months, 12)
        day = moments.days_of(year, month + 1, min(date, moments._month_length(year, month + 1)))
    return (day + days) * moments.DAY + clock + rest


_S = t.SCALARS


def _rows(name: str, function: Any) -> str:
    return f"SELECT unnest({udf.declare(name, function, [t.TEXT], _TEXTS)}) AS c1"


def _pairs(name: str, function: Any) -> str:
    inner = udf.declare(name, function, [t.TEXT], _PAIRS)
    return f"SELECT x.k AS c1, x.v AS c2 FROM (SELECT unnest({inner}) AS x)"


def _stepped(duckdb: str) -> str:
    step = "CASE WHEN {2} = 0 THEN error('mz:XX000:step size cannot equal zero') ELSE CAST({2} AS BIGINT) END"
    return (
        f"SELECT CAST(unnest(CASE WHEN {{0}} IS NOT NULL AND {{1}} IS NOT NULL AND {{2}} IS NOT NULL THEN"
        f" generate_series(CAST({{0}} AS BIGINT), CAST({{1}} AS BIGINT), {step}) END) AS {duckdb}) AS c1"
    )


def _simple(duckdb: str) -> str:
    return f"SELECT CAST(unnest(generate_series(CAST({{0}} AS BIGINT), CAST({{1}} AS BIGINT))) AS {duckdb}) AS c1"


def _streamed(duckdb: str, step: str = "") -> str:
    series = f"generate_series(CAST({{0}} AS BIGINT), CAST({{1}} AS BIGINT){step})"
    return f"SELECT CAST(n AS {duckdb}) AS c1 FROM {series} AS series(n)"


_NO_STEP = "{0} IS NOT NULL AND {1} IS NOT NULL THEN error('mz:XX000:step size cannot equal zero')"
_STEP = f", CASE WHEN {{2}} = 0 AND {_NO_STEP} WHEN {{2}} = 0 THEN 1 ELSE CAST({{2}} AS BIGINT) END"


def _streamed_times(listed: str) -> str:
    """All steps are alike but for those of months, which are few."""
    plain, zero = "({2}).months = 0", "({2}).months = 0 AND ({2}).days = 0 AND ({2}).us = 0"
    step = f"coalesce(nullif(({{2}}).days * 86400000000 + ({{2}}).us, 0), {2**62})"
    step = f"CASE WHEN {zero} AND {_NO_STEP} WHEN {plain} THEN {step} ELSE 1 END"
    stop = f"epoch_us(CASE WHEN {plain} THEN {{1}} ELSE {{0}} END)"
    return (
        f"SELECT unnest(CASE WHEN {plain} THEN [make_timestamp(n)] ELSE {listed} END) AS c1"
        f" FROM generate_series(epoch_us({{0}}), {stop}, CAST({step} AS BIGINT)) AS series(n)"
    )


_FIRST_LENGTH = LENGTH.replace("{1}", "1")

FUNCTIONS: list[Overload] = [
    line("generate_series", "int4, int4 -> int4", _simple("INTEGER"), streamed=_streamed("INTEGER"),
         columns=(("generate_series", "int4"),)),
    line("generate_series", "int8, int8 -> int8", _simple("BIGINT"), streamed=_streamed("BIGINT"),
         columns=(("generate_series", "int8"),)),
    line("generate_series", "int4, int4, int4 -> int4", _stepped("INTEGER"),
         streamed=_streamed("INTEGER", _STEP), columns=(("generate_series", "int4"),)),
    line("generate_series", "int8, int8, int8 -> int8", _stepped("BIGINT"),
         streamed=_streamed("BIGINT", _STEP), columns=(("generate_series", "int8"),)),
    line("unnest", "anyarray -> anyelement", "SELECT unnest(({0}).items, max_depth := 1) AS c1",
         columns=(("unnest", "anyelement"),)),
    line("unnest", "anylist -> listelement", "SELECT unnest({0}, max_depth := 1) AS c1",
         columns=(("unnest", "listelement"),)),
    line("unnest", "anymap -> record", "SELECT unnest(map_keys({0})) AS c1, unnest(map_values({0})) AS c2",
         columns=(("key", "text"), ("value", "mapvalue"))),
    line("jsonb_array_elements", "jsonb -> jsonb", _rows("elements", _elements), columns=(("value", "jsonb"),)),
    line("jsonb_array_elements_text", "jsonb -> text", _rows("elements_text", _elements_text),
         columns=(("value", "text"),)),
    line("jsonb_object_keys", "jsonb -> text", _rows("keys", _keys), columns=(("jsonb_object_keys", "text"),)),
    line("jsonb_each", "jsonb -> record", _pairs("each", _items), columns=(("key", "text"), ("value", "jsonb"))),
    line("jsonb_each_text", "jsonb -> record", _pairs("each_text", _items_text),
         columns=(("key", "text"), ("value", "text"))),
    line("generate_subscripts", "anyarray, int4 -> int4",
         f"SELECT CAST(unnest(generate_series(1, coalesce({LENGTH}, 0))) AS INTEGER) AS c1",
         columns=(("generate_subscripts", "int4"),)),
    line("_pg_expandarray", "anyarray -> record",
         "SELECT unnest(CASE WHEN len(({0}).dims) = 0 THEN ({0}).items END) AS c1,"
         f" CAST(unnest(generate_series(1, coalesce({_FIRST_LENGTH}, 0))) AS INTEGER) AS c2",
         columns=(("x", "anyelement"), ("n", "int4"))),
]  # fmt: skip
for _name in ("timestamp", "timestamptz"):
    _template = udf.declare("series", _series, [_S[_name], _S[_name], t.INTERVAL], t.list_of(_S[_name]))
    FUNCTIONS.append(
        line("generate_series", f"{_name}, {_name}, interval -> {_name}", f"SELECT unnest({_template}) AS c1",
             streamed=_streamed_times(_template), columns=(("generate_series", _name),))
    )  # fmt: skip
