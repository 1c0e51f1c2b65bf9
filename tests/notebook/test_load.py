"""What is loaded comes back as it was, whole or not at all, and what does not fit is named."""

from __future__ import annotations

import contextlib
import datetime as dt
import math
import os
import re
import signal
import threading
import time
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import numpy as np
import pandas as pd
import polars as pl
import psutil
import psycopg
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mzwidget
from mzwidget.errors import SqlError
from mzwidget.local import starter
from mzwidget.notebook import load as loading
from tests.proxy import Proxy


def back(table: str, order: str = "") -> pd.DataFrame:
    return mzwidget.sql(f"SELECT * FROM {table} {order}", exact=True)


COLUMNS = {
    "boolean": ([True, False, None], "boolean"),
    "small": (np.array([1, -5, 7], dtype="int8"), "Int16"),
    "whole": (pd.array([1, None, -(2**63)], dtype="Int64"), "Int64"),
    "unsigned": (np.array([0, 2**32 - 1, 5], dtype="uint32"), "Int64"),
    "single": (np.array([1.5, -0.25, 0], dtype="float32"), "Float64"),
    "double": (pd.array([0.1, None, float("inf")], dtype="Float64"), "Float64"),
    "exact": ([Decimal("1.25"), None, Decimal("-123456789012345678.5")], "object"),
    "text": (["a\tb\\c\n\r", None, "'; DROP TABLE x; --"], "string"),
    "null text": (["\\N", "", "NULL"], "string"),
    "category": (pd.Categorical(["x", None, "y\\"]), "string"),
    "moment": (pd.to_datetime(["2024-01-01 01:02:03.000004", None, "1999-12-31"], format="ISO8601"), "datetime64[us]"),
    "day": ([dt.date(2024, 2, 29), None, dt.date(1, 1, 1)], "datetime64[s]"),
    "time": ([dt.time(1, 2, 3, 4), None, dt.time(0)], "object"),
    "span": (pd.to_timedelta(["1 day 00:00:01.5", None, "-1s"]), "timedelta64[us]"),
    "numbers": ([[1, 2], None, []], "object"),
    "texts": ([["a", 'b"c\\', None], ["x,y", "{}"], ["NULL", ""]], "object"),
    "documents": ([{"a": "it's\t\\"}, None, {"b": [1, None, {"c": 1.5}]}], "object"),
    "lists of documents": ([[{"a": 1}], [], None], "object"),
    "lists of several lengths": ([[[1], [2, 3]], [1, [2]], None], "object"),
    "bytes": ([b"\x00\\'", None, b""], "object"),
    "ids": ([UUID(int=1), None, UUID(int=2)], "object"),
    "nothing": ([None] * 3, "string"),
}


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.usefixtures("dsn")
def test_pandas_columns_come_back(name: str) -> None:
    values, dtype = COLUMNS[name]
    frame = pd.DataFrame({"n": range(3), name: values})
    assert mzwidget.load(frame, "loaded") == 3
    found = back("loaded", "ORDER BY n")[name]
    assert str(found.dtype) == dtype
    for loaded, wanted in zip(found.tolist(), pd.Series(values).astype(object).tolist(), strict=True):
        if wanted is None or wanted is pd.NA or wanted is pd.NaT or (isinstance(wanted, float) and wanted != wanted):
            assert loaded is None or loaded is pd.NA or loaded is pd.NaT
        else:
            assert loaded == (pd.Timestamp(wanted) if name == "day" else wanted)


def processor_time() -> float:
    """Return the seconds that this process and its engine have computed, whatever else the machine does."""
    engine = psutil.Process(starter._engine.process.pid) if starter._engine else psutil.Process()
    return sum(times.user + times.system for times in (one.cpu_times() for one in {psutil.Process(), engine}))


@pytest.mark.usefixtures("dsn")
def test_a_frame_of_500_columns_takes_no_longer_than_its_size_asks_for() -> None:
    names = [f"c{index}" for index in range(500)]
    mzwidget.sql("SELECT 1")
    spent = processor_time()
    assert mzwidget.load(pd.DataFrame(np.eye(3, 500), columns=names), "wide") == 3
    assert processor_time() - spent < 4, "it took 6 s when DuckDB compared the checks of all columns"
    assert back("wide")["c1"].tolist() == [0.0, 1.0, 0.0]


@pytest.mark.usefixtures("dsn")
def test_the_table_before_the_data_is_told() -> None:
    with pytest.raises(TypeError, match="the data, then the table's name as text, not DataFrame"):
        mzwidget.load("wide", pd.DataFrame({"a": [1]}))  # type: ignore[arg-type]


