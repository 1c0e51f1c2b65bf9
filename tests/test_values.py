"""Values survive the way from the server's text to Python, the page and pandas: exact, and without an exception."""

from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pandas as pd
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mzwidget.tail.values import Column, column, to_json_rows, to_pandas, to_python, write_json_rows

NAMES = [
    "bool", "int2", "int4", "int8", "oid", "float4", "float8", "numeric", "text", "varchar", "bpchar", "date", "time",
    "timestamp", "timestamptz", "interval", "jsonb", "uuid", "bytea", "int4range",
]  # fmt: skip

FLOATS = st.floats(allow_nan=False, allow_infinity=False).map(repr) | st.sampled_from(["NaN", "Infinity", "-Infinity"])
TEXTS = {
    "bool": st.sampled_from("tf"),
    **dict.fromkeys(["int2", "int4", "int8", "oid"], st.integers(-(2**63), 2**64).map(str)),
    **dict.fromkeys(["float4", "float8"], FLOATS),
}
"""What a server prints of the types that are not text to a page."""


def of(name: str) -> Column:
    return column("c", psycopg.adapters.types[name].oid)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("bool", "t", True),
        ("bool", "f", False),
        ("int8", "9223372036854775807", 2**63 - 1),
        ("numeric", "123456789012345678901234567890.5", Decimal("123456789012345678901234567890.5")),
        ("float8", "0.1", 0.1),
        ("float8", "-Infinity", -math.inf),
        ("text", "<script>", "<script>"),
        ("date", "2015-09-12", date(2015, 9, 12)),
        ("date", "12015-09-12", "12015-09-12"),
        ("date", "0044-03-15 BC", "0044-03-15 BC"),
        ("timestamptz", "2015-09-12 00:47:00.496+00", datetime(2015, 9, 12, 0, 47, 0, 496000, UTC)),
        ("interval", "1 day 02:03:04.5", timedelta(days=1, hours=2, minutes=3, seconds=4.5)),
        ("interval", "-1 days +02:03:04", timedelta(days=-1, hours=2, minutes=3, seconds=4)),
        ("interval", "-00:00:01", timedelta(seconds=-1)),
        ("interval", "1 month", "1 month"),
        ("interval", "00:00:00", timedelta()),
        ("jsonb", '{"a":[1,null,"x"]}', {"a": [1, None, "x"]}),
        ("jsonb", "0.1", 0.1),
        ("jsonb", "0.12345678901234567890", Decimal("0.12345678901234567890")),
        ("uuid", "00000000-0000-0000-0000-00000000000a", UUID(int=10)),
        ("bytea", "\\x00ff", b"\x00\xff"),
    ],
)
def test_python(name: str, text: str, value: object) -> None:
    got = to_python(of(name), text)
    assert got == value
    assert type(got) is type(value)


def test_materialize_types() -> None:
    assert to_python(column("c", 16464), "18446744073709551615") == 2**64 - 1
    assert to_python(column("c", 16552), "1700000000000") == 1700000000000
    assert to_python(column("c", 16385), "{a=>1}") == "{a=>1}"
    assert to_python(column("c", 16384), "{{a},{b,c}}") == "{{a},{b,c}}"
    assert to_python(column("c", 20001), "whatever") == "whatever"
    assert column("c", 20001).type == "unknown"


def test_arrays() -> None:
    of_array = column("c", psycopg.adapters.types["int4"].array_oid)
    assert of_array.type == "int4[]"
    assert to_python(of_array, "{1,NULL,{2}}") is not None
    assert to_python(of_array, "{1,2,NULL}") == [1, 2, None]


@given(st.integers(-(2**63), 2**64))
def test_an_integer_is_exact_on_the_page(number: int) -> None:
    [[value]] = to_json_rows([of("int8")], [(str(number),)])
    sent = json.loads(json.dumps(value), parse_int=float)  # a browser holds numbers as doubles
    assert int(sent) == number


@given(st.floats())
def test_a_float_is_exact_on_the_page(number: float) -> None:
    text = {math.inf: "Infinity", -math.inf: "-Infinity"}.get(number, "NaN" if math.isnan(number) else repr(number))
    [[value]] = to_json_rows([of("float8")], [(text,)])
    assert json.dumps(value, allow_nan=False)
    assert float(value) == number or math.isnan(number)


