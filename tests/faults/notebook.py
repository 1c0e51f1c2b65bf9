"""A notebook in a real JupyterLab with one LiveView on a table, and a window into its kernel."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psutil
import psycopg

from tests.conftest import PATIENCE
from tests.machine import eventually, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from tests.jupyterlab import LabServer

WINDOW = """
import json, os, socketserver, threading
os.environ["MATERIALIZE_URL"] = {dsn!r}

class Answer(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            try:
                answer = eval(line, globals())
            except Exception as error:
                answer = repr(error)
            self.wfile.write(json.dumps(answer).encode() + b"\\n")

class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address, daemon_threads = True, True

server = Server(("127.0.0.1", {port}), Answer)
threading.Thread(target=server.serve_forever, daemon=True).start()
"""

VIEW = """
import mzwidget
from mzwidget.tail import shared, tail
tail.LINGER = 2.0
view = mzwidget.LiveView({table!r})
sent, send = [], view.send_state
view.send_state = lambda trait, sent=sent, send=send: (sent.append(trait), send(trait))
view
"""

PICTURES = """() => [...document.querySelectorAll(".mzw")].map((root) => ({
    state: root.dataset.state,
    rows: [...root.querySelectorAll(".mzw-row[data-label]")]
        .map((row) => [row.dataset.label, row.dataset.value]),
}))"""


@dataclass
class Notebook:
    """The notebook, its table, and what the database says of it."""

    lab: LabServer
    browser: Browser
    name: str
    table: str
    port: int
    database: psycopg.Connection[Any]
    engine_port: int
    _stack: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    # Pages

    def tab(self, prepare: str = "") -> Page:
        """Open the notebook in a browser window of its own, in which the script `prepare` has run before all else."""
        context = self._stack.enter_context(self.browser.new_context(viewport={"width": 1280, "height": 900}))
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.add_init_script(prepare)
        self.lab.open(page, self.name)
        return page

    def start(self) -> Page:
        """Open the notebook, run it, and wait until the picture is right."""
        page = self.tab()
        self.lab.run_all(page)
        self.right(page)
        self.lab.save(page)
        return page

    def pictures(self, page: Page) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = page.evaluate(PICTURES)
        return found

    def right(self, *pages: Page, count: int = 1) -> None:
        """Wait until each of the pages shows what the database says, in all its `count` pictures."""
        truth = self.truth()

        def agree() -> bool:
            for page in pages:
                pictures = self.pictures(page)
                assert [picture["state"] for picture in pictures] == ["live"] * count, pictures
                for picture in pictures:
                    assert sorted(picture["rows"]) == truth, f"{pictures}, not {truth}"
            return True

        eventually(agree)

    # The database

    def truth(self) -> list[list[str]]:
        return sorted([name, str(n)] for name, n in self.database.execute(f"SELECT name, n FROM {self.table}"))

    def change(self, times: int = 1) -> None:
        """Commit so many changes."""
        for _ in range(times):
            self.database.execute(f"UPDATE {self.table} SET n = n + 1 WHERE name <> 'still'")

    # The kernel

    def ask(self, expression: str) -> Any:
        """Evaluate an expression in the kernel, past Jupyter and past whatever runs there."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=90) as connection:
            connection.sendall(expression.encode() + b"\n")
            return json.loads(connection.makefile().readline())

    def execute(self, page: Page, code: str) -> None:
        """Begin to execute code, as a cell would."""
        page.evaluate(
            """(code) => {
                const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
                kernel.requestExecute({ code });
            }""",
            code,
        )

    def messages_while_changing(self) -> int:
        """Commit changes for a while; return how many messages the widget sent."""
        before = self.ask("len(sent)")
        for _ in range(15):
            self.change()
            time.sleep(0.1)
        after: int = self.ask("len(sent)") - before
        return after

    def nothing_is_sent(self) -> None:
        """Wait until the widget sends nothing any more although the view changes."""
        eventually(lambda: self.messages_while_changing() == 0, what="nothing is sent")

    @property
    def process(self) -> psutil.Process:
        return psutil.Process(self.ask("os.getpid()"))

    @property
    def tails(self) -> int:
        """How many connections the kernel has to the database."""
        connections = self.process.net_connections("tcp")
        return sum(bool(of.raddr) and of.raddr.port == self.engine_port for of in connections)

    @property
    def threads(self) -> list[str]:
        """Names of the kernel's threads that are ours."""
        named: list[str] = self.ask("[t.name for t in threading.enumerate() if t.name.startswith('mzwidget')]")
        return named


@contextlib.contextmanager
def notebook(lab: LabServer, browser: Browser, dsn: str, *more: str, before: str = "") -> Iterator[Notebook]:
    """Make a notebook with a view in its last cell but those that are given."""
    table = f"lab_{time.time_ns()}"
    port = free_port()
    with psycopg.connect(dsn, autocommit=True) as database:
        database.execute(f"CREATE TABLE {table} (name text, n bigint)")
        database.execute(f"INSERT INTO {table} VALUES ('ann', 1), ('bob', 2), ('<b>cleo</b>', 3), ('still', 0)")
        cells = [WINDOW.format(dsn=dsn, port=port), before, VIEW.format(table=table), *more]
        lab.write(f"{table}.ipynb", [cell for cell in cells if cell])
        engine_port = psycopg.conninfo.conninfo_to_dict(dsn)["port"]
        made = Notebook(lab, browser, f"{table}.ipynb", table, port, database, int(engine_port))
        try:
            with made._stack:
                yield made
        finally:
            lab.stop_kernels()
            database.execute(f"DROP TABLE {table}")