@pytest.mark.usefixtures("dsn")
def test_times_with_a_zone_are_the_same_moments() -> None:
    moments = pd.to_datetime(["2024-07-01 12:00", "2024-01-01"], format="ISO8601").tz_localize("Europe/Berlin")
    mzwidget.load(pd.DataFrame({"at": moments}), "moments")
    assert set(back("moments")["at"]) == set(moments)


@pytest.mark.usefixtures("dsn")
def test_nan_is_missing_in_a_float_column_and_a_number_in_a_nullable_one() -> None:
    nullable = pd.Series(pd.arrays.FloatingArray(np.array([np.nan, 0, 1]), np.array([False, True, False])))
    mzwidget.load(pd.DataFrame({"n": [0, 1, 2], "f": [np.nan, 0.5, 1], "g": nullable}), "nans")
    found = back("nans", "ORDER BY n")
    assert found["f"].isna().tolist() == [True, False, False]
    assert found["g"].isna().tolist() == [False, True, False]
    assert np.isnan(found["g"][0])


@pytest.mark.usefixtures("dsn")
def test_polars_and_arrow_come_back() -> None:
    frame = pl.DataFrame(
        {
            "a": [1, None],
            "s": ["x\t", None],
            "t": [dt.datetime(2024, 1, 1, 1, 2, 3, 4), None],
            "l": [[1, None], None],
            "st": [{"a": 1, "b": "ü"}, None],
            "d": [Decimal("1.5"), None],
            "span": [dt.timedelta(days=1), None],
            "c": pl.Series(["x", "y"], dtype=pl.Categorical),
            "tz": pl.Series([dt.datetime(2024, 1, 1), None]).dt.replace_time_zone("Asia/Tokyo"),
            "u": pl.Series([2**64 - 1, 0], dtype=pl.UInt64),
            "b": [b"\x00", None],
        }
    )
    sources = {"frame": frame, "lazy": frame.lazy(), "arrow": frame.to_arrow(), "reader": frame.to_arrow().to_reader()}
    for name, data in sources.items():
        assert mzwidget.load(data, f"from_{name}") == 2
        first, second = sorted(back(f"from_{name}").to_dict("records"), key=lambda row: row["a"] is pd.NA)
        assert first["a"] == 1
        assert first["s"] == "x\t"
        assert first["t"] == pd.Timestamp("2024-01-01 01:02:03.000004")
        assert first["l"] == [1, None]
        assert first["st"] == {"a": 1, "b": "ü"}
        assert first["span"] == pd.Timedelta(days=1)
        assert first["tz"] == pd.Timestamp("2023-12-31 15:00", tz="UTC")
        assert first["u"] == 2**64 - 1
        assert first["b"] == b"\x00"
        assert second["c"] == "y"
        assert second["l"] is None


@pytest.mark.usefixtures("dsn")
def test_unsigned_numbers_stay_exact() -> None:
    numbers = np.array([2**64 - 1, 2**53 + 1], "uint64")
    for data in (pd.DataFrame({"u": numbers}), pl.DataFrame({"u": numbers})):
        mzwidget.load(data, "unsigned", if_exists="replace")
        assert sorted(back("unsigned")["u"]) == [2**53 + 1, 2**64 - 1]
        with mzwidget.LiveView("unsigned") as view:
            assert sorted(view.df["u"]) == [2**53 + 1, 2**64 - 1]


@pytest.mark.usefixtures("dsn")
def test_maps_of_arrow_are_documents() -> None:
    column = pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int64()))
    mzwidget.load(pa.table({"m": column}), "maps")
    assert {"k": 1} in back("maps")["m"].tolist()


@pytest.mark.usefixtures("dsn")
def test_files_come_back(tmp_path: Path) -> None:
    frame = pl.DataFrame({"n": [1, 2, None], "s": ["a,b", '"', "x\ny"], "day": [dt.date(2024, 1, 1), None, None]})
    frame.write_csv(tmp_path / "f.csv")
    frame.write_parquet(tmp_path / "f.parquet")
    for index, path in enumerate([tmp_path / "f.csv", str(tmp_path / "f.parquet")]):
        assert mzwidget.load(path, f"file_{index}") == 3
        found = back(f"file_{index}", "ORDER BY n")
        assert found["n"].tolist()[:2] == [1, 2]
        assert found["s"].tolist() == ["a,b", '"', "x\ny"]
        assert found["day"][0] == pd.Timestamp("2024-01-01")
    with pytest.raises(FileNotFoundError, match="no file"):
        mzwidget.load(tmp_path / "nothing.csv", "x")
    (tmp_path / "f.xlsx").write_bytes(b"")
    with pytest.raises(ValueError, match="neither"):
        mzwidget.load(tmp_path / "f.xlsx", "x")


