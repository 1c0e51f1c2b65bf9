"""What travels between the kernel and a page. The page's `protocol.js` says the same; a test holds them together."""

from __future__ import annotations

import types
from typing import Any, Literal, NotRequired, TypedDict, Union, cast, get_args, get_origin, get_type_hints, is_typeddict

from mzwidget.tail.status import State

# From the kernel, by synced traits


class Column(TypedDict):
    """A column: its name, its SQL type, and what can be done with its values."""

    name: str
    type: str
    kind: Literal["number", "text", "boolean", "time", "json"]


Cell = None | bool | int | float | str
"""A value as it travels: exact, see `tail.values.to_json`."""


class Values(TypedDict):
    """Selected values of a column; the same place in the lists of all columns is the same row."""

    values: list[Cell]


class Span(TypedDict):
    """A selected interval of a column, both ends included; None where it has no end."""

    low: Cell
    high: Cell


Selection = dict[str, Values | Span] | None
"""What is selected, by the columns' names."""


class Base(TypedDict):
    """The whole view at one timestamp, and the picture to make of it.

    A large one has its `rows` and `counts` in `data`, as JSON. `counts` is left out if every row occurs once. `past` is
    what the number of a view of one row has been lately: since when, in milliseconds since 1970, and which value.
    """

    epoch: str
    seq: int
    time: int | None
    columns: list[Column]
    encoding: dict[str, Any]
    rows: NotRequired[list[tuple[Any, ...]]]
    counts: NotRequired[list[int]]
    data: NotRequired[memoryview]
    past: NotRequired[list[tuple[int, Cell]]]


Delta = TypedDict(
    "Delta",
    {
        "epoch": str,
        "from": int,
        "to": int,
        "time": int | None,
        "inserts": NotRequired[list[tuple[Any, ...]]],
        "deletes": NotRequired[list[tuple[Any, ...]]],
        "insert_counts": NotRequired[list[int]],
        "delete_counts": NotRequired[list[int]],
        "data": NotRequired[memoryview],
    },
)
"""The consolidated change of a view from the state `from` to the state `to`; packed as a `Base` is."""


class Report(TypedDict):
    """How a view fares, for its header and as a sign of life: times in milliseconds since 1970, the lag in seconds.

    The `excerpt` is the line of SQL that the message is about, and a line with a caret under the word.
    """

    state: State
    message: str
    excerpt: str
    time: int | None
    lag: float | None
    epoch: str
    seq: int
    rows: int
    asking: bool
    terms: str
    paused: bool
    waiting: int
    history: list[int | None] | None
    since: int
    retry_at: int | None


# From a page, by messages


class _FromPage(TypedDict):
    page: str


class _AtState(_FromPage):
    epoch: str | None
    seq: int | None


class Standing(_AtState):
    """``hello`` asks for a base; ``have`` and ``visible`` say what the page has, and get one if that is old."""

    type: Literal["hello", "have", "visible"]
    visible: bool
    displays: int


class Ack(_AtState):
    """What the page has painted, and how many milliseconds a paint takes it."""

    type: Literal["ack"]
    cost: NotRequired[int]


class Seek(_FromPage):
    """The user looks back; the time is in milliseconds since 1970."""

    type: Literal["seek"]
    time: int


class Select(_FromPage):
    """The user has selected, in the content of an epoch; None takes back what was selected."""

    type: Literal["select"]
    epoch: str | None
    selection: Selection


class Word(_FromPage):
    """What is said in one word."""

    type: Literal["bye", "pause", "resume", "retry"]


class Need(_FromPage):
    """The page lacks a script; the answer is a message of type `asset` with its name, and the script in a buffer."""

    type: Literal["need"]
    asset: str


Message = Standing | Ack | Seek | Need | Select | Word


def read(message: object) -> Message | None:
    """Return what a page says; None if it is malformed, which can only come from a page that is broken."""
    if not isinstance(message, dict) or not isinstance(kind := message.get("type"), str):
        return None
    if kind not in FIELDS:
        return None
    understood = {}
    for name, hint in FIELDS[kind].items():
        if name in message and _fits(message[name], hint):
            understood[name] = message[name]
        elif get_origin(hint) is not NotRequired:
            return None
    return cast(Message, understood)


FIELDS: dict[str, dict[str, Any]] = {
    kind: get_type_hints(of, include_extras=True)
    for of in get_args(Message)
    for kind in get_args(get_type_hints(of)["type"])
}
"""What messages consist of, by their type."""


def _fits(value: object, hint: Any) -> bool:
    if get_origin(hint) is NotRequired:
        return _fits(value, *get_args(hint))
    if get_origin(hint) in (Union, types.UnionType):
        return any(_fits(value, one) for one in get_args(hint))
    if get_origin(hint) is Literal:
        return isinstance(value, str) and value in get_args(hint)
    if get_origin(hint) is list:
        return isinstance(value, list) and all(_fits(one, *get_args(hint)) for one in value)
    if get_origin(hint) is dict:
        name, of = get_args(hint)
        return isinstance(value, dict) and all(_fits(key, name) and _fits(value[key], of) for key in value)
    if is_typeddict(hint):
        hints = get_type_hints(hint)
        return (
            isinstance(value, dict) and value.keys() == hints.keys() and all(_fits(value[k], hints[k]) for k in hints)
        )
    return type(value) is hint  # so that True is no number
