"""FROM: tables, views, subqueries, table functions and the joins between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from mzwidget.local.dialect.conditions import conjuncts, connect, contains_mz_now, temporal_error
from mzwidget.local.dialect.expressions import Expressions, PlanSubquery
from mzwidget.local.dialect.names import fold, function_name, table_parts
from mzwidget.local.dialect.operators import coerce, comparable
from mzwidget.local.dialect.scope import Scope, Source
from mzwidget.local.dialect.values import Value
from mzwidget.local.errors import SqlError, unsupported
from mzwidget.local.formats import types as t
from mzwidget.local.formats.types import Column, Type

if TYPE_CHECKING:
    from collections.abc import Sequence

_KINDS = {("", ""): "JOIN", ("", "INNER"): "JOIN", ("", "CROSS"): "CROSS JOIN", ("LEFT", ""): "LEFT JOIN",
          ("RIGHT", ""): "RIGHT JOIN", ("FULL", ""): "FULL JOIN", ("LEFT", "OUTER"): "LEFT JOIN",
          ("RIGHT", "OUTER"): "RIGHT JOIN", ("FULL", "OUTER"): "FULL JOIN"}  # fmt: skip


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
        self.expressions = Expressions(scope, plan)
        self._plan = plan
        self.outer_joins = False

    def build(self, first: exp.Expr, joins: Sequence[exp.Join]) -> str:
        """Return the text behind FROM."""
        sql = self._item(first)
        comma = False
        for join in joins:
            sql, comma = self._join(sql, join, comma=comma)
        return sql

    def _join(self, left: str, join: exp.Join, *, comma: bool) -> tuple[str, bool]:
        side, kind = (join.args.get("side") or "").upper(), (join.args.get("kind") or "").upper()
        on, using = join.args.get("on"), join.args.get("using")
        if (join.args.get("method") or "") or join.args.get("hint") or (side, kind) not in _KINDS:
            raise unsupported(f"{join.args.get('method') or ''} {side} {kind} JOIN".strip())
        word = _KINDS[side, kind]
        if side:
            self.outer_joins = True
        if comma and side in ("RIGHT", "FULL"):
            raise unsupported(f"{word} after a comma in FROM")
        before = list(self.scope.sources)
        item = self._item(join.this)
        if using:
            return f"{left} {word} {item} ON {self._using(using, before, side)}", comma
        if on is None:
            if word not in ("JOIN", "CROSS JOIN"):
                raise SqlError(f"Expected ON or USING after {word}", "42601")
            return f"{left} CROSS JOIN {item}", comma or not kind
        if contains_mz_now(on):
            self.scope.statement.constant = False
            self.scope.statement.refuse_maintenance(temporal_error(on))
        conditions = [self.expressions.condition(part, "JOIN/ON") for part in conjuncts(on)]
        return f"{left} {word} {item} ON {connect('AND', conditions).sql}", comma

    def _using(self, names: Sequence[exp.Expr], before: list[Source], side: str) -> str:
        right = self.scope.sources[-1]
        conditions = []
        for identifier in names:
            name = fold(identifier)
            found = [self.scope.merged[name]] if name in self.scope.merged else [
                value for source in before for value in source.find(name)
                if (source.name, name) not in self.scope.hidden
            ]  # fmt: skip
            other = right.find(name)
            if not found or not other:
                where = "left" if not found else "right"
                raise SqlError(f'column "{name}" specified in USING clause does not exist in {where} table', "42703")
            if len(found) > 1 or len(other) > 1:
                raise SqlError(f'common column name "{name}" appears more than once in table', "42702")
            a, b = comparable(self.scope.statement, "=", found[0], other[0])
            conditions.append(f"({a.sql} = {b.sql})")
            merged = {"RIGHT": b, "FULL": Value(f"coalesce({a.sql}, {b.sql})", a.type)}.get(side, a)
            if side in ("", "LEFT"):
                merged = found[0] if found[0].type == a.type else a
            self.scope.merged[name] = merged
            self.scope.hidden |= {(source.name, name) for source in self.scope.sources}
        return " AND ".join(conditions)

    def _item(self, node: exp.Expr) -> str:
        if isinstance(node, exp.Lateral):
            if not isinstance(node.this, exp.Subquery):
                return self._function(node.this, node.args.get("alias"))
            columns, sql = self._plan(node.this, self.scope)
            return f"LATERAL ({sql}) AS {self._add(node.args.get('alias'), columns, '')}"
        if isinstance(node, exp.TableSample) or node.args.get("sample"):
            raise unsupported("TABLESAMPLE")
        if node.args.get("joins") or node.args.get("pivots"):
            raise unsupported("a nested join")
        if isinstance(node, exp.Subquery):
            if isinstance(node.this, exp.Table):
                raise unsupported("a parenthesised table in FROM")
            columns, sql = self._plan(node, self._outside())
            return f"({sql}) AS {self._add(node.args.get('alias'), columns, '')}"
        if isinstance(node, exp.Values):
            columns, sql = self._plan(node, self._outside())
            return f"({sql}) AS {self._add(node.args.get('alias'), columns, '')}"
        if isinstance(node, exp.Unnest):
            return self._unnest(node)
        if isinstance(node, exp.Table):
            if isinstance(node.this, exp.Anonymous):
                return self._function(node.this, node.args.get("alias"))
            return self._table(node)
        raise unsupported(f"{type(node).__name__.lower()} in FROM")

    def _outside(self) -> Scope:
        assert self.scope.parent is not None
        return self.scope.parent

    def _table(self, node: exp.Table) -> str:
        refused = [key for key, value in node.args.items() if value and key not in ("this", "db", "catalog", "alias")]
        if refused:
            raise unsupported(f"{refused[0]} in FROM")
        parts = table_parts(node)
        cte = self.scope.cte(parts[0]) if len(parts) == 1 else None
        if cte is not None:
            columns, sql = cte
            return f"({sql}) AS {self._add(node.args.get('alias'), columns, parts[0])}"
        relation = self.scope.resolve_table(parts)
        self.scope.statement.read(relation)
        path = tuple(relation.name.split("."))
        alias = self._add(node.args.get("alias"), relation.columns, parts[-1], path)
        return f"{relation.sql} AS {alias}"

    def _add(self, alias: exp.Expr | None, columns: Sequence[Column], default: str, path: tuple[str, ...] = ()) -> str:
        """Add a source to the scope and return its unique alias with column aliases."""
        name, renamed = default, [column.name for column in columns]
        if isinstance(alias, exp.TableAlias):
            if alias.this is not None:
                name, path = fold(alias.this), ()
            given = [fold(column.this if isinstance(column, exp.ColumnDef) else column) for column in alias.columns]
            if len(given) > len(renamed):
                message = f'table "{name}" has {len(renamed)} columns available but {len(given)} columns specified'
                raise SqlError(message, "42P10")
            renamed[: len(given)] = given
        unique = self.scope.statement.alias()
        visible = tuple(Column(new, column.type, column.nullable) for new, column in zip(renamed, columns, strict=True))
        values = tuple(Value(f"{unique}.c{i}", column.type) for i, column in enumerate(columns, 1))
        self.scope.add(Source(name, visible, values, path))
        return unique + ("(" + ", ".join(f"c{i}" for i in range(1, len(columns) + 1)) + ")" if columns else "")

    # table functions

    def _function(self, node: exp.Expr, alias: exp.Expr | None) -> str:
        name = function_name(node)
        if name is None:
            raise unsupported("this in LATERAL")
        arguments = [self.expressions.value(argument) for argument in node.expressions]
        columns, inner = self._rows(name, arguments)
        if isinstance(alias, exp.TableAlias) and alias.this is not None and not alias.columns and columns[0][0] == name:
            columns = [(fold(alias.this), columns[0][1])]
        sql = self._add(alias, [Column(column, type_) for column, type_ in columns], name)
        return f"LATERAL ({inner}) AS {sql}"

    def _unnest(self, node: exp.Unnest) -> str:
        if len(node.expressions) != 1 or node.args.get("offset"):
            raise unsupported("UNNEST of several arrays or WITH ORDINALITY")
        call = exp.Anonymous(this="unnest", expressions=node.expressions)
        return self._function(call, node.args.get("alias"))

    def _rows(self, name: str, arguments: list[Value]) -> tuple[list[tuple[str, Type]], str]:
        statement = self.scope.statement
        if name == "unnest" and len(arguments) == 1 and arguments[0].type.element is not None:
            return [("unnest", arguments[0].type.element)], f"SELECT unnest({arguments[0].sql}) AS c1"
        if name == "generate_series" and len(arguments) in (2, 3):
            if not all(value.type.name in ("int2", "int4", "int8") for value in arguments):
                raise unsupported("generate_series of anything but integers")
            type_ = t.INT8 if any(value.type.name == "int8" for value in arguments) else t.INT4
            inner = ", ".join(coerce(statement, value, type_).sql for value in arguments)
            return [(name, type_)], f"SELECT CAST(unnest(generate_series({inner})) AS {type_.duckdb}) AS c1"
        if name.startswith("jsonb_") and len(arguments) == 1 and name in _JSONB_ROWS:
            document = coerce(statement, arguments[0], t.JSONB).sql
            return _JSONB_ROWS[name][0], _JSONB_ROWS[name][1].format(document)
        raise unsupported(f"table function {name}")


_JSONB_ROWS: dict[str, tuple[list[tuple[str, Type]], str]] = {
    "jsonb_array_elements": ([("value", t.JSONB)], "SELECT unnest(mz_elements({0})) AS c1"),
    "jsonb_array_elements_text": (
        [("value", t.TEXT)],
        "SELECT mz_member_text(x, '$') AS c1 FROM (SELECT unnest(mz_elements({0})) AS x)",
    ),
    "jsonb_object_keys": ([("jsonb_object_keys", t.TEXT)], "SELECT unnest(mz_keys({0})) AS c1"),
    "jsonb_each": (
        [("key", t.TEXT), ("value", t.JSONB)],
        "SELECT k AS c1, mz_member({0}, k) AS c2 FROM (SELECT unnest(mz_keys({0})) AS k)",
    ),
    "jsonb_each_text": (
        [("key", t.TEXT), ("value", t.TEXT)],
        "SELECT k AS c1, mz_member_text(mz_member({0}, k), '$') AS c2 FROM (SELECT unnest(mz_keys({0})) AS k)",
    ),
}
