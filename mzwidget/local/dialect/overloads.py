"""Functions, operators, aggregates, window and table functions as lines of data, and which of them a call means.

A line says name, typed arguments and result, and what it is in DuckDB. `choose` is the one place where Materialize's
rules pick among the lines of a name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from mzwidget.local.dialect.castlines import Context
from mzwidget.local.dialect.casts import WIDER, castable, category, common, is_preferred
from mzwidget.local.errors import SqlError
from mzwidget.local.formats import types as t
from mzwidget.local.formats.types import Type

POLYMORPHIC = frozenset(
    {"any", "anyelement", "anyarray", "anycompatible", "anycompatiblearray", "anycompatiblelist", "anylist",
     "listelement", "anymap", "mapvalue", "record", "anynonarray", "anyrange", "rangeelement"}
)  # fmt: skip
_ANYTHING = frozenset({"any", "anynonarray"})


@lru_cache(maxsize=1024)
def named(name: str) -> Type | None:
    """Return the type that a line means; None for a polymorphic one."""
    if name in POLYMORPHIC:
        return None
    if name.endswith("[]"):
        inner = named(name[:-2])
        assert inner is not None
        return t.array_of(inner)
    if name.endswith(" list"):
        inner = named(name[:-5])
        assert inner is not None
        return t.list_of(inner)
    return t.SCALARS.get(name) or t.RANGES[name]


@dataclass(frozen=True, slots=True, eq=False)
class Overload:
    """One line of data.

    Attributes
    ----------
    name : str
    arguments : tuple of str
        Type names; a polymorphic one such as ``anyelement`` is solved by the call.
    result : str
    sql : str
        What it is in DuckDB: ``{0}`` … stand for the arguments, ``{*}`` for all of them.
    python : callable, optional
        In place of ``sql``: a function of Python values, None not among them unless it is not strict.
    strict : bool
        NULL if any argument is.
    fallible : bool
        Can fail for some arguments.
    variadic : bool
        The last argument may be repeated.
    build : callable, optional
        Makes the value of the coerced arguments, where a template cannot say it.
    asks : callable, optional
        Makes it of the statement too, whose catalog it asks.
    columns : tuple of (str, str)
        Of a table function: the names and types of its columns.
    streamed : str
        Of a table function of constants: in place of ``sql``, so that the rows are made as they are asked for.
    digits : str
        Of a function of numerics that makes one: the same of `types.DIGITS`.
    """

    name: str
    arguments: tuple[str, ...]
    result: str
    sql: str = ""
    python: Callable[..., Any] | None = None
    strict: bool = True
    fallible: bool = True
    variadic: bool = False
    build: Callable[..., Any] | None = None
    asks: Callable[..., Any] | None = None
    columns: tuple[tuple[str, str], ...] = ()
    streamed: str = ""
    digits: str = ""
    udf: str = field(default="", compare=False)

    def names(self, count: int) -> tuple[str, ...] | None:
        """Return the argument types for so many arguments, None if it does not take as many."""
        given = len(self.arguments)
        if count == given:
            return self.arguments
        if self.variadic and count >= given:
            return self.arguments[:-1] + self.arguments[-1:] * (count - given + 1)
        return None

    @property
    def signature(self) -> str:
        return f"{self.name}({', '.join(self.arguments)})"


def line(name: str, signature: str, sql: str = "", **more: Any) -> Overload:
    """Make a line: ``line("left", "text, int4 -> text", "left({0}, {1})")``."""
    before, _, result = signature.partition("->")
    arguments = tuple(part.strip() for part in before.split(",") if part.strip())
    variadic = bool(arguments) and arguments[-1].endswith("...")
    if variadic:
        arguments = (*arguments[:-1], arguments[-1].removesuffix("..."))
    return Overload(name, arguments, result.strip(), sql, variadic=variadic, **more)


def _kind_fits(name: str, given: Type) -> bool:
    match name:
        case "anyarray" | "anycompatiblearray":
            return given.kind == "array"
        case "anylist" | "anycompatiblelist":
            return given.kind == "list"
        case "anymap":
            return given.kind == "map"
        case "record":
            return given.kind == "record"
        case "anyrange":
            return given.kind == "range"
        case "anynonarray":
            return given.kind not in ("array", "list")
    return True


@dataclass(slots=True)
class Candidate:
    """A line that a call may mean: what its arguments become, and how well they fit."""

    overload: Overload
    wanted: list[Type]
    result: Type | None
    names: tuple[str, ...]
    exact: int = 0
    unsigned: int = 0
    preferred: int = 0


def _solve(overload: Overload, names: Sequence[str], given: Sequence[Type | None]) -> Candidate | None:
    solved = _variables(names, given)
    if solved is None:
        return None
    wanted: list[Type] = []
    exact = unsigned = preferred = 0
    for name, type_ in zip(names, given, strict=True):
        plain = named(name)
        target = plain if plain is not None else _polymorphic(name, type_, solved)
        if target is None:
            return None
        wanted.append(target)
        if type_ is None:
            preferred += plain is not None and is_preferred(target)
            continue
        if plain is None and not _kind_fits(name, type_):
            return None
        if type_.base == target.base:
            exact += plain is not None
        elif not castable(type_, target, Context.IMPLICIT):
            return None
        unsigned += WIDER.get(type_.name) == target
        preferred += is_preferred(target) and type_.base != target.base and category(target) == category(type_)
    result = named(overload.result) if overload.result else None
    if result is None and overload.result in POLYMORPHIC:
        result = _polymorphic(overload.result, None, solved)
    return Candidate(overload, wanted, result, tuple(names), exact, unsigned, preferred)


_ELEMENTS = {
    "anyarray": "anyelement",
    "anycompatiblearray": "anycompatible",
    "anycompatiblelist": "anycompatible",
    "anylist": "listelement",
    "anymap": "mapvalue",
    "anyrange": "rangeelement",
}


def _variables(names: Sequence[str], given: Sequence[Type | None]) -> dict[str, Type] | None:
    """Return what the polymorphic arguments are, None if they disagree."""
    solved: dict[str, Type] = {}
    for name, type_ in zip(names, given, strict=True):
        if named(name) is not None or type_ is None or name in ("any", "record", "anynonarray"):
            continue
        if not _kind_fits(name, type_):
            return None
        variable = _ELEMENTS.get(name, name)
        found = type_.element.base if name in _ELEMENTS and type_.element is not None else type_.base
        known = solved.get(variable)
        if known is None or known == found:
            solved[variable] = found
        elif variable == "anycompatible":
            both = common([known, found])
            if both is None:
                return None
            solved[variable] = both
        else:
            return None
    return solved


def _polymorphic(name: str, given: Type | None, solved: dict[str, Type]) -> Type | None:
    if name in ("any", "record", "anynonarray"):
        return given.base if given is not None else (t.TEXT if name != "record" else None)
    variable = _ELEMENTS.get(name, name)
    element = solved.get(variable)
    if element is None:
        if variable == "anycompatible":
            element = t.TEXT
        elif given is None:
            return t.UNKNOWN
        else:
            return None
    match name:
        case "anyarray" | "anycompatiblearray":
            return t.array_of(element)
        case "anylist" | "anycompatiblelist":
            return t.list_of(element)
        case "anymap":
            return t.map_of(element)
        case "anyrange":
            return t.range_of(element)
    return element


def choose(overloads: Sequence[Overload], given: Sequence[Type | None]) -> list[Candidate]:
    """Return the line that a call means, or none, or all between which nothing decides.

    Parameters
    ----------
    overloads : sequence of Overload
        Those of the name.
    given : sequence of Type or None
        The types of the arguments; None for one that is still open.
    """
    return list(_chosen(tuple(overloads), tuple(given)))


@lru_cache(maxsize=4096)
def _chosen(overloads: tuple[Overload, ...], given: tuple[Type | None, ...]) -> list[Candidate]:
    found: list[Candidate] = []
    for overload in overloads:
        names = overload.names(len(given))
        if names is not None and (candidate := _solve(overload, names, given)) is not None:
            found.append(candidate)
    if len(found) < 2:
        return found
    exact = [each for each in found if each.exact == len(given)]
    if exact:
        return exact[:1]
    for score in ("exact", "unsigned", "preferred"):
        best = max(getattr(each, score) for each in found)
        found = [each for each in found if getattr(each, score) == best]
        if len(found) == 1:
            return found
    found = [each for each in found if not all(w.name == "unknown" for w in each.wanted)] or found
    return found if len(found) == 1 else _by_unknown(found, given)


def _by_unknown(found: list[Candidate], given: Sequence[Type | None]) -> list[Candidate]:
    open_at = [index for index, type_ in enumerate(given) if type_ is None]
    if not open_at:
        return found
    narrowed = found
    for index in open_at:
        categories = {category(each.wanted[index]) for each in narrowed}
        if "text" in categories:
            chosen = "text"
        elif len(categories) == 1:
            chosen = categories.pop()
        else:
            narrowed = []
            break
        narrowed = [each for each in narrowed if category(each.wanted[index]) == chosen]
        preferred = [each for each in narrowed if is_preferred(each.wanted[index])]
        narrowed = preferred or narrowed
    plain = [each for each in narrowed if not _ANYTHING & set(each.names)]
    narrowed = plain or narrowed
    if len(narrowed) == 1:
        return narrowed
    known = {type_.base for type_ in given if type_ is not None}
    if len(known) == 1 and len(open_at) < len(given):
        (only,) = known
        same = [
            each for each in found
            if all(each.wanted[i].base == only or castable(only, each.wanted[i], Context.IMPLICIT) for i in open_at)
        ]  # fmt: skip
        exact = [each for each in same if all(each.wanted[i].base == only for i in open_at)]
        if len(exact) == 1 or len(same) == 1:
            return exact if len(exact) == 1 else same
    return found


HINT_NONE = "No {} matches the given name and argument types.  You might need to add explicit type casts."
HINT_MANY = "Could not choose a best candidate {}.  You might need to add explicit type casts."


def shown(types: Sequence[Type | None]) -> str:
    """Return argument types as messages list them."""
    return ", ".join(message_name(type_) for type_ in types)


def message_name(type_: Type | None) -> str:
    """Return the name of an operand's type in messages; None for one that is still open."""
    if type_ is None:
        return "unknown"
    return t.sql_name(type_)


def no_function(name: str, given: Sequence[Type | None], *, many: bool = False) -> SqlError:
    """Return the error for a function that does not take these types, or of which several do."""
    what = "is not unique" if many else "does not exist"
    hint = (HINT_MANY if many else HINT_NONE).format("function")
    return SqlError(f"function {name}({shown(given)}) {what}", hint=hint)


def unknown_function(name: str, other: str | None = None) -> SqlError:
    """Return the error for a function that is not there at all, though perhaps another."""
    if other is not None and other != name:
        return SqlError(f'function "{name}" does not exist', hint=f"Try using {other}")
    hint = "No function matches the given name and argument types. You might need to add explicit type casts."
    return SqlError(f'function "{name}" does not exist', hint=hint)


def no_operator(operator: str, given: Sequence[Type | None], *, many: bool = False) -> SqlError:
    """Return the error for an operator that does not take these types."""
    what = "operator is not unique" if many else "operator does not exist"
    texts = [message_name(type_) for type_ in given]
    written = f"{texts[0]} {operator} {texts[1]}" if len(texts) == 2 else f"{operator} {texts[0]}"
    return SqlError(f"{what}: {written}", hint=(HINT_MANY if many else HINT_NONE).format("operator"))
