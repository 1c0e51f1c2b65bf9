"""Parameters of a query: literals in the places of ``%(name)s`` and ``%s``, quoted by their type.

Materialize takes no parameters in a maintained query, so the values are written into the text. Every literal is made by
psycopg. A placeholder inside quotes is refused, since no quoting could make it safe.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from mzwidget.lexing import Token, tokens
from mzwidget.naming import alike

Params = Mapping[str, Any] | Sequence[Any]

_NESTED = re.compile(r"%\([^()]*\)[stb]|%[stb]\b")
_OTHER = re.compile(r"\$\d+|\?|(?<!:):[^\W\d]\w*|\{\w*\}")  # placeholders of other libraries


@dataclass(frozen=True, slots=True)
class Composed:
    """A query whose placeholders are replaced.

    Attributes
    ----------
    text : str
        What is sent.
    edges : tuple of (int, int)
        Offsets in `text` and in the query as written, of the pieces' beginnings.
    """

    text: str
    edges: tuple[tuple[int, int], ...] = ((0, 0),)

    def origin(self, offset: int) -> int:
        """Return the offset in the query as it was written for an offset in `text`."""
        sent, written = next((edge for edge in reversed(self.edges) if edge[0] <= max(offset, 0)), self.edges[0])
        after = next((edge[1] for edge in self.edges if edge[0] > sent), None)
        at = max(written, written + offset - sent)
        return at if after is None else min(at, max(after - 1, written))


def compose(query: str, params: Params | None) -> Composed:
    """Write parameters into a query.

    Parameters
    ----------
    query : str
        With ``%(name)s`` for a mapping's values or ``%s`` for a sequence's; ``%%`` is a percent sign then.
    params : mapping or sequence, optional
        None leaves the query as it is.

    Returns
    -------
    Composed

    Raises
    ------
    TypeError
        `params` is neither a mapping nor a sequence, or a value has no SQL form.
    ValueError
        A placeholder without a value, inside quotes or of the wrong kind; a value that no literal can hold.
    """
    if params is None:
        return Composed(query)
    if isinstance(params, str | bytes) or not isinstance(params, Mapping | Sequence):
        raise TypeError(
            f"params must be a dict for %(name)s or a list for %s, not {type(params).__name__}: {params!r:.60}"
        )
    pieces: list[tuple[int, str]] = []
    used = 0
    for token in tokens(query):
        if token.kind == "placeholder" and token.text != "%%":
            value = _value(token, params, used)
            used += 1
            piece = _placed(query, token, literal(value, token.text, bare=query[token.end :].startswith("::")))
        else:
            _check(query, token)
            piece = token.text.replace("%%", "%")
        pieces.append((token.start, piece))
    if not isinstance(params, Mapping) and used != len(params):
        other = None if used else _OTHER.search(query)
        hint = f"; write %s in place of {other[0]}" if other else ""
        raise ValueError(f"the query has {used} placeholders %s, and params has {len(params)} values{hint}")
    return _joined(pieces)


def numbered(query: str) -> Composed:
    """Write ``$1`` and so on into the places of parameters, as psycopg does."""
    numbers: dict[str | int, int] = {}
    pieces = []
    for token in tokens(query):
        piece = token.text.replace("%%", "%")
        if token.kind == "placeholder" and token.text != "%%":
            of = token.text[:-1] if token.text.startswith("%(") else token.start
            piece = f"${numbers.setdefault(of, len(numbers) + 1)}"
        pieces.append((token.start, piece))
    return _joined(pieces)


def _joined(pieces: Sequence[tuple[int, str]]) -> Composed:
    """Put together what each stands for a piece of the query that began at its offset."""
    edges, length = [], 0
    for start, piece in pieces:
        edges.append((length, start))
        length += len(piece)
    return Composed("".join(piece for _, piece in pieces), tuple(edges) or ((0, 0),))


def followed(params: Params | None) -> Iterator[Any]:
    """Yield the parameters that are live: objects whose `value` can be observed, such as a slider."""
    yield from filter(_live, params.values() if isinstance(params, Mapping) else params or ())


def plain(params: Params | None) -> Params | None:
    """Return the present values of parameters."""
    if params is None:
        return None
    if isinstance(params, Mapping):
        return {name: _now(value) for name, value in params.items()}
    return [_now(value) for value in params]


def literal(value: Any, placeholder: str = "a parameter", *, bare: bool = False) -> str:
    """Write a value as a SQL literal of its type.

    Parameters
    ----------
    value
        None, bool, int, float, Decimal, str, bytes, date, time, datetime, timedelta, UUID, dict (jsonb), and lists,
        tuples, sets, arrays and Series of one of them; numpy's and pandas' scalars too; a widget's `value`.
    placeholder : str
        What an error calls it.
    bare : bool
        A cast follows, so a list without a type of its own gets none.

    Raises
    ------
    TypeError
        The type has no SQL form.
    ValueError
        The value has none: text with a NUL character or half of a surrogate pair.
    """
    plain = _plain(value)
    try:
        if isinstance(plain, bytes):
            return rf"'\x{plain.hex()}'::bytea"
        if isinstance(plain, float):
            return f"'{float_text(plain)}'::float8"
        if isinstance(plain, Mapping):
            return sql.Literal(Jsonb(plain)).as_string(None)
        text = sql.Literal(plain).as_string(None).strip()
    except psycopg.ProgrammingError:
        shown = " ".join(repr(value).split())
        raise TypeError(
            f"{placeholder}: a value of type {type(value).__name__} cannot be written in SQL: {shown:.80}"
        ) from None
    except (psycopg.DataError, UnicodeEncodeError) as error:
        raise ValueError(f"{placeholder}: {value!r:.80} cannot be written in SQL: {error}") from None
    except (TypeError, ValueError) as error:  # json's own
        raise TypeError(f"{placeholder}: {value!r:.80} cannot be written in SQL: {error}") from None
    if isinstance(plain, list) and text.endswith("'") and not bare:
        return f"{text}::text[]"
    return f"({text})" if text.startswith("-") else text


def _live(value: Any) -> bool:
    return callable(getattr(value, "observe", None)) and hasattr(value, "value")


def _now(value: Any) -> Any:
    return value.value if _live(value) else value


def _plain(value: Any) -> Any:
    """Turn what notebooks hold into what psycopg knows."""
    value = _now(value)
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime(warn=False)
    if isinstance(value, pd.Timedelta):
        return value.to_pytimedelta()
    if isinstance(value, bytearray | memoryview):
        return bytes(value)
    if isinstance(value, np.ndarray | pd.Series | pd.Index):
        return [_plain(item) for item in value.tolist()]
    if isinstance(value, AbstractSet):
        return [_plain(item) for item in sorted(value, key=repr)]
    if isinstance(value, list | tuple | range):
        return [_plain(item) for item in value]
    return value


def float_text(value: float) -> str:
    """Write a float as PostgreSQL reads it."""
    if math.isfinite(value):
        return repr(value)
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _value(token: Token, params: Params, number: int) -> Any:
    name = token.text[2:-2] if token.text.startswith("%(") else None
    if isinstance(params, Mapping):
        if name is None:
            raise ValueError(f"params is a dict, so write %(name)s in the query instead of {token.text}")
        if name not in params:
            near = alike(name, map(str, params))
            hint = f"did you mean %({near})s?" if near else f"it holds {', '.join(map(str, params)) or 'nothing'}"
            raise ValueError(f"params has no {name!r} for {token.text}; {hint}")
        return params[name]
    if name is not None:
        raise ValueError(f"params is a {type(params).__name__}, so write %s in the query instead of {token.text}")
    if number >= len(params):
        raise ValueError(f"the query has more placeholders %s than params has values ({len(params)})")
    return params[number]


def _check(query: str, token: Token) -> None:
    """Refuse what looks like a placeholder and is none."""
    if token.kind in ("text", "name") and (found := _NESTED.search(token.text.replace("%%", ""))):
        raise ValueError(f"{found[0]} stands inside quotes ({token.text:.60}); quotes are added, so write it without")
    if token.kind in ("text", "name", "comment") or token.text == "%%":
        lone = token.kind != "comment" and "%" in token.text.replace("%%", "")
    else:
        lone = token.text == "%"
    if lone:
        raise ValueError(f"with params, a percent sign is written %%: {query[token.start : token.start + 30]!r}")


def _placed(query: str, token: Token, text: str) -> str:
    """Keep a literal apart from its neighbours: glued to a word or a quote it would mean something else."""
    before, after = query[token.start - 1 : token.start], query[token.end : token.end + 1]
    left = " " if before and (before.isalnum() or before in "_$'\"&") else ""
    right = " " if after and (after.isalnum() or after in "_$'\"") else ""
    return f"{left}{text}{right}"
