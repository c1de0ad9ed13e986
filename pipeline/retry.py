"""How long to wait before trying again."""

import random

# The jitter keeps sixteen cameras behind one rebooting switch from all knocking at the
# same moment.
JITTER = (0.75, 1.25)


class Backoff:
    """Waits that grow from `min_s` to `max_s`, each a little different.

    Every wait is at most `max_s` × 1.25; after `reset` they start over.
    """

    def __init__(self, min_s: float, max_s: float, rng: random.Random, factor: float = 2.0) -> None:
        if not (0 < min_s <= max_s and factor >= 1):
            raise ValueError(f"cannot back off from {min_s} s to {max_s} s by {factor}")
        self._min_s = min_s
        self._max_s = max_s
        self._rng = rng
        self._factor = factor
        self._wait_s = min_s

    def next_wait_s(self) -> float:
        """The next wait: longer than the last, but for the jitter."""
        wait_s = self._wait_s
        self._wait_s = min(wait_s * self._factor, self._max_s)
        return self._jittered(wait_s)

    def longest_wait_s(self) -> float:
        """The wait for what only a person can mend."""
        return self._jittered(self._max_s)

    def reset(self) -> None:
        """Start over: the last try worked."""
        self._wait_s = self._min_s

    def _jittered(self, wait_s: float) -> float:
        return wait_s * self._rng.uniform(*JITTER)
