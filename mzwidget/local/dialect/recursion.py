"""WITH MUTUALLY RECURSIVE: queries that read each other, over and over until nothing changes.

To DuckDB they are one recursive query of one row: whether to go on, how often the queries were computed, and the rows
of each as a sorted list. A query sees the rows that those before it have now, and those that the others had.
"""

from __future__ import annotations

from collections.abc import Sequence

from mzwidget.local.dialect.blocks import of_rows
from mzwidget.local.dialect.calls import coerce
from mzwidget.local.dialect.castlines import Context
from mzwidget.local.dialect.casts import castable
from mzwidget.local.dialect.scope import Scope
from mzwidget.local.dialect.syntax import tree
from mzwidget.local.dialect.translating import PlanSubquery
from mzwidget.local.dialect.typenames import resolve_type
from mzwidget.local.dialect.values import raise_sql
from mzwidget.local.errors import SqlError, unsupported
from mzwidget.local.formats import types as t
from mzwidget.local.formats.types import Column

_INVALID = "Invalid WITH MUTUALLY RECURSIVE recursion limit."
_RETURNED = "RETURN AT RECURSION"


def plan_recursive(recursion: tree.Recursion, ctes: Sequence[tree.Cte], scope: Scope, plan: PlanSubquery) -> None:
    """Plan the queries and let the scope know them."""
    statement = scope.statement
    for cte in ctes:
        types = [resolve_type(each, statement.catalog) for each in cte.types]
        columns = tuple(Column(name, type_) for name, type_ in zip(cte.columns, types, strict=True))
        scope.ctes[cte.name] = columns, statement.alias()
    state, outside, wakeups = statement.alias(), dict(statement.ctes), len(statement.wakeups)
    declared = [scope.ctes[cte.name] for cte in ctes]
    parts = [f"{name} AS ({_rows(columns, i, f'{state} WHERE go')})" for i, (columns, name) in enumerate(declared, 1)]
    sources = [state]
    for i, (cte, (columns, _)) in enumerate(zip(ctes, declared, strict=True), 1):
        known = set(statement.ctes)
        sql = _plan(cte, columns, scope, plan)
        for name, inner in statement.ctes.items():
            if name.startswith('"'):  # a view's, which does not change
                outside[name] = inner
            elif name not in known:
                parts.append(f"{name} AS ({inner})")
        now = statement.alias()
        scope.ctes[cte.name] = columns, now
        fields = ", ".join(f"c{j} := c{j}" for j in range(1, len(columns) + 1))
        parts.append(f"{now} AS MATERIALIZED ({sql})")
        sources.append(f"(SELECT coalesce(list_sort(list(struct_pack({fields}))), []) AS l FROM {now}) AS n{i}")
    statement.ctes = outside
    if len(statement.wakeups) > wakeups:
        raise unsupported("mz_now() within WITH MUTUALLY RECURSIVE")
    numbers = range(1, len(ctes) + 1)
    lists = [f"CAST([] AS STRUCT({_typed(columns)})[])" for columns, _ in declared]
    go = _go(recursion, " OR ".join(f"n{i}.l IS DISTINCT FROM l{i}" for i in numbers))
    found = f"q{len(outside) + 1}"
    outside[found] = (
        f"WITH RECURSIVE {state}(k, i, go, {', '.join(f'l{i}' for i in numbers)}) USING KEY (k) AS ("
        f"SELECT 0, 0, true, {', '.join(lists)} UNION ALL (WITH {', '.join(parts)} "
        f"SELECT 0, i + 1, {go}, {', '.join(f'n{i}.l' for i in numbers)} FROM {', '.join(sources)} WHERE go)) "
        f"SELECT * FROM {state}"
    )
    for i, (cte, (columns, _)) in enumerate(zip(ctes, declared, strict=True), 1):
        name = f"q{len(outside) + 1}"
        outside[name] = _rows(columns, i, found)
        scope.ctes[cte.name] = columns, name


def _rows(columns: Sequence[Column], number: int, state: str) -> str:
    """Return the query of the rows that stand in one of the lists."""
    fields = ", ".join(f"r.c{j}" for j in range(1, len(columns) + 1))
    return f"SELECT {fields} FROM (SELECT unnest(l{number}) AS r FROM {state})"


def _typed(columns: Sequence[Column]) -> str:
    return ", ".join(f"c{i} {column.type.duckdb}" for i, column in enumerate(columns, 1))


def _plan(cte: tree.Cte, columns: Sequence[Column], scope: Scope, plan: PlanSubquery) -> str:
    """Translate one of the queries, whose columns get the types that are declared."""
    inner = scope.child()
    found, sql = plan(cte.query, inner)
    if inner.correlated:
        raise unsupported("WITH MUTUALLY RECURSIVE that names columns outside of it")
    block = of_rows(scope.statement, found, sql, plan)
    pairs = list(zip(block.values, columns, strict=False))
    if len(found) != len(columns) or not all(castable(v.type, c.type, Context.ASSIGNMENT) for v, c in pairs):
        declared, given = (", ".join(t.sql_name(each.type) for each in every) for every in (columns, found))
        raise SqlError(
            f'WITH MUTUALLY RECURSIVE query "{cte.name}" declared types ({declared}),'
            f" but query returns types ({given})",
            hint="You will need to rewrite or cast the query's expressions.",
        )
    values = [coerce(scope.statement, value, column.type, Context.ASSIGNMENT) for value, column in pairs]
    return block.render([f"{value.sql} AS c{i}" for i, value in enumerate(values, 1)])


def _go(recursion: tree.Recursion, changed: str) -> str:
    """Return whether the queries are to be computed once more."""
    if not recursion.limits:
        return changed
    if len(recursion.limits) > 1:
        one = "Please give at most one of RECURSION LIMIT, ERROR AT RECURSION LIMIT, RETURN AT RECURSION LIMIT."
        raise SqlError(f"{_INVALID} More than one recursion limit given. {one}")
    words, most = recursion.limits[0]
    if not most:
        raise SqlError(f"{_INVALID} Recursion limit has to be greater than 0.")
    if words == _RETURNED:
        return f"i + 1 < {most} AND ({changed})"
    error = raise_sql(
        f"Evaluation error: Recursive query exceeded the recursion limit {most}. (Use {_RETURNED} LIMIT to not error,"
        " but return the current state as the final result when reaching the limit.)",
        "BOOLEAN",
    )
    return f"CASE WHEN i + 1 >= {most} AND ({changed}) THEN {error} ELSE {changed} END"
