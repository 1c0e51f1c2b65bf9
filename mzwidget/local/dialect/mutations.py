"""CREATE TABLE's columns, INSERT, UPDATE and DELETE."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from mzwidget.local.dialect.calls import coerce
from mzwidget.local.dialect.castlines import Context
from mzwidget.local.dialect.casts import castable
from mzwidget.local.dialect.conditions import conjuncts, guarded_all
from mzwidget.local.dialect.expressions import Expressions
from mzwidget.local.dialect.model import Catalog, ColumnDefinition, Dml, Empty, Mutation, Relation
from mzwidget.local.dialect.names import column_name
from mzwidget.local.dialect.offered import Source
from mzwidget.local.dialect.ordering import by_position
from mzwidget.local.dialect.queries import plan_in, plan_nested
from mzwidget.local.dialect.scope import Scope, Statement
from mzwidget.local.dialect.sources import From
from mzwidget.local.dialect.syntax import tree
from mzwidget.local.dialect.typenames import resolve_type
from mzwidget.local.dialect.values import Value
from mzwidget.local.errors import SqlError, private_preview, unsupported
from mzwidget.local.formats import types as t
from mzwidget.local.formats.types import Column, Type

_MOST_COLUMNS = 1600
_KEYS = ("primary key", "unique")


def plan_columns(
    create: tree.Node, catalog: Catalog | None = None, spelt: Callable[[str], str] = str
) -> tuple[ColumnDefinition, ...]:
    """Return the columns of a CREATE TABLE; messages show expressions as `spelt` writes them.

    Raises
    ------
    SqlError
        For unknown types, keys and constraints (Materialize does not offer them either).
    """
    if not isinstance(create, tree.CreateTable):
        raise unsupported("this form of CREATE TABLE")
    if len(create.columns) > _MOST_COLUMNS:
        raise SqlError(f"tables can have at most {_MOST_COLUMNS} columns", "54011")
    definitions: list[ColumnDefinition] = []
    for item in create.columns:
        definition = _definition(item, catalog, spelt)
        if any(other.name == definition.name for other in definitions):
            raise SqlError(f'column "{definition.name}" specified more than once')
        definitions.append(definition)
    keys = any(option.kind in _KEYS for item in create.columns for option in item.options)
    if _keyed(create, definitions, catalog) or keys:
        raise private_preview("CREATE TABLE with a primary key or unique constraint", "unsafe_enable_table_keys")
    return tuple(definitions)


def _keyed(create: tree.CreateTable, columns: Sequence[ColumnDefinition], catalog: Catalog | None) -> bool:
    """Check the constraints of a table; return whether one of them makes a key."""
    for constraint in create.constraints:
        if constraint.table and catalog is not None and catalog.relation(constraint.table) is None:
            raise SqlError(f"unknown catalog item '{'.'.join(constraint.table)}'")
    known = {column.name: column for column in columns}
    primary = keyed = False
    for constraint in create.constraints:
        if constraint.kind == "foreign key":
            raise private_preview("CREATE TABLE with a foreign key", "unsafe_enable_table_foreign_key")
        if constraint.kind == "check":
            raise private_preview("CREATE TABLE with a check constraint", "unsafe_enable_table_check_constraint")
        is_primary = constraint.kind == "primary key"
        if primary and is_primary:
            name = ".".join(f'"{part}"' for part in create.name)
            raise SqlError(f"multiple primary keys for table {name} are not allowed")
        primary = primary or is_primary
        for name in constraint.columns:
            if name not in known:
                raise SqlError(f"unknown column in constraint: {name}")
            if not (is_primary or constraint.nulls_not_distinct) and known[name].nullable:
                return keyed  # UNIQUE over what may be NULL is no key there, and ends the search for more
        keyed = True
    return keyed


def _definition(item: tree.TableColumn, catalog: Catalog | None, spelt: Callable[[str], str]) -> ColumnDefinition:
    type_ = resolve_type(item.type, catalog)
    if type_.name == "bpchar" and type_.typmod == -1:
        type_ = t.sized(type_, 1)
    nullable, default = True, None
    for option in item.options:
        match option.kind:
            case "not null":
                nullable = False
            case "null":
                nullable = True
            case "default":
                assert option.value is not None
                statement = Statement(catalog or Empty())
                value = _apart(statement, option.value, "DEFAULT expression").value(option.value)
                if not value.is_open and not castable(value.type, type_, Context.ASSIGNMENT):
                    kinds = f"{t.sql_name(value.type)} to {t.sql_name(type_)}"
                    raise SqlError(f"DEFAULT expression does not support casting from {kinds}")
                default = assigned(statement, value, item.name, type_).sql
            case "check" | "references":
                what = f"CHECK ({spelt(option.text)})" if option.kind == "check" else f"REFERENCES {option.text}"
                raise SqlError(f"CREATE TABLE with column constraint: {what} not yet supported")
            case "primary key":
                nullable = False
    return ColumnDefinition(item.name, type_, nullable, default)


def _apart(statement: Statement, expr: tree.Node, clause: str, columns: tuple[Column, ...] = ()) -> Expressions:
    """Return what translates an expression that stands in no query, in the place that messages call `clause`."""
    if _asks(expr):
        raise SqlError(f"{clause} does not allow subqueries")
    for part in expr.walk():
        if isinstance(part, tree.Parameter):
            raise SqlError(f"there is no parameter ${part.number}", "42P02")
    values = tuple(Value(f"m.c{i}", column.type) for i, column in enumerate(columns, 1))
    scope = Scope(statement, [Source("", columns, values)])
    scope.clause = clause
    return Expressions(scope, plan_nested)


def plan_argument(expr: tree.Expr, catalog: Catalog, session: Mapping[str, str | int | None], clause: str) -> Type:
    """Return the type of an expression that reads no rows, in the place that messages call `clause`."""
    return _apart(Statement(catalog, session=session), expr, clause).typed(expr).type


def plan_key(
    expr: tree.Expr, columns: tuple[Column, ...], catalog: Catalog, session: Mapping[str, str | int | None]
) -> str | None:
    """Return the column that the key of an index is, None for another expression of a relation's columns."""
    if isinstance(expr, tree.Literal) and expr.kind == "number":
        return columns[by_position(expr.value, len(columns), "CREATE INDEX") - 1].name
    statement = Statement(catalog, session=session)
    _apart(statement, expr, "CREATE INDEX", columns).typed(expr)
    if statement.refusal is not None:
        raise statement.refusal
    if statement.asks_session:
        raise unsupported("an index over what each session answers otherwise")
    return expr.parts[0] if isinstance(expr, tree.Name) else None


