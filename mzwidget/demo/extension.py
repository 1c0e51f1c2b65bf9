"""The demo in a Jupyter server that somebody else starts, as Binder and JupyterHub do.

Turned on by ``{"ServerApp": {"jpserver_extensions": {"mzwidget.demo.extension": true}}}`` in a file in one of Jupyter's
folders ``jupyter_server_config.d``. Whoever opens ``mzwidget-demo/01-top10-editors.ipynb`` finds it live.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from mzwidget.demo.copies import provide, shipped_notebooks
from mzwidget.demo.demo import FIRST, FOLDER
from mzwidget.demo.running import run_notebook

PATIENCE = 120.0
"""Seconds that whoever opens the notebook waits at most until it runs; after that they get it as it is."""


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "mzwidget.demo.extension"}]


def _load_jupyter_server_extension(server: Any) -> None:
    """Copy the notebooks, and run the first one as soon as the server runs."""
    folder = Path(server.root_dir) / FOLDER
    runs = asyncio.Event()

    async def run() -> None:
        try:
            for shipped in shipped_notebooks():
                provide(shipped, folder)
            if problem := await run_notebook(server, folder / FIRST):
                server.log.warning("mzwidget: %s", problem)
        except Exception:  # whatever goes wrong, the server is more than this notebook
            server.log.exception("mzwidget: %s could not be started", FIRST)
        finally:
            runs.set()

    hold_back(server.contents_manager, (FOLDER / FIRST).as_posix(), runs)
    server.io_loop.add_callback(run)


def hold_back(contents: Any, held: str, until: asyncio.Event) -> None:
    """Let a contents manager give one file only after an event: what is read before lacks the outputs."""
    from jupyter_core.utils import ensure_async  # noqa: PLC0415 - comes with the server

    get = contents.get

    async def get_when_it_is_time(path: str, *arguments: Any, **options: Any) -> Any:
        if path.strip("/") == held and not until.is_set():
            await asyncio.wait([asyncio.ensure_future(until.wait())], timeout=PATIENCE)
        return await ensure_async(get(path, *arguments, **options))

    contents.get = get_when_it_is_time
