"""Which database: the one named, the one of `connect`, `MATERIALIZE_URL`, or the embedded engine."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import re
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple, get_args

import psycopg
from psycopg.conninfo import make_conninfo

from mzwidget.errors import Brief, briefly
from mzwidget.forking import Lock
from mzwidget.tail import conninfo
from mzwidget.tail.cursor import TableConnection, TableCursor
from mzwidget.tail.remedies import advised

ENVIRONMENT = "MATERIALIZE_URL"

Parameters = dict[str, Any]
"""Connection parameters by libpq's names. May hold a password: never printed, never sent to a page."""

Isolation = Literal["serializable", "strict serializable"]


class NotConnected(Brief, psycopg.OperationalError):
    """A server lets nobody in, or is not there."""


class NotAnswered(Brief, psycopg.errors.ConnectionTimeout):
    """A server has not answered in time."""


class _Named(NamedTuple):
    """What a user has named, as far as they have."""

    dsn: str | None = None
    cluster: str | None = None
    isolation: Isolation | None = None

    def or_chosen(self) -> _Named:
        """Fill in what `connect` was told last, unless this is another database."""
        if self.dsn is not None:
            return self
        known = _known()
        cluster = known.cluster if self.cluster is None else self.cluster
        isolation = known.isolation if self.isolation is None else self.isolation
        return _Named(known.dsn, cluster, isolation)


_lock = Lock()
_chosen = _Named()
_handed_on = False
"""Whether `_hand_on` was called here, or in the process that this one was forked from."""
_announced = ""

DEFAULTS: Parameters = {
    "application_name": "mzwidget",
    "connect_timeout": 20,
    # A cut cable or a sleeping laptop ends a connection in about 20 s rather than in hours.
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}

_INHERITED = "mzwidget"
_REQUIRES_AUTH = 160_000  # the libpq from which on it can insist on a way to log in
_CLUSTER = re.compile(r"--cluster=((?:[^\\\s]|\\.)*)")


@briefly
def connect(
    dsn: str | None = None, *, cluster: str | None = None, isolation: Isolation | None = None
) -> psycopg.Connection[tuple[Any, ...]]:
    """Open an autocommit connection, and make its database the default of every later `LiveView`.

    Parameters
    ----------
    dsn : str, optional
        ``postgres://user:password@host:6875/materialize`` or libpq's ``key=value`` form. By default the environment
        variable ``MATERIALIZE_URL``; without that, an embedded engine is started on this machine, and a line says so.
    cluster : str, optional
        The cluster that computes; by default the server's own choice.
    isolation : {'serializable', 'strict serializable'}, optional
        With ``'serializable'`` Materialize may answer as of a moment ago, and so need not wait for one that is yet to
        come: first rows can be there sooner, but may lack what was inserted just before. By default as the
        server does.

    Returns
    -------
    psycopg.Connection
        An ordinary connection: ``connection.execute("CREATE VIEW …")`` runs plain SQL on Materialize and on the
        embedded engine alike. As the last line of a cell, it shows the rows it has read.

    Raises
    ------
    TypeError
        The connection string is no text.
    ValueError
        The connection string cannot be read, or the database has no such cluster or isolation.
    psycopg.OperationalError
        The server cannot be reached, or refuses.
    """
    global _chosen  # noqa: PLW0603 - the process's default database
    named = _Named(dsn, cluster, isolation).or_chosen()
    given = parameters(*named)
    with answering(given):
        connection = TableConnection.connect(**given, autocommit=True, cursor_factory=TableCursor)
    try:
        check_cluster(connection, given)
    except psycopg.DataError as error:
        connection.close()
        raise ValueError(str(error)) from None
    with _lock:
        _chosen = named
    if named.dsn is not None:
        _hand_on(named)
    return connection


@contextlib.contextmanager
def answering(given: Parameters) -> Iterator[None]:
    """Say of a failure to connect what to do, and of which server it is where psycopg says only that time is over."""
    try:
        yield
    except psycopg.errors.ConnectionTimeout:
        place = f"{given.get('host', 'localhost')}:{given.get('port', 5432)}"
        raise NotAnswered(
            f"{place}: no answer after {given['connect_timeout']} s; are these the host and port of Materialize's SQL?"
        ) from None
    except psycopg.OperationalError as error:
        raise NotConnected(advised(str(error))) from None


