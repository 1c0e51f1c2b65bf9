"""The grammar of type names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mzwidget.local.dialect.syntax import tree
from mzwidget.local.dialect.syntax.cursor import Cursor
from mzwidget.local.dialect.syntax.keywords import RESERVED

if TYPE_CHECKING:
    from mzwidget.local.dialect.syntax.tree import TypeName

TYPE_WORDS = {
    "bigint": "int8", "smallint": "int2", "int": "int4", "integer": "int4", "real": "float4", "boolean": "bool",
    "string": "text", "bytes": "bytea", "json": "jsonb", "dec": "numeric", "decimal": "numeric",
    "varchar": "varchar", "bpchar": "bpchar",
}  # fmt: skip


class TypeParser(Cursor):
    """Reads type names."""

    def type_name(self) -> TypeName:
        if self.is_kind("["):
            self.by_id()
        if self.token.kind not in ("ident", "keyword") or self.is_word(*RESERVED):
            self.expected("a data type name")
        word = self.token.value
        base = self._keyword_type(word) if self.token.kind == "keyword" else None
        if base is None:
            parts = self.object_name()
            base = tree.TypeName("named", parts, self._modifiers())
        while True:
            if self.accept_kind("["):
                if self.is_kind("number"):
                    self.next()
                self.expect_kind("]")
                if base.kind != "array":
                    base = tree.TypeName("array", element=base)
            elif self.is_word("list"):
                self.next()
                base = tree.TypeName("list", element=base)
            else:
                return base

    def fields(self) -> list[tuple[str, TypeName]]:
        """Read the fields of a row in parentheses: their names and types."""
        self.expect_kind("(")
        found = [(self.identifier(), self.type_name())]
        while self.accept_kind(","):
            found.append((self.identifier(), self.type_name()))
        self.expect_kind(")")
        return found

    def precision(self) -> int | None:
        """Read how many digits there are, where that is said."""
        if not self.accept_kind("("):
            return None
        found = self.unsigned()
        self.expect_kind(")")
        return found

    def _modifiers(self) -> tuple[int, ...]:
        if not self.accept_kind("("):
            return ()
        found = [self._modifier()]
        while self.accept_kind(","):
            found.append(self._modifier())
        self.expect_kind(")")
        return tuple(found)

    def _modifier(self) -> int:
        negative = self.is_kind("op") and self.token.value == "-"
        if negative:
            self.next()
        return -self.integer() if negative else self.integer()

    def _keyword_type(self, word: str) -> TypeName | None:
        if word == "map":
            self.next()
            self.expect_kind("[")
            key = self.type_name()
            self.expect_kind("=>")
            value = self.type_name()
            self.expect_kind("]")
            return tree.TypeName("map", key=key, element=value)
        if word in TYPE_WORDS:
            self.next()
            sized = word in ("dec", "decimal", "varchar", "bpchar")
            return tree.TypeName("named", (TYPE_WORDS[word],), self._modifiers() if sized else ())
        match word:
            case "double":
                self.next()
                self.accept("precision")
                return tree.TypeName("named", ("float8",))
            case "float":
                self.next()
                size = self.precision()
                if size is not None and not 1 <= size <= 53:
                    raise self.error("precision for type float must be within ([1-53])", self.peek(-1))
                return tree.TypeName("named", ("float4" if size is not None and size <= 24 else "float8",))
            case "char" | "character":
                self.next()
                if self.accept("varying"):
                    return tree.TypeName("named", ("varchar",), self._modifiers())
                return tree.TypeName("named", ("bpchar",), self._modifiers() or (1,))
            case "time" | "timestamp" | "timestamptz":
                return self._time_type()
            case "interval":
                self.next()
                return tree.TypeName("named", ("interval",), self._modifiers())
        return None

    def _time_type(self) -> TypeName:
        word = self.next().value
        sizes: tuple[int, ...] = ()
        if word != "time" and self.accept_kind("("):
            sizes = (self._modifier(),)
            self.expect_kind(")")
        if word != "timestamptz":
            zoned = self.accept_word("with", "without")
            if zoned is not None:
                self.expect("time", "zone")
            word += "tz" if zoned == "with" else ""
        return tree.TypeName("named", (word,), sizes)
