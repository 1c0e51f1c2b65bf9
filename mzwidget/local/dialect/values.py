"""A typed piece of DuckDB SQL, how templates take such pieces, and how texts are quoted."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mzwidget.local.errors import SqlError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mzwidget.local.formats.types import Type

_SLOT = re.compile(r"\{(\d+|\*)\}")
_LAMBDA = ", lambda "
_IN_NO_LAMBDA = re.compile(f"{_LAMBDA}|SELECT")
"""DuckDB takes no subquery in a lambda, and twice the time and the memory for each lambda that another one is in."""
_SCOPES = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|[()]|, lambda """)
_MOST_WEIGHT = 10_000
_FEW_LAMBDAS = 12
"""However these are nested, they are not too heavy."""
_MEANT = re.compile(r"[$«»]|\{(?=(?:\d+|\*)\})")
"""What stands for something else in SQL that is being written: parameters and operands, aggregates, slots."""
_SHORT = 40
"""An operand up to this length may be repeated: it does not grow with the nesting."""


@dataclass(frozen=True, slots=True)
class Value:
    """DuckDB SQL that can stand anywhere an operand can, and its type.

    Attributes
    ----------
    sql : str
    type : Type
    literal : str, optional
        The text of a constant; with type ``unknown`` it takes whatever type its context asks for.
    parameter : int, optional
        The number of a parameter whose type is still open.
    fallible : bool
        Whether evaluating it can raise an error: such conditions are only evaluated where all others hold.
    depth : int
        How deep bound operands are nested in it.
    items : tuple of Value
        Of a row that was written as one: its fields, whose types may still be open.
    broken : bool
        A constant that is no value of its type: evaluating it fails.
    nullable : bool
        Whether it may be NULL, as far as Materialize says.
    digits : (str, str), optional
        Of a numeric that was computed: its SQL, and SQL of it as `types.DIGITS`; void under another SQL.
    tried : str
        Of conditions that were joined: SQL that is NULL where they fail, no longer than they are.
    """

    sql: str
    type: Type
    literal: str | None = None
    parameter: int | None = None
    fallible: bool = False
    depth: int = 0
    items: tuple[Value, ...] = ()
    broken: bool = False
    nullable: bool = True
    digits: tuple[str, str] | None = None
    tried: str = ""

    def typed(self, type_: Type) -> Value:
        """Return the same SQL under another type."""
        return replace(self, type=type_)

    @property
    def is_open(self) -> bool:
        """Whether its type is still to be settled by its context."""
        return self.type.name == "unknown"


def whole(value: Value) -> Value:
    """Return a value as one of its type: a row that was written has the types of its fields by now."""
    return replace(value, items=())


def plainly_ordered(type_: Type) -> bool:
    """Whether DuckDB tells values of a type apart, and orders them, as Materialize does."""
    if type_.kind == "record":
        return all(plainly_ordered(field) for _, field in type_.fields)
    return plainly_ordered(type_.element) if type_.element is not None else type_.name != "jsonb"


def apply(template: str, operands: Sequence[Value], type_: Type, *, fallible: bool = False) -> Value:
    """Fill a template: ``{0}`` … stand for the operands, ``{*}`` for all of them.

    An operand that the template names more than once is bound, so that the SQL stays as long as the statement. So is,
    where there is a lambda, one that cannot be in it: see `_IN_NO_LAMBDA`.
    """
    fallible = fallible or any(operand.fallible for operand in operands)
    depth = max((operand.depth for operand in operands), default=0)
    texts = [operand.sql for operand in operands]
    uses = _SLOT.findall(template)
    repeated = [
        uses.count(str(index)) > 1 and len(operand.sql) > (_SHORT if operand.literal is None else 3 * _SHORT)
        for index, operand in enumerate(operands)
    ]
    nests = _LAMBDA in template or any(repeated)
    bound = [
        index
        for index, operand in enumerate(operands)
        if repeated[index] or (nests and str(index) in uses and _IN_NO_LAMBDA.search(operand.sql))
    ]
    if not bound:
        return Value(_filled(template, texts), type_, fallible=fallible, depth=depth)
    variable = f"v{depth + 1}"
    made, names = _held([texts[index] for index in bound], variable)
    for index, name in zip(bound, names, strict=True):
        texts[index] = name
    sql = f"list_transform([{made}], lambda {variable}: {_filled(template, texts)})[1]"
    return Value(sql, type_, fallible=fallible, depth=depth + 1)


def _held(texts: Sequence[str], variable: str) -> tuple[str, list[str]]:
    """Return what a lambda's variable holds so that each text stands there once, and how each is named then."""
    if len(texts) == 1:
        return texts[0], [variable]
    fields = ", ".join(f"f{index} := {text}" for index, text in enumerate(texts))
    return f"struct_pack({fields})", [f"({variable}).f{index}" for index in range(len(texts))]


def _filled(template: str, texts: Sequence[str]) -> str:
    """Put texts into a template in one go: one among them may hold what looks like a slot."""
    return _SLOT.sub(lambda match: ", ".join(texts) if match[1] == "*" else texts[int(match[1])], template)


