"""Functions and operators of arrays, lists and maps."""

from __future__ import annotations

from collections.abc import Sequence

from mzwidget.local.dialect import udf
from mzwidget.local.dialect.casts import text_form
from mzwidget.local.dialect.overloads import Overload, line
from mzwidget.local.dialect.values import Value, apply, array_sql, items_of, map_sql
from mzwidget.local.errors import SqlError, unsupported
from mzwidget.local.formats import types as t
from mzwidget.local.formats.lists import MOST_DIMENSIONS

FUNCTIONS: list[Overload] = []
OPERATORS: list[Overload] = []


def _joined(values: Sequence[Value]) -> Value:
    array, *others = values
    assert array.type.element is not None
    name = f"x{array.depth}"
    inner = text_form(Value(name, array.type.element)).sql
    items = items_of("{0}")
    listed = f"list_transform({items}, lambda {name}: {inner})" if inner != name else items
    template = _JOIN.replace("{0}", listed)
    return apply(template, [array, *others, Value("CAST(NULL AS VARCHAR)", t.TEXT)][:3], t.TEXT, fallible=True)


def _join(items: list[str | None] | None, delimiter: str | None, null: str | None) -> str | None:
    if items is None or delimiter is None:
        return None
    shown = [null if item is None else item for item in items]
    present = [item for item in shown if item is not None]
    if sum(map(len, present)) + len(delimiter) * len(present) > MOST_CHARACTERS:
        raise SqlError("requested length too large", "54000")
    return delimiter.join(present)


MOST_CHARACTERS = 25_000_000
_JOIN = udf.declare("join", _join, [t.list_of(t.TEXT), t.TEXT, t.TEXT], t.TEXT, strict=False)


def _filled(values: Sequence[Value]) -> Value:
    item, sizes, *lowest = values
    if item.type.kind == "array":
        raise SqlError("array_fill with arrays not yet supported")
    if item.type.kind in ("list", "map") or item.type.name == "bpchar":
        raise SqlError(f"array_fill on {t.sql_name(item.type)} not yet supported")
    type_ = t.array_of(item.type.base)
    filled = _FILLED_FROM if lowest else _FILLED
    return apply(f"CAST(({filled}) AS {type_.duckdb})", [item, sizes, *lowest], type_, fallible=True)


def _mapped(values: Sequence[Value]) -> Value:
    """Return a map of rows of a key and a value."""
    (rows,) = values
    entry = rows.type.element
    assert entry is not None
    if len(entry.fields) != 2 or entry.fields[0][1].name != "text":
        raise SqlError(f"function map_build({t.sql_name(rows.type)}) does not exist")
    pairs = map_sql("list_transform({0}, lambda e: struct_pack(k := e.f1, v := e.f2))")
    return apply(pairs, [rows], t.map_of(entry.fields[1][1].base))


def _split(text: str | None, delimiter: str | None, null: str | None = None) -> list[str | None] | None:
    if text is None:
        return None
    if not text:
        return []
    if (len(text) if delimiter is None else text.count(delimiter) if delimiter else 0) > udf.MOST_ITEMS:
        raise udf.too_many_items()
    parts = list(text) if delimiter is None else text.split(delimiter) if delimiter else [text]
    return [None if part == null and null is not None else part for part in parts]


def _split_plain(text: str | None, delimiter: str | None) -> list[str | None] | None:
    return _split(text, delimiter)


LENGTH = (
    "CASE WHEN {1} = 1 AND len(({0}).dims) = 0 THEN CAST(nullif(len(({0}).items), 0) AS INTEGER)"
    " WHEN {1} > 0 THEN ({0}).dims[{1}] END"
)
_FIRST = (
    "CASE WHEN {1} > 0 AND {1} <= greatest(len(({0}).dims), 1) AND len(({0}).items) > 0 THEN CAST(1 AS INTEGER) END"
)
_FLAT = "CASE WHEN len(({{0}}).dims) > 0 THEN error('mz:XX000:{}') ELSE {} END"
_SEARCH = "searching for elements in multidimensional arrays is not supported"
_POSITION_FROM = _FLAT.format(
    _SEARCH,
    "CASE WHEN {1} IS NOT NULL AND {0} IS NOT NULL THEN CASE WHEN {2} IS NULL"
    " THEN error('mz:XX000:initial position must not be null') ELSE CAST(nullif(list_position("
    "list_transform(({0}).items, lambda y, i: CASE WHEN i >= {2} THEN y END), {1}), 0) AS INTEGER) END END",
)
TOO_DEEP = (
    "'mz:XX000:number of array dimensions (' || CAST({0} AS VARCHAR) ||"
    f" ') exceeds the maximum allowed ({MOST_DIMENSIONS})'"
)
_MOST = 134217728
_COUNT = "list_product(list_transform(({1}).items, lambda s: CAST(s AS DOUBLE)))"
_DIMS = (
    f"CASE WHEN len(({{1}}).items) > 1 AND {_COUNT} > 0"
    " THEN list_transform(({1}).items, lambda s: CAST(s AS INTEGER))"
)


