"""By what the rows of a view are chosen, in a few words for its header: ``user_name: A, B +2``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd

from mzwidget.lexing import tokens
from mzwidget.params import Params
from mzwidget.selection import Condition

VALUES = 2
"""Values that are given of a list."""
PARTS = 4
"""Parameters that are given."""
LONGEST = 24
"""Characters that are given of a name or a value."""

_BETWEEN = frozenset("ALL AND ANY ARRAY BETWEEN ILIKE IN INTERVAL IS LIKE NOT OR".split())  # noqa: SIM905
"""Words that may stand between a column and what it is compared with."""


def of_params(query: str, params: Params | None) -> tuple[str, ...]:
    """Return a query's parameters; one without a name by the word before it, as in ``price > %s``.

    NULL is left out: it mostly stands for all, as where nothing is selected.
    """
    if isinstance(params, Mapping):
        used = [(name, params[name]) for name in params if f"%({name})s" in query]
    else:
        used = list(zip(_places(query), params or (), strict=False))
    used = [(name, value) for name, value in used if value is not None]
    told = [": ".join([*([_short(name)] if name else []), _value(value)]) for name, value in used[:PARTS]]
    return (*told, f"+{len(used) - PARTS}") if len(used) > PARTS else tuple(told)


def _places(query: str) -> Iterator[str]:
    """Yield for each ``%s`` what stands before it."""
    name = ""
    for token in tokens(query):
        if token.kind == "placeholder" and token.text != "%%":
            yield name
        elif token.kind in ("word", "name") and token.text.upper() not in _BETWEEN:
            name = token.identifier


def of_selection(conditions: Sequence[tuple[str, Condition]]) -> tuple[str, ...]:
    """Return what rows of a view have to be like, by its columns' names."""
    lists = [(name, of.texts) for name, of in conditions if not of.interval]
    rows = list(dict.fromkeys(zip(*(texts for _, texts in lists), strict=True)))
    told = [_interval(_short(name), *(_end(of, text) for text in of.texts)) for name, of in conditions if of.interval]
    if lists:
        names = ", ".join(_short(name) for name, _ in lists)
        told.append(f"{names}: {_listed((' '.join(map(_short, row)) for row in rows), len(rows)) or 'none'}")
    return tuple(told)


def _interval(name: str, low: str | None, high: str | None) -> str:
    if low is None or high is None:
        return f"{name} ≤ {high}" if low is None else f"{name} ≥ {low}"
    day = 11  # characters of a date, and a space
    return f"{name}: {low} – {high[day:] if low[:day] == high[:day] and len(low) > day else high}"


def _end(of: Condition, text: str | None) -> str | None:
    """Return where an interval ends, as exactly as it can be read: where a mouse let go has many digits."""
    if text is None:
        return None
    if of.column.kind == "time":
        return _short(re.sub(r"\.\d+", "", text))
    return _short(f"{float(text):.6g}" if of.column.kind == "number" and "." in text else text)


def _value(value: Any) -> str:
    if isinstance(value, list | tuple | set | frozenset | range | np.ndarray | pd.Series | pd.Index):
        return _listed(map(_value, value), len(value)) or "none"
    return _short(value)


def _listed(told: Iterable[str], length: int) -> str:
    given = ", ".join(islice(told, VALUES))
    return f"{given} +{length - VALUES}" if length > VALUES else given


def _short(value: object) -> str:
    """Return a value as one short piece of a line; what nobody would see is written out."""
    if value is None:
        return "null"
    text = " ".join(str(value).split())
    return f"{text[: LONGEST - 1]}…" if len(text) > LONGEST else text or '""'
