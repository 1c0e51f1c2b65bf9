"""Functions that tell about values and the system."""

from __future__ import annotations

from collections.abc import Sequence

from mzwidget.local.dialect.overloads import Overload, line
from mzwidget.local.dialect.values import Value, quote_text
from mzwidget.local.formats import types as t


def _typeof(values: Sequence[Value]) -> Value:
    return Value(quote_text(t.sql_name(values[0].type.base)), t.TEXT)


FUNCTIONS: list[Overload] = [
    line("pg_typeof", "any -> text", build=_typeof, fallible=False),
]
