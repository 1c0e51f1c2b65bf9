"""What a view asks: a query and its parameters, which may change, be followed, and be shared by several views."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, MutableMapping, MutableSequence
from dataclasses import replace
from typing import Any

from mzwidget import terms
from mzwidget.errors import CLOSED, LiveViewError, briefly
from mzwidget.liveview.core import Core
from mzwidget.naming import alike
from mzwidget.page.questions import Question
from mzwidget.params import Params, compose, followed, plain
from mzwidget.tail.connect import Parameters
from mzwidget.tail.query import Query, narrowed, parse
from mzwidget.tail.shared import shared
from mzwidget.tail.status import Status, shorten


class BoundQuery:
    """A query and its parameters. Those who share it are told when it, or a value that it follows, is another one.

    Parameters
    ----------
    query : str
    params : mapping or sequence, optional

    Raises
    ------
    TypeError, ValueError
        As `set` does.
    """

    def __init__(self, query: str, params: Params | None) -> None:
        self.lock = threading.RLock()
        self.query = query
        self.params = params
        self._listeners: tuple[Callable[[], None], ...] = ()
        self._followed: tuple[Any, ...] = ()
        self._ended = False
        self.set(query, params)

    @briefly
    def set(self, query: str, params: Params | None) -> None:
        """Ask something else.

        Raises
        ------
        TypeError, ValueError
            What is given makes no query. Nothing has changed then.
        LiveViewError
            Nobody listens any more.
        """
        if self._ended:
            raise LiveViewError(f"{self.query}: the view {CLOSED}")
        composed(query, params)  # raises what there is to be raised
        with self.lock:
            self.query = query
            self.params = _copied(params)
            self._follow()
            self._tell()

    def join(self, listener: Callable[[], None]) -> None:
        """Tell somebody of every change."""
        with self.lock:
            self._listeners += (listener,)
            self._follow()

    def leave(self, listener: Callable[[], None]) -> None:
        """Tell somebody no more; when the last has left, no value is followed."""
        with self.lock:
            self._listeners = tuple(other for other in self._listeners if other != listener)
            self._ended = not self._listeners
            self._follow()

    def _follow(self) -> None:
        wanted = tuple(followed(self.params)) if self._listeners else ()
        before, self._followed = self._followed, wanted
        for value in before:
            if not any(value is other for other in wanted) and hasattr(value, "unobserve"):
                value.unobserve(self._heard, names="value")
        for value in wanted:
            if not any(value is other for other in before):
                value.observe(self._heard, names="value")

    def _heard(self, *_: object) -> None:
        with self.lock:
            if self._followed:
                self._tell()

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()


class NamedParams(MutableMapping[str, Any]):
    """The parameters ``%(name)s`` as they were given: what is set asks anew. A copy is a dict."""

    def __init__(self, bound: BoundQuery) -> None:
        self._bound = bound

    @property
    def _given(self) -> dict[str, Any]:
        return dict(self._bound.params or {})

    def __getitem__(self, name: str) -> Any:
        return self._given[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self.update({name: value})

    def __delitem__(self, name: str) -> None:
        with self._bound.lock:
            given = self._given
            del given[name]
            self._bound.set(self._bound.query, given)

    def __iter__(self) -> Iterator[str]:
        return iter(self._given)

    def __len__(self) -> int:
        return len(self._given)

    def __repr__(self) -> str:
        return repr(self._given)

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return dict, (self._given,)

    @briefly
    def update(self, *args: Any, **params: Any) -> None:
        """Set several at once: a value that cannot be written, or a name that the query does not have, changes none."""
        with self._bound.lock:
            given, more = self._given, dict(*args, **params)
            for name in more.keys() - given.keys():
                if f"%({name})" not in self._bound.query:
                    hint = f"; did you mean %({near})s?" if (near := alike(name, given)) else ""
                    raise ValueError(f"the query has no %({name})s{hint}")
            self._bound.set(self._bound.query, given | more)


class PositionalParams(MutableSequence[Any]):
    """The parameters ``%s`` as they were given: what is set asks anew. A copy is a list."""

    def __init__(self, bound: BoundQuery) -> None:
        self._bound = bound

    @property
    def _given(self) -> list[Any]:
        return list(self._bound.params or ())

    def __getitem__(self, index: Any) -> Any:
        return self._given[index]

    def __setitem__(self, index: Any, value: Any) -> None:
        self._change(lambda given: given.__setitem__(index, value))

    def __delitem__(self, index: Any) -> None:
        self._change(lambda given: given.__delitem__(index))

    def insert(self, index: int, value: Any) -> None:
        """Insert a value; the query must have a place for it."""
        self._change(lambda given: given.insert(index, value))

    def __len__(self) -> int:
        return len(self._given)

    def __eq__(self, other: object) -> bool:
        return self._given == (other._given if isinstance(other, PositionalParams) else other)

    __hash__ = None  # type: ignore[assignment] # as a list

    def __repr__(self) -> str:
        return repr(self._given)

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return list, (self._given,)

    def _change(self, change: Callable[[list[Any]], None]) -> None:
        with self._bound.lock:
            given = self._given
            change(given)
            self._bound.set(self._bound.query, given)


class QueryMixin(Core):
    """The question of a view."""

    _bound: BoundQuery
    _parameters: Parameters
    _conditions: Mapping[object, tuple[str, tuple[str, ...]]] = {}
    _asked_of = ""

    @property
    def query(self) -> str:
        """The view's name or the SELECT, as given; setting it asks anew, with the same `params`; `ask` sets both.

        Raises
        ------
        TypeError, ValueError
            As `LiveView` does.
        """
        return self._bound.query

    @query.setter
    def query(self, query: str) -> None:
        self.ask(query, self._bound.params)

    @property
    def params(self) -> NamedParams | PositionalParams:
        """The values of the query's ``%(name)s`` or ``%s``, as they were given, a dict or a list that can be changed.

        ``view.params["least"] = 50``, ``view.params.update(…)`` and ``view.params = {…}`` ask anew: while the answer is
        awaited, the picture stays, dimmed; `wait` and `df` wait for it.

        Raises
        ------
        TypeError, ValueError
            When set: a value has no SQL form or a placeholder has no value. The question is the one before then.
        """
        return PositionalParams(self._bound) if isinstance(self._bound.params, list) else NamedParams(self._bound)

    @params.setter
    def params(self, params: Params | None) -> None:
        self.ask(self._bound.query, params)

    @briefly
    def ask(self, query: str, params: Params | None = None) -> None:
        """Ask something else, query and parameters at once, as where the new query names other parameters.

        Parameters
        ----------
        query : str
        params : dict or list, optional
            As for `LiveView`; none by default.

        Raises
        ------
        TypeError, ValueError
            As `LiveView` does. The question is the one before then.
        LiveViewError
            The view is closed.

        Examples
        --------
        >>> view.ask("SELECT * FROM orders WHERE shop = %(shop)s", {"shop": "Oslo"})
        """
        self._demand_open()
        self._bound.set(query, params)

    def _narrow(self, owner: object, condition: str | None, told: tuple[str, ...] = ()) -> None:
        """Show only the rows that satisfy a condition in SQL, besides those of other owners; None takes it back.

        `told` is the condition in words.

        From any thread. It is about the columns of the query's result: what ORDER BY … LIMIT leaves out stays out.
        """
        with self._bound.lock:
            others = {other: of for other, of in self._conditions.items() if other is not owner}
            self._conditions = others if condition is None else {**others, owner: (condition, told)}
            if self._open():
                self._ask_anew()

    def _ask_anew(self) -> None:
        """Ask what is now to be asked, or say why that cannot be."""
        with self._bound.lock:
            self._view.questions.ask(self._question())
            if self._asked_of != self.query:
                self._asked_of = self.query
                self._view.rename()

    def _question(self) -> Question:
        """Return what is to be asked."""
        bound = self._bound
        try:
            params = plain(bound.params)
            query = composed(bound.query, params)
        except Exception as error:  # of a value that is followed, whatever that is
            why = str(error) if isinstance(error, TypeError | ValueError) else f"{type(error).__name__}: {error}"
            return Question("", lambda: self._view.tail, problem=Status("failed", shorten(why)))
        asked = narrowed(query, (condition for condition, _ in self._conditions.values()))
        links = [piece for _, told in self._conditions.values() for piece in told]
        chosen = " · ".join([*links, *terms.of_params(bound.query, params)])

        def shown() -> None:
            self._picture.ask(query.sent, lambda: self._view.collection.definition)

        return Question(asked.statement, lambda: shared(self._parameters, asked), shown, params, chosen)


def _copied(params: Params | None) -> Params | None:
    if params is None:
        return None
    return dict(params) if isinstance(params, Mapping) else list(params)


def composed(query: str, params: Params | None) -> Query:
    """Write parameters into a query, and read it.

    Raises
    ------
    TypeError, ValueError
        As `compose` and `parse` do.
    """
    if not isinstance(query, str):
        return parse(query)  # which says what it wants
    if params is None:
        return parse(query)
    made = compose(query, params)
    parsed = parse(made.text)
    start = made.text.find(parsed.text)
    return replace(parsed, text=query, places=lambda at: made.origin(at + start))