def parameters(dsn: str | None = None, cluster: str | None = None, isolation: Isolation | None = None) -> Parameters:
    """Resolve a connection string, or the default database, to connection parameters.

    Raises
    ------
    ValueError
        The connection string cannot be read, or an option is none. The message does not repeat the string: it may hold
        a password.
    """
    dsn, cluster, isolation = _Named(dsn, cluster, isolation).or_chosen()
    options = []
    if cluster is not None:
        if not isinstance(cluster, str) or not cluster:
            raise ValueError(f"cluster must be the name of a cluster, not {cluster!r}")
        options.append(f"--cluster={_escaped(cluster)}")
    if isolation is not None:
        if isolation not in get_args(Isolation):
            raise ValueError(f"isolation must be 'serializable' or 'strict serializable', not {isolation!r}")
        options.append(f"--transaction_isolation={_escaped(isolation)}")
    given = DEFAULTS | (_default() if dsn is None else conninfo.read(dsn, "the address"))
    if given.get("options"):
        options.insert(0, given["options"])
    return given | {"options": " ".join(options)} if options else given


def chosen() -> bool:
    """Tell whether a database is known without starting one."""
    if _known().dsn is not None or os.environ.get(ENVIRONMENT):
        return True
    from mzwidget.local import starter  # noqa: PLC0415 - only when needed

    return starter.running()


def engine_ended(given: Parameters) -> bool:
    """Tell whether parameters lead to an embedded engine of this process that is gone, and its data with it."""
    if given.get("host") != "127.0.0.1" or not str(given.get("port", "")).isdigit():
        return False
    from mzwidget.local import starter  # noqa: PLC0415 - only when needed

    return starter.has_ended(int(given["port"]))


def check_cluster(connection: psycopg.Connection[Any] | psycopg.AsyncConnection[Any], given: Parameters) -> None:
    """See that the server has taken the cluster that was asked for: one that it does not know it ignores.

    Raises
    ------
    psycopg.DataError
        It has not.
    """
    asked = _CLUSTER.findall(given.get("options", ""))
    taken = connection.info.parameter_status("cluster")
    if asked and taken is not None and taken != (wanted := re.sub(r"\\(.)", r"\1", asked[-1])):
        raise psycopg.DataError(f"there is no cluster {wanted!r} here; the database computes on {taken!r}")


def _known() -> _Named:
    """Return what `connect` was told last, here or in the process for which this one works."""
    return _chosen if _handed_on else _Named(*_inheritance().get(_INHERITED, _chosen))


def _hand_on(named: _Named) -> None:
    """Let the processes that multiprocessing starts have the same database: only a fork has our variables."""
    global _handed_on  # noqa: PLW0603
    _handed_on = True
    _inheritance()[_INHERITED] = tuple(named)


def _inheritance() -> dict[str, Any]:
    """Return what multiprocessing pickles for each process that it starts."""
    config: dict[str, Any] = getattr(multiprocessing.current_process(), "_config", {})
    return config


def _default() -> Parameters:
    """Return the parameters of the database that nobody has named: the environment's or the embedded engine."""
    global _announced
    if url := os.environ.get(ENVIRONMENT):
        return conninfo.read(url, ENVIRONMENT)
    from mzwidget import local  # noqa: PLC0415 - only when needed

    text = local.start()
    with _lock:
        before, _announced = _announced, text
    if before != text:
        again = " again, empty: the one before has ended" if before else ""
        print(f"mzwidget: no {ENVIRONMENT} is set, so an embedded engine was started on this machine{again}.")
    # Another program on the engine's port shall not be told the password.
    checked = {"require_auth": "scram-sha-256"} if psycopg.pq.version() >= _REQUIRES_AUTH else {}
    given = conninfo.read(text, "the embedded engine's address") | checked
    _hand_on(_chosen._replace(dsn=make_conninfo(**given)))
    return given


def _escaped(value: str) -> str:
    """Write a value for libpq's ``options``, in which spaces part."""
    return re.sub(r"([\\\s])", r"\\\1", value)
