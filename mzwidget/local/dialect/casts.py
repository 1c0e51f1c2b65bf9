"""Casts of values: which there are, and what becomes of a value, a literal or a type's modifier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from mzwidget.local.dialect import digits, udf
from mzwidget.local.dialect.castlines import CASTS, INTEGERS, SIGNED, STRINGS, Context, checked_moment
from mzwidget.local.dialect.textparts import READ_ITEMS, READ_PAIRS, READ_RANGES, readable
from mzwidget.local.dialect.values import Value, apply, array_sql, failing, items_of, quote_text
from mzwidget.local.errors import SqlError, unsupported
from mzwidget.local.formats import numerics
from mzwidget.local.formats import types as t
from mzwidget.local.formats.containers import flat, quoted, reader, show_array, show_items, show_nested, show_record
from mzwidget.local.formats.printing import NESTED, printer
from mzwidget.local.formats.types import Type


def castable(source: Type, target: Type, context: Context) -> bool:
    """Whether a cast is there in that context."""
    if source.base == target.base or (source.name == "int2vector" and target.base == t.array_of(t.INT2)):
        return True
    if source.kind == "scalar" and target.kind == "scalar":
        line = CASTS.get((source.name, target.name))
        return line is not None and line.context <= context
    if target.kind == "scalar":
        return target.name in (*STRINGS, "char") and context >= Context.ASSIGNMENT
    if source.kind == "scalar":
        parsed = not _has_rows(target) and context == Context.EXPLICIT
        return parsed and source.name in (*STRINGS, "char")
    if "range" in (source.kind, target.kind):
        return False
    if source.kind == "record" and target.kind == "record":
        pairs = zip(source.fields, target.fields, strict=False)
        return len(source.fields) == len(target.fields) and all(castable(a, b, context) for (_, a), (_, b) in pairs)
    assert source.element is not None or source.kind == "record"
    if source.kind == target.kind and target.element is not None and source.element is not None:
        if source.kind == "array" and context != Context.EXPLICIT:
            return False
        return castable(source.element, target.element, Context.IMPLICIT if source.kind == "map" else context)
    if source.kind == "array" and target.kind == "list" and source.element is not None and target.element is not None:
        return context == Context.EXPLICIT and castable(source.element, target.element, Context.EXPLICIT)
    return False


def _has_rows(type_: Type) -> bool:
    """Whether a type is one of rows, or has such elements: no text is read as one."""
    return type_.kind == "record" or (type_.element is not None and _has_rows(type_.element))


_CATEGORIES = {
    "bool": "bool", "interval": "interval", "text": "text varchar bpchar name char", "": "uuid bytea jsonb",
    "float8": "int2 int4 int8 uint2 uint4 uint8 float4 float8 numeric oid regclass regproc regtype mz_timestamp",
    "timestamptz": "date time timestamp timestamptz",
}  # fmt: skip
_PREFERRED = {name: preferred for preferred, names in _CATEGORIES.items() for name in names.split()}
WIDER = {"uint2": t.INT4, "uint4": t.INT8, "uint8": t.NUMERIC}
"""The signed types that hold what unsigned ones do."""


def category(type_: Type) -> str:
    """Return a type's category, by the name of the type that is preferred in it, if there is one."""
    if type_.kind == "scalar":
        return _PREFERRED.get(type_.name, "")
    return "pseudo" if type_.kind in ("map", "record") else type_.kind


def is_preferred(type_: Type) -> bool:
    """Whether a type is the preferred one of its category."""
    return _PREFERRED.get(type_.name) == type_.name


def best(types: Sequence[Type], construct: str) -> Type:
    """Return the type that suits values of several types best, though not all may become it.

    Raises
    ------
    SqlError
        If they are of different categories.
    """
    if any(type_.name in SIGNED for type_ in types):
        types = [WIDER.get(type_.name, type_) for type_ in types]
    found = types[0]
    for type_ in types[1:]:
        if category(found) != category(type_):
            raise unmatched(construct, found, type_)
        forth, back = (castable(a, b, Context.IMPLICIT) for a, b in ((found, type_), (type_, found)))
        if _PREFERRED.get(types[0].name) != found.name and forth and not back:
            found = type_
    return found.base


def unmatched(construct: str, one: Type, other: Type) -> SqlError:
    """Return the error for values that have no type in common."""
    return SqlError(f"{construct} types {t.sql_name(one)} and {t.sql_name(other)} cannot be matched")


def common(types: Sequence[Type]) -> Type | None:
    """Return the type that all can implicitly become, None if there is none."""
    try:
        found = best(types, "")
    except SqlError:
        return None
    return found if all(castable(type_, found, Context.IMPLICIT) for type_ in types) else None


