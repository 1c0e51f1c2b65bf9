"""Which database a view asks, and how: nothing of a password is told, and a wrong option is an error."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import threading
import traceback

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

import mzwidget
from mzwidget import LiveView, LiveViewError
from mzwidget.tail import connect as connecting
from mzwidget.tail.status import LONGEST, explain, shorten
from mzwidget.tail.values import column, to_python
from tests.machine import eventually
from tests.tail.server import Conversation, Server

SECRETS = ["Zq@Wv", "Zq@Wv@Xj", "@", "Zq/Wv@", "Zq?Wv=Xj@Kp", "Zq#Wv@Xj", "Zq:Wv@Xj", "12/34@56", "Zq@Wv?Xj@Kp/Yu"]


@pytest.fixture(autouse=True)
def _no_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connecting, "_chosen", connecting._Named())


def test_a_long_text_is_shortened_and_says_so() -> None:
    assert shorten("x" * LONGEST) == "x" * LONGEST
    assert shorten("x" * 10**6) == "x" * LONGEST + "… (1,000,000 characters)"


@pytest.mark.parametrize("secret", SECRETS)
def test_no_part_of_a_password_that_should_be_escaped_is_told(secret: str) -> None:
    for call in (mzwidget.connect, lambda dsn: LiveView("v", dsn=dsn)):
        with pytest.raises(ValueError, match=r"%40|not a connection string") as error:
            call(f"postgres://somebody:{secret}@127.0.0.1:1/materialize")
        told = "".join(traceback.format_exception(error.value)).rpartition("ValueError")[2]
        assert not [part for part in re.findall(r"[a-zA-Z]+", secret) if part in told]


def test_a_server_that_does_not_answer_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        place = f"127.0.0.1:{silent.getsockname()[1]}"
        dsn = f"postgres://somebody:Zq@{place}/materialize?connect_timeout=2"
        with pytest.raises(psycopg.OperationalError, match=rf"^{place}: no answer after 2 s; .*host and port"):
            mzwidget.connect(dsn)
        with LiveView("v", dsn=dsn) as view, pytest.raises(LiveViewError, match=rf"{place}: no answer after 2 s"):
            view.wait(10)


@pytest.mark.parametrize("secret", ["p%40ss", "p%2Fss", "p?ss", "p#ss", "p:ss", "%25%40%2F"])
def test_an_escaped_password_is_read(secret: str) -> None:
    given = connecting.parameters(f"postgres://somebody:{secret}@example.com:6875/materialize?sslmode=require")
    assert given["host"] == "example.com"
    assert given["port"] == "6875"
    assert given["dbname"] == "materialize"


def test_an_at_sign_is_fine_where_it_is_no_address() -> None:
    given = connecting.parameters("host=example.com user=me@example.com password=p@ss")
    assert (given["user"], given["password"]) == ("me@example.com", "p@ss")
    assert connecting.parameters("postgres://example.com/db?user=me@example.com")["user"] == "me@example.com"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("  \n", "is empty; write postgres://"),
        ("'postgres://a:b@host/db'", "has a quote around it"),
        ("https://console.example.com/", "begins with https://, and should as in postgres://"),
        ("jdbc:postgresql://host:6875/db", "begins with jdbc:postgresql://, and should as in postgres://"),
        ("postgresql+psycopg://a:b@host/db", r"begins with postgresql\+psycopg://"),
        ("host:6875", "write postgres://"),
        ("postgres://a:100%sure@host/db", "a percent sign in a user's name or password is written %25"),
        ("postgres://host/db?ssl_mode=require", r"did you mean the option sslmode=\?"),
        ("postgres://host/db?cluster=large", r"cluster is given beside it: connect\(…, cluster=…\)"),
        ("postgres://a:two words@host/db", "a space in a user's name or password is written %20"),
    ],
)
def test_an_address_that_cannot_be_read_says_what_to_write(
    text: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for call in (mzwidget.connect, lambda dsn: LiveView("v", dsn=dsn)):
        with pytest.raises(ValueError, match=f"the address .*{said}"):
            call(text)
    monkeypatch.setenv(connecting.ENVIRONMENT, text)
    with pytest.raises(ValueError, match=f"{connecting.ENVIRONMENT} .*{said}"):
        mzwidget.connect()


def test_space_around_an_address_is_none_of_it() -> None:
    assert connecting.parameters(" postgres://host:6875/db\n")["dbname"] == "db"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("sslmode=require", "does not support SSL, but SSL was required. Is this the port"),
        ("sslmode=requre", 'invalid sslmode value: "requre". It is disable, allow'),
        ("password=wrong", "invalid password. Check user and password: in PGPASSWORD"),
        ("target_session_attrs=best", 'invalid target_session_attrs value: "best"'),
        ("connect_timeout=soon", "bad value for connect_timeout: 'soon'"),
    ],
)
def test_what_only_the_user_can_mend_is_told_at_once(engine_dsn: str, options: str, said: str) -> None:
    dsn = f"{engine_dsn}{'&' if '?' in engine_dsn else '?'}{options}"
    with pytest.raises(psycopg.Error, match=re.escape(said)):
        mzwidget.connect(dsn)
    with pytest.raises(mzwidget.SqlError, match=re.escape(said)):
        mzwidget.sql("SELECT 1", dsn=dsn)
    with LiveView("SELECT 1 AS n", dsn=dsn) as view:
        with pytest.raises(LiveViewError, match=re.escape(said)):
            view.wait(20)
        assert view.status.state == "failed"


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("SSL error: certificate verify failed", "sslrootcert=FILE names the certificate of the authority"),
        ('root certificate file "ca.crt" does not exist\nEither provide the file', "sslrootcert=FILE names"),
        ('server certificate for "a" does not match host name "b"', "Connect to a name that is in the certificate"),
        ("FATAL:  TLS encryption is required", "Add sslmode=require to the address"),
    ],
)
def test_what_tls_lacks_is_told_in_a_line(said: str, advice: str) -> None:
    with pytest.raises(psycopg.OperationalError) as caught, connecting.answering({}):
        raise psycopg.OperationalError(f'connection failed: connection to server at "127.0.0.1", port 1 failed: {said}')
    told = explain(caught.value)
    assert told.state == "failed"
    assert told.message.startswith(f"{said.splitlines()[0].removeprefix('FATAL:  ')}. {advice}")


def test_a_port_that_was_left_out_is_thought_of() -> None:
    with pytest.raises(psycopg.OperationalError) as caught, connecting.answering({}):
        raise psycopg.OperationalError('connection to server at "example.com", port 5432 failed: Connection refused')
    told = explain(caught.value)
    assert told.state == "reconnecting", "it may be that the server only starts"
    assert told.message.startswith("example.com:5432: Connection refused. Is the port missing in the address?")


def test_a_missing_password_is_told_at_once(engine_dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PGPASSWORD", raising=False)
    given = conninfo_to_dict(engine_dsn)
    bare = f"postgres://{given['user']}@{given['host']}:{given['port']}/{given['dbname']}"
    with LiveView("SELECT 1 AS n", dsn=bare) as view:
        with pytest.raises(LiveViewError, match=r"no password supplied\. Set the environment variable PGPASSWORD"):
            view.wait(20)
        assert view.status.state == "failed"


@pytest.mark.parametrize("mode", ["prefer", "disable", "require"])
def test_a_server_of_another_kind_is_told(mode: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:

        def answer() -> None:
            while True:
                try:
                    client, _ = other.accept()
                except OSError:
                    return
                with client:
                    client.recv(1024)
                    client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        threading.Thread(target=answer, daemon=True).start()
        address = f"postgres://a:b@127.0.0.1:{other.getsockname()[1]}/materialize?sslmode={mode}"
        with pytest.raises(psycopg.OperationalError, match="What listens there speaks another protocol"):
            mzwidget.connect(address)
        other.shutdown(socket.SHUT_RDWR)


def test_isolation_has_its_effect(engine_dsn: str) -> None:
    for isolation in ("serializable", "strict serializable"):
        with mzwidget.connect(engine_dsn, isolation=isolation) as connection:
            assert connection.execute("SHOW transaction_isolation").fetchall() == [(isolation,)]
    # What was named last is what a view asks by default, unless it names another database.
    assert "strict" in connecting.parameters()["options"]
    assert "options" not in connecting.parameters(engine_dsn)


def test_options_of_the_dsn_are_kept(engine_dsn: str) -> None:
    given = connecting.parameters(engine_dsn + "?options=-c%20statement_timeout%3D7s", "quickstart", "serializable")
    with psycopg.connect(**given) as connection:
        assert connection.execute("SHOW statement_timeout").fetchall()[0][0].replace(" ", "") == "7s"
        assert connection.execute("SHOW transaction_isolation").fetchall() == [("serializable",)]
        assert connection.execute("SHOW cluster").fetchall() == [("quickstart",)]


@pytest.mark.parametrize("name", ["two words", r"back\slash", "größe", "a=b", "--cluster=x"])
def test_any_name_of_a_cluster_arrives(name: str) -> None:
    asked: list[str] = []

    def talk(server: Conversation, _: int) -> None:
        server.greet(cluster=name)
        asked.append(server.options)
        server.silence()

    with Server(talk) as server:
        mzwidget.connect(server.dsn, cluster=name).close()
        eventually(lambda: asked)
    escaped = name.replace("\\", "\\\\").replace(" ", "\\ ")
    assert asked == [f"--cluster={escaped}"]


def test_a_cluster_that_is_not_there_is_an_error(engine_dsn: str) -> None:
    def talk(server: Conversation, _: int) -> None:
        server.greet(cluster="quickstart")
        server.silence()

    with Server(talk) as server:
        with pytest.raises(ValueError, match="no cluster 'nosuch' here; the database computes on 'quickstart'"):
            mzwidget.connect(server.dsn, cluster="nosuch")
        with (
            LiveView("v", dsn=server.dsn, cluster="nosuch") as view,
            pytest.raises(LiveViewError, match="there is no cluster 'nosuch'"),
        ):
            view.wait(10)
    with LiveView("SELECT 1 AS n", dsn=engine_dsn, cluster="quickstart", isolation="serializable") as view:
        assert list(view.wait(20).df["n"]) == [1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cluster": ""}, "cluster must be the name of a cluster, not ''"),
        ({"cluster": 5}, "cluster must be the name of a cluster, not 5"),
        ({"isolation": "snapshot"}, "isolation must be 'serializable' or 'strict serializable', not 'snapshot'"),
    ],
)
def test_a_wrong_option_is_an_error(options: dict[str, object], message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATERIALIZE_URL", "no address, and not read before what else is wrong")
    for call in (mzwidget.connect, lambda **given: LiveView("v", **given)):
        for dsn in ("postgres://127.0.0.1:1/materialize", None):
            with pytest.raises(ValueError, match=message):
                call(dsn=dsn, **options)


FORKED = """
import os, sys
import mzwidget
from mzwidget import LiveView
connection = mzwidget.connect()
connection.execute("CREATE TABLE shared (n int)")
connection.execute("INSERT INTO shared VALUES (5)")
view = LiveView("shared").wait(20)
sys.stdout.flush()
if child := os.fork():
    assert os.waitpid(child, 0)[1] == 0
    assert list(view.df["n"]) == [5]
