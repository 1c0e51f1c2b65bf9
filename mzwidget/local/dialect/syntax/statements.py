"""The grammar of INSERT, UPDATE, DELETE and CREATE TABLE."""

from __future__ import annotations

from mzwidget.local.dialect.syntax import tree
from mzwidget.local.dialect.syntax.queries import QueryParser


class StatementParser(QueryParser):
    """Reads what `parse` offers."""

    def statement(self) -> tree.Node:
        if self.accept("insert"):
            return self._insert()
        if self.accept("update"):
            return self._update()
        if self.accept("delete"):
            return self._delete()
        if self.is_word("create"):
            return self._create_table()
        return self.query()

    def _insert(self) -> tree.Insert:
        self.expect("into")
        table = self.object_name()
        columns = self.names() if self.is_kind("(") else ()
        source = None
        if not self.accept("default", "values"):
            source = self.query()
        returning = self.select_items() if self.accept("returning") else ()
        return tree.Insert(table, columns, source, returning)

    def _update(self) -> tree.Update:
        table = self.object_name()
        alias = self._mutation_alias()
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
        alias = self._mutation_alias()
        using = self.from_items() if self.accept("using") else None
        where = self.expression() if self.accept("where") else None
        return tree.Delete(table, alias, using, where)

    def _mutation_alias(self) -> str | None:
        if self.accept("as"):
            return self.label()
        token = self.token
        if token.kind == "ident" or (token.kind == "keyword" and token.value not in ("set", "where", "using", "from")):
            return self.next().value
        return None

    def _create_table(self) -> tree.CreateTable:
        self.expect("create")
        temporary = self.accept_word("temp", "temporary") is not None
        self.expect("table")
        if_not_exists = self.accept("if")
        if if_not_exists:
            self.expect("not", "exists")
        start = self.token
        name = self.object_name()
        if "" in name:
            raise self.error("zero-length delimited identifier", start)
        if not self.accept_kind("("):
            self.expected("a list of columns in parentheses")
        columns: list[tree.TableColumn] = []
        constraints: list[str] = []
        while not self.accept_kind(")"):
            constraint = self._table_constraint()
            if constraint is not None:
                constraints.append(constraint)
            else:
                columns.append(self._column())
            if not self.accept_kind(",") and not self.is_kind(")"):
                self.expected("',' or ')' after column definition")
        return tree.CreateTable(name, tuple(columns), tuple(constraints), temporary, if_not_exists)

    def _table_constraint(self) -> str | None:
        if self.is_word("constraint") and self.peek(2).value in ("primary", "unique", "check", "foreign"):
            self.at += 2
        if self.accept("primary"):
            self.expect("key")
            self.names()
            return "primary key"
        if self.is_word("unique") and self.peek().kind == "(":
            self.next()
            self.names()
            return "unique"
        if self.is_word("check") and self.peek().kind == "(":
            self.next()
            self.expect_kind("(")
            self.expression()
            self.expect_kind(")")
            return "check"
        if self.accept("foreign"):
            self.expect("key")
            self.names()
            self.expect("references")
            self.object_name()
            if self.is_kind("("):
                self.names()
            return "foreign key"
        return None

    def _column(self) -> tree.TableColumn:
        name = self.identifier()
        type_ = self.type_name()
        options: list[tree.ColumnOption] = []
        while not self.is_kind(",") and not self.is_kind(")"):
            options.append(self._option())
        return tree.TableColumn(name, type_, tuple(options))

    def _option(self) -> tree.ColumnOption:
        if self.accept("not", "null"):
            return tree.ColumnOption("not null")
        if self.accept("null"):
            return tree.ColumnOption("null")
        if self.accept("default"):
            start = self.token.start
            value = self.expression()
            end = self.tokens[self.at - 1].end
            return tree.ColumnOption("default", value, self.sql[start:end])
        if self.accept("primary", "key"):
            return tree.ColumnOption("primary key")
        if self.accept("unique"):
            return tree.ColumnOption("unique")
        if self.accept("check"):
            self.expect_kind("(")
            value = self.expression()
            self.expect_kind(")")
            return tree.ColumnOption("check", value)
        if self.accept("references"):
            self.object_name()
            if self.is_kind("("):
                self.names()
            return tree.ColumnOption("references")
        return self.expected("column option")