def constant(value: Any, type_: Type) -> str:
    """Return DuckDB SQL of a value as its reader gave it."""
    if value is None:
        return f"CAST(NULL AS {type_.duckdb})"
    if type_.kind == "array" and type_.element is not None:
        elements, dims = flat(value)
        listed = ", ".join(constant(item, type_.element) for item in elements)
        return f"CAST({array_sql(f'[{listed}]', str(list(dims)))} AS {type_.duckdb})"
    if type_.kind == "list" and type_.element is not None:
        inner = ", ".join(constant(item, type_.element) for item in value)
        return f"CAST([{inner}] AS {type_.duckdb})"
    if type_.kind == "range" and type_.element is not None:
        if not value["filled"]:
            return f"CAST(struct_pack(filled := false, lo := NULL, hi := NULL) AS {type_.duckdb})"
        bounds = ", ".join(
            f"{bound} := struct_pack(f := {value[bound]['f']}, v := {constant(value[bound]['v'], type_.element)},"
            f" x := {value[bound]['x']})"
            for bound in ("lo", "hi")
        )
        return f"CAST(struct_pack(filled := true, {bounds}) AS {type_.duckdb})"
    if type_.kind == "map" and type_.element is not None:
        keys = ", ".join(quote_text(key) for key in value)
        items = ", ".join(constant(item, type_.element) for item in value.values())
        return f"CAST(map([{keys}], [{items}]) AS {type_.duckdb})"
    match type_.name:
        case "bool":
            return "true" if value else "false"
        case "date":
            return f"(DATE '1970-01-01' + CAST({value} AS INTEGER))"
        case "time":
            return f"CAST(make_timestamp({value}) AS TIME)"
        case "timestamp" | "timestamptz":
            return f"make_timestamp({value})"
        case "interval":
            months, days, micros = value
            packed = f"struct_pack(months := {months}, days := {days}, us := {micros})"
            return f"CAST({packed} AS {t.INTERVAL.duckdb})"
        case "bytea":
            return f"unhex('{value.hex()}')"
        case "float4" | "float8":
            return f"CAST('{value!r}' AS {type_.duckdb})"
        case "uuid":
            return f"CAST('{value}' AS UUID)"
        case "numeric" | "jsonb" | "text" | "varchar" | "bpchar" | "name" | "char":
            return quote_text(str(value))
    return f"CAST({value} AS {type_.duckdb})"


def literal(text: str, target: Type, context: Context = Context.IMPLICIT) -> Value:
    """Return a text literal as a value of a type; one that is no such value fails when it is evaluated."""
    if _has_rows(target):
        raise no_cast(t.TEXT, target)
    try:
        value = Value(constant(reader(target)(text), target), target.base, literal=text, nullable=False)
        if target.name == "numeric":
            value = replace(value, digits=(value.sql, quote_text(str(numerics.parse(text)))))
        if target.typmod != -1 or _sized(target):
            return replace(modified(value, target, context), nullable=False)
        return value.typed(target)
    except SqlError as error:
        if error.sqlstate == "0A000":
            raise
        return replace(failing(error, target), literal=text)


def no_cast(source: Type, target: Type) -> SqlError:
    """Return the error for a cast that is not there."""
    return SqlError(f"CAST does not support casting from {t.sql_name(source.base)} to {t.sql_name(target.base)}")


def cast(value: Value, target: Type, context: Context = Context.EXPLICIT) -> Value:
    """Return the value as another type; it must be castable in that context."""
    source = value.type
    if value.sql.startswith("CAST(NULL AS"):
        return Value(f"CAST(NULL AS {target.duckdb})", target)
    if source.base == target.base or source.name == "int2vector":
        found = value.typed(target.base)
    elif source.kind == "scalar" and target.kind == "scalar":
        line = CASTS[source.name, target.name]
        if target.name in STRINGS and digits.are_kept(value):
            found = digits.shown(value).typed(target.base)
        else:
            found = apply(line.sql, [value], target.base, fallible=line.fallible)
        if target.name == "numeric" and source.name in (*INTEGERS, *STRINGS):
            found = digits.keep(found, digits.OF_INTEGER if source.name in INTEGERS else digits.OF_TEXT, [value])
        if target.name in STRINGS and source.name in STRINGS:
            found = replace(found, literal=value.literal)
    elif target.kind == "scalar":
        found = _shown(value).typed(target.base)
    elif source.kind == "scalar":
        found = _parsed(value, target)
    elif target.kind == "record":
        fields = enumerate(zip(source.fields, target.fields, strict=True), 1)
        inner = [cast(Value(f"{{0}}.f{i}", a), b, context).sql for i, ((_, a), (_, b)) in fields]
        packed = ", ".join(f"f{i} := {sql}" for i, sql in enumerate(inner, 1))
        found = apply(f"CASE WHEN {{0}} IS NOT NULL THEN struct_pack({packed}) END", [value], target, fallible=True)
    else:
        found = _items(value, target, context)
    found = modified(found, target, context) if target.typmod != -1 or _sized(target) else found
    return replace(found, nullable=value.nullable) if found.nullable != value.nullable else found


