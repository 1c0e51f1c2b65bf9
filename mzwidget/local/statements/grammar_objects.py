"""Reads what makes objects: CREATE."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from mzwidget.local.dialect.syntax import tree
from mzwidget.local.errors import SqlError, private_preview, unsupported
from mzwidget.local.statements.model import (
    CreateDatabase,
    CreateIndex,
    CreateRole,
    CreateSchema,
    CreateTable,
    CreateType,
    CreateView,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from mzwidget.local.statements.model import Statement
    from mzwidget.local.statements.reader import Reader

_CREATABLE = (
    "DATABASE, SCHEMA, ROLE, TYPE, INDEX, SINK, SOURCE, [TEMPORARY] TABLE, SECRET, [OR REPLACE] [TEMPORARY] VIEW, "
    "or [OR REPLACE] MATERIALIZED VIEW after CREATE"
)
_MODIFIED = {
    (True, True): "VIEW after CREATE OR REPLACE TEMPORARY",
    (True, False): "[TEMPORARY] VIEW, or MATERIALIZED VIEW after CREATE OR REPLACE",
    (False, True): "TABLE, or VIEW after CREATE TEMPORARY",
}
_ROLE_ATTRIBUTES = (
    *("inherit", "noinherit", "createcluster", "nocreatecluster", "createdb", "nocreatedb", "createrole"),
    "nocreaterole",
)
_ROLE_LOGIN = ("superuser", "nosuperuser", "login", "nologin", "password")


# ------------------------------------------------------------------------------------------------------- CREATE


def _create(reader: Reader) -> Statement:
    start = reader.at
    or_replace = reader.accept("or", "replace")
    temporary = reader.accept("temporary") or reader.accept("temp")
    if reader.accept("view"):
        return _create_view(reader, "view", or_replace=or_replace, temporary=temporary)
    if not temporary and reader.accept("materialized", "view"):
        return _create_view(reader, "materialized view", or_replace=or_replace, temporary=False)
    if not or_replace and reader.accept("table"):
        return _create_table(reader, temporary=temporary)
    if or_replace or temporary:
        reader.expected(_MODIFIED[or_replace, temporary])
    word = reader.token.value
    reader.at = start
    create = _SIMPLE.get(word)
    if create is not None and (word != "default" or reader.ahead("default", "index")):
        reader.next()
        return create(reader)
    if reader.accept("user"):
        raise SqlError(
            "CREATE USER is not supported, for more information consult the documentation at "
            "https://materialize.com/docs/sql/create-role/#details",
            "42601",
            position=reader.last.start + 1,
        )
    if reader.token.is_word("cluster", "connection", "secret", "sink", "source", "type", "network"):
        raise unsupported(f"CREATE {word.upper()}")
    return reader.expected(_CREATABLE)


def _create_schema(reader: Reader) -> CreateSchema:
    absent = if_not_exists(reader)
    return CreateSchema(reader.object_name(), absent)


def _create_database(reader: Reader) -> CreateDatabase:
    absent = if_not_exists(reader)
    return CreateDatabase(reader.identifier(), absent)


def _create_role(reader: Reader) -> CreateRole:
    name = reader.identifier()
    reader.accept("with")
    attributes: list[str] = []
    while (word := reader.accept_word(*_ROLE_ATTRIBUTES, *_ROLE_LOGIN)) is not None:
        if word in _ROLE_LOGIN:
            raise unsupported(f"CREATE ROLE with {word.upper()}")
        attributes.append(word)
    return CreateRole(name, tuple(attributes))


def _create_default_index(reader: Reader) -> CreateIndex:
    reader.expect("index")
    return _create_index(reader, default=True)


def _create_type(reader: Reader) -> CreateType:
    name = reader.object_name()
    reader.expect("as")
    word = reader.accept_word("list", "map")
    if word is None:
        return CreateType(name, reader.text_of(reader.fields), reader.all())
    reader.expect_kind("(")
    found: dict[str, str] = {}
    while True:
        if word == "list":
            reader.expect("element")
        elif reader.accept_word("key", "value") is None:
            reader.expected("one of KEY or VALUE")
        which = reader.last.value
        reader.expect("type")
        if which in found:
            raise SqlError(f"{which.upper()} TYPE specified more than once")
        reader.accept_kind("=")
        found[which] = reader.text_of(reader.type_name)
        if not reader.accept_kind(","):
            break
    reader.expect_kind(")")
    for which in ("element",) if word == "list" else ("key", "value"):
        if not found.get(which):
            raise SqlError(f"{which.upper()} TYPE option is required")
    if word == "list":
        return CreateType(name, f"{found['element']} list", reader.all())
    return CreateType(name, f"map[{found['key']} => {found['value']}]", reader.all())


def _create_index(reader: Reader, *, default: bool = False) -> CreateIndex:
    absent = if_not_exists(reader)
    name = None
    if not reader.token.is_word("in", "on"):
        name = reader.identifier()
    elif absent and not default:
        reader.expected("index name")
    cluster = _cluster(reader)
    reader.expect("on")
    on = reader.object_name()
    if reader.accept("using"):
        reader.expect("arrangement")
    keys = None if default else _index_keys(reader)
    if reader.accept("with"):
        reader.expect_kind("(")
        if not reader.accept_kind(")"):
            retain_history(reader)
    return CreateIndex(name, on, keys, absent, cluster)


def _index_keys(reader: Reader) -> tuple[tuple[tree.Expr, str], ...]:
    reader.expect_kind("(")
    keys: list[tuple[tree.Expr, str]] = []
    while not reader.is_kind(")") or keys:
        keys.append(reader.with_text(reader.expression))
        reader.direction()
        if not reader.accept_kind(","):
            break
    reader.expect_kind(")")
    return tuple(keys)


def retain_history(reader: Reader, *, reset: bool = False) -> NoReturn:
    """Read RETAIN HISTORY of the options of an item, which nobody may set."""
    reader.expect("retain", "history")
    if not reset:
        reader.accept_kind("=")
        reader.expect("for")
        reader.option_value()
    reader.expect_kind(")")
    raise private_preview("RETAIN HISTORY", "enable_logical_compaction_window")


def if_not_exists(reader: Reader) -> bool:
    if not reader.accept("if"):
        return False
    reader.expect("not", "exists")
    return True


def _cluster(reader: Reader) -> str | None:
    return reader.identifier() if reader.accept("in", "cluster") else None


def _create_table(reader: Reader, *, temporary: bool) -> CreateTable:
    table = reader.create_table(temporary=temporary)
    return CreateTable(table.name, table.if_not_exists, temporary, reader.all(), table)


def _create_view(reader: Reader, kind: str, *, or_replace: bool, temporary: bool) -> CreateView:
    absent = not or_replace and if_not_exists(reader)
    name = reader.object_name()
    columns = reader.names() if reader.is_kind("(") else None
    cluster: str | None = None
    not_null: tuple[str, ...] = ()
    if kind == "materialized view":
        cluster = _cluster(reader)
        not_null = _view_options(reader) if reader.accept("with") else ()
    reader.expect("as")
    start = reader.at
    if reader.ahead("show"):
        reader.inner(reader)
        reader.at = start
    parsed, query = reader.with_text(reader.query)
    if any(isinstance(node, tree.Parameter) for node in parsed.walk()):
        raise SqlError("views cannot have parameters", "42P02")
    return CreateView(
        kind,
        name,
        columns,
        or_replace,
        absent,
        temporary,
        not_null,
        cluster,
        query,
        reader.all(),
        parsed,
    )


def _view_options(reader: Reader) -> tuple[str, ...]:
    """Read WITH (…) of a materialized view; return the columns said to be not null."""
    reader.expect_kind("(")
    found: list[str] = []
    refreshes = 0
    while True:
        if reader.accept("assert", "not", "null"):
            reader.accept_kind("=")
            found.append(reader.identifier())
        elif reader.accept("assert"):
            reader.expect("not", "null")
        elif reader.accept("refresh"):
            _refresh(reader)
            refreshes += 1
        elif reader.ahead("retain"):
            retain_history(reader)
        elif reader.accept("partition"):
            reader.expect("by")
            raise unsupported("a materialized view with PARTITION BY")
        else:
            reader.expected("one of ASSERT or PARTITION or RETAIN or REFRESH")
        if not reader.accept_kind(","):
            break
    reader.expect_kind(")")
    if refreshes > 1:
        raise SqlError("REFRESH ON COMMIT cannot be specified multiple times")
    return tuple(found)


def _refresh(reader: Reader) -> None:
    reader.accept_kind("=")
    word = reader.accept_word("on", "at", "every")
    if word is None:
        reader.expected("one of ON or AT or EVERY")
    if word != "on":
        raise private_preview("REFRESH EVERY and REFRESH AT materialized views", "enable_refresh_every_mvs")
    reader.expect("commit")


_SIMPLE: dict[str, Callable[[Reader], Statement]] = {
    "schema": _create_schema,
    "database": _create_database,
    "role": _create_role,
    "index": _create_index,
    "default": _create_default_index,
    "type": _create_type,
}

BEGINNINGS: dict[str, Callable[[Reader], Statement]] = {
    "create": _create,
}
