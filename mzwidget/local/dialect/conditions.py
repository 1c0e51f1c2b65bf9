"""Conditions: taking them apart, and putting translated ones together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import fields

from mzwidget.local.dialect.functions.operators import COMPARISONS
from mzwidget.local.dialect.syntax import tree
from mzwidget.local.dialect.trying import is_constant, tried
from mzwidget.local.dialect.values import Value
from mzwidget.local.errors import SqlError
from mzwidget.local.formats import types as t


def conjuncts(node: tree.Expr) -> Iterator[tree.Expr]:
    """Yield the operands of a chain of ANDs."""
    if isinstance(node, tree.Logic) and node.word == "and":
        for operand in node.operands:
            yield from conjuncts(operand)
    else:
        yield node


_QUOTED = re.compile("'(?:[^']|'')*'")
_MOST_TOGETHER = 100
_MOST_CHARACTERS = 1_000_000


def chained(word: str, conditions: list[str]) -> str:
    """Join DuckDB's conditions by AND or OR; more than a few in groups that it does not look into.

    For each condition its optimiser copies and compares those before it: 1,500 of them took a gigabyte.
    """
    first, rest = conditions[:_MOST_TOGETHER], conditions[_MOST_TOGETHER:]
    if rest:
        groups = [rest[at : at + _MOST_TOGETHER] for at in range(0, len(rest), _MOST_TOGETHER)]
        first.append(f"[{chained(word, [f'[{chained(word, group)}][1]' for group in groups])}][1]")
    return f" {word} ".join(first)


def connect(word: str, values: list[Value]) -> Value:
    """Join conditions by AND or OR: one that decides does so though others fail, and NULL does not.

    DuckDB evaluates them all, so those that may fail are tried first. What it cannot try comes last, each only where
    those before it do not decide; and first comes a constant beside what varies: if it fails, so does the whole.
    """
    if len(values) == 1:
        return values[0]
    depth = max(value.depth for value in values)
    firm = [value.sql for value in values if not value.fallible]
    frail = [value for value in values if value.fallible]
    if not frail:
        nullable = any(value.nullable for value in values)
        return Value(f"({chained(word, firm)})", t.BOOL, depth=depth, nullable=nullable)
    fixed = [is_constant(value.sql) for value in values]
    early = [value for value, alone in zip(values, fixed, strict=True) if alone and value.fallible and not all(fixed)]
    others = [value for value in frail if value not in early]
    attempts = [value.tried or tried(value.sql) for value in others] if len(others) > 1 else [None] * len(others)
    safe = firm + [attempt for attempt in attempts if attempt]
    untried = [value.sql for value, attempt in zip(others, attempts, strict=True) if not attempt]
    conditions = [value.sql for value in early] + ([chained(word, safe)] if safe else []) + untried
    if len(safe) == len(firm) and untried:
        conditions.pop()
    decided, negated = ("false", "NOT ") if word == "AND" else ("true", "")
    if sum(map(len, conditions)) > _MOST_CHARACTERS:  # twice what is in it, for each that is in another
        raise SqlError("statement exceeds nested expression limit", "54001")
    cases = "".join(f" WHEN {negated}({condition}) THEN {decided}" for condition in conditions)
    whole = chained(word, firm + [value.sql for value in frail])
    all_tried = "" if untried or early else f"({conditions[0]})"
    return Value(f"(CASE{cases} ELSE {whole} END)", t.BOOL, fallible=True, depth=depth, tried=all_tried)


def contains_mz_now(node: tree.Node) -> bool:
    """Whether a query or an expression calls ``mz_now()``."""
    return any(map(is_mz_now, node.walk()))


def is_temporal(node: tree.Node) -> bool:
    """Whether a condition calls ``mz_now()`` itself, not in a subquery."""
    return any(map(is_mz_now, node.walk(subqueries=False)))


def is_mz_now(node: tree.Node) -> bool:
    """Whether a node is a call of ``mz_now()``."""
    return isinstance(node, tree.Call) and node.name[-1] == "mz_now"


def temporal_error(node: tree.Node) -> SqlError:
    """Return Materialize's refusal to maintain a condition on ``mz_now()``."""
    del node
    return SqlError(
        "Unsupported temporal predicate. Note: `mz_now()` must be directly compared to a non-temporal "
        "expression of mz_timestamp-castable type.",
        "0A000",
    )