def _sized(target: Type) -> bool:
    return target.element is not None and (target.element.typmod != -1 or _sized(target.element))


def _shown(value: Value) -> Value:
    """Return the text of an array, list, map or record."""
    type_ = value.type
    if type_.kind == "record":
        items = [f"[{text_form(Value(f'{{0}}.f{i}', field)).sql}]" for i, (_, field) in enumerate(type_.fields, 1)]
        nested = [str(field.kind in NESTED).lower() for _, field in type_.fields]
        shown = _SHOW_RECORD.replace("{1}", f"[{', '.join(nested)}]").replace("{0}", f"flatten([{', '.join(items)}])")
        return apply(
            f"CASE WHEN {{0}} IS NOT NULL THEN {shown} END" if items else "'()'",
            [value],
            t.TEXT,
            fallible=True,
        )
    assert type_.element is not None
    if type_.kind == "range":
        return apply(_SHOW_RANGES[type_.name], [value], t.TEXT)
    inner = text_form(Value("x", type_.element)).sql
    if type_.kind == "map":
        keys, values = "map_keys({0})", f"list_transform(map_values({{0}}), lambda x: {inner})"
        shown = _SHOW_NESTED_MAP if type_.element.kind in NESTED else _SHOW_MAP
        return apply(shown.replace("{0}", "\x01").replace("{1}", values).replace("\x01", keys), [value], t.TEXT)
    if type_.kind == "array":
        shown = _SHOW_ARRAY
        if inner != "x":
            texts = f"list_transform({items_of('{0}')}, lambda x: {inner})"
            shown = shown.replace("{0}", array_sql(texts, "({0}).dims"))
        return apply(f"CASE WHEN {{0}} IS NOT NULL THEN {shown} END", [value], t.TEXT)
    template = _SHOW_NESTED if type_.element.kind in NESTED else _SHOW_ITEMS
    listed = "{0}" if inner == "x" else f"list_transform({{0}}, lambda x: {inner})"
    return apply(template.replace("{0}", listed), [value], t.TEXT)


_TEXTS = t.list_of(t.TEXT)


def _show_array(array: dict[str, Any]) -> str:
    return show_array(*flat(array), lambda item: "NULL" if item is None else quoted(item))


def _show_map(keys: list[str], values: list[str | None]) -> str:
    return _show_nested_map(keys, [None if value is None else quoted(value, also="=>") for value in values])


def _show_nested_map(keys: list[str], values: list[str | None]) -> str:
    pairs = zip(keys, values, strict=True)
    return "{" + ",".join(f"{quoted(key, also='=>')}=>{'NULL' if v is None else v}" for key, v in pairs) + "}"


_ARRAY = replace(t.array_of(t.TEXT), kind="scalar", element=None)
"""An array of texts as Python sees it: its elements and dimensions."""
_SHOW_ARRAY = udf.declare("show_array", _show_array, [_ARRAY], t.TEXT, fallible=False)
_SHOW_ITEMS = udf.declare("show_items", show_items, [_TEXTS], t.TEXT, fallible=False)
_SHOW_NESTED = udf.declare("show_nested", show_nested, [_TEXTS], t.TEXT, fallible=False)
_SHOW_RECORD = udf.declare("show_record", show_record, [_TEXTS, t.list_of(t.BOOL)], t.TEXT, fallible=False)
_SHOW_MAP = udf.declare("show_map", _show_map, [_TEXTS, _TEXTS], t.TEXT, fallible=False)
_SHOW_NESTED_MAP = udf.declare("show_nested_map", _show_nested_map, [_TEXTS, _TEXTS], t.TEXT, fallible=False)


_SHOW_RANGES = {
    name: udf.declare(f"show_{name}", printer(type_), [type_], t.TEXT, fallible=False)
    for name, type_ in t.RANGES.items()
}


def text_form(value: Value) -> Value:
    """Return the text that a value is printed as, where that differs from its cast: booleans."""
    if value.type.name == "bool":
        return apply("CASE WHEN {0} THEN 't' WHEN NOT {0} THEN 'f' END", [value], t.TEXT)
    if value.type.name == "bpchar" and value.type.typmod != -1:
        return apply(f"rpad({{0}}, {value.type.typmod - 4}, ' ')", [value], t.TEXT)
    return cast(value, t.TEXT)


