"""Queries: SELECT, VALUES and set operations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from mzwidget.local.dialect import functions
from mzwidget.local.dialect.calls import coerce, unify
from mzwidget.local.dialect.casts import Context, cast, castable, text_form
from mzwidget.local.dialect.conditions import conjuncts, contains_mz_now, guarded_all, temporal_error
from mzwidget.local.dialect.expressions import Expressions
from mzwidget.local.dialect.functions.jsonb import SORT_KEY
from mzwidget.local.dialect.lookup import misnamed
from mzwidget.local.dialect.model import Catalog, Query
from mzwidget.local.dialect.names import column_name
from mzwidget.local.dialect.scope import Grouping, Scope, Source, Statement
from mzwidget.local.dialect.sources import From, table_function, zipped
from mzwidget.local.dialect.syntax import tree
from mzwidget.local.dialect.temporal import temporal_condition, wakeup
from mzwidget.local.dialect.ties import ties
from mzwidget.local.dialect.values import Value, apply, plainly_ordered, quote_text
from mzwidget.local.errors import SqlError, unsupported
from mzwidget.local.formats import types as t
from mzwidget.local.formats.types import Column, Type


@dataclass(slots=True)
class Block:
    """A translated query body: the names and values of its columns, and the text that computes some values."""

    names: list[str]
    values: list[Value]
    render: Callable[[Sequence[str]], str]
    distinct: bool = False
    distinct_on: tuple[tree.Expr, ...] = ()
    expressions: Expressions | None = None
    windowed: bool = False

    def row(self) -> list[Value]:
        """Return the row that the columns are computed from."""
        return [] if self.expressions is None or self.windowed else self.expressions.scope.row_values()


def plan_query(
    query: tree.Node,
    catalog: Catalog,
    *,
    parameter_types: Sequence[Type | None] = (),
    maintained: bool = False,
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
    session : mapping, optional
        What functions such as ``pg_backend_pid()`` or ``current_user`` say.

    Raises
    ------
    SqlError
        In Materialize's words; 0A000 for a construct that is not offered.
    """
    if not isinstance(query, tree.Query):
        raise unsupported("this statement as a query")
    statement = Statement(catalog, list(parameter_types), session=session or {})
    try:
        columns, body = plan_in(query, Scope(statement))
    except SqlError as error:
        raise misnamed(query, statement) or error from None
    if maintained and statement.refusal is not None:
        raise statement.refusal
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
    block = plan_body(statement, query.body, scope)
    limit = _limits(statement, query, nested=outer.parent is not None)
    return _ordered(statement, query, block, limit)


def _with(query: tree.Query, scope: Scope) -> None:
    """Plan the WITH items, which see those before them."""
    for cte in query.ctes:
        inner = scope.child()
        columns, sql = plan_in(cte.query, inner)
        if cte.name in scope.ctes:
            raise SqlError(f'WITH query name "{cte.name}" specified more than once')
        if cte.columns and len(cte.columns) != len(columns):
            count = f"{len(cte.columns)} columns" if len(cte.columns) != 1 else "1 column"
            has = f"{len(columns)} columns" if len(columns) != 1 else "1 column"
            raise SqlError(f"CTE {cte.name} definition names {count}, but CTE {cte.name} has {has}")
        names = cte.columns or tuple(column.name for column in columns)
        renamed = tuple(Column(n, c.type, c.nullable) for n, c in zip(names, columns, strict=True))
        if inner.correlated:
            scope.correlated = True
            scope.ctes[cte.name] = renamed, f"({sql})"
            continue
        name = f"q{len(scope.statement.ctes) + 1}"
        scope.statement.ctes[name] = sql
        scope.ctes[cte.name] = renamed, name


def plan_body(statement: Statement, body: tree.Body, scope: Scope) -> Block:
    """Translate a query body of any shape."""
    if isinstance(body, tree.Select):
        return _Select(statement, body, scope).block()
    if isinstance(body, tree.SetOperation):
        return _set_operation(statement, body, scope)
    if isinstance(body, tree.Values):
        return values_block(statement, body, scope)
    assert isinstance(body, tree.Nested)
    columns, sql = plan_in(body.query, scope)
    return _of_rows(statement, columns, sql)


