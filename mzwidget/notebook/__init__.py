"""At home in an analysis: SQL in cells, frames in and out, completion, and the tools that connect."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from mzwidget.notebook.completion import Names

_loaded: list[tuple[object, Names]] = []


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Do what ``%load_ext mzwidget`` asks for: the magics, and the completion of SQL."""
    from mzwidget.notebook.completion import Names, matcher  # noqa: PLC0415 - only who loads it needs it
    from mzwidget.notebook.magics import SqlMagics  # noqa: PLC0415

    shell.register_magics(SqlMagics)
    names = Names()
    match = matcher(names)
    shell.Completer.custom_matchers.insert(0, match)
    _loaded.append((match, names))


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Take completion back; magics stay until the kernel ends."""
    for match, names in _loaded:
        shell.Completer.custom_matchers = [other for other in shell.Completer.custom_matchers if other is not match]
        names.close()
    _loaded.clear()
