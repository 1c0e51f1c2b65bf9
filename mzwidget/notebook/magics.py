"""The magics ``%live`` and ``%sqlmz``, after ``%load_ext mzwidget``."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import Any

import pandas as pd
from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_cell_magic, magics_class

from mzwidget.lexing import is_name, statements, tokens, words
from mzwidget.liveview import LiveView
from mzwidget.notebook.session import prepare
from mzwidget.notebook.sql import check, execute, frame
from mzwidget.params import Composed, Params, compose

_OPTION = re.compile(r"(?:^|\s)--(\w+)(?:=|\s+|$)")
_READS = {"select", "with", "values", "table", "show"}
_PATIENCE = 10.0
"""Seconds that ``%live`` waits for a first snapshot, so that an error is told where it is made."""


@magics_class
class SqlMagics(Magics):
    """SQL in cells."""

    @line_cell_magic
    def live(self, line: str, cell: str | None = None) -> LiveView:
        """Draw a view or the SELECT of a cell, live.

        ``%live top10`` or, as a cell, ``%%live [name] [--kind bars] [--params {"least": 3}]``: one SELECT or a view's
        name, or several statements of which it is the last. The view is kept in the variable `name`. Options are those
        of LiveView; the values of ``--params``, a variable or an expression, fill in ``%(least)s``: sliders in it are
        followed, and ``name.params["least"] = 4`` asks anew.
        """
        rest, options = self._options(line)
        if cell is None:
            return self._watch(rest, options)
        view = self._watch(cell, options)
        self._keep(rest, view)
        return view

    @line_cell_magic
    def sqlmz(self, line: str, cell: str | None = None) -> pd.DataFrame | None:
        """Run SQL; show the rows of the last statement as a data frame.

        ``%sqlmz SELECT 1`` or, as a cell, ``%%sqlmz [name] [--params {"least": 3}]``. The frame is kept in the variable
        `name`.
        """
        rest, options = self._options(line)
        script = _said(rest if cell is None else cell, "%sqlmz")
        params = self._params(options)
        if options:
            raise UsageError(f"%sqlmz has no option --{next(iter(options))}; it takes --params")
        found = frame(execute(script, compose(script, params)))
        if cell is not None:
            self._keep(rest, found)
        if not len(found.columns):
            print(found.attrs["status"])
            return None
        return found

    def _watch(self, script: str, options: dict[str, str]) -> LiveView:
        script = _said(script, "%live")
        params = self._params(options)
        composed = compose(script, params)
        parts = statements(composed.text)
        at, last = parts[-1]
        first = next(iter(words(last)), None)
        reads = last.startswith("(") or (first is not None and first.identifier in _READS)
        if not reads and not is_name(last):
            raise UsageError(f"%live draws a SELECT or a view by its name, not {last[:40]!r}; %sqlmz runs anything")
        if len(parts) > 1:
            execute(script, _part(composed, 0, parts[-2][0] + len(parts[-2][1])))
        prepare(_part(composed, at, at + len(last)), script)
        try:
            written, last = statements(script)[-1]
            named = {name: _literal(text) for name, text in options.items()}
            view = LiveView(last, params=_rest(params, script[:written]), **named)
        except (TypeError, ValueError) as error:
            raise UsageError(f"%live: {error}") from None
        try:
            view.wait(_PATIENCE)
        except TimeoutError:
            pass  # the picture says how it fares
        except BaseException:
            view.close()
            raise
        return view

    @property
    def _variables(self) -> dict[str, Any]:
        assert self.shell is not None
        variables: dict[str, Any] = self.shell.user_ns
        return variables

    def _options(self, line: str) -> tuple[str, dict[str, str]]:
        """Split a line into what stands before its options, and the options."""
        found = list(_OPTION.finditer(line))
        ends = [*(match.start() for match in found[1:]), len(line)]
        options = {match[1]: line[match.end() : end].strip() for match, end in zip(found, ends, strict=False)}
        return line[: found[0].start() if found else len(line)].strip(), options

    def _params(self, options: dict[str, str]) -> Params | None:
        text = options.pop("params", None)
        if text is None:
            return None
        try:
            params: Params = eval(text, self._variables)  # the user's own expression, as in a cell
        except Exception as error:
            raise UsageError(f"--params {text}: {type(error).__name__}: {error}") from None
        return params

    def _keep(self, name: str, value: Any) -> None:
        if name and not name.isidentifier():
            raise UsageError(f"{name!r} is no name for a variable")
        if name:
            self._variables[name] = value


def _said(script: str, magic: str) -> str:
    try:
        return check(script)
    except ValueError as error:
        raise UsageError(f"{magic}: {error}") from None


def _rest(params: Params | None, before: str) -> Params | None:
    """Leave out the values that the SQL before has taken."""
    if params is None or isinstance(params, Mapping):
        return params
    return params[sum(token.kind == "placeholder" and token.text != "%%" for token in tokens(before)) :]


def _part(composed: Composed, start: int, end: int) -> Composed:
    """Cut a piece out of a composed script; its offsets still lead to the script as written."""
    edges = tuple((sent - start, written) for sent, written in composed.edges if sent > start)
    return Composed(composed.text[start:end], ((0, composed.origin(start)), *edges))


def _literal(text: str) -> Any:
    """Read an option's value: a number or a quoted text as Python does, a bare word as text."""
    try:
        return ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return text