@pytest.mark.usefixtures("dsn")
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n1,2,3\n", "'f.csv' has 3 columns in line 3, and 2 in the first"),
        ("a,b\n1,2,3\n1\n", "'f.csv' has 3 columns in line 2, and 2 in the first"),
        ("a;b;c\n1;2;3\n1;2\n", "'f.csv' has 2 columns in line 3, and 3 in the first"),
        ("name\nSmith, John\nBell, Ann\n", "'f.csv' has 2 columns in line 2, and 1 in the first"),
        ("Report of May\n\na,b\n1,2\n", "'f.csv' has 2 columns in line 3, and 1 in the first"),
        ("", "'f.csv' is empty"),
        ("\n\n", "'f.csv' is empty"),
        ("a,b\nä,2\n".encode("latin-1"), "'f.csv' is not UTF-8: load pd.read_csv"),
        ("a,b\n1,2\n".encode("utf-16"), "'f.csv' is not UTF-8: load pd.read_csv"),
    ],
)
def test_a_csv_file_is_loaded_whole_or_refused(tmp_path: Path, text: str | bytes, said: str) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ValueError, match=re.escape(said)):
        mzwidget.load(path, "refused")
    with pytest.raises(mzwidget.SqlError, match="unknown catalog item"):
        mzwidget.sql("SELECT * FROM refused")


@pytest.mark.usefixtures("dsn")
def test_a_csv_file_says_what_parts_its_columns(tmp_path: Path) -> None:
    for mark in ",;|\t":
        path = tmp_path / "f.csv"
        path.write_text(f'\ufeffn{mark}"odd {mark} name"\n1{mark}"a{mark}b"\n\n2{mark}"say ""hm"""\n', "utf-8")
        assert mzwidget.load(path, "parted", if_exists="replace") == 2
        found = back("parted", "ORDER BY n")
        assert found.to_dict("list") == {"n": [1, 2], f"odd {mark} name": [f"a{mark}b", 'say "hm"']}


@pytest.mark.usefixtures("dsn")
def test_no_day_is_guessed_of_a_time_in_a_csv_file(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    local = {"day": "01/02/2024", "time": "01/02/2024 10:00:00 AM", "it's": "31.12.2024 10:00:00"}
    path.write_text(",".join(local) + "\n" + ",".join(local.values()) + "\n")
    mzwidget.load(path, "as_text")
    assert back("as_text").to_dict("list") == {name: [text] for name, text in local.items()}
    path.write_text("day,time,zoned\n2024-12-31,2024-12-31T10:00:00.25,2024-12-31 10:00+02:00\n")
    mzwidget.load(path, "as_times")
    [row] = back("as_times").to_dict("records")
    assert row["day"] == pd.Timestamp("2024-12-31")
    assert row["time"] == pd.Timestamp("2024-12-31 10:00:00.25")
    assert row["zoned"] == pd.Timestamp("2024-12-31 08:00", tz="UTC")


@pytest.mark.usefixtures("dsn")
@pytest.mark.parametrize(
    ("data", "said"),
    [
        ([{"n": 1}], "pd.DataFrame(data) makes one of it"),
        ({"n": [1]}, "pd.DataFrame(data) makes one of it"),
        ("https://example.com/a.csv", "is an address: load pd.read_csv('https://example.com/a.csv')"),
        (".", "is a folder"),
    ],
)
def test_what_is_no_frame_is_told_how_it_becomes_one(data: object, said: str) -> None:
    with pytest.raises((TypeError, ValueError, OSError), match=re.escape(said)):
        mzwidget.load(data, "refused")


@pytest.mark.usefixtures("dsn")
def test_named_levels_of_an_index_are_columns() -> None:
    frame = pd.DataFrame({"k": ["a", "a", "b"], "v": [1, 2, 3]}).groupby("k").sum()
    mzwidget.load(frame, "summed")
    assert back("summed", "ORDER BY k").to_dict("list") == {"k": ["a", "b"], "v": [3, 3]}


@pytest.mark.parametrize("table", ["plain", "Folded", '"Odd name"', "odd name; DROP TABLE x", 'quo"te', "select"])
@pytest.mark.usefixtures("dsn")
def test_names_of_tables_and_columns(table: str) -> None:
    frame = pd.DataFrame({"a": [1], "Größe": [2], 'quo"te': [3], "select": [4], "; DROP TABLE x": [5]})
    mzwidget.load(frame, table)
    with mzwidget.LiveView(f"SELECT * FROM {table}" if table == "select" else table) as view:
        assert list(view.wait(20).df) == list(frame)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=1, max_size=20))
