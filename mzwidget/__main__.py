"""``python -m mzwidget`` is the command ``mzwidget``."""

import sys

from mzwidget.cli import main

sys.exit(main())
