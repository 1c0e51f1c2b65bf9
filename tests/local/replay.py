"""Ask a server what Materialize was asked, and say how the answers compare.

Per statement: *same*; *other words* (an error on both sides, or a notice, told otherwise); *refused* (0A000, named,
where Materialize answers or says otherwise); *different* answers; *accepts* what Materialize refuses; *fails* where
Materialize answers.
"""

from __future__ import annotations

import collections
import datetime as dt
import os
import re
import secrets
import select
import time
from typing import TYPE_CHECKING, Any

from psycopg import pq
from psycopg.pq import DiagnosticField, ExecStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from psycopg.pq.abc import PGresult

    from tests.local.recorded import Record

WORD = "corpus"
KINDS = ("same", "other words", "refused", "different", "accepts", "fails")
DEFECTS = KINDS[3:]
PROPERTY = "corpus"
"""Under this name a test reports its area, and class and reason of each answer."""
SECONDS = 100 if os.environ.get("MZWIDGET_TEST_MATERIALIZE") else 10
_FIELDS = {
    "severity": DiagnosticField.SEVERITY,
    "sqlstate": DiagnosticField.SQLSTATE,
    "message": DiagnosticField.MESSAGE_PRIMARY,
    "detail": DiagnosticField.MESSAGE_DETAIL,
    "hint": DiagnosticField.MESSAGE_HINT,
    "position": DiagnosticField.STATEMENT_POSITION,
}
_MASKS = ((re.compile(r"\bu\d+\b"), "u?"), (re.compile(r"^2\d{4}$"), "oid?"))


