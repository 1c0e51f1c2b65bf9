"""Watch a Materialize view live in a notebook."""

import logging as _logging

from mzwidget._version import __version__
from mzwidget.changes import Batch, Change
from mzwidget.errors import LiveViewError, SqlError, StaleWarning
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
from mzwidget.together import Together, together

_logging.getLogger(__name__).addHandler(_logging.NullHandler())


__all__ = [
    "Batch",
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
