"""What a view tells of itself."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import pandas as pd

from mzwidget.page.protocol import Report
from mzwidget.page.view import View
from mzwidget.tail.status import Status, shorten


@dataclass(frozen=True, slots=True)
class Stats:
    """What one view has cost and done so far.

    Attributes
    ----------
    updates_per_second : float
        Rows that came or went in the database, over the last ten seconds.
    updates : int
        Rows that came or went, since the parameters are what they are.
    batches : int
        The batches they came in, each of one timestamp.
    messages : int
        Bases and deltas sent to pages.
    bytes_sent : int
        The size of their data as JSON.
    acks : int
        States that pages have said they painted.
    resyncs : int
        Bases that a page asked for.
    reconnects : int
        Attempts that failed and were followed by another: no connection, one that was lost, or a refusal.
    lag : float or None
        Seconds since the timestamp that `df` shows, by the server's clock; None before the first snapshot and for a
        constant view.
    """

    updates_per_second: float
    updates: int
    batches: int
    messages: int
    bytes_sent: int
    acks: int
    resyncs: int
    reconnects: int
    lag: float | None


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """What tests and bug reports want to know.

    Attributes
    ----------
    tail : int
        Names the tail, which views of the same query share.
    tailing : bool
        Whether its task runs.
    epoch : str
        Another one whenever the view has other columns; empty before the first snapshot.
    rows : int
        Distinct rows in memory.
    pages : int
        How many pages have a display of the view, seen or not.
    visible : bool
        Whether one of them can be seen.
    seq : int
        The number of the state that pages have been sent.
    pending : int
        Rows of change that they have not been sent.
    waiting : int
        Rows of change that came while the view is paused.
    """

    tail: int
    tailing: bool
    epoch: str
    rows: int
    pages: int
    visible: bool
    seq: int
    pending: int
    waiting: int


def status(view: View) -> Status:
    """Return how a view fares: as its tail does, unless it is paused or what it has is from before."""
    asked = view.questions.status()
    if asked is not None and view.collection.epoch:
        return asked
    fares = asked or view.tail.status
    if fares.state == "asking":
        fares = replace(fares, state="connecting")
    if fares.state == "connecting" and view.collection.epoch:
        fares = replace(fares, state="catching up")
    elif fares.state == "live" and view.leader.paused:
        fares = replace(fares, state="paused")
    if view.feed.problem and not fares.message:
        return replace(fares, state="failed", message=view.feed.problem)
    return fares if fares.message else replace(fares, message=view.followers.complaint)


def stats(view: View) -> Stats:
    """Return the figures so far."""
    with view.lock:
        feed, tail = view.feed, view.tail
        return Stats(
            updates_per_second=tail.rate.per_second(),
            updates=view.collection.updates,
            batches=view.collection.batches,
            messages=feed.messages,
            bytes_sent=feed.bytes,
            acks=view.pages.acks,
            resyncs=view.pages.resyncs,
            reconnects=tail.reconnects,
            lag=_lag(view.playhead.time, view.collection.ahead),
        )


def report(view: View) -> Report:
    """Return the trait `status` as the page gets it."""
    with view.lock:
        feed, of = view.feed, view.collection
        fares = status(view)
        at = feed.time if feed.pending else view.playhead.time
        earliest = of.history.earliest if of.history.seconds else None
        return {
            "state": fares.state,
            "message": shorten(fares.message),
            "excerpt": fares.excerpt,
            "time": at,
            "lag": _lag(at, of.ahead),
            "epoch": "" if feed.problem else feed.epoch,
            "seq": feed.seq,
            "rows": sum(of.rows.values()),
            "asking": view.questions.pending and bool(of.epoch),
            "terms": view.questions.shown.terms,
            "paused": view.leader.paused,
            "waiting": view.playhead.waiting if view.leader.paused else 0,
            "history": None if earliest is None else [earliest, of.time],
            "since": _milliseconds(fares.since),
            "retry_at": None if fares.retry_at is None else _milliseconds(fares.retry_at),
        }


def diagnostics(view: View) -> Diagnostics:
    """Return what is not for users."""
    with view.lock:
        return Diagnostics(
            tail=id(view.tail),
            tailing=view.tail.running,
            epoch=view.feed.epoch,
            rows=len(view.collection.rows),
            pages=len(view.pages),
            visible=view.pages.visible,
            seq=view.feed.seq,
            pending=len(view.feed.pending),
            waiting=view.playhead.waiting,
        )


def _milliseconds(moment: pd.Timestamp) -> int:
    return int(moment.timestamp() * 1000)


def _lag(at: int | None, ahead: float) -> float | None:
    """Return for how many seconds it has been later than `at`, by the clock of the server, which gave that time."""
    return None if at is None else max(0.0, time.time() + ahead - at / 1000)
