"""Values as a reader sees them where no page formats them: one way of writing for each column."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from mzwidget.charts import formats
from mzwidget.charts.encoding import Encoding
from mzwidget.tail.values import Column

NULL = "null"

Write = Callable[[str | None], str]


def writers(columns: Sequence[Column], rows: Sequence[tuple[str | None, ...]], encoding: Encoding) -> list[Write]:
    """Return, for each column, how its values in these rows are written.

    Numbers as their format says (see `formats`), moments in the encoding's zone or UTC without what all of them leave
    at zero, NULL as a word, everything else as the server printed it.
    """
    return [
        _writer(
            of, [row[index] for row in rows], encoding.formats[index] if encoding.formats else "", encoding.timezone
        )
        for index, of in enumerate(columns)
    ]


def _writer(of: Column, texts: Iterable[str | None], given: str, timezone: str) -> Write:
    if of.type == "mz_timestamp" or of.type in {"timestamp", "timestamptz"}:
        return _moments(of, [text for text in texts if text is not None], timezone)
    if of.kind == "number":
        number = formats.formatter(texts, given, of.type.startswith("float"))
        return lambda text: NULL if text is None else number(text)
    if of.kind == "boolean":
        return lambda text: NULL if text is None else {"t": "true", "f": "false"}.get(text, text)
    return lambda text: NULL if text is None else text


def moment(of: Column, text: str) -> datetime | None:
    """Read a date or a moment; None where Python cannot hold it. What has no zone is taken as UTC."""
    try:
        if of.type == "mz_timestamp":
            return datetime.fromtimestamp(int(text) / 1000, UTC)
        found = datetime.fromisoformat(text)
        return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _moments(of: Column, texts: Sequence[str], timezone: str) -> Write:
    zone = ZoneInfo(timezone or "UTC") if of.type != "timestamp" else UTC
    found = [at for text in texts if (at := moment(of, text)) is not None]
    style = "%H:%M:%S" if any(at.second or at.microsecond for at in found) else "%H:%M"

    def write(text: str | None) -> str:
        at = None if text is None else moment(of, text)
        if at is None:
            return NULL if text is None else text
        at = at.astimezone(zone)
        return f"{at.year:04}-{at:%m-%d} {at:{style}}"

    return write


def as_of(time: int | None, timezone: str = "") -> str:
    """Say of which moment (milliseconds since 1970) a content is."""
    if time is None:
        return "constant"
    try:
        at = datetime.fromtimestamp(time / 1000, ZoneInfo(timezone or "UTC"))
    except (ValueError, OverflowError, OSError):
        return f"as of {time}"
    return f"as of {at:%Y-%m-%d %H:%M:%S} {at.tzname() if timezone else 'UTC'}"


def short(text: str, length: int) -> str:
    """Cut a long text, in one line."""
    line = " ".join(text.split()) if any(space in text for space in "\n\r\t") else text
    return line if len(line) <= length else line[: length - 1] + "…"
