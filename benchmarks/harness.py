"""A real JupyterLab in a real Chromium, and what a benchmark does and reads there."""

from __future__ import annotations

import ast
import contextlib
import itertools
import json
import os
import queue
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from jupyter_client.blocking.client import BlockingKernelClient
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

import hatch_build
from benchmarks import processes
from mzwidget import local
from tests.jupyterlab import LabServer
from tests.machine import ROOT, chromium

PROBES = (Path(__file__).parent / "page.js").read_text()


class Mark(NamedTuple):
    """A reading of the page, and the seconds since the epoch when it came about."""

    reading: Any
    arrived: float
    """When the newest message from the server had arrived."""
    dom: float
    painted: float


class Kernel:
    """The kernel of an open notebook, on a connection of one's own: it answers whatever the page does."""

    def __init__(self, connection_file: Path) -> None:
        self._client = BlockingKernelClient(connection_file=str(connection_file))
        self._client.load_connection_file()
        self._client.start_channels(shell=True, iopub=False, stdin=False, hb=False)
        self.pid = int(self.value("__import__('os').getpid()"))

    def value(self, expression: str, timeout: float = 60) -> Any:
        """Evaluate an expression whose value JSON can hold; waits until the kernel is idle."""
        told = f"__import__('json').dumps({expression})"
        request = self._client.execute("", silent=True, user_expressions={"value": told})
        answer = self._reply(request, timeout)["user_expressions"]["value"]
        if answer["status"] != "ok":
            raise RuntimeError(f"{expression}: {answer['ename']}: {answer['evalue']}")
        return json.loads(ast.literal_eval(answer["data"]["text/plain"]))

    def run(self, code: str, timeout: float = 60) -> None:
        """Run code as a cell runs, to its end."""
        reply = self._reply(self.start(code), timeout)
        if reply["status"] != "ok":
            raise RuntimeError(f"{code}: {reply.get('ename')}: {reply.get('evalue')}")

    def start(self, code: str) -> str:
        """Begin to run code as a cell runs."""
        return str(self._client.execute(code, silent=False, store_history=False))

    def _reply(self, request: str, timeout: float) -> Any:
        deadline = time.monotonic() + timeout
        while True:
            try:
                reply = self._client.get_shell_msg(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise TimeoutError(f"the kernel gave no answer within {timeout} s") from None
            if reply["parent_header"].get("msg_id") == request:
                return reply["content"]

    def thread(self, name: str) -> int:
        """Return the system's id of the kernel's thread of this name."""
        named = self.value("in_kernel.threads()")
        return next(int(id_) for id_, of in named.items() if of == name)

    def memory(self) -> float:
        """Return the kernel's memory in MB."""
        return processes.resident(self.pid)

    def close(self) -> None:
        """End the connection; the kernel runs on."""
        self._client.stop_channels()


class Notebook:
    """A notebook open in a page of its own, with a kernel of its own."""

    page: Page
    kernel: Kernel
    _cdp: CDPSession

    def __init__(self, lab: LabServer, home: Path, name: str) -> None:
        self.lab = lab
        self.name = name
        self._home = home
        self._kernels: list[Kernel] = []

    def open(self, page: Page) -> None:
        """Open the notebook, for the first time or again, and wait until its kernel is idle."""
        page.set_default_timeout(120_000)
        page.add_init_script(PROBES)
        self.lab.open(page, self.name)
        self.page = page
        self._cdp = page.context.new_cdp_session(page)
        self._cdp.send("Performance.enable")
        id_ = page.evaluate("jupyterapp.shell.currentWidget.sessionContext.session.kernel.id")
        self.kernel = Kernel(self._home / "jupyter_runtime_dir" / f"kernel-{id_}.json")
        self._kernels.append(self.kernel)
        self._calibrate()

    def close(self) -> None:
        """End the connections to the kernel."""
        for kernel in self._kernels:
            kernel.close()

    def _calibrate(self) -> None:
        low, high = self.page.evaluate("bench.origin()")
        self.uncertainty = abs(high - low) / 2
        self._origin = (low + high) / 2

    def run_cell(self, index: int) -> None:
        """Run one of the notebook's cells, and wait for its end."""
        self.page.evaluate(
            """(index) => {
                const notebook = jupyterapp.shell.currentWidget.content;
                notebook.activeCellIndex = index;
                return jupyterapp.commands.execute("notebook:run-cell").then(() => null);
            }""",
            index,
        )

    def show(self, selector: str = ".mzw") -> None:
        """Scroll to a widget and wait until it is there."""
        widget = self.page.locator(selector).last
        widget.wait_for()
        widget.scroll_into_view_if_needed()

    def watch(self, name: str, selector: str, read: str) -> None:
        """Note what `read`, a JavaScript function of the last element that matches, returns whenever that changes."""
        self.page.evaluate(f"bench.watch({json.dumps(name)}, {json.dumps(selector)}, {read})")

    def marks(self, name: str) -> list[Mark]:
        """Return what was noted since the last call and is painted."""
        self._calibrate()
        taken = self.page.evaluate("(name) => bench.take(name)", name)
        return [
            Mark(reading, *map(self.seconds, moments))
            for reading, *moments in taken
            if moments[-1] is not None  # else it is yet to be painted
        ]

    def seconds(self, now: float) -> float:
        """Turn the page's performance.now() into seconds since the epoch."""
        return float(self._origin + now) / 1000

    def counters(self) -> dict[str, int]:
        """Return how many messages and bytes the page has received, and frames it has painted."""
        counters = "(({ messages, bytes, frames }) => ({ messages, bytes, frames }))(bench)"
        counted: dict[str, int] = self.page.evaluate(counters)
        return counted

    def heap(self) -> float:
        """Return the page's JavaScript heap in MB, after a collection of garbage."""
        self._cdp.send("HeapProfiler.collectGarbage")
        metrics = self._cdp.send("Performance.getMetrics")["metrics"]
        return float(next(of["value"] for of in metrics if of["name"] == "JSHeapUsedSize")) / 1e6

    def settled(self) -> float:
        """Return the kernel's memory in MB, after a collection of garbage."""
        self.kernel.run("in_kernel.settle()")
        return self.kernel.memory()

    def busy(self, seconds: float) -> None:
        """Let a cell compute for this long; returns at once."""
        self.kernel.start(f"in_kernel.busy({seconds})")
        time.sleep(0.5)


@dataclass
class Bench:
    """What every benchmark works with.

    Attributes
    ----------
    dsn : str
        The database: MATERIALIZE_URL, or an embedded engine.
    quick : bool
        Whether a rough figure will do.
    minutes : float
        How long to soak.
    """

    lab: LabServer
    home: Path
    browser: Browser
    dsn: str
    quick: bool
    minutes: float
    _numbers: Iterator[int]

    def pick(self, quick: float, full: float) -> float:
        """Choose by whether a rough figure will do."""
        return quick if self.quick else full

    def database(self) -> psycopg.Connection[Any]:
        """Open a connection to the database."""
        return psycopg.connect(self.dsn, autocommit=True)

    @contextlib.contextmanager
    def notebook(self, *cells: str, dsn: str | None = None) -> Iterator[Notebook]:
        """Open a new notebook whose first cell connects to the database and whose further ones are `cells`."""
        first = (
            "import json, os, time\n"
            f"os.environ['MATERIALIZE_URL'] = {(dsn or self.dsn)!r}\n"
            "import mzwidget\nfrom benchmarks import in_kernel"
        )
        name = f"benchmark{next(self._numbers)}.ipynb"
        self.lab.write(name, [first, *cells])
        with self.browser.new_context(viewport={"width": 1280, "height": 1000}) as context:
            notebook = Notebook(self.lab, self.home, name)
            try:
                notebook.open(context.new_page())
                notebook.run_cell(0)
                yield notebook
            finally:
                notebook.close()
        self.lab.stop_kernels()

    def page_usage(self) -> processes.Usage:
        """Return the CPU time that all renderers of the browser have used."""
        session = self.browser.new_browser_cdp_session()
        found = session.send("SystemInfo.getProcessInfo")["processInfo"]
        session.detach()
        return processes.Usage(time.monotonic(), sum(of["cpuTime"] for of in found if of["type"] == "renderer"), {})


@contextlib.contextmanager
def bench(*, quick: bool, minutes: float) -> Iterator[Bench]:
    """Build the bundle, start engine, JupyterLab and Chromium; stop them in the end."""
    hatch_build.build(ROOT)
    given = os.environ.get("MATERIALIZE_URL")
    dsn = given or local.start()
    options = ["--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--no-sandbox")
    with (
        tempfile.TemporaryDirectory(prefix="mzwidget-bench-") as home,
        sync_playwright() as playwright,
        LabServer(Path(home), {"PYTHONPATH": str(ROOT)}) as lab,
    ):
        browser = playwright.chromium.launch(executable_path=chromium(windows=True), args=options)
        try:
            yield Bench(lab, Path(home), browser, dsn, quick, minutes, itertools.count(1))
        finally:
            browser.close()
            lab.stop_kernels()


def first_after(events: Iterable[tuple[float, float]], marks: Iterable[Mark]) -> list[tuple[float, Mark]]:
    """Find what showed each event first.

    Parameters
    ----------
    events : iterable of (number, seconds)
        In order.
    marks : iterable of Mark
        In order; the reading is a number too, and the page shows an event when that is not less.

    Returns
    -------
    list of (seconds, Mark)
        Events that were never shown are left out.
    """
    found = []
    ahead = iter(marks)
    mark = next(ahead, None)
    for number, at in events:
        while mark is not None and mark.reading < number:
            mark = next(ahead, None)
        if mark is not None:
            found.append((at, mark))
    return found


def until(probe: Callable[[], bool], within: float, every: float = 0.02) -> float:
    """Return the seconds until `probe` was true; NaN if it was not in time."""
    began = time.monotonic()
    while time.monotonic() - began < within:
        if probe():
            return time.monotonic() - began
        time.sleep(every)
    return float("nan")
