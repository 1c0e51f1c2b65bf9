"""What is selected in a view, by its reader on any page or by Python."""

from __future__ import annotations

import contextlib
import logging
from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import traitlets

from mzwidget import background, selection
from mzwidget.errors import LiveViewError, briefly
from mzwidget.liveview.rows import FIRST_SNAPSHOT, GLIMPSE, RowsMixin
from mzwidget.selection import Condition, Conditions, Selected, Selection

log = logging.getLogger("mzwidget")


class _Trait(traitlets.TraitType[Selection, Any]):
    """What is selected: read as a `Selection`, set from what is to be selected."""

    def get(self, obj: Any, cls: Any = None) -> Selection:  # noqa: ARG002
        chosen: Selection = obj._chosen
        return chosen

    def set(self, obj: Any, value: Any) -> None:
        obj._select(value)


class SelectionMixin(RowsMixin, traitlets.HasTraits):
    """Knows what is selected in a view, and tells it to pages and to those who follow it."""

    selection = _Trait()
    """What is selected, a `Selection`.

    Set it to select from Python, by values as in ``{"user_name": ["A", "B"]}`` (an interval is a tuple ``(low, high)``)
    or with rows of `df`; None takes everything back. Its observers are called
    as those of `status` are. What is selected stays so until it is taken back, whether or not it is in the view.
    Setting it waits for the view's columns as `df` does, and raises as that does; a column or a value that the view
    cannot have is a ValueError or TypeError.
    """
    _chosen: Selection
    _live: dict[str, Selected]
    _aside: background.Aside
    _heeding: tuple[Callable[[], object], ...] = ()

    def _selection(self, conditions: Conditions = ()) -> Selection:
        return Selection(conditions, self._selected, self._selected_rows)

    def _selected_cells(self) -> dict[str, Any] | None:
        return selection.cells(self._chosen.conditions)

    @briefly
    def _select(self, wanted: object) -> None:
        """Select from Python."""
        self._demand_open()
        columns = () if wanted is None else self._content(FIRST_SNAPSHOT).columns
        self._choose(selection.from_python(columns, wanted))
        self._tell_selected(self._tell_observers)

    def _hear_selected(self, told: Mapping[str, Any] | None) -> None:
        """Select as a page says; with the view's lock held."""
        conditions = selection.from_page(self._view.collection.columns, told)
        if conditions is None:
            log.warning("%s: a page selected what the view does not have", self._title())
            conditions = self._chosen.conditions  # which the page is told
        self._choose(conditions)
        background.call(self._tell_selected, self._aside.announce)  # with no lock held

    @abstractmethod
    def _announce(self, name: str) -> None:
        """Call the observers of a trait soon."""

    def _choose(self, conditions: Conditions) -> None:
        with self._view.lock:
            self._chosen = self._selection(conditions)
            self._view.tell_selected()

    def _tell_selected(self, tell_observers: Callable[[], object]) -> None:
        """Tell those who follow."""
        for callback in self._heeding:
            callback()
        tell_observers()
        self._announce("selection")

    def _tell_observers(self) -> None:
        """Tell those who observe columns, until they know what is selected now, whoever else tells them."""
        for live in list(self._live.values()):
            # As text, since NaN is not equal to itself.
            while repr(value := self._value(live.column)) != repr(live.value):
                problem = ""
                try:
                    live.set_trait("value", value)
                except Exception as error:
                    log.exception("an observer of the selection raised")
                    problem = f"selection[{live.column!r}]: {type(error).__name__}: {error}"
                self._view.complain(live, problem)

    @briefly
    def _selected(self, column: str) -> Selected:
        """Return the one object that tells what is selected of a column, after a glimpse of which there are.

        Raises
        ------
        ValueError
            The view is known not to have it.
        """
        if not self._view.collection.columns:
            with contextlib.suppress(LiveViewError, TimeoutError):
                self._content(GLIMPSE)
        with self._view.lock:
            present = [of.name for of in self._view.collection.columns]
            if present and column not in present and not self._view.questions.pending:
                raise ValueError(selection.no_column(column, present))
            live = self._live.setdefault(column, Selected(column))
        if live.value is None:
            live.set_trait("value", self._value(column))
        return live

    def _value(self, column: str) -> Any:
        selected = self._selected_of((column,))
        return selected[0].value if selected else None

    def _selected_of(self, columns: tuple[str, ...]) -> Conditions | None:
        """Return what is selected of these columns; None if nothing is.

        If rows are selected by the values of others, or an interval is, it is the values that these rows have now.
        """
        with self._view.lock:
            conditions, present = self._chosen.conditions, self._view.collection.columns
            named = {of.column.name: of for of in conditions}
            if not conditions:
                return None
            if all(column in named for column in columns):
                return tuple(named[column] for column in columns)
            places = {of.name: i for i, of in enumerate(present)}
            asked = [
                column for column in columns if column in places and not (column in named and named[column].interval)
            ]
            holds = selection.selects(conditions, present)
            rows = dict.fromkeys(
                tuple(row[places[column]] for column in asked) for row in self._view.playhead.rows() if holds(row)
            )
        lists = zip(*rows, strict=True) if rows else [()] * len(asked)
        found = {name: Condition(present[places[name]], texts) for name, texts in zip(asked, lists, strict=True)}
        return tuple(found.get(column) or named[column] for column in columns if column in found or column in named)

    def _follow_selection(self, callback: Callable[[], object]) -> Callable[[], None]:
        """Call back at once, in whichever thread, when something else is selected, until the result is called."""
        with self._view.lock:
            self._heeding += (callback,)

        def leave() -> None:
            with self._view.lock:
                self._heeding = tuple(other for other in self._heeding if other is not callback)

        return leave

    def _selected_rows(self, conditions: Conditions) -> pd.DataFrame:
        content = self._content(FIRST_SNAPSHOT)
        holds = selection.selects(conditions, content.columns)
        return self._frame(content._replace(rows={row: n for row, n in content.rows.items() if holds(row)}))
