"""Watch a Materialize view live in a notebook."""

import logging as _logging

from mzwidget._version import __version__
from mzwidget.errors import LiveViewError, SqlError
from mzwidget.liveview import LiveView
from mzwidget.notebook.load import load
from mzwidget.notebook.sql import sql
from mzwidget.tail.connect import connect
from mzwidget.together import together

_logging.getLogger(__name__).addHandler(_logging.NullHandler())

__all__ = ["LiveView", "LiveViewError", "SqlError", "__version__", "connect", "load", "sql", "together"]
