"""Queries: SELECT, VALUES and set operations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlglot import exp

from mzwidget.local.dialect import aggregates
from mzwidget.local.dialect.conditions import (
    conjuncts,
    connect,
    contains_mz_now,
    guarded_all,
    temporal_error,
)
from mzwidget.local.dialect.expressions import Expressions
from mzwidget.local.dialect.model import Catalog, Query
from mzwidget.local.dialect.names import column_name, fold, function_name
from mzwidget.local.dialect.operators import coerce, unify
from mzwidget.local.dialect.ordering import (
    hashable,
    limit_clause,
    only_outputs,
    order_by,
    order_terms,
    referenced,
    ties,
)
from mzwidget.local.dialect.scope import Grouping, Scope, Source, Statement
from mzwidget.local.dialect.sources import From
from mzwidget.local.dialect.temporal import temporal_condition, wakeup
from mzwidget.local.dialect.values import Value
from mzwidget.local.errors import SqlError, unsupported
from mzwidget.local.formats import types as t
from mzwidget.local.formats.types import Column, Type

_SELECT_ARGS = {"kind", "expressions", "from_", "joins", "where", "group", "having", "distinct", "order", "limit",
                "offset", "with_"}  # fmt: skip
_SET_ARGS = {"this", "expression", "distinct", "order", "limit", "offset", "with_"}
_VALUES_ARGS = {"expressions", "alias", "order", "limit", "offset", "with_"}
_SUBQUERY_ARGS = {"this", "alias", "order", "limit", "offset", "with_"}


@dataclass(slots=True)
class Block:
    """A query whose output types may still be open: text literals and NULLs can become any type."""

    names: list[str]
    values: list[Value]
    render: Callable[[Sequence[Value]], str]
    ordered: bool = False


def plan_query(
    query: exp.Expr, catalog: Catalog, *, parameter_types: Sequence[Type | None] = (), maintained: bool = False
) -> Query:
    """Translate a query.

    Parameters
    ----------
    query : sqlglot expression
        A SELECT, VALUES, TABLE or set operation, from `parse`.
    catalog : Catalog
    parameter_types : sequence of Type or None
        What the client said about ``$1`` …; None where it left the type open.
    maintained : bool
        Whether it is to be subscribed to or materialized.

    Raises
    ------
    SqlError
        In Materialize's words; 0A000 for a construct that is not offered.
    """
    statement = Statement(catalog, list(parameter_types))
    block = plan_block(statement, query, Scope(statement), top=True)
    columns, sql = finish(statement, block)
    if maintained and statement.refusal is not None:
        raise statement.refusal
    return Query(
        sql=sql,
        columns=columns,
        inputs=frozenset(statement.inputs),
        parameters=statement.parameters(),
        constant=statement.constant,
        wakeups=tuple(statement.wakeups),
        ordered=block.ordered,
        refusal=statement.refusal,
    )


def finish(statement: Statement, block: Block) -> tuple[tuple[Column, ...], str]:
    """Settle what is still untyped as text, and return the columns and the SQL."""
    values = [coerce(statement, v, t.TEXT) if v.type.name == "unknown" else v for v in block.values]
    columns = tuple(Column(name, value.type) for name, value in zip(block.names, values, strict=True))
    return columns, block.render(values)


def plan_nested(query: exp.Expr, outer: Scope) -> tuple[tuple[Column, ...], str]:
    """Translate a query inside another one."""
    return finish(outer.statement, plan_block(outer.statement, query, outer))


def plan_block(statement: Statement, query: exp.Expr, outer: Scope, *, top: bool = False) -> Block:
    """Translate a query of any shape; ``outer`` is what it may refer to beyond its own FROM."""
    if isinstance(query, exp.Select):
        _only(query, _SELECT_ARGS)
        return _Select(statement, query, _with(query, outer), top=top).block()
    if isinstance(query, exp.Subquery):
        _only(query, _SUBQUERY_ARGS)
        inner = plan_block(statement, query.this, _with(query, outer), top=top)
        return _modified(statement, query, inner, outer, top=top)
    if isinstance(query, exp.SetOperation):
        _only(query, _SET_ARGS)
        scope = _with(query, outer)
        return _modified(statement, query, _set_operation(statement, query, scope), scope, top=top)
    if isinstance(query, exp.Values):
        _only(query, _VALUES_ARGS)
        scope = _with(query, outer)
        return _modified(statement, query, _values(statement, query, scope), scope, top=top)
    raise unsupported(type(query).__name__.upper())


def _only(node: exp.Expr, known: set[str]) -> None:
    for key, value in node.args.items():
        if value and key not in known:
            raise unsupported(key.strip("_").upper().replace("_", " "))


def _with(query: exp.Expr, outer: Scope) -> Scope:
    """Return a scope with the query's WITH items, which see those before them."""
    scope = outer.child()
    clause = query.args.get("with_")
    if clause is None:
        return scope
    if clause.args.get("recursive"):
        raise unsupported("WITH RECURSIVE")
    for cte in clause.expressions:
        columns, sql = plan_nested(cte.this, scope)
        alias = cte.args["alias"]
        given = [fold(column) for column in alias.columns]
        if len(given) > len(columns):
            raise SqlError(f'table "{fold(alias.this)}" has {len(columns)} columns available', "42P10")
        renamed = [*given, *(column.name for column in columns[len(given) :])]
        name = fold(alias.this)
        if name in scope.ctes:
            raise SqlError(f'WITH query name "{name}" specified more than once', "42712")
        scope.ctes[name] = tuple(Column(n, c.type) for n, c in zip(renamed, columns, strict=True)), sql
    return scope


