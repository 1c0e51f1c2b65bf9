"""What may come next: names of relations and columns, functions and keywords, in magics and in ``LiveView("…``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import psycopg

from mzwidget import catalog
from mzwidget.catalog import Relation
from mzwidget.lexing import Token, tokens
from mzwidget.naming import quoted
from mzwidget.tail import connect as connecting
from mzwidget.words import FUNCTIONS, KEYWORDS, QUERIES

PATIENCE = 1.0
"""Seconds that a key press waits for names; those that come later are there for the next one."""
FRESH = 3.0
"""Seconds that names count as known."""
ASKED = 50
"""Relations whose columns are asked for where a query does not say yet from which it reads."""

_CELL = re.compile(r"\s*%%(?:live|sqlmz)\b[^\n]*\n")
_LINE = re.compile(r"(?:^|\n)[^\S\n]*%{1,2}(?:live|sqlmz)[^\S\n]+(?P<sql>[^\n]*)$")
_CALL = re.compile(
    r"""\b(?:LiveView|mzwidget\.sql|sql)\(\s*(?P<quote>\"{3}|'{3}|"|')(?P<sql>(?:(?!(?P=quote)).)*)$""", re.DOTALL
)
_TARGET = re.compile(r"""\bload\([^"'()]*,\s*(?P<quote>"|')(?P<sql>[^"'\n]*)$""")
_WORD = re.compile(r'(?:"(?:[^"]|"")*"?|[\w$]|\.)*$')
_RELATION_NEXT = {"from", "join", "into", "update", "subscribe", "table", "on"}


@dataclass(slots=True)
class Known:
    """What a database holds, as far as was asked.

    Attributes
    ----------
    current : str
        The schema of bare names.
    relations : list of Relation
    columns : dict
        Names of columns by relation.
    """

    current: str = ""
    relations: list[Relation] = field(default_factory=list)
    columns: dict[Relation, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the cursor is in SQL.

    Attributes
    ----------
    before, sql : str
        The SQL up to the cursor, and all of it.
    quote : str
        The quote of the Python text that it stands in, if it does.
    """

    before: str
    sql: str
    quote: str = ""


def place(code: str, cursor: int) -> Place | None:
    """Find the SQL that the cursor is in; None if it is in none."""
    before = code[:cursor]
    if (cell := _CELL.match(code)) and cursor >= cell.end():
        return Place(before[cell.end() :], code[cell.end() :])
    for pattern in (_LINE, _CALL, _TARGET):
        if match := pattern.search(before):
            quote = match.groupdict().get("quote") or ""
            end = code.find(quote, cursor) if quote else code.find("\n", cursor)
            return Place(match["sql"], match["sql"] + code[cursor : end if end >= 0 else len(code)], quote)
    return None


def complete(at: Place, known: Known) -> tuple[str, list[str]]:
    """Return what is being typed, and the texts that may take its place, the likeliest first."""
    match = _WORD.search(at.before)
    typed = match[0] if match else ""
    *owners, prefix = [_bare(part) for part in typed.split(".")]
    named = _relations_of(at.sql, known)
    if owners:
        found = _owned(owners, named, known)
    else:
        before = [token for token in tokens(at.before[: len(at.before) - len(typed)]) if token.kind != "space"]
        last = before[-1].identifier if before else ""
        if before and last not in _RELATION_NEXT and before[-1].text != ",":
            found = _anything(prefix, named, known)
        elif last in _RELATION_NEXT or not before:
            found = [*_relations(known), *(() if before else _keywords(prefix) if prefix else QUERIES)]
        else:
            found = _anything(prefix, named, known)
    lead = typed[: len(typed) - len(typed.rsplit(".", 1)[-1])]
    fitting = dict.fromkeys(lead + text for text in found if _bare(text).lower().startswith(prefix.lower()))
    return typed, [text.replace('"', '\\"') if at.quote == '"' else text for text in fitting]


def _bare(part: str) -> str:
    return part.strip('"').replace('""', '"')


def _relations(known: Known) -> list[str]:
    here = [quoted(of.name) for of in known.relations if of.schema == known.current]
    elsewhere = [of.sql for of in known.relations if of.schema != known.current]
    return [*here, *elsewhere, *(f"{quoted(name)}." for name in dict.fromkeys(of.schema for of in known.relations))]


def _owned(owners: list[str], named: dict[str, Relation], known: Known) -> list[str]:
    """Return what a schema holds, or a relation or its alias."""
    owner = owners[-1].lower()
    columns = [quoted(name) for alias, of in named.items() if alias == owner for name in known.columns.get(of, ())]
    return columns + [quoted(of.name) for of in known.relations if of.schema.lower() == owner]


def _anything(prefix: str, named: dict[str, Relation], known: Known) -> list[str]:
    spoken = dict.fromkeys(named.values()) or known.columns
    columns = [quoted(name) for of in spoken for name in known.columns.get(of, ())]
    functions = [f"{name}(" for name in FUNCTIONS] if prefix else []
    return [*columns, *_relations(known), *_keywords(prefix), *functions]


def _keywords(prefix: str) -> Iterable[str]:
    return (word.lower() for word in KEYWORDS) if prefix.islower() else KEYWORDS


def _relations_of(sql: str, known: Known) -> dict[str, Relation]:
    """Return the relations that a text speaks of, by their names and aliases."""
    by_name = {of.name: of for of in sorted(known.relations, key=lambda of: of.schema == known.current)}
    found: dict[str, Relation] = {}
    said = [token for token in tokens(sql) if token.kind not in ("space", "comment")]
    for index, token in enumerate(said):
        if token.kind not in ("word", "name") or (of := by_name.get(token.identifier)) is None:
            continue
        found[token.identifier] = of
        after = said[index + 1 : index + 3]
        if after and after[0].identifier == "as":
            after = after[1:]
        if after and _is_alias(after[0]):
            found[after[0].identifier] = of
    return found


def _is_alias(token: Token) -> bool:
    return token.kind == "name" or (token.kind == "word" and token.text.upper() not in KEYWORDS)


class Names:
    """What is known of the default database, asked in a thread of its own so that no key press waits for a server."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "mzwidget-completion")
        self._known: dict[str, tuple[float, Known]] = {}
        self._connection: psycopg.Connection[Any] | None = None
        self._of: dict[str, Any] = {}

    def get(self, sql: str) -> Known:
        """Return what is known, after a moment at most."""
        if not connecting.chosen():
            return Known()
        parameters = connecting.parameters()
        words = {token.identifier for token in tokens(sql) if token.kind in ("word", "name")}
        key = repr((sorted(parameters.items()), sorted(words)))
        at, known = self._known.get(key, (0.0, Known()))
        if monotonic() - at < FRESH:
            return known
        asked: Future[Known] = self._thread.submit(self._ask, parameters, words)
        try:
            known = asked.result(PATIENCE)
        except (Late, psycopg.Error):
            return known
        self._known = {key: (monotonic(), known)}
        return known

    def _ask(self, parameters: dict[str, Any], words: set[str]) -> Known:
        if self._connection is None or self._connection.closed or self._of != parameters:
            self._connection = psycopg.connect(**{**parameters, "connect_timeout": 3}, autocommit=True)
            self._of = parameters
        connection = self._connection
        current = catalog.current(connection)
        there = [of for schema in catalog.schemas(connection) for of in catalog.relations(connection, schema)]
        spoken = [of for of in there if of.name in words] or [of for of in there if of.schema == current][:ASKED]
        columns = {of: [column.name for column in catalog.attributes(connection, of.sql)] for of in spoken}
        return Known(current, there, columns)

    def close(self) -> None:
        """End the connection and the thread."""
        if self._connection is not None:
            self._thread.submit(self._connection.close)
        self._thread.shutdown(wait=False)


def matcher(names: Names) -> Any:
    """Return a matcher for IPython's completer."""
    from IPython.core.completer import SimpleCompletion, context_matcher  # noqa: PLC0415 - only where there is IPython

    @context_matcher()  # type: ignore[untyped-decorator]
    def mzwidget_sql(context: Any) -> dict[str, Any]:
        lines = context.full_text.split("\n")[: context.cursor_line]
        at = place(context.full_text, sum(len(line) + 1 for line in lines) + context.cursor_position)
        if at is None:
            return {"completions": [], "suppress": False}
        typed, found = complete(at, names.get(at.sql))
        completions = [SimpleCompletion(text, type="sql") for text in found]
        return {"completions": completions, "matched_fragment": typed, "suppress": bool(found), "ordered": True}

    return mzwidget_sql