def test_any_text_comes_back(dsn: str, texts: list[str]) -> None:
    mzwidget.sql("DROP TABLE IF EXISTS texts", dsn=dsn)
    mzwidget.load(pd.DataFrame({"n": range(len(texts)), "s": pd.Series(texts, dtype=object)}), "texts", dsn=dsn)
    assert mzwidget.sql("SELECT s FROM texts ORDER BY n", dsn=dsn)["s"].tolist() == texts


COPIED = st.one_of(
    st.none(), st.sampled_from(["\\N", "\\", "\\\\N", "a\\N", "\\Na", "\\.", "", "\t", "a\nb", "a\r", "\r\n", "x"])
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(COPIED, COPIED), min_size=1, max_size=8))
def test_copied_lines_are_read_the_same_with_escapes_and_without(
    database: psycopg.Connection, rows: list[tuple[str | None, str | None]]
) -> None:
    """The engine reads lines without escapes a faster way."""
    database.execute("CREATE TABLE IF NOT EXISTS copied (a text, b text)")
    database.execute("DELETE FROM copied")
    with database.cursor() as cursor, cursor.copy("COPY copied FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    found = database.execute("SELECT a, b FROM copied").fetchall()
    assert sorted(map(repr, found)) == sorted(map(repr, rows))


PLAIN = [
    "0",
    "-7",
    "32767",
    "+5",
    " 5",
    "007",
    "-0",
    "1.5",
    "1e3",
    "-0.1e-7",
    "0.012345678901234567",
    "0.1234567890123456789012345",
    "123456789012345678901234.5",
    "NaN",
    "Infinity",
    "99999999999999999999",
    "t",
    "f",
    "true",
    "no",
    "2024-02-29",
    "2023-02-29",
    "0000-01-01",
    "2024-02-29 23:59:59.123456",
    "2024-02-29T00:00:00",
    "2024-02-29 24:00:00",
    "2024-02-29 01:02:03+00",
    "2024-02-29 01:02:03+02",
    "1e-400",
    "1e-46",
    "1e39",
    "-0.00",
    "x",
    "",
    "\\N",
]


@pytest.mark.parametrize(
    "kind", ["int2", "int4", "int8", "float4", "float8", "bool", "date", "timestamp", "timestamptz", "text"]
)
def test_plain_spellings_are_read_as_casts_read_them(database: psycopg.Connection, kind: str) -> None:
    """The engine reads plain spellings a faster way; none of them means something else than in a cast."""
    database.execute(f"CREATE TABLE plain (a {kind})")
    for spelling in PLAIN:
        text = None if spelling == r"\N" else spelling
        try:
            expected = database.execute(f"SELECT %s::text::{kind}", [text]).fetchone()
        except psycopg.Error:
            expected = None
        database.execute("DELETE FROM plain")
        try:
            with database.cursor() as cursor, cursor.copy("COPY plain FROM STDIN") as copy:
                copy.write(f"{spelling}\n")
            found = database.execute("SELECT a FROM plain").fetchone()
        except psycopg.Error:
            found = None
        assert repr(found) == repr(expected), spelling


@pytest.mark.parametrize("block", [False, True])
def test_a_spelling_that_is_not_plain_after_thousands_that_are(database: psycopg.Connection, block: bool) -> None:
    database.execute("CREATE TABLE mixed (a int, b float8)")
    with database.transaction() if block else contextlib.nullcontext():
        database.execute("INSERT INTO mixed VALUES (0, 0)")
        with database.cursor() as cursor, cursor.copy("COPY mixed (b, a) FROM STDIN") as copy:
            copy.write("".join(f"{n}.5\t{n}\n" for n in range(9_999)) + "Infinity\t+9999\n")
    assert database.execute("SELECT count(*), sum(a), max(b) FROM mixed").fetchone() == (10_001, 49_995_000, math.inf)


FITTING = {
    "int": ["0", "-7", "2147483647"],
    "float8": ["1.5", "-0.1e-7", "0.1234567890123456789012345"],
    "bool": ["t", "f"],
    "timestamptz": ["2024-02-29 01:02:03+00", "2024-02-29T23:59:59.123456+00:00"],
    "text": ["", "x", "7", "c2", "é\t", "a\n", "\\N", 'a "b", c'],
    "numeric": ["1.50", "-7"],
}
DEFAULTS = {
    "int": "1 + 1",
    "float8": "1.5",
    "bool": "true",
    "timestamptz": "'2024-02-29'",
    "text": "'x'",
    "numeric": "7",
}


@st.composite
def copies(draw: st.DrawFn) -> tuple[str, str, list[list[str | None]]]:
    """Return the columns of a table, the names of those that are copied, and rows of these, most of which fit."""
    kinds = draw(st.lists(st.sampled_from([*FITTING]), min_size=1, max_size=5))
    defaults = [draw(st.sampled_from(["", "", f"DEFAULT {DEFAULTS[kind]}"])) for kind in kinds]
    nulls = [draw(st.sampled_from(["", "", "NOT NULL"])) for _ in kinds]
    named = draw(st.permutations(range(len(kinds))))[: draw(st.integers(1, len(kinds)))]
    fields = [st.sampled_from([*FITTING[kinds[number]], None]) for number in named]
    rows = draw(st.lists(st.tuples(*fields).map(list), min_size=1, max_size=4))
    if draw(st.booleans()):
        rows[-1][draw(st.integers(0, len(named) - 1))] = draw(st.sampled_from(PLAIN))
    columns = (f"c{number} {' '.join(words)}" for number, words in enumerate(zip(kinds, defaults, nulls, strict=True)))
    return ", ".join(columns), ", ".join(f"c{number}" for number in named), rows


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(copies())
def test_columns_in_any_order_are_copied_the_same_from_lines_and_from_csv(
    database: psycopg.Connection, drawn: tuple[str, str, list[list[str | None]]]
) -> None:
    """The engine reads plain spellings a faster way, but not those of CSV."""
    columns, names, rows = drawn
    database.execute("DROP TABLE IF EXISTS listed")
    database.execute(f"CREATE TABLE listed ({columns})".encode())

    def copied(form: str, lines: list[str]) -> object:
        database.execute("DELETE FROM listed")
        try:
            with database.cursor() as cursor, cursor.copy(f"COPY listed ({names}) FROM STDIN {form}".encode()) as copy:
                copy.write("".join(f"{line}\n" for line in lines))
        except psycopg.Error as error:
            return error.sqlstate, str(error)
        with database.cursor() as cursor, cursor.copy("COPY (SELECT * FROM listed) TO STDOUT") as copy:
            return sorted(map(bytes, copy))

    def escaped(text: str) -> str:
        return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")

    def doubled(text: str) -> str:
        return '"' + text.replace('"', '""') + '"'

    lines = ["\t".join("\\N" if text is None else escaped(text) for text in row) for row in rows]
    records = [",".join("null" if text is None else doubled(text) for text in row) for row in rows]
    assert copied("", lines) == copied("(FORMAT csv, NULL 'null')", records)


@pytest.mark.parametrize("lines", ["1\ta\textra\n2\n", "1\ta\n2\n", "1\ta\n\n", "1\ta\n2\tb\tc\n3\n"])
def test_lines_of_another_width_are_refused_whole(database: psycopg.Connection, lines: str) -> None:
    database.execute("CREATE TABLE narrow (a int, b text)")
    with (
        pytest.raises(psycopg.Error, match=r"missing data|extra data"),
        database.cursor() as cursor,
        cursor.copy("COPY narrow FROM STDIN") as copy,
    ):
        copy.write(lines)
    assert database.execute("SELECT count(*) FROM narrow").fetchone() == (0,)


@pytest.mark.usefixtures("dsn")
def test_running_a_cell_twice_does_not_load_twice() -> None:
    frame = pd.DataFrame({"a": [1, 2]})
    mzwidget.load(frame, "once")
    with pytest.raises(ValueError, match=r"already holds rows; if_exists='append' adds .* 'replace'"):
        mzwidget.load(frame, "once")
    assert len(back("once")) == 2
    assert mzwidget.load(frame, "once", if_exists="append") == 2
    assert len(back("once")) == 4
    with pytest.raises(ValueError, match="'fail', 'append' or 'replace', not True"):
        mzwidget.load(frame, "once", if_exists=True)  # type: ignore[arg-type]


@pytest.mark.usefixtures("dsn")
def test_new_rows_take_the_place_of_others_or_nothing_changes() -> None:
    mzwidget.load(pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}), "Odd one", if_exists="replace")
    mzwidget.sql('CREATE VIEW of_it AS SELECT sum(a) AS a FROM "Odd one"')
    assert mzwidget.load(pd.DataFrame({"b": ["z"], "a": [5.0]}), "Odd one", if_exists="replace") == 1
    assert back('"Odd one"').to_dict("records") == [{"a": 5, "b": "z"}]
    assert back("of_it")["a"].tolist() == [5]
    bad = pd.DataFrame({"a": [1] * 12_000 + [2.5], "b": "x"})
    with pytest.raises(ValueError, match="row 12000 of column 'a' is no whole number"):
        mzwidget.load(bad, "Odd one", if_exists="replace")
    with pytest.raises(SqlError, match="still depended upon by view"):
        mzwidget.load(pd.DataFrame({"c": [1]}), "Odd one", if_exists="replace")
    assert back('"Odd one"').to_dict("records") == [{"a": 5, "b": "z"}]
    mzwidget.sql("DROP VIEW of_it")
    mzwidget.load(pd.DataFrame({"c": [1]}), "Odd one", if_exists="replace")
    assert back('"Odd one"').to_dict("records") == [{"c": 1}]
    assert list(mzwidget.sql("SHOW TABLES")["name"]) == ["Odd one"]


