"""Fixtures of the fault schedules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import comm
import pytest

from mzwidget.page import budget, feed, pages, view
from mzwidget.tail import attempts, subscription, tail
from tests.faults.lines import Postmaster
from tests.faults.pages import Browser, Comm
from tests.faults.run import Kernel, World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGE_SPEED = 20.0
"""How many times faster time passes for pages."""


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the kernel's side be as impatient as the pages are; the engine still has its second between progress rows."""
    monkeypatch.setattr(pages, "RATE", 100.0)
    monkeypatch.setattr(pages, "SLOWEST", 60.0)
    monkeypatch.setattr(pages, "SHARE", 0.03)
    monkeypatch.setattr(pages, "SILENCE", 1.0)
    monkeypatch.setattr(pages, "SEEN", 2.5)
    monkeypatch.setattr(pages, "HIDDEN", 4.0)
    monkeypatch.setattr(feed, "INLINE", 20)
    monkeypatch.setattr(tail, "TICK", 0.1)
    monkeypatch.setattr(subscription, "STALL", 2.0)
    monkeypatch.setattr(subscription, "SILENCE", 4.0)
    monkeypatch.setattr(tail, "LINGER", 0.6)
    monkeypatch.setattr(attempts, "BACKOFF", (0.02, 0.3))
    monkeypatch.setattr(budget, "kernel", budget.Bucket(rate=3000, burst=100))


@pytest.fixture
def world(engine_dsn: str, node: Path, hurry: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:  # noqa: ARG001
    """Return what all schedules share: the engine, and one process for all pages."""
    monkeypatch.setattr(comm, "create_comm", Comm)
    monkeypatch.setattr(view, "cells", kernel := Kernel())
    with Postmaster() as postmaster, Browser(node, PAGE_SPEED) as browser:
        yield World(engine_dsn, browser, postmaster, kernel)
        assert not postmaster.problems
