"""The fields of events: any key may be absent and of any type, and a text may be what no database can store."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import TypeGuard

INT8 = 2**63


def is_int(value: object, bound: int) -> TypeGuard[int]:
    """Tell whether `value` is a whole number from -`bound` to below `bound`."""
    return isinstance(value, int) and not isinstance(value, bool) and -bound <= value < bound


def clean(text: str) -> str:
    """Return `text` without what no database can store: NUL and halves of surrogate pairs."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def happened_at(event: dict[str, Any]) -> datetime | None:
    """Return when an event happened, or None if it does not say so."""
    try:
        moment = datetime.fromisoformat(event["meta"]["dt"])
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (KeyError, TypeError, ValueError):
        pass
    try:
        return datetime.fromtimestamp(event["timestamp"], UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return None
