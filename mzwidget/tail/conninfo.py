"""A connection string as users write it: read, or told what is wrong with it. No part of it is repeated in an error."""

from __future__ import annotations

import re
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from mzwidget.errors import AddressError
from mzwidget.naming import nearest

EXAMPLE = "postgres://user:password@host:6875/materialize"

_SERVERS = re.compile(r"postgres(?:ql)?://", re.IGNORECASE)
_SCHEME = re.compile(r"(?:jdbc:)?[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_NO_CODE = re.compile(r"%(?![0-9a-f]{2})", re.IGNORECASE)
_BESIDE = ("cluster", "isolation")
_OPTION = re.compile(r"[?&](\w+)=")


def read(text: str, origin: str) -> dict[str, Any]:
    """Read a connection string.

    Parameters
    ----------
    text : str
        A URL, or libpq's ``key=value`` form.
    origin : str
        What it is, for errors.

    Raises
    ------
    TypeError
        It is no text.
    AddressError
        It cannot be read; says what to write, but repeats nothing, since any part may be one of a password.
    """
    if not isinstance(text, str):
        raise TypeError(f"{origin} must be text, such as {EXAMPLE}, not {type(text).__name__}")
    text = text.strip()
    if not text:
        raise AddressError(f"{origin} is empty; write {EXAMPLE}, or leave it out")
    if _SERVERS.match(text):
        address = text.partition("://")[2].partition("?")[0]
        if address.count("@") > 1 or address.count("@") > address.partition("/")[0].count("@"):
            raise AddressError(
                f"{origin} has an @ or / too many before the host: in a user's name or password write %40 for @ and "
                "%2F for /"
            )
    try:
        given = conninfo_to_dict(text)
    except psycopg.ProgrammingError:
        raise AddressError(f"{origin} is not a connection string; {_meant(text)}") from None
    if "@" in str(given.get("host", "")) or not re.fullmatch(r"[\d,]*", str(given.get("port", ""))):
        raise AddressError(
            f"{origin} has no host or no port where one is due; in a user's name or password write %40 for @ and %3A "
            "for :"
        )
    return {name: value for name, value in given.items() if value is not None}


def _meant(text: str) -> str:
    if text[0] in "\"'":
        return "it has a quote around it: leave that out"
    if not _SERVERS.match(text):
        scheme = _SCHEME.match(text)
        return f"it begins with {scheme[0]}, and should as in {EXAMPLE}" if scheme else f"write {EXAMPLE}"
    if _NO_CODE.search(text):
        return "a percent sign in a user's name or password is written %25"
    if re.search(r"\s", text):
        return "a space in a user's name or password is written %20"
    known = [option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()]
    options = text.partition("?")[1:]
    unknown = [name for name in _OPTION.findall("".join(options)) if name not in known]
    if beside := next((name for name in unknown if name in _BESIDE), None):
        return f"{beside} is given beside it: connect(…, {beside}=…)"
    meant = next((name for of in unknown if (name := nearest(of, known))), None)
    return f"did you mean the option {meant}=?" if meant else f"write {EXAMPLE}"
