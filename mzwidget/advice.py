"""What to try after an error: what was probably meant, or how Materialize writes it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from mzwidget import words
from mzwidget.lexing import Token
from mzwidget.lexing import words as words_of
from mzwidget.naming import Names, nearest, quoted, slips

_BEFORE_BY = ("GROUP", "ORDER", "PARTITION")
_BEFORE_VALUES = ("=", "<", ">", "(", ",", "~")
_PLACEHOLDER = re.compile(r"%(?:\((\w+)\))?s")
_NAMED = re.compile(r":([^\W\d]\w*)|\{([^\W\d]\w*)\}")
_BY_PLACE = "A value is written %s, and given as params=[…]"
_FILE = "mzwidget.load(path, name) makes a table of a file"
_EXPECTED = re.compile(r"\b[A-Z]{2,}\b")

_Advice = tuple[str, Token | None]


def advise(said: str, sql: str, offset: int | None, names: Callable[[], Names]) -> tuple[str, Token | None]:
    """Return what to try after the server's words, "" where nothing is known, and the word in the SQL that is meant.

    Parameters
    ----------
    said : str
        The server's message.
    sql : str
    offset : int or None
        Where in the SQL the server saw it, if it said so.
    names : callable
        Returns the names that exist; asked only when a name is not known.
    """
    for pattern, rule in _RULES:
        if match := pattern.search(said):
            return rule(match, sql, names)
    return ("", None) if offset is None else _syntax(said, sql, offset, names)


def is_about_name(said: str) -> bool:
    """Tell whether a message is about a name that is not known."""
    return any(pattern.search(said) for pattern, rule in _RULES if rule in (_column, _relation))


def _syntax(said: str, sql: str, offset: int, names: Callable[[], Names]) -> _Advice:
    """Look for a misspelt keyword at a syntax error or just before: it was read as a name."""
    found = words_of(sql)
    here = next((token for token in found if token.start <= offset < token.end), None)
    suspects = [] if here is None else [here]
    suspects += [token for token in reversed(found) if token.end <= offset][:2]
    expected = _EXPECTED.findall(said.partition(", found ")[0])
    choices = tuple(expected) if len(expected) > 2 else words.STRUCTURE
    likely: list[tuple[int, int, str, Token]] = []
    for token in suspects:
        if token.kind != "word" or _means_something(token.text) or _known(token.identifier, names):
            continue
        if meant := nearest(token.text.upper(), choices):
            likely.append((slips(token.text.upper(), meant), token.start, meant, token))
    if likely:
        _, _, meant, token = min(likely)
        return f"Did you mean {meant if token.text.isupper() else meant.lower()}?", token
    before = next((token.text.upper() for token in reversed(found) if token.end <= offset), "")
    if before == "WITHIN" and here is not None and here.text.upper() == "GROUP":
        return "Materialize has no aggregates WITHIN GROUP, such as percentile_cont", here
    if before == "TOP":
        return "Write LIMIT at the end instead of TOP", here
    if here is not None and here.text.upper() in _BEFORE_BY:
        return f"{here.text} is followed by {'BY' if here.text.isupper() else 'by'}", here
    if advice := _placeholder(said, sql, offset):
        return advice, None
    if "trailing comma" in said or "an expression, found comma" in said:
        return "A comma is too many", None
    if said.endswith("found semicolon") and sql[offset + 1 :].strip():
        return "Write one statement at a time", None
    if "unterminated quoted string" in said:
        return "A quote inside a text is written twice: 'it''s'", None
    if sql[offset : offset + 1] in ("`", "[", "]"):
        return 'A name is quoted with ": "odd name"', None
    return "", here


def _placeholder(said: str, sql: str, offset: int) -> str:
    """Advise on a placeholder of another library, without a value, or with a list where none can stand."""
    if other := _NAMED.match(sql, offset):
        name = other[1] or other[2]
        return f"A parameter is written %({name})s: params={{{name!r}: …}}"
    if sql[offset : offset + 1] == "?":
        return _BY_PLACE
    found = next((of for of in _PLACEHOLDER.finditer(sql) if of.start() <= offset < of.end()), None)
    if 'operator "%"' in said or (found is not None and offset > found.start()):
        return _no_value(sql)
    if found is None:
        return ""
    if said.startswith("Expected identifier, found string literal"):
        return "A parameter is a value; the name of a table or column is written into the SQL itself"
    before_list = re.match(r"(?s).*\bIN\s*$", sql[:offset], re.IGNORECASE)
    return f"A list follows = ANY: = ANY({found[0]})" if before_list else ""


def _no_value(sql: str) -> str:
    """Advise where a placeholder was sent as it is, and so read as an operator and a name."""
    found = _PLACEHOLDER.search(sql)
    return f"Give the value of {found[0]}: params={f'{{{found[1]!r}: …}}' if found[1] else '[…]'}" if found else ""


def _means_something(word: str) -> bool:
    return word.upper() in words.KEYWORDS or word.lower() in words.FUNCTIONS or word.lower() in words.TYPES


def _known(name: str, names: Callable[[], Names]) -> bool:
    there = names()
    return name in there.relations or any(name in columns for columns in there.columns.values())


def _column(match: re.Match[str], sql: str, names: Callable[[], Names]) -> _Advice:
    name = match[1].rsplit(".", 1)[-1]
    token = _token(sql, name)
    if token is not None and token.kind == "name" and sql[: token.start].rstrip().endswith(_BEFORE_VALUES):
        text = token.identifier.replace("'", "''")
        return f"A text is written in single quotes: '{text}'", token
    if name == "all" and token is not None and re.search(r"(?i)\bGROUP\s+BY\s+$", sql[: token.start]):
        return "Name what to group by, or its places in the select list: GROUP BY 1, 2", token
    if token is None and name == "s" and (advice := _no_value(sql)):
        return advice, None
    later = [
        word for word in words_of(sql) if word.identifier == name and re.search(r"(?i)\bHAVING\b", sql[: word.start])
    ]
    if later and token is not None and token.start < later[0].start:
        return "HAVING knows no name of the select list: repeat the expression", later[0]
    there = names()
    relations = {word.identifier for word in words_of(sql)}
    used = [column for of, columns in there.columns.items() if of.rsplit(".", 1)[-1] in relations for column in columns]
    meant = nearest(name, used)
    if meant is not None:
        return f"Did you mean {quoted(meant)}?", token
    if name in words.ELSEWHERE:
        return f"In Materialize, write {words.ELSEWHERE[name]}", token
    keyword = nearest(name.upper(), words.STRUCTURE)
    if keyword is not None and token is not None and re.match(r"\s+[\w\"]", sql[token.end :]):
        return f"Did you mean {keyword if token.text.isupper() else keyword.lower()}?", token
    return _there_is(map(quoted, used)), token


def _relation(match: re.Match[str], sql: str, names: Callable[[], Names]) -> _Advice:
    name = match[1]
    first, _, rest = name.partition(" ")
    if rest and (meant := nearest(first.upper(), words.QUERIES)):  # no query, so it was taken for a name
        return f"Did you mean {meant if first.isupper() else meant.lower()}?", _token(sql, first)
    if rest and first.upper() in {*words.STRUCTURE, *words.KEYWORDS}:
        return "LiveView takes a view's name or a SELECT", None
    token = _token(sql, name.rsplit(".", 1)[-1])
    if missing := names().missing:
        database, others = missing
        return f"The address names a database {database!r} that is not there: try {' or '.join(others)}", token
    there = names().relations
    meant = nearest(name, there) or nearest(name.rsplit(".", 1)[-1], there)
    if meant:
        return f"Did you mean {_dotted(meant)}?", token
    return _there_is(map(_dotted, there)) or ("mzwidget.views() lists what there is" if there else ""), token


def _dotted(name: str) -> str:
    """Write a relation's name, which has its schema before it where that is another one."""
    return ".".join(map(quoted, name.split(".")))


