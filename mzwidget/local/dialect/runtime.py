"""What translated SQL expects of a DuckDB database: macros and functions that speak as PostgreSQL does.

Errors are raised with ``error('SQLSTATE:message')`` and read back by `evaluation_error`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

import duckdb

from mzwidget.local.dialect.jsonb import canonical
from mzwidget.local.errors import SqlError

_BLANK = "' ' || chr(9) || chr(10) || chr(11) || chr(12) || chr(13)"


def _invalid(name: str) -> str:
    return f"""error('22P02:invalid input syntax for type {name}: "' || s || '"')"""


def _integer(macro: str, name: str, duckdb_type: str) -> str:
    return f"""CREATE OR REPLACE MACRO {macro}(s) AS CASE
        WHEN regexp_full_match(trim(s, {_BLANK}), '[+-]?[0-9]+') THEN coalesce(
            TRY_CAST(trim(s, {_BLANK}) AS {duckdb_type}),
            error('22003:value "' || s || '" is out of range for type {name}'))
        WHEN s IS NULL THEN NULL ELSE {_invalid(name)} END"""


def _float(macro: str, name: str, duckdb_type: str) -> str:
    number = r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?"
    parsed = f"TRY_CAST(lower(trim(s, {_BLANK})) AS {duckdb_type})"
    return f"""CREATE OR REPLACE MACRO {macro}(s) AS CASE
        WHEN regexp_full_match(trim(s, {_BLANK}), '{number}') THEN CASE
            WHEN isfinite({parsed}) THEN {parsed}
            ELSE error('22003:"' || s || '" is out of range for type {name}') END
        WHEN regexp_full_match(lower(trim(s, {_BLANK})), 'nan|[+-]?inf(inity)?') THEN {parsed}
        WHEN s IS NULL THEN NULL ELSE {_invalid(name)} END"""


_CLOCK = r"([01]?[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{{1,6}})?)?".replace("{{", "{").replace("}}", "}")
_DAY = r"[0-9]{4,6}-[0-9]{1,2}-[0-9]{1,2}"
_ZONE = r" ?(Z|z|UTC|[+-][0-9]{2}(:?[0-9]{2})?)"
_MOMENT = rf"{_DAY}([ T]{_CLOCK})?"


def _moment(macro: str, name: str, pattern: str, parsed: str) -> str:
    return f"""CREATE OR REPLACE MACRO {macro}(s) AS CASE
        WHEN regexp_full_match(trim(s, {_BLANK}), '{pattern}') THEN coalesce(
            {parsed}, error('22008:date/time field value out of range: "' || s || '"'))
        WHEN s IS NULL THEN NULL
        WHEN regexp_matches(s, '[0-9]') THEN error('0A000:the {name} "' || s || '" is not supported by the '
            || 'embedded engine: write it as in 2020-01-31 23:59:59.123456+00')
        ELSE {_invalid(name).replace("22P02", "22007")} END"""


_TRUE = "'t','tr','tru','true','y','ye','yes','on','1'"
_FALSE = "'f','fa','fal','fals','false','n','no','of','off','0'"
_E18 = "CAST(1000000000000000000 AS HUGEINT)"
_UNITS = "years?|yrs?|mons?|months?|weeks?|days?|hours?|hrs?|minutes?|mins?|seconds?|secs?"

# Letters whose other case is more than one letter, or depends on the place in the word (final sigma).
_SPECIAL_LOWER = "[İΣ]"
_SPECIAL_UPPER = "[ßŉǰΐΰևẖ-ẚὐ-ὖᾀ-ῼﬀ-ﬗ]"

_MACROS = (
    r"""CREATE OR REPLACE MACRO mz_offset(s) AS to_minutes(
        CASE WHEN regexp_matches(s, '[+-][0-9]{2}(:?[0-9]{2})?\s*$') AND regexp_matches(s, ':') THEN
            (CASE WHEN regexp_extract(s, '([+-])[0-9]{2}(:?[0-9]{2})?\s*$', 1) = '-' THEN -1 ELSE 1 END)
            * (60 * CAST(regexp_extract(s, '[+-]([0-9]{2})(:?[0-9]{2})?\s*$', 1) AS INTEGER)
               + coalesce(TRY_CAST(regexp_extract(s, '[+-][0-9]{2}:?([0-9]{2})\s*$', 1) AS INTEGER), 0))
        ELSE 0 END)""",
    f"""CREATE OR REPLACE MACRO mz_bool(s) AS CASE
        WHEN lower(trim(s, {_BLANK})) IN ({_TRUE}) THEN true
        WHEN lower(trim(s, {_BLANK})) IN ({_FALSE}) THEN false
        WHEN s IS NULL THEN NULL ELSE {_invalid("boolean")} END""",
    _integer("mz_int2", "smallint", "SMALLINT"),
    _integer("mz_int4", "integer", "INTEGER"),
    _integer("mz_int8", "bigint", "BIGINT"),
    _integer("mz_mz_timestamp", "mz_timestamp", "UBIGINT"),
    _float("mz_float4", "real", "REAL"),
    _float("mz_float8", "double precision", "DOUBLE"),
    rf"""CREATE OR REPLACE MACRO mz_numeric(s) AS CASE
        WHEN regexp_full_match(trim(s, {_BLANK}), '[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{{1,3}})?') THEN
            CASE WHEN length(rtrim(regexp_extract(s, '\.([0-9]*)', 1), '0'))
                 - coalesce(TRY_CAST(regexp_extract(s, '[eE]([+-]?[0-9]+)', 1) AS INTEGER), 0) > 18
                 AND regexp_matches(regexp_extract(s, '^[^eE]*', 0), '[1-9]')
            THEN error('0A000:numeric "' || s || '" has more than the 18 digits behind the point that '
                || 'the embedded engine keeps')
            ELSE coalesce(TRY_CAST(trim(s, {_BLANK}) AS DECIMAL(38,18)),
                 error('22003:numeric "' || s || '" has more than the 20 digits before the point that '
                 || 'the embedded engine keeps'))
            END
        WHEN s IS NULL THEN NULL
        WHEN regexp_full_match(lower(trim(s, {_BLANK})), 'nan|[+-]?inf(inity)?')
            THEN error('0A000:numeric ' || s || ' is not supported by the embedded engine')
        ELSE {_invalid("numeric")} END""",
    _moment("mz_date", "date", rf"{_MOMENT}({_ZONE})?", f"TRY_CAST(regexp_extract(s, '{_DAY}') AS DATE)"),
    _moment(
        "mz_timestamp", "timestamp", rf"{_MOMENT}({_ZONE})?", f"TRY_CAST(regexp_extract(s, '{_MOMENT}') AS TIMESTAMP)"
    ),
    _moment(
        "mz_timestamptz",
        "timestamp with time zone",
        rf"{_MOMENT}({_ZONE})?",
        f"TRY_CAST(regexp_extract(s, '{_MOMENT}') AS TIMESTAMP) - mz_offset(s)",
    ),
    _moment(
        "mz_time",
        "time",
        _CLOCK,
        f"TRY_CAST(trim(s, {_BLANK}) || CASE WHEN length(trim(s, {_BLANK})) <= 5 THEN ':00' ELSE '' END AS TIME)",
    ),
    rf"""CREATE OR REPLACE MACRO mz_interval(s) AS CASE
        WHEN regexp_full_match(trim(s, {_BLANK}),
            '([+-]?[0-9]+(\.[0-9]+)? ?({_UNITS})[ ,]*)*([+-]?[0-9]+:[0-5][0-9](:[0-5][0-9](\.[0-9]{{1,6}})?)?)?')
            AND regexp_matches(s, '[0-9]')
        THEN coalesce(TRY_CAST(replace(trim(s, {_BLANK}), ',', ' ') AS INTERVAL),
            error('22008:interval field value out of range: "' || s || '"'))
        WHEN s IS NULL THEN NULL
        WHEN regexp_matches(s, '[0-9]') THEN error('0A000:the interval "' || s || '" is not supported by the '
            || 'embedded engine: write it in units, such as 1 day 02:00:00')
        ELSE {_invalid("interval").replace("22P02", "22007")} END""",
    f"""CREATE OR REPLACE MACRO mz_uuid(s) AS CASE
        WHEN regexp_full_match(trim(s, {_BLANK}),
            '[0-9a-fA-F]{{8}}-?[0-9a-fA-F]{{4}}-?[0-9a-fA-F]{{4}}-?[0-9a-fA-F]{{4}}-?[0-9a-fA-F]{{12}}')
        THEN CAST(trim(s, {_BLANK}) AS UUID) WHEN s IS NULL THEN NULL ELSE {_invalid("uuid")} END""",
    rf"""CREATE OR REPLACE MACRO mz_bytea(s) AS CASE
        WHEN regexp_full_match(s, '\\x([0-9a-fA-F][0-9a-fA-F])*') THEN unhex(substr(s, 3))
        WHEN NOT contains(s, '\') THEN encode(s)
        WHEN s IS NULL THEN NULL ELSE {_invalid("bytea")} END""",
    # numerics
    """CREATE OR REPLACE MACRO mz_bounded(x, bound) AS
        CASE WHEN abs(x) >= bound THEN error('22003:numeric field overflow') ELSE x END""",
    """CREATE OR REPLACE MACRO mz_whole(s, name, n) AS CASE
        WHEN s IS NULL OR regexp_full_match(s, '\\s*[+-]?[0-9]+\\s*') THEN n
        ELSE error('22P02:invalid input syntax for type ' || name || ': "' || s || '"') END""",
    """CREATE OR REPLACE MACRO mz_in_range(s, name, x) AS CASE
        WHEN isinf(x) AND NOT contains(lower(s), 'inf')
        THEN error('22003:"' || s || '" is out of range for type ' || name) ELSE x END""",
    """CREATE OR REPLACE MACRO mz_exact(x, kept) AS CASE WHEN x IS NULL THEN NULL WHEN x = kept THEN kept
        ELSE error('0A000:arithmetic with more than 18 digits behind the point is not supported by the '
            || 'embedded engine') END""",
    """CREATE OR REPLACE MACRO mz_scaled(n) AS
        CAST(n AS DECIMAL(38,0)) * CAST('0.000000000000000001' AS DECIMAL(18,18))""",
    """CREATE OR REPLACE MACRO mz_halved(n, d) AS n // d + CASE WHEN 2 * abs(n % d) >= abs(d)
        THEN (CASE WHEN (n < 0) <> (d < 0) THEN -1 ELSE 1 END) ELSE 0 END""",
    f"""CREATE OR REPLACE MACRO mz_whole_divide(a, b) AS CASE WHEN a IS NULL OR b IS NULL THEN NULL
        WHEN b = 0 THEN error('22012:division by zero') ELSE
        mz_scaled((CAST(a AS HUGEINT) // CAST(b AS HUGEINT)) * {_E18}
        + mz_halved((CAST(a AS HUGEINT) % CAST(b AS HUGEINT)) * {_E18}, CAST(b AS HUGEINT))) END""",
    # interval and time
    """CREATE OR REPLACE MACRO mz_elapsed(a, b) AS
        to_days(CAST((epoch_us(a) - epoch_us(b)) // 86400000000 AS INTEGER))
        + to_microseconds((epoch_us(a) - epoch_us(b)) % 86400000000)""",
    "CREATE OR REPLACE MACRO mz_time_shift(a, b) AS (a + b)",
    """CREATE OR REPLACE MACRO mz_micros(i) AS CAST(
        datepart('hour', i) * 3600000000 + datepart('minute', i) * 60000000 + datepart('microsecond', i) AS BIGINT)""",
    """CREATE OR REPLACE MACRO mz_interval_time(i) AS
        (TIME '00:00:00' + to_microseconds(mz_micros(i) % 86400000000))""",
    """CREATE OR REPLACE MACRO mz_timestamptz_text(s) AS CASE
        WHEN s LIKE '%(BC)' THEN replace(s, ' (BC)', '+00 BC') WHEN s LIKE '%infinity' THEN s ELSE s || '+00' END""",
    """CREATE OR REPLACE MACRO mz_months(i) AS datepart('year', i) * 12 + datepart('month', i)""",
    """CREATE OR REPLACE MACRO mz_interval_text(i) AS CASE
        WHEN i IS NULL THEN NULL WHEN mz_months(i) = 0 AND datepart('day', i) = 0 THEN CAST(i AS VARCHAR)
        ELSE concat_ws(' ',
            CASE WHEN mz_months(i) <> 0 THEN CAST(to_months(CAST(mz_months(i) AS INTEGER)) AS VARCHAR) END,
            CASE WHEN datepart('day', i) <> 0 THEN
                CASE WHEN mz_months(i) < 0 AND datepart('day', i) > 0 THEN '+' ELSE '' END
                || CAST(to_days(CAST(datepart('day', i) AS INTEGER)) AS VARCHAR) END,
            CASE WHEN mz_micros(i) <> 0 THEN
                CASE WHEN mz_micros(i) > 0 AND (datepart('day', i) < 0 OR (mz_months(i) < 0 AND datepart('day', i) = 0))
                THEN '+' ELSE '' END || CAST(to_microseconds(mz_micros(i)) AS VARCHAR) END) END""",
    # text and float
    """CREATE OR REPLACE MACRO mz_fitting(s, n, name) AS CASE
        WHEN length(s) <= n THEN s WHEN length(rtrim(s, ' ')) <= n THEN left(s, n)
        WHEN s IS NULL THEN NULL
        ELSE error('22001:value too long for type ' || name || '(' || n || ')') END""",
    """CREATE OR REPLACE MACRO mz_to_float4(x) AS CASE
        WHEN isfinite(x) AND abs(x) > 3.4028235677973366e38::DOUBLE THEN error('22003:value out of range: overflow')
        ELSE CAST(x AS REAL) END""",
    f"""CREATE OR REPLACE MACRO mz_lower(s) AS CASE
        WHEN regexp_matches(s, '{_SPECIAL_LOWER}') THEN mz_full_lower(s) ELSE lower(s) END""",
    f"""CREATE OR REPLACE MACRO mz_upper(s) AS CASE
        WHEN regexp_matches(s, '{_SPECIAL_UPPER}') THEN mz_full_upper(s) ELSE upper(s) END""",
    """CREATE OR REPLACE MACRO mz_substring(s, start, n) AS CASE
        WHEN s IS NULL OR start IS NULL OR n IS NULL THEN NULL
        WHEN n < 0 THEN error('22011:negative substring length not allowed')
        ELSE substr(s, greatest(CAST(start AS BIGINT), 1),
            greatest(CAST(start AS BIGINT) + n - greatest(CAST(start AS BIGINT), 1), 0)) END""",
    """CREATE OR REPLACE MACRO mz_split_part(s, delimiter, n) AS CASE
        WHEN n <= 0 THEN error('22023:field position must be greater than zero')
        WHEN delimiter = '' THEN CASE WHEN n = 1 THEN s WHEN s IS NULL THEN NULL ELSE '' END
        ELSE split_part(s, delimiter, n) END""",
    """CREATE OR REPLACE MACRO mz_lpad(s, n, fill) AS CASE
        WHEN fill = '' THEN left(s, greatest(n, 0)) ELSE lpad(s, greatest(n, 0), fill) END""",
    """CREATE OR REPLACE MACRO mz_repeat(s, n) AS CASE
        WHEN CAST(strlen(s) AS HUGEINT) * greatest(n, 0) > 100000000 THEN error('54000:requested length too large')
        ELSE repeat(s, n) END""",
    """CREATE OR REPLACE MACRO mz_exp(x) AS CASE
        WHEN isfinite(x) AND NOT isfinite(exp(x)) THEN error('22003:value out of range: overflow') ELSE exp(x) END""",
    """CREATE OR REPLACE MACRO mz_power(x, y) AS CASE
        WHEN x < 0 AND isfinite(x) AND isfinite(y) AND y <> floor(y)
        THEN error('2201F:a negative number raised to a non-integer power yields a complex result')
        WHEN isfinite(x) AND isfinite(y) AND NOT isfinite(pow(x, y)) THEN error('22003:value out of range: overflow')
        ELSE pow(x, y) END""",
    """CREATE OR REPLACE MACRO mz_to_timestamp(x) AS CASE
        WHEN isfinite(x) AND abs(x) < 9000000000000 THEN
            make_timestamp(946684800000000 + CAST(round_even((x - 946684800.0::DOUBLE) * 1000000, 0) AS BIGINT))
        WHEN x IS NULL THEN NULL ELSE error('22008:timestamp out of range') END""",
    r"""CREATE OR REPLACE MACRO mz_try_iso8601(s) AS CASE
        WHEN regexp_full_match(s, '[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z')
        THEN TRY_CAST(left(s, 23) AS TIMESTAMP) END""",
    """CREATE OR REPLACE MACRO mz_any(a, items) AS CASE
        WHEN items IS NULL THEN NULL WHEN len(items) = 0 THEN false WHEN a IS NULL THEN NULL
        WHEN list_contains(items, a) THEN true
        WHEN len(list_filter(items, lambda item: item IS NULL)) > 0 THEN NULL ELSE false END""",
    """CREATE OR REPLACE MACRO mz_interval_epoch_us(i) AS CAST(datepart('year', i) * 31557600000000
        + datepart('month', i) * 2592000000000 + datepart('day', i) * 86400000000 + mz_micros(i) AS BIGINT)""",
    # jsonb
    """CREATE OR REPLACE MACRO mz_member_text(d, p) AS CASE
        WHEN json_extract_string(d, p) LIKE '%e-%' AND json_type(d, p) = 'DOUBLE'
        THEN mz_positional(json_extract_string(d, p)) ELSE json_extract_string(d, p) END""",
    """CREATE OR REPLACE MACRO mz_member(d, k) AS CASE WHEN left(d, 1) = '{' THEN
        CAST(json_extract(d, '/' || replace(replace(k, '~', '~0'), '/', '~1')) AS VARCHAR) END""",
    """CREATE OR REPLACE MACRO mz_element(d, n) AS CASE
        WHEN left(d, 1) = '[' THEN
        CAST(json_extract(d, CASE WHEN n < 0 THEN '$[#' || n || ']' ELSE '$[' || n || ']' END) AS VARCHAR)
        WHEN left(d, 1) <> '{' AND n IN (0, -1) THEN d END""",
    """CREATE OR REPLACE MACRO mz_jsonb_typeof(d) AS CASE coalesce(left(d, 1), '')
        WHEN '{' THEN 'object' WHEN '[' THEN 'array' WHEN '"' THEN 'string' WHEN 't' THEN 'boolean'
        WHEN 'f' THEN 'boolean' WHEN 'n' THEN 'null' WHEN '' THEN NULL ELSE 'number' END""",
    """CREATE OR REPLACE MACRO mz_jsonb_number(d, name) AS CASE
        WHEN d IS NULL THEN NULL WHEN mz_jsonb_typeof(d) = 'number' THEN d
        ELSE error('22023:cannot cast jsonb ' || mz_jsonb_typeof(d) || ' to type ' || name) END""",
    """CREATE OR REPLACE MACRO mz_elements(d) AS CASE
        WHEN d IS NULL THEN NULL WHEN left(d, 1) = '[' THEN CAST(json_extract(d, '$[*]') AS VARCHAR[])
        ELSE error('22023:cannot extract elements from a jsonb ' || mz_jsonb_typeof(d)) END""",
    """CREATE OR REPLACE MACRO mz_keys(d) AS CASE
        WHEN d IS NULL THEN NULL WHEN left(d, 1) = '{' THEN json_keys(d)
        ELSE error('22023:cannot call jsonb_object_keys on a jsonb ' || mz_jsonb_typeof(d)) END""",
    """CREATE OR REPLACE MACRO mz_jsonb_array_length(d) AS CASE
        WHEN d IS NULL THEN NULL WHEN left(d, 1) = '[' THEN CAST(json_array_length(d) AS INTEGER)
        ELSE error('22023:cannot get array length of a jsonb ' || mz_jsonb_typeof(d)) END""",
    """CREATE OR REPLACE MACRO mz_jsonb_bool(d) AS CASE
        WHEN d IS NULL THEN NULL WHEN d = 'true' THEN true WHEN d = 'false' THEN false
        ELSE error('22023:cannot cast jsonb ' || mz_jsonb_typeof(d) || ' to type boolean') END""",
)


def install(connection: duckdb.DuckDBPyConnection) -> None:
    """Prepare a DuckDB database for translated SQL; once per database, before the first statement.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Any connection to the database.
    """
    connection.execute("SET GLOBAL TimeZone = 'UTC'")
    connection.execute("SET GLOBAL ieee_floating_point_ops = false")
    connection.execute("SET GLOBAL order_by_non_integer_literal = true")
    for name, (function, arguments, result) in _FUNCTIONS.items():
        connection.create_function(name, function, [*arguments], result)
    for macro in _MACROS:
        connection.execute(macro)


def _told(error: SqlError) -> ValueError:
    return ValueError(f"{error.sqlstate}:{error.message}")


def _jsonb(text: str) -> str:
    try:
        return canonical(text)
    except SqlError as error:
        raise _told(error) from None


_ITEM = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^\s{},"\\](?:[^{},"\\]*[^\s{},"\\])?))\s*')


def _array(text: str) -> list[str | None]:
    invalid = ValueError(f'22P02:malformed array literal: "{text}"')
    body = text.strip()
    if not (body.startswith("{") and body.endswith("}")):
        raise invalid
    items: list[str | None] = []
    position, end = 1, len(body) - 1
    if not body[1:end].strip():
        return items
    while True:
        match = _ITEM.match(body, position, end)
        if match is None:
            raise invalid
        quoted, plain = match[1], match[2]
        if quoted is not None:
            items.append(re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL))
        else:
            items.append(None if plain.upper() == "NULL" else plain)
        position = match.end()
        if position == end:
            return items
        if body[position] != ",":
            raise invalid
        position += 1


def _array_text(items: list[str | None]) -> str:
    def shown(item: str | None) -> str:
        if item is None:
            return "NULL"
        if item == "" or item.upper() == "NULL" or re.search(r'[\s{},"\\]', item):
            return '"' + re.sub(r'(["\\])', r"\\\1", item) + '"'
        return item

    return "{" + ",".join(map(shown, items)) + "}"


def _positional(text: str) -> str:
    return f"{Decimal(text):f}"


def _float_text(text: str, single: bool) -> str:
    """Write a float as Materialize does: positional from 1e-5 (1e-6 for float4) to 1e16 (1e13)."""
    if text.lstrip("-") in ("inf", "nan"):
        return {"inf": "Infinity", "-inf": "-Infinity"}.get(text, "NaN")
    exact = Decimal(text)
    if exact == 0:
        return "-0" if text.startswith("-") else "0"
    sign, digits, exponent = exact.normalize().as_tuple()
    assert isinstance(exponent, int)
    point = len(digits) + exponent
    lowest, highest = (-6, 13) if single else (-5, 16)
    if lowest < point <= highest:
        return f"{exact.normalize():f}"
    mantissa = "".join(map(str, digits))
    fraction = f".{mantissa[1:]}" if len(mantissa) > 1 else ""
    return f"{'-' if sign else ''}{mantissa[0]}{fraction}e{'+' if point > 0 else ''}{point - 1}"


_EXACT = Context(prec=100, rounding=ROUND_HALF_UP)
_STEP = Decimal(1).scaleb(-18)
_LIMIT = Decimal(10) ** 20


def _kept(value: Decimal) -> Decimal:
    if abs(value) >= _LIMIT:
        msg = "22003:numeric field overflow"
        raise ValueError(msg)
    return value


def _multiply(left: Decimal, right: Decimal) -> Decimal:
    product = _EXACT.multiply(left, right)
    rounded = product.quantize(_STEP, context=_EXACT)
    if rounded != product:
        msg = "0A000:a product with more than 18 digits behind the point is not supported by the embedded engine"
        raise ValueError(msg)
    return _kept(rounded)


_DECIMAL = re.compile(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?\s*", re.ASCII)


def _numeric_parameter(text: str) -> Decimal:
    if not _DECIMAL.fullmatch(text):
        kind = "0A000" if text.strip().lstrip("+-").lower() in ("nan", "inf", "infinity") else "22P02"
        msg = f'{kind}:invalid input syntax for type numeric: "{text}"'
        raise ValueError(msg)
    exact = Decimal(text)
    rounded = exact.quantize(_STEP, context=_EXACT) if abs(exact) < _LIMIT else exact
    if rounded != exact:
        msg = f'0A000:numeric "{text}" has more than the 18 digits behind the point that the embedded engine keeps'
        raise ValueError(msg)
    return _kept(rounded)


def _divide(left: Decimal, right: Decimal) -> Decimal:
    if right == 0:
        msg = "22012:division by zero"
        raise ValueError(msg)
    return _kept(_EXACT.divide(left, right).quantize(_STEP, context=_EXACT))


def _lower(text: str) -> str:
    return text.lower()


def _upper(text: str) -> str:
    return text.upper()


def _reverse(text: str) -> str:
    return text[::-1]


_FUNCTIONS: dict[str, tuple[Callable[..., Any], list[str], str]] = {
    "mz_jsonb": (_jsonb, ["VARCHAR"], "VARCHAR"),
    "mz_array": (_array, ["VARCHAR"], "VARCHAR[]"),
    "mz_array_text": (_array_text, ["VARCHAR[]"], "VARCHAR"),
    "mz_float_text": (_float_text, ["VARCHAR", "BOOLEAN"], "VARCHAR"),
    "mz_positional": (_positional, ["VARCHAR"], "VARCHAR"),
    "mz_full_lower": (_lower, ["VARCHAR"], "VARCHAR"),
    "mz_full_upper": (_upper, ["VARCHAR"], "VARCHAR"),
    "mz_reverse": (_reverse, ["VARCHAR"], "VARCHAR"),
    "mz_numeric_parameter": (_numeric_parameter, ["VARCHAR"], "DECIMAL(38,18)"),
    "mz_numeric_multiply": (_multiply, ["DECIMAL(38,18)", "DECIMAL(38,18)"], "DECIMAL(38,18)"),
    "mz_numeric_divide": (_divide, ["DECIMAL(38,18)", "DECIMAL(38,18)"], "DECIMAL(38,18)"),
}