def _of_rows(statement: Statement, columns: Sequence[Column], sql: str) -> Block:
    alias = statement.alias()
    listed = ", ".join(f"c{i}" for i in range(1, len(columns) + 1))
    values = [Value(f"{alias}.c{i}", column.type, nullable=column.nullable) for i, column in enumerate(columns, 1)]
    source = f"({sql}) AS {alias}" + (f"({listed})" if columns else "")
    scope = Scope(statement, [Source("", tuple(columns), tuple(values))])
    return Block(
        [column.name for column in columns],
        values,
        lambda items: f"SELECT {_listed(items)} FROM {source}",
        expressions=Expressions(scope, plan_nested),
    )


def _listed(items: Sequence[str]) -> str:
    return ", ".join(items) or "NULL AS c1"


def _items(values: Sequence[Value], letter: str = "c") -> list[str]:
    return [f"{value.sql} AS {letter}{i}" for i, value in enumerate(values, 1)]


def values_block(statement: Statement, body: tree.Values, scope: Scope) -> Block:
    """Translate VALUES."""
    inner = scope.child()
    inner.clause = "VALUES"
    expressions = Expressions(inner, plan_nested)
    width = len(body.rows[0])
    for row in body.rows:
        if len(row) != width:
            raise SqlError(f"VALUES expression has varying number of columns: {len(row)} vs {width}")
    rows = [expressions.values(row) for row in body.rows]
    columns = [unify(statement, list(column), "VALUES") for column in zip(*rows, strict=True)]
    inner_sql = ", ".join(
        "(" + ", ".join(value.sql for value in row) + ")"
        for row in zip(*(values for values, _ in columns), strict=True)
    )
    named = [
        Column(f"column{i}", type_, any(value.nullable for value in values))
        for i, (values, type_) in enumerate(columns, 1)
    ]
    return _of_rows(statement, named, f"VALUES {inner_sql}")


def _set_operation(statement: Statement, body: tree.SetOperation, scope: Scope) -> Block:
    sides = [plan_body(statement, side, scope) for side in (body.left, body.right)]
    word = body.word.upper()
    settled = [[_settle(statement, value) for value in block.values] for block in sides]
    left, right = settled
    if len(left) != len(right):
        count = f"{len(left)} vs {len(right)}"
        raise SqlError(f"each {word} query must have the same number of columns: {count}")
    pairs = [unify(statement, [a, b], word) for a, b in zip(left, right, strict=True)]
    if not body.every:
        for _, type_ in pairs:
            _hashable(type_, word)
    texts = [_plain(statement, block, [pair[0][i] for pair in pairs]) for i, block in enumerate(sides)]
    every = " ALL" if body.every else ""
    sql = f"(SELECT * FROM ({texts[0]})) {word}{every} (SELECT * FROM ({texts[1]}))"
    columns = [
        Column(name, type_, any(value.nullable for value in pair))
        for name, (pair, type_) in zip(sides[0].names, pairs, strict=True)
    ]
    return _of_rows(statement, columns, sql)


def _plain(statement: Statement, block: Block, values: Sequence[Value]) -> str:
    if not block.distinct:
        return block.render(_items(values))
    inner = block.render(_items(block.values))
    if block.distinct_on:
        raise unsupported("DISTINCT ON in a set operation")
    alias = statement.alias()
    renamed = []
    for i, (value, original) in enumerate(zip(values, block.values, strict=True), 1):
        renamed.append(
            f"{value.sql.replace(original.sql, f'{alias}.c{i}')} AS c{i}"
            if value.sql != original.sql
            else f"{alias}.c{i}"
        )
    return f"SELECT {', '.join(renamed)} FROM (SELECT DISTINCT * FROM ({inner})) AS {alias}"


def _settle(statement: Statement, value: Value) -> Value:
    return coerce(statement, value, t.TEXT) if value.is_open else value


def _hashable(type_: Type, clause: str) -> None:
    if type_.name != "jsonb" and not plainly_ordered(type_):
        raise unsupported(f"{clause} of {t.sql_name(type_)}")


# --------------------------------------------------------------------------------------------- order and limits


