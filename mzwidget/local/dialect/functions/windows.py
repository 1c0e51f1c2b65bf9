"""Window functions; every aggregate is one too."""

from __future__ import annotations

from mzwidget.local.dialect.overloads import Overload, line

FUNCTIONS: list[Overload] = [
    line("row_number", "-> int8", "CAST(«row_number:» AS BIGINT)", fallible=False),
    line("rank", "-> int8", "CAST(«rank:» AS BIGINT)", fallible=False),
    line("dense_rank", "-> int8", "CAST(«dense_rank:» AS BIGINT)", fallible=False),
    line("lag", "anyelement -> anyelement", "«lag»", fallible=False),
    line("lag", "anyelement, int4 -> anyelement", "«lag»", fallible=False),
    line("lag", "anycompatible, int4, anycompatible -> anycompatible", "«lag»", fallible=False),
    line("lead", "anyelement -> anyelement", "«lead»", fallible=False),
    line("lead", "anyelement, int4 -> anyelement", "«lead»", fallible=False),
    line("lead", "anycompatible, int4, anycompatible -> anycompatible", "«lead»", fallible=False),
    line("first_value", "anyelement -> anyelement", "«first_value»", fallible=False),
    line("last_value", "anyelement -> anyelement", "«last_value»", fallible=False),
]
