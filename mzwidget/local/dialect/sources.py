"""FROM: tables, views, subqueries, table functions and the joins between them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from mzwidget.local.dialect import functions
from mzwidget.local.dialect.calls import (
    EXPANDS,
    OFFERED_THERE,
    UNAVAILABLE,
    callable_,
    coerce,
    known,
    misspelt,
    operate,
    unavailable,
    unify,
)
from mzwidget.local.dialect.conditions import conjuncts, connect, is_temporal, temporal_error
from mzwidget.local.dialect.expressions import Expressions
from mzwidget.local.dialect.model import evaluated_whole, may_fail
from mzwidget.local.dialect.offered import Merged, Source
from mzwidget.local.dialect.overloads import choose, named, no_function, unknown_function
from mzwidget.local.dialect.scope import Scope
from mzwidget.local.dialect.syntax import tree
from mzwidget.local.dialect.temporal import temporal_conditions, wakeup
from mzwidget.local.dialect.translating import PlanSubquery
from mzwidget.local.dialect.values import Value, apply
from mzwidget.local.errors import SqlError, unsupported
from mzwidget.local.formats import types as t
from mzwidget.local.formats.types import Column

if TYPE_CHECKING:
    from collections.abc import Sequence

_WORDS = {"inner": "JOIN", "left": "LEFT JOIN", "right": "RIGHT JOIN", "full": "FULL JOIN", "cross": "CROSS JOIN"}


class From:
    """Builds the FROM clause of one SELECT and fills its scope.

    Parameters
    ----------
    scope : Scope
        Of the SELECT; its parent is what a derived table sees.
    plan : callable
        Plans a nested query within a scope.
    """

    def __init__(self, scope: Scope, plan: PlanSubquery) -> None:
        self.scope = scope
        self.statement = scope.statement
        self.expressions = Expressions(scope, plan)
        self.temporal: list[Value] = []
        """Conditions on ``mz_now()`` of inner joins, which are to stand in WHERE."""
        self.changes: list[str] = []
        """When these change."""
        self._plan = plan
        self._optional = False

    def build(self, item: tree.FromItem) -> str:
        """Return the text behind FROM."""
        if isinstance(item, tree.Join):
            return self._join(item)
        return self._item(item)

    def _join(self, join: tree.Join) -> str:
        first = len(self.scope.sources)
        left = self._side(join.left, optional=join.kind in ("right", "full"))
        before = len(self.scope.sources)
        if join.comma:
            return f"{left} CROSS JOIN {self._nested(join.right)}"
        if join.kind in ("right", "full"):
            self.scope.forbidden |= set(range(before))
        right = self._nested(join.right, optional=join.kind in ("left", "full"))
        self.scope.forbidden -= set(range(before))
        if join.kind in ("right", "full"):
            self.scope.optional |= set(range(first, before))
        if join.kind in ("left", "full"):
            self.scope.optional |= set(range(before, len(self.scope.sources)))
        word = _WORDS[join.kind]
        if join.kind == "cross":
            return f"{left} CROSS JOIN {right}"
        if join.using or join.natural:
            names = join.using or self._natural(first, before)
            condition = self._using(names, first, before, join.kind) if names else "true"
            if join.using_alias is not None:
                if any(source.name == join.using_alias for source in self.scope.sources[first:]):
                    raise SqlError(f'table name "{join.using_alias}" specified more than once')
                self._name_merged(join.using_alias, names)
            return f"{left} {word} {right} ON {condition}"
        assert join.on is not None
        plain, temporal, changes = self._on(join.on)
        if join.kind == "inner" and not self._optional:
            self.temporal += temporal
            self.changes += changes
            temporal = []
        elif changes and self.scope.correlated:
            self.statement.refuse_maintenance(temporal_error(join.on))
        elif changes:
            pairs = f"{left} JOIN {right} ON {_joined(plain)}"
            self.statement.wakeups.append(self.statement.with_ctes(wakeup(changes, pairs, [])))
        return f"{left} {word} {right} ON {_joined([*plain, *temporal])}"

    def _on(self, whole: tree.Expr) -> tuple[list[Value], list[Value], list[str]]:
        """Return the conditions of ON, those on ``mz_now()`` apart, and when these change."""
        self.scope.clause = "ON clause"
        parts = list(conjuncts(whole))
        plain: list[Value] = []
        temporal: list[Value] = []
        changes: list[str] = []
        with self.scope.within("AND argument" if len(parts) > 1 else ""):
            for part in parts:
                if is_temporal(part):
                    conditions, moments = temporal_conditions(self.expressions, part)
                    temporal += conditions
                    changes += moments
                else:
                    plain.append(self.expressions.condition(part))
        self.scope.clause = "SELECT clause"
        return plain, temporal, changes

    def _side(self, item: tree.FromItem, *, optional: bool) -> str:
        """Build one side of a join, which may have no row for one of the other side."""
        before, self._optional = self._optional, self._optional or optional
        try:
            return self.build(item)
        finally:
            self._optional = before

    def _nested(self, item: tree.FromItem, *, optional: bool = False) -> str:
        found = self._side(item, optional=optional)
        return f"({found})" if isinstance(item, tree.Join) else found

    def _natural(self, first: int, before: int) -> tuple[str, ...]:
        left, right = (
            [self.scope.sources[index].columns[place].name for index, place in self.scope.order if index in part]
            for part in (range(first, before), range(before, len(self.scope.sources)))
        )
        common = tuple(dict.fromkeys(name for name in left if name in right))
        for name in common:
            if left.count(name) > 1 or any(
                merged.name == name and min(merged.over) >= first for merged in self.scope.merged
            ):
                raise _twice(name)
        return common

    def _using(self, names: Sequence[str], first: int, before: int, kind: str) -> str:
        scope = self.scope
        conditions, new = [], []
        for place, name in enumerate(names):
            if name in names[:place]:
                raise _twice(name)
        for name in names:
            left = self._visible(name, range(first, before))
            right = self._visible(name, range(before, len(scope.sources)))
            for side, found in (("left", left), ("right", right)):
                if not found:
                    raise SqlError(f'column "{name}" specified in USING clause does not exist in {side} table')
                if len(found) > 1:
                    raise SqlError(f'common column name "{name}" appears more than once in {side} table')
            (a, b), _ = unify(self.statement, [left[0], right[0]], f'NATURAL/USING join column "{name}"')
            conditions.append(operate(self.statement, "=", [a, b]))
            if kind == "full":
                merged = apply("coalesce({0}, {1})", [a, b], a.type)
            else:
                merged = right[0] if kind == "right" else left[0]
            over = [index for index in range(first, len(scope.sources)) if scope.sources[index].find(name)]
            scope.hidden |= {(index, name) for index in over}
            new.append(Merged(name, merged, frozenset(over), first, left[0]))
        kept = [each for each in scope.merged if each.name not in names or min(each.over) < first]
        scope.merged = new + kept
        scope.bring_forward(first, [each.value for each in new])
        return connect("AND", conditions).sql

    def _name_merged(self, alias: str, names: Sequence[str]) -> None:
        """Let a qualifier mean the columns that USING has merged."""
        values = tuple(replace(each.left, nullable=True) for each in self.scope.merged[: len(names)])
        columns = tuple(Column(name, value.type, value.nullable) for name, value in zip(names, values, strict=True))
        self.scope.hidden |= {(len(self.scope.sources), name) for name in names}
        self.scope.add(Source(alias, columns, values))

    def _visible(self, name: str, indexes: range) -> list[Value]:
        merged = [each.value for each in self.scope.merged if each.name == name and each.over <= set(indexes)]
        return merged + [
            value for index in indexes if (index, name) not in self.scope.hidden
            for value in self.scope.sources[index].find(name)
        ]  # fmt: skip

    # items

    def _item(self, item: tree.FromItem) -> str:
        match item:
            case tree.Table():
                return self._table(item)
            case tree.Derived():
                outer = self.scope if item.lateral else _outside(self.scope)
                before = len(self.statement.inputs)
                columns, sql = self._plan(item.query, outer)
                if len(self.statement.inputs) == before and not item.lateral and may_fail(sql):
                    sql = evaluated_whole(sql, len(columns))
                word = "LATERAL " if item.lateral else ""
                return f"{word}({sql}) AS {self._add(item.alias, columns, '')}"
            case tree.TableFunction():
                return self._functions(item)
            case tree.Grouped():
                return self._grouped(item)
        raise unsupported(f"{type(item).__name__.lower()} in FROM")

    def _grouped(self, item: tree.Grouped) -> str:
        """Return a join that has a name of its own; like any other it sees what stands before it."""
        star = tree.Select((tree.SelectItem(tree.Star()),), item.join)
        inside = self.scope.child()
        inside.of_join = True
        columns, sql = self._plan(tree.Query(star), inside)
        word = "LATERAL " if self.scope.is_named_in(sql) else ""
        return f"{word}({sql}) AS {self._add(item.alias, columns, '')}"

    def _table(self, item: tree.Table) -> str:
        cte = self.scope.cte(item.parts[0]) if len(item.parts) == 1 else None
        if cte is not None:
            columns, sql = cte
            return f"{sql} AS {self._add(item.alias, columns, item.parts[0])}"
        relation = self.scope.resolve_table(item.parts)
        self.statement.read(relation)
        alias = self._add(item.alias, relation.columns, item.parts[-1], relation.path)
        return f"{relation.sql} AS {alias}"

    def _add(
        self,
        alias: tree.Alias | None,
        columns: Sequence[Column],
        default: str,
        path: tuple[str, ...] = (),
        *,
        scalar: bool = False,
    ) -> str:
        """Add a source to the scope and return its unique alias with column aliases."""
        name, renamed = default, [column.name for column in columns]
        if alias is not None:
            name, path = alias.name, ()
            if len(alias.columns) > len(renamed):
                given, has = len(alias.columns), len(renamed)
                raise SqlError(f"{name} has {has} columns available but {given} columns specified")
            renamed[: len(alias.columns)] = alias.columns
        unique = self.statement.alias()
        visible = tuple(Column(new, column.type, column.nullable) for new, column in zip(renamed, columns, strict=True))
        values = tuple(
            Value(f"{unique}.c{i}", column.type, nullable=column.nullable) for i, column in enumerate(columns, 1)
        )
        self.scope.add(Source(name, visible, values, path, scalar))
        return unique + ("(" + ", ".join(f"c{i}" for i in range(1, len(columns) + 1)) + ")" if columns else "")

    # table functions

    def _functions(self, item: tree.TableFunction) -> str:
        call = item.calls[0]
        columns, inner = zipped([table_function(self.expressions, each) for each in item.calls])
        name = call.name[-1]
        scalar = len(columns) == 1
        if item.alias is not None and not item.alias.columns and scalar and columns[0].name == name:
            columns = [Column(item.alias.name, columns[0].type)]
        elif item.alias is not None and not item.alias.columns and scalar:
            columns = [Column(item.alias.name, columns[0].type)] if name not in _NAMED else columns
        if item.ordinality:
            listed = ", ".join(f"c{i}" for i in range(1, len(columns) + 1))
            inner = f"SELECT *, row_number() OVER () AS o FROM ({inner}) AS f({listed})"
            columns = [*columns, Column("ordinality", t.INT8)]
        alias = self._add(item.alias, columns, name, scalar=scalar and not item.ordinality)
        return f"LATERAL ({inner}) AS {alias}"


_SHORT = 200
_NAMES = re.compile(r'[a-zA-Z_]\w*\.|["{}]|\b(SELECT|lambda)\b')
_NAMED = frozenset({"jsonb_array_elements", "jsonb_array_elements_text", "regexp_split_to_table"})


def table_function(expressions: Expressions, call: tree.Call) -> tuple[list[Column], str]:
    """Return the columns and rows of a table function."""
    name = call.name[-1]
    if call.name == ("values",):
        raise SqlError("VALUES expression in FROM clause must be surrounded by parentheses")
    if not callable_(call.name, expressions.statement):
        raise misspelt(".".join(call.name))
    _check_form(call, name)
    scope = expressions.scope
    before, scope.clause = scope.clause, "table function arguments"
    arguments = expressions.values(call.arguments)
    scope.clause = before
    overloads = functions.TABLES.get(name)
    if name == "regexp_extract" and len(arguments) == 2:
        pattern, text = (coerce(expressions.statement, value, t.TEXT) for value in arguments)
        if pattern.literal is None:
            raise SqlError("regexp_extract requires a string literal as its first argument")
        return functions.regexps.extract(pattern.literal, text)
    if name == "csv_extract" and len(arguments) == 2:
        text = coerce(expressions.statement, arguments[1], t.TEXT)
        if not (arguments[0].literal or "").isdigit():
            raise SqlError("csv_extract number of columns must be a positive integer literal")
        return functions.text.csv(int(arguments[0].literal or 0), text)
    if overloads is None:
        if name in functions.SCALARS or name in expressions.statement.session or name in ("now", "mz_now"):
            value = expressions.value(call)
            return [Column(name, value.type)], f"SELECT {value.sql} AS c1"
        raise _no_table_function(name)
    given = known(arguments)
    found = choose(overloads, given)
    if len(found) != 1 or (name == "unnest" and given == [None]):
        raise no_function(".".join(call.name) if name == EXPANDS[-1] else name, given, many=bool(found))
    if name == EXPANDS[-1] and given == [None]:
        raise SqlError("could not determine polymorphic type because input has type unknown")
    chosen = found[0]
    values = [coerce(expressions.statement, v, w) for v, w in zip(arguments, chosen.wanted, strict=True)]
    columns = []
    for column, type_name in chosen.overload.columns:
        type_ = named(type_name)
        if type_ is None:
            element = values[0].type.element
            assert element is not None
            type_ = element
        columns.append(Column(column, type_))
    streamed = chosen.overload.streamed
    if streamed and all(map(_plainly_constant, values)):
        return columns, streamed.format(*(value.sql for value in values))
    return columns, apply(chosen.overload.sql, values, t.TEXT).sql if not any(
        len(v.sql) > 40 for v in values) else _substituted(chosen.overload.sql, values)  # fmt: skip


def _check_form(call: tree.Call, name: str) -> None:
    if call.distinct or call.filter is not None or call.over is not None:
        raise unsupported(f"DISTINCT, FILTER or OVER of table function {name}")
    full = f"{'mz_catalog' if name in functions.OF_MZ_CATALOG else 'pg_catalog'}.{name}"
    if call.star:
        raise SqlError(f"{full} does not accept * as an argument")
    if call.order:
        raise SqlError(f"ORDER BY specified, but {full} is not an aggregate function")


def _no_table_function(name: str) -> SqlError:
    """Return the error for a function that gives no rows."""
    if name in functions.AGGREGATES or name in functions.WINDOWS:
        word = "aggregate" if name in functions.AGGREGATES else "window"
        return SqlError(f"{word} functions are not supported in functions in FROM")
    if name in UNAVAILABLE:
        return unavailable(f"the {name} function", UNAVAILABLE[name])
    if name in OFFERED_THERE:
        return unsupported(f"table function {name}")
    return unknown_function(name)


def _plainly_constant(value: Value) -> bool:
    """Whether a value names no column, and is short enough to be repeated."""
    return len(value.sql) < _SHORT and _NAMES.search(value.sql) is None


def zipped(parts: Sequence[tuple[list[Column], str]]) -> tuple[list[Column], str]:
    """Return the rows of several table functions side by side; those that end early go on with NULL."""
    if len(parts) == 1:
        return parts[0]
    lists, items = [], []
    for number, (columns, sql) in enumerate(parts, 1):
        names = [f"c{i}" for i in range(1, len(columns) + 1)]
        rows = f"SELECT *, row_number() OVER () AS o FROM ({sql}) AS f({', '.join(names)})"
        lists.append(f"unnest((SELECT list(r ORDER BY r.o) FROM ({rows}) AS r)) AS u{number}")
        items += [f"u{number}.{name}" for name in names]
    listed = ", ".join(f"{item} AS c{i}" for i, item in enumerate(items, 1))
    return [column for columns, _ in parts for column in columns], f"SELECT {listed} FROM (SELECT {', '.join(lists)})"


def _substituted(template: str, values: Sequence[Value]) -> str:
    """Fill a query's template; arguments that are longer are named once, in a FROM of their own."""
    listed = ", ".join(f"{value.sql} AS a{i}" for i, value in enumerate(values))
    sql = template
    for index in range(len(values)):
        sql = sql.replace(f"{{{index}}}", f"a.a{index}")
    if " FROM (SELECT" in sql:
        head, _, rest = sql.partition(" FROM (SELECT")
        inner, _, tail = rest.rpartition(")")
        return f"{head} FROM (SELECT{inner} FROM (SELECT {listed}) AS a){tail}"
    return f"{sql} FROM (SELECT {listed}) AS a"


def _outside(scope: Scope) -> Scope:
    """Return what a derived table sees: nothing of its FROM, nor of those that its join stands in."""
    assert scope.parent is not None
    join = scope.parent.parent
    return _outside(join.parent) if join is not None and join.of_join and join.parent is not None else scope.parent


def _joined(conditions: list[Value]) -> str:
    return connect("AND", conditions).sql if conditions else "true"


def _twice(name: str) -> SqlError:
    return SqlError(f'column name "{name}" appears more than once in USING clause not yet supported')