@pytest.mark.parametrize("frame", [pd.DataFrame({"a": [7, 8]}), pd.DataFrame({"other": ["x", "y"]})])
@pytest.mark.parametrize("words", [b"COPY", b"DELETE FROM", b"INSERT INTO", b"DROP TABLE kept", b"ALTER TABLE"])
def test_a_connection_cut_while_rows_are_replaced_loses_none(
    dsn: str, database: psycopg.Connection, frame: pd.DataFrame, words: bytes
) -> None:
    """The old rows are in the table or the new ones are, or it is said where they are and how they come into it."""
    database.execute("CREATE TABLE kept (a bigint)")
    database.execute("CREATE TABLE kept_loading (mine text)")
    database.execute("INSERT INTO kept VALUES (1)")
    said = ""
    with Proxy(dsn) as proxy:
        proxy.cut_at(words)
        try:
            with pytest.warns(UserWarning, match="kept_loading may hold what .* cut off.* DROP TABLE kept_loading$"):
                mzwidget.load(frame, "kept", if_exists="replace", dsn=proxy.dsn)
        except SqlError as error:
            said = str(error)
        loading.session(proxy.dsn).close()
    advice = said.partition("in place: ")[2]
    for statement in advice.split("; ") if advice else ():
        database.execute(statement)
    wanted = frame if advice or not said else pd.DataFrame({"a": [1]})
    assert said.count("the connection was lost") == bool(said)
    assert back("kept", "ORDER BY 1").to_dict("list") == wanted.to_dict("list")
    assert set(mzwidget.sql("SHOW TABLES")["name"]) == {"kept", "kept_loading"}, "none is left, none of others taken"


