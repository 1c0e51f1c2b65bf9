"""Conditions: taking them apart, and putting translated ones together."""

from __future__ import annotations

from collections.abc import Iterator

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


def guarded_all(conditions: list[Value]) -> str:
    """Join a WHERE's conditions: those that may fail are evaluated only for rows that pass all others."""
    if not conditions:
        return ""
    firm = [value.sql for value in conditions if not value.fallible]
    frail = [value.sql for value in conditions if value.fallible]
    if not frail:
        return chained("AND", firm)
    guarded = frail[-1]
    for condition in reversed(frail[:-1]):
        guarded = f"(CASE WHEN {condition} THEN {guarded} ELSE false END)"
    if not firm:
        return guarded
    joined = chained("AND", firm)
    return f"{joined} AND (CASE WHEN {joined} THEN {guarded} ELSE false END)"
