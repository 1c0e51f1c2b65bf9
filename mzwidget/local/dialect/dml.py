"""CREATE TABLE's columns, and INSERT."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from mzwidget.local.dialect.casts import Cast, allowed
from mzwidget.local.dialect.expressions import Expressions
from mzwidget.local.dialect.model import Catalog, ColumnDefinition, Dml, Relation
from mzwidget.local.dialect.names import fold, table_parts
from mzwidget.local.dialect.operators import coerce
from mzwidget.local.dialect.queries import plan_block, plan_nested
from mzwidget.local.dialect.scope import Scope, Statement
from mzwidget.local.dialect.typenames import resolve_type
from mzwidget.local.dialect.values import Value
from mzwidget.local.errors import SqlError, unsupported
from mzwidget.local.formats import types as t
from mzwidget.local.formats.types import Column, Type


class _NoRelations:
    def relation(self, _: tuple[str, ...]) -> Relation | None:
        return None


def plan_columns(create: exp.Create) -> tuple[ColumnDefinition, ...]:
    """Return the columns of a CREATE TABLE.

    Raises
    ------
    SqlError
        For unknown types, keys and constraints (Materialize does not offer them either).
    """
    schema = create.this
    if not isinstance(schema, exp.Schema):
        raise unsupported("CREATE TABLE without a column list")
    definitions: list[ColumnDefinition] = []
    for item in schema.expressions:
        if not isinstance(item, exp.ColumnDef):
            raise _key_refusal(item)
        definition = _definition(item)
        if any(other.name == definition.name for other in definitions):
            raise SqlError(f'column "{definition.name}" specified more than once', "42701")
        definitions.append(definition)
    return tuple(definitions)


def _key_refusal(item: exp.Expr) -> SqlError:
    if isinstance(item, exp.PrimaryKey | exp.PrimaryKeyColumnConstraint | exp.UniqueColumnConstraint):
        return SqlError("CREATE TABLE with a primary key or unique constraint is not available")
    return unsupported(f"the constraint {item.sql('materialize')}")


def _definition(item: exp.ColumnDef) -> ColumnDefinition:
    name = fold(item.this)
    if item.args.get("kind") is None:
        raise SqlError(f'Expected a data type for column "{name}"', "42601")
    type_ = resolve_type(item.args["kind"])
    nullable, default = True, None
    for constraint in item.args.get("constraints") or ():
        kind = constraint.kind
        if isinstance(kind, exp.NotNullColumnConstraint):
            nullable = bool(kind.args.get("allow_null"))
        elif isinstance(kind, exp.DefaultColumnConstraint):
            statement = Statement(_NoRelations())
            value = Expressions(Scope(statement), plan_nested).value(kind.this)
            default = _assigned(statement, value, name, type_).sql
        else:
            raise _key_refusal(kind)
    return ColumnDefinition(name, type_, nullable, default)


def _assigned(statement: Statement, value: Value, name: str, type_: Type) -> Value:
    if value.parameter is None and not allowed(value.type, type_, Cast.ASSIGNMENT):
        message = f'column "{name}" is of type {t.sql_name(type_)} but expression is of type {t.sql_name(value.type)}'
        raise SqlError(message, "42804")
    return coerce(statement, value, type_, Cast.ASSIGNMENT)


def _target(catalog: Catalog, node: exp.Expr, verb: str) -> tuple[Relation, exp.Expr | None]:
    if not isinstance(node, exp.Table):
        raise unsupported(f"{verb} {type(node).__name__.lower()}")
    parts = table_parts(node)
    relation = catalog.relation(parts)
    if relation is None:
        raise SqlError(f"unknown catalog item '{'.'.join(parts)}'")
    if not relation.is_table:
        raise SqlError(f"cannot {verb} view '{relation.name}'")
    return relation, node.args.get("alias")


def plan_insert(insert: exp.Insert, catalog: Catalog, *, parameter_types: Sequence[Type | None] = ()) -> Dml:
    """Translate an INSERT."""
    refused = [key for key in ("returning", "conflict", "overwrite", "where") if insert.args.get(key)]
    if refused:
        raise unsupported({"conflict": "ON CONFLICT"}.get(refused[0], refused[0].upper()))
    node, names = insert.this, None
    if isinstance(node, exp.Schema):
        node, names = node.this, [fold(column) for column in node.expressions]
    relation, _ = _target(catalog, node, "insert into")
    targets = _targets(relation, names)
    statement = Statement(catalog, list(parameter_types))
    source = insert.expression
    if insert.args.get("default") or source is None:
        rows = f"SELECT {_row(relation, {})}"
    elif isinstance(source, exp.Values) and not source.args.get("order") and not source.args.get("limit"):
        rows = _value_rows(statement, source, relation, targets, listed=names is not None)
    else:
        rows = _query_rows(statement, source, relation, targets, listed=names is not None)
    return Dml(
        target=relation.name,
        parameters=statement.parameters(),
        inputs=frozenset(statement.inputs),
        rows=rows,
    )


def _targets(relation: Relation, names: list[str] | None) -> list[Column]:
    if names is None:
        return list(relation.columns)
    known = {column.name: column for column in relation.columns}
    for name in names:
        if name not in known:
            raise SqlError(f'column "{name}" of relation "{relation.name}" does not exist')
        if names.count(name) > 1:
            raise SqlError(f'column "{name}" specified more than once', "42701")
    return [known[name] for name in names]


def _default(relation: Relation, column: Column) -> str:
    position = relation.columns.index(column)
    given = relation.defaults[position] if relation.defaults else None
    return given or f"CAST(NULL AS {column.type.duckdb})"


def _row(relation: Relation, values: dict[str, str]) -> str:
    return ", ".join(values.get(column.name) or _default(relation, column) for column in relation.columns)


def _filled(targets: list[Column], given: int, *, listed: bool) -> list[Column]:
    """Return the columns that get values; without a column list the last ones may be left out."""
    if given > len(targets):
        raise SqlError("INSERT has more expressions than target columns", "42601")
    if given < len(targets) and listed:
        raise SqlError("INSERT has more target columns than expressions", "42601")
    return targets[:given]


def _value_rows(
    statement: Statement, source: exp.Values, relation: Relation, targets: list[Column], *, listed: bool
) -> str:
    expressions = Expressions(Scope(statement), plan_nested)
    rows = []
    for row in source.expressions:
        nodes = row.expressions if isinstance(row, exp.Tuple) else [row.this if isinstance(row, exp.Paren) else row]
        here = _filled(targets, len(nodes), listed=listed)
        values: dict[str, str] = {}
        for column, node in zip(here, nodes, strict=True):
            if isinstance(node, exp.Var) and node.name.upper() == "DEFAULT":
                values[column.name] = _default(relation, column)
            else:
                values[column.name] = _assigned(statement, expressions.value(node), column.name, column.type).sql
        rows.append(f"({_row(relation, values)})")
    return "VALUES " + ", ".join(rows)


def _query_rows(
    statement: Statement, source: exp.Expr, relation: Relation, targets: list[Column], *, listed: bool
) -> str:
    block = plan_block(statement, source, Scope(statement), top=True)
    here = _filled(targets, len(block.values), listed=listed)
    direct = [
        _assigned(statement, value, column.name, column.type) if value.type.name == "unknown" else value
        for value, column in zip(block.values, here, strict=True)
    ]
    alias = statement.alias()
    body = block.render(direct)
    values = {
        column.name: _assigned(statement, Value(f"{alias}.c{i}", value.type), column.name, column.type).sql
        for i, (value, column) in enumerate(zip(direct, here, strict=True), 1)
    }
    names = ", ".join(f"c{i}" for i in range(1, len(direct) + 1))
    return f"SELECT {_row(relation, values)} FROM ({body}) AS {alias}({names})"
