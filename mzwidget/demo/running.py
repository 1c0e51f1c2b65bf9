"""Run a notebook's cells in a kernel that stays, and keep what they put out."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbformat import NotebookNode

CELL_TIMEOUT = 60
"""Seconds."""


async def run_notebook(server: Any, notebook: Path) -> str:
    """Run a notebook's cells in a kernel that JupyterLab will find, and save what they put out.

    Parameters
    ----------
    server
        The Jupyter server.
    notebook
        The notebook, in the folder that the server shows.

    Returns
    -------
    str
        What went wrong, for the user to read; empty if nothing did.
    """
    import nbformat  # noqa: PLC0415

    session = await server.session_manager.create_session(
        path=notebook.relative_to(Path(server.root_dir)).as_posix(),
        name=notebook.name,
        type="notebook",
        kernel_name="python3",
    )
    content = nbformat.read(notebook, as_version=4)
    problem = await run_cells(server.kernel_manager.get_kernel(session["kernel"]["id"]), content)
    nbformat.write(content, notebook)
    server.contents_manager.notary.sign(content)
    return problem


async def run_cells(kernel: Any, notebook: NotebookNode, *, patience: int = CELL_TIMEOUT) -> str:
    """Run the code cells in order, up to the first that fails, and put their outputs into `notebook`.

    Parameters
    ----------
    kernel
        The manager of a kernel that runs.
    notebook
        The notebook; its outputs are replaced.
    patience
        How long to wait for one cell, in seconds. A cell that takes longer goes on in the kernel.

    Returns
    -------
    str
        What went wrong, for the user to read; empty if nothing did.
    """
    from nbclient import NotebookClient  # noqa: PLC0415
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError  # noqa: PLC0415
    from nbconvert.preprocessors import CoalesceStreamsPreprocessor  # noqa: PLC0415

    code = [(index, cell) for index, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    for _, cell in code:
        cell.outputs, cell.execution_count = [], None
    runner = NotebookClient(notebook, km=kernel, timeout=patience, record_timing=False, store_widget_state=False)
    streams = CoalesceStreamsPreprocessor()
    client = runner.kc = kernel.client()
    client.start_channels()
    client.allow_stdin = False
    try:
        await client.wait_for_ready(timeout=60)
        for number, (index, cell) in enumerate(code, start=1):
            try:
                await runner.async_execute_cell(cell, index)
            except CellTimeoutError:
                return f"Code cell {number} is still running after {patience} s; the cells after it have not been run."
            except CellExecutionError as error:
                what = f"{error.ename}: {error.evalue}".rstrip(": ")
                return f"Code cell {number} failed ({what}); the notebook shows where."
            except DeadKernelError:
                task = asyncio.current_task()
                if task is not None and task.cancelling():
                    raise asyncio.CancelledError from None
                return f"Code cell {number} ended the kernel; the cells after it have not been run."
    finally:
        client.stop_channels()
        for index, cell in code:
            streams.preprocess_cell(cell, {}, index)
    return ""