def bound_once(
    operands: Sequence[Value], stand_in: Callable[[], str], build: Callable[[Sequence[Value]], Value]
) -> Value:
    """Return what `build` makes of operands, each of whose texts stands there once only if it is long.

    What IN looks for stands in DuckDB's plan once for each item. `stand_in` returns a name that is in nobody's SQL
    yet. DuckDB takes no subquery where an operand is bound: then texts are repeated.
    """
    stands = [
        operand.literal is None
        and operand.parameter is None
        and (len(operand.sql) > 3 * _SHORT or _IN_NO_LAMBDA.search(operand.sql) is not None)
        for operand in operands
    ]
    names = [stand_in() if each else "" for each in stands]
    found = build([replace(each, sql=name or each.sql) for name, each in zip(names, operands, strict=True)])
    if "SELECT" in found.sql:
        return build(operands)
    sql, depth = found.sql, max([found.depth, *(operand.depth for operand in operands)])
    repeated = {name for name in names if name and (sql.count(name) > 1 or f"{name} IN (" in sql)}
    nests = _LAMBDA in sql or len(repeated) > 0
    bound: list[tuple[str, str]] = []
    for name, operand in zip(names, operands, strict=True):
        if name in repeated or (name and nests and _IN_NO_LAMBDA.search(operand.sql)):
            bound.append((name, operand.sql))
        elif name:
            sql = sql.replace(name, operand.sql)
    if not bound:
        return replace(found, sql=sql, tried="")
    variable = f"v{depth + 1}"
    made, held = _held([text for _, text in bound], variable)
    for (name, _), own in zip(bound, held, strict=True):
        sql = sql.replace(name, own)
    return replace(found, sql=f"list_transform([{made}], lambda {variable}: {sql})[1]", depth=depth + 1, tried="")


_MOST_WORDS = 150_000
_WORD = re.compile(r"'(?:[^']|'')*'|\w+")


def weighed(sql: str) -> str:
    """Return SQL that DuckDB can plan in about a second, for it does not let itself be interrupted meanwhile.

    Each lambda weighs twice what the one around it does.
    """
    if len(sql) > 2 * _MOST_WORDS and sum(1 for _ in _WORD.finditer(sql)) > _MOST_WORDS:
        raise SqlError(f"statement too long: to be planned are more than {_MOST_WORDS:,} words", "54001")
    if sql.count(_LAMBDA) > _FEW_LAMBDAS:
        weight, depth, ends = 0, 0, [0]
        for token in _SCOPES.findall(sql):
            if token == "(":
                ends.append(depth)
            elif token == ")":
                depth = ends.pop()
            elif token == _LAMBDA:
                depth += 1
                weight += 2**depth
        if weight > _MOST_WEIGHT:
            raise SqlError("statement exceeds nested expression limit", "54001")
    return sql


def evaluated(sql: str) -> str:
    """Return DuckDB SQL that is evaluated where only whether it is NULL is asked, which DuckDB may know of the rest."""
    return f"[{sql}][1]"


def items_of(array: str) -> str:
    """Return DuckDB SQL of an array's elements in a row."""
    return f"({array}).items"


def array_sql(items: str, dims: str = "CAST([] AS INTEGER[])") -> str:
    """Return DuckDB SQL of an array of elements in a row; without dimensions it has one."""
    return f"struct_pack(items := {items}, dims := {dims})"


def array_or_null(items: str) -> str:
    """Return DuckDB SQL of an array of one dimension, NULL where there are no elements."""
    return f"list_transform([{items}], lambda i: CASE WHEN i IS NOT NULL THEN {array_sql('i')} END)[1]"


def map_sql(entries: str) -> str:
    """Return DuckDB SQL of a map from a list of entries ``k``, ``v``: without NULL keys, the last of each key."""
    return (
        f"list_transform([list_sort(list_transform(list_filter({entries}, lambda e: e.k IS NOT NULL),"
        " lambda e, i: struct_pack(k := e.k, i := i, v := e.v)))],"
        " lambda m: map_from_entries(list_transform(list_filter(m, lambda e, i: m[i + 1].k IS DISTINCT FROM e.k),"
        " lambda e: struct_pack(k := e.k, v := e.v))))[1]"
    )


def quote_text(text: str) -> str:
    """Return a DuckDB string literal that holds nothing of `_MEANT`."""
    if "\0" in text:
        pieces = [quote_text(piece) for piece in text.split("\0")]
        return "(" + " || chr(0) || ".join(pieces) + ")"
    quoted = "'" + text.replace("'", "''") + "'"
    found = _MEANT.sub(lambda match: f"' || chr({ord(match[0])}) || '", quoted)
    return quoted if found == quoted else f"({found})"


def raise_sql(message: str, duckdb_type: str) -> str:
    """Return DuckDB SQL that raises an error, to be read back by `evaluation_error`."""
    return f"CAST(error({quote_text(f'mz:XX000:{message}')}) AS {duckdb_type})"


def failing(error: SqlError, type_: Type) -> Value:
    """Return a value whose evaluation fails."""
    return Value(raise_sql(error.message, type_.duckdb), type_, fallible=True, broken=True)
