"""What windows need that DuckDB's do not take: columns of queries of their own, beside the rows of a FROM."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from mzwidget.local.dialect.values import Value
from mzwidget.local.errors import unsupported

_ITEM = re.compile(r"\b(s\d+)\.")


@dataclass(slots=True)
class Windowing:
    """The windows of one SELECT: what they order and divide by, and those that others take.

    `computed`: keys that may fail, which DuckDB does not take in OVER. `staged`: windows within others, of which DuckDB
    takes none. `late`: as `computed`, made of such.
    """

    alias_: Callable[[], str]
    computed: dict[str, str] = field(default_factory=dict)
    staged: dict[str, str] = field(default_factory=dict)
    late: dict[str, str] = field(default_factory=dict)
    _computed_alias: str = ""
    _staged_alias: str = ""
    _depth: int = 0

    def key(self, value: Value) -> str:
        """Return DuckDB SQL of what a window orders or divides by."""
        if not value.fallible:
            return value.sql
        if self._staged_alias and f"{self._staged_alias}." in value.sql:
            return f"{self._staged_alias}k.{self.late.setdefault(value.sql, f'w{len(self.late) + 1}')}"
        self._computed_alias = self._computed_alias or self.alias_()
        return f"{self._computed_alias}.{self.computed.setdefault(value.sql, f'w{len(self.computed) + 1}')}"

    def write(self, window: Callable[[], Value]) -> Value:
        """Return a window, or the column of one that another takes."""
        if self._depth > 1:
            raise unsupported("a window function within two others")
        self._depth += 1
        try:
            value = window()
        finally:
            self._depth -= 1
        if not self._depth:
            return value
        self._staged_alias = self._staged_alias or self.alias_()
        name = self.staged.setdefault(value.sql, f"n{len(self.staged) + 1}")
        return replace(value, sql=f"{self._staged_alias}.{name}", fallible=False)

    def beside(self, source: str) -> str:
        """Return a FROM clause's items with the computed keys beside them."""
        if not self.computed:
            return source
        items = ", ".join(f"{sql} AS {name}" for sql, name in self.computed.items())
        lateral = f"LATERAL (SELECT {items}) AS {self._computed_alias}"
        return f"{source}, {lateral}" if source else lateral

    def behind(self, tail: str, row: Sequence[Value]) -> str:
        """Return what stands behind a select list, with the staged windows beside its rows.

        The items of FROM become columns of their names, so that ``s1.c1`` means what it meant.
        """
        if not self.staged:
            return tail
        items = list(dict.fromkeys(_ITEM.findall(" ".join(value.sql for value in row))))
        items += [self._computed_alias] if self.computed else []
        items += [f"{sql} AS {name}" for sql, name in self.staged.items()]
        staged = f" FROM (SELECT {', '.join(items)}{tail}) AS {self._staged_alias}"
        if not self.late:
            return staged
        late = ", ".join(f"{sql} AS {name}" for sql, name in self.late.items())
        return f"{staged}, LATERAL (SELECT {late}) AS {self._staged_alias}k"
