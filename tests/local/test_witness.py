"""Every line of the tables was seen to be answered by Materialize, or is asked for in ``wanted.sql``."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mzwidget.local import dialect
from mzwidget.local.dialect import aggregation, calls, expressions, functions, overloads, sources
from mzwidget.local.dialect.overloads import Candidate, Overload
from mzwidget.local.dialect.syntax import tree
from mzwidget.local.errors import SqlError
from mzwidget.local.formats.types import Column
from tests.local.recorded import AREAS, DESCRIBED, STREAMED, sessions
from tests.local.translated import Catalog

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_TABLES = (
    functions.SCALARS, functions.OPERATORS, functions.PREFIX, functions.AGGREGATES, functions.WINDOWS, functions.TABLES
)  # fmt: skip
_WANTED = Path(__file__).parent / "wanted.sql"
_SESSION = dict.fromkeys(("current_user", "session_user", "current_role", "current_database", "current_schema"), "x")


class _Names(Catalog):
    def roles(self) -> dict[int, str]:
        return {1: "materialize"}


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """Return the ids of the lines that calls meant, as they are planned."""
    found: set[int] = set()
    choose = overloads.choose

    def watched(lines: Sequence[Overload], given: Any) -> list[Candidate]:
        candidates = choose(lines, given)
        if len(candidates) == 1:
            found.add(id(candidates[0].overload))
        return candidates

    for module in (aggregation, calls, expressions, sources):
        monkeypatch.setattr(module, "choose", watched)
    return found


def test_every_line_was_answered_or_is_asked_for(chosen: set[int]) -> None:
    for area in AREAS:
        if area not in (*DESCRIBED, STREAMED):
            for records in sessions(area).values():
                _plan(_answered(records))
    _plan(re.sub(r"--[^\n]*", "", _WANTED.read_text()).split(";\n"))
    lines = [line for table in _TABLES for same in table.values() for line in same]
    missing = sorted({f"{line.signature} -> {line.result}" for line in lines if id(line) not in chosen})
    assert not missing, f"{len(missing)} lines without a witness; ask for them in {_WANTED.name}:\n" + "\n".join(
        missing
    )


def _answered(records: Iterable[dict[str, Any]]) -> Iterator[str]:
    for record in records:
        if record.get("error") is None and "results" not in record:
            yield record.get("query") or record["sql"]


def _plan(statements: Iterable[str]) -> None:
    """Plan statements one after the other, those that make tables and views included; what fails is left out."""
    catalog = _Names()
    for sql in statements:
        view = re.fullmatch(r"\s*CREATE (?:MATERIALIZED )?VIEW ([\w\"]+) AS (.*)", sql, re.DOTALL | re.IGNORECASE)
        with contextlib.suppress(SqlError):
            parsed = dialect.parse(view[2] if view else sql)
            if isinstance(parsed, tree.CreateTable):
                columns = tuple(Column(each.name, each.type) for each in dialect.plan_columns(parsed, catalog))
                name = parsed.name[-1]
                catalog.relations[name] = dialect.Relation(name, columns, name, frozenset({name}), is_table=True)
            elif isinstance(parsed, tree.Insert):
                dialect.plan_insert(parsed, catalog, session=_SESSION)
            elif isinstance(parsed, tree.Query):
                query = dialect.plan_query(parsed, catalog, session=_SESSION)
                if view:
                    path = ("materialize", "public", view[1])
                    catalog.relations[view[1]] = dialect.view_relation(view[1], path, query, query.columns)
