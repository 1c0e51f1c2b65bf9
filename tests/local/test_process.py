"""The engine's process: when it starts, what it shows of its password, when it ends."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from mzwidget import local
from tests.machine import eventually, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.usefixtures("embedded")


GONE_SECONDS = 2


@contextlib.contextmanager
def parent(code: str) -> Iterator[subprocess.Popen[str]]:
    """Run a Python program that starts an engine and prints what the test wants to know."""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


STARTS = "from mzwidget import local; dsn = local.start(); print(dsn, flush=True); "


def engine_of(pid: int) -> psutil.Process:
    """Return the engine that a process started."""
    (engine,) = [
        child for child in psutil.Process(pid).children() if "process import child" in " ".join(child.cmdline())
    ]
    return engine


def gone(engine: psutil.Process) -> bool:
    return not engine.is_running() or engine.status() == psutil.STATUS_ZOMBIE


def test_start_is_once_a_process() -> None:
    dsn = local.start()
    assert local.start() == dsn
    assert dsn.startswith("postgres://materialize:")
    parts = conninfo_to_dict(dsn)
    assert parts["host"] == "127.0.0.1"
    with psycopg.connect(dsn) as connection:
        assert connection.info.parameter_status("mz_version")


def test_a_client_imports_no_engine() -> None:
    code = "import sys; import mzwidget.local; print({'duckdb', 'sqlglot'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"


def test_the_password_shows_nowhere() -> None:
    with parent(STARTS + "from mzwidget.local import starter; print(starter._engine, flush=True); input()") as process:
        assert process.stdout is not None
        dsn, shown = process.stdout.readline(), process.stdout.readline()
        password = str(conninfo_to_dict(dsn.strip())["password"])
        assert len(password) >= 24
        engine = engine_of(process.pid)
        assert password not in " ".join(engine.cmdline())
        assert password not in " ".join(engine.environ().values())
        assert "_Engine(" in shown
        assert password not in shown


def test_engine_dies_with_a_killed_parent() -> None:
    with parent(STARTS + "input()") as process:
        assert process.stdout is not None
        dsn = process.stdout.readline().strip()
        engine = engine_of(process.pid)
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("CREATE TABLE t (a int)")
            process.send_signal(signal.SIGKILL)
            process.wait()
            eventually(lambda: gone(engine), within=GONE_SECONDS, what="the engine is gone")


def test_engine_dies_although_a_fork_holds_its_pipe() -> None:
    code = STARTS + "import os, time; pid = os.fork(); print(pid, flush=True) if pid else time.sleep(60); input()"
    with parent(code) as process:
        assert process.stdout is not None
        process.stdout.readline()
        fork = int(process.stdout.readline())
        engine = engine_of(process.pid)
        try:
            process.send_signal(signal.SIGKILL)
            process.wait()
            eventually(lambda: gone(engine), within=GONE_SECONDS, what="the engine is gone")
        finally:
            os.kill(fork, signal.SIGKILL)


def test_engine_ends_when_the_parent_ends() -> None:
    with parent(STARTS + "input()") as process:
        assert process.stdout is not None
        process.stdout.readline()
        engine = engine_of(process.pid)
        process.communicate("\n", timeout=60)
        assert process.returncode == 0
        eventually(lambda: gone(engine), within=GONE_SECONDS, what="the engine is gone")


def test_a_dead_engine_is_started_again_and_stop_stops() -> None:
    code = (
        STARTS + "from mzwidget.local import starter; starter._engine.process.kill(); starter._engine.process.wait();"
        "print(local.start(), flush=True); process = starter._engine.process; local.stop();"
        "print(process.poll() is not None, flush=True); local.stop()"
    )
    with parent(code) as process:
        out, _ = process.communicate(timeout=120)
    first, second, stopped = out.splitlines()
    assert first != second
    assert stopped == "True"


@pytest.mark.skipif(sys.platform == "win32", reason="folders are held by POSIX locks")
def test_what_a_killed_engine_left_goes_with_the_next_start(tmp_path: Path) -> None:
    starts = f"import os; os.environ['TMPDIR'] = {str(tmp_path)!r}; {STARTS} input()"
    with parent(starts) as living, parent(starts) as killed:
        for process in (living, killed):
            assert process.stdout is not None
            process.stdout.readline()
        before = set(tmp_path.iterdir())
        assert len(before) == 2
        assert {stat.S_IMODE(folder.stat().st_mode) for folder in before} == {0o700}
        engine_of(killed.pid).kill()
        with parent(starts) as third:
            assert third.stdout is not None
            third.stdout.readline()
            after = set(tmp_path.iterdir())
            assert len(after) == 2
            assert len(after & before) == 1


def test_start_from_many_threads_is_one_engine() -> None:
    code = (
        "from mzwidget import local; from concurrent.futures import ThreadPoolExecutor as T;"
        "print(len(set(T(8).map(lambda _: local.start(), range(8)))))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert found.stdout.strip() == "1"


def test_files_in_the_users_folder_are_not_imported(tmp_path: Path) -> None:
    for name in ("duckdb", "sqlglot", "types", "statements"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('wrong file')")
    root = str(Path(local.__file__).parents[2])
    code = f"import sys; sys.path[0] = {root!r}; from mzwidget import local; print(local.start())"
    found = subprocess.run(
        [sys.executable, "-P", "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert found.stdout.startswith("postgres://"), found.stderr


def test_serve_in_the_foreground_ends_with_ctrl_c() -> None:
    port = free_port()
    code = f"from mzwidget import local; local.serve('127.0.0.1', {port}, 'geheim')"
    with (
        subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process,
        contextlib.ExitStack() as stack,
    ):
        assert process.stdout is not None
        dsn = process.stdout.readline().strip()
        assert dsn == f"postgres://materialize:geheim@127.0.0.1:{port}/materialize"
        connection = stack.enter_context(contextlib.closing(psycopg.connect(dsn, autocommit=True)))
        connection.execute("CREATE TABLE t (a int)")
        rows = connection.cursor().stream("SUBSCRIBE t WITH (PROGRESS)", size=1)
        next(rows)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=90)
        with pytest.raises(psycopg.OperationalError):
            for _ in rows:
                pass
    assert process.returncode == 0
    assert errors == ""


def test_a_taken_port_is_said_clearly() -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        code = f"from mzwidget import local; local.serve('127.0.0.1', {port})"
        found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert found.returncode != 0
    assert str(port) in found.stderr
    assert "Traceback" not in found.stderr


def test_memory_of_a_client_that_never_reads_is_bounded(dsn: str) -> None:
    engine = engine_of(os.getpid())
    with (
        contextlib.closing(psycopg.connect(dsn, autocommit=True)) as writer,
        contextlib.closing(psycopg.connect(dsn, autocommit=True)) as deaf,
    ):
        writer.execute("CREATE TABLE t (k int, filler text)")
        writer.execute("INSERT INTO t SELECT 1, repeat('x', 1000)")
        for _ in range(12):  # 4096 rows, 4 MB
            writer.execute("INSERT INTO t SELECT k, filler FROM t")
        deaf.pgconn.send_query_params(b"SUBSCRIBE (SELECT k, filler, count(*) FROM t GROUP BY k, filler)", None)
        deaf.pgconn.flush()

        def churn(rounds: int) -> None:
            for number in range(rounds):
                writer.execute("UPDATE t SET k = k + 1 WHERE k <= %s", (number + 10**6,))

        churn(120)
        before = engine.memory_info().rss
        churn(300)  # 1.2 GB of changes
        assert engine.memory_info().rss - before < 400e6, "at most the last second's changes and one more copy"
