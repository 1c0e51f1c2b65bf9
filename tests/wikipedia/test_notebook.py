"""The notebook: stored clean, and its cells do what its text says, twice in a row."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import psycopg
import pytest

from mzwidget import wikipedia
from mzwidget.wikipedia.edits import CREATE_TABLE
from tests.machine import eventually

if TYPE_CHECKING:
    from mzwidget import LiveView

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "01-top10-editors.ipynb"


@pytest.fixture
def cells() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    return found


def test_it_is_stored_clean(cells: list[dict[str, Any]]) -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata.kernelspec.name == "python3"
    assert all(not cell.get("outputs") and cell.get("execution_count") is None for cell in cells)
    names = [cell["id"] for cell in cells]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9-]+", name) for name in names)
    assert list(notebook.metadata) == ["kernelspec", "language_info"]


def test_its_table_is_the_one_the_ingest_needs(cells: list[dict[str, Any]]) -> None:
    source = next("".join(cell["source"]) for cell in cells if cell["id"] == "create-table")
    statement = re.sub(r"\s+", " ", source.split('"""')[1]).strip().replace("( ", "(").replace(" )", ")")
    assert statement == CREATE_TABLE.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS")


def run(cells: list[dict[str, Any]], names: dict[str, Any]) -> None:
    for cell in cells:
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), f"cell {cell['id']}", "exec"), names)


def test_its_cells_run_twice(cells: list[dict[str, Any]], engine_dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
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
    assert first.stats.state == "stopped"
    assert second.stats.state == "running"
    assert second.note == "recorded 2015-09-12"
    assert names["connection"].execute("SELECT edits FROM counter").fetchone()[0] >= counted
    second.stop()
    top10: LiveView = names["top10"]
    truth = names["connection"].execute("SELECT user_name, edits FROM top10").fetchall()
    assert len(truth) == 10
    eventually(lambda: sorted(top10.df.itertuples(index=False, name=None)) == sorted(truth))
    total = first.stats.inserted + second.stats.inserted
    assert names["connection"].execute("SELECT edits FROM counter").fetchone() == (total,)
    eventually(lambda: names["counter"].df["edits"].tolist() == [total])
    for view in ("top10", "counter", "connection"):
        names[view].close()
