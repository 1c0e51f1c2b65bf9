"""An engine for one machine that speaks Materialize's SQL and wire protocol.

For people, tests and Binder without a Materialize at hand. It runs as a process of its own, so that a busy
kernel cannot starve it, and ends with the process that started it.
"""

from __future__ import annotations

from pathlib import Path

from mzwidget.local.engine import memory
from mzwidget.local.starter import start, stop

__all__ = ["serve", "start", "stop"]


def __dir__() -> list[str]:
    return __all__


def serve(host: str = "127.0.0.1", port: int = 0, password: str | None = None, keep: Path | None = None) -> None:
    """Run an engine in the foreground until Ctrl-C; print its DSN once clients can connect.

    Parameters
    ----------
    host : str
        The address to listen on.
    port : int
        0 takes a free one.
    password : str, optional
        One is generated if it is not given.
    keep : Path, optional
        A folder in which tables, views and all else is kept, for the next time; by default it ends with the engine.
    """
    memory.prepare()
    from mzwidget.local.process import foreground  # noqa: PLC0415 - a client needs no DuckDB

    foreground(host, port, password, keep)
