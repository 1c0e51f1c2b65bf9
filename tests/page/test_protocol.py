"""Nothing malformed is taken for a page's message; that both sides mean the same is for `tests/js` to see."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mzwidget.page import protocol

SAID: list[dict[str, Any]] = [
    {"type": kind, "page": "p", "epoch": epoch, "seq": seq, "visible": True, "displays": 1}
    for kind in ("hello", "have", "visible")
    for epoch, seq in ((None, None), ("e", 7))
]
SAID += [
    {"type": "ack", "page": "p", "epoch": "e", "seq": 7, "cost": 12},
    {"type": "seek", "page": "p", "time": 10**12},
]
SAID += [{"type": kind, "page": "p"} for kind in ("bye", "pause", "resume", "retry")]
SAID += [{"type": "need", "page": "p", "asset": "line"}]


@pytest.mark.parametrize("said", SAID, ids=lambda said: said["type"])
def test_a_message_is_read_as_it_is(said: dict[str, Any]) -> None:
    assert protocol.read(said) == said
    assert protocol.read(said | {"of a newer page": 1}) == said
    for name in said.keys() - {"cost"}:
        assert protocol.read({field: value for field, value in said.items() if field != name}) is None
        for nonsense in ({}, [1], 1.5):
            assert protocol.read(said | {name: nonsense}) is None


json = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=5)


@given(json | st.dictionaries(st.sampled_from(["type", "page", "epoch", "seq", "time"]), json))
def test_nonsense_is_no_message(nonsense: object) -> None:
    read = protocol.read(nonsense)
    assert read is None or read.items() <= nonsense.items()  # type: ignore[union-attr, attr-defined]