def _without_null(*arrays: str) -> str:
    """Return the branches that refuse arrays that are NULL, and NULLs in them."""
    null = " OR ".join(f"{array} IS NULL" for array in arrays)
    within = " OR ".join(f"list_bool_or(list_transform(({array}).items, lambda s: s IS NULL))" for array in arrays)
    return (
        f"WHEN {null} THEN error('mz:XX000:dimension array or low bound array must not be null')"
        f" WHEN {within} THEN error('mz:XX000:dimension values must not be null')"
    )


_FILLED = (
    f"CASE {_without_null('{1}')}"
    " WHEN len(({1}).items) = 0 OR list_bool_or(list_transform(({1}).items, lambda s: s < 0))"
    f" OR {_COUNT} > {_MOST // 8} THEN error('mz:XX000:array size exceeds the maximum allowed ({_MOST} bytes)')"
    f" WHEN len(({{1}}).items) > {MOST_DIMENSIONS} THEN error({TOO_DEEP.replace('{0}', 'len(({1}).items)')})"
    f" ELSE {array_sql(f'list_transform(range(CAST({_COUNT} AS BIGINT)), lambda i: {{0}})', '{2}')} END"
).replace("{2}", f"{_DIMS} ELSE CAST([] AS INTEGER[]) END")
_FILLED_FROM = (
    f"CASE {_without_null('{1}', '{2}')}"
    " WHEN len(({2}).items) <> len(({1}).items) THEN error('mz:XX000:wrong number of array subscripts"
    "\n\nmz-detail:Low bound array has different size than dimensions array.')"
    " WHEN list_bool_or(list_transform(({2}).items, lambda s: s <> 1))"
    f" THEN error('mz:0A000:{unsupported('an array that does not begin at 1').message}') ELSE ({_FILLED}) END"
)
_POSITION = _FLAT.format(
    _SEARCH, "CASE WHEN {1} IS NOT NULL THEN CAST(nullif(list_position(({0}).items, {1}), 0) AS INTEGER) END"
)
_REMOVED = (
    "CASE WHEN len(({0}).dims) > 0"
    " THEN error('mz:XX000:removing elements from multidimensional arrays is not supported') WHEN {0} IS NOT NULL"
    f" THEN {array_sql('list_filter(({0}).items, lambda y: y IS DISTINCT FROM {1})')} END"
)


def _concatenated() -> str:
    """Return the template of two arrays behind each other; one may be an element of the other."""
    a, b = (f"CASE WHEN len(({x}).dims) > 0 THEN ({x}).dims ELSE [len(({x}).items)] END" for x in ("{0}", "{1}"))
    dims = (
        f"list_transform([struct_pack(a := {a}, b := {b})], lambda d: CASE"
        " WHEN len(d.a) = len(d.b) AND d.a[2:] = d.b[2:] THEN list_prepend(d.a[1] + d.b[1], d.a[2:])"
        " WHEN len(d.a) + 1 = len(d.b) AND d.a = d.b[2:] THEN list_prepend(d.b[1] + 1, d.a)"
        " WHEN len(d.a) = len(d.b) + 1 AND d.b = d.a[2:] THEN list_prepend(d.a[1] + 1, d.b)"
        " ELSE error('mz:XX000:cannot concatenate incompatible arrays\n\nmz-detail:Arrays ' || CASE"
        " WHEN abs(len(d.a) - len(d.b)) > 1 THEN 'of ' || len(d.a) || ' and ' || len(d.b) || ' dimensions'"
        " ELSE 'with differing dimensions' END || ' are not compatible for concatenation.') END)[1]"
    )
    items = "list_concat(({0}).items, ({1}).items)"
    return (
        "CASE WHEN {0} IS NULL THEN {1} WHEN {1} IS NULL THEN {0}"
        f" WHEN len(({{0}}).dims) = 0 AND len(({{1}}).dims) = 0 THEN {array_sql(items)}"
        " WHEN len(({0}).items) = 0 THEN {1} WHEN len(({1}).items) = 0 THEN {0}"
        f" ELSE {array_sql(items, f'CAST({dims} AS INTEGER[])')} END"
    )


_CONCATENATED = _concatenated()

