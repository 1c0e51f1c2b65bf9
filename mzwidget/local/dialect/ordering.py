"""DISTINCT, ORDER BY, LIMIT and OFFSET."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, replace
from decimal import Decimal

from mzwidget.local.dialect.blocks import Block, distinct_rows, hashable, items_of_block, settle
from mzwidget.local.dialect.calls import coerce
from mzwidget.local.dialect.castlines import Context
from mzwidget.local.dialect.casts import cast, castable, text_form
from mzwidget.local.dialect.expressions import Expressions
from mzwidget.local.dialect.functions.jsonb import sortable
from mzwidget.local.dialect.scope import Scope, Statement
from mzwidget.local.dialect.syntax import tree
from mzwidget.local.dialect.ties import ties
from mzwidget.local.dialect.translating import PlanSubquery
from mzwidget.local.dialect.values import Value, apply, quote_text
from mzwidget.local.errors import SqlError, unsupported
from mzwidget.local.formats import types as t
from mzwidget.local.formats.reading import whole
from mzwidget.local.formats.types import Column

_FEW = 10_000
_ALL = 2**63 - 1
_read_number = whole("bigint", -(2**63), _ALL)
_BAD_OFFSET = "Invalid OFFSET clause"
_COMPARED = frozenset({"int2", "int4", "int8", "uint2", "uint4", "uint8", "float4", "float8", "numeric"}) | {
    "text", "varchar", "bool", "date", "timestamp", "timestamptz",
}  # fmt: skip
"""Types whose values DuckDB compares as it orders them."""


@dataclass(frozen=True, slots=True)
class Limit:
    """LIMIT and OFFSET.

    Attributes
    ----------
    sql : str
        The clauses, if they are the same for all rows.
    bounds : tuple of str
        If they vary, what is to be compared with a row's number.
    reach : int or None
        How many rows there are up to the last one wanted, if that is written as numbers.
    """

    sql: str = ""
    bounds: tuple[str, ...] = ()
    reach: int | None = None


def limits(outer: Scope, query: tree.Query, plan: PlanSubquery, *, nested: bool) -> Limit:
    """Plan LIMIT and OFFSET, which may name columns of outer queries, not of their own."""
    statement = outer.statement
    counts: dict[str, str] = {}
    numbers: dict[str, int] = {}
    varies = False
    for node, word in ((query.limit, "LIMIT"), (query.offset, "OFFSET")):
        if word == "OFFSET" and node == tree.Literal("null"):
            raise SqlError(f"{_BAD_OFFSET}: Expected an expression that evaluates to a non-null value, got null")
        if node is None or node == tree.Literal("null"):
            continue
        scope = outer.child()
        scope.clause = word
        value = Expressions(scope, plan).value(node)
        if value.parameter is not None:
            value = coerce(statement, value, t.INT8)
        if isinstance(node, tree.Parameter):
            counts[word] = _counted(value, word, nested=nested)
            varies = varies or nested
            continue
        if value.literal is None:
            if scope.correlated or any(isinstance(each, tree.Query) for each in node.walk()):
                if word != "LIMIT" and not scope.correlated:
                    raise SqlError("OFFSET does not allow subqueries")
                if word != "LIMIT":
                    raise unsupported("OFFSET by what is not constant")
                if not nested:
                    name = f"{t.sql_name(value.type)}_to_bigint".replace(" ", "_")
                    what = "select(???)" if value.type.name == "int8" else f"{name}(select(???))"
                    raise SqlError(f"Top-level LIMIT must be a constant expression, got {what}")
            varies = varies or nested
            counts[word] = f"({_counted(value, word, nested=True)})"
            continue
        _countable(value, word)
        count = coerce(statement, value, t.INT8, Context.ASSIGNMENT)
        number = _number(value, word)
        if number < 0:
            if word == "LIMIT":
                raise SqlError("LIMIT must not be negative")
            raise SqlError(f"{_BAD_OFFSET}: must not be negative, got {number}")
        counts[word] = count.sql
        if value.literal.isdigit():
            numbers[word] = number
    if not varies:
        reach = sum(numbers.values()) if "LIMIT" in numbers and numbers.keys() == counts.keys() else None
        return Limit("".join(f" {word} {count}" for word, count in counts.items()), reach=reach)
    skipped = counts.get("OFFSET", "0")
    bounds = [f"> {skipped}"]
    if "LIMIT" in counts:
        bounds.append(f"- {skipped} <= coalesce({counts['LIMIT']}, {_ALL})")
    return Limit(bounds=tuple(bounds))


def _number(value: Value, word: str) -> int:
    """Return a literal as LIMIT or OFFSET take it; it is read before there are rows."""
    assert value.literal is not None
    try:
        if value.is_open:
            return int(_read_number(value.literal))
        number = round(Decimal(value.literal))
        if number > _ALL:
            raise SqlError(f'"{value.literal}" bigint out of range')
        return number
    except SqlError as error:
        raise SqlError(error.message if word == "LIMIT" else f"{_BAD_OFFSET}: {error.message}") from None


def _countable(value: Value, word: str) -> None:
    if not value.is_open and not castable(value.type, t.INT8, Context.EXPLICIT):
        raise SqlError(f"{word} does not support casting from {t.sql_name(value.type)} to bigint")


def _counted(value: Value, word: str, *, nested: bool) -> str:
    """Return a LIMIT or OFFSET by a parameter; of another type than bigint it fails as a LIMIT of the whole query."""
    _countable(value, word)
    if word == "LIMIT" and value.type.name != "int8" and not nested:
        name = f"{t.sql_name(value.type)}_to_bigint".replace(" ", "_")
        message = quote_text(f"mz:XX000:Top-level LIMIT must be a constant expression, got {name}(")
        return f"CAST(error({message} || coalesce({text_form(value).sql}, 'null') || ')') AS BIGINT)"
    count = cast(value, t.INT8, Context.EXPLICIT)
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


def ordered(
    statement: Statement, query: tree.Query, block: Block, limit: Limit, *, once: bool
) -> tuple[tuple[Column, ...], str]:
    """Apply DISTINCT, ORDER BY, LIMIT and OFFSET to a body; `once`: as the last step of a SELECT."""
    settled = [settle(statement, value) for value in block.values]
    if block.distinct and not statement.reads:
        settled = [unsigned_zero(value) for value in settled]
    terms = [_term(block, settled, item) for item in query.order]
    if block.distinct and block.distinct_on:
        sql = _distinct_on(statement, block, settled, terms, limit, once=once)
    elif not terms and limit == Limit():
        inner = block.render(items_of_block(settled))
        sql = distinct_rows(statement, settled, inner) if block.distinct else inner
    else:
        sql = _sorted(statement, block, settled, terms, limit, once=once)
    if block.distinct:
        for value in settled:
            hashable(value.type, "DISTINCT")
    columns = tuple(Column(name, value.type, value.nullable) for name, value in zip(block.names, settled, strict=True))
    return columns, sql


def _sorted(
    statement: Statement, block: Block, settled: list[Value], terms: list[Term], limit: Limit, *, once: bool
) -> str:
    known = {value.sql: i for i, value in reversed(list(enumerate(settled, 1)))}
    keyed = {sortable(value).sql: i for i, value in enumerate(settled, 1) if value.type.name == "jsonb"}
    extra = [term.value for term in terms if term.value.sql not in known and term.value.sql not in keyed]
    if block.distinct and extra:
        raise SqlError("for SELECT DISTINCT, ORDER BY expressions must appear in select list")
    alias = statement.alias()
    row = [] if block.distinct else block.row()
    if once and (not extra if terms else not block.scan):  # these rows are the columns alone before they are sorted
        row = []
    beside = [value for value in row if value.sql not in known] if once else []
    inner = block.render(items_of_block(settled) + items_of_block(extra, "o") + items_of_block(beside, "t"))
    if block.distinct:
        inner = distinct_rows(statement, settled, inner)
    order: list[str] = []
    used: set[str] = set()
    others = iter(range(1, len(extra) + 1))
    for term in terms:
        at = known.get(term.value.sql, keyed.get(term.value.sql))
        if at is None:
            order.append(term.written(f"{alias}.o{next(others)}"))
        else:
            key = Value(f"{alias}.c{at}", settled[at - 1].type)
            used.add(key.sql)
            order.append(term.written((sortable(key) if term.value.sql in keyed else key).sql))
    order += _told_apart(_row(row, settled, beside, alias), used, encoded=once)
    listed = ", ".join(f"{alias}.c{i}" for i in range(1, len(settled) + 1)) or "NULL AS c1"
    by = f" ORDER BY {', '.join(order)}" if order else ""
    if once and terms and block.scan:
        inner = _candidates(block, inner, terms[0], order[0].partition(" ")[0].partition(".")[2], limit.reach)
    return f"SELECT {listed} FROM ({inner}) AS {alias}{_bounded(limit, by)}"


def _row(row: list[Value], settled: list[Value], beside: list[Value], alias: str) -> list[Value]:
    """Return the columns of rows that tie, in Materialize's order: what there was, then what is computed from it."""
    found = {value.sql: replace(value, sql=f"{alias}.t{i}") for i, value in enumerate(beside, 1)}
    found |= {value.sql: replace(value, sql=f"{alias}.c{i}") for i, value in reversed(list(enumerate(settled, 1)))}
    names = [value.sql for value in row if value.sql in found]
    return [found[name] for name in dict.fromkeys([*names, *(value.sql for value in settled)])]