def _limits(statement: Statement, query: tree.Query, *, nested: bool) -> str:
    sql = ""
    for node, word in ((query.limit, "LIMIT"), (query.offset, "OFFSET")):
        if node is None or node == tree.Literal("null"):
            continue
        scope = Scope(statement)
        scope.clause = word
        value = Expressions(scope, plan_nested).value(node)
        if value.parameter is not None:
            value = coerce(statement, value, t.INT8)
        if isinstance(node, tree.Parameter):
            sql += f" {word} {_counted(value, word, nested=nested)}"
            continue
        if value.literal is None:
            if any(isinstance(each, tree.Query) for each in node.walk()):
                if nested or word != "LIMIT":
                    raise unsupported(f"{word} of a subquery")
                name = f"{t.sql_name(value.type)}_to_bigint".replace(" ", "_")
                what = "select(???)" if value.type.name == "int8" else f"{name}(select(???))"
                raise SqlError(f"Top-level LIMIT must be a constant expression, got {what}")
            sql += f" {word} ({_counted(value, word, nested=True)})"
            continue
        count = coerce(statement, value, t.INT8, Context.ASSIGNMENT)
        try:
            number = round(float(value.literal))
        except ValueError:
            number = 0
        if number < 0:
            if word == "LIMIT":
                raise SqlError("LIMIT must not be negative")
            raise SqlError(f"Invalid OFFSET clause: must not be negative, got {number}")
        sql += f" {word} {count.sql}"
    return sql


def _counted(value: Value, word: str, *, nested: bool) -> str:
    """Return a LIMIT or OFFSET by a parameter; of another type than bigint it fails as a LIMIT of the whole query."""
    if not castable(value.type, t.INT8, Context.ASSIGNMENT):
        raise SqlError(f"{word} must have type bigint, not type {t.sql_name(value.type)}")
    if word == "LIMIT" and value.type.name != "int8" and not nested:
        name = f"{t.sql_name(value.type)}_to_bigint".replace(" ", "_")
        message = quote_text(f"mz:XX000:Top-level LIMIT must be a constant expression, got {name}(")
        return f"CAST(error({message} || coalesce({text_form(value).sql}, 'null') || ')') AS BIGINT)"
    count = cast(value, t.INT8, Context.ASSIGNMENT)
    negative = "'mz:XX000:LIMIT must not be negative'"
    if word == "OFFSET":
        negative = "'mz:XX000:Invalid OFFSET clause: must not be negative, got ' || CAST({0} AS VARCHAR)"
    return apply(f"CASE WHEN {{0}} < 0 THEN CAST(error({negative}) AS BIGINT) ELSE {{0}} END", [count], t.INT8).sql


@dataclass(frozen=True, slots=True)
class Term:
    """One item of ORDER BY."""

    value: Value
    descending: bool = False
    nulls_first: bool = False

    def written(self, sql: str) -> str:
        direction = "DESC" if self.descending else "ASC"
        return f"{sql} {direction} NULLS {'FIRST' if self.nulls_first else 'LAST'}"


def _ordered(statement: Statement, query: tree.Query, block: Block, limit: str) -> tuple[tuple[Column, ...], str]:
    """Apply DISTINCT, ORDER BY, LIMIT and OFFSET to a body."""
    settled = [_settle(statement, value) for value in block.values]
    if block.distinct and not statement.reads:
        settled = [unsigned_zero(value) for value in settled]
    terms = [_term(block, settled, item) for item in query.order]
    if block.distinct and block.distinct_on:
        sql = _distinct_on(statement, block, settled, terms, limit)
    elif not terms and not limit:
        inner = block.render(_items(settled))
        sql = f"SELECT DISTINCT * FROM ({inner})" if block.distinct else inner
    else:
        sql = _sorted(statement, block, settled, terms, limit)
    if block.distinct:
        for value in settled:
            _hashable(value.type, "DISTINCT")
    columns = tuple(Column(name, value.type, value.nullable) for name, value in zip(block.names, settled, strict=True))
    return columns, sql