def assigned(statement: Statement, value: Value, name: str, type_: Type) -> Value:
    """Return a value as it is stored in a column."""
    if not _assignable(value, type_):
        given = t.sql_name(value.type)
        raise SqlError(f'column "{name}" is of type {t.sql_name(type_)} but expression is of type {given}')
    return coerce(statement, value, type_, Context.ASSIGNMENT)


def _assignable(value: Value, type_: Type) -> bool:
    rows = value.type.kind == type_.kind == "record" and len(value.items) == len(type_.fields)
    open_ = value.parameter is not None or value.is_open or rows
    return open_ or castable(value.type, type_, Context.ASSIGNMENT)


def _target(catalog: Catalog, parts: tuple[str, ...], verb: str) -> Relation:
    relation = catalog.relation(parts)
    if relation is None:
        raise SqlError(f"unknown catalog item '{'.'.join(parts)}'")
    if not relation.is_table:
        raise SqlError(f"cannot {verb} view '{relation.name}'")
    return relation


def plan_insert(
    insert: tree.Node,
    catalog: Catalog,
    *,
    parameter_types: Sequence[Type | None] = (),
    session: Mapping[str, str | int | None] | None = None,
) -> Dml:
    """Translate an INSERT."""
    if not isinstance(insert, tree.Insert):
        raise unsupported("this form of INSERT")
    relation = _target(catalog, insert.table, "insert into")
    targets = _targets(relation, insert.columns)
    statement = Statement(catalog, list(parameter_types), session=session or {})
    source = insert.source
    body = source.body if source is not None else None
    plain = source is not None and not (source.ctes or source.order or source.limit or source.offset)
    if source is None:
        _filled(targets, 0, listed=bool(insert.columns))
        rows = f"SELECT {row_of(relation, {})}"
    elif isinstance(body, tree.Values) and plain:
        rows = _value_rows(statement, body, relation, targets, listed=bool(insert.columns))
    else:
        rows = _query_rows(statement, source, relation, targets, listed=bool(insert.columns))
    if not relation.columns:
        raise unsupported("a row without columns")
    columns, returning = _returning(statement, insert, relation)
    if returning is not None:
        names = ", ".join(f"c{i}" for i in range(1, len(relation.columns) + 1))
        returning = statement.with_ctes(f"{returning} FROM ({rows}) AS new({names})")
    return Dml(
        target=relation.name,
        parameters=statement.parameters(),
        inputs=frozenset(statement.inputs),
        rows=statement.with_ctes(rows),
        constant=statement.constant,
        columns=columns,
        returning=returning,
    )


