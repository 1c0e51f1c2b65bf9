"""The query of a view as SHOW CREATE spells it: names in full, and as they are called today."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from mzwidget.local.dialect import functions, parse, parse_type, resolve_type
from mzwidget.local.dialect.functions import OF_MZ_CATALOG
from mzwidget.local.dialect.syntax import tree, type_at
from mzwidget.local.dialect.syntax.keywords import name_in_sql
from mzwidget.local.dialect.syntax.lexer import tokenize
from mzwidget.local.dialect.typenames import home_of
from mzwidget.local.engine.catalog import IMPLICIT_SCHEMAS
from mzwidget.local.statements.layout import Group, bracket, lines, listed, nested, rendered
from mzwidget.local.statements.query_layout import Layout
from mzwidget.local.statements.text import SHORT_TYPES, SPOKEN, spelled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mzwidget.local.dialect.syntax.lexer import Token
    from mzwidget.local.engine.catalog import Catalog, Item
    from mzwidget.local.engine.names import Names

_WIDTH = 100
_ENDS = frozenset({"where", "group", "order", "having", "limit", "offset", "union", "except", "intersect", "select"})
_SYNTAX = frozenset({"extract", "position", "substring", "trim", "overlay", "coalesce", "nullif", "greatest", "least"})
"""Functions that have a syntax of their own."""
PLACE = re.compile("\0(u[0-9]+)\0")
"""Where the name of an item stands, in a query of `resolved`."""


def resolved(query: str, names: Names) -> str:
    """Return a query on one line; of the items that it reads stand the ids, since their names may change."""
    found = list(tokenize(query))
    plain = {
        index: token.value
        for index, token in enumerate(found)
        if token.kind == "keyword" and token.value not in SPOKEN and token.value not in SHORT_TYPES
    }
    casts = _casts(found, query, names) | _recursive(found, query, names)
    texts = {**plain, **_relations(found, names), **_calls(found), **casts}
    return spelled(found, query, {**_labels(found, texts, casts), **texts})


def _labels(found: Sequence[Token], texts: Mapping[int, str], casts: Mapping[int, str]) -> dict[int, str]:
    """Return names of columns that stand without AS, by the places of their tokens."""
    first = {
        _closed(found, index + 2)
        for index, (before, token) in enumerate(itertools.pairwise(found), 1)
        if before.is_word("distinct") and token.is_word("on")
    }
    return {
        index: f"AS {path_of([token.value])}"
        for index, (before, token) in enumerate(itertools.pairwise(found), 1)
        if token.kind == "ident" and index not in texts and index not in first
        if before.kind in {"ident", "number", "string", ")", "]"}
        or before.is_word("end", "null", "true", "false")
        or (index - 1 in casts and before.kind != "(")
    }


def _closed(found: Sequence[Token], start: int) -> int:
    """Return the place behind the parenthesis that closes what begins at a place."""
    depth, at = 1, start
    while depth and at < len(found):
        depth += (found[at].kind == "(") - (found[at].kind == ")")
        at += 1
    return at


def _opened(found: Sequence[Token], end: int) -> int:
    """Return the place of the parenthesis that is closed at a place."""
    depth, at = 1, end
    while depth and at:
        at -= 1
        depth += (found[at].kind == ")") - (found[at].kind == "(")
    return at


def _recursive(found: Sequence[Token], query: str, names: Names) -> dict[int, str]:
    """Return what queries that read each other declare, by the places of the tokens."""
    texts: dict[int, str] = {}
    for index, (before, token) in enumerate(itertools.pairwise(found), 1):
        if not (before.is_word("mutually") and token.is_word("recursive")):
            continue
        at = index + 1
        if found[at].kind == "(":
            start, at = at, _closed(found, at + 1)
            words = {i: found[i].value.upper() for i in range(start, at) if found[i].kind == "keyword"}
            counted = [i + 1 for i, word in words.items() if word == "LIMIT" and found[i + 1].kind == "number"]
            texts |= words | {i: f"= {found[i].value}" for i in counted}
        while True:
            texts |= {at: path_of([found[at].value]), at + 1: " ("}
            at += 1
            while found[at].kind != ")":
                at += 2
                node, count = type_at(query, found[at:])
                end = at + count
                texts |= {at: _type(node, names), **dict.fromkeys(range(at + 1, end), "")}
                at = end
            at = _closed(found, at + 3)
            if at >= len(found) or found[at].kind != ",":
                break
            at += 1
    return texts


def _casts(found: Sequence[Token], query: str, names: Names) -> dict[int, str]:
    """Return casts as ``::`` with the full names of types, by the places of their tokens."""
    texts: dict[int, str] = {}
    for index, (token, after) in enumerate(itertools.pairwise(found)):
        if token.kind == "::":
            node, count = type_at(query, found[index + 1 :])
            texts |= {index + 1: _type(node, names), **dict.fromkeys(range(index + 2, index + 1 + count), "")}
        elif token.is_word("cast") and after.kind == "(":
            as_ = _as_of_cast(found, index + 2)
            node, count = type_at(query, found[as_ + 1 :])
            opened, closed = ("", "") if _is_simple(found[index + 2 : as_]) else ("(", ")")
            texts |= {index: "", index + 1: opened, as_: f"{closed}::{_type(node, names)}"}
            texts |= dict.fromkeys(range(as_ + 1, as_ + count + 2), "")
    return texts


def _as_of_cast(found: Sequence[Token], start: int) -> int:
    """Return the place of AS in a CAST whose operand begins at a place."""
    depth, at = 0, start
    while depth or not found[at].is_word("as"):
        depth += (found[at].kind in {"(", "["}) - (found[at].kind in {")", "]"})
        at += 1
    return at


def _is_simple(operand: Sequence[Token]) -> bool:
    """Whether an operand needs no parentheses before a cast: a name, a value, a call or what has parentheses."""
    kinds = [token.kind for token in operand]
    if len(kinds) == 1 or all(kind in {"ident", "keyword", "."} for kind in kinds):
        return True
    opening = kinds.index("(") if "(" in kinds else -1
    if opening < 0 or kinds[-1] != ")" or any(kind not in {"ident", "keyword", "."} for kind in kinds[:opening]):
        return False
    depths = list(itertools.accumulate((kind == "(") - (kind == ")") for kind in kinds[opening:]))
    return depths.index(0) == len(depths) - 1


def _calls(found: Sequence[Token]) -> dict[int, str]:
    """Return functions with their schemas, by the places of their names."""
    texts = {}
    called = functions.KNOWN - _SYNTAX
    for index, (token, after) in enumerate(itertools.pairwise(found)):
        qualified = index > 0 and found[index - 1].kind == "."
        if token.is_bare and after.kind == "(" and token.value in called and not qualified:
            texts[index] = f"{'mz_catalog' if token.value in OF_MZ_CATALOG else 'pg_catalog'}.{token.value}"
    return texts


def _relations(found: Sequence[Token], names: Names) -> dict[int, str]:
    ctes = {
        found[_opened(found, at - 1) - 1].value if found[at - 1].kind == ")" else found[at - 1].value
        for at, (token, after) in enumerate(itertools.pairwise(found))
        if token.is_word("as") and after.kind == "("
    }
    texts: dict[int, str] = {}
    within = [False]
    """Whether each parenthesis stands in FROM at the moment."""
    wanted, at = False, 0
    while at < len(found):
        token, before = found[at], found[at - 1] if at else None
        at += 1
        if token.kind == "(":
            within.append(False)
            wanted = False
        elif token.kind == ")":
            within = within[:-1] or [False]
            wanted = False
        elif token.is_word("from") and not (before is not None and before.is_word("distinct")):
            within[-1] = wanted = True
        elif token.is_word("join") or token.kind == ",":
            wanted = within[-1]
        elif token.is_word("table") and (before is None or before.kind == "("):
            wanted = True
        elif token.is_word(*_ENDS):
            within[-1] = wanted = False
        elif wanted and token.is_name and not token.is_word("lateral", "rows"):
            wanted = False
            at = _relation(found, at - 1, names, ctes, texts)
    return texts


def _relation(found: Sequence[Token], at: int, names: Names, ctes: set[str], texts: dict[int, str]) -> int:
    """Note what stands for the relation whose name begins at a place; return the place behind it and its alias."""
    start, parts = at, [found[at].value]
    while at + 2 < len(found) and found[at + 1].kind == ".":
        at += 2
        parts.append(found[at].value)
    at += 1
    after = found[at] if at < len(found) else None
    item = None if (after is not None and after.kind == "(") or parts[0] in ctes else names.find(tuple(parts))
    if item is not None:
        texts[start] = f"\0{item.id}\0"
        texts |= dict.fromkeys(range(start + 1, at), "")
    if after is not None and after.is_name and after.kind != "keyword":
        texts[at] = f"AS {path_of([after.value])}"
        at += 1
    if at < len(found) and found[at].is_word("natural"):
        texts[at] = " NATURAL"
    return at


def named(query: str, catalog: Catalog) -> str:
    """Return a query of `resolved` with the names that the items have now."""

    def name(match: re.Match[str]) -> str:
        item = catalog.by_id(match[1])
        return match[1] if item is None else path_of(item.path)

    return PLACE.sub(name, query)


def path_of(parts: Sequence[str]) -> str:
    """Return a name with qualifiers as SQL writes it."""
    return ".".join(map(name_in_sql, parts))


def view_of(item: Item, columns: Sequence[str], options: Sequence[str], names: Names, catalog: Catalog) -> str:
    """Return the statement that makes a view, as SHOW CREATE spells it; `options` are those of a materialized one."""
    query = nested("AS", _layout(names).parsed(named(item.query, catalog)))
    listing = [bracket("(", listed([path_of([column]) for column in columns]), ")")] if columns else []
    name = path_of(item.path)
    if item.kind == "materialized view":
        cluster, with_ = "IN CLUSTER quickstart", bracket("WITH (", listed(options), ")")
        made = nested(f"CREATE MATERIALIZED VIEW {name}", *listing, cluster, with_, query)
    else:
        made = nested(f"CREATE{' TEMPORARY' if item.owner else ''} VIEW", Group(lines([name, *listing, query])))
    return f"{rendered(made, _WIDTH)};"


def expression_of(text: str, names: Names) -> str:
    """Return the key of an index or what a column has by default, as SHOW spells it."""
    return _layout(names).on_one_line(text)


def _layout(names: Names) -> Layout:
    return Layout(lambda node: _type(node, names), path_of, _function)


def definition(text: str) -> list[tuple[str, tree.TypeName]]:
    """Return the types that another one is made of, and which part of CREATE TYPE each of them is."""
    if text.startswith("("):
        made = parse(f"CREATE TABLE t {text}")
        assert isinstance(made, tree.CreateTable)
        return [(f"option {each.name}", each.type) for each in made.columns]
    node = parse_type(text)
    assert node.element is not None
    if node.key is None:
        return [("LIST option ELEMENT TYPE", node.element)]
    return [("MAP option KEY TYPE", node.key), ("MAP option VALUE TYPE", node.element)]


def type_of(item: Item, text: str, names: Names) -> str:
    """Return the statement that makes a type, given its definition as a type name, as SHOW CREATE spells it."""
    parts = [(key.partition("option "), _type(node, names)) for key, node in definition(text)]
    if text.startswith("("):
        shape = f"({', '.join(f'{path_of([name])} {type_}' for (*_, name), type_ in parts)})"
    else:
        shape = f"{parts[0][0][0]}({', '.join(f'{option} = {type_}' for (*_, option), type_ in parts)})"
    return f"CREATE TYPE {path_of(item.path)} AS {shape};"


def type_path(node: tree.TypeName, names: Names) -> str:
    """Return the full name of a type, without modifiers."""
    if node.kind == "map" and node.key is not None and node.element is not None:
        return f"map[{type_path(node.key, names)}=>{type_path(node.element, names)}]"
    if node.kind == "list" and node.element is not None:
        return f"{type_path(node.element, names)} list"
    return _type(replace(node, modifiers=()), names)


def _function(name: Sequence[str]) -> str:
    if len(name) > 1 or name[0] not in functions.KNOWN:
        return path_of(name)
    return path_of(["mz_catalog" if name[0] in OF_MZ_CATALOG else "pg_catalog", *name])


# ------------------------------------------------------------------------------------------------------- tables


def table_of(item: Item, names: Names) -> str:
    """Return the statement that makes a table, as SHOW CREATE spells it."""
    made = parse(item.sql)
    assert isinstance(made, tree.CreateTable)
    columns = ", ".join(
        " ".join(
            [path_of([column.name]), _type(column.type, names), *(_option(each, names) for each in column.options)]
        )
        for column in made.columns
    )
    temporary = " TEMPORARY" if item.owner else ""
    return f"CREATE{temporary} TABLE {path_of(item.path)} ({columns});"


def defaults_of(item: Item, names: Names) -> list[str | None]:
    """Return what the columns of a relation have by default; None where that is nothing."""
    if item.relation is None or not any(item.relation.defaults):
        return [None] * len(item.columns)
    made = parse(item.sql)
    assert isinstance(made, tree.CreateTable)
    texts = [[each.text for each in column.options if each.kind == "default"] for column in made.columns]
    spelt = [expression_of(text[0], names) if text else "NULL" for text in texts]
    return [None if text == "NULL" else text for text in spelt]


def _option(option: tree.ColumnOption, names: Names) -> str:
    return f"DEFAULT {expression_of(option.text, names)}" if option.kind == "default" else option.kind.upper()


def _type(node: tree.TypeName, names: Names) -> str:
    if node.kind == "map":
        assert node.element is not None
        return f"map[pg_catalog.text=>{_type(node.element, names)}]"
    if node.kind == "list":
        assert node.element is not None
        return f"{_type(node.element, names)} list"
    if node.kind == "named" and node.parts[0] in IMPLICIT_SCHEMAS:
        sizes = f"({', '.join(map(str, node.modifiers))})" if node.modifiers else ""
        return f"{path_of(node.parts)}{sizes}"
    made = names.find(node.parts, types=True) if node.kind == "named" else None
    if made is not None:
        return path_of(made.path)
    type_ = resolve_type(node, names)
    name = f"_{type_.element.name}" if type_.is_array and type_.element is not None else type_.name
    sized = f"({', '.join(map(str, node.modifiers))})" if node.modifiers and node.parts != ("bpchar",) else ""
    if node.parts == ("bpchar",) and node.modifiers != (1,):
        sized = f"({node.modifiers[0]})" if node.modifiers else ""
    return f"{home_of(name)}.{path_of([name]) if name != 'char' else chr(34) + name + chr(34)}{sized}"
