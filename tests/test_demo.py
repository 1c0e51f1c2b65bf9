"""``mzwidget demo``: the copy it makes, the cells it runs, and what a person sees who opens the printed link."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import os
import signal
import sys
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import psutil
import pytest
from jupyter_client import AsyncKernelManager

from mzwidget.demo import DemoError, demo
from mzwidget.demo.copies import provide
from mzwidget.demo.running import run_cells
from tests.machine import eventually

if TYPE_CHECKING:
    from tests.running_demo import StartDemo


def notebook(*cells: str) -> dict[str, Any]:
    v4 = nbformat.v4
    return dict(v4.new_notebook(cells=[v4.new_code_cell(source) for source in cells]))


def write(path: Path, content: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return path


# The copy


def test_a_first_copy_has_the_shipped_cells(tmp_path: Path) -> None:
    shipped = write(tmp_path / "shipped/a.ipynb", notebook("1"))
    copy, edited = provide(shipped, tmp_path / "demo")
    assert not edited
    assert [cell["source"] for cell in nbformat.read(copy, as_version=4).cells] == ["1"]


def test_an_unedited_copy_follows_the_shipped_one(tmp_path: Path) -> None:
    shipped = write(tmp_path / "shipped/a.ipynb", notebook("1"))
    copy, _ = provide(shipped, tmp_path / "demo")
    ran = nbformat.read(copy, as_version=4)
    ran.cells[0].outputs = [nbformat.v4.new_output("stream", text="1")]
    ran.cells[0].execution_count = 1
    nbformat.write(ran, copy)
    write(shipped, notebook("2"))
    assert provide(shipped, tmp_path / "demo") == (copy, False)
    assert [cell["source"] for cell in nbformat.read(copy, as_version=4).cells] == ["2"]


@pytest.mark.parametrize("edit", ["source", "new cell", "no cell", "kind", "somebody else's"])
def test_an_edited_copy_is_never_written(tmp_path: Path, edit: str) -> None:
    shipped = write(tmp_path / "shipped/a.ipynb", notebook("1"))
    copy, _ = provide(shipped, tmp_path / "demo")
    mine = nbformat.read(copy, as_version=4)
    if edit == "source":
        mine.cells[0].source = "1 + 1"
    elif edit == "new cell":
        mine.cells.append(nbformat.v4.new_markdown_cell(""))
    elif edit == "no cell":
        mine.cells.clear()
    elif edit == "kind":
        mine.cells[0] = nbformat.v4.new_markdown_cell("1")
    else:
        mine = nbformat.v4.new_notebook(cells=mine.cells)
    nbformat.write(mine, copy)
    before = copy.read_bytes()
    write(shipped, notebook("2"))
    assert provide(shipped, tmp_path / "demo") == (copy, True)
    assert copy.read_bytes() == before


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"cells": 3, "metadata": {}}', "\x00"])
def test_a_file_that_is_no_notebook_is_left_alone(tmp_path: Path, text: str) -> None:
    shipped = write(tmp_path / "shipped/a.ipynb", notebook("1"))
    other = tmp_path / "demo/a.ipynb"
    other.parent.mkdir()
    other.write_text(text)
    with pytest.raises(DemoError, match="is not a notebook"):
        provide(shipped, tmp_path / "demo")
    assert other.read_text() == text


# The outputs


async def run(*cells: str, patience: int = 60) -> tuple[str, list[Any]]:
    """Run cells in a kernel of this interpreter; return what went wrong, and the cells."""
    content = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    kernel = AsyncKernelManager(kernel_name="python3")
    await kernel.start_kernel()
    try:
        return await run_cells(kernel, content, patience=patience), content.cells
    finally:
        await kernel.shutdown_kernel(now=True)


def texts(cell: Any) -> list[str]:
    return [output.get("text") or output["data"]["text/plain"] for output in cell.outputs]


SHOWN = """
import sys
from IPython.display import display
print("a", end="", flush=True)
print("b", flush=True)
print("c", file=sys.stderr, end="", flush=True)
x = display("old", display_id="x")
y = display("other", display_id="y")
x.update("new")
print("d", flush=True)
"""
CLEARED = """
from IPython.display import clear_output
print("first", flush=True)
clear_output(wait={wait})
{then}
"""


def test_outputs_are_kept_as_a_page_keeps_them() -> None:
    problem, [cell, later] = asyncio.run(run(SHOWN, "x.update('newest')"))
    assert problem == ""
    assert texts(cell) == ["ab\n", "c", "'newest'", "'other'", "d\n"]
    assert all("transient" not in output for output in cell.outputs)
    assert (cell.execution_count, later.execution_count) == (1, 2)
    assert later.outputs == []


def test_clearing_waits_for_the_next_output_when_asked_to() -> None:
    _, cells = asyncio.run(
        run(
            CLEARED.format(wait=True, then=""),
            CLEARED.format(wait=True, then="print('second')"),
            CLEARED.format(wait=False, then=""),
        )
    )
    assert [texts(cell) for cell in cells] == [["first\n"], ["second\n"], []]


def test_a_cell_that_does_not_end_is_named_and_goes_on() -> None:
    problem, cells = asyncio.run(run("print('begun', flush=True)\nimport time\ntime.sleep(60)", "1", patience=2))
    assert problem == "Code cell 1 is still running after 2 s; the cells after it have not been run."
    assert texts(cells[0]) == ["begun\n"]
    assert cells[1].outputs == []


def test_a_cell_that_ends_the_kernel_is_named() -> None:
    problem, _ = asyncio.run(run("import os\nos._exit(1)", "1"))
    assert problem == "Code cell 1 ended the kernel; the cells after it have not been run."


# The command


WHERE = "import sys, os\nprint(sys.executable, os.environ.get('MZWIDGET_SOURCE'), os.environ.get('MZWIDGET_SPEED'))"


def put(tmp_path: Path, *cells: str) -> Path:
    """Put a notebook of one's own where the demo keeps its copy."""
    return write(tmp_path / demo.FOLDER / demo.FIRST, notebook(*cells))


