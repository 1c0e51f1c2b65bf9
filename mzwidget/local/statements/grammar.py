"""Reads statements: all but queries and writes, which sqlglot reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from mzwidget.local.errors import SqlError, unsupported
from mzwidget.local.statements.lexer import Token, tokens
from mzwidget.local.statements.model import (
    Begin,
    CloseCursor,
    Commit,
    CopyFrom,
    CopyTo,
    CreateIndex,
    CreateSchema,
    CreateTable,
    CreateView,
    Deallocate,
    Declare,
    Discard,
    Drop,
    Fetch,
    Parts,
    Query,
    Rollback,
    SetVariable,
    ShowColumns,
    ShowCreate,
    ShowItems,
    ShowVariable,
    Statement,
    Subscribe,
    Write,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_QUERY_WORDS = ("select", "values", "table", "with")
_CLUSTER = "quickstart"


def parse(sql: str) -> Statement:
    """Read one statement.

    Raises
    ------
    SqlError
        42601 for what is not SQL, 0A000 for statements that are not offered.
    """
    return _Parser(sql).statement()


class _Parser:
    def __init__(self, sql: str) -> None:
        self.sql = sql
        self.tokens = list(tokens(sql))
        self.at = 0

    # ------------------------------------------------------------------------------------------- helpers

    @property
    def token(self) -> Token:
        if self.at < len(self.tokens):
            return self.tokens[self.at]
        return Token("end", "", len(self.sql), len(self.sql))

    def ahead(self, *words: str) -> bool:
        found = self.tokens[self.at : self.at + len(words)]
        return len(found) == len(words) and all(t.is_word(w) for t, w in zip(found, words, strict=True))

    def accept(self, *words: str) -> bool:
        if self.ahead(*words):
            self.at += len(words)
            return True
        return False

    def accept_op(self, op: str) -> bool:
        if self.token.kind == "op" and self.token.value == op:
            self.at += 1
            return True
        return False

    def expect(self, *words: str) -> None:
        for word in words:
            if not self.accept(word):
                self.fail(word.upper())

    def expect_op(self, op: str) -> None:
        if not self.accept_op(op):
            self.fail({"(": "left parenthesis", ")": "right parenthesis", ";": "semicolon"}.get(op, op))

    def fail(self, expected: str) -> NoReturn:
        token = self.token
        found = {
            "end": "EOF",
            "word": f'identifier "{token.value}"',
            "quoted": f'identifier "{token.value}"',
            "string": f'string literal "{token.value}"',
            "number": f'number "{token.value}"',
        }.get(token.kind, token.value)
        raise SqlError(f"Expected {expected}, found {found}", "42601", position=token.start + 1)

    def name(self) -> str:
        if self.token.kind not in {"word", "quoted"}:
            self.fail("identifier")
        self.at += 1
        return self.tokens[self.at - 1].value

    def parts(self) -> Parts:
        found = [self.name()]
        while self.accept_op("."):
            found.append(self.name())
        return tuple(found)

    def names(self) -> tuple[str, ...]:
        self.expect_op("(")
        found = [self.name()]
        while self.accept_op(","):
            found.append(self.name())
        self.expect_op(")")
        return tuple(found)

    def end(self) -> None:
        if self.token.kind != "end":
            self.fail("end of statement")

    def rest(self) -> str:
        """Take the remaining text."""
        text = self.sql[self.token.start :]
        self.at = len(self.tokens)
        return text

    def until(self, stop: Callable[[], bool]) -> str:
        """Take text up to the end or to where, outside parentheses, `stop` holds."""
        first, depth = self.token, 0
        last = first
        while self.token.kind != "end":
            if depth == 0 and stop():
                break
            if self.token.kind == "op" and self.token.value in "([":
                depth += 1
            elif self.token.kind == "op" and self.token.value in ")]":
                if depth == 0:
                    break
                depth -= 1
            last = self.token
            self.at += 1
        if last is first and (self.token is first or first.kind == "end"):
            self.fail("an expression")
        return self.sql[first.start : last.end]

    def parenthesised(self) -> str:
        self.expect_op("(")
        text = self.until(lambda: False)
        self.expect_op(")")
        return text

    def cluster(self) -> None:
        if self.accept("in", "cluster"):
            name = self.name()
            if name != _CLUSTER:
                raise SqlError(f"unknown cluster '{name}'")

    # ---------------------------------------------------------------------------------------- statements

    def statement(self) -> Statement:
        token = self.token
        if token.kind == "op" and token.value == "(":
            return Query(self.sql)
        if token.kind != "word":
            self.fail("a keyword at the beginning of a statement")
        word = token.value
        if word in _QUERY_WORDS:
            return self.query()
        if word in {"insert", "update", "delete"}:
            return Write(word, self.sql)
        known = getattr(self, f"_{word}", None)
        if known is None:
            if word in _REFUSED:
                raise unsupported(_REFUSED[word] or word.upper())
            self.fail("a keyword at the beginning of a statement")
        self.at += 1
        found: Statement = known()
        self.end()
        return found

    def query(self) -> Query:
        text = self.until(self.as_of_ahead)
        if self.accept("as", "of"):
            if self.accept("at", "least"):
                raise unsupported("AS OF AT LEAST in a SELECT")
            return Query(text, self.rest())
        return Query(self.sql)

    def as_of_ahead(self) -> bool:
        """Whether AS OF starts here, rather than a column alias ``of``."""
        if not self.ahead("as", "of"):
            return False
        behind = self.tokens[self.at + 2] if self.at + 2 < len(self.tokens) else None
        return behind is not None and not behind.is_word("from") and behind.value not in {",", ")"}

    def _subscribe(self) -> Subscribe:
        self.accept("to")
        relation: Parts | None = None
        if self.token.kind == "op" and self.token.value == "(":
            query = self.parenthesised()
            if not _is_query(query):
                raise unsupported("SUBSCRIBE to a SHOW command")
        else:
            start = self.token.start
            relation = self.parts()
            query = f"SELECT * FROM {self.sql[start : self.tokens[self.at - 1].end]}"
        key = self.envelope()
        snapshot, progress = True, False
        if self.accept("with"):
            options = self.options()
            snapshot = _boolean(options.pop("snapshot", "true"))
            progress = _boolean(options.pop("progress", "false"))
            if options:
                raise SqlError(f"Expected one of SNAPSHOT or PROGRESS, found {next(iter(options)).upper()}", "42601")
        as_of = up_to = None
        at_least = False
        if self.accept("as", "of"):
            at_least = self.accept("at", "least")
            as_of = self.until(lambda: self.ahead("up", "to") or self.ahead("envelope") or self.ahead("within"))
        if self.accept("up", "to"):
            up_to = self.until(lambda: self.ahead("envelope") or self.ahead("within"))
        key = key or self.envelope()
        return Subscribe(query, relation, snapshot, progress, as_of, at_least, up_to, key)

    def envelope(self) -> tuple[str, ...] | None:
        if self.accept("within", "timestamp"):
            raise SqlError("WITHIN TIMESTAMP ORDER BY .. is not available")
        if not self.accept("envelope"):
            return None
        if self.accept("debezium"):
            raise SqlError("ENVELOPE DEBEZIUM (KEY (..)) is not available")
        self.expect("upsert")
        self.expect_op("(")
        self.expect("key")
        key = self.names()
        self.expect_op(")")
        return key

    def options(self) -> dict[str, str]:
        """Read ``(name [=] value, …)``; a bare name means true."""
        self.expect_op("(")
        found: dict[str, str] = {}
        while True:
            name = self.name()
            self.accept_op("=")
            value = "true"
            if self.token.kind in {"word", "string", "number", "quoted"}:
                value = self.token.value
                self.at += 1
            found[name] = value
            if not self.accept_op(","):
                break
        self.expect_op(")")
        return found

    def _copy(self) -> CopyTo | CopyFrom:
        if self.token.kind == "op" and self.token.value == "(":
            source = parse(self.parenthesised())
            if not isinstance(source, Query | Subscribe):
                raise SqlError("COPY query must be a SELECT or SUBSCRIBE statement", "42601")
        else:
            table = self.parts()
            columns = self.names() if self.token.value == "(" else None
            if self.accept("from"):
                self.expect("stdin")
                return CopyFrom(table, columns, self.copy_options())
            if columns is not None:
                raise unsupported("COPY of some columns TO STDOUT; COPY (SELECT …) TO STDOUT is")
            source = Query("TABLE " + ".".join('"' + part.replace('"', '""') + '"' for part in table))
        self.expect("to")
        self.expect("stdout")
        options = self.copy_options()
        wire_format = options.pop("format", "text").lower()
        if options:
            raise unsupported(f"COPY … TO option {next(iter(options)).upper()}")
        if wire_format not in {"text", "csv", "binary"}:
            raise SqlError(f"unknown FORMAT: {wire_format}")
        return CopyTo(source, wire_format)

    def copy_options(self) -> dict[str, str]:
        if self.accept("with") or self.token.value == "(":
            return self.options()
        return {}

    def _create(self) -> Statement:
        or_replace = self.accept("or", "replace")
        if self.accept("schema"):
            if_not_exists = self.accept("if", "not", "exists")
            return CreateSchema(self.parts(), if_not_exists)
        if self.accept("default", "index") or self.accept("index"):
            while not self.accept("on"):
                if self.token.kind == "end":
                    self.fail("ON")
                self.at += 1
            on = self.parts()
            self.rest()
            return CreateIndex(on)
        if self.accept("table"):
            if or_replace:
                self.fail("VIEW or MATERIALIZED VIEW")
            if_not_exists = self.accept("if", "not", "exists")
            name = self.parts()
            self.rest()
            return CreateTable(name, if_not_exists, self.sql)
        if self.ahead("temporary") or self.ahead("temp"):
            raise unsupported("CREATE TEMPORARY")
        kind = "view"
        if self.accept("materialized"):
            kind = "materialized view"
        elif not self.ahead("view"):
            raise unsupported(f"CREATE {self.token.value.upper()}")
        self.expect("view")
        if_not_exists = self.accept("if", "not", "exists")
        name = self.parts()
        columns = self.names() if self.token.value == "(" else None
        self.cluster()
        if self.accept("with"):
            raise unsupported("CREATE MATERIALIZED VIEW … WITH options")
        self.expect("as")
        return CreateView(kind, name, columns, or_replace, if_not_exists, self.rest(), self.sql)

    def _drop(self) -> Drop:
        for words in (("materialized", "view"), ("table",), ("view",), ("schema",), ("index",)):
            if self.accept(*words):
                kind = " ".join(words)
                break
        else:
            raise unsupported(f"DROP {self.token.value.upper()}")
        if_exists = self.accept("if", "exists")
        names = [self.parts()]
        while self.accept_op(","):
            names.append(self.parts())
        cascade = self.accept("cascade")
        if not cascade:
            self.accept("restrict")
        return Drop(kind, tuple(names), if_exists, cascade)

    def _begin(self) -> Begin:
        if not self.accept("transaction"):
            self.accept("work")
        self.transaction_modes()
        return Begin()

    def _start(self) -> Begin:
        self.expect("transaction")
        self.transaction_modes()
        return Begin()

    def transaction_modes(self) -> None:
        while self.token.kind != "end":
            if self.accept("isolation", "level"):
                if not (
                    self.accept("serializable")
                    or self.accept("strict", "serializable")
                    or self.accept("repeatable", "read")
                    or self.accept("read", "committed")
                    or self.accept("read", "uncommitted")
                ):
                    self.fail("isolation level")
            elif self.accept("read"):
                if not self.accept("only"):
                    self.expect("write")
            else:
                self.fail("transaction mode")
            self.accept_op(",")

    def _commit(self) -> Commit:
        self.work()
        return Commit()

    def _end(self) -> Commit:
        return self._commit()

    def _rollback(self) -> Rollback:
        self.work()
        if self.ahead("to"):
            raise unsupported("SAVEPOINT")
        return Rollback()

    def _abort(self) -> Rollback:
        return self._rollback()

    def work(self) -> None:
        if not self.accept("transaction"):
            self.accept("work")

    def _set(self) -> SetVariable:
        if not self.accept("session"):
            self.accept("local")
        if self.accept("time", "zone"):
            name = "timezone"
        elif self.ahead("transaction") or self.ahead("characteristics"):
            raise unsupported("SET TRANSACTION")
        else:
            name = self.name()
            if not self.accept("to"):
                self.expect_op("=")
        if self.accept("default"):
            return SetVariable(name, None)
        values = []
        while self.token.kind != "end":
            values.append(self.token.value)
            self.at += 1
            if not self.accept_op(","):
                break
        if not values:
            self.fail("variable value")
        return SetVariable(name, ", ".join(values))

    def _reset(self) -> SetVariable:
        name = self.name()
        return SetVariable(None if name == "all" else name, None)

    def _show(self) -> Statement:
        if self.accept("columns"):
            self.expect("from")
            return ShowColumns(self.parts())
        if self.accept("create"):
            kind = "materialized view" if self.accept("materialized", "view") else self.name()
            return ShowCreate(kind, self.parts())
        kind = "materialized views" if self.accept("materialized", "views") else self.token.value
        if kind in {"tables", "views", "materialized views", "objects", "schemas"}:
            if kind != "materialized views":
                self.at += 1
            schema = self.parts()[-1] if self.accept("from") else None
            return ShowItems(kind, schema)
        if self.accept("time", "zone"):
            return ShowVariable("timezone")
        if self.accept("transaction", "isolation", "level"):
            return ShowVariable("transaction_isolation")
        return ShowVariable(self.name())

    def _declare(self) -> Declare:
        cursor = self.name()
        self.expect("cursor")
        if self.accept("with", "hold"):
            raise SqlError("WITH HOLD is not supported")
        self.accept("without", "hold")
        self.expect("for")
        source = parse(self.rest())
        if not isinstance(source, Query | Subscribe):
            raise SqlError("DECLARE CURSOR must be for a SELECT or SUBSCRIBE statement", "42601")
        return Declare(cursor, source)

    def _fetch(self) -> Fetch:
        self.accept("forward")
        count: int | None = 1
        if self.accept("all"):
            count = None
        elif self.token.kind == "number":
            if not self.token.value.isdigit():
                self.fail("unsigned integer")
            count = int(self.token.value)
            self.at += 1
        if not self.accept("from"):
            self.accept("in")
        cursor = self.name()
        timeout = None
        if self.accept("with"):
            options = self.options()
            timeout = options.pop("timeout", None)
            if options:
                raise SqlError(f"Expected TIMEOUT, found {next(iter(options)).upper()}", "42601")
        return Fetch(cursor, count, timeout)

    def _close(self) -> CloseCursor:
        return CloseCursor(self.name())

    def _discard(self) -> Discard:
        return Discard(self.name())

    def _deallocate(self) -> Deallocate:
        self.accept("prepare")
        return Deallocate(None) if self.accept("all") else Deallocate(self.name())


_REFUSED = {
    "alter": "",
    "comment": "",
    "explain": "",
    "grant": "",
    "revoke": "",
    "reassign": "REASSIGN OWNED",
    "validate": "VALIDATE CONNECTION",
    "inspect": "INSPECT SHARD",
    "savepoint": "",
    "release": "RELEASE SAVEPOINT",
    "truncate": "",
    "prepare": "PREPARE as SQL (the protocol's prepared statements work)",
    "execute": "EXECUTE as SQL (the protocol's prepared statements work)",
    "vacuum": "",
    "analyze": "",
    "listen": "",
    "notify": "",
    "lock": "",
    "merge": "",
    "call": "",
    "do": "",
    "import": "",
    "export": "",
    "raise": "",
}


def _is_query(sql: str) -> bool:
    """Whether `sql` starts as a query does."""
    first = next(iter(tokens(sql)), None)
    return first is not None and (first.is_word(*_QUERY_WORDS) or first.value == "(")


def _boolean(text: str) -> bool:
    if text.lower() in {"true", "t", "on", "yes", "1"}:
        return True
    if text.lower() in {"false", "f", "off", "no", "0"}:
        return False
    raise SqlError(f'invalid boolean option value: "{text}"; use true or false', "22023")
