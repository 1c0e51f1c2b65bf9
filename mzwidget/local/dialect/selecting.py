"""One SELECT."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from mzwidget.local.dialect import functions
from mzwidget.local.dialect.blocks import Block, hashable, listed, settle, signs
from mzwidget.local.dialect.conditions import conjuncts, guarded_all, is_temporal, temporal_error
from mzwidget.local.dialect.expressions import Expressions
from mzwidget.local.dialect.names import FALLBACK, column_name
from mzwidget.local.dialect.ordering import by_position
from mzwidget.local.dialect.scope import Grouping, Scope, Statement
from mzwidget.local.dialect.sources import From, table_function, zipped
from mzwidget.local.dialect.syntax import tree
from mzwidget.local.dialect.temporal import temporal_conditions, wakeup
from mzwidget.local.dialect.translating import PlanSubquery
from mzwidget.local.dialect.values import Value
from mzwidget.local.errors import SqlError
from mzwidget.local.formats import types as t
from mzwidget.local.formats.types import Column


@dataclass(frozen=True, slots=True)
class Expanded:
    """A column that ``*`` stands for; in a SELECT that groups it may not be allowed."""

    value: Value
    shown: str


Output = tree.Expr | Expanded


@dataclass(slots=True)
class _Conditions:
    """Conditions that are joined by AND."""

    plain: list[Value] = field(default_factory=list)
    nodes: list[tree.Expr | None] = field(default_factory=list)
    """How the plain ones were written."""
    outer: list[bool] = field(default_factory=list)
    """Which of the plain ones name a column of an outer query."""
    temporal: list[Value] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    """When the temporal ones change."""
    strictly: bool = False
    """Whether the order is known even of those that cannot fail: of joined tables each has its own conditions."""

    @property
    def sql(self) -> str:
        return guarded_all([*self.plain, *self.temporal], self.nodes, strictly=self.strictly)


def _reads_once(source: str, where: str) -> bool:
    """Whether the text of a FROM is a stored table as of a time, and that of its WHERE reads nothing else."""
    return '"~from"' in source and source.count("SELECT") == 1 and "SELECT" not in where


class Selection:
    """Translates one SELECT."""

    def __init__(
        self,
        statement: Statement,
        body: tree.Select,
        outer: Scope,
        plan: PlanSubquery,
        order: tuple[tree.OrderItem, ...],
    ) -> None:
        self.statement = statement
        self.body = body
        self.order = order
        self.outer = outer
        self.plan = plan
        self.scope = Scope(statement, parent=outer)
        self.expressions = Expressions(self.scope, plan)
        around = outer.parent
        self._guard = around.branching.guard if around is not None else ""

    def block(self) -> Block:
        body, scope = self.body, self.scope
        joins = From(scope, self.plan)
        source = joins.build(body.source) if body.source is not None else ""
        source = self._set_returning(source)
        where = self._where(source, joins)
        outputs = self._outputs()
        self._group(outputs)
        names = [name for name, _ in outputs]
        with self._told_after(_is_aggregate):
            having = self._having()
        with self._told_after(_is_aggregate, _is_window):
            qualify = self._qualify()
            values = [self._output(chosen) for _, chosen in outputs]

        def groups(grouping: Grouping) -> str:
            places = [str(i) for i in range(1, len(grouping.keys) + 1)]
            keys = ", ".join([*places, *signs(self.statement, grouping.keys)])
            inner = f"SELECT {grouping.items()}" + (f" FROM {source}" if source else "")
            inner += (f" WHERE {where}" if where else "") + (f" GROUP BY {keys}" if keys else "")
            return f"({inner}) AS {grouping.alias}"

        if scope.grouping is not None:
            self._wake(groups(scope.grouping), having)

        def render(items: Sequence[str]) -> str:
            grouping = scope.grouping
            rows = scope.windows.beside(source if grouping is None else groups(grouping))
            condition = where if grouping is None else having.sql
            tail = f" FROM {rows}" if rows else ""
            tail += f" WHERE {condition}" if condition else ""
            tail = scope.windows.behind(tail, scope.row_values())
            if qualify is None:
                return f"SELECT {listed(items)}{tail}"
            inner = ", ".join([*items, f"{qualify.sql} AS q"])
            kept = ", ".join(item.rpartition(" AS ")[2] for item in items)
            return f"SELECT {kept or 'NULL AS c1'} FROM (SELECT {inner}{tail}) WHERE q"

        windowed = any(isinstance(part, tree.Call) and part.over for item in body.items for part in item.walk())
        block = Block(names, values, render, body.distinct, body.distinct_on, self.expressions, windowed)
        computed = windowed or body.distinct or scope.grouping is not None or qualify is not None
        block.scan = isinstance(body.source, tree.Table) and not computed and _reads_once(source, where)
        if body.distinct and not outputs:
            raise SqlError("SELECT DISTINCT must have at least one column")
        return block

    def _output(self, chosen: Output) -> Value:
        if isinstance(chosen, Expanded):
            return self.scope.checked(chosen.value, chosen.shown)
        value = self.expressions.value(chosen)
        return value if value.parameter is None else settle(self.statement, value)

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

    def _where(self, source: str, joins: From) -> str:
        of_one = isinstance(self.body.source, tree.Table)
        found = _Conditions(temporal=joins.temporal, changes=joins.changes, strictly=of_one)
        lateral = self.scope.correlated
        if self.body.where is not None:
            self.scope.clause = "WHERE clause"
            try:
                self._split(self.body.where, found)
            except SqlError as error:
                raise _inside(error, "WHERE clause error: ") from None
            found.plain = [self.expressions.boolean(value) for value in found.plain]
            self.scope.clause = "SELECT clause"
        if found.temporal and lateral:
            self.statement.refuse_maintenance(temporal_error(self.body))
        else:
            self._wake(source or "(SELECT 1)", found)
        if self._guard:
            found.plain.append(Value(self._guard, t.BOOL))
            found.nodes.append(None)
        return found.sql

    def _split(self, whole: tree.Expr, found: _Conditions) -> None:
        """Translate the conditions of a chain of ANDs, those on ``mz_now()`` apart."""
        nodes = list(conjuncts(whole))
        several = "AND argument" if len(nodes) > 1 else ""
        correlated = self.scope.correlated
        for node in nodes:
            if is_temporal(node):
                temporal, changes = temporal_conditions(self.expressions, node)
                found.temporal += temporal
                found.changes += changes
                continue
            self.scope.correlated = False
            with self.scope.within(several):
                value = self.expressions.value(node)
                value = self.expressions.boolean(value) if several else value
            found.plain.append(value)
            found.nodes.append(node)
            found.outer.append(self.scope.correlated)
            correlated = correlated or self.scope.correlated
        self.scope.correlated = self.scope.correlated or correlated

    def _wake(self, rows: str, found: _Conditions) -> None:
        """Note when conditions of these rows change."""
        if found.changes:
            rows = rows.replace(self._guard, "true") if self._guard else rows
            own = [value for value, outer in zip(found.plain, found.outer, strict=True) if not outer]
            conditions = [guarded_all(own)] if own else []
            self.statement.wakeups.append(self.statement.with_ctes(wakeup(found.changes, rows, conditions)))

    def _outputs(self) -> list[tuple[str, Output]]:
        found: list[tuple[str, Output]] = []
        for item in self.body.items:
            node = item.expr
            if isinstance(node, tree.Star):
                found += self._expanded(node)
            elif isinstance(node, tree.Field) and node.name == "*":
                found += self._record_fields(node)
            else:
                found.append((item.alias if item.alias is not None else self._named(node), node))
        return found

    def _named(self, node: tree.Expr) -> str:
        def first(query: tree.Query) -> str:
            columns, _ = self.plan(query, self.scope)
            return columns[0].name if columns else FALLBACK

        return column_name(node, first)

    def _record_fields(self, node: tree.Field) -> list[tuple[str, Output]]:
        value = self.expressions.value(node.operand)
        if value.type.kind != "record":
            raise SqlError(f"type {t.sql_name(t.TEXT if value.is_open else value.type)} is not composite")
        return [(name, tree.Field(node.operand, name)) for name, _ in value.type.fields]

    def _expanded(self, star: tree.Star) -> list[tuple[str, Output]]:
        scope = self.scope
        found: list[tuple[str, Output]] = []
        if not star.qualifier:
            if not scope.sources:
                raise SqlError("SELECT * with no tables specified is not valid")
            for index, source in enumerate(scope.sources):
                found += [(m.name, Expanded(m.value, m.name)) for m in scope.merged if m.first == index]
                for column, value in zip(source.columns, source.values, strict=True):
                    if (index, column.name) not in scope.hidden:
                        found.append((column.name, Expanded(value, f"{source.name}.{column.name}".lstrip("."))))
            return found
        found = [
            (column.name, Expanded(value, f"{source.name}.{column.name}".lstrip(".")))
            for source, column, value in scope.placed()
            if source.answers(star.qualifier)
        ]
        if found:
            return found
        raise SqlError(f"no table named '{'.'.join(star.qualifier)}' in scope")

    @contextmanager
    def _told_after(self, *kinds: Callable[[tree.Call], bool]) -> Iterator[None]:
        """Raise first what is wrong with calls of some kinds, which Materialize plans before what names them."""
        try:
            yield
        except SqlError:
            for kind in kinds:
                for call in self._calls(kind):
                    self.expressions.value(call)
            raise

    def _calls(self, kind: Callable[[tree.Call], bool]) -> Iterator[tree.Call]:
        """Yield the calls of a kind that are planned before the SELECT clause, those in others left out."""
        body = self.body
        nodes = [*body.distinct_on, *(item.expr for item in body.items), body.having, body.qualify]
        nodes += [item.expr for item in self.order]
        return (call for node in nodes if node is not None for call in _calls(node, kind))

    def _group(self, outputs: list[tuple[str, Output]]) -> None:
        body, scope = self.body, self.scope
        if not body.group and body.having is None and next(self._calls(_is_aggregate), None) is None:
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
            chosen = outputs[by_position(node.value, len(outputs), "GROUP BY clause") - 1][1]
        elif isinstance(node, tree.Name) and len(node.parts) == 1 and self.scope.find(node.parts) is None:
            named = [value for name, value in outputs if name == node.parts[0]]
            if len(named) > 1:
                raise SqlError(f'column reference "{node.parts[0]}" is ambiguous')
            chosen = named[0] if named else node
        value = chosen.value if isinstance(chosen, Expanded) else settle(self.statement, self.expressions.value(chosen))
        hashable(value.type, "GROUP BY")
        if value.sql in (known.sql for known in grouping.keys):
            return
        grouping.nodes.append(chosen if isinstance(chosen, tree.Expr) else node)
        grouping.keys.append(value)

    def _qualify(self) -> Value | None:
        if self.body.qualify is None:
            return None
        with self.scope.within("QUALIFY clause"):
            return self.expressions.condition(self.body.qualify)

    def _having(self) -> _Conditions:
        having, found = self.body.having, _Conditions()
        if having is None:
            return found
        self.scope.clause = "HAVING clause"
        try:
            if is_temporal(having):
                self._split(having, found)
                found.plain = [self.expressions.boolean(value) for value in found.plain]
            else:
                found.plain = [self.expressions.condition(having)]
        finally:
            self.scope.clause = "SELECT clause"
        return found


def _is_aggregate(call: tree.Call) -> bool:
    return call.over is None and call.name[-1] in functions.AGGREGATES


def _is_window(call: tree.Call) -> bool:
    return call.over is not None


def _calls(node: tree.Node, kind: Callable[[tree.Call], bool]) -> Iterator[tree.Call]:
    """Yield the calls of a kind in an expression, but for those within others and in subqueries."""
    if isinstance(node, tree.Query):
        return
    if isinstance(node, tree.Call) and kind(node):
        yield node
        return
    for name in type(node).__dataclass_fields__:
        for each in _nodes(getattr(node, name)):
            yield from _calls(each, kind)


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
    if isinstance(node, tree.Query):
        return
    within = "CASE" if isinstance(node, tree.Case) else node.word.upper() if isinstance(node, tree.Choice) else ""
    if isinstance(node, tree.Call):
        if node.name[-1] in functions.AGGREGATES or node.over is not None:
            return
        if node.name[-1] in functions.MANY and not node.distinct and node.filter is None:
            _refuse_inner(node)
            yield node
            return
    for name in type(node).__dataclass_fields__:
        for each in _nodes(getattr(node, name)):
            for call in _table_calls(each):
                if within in ("CASE", "COALESCE"):
                    raise SqlError(f"table functions are not allowed in {within} (function pg_catalog.{call.name[-1]})")
                if not within:
                    yield call


def _refuse_inner(node: tree.Call) -> None:
    for argument in node.arguments:
        for call in _table_calls(argument):
            raise SqlError(
                f"table functions are not allowed in other table functions (function pg_catalog.{call.name[-1]})"
            )


def _nodes(part: object) -> list[tree.Node]:
    if isinstance(part, tree.Node):
        return [part]
    if isinstance(part, tuple):
        return [node for each in part for node in _nodes(each)]
    return []


def _inside(error: SqlError, prefix: str) -> SqlError:
    """Say in which clause an error was found."""
    known = ("WHERE clause error", 'function "', 'type "')
    if error.sqlstate == "0A000" or error.message.startswith(known):
        return error
    found = SqlError(prefix + error.message, error.sqlstate, detail=error.detail)
    found.position = error.position
    return found
