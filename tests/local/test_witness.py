"""Every line of the tables was seen to be answered by Materialize, or is asked for in ``wanted.sql``.

What the notebooks and the documentation ask was answered as it stands, is made of what was, or is asked for.
"""

from __future__ import annotations

import ast
import contextlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from IPython.core.inputtransformer2 import TransformerManager

from mzwidget.local import dialect
from mzwidget.local.dialect import aggregation, calls, expressions, functions, overloads, sources
from mzwidget.local.dialect.overloads import Candidate, Overload
from mzwidget.local.dialect.syntax import tree
from mzwidget.local.errors import SqlError
from mzwidget.local.formats.types import Column
from mzwidget.local.statements.system_relations import RELATIONS
from mzwidget.params import compose
from tests.local.recorded import AREAS, DESCRIBED, STREAMED, sessions
from tests.local.translated import Catalog
from tests.machine import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_TABLES = (
    functions.SCALARS, functions.OPERATORS, functions.PREFIX, functions.AGGREGATES, functions.WINDOWS, functions.TABLES
)  # fmt: skip
_WANTED = Path(__file__).parent / "wanted.sql"
_SESSION = dict.fromkeys(
    ("current_user", "session_user", "current_role", "current_database", "current_schema", "mz_version"), "x"
)
# What stands in the place of parameters.
_VALUES = {"least": 3, "shops": ["Oslo", "Rome"], "shop": "Oslo", "x": 1}
# What the notebooks load, which makes tables without SQL.
_LOADED = (
    """
    CREATE TABLE wiki_day (at timestamptz, kind text, wiki text, namespace smallint, title text, user_name text,
        bot boolean, minor boolean, delta integer)
    """,
    """
    CREATE TABLE wikis (dbname text, language_code text, language text, project text, url text, closed boolean)
    """,
)
_STATEMENT = re.compile(r"\s*(?:ALTER|COPY|CREATE|DELETE|DROP|INSERT|SELECT|SET|SHOW|TABLE|UPDATE|VALUES|WITH)\s")
# What a statement does, without what it does that to.
_DEED = re.compile(
    r"(?:(?:ALTER|COPY|CREATE|OR REPLACE|DELETE FROM|DROP|IF (?:NOT )?EXISTS|INSERT INTO|MATERIALIZED|SELECT|SET|SHOW|"
    r"TABLE|UPDATE|VALUES|VIEW|WITH)\b\s*)+"
)
_KINDS = r"(?:OR REPLACE )?(?:MATERIALIZED )?VIEW(?: IF NOT EXISTS)?"
_FENCE = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


class _Names(Catalog):
    def roles(self) -> dict[int, str]:
        return {1: "materialize"}

    def relation(self, parts: tuple[str, ...]) -> dialect.Relation | None:
        path = ".".join(parts)
        if path in RELATIONS:
            return dialect.Relation(path, RELATIONS[path], path, frozenset({path}))
        return super().relation(parts)


