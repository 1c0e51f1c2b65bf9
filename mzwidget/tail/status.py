"""How a subscription fares, in words for the user."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import psycopg

State = Literal[
    "connecting", "catching up", "live", "paused", "stalled", "reconnecting", "failed", "ended", "idle", "closed"
]

_REFUSED = re.compile(
    r'connection to server (?:at|on socket) "(?P<host>[^"]*)"(?:, port (?P<port>\d+))? failed: (?P<said>.*)'
)
_SEVERITY = re.compile(r"^(?:FATAL|ERROR|PANIC):\s+")
_DISTRUST = re.compile(r"certificate|SSL was required|does not support SSL")


@dataclass(frozen=True, slots=True)
class Status:
    """How a subscription fares.

    Attributes
    ----------
    state : str
        ``connecting`` (no data yet), ``catching up`` (data from before, news to come), ``live``, ``paused``,
        ``stalled`` (connected, but the server reports no progress), ``reconnecting`` (the connection was lost),
        ``failed`` (the server refused; the message is its own), ``ended`` (a constant view: complete, and nothing more
        will come), ``idle`` (nobody looks) or ``closed``.
    message : str
        The reason, for the user; empty while all is well.
    sqlstate : str or None
    since : float
        Seconds since the epoch when this state began.
    retry_at : float or None
        Seconds since the epoch of the next try.
    """

    state: State
    message: str = ""
    sqlstate: str | None = None
    since: float = 0.0
    retry_at: float | None = None


def explain(error: psycopg.Error) -> Status:
    """Put an error in the server's own words: ``failed`` if it refused, ``reconnecting`` if it is not there."""
    said = error.diag.message_primary
    if said is not None:
        detail = ". ".join(text for text in (said, error.diag.message_detail, error.diag.message_hint) if text)
        return Status("failed", detail, error.sqlstate)
    text = str(error).strip() or type(error).__name__
    if isinstance(error, psycopg.DataError):
        return Status("failed", text)
    if (match := _REFUSED.search(text)) is None:
        return Status("reconnecting", text.splitlines()[0])
    answer = _SEVERITY.sub("", match["said"])
    if answer != match["said"] or _DISTRUST.search(answer):
        return Status("failed", answer)
    return Status("reconnecting", f"{match['host']}:{match['port']}: {answer}" if match["port"] else answer)
