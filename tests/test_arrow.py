"""Rows as Arrow and Polars: typed, whole, and never an exception for what a server can hold."""

from __future__ import annotations

import builtins
from decimal import Decimal
from typing import Any

import pytest

from mzwidget.tail.arrow import to_arrow, to_polars
from mzwidget.tail.values import Column, column

OIDS = {"int8": 20, "text": 25, "numeric": 1700, "float8": 701, "bool": 16, "date": 1082, "timestamptz": 1184}
OIDS |= {"timestamp": 1114, "time": 1083, "interval": 1186, "jsonb": 3802, "uuid": 2950, "bytea": 17, "_text": 1009}
ROWS: dict[str, tuple[str, str, str]] = {
    # type: (a usual value, its Arrow type, a value that does not fit)
    "int8": ("9007199254740993", "int64", "-9223372036854775808"),
    "text": ("a<b>", "string", "\N{SNOWMAN}"),
    "numeric": ("1.50", "double", "NaN"),
    "float8": ("1.5", "double", "-Infinity"),
    "bool": ("t", "bool", "f"),
    "date": ("2026-01-02", "date32[day]", "12000-01-01"),
    "timestamp": ("2026-01-02 03:04:05.6", "timestamp[us]", "infinity"),
    "timestamptz": ("2026-01-02 03:04:05.6+00", "timestamp[us, tz=UTC]", "0044-03-15 00:00:00+00 BC"),
    "time": ("03:04:05", "time64[us]", "24:00:00"),
    "interval": ("1 day 02:00:00", "duration[us]", "1 mon"),
    "jsonb": ('{"a":1}', "string", "[1,2]"),
    "uuid": ("6a7f7a3e-5d1e-4c51-9d6c-0123456789ab", "string", "6a7f7a3e-5d1e-4c51-9d6c-0123456789ac"),
    "bytea": ("\\x00ff", "binary", "\\x"),
    "_text": ("{a,NULL}", "list", "{}"),
}


def of(name: str) -> Column:
    return column("x", OIDS[name])


@pytest.mark.parametrize("name", ROWS)
def test_types(name: str) -> None:
    pytest.importorskip("pyarrow")
    usual, type_, odd = ROWS[name]
    [found] = to_arrow([of(name)], [(usual,), (None,)]).columns
    assert str(found.type).startswith(type_)
    assert found.null_count == 1
    [both] = to_arrow([of(name)], [(usual,), (odd,)]).columns
    assert len(both) == 2
    assert both.null_count == 0 or name == "numeric"
    [none] = to_arrow([of(name)], []).columns
    assert len(none) == 0


def test_exactly() -> None:
    pa = pytest.importorskip("pyarrow")
    long = "1" * 40 + ".25"
    for texts in (["1.50", None, "-0.003"], [long, "0"], ["0"], []):
        [found] = to_arrow([of("numeric")], [(text,) for text in texts], exact=True).columns
        assert pa.types.is_decimal(found.type)
        assert found.to_pylist() == [None if text is None else Decimal(text) for text in texts]
    [text] = to_arrow([of("numeric")], [("NaN",), ("1" * 90,)], exact=True).columns
    assert text.to_pylist() == ["NaN", "1" * 90]


def test_polars() -> None:
    pytest.importorskip("polars")
    columns = [Column("a", 25, "text"), Column("n", 1700, "numeric")]
    frame = to_polars(columns, [("x", "1.5"), (None, None)])
    assert frame.to_dicts() == [{"a": "x", "n": 1.5}, {"a": None, "n": None}]
    with pytest.raises(ValueError, match="two columns are named 'a'"):
        to_polars([columns[0], columns[0]], [("x", "y")])


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name in {"pyarrow", "polars"}:
            raise ModuleNotFoundError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    monkeypatch.setattr("importlib.import_module", without)
    with pytest.raises(ImportError, match="pip install pyarrow"):
        to_arrow([], [])
    with pytest.raises(ImportError, match="pip install polars"):
        to_polars([], [])
