"""Reads what changes what is there: ALTER, DROP, COMMENT, GRANT and REVOKE."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from mzwidget.local.errors import SqlError, private_preview, unsupported
from mzwidget.local.statements.grammar_objects import if_not_exists, retain_history
from mzwidget.local.statements.model import ChangeOwner, Comment, Drop, Grant, Rename, Swap

if TYPE_CHECKING:
    from collections.abc import Callable

    from mzwidget.local.statements.model import Parts, Statement
    from mzwidget.local.statements.reader import Reader

_KINDS = (
    *("table", "view", "materialized", "source", "sink", "index", "type", "role", "user", "cluster", "secret"),
    *("connection", "database", "schema", "function", "network"),
)
_ONE_OF_KINDS = f"one of {' or '.join(kind.upper() for kind in _KINDS)}"
_COMMENTED = (
    *("table", "view", "column", "materialized", "source", "sink", "index", "function", "connection", "type", "secret"),
    *("role", "database", "schema", "cluster", "network"),
)


def _kind(reader: Reader, verb: str) -> str:
    word = reader.accept_word(*_KINDS)
    if word is None:
        reader.expected(_ONE_OF_KINDS)
    match word:
        case "materialized":
            reader.expect("view")
            return "materialized view"
        case "user":
            return "role"
        case "network":
            reader.expect("policy")
            return "network policy"
        case "function" if verb == "ALTER":
            raise SqlError("Unsupported ALTER on FUNCTION", "42601", position=reader.last.start + 1)
    return word


def _drop(reader: Reader) -> Drop:
    if reader.accept("owned"):
        reader.expect("by")
        reader.identifier()
        raise unsupported("DROP OWNED")
    kind = _kind(reader, "DROP")
    if_exists = _if_exists(reader)
    if kind == "function":
        raise SqlError("Unsupported DROP on FUNCTION", "42601", position=reader.last.start + 1)
    if kind == "cluster" and reader.accept("replica"):
        raise unsupported("DROP CLUSTER REPLICA")
    listed = reader.identifier if kind in {"database", "role", "cluster", "network policy"} else None
    names = [reader.object_name() if listed is None else (listed(),)]
    while kind != "database" and reader.accept_kind(","):
        names.append(reader.object_name() if listed is None else (listed(),))
    behind = None if kind in {"role", "network policy"} else reader.accept_word("cascade", "restrict")
    other = "restrict" if behind == "cascade" else "cascade"
    if behind is not None and reader.accept(other):
        raise reader.error(f"Cannot specify both {behind.upper()} and {other.upper()} in DROP", reader.last)
    return Drop(kind, tuple(names), if_exists, behind == "cascade", behind == "restrict")


def _if_exists(reader: Reader) -> bool:
    if not reader.accept("if"):
        return False
    reader.expect("exists")
    return True


def _alter(reader: Reader) -> Statement:
    if reader.accept("system") or reader.accept("default", "privileges"):
        raise unsupported(f"ALTER {reader.last.value.upper()}")
    kind = _kind(reader, "ALTER")
    if kind not in _ALTERATIONS:
        if reader.token.kind == "eof":
            reader.expected("identifier")
        raise unsupported(f"ALTER {kind.upper()}")
    if_exists = _if_exists(reader)
    name = (reader.identifier(),) if kind == "database" else reader.object_name()
    words = _ALTERATIONS[kind]
    if words == ("owner",):
        reader.expect("owner")
    elif reader.accept_word(*words) is None:
        reader.expected(f"one of {' or '.join(word.upper() for word in words)}")
    match reader.last.value:
        case "rename":
            reader.expect("to")
            return Rename(kind, name, reader.identifier(), if_exists)
        case "owner":
            reader.expect("to")
            return ChangeOwner(kind, name, reader.identifier(), if_exists)
        case "swap":
            reader.expect("with")
            return Swap(name, reader.identifier())
        case "add":
            reader.expect("column")
            if_not_exists(reader)
            reader.identifier()
            reader.type_name()
            raise private_preview("Enable ALTER TABLE ... ADD COLUMN ...", "enable_alter_table_add_column")
        case "set" if kind != "index" and reader.accept("cluster"):
            reader.identifier()
            raise private_preview("ALTER ... SET CLUSTER syntax", "enable_alter_set_cluster")
        case "set" | "reset" as word:
            reader.expect_kind("(")
            retain_history(reader, reset=word == "reset")
    raise unsupported(f"ALTER {kind.upper()} … {reader.last.value.upper()}")


_ALTERATIONS = {
    "table": ("set", "rename", "owner", "reset", "add"),
    "view": ("set", "rename", "owner", "reset"),
    "materialized view": ("set", "rename", "owner", "reset", "apply"),
    "index": ("reset", "set", "rename", "owner"),
    "schema": ("owner", "rename", "swap"),
    "database": ("owner",),
    "type": ("owner",),
}


def _comment(reader: Reader) -> Comment:
    reader.expect("on")
    word = reader.accept_word(*_COMMENTED)
    if word is None:
        reader.expected(f"one of {' or '.join(each.upper() for each in _COMMENTED)}")
    if word == "materialized":
        reader.expect("view")
        word = "materialized view"
    elif word == "network":
        reader.expect("policy")
        word = "network policy"
    if word == "cluster" and reader.accept("replica"):
        raise unsupported("COMMENT ON CLUSTER REPLICA")
    start = reader.token.start
    name = (reader.identifier(),) if word in {"role", "database", "cluster", "network policy"} else reader.object_name()
    if word == "column" and len(name) < 2:
        raise SqlError("need to specify an object and a column", "42601", position=start + 1)
    reader.expect("is")
    text = None
    if not reader.accept("null"):
        if reader.token.kind != "string":
            reader.expected("NULL or literal string")
        text = reader.text_value()
    return Comment(word, name, text)


_PRIVILEGES = (
    *("insert", "select", "update", "delete", "usage", "create"),
    *("createrole", "createdb", "createcluster", "createnetworkpolicy"),
)
_GRANTED_AS_TABLES = ("view", "materialized view", "source")


def _grant(reader: Reader) -> Grant:
    verb = reader.last.value
    privileges = _privileges(reader)
    if not privileges:
        names: list[Parts] = [(reader.identifier(),)]
        kind = "role"
        while reader.accept_kind(","):
            names.append((reader.identifier(),))
    else:
        reader.expect("on")
        kind = _granted_kind(reader, verb.upper())
        names = [reader.object_name()]
        while reader.accept_kind(","):
            names.append(reader.object_name())
    reader.expect("to" if verb == "grant" else "from")
    roles = []
    while True:
        reader.accept("group")
        roles.append(reader.identifier())
        if not reader.accept_kind(","):
            return Grant(verb, kind, tuple(names), tuple(roles), privileges)


def _privileges(reader: Reader) -> tuple[str, ...]:
    if reader.accept("all"):
        reader.accept("privileges")
        return ("all",)
    found: list[str] = []
    while (word := reader.accept_word(*_PRIVILEGES)) is not None:
        found.append(word)
        if not reader.accept_kind(","):
            break
    return tuple(found)


def _granted_kind(reader: Reader, verb: str) -> str:
    """Read on what kind of objects privileges are granted; tables, if none is named."""
    if reader.accept("system") or reader.accept("all"):
        raise unsupported(f"{verb} ON {reader.last.value.upper()}")
    start = reader.token.start
    kind = "materialized view" if reader.accept("materialized", "view") else reader.accept_word(*_KINDS)
    if kind in _GRANTED_AS_TABLES:
        message = f"For object type {str(kind).upper()}, you must specify 'TABLE' or omit the object type"
        raise SqlError(message, "42601", position=start + 1)
    if kind in {"sink", "index", "role", "user", "function"}:
        named = "ROLE" if kind == "user" else str(kind).upper()
        raise SqlError(f"Unsupported {verb} on {named}", "42601", position=start + 1)
    if kind not in {None, "table", "schema", "database"}:
        raise unsupported(f"{verb} ON {str(kind).upper()}")
    return kind or "table"


def _reassign(reader: Reader) -> NoReturn:
    reader.expect("owned", "by")
    reader.identifier()
    while reader.accept_kind(","):
        reader.identifier()
    reader.expect("to")
    reader.identifier()
    raise unsupported("REASSIGN OWNED")


BEGINNINGS: dict[str, Callable[[Reader], Statement]] = {
    "alter": _alter,
    "drop": _drop,
    "comment": _comment,
    "grant": _grant,
    "revoke": _grant,
    "reassign": _reassign,
}
