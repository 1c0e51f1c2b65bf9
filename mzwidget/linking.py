"""Views that follow what is selected in another: the database keeps up what each shows of the selected rows."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Mapping

from psycopg import sql

from mzwidget.closing import Closing
from mzwidget.errors import CLOSED, briefly
from mzwidget.liveview import LiveView
from mzwidget.liveview.rows import FIRST_SNAPSHOT
from mzwidget.selection import Condition, Conditions
from mzwidget.tail.values import Column
from mzwidget.terms import of_selection

_CAST = frozenset(
    "bool date float4 float8 int2 int4 int8 interval jsonb mz_timestamp numeric oid time timestamp timestamptz "  # noqa: SIM905
    "uint2 uint4 uint8 uuid bytea".split()
)
"""Types that a literal is cast to; what it is compared with says all others."""

_links: weakref.WeakSet[Link] = weakref.WeakSet()
"""All that are in force; a view that is open is held by its widget, and none that is closed by a link."""


class Link(Closing):
    """Shows of some views only what belongs to the selection in another, until `close`.

    Attributes
    ----------
    source : LiveView
    on : dict
        Columns of the source, and those of the targets that they are compared with.
    """

    def __init__(self, source: LiveView, targets: tuple[LiveView, ...], on: Mapping[str, str]) -> None:
        self.source = source
        self.on = dict(on)
        self._targets = [weakref.ref(target) for target in targets]
        self._owner = object()
        self._columns = {
            id(view): {of.name: of for of in view._content(FIRST_SNAPSHOT).columns} for view in (source, *targets)
        }
        self._check()
        self._lock = threading.Lock()
        self._ended = False
        self._leave = source._follow_selection(self._narrow)
        _links.add(self)
        self._narrow()

    @property
    def targets(self) -> tuple[LiveView, ...]:
        """The views that follow."""
        return tuple(target for of in self._targets if (target := of()) is not None)

    def close(self) -> None:
        """Show everything again, as far as no other link narrows it."""
        with self._lock:
            self._ended = True
            self._leave()
            _links.discard(self)
            for target in self.targets:
                target._narrow(self._owner, None)

    def __repr__(self) -> str:
        targets = ", ".join(repr(target.name) for target in self.targets)
        return f"<link of {self.source.name!r} to {targets} on {self.on}>"

    def _check(self) -> None:
        for view, names in ((self.source, self.on), *((target, self.on.values()) for target in self.targets)):
            known = self._columns[id(view)]
            for name in names:
                if name not in known:
                    raise ValueError(f"link(): {view.name!r} has no column {name!r}; it has {', '.join(known)}")

    def _narrow(self) -> None:
        """Let the targets ask for what is selected now."""
        with self._lock:
            if self._ended:
                return
            conditions = self.source._selected_of(tuple(self.on))
            for target in self.targets:
                if conditions is None:
                    target._narrow(self._owner, None)
                else:
                    told = of_selection([(self.on[of.column.name], of) for of in conditions])
                    target._narrow(self._owner, self._where(conditions, self._columns[id(target)]), told)

    def _where(self, conditions: Conditions, columns: Mapping[str, Column]) -> str:
        if not conditions:
            return "FALSE"
        lists = [(of, columns[self.on[of.column.name]]) for of in conditions if not of.interval]
        spans = [_between(of, columns[self.on[of.column.name]]) for of in conditions if of.interval]
        return sql.SQL(" AND ").join([*spans, *([_among(lists)] if lists else [])]).as_string(None)


@briefly
def link(source: LiveView, *targets: LiveView, on: str | Mapping[str, str]) -> Link:
    """Let views follow the selection in another: bars, rows or an interval selected there narrow what they show.

    Each target shows ``SELECT * FROM (its query) WHERE on IN (what is selected)``, maintained by the database, and all
    while nothing is selected. The columns are those of the query's result, so what its ORDER BY and LIMIT leave out
    stays out. Several links to one target all apply.

    Parameters
    ----------
    source : LiveView
        In which is selected: by mouse or keys on any page, or by ``source.selection = …``.
    *targets : LiveView
    on : str or dict
        The column that source and targets have; or columns of the source and those of the targets to compare with. If
        the selection is by other columns, it is the values that the selected rows have when they are selected.

    Returns
    -------
    Link
        In force until its `close`, or the end of a ``with``.

    Raises
    ------
    TypeError
        Something else than a LiveView is among them, or there is no target.
    ValueError
        A view lacks a column or is closed; or the source follows, by way of other links, one of the targets.
    LiveViewError, TimeoutError
        There is no snapshot of a view, as of `LiveView.df`.

    Examples
    --------
    >>> mzwidget.link(top10, edits_per_minute, latest_edits, on="user_name")
    """
    for view in (source, *targets):
        if not isinstance(view, LiveView):
            raise TypeError(f"link() takes LiveViews, not {type(view).__name__}")
        if view._closed is not None:
            raise ValueError(f"link(): {view.name!r} {CLOSED}")
    if not targets:
        raise TypeError("link() takes a source and at least one target")
    on = {on: on} if isinstance(on, str) else on
    if not isinstance(on, Mapping) or not on:
        raise TypeError(f"link(): on is a column's name or a dict of them, not {on!r:.60}")
    for target in targets:
        if way := _way(target, source):
            names = " → ".join(repr(view.name) for view in (source, *way))
            raise ValueError(f"link(): a view cannot follow its own selection, not even round about: {names}")
    return Link(source, targets, on)


def _way(start: LiveView, end: LiveView) -> list[LiveView]:
    """Return the views by which links lead from one to another; empty if they do not."""
    if start is end:
        return [start]
    for target in [to for of in _links if of.source is start for to in of.targets]:
        if target._closed is None and (way := _way(target, end)):
            return [start, *way]
    return []


def _literal(text: str, of: Column) -> sql.Composable:
    literal = sql.Literal(text)
    return sql.SQL("{}::{}").format(literal, sql.SQL(of.type)) if of.type in _CAST else literal


def _between(of: Condition, column: Column) -> sql.Composable:
    name = sql.Identifier(column.name)
    ends = [
        sql.SQL("{} {} {}").format(name, sql.SQL(operator), _literal(text, column))
        for operator, text in zip((">=", "<="), of.texts, strict=True)
        if text is not None
    ]
    return sql.SQL(" AND ").join(ends)


def _among(lists: list[tuple[Condition, Column]]) -> sql.Composable:
    """Return the condition that a row is one of those selected by their values."""
    points = list(dict.fromkeys(zip(*(of.texts for of, _ in lists), strict=True)))
    if not points:
        return sql.SQL("FALSE")
    if len(lists) == 1:
        column = lists[0][1]
        values = [_literal(text, column) for (text,) in points if text is not None]
        null = [sql.SQL("{} IS NULL").format(sql.Identifier(column.name))] if (None,) in points else []
        among = sql.SQL("{} IN ({})").format(sql.Identifier(column.name), sql.SQL(", ").join(values))
        return sql.SQL("({})").format(sql.SQL(" OR ").join([*([among] if values else []), *null]))
    columns = [column for _, column in lists]
    rows = [sql.SQL(" AND ").join(map(_equal, columns, point)) for point in points]
    return sql.SQL("({})").format(sql.SQL(" OR ").join(sql.SQL("({})").format(row) for row in rows))


def _equal(column: Column, text: str | None) -> sql.Composable:
    name = sql.Identifier(column.name)
    if text is None:
        return sql.SQL("{} IS NULL").format(name)
    return sql.SQL("{} = {}").format(name, _literal(text, column))