def _told_apart(row: list[Value], used: Container[str] = (), *, encoded: bool) -> list[str]:
    """Return what orders rows that tie: as encoded rows are where a SELECT ends, value by value where it is kept up."""
    row = [value for value in row if value.sql not in used]
    return ties(row) if encoded else [f"{value.sql} ASC NULLS LAST" for value in row]


def _candidates(block: Block, inner: str, term: Term, column: str, reach: int | None) -> str:
    """Keep the rows of `inner` that can be among the first ones: only they are to be told apart where they tie.

    They are those up to the last one by the first item of ORDER BY, its `column`, and those where that is NULL.
    """
    value = term.value
    if reach is None or not 0 < reach <= _FEW or value.fallible or value.type.name not in _COMPARED:
        return inner
    keys = f"SELECT k FROM ({block.render([f'{value.sql} AS k'])}) ORDER BY {term.written('k')} LIMIT {reach}"
    last, comparison = ("min", ">=") if term.descending else ("max", "<=")
    kept = f"{column} {comparison} (SELECT {last}(k) FROM ({keys}))"
    return f"SELECT * FROM ({inner}) WHERE {kept} UNION ALL SELECT * FROM ({inner}) WHERE {column} IS NULL"


def _distinct_on(
    statement: Statement, block: Block, settled: list[Value], terms: list[Term], limit: Limit, *, once: bool
) -> str:
    """Keep the first row of each key, in the order of ORDER BY, then of the whole row."""
    assert block.expressions is not None
    keys = [_referenced(block, settled, node, "DISTINCT ON") for node in block.distinct_on]
    unmatched = [sortable(key).sql for key in keys]
    for term in terms[: len(keys)]:
        if term.value.sql not in unmatched:
            raise SqlError("SELECT DISTINCT ON expressions must match initial ORDER BY expressions")
        unmatched.remove(term.value.sql)
    ordering = terms or [Term(key) for key in keys]
    known = {value.sql for value in settled}
    narrow = not once or all(term.value.sql in known for term in terms)
    beside = [] if narrow else [value for value in block.row() if value.sql not in known]
    by_terms = [term.value for term in ordering]
    inner = block.render(
        items_of_block(settled)
        + items_of_block(keys, "d")
        + items_of_block(by_terms, "o")
        + items_of_block(beside, "t")
    )
    within = statement.alias()
    order = [term.written(f"{within}.o{i}") for i, term in enumerate(ordering, 1)]
    order += [f"{within}.d{i} ASC NULLS LAST" for i in range(1, len(keys) + 1)]
    order += _told_apart(_row(block.row(), settled, beside, within), encoded=False)
    on = ", ".join(f"{within}.d{i}" for i in range(1, len(keys) + 1))
    picked = f"SELECT DISTINCT ON ({on}) * FROM ({inner}) AS {within} ORDER BY {', '.join(order)}"
    alias = statement.alias()
    listed = ", ".join(f"{alias}.c{i}" for i in range(1, len(settled) + 1))
    order = [term.written(f"{alias}.o{i}") for i, term in enumerate(ordering, 1)]
    row = [] if narrow and once else block.row()
    order += _told_apart(_row(row, settled, beside, alias), encoded=once)
    by = f" ORDER BY {', '.join(order)}"
    return f"SELECT {listed} FROM ({picked}) AS {alias}{_bounded(limit, by)}"