FUNCTIONS += [
    line("array_length", "anyarray, int8 -> int4", LENGTH, fallible=False),
    line("array_upper", "anyarray, int8 -> int4", LENGTH, fallible=False),
    line("array_lower", "anyarray, int8 -> int4", _FIRST, fallible=False),
    line("array_to_string", "anyarray, text -> text", build=_joined),
    line("array_to_string", "anyarray, text, text -> text", build=_joined, strict=False),
    line("string_to_array", "text, text -> text[]", python=_split_plain, strict=False),
    line("string_to_array", "text, text, text -> text[]", python=_split, strict=False),
    line("array_remove", "anyarray, anyelement -> anyarray", _REMOVED, strict=False),
    line("array_cat", "anycompatiblearray, anycompatiblearray -> anycompatiblearray", _CONCATENATED, strict=False),
    line("array_position", "anyarray, anyelement -> int4", _POSITION, strict=False),
    line("array_position", "anyarray, anyelement, int4 -> int4", _POSITION_FROM, strict=False),
    line("array_fill", "anyelement, int4[] -> anyarray", build=_filled, strict=False),
    line("array_fill", "anyelement, int4[], int4[] -> anyarray", build=_filled, strict=False),
    line("list_append", "anycompatiblelist, anycompatible -> anycompatiblelist",
         "list_append(coalesce({0}, []), {1})", strict=False, fallible=False),
    line("list_prepend", "anycompatible, anycompatiblelist -> anycompatiblelist",
         "list_prepend({0}, coalesce({1}, []))", strict=False, fallible=False),
    line("list_cat", "anycompatiblelist, anycompatiblelist -> anycompatiblelist",
         "CASE WHEN {0} IS NULL THEN {1} WHEN {1} IS NULL THEN {0} ELSE list_concat({0}, {1}) END", strict=False),
    line("list_length", "anylist -> int4", "CAST(len({0}) AS INTEGER)", fallible=False),
    line("map_build", "anylist -> anymap", build=_mapped, fallible=False),
    line("map_length", "anymap -> int4", "CAST(cardinality({0}) AS INTEGER)", fallible=False),
]  # fmt: skip

_HAS_ALL = (
    "CASE WHEN len(list_filter({1}, lambda y: y IS NULL)) = 0 THEN list_has_all({0}, {1})"
    " WHEN {0} IS NOT NULL AND {1} IS NOT NULL THEN false END"
)
_HAS_ENTRIES = (
    "CASE WHEN {0} IS NOT NULL AND {1} IS NOT NULL THEN"
    " len(list_filter(map_entries({1}), lambda e: NOT list_contains(map_entries({0}), e))) = 0 END"
)
_HAS_KEYS = (
    "CASE WHEN {0} IS NOT NULL AND {1} IS NOT NULL THEN len(list_filter(({1}).items, lambda k: {test})) {found} END"
)
_KNOWN = "list_contains(map_keys({0}), k)"
_HAS_ALL_KEYS = _HAS_KEYS.replace("{test}", f"k IS NULL OR NOT {_KNOWN}").replace("{found}", "= 0")
_HAS_A_KEY = _HAS_KEYS.replace("{test}", _KNOWN).replace("{found}", "> 0")


def _flipped(template: str) -> str:
    return template.replace("{0}", "{2}").replace("{1}", "{0}").replace("{2}", "{1}")


_INSIDE = _flipped(_HAS_ALL)


def _of_arrays(template: str) -> str:
    return template.replace("{0}", items_of("{0}")).replace("{1}", items_of("{1}"))


OPERATORS += [
    line("||", "anycompatiblearray, anycompatiblearray -> anycompatiblearray", _CONCATENATED, strict=False),
    line("||", "anycompatiblelist, anycompatiblelist -> anycompatiblelist",
         "CASE WHEN {0} IS NULL THEN {1} WHEN {1} IS NULL THEN {0} ELSE list_concat({0}, {1}) END", strict=False),
    line("||", "anycompatiblelist, anycompatible -> anycompatiblelist",
         "list_append(coalesce({0}, []), {1})", strict=False),
    line("||", "anycompatible, anycompatiblelist -> anycompatiblelist",
         "list_prepend({0}, coalesce({1}, []))", strict=False),
    line("@>", "anyarray, anyarray -> bool", _of_arrays(_HAS_ALL), fallible=False),
    line("<@", "anyarray, anyarray -> bool", _of_arrays(_INSIDE), fallible=False),
    line("@>", "anylist, anylist -> bool", _HAS_ALL, fallible=False),
    line("<@", "anylist, anylist -> bool", _INSIDE, fallible=False),
    line("@>", "anymap, anymap -> bool", _HAS_ENTRIES, fallible=False),
    line("<@", "anymap, anymap -> bool", _flipped(_HAS_ENTRIES), fallible=False),
    line("?&", "anymap, text[] -> bool", _HAS_ALL_KEYS, fallible=False),
    line("?|", "anymap, text[] -> bool", _HAS_A_KEY, fallible=False),
    line("->", "anymap, text -> mapvalue", "{0}[{1}]", fallible=False),
    line("?", "anymap, text -> bool", "CASE WHEN {1} IS NOT NULL THEN map_contains({0}, {1}) END", fallible=False),
]  # fmt: skip
