"""What executing a statement gives: rows in chunks, and the tag that ends them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from mzwidget.local.formats.copying import line_encoder
from mzwidget.local.formats.encoding import parts_encoder

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence

    from mzwidget.local.errors import Notice
    from mzwidget.local.formats.types import Column, Row


def framed(count: bytes, fields: bytes) -> bytes:
    """Make a DataRow message of encoded fields and their big-endian count."""
    return b"D" + (len(fields) + 6).to_bytes(4, "big") + count + fields


class Chunk:
    """Some rows of carriers; `flush` if the client is to have them at once, `large` if encoding them takes long."""

    flush = False

    def __init__(self, rows: Sequence[Row], *, large: bool = False) -> None:
        self._rows = rows
        self.large = large

    @property
    def rows(self) -> Sequence[Row]:
        return self._rows

    def __len__(self) -> int:
        return len(self._rows)

    def data_rows(self, columns: Sequence[Column], formats: Sequence[int]) -> list[bytes]:
        """Encode the rows as DataRow messages; those of a large chunk, once."""
        encode = parts_encoder(columns, formats)
        count = len(columns).to_bytes(2, "big")

        def message(row: Row) -> bytes:
            parts = encode(row)
            return b"".join([b"D", (sum(map(len, parts)) + 6).to_bytes(4, "big"), count, *parts])

        found = list(map(message, self.rows))
        self._let_go()
        return found

    def lines(self, columns: Sequence[Column], copy_format: str) -> list[bytes]:
        """Encode the rows as lines of a COPY; those of a large chunk, once."""
        found = list(map(line_encoder(columns, copy_format), self.rows))
        self._let_go()
        return found

    def _let_go(self) -> None:
        """Keep no values that are on their way already, if they take much."""
        if self.large:
            self._rows = ()


async def nothing() -> AsyncGenerator[Chunk]:
    """Yield no chunk."""
    empty: tuple[Chunk, ...] = ()
    for chunk in empty:
        yield chunk


async def once(rows: Sequence[Row]) -> AsyncGenerator[Chunk]:
    """Yield one chunk."""
    yield Chunk(rows)


@dataclass
class Result:
    """The result of one statement.

    Attributes
    ----------
    tag : callable
        Gives the command tag for the number of rows sent.
    columns : tuple of Column, optional
        None for a statement without rows.
    chunks : async iterator of Chunk
    copy_format : str, optional
        Send the rows as COPY OUT data in this format.
    copy_in : CopyIn, optional
        Takes the data of COPY … FROM STDIN.
    notices : list of Notice
        Sent before the rows.
    streaming : bool
        Has no end by itself: tell the client everything at once.
    """

    tag: Callable[[int], str]
    columns: tuple[Column, ...] | None = None
    chunks: AsyncGenerator[Chunk] = field(default_factory=nothing)
    copy_format: str | None = None
    copy_in: CopyIn | None = None
    notices: list[Notice] = field(default_factory=list)
    streaming: bool = False


class CopyIn(Protocol):
    """Takes rows from the client: `feed` each piece, then `finish`, which gives the command tag."""

    columns: int

    async def feed(self, data: bytes) -> None:
        """Take a piece of the data, of any size."""

    async def finish(self) -> str:
        """Take the end of the data; return the command tag."""

    async def close(self) -> None:
        """Free what is held, also after a failure."""
