"""Another name for an item: what it is called in the queries of views, and where nobody could tell it there.

As Materialize decides it: by the words that stand in a query alone, so that a name is taken, or means several things,
wherever it is written.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

from mzwidget.local.dialect import parse
from mzwidget.local.dialect.syntax import tree
from mzwidget.local.dialect.syntax.lexer import tokenize
from mzwidget.local.errors import SqlError, unsupported
from mzwidget.local.statements.spelling import PLACE, named, path_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mzwidget.local.dialect.syntax.lexer import Token
    from mzwidget.local.engine.catalog import Catalog, Item, Parts


def queries_after(catalog: Catalog, item: Item, to: str) -> dict[str, str]:
    """Return the queries of the views that name an item, by their ids, as they are when it has another name.

    Raises
    ------
    SqlError
        If one of them uses the old or the new name so that it could mean something else.
    """
    found = {}
    for view in catalog.items():
        if view.query and (view.id == item.id or f"\0{item.id}\0" in view.query):
            try:
                depth = _depth(parse(named(view.query, catalog)), item.path, to)
            except _Conflict as conflict:
                where = view.full_name if view.id == item.id else f"{view.full_name}, which uses {item.full_name}"
                raise SqlError(f"renaming conflict: in {where}, {conflict}") from None
            found[view.id] = _renamed(view.query, item.path[-depth:], to)
    return found


def queries_of_schema(catalog: Catalog, database: str, schema: str, to: str) -> dict[str, str]:
    """Return the queries of the views that name items of a schema, by their ids, as they are when it has another name.

    Raises
    ------
    SqlError
        If one of them qualifies columns by the schema without its database.
    """
    found = {}
    ids = {item.id for item in catalog.items(database, schema)}
    for view in catalog.items():
        if ids.isdisjoint(PLACE.findall(view.query)):
            continue
        if any(path[0] == schema and len(path) == 2 for path, _ in _qualifiers(view.query)):
            raise unsupported(f"another name for a schema by which {view.full_name} qualifies columns")
        found[view.id] = _replaced(view.query, to, lambda path: 1 if path[:-1] == (database, schema) else None)
    return found


class _Conflict(Exception):  # noqa: N818
    pass


def _depth(query: tree.Node, path: Parts, to: str) -> int:
    """Return how many parts of its path tell an item from all others that a query names."""
    old = path[-1]
    least, qualifiers = len(path), set()
    for kind, parts in _names(query):
        if to in parts:
            used = "used in any existing view definitions"
            raise _Conflict(f'found reference to "{to}"; cannot rename "{old}" to any identity {used}')
        if old not in parts:
            continue
        at = len(parts) - 1 - parts[::-1].index(old)
        if kind == "object":
            if at != len(parts) - 1 or len(parts) != len(path):
                raise _ambiguous(old, "database, schema, or function")
            qualifiers.add(parts[:-1])
        elif kind == "word":
            raise _ambiguous(old, "alias or column")
        elif kind == "column" and at == len(parts) - 1:
            raise _ambiguous(old, "column")
        least = min(least, at + 1)
    schemas = {each[-1] for each in qualifiers}
    needed = 1 if len(schemas) < 2 else 2
    if len(qualifiers) > len(schemas):
        needed = 3
    if least < needed:
        raise _Conflict(f'"{old}" is not sufficiently qualified to support renaming')
    return needed


def _ambiguous(name: str, what: str) -> _Conflict:
    return _Conflict(f'"{name}" potentially used ambiguously as item and {what}')


_WORDS = {
    tree.SelectItem: ("alias",),
    tree.Alias: ("name", "columns"),
    tree.Cte: ("name", "columns"),
    tree.Join: ("using", "using_alias"),
    tree.Field: ("name",),
}
"""Names without qualifiers, by the nodes that they are of."""
_PATHS = {
    tree.Name: ("column", "parts"),
    tree.Star: ("items", "qualifier"),
    tree.Table: ("object", "parts"),
    tree.Call: ("object", "name"),
    tree.TypeName: ("object", "parts"),
}


def _names(node: Any) -> Iterator[tuple[str, Parts]]:
    """Yield the names in a query, and what they are of: a ``column``, all ``items``, an ``object``, a ``word``."""
    if isinstance(node, tuple):
        for each in node:
            yield from _names(each)
    elif is_dataclass(node):
        if (path := _PATHS.get(type(node))) is not None:
            yield path[0], getattr(node, path[1])
        for each in _WORDS.get(type(node), ()):
            value = getattr(node, each)
            for word in value if isinstance(value, tuple) else (value,):
                if word is not None:
                    yield "word", (word,)
        for each in fields(node):
            yield from _names(getattr(node, each.name))


def _renamed(query: str, old: Parts, to: str) -> str:
    """Return a query of `spelling.resolved` in which columns are qualified by the new name."""
    return _replaced(query, to, lambda path: len(path) - 1 if path[-len(old) :] == old else None)


def _replaced(query: str, to: str, place: Callable[[Parts], int | None]) -> str:
    """Return a query with a new name at the place that is told in each qualifier."""
    texts: list[str] = []
    end = 0
    for path, tokens in _qualifiers(query):
        at = place(path)
        if at is not None:
            texts += [query[end : tokens[at].start], path_of([to])]
            end = tokens[at].end
    return "".join([*texts, query[end:]])


def _qualifiers(query: str) -> Iterator[tuple[Parts, list[Token]]]:
    """Yield what stands before the last part of each name."""
    found = list(tokenize(PLACE.sub(lambda match: f"_{match[1]}_", query)))
    at = 0
    while at < len(found):
        path = [found[at]] if found[at].is_name else []
        while path and at + 2 < len(found) and found[at + 1].kind == ".":
            at += 2
            path.append(found[at])
        at += 1
        if len(path) > 1:
            yield tuple(token.value for token in path[:-1]), path[:-1]
