"""Every kind of picture that a user may ask for by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from mzwidget.charts import bars, line, number, table
from mzwidget.charts.encoding import Encoding
from mzwidget.charts.named import Free, Named
from mzwidget.tail.values import Column

Encode = Callable[[Sequence[Column], Named, Free, int], Encoding]
"""From the columns, those that are named, the others and a limit (0 for none) to a picture, or a `ChartError`."""

KINDS: Mapping[str, Encode] = {
    "bars": bars.encode,
    "line": line.encode,
    "number": number.encode,
    "table": table.encode,
}