def _sorted(statement: Statement, block: Block, settled: list[Value], terms: list[Term], limit: str) -> str:
    known = {value.sql: i for i, value in reversed(list(enumerate(settled, 1)))}
    extra = [term.value for term in terms if term.value.sql not in known]
    if block.distinct and extra:
        raise SqlError("for SELECT DISTINCT, ORDER BY expressions must appear in select list")
    alias = statement.alias()
    row = [] if block.distinct else [value for value in block.row() if value.sql not in known]
    inner = block.render(_items(settled) + _items(extra, "o") + _items(row, "t"))
    if block.distinct:
        inner = f"SELECT DISTINCT * FROM ({inner})"
    order, used = [], set()
    others = iter(range(1, len(extra) + 1))
    for term in terms:
        at = known.get(term.value.sql)
        used.add(at or 0)
        order.append(term.written(f"{alias}.c{at}" if at is not None else f"{alias}.o{next(others)}"))
    whole = {value.sql: replace(value, sql=f"{alias}.t{i}") for i, value in enumerate(row, 1)}
    whole |= {value.sql: replace(value, sql=f"{alias}.c{i}") for i, value in reversed(list(enumerate(settled, 1)))}
    first = [] if block.distinct else [value.sql for value in block.row()]
    behind = [value.sql for value in settled if value.sql not in first]
    order += ties([whole[sql] for sql in dict.fromkeys([*first, *behind]) if known.get(sql) not in used])
    listed = ", ".join(f"{alias}.c{i}" for i in range(1, len(settled) + 1)) or "NULL AS c1"
    by = f" ORDER BY {', '.join(order)}" if order else ""
    return f"SELECT {listed} FROM ({inner}) AS {alias}{by}{limit}"


def _distinct_on(statement: Statement, block: Block, settled: list[Value], terms: list[Term], limit: str) -> str:
    """Keep the first row of each key, in the order of ORDER BY, then of the whole row."""
    assert block.expressions is not None
    keys = [_referenced(block, settled, node, "DISTINCT ON") for node in block.distinct_on]
    texts = list(dict.fromkeys(key.sql for key in keys))
    leading = {term.value.sql for term in terms[: len(texts)]}
    if terms and not leading <= set(texts):
        raise SqlError("SELECT DISTINCT ON expressions must match initial ORDER BY expressions")
    ordering = terms or [Term(key) for key in keys]
    inner = block.render(
        _items(settled) + _items(keys, "d") + _items([term.value for term in ordering], "o")
    )  # fmt: skip
    order = [term.written(f"o{i}") for i, term in enumerate(ordering, 1)]
    order += [f"d{i} ASC NULLS LAST" for i in range(1, len(keys) + 1)]
    order += [f"c{i} ASC NULLS LAST" for i in range(1, len(settled) + 1)]
    on = ", ".join(f"d{i}" for i in range(1, len(keys) + 1))
    picked = f"SELECT DISTINCT ON ({on}) * FROM ({inner}) ORDER BY {', '.join(order)}"
    alias = statement.alias()
    listed = ", ".join(f"{alias}.c{i}" for i in range(1, len(settled) + 1))
    by = ", ".join(term.written(f"{alias}.o{i}") for i, term in enumerate(ordering, 1))
    rest = "".join(f", {alias}.c{i} ASC NULLS LAST" for i in range(1, len(settled) + 1))
    return f"SELECT {listed} FROM ({picked}) AS {alias} ORDER BY {by}{rest}{limit}"


def _term(block: Block, settled: list[Value], item: tree.OrderItem) -> Term:
    value = _referenced(block, settled, item.expr, "ORDER BY")
    return Term(sortable(value), item.descending, item.nulls_first)


def sortable(value: Value) -> Value:
    """Return what sorts as the value does."""
    if value.type.name == "jsonb":
        return apply(SORT_KEY, [value], t.TEXT)
    if not plainly_ordered(value.type):
        raise unsupported(f"ORDER BY {t.sql_name(value.type)}")
    return value


def unsigned_zero(value: Value) -> Value:
    """Return a float whose zero has no sign, as grouping and DISTINCT see it."""
    if value.type.name in ("float4", "float8"):
        return apply("({0} + 0)", [value], value.type)
    return value