class _Chosen:
    """Plans statements, and notes the ids of the lines that their calls meant."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.lines: set[int] = set()
        choose = overloads.choose

        def watched(lines: Sequence[Overload], given: Any) -> list[Candidate]:
            candidates = choose(lines, given)
            if len(candidates) == 1:
                self.lines.add(id(candidates[0].overload))
            return candidates

        for module in (aggregation, calls, expressions, sources):
            patch.setattr(module, "choose", watched)

    def by(self, statements: Iterable[str]) -> set[int]:
        """Plan statements one after the other; what fails is left out."""
        self.lines.clear()
        catalog = _Names()
        for sql in statements:
            with contextlib.suppress(SqlError):
                _plan(sql, catalog)
        return set(self.lines)


@pytest.fixture(scope="module")
def chosen() -> Iterator[_Chosen]:
    with pytest.MonkeyPatch.context() as patch:
        yield _Chosen(patch)


@pytest.fixture(scope="module")
def answered() -> list[list[str]]:
    """Return the statements that were answered, by session."""
    areas = (sessions(area).values() for area in AREAS if area not in (*DESCRIBED, STREAMED))
    return [list(_answered(records)) for area in areas for records in area]


@pytest.fixture(scope="module")
def witnessed(chosen: _Chosen, answered: list[list[str]]) -> set[int]:
    return set().union(*map(chosen.by, answered))


def _wanted() -> list[str]:
    return re.sub(r"--[^\n]*", "", _WANTED.read_text()).split(";\n")


def test_every_line_was_answered_or_is_asked_for(chosen: _Chosen, witnessed: set[int]) -> None:
    seen = witnessed | chosen.by(_wanted())
    lines = [line for table in _TABLES for same in table.values() for line in same]
    missing = sorted({f"{line.signature} -> {line.result}" for line in lines if id(line) not in seen})
    assert not missing, f"{len(missing)} lines without a witness; ask for them in {_WANTED.name}:\n" + "\n".join(
        missing
    )


@pytest.mark.parametrize("where", ["notebooks", "docs"])
def test_what_readers_are_shown_is_made_of_what_was_answered(
    where: str, chosen: _Chosen, witnessed: set[int], answered: list[list[str]]
) -> None:
    as_it_stands = {_one_line(sql) for of in answered for sql in of} | set(map(_one_line, _wanted()))
    deeds = {_deed(sql) for of in (*answered, _wanted()) for sql in of}
    names = {id(line): line.signature for table in _TABLES for of in table.values() for line in of}
    catalog, asked, missing = _Names(), 0, []
    for sql in _LOADED:
        _plan(sql, catalog)
    for page, sql in _shown(where):
        chosen.lines.clear()
        if not _deed(sql).startswith("DROP"):  # names what it drops, and no more
            _plan(sql, catalog)
        asked += 1
        if _one_line(sql) not in as_it_stands:
            missing += [f"{page}: {names[line]} in {_one_line(sql)}" for line in chosen.lines - witnessed]
            missing += [] if _deed(sql) in deeds else [f"{page}: {_deed(sql)}"]
    assert asked > 25
    assert not missing, f"never answered as it stands; ask for it in {_WANTED.name}:\n" + "\n".join(missing)


def _shown(where: str) -> Iterator[tuple[str, str]]:
    """Yield the pages and statements of the notebooks, or of README and documentation in the order they are run."""
    if where == "notebooks":
        for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
            for cell in json.loads(path.read_text("utf-8"))["cells"]:
                if cell["cell_type"] == "code":
                    yield from ((path.name, sql) for sql in _statements("".join(cell["source"])))
    else:
        first = ROOT / "docs" / "quickstart.md"
        for path in (ROOT / "README.md", first, *sorted((ROOT / "docs").glob("*.md"))):
            for code in _FENCE.findall(path.read_text("utf-8")):
                yield from ((path.name, sql) for sql in _statements(code))


def _statements(code: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(TransformerManager().transform_cell(code))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _STATEMENT.match(node.value):
            yield compose(node.value, _VALUES).text if "%(" in node.value else node.value


def _one_line(sql: str) -> str:
    return " ".join(sql.split()).rstrip(";").casefold()


def _deed(sql: str) -> str:
    found = _DEED.match(" ".join(sql.split()).upper())
    return found[0] if found else sql


def _answered(records: Iterable[dict[str, Any]]) -> Iterator[str]:
    for record in records:
        if record.get("error") is None and "results" not in record:
            yield record.get("query") or record["sql"]


def _plan(sql: str, catalog: _Names) -> None:
    """Plan a statement; one that makes a table or a view is remembered."""
    view = re.fullmatch(rf"\s*CREATE {_KINDS} ([\w\"]+)\s+AS\s(.*)", sql, re.DOTALL | re.IGNORECASE)
    parsed = dialect.parse(view[2] if view else sql)
    if isinstance(parsed, tree.CreateTable):
        columns = tuple(Column(each.name, each.type) for each in dialect.plan_columns(parsed, catalog))
        name = parsed.name[-1]
        catalog.relations[name] = dialect.Relation(name, columns, name, frozenset({name}), is_table=True)
    elif isinstance(parsed, tree.Insert):
        dialect.plan_insert(parsed, catalog, session=_SESSION)
    elif isinstance(parsed, tree.Update | tree.Delete):
        dialect.plan_mutation(parsed, catalog, row_ids="r", session=_SESSION)
    elif isinstance(parsed, tree.Query):
        query = dialect.plan_query(parsed, catalog, session=_SESSION)
        if view:
            path = ("materialize", "public", view[1])
            catalog.relations[view[1]] = dialect.view_relation(view[1], path, query, query.columns)
