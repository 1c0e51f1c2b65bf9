"""Parameters are values, whatever they hold: they come back as they went, and nothing of them is ever executed."""

from __future__ import annotations

import datetime as dt
import math
import random
from decimal import Decimal
from uuid import UUID

import numpy as np
import pandas as pd
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mzwidget.lexing import statements, tokens
from mzwidget.params import compose

HOSTILE = [
    "'; DROP TABLE victim; --",
    "\\'; DROP TABLE victim; --",
    "''", "'", "\\", "\\\\'", '"', "%s", "%(x)s", "%%", "$$; DROP TABLE victim; $$", "/*", "*/ --", "E'\\''",
    "NULL", "", " ", "\n", "\t", "\r\n", "ünïcode", "日本語", "\U0001f600", "{a,b}", "{}", 'x"y', "\x01\x7f",
    "' OR 1=1", "\\x27; DROP TABLE victim", "\\u0027",
]  # fmt: skip


@pytest.fixture(scope="module")
def victim(engine_dsn: str) -> psycopg.Connection:
    with psycopg.connect(engine_dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE victim (a text)")
        connection.execute("INSERT INTO victim VALUES ('alive')")
        yield connection
        assert connection.execute("SELECT a FROM victim").fetchall() == [("alive",)]
        connection.execute("DROP TABLE victim")


def answer(connection: psycopg.Connection, value: object, cast: str = "") -> object:
    composed = compose(f"SELECT %(x)s{cast} AS x FROM victim", {"x": value})
    return connection.execute(composed.text).fetchone()[0]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_comes_back(victim: psycopg.Connection, text: str) -> None:
    assert answer(victim, text, "::text") == text
    assert answer(victim, [text, "b", text]) == [text, "b", text]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30))
def test_any_text_comes_back(victim: psycopg.Connection, text: str) -> None:
    assert answer(victim, text, "::text") == text
    assert len(statements(compose("SELECT %s", [text]).text)) == 1


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (5, 5),
        (-5, -5),
        (2**62, 2**62),
        (10**30, Decimal(10**30)),
        (1.5, 1.5),
        (1e100, 1e100),
        (-1e-9, -1e-9),
        (math.inf, math.inf),
        (-math.inf, -math.inf),
        (Decimal("1.25"), Decimal("1.25")),
        (dt.date(2024, 2, 29), dt.date(2024, 2, 29)),
        (dt.datetime(2024, 2, 29, 1, 2, 3, 4), dt.datetime(2024, 2, 29, 1, 2, 3, 4)),
        (dt.datetime(2024, 2, 29, tzinfo=dt.UTC), dt.datetime(2024, 2, 29, tzinfo=dt.UTC)),
        (dt.time(1, 2, 3), dt.time(1, 2, 3)),
        (dt.timedelta(days=2, seconds=3), dt.timedelta(days=2, seconds=3)),
        (UUID(int=7), UUID(int=7)),
        (b"\x00'\\", b"\x00'\\"),
        ({"a": "it's", "b": [1, None]}, {"a": "it's", "b": [1, None]}),
        ([1, 2], [1, 2]),
        ((1, None), [1, None]),
        ([1.5, 2.5], [1.5, 2.5]),
        ([], []),
        ({"b", "a"}, ["a", "b"]),
        (np.int64(5), 5),
        (np.array([1, 2]), [1, 2]),
        (pd.Series(["a", "b"]), ["a", "b"]),
        (pd.Timestamp("2024-01-01"), dt.datetime(2024, 1, 1)),
        (pd.Timedelta("1s"), dt.timedelta(seconds=1)),
        (pd.NA, None),
        (pd.NaT, None),
    ],
    ids=repr,
)
def test_values_come_back(victim: psycopg.Connection, value: object, expected: object) -> None:
    assert answer(victim, value) == expected


def test_nan_comes_back(victim: psycopg.Connection) -> None:
    assert math.isnan(answer(victim, math.nan))


def test_a_list_selects(victim: psycopg.Connection) -> None:
    for wanted, count in ((["alive", "x"], 1), (["x"], 0), ([], 0)):
        composed = compose("SELECT count(*) FROM victim WHERE a = ANY(%(all)s)", {"all": wanted})
        assert victim.execute(composed.text).fetchone() == (count,)