class Client:
    """One connection in an empty schema of its own; answers are described as the recordings are."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._notices: list[Record] = []
        self.schema = f"c{secrets.token_hex(3)[:5]}"
        self._connect()
        self._plain(f"CREATE SCHEMA {self.schema}")
        self._plain(f"SET search_path = {self.schema}")

    def _connect(self) -> None:
        self._connection = pq.PGconn.connect(self._dsn.encode())
        assert self._connection.status == pq.ConnStatus.OK, self._connection.error_message
        self._connection.notice_handler = lambda notice: self._notices.append(self._fields(notice))

    def close(self) -> None:
        if self._connection.status == pq.ConnStatus.OK:
            for statement in ("ROLLBACK", "RESET cluster", f"DROP SCHEMA {self.schema} CASCADE"):
                self._plain(statement)
        self._connection.finish()

    def make(self, statements: Iterable[str]) -> None:
        for statement in statements:
            self._plain(statement)

    def _plain(self, sql: str) -> None:
        self._connection.exec_(sql.encode())

    def answer(self, record: Record) -> Record:
        """Ask one recorded question."""
        if self._connection.status != pq.ConnStatus.OK:
            self._connection.finish()
            self._connect()
            self._plain(f"SET search_path = {self.schema}")
        if "parameters" in record:
            return self._describe(record)
        if record.get("query") is not None:
            return self._ask(record)
        return _settled(self._run(record["sql"], record.get("copy_in")), ordered=bool(record.get("ordered")))

    def _inward(self, text: str) -> bytes:
        return re.sub(rf"\b{WORD}\b", self.schema, text).encode()

    def _outward(self, data: bytes) -> str:
        return data.decode().replace(self.schema, WORD)

    def _run(self, sql: str, copy_in: str | None) -> Record:
        answers: list[Record] = []
        copied: bytes | None = None
        self._notices.clear()
        self._connection.send_query(self._inward(sql))
        while (result := self._next()) is not None:
            if result.status == ExecStatus.COPY_IN:
                if copy_in is None:
                    self._connection.put_copy_end(b"no data recorded")
                else:
                    self._connection.put_copy_data(copy_in.encode("utf-8", "surrogateescape"))
                    self._connection.put_copy_end()
            elif result.status == ExecStatus.COPY_OUT:
                copied = b""
                while (found := self._connection.get_copy_data(0))[0] > 0:
                    copied += bytes(found[1])
            else:
                answers.append(self._described(result) | {"notices": self._notices.copy()})
                self._notices.clear()
                if copied is not None and answers[-1]["error"] is None:
                    if copied.startswith(b"PGCOPY\n"):
                        answers[-1]["copy_out_hex"] = copied.hex()
                    else:
                        answers[-1]["copy_out"] = self._outward(copied).splitlines(keepends=True)
                copied = None
        return answers[0] if len(answers) == 1 else {"results": answers}

    def _next(self) -> PGresult | None:
        end = time.monotonic() + SECONDS
        while self._connection.is_busy():
            if not select.select([self._connection.socket], [], [], max(end - time.monotonic(), 0))[0]:
                self._connection.get_cancel().cancel()  # its answer is then that it was cancelled
                end += SECONDS
            self._connection.consume_input()
        return self._connection.get_result()

    def _ask(self, record: Record) -> Record:
        given = record["param_text"]
        values = [None if v is None else bytes.fromhex(v["hex"]) if isinstance(v, dict) else v.encode() for v in given]
        formats = [int(isinstance(value, dict)) for value in given]
        result = self._connection.exec_params(self._inward(record["query"]), values, record["param_types"], formats, 0)
        return _settled(self._described(result), ordered=bool(record["ordered"]))

    def _describe(self, record: Record) -> Record:
        query = self._inward(record.get("tool_sql") or record["sql"])
        result = self._connection.prepare(b"", query, record.get("parameter_types"))
        if result.status != ExecStatus.FATAL_ERROR:
            result = self._connection.describe_prepared(b"")
        found = self._described(result)
        if found["error"] is None:
            found["columns"] = self._columns(result) or None
            found["parameters"] = [result.param_type(index) for index in range(result.nparams)]
        found["tag"] = found["rows"] = None
        return found

    def _described(self, result: PGresult) -> Record:
        found: Record = {"columns": None, "rows": None, "tag": None, "error": None}
        if result.status == ExecStatus.FATAL_ERROR:
            found["error"] = self._fields(result)
            return found
        found["tag"] = (result.command_status or b"").decode()
        if result.status == ExecStatus.TUPLES_OK:
            found["columns"] = self._columns(result)
            found["rows"] = [
                [
                    None if (value := result.get_value(row, column)) is None else self._outward(value)
                    for column in range(result.nfields)
                ]
                for row in range(result.ntuples)
            ]
        return found

    def _fields(self, result: PGresult) -> Record:
        """Return what an error or a notice says."""
        fields = {name: result.error_field(field) for name, field in _FIELDS.items()}
        return {name: value and self._outward(value) for name, value in fields.items()}

    def _columns(self, result: PGresult) -> list[list[Any]]:
        return [[self._outward(result.fname(i) or b""), result.ftype(i)] for i in range(result.nfields)]


_THERE = (
    "CREATE TABLE items (id int, name text, price numeric, at timestamp)",
    "CREATE TABLE metrics (at timestamptz, host text, cpu float8)",
    "CREATE TABLE mt (id int, label text, at timestamp, n numeric)",
    "CREATE TABLE seen (id int, label text)",
    "CREATE VIEW seen_v AS SELECT id FROM seen",
)
"""What was there when the tools' statements were described."""


def replay(dsn: str, records: Sequence[Record]) -> list[tuple[str, str, str]]:
    """Ask a session's questions; return class, statement and what differs for each."""
    client = Client(dsn)
    found = []
    if any("parameters" in record for record in records):
        client.make(_THERE)
    try:
        for before, record in zip([{}, *records], records, strict=False):
            error = record.get("error") or {}
            if error.get("client") or error.get("sqlstate") == "lost":  # it never reached the server
                continue
            if _misplaced(before, record):
                continue
            kind, why = compare(record, client.answer(record))
            found.append((kind, record["sql"], why))
    finally:
        client.close()
    return found


def _misplaced(before: Record, record: Record) -> bool:
    """Whether an answer was recorded at another place: asked twice with nothing between, a query has one answer."""
    same = record["sql"] == before.get("sql") and record.get("param_text") == before.get("param_text")
    return same and record["sql"].startswith("SELECT") and record.get("rows") != before.get("rows")


def compare(want: Record, got: Record) -> tuple[str, str]:
    """Return the class of an answer and what differs."""
    wanted, given = want.get("results", [want]), got.get("results", [got])
    for one, other in zip(wanted, given, strict=False):
        kind, why = _compare(one, other, masked=bool(want.get("masked")), ordered=bool(want.get("ordered")))
        if kind == "same" and (noted := _notices(one)) != (said := _notices(other)):
            kind, why = "other words", f"notices: {noted}  /  {said}"
        if kind != "same":
            return kind, why
    if len(wanted) != len(given):
        return "different", f"{len(wanted)} results / {len(given)}"
    return "same", ""


