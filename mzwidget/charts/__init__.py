"""From columns to a picture: decided here once, for the page, for `df` and for what a saved notebook shows."""

from mzwidget.charts.choice import resolve
from mzwidget.charts.encoding import Encoding
from mzwidget.charts.options import Options
from mzwidget.charts.picture import Picture
from mzwidget.charts.roles import ChartError

__all__ = ["ChartError", "Encoding", "Options", "Picture", "resolve"]
