"""How far a long call has come: a bar in a notebook, a line in a terminal, or whatever a callable makes of it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import ipywidgets
from IPython import get_ipython
from IPython.display import display

Report = Callable[[int, int | None], object]

_PATIENCE = 0.3
"""Seconds after which one wants to know."""


class Progress:
    """Counts rows while a block runs.

    Parameters
    ----------
    what : str
        Says what is done.
    total : int or None
        Rows, if known.
    report : bool or callable
        True shows a bar or a line, False nothing; a callable is given the rows done and `total`.
    """

    def __init__(self, what: str, total: int | None, report: bool | Report) -> None:
        self._what = what
        self._total = total
        self._report = report
        self._began = time.monotonic()
        self._bar: Any = None
        self._label: Any = None
        self.done = 0

    def advance(self, rows: int) -> None:
        """Count rows as done."""
        self.done += rows
        if callable(self._report):
            self._report(self.done, self._total)
        elif self._report and (self._label is not None or time.monotonic() - self._began > _PATIENCE):
            self._show("…")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._label is not None:
            spent = time.monotonic() - self._began
            self._show(f"in {spent:.1f} s" if kind is None else "given up: nothing is loaded", kind is None)

    def _show(self, state: str, well: bool | None = None) -> None:
        of = f" of {self._total:,}" if self._total is not None and well is None else ""
        text = f"{self._what}: {self.done:,}{of} rows {state}"
        if not _in_notebook():
            self._label = self._label or sys.stderr
            if sys.stderr.isatty():
                print(f"\r{text}", end="" if well is None else "\n", file=sys.stderr, flush=True)
            return
        if self._label is None:
            self._label = ipywidgets.Label()
            self._bar = ipywidgets.IntProgress(max=self._total or 1)
            display(ipywidgets.HBox([self._bar, self._label]))  # type: ignore[no-untyped-call]
        self._bar.value = self.done if self._total else int(well is not None)
        self._bar.bar_style = {None: "info", True: "success", False: "danger"}[well]
        self._label.value = text


def _in_notebook() -> bool:
    shell = get_ipython()
    return shell is not None and hasattr(shell, "kernel")
