"""Reads what changes the catalog: CREATE, ALTER, DROP, COMMENT."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from mzwidget.local.errors import SqlError, unsupported
from mzwidget.local.statements.model import (
    ChangeOwner,
    Comment,
    CreateDatabase,
    CreateIndex,
    CreateRole,
    CreateSchema,
    CreateTable,
    CreateType,
    CreateView,
    Drop,
    Grant,
    Rename,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from mzwidget.local.statements.model import Statement
    from mzwidget.local.statements.reader import Reader

_CREATABLE = (
    "DATABASE, SCHEMA, ROLE, TYPE, INDEX, SINK, SOURCE, [TEMPORARY] TABLE, SECRET, [OR REPLACE] [TEMPORARY] VIEW, "
    "or [OR REPLACE] MATERIALIZED VIEW after CREATE"
)
_KINDS = (
    *("table", "view", "materialized", "source", "sink", "index", "type", "role", "user", "cluster", "secret"),
    *("connection", "database", "schema", "function", "network"),
)
_ONE_OF_KINDS = f"one of {' or '.join(kind.upper() for kind in _KINDS)}"
_OFFERED = ("table", "view", "materialized view", "index", "schema", "database", "role", "type")
_PRIVATE = "Contact support to discuss enabling the feature in your Materialize region."


def private_preview(what: str, flag: str) -> SqlError:
    """Return the refusal of what Materialize has but does not give to everybody."""
    return SqlError(
        f"{what} is not available",
        detail=f"The requested feature ({flag}) is in private preview.",
        hint=_PRIVATE,
    )


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
    word = reader.token.value
    reader.at = start
    if or_replace or temporary:
        reader.fail(_CREATABLE)
    create = _SIMPLE.get(word)
    if create is not None and reader.accept(word):
        return create(reader)
    if reader.accept("user"):
        raise SqlError(
            "CREATE USER is not supported, for more information consult the documentation at "
            "https://materialize.com/docs/sql/create-role/#details",
            "42601",
        )
    if reader.token.is_word("cluster", "connection", "secret", "sink", "source", "type", "network"):
        raise unsupported(f"CREATE {word.upper()}")
    return reader.fail(_CREATABLE)


def _create_schema(reader: Reader) -> CreateSchema:
    if_not_exists = reader.accept("if", "not", "exists")
    return CreateSchema(reader.parts(), if_not_exists)


def _create_database(reader: Reader) -> CreateDatabase:
    if_not_exists = reader.accept("if", "not", "exists")
    return CreateDatabase(reader.name(), if_not_exists)


def _create_role(reader: Reader) -> CreateRole:
    name = reader.name()
    if reader.token.kind != "eof":
        raise unsupported("CREATE ROLE with attributes")
    return CreateRole(name)


def _create_default_index(reader: Reader) -> CreateIndex:
    reader.expect("index")
    return _create_index(reader, default=True)


def _create_type(reader: Reader) -> CreateType:
    name = reader.parts()
    reader.expect("as")
    word = reader.one_of("list", "map")
    if word is None:
        if not reader.sign_ahead("("):
            reader.fail("left parenthesis")
        return CreateType(name, reader.rest(), reader.all())
    reader.expect_sign("(")
    found: dict[str, str] = {}
    while True:
        which = reader.one_of("element", "key", "value")
        if which is None:
            reader.fail("one of ELEMENT or KEY or VALUE")
        reader.expect("type")
        reader.accept_sign("=")
        found[str(which)] = reader.until(lambda: reader.sign_ahead(","))
        if not reader.accept_sign(","):
            break
    reader.expect_sign(")")
    if word == "list":
        return CreateType(name, f"{found.get('element', '')} list", reader.all())
    return CreateType(name, f"map[{found.get('key', '')} => {found.get('value', '')}]", reader.all())


def _create_index(reader: Reader, *, default: bool = False) -> CreateIndex:
    if_not_exists = _if_not_exists(reader)
    name = None if reader.ahead("in") or reader.ahead("on") else reader.name()
    cluster = _cluster(reader)
    reader.expect("on")
    on = reader.parts()
    if reader.accept("using"):
        reader.expect("arrangement")
    if default:
        return CreateIndex(name, on, None, if_not_exists, cluster)
    keys = []
    reader.expect_sign("(")
    while not reader.sign_ahead(")"):
        keys.append(reader.until(lambda: reader.sign_ahead(",") or reader.token.is_word("asc", "desc", "nulls")))
        reader.one_of("asc", "desc")
        if reader.accept("nulls") and reader.one_of("first", "last") is None:
            reader.fail("one of FIRST or LAST")
        if not reader.accept_sign(","):
            break
    reader.expect_sign(")")
    if reader.accept("with"):
        raise private_preview("RETAIN HISTORY", "enable_logical_compaction_window")
    return CreateIndex(name, on, tuple(keys), if_not_exists, cluster)


def _if_not_exists(reader: Reader) -> bool:
    if not reader.accept("if"):
        return False
    reader.expect("not", "exists")
    return True


def _cluster(reader: Reader) -> str | None:
    return reader.name() if reader.accept("in", "cluster") else None


def _create_table(reader: Reader, *, temporary: bool) -> CreateTable:
    if_not_exists = _if_not_exists(reader)
    name = reader.parts()
    if not reader.sign_ahead("("):
        reader.fail("a list of columns in parentheses")
    reader.rest()
    return CreateTable(name, if_not_exists, temporary, reader.all())


def _create_view(reader: Reader, kind: str, *, or_replace: bool, temporary: bool) -> CreateView:
    if_not_exists = not or_replace and _if_not_exists(reader)
    name = reader.parts()
    columns = reader.names() if reader.sign_ahead("(") else None
    cluster: str | None = None
    not_null: tuple[str, ...] = ()
    if kind == "materialized view":
        cluster = _cluster(reader)
        not_null = _view_options(reader) if reader.accept("with") else ()
    reader.expect("as")
    if not (reader.sign_ahead("(") or reader.token.is_word("select", "values", "table", "with", "show")):
        reader.fail("SELECT, VALUES, or a subquery in the query body")
    start = reader.at
    query = reader.rest()
    tail = reader.tokens[start:][-2:]
    if len(tail) == 2 and tail[0].is_word("with") and tail[1].is_word("data", "no"):
        reader.at = len(reader.tokens) - 2
        reader.end()
    return CreateView(
        kind,
        name,
        columns,
        or_replace,
        if_not_exists,
        temporary,
        not_null,
        cluster,
        query,
        reader.all(),
    )


def _view_options(reader: Reader) -> tuple[str, ...]:
    """Read WITH (…) of a materialized view; return the columns said to be not null."""
    reader.expect_sign("(")
    found: list[str] = []
    while True:
        if reader.accept("assert", "not", "null"):
            reader.accept_sign("=")
            found.append(reader.name())
        elif reader.accept("refresh"):
            reader.accept_sign("=")
            if not reader.accept("on", "commit"):
                raise unsupported("a materialized view with REFRESH other than ON COMMIT")
        elif reader.accept("retain"):
            raise private_preview("RETAIN HISTORY", "enable_logical_compaction_window")
        elif reader.accept("partition"):
            raise unsupported("a materialized view with PARTITION BY")
        else:
            reader.fail("one of ASSERT or PARTITION or RETAIN or REFRESH")
        if not reader.accept_sign(","):
            break
    reader.expect_sign(")")
    return tuple(found)


# ------------------------------------------------------------------------------------------ ALTER, DROP, COMMENT


def _kind(reader: Reader, verb: str) -> str:
    word = reader.one_of(*_KINDS)
    if word is None:
        reader.fail(_ONE_OF_KINDS)
    if word == "materialized":
        reader.expect("view")
        return "materialized view"
    if word == "user":
        return "role"
    if word not in _OFFERED:
        if reader.token.kind == "eof":
            reader.fail("identifier")
        raise unsupported(f"{verb} {word.upper()}")
    return word


def _drop(reader: Reader) -> Drop:
    kind = _kind(reader, "DROP")
    if_exists = reader.accept("if")
    if if_exists:
        reader.expect("exists")
    names = [reader.parts()]
    while reader.accept_sign(","):
        names.append(reader.parts())
    cascade = restrict = False
    if kind != "role":
        cascade = reader.accept("cascade")
        restrict = not cascade and reader.accept("restrict")
    return Drop(kind, tuple(names), if_exists, cascade, restrict)


def _alter(reader: Reader) -> Statement:
    kind = _kind(reader, "ALTER")
    if kind == "role":
        raise unsupported("ALTER ROLE")
    if_exists = reader.accept("if")
    if if_exists:
        reader.expect("exists")
    name = reader.parts()
    if reader.accept("rename"):
        reader.expect("to")
        return Rename(kind, name, reader.name(), if_exists)
    if reader.accept("owner"):
        reader.expect("to")
        return ChangeOwner(kind, name, reader.name(), if_exists)
    return _alter_refused(reader, kind)


_ALTERATIONS = {
    "table": "SET or RENAME or OWNER or RESET or ADD",
    "view": "RENAME or OWNER",
    "materialized view": "SET or RENAME or OWNER or RESET or APPLY",
    "index": "SET or RESET or RENAME or OWNER",
    "schema": "RENAME or SWAP or OWNER",
    "database": "OWNER",
}


def _alter_refused(reader: Reader, kind: str) -> NoReturn:
    alterations = _ALTERATIONS[kind]
    word = reader.one_of(*alterations.lower().split(" or "))
    if word is None:
        reader.fail(f"one of {alterations}" if " or " in alterations else alterations)
    if word == "add":
        reader.expect("column")
        raise private_preview("Enable ALTER TABLE ... ADD COLUMN ...", "enable_alter_table_add_column")
    if word == "set" and kind == "materialized view" and reader.accept("cluster"):
        raise private_preview("ALTER ... SET CLUSTER syntax", "enable_alter_set_cluster")
    if word in {"set", "reset"}:
        reader.expect_sign("(")
        reader.expect("retain", "history")
        raise private_preview("RETAIN HISTORY", "enable_logical_compaction_window")
    raise unsupported(f"ALTER {kind.upper()} … {word.upper()}")


def _comment(reader: Reader) -> Comment:
    reader.expect("on")
    word = reader.one_of("column", *_KINDS)
    if word is None:
        reader.fail(f"one of TABLE or VIEW or COLUMN or {_ONE_OF_KINDS.removeprefix('one of TABLE or VIEW or ')}")
    if word == "materialized":
        reader.expect("view")
        word = "materialized view"
    name = reader.parts()
    if word == "column" and len(name) < 2:
        raise SqlError("need to specify an object and a column", "42601", position=reader.token.start + 1)
    reader.expect("is")
    text = None if reader.accept("null") else reader.text_value()
    if word != "column" and word not in _OFFERED:
        raise unsupported(f"COMMENT ON {word.upper()}")
    return Comment(word, name, text)


_PRIVILEGES = ("select", "insert", "update", "delete", "usage", "create", "all")


def _grant(reader: Reader) -> Grant:
    verb = reader.last.value
    while True:
        if reader.token.kind == "eof":
            reader.fail("identifier")
        if reader.one_of(*_PRIVILEGES) is None:
            raise unsupported(f"{verb.upper()} of a role")
        reader.accept("privileges")
        if not reader.accept_sign(","):
            break
    reader.expect("on")
    if reader.ahead("all"):
        raise unsupported("GRANT or REVOKE ON ALL")
    kind = reader.one_of("table", "schema", "database", "cluster", "type", "secret", "connection") or "table"
    if kind not in {"table", "schema", "database"}:
        raise unsupported(f"{verb.upper()} ON {kind.upper()}")
    names = [reader.parts()]
    while reader.accept_sign(","):
        names.append(reader.parts())
    reader.expect("to" if verb == "grant" else "from")
    roles = []
    while True:
        reader.accept("group")
        roles.append(reader.name())
        if not reader.accept_sign(","):
            return Grant(verb, kind, tuple(names), tuple(roles))


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
    "alter": _alter,
    "drop": _drop,
    "comment": _comment,
    "grant": _grant,
    "revoke": _grant,
}
