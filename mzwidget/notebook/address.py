"""The database for tools that connect by themselves: its address, and an engine of SQLAlchemy."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from mzwidget.errors import briefly
from mzwidget.tail.connect import DEFAULTS, parameters

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

_IN_PLACE = ("user", "password", "host", "port", "dbname")


class Address(str):
    """A connection string whose password is not shown where a notebook would keep it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(re.sub(r"(?<=://)([^:/@]*):[^/@]*@", r"\1:***@", re.sub(r"(?<=[?&]password=)[^&]*", "***", self)))

    def _repr_pretty_(self, printer: Any, _: bool) -> None:
        printer.text(repr(self))


@briefly
def url(dsn: str | None = None) -> Address:
    """Return the address of the database as a URL, with its password.

    Parameters
    ----------
    dsn : str, optional
        As `connect` takes it; by default the database of `connect`.

    Returns
    -------
    str
        ``postgres://user:password@host:port/database``. Its repr, which a notebook shows and keeps, hides the password;
        `print` and every tool see all of it.

    Examples
    --------
    >>> polars.read_database_uri("SELECT * FROM sales", mzwidget.url(), engine="adbc")
    """
    given = {name: str(value) for name, value in parameters(dsn).items() if DEFAULTS.get(name) != value}
    simple = re.fullmatch(r"[\w.-]+", given.get("host", "")) is not None
    user = quote(given.get("user", ""), safe="")
    password = f":{quote(given['password'], safe='')}" if "password" in given and user else ""
    place = f"{given.get('host', '')}{':' + given['port'] if given.get('port') else ''}" if simple else ""
    kept = set(_IN_PLACE) if simple else {"user", "password", "dbname"}
    if "password" in given and not user:
        kept.discard("password")
    rest = {name: value for name, value in given.items() if name not in kept}
    found = f"postgres://{user}{password}{'@' if user else ''}{place}/{quote(given.get('dbname', ''), safe='')}"
    return Address(f"{found}?{urlencode(rest, quote_via=quote)}" if rest else found)


@briefly
def sqlalchemy_engine(dsn: str | None = None, **options: Any) -> Engine:
    """Return a SQLAlchemy engine for the database, for pandas, JupySQL and whatever else takes one.

    It commits after every statement, since Materialize's transactions cannot mix reading and writing.
    ``inspect(engine)``, reflection, ``pandas.read_sql``, ``read_sql_table`` and ``to_sql(if_exists="append")`` work.

    Parameters
    ----------
    dsn : str, optional
        As `connect` takes it; by default the database of `connect`.
    **options
        For ``sqlalchemy.create_engine``.

    Returns
    -------
    sqlalchemy.Engine

    Raises
    ------
    ModuleNotFoundError
        SQLAlchemy is not installed: ``pip install sqlalchemy``.
    """
    try:
        from mzwidget.notebook.sqlalchemy import create_engine  # noqa: PLC0415 - not everybody has SQLAlchemy
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"sqlalchemy_engine() needs the package {error.name}: pip install 'mzwidget[tools]'", name=error.name
        ) from None
    return create_engine(parameters(dsn), **options)
