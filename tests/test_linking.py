"""Linked views: what is selected in one narrows others, and the database keeps them up."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

import mzwidget
from mzwidget import LiveView
from tests.machine import eventually
from tests.test_selection import TYPES, say

_number = itertools.count()


@pytest.fixture
def connection(engine_dsn: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(engine_dsn, autocommit=True) as connection:
        yield connection


@pytest.fixture
def live(engine_dsn: str) -> Iterator[Callable[..., LiveView]]:
    """Make LiveViews that are closed in the end."""
    views: list[LiveView] = []

    def make(query: str, **options: Any) -> LiveView:
        views.append(LiveView(query, **{"dsn": engine_dsn, **options}))
        return views[-1]

    yield make
    for view in views:
        view.close()


def made(connection: psycopg.Connection[Any], columns: str) -> str:
    name = f"linked_{next(_number)}_{time.time_ns() % 10**9}"
    connection.execute(f"CREATE TABLE {name} ({columns})")
    return name


@pytest.fixture
def edits(connection: psycopg.Connection[Any]) -> str:
    """Name a table of edits."""
    name = made(connection, "who text, wiki text, size int8")
    rows = [("ann", "en", 1), ("ann", "de", 2), ("bob", "en", 3), ("cid", "fr", 4), (None, "en", 5)]
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {name} VALUES (%s, %s, %s)", rows)
    return name


def sizes(view: LiveView) -> list[int]:
    return sorted(view.df["size"])


def test_views_follow_a_selection_and_nothing_selected_means_all(
    live: Callable[..., LiveView], edits: str, connection: psycopg.Connection[Any]
) -> None:
    top = live(f"SELECT who, count(*) AS edits FROM {edits} GROUP BY who")
    table = live(edits)
    wikis = live(f"SELECT wiki, who AS editor, sum(size) AS size FROM {edits} GROUP BY wiki, who")
    links = mzwidget.link(top, table, on="who"), mzwidget.link(top, wikis, on={"who": "editor"})
    assert sizes(table) == [1, 2, 3, 4, 5]
    say(top, {"who": {"values": ["ann"]}})
    eventually(lambda: sizes(table) == sizes(wikis) == [1, 2], what="both views show ann's edits")
    top.selection = {"who": ["ann", None]}
    assert (sizes(table), sizes(wikis)) == ([1, 2, 5], [1, 2, 5])
    connection.execute(f"INSERT INTO {edits} VALUES ('ann', 'it', 7), ('bob', 'it', 8)")
    eventually(lambda: sizes(table) == [1, 2, 5, 7], what="the database keeps it up")
    links[0].unlink()
    links[0].unlink()
    assert sizes(table) == [1, 2, 3, 4, 5, 7, 8]
    top.selection = {"who": "bob"}
    assert sizes(table) == [1, 2, 3, 4, 5, 7, 8]
    assert sizes(wikis) == [3, 8]
    top.selection = None
    assert sizes(wikis) == [1, 2, 3, 4, 5, 7, 8]
    assert table.query == edits, "the question itself is the user's"


def test_several_links_all_apply_to_intervals_rows_and_other_columns(live: Callable[..., LiveView], edits: str) -> None:
    source, range_, target = live(edits), live(edits), live(edits)
    mzwidget.link(source, target, on={"who": "who", "wiki": "wiki"})
    mzwidget.link(range_, target, on="size")
    source.selection = {"who": ["ann", "bob", None], "wiki": ["de", "en", "en"]}
    assert sizes(target) == [2, 3, 5], "rows, not every who with every wiki"
    range_.selection = {"size": (None, 3)}
    assert sizes(target) == [2, 3]
    range_.selection = {"who": ["bob", None]}
    assert sizes(target) == [3, 5], "the sizes that the selected rows have"
    source.selection = {"who": ["nobody"], "wiki": ["en"]}
    assert sizes(target) == []


@pytest.mark.parametrize("of", TYPES)
def test_keys_of_every_type_are_quoted_by_type(
    live: Callable[..., LiveView], connection: psycopg.Connection[Any], of: str
) -> None:
    type_, values = TYPES[of]
    name = made(connection, f'i int4, "a ""b" {type_}')
    keys = [*values, None]
    for i, value in enumerate(keys):
        given = json.dumps(value) if isinstance(value, dict) else value
        connection.execute(f"INSERT INTO {name} VALUES (%s, %s)", (i, given))
    source, target = live(name), live(name)
    mzwidget.link(source, target, on='a "b')
    for i, value in enumerate(keys):
        source.selection = {'a "b': [value]}
        assert target.df["i"].tolist() == [i]
    source.selection = {'a "b': keys}
    assert sorted(target.df["i"]) == list(range(len(keys)))


def test_what_cannot_be_linked_is_refused(live: Callable[..., LiveView], edits: str) -> None:
    one, two, three = live(edits, title="one"), live(edits), live(edits)
    with pytest.raises(ValueError, match="has no column 'whom'; it has who, wiki, size"):
        mzwidget.link(one, two, on="whom")
    with pytest.raises(TypeError, match="at least one target"):
        mzwidget.link(one, on="who")
    with pytest.raises(TypeError, match="LiveViews, not str"):
        mzwidget.link(one, "two", on="who")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="cannot follow its own selection"):
        mzwidget.link(one, one, on="who")
    mzwidget.link(one, two, on="who")
    link = mzwidget.link(two, three, on="who")
    with pytest.raises(ValueError, match="not even round about"):
        mzwidget.link(three, one, on="who")
    link.unlink()
    mzwidget.link(three, one, on="who").unlink()
    two.close()
    with pytest.raises(ValueError, match="is closed"):
        mzwidget.link(one, two, on="who")