def _there_is(written: Iterable[str]) -> str:
    """Name what there is to choose from, if that is neither nothing nor much."""
    found = dict.fromkeys(written)
    return f"There is {', '.join(found)}" if 0 < len(found) <= 12 else ""


def _schema(match: re.Match[str], sql: str, _: Callable[[], Names]) -> _Advice:
    is_file = re.search(r"\.(?:csv|tsv|parquet|json|xlsx)\b", sql) is not None
    return (_FILE if is_file else ""), _token(sql, match[1])


def _function(match: re.Match[str], sql: str, _: Callable[[], Names]) -> _Advice:
    name = match[1].rsplit(".", 1)[-1].lower()
    token = _token(sql, name)
    if name in words.FUNCTIONS:
        return "", token
    if name in words.ELSEWHERE:
        return f"In Materialize, write {words.ELSEWHERE[name]}", token
    if meant := nearest(name, words.FUNCTIONS):
        return f"Did you mean {meant}?", token
    elsewhere = nearest(name, words.ELSEWHERE)
    return (f"In Materialize, write {words.ELSEWHERE[elsewhere]}" if elsewhere else ""), token


def _choice(choices: tuple[str, ...]) -> Callable[[re.Match[str], str, Callable[[], Names]], _Advice]:
    def choose(match: re.Match[str], sql: str, _: Callable[[], Names]) -> _Advice:
        meant = nearest(match[1], choices)
        return (f"Did you mean {meant}?" if meant else ""), _token(sql, match[1])

    return choose


def _told(advice: str) -> Callable[[re.Match[str], str, Callable[[], Names]], _Advice]:
    """Give one piece of advice, in which ``{}`` stands for the name that is meant."""
    return lambda match, sql, _: (advice.format(match[1]), _token(sql, match[1].rsplit(".", 1)[-1]))


