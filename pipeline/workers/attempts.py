"""Failed attempts to sign in, counted by name and by address: each makes the next wait longer."""

import ipaddress
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

FREE: Final = 5
"""Failures that cost nothing: people mistype."""

FIRST_WAIT_S: Final = 1.0
LONGEST_OF_A_NAME_S: Final = 60.0
"""Whoever knows a name must not be able to keep its owner out for long."""

LONGEST_OF_AN_ADDRESS_S: Final = 900.0
FORGOTTEN_AFTER_S: Final = 3600.0
"""Seconds without a failure after which nothing is held against anybody."""

MOST_KEPT: Final = 20_000
"""Names and addresses together; the one that failed longest ago is forgotten first."""


@dataclass(slots=True)
class _Failures:
    count: int
    at: float
    until: float


class Attempts:
    """Who failed lately, in bounded memory."""

    def __init__(self, monotonic: Callable[[], float], most_kept: int = MOST_KEPT) -> None:
        """With nothing held against anybody.

        Args:
            monotonic: seconds since some fixed instant.
            most_kept: names and addresses that are remembered.
        """
        self._monotonic, self._most_kept = monotonic, most_kept
        self._failures: OrderedDict[tuple[str, str], _Failures] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, name: str, address: str) -> float:
        """Count an attempt as failed before it is looked at; seconds to wait, 0 if it may be made.

        Counted first: of many that arrive at once, those beyond the free ones wait too. Whoever
        has to wait is not counted again, so that waiting ends.
        """
        now = self._monotonic()
        with self._lock:
            waits = [
                known.until - now for key in _keys(name, address) if (known := self._of(key, now))
            ]
            wait = max(waits, default=0.0)
            if wait > 0:
                return wait
            for key in _keys(name, address):
                self._count(key, now)
        return 0.0

    def forgive(self, name: str, address: str) -> None:
        """Hold nothing against who has signed in, and not this attempt against their address.

        What was tried from there under other names stays: else who has one account could try
        everybody else's without an end.
        """
        by_name, by_address = _keys(name, address)
        with self._lock:
            self._failures.pop(by_name, None)
            known = self._failures.get(by_address)
            if known is not None:
                known.count, known.until = known.count - 1, float("-inf")

    def __len__(self) -> int:
        return len(self._failures)

    def _of(self, key: tuple[str, str], now: float) -> _Failures | None:
        known = self._failures.get(key)
        if known is not None and now - known.at > FORGOTTEN_AFTER_S:
            del self._failures[key]
            return None
        return known

    def _count(self, key: tuple[str, str], now: float) -> None:
        known = self._failures.pop(key, None) or _Failures(0, now, now)
        longest = LONGEST_OF_A_NAME_S if key[0] == "name" else LONGEST_OF_AN_ADDRESS_S
        known.count, known.at = known.count + 1, now
        if known.count >= FREE:
            # Bounded before it is raised: the count of somebody stubborn outgrows a float.
            doublings = min(known.count - FREE, 20)
            known.until = now + min(FIRST_WAIT_S * 2**doublings, longest)
        self._failures[key] = known
        while len(self._failures) > self._most_kept:
            self._failures.popitem(last=False)


def _keys(name: str, address: str) -> tuple[tuple[str, str], tuple[str, str]]:
    # Bounded: a name may be as long as a request.
    return ("name", name[:64].lower()), ("address", network_of(address))


def network_of(address: str) -> str:
    """What one customer of a provider usually holds: an IPv4 address, or an IPv6 /64.

    >>> network_of("2001:db8:1:2:aaaa::1"), network_of("192.0.2.7")
    ('2001:db8:1:2::/64', '192.0.2.7')
    """
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(known, ipaddress.IPv6Address):
        if known.ipv4_mapped is not None:
            return str(known.ipv4_mapped)
        return str(ipaddress.ip_network((int(known), 64), strict=False))
    return str(known)
