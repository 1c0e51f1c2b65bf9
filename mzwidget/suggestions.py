"""What a user probably meant who asks a view for what it does not have, or does with it what only its rows can."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any, NoReturn, TypeVar

import pandas as pd

from mzwidget.errors import briefly
from mzwidget.naming import alike

_Call = TypeVar("_Call", bound=Callable[..., Any])
_LOOKS = frozenset(
    {"title", "kind", "x", "y", "color", "key", "value", "chart", "limit", "format", "timezone", "height"}
)
"""Options of which `show` makes another picture."""
_ROWS = "the rows of a view are a data frame"


class NameHints:
    """Who asks for an attribute that is not there is told the nearest that is."""

    @briefly
    def __getattr__(self, name: str) -> Any:
        kind = type(self)
        if name.startswith("_") or hasattr(kind, name):
            return object.__getattribute__(self, name)  # raises what a property raised
        said = f"{kind.__name__!r} object has no attribute {name!r}"
        # With its object too, Python would say again what was meant.
        raise AttributeError(f"{said}{self._instead_of(name)}", name=name)

    def _instead_of(self, name: str) -> str:
        return did_you_mean(name, _own(type(self)))


class HintsMixin(NameHints):
    """Errors about a view's attributes and options say what was probably meant."""

    def _instead_of(self, name: str) -> str:
        if hasattr(pd.DataFrame, name):
            return f"; its rows are a data frame: view.df.{name}"
        return super()._instead_of(name)

    @briefly
    def __getitem__(self, key: object) -> NoReturn:
        column = f"view.df[{key!r}]" if isinstance(key, str) else "view.df[…]"
        raise TypeError(f"{_ROWS}: {column}")

    @briefly
    def __iter__(self) -> NoReturn:
        raise TypeError(f"{_ROWS}: view.df.itertuples() goes through them, and view.changes() through every change")

    @briefly
    def __aiter__(self) -> NoReturn:
        raise TypeError("what happens to a view is told by its changes: async for batch in view.changes()")

    @briefly
    def __contains__(self, value: object) -> NoReturn:
        raise TypeError(f"{_ROWS}: {value!r:.60} in set(view.df[…])")

    @briefly
    def __len__(self) -> NoReturn:
        raise TypeError(f"{_ROWS}: len(view.df)")

    def __bool__(self) -> bool:
        return True

    @briefly
    def _refuse_copy(self, *_: object) -> NoReturn:
        kind = type(self).__name__
        raise TypeError(
            f"a {kind} follows the database and cannot be copied or pickled: copy its rows, as in view.df, "
            f"or make another {kind} of the same query"
        )

    __copy__ = __deepcopy__ = __reduce_ex__ = _refuse_copy

    @briefly
    def __setattr__(self, name: str, value: Any) -> None:
        kind = type(self)
        if not name.startswith("_") and not hasattr(kind, name) and name in options(kind):
            shown = f"view.show({name}=…) makes another picture of it"
            instead = shown if name in _LOOKS else f"make another: {kind.__name__}(…, {name}=…)"
            raise AttributeError(f"{name} is chosen when a view is made; {instead}", name=name)
        if isinstance(own := getattr(kind, name, None), property) and own.fset is None:
            raise AttributeError(f"{name} cannot be set", name=name)
        super().__setattr__(name, value)


def options(kind: type[Any]) -> list[str]:
    """Return the keywords that a class takes."""
    taken = inspect.signature(kind.__init__).parameters.values()
    return [parameter.name for parameter in taken if parameter.kind is parameter.KEYWORD_ONLY]


def names_looks(of: Callable[..., Any]) -> Callable[[_Call], _Call]:
    """Let help and completion of a method name the looks that `of` takes, in place of ``**options``."""

    def named(call: _Call) -> _Call:
        own = inspect.signature(call)
        fixed = [one for one in own.parameters.values() if one.kind is not one.VAR_KEYWORD]
        looks = [
            one for name, one in inspect.signature(of).parameters.items() if name in _LOOKS - own.parameters.keys()
        ]
        vars(call)["__signature__"] = own.replace(parameters=[*fixed, *looks])
        return call

    return named


def unknown_keyword(kind: type[Any], name: str) -> str:
    """Say that a class takes no such keyword, and which was meant."""
    said = f"{kind.__name__}() got an unknown keyword {name!r}"
    return said + (did_you_mean(name, options(kind)) or f"; it takes {', '.join(options(kind))}")


def did_you_mean(name: str, choices: Iterable[str]) -> str:
    """Return the end of a message that names the nearest choice; empty if there is none."""
    near = alike(name, choices)
    return "" if near is None else f"; did you mean {near!r}?"


def _own(kind: type) -> set[str]:
    """Return the public names that a class has of this package."""
    ours = [of for of in kind.__mro__ if of.__module__.partition(".")[0] == __package__]
    return {name for of in ours for name in vars(of) if not name.startswith("_")}
