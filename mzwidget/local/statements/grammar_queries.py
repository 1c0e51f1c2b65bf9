"""Reads what answers with rows: SELECT, SUBSCRIBE, COPY and cursors; and what writes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mzwidget.local.errors import SqlError, private_preview, unsupported
from mzwidget.local.formats.copying import boolean_option
from mzwidget.local.statements.model import (
    CloseCursor,
    CopyFrom,
    CopyTo,
    Declare,
    Execute,
    Explain,
    Fetch,
    Parts,
    Prepare,
    Query,
    ShowColumns,
    ShowCreate,
    ShowIndexes,
    ShowItems,
    ShowSchemas,
    ShowVariable,
    Subscribe,
    Unsupported,
    Write,
)
from mzwidget.local.statements.reader import QUERY_WORDS, Reader

if TYPE_CHECKING:
    from mzwidget.local.dialect.syntax.lexer import Token
    from mzwidget.local.statements.model import Statement

_EXPLAIN_STAGES = ("raw", "decorrelated", "locally", "optimized", "timestamp", "filter", "key", "value")
COPY_OPTIONS = ("format", "delimiter", "null", "escape", "quote", "header", "aws", "max", "files", "pattern")


def query(reader: Reader) -> Query:
    """Read a query from its first word on."""
    text = reader.until(lambda: reader.ahead("as", "of"))
    if not reader.accept("as", "of"):
        return Query(text)
    at_least = reader.accept("at", "least")
    return Query(text, _timestamp(reader, "AS OF AT LEAST" if at_least else "AS OF"), at_least)


def _query(reader: Reader) -> Query:
    reader.at -= 1
    verb = _verb_behind_with(reader) if reader.token.is_word("with") else None
    if verb is not None:
        expected = "Expected SELECT, VALUES, or a subquery in the query body"
        raise SqlError(f"{expected}, found {verb}", "42601", position=verb.start + 1)
    return query(reader)


def _verb_behind_with(reader: Reader) -> Token | None:
    depth = 0
    for token in reader.tokens[reader.at :]:
        if token.kind in {"(", ")"}:
            depth += 1 if token.kind == "(" else -1
        elif depth == 0 and token.is_word("insert", "update", "delete", "select", "values", "table"):
            return token if token.value in {"insert", "update", "delete"} else None
    return None


def _timestamp(reader: Reader, option: str = "AS OF") -> str:
    """Read the timestamp behind AS OF."""
    try:
        return reader.expression()
    except SqlError as error:
        while reader.token.kind != "eof" and reader.token.start + 1 < (error.position or 0):
            reader.at += 1
        reader.fail(f"a timestamp value after '{option}'")


def _write(reader: Reader) -> Write:
    reader.at -= 1
    return Write(reader.token.value, reader.rest())


# ---------------------------------------------------------------------------------------------------- SUBSCRIBE


def _subscribe(reader: Reader) -> Subscribe:
    reader.accept("to")
    relation: Parts | None = None
    if reader.accept_sign("("):
        reader.expect_query()
        text = reader.until(lambda: False)
        reader.expect_sign(")")
    else:
        start = reader.token.start
        relation = reader.parts()
        text = f"SELECT * FROM {reader.sql[start : reader.last.end]}"
    output = _output(reader)
    snapshot, progress = True, False
    if reader.accept("with"):
        options = reader.options(("progress", "snapshot"), expected="one of PROGRESS or SNAPSHOT")
        snapshot = boolean_option("SNAPSHOT", options.pop("snapshot", "true"))
        progress = boolean_option("PROGRESS", options.pop("progress", "false"))
    as_of = up_to = None
    at_least = False
    if reader.accept("as"):
        reader.expect("of")
        at_least = reader.accept("at", "least")
        as_of = _timestamp(reader, "AS OF AT LEAST" if at_least else "AS OF")
    if reader.accept("up", "to"):
        up_to = reader.expression()
    output = output or _output(reader)
    reader.end()
    if output is not None and output[0] == "debezium":
        raise private_preview("`ENVELOPE DEBEZIUM (KEY (..))`", "enable_envelope_debezium_in_subscribe")
    if output is not None and output[0] == "within":
        raise private_preview("`WITHIN TIMESTAMP ORDER BY ..`", "enable_within_timestamp_order_by_in_subscribe")
    return Subscribe(text, relation, snapshot, progress, as_of, at_least, up_to, output and output[1])


def _output(reader: Reader) -> tuple[str, tuple[str, ...]] | None:
    """Read in which form changes are wanted, and the key of them."""
    if reader.accept("within", "timestamp", "order", "by"):
        reader.until(lambda: reader.ahead("with") or reader.ahead("as", "of") or reader.ahead("up", "to"))
        return "within", ()
    if not reader.accept("envelope"):
        return None
    form = reader.one_of("upsert", "debezium")
    if form is None:
        reader.fail("one of UPSERT or DEBEZIUM")
    reader.expect_sign("(")
    reader.expect("key")
    key = reader.names()
    reader.expect_sign(")")
    return form, key


# --------------------------------------------------------------------------------------------------------- COPY


def _copy(reader: Reader) -> CopyTo | CopyFrom | Unsupported:
    reader.accept("into")
    source = _copied_query(reader) if reader.sign_ahead("(") else None
    table = reader.parts() if source is None else ()
    columns = reader.names() if source is None and reader.sign_ahead("(") else None
    if reader.one_of("from", "to") is None:
        reader.fail("one of FROM or TO")
    if reader.last.value == "to":
        return _copy_to(reader, source, columns)
    if source is not None:
        raise SqlError("queries not allowed in COPY FROM", "42601", position=reader.last.start + 1)
    if reader.token.kind == "eof":
        raise SqlError("Unexpected EOF", "42601", position=reader.token.start + 1)
    if reader.accept("stdin"):
        return CopyFrom(table, columns, _copy_options(reader))
    _copy_place(reader)
    _copy_options(reader)
    raise private_preview("Whether to allow COPY FROM <url>.", "enable_copy_from_remote")


def _copied_query(reader: Reader) -> Query | Subscribe:
    reader.at += 1
    start = reader.at
    reader.until(lambda: False)
    inner = Reader(reader.sql, reader.tokens[start : reader.at], reader.statement)
    reader.expect_sign(")")
    refused = SqlError("unsupported query in COPY", "42601", position=reader.last.start + 1)
    if inner.token.is_word("insert", "show", "update", "delete"):
        raise refused
    source = inner.statement(inner)
    if not isinstance(source, Query | Subscribe):
        raise refused
    return source


def _copy_to(reader: Reader, source: Query | Subscribe | None, columns: tuple[str, ...] | None) -> CopyTo | Unsupported:
    if not reader.accept("stdout"):
        return _copy_away(reader, columns)
    options = _copy_options(reader)
    wire_format = options.pop("format", "text").lower()
    if wire_format not in {"text", "csv", "binary"}:
        return Unsupported(f"unknown FORMAT: {wire_format}")
    for option in ("delimiter", "quote", "null"):
        if option in options:
            return Unsupported(f"COPY TO does not support {option.upper()} option yet")
    return Unsupported("named with COPY TO STDOUT unsupported") if source is None else CopyTo(source, wire_format)


def _copy_away(reader: Reader, columns: tuple[str, ...] | None) -> Unsupported:
    """Read COPY TO a place outside, of which the engine knows none."""
    _copy_place(reader)
    options = _copy_options(reader)
    if "format" not in options:
        return Unsupported("COPY TO <expr> requires a FORMAT option")
    if columns is not None:
        return Unsupported(
            "specifying columns for COPY <table_name> TO commands not yet supported; "
            "use COPY (SELECT...) TO ... instead"
        )
    if "aws" not in options:
        return Unsupported("AWS CONNECTION is required for COPY ... TO <expr>")
    raise unsupported("COPY TO anything but STDOUT")


def _copy_place(reader: Reader) -> None:
    reader.until(lambda: reader.ahead("with") or reader.sign_ahead("("))


def _copy_options(reader: Reader) -> dict[str, str]:
    if reader.accept("with") or reader.sign_ahead("("):
        expected = f"one of {' or '.join(word.upper() for word in COPY_OPTIONS)}"
        return reader.options(COPY_OPTIONS, expected=expected)
    return {}


# ------------------------------------------------------------------------------------- cursors, prepared statements


def _declare(reader: Reader) -> Declare:
    cursor = reader.name()
    reader.expect("cursor")
    if reader.accept("with"):
        start = reader.last.start
        reader.expect("hold")
        raise SqlError("WITH HOLD is unsupported for cursors", "42601", position=start + 1)
    if reader.accept("without"):
        reader.expect("hold")
    reader.expect("for")
    _statement_ahead(reader)
    source = reader.statement(reader)
    if not isinstance(source, (*_PREPARABLE, Subscribe, *_SHOWS)):
        raise unsupported("a cursor for a statement without rows")
    return Declare(cursor, source)


def _fetch(reader: Reader) -> Fetch:
    reader.accept("forward")
    count: int | None = 1
    if reader.accept("all"):
        count = None
    elif reader.token.kind == "number":
        if not reader.token.value.isdecimal() or int(reader.token.value[:21]) >= 1 << 64:
            reader.fail("identifier")
        count = int(reader.token.value)
        reader.at += 1
    if reader.ahead("from") and len(reader.tokens) > reader.at + 1:
        reader.at += 1
    cursor = reader.name()
    timeout = None
    if reader.accept("with"):
        timeout = reader.options(("timeout",)).get("timeout")
    return Fetch(cursor, count, timeout)


def _close(reader: Reader) -> CloseCursor:
    return CloseCursor(reader.name())


def _prepare(reader: Reader) -> Prepare:
    name = reader.name()
    reader.expect("as")
    start = _statement_ahead(reader)
    statement = reader.statement(reader)
    if isinstance(statement, Fetch):
        raise unsupported("PREPARE of a FETCH")
    if not isinstance(statement, _PREPARABLE):
        raise SqlError("unpreparable statement", "42601", position=start + 1)
    return Prepare(name, reader.sql[start : reader.last.end])


_PREPARABLE = (Query, Write)
_SHOWS = (ShowColumns, ShowCreate, ShowIndexes, ShowItems, ShowSchemas, ShowVariable)


def _statement_ahead(reader: Reader) -> int:
    """Insist that a statement follows; return where it starts."""
    if reader.token.kind == "eof":
        reader.fail("SQL statement")
    return reader.token.start


def _execute(reader: Reader) -> Execute:
    name = reader.name()
    values: list[str] = []
    if reader.accept_sign("("):
        while True:
            if reader.ahead("select") or reader.ahead("with"):
                reader.fail("an expression")
            values.append(reader.until(lambda: reader.sign_ahead(",")))
            if not reader.accept_sign(","):
                break
        reader.expect_sign(")")
    return Execute(name, tuple(values))


_EXPLAINED = ("view", "materialized view", "or replace view", "or replace materialized view", "index", "default index")


def _explain(reader: Reader) -> Explain:
    if reader.accept("analyze"):
        if not reader.token.is_word("cpu", "memory"):
            reader.fail("one of CPU or MEMORY")
        raise unsupported("EXPLAIN ANALYZE")
    if reader.token.is_word(*_EXPLAIN_STAGES):
        raise unsupported(f"EXPLAIN {reader.token}")
    if reader.accept("physical", "plan") or reader.accept("plan"):
        if reader.ahead("with"):
            raise unsupported("EXPLAIN with options")
        if reader.accept("as") and not reader.accept("text"):
            raise unsupported(f"EXPLAIN AS {reader.token}")
        reader.expect("for")
    if reader.accept("materialized", "view"):
        return Explain(None, reader.parts())
    if reader.token.is_word("view", "index", "subscribe", "replan", "broken"):
        raise unsupported(f"EXPLAIN {reader.token}")
    for made in _EXPLAINED:
        if reader.accept("create", *made.split()):
            raise unsupported(f"EXPLAIN CREATE {made.upper()}")
    reader.expect_query()
    if reader.ahead("show"):
        raise unsupported("EXPLAIN SHOW")
    source = reader.statement(reader)
    assert isinstance(source, Query)
    return Explain(source, None)


BEGINNINGS: dict[str, Callable[[Reader], Statement]] = {
    **dict.fromkeys(QUERY_WORDS, _query),
    **dict.fromkeys(("insert", "update", "delete"), _write),
    "subscribe": _subscribe,
    "copy": _copy,
    "declare": _declare,
    "fetch": _fetch,
    "close": _close,
    "prepare": _prepare,
    "execute": _execute,
    "explain": _explain,
}
