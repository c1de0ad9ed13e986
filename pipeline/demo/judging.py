"""What an answer is worth, where the truth is known."""

from collections.abc import Collection
from dataclasses import dataclass

from pipeline.answers import HitAnswer, SearchAnswer


@dataclass(frozen=True, slots=True)
class Verdict:
    """One description, what was answered, and what is true.

    Attributes:
        answer: all of it.
        people: whom the description truly fits; empty for somebody who never appears, None where
            nobody knows.
        expected: the tracks of these people.
    """

    answer: SearchAnswer
    people: tuple[str, ...] | None
    expected: tuple[str, ...]

    @property
    def is_absent(self) -> bool:
        """Whether the description is known to fit nobody."""
        return self.people == ()

    @property
    def expected_ranks(self) -> list[int]:
        """The ranks, from 1, at which expected tracks were found; none for those not found."""
        expected = frozenset(self.expected)
        return [hit.rank for hit in self.answer.hits if hit.track in expected]

    @property
    def rank_of_first_expected(self) -> int | None:
        """Where the first expected track stands, from 1; None if it was not found."""
        return min(self.expected_ranks, default=None)

    @property
    def first(self) -> HitAnswer | None:
        """The best hit."""
        return self.answer.hits[0] if self.answer.hits else None

    @property
    def probability(self) -> float | None:
        """That of the best hit; None without one, or without a calibration."""
        return self.first.probability if self.first is not None else None

    @property
    def is_right(self) -> bool | None:
        """Whether the first hit is expected, or an absent person was refused; None: unknown."""
        if self.people is None:
            return None
        if self.is_absent:
            return self.answer.no_match
        return self.rank_of_first_expected == 1 and not self.answer.no_match


@dataclass(frozen=True, slots=True)
class Score:
    """What several answers come to; shares are None where there was nothing to count.

    Attributes:
        present: descriptions that fit somebody.
        first: how many of them have an expected track on rank 1, refused or not.
        refused: how many of them were answered "no likely match", wrongly.
        absent: descriptions that fit nobody.
        refused_absent: how many of them were answered "no likely match", rightly.
    """

    present: int
    first: int
    refused: int
    absent: int
    refused_absent: int

    @property
    def track_rank1(self) -> float | None:
        """The share of descriptions that fit somebody with an expected track on rank 1."""
        return self.first / self.present if self.present else None


def score(verdicts: Collection[Verdict]) -> Score:
    """Count right answers; those whose truth nobody knows are left out."""
    present = [verdict for verdict in verdicts if verdict.people]
    absent = [verdict for verdict in verdicts if verdict.is_absent]
    return Score(
        present=len(present),
        first=sum(verdict.rank_of_first_expected == 1 for verdict in present),
        refused=sum(verdict.answer.no_match for verdict in present),
        absent=len(absent),
        refused_absent=sum(verdict.answer.no_match for verdict in absent),
    )
