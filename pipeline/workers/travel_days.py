"""Days, and what was learnt on others: a day's links never serve to judge the same day."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from retrieval.search.travel import TravelTimes

Pair = tuple[str, str]


def day_of(at: float) -> str:
    """The day, UTC, of an instant in Unix seconds.

    >>> day_of(1772359200.0)
    '2026-03-01'
    """
    return datetime.fromtimestamp(at, UTC).date().isoformat()


def bounds_of(day: str) -> tuple[float, float]:
    """When a day begins and ends, Unix seconds.

    >>> bounds_of("1970-01-02")
    (86400.0, 172800.0)
    """
    begin = datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()
    return begin, begin + 86_400.0


def of_other_days(
    travel: Mapping[str, Mapping[Pair, TravelTimes]], pair: Pair, days: Collection[str]
) -> TravelTimes:
    """What is known of a pair of cameras from all days but `days`."""
    known = [pairs[pair] for day, pairs in travel.items() if day not in days and pair in pairs]
    return TravelTimes.summed(known)
