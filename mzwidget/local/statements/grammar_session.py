"""Reads what concerns the session: transactions, SET, SHOW, DISCARD."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from mzwidget.local.errors import SqlError, private_preview, unsupported
from mzwidget.local.statements.model import (
    Begin,
    Commit,
    Deallocate,
    Discard,
    Rollback,
    SetTransaction,
    SetVariable,
    ShowColumns,
    ShowCreate,
    ShowIndexes,
    ShowItems,
    ShowSchemas,
    ShowVariable,
    Unsupported,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from mzwidget.local.dialect.syntax import tree
    from mzwidget.local.statements.model import Statement
    from mzwidget.local.statements.reader import Reader

_ISOLATION_LEVELS = (
    ("serializable",),
    ("strict", "serializable"),
    ("repeatable", "read"),
    ("read", "committed"),
    ("read", "uncommitted"),
)

# ------------------------------------------------------------------------------------------------- transactions


def _begin(reader: Reader) -> Begin:
    reader.accept_word("transaction", "work")
    return Begin(*_modes(reader))


def _start(reader: Reader) -> Begin:
    reader.expect("transaction")
    return Begin(*_modes(reader))


def _modes(reader: Reader, *, required: bool = False) -> tuple[str | None, bool | None]:
    """Read transaction modes: the isolation level, and whether it is READ ONLY, where that was said."""
    isolation, read_only = None, None
    while True:
        if reader.accept("isolation", "level"):
            isolation = _isolation(reader)
        elif reader.accept("read", "only"):
            read_only = True
        elif reader.accept("read", "write"):
            read_only = False
        elif required:
            reader.expected("transaction mode")
        else:
            return isolation, read_only
        required = reader.accept_kind(",")


def _isolation(reader: Reader) -> str:
    for words in _ISOLATION_LEVELS:
        if reader.accept(*words):
            return " ".join(words)
    if reader.accept("strong", "session", "serializable"):
        raise private_preview("strong session serializable isolation levels", "enable_session_timelines")
    return reader.expected("isolation level")


def _commit(reader: Reader) -> Commit:
    _chain(reader)
    return Commit()


def _rollback(reader: Reader) -> Rollback:
    _chain(reader)
    return Rollback()


def _chain(reader: Reader) -> None:
    reader.accept_word("transaction", "work")
    if reader.accept("and"):
        chain = not reader.accept("no")
        reader.expect("chain")
        if chain:
            raise SqlError("CHAIN not yet supported")


# ---------------------------------------------------------------------------------------------------- variables


def _set(reader: Reader) -> Statement:
    modifier = reader.accept_word("session", "local")
    word = reader.token.value if reader.token.is_bare else ""
    name = reader.identifier()
    said = reader.accept_kind("=") or reader.accept("to")
    local = modifier == "local"
    if not said and word == "time":
        reader.expect("zone")
        name, said = "timezone", True
    elif not said and word == "names":
        name, said = "client_encoding", True
    if name.lower() == "schema":
        return SetVariable(name, _values(reader, one=True), local)
    if said:
        return SetVariable(name, _values(reader), local)
    if word == "transaction" and modifier is None:
        return _set_transaction(reader, session=False)
    if word == "characteristics" and modifier == "session" and reader.accept("as", "transaction"):
        return _set_transaction(reader, session=True)
    return reader.expected("equals sign or TO")


def _set_transaction(reader: Reader, *, session: bool) -> SetTransaction:
    isolation, read_only = _modes(reader, required=True)
    return SetTransaction(isolation, session=session, access=read_only is not None)


def _values(reader: Reader, *, one: bool = False) -> tuple[str, ...] | None:
    if reader.accept("default"):
        return None
    values = []
    while True:
        value = reader.value()
        if value is None:
            reader.expected("variable value")
        values.append(value)
        if one or not reader.accept_kind(","):
            return tuple(values)


def _reset(reader: Reader) -> SetVariable:
    return SetVariable(reader.identifier(), None, tag="RESET")


# --------------------------------------------------------------------------------------------------------- SHOW

_CREATABLE = ("table", "view", "index", "source", "sink", "connection", "type")
_IN_CLUSTER = ("materialized views", "sources", "sinks", "indexes")
_ITEMS = (
    *("tables", "views", "materialized views", "sources", "sinks", "indexes", "types", "secrets", "connections"),
    *("subsources", "objects"),
)
_OTHERS = ("schemas", "databases", "clusters", "cluster replicas", "roles", "users", "role membership")
_REFUSED = ("network policies", "privileges", "default privileges")


def _show(reader: Reader) -> Statement:
    """Read SHOW from behind its first word."""
    if reader.accept("redacted"):
        if not reader.ahead("create"):
            message = "SHOW REDACTED is only supported for SHOW REDACTED CREATE ..."
            raise SqlError(message, "42601", position=reader.token.start + 1)
        raise unsupported("SHOW REDACTED CREATE")
    if reader.accept_word("columns", "fields") is not None:
        if reader.accept_word("from", "in") is None:
            reader.expected("one of FROM or IN")
        return ShowColumns(reader.object_name(), *_filter(reader))
    created = _show_create(reader)
    if created is not None:
        return created
    for listed in _ITEMS:
        if reader.accept(*listed.split()):
            return _show_items(reader, listed)
    for listed in _OTHERS:
        if reader.accept(*listed.split()):
            return _show_others(reader, listed)
    for listed in _REFUSED:
        if reader.accept(*listed.split()):
            raise unsupported(f"SHOW {listed.upper()}")
    if reader.accept("role"):
        reader.expected("MEMBERSHIP")
    if reader.accept("time", "zone"):
        return ShowVariable("timezone")
    if reader.accept("transaction", "isolation", "level"):
        return ShowVariable("transaction_isolation")
    return ShowVariable(reader.identifier())


def _show_create(reader: Reader) -> ShowCreate | None:
    if reader.accept("create", "materialized", "view"):
        return ShowCreate("materialized view", reader.object_name())
    if reader.accept("create", "cluster"):
        return ShowCreate("cluster", (reader.identifier(),))
    for kind in _CREATABLE:
        if reader.accept("create", kind):
            return ShowCreate(kind, reader.object_name())
    return None


def _show_items(reader: Reader, listed: str) -> ShowItems | ShowIndexes:
    schema = reader.object_name() if reader.accept("from") else None
    on = None
    if listed in {"tables", "subsources", "indexes"} and reader.accept("on"):
        on = reader.object_name()
        if schema is not None and listed != "tables":
            raise SqlError("Cannot specify both FROM and ON", "42601", position=reader.last.start + 1)
    cluster = reader.identifier() if listed in _IN_CLUSTER and reader.accept("in", "cluster") else None
    if listed == "indexes":
        return ShowIndexes(on, schema, *_filter(reader), cluster=cluster)
    return ShowItems(listed, schema, *_filter(reader), on=on, cluster=cluster)


def _show_others(reader: Reader, listed: str) -> ShowSchemas:
    which = None
    if (listed == "schemas" and reader.accept("from")) or (listed == "role membership" and reader.accept("for")):
        which = reader.identifier()
    return ShowSchemas("roles" if listed == "users" else listed, which, *_filter(reader))


def _filter(reader: Reader) -> tuple[str | None, tree.Expr | None]:
    """Read LIKE or WHERE, which a SHOW may end with."""
    if reader.accept("where"):
        return None, reader.expression()
    return (reader.text_value() if reader.accept("like") else None), None


# ------------------------------------------------------------------------------------------------------- others


def _discard(reader: Reader) -> Discard | Unsupported:
    what = reader.accept_word("all", "plans", "sequences", "temp", "temporary")
    if what is None:
        reader.expected("one of ALL or PLANS or SEQUENCES or TEMP or TEMPORARY")
    if what == "sequences":
        return Unsupported("DISCARD SEQUENCES not yet supported")
    return Discard("temp" if what == "temporary" else what)


def _deallocate(reader: Reader) -> Deallocate:
    reader.accept("prepare")
    return Deallocate(None) if reader.accept("all") else Deallocate(reader.identifier())


def _inspect(reader: Reader) -> Unsupported:
    """Read INSPECT SHARD: nothing here is kept in shards."""
    reader.expect("shard")
    reader.text_value()
    return Unsupported("invalid shard id")


def _raise(reader: Reader) -> NoReturn:
    if reader.accept_word("debug", "info", "log", "notice", "warning") is None:
        reader.expected("severity level")
    raise unsupported("RAISE")


def _validate(reader: Reader) -> Unsupported:
    """Read VALIDATE CONNECTION: there are none."""
    reader.expect("connection")
    return Unsupported(f"unknown catalog item '{'.'.join(reader.object_name())}'")


BEGINNINGS: dict[str, Callable[[Reader], Statement]] = {
    "begin": _begin,
    "start": _start,
    "commit": _commit,
    "rollback": _rollback,
    "abort": _rollback,
    "set": _set,
    "reset": _reset,
    "show": _show,
    "discard": _discard,
    "deallocate": _deallocate,
    "inspect": _inspect,
    "validate": _validate,
    "raise": _raise,
}
