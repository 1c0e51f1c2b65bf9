"""Functions and operators of ranges.

A range is kept so that DuckDB's comparison orders it: ``filled`` (false: empty), then the bounds. ``f`` tells a finite
bound from none, ``v`` is its value, ``x`` is 1 for an exclusive lower and an inclusive upper bound.
"""

from __future__ import annotations

from mzwidget.local.dialect.overloads import Overload, line
from mzwidget.local.formats import types as t

FUNCTIONS: list[Overload] = []
OPERATORS: list[Overload] = []

_STEPS = {"int4": ("1", 2**31 - 1), "int8": ("1", 2**63 - 1), "date": ("1", None)}
"""Of types whose ranges have but one form, ``[lower, upper)``: the step to the next value, and the last value."""
_NONE = "struct_pack(filled := false, lo := NULL, hi := NULL)"
_DISORDER = "error('mz:XX000:range lower bound must be less than or equal to range upper bound')"


def _next(element: t.Type, value: str) -> str:
    step, last = _STEPS[element.name]
    if last is None:
        return f"CAST({value} + {step} AS {element.duckdb})"
    failure = f"error('mz:XX000:{t.sql_name(element)} out of range')"
    return f"CASE WHEN {value} = {last} THEN {failure} ELSE {value} + {step} END"


def _made(range_: t.Type, low: str, high: str, flags: str) -> str:
    """Return the template of a range from its bounds."""
    element = range_.element
    assert element is not None
    if element.name in _STEPS:
        lower = f"CASE WHEN r.a THEN r.l ELSE {_next(element, 'r.l')} END"
        upper = f"CASE WHEN r.b THEN {_next(element, 'r.u')} ELSE r.u END"
        settled, none = f"struct_pack(l := {lower}, u := {upper}, a := true, b := false)", "s.l >= s.u"
    else:
        settled, none = "r", "s.l = s.u AND NOT (s.a AND s.b)"
    lo = "struct_pack(f := CAST(s.l IS NOT NULL AS INTEGER), v := s.l, x := CAST(s.l IS NULL OR NOT s.a AS INTEGER))"
    hi = "struct_pack(f := CAST(s.u IS NULL AS INTEGER), v := s.u, x := CAST(s.u IS NOT NULL AND s.b AS INTEGER))"
    given = f"struct_pack(l := {low}, u := {high}, a := {flags}[1] = '[', b := {flags}[2] = ']')"
    made = (
        f"list_transform([CASE WHEN r.l > r.u THEN {_DISORDER} ELSE {settled} END], lambda s:"
        f" CASE WHEN {none} THEN {_NONE} ELSE struct_pack(filled := true, lo := {lo}, hi := {hi}) END)[1]"
    )
    return f"CAST(list_transform([{given}], lambda r: {made})[1] AS {range_.duckdb})"


for _range in t.RANGES.values():
    assert _range.element is not None
    _bounds = f"{_range.element.name}, {_range.element.name}"
    _known = "coalesce({2}, '') IN ('[]', '[)', '(]', '()')"
    _flags = (
        "CASE WHEN {2} IS NULL THEN error('mz:XX000:range constructor flags argument must not be null')"
        f" WHEN {_known} THEN {{2}} ELSE error('mz:XX000:invalid range bound flags') END"
    )
    FUNCTIONS += [
        line(_range.name, f"{_bounds} -> {_range.name}", _made(_range, "{0}", "{1}", "'[)'"), strict=False),
        line(
            _range.name,
            f"{_bounds}, text -> {_range.name}",
            f"list_transform([{_flags}], lambda f: {_made(_range, '{0}', '{1}', 'f')})[1]",
            strict=False,
        ),
    ]


def _both(condition: str) -> str:
    """Return a condition of two ranges, which none fulfils that is empty; NULL if either is NULL."""
    return f"CASE WHEN {{0}} IS NULL OR {{1}} IS NULL THEN NULL ELSE {{0}}.filled AND {{1}}.filled AND {condition} END"


def _before(high: str, low: str) -> str:
    """Whether an upper bound lies before a lower one."""
    apart = f"({high}.v = {low}.v AND NOT ({high}.x = 1 AND {low}.x = 0))"
    return f"({high}.f = 0 AND {low}.f = 1 AND ({high}.v < {low}.v OR {apart}))"


def _touch(high: str, low: str) -> str:
    """Whether nothing lies between an upper and a lower bound, nor in both."""
    return f"({high}.f = 0 AND {low}.f = 1 AND {high}.v = {low}.v AND {high}.x = {low}.x)"


_APART = f"({_before('{0}.hi', '{1}.lo')} OR {_before('{1}.hi', '{0}.lo')})"
_ADJACENT = f"({_touch('{0}.hi', '{1}.lo')} OR {_touch('{1}.hi', '{0}.lo')})"
_COVERS = "({0}.lo <= {1}.lo AND {0}.hi >= {1}.hi)"
_CONTAINS = (
    "CASE WHEN {0} IS NULL OR {1} IS NULL THEN NULL ELSE NOT {1}.filled OR ({0}.filled AND " + _COVERS + ") END"
)  # fmt: skip
_HAS = (
    "CASE WHEN {1} IS NULL OR {0} IS NULL THEN NULL ELSE {0}.filled"
    " AND ({0}.lo.f = 0 OR {0}.lo.v < {1} OR ({0}.lo.v = {1} AND {0}.lo.x = 0))"
    " AND ({0}.hi.f = 1 OR {0}.hi.v > {1} OR ({0}.hi.v = {1} AND {0}.hi.x = 1)) END"
)