else:
    print("in the child:", LiveView("shared").wait(20).df["n"].tolist(), flush=True)
    os._exit(0)
"""


def run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run code in a process that has no database named."""
    environment = {name: value for name, value in os.environ.items() if name != connecting.ENVIRONMENT}
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env=environment,
    )


def test_a_forked_process_has_the_same_engine() -> None:
    done = run(FORKED)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("an embedded engine was started") == 1
    assert "in the child: [5]" in done.stdout


HELD = """
import os, signal, threading
import mzwidget
from mzwidget import wikipedia
from mzwidget.local import starter
from mzwidget.notebook import session
from mzwidget.tail import connect, shared
from mzwidget import background
mzwidget.LiveView("SELECT 5 AS n").wait(20)
held = threading.Event()
def hold():
    with starter._lock, session._lock, connect._lock, shared._lock, background._lock, wikipedia._running_lock:
        held.set()
        signal.pause()
threading.Thread(target=hold, daemon=True).start()
held.wait()
if child := os.fork():
    print("ended:", os.waitpid(child, 0)[1], flush=True)
    os._exit(0)
signal.alarm(30)
mzwidget.connect()
assert len(mzwidget.sql("SELECT 5 AS n")) == len(mzwidget.LiveView("SELECT 5 AS n").wait(20).df) == 1
os._exit(0)
"""