@given(st.data())
def test_rows_written_as_json_are_the_rows_that_a_page_gets(data: st.DataObject) -> None:
    columns = data.draw(st.lists(st.sampled_from([of(name) for name in NAMES]), max_size=4))
    rows = data.draw(st.lists(st.tuples(*[st.none() | TEXTS.get(each.type, st.text()) for each in columns])))
    assert write_json_rows(columns, rows) == json.dumps(
        to_json_rows(columns, rows), ensure_ascii=False, separators=(",", ":")
    )


@given(
    st.lists(
        st.sampled_from(["7", "-12", "0", "-0", "007", " 7", "7\n", "+7", "1_000", "\u0663", "9" * 15, "9" * 16, None])
    )
)
def test_integers_that_a_page_could_not_read_are_written_so_that_it_can(texts: list[str | None]) -> None:
    rows = [(text, text) for text in texts]
    columns = [of("int8"), of("text")]
    assert [tuple(row) for row in json.loads(write_json_rows(columns, rows))] == to_json_rows(columns, rows)


def test_null_stays_null_everywhere() -> None:
    for name in NAMES:
        assert to_python(of(name), None) is None
        assert to_json_rows([of(name)], [(None,)]) == [(None,)]
        assert to_pandas([of(name)], [(None,)]).iloc[:, 0].isna().all()


@given(st.sampled_from(NAMES), st.text(max_size=20) | st.from_regex(r"-?[0-9:. +a-zBC-]{0,24}", fullmatch=True))
def test_no_text_of_any_type_raises(name: str, text: str) -> None:
    if of(name).type in {"int2", "int4", "int8", "oid", "float4", "float8", "bool"}:
        return  # a server prints numbers as numbers
    to_python(of(name), text)
    to_json_rows([of(name)], [(text,)])
    repr(to_pandas([of(name)], [(text,), (None,)]))


def test_pandas_types() -> None:
    texts: dict[str, tuple[Any, Any]] = {
        "int8": ("9223372036854775807", "Int64"),
        "int4": ("1", "Int32"),
        "float8": ("NaN", "Float64"),
        "bool": ("t", "boolean"),
        "text": ("x", "string"),
        "numeric": ("1.5", "float64"),
        "timestamptz": ("2015-09-12 00:47:00+00", "datetime64[us, UTC]"),
        "timestamp": ("2015-09-12 00:47:00", "datetime64[us]"),
        "date": ("2015-09-12", "datetime64[s]"),
        "interval": ("00:00:01", "timedelta64[us]"),
    }
    columns = [column(name, psycopg.adapters.types[name].oid) for name in texts]
    full = to_pandas(columns, [tuple(text for text, _ in texts.values()), (None,) * len(texts)])
    assert full.dtypes.astype(str).to_dict() == {name: dtype for name, (_, dtype) in texts.items()}
    assert full["int8"][0] == 2**63 - 1
    empty = to_pandas(columns, [])
    assert list(empty.columns) == list(texts)
    assert len(empty) == 0


def test_nan_and_null_stay_apart() -> None:
    values = to_pandas([of("float8")], [("NaN",), (None,)]).iloc[:, 0].array
    assert isinstance(values, pd.arrays.FloatingArray)
    assert math.isnan(values._data[0])
    assert list(values._mask) == [False, True]


def test_columns_of_equal_names() -> None:
    frame = to_pandas([of("int8"), of("text")], [("1", "a")])
    assert list(frame.columns) == ["c", "c"]
    assert frame.iloc[0].tolist() == [1, "a"]


def test_a_view_without_columns_has_rows() -> None:
    assert len(to_pandas([], [(), ()])) == 2


@pytest.mark.parametrize(
    ("texts", "floats"),
    [
        (["1.5", None, "12345678901234567890.1"], [1.5, None, 12345678901234567890.1]),
        (["NaN", "0.1"], [None, 0.1]),
        (["1e400"], [float("inf")]),
        ([], []),
    ],
)
def test_numeric_is_a_float_unless_asked_exactly(texts: list[str | None], floats: list[float | None]) -> None:
    rows = [(text,) for text in texts]
    found = to_pandas([of("numeric")], rows).iloc[:, 0]
    assert found.dtype == "float64"
    assert [None if value != value else value for value in found] == floats
    exact = to_pandas([of("numeric")], rows, exact=True).iloc[:, 0]
    assert exact.dtype == object
    assert list(map(str, exact)) == [str(text if text is None else Decimal(text)) for text in texts]
