"""What COPY … FROM STDIN is sent becomes rows as Materialize's own readers make them, in whatever pieces it comes."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from random import Random

import pytest

from mzwidget.local.engine.writing import Staging
from mzwidget.local.errors import SqlError
from mzwidget.local.formats.copied import CopyReader
from mzwidget.local.formats.copying import CopyFormat
from mzwidget.local.statements import grammar
from mzwidget.local.statements.session import Engine, Session
from mzwidget.local.statements.table import TABLE

Found = tuple[list[list[str | None]], str | None]

MISSING, EXTRA = "missing data for column", "extra data after last expected column"
OPEN = "unterminated CSV quoted field"


def read(form: CopyFormat, width: int, data: bytes, piece: int) -> Found:
    """Return the rows before the first fault, and what the fault is called."""
    reader = CopyReader(form, width)
    lines = [reader.feed(data[at : at + piece]) for at in range(0, len(data), piece)]
    rows: list[list[str | None]] = []
    for found in [*lines, reader.finish()]:
        if reader.fault is None:
            rows += reader.rows(found)
    return rows, None if reader.fault is None else reader.fault.message


def records(text: str, quote: str, escape: str) -> tuple[list[list[str]], bool]:
    """Read CSV one character at a time, by the states of Materialize's reader; tell whether it ends open."""
    found: list[list[str]] = []
    record, field, state = [], "", "record"
    for char in text:
        if state == "escaped":
            field, state = field + char, "quoted"
        elif state == "quoted":
            state = "closed" if char == quote else "escaped" if escape != quote and char == escape else state
            field += char if state == "quoted" else ""
        elif state == "closed" and char == quote == escape:
            field, state = field + char, "quoted"
        elif state == "record" and char in "\r\n":
            pass
        elif char in ",\r\n":
            record, field = [*record, field], ""
            state = "field"
            if char != ",":
                found.append(record)
                record, state = [], "record"
        elif state in {"record", "field"} and char == quote:
            state = "quoted"
        else:
            field, state = field + char, "plain"
    if state != "record":
        found.append([*record, field])
    return found, state in {"quoted", "escaped"}


def expected(text: str, form: CopyFormat, width: int) -> Found:
    found, is_open = records(text, form.quote, form.escape)
    rows: list[list[str | None]] = []
    for number, record in enumerate(found, 1):
        if len(record) != width:
            return rows, MISSING if len(record) < width else EXTRA
        if is_open and number == len(found):
            return rows, OPEN
        rows.append([None if field == form.null else field for field in record])
    return rows, None


def test_csv_is_read_as_its_reader_does_there() -> None:
    random = Random(2026)
    for _ in range(3000):
        form = CopyFormat(csv=True, delimiter=",", null=random.choice(["", "x"]), escape=random.choice('"\\'))
        text = "".join(random.choice('"",\n\rax\\é') for _ in range(random.randint(0, 14)))
        width, piece = random.randint(1, 3), random.choice([1, 2, 5, 100])
        assert read(form, width, text.encode(), piece) == expected(text, form, width), (text, form, width, piece)


def plain(text: str, width: int) -> Found:
    """Read lines of text one character at a time, as Materialize's reader does."""
    rows: list[list[str | None]] = []
    at = 0
    while at < len(text) and not text.startswith("\\.", at):
        row: list[str | None] = []
        for column in range(width):
            if column:
                if not text.startswith("\t", at):
                    return rows, MISSING
                at += 1
            if text.startswith("\\N", at):
                row.append(None)
                at += 2
                continue
            value = ""
            while at < len(text) and text[at] not in "\n\t" and not text.startswith("\\.", at):
                if text[at] == "\\" and at + 1 < len(text):
                    at += 1
                    value += "\n" if text[at] == "n" else text[at]
                else:
                    value += text[at]
                at += 1
            row.append(value)
        if at < len(text) and text[at] != "\n":
            return rows, EXTRA
        rows.append(row)
        at += 1
    return rows, None


