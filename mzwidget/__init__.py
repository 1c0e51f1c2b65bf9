"""Watch a Materialize view live in a notebook."""

import difflib as _difflib
import importlib as _importlib
import logging as _logging
from typing import TYPE_CHECKING

from mzwidget._version import __version__

if TYPE_CHECKING:
    from mzwidget import local as local
    from mzwidget import wikipedia as wikipedia
    from mzwidget.changes import Batch, Callback, Change
    from mzwidget.errors import LiveViewError, SqlError, StaleWarning
    from mzwidget.grouping import Together, together
    from mzwidget.linking import Link, link
    from mzwidget.liveview import LiveView
    from mzwidget.notebook import load_ipython_extension, unload_ipython_extension
    from mzwidget.notebook.address import sqlalchemy_engine, url
    from mzwidget.notebook.load import load
    from mzwidget.notebook.sql import sql
    from mzwidget.notebook.views import views
    from mzwidget.page.report import Stats
    from mzwidget.selection import Interval, Selection
    from mzwidget.tail.connect import connect
    from mzwidget.tail.status import Status
    from mzwidget.teardown import close_all

__all__ = [
    "Batch",
    "Callback",
    "Change",
    "Interval",
    "Link",
    "LiveView",
    "LiveViewError",
    "Selection",
    "SqlError",
    "StaleWarning",
    "Stats",
    "Status",
    "Together",
    "__version__",
    "close_all",
    "connect",
    "link",
    "load",
    "load_ipython_extension",
    "sql",
    "sqlalchemy_engine",
    "together",
    "unload_ipython_extension",
    "url",
    "views",
]

# Where each public name is at home. The embedded engine, the command line and Jupyter's server run without pandas and
# IPython, which take a second and 100 MB: a name is imported when it is first asked for.
_HOMES = {
    "changes": ("Batch", "Callback", "Change"),
    "errors": ("LiveViewError", "SqlError", "StaleWarning"),
    "grouping": ("Together", "together"),
    "linking": ("Link", "link"),
    "liveview": ("LiveView",),
    "notebook": ("load_ipython_extension", "unload_ipython_extension"),
    "notebook.address": ("sqlalchemy_engine", "url"),
    "notebook.load": ("load",),
    "notebook.sql": ("sql",),
    "notebook.views": ("views",),
    "page.report": ("Stats",),
    "selection": ("Interval", "Selection"),
    "tail.connect": ("connect",),
    "tail.status": ("Status",),
    "teardown": ("close_all",),
}
_PARTS = ("local", "wikipedia")
_HOME = {name: home for home, names in _HOMES.items() for name in names}
_LOWER = {name.lower(): name for name in (*_HOME, *_PARTS)}

_logging.getLogger(__name__).addHandler(_logging.NullHandler())


def __getattr__(name: str) -> object:
    if name in _PARTS:
        return _importlib.import_module(f"mzwidget.{name}")
    if name not in _HOME:
        near = () if name.startswith("_") else _difflib.get_close_matches(name.lower(), _LOWER, n=1)
        hint = f"; did you mean {_LOWER[near[0]]!r}?" if near else ""
        # With its object too, Python would say again what was meant.
        error = AttributeError(f"module 'mzwidget' has no attribute {name!r}{hint}", name=name)
        _importlib.import_module("mzwidget.errors").show_briefly(error)
        raise error
    found: object = getattr(_importlib.import_module(f"mzwidget.{_HOME[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*__all__, *_PARTS, *(name for name in globals() if name.startswith("__"))})
