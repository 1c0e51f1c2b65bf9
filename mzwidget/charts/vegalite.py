"""A Vega-Lite specification, walked: which parts draw the view, which fields they take, and of what type those are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from mzwidget.charts import roles
from mzwidget.charts.roles import ChartError
from mzwidget.tail.values import Column

Spec = dict[str, Any]

_CHILDREN = ("layer", "concat", "hconcat", "vconcat")
_UNTYPED = {"x2", "y2", "xError", "xError2", "yError", "yError2", "theta2", "radius2", "longitude2", "latitude2"}
"""Channels that have the type of another."""
_QUANTITATIVE = {"count", "distinct", "valid", "missing", "sum", "mean", "average", "median", "stdev", "variance"}
_DATUM = re.compile(r"""\bdatum\s*(?:\.\s*([A-Za-z_$][\w$]*)|\[\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*\])""")
_SPECIAL = re.compile(r"[.\[\]\\']")
_IMPOSSIBLE = re.compile(
    r"""[\s\S]*["\n\r][\s\S]*|__proto__|__(define|lookup)(Getter|Setter)__|constructor|hasOwnProperty|isPrototypeOf"""
    r"""|propertyIsEnumerable|toLocaleString|toString|valueOf"""
)
"""Names that Vega takes for those of its own objects, or cannot quote."""


def vega_type(of: Column) -> str:
    """Return how Vega-Lite shall take a column's values."""
    if roles.is_time(of):
        return "temporal"
    return "quantitative" if roles.is_measure(of) or roles.is_calendar(of) else "nominal"


class Fields:
    """The fields that a specification may name: the view's columns, and what transforms make of them.

    Parameters
    ----------
    columns : sequence of Column
    """

    def __init__(self, columns: Sequence[Column]) -> None:
        self._names = [of.name for of in columns]
        self._types: dict[str, str | None] = {}
        self._made: set[str] = set()
        self._open = False
        for of in columns:
            self._types.setdefault(of.name, vega_type(of))

    def make(self, name: object, type_: str | None) -> None:
        """Note a field that a transform makes; its type is None where only the user can know."""
        if isinstance(name, str):
            self._made.add(name)
            self._types[name] = type_

    def allow_any(self) -> None:
        """Note that a transform makes fields of any name (a pivot)."""
        self._open = True

    def path(self, field: str) -> str:
        """Check a field, and write it so that Vega takes a name with dots or brackets as a name.

        Raises
        ------
        ChartError
            The view has no such column, or several.
        """
        if field in self._types and field not in self._made and _SPECIAL.search(field):
            self.check(field)
            return _SPECIAL.sub(lambda found: "\\" + found[0], field)
        self.check(column_of(field))
        return field

    def check(self, name: str) -> None:
        """Check a name, as it is."""
        if name in self._names and _IMPOSSIBLE.fullmatch(name):
            raise ChartError(f"chart: Vega can draw no column of the name {name!r}; give it an alias")
        if name not in self._types and not self._open:
            raise ChartError(f"chart: the view has no column {name!r}{roles.nearest(name, self._names)}")
        if name not in self._made and self._names.count(name) > 1:
            raise ChartError(f"chart: the view has several columns {name!r}; give them aliases")

    def type_of(self, field: str) -> str:
        """Return the type of a field that has been checked.

        Raises
        ------
        ChartError
            Only the user can know.
        """
        type_ = self._types.get(column_of(field) if field not in self._types else field)
        if type_ is None:
            raise ChartError(f"chart: a transform makes {field!r}, so say of what type it is, such as '{field}:Q'")
        return type_


def column_of(field: str) -> str:
    r"""Return the column of a path such as ``doc.user`` or ``a\.b``."""
    found = re.match(r"(?:\\.|[^.\[\\])*", field, re.DOTALL)
    return re.sub(r"\\(.)", r"\1", found[0] if found else field)


def children(spec: Spec) -> Iterator[Spec]:
    """Yield the specifications within one."""
    for name in _CHILDREN:
        yield from spec.get(name) or ()
    if "spec" in spec:
        yield spec["spec"]


def transforms(spec: Spec) -> Iterator[Spec]:
    """Yield all transforms of a specification and of those within it."""
    yield from spec.get("transform") or ()
    for child in children(spec):
        yield from transforms(child)


def learn(spec: Spec, fields: Fields, datasets: Mapping[str, Any]) -> None:
    """Note what transforms make."""
    for transform in transforms(spec):
        _made(transform, fields, datasets)


def _made(transform: Spec, fields: Fields, datasets: Mapping[str, Any]) -> None:
    as_ = transform.get("as")
    names = as_ if isinstance(as_, list) else [as_]
    match transform:
        case {"calculate": _}:
            fields.make(as_, None)
        case {"lookup": _, "from": {"fields": list(looked_up)} as source}:
            rows = _values(source.get("data"), datasets)
            for field, name in zip(looked_up, names if as_ else looked_up, strict=False):
                fields.make(name, _type_in(rows, field))
        case {"lookup": _}:
            fields.make(as_, None)
        case {"aggregate": list(parts)} | {"joinaggregate": list(parts)} | {"window": list(parts)}:
            for part in parts:
                fields.make(part.get("as"), "quantitative")
        case {"timeUnit": _}:
            fields.make(as_, "temporal")
        case {"fold": _}:
            key, value, *_ = (*names, "value") if as_ else ("key", "value")
            fields.make(key, "nominal")
            fields.make(value, "quantitative")
        case {"flatten": list(flattened)}:
            for name in names if as_ else flattened:
                fields.make(name, None)
        case {"pivot": _}:
            fields.allow_any()
        case {"density": _} | {"quantile": _} | {"bin": _} | {"stack": _} | {"regression": _} | {"loess": _}:
            for name in names if as_ else ("value", "density", "prob"):
                fields.make(name, "quantitative")


