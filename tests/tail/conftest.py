from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from mzwidget.tail import attempts, shared, subscription, tail
from tests.machine import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a tail lose patience within a second or two."""
    monkeypatch.setattr(tail, "TICK", 0.05)
    monkeypatch.setattr(attempts, "BACKOFF", (0.05, 0.3))
    monkeypatch.setattr(subscription, "ANSWER", 0.8)
    monkeypatch.setattr(subscription, "SNAPSHOT", 3.0)
    monkeypatch.setattr(subscription, "STALL", 0.4)
    monkeypatch.setattr(subscription, "SILENCE", 1.2)


@pytest.fixture(autouse=True)
def _quiet_and_over(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing that a server does is worth a warning, a traceback or a tail that stays."""
    yield
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING or record.exc_info]
    eventually(lambda: not shared._tails, what="every tail has ended")
