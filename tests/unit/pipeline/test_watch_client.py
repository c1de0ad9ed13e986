"""pipeline.watch_client: who follows alerts goes on where the connection was lost."""

import httpx
import pytest

from pipeline import watch_client
from pipeline.errors import ServiceUnavailable
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


class Failing(Broken):
    """A worker that takes each connection and fails at once."""

    def _stream(self, after):
        self.asked.append(after)
        yield "1-0", None
        raise httpx.ReadError("gone")


def test_a_worker_that_only_begins_is_one_that_is_away(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(watch_client, "time", clock)
    client = Failing(clock)
    with pytest.raises(ServiceUnavailable, match="no query worker answers"):
        next(client.follow())
    assert AWAY_FOR_S < clock.at < AWAY_FOR_S + 10
    assert len(client.asked) < 200
