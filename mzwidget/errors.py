"""Errors a user of mzwidget can catch."""

from __future__ import annotations

import dis
import functools
import linecache
import os
import sys
import sysconfig
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import ParamSpec, TypeVar

_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")
_PACKAGES = tuple({sysconfig.get_path("purelib") + os.sep, sysconfig.get_path("platlib") + os.sep})
_RAISE = dis.opmap["RAISE_VARARGS"]
_OURS = frozenset({"mzwidget", "traitlets", "copy", "psycopg", "contextlib"})
"""Whose lines stand between the user's and those of ours."""


CLOSED = "is closed; make it again"
"""What ends the message about a view that cannot do something any more."""


class Brief(BaseException):
    """An error that a notebook shows by its message alone, without the lines of ours that heard it."""

    def _render_traceback_(self) -> list[str]:
        return [f"{type(self).__name__}: {self}"]


class AddressError(Brief, ValueError):
    """A connection string cannot be read; says what to write."""


class LiveViewError(Brief, RuntimeError):
    """A live view cannot be had; the message is the database's own.

    Attributes
    ----------
    sqlstate : str or None
        The server's five-character code; None when no server answered.
    """

    def __init__(self, message: str, sqlstate: str | None = None) -> None:
        super().__init__(message)
        self.sqlstate = sqlstate


class StaleWarning(UserWarning):
    """The rows of a view are those of the past: the database refuses or is not there."""


class SqlError(LiveViewError):
    """A statement failed; the message holds the server's words, the place in the SQL, and what to try."""


def briefly(call: Callable[_Given, _Result]) -> Callable[_Given, _Result]:
    """Let a notebook show what a call refuses by the line that made it and the message, without the lines of ours."""

    @functools.wraps(call)
    def called(*args: _Given.args, **kwargs: _Given.kwargs) -> _Result:
        try:
            return call(*args, **kwargs)
        except Exception as error:
            if not isinstance(error, Brief | AssertionError) and _refused(error.__traceback__):
                show_briefly(error)
            raise

    return called


def show_briefly(error: Exception, say: Callable[[], str] | None = None) -> None:
    """Let a notebook show an error by the user's line and its message, or what `say` returns; what is set stays."""
    say = say or functools.partial(str, str(error))
    place, notes = _place(sys._getframe(1)), vars(error).setdefault("__notes__", [])
    vars(error).setdefault("_render_traceback_", functools.partial(_lines, place, type(error).__name__, say, notes))


def _lines(place: list[str], kind: str, say: Callable[[], str], notes: list[str]) -> list[str]:
    return [*place, f"{kind}: {say()}", *notes]


def depth() -> int:
    """Return how many frames up from the caller's the user's line is, as `warnings.warn` counts."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and _root(frame) in _OURS:
        frame, level = frame.f_back, level + 1
    return level


def _refused(trace: TracebackType | None) -> bool:
    """Whether a statement of ours or psycopg's raised it, or none was run: a mistake of ours needs all lines."""
    if trace is None or trace.tb_next is None:
        return True  # there was no call: an argument is missing, or is one too many
    while trace.tb_next is not None:
        trace = trace.tb_next
    if _root(trace.tb_frame) not in (__package__, "psycopg"):
        return False
    return trace.tb_frame.f_code.co_code[trace.tb_lasti] == _RAISE


def _place(frame: FrameType | None) -> list[str]:
    """Return the line of the user's from which we were called, perhaps by way of a package such as pandas."""
    while frame is not None and (_root(frame) in _OURS or frame.f_code.co_filename.startswith(_PACKAGES)):
        frame = frame.f_back
    line = "" if frame is None else linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip()
    return [f"----> {frame.f_lineno} {line}"] if frame is not None and line else []


def _root(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]
