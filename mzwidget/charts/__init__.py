"""From columns to a picture: decided here once, for the page, for `df` and for what a saved notebook shows."""

from mzwidget.charts.encoding import Encoding, resolve
from mzwidget.charts.options import Options

__all__ = ["Encoding", "Options", "resolve"]
