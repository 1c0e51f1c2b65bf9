"""``mzwidget demo``: JupyterLab with the chart already live."""


class DemoError(Exception):
    """The demo cannot start; the message says why and what to do."""