def _parsed(value: Value, target: Type) -> Value:
    if value.literal is not None:
        return literal(value.literal, target)
    assert target.element is not None
    if target.kind == "range":
        return apply(READ_RANGES[target.name], [value], target, fallible=True)
    text = readable(value, target)
    nested = target.element.kind == target.kind
    if target.kind == "map":
        return apply(_mapped(READ_PAIRS[nested], target.element), [text], target, fallible=True)
    read = Value(READ_ITEMS[target.kind, nested].replace("{0}", "\x01"), _of_texts(target.kind))
    made = read if target.element.name in STRINGS else _items(read, target)
    return apply(made.sql.replace("\x01", "{0}"), [text], target, fallible=True)


def _of_texts(kind: str) -> Type:
    return t.array_of(t.TEXT) if kind == "array" else t.list_of(t.TEXT)


def _mapped(entries: str, target: Type, source: Type = t.TEXT, context: Context = Context.EXPLICIT) -> str:
    """Return the template of a map of entries k and v, the values of another type."""
    item = Value("e.v", source)
    is_as_it_is = target.name in STRINGS and source.name in STRINGS and target.typmod == -1
    inner = item.sql if is_as_it_is else cast(item, target, context).sql
    made = f"map_from_entries(list_transform({entries}, lambda e: struct_pack(k := e.k, v := {inner})))"
    return f"CASE WHEN {{0}} IS NOT NULL THEN {made} END"


def _items(value: Value, target: Type, context: Context = Context.EXPLICIT) -> Value:
    source = value.type
    if source.kind == "map" and target.element is not None and source.element is not None:
        if source.element.base == target.element.base and not _sized(target):
            return value.typed(target)
        entries = "list_transform(map_entries({0}), lambda e: struct_pack(k := e.key, v := e.value))"
        return apply(_mapped(entries, target.element, source.element, context), [value], target, fallible=True)
    if source.element is None or target.element is None:
        raise unsupported(f"a cast from {t.sql_name(source)} to {t.sql_name(target)}")
    name = f"x{value.depth}"
    inner = cast(Value(name, source.element), target.element, context)
    if source.kind == "array":
        listed = items_of("{0}")
        listed = listed if inner.sql == name else f"list_transform({listed}, lambda {name}: {inner.sql})"
        if target.kind == "array":
            if inner.sql == name:
                return value.typed(target)
            template = f"CASE WHEN {{0}} IS NOT NULL THEN {array_sql(listed, '({0}).dims')} END"
        else:
            many = "'mz:XX000:casting multi-dimensional array to list; got array with '"
            many = f"{many} || CAST(len(({{0}}).dims) AS VARCHAR) || ' dimensions not yet supported'"
            template = f"CASE WHEN len(({{0}}).dims) > 0 THEN error({many}) ELSE {listed} END"
        return apply(template, [value], target, fallible=inner.fallible or target.kind == "list")
    if inner.sql == name:
        return value.typed(target)
    return apply(f"list_transform({{0}}, lambda {name}: {inner.sql})", [value], target, fallible=inner.fallible)


def modified(value: Value, target: Type, context: Context) -> Value:
    """Return the value as its type's modifier has it: rounded, cut or padded."""
    if target.element is not None:
        return _items(value, target, context) if _sized(target) else value.typed(target)
    if target.name == "numeric":
        scale = t.numeric_scale(target)
        if scale is None:
            return value
        scaled = apply(_RESCALE.replace("{1}", str(scale)), [value], target, fallible=True)
        return digits.keep(scaled, digits.RESCALE.replace("{1}", str(scale)), [value])
    if target.name in ("varchar", "bpchar"):
        length = target.typmod - 4
        if context == Context.EXPLICIT:
            cut = f"left({{0}}, {length})"
            return replace(
                apply(f"rtrim({cut}, ' ')" if target.name == "bpchar" else cut, [value], target), literal=None
            )
        name = f"{t.standard_name(target.base)}({length})"
        failure = quote_text(f"mz:XX000:value too long for type {name}")
        template = (
            f"CASE WHEN length({{0}}) <= {length} THEN {{0}} WHEN length(rtrim({{0}}, ' ')) <= {length}"
            f" THEN left({{0}}, {length}) WHEN {{0}} IS NOT NULL THEN error({failure}) END"
        )
        return apply(template, [value], target, fallible=True)
    if target.name in ("timestamp", "timestamptz"):
        unit = 10 ** (6 - target.typmod)
        if unit == 1:
            return value.typed(target)
        half = f"(epoch_us({{0}}) + {unit // 2})"
        rounded = f"make_timestamp({half} - ({half} % {unit} + {unit}) % {unit})"
        return apply(checked_moment(rounded), [value], target, fallible=True)
    return value.typed(target)


_RESCALE = udf.declare("rescale", numerics.rescaled, [t.NUMERIC, t.INT4], t.NUMERIC)
