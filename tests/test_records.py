"""What is written to files is read again as it was, whatever a server can hold."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mzwidget.tail.records import to_csv, to_json
from mzwidget.tail.values import Column, column
from tests.test_arrow import OIDS, ROWS

DIGITS = st.decimals(allow_nan=False, allow_infinity=False, places=18, min_value=-(10**18), max_value=10**18)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


def of(name: str, oid: str) -> Column:
    return column(name, OIDS[oid])


@pytest.mark.parametrize("name", ROWS)
def test_every_type_is_written(name: str) -> None:
    usual, _, odd = ROWS[name]
    rows = [(usual,), (odd,), (None,)]
    first, _, missing = json.loads(to_json([of("x", name)], rows))
    assert missing == {"x": None}
    told = first["x"] if isinstance(first["x"], str) else json.dumps(first["x"], separators=(",", ":"))
    written = {"bool": "true", "_text": '["a",null]', "timestamptz": "2026-01-02T03:04:05.600000+00:00"}
    written |= {"timestamp": "2026-01-02T03:04:05.600000", "numeric": "1.5"}
    assert told == written.get(name, usual)
    head, line, *others = csv.reader(io.StringIO(to_csv([of("x", name)], rows)))
    assert head == ["x"]
    assert line == [{"bool": "true", "timestamptz": "2026-01-02 03:04:05.6+00:00"}.get(name, usual)]
    assert others[1] == [""], "an empty line would be no row"


@given(st.lists(st.tuples(DIGITS, st.floats(), TEXTS), max_size=5))
def test_no_digit_and_no_sign_is_lost(values: list[tuple[Decimal, float, str]]) -> None:
    columns = [of("d", "numeric"), of("f", "float8"), of('a "name"', "text")]
    rows = [(f"{exact:f}", repr(number), text) for exact, number, text in values]
    objects = json.loads(to_json(columns, rows), parse_float=Decimal, parse_int=Decimal)
    assert [found["d"] for found in objects] == [exact for exact, _, _ in values]
    assert [found['a "name"'] for found in objects] == [text for _, _, text in values]
    for found, (_, number, _) in zip(objects, values, strict=True):
        finite = number == number and abs(number) != float("inf")
        assert (float(found["f"]) == number) if finite else found["f"] is None
    lines = list(csv.reader(io.StringIO(to_csv(columns, rows), newline="")))[1:]
    assert [(Decimal(exact), text) for exact, _, text in lines] == [(exact, text) for exact, _, text in values]


def test_documents_and_lists_stay_what_they_are() -> None:
    columns = [of("j", "jsonb"), of("l", "_text"), of("b", "bytea")]
    rows = [('{"a":0.12345678901234567890,"b":[null]}', '{"it\'s",NULL}', "\\x00ff")]
    assert '"j":{"a":0.12345678901234567890,"b":[null]}' in to_json(columns, rows)
    assert json.loads(to_json(columns, rows))[0]["l"] == ["it's", None]
    assert list(csv.reader(io.StringIO(to_csv(columns, rows))))[1] == list(rows[0])


def test_two_columns_of_one_name_are_no_object() -> None:
    with pytest.raises(ValueError, match="two columns are named 'a'"):
        to_json([of("a", "int8"), of("a", "text")], [])