def _long(match: re.Match[str], sql: str, _: Callable[[], Names]) -> _Advice:
    token = next((of for of in words_of(sql) if len(of.identifier.encode()) > int(match[1])), None)
    if token is None:
        return "", None
    return f"Shorten {token.identifier[:20]!r} and so on, which has {len(token.identifier.encode())}", token


def _elsewhere(match: re.Match[str], sql: str, _: Callable[[], Names]) -> _Advice:
    is_ours = match[1] != "FROM" or _token(sql, "from") is None  # of SHOW COLUMNS FROM
    return "Is this address Materialize's? PostgreSQL answers so" if is_ours else "", None


def _now(_: re.Match[str], sql: str, __: Callable[[], Names]) -> _Advice:
    token = next((found for name in ("now", "current_timestamp") if (found := _token(sql, name))), None)
    return (
        "A maintained view has no now(); compare a time with mz_now(): WHERE mz_now() <= at + INTERVAL '5 minutes'",
        token,
    )


def _shown(match: re.Match[str], sql: str, _: Callable[[], Names]) -> _Advice:
    meant = nearest(match[1].upper(), words.SHOWN) if sql.lstrip()[:4].upper() == "SHOW" else None
    return (f"Did you mean {meant}?" if meant else ""), _token(sql, match[1])


def _operator(match: re.Match[str], sql: str, _: Callable[[], Names]) -> _Advice:
    at = sql.find(match[1])
    token = Token("symbol", match[1], at) if at >= 0 else None
    if match[1].endswith("%") and (advice := _no_value(sql)):
        return advice, token
    return {"==": "Write = to compare", "!": "Write NOT or <>", "&&": "Write AND"}.get(match[1], ""), token


def _keyword(match: re.Match[str], sql: str, _: Callable[[], Names]) -> _Advice:
    token = _token(sql, match[1])
    meant = nearest(match[1].upper(), words.STRUCTURE)
    return (f"Did you mean {meant}?" if meant else ""), token if meant else None


_RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], str, Callable[[], Names]], _Advice]], ...] = (
    (re.compile(r'column "([^"]+)" (?:of relation "[^"]+" )?does not exist'), _column),
    (re.compile(r"unknown column (\w+)$"), _column),
    (
        re.compile(r'^syntax error at or near "(SUBSCRIBE|FROM)"|^unrecognized configuration parameter "schemas"'),
        _elsewhere,
    ),
    (re.compile(r'column reference "([^"]+)" is ambiguous'), _told("Write of which table it is: name.{}")),
    (re.compile(r'column "([^"]+)" must appear in the GROUP BY clause'), _told("")),
    (re.compile(r"unknown schema '([^']+)'"), _schema),
    (re.compile(r"identifier length exceeds (\d+) bytes"), _long),
    (re.compile(r'found string literal "([^"]+\.(?:csv|tsv|parquet|json|xlsx))"'), _told(_FILE)),
    (re.compile(r"window function pg_catalog\.(\w+) requires an OVER"), _told("Write {}(…) OVER (ORDER BY …)")),
    (
        re.compile(r"not allowed in WHERE clause \(function pg_catalog\.(count|sum|avg|min|max)\)"),
        _told("A condition on {0}(…) stands after GROUP BY: HAVING {0}(…)"),
    ),
    (re.compile(r'unrecognized configuration parameter "(\w+)"'), _shown),
    (re.compile(r"operator does not exist: .+ (&&) "), _operator),
    (re.compile(r"(?:input: |item ')(\\)"), _told("psql's commands are not SQL; SHOW TABLES and the like are")),
    (re.compile(r"unknown catalog item '([^']+)'"), _relation),
    (re.compile(r"(does not support parameters|there is no parameter \$)"), _told(_BY_PLACE)),
    (re.compile(r"cannot insert multiple (commands) into"), _told("Write one statement at a time")),
    (
        re.compile(r"function (round)\(double precision, (?:integer|bigint)\) does not exist"),
        _told("Digits are those of numeric: {}(value::numeric, 2)"),
    ),
    (re.compile(r'function "?([\w.]+)"?(?:\([^)]*\))? does not exist'), _function),
    (re.compile(r"^([\w.]+) with these arguments is not supported by the embedded engine"), _function),
    (re.compile(r'type "([^"]+)" does not exist'), _choice(words.TYPES)),
    (re.compile(r"(?:\bunit '|unknown units )(\w+)"), _choice(words.UNITS)),
    (re.compile(r"cannot materialize call to (?:current_timestamp|now)"), _now),
    (re.compile(r"\[([^\]\s]+)\] not yet supported"), _operator),
    (re.compile(r"^(?:CREATE|DROP|ALTER|SHOW) (\w+) is not supported by the embedded engine"), _keyword),
)


def _token(sql: str, name: str) -> Token | None:
    """Return the first word of the SQL that is this name."""
    found = words_of(sql)
    exact = (token for token in found if token.identifier == name)
    folded = (token for token in found if token.identifier.lower() == name.lower())
    return next(exact, None) or next(folded, None)
