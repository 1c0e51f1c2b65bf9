"""The command ``mzwidget``."""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from mzwidget._version import __version__

PASSWORD = "MZWIDGET_PASSWORD"


def positive(text: str) -> float:
    """Read a number above zero."""
    number = float(text)
    if not (math.isfinite(number) and number > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return number


def port(text: str) -> int:
    """Read the number of a port, 0 being any that is free."""
    number = int(text)
    if not 0 <= number < 2**16:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port, 0 to 65535")
    return number


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    main_parser = argparse.ArgumentParser(
        prog="mzwidget", description="Watch a Materialize view live in a Jupyter notebook."
    )
    main_parser.add_argument("--version", action="version", version=f"mzwidget {__version__}")
    commands = main_parser.add_subparsers(dest="command", required=True, metavar="command")

    demo = commands.add_parser(
        "demo",
        help="open JupyterLab on the live top-10 notebook",
        description="Open JupyterLab on the top-10 notebook, already running. The notebook is copied to the folder "
        "mzwidget-demo; a copy that you edited stays as it is.",
    )
    demo.add_argument("--port", type=port, help="where JupyterLab listens (default: a free port from 8888 on)")
    demo.add_argument("--no-browser", action="store_true", help="print the link only")
    demo.add_argument(
        "--source",
        choices=["live", "recorded", "auto"],
        help="Wikipedia's live stream, a recorded day, or live with the recorded day as a stand-in (default: auto)",
    )
    demo.add_argument(
        "--speed", type=positive, help="how fast the recorded day is replayed (default: 1, as fast as the live stream)"
    )

    local = commands.add_parser(
        "local",
        help="run the embedded engine for several notebooks and print how to connect",
        description="Run the embedded engine in the foreground and print the DSN that connects to it.",
    )
    local.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: %(default)s)")
    local.add_argument("--port", type=port, default=0, help="the port to listen on (default: a free one)")
    local.add_argument(
        "--password",
        help=f"the password of user materialize (default: ${PASSWORD}, else a new one each time); the variable is the "
        "safer way, since others on this machine can read a command's arguments",
    )
    local.add_argument(
        "--keep",
        metavar="DIR",
        type=Path,
        help="keep tables and views in this folder, for the next time (default: all ends with the engine)",
    )
    return main_parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    options = parser().parse_args(arguments)
    if options.command == "demo":
        from mzwidget.demo import DemoError  # noqa: PLC0415
        from mzwidget.demo.demo import demo  # noqa: PLC0415

        try:
            return demo(
                port=options.port,
                browser=not options.no_browser,
                source=options.source,
                speed=options.speed,
            )
        except DemoError as error:
            print(f"mzwidget: {error}", file=sys.stderr)
            return 1
    from mzwidget.local import serve  # noqa: PLC0415

    password = options.password if options.password is not None else os.environ.get(PASSWORD) or None
    if password == "":
        print("mzwidget: the password is empty; leave out --password for a new one", file=sys.stderr)
        return 2
    serve(options.host, options.port, password, options.keep)
    return 0
