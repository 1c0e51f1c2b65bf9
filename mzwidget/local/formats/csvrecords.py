"""CSV as Materialize reads it: a quote opens a field at its begin only, and blank lines are nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mzwidget.local.formats.copying import CopyFormat

Fields = list[str | None]

_LINE_END = re.compile(r"\r\n|\n|\r")


class Unterminated(Exception):  # noqa: N818
    """The data end within quotes."""

    def __init__(self, fields: Fields) -> None:
        super().__init__()
        self.fields = fields


def _inside(form: CopyFormat) -> str:
    """Return the pattern of what stands between quotes."""
    quote, escape = re.escape(form.quote), re.escape(form.escape)
    return f"(?:[^{quote}]++|{quote}{quote})*+" if quote == escape else f"(?:[^{quote}{escape}]++|{escape}.)*+"


class CsvLines:
    """Tells where lines are over, in data that come in pieces."""

    def __init__(self, form: CopyFormat) -> None:
        self._form = form
        quote, inside, before = re.escape(form.quote), _inside(form), rf"[^{re.escape(form.delimiter)}\r\n]"
        self._inside = re.compile(inside, re.DOTALL)
        self._opening = re.compile(rf"(?<!{before}){quote}")
        field = rf"[^{quote}\n]++|(?<!{before}){quote}{inside}{quote}|(?<={before}){quote}"
        self._lines = re.compile(rf"(?:(?:{field})*+\n)*+", re.DOTALL)
        self._is_inside = False
        self._halfway = False
        """Within quotes: the last character was a quote or an escape, and the next says what it means."""
        self._begins = True
        """Whether the next character begins a field."""

    def complete(self, text: str) -> int:
        """Return the length of the part of `text` that ends with the last line that is over."""
        if not text:
            return 0
        quote, begins = self._form.quote, self._begins
        self._begins = text[-1] in f"{self._form.delimiter}\r\n"
        if not self._is_inside and quote not in text:
            return text.rfind("\n") + 1
        at = self._closed(text, 0) if self._is_inside else int(not begins and text[0] == quote)
        lines = self._lines.match(text, at)
        over = 0 if self._is_inside or lines is None or lines.end() == at else lines.end()
        at = max(at, over)
        while not self._is_inside and (opening := self._opening.search(text, at)) is not None:
            self._is_inside = True
            at = self._closed(text, opening.end())
        return over

    def _closed(self, text: str, at: int) -> int:
        """Return where the quotes are closed that are open at `at`, or the end."""
        form = self._form
        doubled = form.quote == form.escape
        if at == len(text):
            return at
        if self._halfway:
            self._halfway = False
            if doubled and text[at] != form.quote:
                self._is_inside = False
                return at
            at += 1
        match = self._inside.match(text, at)
        assert match is not None
        at = match.end()
        if at == len(text):
            return at
        self._halfway = (doubled or text[at] != form.quote) and at + 1 == len(text)
        self._is_inside = self._halfway
        return at + 1


def csv_records(text: str, form: CopyFormat) -> Iterator[Fields]:
    """Yield records; a field equal to the NULL text is None, quoted or not.

    Raises
    ------
    Unterminated
        If quotes are never closed; with the fields of that record, the open one to its end.
    """
    quote, escape, delimiter, null = form.quote, form.escape, form.delimiter, form.null
    if quote not in text:
        for line in _LINE_END.split(text):
            if line:
                yield [None if field == null else field for field in line.split(delimiter)]
        return
    record: Fields = []
    at, end = 0, len(text)
    q, d, inside = re.escape(quote), re.escape(delimiter), _inside(form)
    field = re.compile(rf"(?:{q}({inside}){q})?([^{d}\r\n]*)({d}|\r\n|\n|\r|\Z)", re.DOTALL)
    undo = re.compile(rf"{re.escape(escape)}(.)", re.DOTALL)
    while at < end:
        match = field.match(text, at)
        assert match is not None
        quoted, plain, stop = match.groups()
        if quoted is None and text[at] == quote:
            raise Unterminated([*record, undo.sub(r"\1", text[at + 1 :])])
        at = match.end()
        if not record and quoted is None and not plain and stop != delimiter:
            continue
        value = plain if quoted is None else undo.sub(r"\1", quoted) + plain
        record.append(None if value == null else value)
        if stop != delimiter:
            yield record
            record = []
        elif at == end:
            record.append(None if null == "" else "")
    if record:
        yield record