def _values(data: object, datasets: Mapping[str, Any]) -> list[Any]:
    match data:
        case {"values": list(rows)}:
            return rows
        case {"name": str(name)} if isinstance(named := datasets.get(name), list):
            return named
    return []


def _type_in(rows: Iterable[Any], field: object) -> str | None:
    values = [row.get(field) for row in rows if isinstance(row, dict)]
    present = [value for value in values if value is not None]
    if not present:
        return None
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in present)
    return "quantitative" if numbers else "nominal"


def check(spec: Spec, fields: Fields) -> None:
    """Check all that one specification itself (not those within it) takes of the view, and fill in types.

    Raises
    ------
    ChartError
        It takes a field that is not there, or one whose type only the user can know.
    """
    for transform in spec.get("transform") or ():
        _check_transform(transform, fields)
    for channel, given in (spec.get("encoding") or {}).items():
        for definition in given if isinstance(given, list) else [given]:
            _check_channel(definition, fields, typed=channel not in _UNTYPED)
    facet = spec.get("facet")
    if isinstance(facet, dict):
        for definition in [facet] if "field" in facet else facet.values():
            _check_channel(definition, fields, typed=True)
    for repeated in _lists(spec.get("repeat")):
        _check_list(repeated, fields)
    for param in spec.get("params") or ():
        select = param.get("select")
        if isinstance(select, dict) and "fields" in select:
            _check_list(select["fields"], fields)


def _check_channel(definition: object, fields: Fields, *, typed: bool) -> None:
    if not isinstance(definition, dict):
        return
    given = definition.get("field")
    _check_parts(definition, fields)
    if definition.get("field") != given and not definition.keys() & {"aggregate", "bin", "timeUnit", "title"}:
        definition["title"] = given  # else its axis shows the backslashes
    condition = definition.get("condition")
    for part in condition if isinstance(condition, list) else [condition]:
        _check_channel(part, fields, typed=typed)
    field = definition.get("field")
    if isinstance(field, str) and typed and "type" not in definition:
        definition["type"] = _type_of(definition, field, fields)


def _type_of(definition: Spec, field: str, fields: Fields) -> str:
    if "timeUnit" in definition:
        return "temporal"
    if definition.get("aggregate") in _QUANTITATIVE or definition.get("bin"):
        return "quantitative"
    return fields.type_of(field)


def _check_parts(part: Spec, fields: Fields) -> None:
    """Check the fields that something names by the words ``field``, ``sort`` and so on, and in its expressions."""
    if isinstance(part.get("field"), str) and part["field"]:
        part["field"] = fields.path(part["field"])
    aggregate = part.get("aggregate")
    if isinstance(aggregate, dict):
        for extreme in ("argmin", "argmax"):
            if isinstance(aggregate.get(extreme), str):
                aggregate[extreme] = fields.path(aggregate[extreme])
    for sort in part["sort"] if isinstance(part.get("sort"), list) else [part.get("sort")]:
        if isinstance(sort, dict) and isinstance(sort.get("field"), str):
            sort["field"] = fields.path(sort["field"])
    _check_predicate(part.get("test"), fields)


def _check_transform(transform: Spec, fields: Fields) -> None:
    _check_parts(transform, fields)
    _check_predicate(transform.get("filter"), fields)
    _check_predicate(transform.get("calculate"), fields)
    for name in ("groupby", "fold", "flatten"):
        if isinstance(transform.get(name), list):
            _check_list(transform[name], fields)
    for name in (
        "lookup",
        "stack",
        "impute",
        "key",
        "pivot",
        "value",
        "density",
        "quantile",
        "regression",
        "loess",
        "on",
    ):
        if isinstance(transform.get(name), str):
            transform[name] = fields.path(transform[name])
    for name in ("aggregate", "joinaggregate", "window"):
        for part in transform.get(name) or ():
            _check_parts(part, fields)


def _check_predicate(predicate: object, fields: Fields) -> None:
    match predicate:
        case str():
            for plain, single, double in _DATUM.findall(predicate):
                fields.check(plain or re.sub(r"\\(.)", r"\1", single or double))
        case {"not": inner}:
            _check_predicate(inner, fields)
        case {"and": list(all_)} | {"or": list(all_)}:
            for inner in all_:
                _check_predicate(inner, fields)
        case dict() if isinstance(field := predicate.get("field"), str):
            predicate["field"] = fields.path(field)


def _check_list(names: list[Any], fields: Fields) -> None:
    names[:] = [fields.path(name) if isinstance(name, str) else name for name in names]


def _lists(repeat: object) -> Iterator[list[Any]]:
    if isinstance(repeat, list):
        yield repeat
    elif isinstance(repeat, dict):
        yield from (names for names in repeat.values() if isinstance(names, list))
