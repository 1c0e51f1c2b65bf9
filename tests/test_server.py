"""Jupyter's server sends what a kernel says at once, and loads nothing for it."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from tornado import web, websocket

import mzwidget
from mzwidget import server

if TYPE_CHECKING:
    from tests.jupyterlab import LabServer


class Connection:
    """Of a kernel, as far as the server's handler knows it."""

    def __init__(self, handler: websocket.WebSocketHandler) -> None:
        self.websocket_handler = handler

    async def connect(self) -> str:
        return "connected"


async def _opened(connection: type[Any]) -> tuple[str, int]:
    """Open a websocket whose handler connects as the server's does; return what that gave, and TCP_NODELAY."""
    found: asyncio.Future[tuple[str, int]] = asyncio.get_running_loop().create_future()

    class Handler(websocket.WebSocketHandler):
        async def open(self, *_: str, **__: str) -> None:
            said = await connection(self).connect()
            stream = self.ws_connection.stream  # type: ignore[union-attr]
            found.set_result((said, stream.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)))

    listening = web.Application([("/", Handler)]).listen(0, "127.0.0.1")
    (listener,) = listening._sockets.values()
    page = await websocket.websocket_connect(f"ws://127.0.0.1:{listener.getsockname()[1]}/")
    try:
        return await asyncio.wait_for(found, 10)
    finally:
        page.close()
        listening.stop()
        await listening.close_all_connections()


def test_a_kernels_websocket_does_not_wait_to_gather_small_messages() -> None:
    said, at_once = asyncio.run(_opened(server.prompt(Connection)))
    assert (said, bool(at_once)) == ("connected", True)
    _, before = asyncio.run(_opened(Connection))
    assert not before, "tornado does it by itself: the extension can go"


def test_jupyters_server_loads_it_where_mzwidget_is_installed(lab: LabServer) -> None:
    assert "mzwidget.server | extension was successfully loaded" in lab.log.read_text()


def test_who_needs_no_frames_loads_none() -> None:
    code = (
        "import sys, mzwidget.cli, mzwidget.server, mzwidget.local.process;"
        "print([name for name in ('pandas', 'IPython', 'ipywidgets') if name in sys.modules])"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"


def test_each_public_name_is_there_and_listed() -> None:
    code = (
        "import mzwidget; assert {*mzwidget.__all__, 'local', 'wikipedia'} <= set(dir(mzwidget));"
        "assert dir(mzwidget.local) == ['serve', 'start', 'stop'];"
        "assert dir(mzwidget.wikipedia) == sorted(mzwidget.wikipedia.__all__);"
        "import mzwidget.grouping, mzwidget.linking; from mzwidget import *; print(together.__name__, link.__name__)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["together", "link"]
    with pytest.raises(AttributeError, match="'mzwidget' has no attribute 'LiveViews'; did you mean 'LiveView'"):
        mzwidget.LiveViews  # type: ignore[attr-defined]  # noqa: B018