def test_a_forked_process_waits_for_no_thread_that_stayed_behind() -> None:
    done = run(HELD)
    assert done.stdout.endswith("ended: 0\n"), done.stderr


STARTED = """
import multiprocessing, sys
import mzwidget
connection = mzwidget.connect(*sys.argv[2:])
connection.execute("CREATE TABLE of_{0} (n int)".format(sys.argv[1]))
connection.execute("INSERT INTO of_{0} VALUES (5)".format(sys.argv[1]))
with multiprocessing.get_context(sys.argv[1]).Pool(1) as pool:
    print("in the child:", pool.apply(mzwidget.sql, ["SELECT n FROM of_" + sys.argv[1]])["n"].tolist())
connection.execute("DROP TABLE of_{0}".format(sys.argv[1]))
"""


@pytest.mark.parametrize("named", [False, True])
@pytest.mark.parametrize("way", ["spawn", "forkserver"])
def test_a_process_that_multiprocessing_starts_has_the_same_database(way: str, named: bool, engine_dsn: str) -> None:
    done = run(STARTED, way, *([engine_dsn] if named else []))
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("an embedded engine was started") == (not named)
    assert "in the child: [5]" in done.stdout


ENDED = """
import mzwidget
from mzwidget.local import starter
mzwidget.connect()
starter._engine.process.kill()
starter._engine.process.wait()
mzwidget.connect()
"""


def test_an_engine_that_is_started_again_says_that_it_is_empty() -> None:
    done = run(ENDED)
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert "again" not in first
    assert "again, empty" in second


@pytest.mark.parametrize(
    ("oid", "name", "text", "value"),
    [
        (16465, "uint8[]", "{0,18446744073709551615,NULL}", [0, 2**64 - 1, None]),
        (16461, "uint2[]", "{1}", [1]),
        (16463, "uint4[]", "{{1},{2}}", [[1], [2]]),
        (16553, "mz_timestamp[]", "{1700000000000}", [1_700_000_000_000]),
        (16464, "uint8", "18446744073709551615", 2**64 - 1),
        (16567, "mz_aclitem[]", "{u1=r/u2}", ["u1=r/u2"]),
        (16384, "list", "{1,2}", "{1,2}"),
        (16385, "map", "{a=>1}", "{a=>1}"),
    ],
)
def test_types_of_materialize_have_names(oid: int, name: str, text: str, value: object) -> None:
    assert column("c", oid).type == name
    assert to_python(column("c", oid), text) == value
