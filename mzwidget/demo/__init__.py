"""``mzwidget demo``: JupyterLab with the chart already live."""