def _values(statement: Statement, query: exp.Values, scope: Scope) -> Block:
    expressions = Expressions(scope.child(), plan_nested)
    rows = []
    for row in query.expressions:
        nodes = row.expressions if isinstance(row, exp.Tuple) else [row.this if isinstance(row, exp.Paren) else row]
        rows.append([expressions.value(node) for node in nodes])
    if len({len(row) for row in rows}) != 1:
        raise SqlError("VALUES lists must all be the same length", "42601")
    columns = [unify(statement, list(column), construct="VALUES")[0] if not _open(column) else list(column)
               for column in zip(*rows, strict=True)]  # fmt: skip
    first = [column[0] for column in columns]

    def render(wanted: Sequence[Value]) -> str:
        cast = [[coerce(statement, v, w.type) for v in column] for column, w in zip(columns, wanted, strict=True)]
        body = ", ".join("(" + ", ".join(value.sql for value in row) + ")" for row in zip(*cast, strict=True))
        names = ", ".join(f"c{i}" for i in range(1, len(cast) + 1))
        return f"SELECT * FROM (VALUES {body}) AS v({names})"

    return Block([f"column{i}" for i in range(1, len(first) + 1)], first, render)


def _items(values: Sequence[Value]) -> str:
    return ", ".join(f"{value.sql} AS c{i}" for i, value in enumerate(values, 1)) or "NULL AS c1"


def _open(column: Sequence[Value]) -> bool:
    return all(value.type.name == "unknown" for value in column)


_SET_WORDS: dict[type[exp.Expr], str] = {exp.Union: "UNION", exp.Intersect: "INTERSECT", exp.Except: "EXCEPT"}


def _set_operation(statement: Statement, query: exp.SetOperation, scope: Scope) -> Block:
    word = _SET_WORDS[type(query)] + ("" if query.args.get("distinct") else " ALL")
    blocks = [plan_block(statement, side, scope) for side in (query.left, query.right)]
    if len(blocks[0].values) != len(blocks[1].values):
        raise SqlError(f"each {_SET_WORDS[type(query)]} query must have the same number of columns", "42601")
    pairs = [unify(statement, [a, b], construct=_SET_WORDS[type(query)])[0] if not _open((a, b)) else
             [coerce(statement, a, t.TEXT), coerce(statement, b, t.TEXT)]
             for a, b in zip(blocks[0].values, blocks[1].values, strict=True)]  # fmt: skip
    if " ALL" not in word:
        for value, _ in pairs:
            hashable(value, _SET_WORDS[type(query)])
    sides = [block.render([pair[i] for pair in pairs]) for i, block in enumerate(blocks)]
    sql = f"(SELECT * FROM ({sides[0]})) {word} (SELECT * FROM ({sides[1]}))"
    values = [Value(f"c{i}", pair[0].type) for i, pair in enumerate(pairs, 1)]
    return Block(blocks[0].names, values, _wrapped(statement, sql))


