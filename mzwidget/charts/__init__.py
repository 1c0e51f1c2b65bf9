"""From columns to a picture: decided here once, for the page, for `df` and for what a saved notebook shows.

A kind of picture is a module here, whose docstring says which channels and options it has; its line in `kinds`; a
drawing in `svg` for where there is no page; and a file in ``js/src/views`` with its line in ``registry.js``.
"""

from mzwidget.charts.choice import resolve
from mzwidget.charts.encoding import Encoding
from mzwidget.charts.options import Options
from mzwidget.charts.picture import Picture
from mzwidget.charts.roles import ChartError

__all__ = ["ChartError", "Encoding", "Options", "Picture", "resolve"]
