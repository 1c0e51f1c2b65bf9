"""Reads what concerns the session: transactions, SET, SHOW, DISCARD."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mzwidget.local.errors import SqlError, unsupported
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

    from mzwidget.local.statements.model import Parts, Statement
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
    if not reader.accept("transaction"):
        reader.accept("work")
    return Begin(*_modes(reader))


def _start(reader: Reader) -> Begin:
    reader.expect("transaction")
    return Begin(*_modes(reader))


def _modes(reader: Reader) -> tuple[str | None, bool]:
    """Read transaction modes: the isolation level, and whether READ ONLY was asked for."""
    isolation, read_only = None, False
    while True:
        if reader.accept("isolation"):
            reader.expect("level")
            isolation = _isolation(reader)
        elif reader.accept("read"):
            read_only = reader.accept("only")
            if not read_only:
                reader.expect("write")
        else:
            return isolation, read_only
        reader.accept_sign(",")


def _isolation(reader: Reader) -> str:
    for words in _ISOLATION_LEVELS:
        if reader.accept(*words):
            return " ".join(words)
    return reader.fail("isolation level")


def _commit(reader: Reader) -> Commit:
    _chain(reader)
    return Commit()


def _rollback(reader: Reader) -> Rollback:
    _chain(reader)
    return Rollback()


def _chain(reader: Reader) -> None:
    if not reader.accept("transaction"):
        reader.accept("work")
    if reader.accept("and"):
        chain = not reader.accept("no")
        reader.expect("chain")
        if chain:
            raise SqlError("CHAIN not yet supported")


# ---------------------------------------------------------------------------------------------------- variables


def _set(reader: Reader) -> Statement:
    local = False
    if reader.accept("session"):
        if reader.accept("characteristics"):
            reader.expect("as", "transaction")
            isolation, _ = _modes(reader)
            return SetTransaction(isolation, session=True)
    else:
        local = reader.accept("local")
    if reader.accept("transaction"):
        isolation, read_only = _modes(reader)
        if read_only or reader.last.is_word("write"):
            raise SqlError("SET TRANSACTION <access-mode> are not supported", "0A000")
        return SetTransaction(isolation, session=False)
    if reader.accept("time", "zone"):
        return SetVariable("timezone", _values(reader), local)
    if reader.accept("names"):
        return SetVariable("client_encoding", _values(reader), local)
    name = reader.name()
    if not reader.accept("to") and not reader.accept_sign("="):
        reader.fail("equals sign or TO")
    return SetVariable(name, _values(reader), local)


def _values(reader: Reader) -> tuple[str, ...] | None:
    if reader.accept("default"):
        return None
    values = []
    while True:
        sign = "-" if reader.accept_sign("-") else ""
        if not (reader.token.is_name or reader.token.kind in {"string", "number"}):
            reader.fail("variable value")
        reader.at += 1
        values.append(sign + reader.last.value)
        if not reader.accept_sign(","):
            return tuple(values)


def _reset(reader: Reader) -> SetVariable:
    return SetVariable(reader.name(), None, tag="RESET")


# --------------------------------------------------------------------------------------------------------- SHOW

_ITEMS = ("tables", "views", "sources", "sinks", "objects", "types", "connections", "secrets", "subsources")
_CREATABLE = ("table", "view", "index", "source", "sink", "connection", "cluster", "type")


def _show(reader: Reader) -> Statement:
    start = reader.at
    if reader.accept("columns"):
        if reader.accept("from") or reader.accept("in"):
            return ShowColumns(reader.parts(), *_filter(reader))
    elif reader.accept("create"):
        if reader.accept("materialized", "view"):
            return ShowCreate("materialized view", reader.parts())
        kind = reader.one_of(*_CREATABLE)
        if kind is not None:
            return ShowCreate(kind, reader.parts())
    elif reader.one_of("index", "indexes", "keys") is not None:
        on = reader.parts() if reader.accept("on") else None
        schema = _from(reader)
        if reader.accept("in", "cluster"):
            raise unsupported("SHOW INDEXES … IN CLUSTER")
        return ShowIndexes(on, schema, *_filter(reader))
    elif reader.accept("cluster", "replicas"):
        return ShowSchemas("cluster replicas", None, *_filter(reader))
    elif reader.one_of("schemas", "databases", "clusters", "roles") is not None:
        kind = reader.last.value
        database = reader.name() if kind == "schemas" and reader.accept("from") else None
        return ShowSchemas(kind, database, *_filter(reader))
    elif reader.accept("materialized", "views"):
        return ShowItems("materialized views", _from(reader), *_filter(reader))
    elif reader.one_of(*_ITEMS) is not None:
        return ShowItems(reader.last.value, _from(reader), *_filter(reader))
    elif reader.accept("time", "zone"):
        return ShowVariable("timezone")
    elif reader.accept("transaction", "isolation", "level"):
        return ShowVariable("transaction_isolation")
    reader.at = start
    return ShowVariable(reader.name())


def _from(reader: Reader) -> Parts | None:
    return reader.parts() if reader.accept("from") else None


def _filter(reader: Reader) -> tuple[str | None, str | None]:
    """Read LIKE or WHERE, which a SHOW may end with."""
    if reader.accept("where"):
        return None, reader.until(lambda: False)
    return (reader.text_value() if reader.accept("like") else None), None


# ------------------------------------------------------------------------------------------------------- others


def _discard(reader: Reader) -> Discard:
    what = reader.one_of("all", "plans", "temp", "temporary")
    if what is None:
        reader.fail("one of ALL or PLANS or SEQUENCES or TEMP or TEMPORARY")
    return Discard("temp" if what == "temporary" else what)


def _deallocate(reader: Reader) -> Deallocate:
    reader.accept("prepare")
    return Deallocate(None) if reader.accept("all") else Deallocate(reader.name())


def _inspect(reader: Reader) -> Unsupported:
    """Read INSPECT SHARD: nothing here is kept in shards."""
    reader.expect("shard")
    reader.text_value()
    return Unsupported("invalid shard id")


def _validate(reader: Reader) -> Unsupported:
    """Read VALIDATE CONNECTION: there are none."""
    reader.expect("connection")
    return Unsupported(f"unknown catalog item '{'.'.join(reader.parts())}'")


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
}
