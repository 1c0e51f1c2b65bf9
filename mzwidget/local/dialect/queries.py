"""Queries: WITH, VALUES, set operations and what orders them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mzwidget.local.dialect.blocks import Block, distinct_rows, hashable, items_of_block, of_rows, settle, signs
from mzwidget.local.dialect.calls import unify
from mzwidget.local.dialect.expressions import Expressions
from mzwidget.local.dialect.lookup import misnamed
from mzwidget.local.dialect.model import Catalog, Query
from mzwidget.local.dialect.ordering import limits, ordered
from mzwidget.local.dialect.recursion import plan_recursive
from mzwidget.local.dialect.scope import Scope, Statement
from mzwidget.local.dialect.selecting import Selection
from mzwidget.local.dialect.syntax import tree
from mzwidget.local.dialect.values import Value, weighed, whole
from mzwidget.local.errors import SqlError, unsupported
from mzwidget.local.formats.encoding import carrier
from mzwidget.local.formats.types import Column, Type


def plan_query(
    query: tree.Node,
    catalog: Catalog,
    *,
    parameter_types: Sequence[Type | None] = (),
    maintained: bool = False,
    once: bool = False,
    session: Mapping[str, str | int | None] | None = None,
) -> Query:
    """Translate a query.

    Parameters
    ----------
    query : tree.Query
        From `parse`.
    catalog : Catalog
    parameter_types : sequence of Type or None
        What the client said about ``$1`` …; None where it left the type open.
    maintained : bool
        Whether it is to be subscribed to or materialized.
    once : bool
        Whether it is a SELECT of its own: Materialize tells rows that tie in ORDER BY apart otherwise then.
    session : mapping, optional
        What functions such as ``pg_backend_pid()`` or ``current_user`` say.

    Raises
    ------
    SqlError
        In Materialize's words; 0A000 for a construct that is not offered.
    """
    if not isinstance(query, tree.Query):
        raise unsupported("this statement as a query")
    statement = Statement(catalog, list(parameter_types), session=session or {}, once=once)
    try:
        columns, body = plan_in(query, Scope(statement))
    except SqlError as error:
        raise misnamed(query, statement) or error from None
    if maintained and statement.refusal is not None:
        raise statement.refusal
    weighed(", ".join(carrier("x", column.type) for column in columns))
    return Query(
        sql=statement.with_ctes(body),
        columns=columns,
        inputs=frozenset(statement.inputs),
        parameters=statement.parameters(),
        constant=statement.constant,
        wakeups=tuple(statement.wakeups),
        ordered=bool(query.order),
        refusal=statement.refusal,
        body=body,
        ctes=tuple(statement.ctes.items()),
        compares_null=statement.compares_null,
        asks_session=statement.asks_session,
    )


def plan_nested(query: tree.Query, outer: Scope) -> tuple[tuple[Column, ...], str]:
    """Translate a query inside another one."""
    return plan_in(query, outer)


def plan_in(query: tree.Query, outer: Scope) -> tuple[tuple[Column, ...], str]:
    """Translate a query; ``outer`` is what it may refer to beyond its own FROM."""
    scope = outer.child()
    statement = scope.statement
    _with(query, scope)
    if isinstance(query.body, tree.Nested) and not query.order and query.limit is None and query.offset is None:
        return plan_in(query.body.query, scope)
    nested = outer.parent is not None
    limit = limits(scope, query, plan_nested, nested=nested)
    block = plan_body(statement, query.body, scope, query.order)
    return ordered(statement, query, block, limit, once=statement.once and not nested)


def _with(query: tree.Query, scope: Scope) -> None:
    """Plan the WITH items, which see those before them, or all of them each other."""
    names = [cte.name for cte in query.ctes]
    for place, name in enumerate(names):
        if name in names[:place]:
            raise SqlError(f'WITH query name "{name}" specified more than once')
    if query.recursion is not None:
        plan_recursive(query.recursion, query.ctes, scope, plan_nested)
        return
    for cte in query.ctes:
        inner = scope.child()
        columns, sql = plan_in(cte.query, inner)
        if len(cte.columns) > len(columns):
            count = f"{len(cte.columns)} columns" if len(cte.columns) != 1 else "1 column"
            has = f"{len(columns)} columns" if len(columns) != 1 else "1 column"
            raise SqlError(f"CTE {cte.name} definition names {count}, but CTE {cte.name} has {has}")
        called = cte.columns + tuple(column.name for column in columns[len(cte.columns) :])
        renamed = tuple(Column(n, c.type, c.nullable) for n, c in zip(called, columns, strict=True))
        if inner.correlated:
            scope.correlated = True
            scope.ctes[cte.name] = renamed, f"({sql})"
            continue
        name = f"q{len(scope.statement.ctes) + 1}"
        scope.statement.ctes[name] = sql
        scope.ctes[cte.name] = renamed, name


def plan_body(statement: Statement, body: tree.Body, scope: Scope, order: tuple[tree.OrderItem, ...] = ()) -> Block:
    """Translate a query body of any shape; an aggregate in its ORDER BY makes a SELECT one that groups."""
    if isinstance(body, tree.Select):
        return Selection(statement, body, scope, plan_nested, order).block()
    if isinstance(body, tree.SetOperation):
        return _set_operation(statement, body, scope)
    if isinstance(body, tree.Values):
        return values_block(statement, body, scope)
    if isinstance(body, tree.Shown):
        if not statement.once:
            raise unsupported("SHOW in a query that is not a SELECT")
        columns, sql = plan_in(statement.catalog.shown(body.text), scope)
    else:
        assert isinstance(body, tree.Nested)
        columns, sql = plan_in(body.query, scope)
    return of_rows(statement, columns, sql, plan_nested)


def values_block(statement: Statement, body: tree.Values, scope: Scope) -> Block:
    """Translate VALUES."""
    inner = scope.child()
    inner.clause = "VALUES"
    expressions = Expressions(inner, plan_nested)
    width = len(body.rows[0])
    for row in body.rows:
        if len(row) != width:
            raise SqlError(f"VALUES expression has varying number of columns: {len(row)} vs {width}")
    by_column = zip(*body.rows, strict=True)
    columns = [unify(statement, expressions.values(column), "VALUES") for column in by_column]
    inner_sql = ", ".join(
        "(" + ", ".join(value.sql for value in row) + ")"
        for row in zip(*(values for values, _ in columns), strict=True)
    )
    named = [
        Column(f"column{i}", type_, any(value.nullable for value in values))
        for i, (values, type_) in enumerate(columns, 1)
    ]
    return of_rows(statement, named, f"VALUES {inner_sql}", plan_nested)


def _set_operation(statement: Statement, body: tree.SetOperation, scope: Scope) -> Block:
    sides = [plan_body(statement, _side(side), scope) for side in (body.left, body.right)]
    word = body.word.upper()
    settled = [[whole(settle(statement, value)) for value in block.values] for block in sides]
    left, right = settled
    if len(left) != len(right):
        count = f"{len(left)} vs {len(right)}"
        raise SqlError(f"each {word} query must have the same number of columns: {count}")
    pairs = [unify(statement, [a, b], word) for a, b in zip(left, right, strict=True)]
    if not body.every:
        for _, type_ in pairs:
            hashable(type_, word)
    texts = [_plain(statement, block, [pair[0][i] for pair in pairs]) for i, block in enumerate(sides)]
    every = " ALL" if body.every else ""
    columns_of = [Value(f"c{i}", type_) for i, (_, type_) in enumerate(pairs, 1)]
    told = [] if word == "UNION" and body.every else signs(statement, columns_of)
    listed = ", ".join(["*", *told])
    sql = f"(SELECT {listed} FROM ({texts[0]})) {word}{every} (SELECT {listed} FROM ({texts[1]}))"
    if told:
        sql = f"SELECT {', '.join(column.sql for column in columns_of)} FROM ({sql})"
    columns = [
        Column(name, type_, any(value.nullable for value in pair))
        for name, (pair, type_) in zip(sides[0].names, pairs, strict=True)
    ]
    return of_rows(statement, columns, sql, plan_nested)


def _side(body: tree.Body) -> tree.Body:
    """Return a side of a set operation; DISTINCT ON is a query's business."""
    return tree.Nested(tree.Query(body)) if isinstance(body, tree.Select) and body.distinct_on else body


def _plain(statement: Statement, block: Block, values: Sequence[Value]) -> str:
    if not block.distinct:
        return block.render(items_of_block(values))
    inner = block.render(items_of_block(block.values))
    alias = statement.alias()
    renamed = []
    for i, (value, original) in enumerate(zip(values, block.values, strict=True), 1):
        renamed.append(
            f"{value.sql.replace(original.sql, f'{alias}.c{i}')} AS c{i}"
            if value.sql != original.sql
            else f"{alias}.c{i}"
        )
    return f"SELECT {', '.join(renamed)} FROM ({distinct_rows(statement, block.values, inner)}) AS {alias}"
