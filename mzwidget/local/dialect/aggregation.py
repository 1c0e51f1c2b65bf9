"""Aggregates and window functions within an expression."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from mzwidget.local.dialect import functions
from mzwidget.local.dialect.calls import coerce, known
from mzwidget.local.dialect.functions import aggregates
from mzwidget.local.dialect.functions.jsonb import SORT_KEY, sortable
from mzwidget.local.dialect.overloads import Candidate, choose, message_name, no_function
from mzwidget.local.dialect.syntax import tree
from mzwidget.local.dialect.values import Value, evaluated, plainly_ordered
from mzwidget.local.errors import SqlError, unsupported
from mzwidget.local.formats import types as t

if TYPE_CHECKING:
    from mzwidget.local.dialect.translating import Translating

_LISTS = frozenset({"array_agg", "list_agg", "string_agg", "jsonb_agg", "jsonb_object_agg", "map_agg"})
"""Their results show the order of the rows: that of the values where ORDER BY says none."""
_INNER = {"avg": "sum"} | dict.fromkeys(
    ("stddev", "stddev_samp", "stddev_pop", "variance", "var_samp", "var_pop"), "mz_unsafe.mz_avg_promotion"
)
"""What Materialize makes of an aggregate, which its messages name."""
_OF_SELECT = ("SELECT clause", "ORDER BY clause", "DISTINCT ON clause")
_FARTHEST = 1_000_000
_AGGREGATE = re.compile("«([a-z_]+)(?::([^«»]*))?»")


class Aggregation:
    """Translates the calls of one `Expressions` that stand for many rows."""

    def __init__(self, expressions: Translating) -> None:
        self.expressions = expressions
        self.scope = expressions.scope
        self.statement = expressions.statement

    def special(self, node: tree.Call, name: str) -> Value | None:
        """Return the value of an aggregate or window function, None for any other."""
        aggregate = name in functions.AGGREGATES
        window = name in functions.WINDOWS
        if name in functions.MANY and not aggregate:
            return self._table_function(node, name)
        if not aggregate and not window:
            if node.filter is not None:
                raise SqlError(f"FILTER specified, but {name} is not an aggregate function")
            if node.over is not None:
                schema = "mz_catalog" if name in functions.OF_MZ_CATALOG else "pg_catalog"
                raise SqlError(
                    f"OVER clause not allowed on {schema}.{name}. The OVER clause can only be used with window"
                    " functions (including aggregations)."
                )
            return None
        if window:
            self._check_place_of_window(name)
        if window and node.over is None:
            raise SqlError(f"window function pg_catalog.{name} requires an OVER clause")
        if window and node.distinct:
            raise SqlError(f"DISTINCT specified, but pg_catalog.{name} is not an aggregate function")
        if window and node.filter is not None:
            raise SqlError("FILTER in non-aggregate window functions not yet supported")
        if window and node.star:
            raise SqlError(f"* argument is invalid with non-aggregate function pg_catalog.{name}")
        if window and node.order:
            raise SqlError(f"ORDER BY specified, but pg_catalog.{name} is not an aggregate function")
        if node.over is not None and node.distinct:
            raise SqlError("DISTINCT in window aggregates not yet supported")
        if node.over is not None:
            return self._window(node, name)
        if self.scope.grouping is None:
            raise SqlError(f"aggregate functions are not allowed in {self.scope.place} (function pg_catalog.{name})")
        if self.scope.inside_aggregate:
            raise SqlError("nested aggregate functions are not allowed")
        return self._aggregate(node, name)

    def _table_function(self, node: tree.Call, name: str) -> Value:
        if self.scope.inside_aggregate:
            raise SqlError(f"table functions are not allowed in aggregate function calls (function pg_catalog.{name})")
        found = self.scope.tables.get(node)
        if found is not None and self.scope.clause in (*_OF_SELECT, "GROUP BY clause"):
            return self.scope.checked(found, name)
        unplanned = node.distinct or node.filter is not None or node.over is not None
        if unplanned or self.scope.clause != "SELECT clause":
            raise SqlError(f"table functions are not allowed in {self.scope.place} (function pg_catalog.{name})")
        raise unsupported(f"{name} here")

    # ----------------------------------------------------------------------------------------- aggregates

    def _aggregate(self, node: tree.Call, name: str) -> Value:
        scope = self.scope
        assert scope.grouping is not None
        scope.inside_aggregate, correlated, scope.correlated = True, scope.correlated, False
        try:
            with scope.within("aggregate function"):
                value = self._aggregated(node, name)
            if scope.correlated:
                own = {value.sql for source in scope.sources for value in source.values}
                if not any(re.search(rf"\b{re.escape(sql)}\b", value.sql) for sql in own):
                    raise SqlError("aggregate functions that refer exclusively to outer columns not yet supported")
        finally:
            scope.inside_aggregate = False
            scope.correlated = scope.correlated or correlated
        return scope.grouping.add(value)

    def _aggregated(self, node: tree.Call, name: str, over: str = "") -> Value:
        order = ""
        values = self.expressions.values(node.arguments)
        if not values and not (node.star and name == "count"):
            if node.star:
                raise no_function(name, [])
            raise SqlError(f"{name}(*) must be used to call a parameterless aggregate function")
        if name in ("bool_and", "bool_or") and len(values) == 1:
            if values[0].is_open:
                values = [coerce(self.statement, values[0], t.BOOL)]
            if values[0].type.name != "bool":
                word = "NOT argument" if name == "bool_and" else "OR argument"
                raise SqlError(f"{word} must have type boolean, not type {message_name(values[0].type)}")
        if node.star:
            operands: list[Value] = []
            template, type_ = "«count:*»", t.INT8
        else:
            operands, template, type_ = self._chosen(name, values)
        if name == "string_agg" and not node.distinct and operands[1].literal is not None:
            template = "«string_agg»"
        distinct = "DISTINCT " if node.distinct else ""
        if node.distinct and "«list" in template:
            template = self._distinct_list(node, name, operands, template)
        elif node.order:
            terms = [self._term(item) for item in node.order]
            order = " ORDER BY " + ", ".join(terms)
        if (
            not order
            and name in _LISTS
            and not node.distinct
            and operands
            and all(o.type.name == "jsonb" or plainly_ordered(o.type) for o in operands)
        ):
            order = " ORDER BY " + ", ".join(f"{sortable(o).sql} ASC NULLS LAST" for o in operands)
        suffix = condition = ""
        if node.filter is not None:
            kept = self._filter(node.filter)
            condition = self.expressions.boolean(kept).sql
            suffix = f" FILTER (WHERE {condition})"

        counts = name == "count"

        def written(match: re.Match[str]) -> str:
            expression = match[2] if match[2] is not None else ", ".join(f"{{{i}}}" for i in range(len(operands)))
            texts = expression
            for index, operand in enumerate(operands):
                filtered = suffix and operand.fallible
                needed = f"CASE WHEN {condition} THEN {operand.sql} END" if filtered else operand.sql
                needed = evaluated(needed) if counts and operand.fallible else needed
                texts = texts.replace(f"{{{index}}}", needed)
            ordered = order if match[1] in ("list", "string_agg") else ""
            return f"{match[1]}({distinct if texts != '*' else ''}{texts}{ordered}){suffix}{over}"

        depth = max((operand.depth for operand in operands), default=0)
        return Value(_AGGREGATE.sub(written, template), type_, fallible=True, depth=depth, nullable=not counts)

    def _filter(self, node: tree.Expr) -> Value:
        """Return a FILTER's condition: of an aggregate it is about rows, not about groups."""
        grouping = self.scope.grouping
        if self.scope.inside_aggregate:
            self.scope.grouping = None
        try:
            with self.scope.within("FILTER"):
                return self.expressions.value(node)
        finally:
            self.scope.grouping = grouping

    def _distinct_list(self, node: tree.Call, name: str, operands: list[Value], template: str) -> str:
        """Return the template with the distinct values in their order."""
        if name in ("sum", "avg") or name.startswith(("stddev", "var")):
            return template
        jsonb = [operand.type.name == "jsonb" for operand in operands] == [True]
        if name == "jsonb_object_agg" or not (jsonb or all(plainly_ordered(operand.type) for operand in operands)):
            raise unsupported(f"DISTINCT in {name} of these types")
        order = "'ASC', 'NULLS LAST'"
        if node.order:
            (first, *others) = node.order
            given = self.expressions.values(node.arguments)[0].sql
            if others or self.expressions.typed(first.expr).sql not in (operands[0].sql, given):
                return self._distinct_pairs(node, operands, template)
            direction = "DESC" if first.descending else "ASC"
            order = f"'{direction}', 'NULLS {'FIRST' if first.nulls_first else 'LAST'}'"
        sorted_ = f"list_sort(«», {order})"
        if jsonb:
            key = SORT_KEY.replace("{0}", "e")
            pairs = "list_transform(«», lambda e: struct_pack(k := " + key + ", v := e))"
            sorted_ = f"list_transform({sorted_.replace('«»', pairs)}, lambda e: e.v)"
        return re.sub("«list[^»]*»", lambda match: sorted_.replace("«»", match[0]), template)

    def _distinct_pairs(self, node: tree.Call, operands: list[Value], template: str) -> str:
        """Return the template with each value once for each of the keys that it is ordered by."""
        keys = ", ".join(
            f"{sortable(self.expressions.typed(item.expr)).sql}, '{_direction(item)}'" for item in node.order
        )
        plain = ", ".join(f"{{{i}}}" for i in range(len(operands)))

        def paired(match: re.Match[str]) -> str:
            pair = f"struct_pack(k := create_sort_key({keys}), v := {match[1] or plain})"
            return f"list_transform(list_sort(«list:{pair}»), lambda e: e.v)"

        return re.sub("«list(?::([^«»]*))?»", paired, template)

    def _chosen(self, name: str, values: list[Value]) -> tuple[list[Value], str, t.Type]:
        given = known(values)
        if name in ("min", "max") and given == [None]:
            given = [t.TEXT]
        found = choose(functions.AGGREGATES[name], given)
        self._refusals(name, given)
        if len(found) == 1 and given == [None] and name != "count":
            raise no_function(_INNER.get(name, name), given, many=True)
        if len(found) != 1:
            raise no_function(_INNER.get(name, name), given, many=bool(found))
        candidate: Candidate = found[0]
        operands = [
            coerce(self.statement, value, wanted if wanted.name != "unknown" else t.TEXT)
            for value, wanted in zip(values, candidate.wanted, strict=True)
        ]
        if candidate.overload.build is not None:
            return aggregates.special(name, operands)
        template = candidate.overload.sql
        if not self.statement.reads and operands:
            template = aggregates.EXACT.get((name, operands[0].type.name), template)
        assert candidate.result is not None
        if name in ("min", "max") and candidate.result.name == "bpchar":
            return operands, template, values[0].type  # padded as its operand is
        whole = name == "sum" and operands[0].type.name in ("int8", "uint8")
        return operands, template, t.numeric(0) if whole else candidate.result

    def _refusals(self, name: str, given: list[t.Type | None]) -> None:
        first = given[0] if given else None
        if first is None:
            return
        if name in ("sum", "avg") and first.name in ("interval", "time"):
            raise SqlError("sum(interval) not yet supported")
        if name == "string_agg" and first.name == "bytea":
            raise SqlError("string_agg on BYTEA not yet supported")
        if name == "list_agg" and first.name == "bpchar":
            raise SqlError("list_agg on char not yet supported")
        if name == "array_agg":
            if first.kind == "array":
                raise SqlError("array_agg on arrays not yet supported")
            if first.kind == "list":
                raise no_function(name, given)
            if first.name == "bpchar" or first.kind == "map":
                raise SqlError(f"array_agg on {message_name(first)} not yet supported")

    def _term(self, item: tree.OrderItem, *, windowed: bool = False) -> str:
        value = sortable(self.expressions.typed(item.expr))
        sql = self.scope.windows.key(value) if windowed else value.sql
        return f"{sql} {_direction(item)}"

    # -------------------------------------------------------------------------------------------- windows

    def _window(self, node: tree.Call, name: str) -> Value:
        return self.scope.windows.write(lambda: self._windowed(node, name))

    def _check_place_of_window(self, name: str) -> None:
        if self.scope.inside_aggregate or self.scope.clause not in _OF_SELECT:
            raise SqlError(f"window functions are not allowed in {self.scope.place} (function pg_catalog.{name})")

    def _windowed(self, node: tree.Call, name: str) -> Value:
        scope, over = self.scope, node.over
        assert over is not None
        self._check_place_of_window(name)
        self._frame_refusals(over, name)
        partition = [scope.windows.key(self.expressions.typed(expr)) for expr in over.partition]
        order = [self._term(item, windowed=True) for item in over.order]
        aggregate = name not in functions.WINDOWS
        if over.units == "rows" or name in ("row_number", "lag", "lead") or (name == "first_value" and not over.units):
            order += [f"{value.sql} ASC NULLS LAST" for value in self._row()]
        parts = []
        if partition:
            parts.append("PARTITION BY " + ", ".join(partition))
        if order:
            parts.append("ORDER BY " + ", ".join(order))
        if over.units:
            parts.append(self._frame(over))
        window = f" OVER ({' '.join(parts)})"
        if aggregate:
            return self._aggregated(replace(node, over=None), name, window)
        values = self.expressions.values(node.arguments)
        given = known(values)
        found = choose(functions.WINDOWS[name], given)
        if len(found) != 1:
            if given and name in ("row_number", "rank", "dense_rank"):
                raise SqlError(f"function {name} has 0 parameters, but was called with {len(given)}")
            raise no_function(name, given, many=bool(found))
        if found[0].result is None or found[0].result.name == "unknown":
            raise SqlError("could not determine polymorphic type because input has type unknown")
        operands = [coerce(self.statement, v, w) for v, w in zip(values, found[0].wanted, strict=True)]
        ignore = " IGNORE NULLS" if over.ignore_nulls else ""

        def written(match: re.Match[str]) -> str:
            inner = ", ".join(operand.sql for operand in operands)
            return f"{match[1]}({inner}{ignore}){window}"

        ranked = name in ("row_number", "rank", "dense_rank")
        sql = _AGGREGATE.sub(written, found[0].overload.sql)
        return Value(sql, found[0].result, fallible=True, nullable=not ranked)

    def _row(self) -> list[Value]:
        """Return the whole row, which tells apart what ORDER BY does not."""
        grouping = self.scope.grouping
        if grouping is not None:
            keys = [grouping.key(value.sql) for value in grouping.keys]
            return [key for key in keys if key is not None]
        return [value for *_, value in self.scope.placed()]

    def _frame_refusals(self, over: tree.Over, name: str) -> None:
        if over.units == "groups":
            raise SqlError("GROUPS in window frames not yet supported")
        if over.start is not None:
            _check_frame(over.start, over.end or tree.Bound("current"))
        default = (over.start == tree.Bound("preceding")) and over.end in (None, tree.Bound("current"))
        if over.units == "range" and not default:
            raise SqlError("RANGE in non-default window frames not yet supported")
        bounds = [bound for bound in (over.start, over.end) if bound is not None and bound.kind != "current"]
        if name not in functions.WINDOWS and len({bound.offset is None for bound in bounds}) > 1:
            raise SqlError("mixed unbounded - offset frames not yet supported")
        if over.ignore_nulls and name not in ("lag", "lead"):
            raise SqlError(
                "IGNORE NULLS and RESPECT NULLS options for functions other than LAG and LEAD not yet supported"
            )

    def _frame(self, over: tree.Over) -> str:
        def bound(found: tree.Bound) -> str:
            if found.kind == "current":
                return "CURRENT ROW"
            return f"{'UNBOUNDED' if found.offset is None else found.offset} {found.kind.upper()}"

        assert over.start is not None
        end = over.end or tree.Bound("current")
        return f"{over.units.upper()} BETWEEN {bound(over.start)} AND {bound(end)}"


def _direction(item: tree.OrderItem) -> str:
    return f"{'DESC' if item.descending else 'ASC'} NULLS {'FIRST' if item.nulls_first else 'LAST'}"


def _check_frame(start: tree.Bound, end: tree.Bound) -> None:
    if start == tree.Bound("following"):
        raise SqlError("frame start cannot be UNBOUNDED FOLLOWING")
    if end == tree.Bound("preceding"):
        raise SqlError("frame end cannot be UNBOUNDED PRECEDING")
    if start.kind == "current" and end.kind == "preceding":
        raise SqlError("frame starting from current row cannot have preceding rows")
    if start.kind == "following" and end.kind in ("preceding", "current"):
        raise SqlError("frame starting from following row cannot have preceding rows")
    if max(start.offset or 0, end.offset or 0) > _FARTHEST:
        raise SqlError(f"Window frame offsets greater than {_FARTHEST} are currently not supported")
