"""How fast something grows."""

from __future__ import annotations

from collections import deque


class Rate:
    """A count over the last ten samples, taken about once a second."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque(maxlen=10)

    def sample(self, now: float, count: int) -> None:
        """Note how far a count has come."""
        self._samples.append((now, count))

    def per_second(self) -> float:
        """Return by how much the count grows in a second; from any thread."""
        samples = list(self._samples)
        seconds = samples[-1][0] - samples[0][0] if len(samples) > 1 else 0.0
        return (samples[-1][1] - samples[0][1]) / seconds if seconds else 0.0
