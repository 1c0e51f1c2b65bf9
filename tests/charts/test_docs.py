"""What the documentation of pictures says holds."""

from __future__ import annotations

import re
from typing import Any

import altair as alt

from mzwidget.charts import Options, resolve
from mzwidget.tail.values import Column
from tests.machine import ROOT

OIDS = {"text": 25, "int8": 20, "numeric": 1700, "date": 1082, "float8": 701}
SALES = "country text, shop text, sold int8, returned int8, revenue numeric, share float8, day date"
TOP10 = "editor text, edits int8"


def test_every_example_is_a_picture() -> None:
    code = "\n".join(re.findall(r"```python\n(.*?)```", (ROOT / "docs/charts.md").read_text("utf-8"), re.DOTALL))
    drawn: list[str] = []

    class LiveView:
        def __init__(self, name: str, **options: Any) -> None:
            self.name = name
            parted = [column.split() for column in {"sales": SALES, "top10": TOP10}[name].split(", ")]
            columns = [Column(column, OIDS[kind], kind) for column, kind in parted]
            drawn.append(resolve(columns, Options.of(**options), 5).kind)

        def show(self, chart: Any) -> LiveView:
            return LiveView(self.name, chart=chart)

    exec(code, {"LiveView": LiveView, "alt": alt})
    assert drawn == ["bars", "bars", "line", "table", "vega", "vega"]