def _referenced(block: Block, settled: list[Value], node: tree.Expr, clause: str) -> Value:
    """Return what an ORDER BY item means: a result column by number or name, else an expression."""
    if isinstance(node, tree.Literal) and node.kind == "number":
        return settled[by_position(node.value, len(settled), clause) - 1]
    if isinstance(node, tree.Name) and len(node.parts) == 1:
        found = [value for name, value in zip(block.names, settled, strict=True) if name == node.parts[0]]
        if len({value.sql for value in found}) > 1:
            raise SqlError(f'column reference "{node.parts[0]}" is ambiguous')
        if found:
            return found[0]
    assert block.expressions is not None
    return block.expressions.typed(node)


def by_position(text: str, count: int, clause: str) -> int:
    """Return the number of a column that a clause names by position."""
    if not text.isdigit():
        raise SqlError(f"unable to parse column reference in {clause} clause: {text}: invalid digit found in string")
    if not 1 <= int(text) <= count:
        raise SqlError(f"column reference {int(text)} in {clause} clause is out of range (1 - {count})")
    return int(text)


# ------------------------------------------------------------------------------------------------------- SELECT


@dataclass(frozen=True, slots=True)
class Expanded:
    """A column that ``*`` stands for; in a SELECT that groups it may not be allowed."""

    value: Value
    shown: str


Output = tree.Expr | Expanded


