"""The command ``mzwidget``, as a user calls it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import psycopg
import pytest

import mzwidget
from mzwidget import cli
from mzwidget.demo import demo
from tests.machine import free_port

if TYPE_CHECKING:
    from pathlib import Path


def run(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mzwidget", *arguments], capture_output=True, text=True, cwd=cwd, timeout=60
    )


def test_version() -> None:
    assert run("--version").stdout == f"mzwidget {mzwidget.__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "command"),
        (("frobnicate",), "frobnicate"),
        (("demo", "--source", "yesterday"), "yesterday"),
        (("demo", "--speed", "0"), "'0' is not a number above 0"),
        (("demo", "--speed", "nan"), "'nan' is not a number above 0"),
        (("demo", "--speed", "fast"), "fast"),
        (("local", "--port", "http"), "http"),
        (("local", "--port", "68755"), "'68755' is not a port, 0 to 65535"),
        (("demo", "--port", "-1"), "'-1' is not a port, 0 to 65535"),
    ],
)
def test_wrong_use_is_named(arguments: tuple[str, ...], told: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_demo_without_jupyterlab_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(demo, "find_spec", lambda _: None)
    assert cli.main(["demo"]) == 1
    told = capsys.readouterr().err
    assert f"{sys.executable} -m pip install 'mzwidget[demo]'" in told
    assert list(tmp_path.iterdir()) == []


def test_demo_on_a_port_in_use_says_so(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("demo", "--no-browser", "--port", str(port), cwd=tmp_path)
    assert done.returncode == 1
    assert f"port {port} cannot be used" in done.stderr
    assert "--port" in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="sends POSIX signals")
@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
def test_local_prints_a_dsn_that_connects_and_ends_cleanly(signal_number: signal.Signals) -> None:
    port = free_port()
    with subprocess.Popen(
        [sys.executable, "-m", "mzwidget", "local", "--port", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            said = []
            for line in process.stdout:
                said.append(line)
                dsn = re.search(r"postgres(?:ql)?://\S+", line)
                if dsn:
                    break
            else:
                pytest.fail("no DSN in:\n" + "".join(said))
            assert f":{port}/" in dsn[0]
            with psycopg.connect(dsn[0], autocommit=True) as connection:
                assert connection.execute("SELECT 1").fetchone() == (1,)
            process.send_signal(signal_number)
            rest = process.stdout.read()
            assert process.wait(20) in {0, -signal_number}
            assert "Traceback" not in rest
        finally:
            process.kill()


@pytest.mark.parametrize("way", ["--password", "MZWIDGET_PASSWORD"])
def test_local_takes_a_password_of_ones_own(way: str) -> None:
    password = "p@ss:/w%rd é'"
    arguments = ["--password", password] if way == "--password" else []
    environment = os.environ | ({way: password} if not arguments else {})
    with subprocess.Popen(
        [sys.executable, "-m", "mzwidget", "local", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        try:
            assert process.stdout is not None
            dsn = process.stdout.readline().strip()
            given = psycopg.conninfo.conninfo_to_dict(dsn)
            assert given["password"] == password
            with psycopg.connect(dsn) as connection:
                assert connection.execute("SELECT 1").fetchone() == (1,)
            with pytest.raises(psycopg.OperationalError):
                psycopg.connect(**{**given, "password": "wrong"})
        finally:
            process.terminate()


def test_local_refuses_an_empty_password() -> None:
    done = run("local", "--password", "")
    assert done.returncode == 2
    assert "--password" in done.stderr
