"""Linked views: what is selected in one narrows others, and the database keeps them up."""

from __future__ import annotations

import gc
import itertools
import json
import os
import random
import time
import weakref
from collections import Counter
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

import mzwidget
from mzwidget import LiveView, background
from mzwidget.page import questions
from mzwidget.page.conversation import hear
from mzwidget.terms import of_selection
from tests.machine import eventually
from tests.test_selection import TYPES, say

_number = itertools.count()
SELECTIONS = int(os.environ.get("MZWIDGET_SELECTIONS", "30"))
"""Random selections while edits flow; 1,000 in a long run."""
Rows = Counter[tuple[str, ...]]
"""Rows as text, and how often each occurs."""


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
    links[0].close()
    links[0].close()
    assert sizes(table) == [1, 2, 3, 4, 5, 7, 8]
    top.selection = {"who": "bob"}
    assert sizes(table) == [1, 2, 3, 4, 5, 7, 8]
    assert sizes(wikis) == [3, 8]
    top.selection = None
    assert sizes(wikis) == [1, 2, 3, 4, 5, 7, 8]
    assert table.query == edits, "the question itself is the user's"


def test_a_narrowed_view_says_by_what(live: Callable[..., LiveView], edits: str) -> None:
    source, target = live(edits), live(f"SELECT who AS editor, size FROM {edits} WHERE size < %(most)s", {"most": 9})

    def terms(selection: Any) -> str:
        source.selection = selection
        target.wait(20)
        return str(target._report()["terms"])

    link = mzwidget.link(source, target, on={"who": "editor", "size": "size"})
    assert terms(None) == "most: 9"
    assert terms({"who": ["ann"], "size": (2, None)}) == "size ≥ 2 · editor: ann · most: 9"
    assert terms({"who": ["ann", None], "size": [1, 5]}) == "editor, size: ann 1, null 5 · most: 9"
    assert terms({"wiki": ["nowhere"]}) == "editor, size: none · most: 9"
    times = live(f"SELECT '2026-11-26 10:11:05.606+00'::timestamptz AS at, 1.5 AS size FROM {edits}")
    times.selection = {"at": ("2026-11-26 10:11:05.606+00", "2026-11-26 10:19:11.2+00"), "size": ("0.12345678", None)}
    told = of_selection([(of.column.name, of) for of in times.selection.conditions])
    assert told == ("at: 2026-11-26 10:11:05+00 – 10:19:11+00", "size ≥ 0.123457")
    link.close()
    link = mzwidget.link(source, target, on={"who": "editor"})
    long = "<b>\n" + "x" * 50
    assert terms({"who": ["", long, "bob", "cid"]}) == f'editor: "", <b> {"x" * 19}… +2 · most: 9'
    assert 'editor: ""' in target._still(target._content(20)).caption
    link.close()
    target.params = {"most": 9, "wikis": ["en", "de", "fr"]}
    target.query = f"SELECT size FROM {edits} WHERE wiki = ANY(%(wikis)s)"
    assert terms(None) == "wikis: en, de +1"


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
    link.close()
    with mzwidget.link(three, one, on="who"), pytest.raises(ValueError, match="not even round about"):
        mzwidget.link(two, three, on="who")
    two.close()
    with pytest.raises(ValueError, match="is closed; make it again"):
        mzwidget.link(one, two, on="who")


def test_a_closed_view_is_let_go_of_though_links_name_it(
    live: Callable[..., LiveView], engine_dsn: str, edits: str
) -> None:
    source, target, other = live(edits), LiveView(edits, dsn=engine_dsn), live(edits)
    first, second = mzwidget.link(source, target, on="who"), mzwidget.link(target, other, on="who")
    target.close()
    assert first.targets == (target,)
    source.selection = {"who": ["ann"]}
    gone = weakref.ref(target)
    del target, second
    eventually(lambda: gc.collect() >= 0 and gone() is None, what="nobody holds a view that is closed")
    assert first.targets == ()
    mzwidget.link(other, source, on="who")


class Page:
    """A page of a view that takes all it is sent, and knows at any time what it shows."""

    def __init__(self, view: LiveView) -> None:
        self.view = view._view
        self.states: list[Rows] = []
        self._at: tuple[str | None, int | None] = (None, None)
        self._rows: Rows = Counter()
        self.view._send = self._receive
        self.say("hello", visible=True, displays=1)

    def say(self, kind: str, **more: Any) -> None:
        epoch, seq = self._at
        message = {"type": kind, "page": "p", "epoch": epoch, "seq": seq, **more}
        background.call(hear, self.view, message)

    def _receive(self, trait: str, payload: Any) -> None:
        if payload is None:
            return
        told = payload if "data" not in payload else {**payload, **json.loads(bytes(payload["data"]))}
        if trait == "base":
            self._rows = _rows(told, "rows", "counts")
            self._at = told["epoch"], told["seq"]
        elif (told["epoch"], told["from"]) == self._at:
            self._rows = self._rows - _rows(told, "deletes", "delete_counts") + _rows(told, "inserts", "insert_counts")
            self._at = told["epoch"], told["to"]
        else:
            self.say("hello", visible=True, displays=1)
            return
        self.states.append(self._rows.copy())
        self.say("ack")