def test_text_is_read_as_its_reader_does_there() -> None:
    random = Random(2026)
    form = CopyFormat(csv=False, delimiter="\t", null="\\N")
    for _ in range(5000):
        text = "".join(random.choice("aé\\\\\n\n\t\tNn.") for _ in range(random.randint(0, 14)))
        width, piece = random.randint(1, 3), random.choice([1, 2, 5, 100])
        (rows, fault), wanted = read(form, width, text.encode(), piece), plain(text, width)
        assert fault == wanted[1], (text, width, piece)
        assert fault is not None or rows == wanted[0], (text, width, piece)


def test_escapes_take_linear_time() -> None:
    form = CopyFormat(csv=False, delimiter="\t", null="\\N")
    many = 3_000_000  # in the square of their number they would not end before the time that a test has
    assert read(form, 1, b"\\\t" * many, 1_000_000) == ([["\t" * many]], None)


@pytest.mark.parametrize("piece", [1, 100])
@pytest.mark.parametrize(
    ("csv", "data", "rows", "fault"),
    [
        (True, "\ufeffa,b\n", [["a", "b"]], None),
        (True, '\ufeff"a\n",b\n', [["a\n", "b"]], None),
        (True, "\n\na,b\n\\.\nc,d\n", [["a", "b"]], None),
        (True, "a,b\nc\nd,e\n", [["a", "b"]], MISSING),
        (False, "a\tb\r\n", [["a", "b\r"]], None),
        (False, "a\tb\n\\.\nc\td\n", [["a", "b"]], None),
        (False, "a\tb\nc\nd\te\n", [["a", "b"]], MISSING),
        (False, "a\tb\tc\n", [["a", "b"]], EXTRA),
        (False, "\\N\t\\N\n", [[None, None]], None),
        (False, "a\t\\Nb\n", [], EXTRA),
        (False, "\\Nb\ta\n", [], MISSING),
        (False, "a\\.b\tc\n", [], MISSING),
        (False, "a\tb\\.\n", [], EXTRA),
        (False, "a\\\\.\t\\\\N\n", [["a\\.", "\\N"]], None),
    ],
)
def test_lines(piece: int, csv: bool, data: str, rows: list[list[str | None]], fault: str | None) -> None:
    form = CopyFormat(csv=csv, delimiter="," if csv else "\t", null="" if csv else "\\N")
    assert read(form, 2, data.encode(), piece) == (rows, fault)


def test_what_is_no_text_is_a_fault_of_its_own() -> None:
    reader = CopyReader(CopyFormat(csv=True, delimiter=",", null=""), 1)
    with pytest.raises(SqlError, match="invalid byte sequence"):
        reader.feed(b"\xff")


PLAIN = {"a": "-7", "b": "x", "c": "2024-02-29 01:02:03+00", "d": "1.5"}


@pytest.mark.parametrize("columns", ["abcd", "dbca", "ab", "d"])
def test_plain_spellings_of_any_columns_are_read_without_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    add, added = Staging.add, []

    async def noted(staging: Staging, rows: str, values: list[str]) -> int:
        added.append(rows)
        return await add(staging, rows, values)

    async def copied() -> str:
        engine = Engine(TABLE)
        session = Session(engine, "materialize", 1)
        serving = asyncio.create_task(engine.store.serve())
        create, into = grammar.read(
            "CREATE TABLE t (a bigint, b text, c timestamptz DEFAULT now(), d float8);"
            f"COPY t ({', '.join(columns)}) FROM STDIN"
        )
        await session.execute(await session.prepare(create))
        copy = (await session.execute(await session.prepare(into))).copy_in
        assert copy is not None
        await copy.feed("\t".join(PLAIN[column] for column in columns).encode())
        tag = await copy.finish()
        await copy.close()
        serving.cancel()
        return tag

    monkeypatch.setattr(Staging, "add", noted)
    assert asyncio.run(copied()) == "COPY 1"
    assert ["py_" in rows for rows in added] == [False]
