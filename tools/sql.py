"""What the embedded engine speaks, from the tables that it works by: ``python -m tools.sql`` writes docs/sql.md."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from mzwidget.local.dialect import calls, functions, typenames
from mzwidget.local.dialect.builtins import READERS
from mzwidget.local.dialect.castlines import CASTS, Context
from mzwidget.local.dialect.functions import (
    arrays,
    fields,
    jsonb,
    numbers,
    operators,
    ranges,
    regexps,
    system,
    text,
    time,
    to_char,
)
from mzwidget.local.formats import types as t
from mzwidget.local.statements import model, system_live
from mzwidget.local.statements.system import CONTENTS
from mzwidget.local.statements.system_relations import RELATIONS
from mzwidget.local.statements.table import TABLE
from mzwidget.local.statements.variables import Variables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mzwidget.local.dialect.overloads import Overload

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "sql.md"

_HEAD = """# What the embedded engine speaks

The engine takes Materialize's SQL: what it accepts was seen to be answered by a real Materialize, and means what it
means there. Everything else is refused: in Materialize's words where it refuses it too, and else with SQLSTATE `0A000`
and a message that names what is missing. On Materialize itself, all of Materialize's SQL is at hand. This page is
written from the engine's own tables, by `python -m tools.sql`.
"""
_AREAS = {
    "Numbers": numbers.FUNCTIONS,
    "Text": [*text.FUNCTIONS, *regexps.FUNCTIONS],
    "Dates and times": [*time.FUNCTIONS, *fields.FUNCTIONS, *to_char.FUNCTIONS],
    "jsonb": jsonb.FUNCTIONS,
    "Arrays, lists and maps": arrays.FUNCTIONS,
    "Ranges": ranges.FUNCTIONS,
    "Session and catalog": system.FUNCTIONS,
}
_STATEMENTS: dict[type, str] = {
    model.Query: "`SELECT`, `VALUES`, `TABLE`, `WITH`, `WITH MUTUALLY RECURSIVE`; with `AS OF`",
    model.Write: "`INSERT` (`VALUES`, `SELECT`, `RETURNING`), `UPDATE`, `DELETE` (`USING`)",
    model.Subscribe: "`SUBSCRIBE` with `SNAPSHOT`, `PROGRESS`, `AS OF`, `UP TO`, `ENVELOPE UPSERT`",
    model.CopyTo: "`COPY (SELECT …)` and `COPY (SUBSCRIBE …)` `TO STDOUT`, as text, csv or binary",
    model.CopyFrom: "`COPY … FROM STDIN`, as text or csv",
    model.CreateTable: "`CREATE [TEMPORARY] TABLE`",
    model.CreateView: "`CREATE [OR REPLACE] [TEMPORARY] VIEW`, `… MATERIALIZED VIEW` (`ASSERT NOT NULL`)",
    model.CreateType: "`CREATE TYPE … AS LIST`, `AS MAP`, `AS (…)`",
    model.CreateSchema: "`CREATE SCHEMA`",
    model.CreateDatabase: "`CREATE DATABASE`",
    model.CreateRole: "`CREATE ROLE`",
    model.CreateIndex: "`CREATE [DEFAULT] INDEX`: it is listed, and does nothing",
    model.Drop: "`DROP` with `IF EXISTS`, `CASCADE`",
    model.Rename: "`ALTER … RENAME TO`",
    model.Explain: "`EXPLAIN` of a query or a materialized view, in a form of the engine's own that says so",
    model.Swap: "`ALTER SCHEMA … SWAP WITH`",
    model.ChangeOwner: "`ALTER … OWNER TO` the owner that it has",
    model.Comment: "`COMMENT ON`",
    model.Grant: "`GRANT` and `REVOKE` of privileges: checked; they decide nothing, as with RBAC switched off there",
    model.Begin: "`BEGIN`, `START TRANSACTION`",
    model.Commit: "`COMMIT`",
    model.Rollback: "`ROLLBACK`",
    model.SetTransaction: "`SET TRANSACTION`, `SET SESSION CHARACTERISTICS AS TRANSACTION`",
    model.SetVariable: "`SET`, `SET LOCAL`, `RESET`",
    model.ShowVariable: "`SHOW` a setting, `SHOW ALL`",
    model.ShowItems: "`SHOW TABLES`, `VIEWS`, `MATERIALIZED VIEWS`, `OBJECTS`, `TYPES`, …; `FROM`, `LIKE`, `WHERE`",
    model.ShowSchemas: "`SHOW SCHEMAS`, `DATABASES`, `ROLES`, `CLUSTERS`, `CLUSTER REPLICAS`",
    model.ShowIndexes: "`SHOW INDEXES`",
    model.ShowColumns: "`SHOW COLUMNS FROM`",
    model.ShowCreate: "`SHOW CREATE` of views, materialized views and indexes",
    model.Prepare: "`PREPARE`",
    model.Execute: "`EXECUTE`, with constants for parameters",
    model.Deallocate: "`DEALLOCATE`",
    model.Declare: "`DECLARE … CURSOR FOR`",
    model.Fetch: "`FETCH`, with a timeout",
    model.CloseCursor: "`CLOSE`",
    model.Discard: "`DISCARD`",
}
_REFUSED_AS_THERE = {model.Unsupported}


def page() -> str:
    """Return the text of the page."""
    sections = [_HEAD, *_statements(), *_types(), *_functions(), *_settings(), *_relations(), *_missing()]
    return "\n".join(section.rstrip() + "\n" for section in sections)


def _statements() -> Iterator[str]:
    unknown = set(TABLE) - set(_STATEMENTS) - _REFUSED_AS_THERE
    assert not unknown, f"say in tools/sql.py what these statements are: {unknown}"
    listed = "\n".join(f"- {_STATEMENTS[kind]}" for kind in _STATEMENTS if kind in TABLE)
    yield f"## Statements\n\n{listed}"


def _types() -> Iterator[str]:
    names = ", ".join(f"`{name}`" for name in [*t.SCALARS, *t.RANGES])
    yield (
        f"## Types\n\n{names}; arrays (`int4[]`, also of several dimensions),"
        " lists (`int4 list`), maps (`map[text=>int4]`), rows."
    )
    by_source: defaultdict[str, defaultdict[Context, list[str]]] = defaultdict(lambda: defaultdict(list))
    for (source, target), cast in CASTS.items():
        by_source[source][cast.context].append(target)
    rows = [
        [f"`{source}`", *(", ".join(sorted(found[context])) or "–" for context in Context)]
        for source, found in sorted(by_source.items())
    ]
    yield "### Casts\n\n" + _table(["from", "implicit", "on assignment", "explicit"], rows)


def _functions() -> Iterator[str]:
    yield "## Functions\n\nArguments and results are given by type; `any…` stands for the type that the call has."
    for area, lines in _AREAS.items():
        yield f"### {area}\n\n{_listed(lines)}"
    yield f"### Table functions\n\n{_listed(_all(functions.TABLES), columns=True)}"
    yield f"### Aggregates\n\nWith `DISTINCT`, `FILTER` and `ORDER BY`.\n\n{_listed(_all(functions.AGGREGATES))}"
    windows = [*_all(functions.WINDOWS)]
    yield f"### Window functions\n\nAnd aggregates over frames of `ROWS`.\n\n{_listed(windows)}"
    both = [*operators.OPERATORS, *jsonb.OPERATORS, *arrays.OPERATORS, *ranges.OPERATORS]
    yield f"### Operators\n\n{_operators(both)}"
    prefix = ", ".join(f"`{name}`" for name in functions.PREFIX)
    yield (
        f"Before one operand: {prefix}, `NOT`. Also `LIKE`, `ILIKE`, `~`, `~*`, `BETWEEN`, `IN`, `ANY`, `ALL`,\n"
        "`IS DISTINCT FROM`, `AT TIME ZONE`, `CASE`, `COALESCE`, `NULLIF`, `GREATEST`, `LEAST`."
    )


def _settings() -> Iterator[str]:
    rows = [[f"`{name}`", f"`{value}`" if value else "empty"] for name, value, _ in Variables().all()]
    yield "## Settings\n\n" + _table(["name", "default"], rows)


def _relations() -> Iterator[str]:
    filled = {*CONTENTS, *system_live.CONTENTS}
    by_schema: defaultdict[str, list[str]] = defaultdict(list)
    for path in sorted(filled):
        schema, _, name = path.partition(".")
        by_schema[schema].append(f"`{name}`{' ⟳' if path in system_live.CONTENTS else ''}")
    rows = [[f"`{schema}`", ", ".join(names)] for schema, names in sorted(by_schema.items())]
    yield (
        "## System relations\n\n"
        f"{len(RELATIONS)} relations have Materialize's names and columns. These have content; the others are empty.\n"
        "Those with ⟳ change by themselves. All can be subscribed to: a subscription sees a change within a second.\n"
        "Bytes are estimates; lags are remembered while somebody looks.\n\n" + _table(["schema", "relations"], rows)
    )


def _missing() -> Iterator[str]:
    there = ", ".join(f"`{name}`" for name in sorted(calls.OFFERED_THERE - functions.KNOWN - _SESSION - READERS.keys()))
    types = ", ".join(f"`{name}`" for name in sorted(typenames.OFFERED_THERE))
    phrases = "\n".join(f"- {phrase}" for phrase in sorted(refusals(), key=str.lower))
    yield (
        "## What Materialize has and the engine has not\n\n"
        "An error says so: `… is not supported by the embedded engine`.\n\n"
        f"Functions: {there}.\n\nTypes: {types}.\n\nAnd:\n\n{phrases}"
    )


_SESSION = frozenset(
    """
    current_catalog current_database current_role current_schema current_user mz_environment_id mz_is_superuser
    mz_version mz_version_num pg_backend_pid session_user version
    """.split()  # noqa: SIM905
)


def refusals() -> set[str]:
    """Return what the engine's code says that it refuses, where it says so in fixed words."""
    found = set()
    for path in (ROOT / "mzwidget" / "local").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "unsupported":
                argument = node.args[0]
                if isinstance(argument, ast.Constant) and not str(argument.value).startswith(("this ", "such ")):
                    found.add(str(argument.value).rstrip(","))
    return found


def _all(table: dict[str, list[Overload]]) -> list[Overload]:
    return [each for lines in table.values() for each in lines]


def _listed(lines: Iterable[Overload], *, columns: bool = False) -> str:
    by_name: defaultdict[str, list[str]] = defaultdict(list)
    for each in lines:
        shown = f"({', '.join(each.arguments)}{'…' if each.variadic else ''})"
        result = ", ".join(f"{name} {of}" for name, of in each.columns) if columns and each.columns else each.result
        by_name[each.name].append(f"{shown} → {result}")
    rows = [
        [f"`{name}`", "; ".join(f"`{each}`" for each in dict.fromkeys(found))]
        for name, found in sorted(by_name.items())
    ]
    return _table(["name", "of"], rows)


def _operators(lines: Iterable[Overload]) -> str:
    by_name: defaultdict[str, list[str]] = defaultdict(list)
    for each in lines:
        left, right = each.arguments
        by_name[each.name].append(f"{left} {right} → {each.result}")
    rows = [
        [f"`{name.replace('|', chr(92) + '|')}`", "; ".join(dict.fromkeys(found))]
        for name, found in sorted(by_name.items())
    ]
    return _table(["operator", "between"], rows)


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
