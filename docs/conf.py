"""How the site is built: ``python -m sphinx -W -b html docs build/site``."""

from __future__ import annotations

import tomllib
from pathlib import Path

from mzwidget import __version__

_PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))["project"]
_SOURCE = _PROJECT["urls"]["Source"]

project = "mzwidget"
author = copyright = "the mzwidget contributors"  # noqa: A001 - Sphinx's name
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_enable_extensions = ["attrs_inline", "colon_fence"]
myst_heading_anchors = 3
exclude_patterns = ["gallery/*"]

html_theme = "furo"
html_title = f"mzwidget {__version__}"
html_static_path = ["static"]
html_favicon = "static/favicon.svg"
html_css_files = ["site.css"]
html_copy_source = False
html_show_copyright = False
html_theme_options = {
    "source_repository": _SOURCE,
    "source_branch": "main",
    "source_directory": "docs/",
    "light_css_variables": {"color-brand-primary": "#1f6feb", "color-brand-content": "#1f6feb"},
    "dark_css_variables": {"color-brand-primary": "#79b0ff", "color-brand-content": "#79b0ff"},
}

# A name in single backticks is a link where something of that name is described, and else code.
default_role = "py:obj"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True
python_display_short_literal_types = True
maximum_signature_line_length = 100