def _wrapped(statement: Statement, sql: str) -> Callable[[Sequence[Value]], str]:
    """Render ``sql`` with its columns c1 … cast to what is wanted."""

    def render(wanted: Sequence[Value]) -> str:
        alias = statement.alias()
        names = ", ".join(f"c{i}" for i in range(1, len(wanted) + 1))
        items = ", ".join(f"{value.sql} AS c{i}" for i, value in enumerate(wanted, 1))
        return f"SELECT {items} FROM ({sql}) AS {alias}({names})"

    return render


def _modified(statement: Statement, query: exp.Expr, block: Block, outer: Scope, *, top: bool) -> Block:
    """Apply ORDER BY, LIMIT and OFFSET that stand outside a query's own parentheses."""
    order, limit = query.args.get("order"), limit_clause(statement, query)
    if order is None and not limit:
        return block
    columns, sql = finish(statement, block)
    alias = statement.alias()
    names = ", ".join(f"c{i}" for i in range(1, len(columns) + 1))
    values = [Value(f"{alias}.c{i}", column.type) for i, column in enumerate(columns, 1)]
    if order is not None and not isinstance(query, exp.Subquery):
        only_outputs(order, block.names)
    scope = Scope(statement, [Source("", columns, tuple(values))], outer)
    terms = order_terms(Expressions(scope, plan_nested), order, block.names, values)
    if limit:
        terms += ties(values, terms)
    elif not top:
        terms = []
    items = ", ".join(f"{value.sql} AS c{i}" for i, value in enumerate(values, 1))
    text = f"SELECT {items} FROM ({sql}) AS {alias}({names})" + order_by(terms) + limit
    result = [Value(f"c{i}", column.type) for i, column in enumerate(columns, 1)]

    def render(wanted: Sequence[Value]) -> str:
        if [value.type for value in wanted] == [column.type for column in columns]:
            return text
        return _wrapped(statement, text)(wanted)

    return Block(block.names, result, render, ordered=order is not None)


