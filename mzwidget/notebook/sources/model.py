"""Rows to be loaded, wherever they come from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

Piece = list[Sequence[Any]]
"""A part of the rows: for each column its values, None for NULL."""


@dataclass(frozen=True, slots=True)
class Source:
    """Rows to be loaded.

    Attributes
    ----------
    names, types : list of str
        The columns and their SQL types.
    rows : int or None
        How many; None if that is known only in the end.
    pieces : callable
        Given a number of rows, yields pieces of at most so many.
    """

    names: list[str]
    types: list[str]
    rows: int | None
    pieces: Callable[[int], Iterator[Piece]]


def array_of(element: str) -> str:
    """Name the array type; of what is no scalar, and of lists of lists, jsonb."""
    return "jsonb" if element == "jsonb" or element.endswith("[]") else f"{element}[]"


def known(name: str, dtype: Any, kind: str | None) -> str:
    """Return the SQL type, or say that there is none."""
    if kind is None:
        raise TypeError(f"load(): column {name!r} is of type {dtype}, which has no SQL form; convert it first")
    return kind
