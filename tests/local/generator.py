"""Random queries over two tables, typed so that most of them are valid."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

SETUP = """
CREATE TABLE m (a int, b bigint, s smallint, f double precision, n numeric(12,3), x text, p boolean, d date,
                ts timestamp, tz timestamptz, j jsonb);
CREATE TABLE o (a int, x text, n numeric(12,3), b bigint, ts timestamp);
CREATE TABLE empty (a int, x text, n numeric(12,3), b bigint, ts timestamp);
"""

TEXTS = ["", "a", "b", "ab", "Abc", "  pad ", "ünïcode", "日本", "😀", "a%b_c", "'quoted'", "12", "-7", "x,y,z", None]
INTS = [0, 1, 2, 3, -1, -7, 10, 100, 99999, 46341, -46341, 2147483647, -2147483648, None]
BIGS = [0, 1, -1, 5, 4294967296, -4294967296, 9007199254740993, 9223372036854775807, -9223372036854775808, None]
SMALLS = [0, 1, -1, 7, 32767, -32768, None]
FLOATS = ["0", "-0", "1.5", "-2.25", "1e10", "1e-7", "NaN", "Infinity", "-Infinity", "1e300", "0.1", None]
NUMERICS = ["0", "1", "-1.5", "2.500", "999999999.999", "-999999999.999", "0.001", "-0.001", "12.345", None]
DATES = ["2020-01-01", "2020-02-29", "1999-12-31", "0001-01-01", "9999-12-31", "1970-01-01", None]
TIMES = ["2020-01-01 00:00:00", "2020-02-29 23:59:59.999999", "1969-12-31 23:59:59.5", "2026-11-22 18:00:00.123", None]
DOCUMENTS = [
    '{"a": 1, "b": "x", "k": "t"}', '{"b": [1, 2.5, null], "a": {"c": true}, "k": 1.5}', "[]", "[1, [2]]",
    "null", '"s"', "12.50", '{"a": null}', '{"ü": "é", "a": -3}', None,
]  # fmt: skip


def literal(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool | int | float):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"


def rows(random: Random, count: int) -> list[str]:
    """INSERT statements; values repeat, so that there are duplicates and matches."""
    statements = []
    for _ in range(count):
        values = [random.choice(pool) for pool in (INTS, BIGS, SMALLS, FLOATS, NUMERICS, TEXTS)]
        values += [random.choice([True, False, None]), random.choice(DATES), random.choice(TIMES),
                   random.choice(TIMES), random.choice(DOCUMENTS)]  # fmt: skip
        statements.append(f"INSERT INTO m VALUES ({', '.join(map(literal, values))})")
    for _ in range(count // 2):
        values = [random.choice(pool) for pool in (INTS, TEXTS, NUMERICS, BIGS, TIMES)]
        statements.append(f"INSERT INTO o VALUES ({', '.join(map(literal, values))})")
    return statements


COLUMNS = {
    "m": {"a": "int", "b": "big", "s": "int", "f": "float", "n": "numeric", "x": "text", "p": "bool", "d": "date",
          "ts": "time", "j": "json"},
    "o": {"a": "int", "x": "text", "n": "numeric", "b": "big", "ts": "time"},
    "empty": {"a": "int", "x": "text", "n": "numeric", "b": "big", "ts": "time"},
}  # fmt: skip


class Generator:
    """Makes one query after the other from one seed."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def pick(self, *options: str) -> str:
        return self.random.choice(options)

    def columns(self, tables: dict[str, str], kind: str) -> list[str]:
        return [f"{alias}.{name}" for alias, table in tables.items() for name, type_ in COLUMNS[table].items()
                if type_ == kind]  # fmt: skip

    def expression(self, tables: dict[str, str], kind: str, depth: int) -> str:
        columns = self.columns(tables, kind)
        if depth <= 0 or self.random.random() < 0.25:
            if columns and self.random.random() < 0.75:
                return self.random.choice(columns)
            return self.constant(kind)
        return getattr(self, f"{kind}_expression")(tables, depth - 1)

    def constant(self, kind: str) -> str:
        random = self.random
        match kind:
            case "int":
                return str(random.choice([0, 1, 2, 3, 7, 10, -1, -5]))
            case "big":
                return f"{random.choice([0, 1, 2, 5000000000, -3])}::bigint"
            case "numeric":
                return random.choice(["0.5", "1.25", "-2.0", "3.14159", "100.0"])
            case "float":
                return f"{random.choice(['0.5', '-1.5', '2', '1e6'])}::float8"
            case "text":
                return literal(random.choice([text for text in TEXTS if text is not None]))
            case "bool":
                return random.choice(["true", "false", "NULL::boolean"])
            case "date":
                return f"DATE {literal(random.choice(DATES[:-1]))}"
            case "time":
                return f"TIMESTAMP {literal(random.choice(TIMES[:-1]))}"
            case _:
                return f"{literal(random.choice(DOCUMENTS[:-1]))}::jsonb"

    def int_expression(self, tables: dict[str, str], depth: int) -> str:
        def e(kind: str) -> str:
            return self.expression(tables, kind, depth)

        return self.pick(
            f"(({e('int')}) % 1000 {self.pick('+', '-', '*')} ({e('int')}) % 1000)",
            f"({e('int')} / {self.pick('2', '3', '-7')})",
            f"length({e('text')})",
            f"abs(({e('int')}) / 2)",
            f"coalesce({e('int')}, {e('int')})",
            f"nullif({e('int')}, {e('int')})",
            f"greatest({e('int')}, {e('int')})",
            f"CASE WHEN {e('bool')} THEN {e('int')} ELSE {e('int')} END",
            f"position({e('text')} IN {e('text')})",
            f"extract({self.pick('year', 'month', 'day', 'dow', 'doy', 'week')} FROM {e('date')})::int",
            f"({e('date')} - {e('date')})",
            f"round({e('numeric')} / 10)::int",
        )

    def big_expression(self, tables: dict[str, str], depth: int) -> str:
        def e(kind: str) -> str:
            return self.expression(tables, kind, depth)

        return self.pick(
            f"(({e('big')}) / 3 + {e('int')})",
            f"({e('big')} % 1000)",
            f"({e('int')})::bigint",
            f"(({e('int')})::bigint * ({e('int')})::bigint / 4)",
            f"least({e('big')}, {e('int')})",
            f"CASE WHEN {e('bool')} THEN {e('big')} END",
        )

    def numeric_expression(self, tables: dict[str, str], depth: int) -> str:
        def e(kind: str) -> str:
            return self.expression(tables, kind, depth)

        return self.pick(
            f"({e('numeric')} + {e('numeric')})",
            f"({e('numeric')} - {e('int')})",
            f"(round({e('numeric')}, 2) * 1.5)",
            f"(round({e('numeric')} / 7, 3))",
            f"round({e('numeric')}, {self.pick('0', '1', '2')})",
            f"floor({e('numeric')})",
            f"ceil({e('numeric')})",
            f"abs({e('numeric')})",
            f"(-{e('numeric')})",
            f"coalesce({e('numeric')}, {e('int')})",
            f"({e('int')})::numeric(12,2)",
        )

    def float_expression(self, tables: dict[str, str], depth: int) -> str:
        def e(kind: str) -> str:
            return self.expression(tables, kind, depth)

        return self.pick(
            f"({e('float')} {self.pick('+', '-')} {e('float')})",
            f"({e('float')} * {self.pick('2', '0.5', '-1')})",
            f"({e('float')} / {self.pick('2', '4.5')})",
            f"({e('int')})::float8",
            f"({e('numeric')})::float8",
            f"sqrt(abs({e('float')}))",
            f"round({e('float')})",
            f"abs({e('float')})",
            f"greatest({e('float')}, {e('float')})",
            f"CASE WHEN {e('bool')} THEN {e('float')} ELSE {e('int')} END",
        )

    def text_expression(self, tables: dict[str, str], depth: int) -> str:
        def e(kind: str) -> str:
            return self.expression(tables, kind, depth)

        return self.pick(
            f"({e('text')} || {e('text')})",
            f"substring({e('text')}, {self.pick('1', '2', '-1')}, {self.pick('0', '1', '3')})",
            f"left({e('text')}, {self.pick('2', '-1', '0')})",
            f"right({e('text')}, {self.pick('2', '-1')})",
            f"replace({e('text')}, 'a', {e('text')})",
            f"split_part({e('text')}, ',', {self.pick('1', '2')})",
            f"trim({e('text')})",
            f"reverse({e('text')})",
            f"({e('int')})::text",
            f"({e('big')})::text",
            f"({e('bool')})::text",
            f"({e('date')})::text",
            f"({e('time')})::text",
            f"({e('json')} ->> 'k')",
            f"coalesce({e('text')}, {e('text')})",
            f"CASE WHEN {e('bool')} THEN {e('text')} ELSE {e('text')} END",
            f"jsonb_typeof({e('json')})",
        )

    def bool_expression(self, tables: dict[str, str], depth: int) -> str:
        def e(kind: str) -> str:
            return self.expression(tables, kind, depth)

        kind = self.pick("int", "big", "numeric", "float", "text", "date", "time")
        other = {"int": "numeric", "big": "int", "numeric": "float", "float": "int", "date": "time"}.get(kind, kind)
        # The operand of IN (subquery) may be computed for rows that other conditions rule out: let it not fail.
        leaf = self.expression(tables, "int", 0)
        operator = self.pick("=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM")
        return self.pick(
            f"({e(kind)} {operator} {e(kind)})",
            f"({e(kind)} {operator} {e(other)})",
            f"({e('bool')} AND {e('bool')})",
            f"({e('bool')} OR {e('bool')})",
            f"(NOT {e('bool')})",
            f"({e(kind)} IS {self.pick('', 'NOT ')}NULL)",
            f"({e('bool')} IS {self.pick('', 'NOT ')}{self.pick('TRUE', 'FALSE')})",
            f"({e('text')} {self.pick('', 'NOT ')}LIKE {self.pick(literal('%a%'), literal('a_'), literal('%'))})",
            f"({e('int')} {self.pick('', 'NOT ')}IN (1, {e('int')}, {self.pick('NULL', '3')}))",
            f"({leaf} {self.pick('', 'NOT ')}IN (SELECT a FROM {self.pick('o', 'empty')}))",
            f"({e(kind)} BETWEEN {e(kind)} AND {e(kind)})",
            f"EXISTS (SELECT 1 FROM {self.pick('o', 'empty')} q WHERE q.a = {e('int')})",
            f"({e('json')} = {e('json')})",
        )

    def date_expression(self, tables: dict[str, str], depth: int) -> str:
        return self.pick(
            f"least({self.expression(tables, 'date', depth)}, DATE '2020-01-01')",
            f"({self.expression(tables, 'time', depth)})::date",
            f"(DATE '2020-01-01' + ({self.expression(tables, 'int', depth)}) % 1000 * INTERVAL '1 day')::date",
        )

    def time_expression(self, tables: dict[str, str], depth: int) -> str:
        time = self.expression(tables, "time", depth)
        return self.pick(
            f"date_trunc('{self.pick('hour', 'day', 'month', 'week', 'second')}', {time})",
            f"({time} {self.pick('+', '-')} INTERVAL '{self.pick('1 day', '1 month', '90 minutes', '-2 hours')}')",
            f"({self.expression(tables, 'date', depth)})::timestamp",
        )

    def json_expression(self, tables: dict[str, str], depth: int) -> str:
        key = self.pick(literal("a"), literal("b"), literal("ü"))
        return f"({self.expression(tables, 'json', depth)} -> {key})"

    KINDS = ("int", "big", "numeric", "float", "text", "bool", "date", "time", "json")

    def query(self) -> str:
        return self.random.choice([self.plain, self.plain, self.grouped, self.grouped, self.compound, self.nested])()

    def source(self) -> tuple[str, dict[str, str]]:
        roll = self.random.random()
        if roll < 0.4:
            return "m", {"m": "m"}
        if roll < 0.5:
            return f"{(name := self.pick('o', 'empty'))} AS z", {"z": name}
        other = self.pick("o", "o", "empty")
        tables = {"m": "m", "r": other}
        join = self.pick("JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN")
        key = self.pick("m.a = r.a", "m.x = r.x", "m.n = r.n", "m.b = r.b", "m.a = r.a AND m.x < r.x")
        return f"m {join} {other} r ON {key}", tables

    def where(self, tables: dict[str, str]) -> str:
        if self.random.random() < 0.3:
            return ""
        parts = [self.expression(tables, "bool", 2) for _ in range(self.random.randint(1, 2))]
        return " WHERE " + " AND ".join(parts)

    def plain(self) -> str:
        source, tables = self.source()
        kinds = [self.random.choice(self.KINDS) for _ in range(self.random.randint(1, 4))]
        items = [self.expression(tables, kind, 3) for kind in kinds]
        distinct = "DISTINCT " if self.random.random() < 0.2 else ""
        order = ""
        if "json" not in kinds and "float" not in kinds and self.random.random() < 0.5:
            terms = [
                f"{i} {self.pick('', 'DESC', 'ASC NULLS FIRST', 'DESC NULLS LAST')}" for i in range(1, len(kinds) + 1)
            ]
            order = " ORDER BY " + ", ".join(terms)
            order += self.pick("", f" LIMIT {self.random.randint(0, 9)}", " OFFSET 2", " LIMIT 5 OFFSET 1")
        named = [f"{item} AS v{i}" if self.random.random() < 0.3 else item for i, item in enumerate(items, 1)]
        return f"SELECT {distinct}{', '.join(named)} FROM {source}{self.where(tables)}{order}"

    def aggregate(self, tables: dict[str, str]) -> str:
        def e(kind: str) -> str:
            return self.expression(tables, kind, 1)

        call = self.pick(
            "count(*)",
            f"count({self.pick('', 'DISTINCT ')}{e(self.pick('int', 'text', 'numeric'))})",
            f"sum({self.pick('', 'DISTINCT ')}{e(self.pick('int', 'big', 'numeric'))})",
            f"avg({e(self.pick('int', 'numeric'))})",
            f"min({e(self.pick('int', 'text', 'float', 'time', 'numeric'))})",
            f"max({e(self.pick('big', 'text', 'float', 'date', 'numeric'))})",
            f"bool_and({e('bool')})",
            f"bool_or({e('bool')})",
        )
        return call + (f" FILTER (WHERE {e('bool')})" if self.random.random() < 0.3 else "")

    def grouped(self) -> str:
        source, tables = self.source()
        keys = [self.expression(tables, self.pick("int", "text", "bool", "date", "numeric"), 2)
                for _ in range(self.random.randint(0, 2))]  # fmt: skip
        keys = [key for key in keys if any(f"{alias}." in key for alias in tables)]
        items = [*keys, *(self.aggregate(tables) for _ in range(self.random.randint(1, 3)))]
        group = " GROUP BY " + ", ".join(map(str, range(1, len(keys) + 1))) if keys else ""
        having = f" HAVING {self.pick('count(*) > 1', 'max(' + next(iter(tables)) + '.a) IS NOT NULL')}" if keys else ""
        having = having if self.random.random() < 0.3 else ""
        return f"SELECT {', '.join(items)} FROM {source}{self.where(tables)}{group}{having}"

    def compound(self) -> str:
        kinds = [self.pick("int", "text", "numeric", "date") for _ in range(self.random.randint(1, 2))]
        sides = []
        for table in ("m", self.pick("o", "m", "empty")):
            tables = {table: table}
            items = [self.expression(tables, kind, 1) for kind in kinds]
            sides.append(f"SELECT {', '.join(items)} FROM {table}{self.where(tables)}")
        word = self.pick("UNION", "UNION ALL", "INTERSECT", "EXCEPT", "INTERSECT ALL", "EXCEPT ALL")
        return f"{sides[0]} {word} {sides[1]}"

    def nested(self) -> str:
        source, tables = self.source()
        alias = next(iter(tables))
        inner = (
            f"SELECT {alias}.a, {self.expression(tables, 'text', 2)} AS x, count(*) AS n FROM {source} GROUP BY 1, 2"
        )
        if self.random.random() < 0.5:
            return f"WITH q AS ({inner}) SELECT q.a, max(q.n), sum(q.n) FROM q GROUP BY q.a"
        return f"SELECT q.x, q.n + 1 FROM ({inner}) AS q WHERE q.a IN (SELECT a FROM m) OR q.a IS NULL"
