"""An extension of Jupyter's server: what kernels say goes to pages at once.

The server leaves Nagle's algorithm on for its websockets: of two small messages within 40 ms the second waits until the
browser's system has acknowledged the first.
"""

from __future__ import annotations

from typing import Any


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(server: Any) -> None:
    settings = server.web_app.settings
    if connection := settings.get("kernel_websocket_connection_class"):
        settings["kernel_websocket_connection_class"] = prompt(connection)


def prompt(connection: type[Any]) -> type[Any]:
    """Return the class of a kernel's websocket with ``TCP_NODELAY`` set."""

    class Prompt(connection):  # type: ignore[misc]
        def connect(self) -> Any:
            self.websocket_handler.set_nodelay(True)
            return super().connect()

    return Prompt
