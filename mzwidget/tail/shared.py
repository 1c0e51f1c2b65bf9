"""One tail a distinct query of a database, shared by all who follow it in this process."""

from __future__ import annotations

import os

from mzwidget.forking import Lock
from mzwidget.tail.connect import Parameters
from mzwidget.tail.query import Query
from mzwidget.tail.tail import Tail

_Key = tuple[tuple[str, str], ...]

_tails: dict[_Key, Tail] = {}
_lock = Lock()


def shared(parameters: Parameters, query: Query) -> Tail:
    """Return the one tail of this process on a query of a database."""
    named = {**parameters, "statement": query.statement}
    key = tuple(sorted((name, str(value)) for name, value in named.items()))

    def forget() -> None:
        with _lock:
            if _tails.get(key) is tail:
                del _tails[key]

    def recovered() -> None:
        """Let nobody wait any longer for a server that is there again."""
        with _lock:
            others = [other for at, other in _tails.items() if _address(at) == _address(key)]
        for other in others:
            other.server_is_back()

    with _lock:
        if key in _tails:
            return _tails[key]
        tail = _tails[key] = Tail(parameters, query, forget, recovered)
        return tail


def _address(key: _Key) -> _Key:
    return tuple((name, value) for name, value in key if name in ("host", "port"))


if hasattr(os, "register_at_fork"):
    # A forked process shares nothing with the one that it came from: thread and connections stay there.
    os.register_at_fork(after_in_child=_tails.clear)
