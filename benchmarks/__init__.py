"""How fast mzwidget is, beside the fastest that a widget can be: ``python -m benchmarks``."""
