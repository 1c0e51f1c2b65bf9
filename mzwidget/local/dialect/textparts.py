"""Texts that are no literals, read part by part: ranges, and the elements of arrays, lists and maps as texts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from mzwidget.local.dialect import udf
from mzwidget.local.dialect.values import Value, apply, quote_text
from mzwidget.local.formats import types as t
from mzwidget.local.formats.containers import reader
from mzwidget.local.formats.lists import read_list, read_map
from mzwidget.local.formats.types import Type

READ_RANGES = {name: udf.declare(f"read_{name}", reader(type_), [t.TEXT], type_) for name, type_ in t.RANGES.items()}


def _pairs(text: str, *, nested: bool) -> list[dict[str, str | None]]:
    return [{"k": key, "v": item} for key, item in read_map(text, str, nested=nested).items()]


_PAIRS = Type("pairs", 0, -1, "STRUCT(k VARCHAR, v VARCHAR)[]")
READ_PAIRS = [udf.declare("read_map", partial(_pairs, nested=nested), [t.TEXT], _PAIRS) for nested in (False, True)]
READ_ITEMS = {
    ("array", False): udf.declare("read_array", reader(t.array_of(t.TEXT)), [t.TEXT], t.array_of(t.TEXT)),
    ("list", False): udf.declare("read_list", reader(t.list_of(t.TEXT)), [t.TEXT], t.list_of(t.TEXT)),
    ("list", True): udf.declare("read_lists", partial(read_list, item=str, nested=True), [t.TEXT], t.list_of(t.TEXT)),
}


_READABLE: dict[str, Callable[[str], Any]] = {}
"""The readers of the types that texts are cast to, by name."""


def _checked(text: str, name: str) -> str:
    """Return a text that can be read as a type; else what is wrong with the whole is told, not with an element."""
    _READABLE[name](text)
    return text


_CHECKED = udf.declare("checked", _checked, [t.TEXT, t.TEXT], t.TEXT)


def readable(value: Value, target: Type) -> Value:
    """Return the text, which fails in the words for the whole where it is no value of the type."""
    _READABLE[target.name] = reader(target)
    return apply(_CHECKED, [value, Value(quote_text(target.name), t.TEXT)], t.TEXT, fallible=True)