class _Select:
    """Translates one SELECT."""

    def __init__(self, statement: Statement, query: exp.Select, outer: Scope, *, top: bool) -> None:
        self.statement = statement
        self.query = query
        self.top = top
        self.scope = Scope(statement, parent=outer)
        self.expressions = Expressions(self.scope, plan_nested)

    def block(self) -> Block:
        query = self.query
        if query.args.get("kind"):
            raise unsupported(f"SELECT AS {query.args['kind']}")
        source = From(self.scope, plan_nested).build(query.args["from_"].this, query.args.get("joins") or ()) if (
            query.args.get("from_")) else ""  # fmt: skip
        where = self._where(source)
        outputs = self._outputs()
        groups = self._groups(outputs)
        if groups is not None:
            self.scope.grouping = Grouping(tuple(value for value, _ in groups), tuple(node for _, node in groups))
        if not outputs and query.args.get("distinct") is not None:
            raise SqlError("SELECT DISTINCT must have at least one column", "42601")
        names = [name for name, _ in outputs]
        values = [value if isinstance(value, Value) else self.expressions.value(value) for _, value in outputs]
        having = query.args.get("having")
        tail = f" FROM {source}" if source else ""
        tail += f" WHERE {where}" if where else ""
        if groups:
            tail += " GROUP BY " + ", ".join(value.sql for value, _ in groups)
        if having is not None:
            tail += f" HAVING {self._having(having.this)}"
        elif (
            groups is not None
            and not groups
            and not any(_aggregates(node) for _, node in outputs if isinstance(node, exp.Expr))
        ):
            tail += " HAVING count(*) >= 0"
        return self._ordered(names, values, tail)

    def _ordered(self, names: list[str], values: list[Value], tail: str) -> Block:
        query, statement = self.query, self.statement
        order, limit = query.args.get("order"), limit_clause(statement, query)
        distinct = query.args.get("distinct")
        if distinct is not None and distinct.args.get("on") is not None:
            return self._distinct_on(distinct.args["on"], names, values, tail)
        if distinct is None and order is None and not limit:
            return Block(names, values, lambda wanted: f"SELECT {_items(wanted)}{tail}")
        for value in values if distinct is not None else ():
            hashable(value, "DISTINCT")
        settled = [coerce(statement, v, t.TEXT) if v.type.name == "unknown" else v for v in values]
        terms = order_terms(self.expressions, order, names, settled)
        if distinct is not None:
            known = {value.sql for value in settled}
            if any(term.rsplit(" ", 3)[0] not in known for term in terms):
                message = "for SELECT DISTINCT, ORDER BY expressions must appear in select list"
                raise SqlError(message, "42P10")
        if limit:
            terms += ties(settled, terms)
        elif not self.top:
            terms = []
        suffix = order_by(terms) + limit
        if distinct is None:
            ordering = order is not None
            return Block(names, settled, lambda wanted: f"SELECT {_items(wanted)}{tail}{suffix}", ordering)
        return self._distinct(names, settled, tail, terms, limit, ordered=order is not None)

    def _distinct_on(self, on: exp.Expr, names: list[str], values: list[Value], tail: str) -> Block:
        """Keep the first row of each key, in the order of ORDER BY, then of the whole row."""
        query, statement = self.query, self.statement
        settled = [coerce(statement, v, t.TEXT) if v.type.name == "unknown" else v for v in values]
        nodes = on.expressions if isinstance(on, exp.Tuple) else [on.this if isinstance(on, exp.Paren) else on]
        if not nodes:
            raise SqlError("Expected an expression in DISTINCT ON ()", "42601")
        keys = [referenced(self.expressions, node, names, settled).sql for node in nodes]
        terms = order_terms(self.expressions, query.args.get("order"), names, settled)
        leading = {term.rsplit(" ", 3)[0] for term in terms[: len(set(keys))]}
        if terms and not leading <= set(keys):
            raise SqlError("SELECT DISTINCT ON expressions must match initial ORDER BY expressions", "42P10")
        terms = terms or [f"{key} ASC NULLS LAST" for key in keys]
        terms += ties(settled, terms)
        items = ", ".join(f"{value.sql} AS c{i}" for i, value in enumerate(settled, 1))
        sql = f"SELECT DISTINCT ON ({', '.join(keys)}) {items}{tail}{order_by(terms)}{limit_clause(statement, query)}"
        results = [Value(f"c{i}", value.type) for i, value in enumerate(settled, 1)]
        return Block(names, results, _wrapped(statement, sql), ordered=query.args.get("order") is not None)

    def _distinct(
        self, names: list[str], values: list[Value], tail: str, terms: list[str], limit: str, *, ordered: bool
    ) -> Block:
        items = ", ".join(f"{value.sql} AS c{i}" for i, value in enumerate(values, 1))
        sql = f"SELECT DISTINCT {items}{tail}"
        results = [Value(f"c{i}", value.type) for i, value in enumerate(values, 1)]
        positions = {value.sql: f"c{i}" for i, value in reversed(list(enumerate(values, 1)))}
        outer = []
        for term in terms:
            expression, direction, nulls, place = term.rsplit(" ", 3)
            outer.append(f"{positions[expression]} {direction} {nulls} {place}")
        if outer or limit:
            sql = f"SELECT * FROM ({sql}) AS {self.statement.alias()}" + order_by(outer) + limit

        def render(wanted: Sequence[Value]) -> str:
            if [value.sql for value in wanted] == [value.sql for value in results]:
                return sql
            return _wrapped(self.statement, sql)(wanted)

        return Block(names, results, render, ordered=ordered)

    def _where(self, source: str) -> str:
        where = self.query.args.get("where")
        if where is None:
            return ""
        plain: list[Value] = []
        temporal: list[Value] = []
        changes: list[str] = []
        for part in conjuncts(where.this):
            if contains_mz_now(part):
                self.scope.correlated = False
                condition, bounds = temporal_condition(self.expressions, part)
                temporal.append(condition)
                changes += [change for bound in bounds for change in bound.changes]
                if bounds and not source:
                    source = "(SELECT 1)"
            else:
                plain.append(self.expressions.condition(part, "WHERE"))
        if temporal and self.scope.correlated:
            self.statement.refuse_maintenance(temporal_error(where.this))
        elif changes:
            conditions = [connect("AND", plain).sql] if plain else []
            self.statement.wakeups.append(wakeup(changes, source, conditions))
        return guarded_all([*plain, *temporal])

    def _having(self, node: exp.Expr) -> str:
        if contains_mz_now(node):
            self.statement.refuse_maintenance(temporal_error(node))
        return connect("AND", [self.expressions.condition(part, "HAVING") for part in conjuncts(node)]).sql

    def _outputs(self) -> list[tuple[str, exp.Expr | Value]]:
        """Return the select list, stars expanded, each with its column's name."""
        outputs: list[tuple[str, exp.Expr | Value]] = []
        for item in self.query.expressions:
            if isinstance(item, exp.Star):
                if item.args.get("except_") or item.args.get("replace"):
                    raise unsupported("* EXCEPT")
                outputs += self._star(None)
            elif isinstance(item, exp.Column) and isinstance(item.this, exp.Star):
                outputs += self._star(tuple(fold(part) for part in item.parts[:-1]))
            elif isinstance(item, exp.Alias):
                outputs.append((fold(item.args["alias"]), item.this))
            else:
                outputs.append((column_name(item), item))
        return outputs

    def _star(self, qualifier: tuple[str, ...] | None) -> list[tuple[str, Value]]:
        if qualifier is None:
            if not self.scope.sources:
                raise SqlError("SELECT * with no tables specified is not valid", "42601")
            outputs = list(self.scope.merged.items())
            for source in self.scope.sources:
                outputs += [(c.name, v) for c, v in zip(source.columns, source.values, strict=True)
                            if (source.name, c.name) not in self.scope.hidden]  # fmt: skip
            return outputs
        for source in self.scope.sources:
            if source.name == qualifier[-1] and (len(qualifier) == 1 or source.path[-len(qualifier) :] == qualifier):
                return [(c.name, v) for c, v in zip(source.columns, source.values, strict=True)]
        raise SqlError(f"no table named '{'.'.join(qualifier)}' in scope")

    def _groups(self, outputs: list[tuple[str, exp.Expr | Value]]) -> list[tuple[Value, exp.Expr]] | None:
        """Return the grouping values and how they were written; None if the SELECT does not aggregate."""
        query = self.query
        group = query.args.get("group")
        if group is not None:
            _only(group, {"expressions"})
            return [self._group(node, outputs) for node in group.expressions]
        nodes = [node for _, node in outputs if isinstance(node, exp.Expr)]
        nodes += [item.this for item in (query.args.get("order") or exp.Order(expressions=[])).expressions]
        if query.args.get("having") is not None or any(_aggregates(node) for node in nodes):
            return []
        return None

    def _group(self, node: exp.Expr, outputs: list[tuple[str, exp.Expr | Value]]) -> tuple[Value, exp.Expr]:
        target: exp.Expr | Value = node
        if isinstance(node, exp.Literal):
            if node.is_string or not node.name.isdigit():
                raise SqlError("non-integer constant in GROUP BY", "42601")
            position = int(node.name)
            if not 1 <= position <= len(outputs):
                message = f"column reference {position} in GROUP BY clause is out of range (1 - {len(outputs)})"
                raise SqlError(message, "42P10")
            target = outputs[position - 1][1]
        elif isinstance(node, exp.Column) and len(node.parts) == 1:
            target = self._input_or_output(node, outputs)
        if isinstance(target, exp.Expr) and _aggregates(target):
            raise SqlError("aggregate functions are not allowed in GROUP BY", "42803")
        value = target if isinstance(target, Value) else self.expressions.typed(target)
        hashable(value, "GROUP BY")
        return value, target if isinstance(target, exp.Expr) else node

    def _input_or_output(self, node: exp.Column, outputs: list[tuple[str, exp.Expr | Value]]) -> exp.Expr | Value:
        """Return what a bare name in GROUP BY means: an input column if there is one, else a result column."""
        matches = [target for name, target in outputs if name == fold(node.this)]
        try:
            return self.scope.column([fold(node.this)])
        except SqlError as error:
            if "does not exist" not in error.message or not matches:
                raise
        return matches[0]


def _aggregates(node: exp.Expr) -> bool:
    """Whether an expression calls an aggregate outside nested queries."""
    if isinstance(node, exp.Query | exp.Window):
        return False
    name = function_name(node)
    if name is not None and aggregates.is_aggregate(name):
        return True
    return any(_aggregates(child) for child in node.iter_expressions())
