"""When a maintained query is evaluated: a pure function of what is known at a moment."""

from __future__ import annotations

from dataclasses import dataclass

QUIET_SECONDS = 0.02
"""After commits that do not concern a query its progress is told this much later."""

_LATE_MS = 100


@dataclass(frozen=True, slots=True)
class Evaluate:
    """Evaluate the query as of a time."""

    time: int


@dataclass(frozen=True, slots=True)
class Progress:
    """Nothing has changed: say up to when."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing is to be done for so many seconds, unless something happens."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Situation:
    """What decides.

    Attributes
    ----------
    now : int
        The newest time that can be told, at most one before `stop`.
    wall : int
        The milliseconds that the clock shows.
    frontier : int
        All times below it are known.
    commit : int
        The newest commit that concerns the query.
    wakeup : int, optional
        When the result changes by itself.
    stop : int, optional
        Nothing at or after this time is of interest.
    patience : float
        Seconds after which progress is due even if nothing happens.
    hurry : bool
        Somebody waits for the frontier itself.
    others : bool
        There were commits that do not concern the query.
    """

    now: int
    wall: int
    frontier: int
    commit: int
    wakeup: int | None
    stop: int | None
    patience: float
    hurry: bool
    others: bool


def next_step(at: Situation) -> Evaluate | Progress | Wait:
    """Return what is to be done."""
    time = _due(at)
    if time is not None:
        return Evaluate(time)
    if (at.patience <= 0 or at.hurry or at.now + 1 == at.stop) and at.now >= at.frontier:
        return Progress()
    waits = [at.patience]
    if at.others:
        waits.append(QUIET_SECONDS)
    waits += [(moment - at.wall) / 1000 for moment in (at.stop, at.wakeup) if moment is not None]
    return Wait(max(min(waits), 0.001))


def _due(at: Situation) -> int | None:
    """Return the time to evaluate at, if there is one."""
    commit = at.commit if at.frontier <= at.commit else None
    if commit is not None and commit > at.now:
        commit = at.now if at.now >= at.frontier else None
    wakeup = at.wakeup if at.wakeup is not None and at.wakeup <= at.now else None
    if wakeup is not None and at.now - wakeup > _LATE_MS:
        return at.now
    if wakeup is None or commit is None:
        return wakeup if commit is None else commit
    return min(wakeup, commit)
