"""The notebooks of Wikipedia's edits: stored clean, and their cells do what their text says, twice in a row."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import psycopg
import pytest

from mzwidget import wikipedia
from mzwidget.wikipedia import batches, recorded
from mzwidget.wikipedia.rows import CREATE_TABLE
from tests.machine import eventually

if TYPE_CHECKING:
    from mzwidget import LiveView

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
FIRST, SECOND, THIRD = NOTEBOOKS[:3]

Cells = list[dict[str, Any]]


def cells_of(path: Path) -> Cells:
    found: Cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return found


@pytest.fixture
def cells() -> Cells:
    return cells_of(FIRST)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_it_is_stored_clean(path: Path) -> None:
    cells = cells_of(path)
    notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata.kernelspec.name == "python3"
    assert all(not cell.get("outputs") and cell.get("execution_count") is None for cell in cells)
    names = [cell["id"] for cell in cells]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9-]+", name) for name in names)
    assert list(notebook.metadata) == ["kernelspec", "language_info"]


def test_its_table_is_the_one_the_ingest_needs(cells: Cells) -> None:
    source = next("".join(cell["source"]) for cell in cells if cell["id"] == "create-table")
    statement = re.sub(r"\s+", " ", source.split('"""')[1]).strip().replace("( ", "(").replace(" )", ")")
    assert statement == CREATE_TABLE.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS")


def run(cells: Cells, names: dict[str, Any]) -> None:
    for cell in cells:
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), f"cell {cell['id']}", "exec"), names)


def test_its_cells_run_twice(cells: Cells, engine_dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATERIALIZE_URL", engine_dsn)
    monkeypatch.setenv("MZWIDGET_SOURCE", "recorded")
    monkeypatch.setenv("MZWIDGET_SPEED", "5")
    with psycopg.connect(engine_dsn, autocommit=True) as connection:
        for kind, name in (("MATERIALIZED VIEW", "top10"), ("VIEW", "useredits"), ("MATERIALIZED VIEW", "counter")):
            connection.execute(f"DROP {kind} IF EXISTS {name}")
        connection.execute("DROP TABLE IF EXISTS edits")
    names: dict[str, Any] = {}
    run(cells, names)
    first: wikipedia.Ingest = names["edits"]
    eventually(lambda: first.stats.inserted > 300)
    counted = names["connection"].execute("SELECT edits FROM counter").fetchone()[0]
    for view in ("top10", "counter", "connection"):
        names[view].close()
    run(cells, names)
    second: wikipedia.Ingest = names["edits"]
    assert first.stats.state == "closed"
    assert second.stats.state == "running"
    assert second.note == "recorded 2015-09-12"
    assert names["connection"].execute("SELECT edits FROM counter").fetchone()[0] >= counted
    second.close()
    top10: LiveView = names["top10"]
    truth = names["connection"].execute("SELECT user_name, edits FROM top10").fetchall()
    assert len(truth) == 10
    eventually(lambda: sorted(top10.df.itertuples(index=False, name=None)) == sorted(truth))
    total = first.stats.inserted + second.stats.inserted
    assert names["connection"].execute("SELECT edits FROM counter").fetchone() == (total,)
    eventually(lambda: names["counter"].df["edits"].tolist() == [total])
    for view in ("top10", "counter", "connection"):
        names[view].close()


def experience(temporary: bool, count: int | None) -> str:
    if temporary or count is None:
        return "no account"
    bounds = {10: "fewer than 10 edits", 100: "10 and more", 1000: "100 and more", 10_000: "1,000 and more"}
    return next((name for bound, name in bounds.items() if count < bound), "10,000 and more")


def test_after_the_whole_day_the_joins_are_what_they_are_in_one_go(
    engine_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The day comes at high speed, both streams at once; a row of the table changes on the way."""
    monkeypatch.setenv("MATERIALIZE_URL", engine_dsn)
    monkeypatch.setenv("MZWIDGET_SOURCE", "recorded")
    monkeypatch.setenv("MZWIDGET_SPEED", "500")
    monkeypatch.setattr(batches, "_MOST_ROWS", 4000)
    with psycopg.connect(engine_dsn, autocommit=True) as connection:
        for table in ("changes", "revisions", "wikis"):
            connection.execute(f"DROP TABLE IF EXISTS {table} CASCADE")
    names: dict[str, Any] = {}
    second = cells_of(SECOND)
    run(second, names)
    edits, rows = names["edits"], lambda query: names["connection"].execute(query).fetchall()
    german = "SELECT language FROM wikis WHERE dbname = 'dewiki'"
    assert rows(german) == [("German",)], "the notebook leaves the table as it was"
    run([cell for cell in second if cell["id"] == "rename"], names)
    assert rows(german) == [("Deutsch",)]
    eventually(lambda: edits.stats.inserted >= 2 * recorded.EDITS, within=90, every=0.2)
    edits.close()
    eventually(lambda: edits.stats.pending == 0)

    languages = dict(rows("SELECT dbname, language FROM wikis WHERE project = 'Wikipedia'"))
    changes = rows("SELECT wiki, rev_id, bot FROM changes")
    known = {(wiki, version): rest for wiki, version, *rest in rows("SELECT * FROM revisions")}
    assert len({(wiki, version) for wiki, version, _ in changes}) == len(changes) > recorded.EDITS - 2
    by_language = Counter((languages[wiki], "bots" if bot else "people") for wiki, _, bot in changes)
    by_experience = Counter(
        experience(temporary, count)
        for wiki, version, bot in changes
        if not bot and (wiki, version) in known
        for count, temporary, _ in [known[wiki, version]]
    )
    view = names["languages"]
    eventually(lambda: Counter({row[:2]: row[2] for row in view.df.itertuples(index=False, name=None)}) == by_language)
    total, bars = names["both"].dfs
    assert dict(zip(bars["experience"], bars["edits"], strict=True)) == by_experience
    assert total["edits"].tolist() == [by_experience.total()]
    for query in ("edits_by_language", "editors_by_language", "edits_by_experience"):
        [[definition]] = rows(f"SELECT definition FROM mz_catalog.mz_materialized_views WHERE name = '{query}'")
        assert sorted(rows(definition.rstrip(";"))) == sorted(rows(f"SELECT * FROM {query}"))
    view.selection = {"language": ["Deutsch", "Spanish"]}
    selected = "SELECT * FROM editors_by_language WHERE language IN ('Deutsch', 'Spanish')"
    eventually(lambda: sorted(names["editors"].df.itertuples(index=False, name=None)) == sorted(rows(selected)))
    for name in ("languages", "editors", "total", "experience", "connection"):
        names[name].close()


def test_what_an_engine_lacks_is_said_in_a_sentence(engine_dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATERIALIZE_URL", engine_dsn)
    names: dict[str, Any] = {}
    run([cell for cell in cells_of(THIRD) if cell["id"] == "connect"], names)
    lacking = names["LiveView"]("SELECT * FROM mz_internal.mz_no_such_thing", title="Nothing")
    eventually(lambda: lacking.status.state == "failed")
    assert "mz_no_such_thing" in str(lacking.status)
    assert "Traceback" not in str(lacking.status)
    lacking.close()
    names["connection"].close()