_Place = tuple[int, int, int, int]
"""When a condition is evaluated: by its last column, its complexity, its kind and its operator."""
_FIRST: _Place = (-1, 0, 0, 0)
_LAST: _Place = (1_000_000, 0, 0, 0)
_OF_QUERIES = (tree.Exists, tree.Subquery, tree.InQuery, tree.ArrayQuery)
_COLUMN = re.compile(r"\b(?:s\d+|stored)\.c(\d+)\b")


def _place(node: tree.Expr, sql: str) -> _Place:
    """Return when Materialize evaluates a condition of a filter on a table's rows.

    Each comes as soon as there is its last column, and then those first of which there is the least to evaluate. What
    reads a query is joined to the rows that the others leave.
    """
    if any(isinstance(part, _OF_QUERIES) for part in node.walk(subqueries=False)):
        return _LAST
    column = max(map(int, _COLUMN.findall(_QUOTED.sub("''", sql))), default=0)
    kind, operator = 0, 0
    match node:
        case tree.Binary():
            kind, operator = 1, COMPARISONS.index(node.operator) if node.operator in COMPARISONS else 0
        case tree.Logic() | tree.InList():
            kind = 2
        case tree.Case():
            kind = 3
    return column, _complexity(node), kind, operator


def _complexity(node: tree.Node) -> int:
    """Return how much there is to evaluate: what is not constant, where IN and BETWEEN are comparisons."""
    if not any(isinstance(part, tree.Name) for part in node.walk()):
        return 0
    match node:
        case tree.Not(tree.Binary() as inner):
            return _complexity(inner)
        case tree.Between(operand, low, high, negated=False):
            return 1 + _complexity(operand) + max(_complexity(low), _complexity(high))
        case tree.InList(operand, items, negated):
            compared = 1 + _complexity(operand)
            each = [compared + _complexity(item) for item in items]
            return max(each) if negated or len(each) == 1 else 1 + sum(each)
        case tree.Is(operand, "null", negated):
            return 1 + negated + _complexity(operand)
    return 1 + sum(map(_complexity, _operands(node)))


def _operands(node: tree.Node) -> Iterator[tree.Expr]:
    """Yield the expressions that one is made of."""
    parts: list[object] = [getattr(node, each.name) for each in fields(node)]
    for part in parts:
        if isinstance(part, tree.Expr):
            yield part
        elif isinstance(part, tree.Node):
            yield from _operands(part)
        elif isinstance(part, tuple):
            parts.extend(part)


def guarded_all(conditions: Sequence[Value], nodes: Sequence[tree.Expr | None] = (), *, strictly: bool = False) -> str:
    """Join a WHERE's conditions: one that may fail is evaluated only for rows that pass those before it.

    Before it are those that cannot fail, for DuckDB to find rows by them; `strictly` only those that Materialize
    evaluates before it, unless Python is called for each row.

    Parameters
    ----------
    conditions : sequence of Value
    nodes : sequence of tree.Expr or None
        How the first ones were written; None for what comes before all.
    strictly : bool
    """
    if not any(condition.fallible for condition in conditions):
        return chained("AND", [condition.sql for condition in conditions])
    if len(conditions) == 1:
        return conditions[0].sql
    places = [_FIRST if node is None else _place(node, each.sql) for node, each in zip(nodes, conditions, strict=False)]
    places += [_LAST] * (len(conditions) - len(places))
    listed = [condition for _, condition in sorted(zip(places, conditions, strict=True), key=lambda pair: pair[0])]
    if strictly and not any("py_" in condition.sql for condition in listed):
        first = next(at for at, condition in enumerate(listed) if condition.fallible)
        firm, later = listed[:first], listed[first:]
    else:
        firm, later = [each for each in listed if not each.fallible], [each for each in listed if each.fallible]
    guarded = later[-1].sql
    for condition in reversed(later[:-1]):
        guarded = f"(CASE WHEN {condition.sql} THEN {guarded} ELSE false END)"
    joined = chained("AND", [condition.sql for condition in firm])
    return f"{joined} AND (CASE WHEN {joined} THEN {guarded} ELSE false END)" if firm else guarded
