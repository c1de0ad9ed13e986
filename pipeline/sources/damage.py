"""Where a recording could not be decoded."""

from typing import NamedTuple

# One blow often costs frames here and there around it.
JOINED_WITHIN_S = 1.0
# A file that is torn to shreds is told in few words.
STRETCHES_AT_MOST = 100


class Stretch(NamedTuple):
    """From when to when, in seconds since the first frame of the file."""

    from_s: float
    to_s: float


class Damage:
    """The damaged stretches of one file, in order; those close together are one."""

    def __init__(self) -> None:
        self._stretches: list[Stretch] = []

    @property
    def stretches(self) -> tuple[Stretch, ...]:
        """In order and apart from each other; the last one swallows what is too many."""
        return tuple(self._stretches)

    def add(self, from_s: float, to_s: float) -> None:
        """Nothing could be decoded between these; `from_s` never moves back.

        >>> damage = Damage()
        >>> damage.add(1.0, 2.0), damage.add(2.5, 3.0), damage.add(9.0, 9.5)
        (None, None, None)
        >>> [tuple(stretch) for stretch in damage.stretches]
        [(1.0, 3.0), (9.0, 9.5)]
        """
        last = self._stretches[-1] if self._stretches else None
        is_near = last is not None and from_s - last.to_s <= JOINED_WITHIN_S
        if last is not None and (is_near or len(self._stretches) >= STRETCHES_AT_MOST):
            self._stretches[-1] = Stretch(last.from_s, max(last.to_s, to_s))
        else:
            self._stretches.append(Stretch(from_s, to_s))
