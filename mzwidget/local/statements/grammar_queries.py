"""Reads what answers with rows: SELECT, SUBSCRIBE, COPY and cursors; and what writes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mzwidget.local.dialect.syntax import tree
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
    from mzwidget.local.statements.model import Statement

COPY_OPTIONS = ("format", "delimiter", "null", "escape", "quote", "header", "aws", "max", "files", "pattern")


def query(reader: Reader) -> Query:
    """Read a query in parentheses."""
    return Query(reader.query())


def _query(reader: Reader) -> Query:
    reader.at -= 1
    return Query(reader.query(), *_as_of(reader))


def _as_of(reader: Reader) -> tuple[tree.Expr | None, bool]:
    """Read AS OF, if it is there: the timestamp, and whether a later one will do."""
    if not reader.accept("as"):
        return None, False
    reader.expect("of")
    at_least = reader.accept("at", "least")
    try:
        return reader.expression(), at_least
    except SqlError as error:
        if error.message.lower().startswith(("expected an expression", "expected expression")):
            reader.next()  # what begins no expression is passed before that is told
        expected = f"a timestamp value after 'AS OF{' AT LEAST' if at_least else ''}'"
        raise SqlError(f"Expected {expected}, found {reader.token}", "42601", position=error.position) from None


def _write(reader: Reader) -> Write:
    reader.at -= 1
    return Write(reader.statement())


# ---------------------------------------------------------------------------------------------------- SUBSCRIBE


def _subscribe(reader: Reader) -> Subscribe:
    reader.accept("to")
    relation: Parts | None = None
    if reader.accept_kind("("):
        parsed = reader.query()
        reader.expect_kind(")")
    else:
        relation = reader.item_name()
        parsed = tree.everything(relation)
    output = _output(reader)
    snapshot, progress = True, False
    if reader.accept("with"):
        options = reader.options(("progress", "snapshot"), expected="one of PROGRESS or SNAPSHOT")
        snapshot = boolean_option("SNAPSHOT", options.pop("snapshot", "true"))
        progress = boolean_option("PROGRESS", options.pop("progress", "false"))
    as_of, at_least = _as_of(reader)
    up_to = None
    if reader.accept("up"):
        reader.expect("to")
        up_to = reader.expression()
    output = output or _output(reader)
    if output is not None and output[0] == "debezium":
        raise private_preview("`ENVELOPE DEBEZIUM (KEY (..))`", "enable_envelope_debezium_in_subscribe")
    if output is not None and output[0] == "within":
        raise private_preview("`WITHIN TIMESTAMP ORDER BY ..`", "enable_within_timestamp_order_by_in_subscribe")
    return Subscribe(parsed, relation, snapshot, progress, as_of, at_least, up_to, output and output[1])


def _output(reader: Reader) -> tuple[str, tuple[str, ...]] | None:
    """Read in which form changes are wanted, and the key of them."""
    if reader.accept("within", "timestamp", "order", "by"):
        reader.order_item()
        while reader.accept_kind(","):
            reader.order_item()
        return "within", ()
    if not reader.accept("envelope"):
        return None
    form = reader.accept_word("upsert", "debezium")
    if form is None:
        reader.expected("one of UPSERT or DEBEZIUM")
    reader.expect_kind("(")
    reader.expect("key")
    key = reader.names()
    reader.expect_kind(")")
    return form, key


# --------------------------------------------------------------------------------------------------------- COPY


def _copy(reader: Reader) -> CopyTo | CopyFrom | Unsupported:
    into = reader.last if reader.accept("into") else None
    source = _copied_query(reader) if reader.is_kind("(") else None
    table = reader.item_name() if source is None else ()
    columns = reader.names() if source is None and reader.is_kind("(") else None
    if reader.accept_word("from", "to") is None:
        reader.expected("one of FROM or TO")
    if reader.last.value == "to":
        if into is not None:
            raise reader.error(f"Expected identifier, found {into}", into)
        return _copy_to(reader, source, columns)
    if source is not None:
        raise reader.error("queries not allowed in COPY FROM", reader.last)
    if reader.accept("stdin"):
        return CopyFrom(table, columns, _copy_options(reader))
    reader.expression()
    _copy_options(reader)
    raise private_preview("Whether to allow COPY FROM <url>.", "enable_copy_from_remote")


def _copied_query(reader: Reader) -> Query | Subscribe:
    reader.expect_kind("(")
    source = reader.inner(reader)
    reader.expect_kind(")")
    if not isinstance(source, Query | Subscribe):
        raise reader.error("unsupported query in COPY", reader.last)
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
    reader.expression()
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


def _copy_options(reader: Reader) -> dict[str, str]:
    if reader.accept("with") or reader.is_kind("("):
        expected = f"one of {' or '.join(word.upper() for word in COPY_OPTIONS)}"
        return reader.options(COPY_OPTIONS, expected=expected)
    return {}


# ------------------------------------------------------------------------------------- cursors, prepared statements


def _declare(reader: Reader) -> Declare:
    cursor = reader.identifier()
    reader.expect("cursor")
    if reader.accept("with"):
        start = reader.last.start
        reader.expect("hold")
        raise SqlError("WITH HOLD is unsupported for cursors", "42601", position=start + 1)
    if reader.accept("without"):
        reader.expect("hold")
    reader.expect("for")
    source = reader.inner(reader)
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
            reader.expected("identifier")
        count = int(reader.token.value)
        reader.at += 1
    reader.accept("from")
    cursor = reader.identifier()
    timeout = None
    if reader.accept("with"):
        timeout = reader.options(("timeout",)).get("timeout")
    return Fetch(cursor, count, timeout)


def _close(reader: Reader) -> CloseCursor:
    return CloseCursor(reader.identifier())


def _prepare(reader: Reader) -> Prepare:
    name = reader.identifier()
    reader.expect("as")
    first = reader.token
    parsed = reader.parsed()
    if not isinstance(parsed.statement, _PREPARABLE):
        raise reader.error("unpreparable statement", first)
    return Prepare(name, parsed)


_PREPARABLE = (Query, Write)
_SHOWS = (ShowColumns, ShowCreate, ShowIndexes, ShowItems, ShowSchemas, ShowVariable)


def _execute(reader: Reader) -> Execute:
    name = reader.identifier()
    values: tuple[tree.Expr, ...] = ()
    if reader.accept_kind("("):
        values = reader.expressions()
        reader.expect_kind(")")
    return Execute(name, values)


_STAGES = {
    "raw": ("plan",),
    "decorrelated": ("plan",),
    "locally": ("optimized", "plan"),
    "optimized": ("plan",),
    "physical": ("plan",),
    "optimizer": ("trace",),
}
_EXPLAINED = ("view", "materialized view", "or replace view", "or replace materialized view", "index", "default index")


def _explain(reader: Reader) -> Explain:
    first = reader.token
    if reader.accept("analyze"):
        if not reader.is_word("cpu", "memory"):
            reader.expected("one of CPU or MEMORY")
        raise unsupported("EXPLAIN ANALYZE")
    if reader.is_word("timestamp", "filter", "key", "value"):
        raise unsupported(f"EXPLAIN {first}")
    stage = reader.accept_word("plan", *_STAGES)
    reader.expect(*_STAGES.get(stage or "", ()))
    insights = stage == "plan" and reader.accept("insights")
    if reader.ahead("with") and reader.peek().kind == "(":
        raise unsupported("EXPLAIN with options")
    form = _explained_form(reader) if reader.accept("as") else "text"
    if stage is not None:
        reader.expect("for")
    if reader.ahead("view") and stage in {None, "plan"} and not insights:
        reader.next()
        reader.item_name()
        raise reader.error("EXPLAIN statement for a view needs an explicit stage", first)
    found = _explained(reader)
    if stage not in {None, "plan", "physical"} or insights:
        raise unsupported(f"EXPLAIN {first}{' INSIGHTS' if insights else ''}")
    if form != "text":
        raise unsupported(f"EXPLAIN AS {form.upper()}")
    return found


def _explained_form(reader: Reader) -> str:
    form = reader.accept_word("text", "json", "dot", "verbose")
    if form is None:
        raise SqlError("expected a format", "42601", position=reader.at + 1)  # that is what it counts
    if form == "verbose":
        reader.expect("text")
    return form


def _explained(reader: Reader) -> Explain:
    if reader.accept("materialized", "view"):
        return Explain(None, reader.item_name())
    if reader.is_word("view", "index", "subscribe", "replan", "broken"):
        raise unsupported(f"EXPLAIN {reader.token}")
    for made in _EXPLAINED:
        if reader.accept("create", *made.split()):
            raise unsupported(f"EXPLAIN CREATE {made.upper()}")
    reader.expect_query()
    if reader.ahead("show"):
        raise unsupported("EXPLAIN SHOW")
    source = reader.inner(reader)
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