def _compare(want: Record, got: Record, *, masked: bool, ordered: bool) -> tuple[str, str]:
    wanted, given = want.get("error"), got.get("error")
    if given and given["sqlstate"] == "0A000" and (not wanted or "embedded engine" in given["message"]):
        return "refused", given["message"]
    if wanted and given:
        fields = ("sqlstate", "message", "detail", "hint", "position")
        first, second = ([_timeless(error.get(name)) for name in fields] for error in (wanted, given))
        return ("same", "") if first == second else ("other words", f"{first}  /  {second}")
    if wanted:
        return "accepts", f"{wanted['sqlstate']} {wanted['message']!r}  /  {_shown(got)}"
    if given:
        return "fails", f"{_shown(want)}  /  {given['sqlstate']} {given['message']!r}"
    for name in ("columns", "parameters", "rows", "tag", "copy_out", "copy_out_hex"):
        first, second = want.get(name), got.get(name)
        if name == "rows" and masked and first and second:
            second = [[_masked(value) for value in row] for row in second]
            if not ordered:
                first, second = sorted(first, key=_key), sorted(second, key=_key)
        if first != second:
            return "different", f"{name}: {str(first)[:300]}  /  {str(second)[:300]}"
    return "same", ""


def _notices(answer: Record) -> list[list[str | None]]:
    fields = ("severity", "sqlstate", "message", "detail", "hint")
    return [[notice.get(name) for name in fields] for notice in answer.get("notices") or ()]


def _timeless(field: str | int | None) -> str | None:
    """Mask the time of an answer, spelt out or not, and the ids that hang on what was made before it."""
    if field is None:
        return None

    def mask(found: re.Match[str]) -> str:
        moment = dt.datetime.fromtimestamp(int(found[1]) / 1000, dt.UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
        return "<ts>" if found[2] is None else "<ts> (<its time>)" if found[2] == moment else found[0]

    masked = re.sub(r"<ts> \([-0-9]+ [:.0-9]+\)", "<ts> (<its time>)", str(field))  # as it was recorded
    masked = re.sub(r"\b(1[6-9]\d{11})\b(?: \(([-0-9]+ [:.0-9]+)\))?", mask, masked)
    return re.sub(r"(?<=inputs: \[)u\d+", "u?", masked)


def _masked(value: str | None) -> str | None:
    for pattern, mask in _MASKS:
        value = value and pattern.sub(mask, value)
    return value


def _settled(answer: Record, *, ordered: bool) -> Record:
    """Sort what has no order."""
    for part in answer.get("results", [answer]):
        if not ordered:
            part["rows"] = part["rows"] and sorted(part["rows"], key=_key)
            if part.get("copy_out"):
                part["copy_out"] = sorted(part["copy_out"])
    return answer


def _key(row: list[str | None]) -> list[tuple[bool, str]]:
    return [(value is None, value or "") for value in row]


def _shown(answer: Record) -> str:
    return str(answer.get("tag") if answer.get("rows") is None else (answer["columns"], answer["rows"]))[:300]


def summary(judged: dict[str, list[tuple[str, str]]]) -> Iterator[str]:
    """Yield the counts of classes, a line an area, and what was refused, by construct."""
    counts = {area: collections.Counter(kind for kind, _ in answers) for area, answers in sorted(judged.items())}
    counts["all"] = sum(counts.values(), collections.Counter())
    width = max(map(len, counts))
    yield f"{'area':{width}}" + "".join(f"{kind:>13}" for kind in KINDS) + f"{'all':>8}"
    for area, row in counts.items():
        yield f"{area:{width}}" + "".join(f"{row[kind]:>13}" for kind in KINDS) + f"{row.total():>8}"
    refused = collections.Counter(
        re.sub(r" (is|are) not supported by the embedded engine.*", "", why, flags=re.DOTALL)[:80]
        for answers in judged.values()
        for kind, why in answers
        if kind == "refused"
    )
    yield "refused: " + "; ".join(f"{what} ({count})" for what, count in refused.most_common())