def _rows(told: dict[str, Any], rows: str, counts: str) -> Rows:
    counted = zip(told[rows], told.get(counts) or [1] * len(told[rows]), strict=True)
    return Counter({tuple(map(str, row)): count for row, count in counted})


WHO = [f"who {i}" for i in range(8)]
QUERIES = {
    "table": ("SELECT who, wiki, size FROM {}", lambda row: row),
    "wikis": ("SELECT who, wiki, count(*) AS n FROM {} GROUP BY who, wiki", lambda row: row[:2]),
}
"""What views show of a table of edits, and to which of their rows one of the table's belongs."""


def shown(kind: str, rows: Rows, selected: frozenset[str] | None) -> Rows:
    """Return what a view shows of the table's rows."""
    own: Rows = Counter()
    for row, count in rows.items():
        if selected is None or row[0] in selected:
            own[QUERIES[kind][1](row)] += count
    return own if kind == "table" else Counter({(*row, str(n)): 1 for row, n in own.items()})


def test_whatever_is_selected_while_edits_flow_each_picture_is_of_one_moment_and_one_selection(
    live: Callable[..., LiveView], connection: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(questions, "CATCH_UP", 60)  # on a busy machine, too
    draw = random.Random(17)
    name = made(connection, "who text, wiki text, size int8")
    columns = "'who ' || (g % 8), 'wiki ' || (g % 3), g"
    insert = f"INSERT INTO {name} SELECT {columns} FROM generate_series({{}}, {{}}) g"
    connection.execute(insert.format(1, 200))
    moments: list[Rows] = [Counter((f"who {g % 8}", f"wiki {g % 3}", str(g)) for g in range(1, 201))]
    top = live(f"SELECT who, count(*) AS n FROM {name} GROUP BY who").wait(20)
    targets = {kind: live(query.format(name)) for kind, (query, _) in QUERIES.items()}
    mzwidget.link(top, *targets.values(), on="who")
    pages = {kind: Page(view) for kind, view in targets.items()}
    selections: list[frozenset[str] | None] = [None]
    for size in range(201, 201 + SELECTIONS):
        some = draw.sample(WHO, draw.randrange(9))
        selections.append(frozenset(some) or None)
        say(top, {"who": {"values": some}} if some else None)
        if draw.random() < 0.5:
            connection.execute(insert.format(size, size))
            moments.append(moments[-1] + Counter([(f"who {size % 8}", f"wiki {size % 3}", str(size))]))
        else:
            gone = draw.choice(list(moments[-1]))
            connection.execute(f"DELETE FROM {name} WHERE size = {gone[2]}")
            moments.append(moments[-1] - Counter([gone]))
        time.sleep(draw.choice([0.005, 0.03, 0.12]))
    for kind, view in targets.items():
        wanted = shown(kind, moments[-1], selections[-1])
        eventually(lambda: pages[kind].states[-1] == wanted, what="the picture is what SELECT gives")  # noqa: B023
        assert Counter(map(tuple, view.df.astype(str).to_numpy().tolist())) == wanted
    assert Counter(tuple(map(str, row)) for row in connection.execute(f"SELECT * FROM {name}")) == moments[-1]
    for kind, page in pages.items():
        assert len(page.states) > SELECTIONS / 10
        at = 0
        for rows in page.states:
            who = frozenset(row[0] for row in rows)
            later = range(max(at, 0), len(moments))
            at = next((i for i in later if shown(kind, moments[i], who) == rows), -1)
            assert at >= 0, "one moment, not before the last one shown"
            here = frozenset(row[0] for row in moments[at])
            assert any((here if of is None else of & here) == who for of in set(selections)), "one selection"
    ours = f"""SELECT count(DISTINCT s.id) FROM mz_internal.mz_subscriptions s,
        unnest(s.referenced_object_ids) AS r(id) JOIN mz_objects o ON o.id = r.id WHERE o.name = '{name}'"""
    eventually(lambda: connection.execute(ours).fetchone() == (3,), what="there are as many subscriptions as views")