def _returning(
    statement: Statement, insert: tree.Insert, relation: Relation
) -> tuple[tuple[Column, ...] | None, str | None]:
    """Translate RETURNING: its columns, and the SELECT of them over rows called ``new`` with columns c1 …."""
    if not insert.returning:
        return None, None
    scope = Scope(statement)
    scope.clause = "RETURNING clause"
    values = tuple(Value(f"new.c{i}", column.type) for i, column in enumerate(relation.columns, 1))
    scope.add(Source(insert.table[-1], relation.columns, values, relation.path))
    expressions = Expressions(scope, plan_nested)
    found: list[tuple[str, Value]] = []
    for item in insert.returning:
        if _asks(item.expr):
            raise SqlError("RETURNING clause does not allow subqueries")
        if isinstance(item.expr, tree.Star):
            if item.expr.qualifier and not scope.sources[0].answers(item.expr.qualifier):
                raise SqlError(f"no table named '{'.'.join(item.expr.qualifier)}' in scope")
            found += [(column.name, value) for column, value in zip(relation.columns, values, strict=True)]
        else:
            found.append((item.alias or column_name(item.expr), expressions.typed(item.expr)))
    listed = ", ".join(f"{value.sql} AS c{i}" for i, (_, value) in enumerate(found, 1))
    return tuple(Column(name, value.type) for name, value in found), f"SELECT {listed}"


def _targets(relation: Relation, names: Sequence[str]) -> list[Column]:
    if not names:
        return list(relation.columns)
    known = {column.name: column for column in relation.columns}
    for name in names:
        if name not in known:
            raise SqlError(f'column "{name}" of relation "{relation.name}" does not exist')
    for name in names:
        if list(names).count(name) > 1:
            raise SqlError(f'column "{name}" specified more than once')
    return [known[name] for name in names]


def row_of(relation: Relation, values: Mapping[str, str]) -> str:
    """Return DuckDB SQL of a table's row: the values that some columns get, and the defaults of the others."""
    defaults = relation.defaults or (None,) * len(relation.columns)
    return ", ".join(
        values.get(column.name) or default or f"CAST(NULL AS {column.type.duckdb})"
        for column, default in zip(relation.columns, defaults, strict=True)
    )


def _filled(targets: list[Column], given: int, *, listed: bool) -> list[Column]:
    """Return the columns that get values; without a column list the last ones may be left out."""
    if given > len(targets):
        raise SqlError("INSERT has more expressions than target columns")
    if given < len(targets) and listed:
        raise SqlError("INSERT has more target columns than expressions")
    return targets[:given]


def _value_rows(
    statement: Statement, source: tree.Values, relation: Relation, targets: list[Column], *, listed: bool
) -> str:
    scope = Scope(statement)
    scope.clause = "VALUES"
    expressions = Expressions(scope, plan_nested)
    if len({len(row) for row in source.rows}) > 1:
        raise SqlError("VALUES lists must all be the same length")
    given = len(source.rows[0])
    rows = []
    for row in source.rows:
        values: dict[str, str] = {}
        for column, node in zip(_filled(targets, given, listed=False), row, strict=True):
            values[column.name] = assigned(statement, expressions.value(node), column.name, column.type).sql
        rows.append(f"({row_of(relation, values)})")
    _filled(targets, given, listed=listed)
    return "VALUES " + ", ".join(rows)


