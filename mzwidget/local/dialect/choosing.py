"""One of several values: CASE, COALESCE, GREATEST, LEAST and NULLIF."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mzwidget.local.dialect import digits
from mzwidget.local.dialect.calls import coerce, unify
from mzwidget.local.dialect.functions.jsonb import sortable
from mzwidget.local.dialect.syntax import tree
from mzwidget.local.dialect.values import Value, apply, bound_once, whole
from mzwidget.local.formats import types as t

if TYPE_CHECKING:
    from mzwidget.local.dialect.translating import Translating


_FEW_CHARACTERS = 1000
"""Operands up to this length stand in SQL twice where a numeric keeps its digits by that."""


def case(expressions: Translating, node: tree.Case) -> Value:
    if node.operand is None:
        return _branches(expressions, node, [expressions.condition(test) for test, _ in node.branches])
    return bound_once(
        [whole(expressions.value(node.operand))],
        expressions.stand_in,
        lambda given: _branches(
            expressions,
            node,
            [expressions.compare("=", given[0], whole(expressions.value(test))) for test, _ in node.branches],
        ),
    )


def _branches(expressions: Translating, node: tree.Case, conditions: Sequence[Value]) -> Value:
    branching = expressions.scope.branching
    asks = any(isinstance(part, tree.Query) for part in node.walk())
    results: list[Value] = []
    passed: list[str] = []
    for condition, (_, result) in zip(conditions, node.branches, strict=True):
        with branching.only_where([*passed, condition.sql] if asks else []):
            results.append(expressions.value(result))
        passed.append(f"({condition.sql}) IS NOT TRUE")
    with branching.only_where(passed if asks else []):
        results.append(expressions.value(node.default) if node.default is not None else Value("NULL", t.UNKNOWN))
    values, type_ = unify(expressions.statement, results, "CASE")

    def written(values: Sequence[Value]) -> str:
        branches = "".join(
            f" WHEN {condition.sql} THEN {value.sql}" for condition, value in zip(conditions, values, strict=False)
        )
        return f"(CASE{branches} ELSE {values[-1].sql} END)"

    parts = [*conditions, *values]
    found = Value(
        written(values),
        type_,
        fallible=any(part.fallible for part in parts),
        depth=max(part.depth for part in parts),
        nullable=any(value.nullable for value in values),
    )
    return digits.keep_one(found, values, written)


def choice(expressions: Translating, node: tree.Choice) -> Value:
    given = expressions.values(node.arguments)
    if node.word == "nullif":
        sides = [whole(value) for value in given]
        if digits.are_kept(sides[0]) and sum(len(side.sql) for side in sides) < _FEW_CHARACTERS:
            return _nullif(expressions, *sides)
        return bound_once(sides, expressions.stand_in, lambda bound: _nullif(expressions, *bound))
    values, type_ = unify(expressions.statement, given, node.word)
    if node.word == "coalesce":
        found = replace(apply("coalesce({*})", values, type_), nullable=all(value.nullable for value in values))
        return digits.keep_one(found, values, lambda given: f"coalesce({', '.join(each.sql for each in given)})")
    if type_.name == "jsonb" or type_.kind != "scalar":
        key = sortable(Value("e", type_)).sql
        there = "list_filter([{*}], lambda e: e IS NOT NULL)"
        pairs = f"list_transform({there}, lambda e: struct_pack(k := {key}, v := e))"
        return apply(f"list_sort({pairs})[{1 if node.word == 'least' else -1}].v", values, type_, fallible=True)
    found = apply(f"{node.word}({{*}})", values, type_)

    def written(given: Sequence[Value]) -> str:
        pairs = list(zip(values, given, strict=True))  # of equal ones GREATEST is the last, LEAST the first
        pairs = pairs if node.word == "least" else pairs[::-1]
        return f"CASE{''.join(f' WHEN {key.sql} = {found.sql} THEN {each.sql}' for key, each in pairs)} END"

    return digits.keep_one(found, values, written)


def _nullif(expressions: Translating, left: Value, right: Value) -> Value:
    equal = expressions.compare("=", left, right)
    left = expressions.settled(left)
    left = coerce(expressions.statement, left, t.TEXT) if left.is_open else left
    found = apply("CASE WHEN {1} THEN NULL ELSE {0} END", [left, equal], left.type)
    return digits.keep_one(found, [left], lambda given: f"CASE WHEN {equal.sql} THEN NULL ELSE {given[0].sql} END")
