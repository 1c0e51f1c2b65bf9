"""The page about the engine's SQL says what the engine's tables say."""

from __future__ import annotations

from tools import sql


def test_the_page_is_up_to_date() -> None:
    assert sql.PAGE.read_text("utf-8") == sql.page(), "docs/sql.md is of older tables: run python -m tools.sql"


def test_what_the_code_refuses_is_on_the_page() -> None:
    page = sql.PAGE.read_text("utf-8")
    assert {"mz_now() within WITH MUTUALLY RECURSIVE", "OWNER TO another role"} <= sql.refusals()
    assert all(f"- {phrase}\n" in page for phrase in sql.refusals())