def outputs_of(path: Path) -> list[Any]:
    return [cell.outputs for cell in nbformat.read(path, as_version=4).cells]


def test_the_server_s_bare_address_opens_the_notebook(start_demo: StartDemo, tmp_path: Path) -> None:
    put(tmp_path, "1")
    link = start_demo().link()
    base, token = link.split("lab/tree")[0], link.partition("token=")[2]
    with urllib.request.urlopen(f"{base}?token={token}") as answer:
        assert answer.geturl().startswith(f"{base}lab/tree/{demo.FIRST}")


def test_the_kernel_is_this_interpreter_whatever_is_called_python3(start_demo: StartDemo, tmp_path: Path) -> None:
    copy = put(tmp_path, WHERE)
    for folder in ("data", "path"):
        write(
            tmp_path / folder / "kernels/python3/kernel.json",
            {"argv": ["/bin/false", "{connection_file}"], "display_name": "Other", "language": "python"},
        )
    write(tmp_path / "config/jupyter_server_config.json", {"ServerApp": {"root_dir": "/", "base_url": "/x/"}})
    running = start_demo(
        JUPYTER_DATA_DIR=str(tmp_path / "data"),
        JUPYTER_PATH=str(tmp_path / "path"),
        JUPYTER_CONFIG_DIR=str(tmp_path / "config"),
        JUPYTER_PREFER_ENV_PATH="0",
    )
    assert f"/lab/tree/{demo.FIRST}?token=" in running.link()
    assert outputs_of(copy)[0][0]["text"].split()[0] == sys.executable


@pytest.mark.skipif(os.name == "nt", reason="sends POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_nothing_is_left_running(start_demo: StartDemo, tmp_path: Path, number: signal.Signals) -> None:
    put(tmp_path, "import mzwidget.local\nmzwidget.local.start();")
    running = start_demo()
    running.link()
    family = psutil.Process(running.process.pid).children(recursive=True)
    assert len(family) >= 2, "the kernel and the engine"
    status = running.stop(number)
    assert status == (-signal.SIGKILL if number == signal.SIGKILL else 0)
    eventually(lambda: not [p for p in family if p.is_running()], what="kernel and engine are gone")
    if number != signal.SIGKILL:
        assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="sends POSIX signals")
def test_ctrl_c_while_requests_are_under_way(start_demo: StartDemo, tmp_path: Path) -> None:
    put(tmp_path, "1")
    running = start_demo()
    link = urllib.parse.urlsplit(running.link())
    with contextlib.ExitStack() as stack:
        # Every page makes such a request; the server loads all exporters for it, in a thread, one request at a time.
        for _ in range(20):
            slow = stack.enter_context(contextlib.closing(http.client.HTTPConnection(link.netloc, timeout=60)))
            slow.request("GET", f"/api/nbconvert?{link.query}")
        assert running.stop() == 0
    assert "Traceback" not in running.said


@pytest.mark.skipif(os.name == "nt", reason="sends POSIX signals")
def test_ctrl_c_while_a_cell_runs(start_demo: StartDemo, tmp_path: Path) -> None:
    put(tmp_path, "open('begun', 'w').close()\nimport time\ntime.sleep(600)")
    running = start_demo()
    eventually((tmp_path / demo.FOLDER / "begun").exists, within=60, what="the cell runs")
    begun = time.monotonic()
    assert running.stop() == 0
    assert time.monotonic() - begun < 20
    assert "Traceback" not in running.said
    assert "was destroyed" not in running.said
    assert "could not be started" not in running.said
    assert "ended the kernel" not in running.said
