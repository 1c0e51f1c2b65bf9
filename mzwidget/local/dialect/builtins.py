"""Materialize's types and functions as its catalog lists them, whether they are offered here or not."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_HERE = Path(__file__).parent
_IN_MZ_CATALOG = frozenset(
    "uint2 uint4 uint8 mz_timestamp mz_aclitem list map anycompatiblelist anycompatiblemap".split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class BuiltinType:
    """A type.

    Attributes
    ----------
    element : str
        Of an array: the name of its elements' type.
    array : int
        The OID of the array of it, 0 if there is none.
    category : str
    input, receive : int
        The OIDs of the functions that read its texts and its bytes, 0 if they have none.
    """

    name: str
    oid: int
    category: str
    element: str = ""
    array: int = 0
    input: int = 0
    receive: int = 0

    @property
    def schema(self) -> str:
        return "mz_catalog" if self.name.removeprefix("_") in _IN_MZ_CATALOG else "pg_catalog"


@dataclass(frozen=True, slots=True)
class BuiltinFunction:
    """A function with these arguments: names of types; `variadic` names that of any number of further ones."""

    schema: str
    name: str
    oid: int
    arguments: tuple[str, ...]
    variadic: str
    result: str
    gives_rows: bool


def _lines(name: str) -> list[str]:
    return [line for line in (_HERE / name).read_text().splitlines() if not line.startswith("#")]


def _types() -> Iterator[BuiltinType]:
    for line in _lines("builtin_types.txt"):
        name, oid, array, category, *readers = line.split()
        input_, receive = (int(reader.partition(":")[2] or 0) for reader in readers)
        yield BuiltinType(name, int(oid), category, "", int(array), input_, receive)
        if int(array):
            read = (0, 0) if name in _IN_MZ_CATALOG - {"mz_aclitem"} else (_ARRAY_IN, _ARRAY_RECV)
            yield BuiltinType(f"_{name}", int(array), "array", name, 0, *read)


def _functions() -> Iterator[BuiltinFunction]:
    for line in _lines("builtin_functions.txt"):
        found = re.fullmatch(r"(\w+)\.(\w+)\((.*)\) -> (setof )?(\S+) (\d+)", line)
        assert found is not None
        named = [_type_name(argument) for argument in found[3].split(", ") if argument]
        variadic = named.pop().removesuffix("...") if found[3].endswith("...") else ""
        yield BuiltinFunction(
            found[1], found[2], int(found[6]), tuple(named), variadic, _type_name(found[5]), bool(found[4])
        )


def _type_name(written: str) -> str:
    return f"_{written[:-2]}" if written.endswith("[]") else written


def _readers() -> Iterator[tuple[str, int, str]]:
    """Yield names and OIDs of the functions that read types' texts and bytes, and what they give."""
    yield "array_in", _ARRAY_IN, "anyarray"
    yield "array_recv", _ARRAY_RECV, "anyarray"
    for line in _lines("builtin_types.txt"):
        name, _, _, category, *readers = line.split()
        for reader in readers:
            if reader != "-":
                function, _, oid = reader.partition(":")
                yield function, int(oid), "anyrange" if category == "range" else name


_ARRAY_IN, _ARRAY_RECV = 750, 2400
TYPES = {type_.name: type_ for type_ in _types()}
FUNCTIONS = tuple(_functions())
READERS = {name: (oid, result) for name, oid, result in _readers()}


def _procedures() -> dict[tuple[str, str], list[int]]:
    found: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for function in FUNCTIONS:
        found[function.schema, function.name].append(function.oid)
    return dict(found) | {("pg_catalog", name): [oid] for name, (oid, _) in READERS.items()}


PROCEDURES = _procedures()
"""The OIDs of the functions of a schema and name, those that read types' texts and bytes among them."""
