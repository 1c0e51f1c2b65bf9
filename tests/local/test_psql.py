"""The real psql and its backslash commands: what Materialize answers is answered, what it refuses is refused alike."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

from tests.machine import missing

if TYPE_CHECKING:
    import psycopg

_MADE = """
CREATE TABLE items (id int NOT NULL, name text, price numeric(10,2));
CREATE VIEW cheap AS SELECT id, name FROM items WHERE price < 5;
CREATE MATERIALIZED VIEW totals AS SELECT count(*) AS n FROM items;
CREATE INDEX items_id ON items (id);
COMMENT ON TABLE items IS 'what is sold';
"""
_NO_UNNEST = 'function "pg_catalog.unnest" does not exist'

_COMMANDS = {
    r"\d": ["cheap|view", "items|table", "totals|materialized view"],
    r"\dt": ["items|table|materialize"],
    r"\dv": ["cheap|view|materialize"],
    r"\dm": ["totals|materialized view|materialize"],
    r"\di": ["items_id|index|materialize|items"],
    r"\d items": ['Table "', "id|integer||not null|", "price|numeric(39,2)", '"items_id" arrangement (id)'],
    r"\d cheap": ['View "', "id|integer", "name|text"],
    r"\d totals": ['Materialized view "', "n|bigint"],
    r"\l": ["materialize|materialize|UTF8"],
    r"\dn": ["mz_catalog|"],
    r"\dn+": ["mz_catalog|"],
    r"\du": ["materialize|"],
    r"\sv cheap": ["SELECT id, name FROM materialize.", ".items WHERE price < 5"],
    r"\dx": [],
    r"\db": [],
    r"\dT": [],
    r"\dD": [],
    r"\d nothing": ['Did not find any relation named "nothing".'],
    r"\dt+": ['function "pg_catalog.pg_table_size" does not exist'],
    r"\d+ items": [_NO_UNNEST],
    r"\df": ['function "pg_catalog.pg_get_function_result" does not exist'],
    r"\do": ['function "pg_catalog.pg_operator_is_visible" does not exist'],
    r"\dC": ["unknown catalog item 'pg_catalog.pg_cast'"],
    r"\dF": ["unknown catalog item 'pg_catalog.pg_ts_config'"],
    r"\dL": ['column "l.tableoid" does not exist'],
    r"\dO": ['function "pg_catalog.pg_char_to_encoding" does not exist'],
    r"\ddp": ["unknown catalog item 'pg_catalog.pg_default_acl'"],
    r"\drds": ["unknown catalog item 'pg_catalog.pg_db_role_setting'"],
    r"\des": ["unknown catalog item 'pg_catalog.pg_foreign_server'"],
    r"\dy": [_NO_UNNEST],
    r"\z": ['column "c.relacl" does not exist'],
    r"\l+": ['function "pg_catalog.pg_database_size" does not exist'],
}


def test_backslash_commands(sql: psycopg.Connection, dsn: str) -> None:
    program = shutil.which("psql")
    if program is None:
        missing("no psql: install Debian's package postgresql-client")
    for statement in _MADE.strip().split(";\n"):
        sql.execute(statement.rstrip(";"))
    script = "".join(f"\\echo ::\n{command}\n" for command in _COMMANDS)
    psql = [program, "-X", "-A", "-v", "VERBOSITY=terse", dsn]
    ran = subprocess.run(
        psql, input=script, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, check=True
    )
    answers = ran.stdout.split("::\n")[1:]
    assert len(answers) == len(_COMMANDS)
    for (command, wanted), answer in zip(_COMMANDS.items(), answers, strict=True):
        for text in wanted:
            assert text in answer, command + answer
        assert ("ERROR" in answer) == any("does not exist" in text or "unknown" in text for text in wanted), (
            command + answer
        )
        assert "embedded engine" not in answer, command