def _query_rows(
    statement: Statement, source: tree.Query, relation: Relation, targets: list[Column], *, listed: bool
) -> str:
    columns, body = plan_in(source, Scope(statement))
    here = _filled(targets, len(columns), listed=listed)
    alias = statement.alias()
    values = {
        target.name: assigned(statement, Value(f"{alias}.c{i}", column.type), target.name, target.type).sql
        for i, (column, target) in enumerate(zip(columns, here, strict=True), 1)
    }
    names = ", ".join(f"c{i}" for i in range(1, len(columns) + 1)) or "c1"
    return f"SELECT {row_of(relation, values)} FROM ({body}) AS {alias}({names})"


def plan_mutation(
    node: tree.Node,
    catalog: Catalog,
    *,
    row_ids: str,
    parameter_types: Sequence[Type | None] = (),
    session: Mapping[str, str | int | None] | None = None,
) -> Mutation:
    """Translate an UPDATE or DELETE.

    Parameters
    ----------
    node : tree.Update or tree.Delete
    catalog : Catalog
    row_ids : str
        DuckDB SQL of the target's rows, each behind what tells stored rows apart.
    parameter_types, session
        As for `plan_query`.
    """
    if not isinstance(node, tree.Update | tree.Delete):
        raise unsupported("this statement")
    verb = "UPDATE" if isinstance(node, tree.Update) else "DELETE"
    relation = catalog.relation(node.table)
    if relation is None:
        raise SqlError(f"unknown catalog item '{'.'.join(node.table)}'")
    if not relation.is_table:
        raise SqlError(f"cannot mutate view '{relation.name}'")
    statement = Statement(catalog, list(parameter_types), session=session or {})
    statement.read(relation)
    scope = Scope(statement, parent=Scope(statement))
    values = tuple(Value(f"stored.c{i}", column.type) for i, column in enumerate(relation.columns, 1))
    scope.add(Source(node.alias or node.table[-1], relation.columns, values, relation.path if not node.alias else ()))
    using = ""
    if isinstance(node, tree.Delete) and node.using is not None:
        using = f", {From(scope, plan_nested).build(node.using)}"
    expressions = Expressions(scope, plan_nested)
    condition = "true"
    if node.where is not None:
        scope.clause = "WHERE clause"
        nodes = list(conjuncts(node.where))
        with scope.within("AND argument" if len(nodes) > 1 else ""):
            tests = [expressions.condition(each) for each in nodes]
        condition = guarded_all(tests, nodes, strictly=not using)
    names = ", ".join(["place", *(f"c{i}" for i in range(1, len(values) + 1))])
    source = f"FROM {row_ids} AS stored({names}){using} WHERE {condition}"
    rows = None
    if isinstance(node, tree.Update):
        scope.clause = "SET clause"
        new = _assignments(statement, expressions, node, relation)
        listed = [new.get(column.name, value.sql) for column, value in zip(relation.columns, values, strict=True)]
        rows = statement.with_ctes(f"SELECT {', '.join(listed)} {source}")
    return Mutation(
        target=relation.name,
        verb=verb,
        ids=statement.with_ctes(f"SELECT stored.place {source}"),
        rows=rows,
        parameters=statement.parameters(),
        inputs=frozenset(statement.inputs),
    )


def _assignments(
    statement: Statement, expressions: Expressions, node: tree.Update, relation: Relation
) -> dict[str, str]:
    known = {column.name: column for column in relation.columns}
    found: dict[str, str] = {}
    for name, expr in node.assignments:
        column = known.get(name)
        if column is None:
            raise SqlError(f"unknown column {name}")
        if _asks(expr):
            raise SqlError("SET clause does not allow subqueries")
        value = expressions.value(expr)
        if not _assignable(value, column.type):
            given, wanted = t.sql_name(value.type), t.sql_name(column.type)
            raise SqlError(f"SET clause does not support casting from {given} to {wanted}")
        if name in found:
            raise SqlError(f"column {name} set twice")
        found[name] = assigned(statement, value, name, column.type).sql
    return found


def _asks(node: tree.Node) -> bool:
    """Whether an expression holds a subquery."""
    return any(isinstance(part, tree.Query) for part in node.walk())
