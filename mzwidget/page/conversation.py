"""What pages say, and what is done about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mzwidget.page import protocol
from mzwidget.page.pages import Page
from mzwidget.page.view import View


def hear(view: View, message: object) -> None:
    """Take what a page says of a view; in the background thread."""
    said = protocol.read(message)
    if said is None:
        return
    with view.lock:
        page = view.pages.hear(said["page"], view.feed.seq)
        if page is None:
            return
        _ANSWERS[said["type"]](view, page, said)
        view.leader.tell_when_due()
        if said["type"] != "ack":
            view.on_status()
    if view.pages:
        view.questions.wake()


def _acknowledged(view: View, page: Page, ack: protocol.Ack) -> None:
    if ack["epoch"] == view.feed.epoch and ack["seq"] is not None and ack["seq"] <= view.feed.seq:
        view.pages.acknowledge(page, ack["seq"], ack.get("cost", 0))


def _stands(view: View, page: Page, standing: protocol.Standing) -> None:
    if standing["displays"] == 0:
        view.pages.dismiss(standing["page"], finally_=False)
        return
    page.visible = standing["visible"]
    if standing["type"] != "visible":
        view.tell_selected()
    known, seq = standing["epoch"] == view.feed.epoch, standing["seq"]
    # A page that has nothing says hello until it has: what else it says meanwhile has crossed the answer.
    is_old = standing["epoch"] is not None and view.feed.epoch and not (known and seq == view.feed.seq)
    if standing["type"] == "hello" or is_old:
        view.pages.resyncs += 1
        view.tell_base()
        page.acked = view.feed.seq
    elif seq is not None and known:
        page.acked = seq


_ANSWERS: dict[str, Callable[[View, Page, Any], None]] = {
    "hello": _stands,
    "have": _stands,
    "visible": _stands,
    "ack": _acknowledged,
    "bye": lambda view, _, said: view.pages.dismiss(said["page"], finally_=True),
    "pause": lambda view, *_: view.leader.pause(),
    "resume": lambda view, *_: view.leader.resume(),
    "seek": lambda view, _, said: view.leader.seek(said["time"]),
    "select": lambda view, _, said: view.select(said["selection"]),
    "retry": lambda view, *_: view.questions.tail.retry(),
    "need": lambda view, _, said: view.supply(said["asset"]),
}
"""What is done about a message, by its type."""