class _Select:
    """Translates one SELECT."""

    def __init__(self, statement: Statement, body: tree.Select, outer: Scope) -> None:
        self.statement = statement
        self.body = body
        self.outer = outer
        self.scope = Scope(statement, parent=outer)
        self.expressions = Expressions(self.scope, plan_nested)

    def block(self) -> Block:
        body, scope = self.body, self.scope
        source = From(scope, plan_nested).build(body.source) if body.source is not None else ""
        source = self._set_returning(source)
        where = self._where(source)
        outputs = self._outputs()
        self._group(outputs)
        names = [name for name, _ in outputs]
        try:
            values = [self._output(chosen) for _, chosen in outputs]
        except SqlError as error:
            self._aggregates_first(error)
            raise
        having = self._having()
        qualify = None
        if body.qualify is not None:
            qualify = self.expressions.condition(body.qualify, "QUALIFY clause")

        def render(items: Sequence[str]) -> str:
            tail = f" FROM {source}" if source else ""
            tail += f" WHERE {where}" if where else ""
            grouping = scope.grouping
            if grouping is not None:
                keys = ", ".join(str(i) for i in range(1, len(grouping.keys) + 1))
                inner = f"SELECT {grouping.items()}{tail}" + (f" GROUP BY {keys}" if keys else "")
                tail = f" FROM ({inner}) AS {grouping.alias}"
                tail += f" WHERE {having.sql}" if having is not None else ""
            if qualify is None:
                return f"SELECT {_listed(items)}{tail}"
            inner = ", ".join([*items, f"{qualify.sql} AS q"])
            kept = ", ".join(item.rpartition(" AS ")[2] for item in items)
            return f"SELECT {kept or 'NULL AS c1'} FROM (SELECT {inner}{tail}) WHERE q"

        windowed = any(isinstance(part, tree.Call) and part.over for item in body.items for part in item.walk())
        block = Block(names, values, render, body.distinct, body.distinct_on, self.expressions, windowed)
        if body.distinct and not outputs:
            raise SqlError("SELECT DISTINCT must have at least one column")
        return block

    def _output(self, chosen: Output) -> Value:
        if isinstance(chosen, Expanded):
            return self.scope.checked(chosen.value, chosen.shown)
        return self.expressions.value(chosen)

    def _set_returning(self, source: str) -> str:
        """Table functions in the select list: rows of FROM, once for each other row."""
        calls = list(dict.fromkeys(call for item in self.body.items for call in _table_calls(item.expr)))
        if not calls:
            return source
        parts = [_as_value(*table_function(self.expressions, call)) for call in calls]
        columns, sql = zipped(parts)
        alias = self.statement.alias()
        names = [f"c{i}" for i in range(1, len(columns) + 1)]
        self.scope.tables = {
            call: Value(f"{alias}.{name}", column.type)
            for call, name, column in zip(calls, names, columns, strict=True)
        }
        lateral = f"LATERAL ({sql}) AS {alias}({', '.join(names)})"
        return f"{source}, {lateral}" if source else f"(SELECT 1) AS {alias}x(c0), {lateral}"

    # clauses

    def _where(self, source: str) -> str:
        if self.body.where is None:
            return ""
        self.scope.clause = "WHERE clause"
        plain: list[Value] = []
        temporal: list[Value] = []
        changes: list[str] = []
        correlated = self.scope.correlated
        try:
            for node in conjuncts(self.body.where):
                if contains_mz_now(node):
                    self.scope.correlated = False
                    condition, bounds = temporal_condition(self.expressions, node)
                    temporal.append(condition)
                    changes += [change for bound in bounds for change in bound.changes]
                else:
                    plain.append(self.expressions.condition(node, "WHERE clause"))
        except SqlError as error:
            raise _inside(error, "WHERE clause error: ") from None
        self.scope.clause = "SELECT clause"
        if temporal and self.scope.correlated:
            self.statement.refuse_maintenance(temporal_error(self.body.where))
        elif changes:
            conditions = [guarded_all(plain)] if plain else []
            found = wakeup(changes, source or "(SELECT 1)", conditions)
            self.statement.wakeups.append(self.statement.with_ctes(found))
        self.scope.correlated = self.scope.correlated or correlated
        return guarded_all([*plain, *temporal])

    def _outputs(self) -> list[tuple[str, Output]]:
        found: list[tuple[str, Output]] = []
        for item in self.body.items:
            node = item.expr
            if isinstance(node, tree.Star):
                found += self._expanded(node)
            elif isinstance(node, tree.Field) and node.name == "*":
                found += self._record_fields(node)
            else:
                found.append((item.alias if item.alias is not None else column_name(node), node))
        return found

    def _record_fields(self, node: tree.Field) -> list[tuple[str, Output]]:
        if (
            isinstance(node.operand, tree.Name)
            and len(node.operand.parts) == 1
            and self.scope.row(node.operand.parts[0])
        ):
            return self._expanded(tree.Star(node.operand.parts))
        value = self.expressions.value(node.operand)
        if value.type.kind != "record":
            raise SqlError(f"type {t.sql_name(value.type)} is not composite")
        return [(name, tree.Field(node.operand, name)) for name, _ in value.type.fields]

    def _expanded(self, star: tree.Star) -> list[tuple[str, Output]]:
        scope = self.scope
        if not star.qualifier:
            if not scope.sources:
                raise SqlError("SELECT * with no tables specified is not valid")
            found: list[tuple[str, Output]] = []
            for index, source in enumerate(scope.sources):
                found += [
                    (name, Expanded(value, name)) for name, value in scope.merged.items() if scope.first[name] == index
                ]
                for column, value in zip(source.columns, source.values, strict=True):
                    if (index, column.name) not in scope.hidden:
                        found.append((column.name, Expanded(value, f"{source.name}.{column.name}".lstrip("."))))
            return found
        at: Scope | None = scope
        while at is not None:
            merged = at.merged
            for source in at.sources:
                if source.answers(star.qualifier):
                    pairs = sorted(
                        zip(source.columns, source.values, strict=True),
                        key=lambda pair: pair[0].name not in merged,
                    )
                    return [
                        (column.name, Expanded(value, f"{source.name}.{column.name}".lstrip(".")))
                        for column, value in pairs
                    ]
            at = at.parent
        raise SqlError(f"no table named '{'.'.join(star.qualifier)}' in scope")

    def _aggregates_first(self, error: SqlError) -> None:
        """Raise what is wrong with an aggregate, of which Materialize speaks before what is not grouped."""
        if self.scope.grouping is None or "must appear in the GROUP BY" not in error.message:
            return
        for item in self.body.items:
            for node in item.expr.walk():
                if isinstance(node, tree.Call) and node.over is None and node.name[-1] in functions.AGGREGATES:
                    self.expressions.value(node)

    def _aggregates(self) -> bool:
        nodes: list[tree.Node] = [item.expr for item in self.body.items]
        if self.body.having is not None:
            nodes.append(self.body.having)
        if self.body.qualify is not None:
            nodes.append(self.body.qualify)
        return any(_has_aggregate(node) for node in nodes)

    def _group(self, outputs: list[tuple[str, Output]]) -> None:
        body, scope = self.body, self.scope
        if not body.group and body.having is None and not self._aggregates():
            return
        grouping = Grouping(self.statement.alias())
        scope.clause = "GROUP BY clause"
        for node in body.group:
            self._group_item(grouping, node, outputs)
        scope.clause = "SELECT clause"
        scope.grouping = grouping

    def _group_item(self, grouping: Grouping, node: tree.Expr, outputs: list[tuple[str, Output]]) -> None:
        if isinstance(node, tree.Row):
            for item in node.items:
                self._group_item(grouping, item, outputs)
            return
        chosen: Output = node
        if isinstance(node, tree.Literal) and node.kind == "number":
            chosen = outputs[by_position(node.value, len(outputs), "GROUP BY") - 1][1]
        elif isinstance(node, tree.Name) and len(node.parts) == 1 and self.scope._own(node.parts) is None:
            named = [value for name, value in outputs if name == node.parts[0]]
            if len(named) > 1:
                raise SqlError(f'column reference "{node.parts[0]}" in GROUP BY is ambiguous')
            chosen = named[0] if named else node
        value = (
            chosen.value if isinstance(chosen, Expanded) else _settle(self.statement, self.expressions.value(chosen))
        )
        _hashable(value.type, "GROUP BY")
        if value.sql in (known.sql for known in grouping.keys):
            return
        grouping.nodes.append(chosen if isinstance(chosen, tree.Expr) else node)
        grouping.keys.append(value)

    def _having(self) -> Value | None:
        if self.body.having is None:
            return None
        self.scope.clause = "HAVING clause"
        try:
            found = self.expressions.condition(self.body.having, "HAVING clause")
        finally:
            self.scope.clause = "SELECT clause"
        if contains_mz_now(self.body.having):
            self.statement.refuse_maintenance(temporal_error(self.body.having))
        return found


