"""Statements as Materialize's messages spell them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mzwidget.local.dialect.syntax.lexer import Token, tokenize

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SHORT_TYPES = {
    "int": "int4",
    "integer": "int4",
    "bigint": "int8",
    "smallint": "int2",
    "real": "float4",
    "boolean": "bool",
    "decimal": "numeric",
    "dec": "numeric",
    "json": "jsonb",
    "string": "text",
}
SPOKEN = frozenset(
    """
    all and any array as asc at between by case cross current desc distinct else end except exists false
    fetch filter first following for from full group groups having ilike in inner intersect interval is join last
    lateral left like limit list map materialized mutually natural next not null nulls offset on only or order
    ordinality outer over partition preceding range recursive right row rows select some table then ties time to true
    unbounded union using values when where with within zone
    """.split()  # noqa: SIM905
)
"""Keywords of queries that are written in capitals; others may be names."""
_COMMANDS = frozenset(
    """
    alter cascade cluster coalesce column comment create database default delete discard drop exists grant greatest if
    index insert into least nullif owner rename replace restrict returning revoke schema set swap temporary update view
    """.split()  # noqa: SIM905
)
"""Keywords of other statements that are."""
_OF_KINDS = {"role": ("role",), "type": ("type", "element", "key", "value")}
"""Keywords that are where these are made, changed or dropped; elsewhere they may be names."""
_CLOSE = {",", ")", "]", ".", "::", ";"}
_OPEN = {"(", "[", ".", "::"}
_CALLABLE_KEYWORDS = {"coalesce", "nullif", "greatest", "least", "varchar", "char", "dec", "decimal", "substring"}


def shown(sql: str) -> str:
    """Return a statement on one line, keywords in capitals and types by their short names."""
    found = list(tokenize(sql))
    also = _OF_KINDS.get(found[1].value, ()) if found[1:] and found[0].is_word("create", "alter", "drop") else ()
    texts = {index: token.value.upper() for index, token in enumerate(found) if token.is_word(*also)}
    texts |= {index: "TEMPORARY" for index, token in enumerate(found[:4]) if token.is_word("temp")}
    return spelled(found, sql, texts)


def spelled(found: Sequence[Token], sql: str, texts: Mapping[int, str]) -> str:
    """Return tokens on one line; `texts` says for some what stands in their place, by their numbers."""
    line = ""
    called = False
    before: Token | None = None
    for index, token in enumerate(found):
        text = texts.get(index)
        qualified = before is not None and before.kind == "."
        if text is None:
            literal = token.is_word("true", "false") and not _of_is(found[:index])
            text = token.value if literal or (qualified and token.is_bare) else _shown(token, sql)
        together = (called and token.kind == "(") or text.startswith(("::", ")::"))
        if before is not None and text and not together and not _close(before, token):
            line += " "
        line += text
        called = qualified or bool(texts.get(index))
        if text:
            before = token
    return line


def _of_is(before: Sequence[Token]) -> bool:
    """Whether IS or IS NOT is what stands last."""
    return any(token.is_word("is") for token in before[-1:]) or (
        len(before) > 1 and before[-1].is_word("not") and before[-2].is_word("is")
    )


def _shown(token: Token, sql: str) -> str:
    if token.kind == "string":
        return "'" + token.value.replace("'", "''") + "'"
    if not token.is_bare:
        return sql[token.start : token.end]
    if token.value in SHORT_TYPES:
        return SHORT_TYPES[token.value]
    return token.value.upper() if token.kind == "keyword" and token.value in SPOKEN | _COMMANDS else token.value


def _close(before: Token, token: Token) -> bool:
    """Whether no blank stands between two tokens."""
    if token.kind in _CLOSE or before.kind in _OPEN:
        return True
    callable_ = before.kind == "ident" or (before.kind == "keyword" and before.value in _CALLABLE_KEYWORDS)
    return before.end == token.start and (token.kind == "[" or (token.kind == "(" and callable_))
