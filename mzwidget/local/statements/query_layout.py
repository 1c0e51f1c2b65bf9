"""Queries as they were written: parsed with their parentheses, and laid out as Materialize lays them out."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from mzwidget.local.dialect.syntax import tree
from mzwidget.local.statements.layout import Group, Line, Nest, between, bracket, lines, listed, nested, rendered
from mzwidget.local.statements.verbatim import JoinInParens, Order, Parens, TableBody, VerbatimParser

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mzwidget.local.statements.layout import Doc

_ENDLESS = 1 << 30


class Layout:
    """Lays out queries.

    Parameters
    ----------
    type_name : callable
        Returns the full name of a type.
    path_of : callable
        Returns a name with qualifiers as SQL writes it.
    function_name : callable
        Returns the full name of a function.
    """

    def __init__(
        self,
        type_name: Callable[[tree.TypeName], str],
        path_of: Callable[[Sequence[str]], str],
        function_name: Callable[[tuple[str, ...]], str],
    ) -> None:
        self._type = type_name
        self._path = path_of
        self._function = function_name
        self._plain = False

    def parsed(self, sql: str) -> Doc:
        """Return the document of a query, given its text."""
        return self.query(VerbatimParser(sql).query())

    def on_one_line(self, sql: str) -> str:
        """Return an expression as it is spelled on one line, given its text."""
        return self.plain(VerbatimParser(sql).expression())

    # ------------------------------------------------------------------------------------------ queries

    def query(self, query: tree.Query) -> Doc:
        parts: list[Doc] = []
        if query.ctes:
            parts.append(nested(self._with(query.recursion), listed([self._cte(each) for each in query.ctes])))
        parts.append(self._body(query.body))
        if query.order:
            parts.append(nested("ORDER BY", listed([self._order(each) for each in query.order])))
        if query.limit is not None:
            parts.append(nested("LIMIT", self.expr(query.limit)))
        if query.offset is not None:
            parts.append(nested("OFFSET", self.expr(query.offset)))
        return Group(lines(parts))

    def _with(self, recursion: tree.Recursion | None) -> Doc:
        if recursion is None:
            return "WITH"
        limits: list[Doc] = [f"{words} LIMIT = {count}" for words, count in recursion.limits]
        word = "WITH MUTUALLY RECURSIVE"
        return nested(word, bracket("(", listed(limits), ")")) if limits else word

    def _cte(self, cte: tree.Cte) -> Doc:
        if cte.types:
            typed = zip(cte.columns, cte.types, strict=True)
            columns: list[Doc] = [f"{self._path([name])} {self._type(type_)}" for name, type_ in typed]
            query = bracket("AS (", self.query(cte.query), ")")
            return nested(self._path([cte.name]), bracket("(", listed(columns), ")"), query)
        return f"{self._aliased(cte.name, cte.columns)} AS", Line(), bracket("(", self.query(cte.query), ")")

    def _body(self, body: tree.Body) -> Doc:
        match body:
            case tree.Select():
                return self._select(body)
            case tree.Nested():
                return bracket("(", self.query(body.query), ")")
            case tree.SetOperation():
                word = body.word.upper() + (" ALL" if body.every else "")
                return Group((self._body(body.left), Line(), Group(Nest((word, Line(), self._body(body.right))))))
            case tree.Values():
                rows = [bracket("(", listed([self.expr(each) for each in row]), ")") for row in body.rows]
                return Group(Nest(("VALUES", Line(), listed(rows))))
            case TableBody():
                return nested("TABLE", self._path(body.parts))
        raise TypeError(body)

    def _select(self, body: tree.Select) -> Doc:
        head: Doc = "SELECT"
        if body.distinct_on:
            head = nested(head, bracket("DISTINCT ON (", self._listed(body.distinct_on), ")"))
        elif body.distinct:
            head = nested(head, "DISTINCT")
        parts = [nested(head, listed([self._item(each) for each in body.items]))]
        if body.source is not None:
            parts.append(nested("FROM", listed([self._joined(each) for each in _beside(body.source)])))
        if body.where is not None:
            parts.append(nested("WHERE", self.expr(body.where)))
        if body.group:
            parts.append(nested("GROUP BY", self._listed(body.group)))
        for word, condition in (("HAVING", body.having), ("QUALIFY", body.qualify)):
            if condition is not None:
                parts.append(nested(word, self.expr(condition)))
        return Group(lines(parts))

    def _item(self, item: tree.SelectItem) -> Doc:
        expr = self.expr(item.expr)
        return expr if item.alias is None else nested(expr, f"AS {self._path([item.alias])}")

    def _order(self, item: tree.OrderItem) -> Doc:
        doc = self.expr(item.expr)
        words = list(item.words) if isinstance(item, Order) else []
        if words and words[0] != "NULLS":
            doc = nested(doc, words.pop(0))
        return nested(doc, " ".join(words)) if words else doc

    # --------------------------------------------------------------------------------------------- FROM

    def _joined(self, source: tree.FromItem) -> Doc:
        joins: list[Doc] = []
        while isinstance(source, tree.Join) and not isinstance(source, JoinInParens):
            joins.append(self._join(source))
            source = source.left
        return nested(self._factor(source), *reversed(joins))

    def _join(self, join: tree.Join) -> Doc:
        word = "JOIN" if join.kind == "inner" else f"{join.kind.upper()} JOIN"
        if join.natural or join.kind == "cross":
            before, self._plain = self._plain, True
            right = _flat(self._factor(join.right))
            self._plain = before
            return f" {'NATURAL ' if join.natural else ''}{word} {right}"
        if join.on is not None:
            return nested(word, self._factor(join.right), nested("ON", self.expr(join.on)))
        columns = listed([self._path([name]) for name in join.using])
        using = bracket("USING (" if self._plain else "USING(", columns, ")")
        if join.using_alias is not None:
            using = nested(using, nested("AS", self._path([join.using_alias])))
        return nested(word, self._factor(join.right), using)

    def _factor(self, source: tree.FromItem) -> Doc:
        match source:
            case tree.Table():
                return self._named(self._path(source.parts), source.alias)
            case tree.Derived():
                opening = "LATERAL (" if source.lateral else "("
                return self._named(bracket(opening, self.query(source.query), ")"), source.alias)
            case tree.Grouped():
                return self._named(bracket("(", self._joined(source.join), ")"), source.alias)
            case tree.TableFunction():
                calls = ", ".join(self.plain(call) for call in source.calls)
                call = calls if len(source.calls) == 1 else f"ROWS FROM ({calls})"
                alias = "" if source.alias is None else f" AS {self._aliased(source.alias.name, source.alias.columns)}"
                return call + (" WITH ORDINALITY" if source.ordinality else "") + alias
            case tree.Join():
                plain = tree.Join(**{each.name: getattr(source, each.name) for each in fields(source)})
                return bracket("(", self._joined(plain), ")")
        raise TypeError(source)

    def _named(self, doc: Doc, alias: tree.Alias | None) -> Doc:
        return doc if alias is None else nested(doc, f"AS {self._aliased(alias.name, alias.columns)}")

    def _aliased(self, name: str, columns: Sequence[str]) -> str:
        names = ", ".join(self._path([column]) for column in columns)
        return self._path([name]) + (f" ({names})" if columns else "")

    # -------------------------------------------------------------------------------------- expressions

    def plain(self, expr: tree.Expr | tree.Query) -> str:
        """Return what never breaks, in the spelling of what never breaks."""
        before, self._plain = self._plain, True
        try:
            return _flat(self.query(expr) if isinstance(expr, tree.Query) else self.expr(expr))
        finally:
            self._plain = before

    def _listed(self, exprs: Sequence[tree.Expr]) -> Doc:
        return listed([self.expr(each) for each in exprs])

    def expr(self, expr: tree.Expr) -> Doc:
        return Group(_FORMS[type(expr)](self, expr))

    def _literal(self, expr: tree.Literal) -> Doc:
        match expr.kind:
            case "string":
                return "'" + expr.value.replace("'", "''") + "'"
            case "hex":
                return f"X'{expr.value}'"
            case "null":
                return "NULL"
        return expr.value

    def _interval(self, expr: tree.IntervalLiteral) -> Doc:
        text = "INTERVAL '" + expr.text.replace("'", "''") + "'"
        if expr.precision is not None:
            return f"{text} SECOND ({expr.precision})"
        if expr.high != "year":
            return f"{text} {expr.high.upper()} TO {expr.low.upper()}"
        return text if expr.low == "second" else f"{text} {expr.low.upper()}"

    def _star(self, expr: tree.Star) -> Doc:
        return f"{self._path(expr.qualifier)}.*" if expr.qualifier else "*"

    def _unary(self, expr: tree.Unary) -> Doc:
        return f"{expr.operator} ", self.expr(expr.operand)

    def _binary(self, expr: tree.Binary) -> Doc:
        return self.expr(expr.left), Line(), f"{expr.operator} ", Nest(self.expr(expr.right))

    def _logic(self, expr: tree.Logic) -> Doc:
        doc = self.expr(expr.operands[0])
        for operand in expr.operands[1:]:
            doc = between(doc, expr.word.upper(), self.expr(operand))
        return doc

    def _is(self, expr: tree.Is) -> Doc:
        return between(self.expr(expr.operand), "IS" + " NOT" * expr.negated, expr.what.upper())

    def _distinct(self, expr: tree.Distinct) -> Doc:
        return between(self.expr(expr.left), "IS" + " NOT" * expr.negated, f"DISTINCT FROM {self.plain(expr.right)}")

    def _between(self, expr: tree.Between) -> Doc:
        word = "NOT BETWEEN" if expr.negated else "BETWEEN"
        bounds = Group(lines([self.expr(expr.low), "AND", self.expr(expr.high)]))
        return lines([self.expr(expr.operand), word, bounds])

    def _in(self, expr: tree.InList | tree.InQuery) -> Doc:
        items = self._listed(expr.items) if isinstance(expr, tree.InList) else self.query(expr.query)
        opening = "NOT IN (" if expr.negated else "IN ("
        operand = self.expr(expr.operand)
        return (operand, " ", opening, items, ")") if self._plain else lines([operand, opening, items, ")"])

    def _like(self, expr: tree.Like) -> Doc:
        word = ("NOT " if expr.negated else "") + ("ILIKE" if expr.insensitive else "LIKE")
        escape = "" if expr.escape is None else f" ESCAPE {self.plain(expr.escape)}"
        return f"{self.plain(expr.operand)} {word} {self.plain(expr.pattern)}{escape}"

    def _quantified(self, expr: tree.Quantified) -> Doc:
        word = "ALL" if expr.every else "ANY"
        return f"{self.plain(expr.left)} {expr.operator} {word} ({self.plain(expr.right)})"

    def _cast(self, expr: tree.Cast) -> Doc:
        operand = expr.operand
        if isinstance(operand, tree.Binary | tree.Unary | tree.Logic | tree.Not | tree.Is | tree.Between | tree.Like):
            operand = Parens(operand)
        return self.expr(operand), f"::{self._type(expr.type)}"

    def _case(self, expr: tree.Case) -> Doc:
        parts = [] if expr.operand is None else [self.expr(expr.operand)]
        for condition, value in expr.branches:
            parts.append(nested(nested("WHEN", self.expr(condition)), nested("THEN", self.expr(value))))
        if expr.default is not None:
            parts.append(nested("ELSE", self.expr(expr.default)))
        return bracket("CASE", nested(*parts), "END", " ")

    def _call(self, expr: tree.Call) -> Doc:
        name = self._function(expr.name)
        if not (expr.star or expr.filter or expr.over or expr.order) and expr.arguments:
            return bracket(f"{name}({'DISTINCT ' if expr.distinct else ''}", self._listed(expr.arguments), ")")
        arguments = "*" if expr.star else ", ".join(map(self.plain, expr.arguments))
        order = f" ORDER BY {self._ordered(expr.order)}" if expr.order else ""
        condition = "" if expr.filter is None else f" FILTER (WHERE {self.plain(expr.filter)})"
        over = "" if expr.over is None else self._over(expr.over)
        return f"{name}({'DISTINCT ' if expr.distinct else ''}{arguments}{order}){condition}{over}"

    def _ordered(self, order: Sequence[tree.OrderItem]) -> str:
        return ", ".join(
            " ".join([self.plain(item.expr), *(item.words if isinstance(item, Order) else ())]) for item in order
        )

    def _over(self, over: tree.Over) -> str:
        parts = []
        if over.partition:
            parts.append(f"PARTITION BY {', '.join(map(self.plain, over.partition))}")
        if over.order:
            parts.append(f"ORDER BY {self._ordered(over.order)}")
        if over.units and over.start is not None:
            start = _bound(over.start)
            bounds = start if over.end is None else f"BETWEEN {start} AND {_bound(over.end)}"
            parts.append(f"{over.units.upper()} {bounds}")
        return f"{' IGNORE NULLS' if over.ignore_nulls else ''} OVER ({' '.join(parts)})"

    def _choice(self, expr: tree.Choice) -> Doc:
        blank = " " if expr.word == "nullif" and not self._plain else ""
        return bracket(f"{expr.word.upper()}{blank}(", self._listed(expr.arguments), ")")

    def _subscript(self, expr: tree.Subscript) -> Doc:
        positions = "][".join(
            f"{'' if each.low is None else self.plain(each.low)}:{'' if each.high is None else self.plain(each.high)}"
            if isinstance(each, tree.Slice)
            else self.plain(each)
            for each in expr.positions
        )
        return f"{self.plain(expr.operand)}[{positions}]"

    def _map(self, expr: tree.Map) -> Doc:
        return f"MAP[{', '.join(f'{self.plain(key)} => {self.plain(value)}' for key, value in expr.items)}]"

    def _field(self, expr: tree.Field) -> Doc:
        operand = self.plain(expr.operand)
        operand = f"({operand})" if isinstance(expr.operand, tree.Name) else operand
        return f"{operand}.{'*' if expr.name == '*' else self._path([expr.name])}"


def _flat(doc: Doc) -> str:
    return rendered(doc, _ENDLESS)


def _beside(source: tree.FromItem) -> list[tree.FromItem]:
    """Return the items of FROM that commas part."""
    if isinstance(source, tree.Join) and source.comma and not isinstance(source, JoinInParens):
        return [*_beside(source.left), source.right]
    return [source]


def _bound(bound: tree.Bound) -> str:
    if bound.kind == "current":
        return "CURRENT ROW"
    return f"{'UNBOUNDED' if bound.offset is None else bound.offset} {bound.kind.upper()}"


_FORMS: dict[type, Callable[[Layout, Any], Doc]] = {
    Parens: lambda self, expr: bracket("(", self.expr(expr.inner), ")"),
    tree.Literal: Layout._literal,
    tree.IntervalLiteral: Layout._interval,
    tree.Parameter: lambda _, expr: f"${expr.number}",
    tree.Name: lambda self, expr: self._path(expr.parts),
    tree.Star: Layout._star,
    tree.Unary: Layout._unary,
    tree.Binary: Layout._binary,
    tree.Not: lambda self, expr: ("NOT", Line(), self.expr(expr.operand)),
    tree.Logic: Layout._logic,
    tree.Is: Layout._is,
    tree.Distinct: Layout._distinct,
    tree.Between: Layout._between,
    tree.InList: Layout._in,
    tree.InQuery: Layout._in,
    tree.Like: Layout._like,
    tree.Quantified: Layout._quantified,
    tree.Cast: Layout._cast,
    tree.Collate: lambda self, expr: (self.expr(expr.operand), " COLLATE ", self._path(expr.collation)),
    tree.Case: Layout._case,
    tree.Call: Layout._call,
    tree.Choice: Layout._choice,
    tree.Array: lambda self, expr: bracket(f"{expr.word.upper()}[", self._listed(expr.items), "]"),
    tree.ArrayQuery: lambda self, expr: bracket(f"{expr.word.upper()}(", self.query(expr.query), ")"),
    tree.Map: Layout._map,
    tree.Subscript: Layout._subscript,
    tree.Field: Layout._field,
    tree.Exists: lambda self, expr: bracket("EXISTS (", self.query(expr.query), ")"),
    tree.Subquery: lambda self, expr: bracket("(", self.query(expr.query), ")"),
    tree.Row: lambda self, expr: bracket("ROW(", self._listed(expr.items), ")"),
}