def _has_aggregate(node: tree.Node) -> bool:
    """Whether an expression aggregates, subqueries left out."""
    if isinstance(node, tree.Query):
        return False
    if isinstance(node, tree.Call) and node.over is None and node.name[-1] in functions.AGGREGATES:
        return True
    for name in type(node).__dataclass_fields__:
        part = getattr(node, name)
        for each in _nodes(part):
            if _has_aggregate(each):
                return True
    return False


def _as_value(columns: list[Column], sql: str) -> tuple[list[Column], str]:
    """Return the rows of a table function as rows of one value."""
    if len(columns) == 1:
        return columns, sql
    names = [f"c{i}" for i in range(1, len(columns) + 1)]
    type_ = t.record_of(
        tuple((column.name, column.type) for column in columns), tuple(column.nullable for column in columns)
    )
    packed = ", ".join(f"f{i} := x.{name}" for i, name in enumerate(names, 1))
    return [Column("", type_)], f"SELECT struct_pack({packed}) AS c1 FROM ({sql}) AS x({', '.join(names)})"


def _table_calls(node: tree.Node) -> Iterator[tree.Call]:
    """Yield the table functions that an expression always evaluates."""
    if isinstance(node, (tree.Query, tree.Case, tree.Choice)):
        return
    if isinstance(node, tree.Call):
        if node.name[-1] in functions.AGGREGATES or node.over is not None:
            return
        if node.name[-1] in functions.MANY:
            yield node
            return
    for name in type(node).__dataclass_fields__:
        for each in _nodes(getattr(node, name)):
            yield from _table_calls(each)


def _nodes(part: object) -> list[tree.Node]:
    if isinstance(part, tree.Node):
        return [part]
    if isinstance(part, tuple):
        return [node for each in part for node in _nodes(each)]
    return []


def _inside(error: SqlError, prefix: str) -> SqlError:
    """Say in which clause an error was found."""
    known = ("WHERE clause must", "WHERE clause error", 'function "', 'type "')
    if error.sqlstate == "0A000" or error.message.startswith(known):
        return error
    found = SqlError(prefix + error.message, error.sqlstate, detail=error.detail)
    found.position = error.position
    return found
