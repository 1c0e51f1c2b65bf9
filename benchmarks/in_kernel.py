"""What runs inside the kernel that is measured; imported there by the notebook's cells."""

from __future__ import annotations

import gc
import json
import random
import threading
import time
from collections.abc import Callable
from typing import Any

import anywidget
import traitlets

from mzwidget.tail import connect as connecting
from mzwidget.tail import query
from mzwidget.tail.shared import shared
from mzwidget.tail.updates import Updates

FIRST = 1_000_000
"""What numbers grow from."""


class Markers:
    """Growing numbers, assigned to something that shows them: some at regular times, others (the markers) by chance.

    Attributes
    ----------
    sent : list of (number, seconds since the epoch)
        When the markers were assigned.
    """

    def __init__(self, assign: Callable[[int], None]) -> None:
        self.sent: list[tuple[int, float]] = []
        self._assign = assign
        self._count = FIRST

    def run(self, seconds: float, regular: float, mean: float) -> None:
        """Assign in a thread: each `regular` seconds, and `mean` seconds apart on average."""
        self.sent = []
        due = [(number * regular, False) for number in range(1, int(seconds / regular) + 1)]
        at = 0.0
        while (at := at + random.expovariate(1 / mean)) < seconds:
            due.append((at, True))

        def assign_all() -> None:
            began = time.monotonic()
            for moment, is_marker in sorted(due):
                time.sleep(max(0.0, began + moment - time.monotonic()))
                self._count += 1
                if is_marker:
                    self.sent.append((self._count, time.time()))
                self._assign(self._count)

        threading.Thread(target=assign_all, daemon=True).start()


class Floor(anywidget.AnyWidget):
    """The least that shows a value: one traitlet, set from a thread, written to one element."""

    _esm = """
    export default {
      render({ model, el }) {
        const shown = document.createElement("div");
        shown.className = "floor";
        shown.textContent = "0";
        el.append(shown);
        model.on("change:value", () => { shown.textContent = model.get("value"); });
      },
    };
    """
    value = traitlets.Unicode("0").tag(sync=True)

    def __init__(self) -> None:
        super().__init__()
        self.markers = Markers(self._assign)
        self.sent: list[tuple[int, float]] = []

    def _assign(self, number: int) -> None:
        self.value = str(number)

    def run(self, count: int, every: tuple[float, float]) -> None:
        """Set 1, 2, … `count` in a thread, a random time apart, noting when."""
        self.sent = []

        def count_up() -> None:
            for number in range(1, count + 1):
                time.sleep(random.uniform(*every))
                self.sent.append((number, time.time()))
                self.value = str(number)

        threading.Thread(target=count_up, daemon=True).start()


class Chart:
    """Altair's own widget: ten bars, and the number as title; all data are assigned anew with each."""

    def __init__(self) -> None:
        import altair as alt  # noqa: PLC0415 - slow

        alt.JupyterChart.enable_offline()
        self._alt = alt
        self.widget = alt.JupyterChart(self._make(0), embed_options={"renderer": "svg", "actions": False})
        self.markers = Markers(self._assign)

    def _assign(self, number: int) -> None:
        self.widget.chart = self._make(number)

    def _make(self, number: int) -> Any:
        alt = self._alt
        bars = [{"editor": f"editor {n}", "edits": (number * n) % 1000} for n in range(1, 11)]
        data = alt.Data(values=bars)
        return alt.Chart(data, title=str(number)).mark_bar().encode(x="edits:Q", y=alt.Y("editor:N", sort="-x"))


