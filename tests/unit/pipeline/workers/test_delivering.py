"""pipeline.workers.delivering: what a deliverer does while Redis is away."""

import threading
from types import SimpleNamespace

from pipeline.clock import ManualClock
from pipeline.errors import StoreUnavailable
from pipeline.workers.delivering import LEASE_S, Carrier, Deliverer


def test_whoever_lost_redis_for_as_long_as_a_lease_leaves_the_broker():
    clock, stop, heard = ManualClock(), threading.Event(), []

    def claim(name):
        claims.append(clock.monotonic())
        clock.sleep(LEASE_S / 2)
        if len(claims) == 4:
            stop.set()
        raise StoreUnavailable("Redis is away")

    claims = []
    lease = SimpleNamespace(claim=claim, release=lambda name: None)
    ledger = SimpleNamespace(lease=lease, lease_name="deliver")
    carrier = Carrier(
        lambda target, told: None, 60.0, lambda ours: heard.append((len(claims), ours))
    )
    stop.wait = lambda seconds=None: stop.is_set()
    Deliverer(ledger, (), {"mqtt": carrier}, clock, lambda *_: None).run(stop)
    told = [claims for claims, ours in heard if not ours]
    assert told[0] == 3  # at the first it stays: a moment without Redis is nothing
    assert all(not ours for _, ours in heard)
