"""Numbers as text: what d3-format makes of them, and what people get who ask for nothing."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mzwidget.charts import formats

BY_D3_FORMAT = [
    ("d", "1234.5678", "1235"),
    ("d", "1000000", "1000000"),
    (",d", "42", "42"),
    (",d", "0.5", "1"),
    (".2f", "0.000123456", "0.00"),
    (".2f", "0.1", "0.10"),
    (",.2f", "1", "1.00"),
    (",.2f", "12.345", "12.35"),
    ("+,.1f", "1.5", "+1.5"),
    ("+,.1f", "1000000", "+1,000,000.0"),
    ("(,.2f", "-0.0001", "0.00"),
    ("(,.2f", "0.1", "0.10"),
    (" .1f", "123456789", " 123456789.0"),
    (" .1f", "1e-10", " 0.0"),
    ("$,.2f", "1.5", "$1.50"),
    ("$,.2f", "0.1", "$0.10"),
    (".1%", "0.5", "50.0%"),
    (".1%", "0.125", "12.5%"),
    ("%", "1.5e-7", "0.000015%"),
    ("%", "1234.5678", "123456.780000%"),
    (".3p", "12.345", "1230%"),
    (".3p", "123456789", "12300000000%"),
    ("e", "12.345", "1.234500e+1"),
    ("e", "-1", "−1.000000e+0"),
    (".2e", "2.5", "2.50e+0"),
    (".2e", "0.000123456", "1.23e-4"),
    ("g", "2.5", "2.50000"),
    ("g", "99.95", "99.9500"),
    (".3g", "0.5", "0.500"),
    (".3g", "99.95", "100"),
    (".4r", "0.125", "0.1250"),
    (".4r", "99.95", "99.95"),
    ("r", "12.345", "12.3450"),
    ("r", "99.95", "99.9500"),
    ("s", "-1234.5678", "−1.23457k"),
    ("s", "999.9999", "1.00000k"),
    (".3s", "0.125", "125m"),
    (".3s", "1e-10", "100p"),
    (",.3r", "0.125", "0.125"),
    (",.3r", "12.345", "12.3"),
    ("~s", "0.125", "125m"),
    ("~s", "123456789", "123.457M"),
    (".2~f", "-1234.5678", "−1234.57"),
    (".2~f", "0.5", "0.5"),
    (",.4~g", "1000000", "1e+6"),
    (",.4~g", "1.5e-7", "1.5e-7"),
    ("10.1f", "12.345", "      12.3"),
    ("10.1f", "2.5", "       2.5"),
    ("<10.1f", "1234.5678", "1234.6    "),
    ("<10.1f", "-1", "−1.0      "),
    ("^10.1f", "999.9999", "  1000.0  "),
    ("^10.1f", "-1234.5678", " −1234.6  "),
    ("*^11,.1f", "99.95", "***100.0***"),
    ("*^11,.1f", "0.5", "****0.5****"),
    ("=10.1f", "999.9999", "    1000.0"),
    ("=10.1f", "-1", "−      1.0"),
    ("010.1f", "-1234.5678", "−0001234.6"),
    ("010.1f", "1000000", "01000000.0"),
    ("012,.2f", "-1234.5678", "−0,001,234.57"),
    ("012,.2f", "-0.0001", "0,000,000.00"),
    ("#x", "999.9999", "0x3e8"),
    ("#x", "12.345", "0xc"),
    ("x", "-0.0001", "0"),
    ("x", "99.95", "64"),
    ("X", "12.345", "C"),
    ("X", "1", "1"),
    ("b", "1234.5678", "10011010011"),
    ("b", "0.5", "1"),
    ("o", "1000000", "3641100"),
    ("o", "123456789", "726746425"),
    ("n", "0.5", "0.500000"),
    ("n", "1e-10", "1.00000e-10"),
    (".3n", "1.5e-7", "1.50e-7"),
    (".3n", "1000000", "1.00e+6"),
    ("$010,.0f", "123456789", "$123,456,789"),
    ("$010,.0f", "0.5", "$00,000,001"),
    ("-,.1f", "0.000123456", "0.0"),
    ("-,.1f", "1", "1.0"),
    (".0f", "12.345", "12"),
    (".0f", "0.125", "0"),
    (".0%", "1.5", "150%"),
    (".0%", "0.1", "10%"),
]
"""Specifier, number, and what d3-format 3.1 writes in its default locale."""


@pytest.mark.parametrize(("specifier", "number", "written"), BY_D3_FORMAT)
def test_it_writes_what_d3_writes(specifier: str, number: str, written: str) -> None:
    assert formats.formatter([], specifier)(number) == written


def test_any_currency_is_a_symbol() -> None:
    assert [formats.formatter([], f"{sign},.2f")("-1234.5") for sign in "$€£¥"] == [
        "−$1,234.50",
        "−€1,234.50",
        "−£1,234.50",
        "−¥1,234.50",
    ]


@given(
    st.sampled_from([specifier for specifier, _, _ in BY_D3_FORMAT]), st.floats() | st.decimals(), st.text(max_size=5)
)
def test_nothing_that_a_column_can_hold_breaks_it(specifier: str, number: float | Decimal, odd: str) -> None:
    for text in (str(number), odd, "1e400", "5e-324", "-1.7976931348623157e308"):
        assert isinstance(formats.formatter([text], specifier)(text), str)
        assert isinstance(formats.formatter([text])(text), str)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (",.2q", "there is no type 'q'"),
        ("hello", "no d3-format"),
        ("2f,", "no d3-format"),
        (".f", "no d3-format"),
        ("", "must be a d3-format such as"),
        (None, "must be a d3-format such as"),
        (2, "not 2"),
        ("§.2f", "'§' is no currency's sign"),
        (".99f", "a precision ends at 20"),
        ("99999f", "a width at 100"),
        ("<script>", "no d3-format"),
    ],
)
def test_an_invalid_one_is_an_error_that_says_what(text: object, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        formats.parse(text)


@pytest.mark.parametrize(
    ("texts", "written"),
    [
        (["1234567"], ["1,234,567"]),
        (["12345678901234567890"], ["12,345,678,901,234,567,890"]),
        (["12.5", "3.25", "-7"], ["12.50", "3.25", "−7.00"]),
        (["33.333333333333336", "0.1"], ["33.3333", "0.1000"]),
        (["0.000012345678", "0.000001"], ["0.00001235", "0.00000100"]),
        (["1e-30", "-0.0000000325", "0"], ["1e-30", "−3.25e-8", "0"]),
        (["0.5", "0.000000001", "0"], ["0.5", "1e-9", "0.0"]),
        (["0.30000000000000004", "2.00001", "1"], ["0.3", "2.0", "1.0"]),
        (["1.50", "2.00"], ["1.5", "2.0"]),
        (["1e6"], ["1,000,000"]),
        (["-0"], ["0"]),
        (["1e400", "2.5"], ["1e400", "2.5"]),
        (["NaN", "Infinity", "5.5"], ["NaN", "Infinity", "5.5"]),
    ],
)
def test_without_a_format_a_column_has_one_number_of_decimals(texts: list[str], written: list[str]) -> None:
    write = formats.formatter([*texts, None])
    assert [write(text) for text in texts] == written


@given(st.lists(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12), min_size=1))
def test_a_column_is_aligned_and_near_to_the_truth(numbers: list[Decimal]) -> None:
    write = formats.formatter(map(str, numbers))
    written = [write(str(number)) for number in numbers]
    lengths = {len(text.partition(".")[2]) for text in written if "e" not in text}
    assert len(lengths) <= 1
    decimals = max(lengths, default=0)
    largest = max(map(abs, numbers))
    for number, text in zip(numbers, written, strict=True):
        read = Decimal(text.replace(",", "").replace("−", "-"))
        exact = Decimal(1).scaleb(-decimals) if "e" not in text else abs(number) / 1000
        assert abs(read - number) <= exact / 2 + abs(number) * Decimal("1e-15")
    if decimals < 20 and largest:
        loss = max(
            abs(Decimal(text.replace(",", "").replace("−", "-")) - n) for text, n in zip(written, numbers, strict=True)
        )
        assert loss <= max(largest, Decimal(1)) / 10**4