class BareVega(anywidget.AnyWidget):
    """The same ten bars with their numbers as texts in a Vega view, patched by hand: a row out, a row in."""

    change = traitlets.Dict().tag(sync=True)

    def __init__(self) -> None:
        import vl_convert  # noqa: PLC0415 - slow

        spec = {
            "data": {"name": "live", "values": _bars(0)},
            "encoding": {
                "y": {"field": "editor", "type": "nominal", "sort": "-x"},
                "x": {"field": "edits", "type": "quantitative"},
            },
            "layer": [{"mark": "bar"}, {"mark": "text", "encoding": {"text": {"field": "edits"}}}],
        }
        script = f"""
        const render = async ({{ model, el }}) => {{
          el.className = "bare-vega";
          const {{ view }} = await vegaEmbed(el, {json.dumps(spec)}, {{ renderer: "svg", actions: false }});
          model.on("change:change", () => {{
            const {{ editor, edits }} = model.get("change");
            view.remove("live", (row) => row.editor === editor).insert("live", [{{ editor, edits }}]).runAsync();
          }});
        }};
        export default {{ render }};
        """
        super().__init__(_esm=vl_convert.javascript_bundle(script))
        self.sent: list[tuple[int, float]] = []

    def run(self, count: int, every: tuple[float, float]) -> None:
        """Set growing numbers in a thread, a random time apart, noting when."""
        first = self.sent[-1][0] if self.sent else FIRST
        self.sent = []

        def count_up() -> None:
            for number in range(first + 1, first + count + 1):
                time.sleep(random.uniform(*every))
                self.sent.append((number, time.time()))
                self.change = {"editor": "clock", "edits": number}

        threading.Thread(target=count_up, daemon=True).start()


def _bars(number: int) -> list[dict[str, Any]]:
    return [{"editor": "clock", "edits": number}] + [{"editor": f"editor {n}", "edits": n} for n in range(1, 10)]


class Moves:
    """Sets the parameter `number` of a view, whose answer shows it, and with it `least`; sometimes goes back.

    Attributes
    ----------
    sent : list of (number, seconds since the epoch)
        When it asked anew.
    back : list of (number, seconds since the epoch)
        When it went back to the question just left.
    """

    def __init__(self, view: Any) -> None:
        self._view = view
        self._count = FIRST
        self.sent: list[tuple[int, float]] = []
        self.back: list[tuple[int, float]] = []

    def _ask(self, number: int) -> None:
        self._view.params.update(least=number % 500, number=number)

    def run(self, count: int, every: tuple[float, float]) -> None:
        """Move so many times in a thread, a random time apart; each third time back to the question before."""
        self.sent, self.back = [], []

        def move() -> None:
            for number in range(count):
                time.sleep(random.uniform(*every))
                if number % 3 == 2:
                    self._count -= 1
                    self.back.append((self._count, time.time()))
                    self._ask(self._count)
                    time.sleep(random.uniform(*every))
                self._count += 2
                self.sent.append((self._count, time.time()))
                self._ask(self._count)

        threading.Thread(target=move, daemon=True).start()


class Closings:
    """Notes when each batch of a query is closed in the kernel. Make it before the query's first LiveView.

    Parameters
    ----------
    text : str
        The query.
    counted : int, optional
        The column whose greatest number stands for a batch that brings one; else the batch's timestamp does.
    """

    def __init__(self, text: str, counted: int | None = None) -> None:
        self._counted = counted
        self.closed: list[tuple[int, float]] = []
        self.snapshot = 0.0
        tail = shared(connecting.parameters(None), query.parse(text))
        self._of = tail.collection
        tail.attach(self)

    def on_reset(self) -> None:
        self.snapshot = time.time()

    def on_batch(self, updates: Updates) -> None:
        now = time.time()
        if self._counted is not None:
            numbers = [int(row[self._counted] or 0) for row, count in updates.items() if count > 0]
            self.closed += [(max(numbers), now)] if numbers else []
        elif self._of.time is not None:
            self.closed.append((self._of.time, now))

    def on_progress(self) -> None:
        pass

    def on_status(self) -> None:
        pass

    def on_tick(self) -> None:
        pass

    def wanted(self) -> bool:
        return False

    def take(self) -> list[tuple[int, float]]:
        """Return the (timestamp, wall clock) noted since the last call."""
        taken, self.closed = self.closed, []
        return taken


def busy(seconds: float) -> None:
    """Compute in pure Python, as a long cell does."""
    end = time.time() + seconds
    while time.time() < end:
        sum(number * number for number in range(1000))


def threads() -> dict[int, str]:
    """Name this process's Python threads, by the system's id."""
    return {thread.native_id: thread.name for thread in threading.enumerate() if thread.native_id is not None}


def settle() -> None:
    """Collect garbage, so that what memory is left is in use."""
    gc.collect()
