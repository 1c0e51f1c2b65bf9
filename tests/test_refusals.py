"""Servers that refuse: each says why in its own words, and is asked again until it no longer does."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import psycopg
import pytest
import trustme
from psycopg.conninfo import conninfo_to_dict, make_conninfo

import mzwidget
from mzwidget import LiveView, LiveViewError
from mzwidget.local import starter
from tests.conftest import temporary_table
from tests.machine import eventually
from tests.proxy import Proxy


@pytest.fixture
def table(engine_dsn: str) -> Iterator[str]:
    with temporary_table(
        engine_dsn, "n bigint, text text", "SELECT n, repeat('x', 100000) FROM generate_series(1, 30) AS i (n)"
    ) as name:
        yield name


@pytest.fixture
def encrypted(engine_dsn: str, tmp_path: Path) -> Iterator[tuple[Proxy, Path]]:
    """A server of 127.0.0.1 by its certificate, and the authority that vouches for it."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with Proxy(engine_dsn, context) as proxy:
        yield proxy, tmp_path / "authority.pem"


def trusting(dsn: str, authority: Path, **more: str) -> str:
    return make_conninfo(dsn, sslmode="verify-full", sslrootcert=str(authority), **more)


def refused(view: LiveView, words: str) -> None:
    """The view says so in Python and to the page, knows when it will ask again, and tells no password."""
    with pytest.raises(LiveViewError, match=words) as error:
        view.wait(20)
    assert view.status.state == "failed"
    assert view.status.message in str(error.value)
    assert view.status.retry_at is not None
    assert json.loads(json.dumps(view.get_state("status"), default=str))["status"]["message"] == view.status.message


def test_an_encrypted_line(
    encrypted: tuple[Proxy, Path], table: str, live: Callable[..., LiveView], engine_dsn: str
) -> None:
    proxy, authority = encrypted
    view = live(table, dsn=trusting(proxy.dsn, authority)).wait(20)
    assert sorted(view.df["n"]) == list(range(1, 31))
    assert set(view.df["text"]) == {"x" * 100000}
    with psycopg.connect(engine_dsn, autocommit=True) as database:
        database.execute(f"INSERT INTO {table} VALUES (31, 'new')")
    assert len(view.when(lambda df: 31 in set(df["n"]), timeout=20)) == 31


def test_a_certificate_that_nobody_vouches_for(
    encrypted: tuple[Proxy, Path], table: str, live: Callable[..., LiveView], tmp_path: Path
) -> None:
    proxy, _ = encrypted
    trustme.CA().cert_pem.write_to_path(tmp_path / "stranger.pem")
    refused(live(table, dsn=trusting(proxy.dsn, tmp_path / "stranger.pem")), "certificate verify failed")


def test_a_certificate_of_another_host(
    encrypted: tuple[Proxy, Path], table: str, live: Callable[..., LiveView]
) -> None:
    proxy, authority = encrypted
    dsn = trusting(proxy.dsn, authority, host="elsewhere.test", hostaddr="127.0.0.1")
    refused(live(table, dsn=dsn), "does not match host name")


def test_a_server_without_encryption(table: str, live: Callable[..., LiveView], engine_dsn: str) -> None:
    refused(live(table, dsn=make_conninfo(engine_dsn, sslmode="require")), "does not support SSL")


def test_too_many_connections(postgres_dsn: str, live: Callable[..., LiveView]) -> None:
    """PostgreSQL refuses as Materialize does; once it lets us in, it can only say that it is another database."""
    frame = pd.DataFrame({"a": [1]})
    with psycopg.connect(postgres_dsn, autocommit=True) as database:
        database.execute("CREATE ROLE crowded LOGIN CONNECTION LIMIT 0")
        try:
            view = live("t", dsn=make_conninfo(postgres_dsn, user="crowded"))
            refused(view, 'too many connections for role "crowded"')
            database.execute("ALTER ROLE crowded CONNECTION LIMIT 1")
            eventually(lambda: 'at or near "SUBSCRIBE"' in view.status.message, what="it is let in")
            assert view.status.sqlstate == "42601"
            views, load = mzwidget.views, mzwidget.load
            for ask in (lambda: view.df, lambda: views(dsn=postgres_dsn), lambda: load(frame, "t", dsn=postgres_dsn)):
                with pytest.raises(LiveViewError, match="Is this address Materialize's"):
                    ask()
        finally:
            view.close()
            eventually(
                lambda: not database.execute("SELECT 1 FROM pg_stat_activity WHERE usename = 'crowded'").fetchall(),
                what="the role is in nobody's use",
            )
            database.execute("DROP ROLE crowded")


def test_a_password_that_is_changed_while_we_watch(engine_dsn: str, table: str, live: Callable[..., LiveView]) -> None:
    other = starter._launch()
    try:
        with Proxy(engine_dsn) as proxy:
            view = live(table, dsn=proxy.dsn).wait(20)
            proxy.redirect(other.dsn)
            proxy.cut()
            eventually(lambda: "invalid password" in view.status.message, what="the password is refused")
            assert view.status.state == "failed"
            assert view.status.sqlstate is None or view.status.sqlstate.startswith("28")
            assert len(view.df) == 30, "what was seen last stays"
            proxy.redirect(engine_dsn)
            eventually(lambda: view.status.state == "live", what="it is let in again")
            password = str(conninfo_to_dict(engine_dsn)["password"])
            assert password not in json.dumps(view.get_state(), default=str)
    finally:
        starter._end(other.process)
