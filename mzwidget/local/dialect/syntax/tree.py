"""The syntax tree: what was written, before names and types mean anything.

Nodes are values: two that were written alike are equal, wherever they stand. Longer than other files, as it is one
vocabulary: expressions hold queries and queries expressions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields


@dataclass(frozen=True, slots=True)
class Node:
    """Anything in the tree."""

    def walk(self, *, subqueries: bool = True) -> Iterator[Node]:
        """Yield this node and all below it, be they of subqueries or not."""
        yield self
        for each in fields(self):
            yield from _walk(getattr(self, each.name), subqueries)


def _walk(part: object, subqueries: bool) -> Iterator[Node]:
    if isinstance(part, Node):
        if subqueries or not isinstance(part, Query):
            yield from part.walk(subqueries=subqueries)
    elif isinstance(part, tuple):
        for item in part:
            yield from _walk(item, subqueries)


# ------------------------------------------------------------------------------------------------------ types


@dataclass(frozen=True, slots=True)
class TypeName(Node):
    """``kind`` is ``named``, ``array``, ``list`` or ``map``; of the latter three ``element`` says of what."""

    kind: str
    parts: tuple[str, ...] = ()
    modifiers: tuple[int, ...] = ()
    element: TypeName | None = None
    key: TypeName | None = None


# ------------------------------------------------------------------------------------------------ expressions


@dataclass(frozen=True, slots=True)
class Expr(Node):
    """An expression."""


@dataclass(frozen=True, slots=True)
class Literal(Expr):
    """``kind`` is ``number``, ``string``, ``hex``, ``bool`` or ``null``."""

    kind: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class IntervalLiteral(Expr):
    """``INTERVAL 'text' high TO low``, or ``INTERVAL 'text' low``."""

    text: str
    high: str
    low: str
    precision: int | None = None


@dataclass(frozen=True, slots=True)
class Parameter(Expr):
    number: int


@dataclass(frozen=True, slots=True)
class Name(Expr):
    """A possibly qualified column."""

    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Star(Expr):
    """``*`` or ``t.*``."""

    qualifier: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unary(Expr):
    operator: str
    operand: Expr


@dataclass(frozen=True, slots=True)
class Binary(Expr):
    operator: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Not(Expr):
    operand: Expr


@dataclass(frozen=True, slots=True)
class Logic(Expr):
    """A chain of AND or of OR."""

    word: str
    operands: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Is(Expr):
    """``operand IS [NOT] NULL | TRUE | FALSE | UNKNOWN``."""

    operand: Expr
    what: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Distinct(Expr):
    """``left IS [NOT] DISTINCT FROM right``."""

    left: Expr
    right: Expr
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Between(Expr):
    operand: Expr
    low: Expr
    high: Expr
    negated: bool = False


@dataclass(frozen=True, slots=True)
class InList(Expr):
    operand: Expr
    items: tuple[Expr, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class InQuery(Expr):
    operand: Expr
    query: Query
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Like(Expr):
    operand: Expr
    pattern: Expr
    escape: Expr | None = None
    insensitive: bool = False
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Quantified(Expr):
    """``left operator ANY | ALL (right)``; ``right`` is a query or an array."""

    left: Expr
    operator: str
    every: bool
    right: Expr | Query


@dataclass(frozen=True, slots=True)
class Cast(Expr):
    operand: Expr
    type: TypeName


@dataclass(frozen=True, slots=True)
class Collate(Expr):
    operand: Expr
    collation: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Case(Expr):
    operand: Expr | None
    branches: tuple[tuple[Expr, Expr], ...]
    default: Expr | None


@dataclass(frozen=True, slots=True)
class OrderItem(Node):
    expr: Expr
    descending: bool = False
    nulls_first: bool = False


@dataclass(frozen=True, slots=True)
class Bound(Node):
    """One end of a frame: ``kind`` is ``preceding``, ``following`` or ``current``; no offset means unbounded."""

    kind: str
    offset: int | None = None


@dataclass(frozen=True, slots=True)
class Over(Node):
    """A window; ``units`` is empty where no frame was written."""

    partition: tuple[Expr, ...] = ()
    order: tuple[OrderItem, ...] = ()
    units: str = ""
    start: Bound | None = None
    end: Bound | None = None
    ignore_nulls: bool = False


@dataclass(frozen=True, slots=True)
class Call(Expr):
    """A function; ``star`` for ``f(*)``."""

    name: tuple[str, ...]
    arguments: tuple[Expr, ...] = ()
    star: bool = False
    distinct: bool = False
    order: tuple[OrderItem, ...] = ()
    filter: Expr | None = None
    over: Over | None = None


@dataclass(frozen=True, slots=True)
class Choice(Expr):
    """COALESCE, GREATEST, LEAST or NULLIF."""

    word: str
    arguments: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Array(Expr):
    """``ARRAY[…]``, or ``LIST[…]`` where ``word`` is ``list``."""

    word: str
    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class ArrayQuery(Expr):
    """``ARRAY(…)``, ``LIST(…)`` or ``MAP(…)``."""

    word: str
    query: Query


@dataclass(frozen=True, slots=True)
class Map(Expr):
    items: tuple[tuple[Expr, Expr], ...]


@dataclass(frozen=True, slots=True)
class Slice(Node):
    low: Expr | None
    high: Expr | None


@dataclass(frozen=True, slots=True)
class Subscript(Expr):
    operand: Expr
    positions: tuple[Expr | Slice, ...]


@dataclass(frozen=True, slots=True)
class Field(Expr):
    """``(operand).name``; the name ``*`` stands for all."""

    operand: Expr
    name: str


@dataclass(frozen=True, slots=True)
class Exists(Expr):
    query: Query


@dataclass(frozen=True, slots=True)
class Subquery(Expr):
    query: Query


@dataclass(frozen=True, slots=True)
class Row(Expr):
    items: tuple[Expr, ...]


# ---------------------------------------------------------------------------------------------------- queries


@dataclass(frozen=True, slots=True)
class Body(Node):
    """What a query consists of, before its ORDER BY and LIMIT."""


@dataclass(frozen=True, slots=True)
class Cte(Node):
    """One query of WITH; ``types`` are those of its columns where it may read itself."""

    name: str
    columns: tuple[str, ...]
    types: tuple[TypeName, ...]
    query: Query


@dataclass(frozen=True, slots=True)
class Recursion(Node):
    """That the queries of WITH read each other; ``limits`` are how often, each with the words before LIMIT."""

    limits: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Query(Node):
    body: Body
    ctes: tuple[Cte, ...] = ()
    recursion: Recursion | None = None
    order: tuple[OrderItem, ...] = ()
    limit: Expr | None = None
    offset: Expr | None = None


def everything(parts: tuple[str, ...], where: Expr | None = None) -> Query:
    """Return ``SELECT * FROM parts WHERE where``."""
    return Query(Select((SelectItem(Star()),), Table(parts), where))


@dataclass(frozen=True, slots=True)
class SelectItem(Node):
    expr: Expr
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class Alias(Node):
    name: str
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FromItem(Node):
    """Something in FROM."""


@dataclass(frozen=True, slots=True)
class Table(FromItem):
    parts: tuple[str, ...]
    alias: Alias | None = None


@dataclass(frozen=True, slots=True)
class Derived(FromItem):
    query: Query
    alias: Alias | None = None
    lateral: bool = False


@dataclass(frozen=True, slots=True)
class TableFunction(FromItem):
    """``f(…)`` or ``ROWS FROM (f(…), …)``."""

    calls: tuple[Call, ...]
    alias: Alias | None = None
    ordinality: bool = False


@dataclass(frozen=True, slots=True)
class Join(FromItem):
    """``kind`` is ``inner``, ``left``, ``right``, ``full`` or ``cross``; ``comma`` for items beside each other."""

    left: FromItem
    kind: str
    right: FromItem
    on: Expr | None = None
    using: tuple[str, ...] = ()
    natural: bool = False
    using_alias: str | None = None
    comma: bool = False


@dataclass(frozen=True, slots=True)
class Grouped(FromItem):
    """A join in parentheses, with a name."""

    join: Join
    alias: Alias


@dataclass(frozen=True, slots=True)
class Select(Body):
    items: tuple[SelectItem, ...]
    source: FromItem | None = None
    where: Expr | None = None
    group: tuple[Expr, ...] = ()
    having: Expr | None = None
    qualify: Expr | None = None
    distinct: bool = False
    distinct_on: tuple[Expr, ...] = ()


@dataclass(frozen=True, slots=True)
class SetOperation(Body):
    word: str
    every: bool
    left: Body
    right: Body


@dataclass(frozen=True, slots=True)
class Values(Body):
    rows: tuple[tuple[Expr, ...], ...]


@dataclass(frozen=True, slots=True)
class Nested(Body):
    query: Query


@dataclass(frozen=True, slots=True)
class Shown(Body):
    """A SHOW command in the place of a query."""

    text: str


# ------------------------------------------------------------------------------------------------- statements


@dataclass(frozen=True, slots=True)
class Default(Expr):
    """``DEFAULT`` in VALUES."""


@dataclass(frozen=True, slots=True)
class Insert(Node):
    table: tuple[str, ...]
    columns: tuple[str, ...] = ()
    source: Query | None = None
    returning: tuple[SelectItem, ...] = ()


@dataclass(frozen=True, slots=True)
class Update(Node):
    table: tuple[str, ...]
    alias: str | None = None
    assignments: tuple[tuple[str, Expr], ...] = ()
    where: Expr | None = None


@dataclass(frozen=True, slots=True)
class Delete(Node):
    table: tuple[str, ...]
    alias: str | None = None
    using: FromItem | None = None
    where: Expr | None = None


@dataclass(frozen=True, slots=True)
class ColumnOption(Node):
    """``kind`` is ``null``, ``not null``, ``default``, ``unique``, ``primary key``, ``check`` or ``references``.

    ``text`` is the value's; of ``references`` it is what is referred to.
    """

    kind: str
    value: Expr | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class TableConstraint(Node):
    """``kind`` is ``unique``, ``primary key``, ``check`` or ``foreign key``."""

    kind: str
    columns: tuple[str, ...] = ()
    nulls_not_distinct: bool = False
    table: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableColumn(Node):
    name: str
    type: TypeName
    options: tuple[ColumnOption, ...] = ()


@dataclass(frozen=True, slots=True)
class CreateTable(Node):
    name: tuple[str, ...]
    columns: tuple[TableColumn, ...]
    constraints: tuple[TableConstraint, ...] = ()
    temporary: bool = False
    if_not_exists: bool = False
    text: str = field(default="", compare=False)
