"""Prepared statements of a session, and what all sessions keep between statements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mzwidget.local.errors import SqlError

if TYPE_CHECKING:
    from mzwidget.local.formats.types import Column, Type
    from mzwidget.local.statements.model import Statement
    from mzwidget.local.statements.planning import Plan

_MOST = 10_000
_MOST_BYTES = 16_000_000
_MOST_KEPT = 64_000_000


class Kept:
    """Bytes that sessions keep prepared or suspended, all together."""

    def __init__(self) -> None:
        self._bytes = 0

    def charge(self, before: int, after: int) -> None:
        """Let something that took `before` bytes take `after`, if there is room."""
        if after > before and self._bytes + after - before > _MOST_KEPT:
            raise SqlError(
                f"out of memory: sessions keep more than {_MOST_KEPT // 1_000_000} MB prepared or suspended",
                "53200",
                hint="DEALLOCATE statements and close portals that are not needed.",
            )
        self._bytes += after - before


@dataclass
class Prepared:
    """A statement and its plan, which is made anew when the catalog has changed."""

    sql: str
    statement: Statement | None
    size: int = 0
    types: tuple[Type | None, ...] = ()
    plan: Plan | None = None
    version: tuple[Any, ...] = ()

    @property
    def parameters(self) -> tuple[Type, ...]:
        return self.plan.parameters if self.plan is not None else ()

    @property
    def columns(self) -> tuple[Column, ...] | None:
        return self.plan.columns if self.plan is not None else None


class PreparedStatements:
    """The prepared statements of one session, by name; the nameless one is replaced by the next.

    Parameters
    ----------
    kept : Kept
    """

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._named: dict[str, Prepared] = {}
        self._bytes = 0

    def get(self, name: str) -> Prepared | None:
        return self._named.get(name)

    def add(self, name: str, prepared: Prepared) -> None:
        """Remember a statement."""
        if name and name in self._named:
            raise SqlError(f'prepared statement "{name}" already exists', "42P05")
        self.pop(name)
        count, size = len(self._named), prepared.size
        if count >= _MOST or self._bytes + size > _MOST_BYTES:
            raise SqlError(f"too many prepared statements: {count}", "53400", hint="DEALLOCATE those not needed.")
        self._kept.charge(0, size)
        self._bytes += size
        self._named[name] = prepared

    def pop(self, name: str) -> Prepared | None:
        """Forget a statement; return it if there was one."""
        found = self._named.pop(name, None)
        if found is not None:
            self._kept.charge(found.size, 0)
            self._bytes -= found.size
        return found

    def clear(self) -> None:
        for name in tuple(self._named):
            self.pop(name)
