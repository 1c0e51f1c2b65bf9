"""What is ended by `close`, or by the end of a ``with``."""

from __future__ import annotations

from typing import Self


class Closing:
    """Something that goes on in the background until it is closed."""

    def close(self) -> None:
        """End it; done already, that does nothing."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
