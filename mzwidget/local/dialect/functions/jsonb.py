"""Operators and functions of jsonb."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from mzwidget.local.dialect import udf
from mzwidget.local.dialect.castlines import kind_of
from mzwidget.local.dialect.casts import cast, literal, text_form
from mzwidget.local.dialect.overloads import Overload, line
from mzwidget.local.dialect.values import Value, apply, items_of, plainly_ordered, quote_text
from mzwidget.local.errors import SqlError
from mzwidget.local.formats import jsonb, numerics
from mzwidget.local.formats import types as t
from mzwidget.local.formats.containers import show_array

FUNCTIONS: list[Overload] = []
OPERATORS: list[Overload] = []


def _member(value: Any, key: str) -> Any:
    return _MISSING if not isinstance(value, dict) else value.get(key, _MISSING)


def _element(value: Any, index: int) -> Any:
    if not isinstance(value, list):  # a scalar is the only element of itself
        return value if index in (0, -1) and not isinstance(value, dict) else _MISSING
    return value[index] if -len(value) <= index < len(value) else _MISSING


class _Missing:
    pass


_MISSING = _Missing()


def _path(value: Any, path: Sequence[str | None]) -> Any:
    for step in path:
        if step is None:
            return _MISSING
        if isinstance(value, dict):
            value = _member(value, step)
        elif isinstance(value, list):
            try:
                value = _element(value, int(step))
            except ValueError:
                return _MISSING
        else:
            return _MISSING
        if value is _MISSING:
            return value
    return value


def _document(function: Callable[[Any, Any], Any]) -> Callable[[str, Any], str | None]:
    def call(text: str, step: Any) -> str | None:
        found = function(jsonb.read(text), step)
        return None if found is _MISSING else jsonb.write(found)

    return call


def _as_text(function: Callable[[Any, Any], Any]) -> Callable[[str, Any], str | None]:
    def call(text: str, step: Any) -> str | None:
        found = function(jsonb.read(text), step)
        if found is _MISSING or found is None:
            return None
        return found if isinstance(found, str) else jsonb.write(found)

    return call


def _lines() -> None:
    for operator, step, function in (("->", "text", _member), ("->", "int8", _element)):
        template = udf.declare("jsonb_get", _document(function), [t.TEXT, t.SCALARS[step]], t.TEXT, fallible=False)
        OPERATORS.append(line(operator, f"jsonb, {step} -> jsonb", template, fallible=False))
    for step, function in (("text", _member), ("int8", _element)):
        template = udf.declare("jsonb_get_text", _as_text(function), [t.TEXT, t.SCALARS[step]], t.TEXT, fallible=False)
        OPERATORS.append(line("->>", f"jsonb, {step} -> text", template, fallible=False))
    texts = t.array_of(t.TEXT)
    template = udf.declare("jsonb_path", _document(_path), [t.TEXT, texts], t.TEXT, fallible=False)
    OPERATORS.append(line("#>", "jsonb, text[] -> jsonb", template, fallible=False))
    template = udf.declare("jsonb_path_text", _as_text(_path), [t.TEXT, texts], t.TEXT, fallible=False)
    OPERATORS.append(line("#>>", "jsonb, text[] -> text", template, fallible=False))


_lines()


def _contains(a: Any, b: Any, *, top: bool = True) -> bool:
    if isinstance(a, dict) and isinstance(b, dict):
        return all(key in a and _contains(a[key], item, top=False) for key, item in b.items())
    if isinstance(a, list) and isinstance(b, list):
        return all(any(_contains(x, item, top=False) for x in a) for item in b)
    if top and isinstance(a, list) and not isinstance(b, (dict, list)):
        return any(type(x) is type(b) and x == b for x in a)
    return type(a) is type(b) and a == b


def _has(value: Any, key: str) -> bool:
    if isinstance(value, dict):
        return key in value
    if isinstance(value, list):
        return key in [item for item in value if isinstance(item, str)]
    return value == key if isinstance(value, str) else False


def _concat(a: str, b: str) -> str | None:
    left, right = jsonb.read(a), jsonb.read(b)
    if isinstance(left, dict) and isinstance(right, dict):
        return jsonb.write(left | right)
    if isinstance(left, list) and isinstance(right, list):
        return jsonb.write(left + right)
    if isinstance(left, list):
        return jsonb.write([*left, right])
    if isinstance(right, list):
        return jsonb.write([left, *right])
    return None


def _without_key(text: str, key: str) -> str | None:
    value = jsonb.read(text)
    if isinstance(value, dict):
        return jsonb.write({k: v for k, v in value.items() if k != key})
    if isinstance(value, list):
        return jsonb.write([item for item in value if item != key])
    return None


def _without_index(text: str, index: int) -> str | None:
    value = jsonb.read(text)
    if not isinstance(value, list):
        return None
    at = index if index >= 0 else len(value) + index
    return jsonb.write([item for i, item in enumerate(value) if i != at])


def _plain(name: str, function: Callable[..., Any], arguments: str, result: str) -> str:
    types = [t.TEXT if each.strip() == "jsonb" else t.SCALARS[each.strip()] for each in arguments.split(",")]
    return udf.declare(name, function, types, t.TEXT if result == "jsonb" else t.SCALARS[result], fallible=False)


_CONTAINS = _plain("jsonb_contains", lambda a, b: _contains(jsonb.read(a), jsonb.read(b)), "jsonb, jsonb", "bool")


def _holds(values: Sequence[Value]) -> Value:
    """Return whether one document contains another, either of which may be a text."""
    documents = [
        literal(value.literal, t.JSONB) if value.literal is not None
        else cast(value, t.JSONB) if value.type.name == "text" else value
        for value in values
    ]  # fmt: skip
    return apply(_CONTAINS, documents, t.BOOL)


def _sort_key(value: Any) -> str:
    """Return a text that sorts as Materialize sorts jsonb: booleans, texts, arrays, objects, numbers, null."""
    if value is None:
        return "f"
    if isinstance(value, bool):
        return "a1" if value else "a0"
    if isinstance(value, str):
        return f"b{value}\x01"
    if isinstance(value, list):
        return "c" + "".join(f"\x02{_sort_key(item)}" for item in value) + "\x01"
    if isinstance(value, dict):
        pairs = (f"\x02{key}\x01{_sort_key(value[key])}" for key in sorted(value, key=str.encode))
        return "d" + "".join(pairs) + "\x01"
    return f"e{numerics.key(value)}\x01"


SORT_KEY = udf.declare("jsonb_key", _sort_key, [t.JSONB], t.TEXT, fallible=False)


def _ordered(type_: t.Type, value: str, depth: int = 0) -> str:
    """Return DuckDB SQL of what sorts as a value of a type does, the documents in it among themselves."""
    if plainly_ordered(type_):
        return value
    if type_.name == "jsonb":
        return SORT_KEY.replace("{0}", value)
    each, inner = f"e{depth}", f"i{depth}"
    if type_.kind == "record":
        fields = [f"f{i} := {_ordered(f, f'{each}.f{i}', depth + 1)}" for i, (_, f) in enumerate(type_.fields, 1)]
        key = f"struct_pack({', '.join(fields)})"
        return f"list_transform([{value}], lambda {each}: CASE WHEN {each} IS NOT NULL THEN {key} END)[1]"
    assert type_.element is not None
    if type_.kind == "map":
        entry = f"struct_pack(k := {inner}.key, v := {_ordered(type_.element, f'{inner}.value', depth + 1)})"
        return f"list_transform(map_entries({value}), lambda {inner}: {entry})"
    item = f"lambda {inner}: {_ordered(type_.element, inner, depth + 1)}"
    if type_.kind == "list":
        return f"list_transform({value}, {item})"
    key = f"struct_pack(items := list_transform({each}.items, {item}), dims := {each}.dims)"
    return f"list_transform([{value}], lambda {each}: CASE WHEN {each} IS NOT NULL THEN {key} END)[1]"


def sortable(value: Value) -> Value:
    """Return what sorts as the value does."""
    if plainly_ordered(value.type):
        return value
    return apply(_ordered(value.type, "{0}"), [value], t.TEXT)


OPERATORS += [
    line(each, "jsonb, jsonb -> bool", f"({SORT_KEY} {each} {SORT_KEY.replace('{0}', '{1}')})", fallible=False)
    for each in ("<", "<=", ">", ">=")
]
OPERATORS += [
    line(operator, f"{left}, {right} -> bool", build=build, strict=left == right, fallible=left != right)
    for operator, build in (("@>", _holds), ("<@", lambda values: _holds(values[::-1])))
    for left, right in (("jsonb", "jsonb"), ("jsonb", "text"), ("text", "jsonb"))
]
OPERATORS += [
    line("?", "jsonb, text -> bool", python=_has, fallible=False),
    line("||", "jsonb, jsonb -> jsonb", _plain("jsonb_concat", _concat, "jsonb, jsonb", "jsonb"), fallible=False),
    line("-", "jsonb, text -> jsonb", _plain("jsonb_minus", _without_key, "jsonb, text", "jsonb"), fallible=False),
    line("-", "jsonb, int8 -> jsonb", _plain("jsonb_minus", _without_index, "jsonb, int8", "jsonb"), fallible=False),
]


def _strip(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _strip(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_strip(item) for item in value]
    return value


def _pretty(value: Any, indent: int = 0) -> str:
    pad, inner = "  " * indent, "  " * (indent + 1)
    if isinstance(value, dict) and value:
        items = (
            f"{inner}{jsonb.quote(key)}: {_pretty(value[key], indent + 1)}" for key in sorted(value, key=str.encode)
        )
        return "{\n" + ",\n".join(items) + f"\n{pad}}}"
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(inner + _pretty(item, indent + 1) for item in value) + f"\n{pad}]"
    return jsonb.write(value)


def _length(text: str) -> int | None:
    value = jsonb.read(text)
    return len(value) if isinstance(value, list) else None


def _strip_nulls(text: str) -> str:
    return jsonb.write(_strip(jsonb.read(text)))


FUNCTIONS += [
    line("jsonb_typeof", "jsonb -> text", python=kind_of, fallible=False),
    line("jsonb_array_length", "jsonb -> int4", _plain("jsonb_length", _length, "jsonb", "int4"), fallible=False),
    line("jsonb_pretty", "jsonb -> text", python=_pretty, fallible=False),
    line("jsonb_strip_nulls", "jsonb -> jsonb", _plain("jsonb_strip", _strip_nulls, "jsonb", "jsonb"), fallible=False),
]


# --------------------------------------------------------------------------------------------------- building

_QUOTE = udf.declare("jsonb_quote", jsonb.quote, [t.TEXT], t.TEXT, fallible=False)


def _numeric(value: Decimal) -> str:
    if value.is_nan():
        return '"NaN"'
    return jsonb.write(value)


def to_jsonb(value: Value) -> Value:
    """Return the value as jsonb; NULL stays NULL."""
    type_ = value.type
    if type_.name == "jsonb":
        return value
    if type_.name in ("int2", "int4", "int8", "uint2", "uint4", "uint8"):
        return apply("CAST({0} AS VARCHAR)", [value], t.JSONB)
    if type_.name == "numeric":
        return apply(_NUMERIC, [value], t.JSONB, fallible=True)
    if type_.name in ("float4", "float8"):
        return to_jsonb(cast(value, t.NUMERIC))
    if type_.name == "bool":
        return apply("CASE WHEN {0} THEN 'true' WHEN NOT {0} THEN 'false' END", [value], t.JSONB)
    if type_.kind in ("array", "list") and type_.element is not None:
        name = f"j{value.depth}"
        inner = to_jsonb(Value(name, type_.element)).sql
        items = items_of("{0}") if type_.kind == "array" else "{0}"
        texts = f"list_transform({items}, lambda {name}: coalesce({inner}, 'null'))"
        shown = f"'[' || array_to_string({texts}, ',') || ']'"
        if type_.kind == "array":
            nested = _DIMENSIONS.replace("{0}", texts.replace("{0}", "\x01")).replace("{1}", "({0}).dims")
            shown = f"CASE WHEN len(({{0}}).dims) > 0 THEN {nested} ELSE {shown} END".replace("\x01", "{0}")
        return apply(f"CASE WHEN {{0}} IS NOT NULL THEN {shown} END", [value], t.JSONB, fallible=True)
    if type_.kind == "record":
        first: dict[str, Value] = {}
        for i, (name, field) in enumerate(type_.fields, 1):
            first.setdefault(name, Value(f"{{0}}.f{i}", field))
        fields = [
            f"{quote_text(json.dumps(name, ensure_ascii=False) + ':')} || coalesce({to_jsonb(first[name]).sql}, 'null')"
            for name in sorted(first)
        ]
        inner = " || ',' || ".join(fields) or "''"
        template = "CASE WHEN {0} IS NOT NULL THEN chr(123) || " + inner + " || chr(125) END"
        return apply(template, [value], t.JSONB, fallible=True)
    return apply(_QUOTE, [text_form(value) if type_.name == "bpchar" else cast(value, t.TEXT)], t.JSONB)


def _dimensions(texts: list[str], dims: list[int]) -> str:
    return show_array(texts, dims, str, "[]")


_DIMENSIONS = udf.declare("jsonb_dimensions", _dimensions, [t.list_of(t.TEXT), t.list_of(t.INT4)], t.TEXT)


_NUMERIC = udf.declare("jsonb_numeric", _numeric, [t.NUMERIC], t.TEXT)


def _to_jsonb(values: Sequence[Value]) -> Value:
    return to_jsonb(values[0])


def _array(values: Sequence[Value]) -> Value:
    inner = [apply("coalesce({0}, 'null')", [to_jsonb(value)], t.TEXT) for value in values]
    if not inner:
        return Value("'[]'", t.JSONB)
    return apply("('[' || concat_ws(',', {*}) || ']')", inner, t.JSONB)


def _build_object(parts: list[str | None]) -> str:
    found: dict[str, Any] = {}
    for at in range(0, len(parts), 2):
        key = parts[at]
        if key is None:
            raise SqlError("key cannot be null")
        item = parts[at + 1]
        if key in found:
            continue
        found[key] = None if item is None else jsonb.read(item)
    return jsonb.write(found)


_OBJECT = udf.declare("jsonb_object", _build_object, [t.list_of(t.TEXT)], t.TEXT, strict=False)


def _object(values: Sequence[Value]) -> Value:
    if len(values) % 2:
        raise SqlError("argument list must have even number of elements")
    parts = []
    for key, item in zip(values[::2], values[1::2], strict=True):
        parts += [cast(key, t.TEXT), to_jsonb(item)]
    if not parts:
        return Value("'{}'", t.JSONB)
    return apply(_OBJECT.replace("{0}", "[{*}]"), parts, t.JSONB, fallible=True)


FUNCTIONS += [
    line("to_jsonb", "any -> jsonb", build=_to_jsonb),
    line("jsonb_build_array", "-> jsonb", build=_array, strict=False),
    line("jsonb_build_object", "-> jsonb", build=_object, strict=False),
    line("jsonb_build_array", "any... -> jsonb", build=_array, strict=False),
    line("jsonb_build_object", "any... -> jsonb", build=_object, strict=False),
]