@pytest.mark.usefixtures("dsn")
@pytest.mark.parametrize("name", ["n" * 255, "é" * 127])
def test_rows_are_replaced_in_tables_with_the_longest_names(name: str) -> None:
    assert mzwidget.load(pd.DataFrame({"a": [1]}), name, if_exists="replace") == 1
    assert mzwidget.load(pd.DataFrame({"a": [2]}), name, if_exists="replace") == 1
    assert back(name)["a"].tolist() == [2]
    assert mzwidget.sql("SHOW TABLES")["name"].tolist() == [name]


@pytest.mark.usefixtures("dsn")
def test_a_decimal_that_is_no_number_is_not_missing() -> None:
    values = [Decimal("NaN"), Decimal(1), None, float("nan")]
    mzwidget.load(pd.DataFrame({"a": values}), "undefined")
    found = mzwidget.sql("SELECT a::text AS a, count(*) AS n FROM undefined GROUP BY 1 ORDER BY 1")
    assert found["a"].fillna("NULL").tolist() == ["1", "NaN", "NULL"]
    assert found["n"].tolist() == [1, 1, 2]


@pytest.mark.usefixtures("dsn")
def test_values_too_long_for_a_column_take_no_place() -> None:
    """They fit into the column's type, but not into its length."""
    mzwidget.sql("CREATE TABLE narrow (a varchar(3), b char(2), c numeric(38, 10), d timestamptz(3))")
    fits = {"a": ["abc"], "b": ["xy"], "c": [Decimal("0.25")], "d": ["2024-01-01 00:00Z"]}
    assert mzwidget.load(pd.DataFrame(fits), "narrow", if_exists="replace") == 1
    for name, value in {"a": "abcd", "b": "xyz", "c": Decimal("1" * 35)}.items():
        with pytest.raises(SqlError):
            mzwidget.load(pd.DataFrame({**fits, name: [value]}), "narrow", if_exists="replace")
        assert back("narrow")["a"].tolist() == ["abc"], name
        assert mzwidget.sql("SHOW TABLES")["name"].tolist() == ["narrow"]


