"""The grammar of INSERT, UPDATE, DELETE and CREATE TABLE."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from mzwidget.local.dialect.syntax import tree
from mzwidget.local.dialect.syntax.keywords import NOT_A_TABLE_ALIAS, name_in_sql
from mzwidget.local.dialect.syntax.queries import QueryParser
from mzwidget.local.errors import private_preview, unsupported

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")


class StatementParser(QueryParser):
    """Reads what `parse` offers."""

    def statement(self) -> tree.Node:
        if self.accept("insert"):
            return self._insert()
        if self.accept("update"):
            return self._update()
        if self.accept("delete"):
            return self._delete()
        if self.accept("create"):
            temporary = self.accept_word("temp", "temporary") is not None
            self.expect("table")
            return self.create_table(temporary=temporary)
        return self.query()

    def _insert(self) -> tree.Insert:
        self.expect("into")
        table = self.item_name()
        columns = self.names() if self.is_kind("(") else ()
        source = None
        if not self.accept("default", "values"):
            source = self.query()
        returning = self._returning() if self.accept("returning") else ()
        return tree.Insert(table, columns, source, returning)

    def _returning(self) -> tuple[tree.SelectItem, ...]:
        found = [self.select_item()]
        while self.accept_kind(","):
            found.append(self.select_item())
        return tuple(found)

    def _update(self) -> tree.Update:
        table = self.object_name()
        alias = self.bare_alias(NOT_A_TABLE_ALIAS)
        self.expect("set")
        assignments = []
        while True:
            name = self.identifier()
            self.expect_kind("=")
            assignments.append((name, self.expression()))
            if not self.accept_kind(","):
                break
        where = self.expression() if self.accept("where") else None
        return tree.Update(table, alias, tuple(assignments), where)

    def _delete(self) -> tree.Delete:
        self.expect("from")
        table = self.object_name()
        alias = self.alias()
        using = self.from_items() if self.accept("using") else None
        where = self.expression() if self.accept("where") else None
        if alias is not None and alias.columns:
            raise unsupported("an alias with columns in DELETE")
        return tree.Delete(table, alias.name if alias is not None else None, using, where)

    def create_table(self, *, temporary: bool) -> tree.CreateTable:
        """Read CREATE TABLE from behind these words on."""
        if_not_exists = self.accept("if")
        if if_not_exists:
            self.expect("not", "exists")
        name = self.object_name()
        if not self.accept_kind("("):
            self.expected("a list of columns in parentheses")
        columns: list[tree.TableColumn] = []
        constraints: list[tree.TableConstraint] = []
        while not self.accept_kind(")"):
            if columns or constraints:
                if not self.accept_kind(","):
                    self.expected("',' or ')' after column definition")
                if self.token.kind not in ("ident", "keyword"):
                    self.expected("column name or constraint definition")
            constraint = self._table_constraint()
            if constraint is not None:
                constraints.append(constraint)
            elif self.token.kind in ("ident", "keyword"):
                columns.append(self._column())
            else:
                self.expected("column name or constraint definition")
        if self.accept("with"):
            self._table_options()
        return tree.CreateTable(name, tuple(columns), tuple(constraints), temporary, if_not_exists)

    def _table_options(self) -> None:
        self.expect_kind("(")
        if self.accept_kind(")"):
            return
        word = self.accept_word("partition", "retain")
        if word is None:
            self.expected("one of PARTITION or RETAIN")
        if word == "partition":
            self.expect("by")
            raise unsupported("a table with PARTITION BY")
        self.expect("history")
        self.accept_kind("=")
        self.expect("for")
        raise private_preview("RETAIN HISTORY", "enable_logical_compaction_window")

    def _table_constraint(self) -> tree.TableConstraint | None:
        named = self.accept("constraint")
        if named:
            self.identifier()
        if self.accept("primary"):
            self.expect("key")
            return tree.TableConstraint("primary key", self.listed())
        if self.accept("unique"):
            apart = self.accept("nulls")
            if apart:
                self.expect("not", "distinct")
            return tree.TableConstraint("unique", self.listed(), apart)
        if self.accept("check"):
            self.expect_kind("(")
            self.expression()
            self.expect_kind(")")
            return tree.TableConstraint("check")
        if self.accept("foreign"):
            self.expect("key")
            columns = self.listed()
            self.expect("references")
            table = self.object_name()
            self.listed()
            return tree.TableConstraint("foreign key", columns, table=table)
        if named:
            self.expected("PRIMARY, UNIQUE, FOREIGN, or CHECK")
        return None

    def _column(self) -> tree.TableColumn:
        name = self.identifier()
        type_ = self.type_name()
        if self.accept("collate"):
            raise unsupported("COLLATE of a column")
        options: list[tree.ColumnOption] = []
        while not self.is_kind(",") and not self.is_kind(")") and not self.is_kind("eof"):
            options.append(self._option())
        return tree.TableColumn(name, type_, tuple(options))

    def _option(self) -> tree.ColumnOption:
        if self.accept("constraint"):
            self.identifier()
        if self.accept("not", "null"):
            return tree.ColumnOption("not null")
        if self.accept("null"):
            return tree.ColumnOption("null")
        if self.accept("default"):
            value, text = self.with_text(self.expression)
            return tree.ColumnOption("default", value, text)
        if self.accept("primary", "key"):
            return tree.ColumnOption("primary key")
        if self.accept("unique"):
            return tree.ColumnOption("unique")
        if self.accept("check"):
            self.expect_kind("(")
            value, text = self.with_text(self.expression)
            self.expect_kind(")")
            return tree.ColumnOption("check", value, text)
        if self.accept("references"):
            table = ".".join(map(name_in_sql, self.object_name()))
            return tree.ColumnOption("references", text=f"{table} ({', '.join(map(name_in_sql, self.listed()))})")
        return self.expected("column option")

    def with_text(self, read: Callable[[], _T]) -> tuple[_T, str]:
        """Read something; return it and its text."""
        start = self.token.start
        value = read()
        return value, self.sql[start : self.peek(-1).end]
