"""How well tracks were put together, where it is known whose they are."""

from collections import Counter
from collections.abc import Hashable, Sequence
from typing import NamedTuple


class BCubed(NamedTuple):
    """Means over tracks, 0 to 1.

    Attributes:
        purity: how much of the group that a track is in is of its person.
        completeness: how much of its person is in that group.
    """

    purity: float
    completeness: float

    @property
    def f(self) -> float:
        """The harmonic mean of both."""
        return 2 * self.purity * self.completeness / (self.purity + self.completeness)


def b_cubed(groups: Sequence[Sequence[int]], people: Sequence[Hashable]) -> BCubed:
    """Purity and completeness of groups.

    After Bagga and Baldwin, "Entity-Based Cross-Document Coreferencing Using the Vector Space
    Model", COLING-ACL 1998, where they are precision and recall.

    Args:
        groups: places in `people`, each in one group.
        people: whose each track is; one at least.

    >>> b_cubed([[0, 1], [2]], ["anna", "anna", "anna"])  # doctest: +ELLIPSIS
    BCubed(purity=1.0, completeness=0.555...)

    Raises:
        ValueError: a track is in no group or in two, or there is none.
    """
    if not people or sorted(at for group in groups for at in group) != list(range(len(people))):
        raise ValueError(f"{len(people)} tracks are not each in one of the groups")
    there = Counter(people)
    pure = whole = 0.0
    for group in groups:
        for person, count in Counter(people[at] for at in group).items():
            pure += count * count / len(group)
            whole += count * count / there[person]
    return BCubed(pure / len(people), whole / len(people))
