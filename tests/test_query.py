"""What a user writes becomes exactly one SUBSCRIBE, and nothing else."""

from __future__ import annotations

import pytest

from mzwidget.naming import quoted
from mzwidget.tail.query import parse


@pytest.mark.parametrize(
    ("text", "relation"),
    [
        ("top10", "top10"),
        ("  top10 ; ", "top10"),
        ("Top10", "Top10"),
        ("public.top10", "public.top10"),
        ("materialize.public.top10", "materialize.public.top10"),
        ('"odd name"', '"odd name"'),
        ('public."odd.name"', 'public."odd.name"'),
        ('"say ""hi"""', '"say ""hi"""'),
        ("odd name", '"odd name"'),
        ('odd"name', '"odd""name"'),
        ("größe", "größe"),
        ("a.b.c.d", '"a.b.c.d"'),
        ("10 best", '"10 best"'),
        ("t; DROP TABLE t", '"t; DROP TABLE t"'),
        ("t) WITH (PROGRESS); DROP TABLE t --", '"t) WITH (PROGRESS); DROP TABLE t --"'),
        ("selected", "selected"),
        ("select", "select"),
        ("-- the best\ntop10", "top10"),
    ],
)
def test_names(text: str, relation: str) -> None:
    assert parse(text).statement == f"SUBSCRIBE {relation} WITH (PROGRESS)"


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1",
        "select * from t -- all of it",
        "WITH x AS (SELECT 1) SELECT * FROM x",
        "VALUES (1)",
        "(SELECT 1)",
        "\n  SELECT\n1",
    ],
)
def test_queries(text: str) -> None:
    assert parse(text).statement == f"SUBSCRIBE (\n{text.strip()}\n) WITH (PROGRESS)"


def test_comments_before_a_query_do_not_hide_it() -> None:
    assert parse("/* hot */ -- or not\nSELECT 1;").statement == "SUBSCRIBE (\nSELECT 1\n) WITH (PROGRESS)"


@pytest.mark.parametrize("text", ["", "  ", ";", "-- nothing", "SUBSCRIBE top10", "tail top10", "a\0b", "a\ud800b"])
def test_what_cannot_be_watched_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError) as error:  # noqa: PT011
        parse(text)
    assert repr(text) in str(error.value)


def test_not_text() -> None:
    with pytest.raises(TypeError, match="int"):
        parse(10)  # type: ignore[arg-type]


def test_quoted() -> None:
    assert quoted('a"b') == '"a""b"'