@pytest.mark.parametrize("if_exists", ["fail", "append", "replace"])
@pytest.mark.parametrize("kind", ["VIEW", "MATERIALIZED VIEW"])
@pytest.mark.usefixtures("dsn")
def test_what_is_no_table_is_named(kind: str, if_exists: loading.IfExists) -> None:
    mzwidget.sql(f'CREATE {kind} "Made of" AS SELECT 1 AS a')
    for frame in (pd.DataFrame({"a": [1]}), pd.DataFrame({"b": [1]})):
        with pytest.raises(SqlError, match=f"is a {kind.lower()}, and only tables take rows"):
            mzwidget.load(frame, '"Made of"', if_exists=if_exists)
    assert mzwidget.sql("SHOW TABLES").empty


@pytest.mark.usefixtures("dsn")
def test_a_table_that_exists_is_checked() -> None:
    mzwidget.sql("CREATE TABLE made (price numeric, amount int NOT NULL, note text, at timestamptz)")
    for frame, said in (
        (pd.DataFrame({"amuont": [1]}), "no column 'amuont'; did you mean 'amount'"),
        (pd.DataFrame({"amount": [1], "note": [1.5]}), "'note' is text in table made, and the data are double"),
        (pd.DataFrame({"amount": [1, None], "note": ["a", "b"]}), "row 1 of column 'amount' is missing"),
        (pd.DataFrame({"amount": [1, 2**31]}), "row 1 of column 'amount' is out of range for integer"),
        (pd.DataFrame({"amount": [1, 2.5]}), "row 1 of column 'amount' is no whole number: 2.5"),
    ):
        with pytest.raises(ValueError, match=said):
            mzwidget.load(frame, "made")
    with pytest.raises(SqlError, match=r"row 1 of column 'at'.*yesterday-ish"):
        mzwidget.load(pd.DataFrame({"amount": [1, 2], "at": ["2024-01-01", "yesterday-ish"]}), "made")
    assert back("made").empty
    mzwidget.load(pd.DataFrame({"note": ["x"], "amount": [2.0], "price": [1]}), "made")
    [row] = back("made").to_dict("records")
    assert (row["price"], row["amount"], row["note"], row["at"]) == (Decimal(1), 2, "x", pd.NaT)


BAD = [
    (pd.DataFrame({"p": [1.5, "abc"]}), "row 1 of column 'p' holds 'abc', a str"),
    (pd.DataFrame({"s": ["a"] * 12_000 + ["a\0b"]}), "row 12000 of column 's' holds a NUL"),
    (pd.DataFrame({"s": pd.Series(["\ud800"], dtype=object)}), "row 0 of column 's' holds half a surrogate"),
    (pd.DataFrame({"d": [Decimal(1), Decimal("Infinity")]}), "row 1 of column 'd' is infinite"),
    (pd.DataFrame({"d": [Decimal("1" * 40)]}), "row 0 of column 'd' has more than 39 digits"),
    (pd.DataFrame({"j": [{"a": 1}, {"a": {1, object()}}]}), "row 1 of column 'j' holds a object"),
    (pd.DataFrame({"j": [{"a": float("nan")}]}), "row 0 of column 'j' holds a NaN or an infinity"),
    (pd.DataFrame([[1, 2]], columns=["a", "a"]), "two columns are named 'a'"),
    (pd.DataFrame({"": [1]}), "no proper name"),
    (pd.DataFrame([[1, 2]], columns=[None, "b"]), "no proper name"),
    (pd.DataFrame({"k": [1]}, index=pd.Index([5], name="k")), "a column and a level of the index are named 'k'"),
    (pd.DataFrame({"n": [1, 2.5, Decimal(3)]}, dtype=object), r"make them one type, such as df\['n'\].astype\(float\)"),
    (pd.DataFrame({"t": [dt.time(10, tzinfo=dt.UTC)]}), "row 0 of column 't' has a time zone"),
    (pd.DataFrame(index=[1, 2]), "no columns"),
    (
        pd.DataFrame({"t": [dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 1, tzinfo=dt.UTC)]}, dtype=object),
        "mixes times",
    ),
]


@pytest.mark.parametrize(("frame", "said"), BAD, ids=[said[-20:] for _, said in BAD])
@pytest.mark.usefixtures("dsn")
def test_bad_values_are_named_and_nothing_stays(frame: pd.DataFrame, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        mzwidget.load(frame, "bad")
    assert "bad" not in mzwidget.sql("SHOW TABLES")["name"].tolist()


@pytest.mark.parametrize("data", [[1, 2], {"a": [1]}, None, 5, object(), np.array([1]), pd.Series([1])])
def test_what_cannot_be_loaded_is_said(data: object) -> None:
    with pytest.raises(TypeError, match="load\\(\\) takes a data frame"):
        mzwidget.load(data, "x")


@pytest.mark.usefixtures("dsn")
def test_types_without_a_form_are_named() -> None:
    for values in ([1j], [object()]):
        with pytest.raises(TypeError, match="column 'a'"):
            mzwidget.load(pd.DataFrame({"a": values}), "x")
    with pytest.raises(TypeError, match="several levels"):
        mzwidget.load(pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("a", "b")])), "x")


