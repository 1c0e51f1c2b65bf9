"""`mzwidget local --keep`: what was acknowledged is there after a restart, however the engine ended."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import psycopg
import pytest

import mzwidget
from tests.machine import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("embedded")


class Kept:
    """An engine that keeps its data in a folder."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "mzwidget", "local", "--keep", str(folder)],
            env=os.environ | {"MZWIDGET_PASSWORD": "kept"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.dsn = self._process.stdout.readline().strip()

    def end(self, number: signal.Signals = signal.SIGKILL) -> str:
        """End it; return what it complained of."""
        self._process.send_signal(number)
        complaints = self._process.communicate(timeout=90)[1]
        return str(complaints)


@contextlib.contextmanager
def kept(folder: Path) -> Iterator[psycopg.Connection]:
    engine = Kept(folder)
    try:
        assert engine.dsn.startswith("postgres://"), engine.end()
        with psycopg.connect(engine.dsn, autocommit=True) as connection:
            yield connection
    finally:
        assert "not restored" not in engine.end()


@pytest.mark.parametrize("seed", range(2))
def test_killed_at_any_moment_of_a_hundred_commits_no_acknowledged_one_is_lost(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    with kept(tmp_path) as database:
        database.execute("CREATE TABLE rows (writer int, n int)")
        database.execute("CREATE MATERIALIZED VIEW total AS SELECT writer, count(*) AS n FROM rows GROUP BY writer")
    acknowledged: set[tuple[int, int]] = set()
    sent: set[tuple[int, int]] = set()
    while len(acknowledged) < 100:
        engine = Kept(tmp_path)
        enough = len(acknowledged) + chance.randint(15, 40)

        def write(writer: int) -> None:
            with contextlib.suppress(psycopg.Error), psycopg.connect(engine.dsn, autocommit=True) as connection:  # noqa: B023
                while True:
                    row = (writer, len(sent))
                    sent.add(row)
                    connection.execute("INSERT INTO rows VALUES (%s, %s)", row)
                    acknowledged.add(row)

        writers = [threading.Thread(target=write, args=(writer,)) for writer in range(3)]
        for writer in writers:
            writer.start()
        eventually(lambda: len(acknowledged) >= enough, what="commits")  # noqa: B023
        time.sleep(chance.random() * 0.02)
        engine.end()
        for writer in writers:
            writer.join()
    with kept(tmp_path) as database:
        found = database.execute("SELECT writer, n FROM rows").fetchall()
        assert len(found) == len(set(found)), "a commit was applied twice"
        assert acknowledged <= set(found) <= sent
        counted = dict(database.execute("SELECT writer, n FROM total").fetchall())
        assert sum(counted.values()) == len(found)


SCRIPT = """
CREATE TABLE orders (item text NOT NULL, amount int DEFAULT 1, tags text[], doc jsonb, at timestamptz, price numeric);
INSERT INTO orders VALUES ('it''s', 3, '{a,NULL}', '{"a": 1}', '2024-01-01', 1.25);
INSERT INTO orders VALUES ('ink', NULL, NULL, NULL, NULL, NULL);
CREATE SCHEMA other;
CREATE TABLE other."Odd name" ("a b" int);
INSERT INTO other."Odd name" VALUES (7);
CREATE VIEW few AS SELECT item, amount FROM orders WHERE amount < 4;
CREATE MATERIALIZED VIEW both AS SELECT f.item, o."a b" FROM few f, other."Odd name" o;
CREATE OR REPLACE VIEW few AS SELECT item, amount FROM orders WHERE amount < 4 OR amount IS NULL;
CREATE TABLE gone (a int);
INSERT INTO gone VALUES (1);
DROP TABLE gone;
CREATE TABLE gone (b text);
CREATE INDEX by_item ON orders (item);
SET search_path = other;
CREATE TABLE inside (c int);
CREATE VIEW seen AS SELECT c FROM inside;
SET search_path = public;
CREATE TEMPORARY TABLE mine (a int);
DROP TABLE mine;
UPDATE orders SET amount = 4 WHERE item = 'ink';
DELETE FROM orders WHERE item = 'nothing';
ALTER TABLE other.inside RENAME TO within;
BEGIN;
INSERT INTO gone VALUES ('committed');
COMMIT;
BEGIN;
INSERT INTO gone VALUES ('not');
ROLLBACK;
CREATE TEMPORARY TABLE later (a int)
"""

LOOKS = (
    "SELECT * FROM orders ORDER BY item",
    'SELECT * FROM other."Odd name"',
    "SELECT * FROM few ORDER BY item",
    "SELECT * FROM gone",
    "SELECT * FROM other.seen",
    "SHOW TABLES",
    "SHOW TABLES FROM other",
    "SHOW VIEWS",
    "SHOW COLUMNS FROM orders",
    "SHOW SCHEMAS",
    "SELECT id, name FROM mz_tables ORDER BY name",
)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_all_that_was_defined_is_there(tmp_path: Path, number: signal.Signals) -> None:
    engine = Kept(tmp_path / "new" / "folder")
    with psycopg.connect(engine.dsn, autocommit=True) as database:
        refused: list[str] = []
        for statement in SCRIPT.split(";\n"):
            try:
                database.execute(statement)
            except psycopg.Error as error:
                refused.append(str(error))
        [replacing] = refused
        assert "still depended upon" in replacing, "`few` is used by `both`"
        before = {look: database.execute(look).fetchall() for look in LOOKS}
        mine = "SELECT count(*) FROM later"
        assert database.execute(mine).fetchone() == (0,)
    assert "Traceback" not in engine.end(number)
    for _ in range(2):
        with kept(tmp_path / "new" / "folder") as database:
            for look in LOOKS:
                assert database.execute(look).fetchall() == before[look], look
            with pytest.raises(psycopg.Error, match="unknown catalog item"):
                database.execute(mine)
            database.execute("INSERT INTO orders (item) VALUES ('later')")
            assert database.execute("SELECT amount FROM orders WHERE item = 'later'").fetchone() == (1,)
            with pytest.raises(psycopg.Error, match="null"):
                database.execute("INSERT INTO orders VALUES (NULL)")
            database.execute("DELETE FROM orders WHERE item = 'later'")


def test_a_view_follows_what_was_kept(tmp_path: Path) -> None:
    with kept(tmp_path) as database:
        database.execute("CREATE TABLE seen (a int)")
        database.execute("INSERT INTO seen SELECT n FROM generate_series(1, 1000) AS n")
        database.execute("DELETE FROM seen WHERE a > 10")
    engine = Kept(tmp_path)
    try:
        with mzwidget.LiveView("SELECT count(*) AS n FROM seen", dsn=engine.dsn) as view:
            assert view.wait(20).df["n"].tolist() == [10]
            with psycopg.connect(engine.dsn, autocommit=True) as database:
                database.execute("INSERT INTO seen VALUES (11)")
            view.when(lambda df: df["n"].tolist() == [11], timeout=20)
    finally:
        engine.end()


def test_one_folder_serves_one_engine(tmp_path: Path) -> None:
    first = Kept(tmp_path)
    try:
        second = subprocess.run(
            [sys.executable, "-m", "mzwidget", "local", "--keep", str(tmp_path)],
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert second.returncode == 1
        assert second.stderr == f"mzwidget: {tmp_path} is in use by another engine\n"
    finally:
        first.end()


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "engine.duckdb").write_text("this is no database" * 1000)
    for folder in ("file", "bad"):
        done = subprocess.run(
            [sys.executable, "-m", "mzwidget", "local", "--keep", str(tmp_path / folder)],
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 1
        assert done.stderr.startswith("mzwidget: cannot ")
        assert len(done.stderr.splitlines()) == 1
