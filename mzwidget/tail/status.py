"""How a subscription fares, in words for the user."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd
import psycopg

from mzwidget import explaining
from mzwidget.errors import LiveViewError
from mzwidget.naming import Names
from mzwidget.tail.query import Query
from mzwidget.tail.remedies import needs_user

State = Literal[
    "connecting",
    "catching up",
    "asking",
    "live",
    "paused",
    "stalled",
    "reconnecting",
    "failed",
    "ended",
    "idle",
    "closed",
]

_REFUSED = re.compile(
    r'connection to server (?:at|on socket) "(?P<host>[^"]*)"(?:, port (?P<port>\d+))? failed: (?P<said>.*)'
)
_LOST = re.compile(
    r"(?:consuming input|receiving copy data|sending [\w ]+|flushing|preparing [\w ]+) failed: ", re.IGNORECASE
)
_SEVERITY = re.compile(r"^(?:FATAL|ERROR|PANIC):\s+")


LOST = "the connection was lost: "

LONGEST = 2_000
"""Characters of a message or a title at the most; nobody reads more in a header."""


@dataclass(frozen=True, slots=True)
class Status:
    """How a view fares.

    Attributes
    ----------
    state : str
        ``connecting`` (no data yet), ``catching up`` (data from before, news to come), ``asking`` (the rows answer the
        question before; the answer to other parameters is to come), ``live``, ``paused``, ``stalled`` (connected, but
        the server reports no progress), ``reconnecting`` (the connection was lost), ``failed`` (the server refused; the
        message is its own), ``ended`` (a constant view: complete, and nothing more will come), ``idle`` (nobody looks)
        or ``closed``.
    message : str
        The reason, for the user; empty while all is well.
    sqlstate : str or None
        The server's code for it, five characters; None if the reason is not the server's.
    since : pandas.Timestamp
        When this state began (UTC).
    retry_at : pandas.Timestamp or None
        When the next try is due (UTC); None if none is needed.
    excerpt : str
        The line of SQL that the message is about, and a line with a caret under the word; empty if there is none.
    """

    state: State
    message: str = ""
    sqlstate: str | None = None
    since: pd.Timestamp = field(default_factory=lambda: pd.Timestamp.now("UTC"))
    retry_at: pd.Timestamp | None = None
    excerpt: str = ""


def refusal(name: str, status: Status) -> LiveViewError:
    """Return the error that says in Python what a status says of a view."""
    said = f"{name}: {status.message or status.state}"
    return LiveViewError(f"{said}\n{status.excerpt}" if status.excerpt else said, status.sqlstate)


ENGINE_ENDED = "the embedded engine has ended, and its data with it; mzwidget.connect() starts a new, empty one"


def explain(error: Exception, query: Query | None = None, names: Names | None = None) -> Status:
    """Put an error in the server's own words: ``failed`` if it refused, ``reconnecting`` if it is not there."""
    if isinstance(error, OSError):
        return Status("reconnecting", shorten(str(error)) or type(error).__name__)
    if not isinstance(error, psycopg.Error):
        return Status("failed", shorten(f"{type(error).__name__}: {error}"))
    said = error.diag.message_primary
    if said is not None:
        text, origin = ("", int) if query is None else (query.text, query.origin)
        told = explaining.explain(error, text, origin=origin, names=lambda: names or Names())
        return Status("failed", shorten(told.message), told.sqlstate, excerpt=told.excerpt)
    text = str(error).strip() or type(error).__name__
    if isinstance(error, psycopg.DataError):
        return Status("failed", shorten(text))
    if (match := _REFUSED.search(text)) is None:
        line = shorten(text.splitlines()[0].removeprefix("connection is bad: "))
        if needs_user(line) or isinstance(error, psycopg.ProgrammingError):
            return Status("failed", line)
        lost = _LOST.match(line)
        return Status("reconnecting", f"{LOST}{line[lost.end() :]}" if lost else line)
    answer = shorten(_SEVERITY.sub("", match["said"]))
    if _SEVERITY.match(match["said"]) or needs_user(answer):
        return Status("failed", answer)
    return Status("reconnecting", f"{match['host']}:{match['port']}: {answer}" if match["port"] else answer)


def shorten(text: str) -> str:
    """Cut a text of the database or the user that is too long to travel, and say so."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text):,} characters)"
