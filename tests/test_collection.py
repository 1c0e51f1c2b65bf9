"""Whatever the split and the order of updates inside a timestamp, the collection is the same."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from mzwidget.tail.updates import Row, consolidate, difference

rows: st.SearchStrategy[Row] = st.tuples(st.sampled_from(["a", "b", "", "é", None]), st.sampled_from(["1", "2", None]))
diffs = st.integers(-3, 3) | st.sampled_from([10**7, -(10**7)])
updates = st.lists(st.tuples(rows, diffs), max_size=40)
multisets = st.dictionaries(rows, st.integers(1, 10**7))


@given(updates, st.data())
def test_split_and_order_do_not_matter(changes: list[tuple[Row, int]], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(changes))
    cut = data.draw(st.integers(0, len(changes)))
    split = consolidate(shuffled[cut:], into=consolidate(shuffled[:cut]))
    assert split == consolidate(changes)


@given(updates)
def test_consolidated_updates_are_the_net_of_all(changes: list[tuple[Row, int]]) -> None:
    net: Counter[Row] = Counter()
    for row, diff in changes:
        net[row] += diff
    assert consolidate(changes) == {row: count for row, count in net.items() if count}


@given(updates)
def test_a_diff_of_n_is_n_diffs_of_one(changes: list[tuple[Row, int]]) -> None:
    small = [(row, max(-5, min(5, diff))) for row, diff in changes]
    singly = [(row, 1 if diff > 0 else -1) for row, diff in small for _ in range(abs(diff))]
    assert consolidate(singly) == consolidate(small)


@given(multisets, multisets)
def test_the_difference_leads_from_old_to_new(old: dict[Row, int], new: dict[Row, int]) -> None:
    change = difference(new, old)
    assert 0 not in change.values()
    assert consolidate(change.items(), into=dict(old)) == new
    assert change == consolidate([*new.items(), *((row, -count) for row, count in old.items())])
