"""The kernel and the page mean the same by what they say, and nothing malformed is taken for a message."""

from __future__ import annotations

import re
from types import NoneType, UnionType
from typing import Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mzwidget.page import protocol
from mzwidget.tail.status import State
from tests.machine import ROOT

PAGE = (ROOT / "js/src/sync/protocol.js").read_text()

SCALARS = {str: "string", int: "number", float: "number", bool: "boolean", NoneType: "null"}


def typedef(name: str) -> str:
    """Return the text of a one-line or braced JSDoc typedef, without the comment's margin."""
    text = re.sub(r"\n \* ?", "\n", PAGE)
    found = re.search(rf"@typedef \{{(.*?)\}} {name}\b", text, re.DOTALL)
    assert found, f"protocol.js has no typedef {name}"
    return found[1].split("@typedef {")[-1]


def properties(name: str) -> dict[str, tuple[str, bool]]:
    """Return the type of each property of a JSDoc object, and whether it is optional."""
    text = re.sub(r"\n \* ?", "\n", PAGE)
    found = re.search(rf"@typedef \{{object\}} {name}\n(.*?)\n/", text, re.DOTALL)
    assert found, f"protocol.js has no object {name}"
    lines = re.findall(r"@property \{(.+?)\} (\[?)(\w+)\]?", found[1])
    return {property_: (type_, optional == "[") for type_, optional, property_ in lines}


def fields(text: str) -> dict[str, str]:
    """Read ``{ a: x, b: y }``."""
    inside = text.strip().removeprefix("{").removesuffix("}")
    return {name.strip(): type_.strip() for name, type_ in (part.split(":", 1) for part in inside.split(","))}


def spelled(hint: Any) -> set[str]:
    """Spell a Python type as the alternatives that JSDoc would list."""
    if get_origin(hint) in (Union, UnionType):
        return set().union(*map(spelled, get_args(hint)))
    if get_origin(hint) is Literal:
        return {f'"{value}"' for value in get_args(hint)}
    return {SCALARS[hint]} if hint in SCALARS else {"object"}


def alternatives(text: str) -> set[str]:
    named = {"State": typedef("State"), "Kind": typedef("Kind")}
    return {part.strip() for part in named.get(text.strip(), text).split("|")}


@pytest.mark.parametrize(
    ("name", "of", "only_here"),
    [("Base", protocol.Base, {"data"}), ("Delta", protocol.Delta, {"data"}), ("Status", protocol.Report, set())],
)
def test_what_the_kernel_says(name: str, of: type, only_here: set[str]) -> None:
    told = get_type_hints(of, include_extras=True)
    understood = properties(name)
    assert understood.keys() == told.keys() - only_here
    for field, (type_, optional) in understood.items():
        hint = told[field]
        left_out = get_origin(hint) is NotRequired
        hint = get_args(hint)[0] if left_out else hint
        assert left_out or not optional, field
        kinds = spelled(hint)
        if kinds <= set(SCALARS.values()) and type_ != "State":
            assert kinds <= alternatives(type_), f"{name}.{field} may be {kinds}, the page expects {type_}"


def test_columns_and_states() -> None:
    column = get_type_hints(protocol.Column)
    assert {name: spelled(hint) for name, hint in column.items()} == {
        name: alternatives(type_) for name, type_ in fields(typedef("Column")).items()
    }
    assert spelled(State) == alternatives("State")


def page_messages() -> dict[str, dict[str, set[str]]]:
    """Return the fields of each message that a page sends, by its type."""
    position = fields(typedef("Position"))
    found: dict[str, dict[str, set[str]]] = {}
    for braces, positioned in re.findall(r"\| (\{ type: .*?\})( & Position)?$", typedef("Message"), re.MULTILINE):
        own = fields(braces) | (position if positioned else {})
        for kind in re.findall(r'"(\w+)"', own.pop("type")):
            found[kind] = {name: alternatives(type_) for name, type_ in own.items()}
    return found


def test_what_a_page_says() -> None:
    heard = {
        kind: {
            name: spelled(get_args(hint)[0] if get_origin(hint) is NotRequired else hint)
            for name, hint in of.items()
            if name not in ("type", "page")  # which every message has
        }
        for kind, of in protocol.FIELDS.items()
    }
    assert heard == page_messages()


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


def test_a_long_text_is_shortened_and_says_so() -> None:
    assert protocol.shorten("x" * protocol.LONGEST) == "x" * protocol.LONGEST
    assert protocol.shorten("x" * 10**6) == "x" * protocol.LONGEST + "… (1,000,000 characters)"