@pytest.mark.usefixtures("dsn")
def test_a_view_is_not_filled() -> None:
    mzwidget.sql("CREATE VIEW v AS SELECT 1 AS a WHERE false")
    with pytest.raises(SqlError, match="view"):
        mzwidget.load(pd.DataFrame({"a": [1]}), "v")


@pytest.mark.usefixtures("dsn")
def test_an_empty_frame_makes_an_empty_table() -> None:
    assert mzwidget.load(pd.DataFrame({"a": pd.Series([], dtype="int64")}), "empty") == 0
    assert back("empty").dtypes.astype(str).to_dict() == {"a": "Int64"}


@pytest.mark.usefixtures("dsn")
def test_all_rows_appear_at_one_timestamp() -> None:
    mzwidget.sql("CREATE TABLE grows (a bigint)")
    with mzwidget.LiveView("SELECT count(*) AS n FROM grows") as view:
        view.wait(20)
        seen: list[int] = []
        callback = view.on_change(lambda _: seen.append(int(view.df["n"][0])))
        mzwidget.load(pd.DataFrame({"a": range(50_000)}), "grows")
        view.when(lambda df: df["n"][0] == 50_000, timeout=30)
        callback.close()
    assert set(seen) <= {0, 50_000}


def test_interrupted_at_half_there_is_no_table(dsn: str) -> None:
    frame = pd.DataFrame({"a": range(400_000), "s": "some text"})
    done: list[int] = []

    def report(rows: int, total: int | None) -> None:
        assert total == 400_000
        done.append(rows)
        if rows >= 200_000 and not interrupted.is_set():
            interrupted.set()
            os.kill(os.getpid(), signal.SIGINT)

    interrupted = threading.Event()
    with pytest.raises(KeyboardInterrupt):
        mzwidget.load(frame, "half", progress=report)
    assert 200_000 <= done[-1] < 400_000
    assert "half" not in mzwidget.sql("SHOW TABLES")["name"].tolist()
    mzwidget.sql("CREATE TABLE half (a bigint, s text)")
    interrupted.clear()
    with pytest.raises(KeyboardInterrupt):
        mzwidget.load(frame, "half", progress=report)
    assert back("half").empty
    mzwidget.sql("INSERT INTO half VALUES (1, 'here before')")
    interrupted.clear()
    with pytest.raises(KeyboardInterrupt):
        mzwidget.load(frame, "half", progress=report, if_exists="replace")
    assert back("half").to_dict("records") == [{"a": 1, "s": "here before"}]
    assert mzwidget.sql("SHOW TABLES")["name"].tolist() == ["half"]
    assert dsn


def test_a_server_that_goes_leaves_nothing(dsn: str, database: psycopg.Connection) -> None:
    database.execute("CREATE TABLE gone (a bigint)")

    def cut(rows: int, _: int | None) -> None:
        if rows == 20_000:
            loading.session(dsn).close()

    with pytest.raises(SqlError, match="nothing is loaded"):
        mzwidget.load(pd.DataFrame({"a": range(100_000)}), "gone", progress=cut)
    assert database.execute("SELECT count(*) FROM gone").fetchone() == (0,)


@pytest.mark.usefixtures("dsn")
def test_an_open_transaction_is_named() -> None:
    mzwidget.sql("BEGIN")
    with pytest.raises(ValueError, match="COMMIT or ROLLBACK"):
        mzwidget.load(pd.DataFrame({"a": [1]}), "x")
    mzwidget.sql("ROLLBACK")


@pytest.mark.usefixtures("dsn")
def test_a_large_frame_takes_bounded_memory() -> None:
    rows = 200_000
    random = np.random.default_rng(1)
    frame = pd.DataFrame(
        {"n": np.arange(rows), "price": random.random(rows), "item": random.choice(["tea", "ink"], rows)}
    )
    process, peak, over = psutil.Process(), [0], threading.Event()

    def watch() -> None:
        while not over.wait(0.01):
            peak[0] = max(peak[0], process.memory_info().rss)

    before = process.memory_info().rss
    watcher = threading.Thread(target=watch)
    watcher.start()
    began = time.monotonic()
    mzwidget.load(frame, "large", progress=False)
    over.set()
    watcher.join()
    assert peak[0] - before < 100e6
    assert time.monotonic() - began < 60
    assert mzwidget.sql("SELECT count(*) AS n, sum(n) AS s FROM large").iloc[0].tolist() == [
        rows,
        rows * (rows - 1) // 2,
    ]