def test_negative_numbers_bind_tightly(victim: psycopg.Connection) -> None:
    assert victim.execute(compose("SELECT %s::text, 3-%s, 3 -%s", [-5, -1, 1]).text).fetchone() == ("-5", 4, 2)


@pytest.mark.parametrize(
    ("query", "params", "said"),
    [
        ("SELECT '%(x)s'", {"x": "'; DROP TABLE victim; --"}, "inside quotes"),
        ('SELECT "%(x)s"', {"x": "a"}, "inside quotes"),
        ("SELECT $$%s$$", ["a"], "inside quotes"),
        ("SELECT E'\\'%s'", ["a"], "inside quotes"),
        ("SELECT %(prise)s", {"price": 1}, r"did you mean %\(price\)s"),
        ("SELECT %(x)s", [1], "write %s"),
        ("SELECT %s", {"x": 1}, r"write %\(name\)s"),
        ("SELECT %s", [], "more placeholders"),
        ("SELECT $1", [1], r"write %s in place of \$1"),
        ("SELECT n::text FROM t WHERE n = :n", [1], "write %s in place of :n"),
        ("SELECT %s", [1, 2], "2 values"),
        ("SELECT 5 % 2, %s", [1], "written %%"),
        ("SELECT 'a%', %s", [1], "written %%"),
        ("SELECT %s", ["a\0b"], "NUL"),
        ("SELECT %s", ["\ud800"], "surrogates"),
    ],
)
def test_refused(query: str, params: object, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        compose(query, params)


@pytest.mark.parametrize("value", [object(), {1: {2: object()}}, print])
def test_types_without_a_form_are_refused(value: object) -> None:
    with pytest.raises(TypeError, match="cannot be written in SQL"):
        compose("SELECT %s", [value])


@pytest.mark.parametrize("params", ["abc", 5, b"x"])
def test_params_of_another_kind(params: object) -> None:
    with pytest.raises(TypeError, match="params must be"):
        compose("SELECT %s", params)


def test_a_literal_never_merges_with_its_neighbours(victim: psycopg.Connection) -> None:
    for query in ("SELECT 'a'%s", "SELECT E%s", "SELECT U&%s", "SELECT %s'b'", "SELECT x%s"):
        composed = compose(query, ["'; DROP TABLE victim; --\\"])
        assert len(statements(composed.text)) == 1
        with pytest.raises(psycopg.Error):
            victim.execute(composed.text)


def test_percent_signs_and_comments() -> None:
    composed = compose("SELECT 5 %% 2, 'a%%' -- 100% of %(x)s\n, %(x)s", {"x": 1})
    assert composed.text == "SELECT 5 % 2, 'a%' -- 100% of %(x)s\n, 1"
    assert compose("SELECT '%s %(x)s %'", None).text == "SELECT '%s %(x)s %'"


def test_offsets_lead_back_to_the_query() -> None:
    query = "SELECT %(long)s, cuont FROM %(n)s"
    composed = compose(query, {"long": "x" * 50, "n": 5})
    assert composed.origin(composed.text.index("cuont")) == query.index("cuont")
    assert composed.origin(composed.text.index("xxx")) < query.index(", cuont")
    assert composed.origin(len(composed.text) + 3) <= len(query) + 3


def test_tokens_are_the_text() -> None:
    random.seed(5)
    alphabet = ["'", '"', "$", "$a$", "--", "/*", "*/", "E'", "\\", "\n", " ", "a", "1", "%s", "%(x)s", ";", "é"]
    for _ in range(2000):
        text = "".join(random.choices(alphabet, k=random.randint(0, 20)))
        assert "".join(token.text for token in tokens(text)) == text


def test_statements() -> None:
    script = "SELECT ';' ; -- a;b\n;/* ; */ SELECT \"a;b\";\n SELECT $x$;$x$"
    assert [text for _, text in statements(script)] == ["SELECT ';'", 'SELECT "a;b"', "SELECT $x$;$x$"]
    assert all(script[at:].startswith(text) for at, text in statements(script))