def _flipped(template: str) -> str:
    return template.replace("{0}", "{2}").replace("{1}", "{0}").replace("{2}", "{1}")


_LEAST = "CASE WHEN {0}.{b} < {1}.{b} THEN {0}.{b} ELSE {1}.{b} END"
_MOST = "CASE WHEN {0}.{b} > {1}.{b} THEN {0}.{b} ELSE {1}.{b} END"


def _of(low: str, high: str) -> str:
    return f"struct_pack(filled := true, lo := {low.replace('{b}', 'lo')}, hi := {high.replace('{b}', 'hi')})"


def _other_side(bound: str) -> str:
    """Return the bound at which what lies on the other side of one ends."""
    return f"struct_pack(f := 1 - {bound}.f, v := {bound}.v, x := {bound}.x)"


_NOT_ONE = "error('mz:XX000:result of range {} would not be contiguous')"
_UNION = (
    "CASE WHEN {0} IS NULL OR {1} IS NULL THEN NULL WHEN NOT {0}.filled THEN {1} WHEN NOT {1}.filled THEN {0}"
    f" WHEN {_APART} AND NOT {_ADJACENT} THEN {_NOT_ONE.replace('{}', 'union')} ELSE {_of(_LEAST, _MOST)} END"
)
_EMPTY_IF_APART = f"NOT {{0}}.filled OR NOT {{1}}.filled OR {_APART}"
_INTERSECTION = (
    f"CASE WHEN {{0}} IS NULL OR {{1}} IS NULL THEN NULL WHEN {_EMPTY_IF_APART} THEN {_NONE}"
    f" ELSE {_of(_MOST, _LEAST)} END"
)
_DIFFERENCE = (
    f"CASE WHEN {{0}} IS NULL OR {{1}} IS NULL THEN NULL WHEN {_EMPTY_IF_APART} THEN {{0}}"
    f" WHEN {_flipped(_COVERS)} THEN {_NONE}"
    f" WHEN {{0}}.lo < {{1}}.lo AND {{0}}.hi > {{1}}.hi THEN {_NOT_ONE.replace('{}', 'difference')}"
    f" WHEN {{0}}.lo < {{1}}.lo THEN {_of('{0}.lo', _other_side('{1}.lo'))}"
    f" ELSE {_of(_other_side('{1}.hi'), '{0}.hi')} END"
)

FUNCTIONS += [
    line("lower", "anyrange -> rangeelement", "({0}).lo.v", fallible=False),
    line("upper", "anyrange -> rangeelement", "({0}).hi.v", fallible=False),
    line("isempty", "anyrange -> bool", "(NOT ({0}).filled)", fallible=False),
    line("lower_inc", "anyrange -> bool", "CASE WHEN {0} IS NOT NULL THEN coalesce({0}.lo.x = 0, false) END",
         fallible=False),
    line("upper_inc", "anyrange -> bool", "CASE WHEN {0} IS NOT NULL THEN coalesce({0}.hi.x = 1, false) END",
         fallible=False),
    line("lower_inf", "anyrange -> bool", "CASE WHEN {0} IS NOT NULL THEN coalesce({0}.lo.f = 0, false) END",
         fallible=False),
    line("upper_inf", "anyrange -> bool", "CASE WHEN {0} IS NOT NULL THEN coalesce({0}.hi.f = 1, false) END",
         fallible=False),
]  # fmt: skip
OPERATORS += [
    line("@>", "anyrange, anyrange -> bool", _CONTAINS, fallible=False),
    line("<@", "anyrange, anyrange -> bool", _flipped(_CONTAINS), fallible=False),
    line("@>", "anyrange, rangeelement -> bool", _HAS, fallible=False),
    line("<@", "rangeelement, anyrange -> bool", _flipped(_HAS), fallible=False),
    line("&&", "anyrange, anyrange -> bool", _both(f"NOT {_APART}"), fallible=False),
    line("<<", "anyrange, anyrange -> bool", _both(_before("{0}.hi", "{1}.lo")), fallible=False),
    line(">>", "anyrange, anyrange -> bool", _both(_before("{1}.hi", "{0}.lo")), fallible=False),
    line("&<", "anyrange, anyrange -> bool", _both("{0}.hi <= {1}.hi"), fallible=False),
    line("&>", "anyrange, anyrange -> bool", _both("{0}.lo >= {1}.lo"), fallible=False),
    line("-|-", "anyrange, anyrange -> bool", _both(_ADJACENT), fallible=False),
    line("+", "anyrange, anyrange -> anyrange", _UNION),
    line("*", "anyrange, anyrange -> anyrange", _INTERSECTION, fallible=False),
    line("-", "anyrange, anyrange -> anyrange", _DIFFERENCE),
]  # fmt: skip
