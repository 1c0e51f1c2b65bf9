"""Parsing: Materialize's SQL as sqlglot syntax trees, read as PostgreSQL reads it.

Function calls stay plain calls by name, operators keep PostgreSQL's precedence, and array subscripts
keep their numbers: what they mean is decided by types, later.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from sqlglot import exp
from sqlglot.dialects.materialize import Materialize
from sqlglot.errors import ParseError, TokenError
from sqlglot.parsers.materialize import MaterializeParser
from sqlglot.tokenizer_core import TokenType

from mzwidget.local.errors import SqlError


def _other(operator: str) -> Callable[[Any, exp.Expr, exp.Expr], exp.Expr]:
    def build(parser: Any, left: exp.Expr, right: exp.Expr) -> exp.Expr:
        if right is None:
            parser.raise_error(f"Expected an expression after {operator}")
        return exp.Operator(this=left, operator=operator, expression=right)

    return build


class _Dialect(Materialize):
    INDEX_OFFSET = 0

    class Tokenizer(Materialize.Tokenizer):
        HEREDOC_STRINGS: ClassVar[list[str | tuple[str, str]]] = []
        SINGLE_TOKENS: ClassVar[dict[str, TokenType]] = {
            **Materialize.Tokenizer.SINGLE_TOKENS,
            "$": TokenType.PARAMETER,
        }
        KEYWORDS: ClassVar[dict[str, TokenType]] = {
            **{word: token for word, token in Materialize.Tokenizer.KEYWORDS.items() if word not in ("@?", "?&")},
            "~*": TokenType.IRLIKE,
            # sqlglot has no tokens for these two operators; the ones taken stand for operators that are refused.
            "!~": TokenType.AT_QMARK,
            "!~*": TokenType.QMARK_AMP,
        }

    class Parser(MaterializeParser):
        FUNCTIONS: ClassVar[dict[str, Callable[..., Any]]] = {}
        FUNCTION_PARSERS: ClassVar[dict[str, Callable[..., Any]]] = {
            name: MaterializeParser.FUNCTION_PARSERS[name]
            for name in ("CAST", "EXTRACT", "POSITION", "SUBSTRING", "TRIM")
        }
        NO_PAREN_FUNCTIONS: ClassVar[dict[TokenType, Any]] = {
            token: MaterializeParser.NO_PAREN_FUNCTIONS[token]
            for token in (TokenType.CURRENT_DATE, TokenType.CURRENT_TIMESTAMP, TokenType.CURRENT_TIME)
        }
        NO_PAREN_FUNCTION_PARSERS: ClassVar[dict[str, Callable[..., Any]]] = {
            name: MaterializeParser.NO_PAREN_FUNCTION_PARSERS[name] for name in ("ANY", "CASE")
        }
        LAMBDAS: ClassVar[dict[TokenType, Callable[..., Any]]] = {}
        TYPED_LAMBDA_ARGS = False
        JSON_OPERATORS: ClassVar[dict[TokenType, Callable[..., Any]]] = {
            TokenType.ARROW: _other("->"),
            TokenType.DARROW: _other("->>"),
            TokenType.HASH_ARROW: _other("#>"),
            TokenType.DHASH_ARROW: _other("#>>"),
            TokenType.PLACEHOLDER: _other("?"),
            TokenType.AT_GT: _other("@>"),
            TokenType.LT_AT: _other("<@"),
            TokenType.RLIKE: _other("~"),
            TokenType.IRLIKE: _other("~*"),
            TokenType.AT_QMARK: _other("!~"),
            TokenType.QMARK_AMP: _other("!~*"),
        }
        RANGE_PARSERS: ClassVar[dict[TokenType, Callable[..., Any]]] = {
            token: MaterializeParser.RANGE_PARSERS[token]
            for token in (TokenType.BETWEEN, TokenType.ILIKE, TokenType.IN, TokenType.IS, TokenType.LIKE)
        }


def parse_all(sql: str) -> list[exp.Expr]:
    """Parse a script; empty statements are left out.

    Raises
    ------
    SqlError
        42601 with the position of the offending token.
    """
    dialect = _Dialect()
    try:
        tokens = dialect.tokenize(sql)
    except TokenError as error:
        raise SqlError("unterminated quoted string or comment", "42601") from error
    try:
        statements = dialect.parser().parse(tokens, sql)
    except ParseError as error:
        raise _syntax_error(sql, error) from error
    except RecursionError as error:
        raise SqlError("statement exceeds nested expression limit", "54001") from error
    return [statement for statement in statements if statement is not None]


def parse(sql: str) -> exp.Expr:
    """Parse one statement.

    Raises
    ------
    SqlError
        42601 with the position of the offending token, also if there is not exactly one statement.
    """
    statements = parse_all(sql)
    if len(statements) != 1:
        raise SqlError(f"Expected one statement, found {len(statements)}", "42601")
    return statements[0]


def _syntax_error(sql: str, error: ParseError) -> SqlError:
    details = error.errors[0] if error.errors else {}
    start = len(str(details.get("start_context") or ""))
    found = str(details.get("highlight") or "") or "end of input"
    position = sql.find(found, max(0, start - 1)) + 1 if found != "end of input" else len(sql) + 1
    quoted = found if found == "end of input" else f'"{found}"'
    return SqlError(f"Expected a valid statement, found {quoted}", "42601", position=position or None)