def _bounded(limit: Limit, by: str) -> str:
    """Return what ends a query: ORDER BY and its LIMIT; DuckDB has none that varies, there rows are counted."""
    if not limit.bounds:
        return f"{by}{limit.sql}"
    number = f"row_number() OVER ({by.strip()})"
    return f" QUALIFY {' AND '.join(f'{number} {bound}' for bound in limit.bounds)}{by}"


def _term(block: Block, settled: list[Value], item: tree.OrderItem) -> Term:
    value = _referenced(block, settled, item.expr, "ORDER BY")
    return Term(sortable(value), item.descending, item.nulls_first)


def unsigned_zero(value: Value) -> Value:
    """Return a float whose zero has no sign, as grouping and DISTINCT see it."""
    if value.type.name in ("float4", "float8"):
        return apply("({0} + 0)", [value], value.type)
    return value


def _referenced(block: Block, settled: list[Value], node: tree.Expr, clause: str) -> Value:
    """Return what an ORDER BY item means: a result column by number or name, else an expression."""
    if isinstance(node, tree.Literal) and node.kind == "number":
        return settled[by_position(node.value, len(settled), f"{clause} clause") - 1]
    if isinstance(node, tree.Name) and len(node.parts) == 1:
        found = [value for name, value in zip(block.names, settled, strict=True) if name == node.parts[0]]
        if len({value.sql for value in found}) > 1:
            raise SqlError(f'column reference "{node.parts[0]}" is ambiguous')
        if found:
            return found[0]
    assert block.expressions is not None
    scope = block.expressions.scope
    if scope.clause != "SELECT clause":
        return block.expressions.typed(node)
    scope.clause = f"{clause} clause"
    try:
        return block.expressions.typed(node)
    finally:
        scope.clause = "SELECT clause"


def by_position(text: str, count: int, place: str) -> int:
    """Return the number of a column that is named by position, in what messages call `place`."""
    if not text.isdigit():
        raise SqlError(f"unable to parse column reference in {place}: {text}: invalid digit found in string")
    if not 1 <= int(text) <= count:
        raise SqlError(f"column reference {int(text)} in {place} is out of range (1 - {count})")
    return int(text)
