"""pipeline.watch_client: who follows alerts goes on where the connection was lost."""

import httpx

from pipeline import watch_client
from pipeline.watch_client import AWAY_FOR_S, WatchClient


class Clock:
    """Stands still until somebody sleeps, or a connection lasts."""

    def __init__(self):
        self.at = 0.0

    def monotonic(self):
        return self.at

    def sleep(self, seconds):
        self.at += seconds


class Broken(WatchClient):
    """Connections that last for an hour without a word; then the worker is away for a moment."""

    def __init__(self, clock):
        self._clock, self._where, self.asked = clock, "here", []

    def _stream(self, after):
        self.asked.append(after)
        if len(self.asked) == 1:
            yield "1-0", None
            self._clock.at += 3600.0
        if len(self.asked) < 4:
            raise httpx.ReadError("gone")
        yield "1-0", None
        yield "2-0", "a word"


def test_a_quiet_hour_does_not_count_as_time_that_the_worker_was_away(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(watch_client, "time", clock)
    client = Broken(clock)
    assert next(client.follow()) == "a word"
    assert client.asked == [None, "1-0", "1-0", "1-0"]
    assert clock.at < 3600.0 + AWAY_FOR_S
