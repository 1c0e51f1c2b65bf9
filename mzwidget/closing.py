"""What is ended by `close`, or by the end of a ``with``."""

from __future__ import annotations

from typing import Protocol, Self


class _Closable(Protocol):
    def close(self) -> None:
        """End it; done already, that does nothing."""


class Closing:
    """Something with `close` that goes on in the background until then."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self: _Closable, *_: object) -> None:
        self.close()
